/**
 * Statistics made of other reductions: aminmax, countNonzero, cov, corrcoef, softmaxStats.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { ShapeError } from "../errors.ts";
import { checkDim, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, floating, single } from "./front.ts";
import { reduceArguments, reducedNonEmpty, type ReduceOptions } from "./infer.ts";
import { matmul } from "./linalg.ts";
import { amax, amin, mean, sum } from "./reduction.ts";
import { clamp, maskedFill } from "./select.ts";
import { diagonal } from "./diagonal.ts";

/**
 * Smallest and largest of the elements, of all or along dims: `{ min, max }`. NaN wins; ties share
 * the gradient.
 *
 * @throws {ShapeError} when there are no elements to choose from.
 * @throws {AxisError} when there is no such dim, or one is named twice.
 *
 * @example
 * ```ts
 * import { aminmax, tensor } from "@minitensor/minitensor";
 * const { min, max } = aminmax(tensor([2, 1, 3]));
 * console.assert(min.item() === 1 && max.item() === 3);
 * ```
 */
export function aminmax(
  x: TensorLike,
  dims?: number | readonly number[] | ReduceOptions,
  options?: ReduceOptions,
): { readonly min: Tensor; readonly max: Tensor } {
  const input = single(x);
  const attributes = reduceArguments(input, dims, options, "aminmax");
  reducedNonEmpty([input], attributes, "aminmax");
  const keep = { keepdim: attributes.keepdim };
  return { min: amin(input, attributes.dims, keep), max: amax(input, attributes.dims, keep) };
}

/**
 * Number of elements that are not 0, of all or along dims: int64. NaN counts.
 *
 * @throws {AxisError} when there is no such dim, or one is named twice.
 *
 * @example
 * ```ts
 * import { countNonzero, tensor } from "@minitensor/minitensor";
 * console.assert(countNonzero(tensor([0, 2, 3])).item() === 2);
 * ```
 */
export function countNonzero(
  x: TensorLike,
  dims?: number | readonly number[] | ReduceOptions,
  options?: ReduceOptions,
): Tensor {
  const input = single(x);
  const { dims: places, keepdim } = reduceArguments(input, dims, options, "countNonzero");
  return sum(input.ne(0), places, { keepdim });
}

/** Options of {@link cov}. */
export interface CovOptions {
  /** Taken off the number of observations; default 1. */
  readonly correction?: number;
  /** How often each observation counts: integers of 0 or more, 1-D. */
  readonly fweights?: Tensor | null;
  /** How much each observation counts: numbers of 0 or more, 1-D. */
  readonly aweights?: Tensor | null;
}

/**
 * Covariances of variables: x is [variables, observations], or [observations] of one variable; the
 * result is [variables, variables], or of rank 0. Integers become the default dtype.
 *
 * @throws {ShapeError} when x has more than two dims, or weights not one for each observation.
 *
 * @example
 * ```ts
 * import { cov, tensor } from "@minitensor/minitensor";
 * const c = cov(tensor([[0, 1, 2], [2, 1, 0]]));
 * console.assert(c.toArray().toString() === "1,-1,-1,1");
 * ```
 */
export function cov(x: TensorLike, options: CovOptions = {}): Tensor {
  checkOptions(options, ["correction", "fweights", "aweights"], "cov");
  const input = floating(single(x));
  if (input.ndim > 2) {
    throw new ShapeError(
      `Cannot cov a tensor of shape ${text(input.shape)}: it has more than 2 dims`,
      { op: "cov" },
    );
  }
  const rows = input.ndim === 2 ? input : input.reshape([1, -1]);
  const covariances = weightedCov(rows, options);
  return input.ndim === 2 ? covariances : covariances.reshape([]);
}

function weightedCov(rows: Tensor, options: CovOptions): Tensor {
  const { correction = 1 } = options;
  const weights = weightsOf(rows, options);
  if (weights === null) {
    const centered = rows.sub(mean(rows, 1, { keepdim: true }));
    return matmul(centered, centered.T).div(Math.max(rows.shape[1]! - correction, 0));
  }
  const total = sum(weights);
  const centered = rows.sub(sum(rows.mul(weights), 1, { keepdim: true }).div(total));
  return matmul(centered.mul(weights), centered.T).div(clamp(norms(weights, options), 0));
}

/** What the sums of products are divided by. */
function norms(weights: Tensor, { correction = 1, aweights }: CovOptions): Tensor {
  const total = sum(weights);
  if (correction === 0) return total;
  if ((aweights ?? null) === null) return total.sub(correction);
  const squares = sum(weights.mul(aweights!.to(weights.dtype)));
  return total.sub(squares.div(total).mul(correction));
}

/** The product of both weights; null when there are none. */
function weightsOf(rows: Tensor, { fweights, aweights }: CovOptions): Tensor | null {
  let weights: Tensor | null = null;
  for (const given of [fweights ?? null, aweights ?? null]) {
    if (given === null) continue;
    if (given.ndim !== 1 || given.shape[0] !== rows.shape[1]) {
      throw new ShapeError(
        `Cannot cov with weights of shape ${text(given.shape)}: there are ${
          rows.shape[1]
        } observations`,
        { op: "cov" },
      );
    }
    const converted: Tensor = given.to(rows.dtype);
    weights = weights === null ? converted : weights.mul(converted);
  }
  return weights;
}

/**
 * Pearson's correlation coefficients of variables, within [-1, 1]: shapes as in {@link cov}.
 *
 * @throws {ShapeError} when x has more than two dims.
 *
 * @example
 * ```ts
 * import { corrcoef, tensor } from "@minitensor/minitensor";
 * const c = corrcoef(tensor([[0, 1, 2], [4, 2, 0]]));
 * console.assert(Math.abs(Number(c.index(0, 1).item()) + 1) < 1e-6);
 * ```
 */
export function corrcoef(x: TensorLike): Tensor {
  const covariances = cov(x);
  if (covariances.ndim === 0) return covariances.div(covariances);
  const deviations = diagonal(covariances).sqrt();
  const scaled = covariances.div(deviations.unsqueeze(1)).div(deviations.unsqueeze(0));
  return clamp(scaled, -1, 1);
}

/**
 * What softmax along a dim is made of: `{ max, sum }`, the largest element and the sum of
 * exp(x - max), both with the dim kept at size 1. softmax is exp(x - max) / sum.
 *
 * @throws {ShapeError} when the dim has no elements.
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { softmaxStats, tensor } from "@minitensor/minitensor";
 * const { max, sum } = softmaxStats(tensor([5, 5]), 0);
 * console.assert(max.item() === 5 && sum.item() === 2);
 * ```
 */
export function softmaxStats(
  x: TensorLike,
  dim: number,
): { readonly max: Tensor; readonly sum: Tensor } {
  const input = floating(single(x));
  const place = checkDim(dim, input.ndim, "softmaxStats");
  const max = amax(input, place, { keepdim: true });
  const level = maskedFill(max, max.eq(-Infinity), 0);
  return { max, sum: sum(input.sub(level).exp(), place, { keepdim: true }) };
}
