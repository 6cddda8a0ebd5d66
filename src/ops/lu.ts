/**
 * LU factorisation, and systems of equations solved by it.
 *
 * @module
 */
import { defineOp, type Op } from "../op.ts";
import { DTypeError, IndexError, LinAlgError, ShapeError } from "../errors.ts";
import { sameShape, type Shape, specOf, text } from "../shape.ts";
import { tensor, type TensorLike } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, pair } from "./front.ts";
import { cat, tril, triu } from "./join.ts";
import { oneHot } from "./one_hot.ts";
import { matmul, mT } from "./linalg.ts";
import {
  alignBatches,
  batchOf,
  identityLike,
  inBatch,
  matrixOf,
  requireSound,
  squareOf,
} from "./matrices.ts";
import { all } from "./reduction.ts";
import { isfinite } from "./math.ts";
import { solveTriangular } from "./triangular.ts";
import { narrow, squeeze, unsqueeze } from "./view.ts";
import { everything, isBatched, mapBatch } from "../vmap/batch.ts";

/** LU packed in one matrix, the rows exchanged in turn (from 1), and the first pivot that is 0. */
interface Factors {
  readonly LU: Tensor;
  readonly pivots: Tensor;
  readonly info: Tensor;
}

const smaller = (x: Tensor) => Math.min(x.shape.at(-1)!, x.shape.at(-2)!);

/** Packed factors of matrices of any shape. */
const factor: Op<(a: Tensor) => Factors, undefined> = defineOp({
  name: "luFactor",
  summary: "L below the diagonal and U above it, of the matrix with rows exchanged.",
  infer: ([a]) => [
    a!.spec,
    specOf([...batchOf(a!), smaller(a!)], "int32"),
    specOf(batchOf(a!), "int32"),
  ],
  kernel: { native: "luFactor" },
  saves: "output",
  gradient: ({ grad, outputs: [LU, pivots] }) => [
    matmul(permutation(pivots!, LU!.shape.at(-2)!, LU!.dtype), factorGradient(grad, LU!)),
  ],
  samples: [{ shapes: [[3, 3]] }, { shapes: [[2, 4, 2]] }, { shapes: [[2, 3]] }, {
    shapes: [[0, 0]],
  }],
  front: (run) => (a: Tensor) => {
    const [LU, pivots, info] = run.all([a], undefined);
    return { LU: LU!, pivots: pivots!, info: info! };
  },
});

/**
 * Gradient of the matrix with its rows in the factors' order. The square corner is L U, with dL =
 * L tril(X, -1) and dU = triu(X) U for X = L^-1 dA U^-1; what is beside or below it is a product
 * with L or U alone.
 */
function factorGradient(grad: Tensor, LU: Tensor): Tensor {
  const [rows, columns] = LU.shape.slice(-2) as [number, number];
  const size = Math.min(rows, columns);
  const corner = (x: Tensor) => narrow(narrow(x, -2, 0, size), -1, 0, size);
  const packed = corner(LU);
  const [L, U] = [unitLower(packed), triu(packed)];
  const divideL = (x: Tensor) =>
    solveTriangular(mT(L), x, { upper: true, left: true, unitriangular: true });
  const divideU = (x: Tensor) => solveTriangular(mT(U), x, { upper: false, left: false });
  let [gradL, gradU] = [tril(corner(grad), -1), triu(corner(grad))];
  if (rows > size) {
    const below = (x: Tensor) => narrow(x, -2, size, rows - size);
    const rest = divideU(below(grad));
    gradU = gradU.sub(triu(matmul(mT(below(LU)), rest)));
    return cat([cornerGradient(), rest], -2);
  }
  if (columns > size) {
    const beside = (x: Tensor) => narrow(x, -1, size, columns - size);
    const rest = divideL(beside(grad));
    gradL = gradL.sub(tril(matmul(rest, mT(beside(LU))), -1));
    return cat([cornerGradient(), rest], -1);
  }
  return cornerGradient();

  function cornerGradient(): Tensor {
    const inner = tril(matmul(mT(L), gradL), -1).add(triu(matmul(gradU, mT(U))));
    return divideL(divideU(inner));
  }
}

function unitLower(packed: Tensor): Tensor {
  return tril(packed, -1).add(identityLike(packed));
}

/** Permutation matrices P of A = P L U. */
function permutation(pivots: Tensor, rows: number, dtype: Tensor["dtype"]): Tensor {
  if (isBatched(pivots)) return mapBatch(pivots, (all) => permutation(all, rows, dtype));
  const swaps = pivots.toTypedArray();
  const count = pivots.shape.at(-1)!;
  const batch = pivots.shape.slice(0, -1);
  const matrices = batch.reduce((product, extent) => product * extent, 1);
  const order = new Int32Array(matrices * rows);
  for (let m = 0; m < matrices; m++) {
    const own = order.subarray(m * rows, (m + 1) * rows);
    for (let i = 0; i < rows; i++) own[i] = i;
    for (let i = 0; i < count; i++) {
      const other = Number(swaps[m * count + i]) - 1;
      [own[i], own[other]] = [own[other]!, own[i]!];
    }
  }
  if (order.length === 0) return pivots.newZeros([...batch, rows, rows], { dtype });
  return mT(oneHot(tensor(order).reshape([...batch, rows]), rows).to(dtype));
}

/** Throws for pivots that lead outside the matrix. */
function requirePivots(pivots: Tensor, rows: number): void {
  if (!pivots.spec.info.isInt) {
    throw new DTypeError(`Cannot luSolve with pivots of dtype ${pivots.dtype}: they are integers`, {
      op: "luSolve",
    });
  }
  for (const pivot of everything(pivots).toTypedArray()) {
    if (pivot >= 1 && pivot <= rows) continue;
    throw new IndexError(`Cannot luSolve with pivot ${pivot}: the rows are 1 to ${rows}`, {
      op: "luSolve",
      context: { index: Number(pivot), size: rows },
    });
  }
}

/** +1 or -1: whether the exchanges of rows are even in number. Shape [...]. */
export function permutationSign(pivots: Tensor, dtype: Tensor["dtype"]): Tensor {
  if (isBatched(pivots)) return mapBatch(pivots, (all) => permutationSign(all, dtype));
  const swaps = pivots.toTypedArray();
  const count = pivots.shape.at(-1)!;
  const batch: Shape = pivots.shape.slice(0, -1);
  const signs = new Float64Array(batch.reduce((product, extent) => product * extent, 1)).fill(1);
  for (let i = 0; i < swaps.length; i++) {
    if (Number(swaps[i]) !== i % count + 1) signs[Math.floor(i / count)]! *= -1;
  }
  return tensor(signs).reshape(batch).to(dtype);
}

/**
 * Packed LU factors of matrices [..., M, N]: L below the diagonal (its own is 1), U above, and
 * the rows that were exchanged in turn, counted from 1.
 *
 * @throws {ShapeError} when the tensor has fewer than two dims.
 *
 * @example
 * ```ts
 * import { linalg } from "@minitensor/minitensor";
 * const { LU, pivots } = linalg.luFactor([[1, 2], [4, 4]]);
 * console.assert(LU.toTypedArray().join() === "4,4,0.25,1");
 * console.assert(pivots.toTypedArray().join() === "2,2");
 * ```
 */
export function luFactor(A: TensorLike): { readonly LU: Tensor; readonly pivots: Tensor } {
  const { LU, pivots } = factor(matrixOf(A, "luFactor"));
  return { LU, pivots };
}

/** Factors of A = P L U. */
export interface LuResult {
  /** A permutation, [..., M, M]. */
  readonly P: Tensor;
  /** Lower triangular with ones on the diagonal, [..., M, K]. */
  readonly L: Tensor;
  /** Upper triangular, [..., K, N]. */
  readonly U: Tensor;
}

/**
 * A = P L U with partial pivoting, for matrices [..., M, N]: P is a permutation, L has ones on
 * its diagonal.
 *
 * @throws {ShapeError} when the tensor has fewer than two dims.
 *
 * @example
 * ```ts
 * import { lu } from "@minitensor/minitensor";
 * const { P, L, U } = lu([[1, 2], [4, 4]]);
 * console.assert(P.matmul(L).matmul(U).toTypedArray().join() === "1,2,4,4");
 * ```
 */
export function lu(A: TensorLike): LuResult {
  const matrix = matrixOf(A, "lu");
  const { LU, pivots } = factor(matrix);
  const size = smaller(matrix);
  const [rows, columns] = matrix.shape.slice(-2) as [number, number];
  const ones = matrix.newZeros([rows, size]);
  ones.diagonal().fill_(1);
  return {
    P: permutation(pivots, rows, matrix.dtype),
    L: tril(columns > size ? narrow(LU, -1, 0, size) : LU, -1).add(ones),
    U: triu(rows > size ? narrow(LU, -2, 0, size) : LU),
  };
}

interface Side {
  readonly transposed: boolean;
}

/**
 * Solves with factors that are known. `a` is the matrix they are of: the kernel does not read it,
 * the gradient flows to it, so that one factorisation serves all derivatives.
 */
const factored: Op<
  (LU: Tensor, pivots: Tensor, b: Tensor, a: Tensor, side: Side) => Tensor,
  Side
> = defineOp({
  name: "solve",
  summary: "x of a x = b, or of the transposed system, by the LU factors of a.",
  infer: ([, , b]) => specOf(b!.shape, b!.dtype),
  kernel: { native: "luSolve", encode: ({ transposed }) => [Number(transposed)] },
  saves: "both",
  // da x + a dx = db (Giles 2008, 2.3.1).
  gradient: ({ grad, inputs: [LU, pivots, , a], outputs: [x], attributes, needs }) => {
    const { transposed } = attributes;
    const right = factored(LU!, pivots!, grad, a!, { transposed: !transposed });
    if (!needs[3]) return [null, null, right, null];
    const product = transposed ? matmul(x!, mT(right)) : matmul(right, mT(x!));
    return [null, null, right, product.neg()];
  },
  samples: [true, false].map((transposed) => ({
    shapes: [[2, 3, 3], [2, 3, 2]],
    arguments: ([a, b]: readonly Tensor[]) => {
      const matrix = a!.add(identityLike(a!).mul(5));
      const { LU, pivots } = factor(matrix.detach());
      return [LU, pivots, b!, matrix, { transposed }];
    },
  })),
  front: (run) => (LU: Tensor, pivots: Tensor, b: Tensor, a: Tensor, side: Side) =>
    run([LU, pivots, b, a], side),
});

const singular = (code: number) => `is singular: pivot ${code} is 0 or not a number`;

/** X of A X = B for matrices of one dtype whose shapes fit. */
export function solveMatrices(a: Tensor, b: Tensor, op: string): Tensor {
  const { LU, pivots, info } = factor(a.detach());
  requireSound(op, info, singular);
  const [left, right] = alignBatches(LU, b, op);
  const places = squeeze(inBatch(unsqueeze(pivots, -1), batchOf(left)), -1);
  return factored(left, places, right, a, { transposed: false });
}

/** LU factors of the matrices, without a graph, and the kernel's report. */
export function factorsOf(a: Tensor): Factors {
  return factor(a.detach());
}

/**
 * X of A X = B, by LU factorisation with partial pivoting: A is [..., N, N], B a matrix [..., N,
 * K] or a vector [N] (or [..., N] with A's batch dims). Batch dims broadcast. Differentiable in
 * both.
 *
 * @throws {LinAlgError} when a matrix is singular, or the result is not finite.
 * @throws {ShapeError} when A is not square or B does not fit.
 *
 * @example
 * ```ts
 * import { solve } from "@minitensor/minitensor";
 * console.assert(solve([[2, 0], [0, 4]], [2, 8]).toTypedArray().join() === "1,2");
 * ```
 */
export function solve(A: TensorLike, B: TensorLike): Tensor {
  const [a, b] = pair(A, B, true) as [Tensor, Tensor];
  squareOf(a, "solve");
  const isVector = b.ndim === 1 ||
    (b.ndim === a.ndim - 1 && sameShape(b.shape, a.shape.slice(0, -1)));
  const right = isVector ? unsqueeze(b, -1) : b;
  if (right.ndim < 2 || right.shape.at(-2) !== a.shape.at(-1)) {
    throw new ShapeError(
      `Cannot solve a system of shapes ${text(a.shape)} and ${text(b.shape)}: ` +
        `the right side needs ${a.shape.at(-1)} rows`,
      { op: "solve", context: { shapes: [a.shape, b.shape] } },
    );
  }
  const x = solveMatrices(a, right, "solve");
  if (all(isfinite(everything(x).detach())).item() === false) {
    throw new LinAlgError("Cannot solve: the result is not finite", {
      op: "solve",
      suggestion: "The matrix is nearly singular, or an input is not finite",
    });
  }
  return isVector ? squeeze(x, -1) : x;
}

/**
 * Inverse of square matrices [..., N, N].
 *
 * @throws {LinAlgError} when a matrix is singular.
 * @throws {ShapeError} when the matrices are not square.
 *
 * @example
 * ```ts
 * import { inv } from "@minitensor/minitensor";
 * console.assert(inv([[2, 0], [0, 4]]).toTypedArray().join() === "0.5,0,0,0.25");
 * ```
 */
export function inv(A: TensorLike): Tensor {
  const a = squareOf(A, "invert");
  return solveMatrices(a, identityLike(a), "invert");
}

/** Options of {@link luSolve}. */
export interface LuSolveOptions {
  /** Solves A X = B; false: X A = B. Default true. */
  readonly left?: boolean;
  /** Solves with the transposed matrix. Default false. */
  readonly adjoint?: boolean;
}

/**
 * X of A X = B [..., N, K] from what {@link luFactor} gave of A. A zero pivot gives infinities,
 * as in PyTorch.
 *
 * @throws {ShapeError} when the shapes do not fit.
 * @throws {DTypeError} when the pivots are no integers.
 * @throws {IndexError} when a pivot is no row.
 *
 * @example
 * ```ts
 * import { linalg } from "@minitensor/minitensor";
 * const { LU, pivots } = linalg.luFactor([[2, 0], [0, 4]]);
 * const x = linalg.luSolve([[2], [8]], LU, pivots);
 * console.assert(x.toTypedArray().join() === "1,2");
 * ```
 */
export function luSolve(
  B: TensorLike,
  LU: TensorLike,
  pivots: Tensor,
  options: LuSolveOptions = {},
): Tensor {
  checkOptions(options, ["left", "adjoint"], "luSolve");
  const [packed, b] = pair(LU, B, true) as [Tensor, Tensor];
  squareOf(packed, "luSolve");
  const { left = true, adjoint = false } = options;
  if (!left) return mT(luSolve(mT(b), packed, pivots, { adjoint: !adjoint }));
  const [n, count] = [packed.shape.at(-1)!, pivots.shape.at(-1)];
  if (b.ndim < 2 || b.shape.at(-2) !== n || count !== n) {
    throw new ShapeError(
      `Cannot luSolve factors of shape ${text(packed.shape)} with ${count} pivots and a right ` +
        `side of shape ${text(b.shape)}: all need ${n} rows`,
      { op: "luSolve" },
    );
  }
  requirePivots(pivots, n);
  const P = permutation(pivots, n, packed.dtype);
  const lower = { upper: false, unitriangular: true };
  if (!adjoint) {
    const first = solveTriangular(packed, matmul(mT(P), b), lower);
    return solveTriangular(packed, first, { upper: true });
  }
  const first = solveTriangular(mT(packed), b, { upper: false });
  return matmul(P, solveTriangular(mT(packed), first, { ...lower, upper: true }));
}
