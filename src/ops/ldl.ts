/**
 * L D L^T factorisation of symmetric matrices that need not be positive definite.
 *
 * @module
 */
import { DTypeError, GradientError, IndexError, ShapeError } from "../errors.ts";
import { defineOp, type Op, type Sample } from "../op.ts";
import { specOf, text } from "../shape.ts";
import type { TensorLike } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, pair } from "./front.ts";
import { alignBatches, batchOf, inBatch, requireSound, squareOf } from "./matrices.ts";
import { squeeze, unsqueeze } from "./view.ts";
import { everything } from "../vmap/batch.ts";

/** What {@link ldlFactor} gives. */
export interface LdlFactors {
  /** D on the diagonal and in its blocks of 2 beside it, L below; its own diagonal is 1. */
  readonly LD: Tensor;
  /**
   * int32 [..., N], as LAPACK's: row i was exchanged with row |pivot|, counted from 1; two equal
   * negative ones stand for a block of 2, whose second row was.
   */
  readonly pivots: Tensor;
}

const factor: Op<(a: Tensor) => LdlFactors & { readonly info: Tensor }, undefined> = defineOp({
  name: "ldlFactor",
  summary: "L and D of a = P L D L^T P^T for symmetric a; the lower triangle is read.",
  infer: ([a]) => [
    a!.spec,
    specOf(a!.shape.slice(0, -1), "int32"),
    specOf(batchOf(a!), "int32"),
  ],
  kernel: { native: "ldlFactor" },
  saves: "none",
  gradient: null,
  samples: [{ shapes: [[3, 3]] }, { shapes: [[2, 4, 4]] }, { shapes: [[0, 0]] }],
  front: (run) => (a: Tensor) => {
    const [LD, pivots, info] = run.all([a], undefined);
    return { LD: LD!, pivots: pivots!, info: info! };
  },
});

/** Options of {@link ldlFactor} and {@link ldlSolve}. */
export interface LdlOptions {
  /** For complex matrices: conjugate-symmetric, not symmetric. Of real ones, the same. */
  readonly hermitian?: boolean;
}

/**
 * L and D of A = P L D L^T P^T for symmetric matrices [..., N, N], of which the lower triangle is
 * read: L is unit lower triangular, D has blocks of 1 or 2 rows. By the pivoting of Bunch and
 * Kaufman (1977), which is stable for indefinite matrices. Not differentiable, as in PyTorch.
 *
 * @throws {LinAlgError} when a block of D is 0 or not a number.
 * @throws {ShapeError} when the matrices are not square.
 *
 * @example
 * ```ts
 * import { linalg } from "@minitensor/minitensor";
 * const { LD, pivots } = linalg.ldlFactor([[4, 2], [2, 5]]);
 * console.assert(LD.toTypedArray().join() === "4,0,0.5,4");
 * console.assert(pivots.toTypedArray().join() === "1,2");
 * ```
 */
export function ldlFactor(A: TensorLike, options: LdlOptions = {}): LdlFactors {
  checkOptions(options, ["hermitian"], "ldlFactor");
  const { LD, pivots, info } = factor(squareOf(A, "ldlFactor"));
  requireSound(
    "ldlFactor",
    info,
    (code) => `is singular: block ${code} of D is 0 or not a number`,
  );
  return { LD, pivots };
}

const indefinite = [[1, 2, 0], [2, -1, 3], [0, 3, 2]];
const swapped = [[0, 3, 1, 0], [3, 0, 0, 1], [1, 0, 2, 0], [0, 1, 0, 1]];

function sample(matrix: readonly (readonly number[])[], columns: number): Sample {
  return {
    shapes: [[matrix.length, columns]],
    arguments: ([b]) => {
      const { LD, pivots } = factor(b!.newTensor(matrix));
      return [LD, pivots, b!];
    },
  };
}

/** Factors and right sides of one batch. */
const factored: Op<(LD: Tensor, pivots: Tensor, b: Tensor) => Tensor, undefined> = defineOp({
  name: "ldlSolve",
  summary: "x of a x = b for symmetric a, by its L and D.",
  infer: ([, , b]) => specOf(b!.shape, b!.dtype),
  kernel: { native: "ldlSolve" },
  saves: "inputs",
  gradient: ({ grad, inputs: [LD, pivots], needs }) => {
    if (needs[0]) {
      throw new GradientError("Cannot differentiate ldlSolve by its factors", {
        op: "ldlSolve",
        suggestion: "Use solve, which is differentiable by the matrix",
      });
    }
    return [null, null, factored(LD!, pivots!, grad)];
  },
  samples: [sample(indefinite, 2), sample(swapped, 1)],
  front: (run) => (LD: Tensor, pivots: Tensor, b: Tensor) => run([LD, pivots, b], undefined),
});

/** Throws for pivots that lead outside the matrix. */
function requirePivots(pivots: Tensor, rows: number): void {
  if (!pivots.spec.info.isInt) {
    throw new DTypeError(
      `Cannot ldlSolve with pivots of dtype ${pivots.dtype}: they are integers`,
      { op: "ldlSolve" },
    );
  }
  for (const value of everything(pivots).toTypedArray()) {
    const pivot = Math.abs(Number(value));
    if (pivot >= 1 && pivot <= rows) continue;
    throw new IndexError(`Cannot ldlSolve with pivot ${value}: the rows are 1 to ${rows}`, {
      op: "ldlSolve",
      context: { index: Number(value), size: rows },
    });
  }
}

/**
 * X of A X = B [..., N, K] from what {@link ldlFactor} gave of A; batch dims broadcast.
 * Differentiable in B. A singular D gives infinities, as in PyTorch.
 *
 * @throws {ShapeError} when the shapes do not fit.
 * @throws {DTypeError} when the pivots are no integers.
 * @throws {IndexError} when a pivot is no row.
 *
 * @example
 * ```ts
 * import { linalg } from "@minitensor/minitensor";
 * const { LD, pivots } = linalg.ldlFactor([[0, 2], [2, 0]]);
 * console.assert(linalg.ldlSolve(LD, pivots, [[2], [4]]).toTypedArray().join() === "2,1");
 * ```
 */
export function ldlSolve(
  LD: TensorLike,
  pivots: Tensor,
  B: TensorLike,
  options: LdlOptions = {},
): Tensor {
  checkOptions(options, ["hermitian"], "ldlSolve");
  const [packed, b] = pair(LD, B, true) as [Tensor, Tensor];
  squareOf(packed, "ldlSolve");
  const [n, count] = [packed.shape.at(-1)!, pivots.shape.at(-1)];
  if (b.ndim < 2 || b.shape.at(-2) !== n || count !== n) {
    throw new ShapeError(
      `Cannot ldlSolve factors of shape ${text(packed.shape)} with ${count} pivots and a right ` +
        `side of shape ${text(b.shape)}: all need ${n} rows`,
      { op: "ldlSolve", context: { shapes: [packed.shape, b.shape] } },
    );
  }
  requirePivots(pivots, n);
  const [left, right] = alignBatches(packed, b, "ldlSolve");
  const places = squeeze(inBatch(unsqueeze(pivots.int(), -1), batchOf(left)), -1);
  return factored(left, places, right);
}
