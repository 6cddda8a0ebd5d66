/**
 * Pooling of images, [N, C, H, W].
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../errors.ts";
import { defineOp, type Op, UINT8 } from "../op.ts";
import { type Shape, specOf, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions } from "./front.ts";
import { requireFloat } from "./infer.ts";
import { checkRoom, type Pair, pairOf, type Window } from "./window.ts";

interface Pooling extends Window {
  readonly kernel: readonly [number, number];
  readonly out: readonly [number, number];
}

function encodePooling({ kernel, stride, padding, dilation }: Pooling): readonly number[] {
  return [...kernel, ...stride, ...padding, ...dilation];
}

/** Options of {@link maxPool2d}. */
export interface MaxPool2dOptions {
  /** Steps of the window. Default: its size. */
  readonly stride?: Pair;
  /** -inf around the image, at most half the window. Default 0. */
  readonly padding?: Pair;
  /** Distance between the window's taps. Default 1. */
  readonly dilation?: Pair;
  /** Counts windows that hang over the edge too. Default false. */
  readonly ceilMode?: boolean;
}

const maxPoolGradient: Op<
  (grad: Tensor, place: Tensor, shape: Shape, pooling: Pooling) => Tensor,
  Pooling & { shape: Shape }
> = defineOp({
  name: "maxPool2dGradient",
  summary: "The gradient at the element that each window chose, added up.",
  infer: ([grad], { shape }) => specOf(shape, grad!.dtype),
  kernel: { native: "maxPool2dGradient", narrow: UINT8, encode: encodePooling },
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
  front: (run) => (grad, place, shape, pooling) => run([grad, place], { ...pooling, shape }),
});

/** The elements that the windows chose: the gradient of {@link maxPoolGradient}. */
function maxPoolPick(
  x: Tensor,
  place: Tensor,
  { kernel, stride, padding, dilation }: Pooling,
): Tensor {
  const [n, c, outHeight, outWidth] = place.shape as [number, number, number, number];
  const [height, width] = x.shape.slice(2) as [number, number];
  const within = place.to("int64");
  const row = within.floorDivide(kernel[1]);
  const column = within.sub(row.mul(kernel[1]));
  const starts = (count: number, dim: 0 | 1): Tensor =>
    within.newTensor(Array.from({ length: count }, (_, i) => i * stride[dim] - padding[dim]));
  const y = row.mul(dilation[0]).add(starts(outHeight, 0).unsqueeze(1));
  const z = column.mul(dilation[1]).add(starts(outWidth, 1));
  const flat = y.mul(width).add(z).reshape([n, c, outHeight * outWidth]);
  return x.reshape([n, c, height * width]).gather(2, flat).reshape([n, c, outHeight, outWidth]);
}

const maxPool: Op<(x: Tensor, pooling: Pooling) => Tensor[], Pooling> = defineOp({
  name: "maxPool2d",
  summary:
    "Largest element of each window, and its place within the window; NaN wins, the first of ties is chosen.",
  infer: ([x], { kernel, out }, name) => {
    requireFloat(x!, name);
    const spec = specOf([x!.shape[0]!, x!.shape[1]!, ...out], x!.dtype);
    return [spec, spec.as(kernel[0] * kernel[1] <= 256 ? "uint8" : "int32")];
  },
  kernel: { native: "maxPool2d", encode: encodePooling },
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
  front: (run) => (x: Tensor, pooling: Pooling) => run.all([x], pooling),
});

function poolingOf(
  x: Tensor,
  kernelSize: Pair,
  options: MaxPool2dOptions,
  op: string,
): Pooling {
  if (x.ndim !== 4) {
    throw new ShapeError(`Cannot ${op} a tensor of shape ${text(x.shape)}: it takes [N, C, H, W]`, {
      op,
    });
  }
  const kernel = pairOf(kernelSize, "kernelSize", op, 1);
  const padding = pairOf(options.padding ?? 0, "padding", op, 0);
  if (padding[0] * 2 > kernel[0] || padding[1] * 2 > kernel[1]) {
    throw new ArgumentError(
      `Cannot ${op} with padding ${text(padding)}: it is more than half the window of ${
        text(kernel)
      }`,
      { op },
    );
  }
  const window = {
    stride: pairOf(options.stride ?? kernelSize, "stride", op, 1),
    padding,
    dilation: pairOf(options.dilation ?? 1, "dilation", op, 1),
  };
  return { ...window, kernel, out: checkRoom(x, kernel, window, op, options.ceilMode === true) };
}

/** Largest element of each window of images [N, C, H, W] or [C, H, W]. */
export function maxPool2d(x: Tensor, kernelSize: Pair, options: MaxPool2dOptions = {}): Tensor {
  checkOptions(options, ["stride", "padding", "dilation", "ceilMode"], "maxPool2d");
  if (x.ndim === 3) return maxPool2d(x.unsqueeze(0), kernelSize, options).squeeze(0);
  return maxPool(x, poolingOf(x, kernelSize, options, "maxPool2d"))[0]!;
}

/** Options of {@link avgPool2d}. */
export interface AvgPool2dOptions {
  /** Steps of the window. Default: its size. */
  readonly stride?: Pair;
  /** Zeros around the image, at most half the window. Default 0. */
  readonly padding?: Pair;
  /** Counts windows that hang over the edge too. Default false. */
  readonly ceilMode?: boolean;
  /** Counts the zeros of the padding as elements. Default true. */
  readonly countIncludePad?: boolean;
  /** Divides by this instead of the number of elements. */
  readonly divisorOverride?: number;
}

interface Averaging extends Pooling {
  readonly countIncludePad: boolean;
  readonly divisorOverride: number;
}

function encodeAveraging(
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
  kernel: { native: "avgPool2dGradient", encode: encodeAveraging },
  saves: "none",
  gradient: ({ grad, attributes }) => [avgPool(grad, attributes)],
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

const avgPool: Op<(x: Tensor, averaging: Averaging) => Tensor, Averaging> = defineOp({
  name: "avgPool2d",
  summary: "Mean of each window.",
  infer: ([x], { out }, name) => {
    requireFloat(x!, name);
    return specOf([x!.shape[0]!, x!.shape[1]!, ...out], x!.dtype);
  },
  kernel: { native: "avgPool2d", encode: encodeAveraging },
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

/** Mean of each window of images [N, C, H, W] or [C, H, W]. */
export function avgPool2d(x: Tensor, kernelSize: Pair, options: AvgPool2dOptions = {}): Tensor {
  checkOptions(
    options,
    ["stride", "padding", "ceilMode", "countIncludePad", "divisorOverride"],
    "avgPool2d",
  );
  if (x.ndim === 3) return avgPool2d(x.unsqueeze(0), kernelSize, options).squeeze(0);
  const { countIncludePad = true, divisorOverride = 0, ...window } = options;
  return avgPool(x, {
    ...poolingOf(x, kernelSize, window, "avgPool2d"),
    countIncludePad,
    divisorOverride,
  });
}
