/**
 * Elements moved between channels and places, and channels among each other.
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../errors.ts";
import { part, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { contiguous } from "./copy.ts";
import { permute, reshape, transpose } from "./view.ts";

/** Checks the factor and answers the last three dims. */
function lastDims(x: Tensor, factor: number, op: string): readonly [number, number, number] {
  if (!Number.isInteger(factor) || factor < 1) {
    throw new ArgumentError(`Cannot ${op} by ${factor}: it is a whole number of 1 or more`, { op });
  }
  if (x.ndim < 3) {
    throw new ShapeError(
      `Cannot ${op} a tensor of shape ${text(x.shape)}: it takes [..., C, H, W]`,
      {
        op,
      },
    );
  }
  const [c, h, w] = part(x.shape, x.ndim - 3, x.ndim);
  return [c!, h!, w!];
}

/** `x` with its last three dims seen as `sizes`, in another order, joined to `result`. */
function rearranged(
  x: Tensor,
  sizes: readonly number[],
  order: readonly number[],
  result: readonly number[],
): Tensor {
  const outer = part(x.shape, 0, x.ndim - 3);
  const places = [...outer.map((_, i) => i), ...order.map((dim) => outer.length + dim)];
  const moved = permute(reshape(x, [...outer, ...sizes]), places);
  return contiguous(reshape(moved, [...outer, ...result]));
}

/**
 * [..., C r^2, H, W] as [..., C, H r, W r]: each element's r^2 channels become a square of r by r
 * (sub-pixel convolution, Shi et al. 2016).
 *
 * @throws {ShapeError} when x has less than 3 dims, or its channels are no multiple of r^2.
 * @throws {ArgumentError} when the factor is not a whole number of 1 or more.
 *
 * @example
 * ```ts
 * import { pixelShuffle, tensor } from "@minitensor/minitensor";
 * const x = tensor([[[1]], [[2]], [[3]], [[4]]]);
 * console.assert(pixelShuffle(x, 2).toArray().toString() === "1,2,3,4");
 * ```
 */
export function pixelShuffle(x: Tensor, upscaleFactor: number): Tensor {
  const [c, h, w] = lastDims(x, upscaleFactor, "pixelShuffle");
  const r = upscaleFactor;
  if (c % (r * r) !== 0) {
    throw new ShapeError(
      `Cannot pixelShuffle a tensor of shape ${text(x.shape)} by ${r}: ${c} channels are no ` +
        `multiple of ${r * r}`,
      { op: "pixelShuffle" },
    );
  }
  const channels = c / (r * r);
  return rearranged(x, [channels, r, r, h, w], [0, 3, 1, 4, 2], [channels, h * r, w * r]);
}

/**
 * [..., C, H r, W r] as [..., C r^2, H, W]: the inverse of {@link pixelShuffle}.
 *
 * @throws {ShapeError} when x has less than 3 dims, or its sizes are no multiples of r.
 * @throws {ArgumentError} when the factor is not a whole number of 1 or more.
 *
 * @example
 * ```ts
 * import { pixelUnshuffle, tensor } from "@minitensor/minitensor";
 * const x = tensor([[[1, 2], [3, 4]]]);
 * console.assert(pixelUnshuffle(x, 2).shape.toString() === "4,1,1");
 * ```
 */
export function pixelUnshuffle(x: Tensor, downscaleFactor: number): Tensor {
  const [c, h, w] = lastDims(x, downscaleFactor, "pixelUnshuffle");
  const r = downscaleFactor;
  if (h % r !== 0 || w % r !== 0) {
    throw new ShapeError(
      `Cannot pixelUnshuffle a tensor of shape ${text(x.shape)} by ${r}: ${h} by ${w} are no ` +
        "multiples of it",
      { op: "pixelUnshuffle" },
    );
  }
  const [height, width] = [h / r, w / r];
  return rearranged(x, [c, height, r, width, r], [0, 2, 4, 1, 3], [c * r * r, height, width]);
}

/**
 * Channels of [N, C, ...] dealt out among groups: channel g of group k becomes channel k of group g
 * (ShuffleNet, Zhang et al. 2018).
 *
 * @throws {ShapeError} when x has less than 3 dims, or its channels are no multiple of the groups.
 * @throws {ArgumentError} when `groups` is not a whole number of 1 or more.
 *
 * @example
 * ```ts
 * import { channelShuffle, tensor } from "@minitensor/minitensor";
 * const x = tensor([1, 2, 3, 4]).reshape([1, 4, 1]);
 * console.assert(channelShuffle(x, 2).toArray().toString() === "1,3,2,4");
 * ```
 */
export function channelShuffle(x: Tensor, groups: number): Tensor {
  const op = "channelShuffle";
  if (!Number.isInteger(groups) || groups < 1) {
    throw new ArgumentError(`Cannot ${op} by ${groups}: it is a whole number of 1 or more`, { op });
  }
  if (x.ndim < 3 || x.shape[1]! % groups !== 0) {
    throw new ShapeError(
      `Cannot ${op} a tensor of shape ${text(x.shape)} in ${groups} groups: it takes [N, C, ...] ` +
        "with C a multiple of them",
      { op },
    );
  }
  const [n, c, ...rest] = x.shape as [number, number, ...number[]];
  const grouped = reshape(x, [n, groups, c / groups, ...rest]);
  return contiguous(reshape(transpose(grouped, 1, 2), x.shape));
}
