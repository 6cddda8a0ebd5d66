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

/** Sum. */
export const sum: AxisReduction = reduction(ops.sum, "sum");
/** Product. */
export const prod: AxisReduction = reduction(ops.prod, "prod");
/** Mean. */
export const mean: AxisReduction = reduction(ops.mean, "mean");
/** Largest element; of nothing it is an error. */
export const max: AxisReduction = reduction(ops.amax, "max");
/** Smallest element; of nothing it is an error. */
export const min: AxisReduction = reduction(ops.amin, "min");
/** Sum without NaN. */
export const nansum: AxisReduction = reduction(ops.nansum, "nansum");
/** Mean without NaN. */
export const nanmean: AxisReduction = reduction(ops.nanmean, "nanmean");
/** Largest element without NaN. */
export const nanmax: AxisReduction = reduction(alongOne((x, dim) => ops.nanmax(x, dim!)), "nanmax");
/** Smallest element without NaN. */
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

/** Standard deviation, of a whole population unless `ddof` says otherwise. */
export const std: DdofReduction = spread(ops.std, "std");
/** Variance, of a whole population unless `ddof` says otherwise; exported as `var` too. */
export const variance: DdofReduction = spread(ops.variance, "var");
