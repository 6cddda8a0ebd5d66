/**
 * NumPy's reductions: `axis`, `keepdims`, `ddof`.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { checkOptions } from "../ops/front.ts";
import * as ops from "../ops/mod.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { asarray } from "./creation.ts";

/** Options of a reduction. */
export interface AxisOptions {
  /** Axis or axes to reduce; null and absent: all. */
  readonly axis?: number | readonly number[] | null;
  /** Keeps the reduced axes with size 1. Default false. */
  readonly keepdims?: boolean;
}

/** Options of a standard deviation or variance. */
export interface DdofOptions extends AxisOptions {
  /** What is taken from the count. Default 0: of a whole population. */
  readonly ddof?: number;
}

type Reduce = (
  x: Tensor,
  dims: number | readonly number[] | undefined,
  options: ops.ReduceOptions,
) => Tensor;

/** A reduction of ours under NumPy's names of options. */
function reduction(op: Reduce, name: string): AxisReduction {
  return (a, options = {}) => {
    checkOptions(options, ["axis", "keepdims"], name);
    return op(asarray(a), options.axis ?? undefined, { keepdim: options.keepdims ?? false });
  };
}

/** An axis of a reduction of ours that takes one dim, or all. */
function alongOne(
  op: (x: Tensor, dim?: number, options?: { readonly keepdim?: boolean }) => unknown,
): Reduce {
  return (x, dims, options) => {
    const list = dims === undefined ? null : typeof dims === "number" ? [dims] : dims;
    // Several axes become one: the last.
    const result = list === null
      ? op(x.reshape([-1]), 0)
      : list.length === 1
      ? op(x, list[0]!)
      : op(merged(x, list), -1);
    const values = (result as { values?: Tensor }).values ?? result as Tensor;
    if (options.keepdim !== true) return values;
    const reduced = (list ?? x.shape.map((_, i) => i)).map((dim) => dim < 0 ? dim + x.ndim : dim);
    return values.reshape(x.shape.map((extent, i) => reduced.includes(i) ? 1 : extent));
  };
}

/** The tensor with several axes made one, the last. Internal. */
export function merged(x: Tensor, dims: readonly number[]): Tensor {
  const last = dims.map((dim) => dim < 0 ? dim + x.ndim : dim);
  const kept = x.shape.flatMap((_, dim) => last.includes(dim) ? [] : [dim]);
  return x.permute([...kept, ...last]).reshape([...kept.map((dim) => x.shape[dim]!), -1]);
}

/** A reduction of all elements, or along axes. */
export type AxisReduction = (a: TensorLike, options?: AxisOptions) => Tensor;
/** A measure of how far elements are spread: of all, or along axes. */
export type DdofReduction = (a: TensorLike, options?: DdofOptions) => Tensor;

/**
 * Sum; of integers and bools in int64, of nothing 0.
 *
 * @example
 * ```ts
 * import { sum } from "@minitensor/minitensor/numpy";
 * console.assert(sum([true, true]).item() === 2);
 * console.assert(sum([[1, 2], [3, 4]], { axis: 0, keepdims: true }).shape.join() === "1,2");
 * ```
 */
export const sum: AxisReduction = reduction(ops.sum, "sum");

/**
 * Product; of integers and bools in int64, of nothing 1.
 *
 * @example
 * ```ts
 * import { prod } from "@minitensor/minitensor/numpy";
 * console.assert(prod([[2, 3], [4, 5]], { axis: 1 }).toArray().toString() === "6,20");
 * ```
 */
export const prod: AxisReduction = reduction(ops.prod, "prod");

/**
 * Mean, floating-point; of nothing NaN.
 *
 * @example
 * ```ts
 * import { mean } from "@minitensor/minitensor/numpy";
 * console.assert(mean([1, 2]).item() === 1.5);
 * ```
 */
export const mean: AxisReduction = reduction(ops.mean, "mean");

/**
 * Largest element, NaN if there is one.
 *
 * @throws {ShapeError} when there are no elements.
 *
 * @example
 * ```ts
 * import { max } from "@minitensor/minitensor/numpy";
 * console.assert(max([[1, 5], [7, 2]], { axis: 0 }).toArray().toString() === "7,5");
 * ```
 */
export const max: AxisReduction = reduction(ops.amax, "max");

/**
 * Smallest element, NaN if there is one.
 *
 * @throws {ShapeError} when there are no elements.
 *
 * @example
 * ```ts
 * import { min } from "@minitensor/minitensor/numpy";
 * console.assert(min([3, 1, 2]).item() === 1 && Number.isNaN(min([1, NaN]).item()));
 * ```
 */
export const min: AxisReduction = reduction(ops.amin, "min");

/**
 * Sum without NaN; of NaN alone 0.
 *
 * @example
 * ```ts
 * import { nansum } from "@minitensor/minitensor/numpy";
 * console.assert(nansum([1.5, NaN, 2]).item() === 3.5 && nansum([NaN]).item() === 0);
 * ```
 */
export const nansum: AxisReduction = reduction(ops.nansum, "nansum");

/**
 * Mean without NaN; of NaN alone NaN.
 *
 * @example
 * ```ts
 * import { nanmean } from "@minitensor/minitensor/numpy";
 * console.assert(nanmean([[1, NaN], [3, 4]], { axis: 0 }).toArray().toString() === "2,4");
 * ```
 */
export const nanmean: AxisReduction = reduction(ops.nanmean, "nanmean");

/**
 * Largest element without NaN; of NaN alone NaN.
 *
 * @example
 * ```ts
 * import { nanmax } from "@minitensor/minitensor/numpy";
 * console.assert(nanmax([1, NaN, 3]).item() === 3);
 * ```
 */
export const nanmax: AxisReduction = reduction(alongOne((x, dim) => ops.nanmax(x, dim!)), "nanmax");

/**
 * Smallest element without NaN; of NaN alone NaN.
 *
 * @example
 * ```ts
 * import { nanmin } from "@minitensor/minitensor/numpy";
 * console.assert(nanmin([[NaN, 2], [5, NaN]], { axis: 1 }).toArray().toString() === "2,5");
 * ```
 */
export const nanmin: AxisReduction = reduction(alongOne((x, dim) => ops.nanmin(x, dim!)), "nanmin");

function spread(
  op: typeof ops.variance,
  name: string,
): DdofReduction {
  return (a, options = {}) => {
    checkOptions(options, ["axis", "ddof", "keepdims"], name);
    const { axis, ddof = 0, keepdims = false } = options;
    return op(asarray(a), axis ?? undefined, { correction: ddof, keepdim: keepdims });
  };
}

/**
 * Standard deviation: the root of the {@link variance}.
 *
 * @example
 * ```ts
 * import { std } from "@minitensor/minitensor/numpy";
 * console.assert(std([1, 3]).item() === 1 && std([0, 2, 4], { ddof: 1 }).item() === 2);
 * ```
 */
export const std: DdofReduction = spread(ops.std, "std");

/**
 * Variance, sum((x - mean)^2) / (n - ddof): of a whole population unless `ddof` says otherwise;
 * exported as `var` too.
 *
 * @example
 * ```ts
 * import { variance } from "@minitensor/minitensor/numpy";
 * console.assert(variance([1, 5]).item() === 4 && variance([1, 5], { ddof: 1 }).item() === 8);
 * ```
 */
export const variance: DdofReduction = spread(ops.variance, "var");
