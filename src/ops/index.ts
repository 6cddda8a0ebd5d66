/**
 * Indexing with numbers, slices, newaxis and ellipsis: always a view. See index_arrays.ts for more.
 *
 * @module
 */
import { ArgumentError, AxisError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkIndex, cut, select, unsqueeze } from "./view.ts";

/** Part of a dim: from start up to but without stop, by step. Made by {@link slice}. */
export class Slice {
  /** Made by {@link slice}. */
  constructor(
    /** First index; null for the first element there is. */
    readonly start: number | null,
    /** Index that is not reached; null for the end. */
    readonly stop: number | null,
    /** Distance between elements; negative goes backwards. */
    readonly step: number,
  ) {}
}

/** One item of an index that gives a view. */
export type ViewItem = number | Slice | string | null;

/**
 * Adds a dim of size 1 in an index.
 *
 * @example
 * ```ts
 * import { newaxis, ones } from "@minitensor/minitensor";
 * console.assert(ones([2, 3]).index(":", newaxis).shape.join() === "2,1,3");
 * ```
 */
export const newaxis: null = null;

/**
 * Stands for all dims not named in an index.
 *
 * @example
 * ```ts
 * import { arange, ellipsis } from "@minitensor/minitensor";
 * const x = arange(8).reshape([2, 2, 2]);
 * console.assert(x.index(ellipsis, 0).equal([[0, 2], [4, 6]]));
 * ```
 */
export const ellipsis = "...";

/**
 * A slice for {@link index}: Python's `start:stop:step`. One argument is the stop.
 *
 * @throws {ArgumentError} when the step is 0 or something is not a whole number.
 *
 * @example
 * ```ts
 * import { arange, slice } from "@minitensor/minitensor";
 * console.assert(arange(6).index(slice(null, null, -2)).toArray().toString() === "5,3,1");
 * ```
 */
export function slice(start?: number | null, stop?: number | null, step: number | null = 1): Slice {
  const only = stop === undefined && start !== undefined;
  const made = new Slice(only ? null : start ?? null, only ? start : stop ?? null, step ?? 1);
  for (const value of [made.start, made.stop, made.step]) {
    if (value !== null && !Number.isInteger(value)) {
      throw new ArgumentError(`Cannot slice by ${value}: it is not a whole number`);
    }
  }
  if (made.step === 0) throw new ArgumentError("Cannot slice by steps of 0: it never arrives");
  return made;
}

/** `"1:"`, `"::2"`, `":"` as a slice. */
function parseSlice(text: string): Slice {
  const parts = text.split(":").map((part) => part.trim());
  if (parts.length < 2 || parts.length > 3 || parts.some((part) => !/^[+-]?\d*$/.test(part))) {
    throw new ArgumentError(
      `Cannot read "${text}" as a slice: it is start:stop or start:stop:step`,
    );
  }
  const [start, stop, step] = parts.map((part) => part === "" ? null : Number(part));
  return slice(start ?? null, stop ?? null, step ?? 1);
}

/** The slice's elements of a dim of this size, by Python's rules: out of range is cut off. */
export function bounds(
  { start, stop, step }: Slice,
  extent: number,
): { readonly start: number; readonly count: number } {
  const low = step > 0 ? 0 : -1;
  const high = step > 0 ? extent : extent - 1;
  const clip = (value: number): number =>
    Math.min(Math.max(value < 0 ? value + extent : value, low), high);
  const from = start === null ? (step > 0 ? low : high) : clip(start);
  const to = stop === null ? (step > 0 ? high : low) : clip(stop);
  return { start: from, count: Math.max(Math.ceil((to - from) / step), 0) };
}

/** Throws when an index has more items than the tensor dims; answers how many it skips. */
export function checkItems(named: number, ellipses: number, rank: number): number {
  if (named > rank || ellipses > 1) {
    const problem = ellipses > 1 ? `${ellipses} ellipses` : `${named} items for ${rank} dims`;
    throw new AxisError(`Cannot index a tensor: there are ${problem}`, { op: "index" });
  }
  return rank - named;
}

/** Part of a tensor by numbers, slices, null and "...": a view. */
export function indexView(x: Tensor, items: readonly ViewItem[]): Tensor {
  const named = items.filter((item) => item !== null && item !== ellipsis).length;
  const skips = items.filter((item) => item === ellipsis).length;
  const skipped = checkItems(named, skips, x.ndim);
  let result = x;
  let dim = 0;
  for (const item of items) {
    if (item === ellipsis) {
      dim += skipped;
    } else if (item === null) {
      result = unsqueeze(result, dim++);
    } else if (typeof item === "number") {
      checkIndex(item, result.shape[dim]!, dim);
      result = select(result, dim, item);
    } else {
      const part = typeof item === "string" ? parseSlice(item) : item;
      if (!(part instanceof Slice)) {
        throw new ArgumentError(`Cannot index a tensor by ${String(item)}`);
      }
      const { start, count } = bounds(part, result.shape[dim]!);
      result = cut(result, { dim: dim++, start, step: part.step, count });
    }
  }
  return result === x ? cutNothing(x) : result;
}

/** A new handle on the same elements: an op never returns its input. */
function cutNothing(x: Tensor): Tensor {
  if (x.ndim === 0) return unsqueeze(x, 0).squeeze(0);
  return cut(x, { dim: 0, start: 0, step: 1, count: x.shape[0]! });
}
