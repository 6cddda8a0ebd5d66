/**
 * Average pooling, and pooling by other means.
 *
 * @module
 */
import { ArgumentError } from "../errors.ts";
import { defineOp, type Op } from "../op.ts";
import { type Shape, specOf } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions } from "./front.ts";
import { requireFloat } from "./infer.ts";
import {
  planeWindows,
  poolDims,
  type PoolOptions,
  type PoolSize,
  type Windows,
  windowsOf,
} from "./pool_window.ts";
import { where } from "./select.ts";

interface Averaging extends Windows {
  readonly countIncludePad: boolean;
  /** 0: none. */
  readonly divisorOverride: number;
}

function encode(
  { kernel, stride, padding, countIncludePad, divisorOverride }: Averaging,
): readonly number[] {
  return [...kernel, ...stride, ...padding, Number(countIncludePad), divisorOverride];
}

const avgPoolGradient: Op<
  (grad: Tensor, shape: Shape, averaging: Averaging) => Tensor,
  Averaging & { shape: Shape }
> = defineOp({
  name: "avgPool2dGradient",
  summary: "The gradient spread over each window, added up.",
  infer: ([grad], { shape }) => specOf(shape, grad!.dtype),
  kernel: { native: "avgPool2dGradient", encode },
  saves: "none",
  gradient: ({ grad, attributes }) => [avgPlanes(grad, attributes)],
  samples: [{
    shapes: [[2, 3, 3, 4]],
    rest: [[2, 3, 6, 7], {
      kernel: [3, 2],
      stride: [2, 2],
      padding: [1, 1],
      dilation: [1, 1],
      out: [3, 4],
      countIncludePad: false,
      divisorOverride: 0,
    }],
  }],
  front: (run) => (grad, shape, averaging) => run([grad], { ...averaging, shape }),
});

/** Means of windows over planes. */
export const avgPlanes: Op<(x: Tensor, averaging: Averaging) => Tensor, Averaging> = defineOp({
  name: "avgPool2d",
  summary: "Mean of each window.",
  infer: ([x], { out }, name) => {
    requireFloat(x!, name);
    return specOf([x!.shape[0]!, x!.shape[1]!, ...out], x!.dtype);
  },
  kernel: { native: "avgPool2d", encode },
  saves: "none",
  gradient: ({ grad, specs: [x], attributes }) => [avgPoolGradient(grad, x!.shape, attributes)],
  samples: [{
    shapes: [[2, 3, 6, 7]],
    rest: [{
      kernel: [3, 2],
      stride: [2, 2],
      padding: [1, 1],
      dilation: [1, 1],
      out: [3, 4],
      countIncludePad: false,
      divisorOverride: 0,
    }],
  }],
  front: (run) => (x: Tensor, averaging: Averaging) => run([x], averaging),
});

/** Options of {@link avgPool1d}. */
export interface AvgPool1dOptions extends PoolOptions {
  /** Counts the zeros of the padding as elements. Default true. */
  readonly countIncludePad?: boolean;
}

/** Options of {@link avgPool2d} and {@link avgPool3d}. */
export interface AvgPoolOptions extends AvgPool1dOptions {
  /** Divides by this instead of the number of elements. */
  readonly divisorOverride?: number | null;
}

/** Options of {@link avgPool2d}. */
export type AvgPool2dOptions = AvgPoolOptions;

const names: readonly string[] = ["stride", "padding", "ceilMode", "countIncludePad"];

function pool(x: Tensor, rank: number, kernelSize: PoolSize, options: AvgPoolOptions): Tensor {
  const op = `avgPool${rank}d`;
  checkOptions(options, rank === 1 ? names : [...names, "divisorOverride"], op);
  const { countIncludePad = true, divisorOverride } = options;
  if (divisorOverride === 0) {
    throw new ArgumentError(`Cannot ${op} with divisorOverride 0`, { op });
  }
  const windows = windowsOf(x, rank, kernelSize, options, op);
  return average(x, { ...windows, countIncludePad, divisorOverride: divisorOverride ?? 0 });
}

/** Means of windows over the last dims. */
function average(x: Tensor, averaging: Averaging): Tensor {
  return poolDims(x, averaging.out, (planes, dims) => {
    const windows = planeWindows(averaging, planes, dims);
    // The second step over three dims: what counts is as many planes of as many elements each, so
    // that a mean of means is right; an override has divided already.
    const isDivided = dims[1] === null && averaging.divisorOverride !== 0;
    return avgPlanes(planes, isDivided ? { ...windows, divisorOverride: 1 } : windows);
  });
}

/**
 * Mean of each window of [N, C, L] or [C, L].
 *
 * @returns [..., C, positions].
 * @throws {ShapeError} when x has other dims, or the window is larger than the padded input.
 * @throws {ArgumentError} when a size is not a whole number, or the padding exceeds half the
 * window.
 * @throws {DTypeError} when x is not floating-point.
 *
 * @example
 * ```ts
 * import { avgPool1d, tensor } from "@minitensor/minitensor";
 * console.assert(avgPool1d(tensor([[1, 5, 2, 4]]), 2).toArray().toString() === "3,3");
 * ```
 */
export function avgPool1d(
  x: Tensor,
  kernelSize: PoolSize,
  options: AvgPool1dOptions = {},
): Tensor {
  return pool(x, 1, kernelSize, options);
}

/**
 * Mean of each window of images [N, C, H, W] or [C, H, W].
 *
 * @returns [..., C, rows, columns].
 * @throws {ShapeError} when x has other dims, or the window is larger than the padded image.
 * @throws {ArgumentError} when a size is not a whole number, the padding exceeds half the window,
 * or the divisor is 0.
 * @throws {DTypeError} when x is not floating-point.
 *
 * @example
 * ```ts
 * import { arange, avgPool2d } from "@minitensor/minitensor";
 * const y = avgPool2d(arange(16).reshape([1, 4, 4]), 2);
 * console.assert(y.toArray().toString() === "2.5,4.5,10.5,12.5");
 * ```
 */
export function avgPool2d(x: Tensor, kernelSize: PoolSize, options: AvgPoolOptions = {}): Tensor {
  return pool(x, 2, kernelSize, options);
}

/**
 * Mean of each window of volumes [N, C, D, H, W] or [C, D, H, W].
 *
 * @returns [..., C, depths, rows, columns].
 * @throws {ShapeError} when x has other dims, or the window is larger than the padded input.
 * @throws {ArgumentError} when a size is not a whole number, the padding exceeds half the window,
 * or the divisor is 0.
 * @throws {DTypeError} when x is not floating-point.
 *
 * @example
 * ```ts
 * import { arange, avgPool3d } from "@minitensor/minitensor";
 * const y = avgPool3d(arange(16).reshape([1, 2, 2, 4]), 2);
 * console.assert(y.toArray().toString() === "6.5,8.5");
 * ```
 */
export function avgPool3d(x: Tensor, kernelSize: PoolSize, options: AvgPoolOptions = {}): Tensor {
  return pool(x, 3, kernelSize, options);
}

/** Options of {@link lpPool1d} and {@link lpPool2d}. */
export interface LpPoolOptions {
  /** Steps of the window. Default: its size. */
  readonly stride?: PoolSize;
  /** Counts windows that hang over the edge too. Default false. */
  readonly ceilMode?: boolean;
}

/** The p-th root of the sums of p-th powers: a mean of these times the number of elements. */
function powerPool(
  x: Tensor,
  rank: number,
  p: number,
  kernelSize: PoolSize,
  options: LpPoolOptions,
): Tensor {
  const op = `lpPool${rank}d`;
  checkOptions(options, ["stride", "ceilMode"], op);
  if (!Number.isFinite(p) || p === 0) {
    throw new ArgumentError(`Cannot ${op} with a norm of ${p}: it is finite and not 0`, { op });
  }
  const windows = windowsOf(x, rank, kernelSize, options, op);
  const mean = average(x.pow(p), { ...windows, countIncludePad: true, divisorOverride: 0 });
  const sum = mean.mul(windows.kernel.reduce((count, size) => count * size, 1));
  // The root has no slope at 0; its gradient there is 0, as that of a norm.
  const isZero = sum.detach().eq(0);
  return where(isZero, p > 0 ? 0 : Infinity, where(isZero, 1, sum).pow(1 / p));
}

/**
 * (sum of x^p)^(1/p) over each window of [N, C, L] or [C, L] (Sermanet et al. 2012). A window that
 * hangs over the edge counts the mean of what it has for what it lacks.
 *
 * @returns [..., C, positions].
 * @throws {ShapeError} when x has other dims, or the window is larger than the input.
 * @throws {ArgumentError} when p is 0 or not finite, or a size is not a whole number.
 * @throws {DTypeError} when x is not floating-point.
 *
 * @example
 * ```ts
 * import { lpPool1d, tensor } from "@minitensor/minitensor";
 * console.assert(lpPool1d(tensor([[3, 4, 6, 8]]), 2, 2).toArray().toString() === "5,10");
 * ```
 */
export function lpPool1d(
  x: Tensor,
  p: number,
  kernelSize: PoolSize,
  options: LpPoolOptions = {},
): Tensor {
  return powerPool(x, 1, p, kernelSize, options);
}

/**
 * (sum of x^p)^(1/p) over each window of images [N, C, H, W] or [C, H, W] (Sermanet et al. 2012). A
 * window that hangs over the edge counts the mean of what it has for what it lacks.
 *
 * @returns [..., C, rows, columns].
 * @throws {ShapeError} when x has other dims, or the window is larger than the image.
 * @throws {ArgumentError} when p is 0 or not finite, or a size is not a whole number.
 * @throws {DTypeError} when x is not floating-point.
 *
 * @example
 * ```ts
 * import { lpPool2d, ones } from "@minitensor/minitensor";
 * console.assert(lpPool2d(ones([1, 4, 4]), 2, 2).toArray().toString() === "2,2,2,2");
 * ```
 */
export function lpPool2d(
  x: Tensor,
  p: number,
  kernelSize: PoolSize,
  options: LpPoolOptions = {},
): Tensor {
  return powerPool(x, 2, p, kernelSize, options);
}
