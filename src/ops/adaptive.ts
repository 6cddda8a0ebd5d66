/**
 * Average pooling to a given size.
 *
 * @module
 */
import { tensor } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  type AdaptiveSize,
  adaptiveSizes,
  type Cuts,
  cutWindows,
  planeCuts,
} from "./adaptive_window.ts";
import { avgPlanes } from "./avg_pool.ts";
import { floating } from "./front.ts";
import { indexAdd, indexSelect } from "./gather.ts";
import { checkPooled, poolDims } from "./pool_window.ts";

function pool(given: Tensor, rank: number, outputSize: AdaptiveSize): Tensor {
  const op = `adaptiveAvgPool${rank}d`;
  const x = floating(given);
  checkPooled(x, rank, op);
  const sizes = adaptiveSizes(x, rank, outputSize, op);
  if (sizes.includes(0)) return x.newZeros([...x.shape.slice(0, -rank), ...sizes]);
  return poolDims(
    x,
    sizes,
    (planes, dims) => averageParts(planes, planeCuts(planes, sizes, dims)),
  );
}

/** Means of windows; where their lengths differ, along one dim and then along the other. */
function averageParts(planes: Tensor, cuts: readonly [Cuts, Cuts]): Tensor {
  const averaging = { ...cutWindows(cuts), countIncludePad: true, divisorOverride: 0 };
  if (cuts.every(({ step }) => step !== null)) return avgPlanes(planes, averaging);
  return averageAlong(averageAlong(planes, 2, cuts[0]), 3, cuts[1]);
}

/**
 * Means of windows along one dim. A product with a matrix of shares would spread infinities to the
 * windows that do not have them.
 */
function averageAlong(x: Tensor, dim: number, { starts, lengths }: Cuts): Tensor {
  const places = starts.flatMap((start, i) =>
    Array.from({ length: lengths[i]! }, (_, j) => start + j)
  );
  const windows = lengths.flatMap((length, i) => new Array<number>(length).fill(i));
  const zeros = x.newZeros(x.shape.with(dim, starts.length));
  const sums = indexAdd(zeros, dim, windows, indexSelect(x, dim, places));
  const counts = tensor(lengths, { dtype: x.dtype });
  return sums.div(dim === 2 ? counts.unsqueeze(1) : counts);
}

/**
 * Means of windows that divide the last dim of [N, C, L] or [C, L] into a given number: window i of
 * n covers floor(i L / n) to ceil((i + 1) L / n).
 *
 * @param outputSize how many.
 * @throws {ShapeError} when x has other dims or no elements along the last one, or the size is not
 * a whole number.
 *
 * @example
 * ```ts
 * import { adaptiveAvgPool1d, tensor } from "@minitensor/minitensor";
 * const x = tensor([[1, 2, 3, 4]]);
 * console.assert(adaptiveAvgPool1d(x, 2).toArray().toString() === "1.5,3.5");
 * ```
 */
export function adaptiveAvgPool1d(x: Tensor, outputSize: AdaptiveSize): Tensor {
  return pool(x, 1, outputSize);
}

/**
 * Means of windows that divide [N, C, H, W] or [C, H, W] into a given number of rows and columns:
 * window i of n covers floor(i H / n) to ceil((i + 1) H / n).
 *
 * @param outputSize rows and columns, or one number for both; null keeps a size.
 * @throws {ShapeError} when x has other dims or an empty image, or a size is not a whole number.
 *
 * @example
 * ```ts
 * import { adaptiveAvgPool2d, tensor } from "@minitensor/minitensor";
 * const x = tensor([[[1, 2, 3, 4]]]);
 * console.assert(adaptiveAvgPool2d(x, [1, 2]).toArray().toString() === "1.5,3.5");
 * ```
 */
export function adaptiveAvgPool2d(x: Tensor, outputSize: AdaptiveSize): Tensor {
  return pool(x, 2, outputSize);
}

/**
 * Means of windows that divide [N, C, D, H, W] or [C, D, H, W] into a given number of depths, rows
 * and columns: window i of n covers floor(i D / n) to ceil((i + 1) D / n).
 *
 * @param outputSize depths, rows and columns, or one number for all; null keeps a size.
 * @throws {ShapeError} when x has other dims or an empty volume, or a size is not a whole number.
 *
 * @example
 * ```ts
 * import { adaptiveAvgPool3d, arange } from "@minitensor/minitensor";
 * const x = arange(8).reshape([1, 2, 2, 2]);
 * console.assert(adaptiveAvgPool3d(x, [2, 1, 1]).toArray().toString() === "1.5,5.5");
 * ```
 */
export function adaptiveAvgPool3d(x: Tensor, outputSize: AdaptiveSize): Tensor {
  return pool(x, 3, outputSize);
}
