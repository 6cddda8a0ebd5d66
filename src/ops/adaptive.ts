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
  cutsOf,
  cutWindows,
  layOut,
  planeCuts,
} from "./adaptive_window.ts";
import { avgPlanes } from "./avg_pool.ts";
import { floating } from "./front.ts";
import { checkPooled, poolDims } from "./pool_window.ts";
import { where } from "./select.ts";

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

/**
 * Means of windows. Where their lengths differ it takes rows first and then columns: rows are laid
 * out by copies of whole lines, and what is left for the columns is small.
 */
function averageParts(planes: Tensor, cuts: readonly [Cuts, Cuts]): Tensor {
  const averaging = { countIncludePad: true, divisorOverride: 0 };
  if (cuts.every(({ step }) => step !== null)) {
    return avgPlanes(planes, { ...cutWindows(cuts), ...averaging });
  }
  const [rows, columns] = cuts;
  const [height, width] = [planes.shape[3]!, rows.starts.length].map(cutAll) as [Cuts, Cuts];
  return averageOne(averageOne(planes, [rows, height]), [width, columns]);
}

/** Means of windows of which those along one dim have one element. */
function averageOne(planes: Tensor, cuts: readonly [Cuts, Cuts]): Tensor {
  const uneven = cuts.some(({ step }) => step === null);
  const averaging = { countIncludePad: true, divisorOverride: uneven ? 1 : 0 };
  const means = avgPlanes(withoutRepeats(layOut(planes, cuts), cuts), {
    ...cutWindows(cuts),
    ...averaging,
  });
  if (!uneven) return means;
  const [rows, columns] = cuts;
  const counts = rows.lengths.map((height) => columns.lengths.map((width) => height * width));
  return means.div(tensor(counts, { dtype: planes.dtype }));
}

/** Windows of one element each. */
function cutAll(extent: number): Cuts {
  return cutsOf(extent, extent);
}

/** Zeros where a window was made longer. */
function withoutRepeats(planes: Tensor, cuts: readonly [Cuts, Cuts]): Tensor {
  return cuts.reduce((x, { step, lengths, longest }, i) => {
    if (step !== null) return x;
    const kept = lengths.flatMap((length) => Array.from({ length: longest }, (_, j) => j < length));
    const mask = tensor(kept);
    return where(i === 0 ? mask.unsqueeze(1) : mask, x, 0);
  }, planes);
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
