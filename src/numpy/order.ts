/**
 * NumPy's functions that sort, search and rank.
 *
 * @module
 */
import { arange as range, full, type TensorLike } from "../create.ts";
import { ArgumentError } from "../errors.ts";
import { checkOptions } from "../ops/front.ts";
import * as ops from "../ops/mod.ts";
import { checkDim } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { asarray } from "./creation.ts";
import { type AxisOptions, merged } from "./reductions.ts";
import type { AxisOption } from "./shapes.ts";

/** Options of {@link argmax} and {@link argmin}. */
export interface ArgOptions extends AxisOption {
  /** Keeps the axis with size 1. Default false. */
  readonly keepdims?: boolean;
}

/** The index of a chosen element: of all, or along an axis. */
export type AxisArgReduction = (a: TensorLike, options?: ArgOptions) => Tensor;

function argument(op: typeof ops.argmax, name: string): AxisArgReduction {
  return (a, options = {}) => {
    checkOptions(options, ["axis", "keepdims"], name);
    const { axis = null, keepdims = false } = options;
    return op(asarray(a), axis ?? undefined, { keepdim: keepdims });
  };
}

/**
 * Index of the largest element, int64, along an axis or of all in order: the first of equal ones,
 * and of NaN if there is one.
 *
 * @throws {ShapeError} when there are no elements.
 *
 * @example
 * ```ts
 * import { argmax } from "@minitensor/minitensor/numpy";
 * console.assert(argmax([[1, 5], [7, 2]]).item() === 2);
 * console.assert(argmax([[1, 5], [7, 2]], { axis: 1 }).toArray().toString() === "1,0");
 * ```
 */
export const argmax: AxisArgReduction = argument(ops.argmax, "argmax");

/**
 * Index of the smallest element, as {@link argmax}.
 *
 * @example
 * ```ts
 * import { argmin } from "@minitensor/minitensor/numpy";
 * console.assert(argmin([3, 1, 1]).item() === 1 && argmin([1, NaN]).item() === 1);
 * ```
 */
export const argmin: AxisArgReduction = argument(ops.argmin, "argmin");

/** The array and axis that a function works along: null flattens. */
function lines(a: TensorLike, options: AxisOption, op: string): readonly [Tensor, number] {
  checkOptions(options, ["axis"], op);
  const x = asarray(a);
  const axis = options.axis === undefined ? -1 : options.axis;
  return axis === null ? [x.reshape([-1]), 0] : [x, axis];
}

/**
 * Sorted along an axis, by default the last; null sorts the flattened array. NaN stands last.
 *
 * @example
 * ```ts
 * import { sort } from "@minitensor/minitensor/numpy";
 * console.assert(sort([[3, 1], [0, 2]]).toArray().toString() === "1,3,0,2");
 * console.assert(sort([[3, 1], [0, 2]], { axis: null }).toArray().toString() === "0,1,2,3");
 * ```
 */
export function sort(a: TensorLike, options: AxisOption = {}): Tensor {
  const [x, axis] = lines(a, options, "sort");
  return ops.sort(x, axis).values;
}

/**
 * Indices that would sort, as {@link sort}; equal elements keep their order.
 *
 * @example
 * ```ts
 * import { argsort } from "@minitensor/minitensor/numpy";
 * console.assert(argsort([3, 1, 1]).toArray().toString() === "1,2,0");
 * ```
 */
export function argsort(a: TensorLike, options: AxisOption = {}): Tensor {
  const [x, axis] = lines(a, options, "argsort");
  return ops.argsort(x, axis);
}

/** Options of {@link searchsorted}. */
export interface SearchsortedOptions {
  /** Where a value goes among elements equal to it: before or behind them. Default "left". */
  readonly side?: "left" | "right";
  /** Indices that sort the array, if it is not sorted. */
  readonly sorter?: TensorLike | null;
}

/**
 * Where values would stand in a sorted array, so that it stays sorted: int64, in the values' shape.
 *
 * @example
 * ```ts
 * import { searchsorted } from "@minitensor/minitensor/numpy";
 * const sorted = [1, 3, 3, 5];
 * console.assert(searchsorted(sorted, [3, 9]).toArray().toString() === "1,4");
 * console.assert(searchsorted(sorted, 3, { side: "right" }).item() === 3);
 * ```
 */
export function searchsorted(
  a: TensorLike,
  v: TensorLike,
  options: SearchsortedOptions = {},
): Tensor {
  checkOptions(options, ["side", "sorter"], "searchsorted");
  const { side = "left", sorter = null } = options;
  const x = asarray(a);
  const sorted = sorter === null ? x : ops.take(x, asarray(sorter));
  return ops.searchsorted(sorted, asarray(v), { side });
}

/**
 * Indices of the elements that are not 0, an array for each axis.
 *
 * @example
 * ```ts
 * import { nonzero } from "@minitensor/minitensor/numpy";
 * const [rows, columns] = nonzero([[0, 7], [8, 9]]);
 * console.assert(String(rows!.toArray()) === "0,1,1" && String(columns!.toArray()) === "1,0,1");
 * ```
 */
export function nonzero(a: TensorLike): Tensor[] {
  return ops.nonzero(asarray(a), { asTuple: true });
}

/** Options of {@link unique}. */
export interface UniqueOptions extends AxisOption {
  /** Also the index of the first of each. */
  readonly return_index?: boolean;
  /** Also, for each element, the index of its like. */
  readonly return_inverse?: boolean;
  /** Also how many there are of each. */
  readonly return_counts?: boolean;
  /** All NaN are one. Default true. */
  readonly equal_nan?: boolean;
}

/** What {@link unique} found besides the elements. */
interface Found {
  readonly values: Tensor;
  readonly inverse: Tensor;
  readonly counts: Tensor;
}

/** What the options of {@link unique} ask for besides the elements: then the result is a list. */
export type UniqueExtras =
  | { readonly return_index: true }
  | { readonly return_inverse: true }
  | { readonly return_counts: true };

/**
 * The distinct elements in order, or the distinct slices of an axis; with what is asked for, a list
 * of the elements, first indices, inverse and counts.
 *
 * @example
 * ```ts
 * import { unique } from "@minitensor/minitensor/numpy";
 * const [values, counts] = unique([3, 1, 3], { return_counts: true });
 * console.assert(values!.toArray().toString() === "1,3" && counts!.toArray().toString() === "1,2");
 * ```
 */
export function unique(ar: TensorLike, options: UniqueOptions & UniqueExtras): Tensor[];
/**
 * The distinct elements in order, or the distinct slices of an axis.
 *
 * @example
 * ```ts
 * import { unique } from "@minitensor/minitensor/numpy";
 * console.assert(unique([3, 1, NaN, 3, NaN]).numel() === 3); // all NaN are one
 * console.assert(unique([[2, 1], [2, 1]], { axis: 0 }).shape.join() === "1,2");
 * ```
 */
export function unique(ar: TensorLike, options?: UniqueOptions): Tensor;
export function unique(ar: TensorLike, options: UniqueOptions = {}): Tensor | Tensor[] {
  const known = ["axis", "return_index", "return_inverse", "return_counts", "equal_nan"];
  checkOptions(options, known, "unique");
  const { axis = null, equal_nan = true } = options;
  const x = asarray(ar);
  const along = axis === null ? {} : { dim: axis };
  const all = ops.unique(x, { returnInverse: true, returnCounts: true, ...along });
  const each: Found = { values: all.values, inverse: all.inverse!, counts: all.counts! };
  const found = equal_nan && axis === null && x.isFloatingPoint() ? withOneNan(each) : each;
  const results = [found.values];
  if (options.return_index === true) results.push(firstOf(found));
  if (options.return_inverse === true) results.push(found.inverse);
  if (options.return_counts === true) results.push(found.counts);
  return results.length === 1 ? found.values : results;
}

/** NaN stand last: all of them become the first. */
function withOneNan(found: Found): Found {
  const { values, inverse, counts } = found;
  const surplus = Number(values.isnan().sum().item()) - 1;
  if (surplus < 1) return found;
  const kept = values.numel() - surplus;
  const last = counts.narrow(0, kept - 1, surplus + 1).sum().reshape([1]);
  return {
    values: values.narrow(0, 0, kept).clone(),
    inverse: inverse.clamp(null, kept - 1),
    counts: ops.cat([counts.narrow(0, 0, kept - 1), last], 0),
  };
}

/** Index of the first element of each kind. */
function firstOf({ inverse, counts }: Found): Tensor {
  const kinds = inverse.reshape([-1]);
  const places = range(0, kinds.numel(), 1, { dtype: "int64" });
  const late = full(counts.shape, kinds.numel(), { dtype: "int64" });
  return ops.scatterReduce(late, 0, kinds, places, "amin");
}

/** Options of {@link quantile} and {@link percentile}. */
export interface QuantileOptions extends AxisOptions {
  /** What lies between two elements. Default "linear". */
  readonly method?: "linear" | "lower" | "higher" | "midpoint" | "nearest";
}

/**
 * The quantiles q, from 0 to 1, of all elements or along axes; a list of them stands in front.
 * Floating-point; NaN where an element is NaN.
 *
 * @throws {ArgumentError} when q is outside, or the method unknown.
 *
 * @example
 * ```ts
 * import { quantile } from "@minitensor/minitensor/numpy";
 * console.assert(quantile([4, 1, 3, 2], [0, 0.5]).toArray().toString() === "1,2.5");
 * ```
 */
export function quantile(
  a: TensorLike,
  q: number | readonly number[],
  options: QuantileOptions = {},
): Tensor {
  return quantiles(a, q, options, "quantile");
}

/**
 * As {@link quantile}, of percentages from 0 to 100.
 *
 * @example
 * ```ts
 * import { percentile } from "@minitensor/minitensor/numpy";
 * console.assert(percentile([1, 2, 3, 4, 5], 25).item() === 2);
 * console.assert(percentile([1, 2], 50, { method: "lower" }).item() === 1);
 * ```
 */
export function percentile(
  a: TensorLike,
  q: number | readonly number[],
  options: QuantileOptions = {},
): Tensor {
  const shares = typeof q === "number" ? q / 100 : q.map((one) => one / 100);
  return quantiles(a, shares, options, "percentile");
}

/**
 * The middle of the elements, of an even number the mean of both; floating-point. NaN where an
 * element is NaN, and of nothing.
 *
 * @example
 * ```ts
 * import { median } from "@minitensor/minitensor/numpy";
 * console.assert(median([1, 10, 2, 3]).item() === 2.5);
 * console.assert(median([[1, 5], [3, 7]], { axis: 0 }).toArray().toString() === "2,6");
 * ```
 */
export function median(a: TensorLike, options: AxisOptions = {}): Tensor {
  checkOptions(options, ["axis", "keepdims"], "median");
  return quantiles(a, 0.5, options, "median");
}

function quantiles(
  a: TensorLike,
  q: number | readonly number[],
  options: QuantileOptions,
  op: string,
): Tensor {
  checkOptions(options, ["axis", "keepdims", "method"], op);
  const { axis = null, keepdims = false, method = "linear" } = options;
  const x = asarray(a);
  const shares = typeof q === "number" ? [q] : q;
  if (!shares.every((share) => share >= 0 && share <= 1)) {
    throw new ArgumentError(`Cannot ${op} of ${q}: it is outside its range`, { op });
  }
  const axes = axis === null
    ? x.shape.map((_, i) => i)
    : (typeof axis === "number" ? [axis] : axis).map((one) => checkDim(one, x.ndim, op));
  const lined = axes.length === 0 ? x.reshape([...x.shape, 1]) : merged(x, axes);
  const found = ops.quantile(lined, q as number, -1, { interpolation: method });
  if (!keepdims) return found;
  const kept = x.shape.map((extent, i) => axes.includes(i) ? 1 : extent);
  return found.reshape(typeof q === "number" ? kept : [q.length, ...kept]);
}
