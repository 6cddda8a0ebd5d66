/**
 * NumPy's functions that arrange, repeat, pad and pick elements.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { checkOptions } from "../ops/front.ts";
import * as ops from "../ops/mod.ts";
import { checkDim, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { asarray } from "./creation.ts";

/** One axis, or none. */
export interface AxisOption {
  /** The axis; null and absent: see the function. */
  readonly axis?: number | null;
}

/** How {@link meshgrid} orders axes. */
export interface GridOptions {
  /** "xy": the first array varies along the columns. Default "xy". */
  readonly indexing?: "xy" | "ij";
}

/**
 * Coordinates of a grid: each array along an axis of its own. With "xy" the first two axes are
 * exchanged, so that the first array varies along the columns.
 *
 * @example
 * ```ts
 * import { meshgrid } from "@minitensor/minitensor/numpy";
 * const [x, y] = meshgrid([[1, 2, 3], [10, 20]]);
 * console.assert(x!.toArray().toString() === "1,2,3,1,2,3");
 * console.assert(y!.toArray().toString() === "10,10,10,20,20,20");
 * ```
 */
export function meshgrid(arrays: readonly TensorLike[], options: GridOptions = {}): Tensor[] {
  checkOptions(options, ["indexing"], "meshgrid");
  const { indexing = "xy" } = options;
  return ops.meshgrid(arrays.map((a) => asarray(a)), { indexing });
}

/**
 * The elements in another shape; -1 stands for what is left.
 *
 * @throws {ShapeError} when the elements do not fit.
 *
 * @example
 * ```ts
 * import { reshape } from "@minitensor/minitensor/numpy";
 * console.assert(reshape([1, 2, 3, 4, 5, 6], [2, -1]).shape.join() === "2,3");
 * ```
 */
export function reshape(a: TensorLike, shape: number | readonly number[]): Tensor {
  return asarray(a).reshape(typeof shape === "number" ? [shape] : shape);
}

/**
 * Axes in another order, reversed unless it is given.
 *
 * @example
 * ```ts
 * import { zeros } from "@minitensor/minitensor";
 * import { transpose } from "@minitensor/minitensor/numpy";
 * console.assert(transpose(zeros([2, 3, 4])).shape.join() === "4,3,2");
 * console.assert(transpose(zeros([2, 3, 4]), [1, 0, 2]).shape.join() === "3,2,4");
 * ```
 */
export function transpose(a: TensorLike, axes: readonly number[] | null = null): Tensor {
  const x = asarray(a);
  return x.permute(axes ?? x.shape.map((_, i) => x.ndim - 1 - i));
}

/**
 * With axes of size 1 at these places of the result.
 *
 * @throws {AxisError} when the result has no such place.
 * @throws {ArgumentError} when an axis is named twice.
 *
 * @example
 * ```ts
 * import { expand_dims } from "@minitensor/minitensor/numpy";
 * console.assert(expand_dims([1, 2], [0, -1]).shape.join() === "1,2,1");
 * ```
 */
export function expand_dims(a: TensorLike, axis: number | readonly number[]): Tensor {
  const x = asarray(a);
  const axes = typeof axis === "number" ? [axis] : axis;
  const rank = x.ndim + axes.length;
  const places = axes.map((one) => checkDim(one, rank, "expand_dims")).sort((p, q) => p - q);
  if (new Set(places).size !== places.length) {
    throw new ArgumentError(`Cannot expand_dims at axes ${text(axes)}: an axis is named twice`);
  }
  return places.reduce((expanded, place) => expanded.unsqueeze(place), x);
}

/**
 * Without axes of size 1: all of them, or those named.
 *
 * @throws {ShapeError} when a named axis has another size.
 *
 * @example
 * ```ts
 * import { squeeze } from "@minitensor/minitensor/numpy";
 * console.assert(squeeze([[[1], [2]]]).shape.join() === "2");
 * console.assert(squeeze([[[1], [2]]], { axis: 0 }).shape.join() === "2,1");
 * ```
 */
export function squeeze(
  a: TensorLike,
  options: { readonly axis?: number | readonly number[] | null } = {},
): Tensor {
  checkOptions(options, ["axis"], "squeeze");
  const x = asarray(a);
  const axis = options.axis ?? null;
  if (axis === null) return x.squeeze();
  const axes = (typeof axis === "number" ? [axis] : axis).map((one) => {
    const place = checkDim(one, x.ndim, "squeeze");
    if (x.shape[place] !== 1) {
      throw new ShapeError(
        `Cannot squeeze axis ${one} of an array of shape ${text(x.shape)}: its size is ${
          x.shape[place]
        }`,
        { op: "squeeze" },
      );
    }
    return place;
  });
  return x.squeeze(axes);
}

/**
 * Copies side by side, as many along each axis as `reps` says.
 *
 * @example
 * ```ts
 * import { tile } from "@minitensor/minitensor/numpy";
 * console.assert(tile([1, 2], 2).toArray().toString() === "1,2,1,2");
 * console.assert(tile([1, 2], [2, 1]).shape.join() === "2,2");
 * ```
 */
export function tile(a: TensorLike, reps: number | readonly number[]): Tensor {
  return ops.tile(asarray(a), typeof reps === "number" ? [reps] : reps);
}

/**
 * Each element repeated, along an axis or, without one, of the flattened array; `repeats` may say
 * how often for each.
 *
 * @example
 * ```ts
 * import { repeat } from "@minitensor/minitensor/numpy";
 * console.assert(repeat([1, 2], 2).toArray().toString() === "1,1,2,2");
 * console.assert(repeat([1, 2], [3, 1]).toArray().toString() === "1,1,1,2");
 * ```
 */
export function repeat(
  a: TensorLike,
  repeats: number | readonly number[],
  options: AxisOption = {},
): Tensor {
  checkOptions(options, ["axis"], "repeat");
  const x = asarray(a);
  const axis = options.axis ?? null;
  const counts = typeof repeats === "number" ? repeats : asarray(repeats, { dtype: "int64" });
  return axis === null
    ? ops.repeatInterleave(x.reshape([-1]), counts, 0)
    : ops.repeatInterleave(x, counts, axis);
}

/** Options of {@link pad}. */
export interface PadOptions {
  /** What the added elements are. Default "constant". */
  readonly mode?: "constant" | "edge" | "reflect" | "symmetric" | "wrap";
  /** The value of mode "constant". Default 0. */
  readonly constant_values?: number;
}

/** Elements before and after an axis. */
export type PadWidth = number | readonly number[] | readonly (readonly number[])[];

const padModes = { constant: "constant", edge: "replicate", reflect: "reflect", wrap: "circular" };

/**
 * With elements added at the ends of the axes: as many everywhere, `[before, after]` for each axis,
 * or a pair for each.
 *
 * @throws {ArgumentError} when the widths are none, or the mode is unknown.
 * @throws {ShapeError} when an axis is too small for its mode.
 *
 * @example
 * ```ts
 * import { pad } from "@minitensor/minitensor/numpy";
 * console.assert(pad([1, 2], [1, 2], { mode: "edge" }).toArray().toString() === "1,1,2,2,2");
 * ```
 */
export function pad(a: TensorLike, pad_width: PadWidth, options: PadOptions = {}): Tensor {
  checkOptions(options, ["mode", "constant_values"], "pad");
  const x = asarray(a);
  const { mode = "constant", constant_values = 0 } = options;
  const widths = padWidths(x, pad_width);
  if (mode === "symmetric") {
    return widths.reduce((padded, width, axis) => mirrored(padded, width, axis), x);
  }
  const ours = padModes[mode] as ops.PadMode | undefined;
  if (ours === undefined) throw new ArgumentError(`Cannot pad in mode ${mode}`, { op: "pad" });
  const value = ours === "constant" ? { value: constant_values } : {};
  return ops.pad(x, widths.toReversed().flat(), { mode: ours, ...value });
}

function padWidths(x: Tensor, given: PadWidth): (readonly [number, number])[] {
  const pairs = typeof given === "number" ? [given, given] : given;
  const single = pairs.every((one) => typeof one === "number");
  const list = single ? x.shape.map(() => pairs as readonly number[]) : pairs;
  const each = list as readonly (readonly number[])[];
  const whole = each.every((pair) =>
    (pair.length === 1 || pair.length === 2) &&
    pair.every((width) => Number.isInteger(width) && width >= 0)
  );
  if (each.length !== x.ndim || !whole) {
    throw new ArgumentError(
      `Cannot pad an array of shape ${text(x.shape)} by ${
        JSON.stringify(given)
      }: it is a number, ` +
        "a pair, or a pair for each axis",
      { op: "pad" },
    );
  }
  return each.map((pair) => [pair[0]!, pair.at(-1)!] as const);
}

/** Mirrored beyond the edges, the elements there included, as often as it takes. */
function mirrored(x: Tensor, [before, after]: readonly [number, number], axis: number): Tensor {
  const extent = x.shape[axis]!;
  if (extent === 0 && before + after > 0) {
    throw new ShapeError(`Cannot pad axis ${axis} of size 0 in mode symmetric`, { op: "pad" });
  }
  const places = Array.from({ length: before + extent + after }, (_, i) => {
    const place = (((i - before) % (2 * extent)) + 2 * extent) % (2 * extent);
    return place < extent ? place : 2 * extent - 1 - place;
  });
  return ops.indexSelect(x, axis, places);
}

/** Options of {@link take}. */
export interface TakeOptions extends AxisOption {
  /** What an index outside does: it is an error, counts on from the other end, or is cut. */
  readonly mode?: "raise" | "wrap" | "clip";
}

/**
 * Elements at indices of an axis, or of the flattened array; the indices' shape takes the axis's
 * place.
 *
 * @throws {IndexError} for an index outside in mode "raise".
 *
 * @example
 * ```ts
 * import { take } from "@minitensor/minitensor/numpy";
 * console.assert(take([4, 5, 6], [[0, -1]]).toArray().toString() === "4,6");
 * console.assert(take([4, 5, 6], [4], { mode: "wrap" }).item() === 5);
 * ```
 */
export function take(a: TensorLike, indices: TensorLike, options: TakeOptions = {}): Tensor {
  checkOptions(options, ["axis", "mode"], "take");
  const whole = asarray(a);
  const { axis = null, mode = "raise" } = options;
  const x = axis === null ? whole.reshape([-1]) : whole;
  const place = axis === null ? 0 : checkDim(axis, x.ndim, "take");
  const index = asarray(indices);
  const extent = x.shape[place]!;
  const inside = mode === "wrap"
    ? index.remainder(extent)
    : mode === "clip"
    ? index.clamp(0, extent - 1)
    : fromFront(index, extent);
  const shape = [...x.shape.slice(0, place), ...index.shape, ...x.shape.slice(place + 1)];
  return ops.indexSelect(x, place, inside.reshape([-1])).reshape(shape);
}

/** Negative indices count from the end; what is outside is left for the op to refuse. */
function fromFront(index: Tensor, extent: number): Tensor {
  return ops.where(index.lt(0), index.add(extent), index);
}

/**
 * The k-th diagonal of a matrix, or a matrix with it.
 *
 * @example
 * ```ts
 * import { diag } from "@minitensor/minitensor/numpy";
 * console.assert(diag([[1, 2], [3, 4]]).toArray().toString() === "1,4");
 * console.assert(diag([5], 1).toArray().toString() === "0,5,0,0");
 * ```
 */
export function diag(v: TensorLike, k = 0): Tensor {
  return ops.diag(asarray(v), k);
}

/**
 * With zeros above the k-th diagonal.
 *
 * @example
 * ```ts
 * import { tril } from "@minitensor/minitensor/numpy";
 * console.assert(tril([[1, 2], [3, 4]]).toArray().toString() === "1,0,3,4");
 * ```
 */
export function tril(m: TensorLike, k = 0): Tensor {
  return ops.tril(asarray(m), k);
}

/**
 * With zeros below the k-th diagonal.
 *
 * @example
 * ```ts
 * import { triu } from "@minitensor/minitensor/numpy";
 * console.assert(triu([[1, 2], [3, 4]], 1).toArray().toString() === "0,2,0,0");
 * ```
 */
export function triu(m: TensorLike, k = 0): Tensor {
  return ops.triu(asarray(m), k);
}
