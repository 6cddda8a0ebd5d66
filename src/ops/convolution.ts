/**
 * Convolution and pooling of images, [N, C, H, W].
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../errors.ts";
import { defineOp, type Op, UINT8 } from "../op.ts";
import { type Shape, specOf, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, promote } from "./front.ts";
import { requireFloat } from "./infer.ts";

/** A size for both dims, or one for each of height and width. */
export type Pair = number | readonly number[];

function pairOf(value: Pair, name: string, op: string, least: number): readonly [number, number] {
  const list = typeof value === "number" ? [value] : value;
  const [height, width = height] = list;
  const good = list.length >= 1 && list.length <= 2 &&
    list.every((size) => Number.isInteger(size) && size >= least);
  if (!good) {
    throw new ArgumentError(
      `Cannot ${op} with ${name} ${text(list)}: it is one or two whole numbers of ${least} or more`,
      { op },
    );
  }
  return [height!, width!];
}

interface Window {
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
}

interface Convolution extends Window {
  readonly groups: number;
}

/** Options of {@link conv2d}. */
export interface Conv2dOptions {
  /** Added to every output channel, of shape [out]. */
  readonly bias?: Tensor | null;
  /** Steps of the window. Default 1. */
  readonly stride?: Pair;
  /** Zeros around the image, "valid" for none, "same" to keep the size (stride 1). Default 0. */
  readonly padding?: Pair | "same" | "valid";
  /** Distance between the window's taps. Default 1. */
  readonly dilation?: Pair;
  /** Channels are cut into so many groups that do not see each other. Default 1. */
  readonly groups?: number;
}

function encodeConvolution({ stride, padding, dilation, groups }: Convolution): readonly number[] {
  return [...stride, ...padding, ...dilation, groups, 0];
}

/** Positions of a window along a dim. */
function positions(
  extent: number,
  kernel: number,
  dim: 0 | 1,
  window: Window,
  ceil = false,
): number {
  const reach = window.dilation[dim] * (kernel - 1) + 1;
  const room = extent + 2 * window.padding[dim] - reach;
  if (room < 0) return 0;
  const steps = ceil ? Math.ceil(room / window.stride[dim]) : Math.floor(room / window.stride[dim]);
  // With ceil, a window that would start in the far padding does not count.
  const start = steps * window.stride[dim];
  return ceil && start >= extent + window.padding[dim] ? steps : steps + 1;
}

/** Gradient of conv2d for its input. */
const conv2dInputGradient: Op<
  (grad: Tensor, weight: Tensor, shape: Shape, attributes: Convolution) => Tensor,
  Convolution & { shape: Shape }
> = defineOp({
  name: "conv2dInputGradient",
  summary:
    "Gradient of conv2d for its input: the transposed convolution of the gradient with the weight.",
  infer: ([grad], { shape }) => specOf(shape, grad!.dtype),
  kernel: { native: "conv2dInputGradient", encode: encodeConvolution },
  saves: "inputs",
  gradient: ({ grad, inputs: [g, weight], attributes, needs }) => [
    needs[0] ? convolve(grad, weight!, null, attributes) : null,
    needs[1] ? conv2dWeightGradient(g!, grad, weight!.shape, attributes) : null,
  ],
  samples: [{
    shapes: [[2, 3, 3, 3], [3, 2, 3, 3]],
    rest: [[2, 2, 5, 5], { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 }],
  }],
  front: (run) => (grad, weight, shape, attributes) =>
    run([grad, weight], { ...attributes, shape }),
});

/** Gradient of conv2d for its weight. */
const conv2dWeightGradient: Op<
  (grad: Tensor, x: Tensor, shape: Shape, attributes: Convolution) => Tensor,
  Convolution & { shape: Shape }
> = defineOp({
  name: "conv2dWeightGradient",
  summary: "Gradient of conv2d for its weight: the input correlated with the gradient.",
  infer: ([grad], { shape }) => specOf(shape, grad!.dtype),
  kernel: { native: "conv2dWeightGradient", encode: encodeConvolution },
  saves: "inputs",
  gradient: ({ grad, inputs: [g, x], attributes, needs }) => [
    needs[0] ? convolve(x!, grad, null, attributes) : null,
    needs[1] ? conv2dInputGradient(g!, grad, x!.shape, attributes) : null,
  ],
  samples: [{
    shapes: [[2, 3, 3, 3], [2, 2, 5, 5]],
    rest: [[3, 2, 3, 3], { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 }],
  }],
  front: (run) => (grad, x, shape, attributes) => run([grad, x], { ...attributes, shape }),
});

const convolve: Op<
  (x: Tensor, weight: Tensor, bias: Tensor | null, attributes: Convolution) => Tensor,
  Convolution
> = defineOp({
  name: "conv2d",
  summary:
    "Cross-correlation of images [N, C, H, W] with a weight [O, C/groups, h, w], plus a bias [O].",
  infer: ([x, weight], attributes) => {
    const [n, , h, w] = x!.shape;
    const [out, , kernelHeight, kernelWidth] = weight!.shape;
    return specOf([
      n!,
      out!,
      positions(h!, kernelHeight!, 0, attributes),
      positions(w!, kernelWidth!, 1, attributes),
    ], x!.dtype);
  },
  kernel: { native: "conv2d", encode: encodeConvolution },
  saves: "inputs",
  gradient: ({ grad, inputs: [x, weight], specs, attributes, needs }) => {
    const shares = [
      needs[0] ? conv2dInputGradient(grad, weight!, x!.shape, attributes) : null,
      needs[1] ? conv2dWeightGradient(grad, x!, weight!.shape, attributes) : null,
    ];
    if (specs.length === 3) shares.push(needs[2] ? grad.sum([0, 2, 3]) : null);
    return shares;
  },
  samples: [
    {
      shapes: [[2, 3, 7, 6], [4, 3, 3, 3], [4]],
      rest: [{ stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 }],
    },
    {
      shapes: [[1, 4, 8, 8], [6, 2, 3, 2], [6]],
      rest: [{ stride: [2, 1], padding: [0, 1], dilation: [1, 2], groups: 2 }],
    },
  ],
  front: (run) => (x: Tensor, weight: Tensor, bias: Tensor | null, attributes: Convolution) =>
    run(bias === null ? [x, weight] : [x, weight, bias], attributes),
});

function samePadding(
  kernel: Shape,
  stride: readonly number[],
  dilation: readonly number[],
): [number, number] {
  if (stride.some((step) => step !== 1)) {
    throw new ArgumentError('Cannot conv2d with padding "same" and a stride: sizes cannot stay', {
      op: "conv2d",
    });
  }
  const total = kernel.map((size, i) => dilation[i]! * (size - 1));
  if (total.some((size) => size % 2 !== 0)) {
    throw new ArgumentError(
      'Cannot conv2d with padding "same" and an even kernel: the sides would differ',
      {
        op: "conv2d",
        suggestion: "Pad the input first",
      },
    );
  }
  return [total[0]! / 2, total[1]! / 2];
}

/**
 * Convolution of images, as deep learning means it: cross-correlation with a weight [out, in / groups, h, w].
 *
 * @param x [N, C, H, W], or [C, H, W] for one image.
 * @throws {ShapeError} when channels do not fit, or the kernel is larger than the padded image.
 */
export function conv2d(x: Tensor, weight: Tensor, options: Conv2dOptions = {}): Tensor {
  checkOptions(options, ["bias", "stride", "padding", "dilation", "groups"], "conv2d");
  if (x.ndim === 3) return conv2d(x.unsqueeze(0), weight, options).squeeze(0);
  const bias = options.bias ?? null;
  const groups = options.groups ?? 1;
  const stride = pairOf(options.stride ?? 1, "stride", "conv2d", 1);
  const dilation = pairOf(options.dilation ?? 1, "dilation", "conv2d", 1);
  checkChannels(x, weight, bias, groups);
  const asked = options.padding ?? 0;
  const padding = asked === "same"
    ? samePadding(weight.shape.slice(2), stride, dilation)
    : pairOf(asked === "valid" ? 0 : asked, "padding", "conv2d", 0);
  const attributes = { stride, padding, dilation, groups };
  checkRoom(x, weight.shape.slice(2), attributes, "conv2d");
  const [input, kernel, offset] = promote(bias === null ? [x, weight] : [x, weight, bias], true);
  return convolve(input!, kernel!, offset ?? null, attributes);
}

function checkChannels(x: Tensor, weight: Tensor, bias: Tensor | null, groups: number): void {
  const fits = x.ndim === 4 && weight.ndim === 4 && Number.isInteger(groups) && groups >= 1 &&
    x.shape[1] === weight.shape[1]! * groups && weight.shape[0]! % groups === 0;
  if (!fits) {
    throw new ShapeError(
      `Cannot conv2d a tensor of shape ${text(x.shape)} with a weight of ${
        text(weight.shape)
      } in ${groups} groups: ` +
        "it takes [N, C, H, W] and [O, C / groups, h, w]",
      { op: "conv2d", context: { input: x.shape, weight: weight.shape, groups } },
    );
  }
  if (bias !== null && (bias.ndim !== 1 || bias.shape[0] !== weight.shape[0])) {
    throw new ShapeError(
      `Cannot conv2d with a bias of shape ${text(bias.shape)}: it must be [${weight.shape[0]}]`,
      {
        op: "conv2d",
      },
    );
  }
}

function checkRoom(
  x: Tensor,
  kernel: Shape,
  window: Window,
  op: string,
  ceil = false,
): [number, number] {
  const out: [number, number] = [
    positions(x.shape[2]!, kernel[0]!, 0, window, ceil),
    positions(x.shape[3]!, kernel[1]!, 1, window, ceil),
  ];
  if (out[0] < 1 || out[1] < 1) {
    throw new ShapeError(
      `Cannot ${op} images of ${x.shape[2]} by ${x.shape[3]}: the window of ${
        text(kernel)
      } is larger than the padded image`,
      { op },
    );
  }
  return out;
}

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
