/**
 * Singular values of matrices of low rank, by random projection.
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../errors.ts";
import { defaultGenerator, type Generator, randn } from "../random.ts";
import { text } from "../shape.ts";
import type { TensorLike } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { qr } from "./decompose.ts";
import { checkOptions, single } from "./front.ts";
import { matmul, mT } from "./linalg.ts";
import { batchOf, matrixOf } from "./matrices.ts";
import { mean } from "./reduction.ts";
import { svd } from "./spectral.ts";

/** Factors of A, nearly U diag(S) V^T. */
export interface LowRankResult {
  /** Left singular vectors in the columns, [..., M, q]. */
  readonly U: Tensor;
  /** The largest singular values, descending, [..., q]. */
  readonly S: Tensor;
  /** Right singular vectors in the columns, [..., N, q]. */
  readonly V: Tensor;
}

/** What {@link svdLowrank} and {@link pcaLowrank} share. */
export interface LowrankOptions {
  /** How many singular values: somewhat more than the rank. */
  readonly q?: number;
  /** Products with A A^T, which make small singular values of A matter less. Default 2. */
  readonly niter?: number;
  /** Where the random directions come from. */
  readonly generator?: Generator;
}

/** Options of {@link svdLowrank}. */
export interface SvdLowrankOptions extends LowrankOptions {
  /** How many singular values: somewhat more than the rank. Default 6, or the smaller size. */
  readonly q?: number;
  /** Is subtracted from A first, broadcast to it. */
  readonly M?: TensorLike | null;
}

/** Options of {@link pcaLowrank}. */
export interface PcaLowrankOptions extends LowrankOptions {
  /** How many components. Default 6, or the smaller size. */
  readonly q?: number;
  /** Subtracts the mean of each column first. Default true. */
  readonly center?: boolean;
}

/** Orthonormal columns that nearly span A's: Halko, Martinsson and Tropp 2011, algorithm 4.4. */
function rangeOf(a: Tensor, q: number, niter: number, generator: Generator): Tensor {
  const directions = randn([...batchOf(a), a.shape.at(-1)!, q], { dtype: a.dtype, generator });
  let Q = qr(matmul(a, directions)).Q;
  for (let i = 0; i < niter; i++) {
    Q = qr(matmul(mT(a), Q)).Q;
    Q = qr(matmul(a, Q)).Q;
  }
  return Q;
}

/** Halko, Martinsson and Tropp 2011, algorithm 5.1. */
function sketched(a: Tensor, options: LowrankOptions, op: string): LowRankResult {
  const { niter = 2, generator = defaultGenerator } = options;
  const [rows, columns] = a.shape.slice(-2) as [number, number];
  const smaller = Math.min(rows, columns);
  const q = options.q ?? Math.min(6, smaller);
  if (!Number.isInteger(q) || q < 0 || q > smaller) {
    throw new ArgumentError(
      `Cannot ${op} with q ${q}: it is a whole number of 0 to ${smaller}, the smaller size`,
      { op },
    );
  }
  if (!Number.isInteger(niter) || niter < 0) {
    throw new ArgumentError(`Cannot ${op} with niter ${niter}: it is a whole number of 0 or more`, {
      op,
    });
  }
  if (rows < columns) {
    const { U, S, V } = sketched(mT(a), { q, niter, generator }, op);
    return { U: V, S, V: U };
  }
  const Q = rangeOf(a, q, niter, generator);
  const { U, S, Vh } = svd(matmul(mT(Q), a), { fullMatrices: false });
  return { U: matmul(Q, U), S, V: mT(Vh) };
}

/**
 * The largest singular values and vectors of matrices [..., M, N], nearly: exact when the rank is
 * at most q, and in less time than {@link svd} when q is small. By random projection (Halko,
 * Martinsson and Tropp 2011).
 *
 * @throws {ArgumentError} when q or niter is out of range.
 * @throws {LinAlgError} when an element is not finite.
 * @throws {ShapeError} when the tensor has fewer than two dims, or M is not broadcast to it.
 *
 * @example
 * ```ts
 * import { ones, svdLowrank } from "@minitensor/minitensor";
 * const { U, S, V } = svdLowrank(ones([8, 2]), { q: 1 });
 * console.assert(U.shape.join() === "8,1" && V.shape.join() === "2,1");
 * console.assert(Math.abs(Number(S.item()) - 4) < 1e-5);
 * ```
 */
export function svdLowrank(A: TensorLike, options: SvdLowrankOptions = {}): LowRankResult {
  checkOptions(options, ["q", "niter", "M", "generator"], "svdLowrank");
  const a = matrixOf(A, "svdLowrank");
  if (options.M === undefined || options.M === null) return sketched(a, options, "svdLowrank");
  const reduced = a.sub(single(options.M));
  if (reduced.shape.join() !== a.shape.join()) {
    throw new ShapeError(
      `Cannot svdLowrank a tensor of shape ${text(a.shape)} less M: their difference has shape ` +
        text(reduced.shape),
      { op: "svdLowrank", context: { shapes: [a.shape, reduced.shape] } },
    );
  }
  return sketched(reduced, options, "svdLowrank");
}

/**
 * Principal components of matrices [..., M, N], M samples of N features: nearly the largest
 * singular values and vectors of the centered matrix. `A.matmul(V)` are the samples in the
 * components' coordinates, S^2 / (M - 1) the components' variances. See {@link svdLowrank}.
 *
 * @throws {ArgumentError} when q or niter is out of range.
 * @throws {LinAlgError} when an element is not finite.
 * @throws {ShapeError} when the tensor has fewer than two dims.
 *
 * @example
 * ```ts
 * import { pcaLowrank } from "@minitensor/minitensor";
 * const { V } = pcaLowrank([[1, 5], [2, 5], [3, 5]], { q: 1 });
 * console.assert(Math.abs(Math.abs(Number(V.index(0, 0).item())) - 1) < 1e-6);
 * ```
 */
export function pcaLowrank(A: TensorLike, options: PcaLowrankOptions = {}): LowRankResult {
  checkOptions(options, ["q", "center", "niter", "generator"], "pcaLowrank");
  const a = matrixOf(A, "pcaLowrank");
  const centered = options.center === false ? a : a.sub(mean(a, -2, { keepdim: true }));
  return sketched(centered, options, "pcaLowrank");
}
