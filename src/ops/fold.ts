/**
 * Blocks of images as columns, and images from columns.
 *
 * @module
 */
import { ShapeError } from "../errors.ts";
import { text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Geometry, Sizes } from "./convolution_arguments.ts";
import { checkOptions } from "./front.ts";
import { reshape, squeeze, unsqueeze } from "./view.ts";
import { checkRoom, positions, sizesOf } from "./window.ts";
import { windowColumns, windowSum } from "./window_columns.ts";

/** Options of {@link im2col} and {@link fold}. */
export interface FoldOptions {
  /** Distance between the window's taps. Default 1. */
  readonly dilation?: Sizes;
  /** Zeros around the image. Default 0. */
  readonly padding?: Sizes;
  /** Steps of the window. Default 1. */
  readonly stride?: Sizes;
}

function geometryOf(op: string, kernelSize: Sizes, options: FoldOptions): Geometry {
  checkOptions(options, ["dilation", "padding", "stride"], op);
  return {
    kernel: sizesOf(kernelSize, 2, "kernelSize", op, 1),
    dilation: sizesOf(options.dilation ?? 1, 2, "dilation", op, 1),
    padding: sizesOf(options.padding ?? 0, 2, "padding", op, 0),
    stride: sizesOf(options.stride ?? 1, 2, "stride", op, 1),
  };
}

/**
 * The block of elements under every position of a window, as a column: of [N, C, H, W] a tensor
 * [N, C * h * w, positions], position by position along the rows.
 *
 * @param x [N, C, H, W], or [C, H, W] for one image.
 * @throws {ShapeError} when x has other dims, or the window is larger than the padded image.
 * @throws {ArgumentError} when a size is not a whole number.
 *
 * @example
 * ```ts
 * import { im2col, tensor } from "@minitensor/minitensor";
 * const x = tensor([[[1, 2, 3], [4, 5, 6]]]);
 * console.assert(im2col(x, 2).toArray().toString() === "1,2,2,3,4,5,5,6");
 * ```
 */
export function im2col(x: Tensor, kernelSize: Sizes, options: FoldOptions = {}): Tensor {
  const geometry = geometryOf("im2col", kernelSize, options);
  if (x.ndim === 3) return squeeze(im2col(unsqueeze(x, 0), kernelSize, options), 0);
  if (x.ndim !== 4) {
    throw new ShapeError(
      `Cannot im2col a tensor of shape ${text(x.shape)}: it takes [N, C, H, W] or [C, H, W]`,
      { op: "im2col" },
    );
  }
  const out = checkRoom(x, geometry.kernel, geometry, "im2col");
  const [n, c] = x.shape as [number, number];
  const [height, width] = geometry.kernel as [number, number];
  const windows = windowColumns(x, { ...geometry, out, merged: false });
  return reshape(windows, [n, c * height * width, out[0]! * out[1]!]);
}

/**
 * Images from columns, the adjoint of {@link im2col}: every column is added to the block that its
 * position covers, so that elements in several blocks are sums.
 *
 * @param x [N, C * h * w, positions], or without N for one image.
 * @param outputSize Height and width of the image.
 * @throws {ShapeError} when the columns are not those of such windows of such an image.
 * @throws {ArgumentError} when a size is not a whole number.
 *
 * @example
 * ```ts
 * import { fold, ones } from "@minitensor/minitensor";
 * const counts = fold(ones([4, 2]), [2, 3], 2);
 * console.assert(counts.toArray().toString() === "1,2,1,1,2,1");
 * ```
 */
export function fold(
  x: Tensor,
  outputSize: Sizes,
  kernelSize: Sizes,
  options: FoldOptions = {},
): Tensor {
  const geometry = geometryOf("fold", kernelSize, options);
  const size = sizesOf(outputSize, 2, "outputSize", "fold", 1);
  if (x.ndim === 2) return squeeze(fold(unsqueeze(x, 0), outputSize, kernelSize, options), 0);
  const [height, width] = geometry.kernel as [number, number];
  const out = size.map((extent, dim) =>
    positions(extent, geometry.kernel[dim]!, dim, geometry)
  ) as [number, number];
  const area = height * width;
  const count = out[0] * out[1];
  const fits = x.ndim === 3 && x.shape[1]! % area === 0 && x.shape[2] === count;
  if (!fits || count === 0) {
    throw new ShapeError(
      `Cannot fold a tensor of shape ${text(x.shape)} to ${text(size)} by windows of ` +
        `${text(geometry.kernel)}: it takes [N, C * ${area}, ${count}]`,
      { op: "fold" },
    );
  }
  const [n, channels] = [x.shape[0]!, x.shape[1]! / area];
  const columns = reshape(x, [n, channels, height, width, ...out]);
  return windowSum(columns, [n, channels, ...size], { ...geometry, out, merged: false });
}
