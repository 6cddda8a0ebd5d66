/**
 * Reductions that leave NaN out: nansum, nanmean, nanmax, nanmin.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { dimAndOptions, type DimReduceOptions, splitArguments } from "./along.ts";
import { logicalNot } from "./comparison.ts";
import { floating, single } from "./front.ts";
import { reduceArguments, type ReduceOptions } from "./infer.ts";
import { isnan } from "./math.ts";
import { all, amax, amin, argmax, sum, type ValuesIndices } from "./reduction.ts";
import { maskedFill } from "./select.ts";

/** The tensor with `value` for NaN; integers have none. */
function without(x: Tensor, value: number): Tensor {
  return x.isFloatingPoint() ? maskedFill(x, isnan(x), value) : x;
}

/**
 * Sum of the elements that are not NaN, of all or along dims; of none 0. Integers and bool give
 * int64.
 *
 * @throws {AxisError} when there is no such dim, or one is named twice.
 *
 * @example
 * ```ts
 * import { nansum, tensor } from "@minitensor/minitensor";
 * console.assert(nansum(tensor([1, NaN, 2])).item() === 3);
 * ```
 */
export function nansum(
  x: TensorLike,
  dims?: number | readonly number[] | ReduceOptions,
  options?: ReduceOptions,
): Tensor {
  const input = single(x);
  const attributes = reduceArguments(input, dims, options, "nansum");
  return sum(without(input, 0), attributes.dims, { keepdim: attributes.keepdim });
}

/**
 * Mean of the elements that are not NaN, of all or along dims; of none NaN.
 *
 * @throws {AxisError} when there is no such dim, or one is named twice.
 *
 * @example
 * ```ts
 * import { nanmean, tensor } from "@minitensor/minitensor";
 * console.assert(nanmean(tensor([1, NaN, 3])).item() === 2);
 * ```
 */
export function nanmean(
  x: TensorLike,
  dims?: number | readonly number[] | ReduceOptions,
  options?: ReduceOptions,
): Tensor {
  const input = floating(single(x));
  const attributes = reduceArguments(input, dims, options, "nanmean");
  const keep = { keepdim: attributes.keepdim };
  const count = sum(logicalNot(isnan(input)), attributes.dims, keep).to(input.dtype);
  return sum(without(input, 0), attributes.dims, keep).div(count);
}

const known = ["dim", "keepdim"];

/** The first element of each row that is the extreme of the numbers; NaN where there are none. */
function along(
  name: "nanmax" | "nanmin",
  x: Tensor,
  dim: number,
  keepdim: boolean,
): ValuesIndices {
  const reduce = name === "nanmax" ? amax : amin;
  const plain = x.detach();
  const best = reduce(without(plain, name === "nanmax" ? -Infinity : Infinity), dim, {
    keepdim: true,
  });
  // Of only NaN nothing is equal, and the first of all is taken.
  const places = argmax(plain.eq(best), dim, { keepdim: true });
  const values = x.gather(dim, places);
  if (keepdim || x.ndim === 0) return { values, indices: places };
  return { values: values.squeeze(dim), indices: places.squeeze(dim) };
}

/** The extreme of all numbers; ties share the gradient. */
function ofAll(name: "nanmax" | "nanmin", x: Tensor, keepdim: boolean): Tensor {
  const best = name === "nanmax"
    ? amax(without(x, -Infinity), { keepdim })
    : amin(without(x, Infinity), { keepdim });
  if (!x.isFloatingPoint()) return best;
  return maskedFill(best, all(isnan(x.detach()), { keepdim }), NaN);
}

type Given = readonly [dim?: number | DimReduceOptions, options?: DimReduceOptions];

function extreme(
  name: "nanmax" | "nanmin",
  x: Tensor,
  [dim, rest]: Given,
): Tensor | ValuesIndices {
  const given = splitArguments(dim, rest, known, name);
  const keepdim = given.options.keepdim ?? false;
  if (given.dim === undefined) return ofAll(name, x, keepdim);
  return along(name, x, dimAndOptions(x, given.dim, undefined, known, name).dim, keepdim);
}

/**
 * Largest of the elements that are not NaN. Without a dim of all, ties sharing the gradient; with a
 * dim `{ values, indices }` without it, the first of ties. NaN where there is nothing else.
 *
 * @throws {ShapeError} when there are no elements to choose from.
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { nanmax, tensor } from "@minitensor/minitensor";
 * console.assert(nanmax(tensor([1, NaN, 3])).item() === 3);
 * console.assert(nanmax(tensor([[NaN, 2]]), 1).indices.item() === 1);
 * ```
 */
export function nanmax(x: TensorLike, dim: number, options?: DimReduceOptions): ValuesIndices;
/** Largest along the dim of the options. */
export function nanmax(
  x: TensorLike,
  options: DimReduceOptions & { readonly dim: number },
): ValuesIndices;
/** Largest of all elements. */
export function nanmax(x: TensorLike, options?: { readonly keepdim?: boolean }): Tensor;
export function nanmax(x: TensorLike, ...rest: readonly unknown[]): Tensor | ValuesIndices {
  // The overloads say what may stand here.
  return extreme("nanmax", single(x), rest as unknown as Given);
}

/**
 * Smallest of the elements that are not NaN. Without a dim of all, ties sharing the gradient; with a
 * dim `{ values, indices }` without it, the first of ties. NaN where there is nothing else.
 *
 * @throws {ShapeError} when there are no elements to choose from.
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { nanmin, tensor } from "@minitensor/minitensor";
 * console.assert(nanmin(tensor([NaN, 4, 3])).item() === 3);
 * ```
 */
export function nanmin(x: TensorLike, dim: number, options?: DimReduceOptions): ValuesIndices;
/** Smallest along the dim of the options. */
export function nanmin(
  x: TensorLike,
  options: DimReduceOptions & { readonly dim: number },
): ValuesIndices;
/** Smallest of all elements. */
export function nanmin(x: TensorLike, options?: { readonly keepdim?: boolean }): Tensor;
export function nanmin(x: TensorLike, ...rest: readonly unknown[]): Tensor | ValuesIndices {
  // The overloads say what may stand here.
  return extreme("nanmin", single(x), rest as unknown as Given);
}
