/**
 * Norms along a dim, and how far apart or alike vectors are.
 *
 * @module
 */
import { arange, type TensorLike } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { broadcastPair, checkDim, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, floating, pair } from "./front.ts";
import { cat } from "./join.ts";
import { clampMin } from "./limits.ts";
import { where } from "./select.ts";

/** Roots whose gradient at 0 is 0. */
function root(x: Tensor, exponent: number): Tensor {
  const zero = x.eq(0);
  const safe = where(zero, 1, x);
  return (exponent === 0.5 ? safe.sqrt() : safe.pow(exponent)).maskedFill(zero, 0);
}

/** The p-norm along dims; its gradient where all elements are 0 is 0. */
export function normAlong(x: Tensor, p: number, dims: readonly number[], keepdim: boolean): Tensor {
  const options = { keepdim };
  if (p === 2) return root(x.square().sum(dims, options), 0.5);
  const magnitudes = x.abs();
  if (p === 1) return magnitudes.sum(dims, options);
  if (p === 0) return x.ne(0).to(x.dtype).sum(dims, options);
  if (p === Infinity) return magnitudes.amax(dims, options);
  if (p === -Infinity) return magnitudes.amin(dims, options);
  return root(magnitudes.pow(p).sum(dims, options), 1 / p);
}

function checkNorm(p: number, op: string): void {
  if (Number.isNaN(p)) throw new ArgumentError(`Cannot ${op} with norm ${p}`, { op });
}

/**
 * The p-norm of x - y, all elements together.
 *
 * @returns Rank 0; float.
 *
 * @example
 * ```ts
 * import { dist, tensor } from "@minitensor/minitensor";
 * console.assert(dist(tensor([1, 2]), tensor([4, 6])).item() === 5);
 * ```
 */
export function dist(x: TensorLike, y: TensorLike, p = 2): Tensor {
  checkNorm(p, "dist");
  const [a, b] = pair(x, y, true);
  const gap = a!.sub(b!);
  return normAlong(gap, p, Array.from(gap.shape, (_, i) => i), false);
}

/** Options of {@link normalize}. */
export interface NormalizeOptions {
  /** Which norm. Default 2. */
  readonly p?: number;
  /** Default 1. */
  readonly dim?: number;
  /** Norms below it count as it. Default 1e-12. */
  readonly eps?: number;
}

/**
 * x divided by its p-norm along a dim.
 *
 * @returns As x; float.
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { normalize, tensor } from "@minitensor/minitensor";
 * const length = normalize(tensor([[3, 4]])).square().sum();
 * console.assert(Math.abs(Number(length.item()) - 1) < 1e-6);
 * ```
 */
export function normalize(x: Tensor, options: NormalizeOptions = {}): Tensor {
  checkOptions(options, ["p", "dim", "eps"], "normalize");
  const { p = 2, dim = 1, eps = 1e-12 } = options;
  checkNorm(p, "normalize");
  const value = floating(x);
  const along = checkDim(dim, value.ndim, "normalize");
  return value.div(clampMin(normAlong(value, p, [along], true), eps));
}

/** Options of {@link cosineSimilarity}. */
export interface CosineSimilarityOptions {
  /** Along which dim the vectors lie. Default 1. */
  readonly dim?: number;
  /** Lengths below it count as it. Default 1e-8. */
  readonly eps?: number;
}

/**
 * Cosine of the angle between vectors: x · y / (max(|x|, eps) max(|y|, eps)).
 *
 * @param x Broadcasts with y.
 * @returns The broadcast shape without the dim; float.
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { cosineSimilarity, tensor } from "@minitensor/minitensor";
 * const x = tensor([[1, 0]]), y = tensor([[0, 2]]);
 * console.assert(cosineSimilarity(x, y).item() === 0);
 * ```
 */
export function cosineSimilarity(
  x: Tensor,
  y: Tensor,
  options: CosineSimilarityOptions = {},
): Tensor {
  checkOptions(options, ["dim", "eps"], "cosineSimilarity");
  const { dim = 1, eps = 1e-8 } = options;
  const shape = broadcastPair(x.shape, y.shape, "cosineSimilarity");
  const along = checkDim(dim, shape.length, "cosineSimilarity");
  const [a, b] = pair(x, y, true).map((side) => side.expand(shape));
  // Each is divided by its own length: the product of two lengths may overflow.
  const unit = (side: Tensor) => side.div(clampMin(normAlong(side, 2, [along], true), eps));
  return unit(a!).mul(unit(b!)).sum(along);
}

/** Options of {@link pairwiseDistance}. */
export interface PairwiseDistanceOptions {
  /** Which norm. Default 2. */
  readonly p?: number;
  /** Added to each difference, so that no norm is taken at 0. Default 1e-6. */
  readonly eps?: number;
  /** Keeps the last dim with size 1. Default false. */
  readonly keepdim?: boolean;
}

/**
 * The p-norm of x - y + eps along the last dim.
 *
 * @param x [N, D] or [D]; broadcasts with y.
 * @returns [N] or []; float.
 * @throws {ShapeError} for tensors of rank 0.
 *
 * @example
 * ```ts
 * import { pairwiseDistance, tensor } from "@minitensor/minitensor";
 * const d = pairwiseDistance(tensor([[1, 2]]), tensor([[4, 6]]));
 * console.assert(Math.abs(Number(d.item()) - 5) < 1e-5);
 * ```
 */
export function pairwiseDistance(
  x: Tensor,
  y: Tensor,
  options: PairwiseDistanceOptions = {},
): Tensor {
  checkOptions(options, ["p", "eps", "keepdim"], "pairwiseDistance");
  const { p = 2, eps = 1e-6, keepdim = false } = options;
  checkNorm(p, "pairwiseDistance");
  const [a, b] = pair(x, y, true);
  const gap = a!.sub(b!).add(eps);
  if (gap.ndim === 0) {
    throw new ShapeError("Cannot pairwiseDistance tensors of shapes [] and []: there is no dim", {
      op: "pairwiseDistance",
    });
  }
  return normAlong(gap, p, [gap.ndim - 1], keepdim);
}

/** Options of {@link pdist}. */
export interface PdistOptions {
  /** Which norm. Default 2. */
  readonly p?: number;
}

/**
 * Distances of every two rows: of 0 and 1, 0 and 2, ... 1 and 2, ...
 *
 * @param x [N, D].
 * @returns [N (N - 1) / 2]; float.
 * @throws {ShapeError} unless x has two dims.
 *
 * @example
 * ```ts
 * import { pdist, tensor } from "@minitensor/minitensor";
 * console.assert(pdist(tensor([[0, 0], [3, 4], [0, 1]])).shape[0] === 3);
 * ```
 */
export function pdist(x: Tensor, options: PdistOptions = {}): Tensor {
  checkOptions(options, ["p"], "pdist");
  const { p = 2 } = options;
  checkNorm(p, "pdist");
  if (x.ndim !== 2) {
    throw new ShapeError(`Cannot pdist a tensor of shape ${text(x.shape)}: it needs 2 dims`, {
      op: "pdist",
    });
  }
  const value = floating(x);
  const count = x.shape[0]!;
  const gaps = value.unsqueeze(1).sub(value.unsqueeze(0)).reshape([count * count, x.shape[1]!]);
  return normAlong(gaps.indexSelect(0, pairsAbove(count)), p, [1], false);
}

/** Places of the elements above the diagonal of a square matrix, row-major. */
function pairsAbove(count: number): Tensor {
  const places = arange(0, count * count, 1, { dtype: "int64" });
  const rows = Array.from({ length: count }, (_, row) => {
    return places.narrow(0, row * count + row + 1, count - row - 1);
  });
  return rows.length === 0 ? places : cat(rows, 0);
}
