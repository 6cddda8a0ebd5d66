/**
 * Convolution of images, [N, C, H, W].
 *
 * @module
 */
import { defineOp, type Op } from "../op.ts";
import { type Shape, specOf } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { convolutionArguments, type ConvolutionOptions } from "./convolution_arguments.ts";
import { narrow, squeeze, unsqueeze } from "./view.ts";
import { positions, type Window } from "./window.ts";

/** A convolution's window and groups, as the kernels take them. */
export interface Convolution extends Window {
  readonly groups: number;
}

/** Options of {@link conv2d}. */
export type Conv2dOptions = ConvolutionOptions;

function encodeConvolution({ stride, padding, dilation, groups }: Convolution): readonly number[] {
  return [...stride, ...padding, ...dilation, groups, 0];
}

/** The convolution at as many positions as `like` has: sizes between two steps give others more. */
function convolveTo(x: Tensor, weight: Tensor, attributes: Convolution, like: Shape): Tensor {
  const all = convolve(x, weight, null, attributes);
  return narrow(narrow(all, 2, 0, like[2]!), 3, 0, like[3]!);
}

/** Gradient of conv2d for its input. */
export const conv2dInputGradient: Op<
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
    needs[0] ? convolveTo(grad, weight!, attributes, g!.shape) : null,
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
    needs[0] ? convolveTo(x!, grad, attributes, g!.shape) : null,
    needs[1] ? conv2dInputGradient(g!, grad, x!.shape, attributes) : null,
  ],
  samples: [{
    shapes: [[2, 3, 3, 3], [2, 2, 5, 5]],
    rest: [[3, 2, 3, 3], { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 }],
  }],
  front: (run) => (grad, x, shape, attributes) => run([grad, x], { ...attributes, shape }),
});

/** conv2d of checked arguments. */
export const convolve: Op<
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

/**
 * Convolution of images, as deep learning means it: cross-correlation with a weight
 * [out, in / groups, h, w],
 *
 *     y[n, o, i, j] = bias[o] + sum over c, a, b of weight[o, c, a, b] x[n, c, row, column],
 *     row = i stride + a dilation - padding, column = j stride + b dilation - padding.
 *
 * @param x [N, C, H, W], or [C, H, W] for one image.
 * @throws {ShapeError} when channels do not fit, or the kernel is larger than the padded image.
 * @throws {ArgumentError} when an option is not a whole number, or padding "same" has a stride.
 *
 * @example
 * ```ts
 * import { conv2d, ones } from "@minitensor/minitensor";
 * const y = conv2d(ones([1, 1, 3, 3]), ones([1, 1, 2, 2]), { padding: "same" });
 * console.assert(y.toArray().toString() === "4,4,2,4,4,2,2,2,1");
 * ```
 */
export function conv2d(x: Tensor, weight: Tensor, options: Conv2dOptions = {}): Tensor {
  return convolution("conv2d", 2, x, weight, options);
}

/** Convolution of `rank` spatial dims, 1 or 2; one is an image of height 1. */
export function convolution(
  op: string,
  rank: 1 | 2,
  x: Tensor,
  weight: Tensor,
  options: ConvolutionOptions,
): Tensor {
  const { single, inputs, geometry, groups } = convolutionArguments(op, rank, x, weight, options);
  const [input, kernel, bias] = inputs;
  const flat = rank === 1;
  const pair = ([a, b]: readonly number[], filler: number): readonly [number, number] =>
    flat ? [filler, a!] : [a!, b!];
  const result = convolve(
    flat ? unsqueeze(input, 2) : input,
    flat ? unsqueeze(kernel, 2) : kernel,
    bias,
    {
      stride: pair(geometry.stride, 1),
      padding: pair(geometry.padding, 0),
      dilation: pair(geometry.dilation, 1),
      groups,
    },
  );
  const shaped = flat ? squeeze(result, 2) : result;
  return single ? squeeze(shaped, 0) : shaped;
}
