/**
 * Convolution of images, [N, C, H, W].
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../op.ts";
import { type Shape, specOf, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, promote } from "./front.ts";
import { checkRoom, type Pair, pairOf, positions, type Window } from "./window.ts";

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
