/**
 * Indexing with arrays of indices and masks beside the items that give views, by NumPy's rules; and
 * writing to what an index names.
 *
 * @module
 */
import { arange, type NestedNumbers, tensor, type TensorLike } from "../create.ts";
import { DTypeError, IndexError, ShapeError } from "../errors.ts";
import { owned } from "../op.ts";
import { broadcastPair, sameShape, type Shape, text } from "../shape.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions } from "./front.ts";
import { indexSelect, scatterAdd } from "./gather.ts";
import { checkItems, ellipsis, indexView, type ViewItem } from "./index.ts";
import { nonzero } from "./nonzero.ts";
import { replacePart } from "./replace.ts";
import { converted, scatter } from "./scatter.ts";
import { fromFront } from "./take.ts";
import { expand, movedim, permute, reshape } from "./view.ts";

/** One item of an index: an array is a tensor of integers or bools, or plain nested arrays. */
export type IndexItem = ViewItem | Tensor | NestedNumbers;

/** Indices along one dim of the view that the other items give. */
interface Along {
  readonly dim: number;
  readonly index: Tensor;
}

/** An index in two steps: a view, and what is picked from its dims. */
interface Plan {
  readonly items: readonly ViewItem[];
  readonly along: readonly Along[];
  /** Where the arrays' dims stand in the result: in place if they are neighbors, else first. */
  readonly place: number;
}

const isArray = (item: IndexItem): item is Tensor | NestedNumbers =>
  isTensor(item) || Array.isArray(item);

/** True when the index has arrays, so that it gives a copy. */
export function hasArrays(items: readonly IndexItem[]): boolean {
  return items.some(isArray);
}

/**
 * Part of a tensor: numbers pick, slices (`slice(1, 3)` or `"1:3"`) cut, `null` adds a dim, `"..."`
 * skips dims; a view. With arrays a copy: integers pick along their dim and are broadcast together,
 * a bool mask picks where it holds. Their dims stand where the arrays stood if these are neighbors,
 * a number beside them among them, else first.
 *
 * @throws {IndexError} for an index outside its dim, or a mask of another shape.
 * @throws {AxisError} for more items than dims.
 *
 * @example
 * ```ts
 * import { arange } from "@minitensor/minitensor";
 * const x = arange(12).reshape([3, 4]);
 * console.assert(x.index(-1, "1:3").toArray().toString() === "9,10");
 * console.assert(x.index([0, 2], [1, -1]).toArray().toString() === "1,11");
 * console.assert(x.index(x.gt(9)).toArray().toString() === "10,11");
 * ```
 */
export function index(x: Tensor, ...items: readonly IndexItem[]): Tensor {
  if (!hasArrays(items)) return indexView(x, items as readonly ViewItem[]);
  const { items: parts, along, place } = planOf(x.shape, items);
  return pick(indexView(x, parts), along, place);
}

/** Splits an index into the items of a view and the arrays; numbers count as arrays beside them. */
function planOf(shape: Shape, items: readonly IndexItem[]): Plan {
  const given = items.map((item) => isArray(item) ? arrayOf(item) : item);
  const named = given.reduce<number>((sum, item) => sum + dimsOf(item), 0);
  const ellipses = given.filter((item) => item === ellipsis).length;
  const skipped = checkItems(named, ellipses, shape.length);
  const parts: ViewItem[] = [];
  const along: Along[] = [];
  const places: number[] = [];
  let [from, to] = [0, 0]; // dims of the tensor, and of the view
  given.forEach((item, i) => {
    if (item === ellipsis) {
      parts.push(item);
      [from, to] = [from + skipped, to + skipped];
    } else if (isTensor(item) || typeof item === "number") {
      const own = isTensor(item) ? item : tensor(item, { dtype: "int64" });
      const found = pickedBy(own, shape, from);
      const isFlag = dimsOf(own) === 0;
      for (const index of found) along.push({ dim: to++, index });
      parts.push(...found.map(() => isFlag ? null : ":"));
      from += dimsOf(own);
      places.push(i);
    } else {
      parts.push(item as ViewItem);
      to++;
      if (item !== null) from++;
    }
  });
  const neighbors = places.at(-1)! - places[0]! === places.length - 1;
  return { items: parts, along, place: neighbors ? along[0]!.dim : 0 };
}

/** An array as a tensor of indices or a mask. */
function arrayOf(item: Tensor | NestedNumbers): Tensor {
  if (isTensor(item)) {
    if (item.spec.info.isFloat) {
      throw new DTypeError(
        `Cannot index a tensor by one of dtype ${item.dtype}: it must be integer or bool`,
        { op: "index" },
      );
    }
    return item.dtype === "uint8" ? item.long() : item;
  }
  const flat = (item as readonly unknown[]).flat(Infinity);
  if (flat.length > 0 && flat.every((value) => typeof value === "boolean")) return tensor(item);
  const fraction = flat.find((value) => typeof value !== "bigint" && !Number.isInteger(value));
  if (fraction !== undefined) {
    throw new IndexError(`Cannot index a tensor by ${String(fraction)}: it is not a whole number`, {
      op: "index",
    });
  }
  return tensor(item, { dtype: "int64" });
}

/** How many dims of the tensor an item names. */
function dimsOf(item: Exclude<IndexItem, NestedNumbers>): number {
  if (item === null || item === ellipsis) return 0;
  return isTensor(item) && item.dtype === "bool" ? item.ndim : 1;
}

/** Indices along each dim that an array names; a mask of rank 0 picks all or nothing. */
function pickedBy(array: Tensor, shape: Shape, dim: number): Tensor[] {
  if (array.dtype !== "bool") return [fromFront(array, shape[dim]!, "take", `dim ${dim}`)];
  const own = shape.slice(dim, dim + array.ndim);
  if (!sameShape(own, array.shape)) {
    throw new IndexError(
      `Cannot index dims of sizes ${text(own)} by a mask of shape ${text(array.shape)}`,
      { op: "index" },
    );
  }
  return nonzero(array, { asTuple: true });
}

/** The elements of a view where all indices meet. */
function pick(view: Tensor, along: readonly Along[], place: number): Tensor {
  const shape = along.reduce<Shape>(
    (all, { index }) => broadcastPair(all, index.shape, "index"),
    [],
  );
  if (along.length === 1) {
    const { dim, index } = along[0]!;
    const picked = indexSelect(view, dim, reshape(index, [-1]));
    if (shape.length === 1) return picked;
    return owned(
      reshape(picked, [...view.shape.slice(0, dim), ...shape, ...view.shape.slice(dim + 1)]),
    );
  }
  const dims = along.map(({ dim }) => dim);
  const rest = Array.from(view.shape, (_, dim) => dim).filter((dim) => !dims.includes(dim));
  const ahead = permute(view, [...dims, ...rest]);
  const tail = rest.map((dim) => view.shape[dim]!);
  const extent = dims.reduce((product, dim) => product * view.shape[dim]!, 1);
  const places = along.reduce<Tensor | null>(
    (sum, { dim, index }) => sum === null ? index : sum.mul(view.shape[dim]!).add(index),
    null,
  );
  const flat = reshape(expand(places!, shape), [-1]);
  const picked = indexSelect(reshape(ahead, [extent, ...tail]), 0, flat);
  const whole = reshape(picked, [...shape, ...tail]);
  if (place === 0 || shape.length === 0) return owned(whole);
  const first = shape.map((_, i) => i);
  return owned(movedim(whole, first, first.map((i) => i + place)));
}

/** Options of {@link indexPut}. */
export interface IndexPutOptions {
  /** Adds to the elements, repeated ones again and again, instead of replacing them. */
  readonly accumulate?: boolean;
}

/**
 * `x` with `value`, broadcast, in the place of what the index names; see {@link index}. A copy.
 * Where the index names an element several times the last value stays, unless they accumulate.
 *
 * @throws {ShapeError} when the value does not broadcast to the part.
 * @throws {IndexError} for an index outside its dim.
 * @throws {DTypeError} when the value is of a higher kind than the tensor: fractions for integers.
 *
 * @example
 * ```ts
 * import { indexPut, zeros } from "@minitensor/minitensor";
 * const x = indexPut(zeros([2, 2]), [":", [1]], 5);
 * console.assert(x.toArray().toString() === "0,5,0,5");
 * ```
 */
export function indexPut(
  x: Tensor,
  items: readonly IndexItem[],
  value: TensorLike,
  options: IndexPutOptions = {},
): Tensor {
  checkOptions(options, ["accumulate"], "indexPut");
  const accumulate = options.accumulate === true;
  if (!hasArrays(items)) {
    const part = (whole: Tensor) => indexView(whole, items as readonly ViewItem[]);
    const before = part(x);
    const values = putValue(x, value, before.shape);
    return replacePart(x, accumulate ? before.add(values) : values, part);
  }
  const all = reshape(arange(0, x.numel(), 1, { dtype: "int64" }), x.shape);
  const places = index(all, ...items);
  const values = reshape(putValue(x, value, places.shape), [-1]);
  const write = accumulate ? scatterAdd : scatter;
  const flat = write(reshape(x, [-1]), 0, reshape(places, [-1]), values);
  return owned(reshape(flat, x.shape));
}

/** A value in the dtype of the tensor and the shape of the part: ones in front of it may go. */
export function putValue(x: Tensor, value: TensorLike, shape: Shape): Tensor {
  const given = converted(value, x, "indexPut");
  const surplus = given.ndim - shape.length;
  const ones = surplus > 0 && given.shape.slice(0, surplus).every((extent) => extent === 1);
  const fitting = ones ? reshape(given, given.shape.slice(surplus)) : given;
  const fits = fitting.ndim <= shape.length &&
    sameShape(broadcastPair(fitting.shape, shape, "indexPut"), shape);
  if (!fits) {
    throw new ShapeError(
      `Cannot indexPut a value of shape ${text(given.shape)} into a part of ${text(shape)}`,
      { op: "indexPut" },
    );
  }
  return expand(fitting, shape);
}
