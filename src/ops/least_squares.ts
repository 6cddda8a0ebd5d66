/**
 * What singular values tell: rank, condition, pseudo-inverse, least squares.
 *
 * @module
 */
import { ArgumentError, LinAlgError, ShapeError } from "../errors.ts";
import { dtypes } from "../dtype.ts";
import { defineOp, type Op } from "../op.ts";
import { sameShape, specOf, text } from "../shape.ts";
import type { TensorLike } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { qr } from "./decompose.ts";
import { checkOptions, pair } from "./front.ts";
import { matmul, mT } from "./linalg.ts";
import { inv } from "./lu.ts";
import { batchOf, matrixOf, squareOf } from "./matrices.ts";
import { linalgNorm, type MatrixOrder } from "./norm.ts";
import { all, amax, sum, sumToSize } from "./reduction.ts";
import { where } from "./select.ts";
import { eigvalsh, svd, svdvals } from "./spectral.ts";
import { solveTriangular } from "./triangular.ts";
import { select, unsqueeze } from "./view.ts";
import { everything } from "../vmap/batch.ts";

/** What counts as a singular value of 0. */
export interface RankOptions {
  /** At most this. Default 0. */
  readonly atol?: number;
  /**
   * At most this share of the largest. Default: the larger size times eps, or 0 when atol is
   * given.
   */
  readonly rtol?: number;
}

/** Values above which singular values count, [..., 1]. */
function limit(a: Tensor, S: Tensor, { atol = 0, rtol }: RankOptions): Tensor {
  const larger = Math.max(a.shape.at(-1)!, a.shape.at(-2)!);
  const share = rtol ?? (atol > 0 ? 0 : larger * dtypes[a.dtype].eps);
  if (S.shape.at(-1) === 0) return sum(S, -1, { keepdim: true });
  return amax(S, -1, { keepdim: true }).mul(share).maximum(atol);
}

/** Options of {@link matrixRank}. */
export interface MatrixRankOptions extends RankOptions {
  /** The matrices are symmetric: eigenvalues, which are cheaper, serve. Default false. */
  readonly hermitian?: boolean;
}

/**
 * Ranks of matrices [..., M, N] as int64: how many singular values are not negligible.
 *
 * @throws {LinAlgError} when an element is not finite.
 * @throws {ShapeError} when the tensor has fewer than two dims.
 *
 * @example
 * ```ts
 * import { linalg } from "@minitensor/minitensor";
 * console.assert(linalg.matrixRank([[1, 2], [2, 4]]).item() === 1);
 * ```
 */
export function matrixRank(A: TensorLike, options: MatrixRankOptions = {}): Tensor {
  checkOptions(options, ["atol", "rtol", "hermitian"], "matrixRank");
  const a = matrixOf(A, "matrixRank").detach();
  const S = options.hermitian === true ? eigvalsh(a).abs() : svdvals(a);
  return sum(S.gt(limit(a, S, options)), -1);
}

interface Tolerance {
  readonly atol: number;
  readonly rtol: number | null;
}

const pseudoInverse: Op<(a: Tensor, tolerance: Tolerance) => Tensor, Tolerance> = defineOp({
  name: "pinv",
  summary: "Moore-Penrose inverses of matrices.",
  infer: ([a]) => specOf([...batchOf(a!), a!.shape.at(-1)!, a!.shape.at(-2)!], a!.dtype),
  kernel: {
    composite: ([a], { atol, rtol }) => {
      const { U, S, Vh } = svd(a!, { fullMatrices: false });
      const least = limit(a!, S, toleranceOf({ atol, rtol }));
      const counts = S.gt(least);
      const inverse = where(counts, where(counts, S, 1).reciprocal(), 0);
      return matmul(mT(Vh).mul(unsqueeze(inverse, -2)), mT(U));
    },
  },
  saves: "both",
  // Golub and Pereyra 1973, (4.12), for matrices whose rank does not change.
  gradient: ({ grad, inputs: [a], outputs: [P] }) => [inverseGradient(a!, P!, grad)],
  samples: [{ shapes: [[3, 3]] }, { shapes: [[2, 4, 2]] }, { shapes: [[2, 3]] }].map((sample) => ({
    ...sample,
    rest: [{ atol: 0, rtol: null }],
  })),
  front: (run) => (a: Tensor, tolerance: Tolerance) => run([a], tolerance),
});

function inverseGradient(a: Tensor, P: Tensor, grad: Tensor): Tensor {
  const turned = mT(grad);
  const main = matmul(matmul(mT(P), grad), mT(P)).neg();
  const outside = matmul(turned, matmul(P, mT(P)));
  const inside = matmul(matmul(mT(P), P), turned);
  return main.add(outside.sub(matmul(matmul(a, P), outside)))
    .add(inside.sub(matmul(matmul(inside, P), a)));
}

/**
 * Moore-Penrose inverses of matrices [..., M, N]: [..., N, M]. Negligible singular values count
 * as 0.
 *
 * @throws {LinAlgError} when an element is not finite.
 * @throws {ShapeError} when the tensor has fewer than two dims.
 *
 * @example
 * ```ts
 * import { linalg } from "@minitensor/minitensor";
 * console.assert(linalg.pinv([[2, 0], [0, 0]]).toTypedArray().join() === "0.5,0,0,0");
 * ```
 */
export function pinv(A: TensorLike, options: RankOptions = {}): Tensor {
  checkOptions(options, ["atol", "rtol"], "pinv");
  const { atol = 0, rtol = null } = options;
  return pseudoInverse(matrixOf(A, "pinv"), { atol, rtol });
}

/**
 * The same as {@link pinv}.
 *
 * @throws {LinAlgError} when an element is not finite.
 * @throws {ShapeError} when the tensor has fewer than two dims.
 *
 * @example
 * ```ts
 * import { pinverse } from "@minitensor/minitensor";
 * console.assert(pinverse([[2]]).item() === 0.5);
 * ```
 */
export function pinverse(A: TensorLike, options: RankOptions = {}): Tensor {
  return pinv(A, options);
}

/** Options of {@link cond}. */
export interface CondOptions {
  /** The norm. Default 2. */
  readonly p?: MatrixOrder;
}

/**
 * Condition numbers of matrices [..., M, N]: the norm times that of the inverse. With p 2 or -2
 * by singular values, of any matrix; else of square ones, Infinity if one is singular.
 *
 * @throws {LinAlgError} when an element is not finite.
 * @throws {ShapeError} when the matrices are not square and p is not 2 or -2.
 *
 * @example
 * ```ts
 * import { linalg } from "@minitensor/minitensor";
 * console.assert(linalg.cond([[4, 0], [0, 2]]).item() === 2);
 * ```
 */
export function cond(A: TensorLike, options: CondOptions = {}): Tensor {
  checkOptions(options, ["p"], "cond");
  const p = options.p ?? 2;
  if (p === 2 || p === -2) {
    const S = svdvals(matrixOf(A, "cond"));
    if (S.shape.at(-1) === 0) return sum(S, -1);
    const [first, last] = [select(S, -1, 0), select(S, -1, -1)];
    return p === 2 ? first.div(last) : last.div(first);
  }
  const a = squareOf(A, "cond");
  const of = (x: Tensor) => linalgNorm(x, { ord: p, dim: [-2, -1] });
  try {
    return of(a).mul(of(inv(a)));
  } catch (error) {
    if (!(error instanceof LinAlgError)) throw error;
    return of(a).mul(0).add(Infinity);
  }
}

function toleranceOf({ atol, rtol }: Tolerance): RankOptions {
  return rtol === null ? { atol } : { atol, rtol };
}

/**
 * The solution and the singular values, from those of R: the matrix, or its transpose where that
 * has more rows, is Q R.
 */
function solveLeast(a: Tensor, b: Tensor, tolerance: Tolerance): readonly [Tensor, Tensor] {
  const isTall = a.shape.at(-2)! >= a.shape.at(-1)!;
  const { Q, R } = qr(isTall ? a : mT(a));
  const S = svdvals(R);
  const least = limit(a, S, toleranceOf(tolerance));
  const right = isTall ? matmul(mT(Q), b) : b;
  if (all(everything(S.gt(least))).item() === true) {
    if (isTall) return [solveTriangular(R, right, { upper: true }), S];
    return [matmul(Q, solveTriangular(mT(R), right, { upper: false })), S];
  }
  const { U, Vh } = svd(R, { fullMatrices: false });
  const counts = S.gt(least);
  const inverse = unsqueeze(where(counts, where(counts, S, 1).reciprocal(), 0), -1);
  if (isTall) return [matmul(mT(Vh), matmul(mT(U), right).mul(inverse)), S];
  return [matmul(Q, matmul(U, matmul(Vh, right).mul(inverse))), S];
}

const leastSquares: Op<
  (a: Tensor, b: Tensor, tolerance: Tolerance) => readonly [Tensor, Tensor],
  Tolerance
> = defineOp({
  name: "lstsq",
  summary: "Least squares solutions x of a x = b, and the singular values of a.",
  infer: () => null,
  kernel: { composite: ([a, b], tolerance) => solveLeast(a!, b!, tolerance) },
  saves: "inputs",
  // x = P b for the pseudo-inverse P; dS is the diagonal of U^T dA V.
  gradient: ({ grads: [grad, gradS], inputs: [a, b], attributes, needs }) => {
    let own: Tensor | null = null;
    if (gradS) {
      const { U, Vh } = svd(a!, { fullMatrices: false });
      own = matmul(U.mul(unsqueeze(gradS, -2)), Vh);
    }
    if (!grad) return [own, null];
    const P = pseudoInverse(a!, attributes);
    if (needs[0]) {
      // Sums over batches that only b has.
      const part = inverseGradient(a!, P, sumToSize(matmul(grad, mT(b!)), P.shape));
      own = own === null ? part : part.add(own);
    }
    return [own, needs[1] ? sumToSize(matmul(mT(P), grad), b!.shape) : null];
  },
  samples: [[[3, 3], [3, 2]], [[2, 4, 2], [4, 1]], [[2, 3], [2, 2]]].map((shapes) => ({
    shapes,
    rest: [{ atol: 0, rtol: null }],
  })),
  front: (run) => (a: Tensor, b: Tensor, tolerance: Tolerance) => {
    const [solution, S] = run.all([a, b], tolerance);
    return [solution!, S!] as const;
  },
});

/** Options of {@link lstsq}. */
export interface LstsqOptions {
  /**
   * Share of the largest singular value up to which one counts as 0. Default: the larger size
   * times eps.
   */
  readonly rcond?: number | null;
}

/** What {@link lstsq} gives. */
export interface LstsqResult {
  /** [..., N, K]. */
  readonly solution: Tensor;
  /** Sums of squares [..., K], empty unless M > N and every matrix has full rank. */
  readonly residuals: Tensor;
  /** int64 [...]. */
  readonly rank: Tensor;
  /** Of A, descending. */
  readonly singularValues: Tensor;
}

/**
 * Least squares: X [..., N, K] that makes A X - B smallest, for A [..., M, N] and B [..., M, K]
 * or [..., M]; of several the shortest. A may have any rank, which its singular values tell.
 *
 * @throws {LinAlgError} when an element is not finite.
 * @throws {ShapeError} when A and B have different numbers of rows.
 *
 * @example
 * ```ts
 * import { linalg } from "@minitensor/minitensor";
 * const { solution } = linalg.lstsq([[1], [1]], [[1], [3]]);
 * console.assert(Math.abs(Number(solution.item()) - 2) < 1e-6);
 * ```
 */
export function lstsq(A: TensorLike, B: TensorLike, options: LstsqOptions = {}): LstsqResult {
  checkOptions(options, ["rcond"], "lstsq");
  const [a, b] = pair(A, B, true) as [Tensor, Tensor];
  if (a.ndim >= 2 && sameShape(b.shape, a.shape.slice(0, -1))) {
    const { solution, residuals, ...rest } = lstsq(a, b.unsqueeze(-1), options);
    const shaped = residuals.numel() === 0 ? residuals : residuals.squeeze(-1);
    return { solution: solution.squeeze(-1), residuals: shaped, ...rest };
  }
  if (a.ndim < 2 || b.ndim < 2 || a.shape.at(-2) !== b.shape.at(-2)) {
    throw new ShapeError(
      `Cannot lstsq tensors of shapes ${text(a.shape)} and ${text(b.shape)}: ` +
        "they must be matrices of as many rows",
      { op: "lstsq", context: { shapes: [a.shape, b.shape] } },
    );
  }
  const rtol = options.rcond ?? null;
  if (rtol !== null && !(rtol >= 0)) {
    throw new ArgumentError(`Cannot lstsq with rcond ${rtol}: it is 0 or more`, { op: "lstsq" });
  }
  const [solution, singularValues] = leastSquares(a, b, { atol: 0, rtol });
  const least = limit(a, singularValues, rtol === null ? {} : { rtol });
  const rank = sum(singularValues.gt(least), -1);
  const [rows, columns] = a.shape.slice(-2) as [number, number];
  const full = rows > columns &&
    everything(rank).toTypedArray().every((value) => Number(value) === columns);
  return {
    solution,
    residuals: full ? sum(matmul(a, solution).sub(b).square(), -2) : a.newZeros([0]),
    rank,
    singularValues,
  };
}
