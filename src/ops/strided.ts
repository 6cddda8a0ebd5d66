/**
 * Views by strides: any pattern of a tensor's memory, and windows that slide along a dim.
 *
 * @module
 */
import { arange } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { defineOp, type Op, VIEW } from "../op.ts";
import { checkDim, type Shape, specOf, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { contiguous } from "./copy.ts";
import { scatterAdd } from "./gather.ts";
import { same } from "./infer.ts";
import { reshape } from "./view.ts";

/** A pattern of places in memory, in elements. */
export interface StridedLayout {
  /** Sizes of the dims. */
  readonly shape: Shape;
  /** Steps between neighbours along each dim. */
  readonly strides: readonly number[];
  /** Place of the first element. */
  readonly offset: number;
}

/** Attributes of {@link asStrided}. */
export interface AsStridedAttributes extends StridedLayout {
  /** How the input lies in the same memory. */
  readonly from: StridedLayout;
}

/** Lowest and highest place of a layout; null when it has no elements. */
function reach({ shape, strides, offset }: StridedLayout): readonly [number, number] | null {
  let [low, high] = [offset, offset];
  for (let i = 0; i < shape.length; i++) {
    if (shape[i] === 0) return null;
    const span = (shape[i]! - 1) * strides[i]!;
    if (span < 0) low += span;
    else high += span;
  }
  return [low, high];
}

const moved = (layout: StridedLayout, by: number): StridedLayout => ({
  ...layout,
  offset: layout.offset - by,
});

function checked(x: Tensor, layout: StridedLayout): StridedLayout {
  const { shape, strides, offset } = layout;
  specOf(shape, x.dtype);
  const whole = [...strides, offset].every(Number.isSafeInteger);
  if (strides.length !== shape.length || !whole) {
    throw new ShapeError(
      `Cannot asStrided to shape ${text(shape)} with strides ${text(strides)} from ${offset}: ` +
        "there is one whole stride for each dim",
      { op: "asStrided" },
    );
  }
  // What a view's memory holds besides its own elements belongs to the tensor that it shows.
  const own = (x.state & VIEW) === 0;
  const limit = own ? x.numel() : Math.floor(x.storage.capacity / x.itemsize);
  const [low, high] = reach(layout) ?? [0, -1];
  if (low < 0 || high >= limit) {
    throw new ArgumentError(
      `Cannot asStrided to elements ${low} to ${high} of the storage: it has ${limit}`,
      { op: "asStrided", context: { shape, strides, offset } },
    );
  }
  return layout;
}

/**
 * A view of the tensor's storage by a shape, strides and an offset, all in elements of the storage;
 * the offset is the tensor's own where absent. A view may be widened to all the memory behind it.
 * Elements that appear several times add up their gradients.
 *
 * @throws {ArgumentError} when it reaches beyond the storage.
 * @throws {ShapeError} unless there is one whole stride for each dim.
 *
 * @example
 * ```ts
 * import { arange, asStrided } from "@minitensor/minitensor";
 * const windows = asStrided(arange(5), [3, 3], [1, 1]);
 * console.assert(windows.toArray().toString() === "0,1,2,1,2,3,2,3,4");
 * ```
 */
export const asStrided: Op<
  (x: Tensor, shape: Shape, strides: readonly number[], storageOffset?: number) => Tensor,
  AsStridedAttributes
> = defineOp({
  name: "asStrided",
  summary: "A view of the storage by shape, strides and offset in elements.",
  infer: same,
  kernel: {
    view: (x, { shape, strides, offset }) => ({ spec: specOf(shape, x.dtype), strides, offset }),
  },
  saves: "none",
  gradient: ({ grad, specs: [x], attributes }) => {
    const [from, to] = [reach(attributes.from), reach(attributes)];
    if (from === null || to === null) return [grad.newZeros(x!.shape)];
    const low = Math.min(from[0], to[0]);
    const size = Math.max(from[1], to[1]) - low + 1;
    const sums = added(grad, moved(attributes, low), size);
    const own = moved(attributes.from, low);
    const gradient = asStrided(sums, own.shape, own.strides, own.offset);
    const overlaps = own.strides.some((stride, i) => stride === 0 && own.shape[i]! > 1);
    if (!overlaps) return [gradient];
    const counts = added(grad.newOnes(x!.shape), own, size);
    return [gradient.div(asStrided(counts, own.shape, own.strides, own.offset))];
  },
  // Copies: what a view's storage holds depends on how the view was made.
  samples: [
    { shapes: [[6]], arguments: ([x]) => [contiguous(x!), [3, 2], [2, 1]] },
    { shapes: [[6]], arguments: ([x]) => [contiguous(x!), [4, 3], [1, 1], 0] },
    { shapes: [[2, 3]], arguments: ([x]) => [contiguous(x!), [2], [2], 1] },
  ],
  front: (run) => (x, shape, strides, storageOffset = x.offset) => {
    const layout = checked(x, { shape, strides, offset: storageOffset });
    return run([x], { ...layout, from: { shape: x.shape, strides: x.strides, offset: x.offset } });
  },
});

/** The elements added up at their places, in a vector of `size`. */
function added(x: Tensor, layout: StridedLayout, size: number): Tensor {
  const places = arange(0, size, 1, { dtype: "int64" });
  const index = asStrided(places, layout.shape, layout.strides, layout.offset);
  return scatterAdd(x.newZeros([size]), 0, reshape(index, [-1]), reshape(x, [-1]));
}

/** Windows of `size` elements along a dim, every `step` elements, in a new last dim; a view. */
export function slidingWindows(x: Tensor, dim: number, size: number, step: number): Tensor {
  const place = checkDim(dim, x.ndim, "unfold");
  const extent = x.ndim === 0 ? 1 : x.shape[place]!;
  const whole = Number.isInteger(size) && Number.isInteger(step);
  if (!whole || size < 0 || size > extent || step < 1) {
    throw new ArgumentError(
      `Cannot unfold dim ${place} of ${extent} into windows of ${size} by steps of ${step}`,
      { op: "unfold" },
    );
  }
  if (x.ndim === 0) return asStrided(x, [size], [1]);
  const count = Math.floor((extent - size) / step) + 1;
  return asStrided(
    x,
    [...x.shape.map((other, i) => i === place ? count : other), size],
    [...x.strides.map((stride, i) => i === place ? stride * step : stride), x.strides[place]!],
  );
}
