/**
 * Transposed convolutions: the gradients of convolutions for their inputs, as functions of their
 * own (Zeiler et al. 2010, Deconvolutional Networks).
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../errors.ts";
import { part, type Shape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add } from "./arithmetic.ts";
import { conv2dInputGradient } from "./convolution.ts";
import { checkChannels, type Geometry, reachOf, type Sizes } from "./convolution_arguments.ts";
import { depthWindows, flatKernel, planeAttributes } from "./convolution_volume.ts";
import { checkOptions, promote } from "./front.ts";
import { reshape, squeeze, transpose, unsqueeze } from "./view.ts";
import { sizesOf } from "./window.ts";
import { windowSum } from "./window_columns.ts";

/** Options of the transposed convolutions. */
export interface ConvTransposeOptions {
  /** Added to every output channel, of shape [out]. */
  readonly bias?: Tensor | null;
  /** Distance between the outputs of two neighbouring inputs. Default 1. */
  readonly stride?: Sizes;
  /** Elements taken away at both ends of the result. Default 0. */
  readonly padding?: Sizes;
  /** Elements added at the result's end, fewer than stride or dilation. Default 0. */
  readonly outputPadding?: Sizes;
  /** Channels are cut into so many groups that do not see each other. Default 1. */
  readonly groups?: number;
  /** Distance between the window's taps. Default 1. */
  readonly dilation?: Sizes;
}

const known = ["bias", "stride", "padding", "outputPadding", "groups", "dilation"];

/**
 * Transposed convolution of sequences: every input adds its multiple of the weight
 * [in, out / groups, l] to the result, `stride` apart. The result has
 * (L - 1) stride - 2 padding + dilation (l - 1) + outputPadding + 1 elements.
 *
 * @param x [N, C, L], or [C, L] for one sequence.
 * @throws {ShapeError} when channels do not fit, or nothing of the result would be left.
 * @throws {ArgumentError} when an option is not a whole number, or outputPadding is too large.
 *
 * @example
 * ```ts
 * import { convTranspose1d, tensor } from "@minitensor/minitensor";
 * const y = convTranspose1d(tensor([[1, 2]]), tensor([[[1, 10]]]), { stride: 2 });
 * console.assert(y.toArray().toString() === "1,10,2,20");
 * ```
 */
export function convTranspose1d(
  x: Tensor,
  weight: Tensor,
  options: ConvTransposeOptions = {},
): Tensor {
  return transposed("convTranspose1d", 1, x, weight, options);
}

/**
 * Transposed convolution of images, as {@link convTranspose1d} in both dims; the weight is
 * [in, out / groups, h, w].
 *
 * @param x [N, C, H, W], or [C, H, W] for one image.
 * @throws {ShapeError} when channels do not fit, or nothing of the result would be left.
 * @throws {ArgumentError} when an option is not a whole number, or outputPadding is too large.
 *
 * @example
 * ```ts
 * import { convTranspose2d, ones } from "@minitensor/minitensor";
 * const y = convTranspose2d(ones([1, 2, 2]), ones([1, 1, 2, 2]));
 * console.assert(y.toArray().toString() === "1,2,1,2,4,2,1,2,1");
 * ```
 */
export function convTranspose2d(
  x: Tensor,
  weight: Tensor,
  options: ConvTransposeOptions = {},
): Tensor {
  return transposed("convTranspose2d", 2, x, weight, options);
}

/**
 * Transposed convolution of volumes, as {@link convTranspose1d} in all three dims; the weight is
 * [in, out / groups, d, h, w].
 *
 * @param x [N, C, D, H, W], or [C, D, H, W] for one volume.
 * @throws {ShapeError} when channels do not fit, or nothing of the result would be left.
 * @throws {ArgumentError} when an option is not a whole number, or outputPadding is too large.
 *
 * @example
 * ```ts
 * import { convTranspose3d, ones } from "@minitensor/minitensor";
 * const y = convTranspose3d(ones([1, 1, 1, 2]), ones([1, 1, 2, 1, 2]));
 * console.assert(y.toArray().toString() === "1,2,1,1,2,1");
 * ```
 */
export function convTranspose3d(
  x: Tensor,
  weight: Tensor,
  options: ConvTransposeOptions = {},
): Tensor {
  return transposed("convTranspose3d", 3, x, weight, options);
}

function transposed(
  op: string,
  rank: 1 | 2 | 3,
  x: Tensor,
  weight: Tensor,
  options: ConvTransposeOptions,
): Tensor {
  checkOptions(options, known, op);
  if (x.ndim === rank + 1) {
    return squeeze(transposed(op, rank, unsqueeze(x, 0), weight, options), 0);
  }
  const { bias = null, groups = 1 } = options;
  checkChannels(op, rank, [x, weight, bias], groups, true);
  const geometry = geometryOf(op, rank, weight, options);
  const sizes = resultSizes(op, x, geometry, options.outputPadding ?? 0);
  const [input, kernel, offset] = promote(bias === null ? [x, weight] : [x, weight, bias], true);
  const result = rank === 3
    ? ofVolumes(input!, kernel!, sizes, geometry, groups)
    : ofImages(input!, kernel!, sizes, geometry, groups);
  if (offset === undefined) return result;
  return add(result, reshape(offset, [-1, ...sizes.map(() => 1)]));
}

function geometryOf(
  op: string,
  rank: number,
  weight: Tensor,
  { stride = 1, padding = 0, dilation = 1 }: ConvTransposeOptions,
): Geometry {
  return {
    kernel: part(weight.shape, 2, weight.ndim),
    stride: sizesOf(stride, rank, "stride", op, 1),
    padding: sizesOf(padding, rank, "padding", op, 0),
    dilation: sizesOf(dilation, rank, "dilation", op, 1),
  };
}

function resultSizes(op: string, x: Tensor, geometry: Geometry, asked: Sizes): Shape {
  const { stride, padding, dilation, kernel } = geometry;
  const added = sizesOf(asked, kernel.length, "outputPadding", op, 0);
  if (!added.every((size, dim) => size < Math.max(stride[dim]!, dilation[dim]!))) {
    throw new ArgumentError(
      `Cannot ${op} with outputPadding ${text(added)}: it is less than stride ${text(stride)} or ` +
        `dilation ${text(dilation)}`,
      { op },
    );
  }
  const sizes = kernel.map((_, dim) =>
    (x.shape[2 + dim]! - 1) * stride[dim]! - 2 * padding[dim]! + reachOf(geometry, dim) +
    added[dim]!
  );
  if (sizes.some((size) => size < 1)) {
    throw new ShapeError(
      `Cannot ${op} a tensor of shape ${text(x.shape)} by a window of ${text(kernel)} with ` +
        `padding ${text(padding)}: the result would have sizes ${text(sizes)}`,
      { op },
    );
  }
  return sizes;
}

function ofImages(
  x: Tensor,
  weight: Tensor,
  sizes: Shape,
  { stride, padding, dilation }: Geometry,
  groups: number,
): Tensor {
  const flat = sizes.length === 1; // an image of height 1
  const pair = ([a, b]: readonly number[], filler: number): readonly [number, number] =>
    flat ? [filler, a!] : [a!, b!];
  const result = conv2dInputGradient(
    flat ? unsqueeze(x, 2) : x,
    flat ? unsqueeze(weight, 2) : weight,
    [x.shape[0]!, weight.shape[1]! * groups, ...pair(sizes, 1)],
    { stride: pair(stride, 1), padding: pair(padding, 0), dilation: pair(dilation, 1), groups },
  );
  return flat ? squeeze(result, 2) : result;
}

/** Every depth of the input is an image; the results of the kernel's depths are then added up. */
function ofVolumes(
  x: Tensor,
  weight: Tensor,
  [depth, height, width]: Shape,
  geometry: Geometry,
  groups: number,
): Tensor {
  const [n, channels, positions, ...plane] = x.shape as [number, number, number, number, number];
  const outputs = weight.shape[1]! * groups;
  const images = reshape(transpose(x, 1, 2), [n * positions, channels, ...plane]);
  const columns = conv2dInputGradient(
    images,
    flatKernel(weight),
    [n * positions, outputs * weight.shape[2]!, height!, width!],
    planeAttributes(geometry, groups),
  );
  const shape = [n, outputs, depth!, height!, width!];
  return windowSum(columns, shape, depthWindows(geometry, positions));
}
