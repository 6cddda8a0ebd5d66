/**
 * The way back from max pooling.
 *
 * @module
 */
import { ArgumentError, DTypeError, IndexError, ShapeError } from "../errors.ts";
import { sameShape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions } from "./front.ts";
import { checkPooled, type PoolSize } from "./pool_window.ts";
import { scatter } from "./scatter.ts";
import { sizesOf } from "./window.ts";

/** Options of {@link maxUnpool1d}, {@link maxUnpool2d} and {@link maxUnpool3d}. */
export interface MaxUnpoolOptions {
  /** Steps of the windows. Default: their size. */
  readonly stride?: PoolSize;
  /** What the pooling had around its input. Default 0. */
  readonly padding?: PoolSize;
  /**
   * Sizes of the pooling's input, which several inputs may share; the last dims, or all. Default:
   * (positions - 1) * stride - 2 * padding + kernelSize.
   */
  readonly outputSize?: readonly number[];
}

function unpool(
  x: Tensor,
  indices: Tensor,
  rank: number,
  kernelSize: PoolSize,
  options: MaxUnpoolOptions,
): Tensor {
  const op = `maxUnpool${rank}d`;
  checkOptions(options, ["stride", "padding", "outputSize"], op);
  checkPooled(x, rank, op);
  checkIndices(x, indices, op);
  const sizes = unpooledSizes(x, rank, kernelSize, options, op);
  const lead = x.shape.slice(0, -rank);
  const count = sizes.reduce((product, size) => product * size, 1);
  const flat = indices.flatten(-rank);
  checkRange(flat, count, op);
  const zeros = x.newZeros([...lead, count]);
  return scatter(zeros, -1, flat, x.flatten(-rank)).reshape([...lead, ...sizes]);
}

function checkIndices(x: Tensor, indices: Tensor, op: string): void {
  if (indices.dtype !== "int64" && indices.dtype !== "int32") {
    throw new DTypeError(`Cannot ${op} by indices of dtype ${indices.dtype}: they are int64`, {
      op,
    });
  }
  if (!sameShape(x.shape, indices.shape)) {
    throw new ShapeError(
      `Cannot ${op} a tensor of shape ${text(x.shape)} by indices of shape ${
        text(indices.shape)
      }: the shapes must be equal`,
      { op },
    );
  }
}

/** A negative index must not count from the end here. */
function checkRange(flat: Tensor, count: number, op: string): void {
  if (flat.numel() === 0) return;
  const { min, max } = flat.aminmax();
  const wrong = [Number(min.item()), Number(max.item())].find((at) => at < 0 || at >= count);
  if (wrong !== undefined) {
    throw new IndexError(`Cannot ${op} by index ${wrong}: there are ${count} elements`, { op });
  }
}

function unpooledSizes(
  x: Tensor,
  rank: number,
  kernelSize: PoolSize,
  options: MaxUnpoolOptions,
  op: string,
): readonly number[] {
  const kernel = sizesOf(kernelSize, rank, "kernelSize", op, 1);
  const stride = sizesOf(options.stride ?? kernelSize, rank, "stride", op, 1);
  const padding = sizesOf(options.padding ?? 0, rank, "padding", op, 0);
  const usual = x.shape.slice(-rank).map((positions, i) =>
    (positions - 1) * stride[i]! - 2 * padding[i]! + kernel[i]!
  );
  const asked = options.outputSize;
  if (asked === undefined) return usual;
  const sizes = asked.length === x.ndim ? asked.slice(-rank) : asked;
  // Sizes that the pooling could have come from, as far as its stride tells.
  const fits = sizes.length === rank &&
    sizes.every((size, i) => Number.isInteger(size) && Math.abs(size - usual[i]!) < stride[i]!);
  if (!fits) {
    throw new ArgumentError(
      `Cannot ${op} to outputSize ${text(asked)}: it differs from ${text(usual)} by less than ` +
        `the stride ${text(stride)}`,
      { op },
    );
  }
  return sizes;
}

/**
 * Zeros of the size that a {@link maxPool1d} had as input, with x at the indices that it answered.
 * Of repeated indices the last one stays.
 *
 * @param indices int64, of the shape of x.
 * @throws {ShapeError} when the shapes do not fit.
 * @throws {IndexError} for an index outside the result.
 * @throws {ArgumentError} for an outputSize that no input of the pooling has.
 * @throws {DTypeError} when x is not floating-point, or the indices are not int64 or int32.
 *
 * @example
 * ```ts
 * import { maxPool1d, maxUnpool1d, tensor } from "@minitensor/minitensor";
 * const x = tensor([[1, 5, 4, 3]]);
 * const { values, indices } = maxPool1d(x, 2, { returnIndices: true });
 * console.assert(maxUnpool1d(values, indices, 2).toArray().toString() === "0,5,4,0");
 * ```
 */
export function maxUnpool1d(
  x: Tensor,
  indices: Tensor,
  kernelSize: PoolSize,
  options: MaxUnpoolOptions = {},
): Tensor {
  return unpool(x, indices, 1, kernelSize, options);
}

/**
 * Zeros of the size that a {@link maxPool2d} had as input, with x at the indices that it answered
 * (Zeiler and Fergus 2014). Of repeated indices the last one stays.
 *
 * @param indices int64, of the shape of x.
 * @throws {ShapeError} when the shapes do not fit.
 * @throws {IndexError} for an index outside the result.
 * @throws {ArgumentError} for an outputSize that no input of the pooling has.
 * @throws {DTypeError} when x is not floating-point, or the indices are not int64 or int32.
 *
 * @example
 * ```ts
 * import { maxPool2d, maxUnpool2d, tensor } from "@minitensor/minitensor";
 * const x = tensor([[[1, 5], [4, 3]]]);
 * const { values, indices } = maxPool2d(x, 2, { returnIndices: true });
 * console.assert(maxUnpool2d(values, indices, 2).toArray().toString() === "0,5,0,0");
 * ```
 */
export function maxUnpool2d(
  x: Tensor,
  indices: Tensor,
  kernelSize: PoolSize,
  options: MaxUnpoolOptions = {},
): Tensor {
  return unpool(x, indices, 2, kernelSize, options);
}

/**
 * Zeros of the size that a {@link maxPool3d} had as input, with x at the indices that it answered.
 * Of repeated indices the last one stays.
 *
 * @param indices int64, of the shape of x.
 * @throws {ShapeError} when the shapes do not fit.
 * @throws {IndexError} for an index outside the result.
 * @throws {ArgumentError} for an outputSize that no input of the pooling has.
 * @throws {DTypeError} when x is not floating-point, or the indices are not int64 or int32.
 *
 * @example
 * ```ts
 * import { maxPool3d, maxUnpool3d, arange } from "@minitensor/minitensor";
 * const x = arange(8).reshape([1, 2, 2, 2]);
 * const { values, indices } = maxPool3d(x, 2, { returnIndices: true });
 * console.assert(maxUnpool3d(values, indices, 2).sum().item() === 7);
 * ```
 */
export function maxUnpool3d(
  x: Tensor,
  indices: Tensor,
  kernelSize: PoolSize,
  options: MaxUnpoolOptions = {},
): Tensor {
  return unpool(x, indices, 3, kernelSize, options);
}
