/**
 * Convolution of sequences and of volumes, both on the kernels for images.
 *
 * @module
 */
import { part } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { convolution, convolve } from "./convolution.ts";
import {
  convolutionArguments,
  type ConvolutionOptions,
  type Geometry,
} from "./convolution_arguments.ts";
import { contiguous } from "./copy.ts";
import { reshape, squeeze, transpose } from "./view.ts";
import { positions } from "./window.ts";
import { windowColumns, type Windows } from "./window_columns.ts";

/**
 * Convolution of sequences: cross-correlation with a weight [out, in / groups, l],
 *
 *     y[n, o, i] = bias[o] +
 *       sum over c, k of weight[o, c, k] x[n, c, i stride + k dilation - padding].
 *
 * @param x [N, C, L], or [C, L] for one sequence.
 * @throws {ShapeError} when channels do not fit, or the kernel is larger than the padded sequence.
 * @throws {ArgumentError} when an option is not a whole number, or padding "same" has a stride.
 *
 * @example
 * ```ts
 * import { conv1d, tensor } from "@minitensor/minitensor";
 * const x = tensor([[1, 2, 4]]);
 * console.assert(conv1d(x, tensor([[[-1, 1]]])).toArray().toString() === "1,2");
 * ```
 */
export function conv1d(x: Tensor, weight: Tensor, options: ConvolutionOptions = {}): Tensor {
  return convolution("conv1d", 1, x, weight, options);
}

/**
 * Convolution of volumes: cross-correlation with a weight [out, in / groups, d, h, w], as
 * {@link conv2d} with a third sum over depth.
 *
 * Computed as one convolution of images: each position along the depth is an image whose channels
 * are the input's at all of the kernel's depths.
 *
 * @param x [N, C, D, H, W], or [C, D, H, W] for one volume.
 * @throws {ShapeError} when channels do not fit, or the kernel is larger than the padded volume.
 * @throws {ArgumentError} when an option is not a whole number, or padding "same" has a stride.
 *
 * @example
 * ```ts
 * import { conv3d, ones } from "@minitensor/minitensor";
 * const y = conv3d(ones([1, 1, 2, 2, 3]), ones([1, 1, 2, 2, 2]));
 * console.assert(y.toArray().toString() === "8,8");
 * ```
 */
export function conv3d(x: Tensor, weight: Tensor, options: ConvolutionOptions = {}): Tensor {
  const given = convolutionArguments("conv3d", 3, x, weight, options);
  const { single, inputs: [input, kernel, bias], geometry, groups } = given;
  const depth = positions(input.shape[2]!, geometry.kernel[0]!, 0, geometry);
  const images = windowColumns(input, depthWindows(geometry, depth));
  const planes = convolve(images, flatKernel(kernel), bias, planeAttributes(geometry, groups));
  const [out, height, width] = part(planes.shape, 1, 4) as [number, number, number];
  const volumes = reshape(planes, [input.shape[0]!, depth, out, height, width]);
  const result = contiguous(transpose(volumes, 1, 2));
  return single ? squeeze(result, 0) : result;
}

/** The windows along the depth, `positions` of them, each an image of its own. */
export function depthWindows(geometry: Geometry, positions: number): Windows {
  const { kernel, stride, padding, dilation } = geometry;
  return {
    kernel: [kernel[0]!],
    stride: [stride[0]!],
    padding: [padding[0]!],
    dilation: [dilation[0]!],
    out: [positions],
    merged: true,
  };
}

/** The kernel's depths as channels: [O, C * d, h, w], a view. */
export function flatKernel(weight: Tensor): Tensor {
  const [outer, inner, depth, height, width] = weight.shape as [
    number,
    number,
    number,
    number,
    number,
  ];
  return reshape(weight, [outer, inner * depth, height, width]);
}

/** What is left for the planes. */
export function planeAttributes(
  { stride, padding, dilation }: Geometry,
  groups: number,
): Parameters<typeof convolve>[3] {
  return {
    stride: [stride[1]!, stride[2]!],
    padding: [padding[1]!, padding[2]!],
    dilation: [dilation[1]!, dilation[2]!],
    groups,
  };
}
