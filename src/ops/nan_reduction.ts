/**
 * Reductions that leave NaN out: nansum, nanmean, nanmax, nanmin.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { checkDim, checkDims } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Choice, type ChoiceArguments, choiceOf, splitArguments } from "./along.ts";
import { cast } from "./cast.ts";
import { logicalNot } from "./comparison.ts";
import { floating, single } from "./front.ts";
import { reduceArguments, reducedNonEmpty, requireFloat } from "./infer.ts";
import { isnan } from "./math.ts";
import { argmax, type ValuesIndices } from "./extreme.ts";
import { all, amax, amin, sum } from "./reduction.ts";
import { maskedFill } from "./select.ts";
import { askedDtype, computeIn, type TotalOptions, totalOptions } from "./total.ts";

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
  dims?: number | readonly number[] | TotalOptions,
  options?: TotalOptions,
): Tensor {
  const input = single(x);
  const { dims: places, keepdim } = reduceArguments(input, dims, options, "nansum", totalOptions);
  return computeIn(
    askedDtype(dims, options),
    input,
    (terms) => sum(without(terms, 0), places, { keepdim }),
  );
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
  dims?: number | readonly number[] | TotalOptions,
  options?: TotalOptions,
): Tensor {
  const given = single(x);
  const dtype = askedDtype(dims, options);
  const input = dtype === undefined ? floating(given) : cast(given, dtype);
  requireFloat(input, "nanmean");
  const attributes = reduceArguments(input, dims, options, "nanmean", totalOptions);
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

function extreme(
  name: "nanmax" | "nanmin",
  x: Tensor,
  [dim, rest]: ChoiceArguments,
): Tensor | ValuesIndices {
  const given = splitArguments(dim, rest, known, name);
  const keepdim = given.options.keepdim ?? false;
  const dims = checkDims(given.dim, x.ndim, name);
  reducedNonEmpty([x], { dims, keepdim }, name);
  return given.dim === undefined
    ? ofAll(name, x, keepdim)
    : along(name, x, checkDim(given.dim, x.ndim, name), keepdim);
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
export const nanmax: Choice = choiceOf((x, rest) => extreme("nanmax", x, rest));

/**
 * Smallest of the elements that are not NaN. Without a dim of all, ties sharing the gradient; with
 * a dim `{ values, indices }` without it, the first of ties. NaN where there is nothing else.
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
export const nanmin: Choice = choiceOf((x, rest) => extreme("nanmin", x, rest));
