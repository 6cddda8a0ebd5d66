/**
 * Max pooling.
 *
 * @module
 */
import { defineOp, type Op, UINT8 } from "../op.ts";
import { type Shape, specOf } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions } from "./front.ts";
import { requireFloat } from "./infer.ts";
import {
  batched,
  type PlaneDims,
  planeWindows,
  poolDims,
  type PoolOptions,
  type PoolSize,
  slices,
  stack,
  type Windows,
  windowsOf,
} from "./pool_window.ts";

function encode({ kernel, stride, padding, dilation }: Windows): readonly number[] {
  return [...kernel, ...stride, ...padding, ...dilation];
}

const maxPoolGradient: Op<
  (grad: Tensor, place: Tensor, shape: Shape, windows: Windows) => Tensor,
  Windows & { shape: Shape }
> = defineOp({
  name: "maxPool2dGradient",
  summary: "The gradient at the element that each window chose, added up.",
  infer: ([grad], { shape }) => specOf(shape, grad!.dtype),
  kernel: { native: "maxPool2dGradient", narrow: UINT8, encode },
  saves: "inputs",
  gradient: (
    { grad, inputs: [, place], attributes },
  ) => [maxPoolPick(grad, place!, attributes), null],
  samples: [{
    shapes: [[1, 2, 3, 3], [1, 2, 3, 3]],
    dtypes: ["float", "uint8"],
    ranges: [[-2, 2], [0, 4]],
    rest: [[1, 2, 6, 6], {
      kernel: [2, 2],
      stride: [2, 2],
      padding: [0, 0],
      dilation: [1, 1],
      out: [3, 3],
    }],
  }],
  front: (run) => (grad, place, shape, windows) => run([grad, place], { ...windows, shape }),
});

const maxPoolIndices: Op<
  (place: Tensor, width: number, windows: Windows) => Tensor,
  Windows & { width: number }
> = defineOp({
  name: "maxPool2dIndices",
  summary: "From places within windows to flat indices within planes of that width.",
  infer: ([place]) => place!.spec.as("int64"),
  kernel: {
    native: "maxPool2dIndices",
    narrow: UINT8,
    encode: (attributes) => [...encode(attributes), attributes.width],
  },
  saves: "none",
  gradient: null,
  samples: [{
    shapes: [[2, 3, 3, 2]],
    dtypes: ["uint8"],
    ranges: [[0, 6]],
    rest: [6, { kernel: [2, 3], stride: [2, 2], padding: [0, 0], dilation: [1, 1], out: [3, 2] }],
  }],
  front: (run) => (place, width, windows) => run([place], { ...windows, width }),
});

/** The elements that the windows chose: the gradient of {@link maxPoolGradient}. */
function maxPoolPick(x: Tensor, place: Tensor, windows: Windows): Tensor {
  const flat = maxPoolIndices(place, x.shape[3]!, windows).flatten(2);
  return x.flatten(2).gather(2, flat).reshape(place.shape);
}

const maxPool: Op<(x: Tensor, windows: Windows) => Tensor[], Windows> = defineOp({
  name: "maxPool2d",
  summary:
    "Largest element of each window, and its place within; NaN wins, the first of ties is chosen.",
  infer: ([x], { kernel, out }, name) => {
    requireFloat(x!, name);
    const spec = specOf([x!.shape[0]!, x!.shape[1]!, ...out], x!.dtype);
    return [spec, spec.as(kernel[0]! * kernel[1]! <= 256 ? "uint8" : "int32")];
  },
  kernel: { native: "maxPool2d", encode },
  saves: "output",
  gradient: ({ grad, outputs: [, place], specs: [x], attributes }) => [
    maxPoolGradient(grad, place!, x!.shape, attributes),
  ],
  samples: [
    {
      shapes: [[2, 3, 6, 8]],
      rest: [{ kernel: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1], out: [3, 4] }],
    },
    {
      shapes: [[1, 2, 7, 7]],
      rest: [{ kernel: [3, 3], stride: [2, 2], padding: [1, 1], dilation: [1, 1], out: [4, 4] }],
    },
  ],
  front: (run) => (x: Tensor, windows: Windows) => run.all([x], windows),
});

/** What max poolings answer with `returnIndices`. */
export interface MaxPoolResult {
  /** The largest elements. */
  readonly values: Tensor;
  /** Where they are: int64, counted through the pooled dims of their channel. */
  readonly indices: Tensor;
}

/** Options of {@link maxPool1d}, {@link maxPool2d} and {@link maxPool3d}. */
export interface MaxPoolOptions extends PoolOptions {
  /** Distance between the window's taps. Default 1. */
  readonly dilation?: PoolSize;
}

/** Options of {@link maxPool2d}. */
export type MaxPool2dOptions = MaxPoolOptions;

/** An option of max poolings: answers with the places of the elements too. */
export type WithIndices = { readonly returnIndices: true };

/** The option not taken. */
export type WithoutIndices = { readonly returnIndices?: false };

/** The option in either state. */
export type MaybeIndices = { readonly returnIndices?: boolean };

/** The largest elements of planes. */
export function maxPlanes(x: Tensor, windows: Windows): Tensor {
  return maxPool(x, windows)[0]!;
}

/** The largest elements of planes, and their flat indices. */
export function maxPlanesAt(x: Tensor, windows: Windows): MaxPoolResult {
  const [values, place] = maxPool(x, windows);
  return { values: values!, indices: maxPoolIndices(place!, x.shape[3]!, windows) };
}

/** As {@link poolDims}, with indices through the pooled dims. */
export function maxDimsAt(
  x: Tensor,
  out: readonly number[],
  pool: (planes: Tensor, dims: PlaneDims) => MaxPoolResult,
): MaxPoolResult {
  const shape = [...x.shape.slice(0, x.ndim - out.length), ...out];
  const batch = batched(x, out.length);
  const { values, indices } = out.length === 1
    ? pool(batch.unsqueeze(2), [null, 0])
    : out.length === 2
    ? pool(batch, [0, 1])
    : deepMaxima(slices(batch), pool);
  return { values: values.reshape(shape), indices: indices.reshape(shape) };
}

function deepMaxima(
  x: Tensor,
  pool: (planes: Tensor, dims: PlaneDims) => MaxPoolResult,
): MaxPoolResult {
  const flat = pool(x, [1, 2]);
  const deep = pool(stack(flat.values), [0, null]);
  // What the second step chose is an element of the first, at some depth and place of its planes.
  const chosen = deep.indices.flatten(1);
  const places = flat.indices.flatten(1).gather(1, chosen);
  const depth = chosen.floorDivide(flat.indices.shape[2]! * flat.indices.shape[3]!);
  return { values: deep.values, indices: depth.mul(x.shape[2]! * x.shape[3]!).add(places) };
}

function pool(
  x: Tensor,
  rank: number,
  kernelSize: PoolSize,
  options: MaxPoolOptions & MaybeIndices,
): Tensor | MaxPoolResult {
  const op = `maxPool${rank}d`;
  checkOptions(options, ["stride", "padding", "dilation", "ceilMode", "returnIndices"], op);
  const windows = windowsOf(x, rank, kernelSize, options, op);
  const along = (planes: Tensor, dims: PlaneDims) => planeWindows(windows, planes, dims);
  return options.returnIndices === true
    ? maxDimsAt(x, windows.out, (planes, dims) => maxPlanesAt(planes, along(planes, dims)))
    : poolDims(x, windows.out, (planes, dims) => maxPlanes(planes, along(planes, dims)));
}

/**
 * Largest element of each window of [N, C, L] or [C, L]. The padding is -infinity, NaN wins, and
 * the gradient goes to the first of equals.
 *
 * @returns [..., C, positions], or { values, indices } with `returnIndices`.
 * @throws {ShapeError} when x has other dims, or the window is larger than the padded input.
 * @throws {ArgumentError} when a size is not a whole number, or the padding exceeds half the
 * window.
 * @throws {DTypeError} when x is not floating-point.
 *
 * @example
 * ```ts
 * import { maxPool1d, tensor } from "@minitensor/minitensor";
 * const x = tensor([[1, 5, 2, 3]]);
 * console.assert(maxPool1d(x, 2).toArray().toString() === "5,3");
 * const { indices } = maxPool1d(x, 2, { returnIndices: true });
 * console.assert(indices.toArray().toString() === "1,3");
 * ```
 */
export function maxPool1d(
  x: Tensor,
  kernelSize: PoolSize,
  options: MaxPoolOptions & WithIndices,
): MaxPoolResult;
/**
 * Largest element of each window of [N, C, L] or [C, L], without their places.
 *
 * @example
 * ```ts
 * import { maxPool1d, tensor } from "@minitensor/minitensor";
 * const y = maxPool1d(tensor([[1, 5, 2, 3]]), 3, { stride: 1 });
 * console.assert(y.toArray().toString() === "5,5");
 * ```
 */
export function maxPool1d(
  x: Tensor,
  kernelSize: PoolSize,
  options?: MaxPoolOptions & WithoutIndices,
): Tensor;
export function maxPool1d(
  x: Tensor,
  kernelSize: PoolSize,
  options: MaxPoolOptions & MaybeIndices = {},
): Tensor | MaxPoolResult {
  return pool(x, 1, kernelSize, options);
}

/**
 * Largest element of each window of images [N, C, H, W] or [C, H, W]. The padding is -infinity, NaN
 * wins, and the gradient goes to the first of equals.
 *
 * @returns [..., C, rows, columns], or { values, indices } with `returnIndices`.
 * @throws {ShapeError} when x has other dims, or the window is larger than the padded image.
 * @throws {ArgumentError} when a size is not a whole number, or the padding exceeds half the
 * window.
 * @throws {DTypeError} when x is not floating-point.
 *
 * @example
 * ```ts
 * import { arange, maxPool2d } from "@minitensor/minitensor";
 * const y = maxPool2d(arange(16).reshape([1, 4, 4]), 2);
 * console.assert(y.toArray().toString() === "5,7,13,15");
 * ```
 */
export function maxPool2d(
  x: Tensor,
  kernelSize: PoolSize,
  options: MaxPoolOptions & WithIndices,
): MaxPoolResult;
/**
 * Largest element of each window of images [N, C, H, W] or [C, H, W], without their places.
 *
 * @example
 * ```ts
 * import { maxPool2d, ones } from "@minitensor/minitensor";
 * const y = maxPool2d(ones([8, 3, 32, 32]), 3, { stride: 2, padding: 1 });
 * console.assert(y.shape.join() === "8,3,16,16");
 * ```
 */
export function maxPool2d(
  x: Tensor,
  kernelSize: PoolSize,
  options?: MaxPoolOptions & WithoutIndices,
): Tensor;
export function maxPool2d(
  x: Tensor,
  kernelSize: PoolSize,
  options: MaxPoolOptions & MaybeIndices = {},
): Tensor | MaxPoolResult {
  return pool(x, 2, kernelSize, options);
}

/**
 * Largest element of each window of volumes [N, C, D, H, W] or [C, D, H, W]. The padding is
 * -infinity, NaN wins, and the gradient goes to the first of equals.
 *
 * @returns [..., C, depths, rows, columns], or { values, indices } with `returnIndices`.
 * @throws {ShapeError} when x has other dims, or the window is larger than the padded input.
 * @throws {ArgumentError} when a size is not a whole number, or the padding exceeds half the
 * window.
 * @throws {DTypeError} when x is not floating-point.
 *
 * @example
 * ```ts
 * import { arange, maxPool3d } from "@minitensor/minitensor";
 * const y = maxPool3d(arange(16).reshape([1, 2, 2, 4]), 2);
 * console.assert(y.toArray().toString() === "13,15");
 * ```
 */
export function maxPool3d(
  x: Tensor,
  kernelSize: PoolSize,
  options: MaxPoolOptions & WithIndices,
): MaxPoolResult;
/**
 * Largest element of each window of volumes [N, C, D, H, W] or [C, D, H, W], without their places.
 *
 * @example
 * ```ts
 * import { arange, maxPool3d } from "@minitensor/minitensor";
 * const y = maxPool3d(arange(8).reshape([1, 2, 2, 2]), [2, 1, 1]);
 * console.assert(y.toArray().toString() === "4,5,6,7");
 * ```
 */
export function maxPool3d(
  x: Tensor,
  kernelSize: PoolSize,
  options?: MaxPoolOptions & WithoutIndices,
): Tensor;
export function maxPool3d(
  x: Tensor,
  kernelSize: PoolSize,
  options: MaxPoolOptions & MaybeIndices = {},
): Tensor | MaxPoolResult {
  return pool(x, 3, kernelSize, options);
}
