/**
 * Max pooling to a given size.
 *
 * @module
 */
import { noGrad } from "../autograd.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  type AdaptiveSize,
  adaptiveSizes,
  type Cuts,
  cutWindows,
  laidOut,
  layOut,
  planeCuts,
} from "./adaptive_window.ts";
import { checkOptions } from "./front.ts";
import { indexSelect } from "./gather.ts";
import {
  maxDimsAt,
  maxPlanes,
  maxPlanesAt,
  type MaxPoolResult,
  type MaybeIndices,
  type WithIndices,
  type WithoutIndices,
} from "./max_pool.ts";
import { checkPooled, poolDims } from "./pool_window.ts";

function pool(
  x: Tensor,
  rank: number,
  outputSize: AdaptiveSize,
  options: MaybeIndices,
): Tensor | MaxPoolResult {
  const op = `adaptiveMaxPool${rank}d`;
  checkOptions(options, ["returnIndices"], op);
  checkPooled(x, rank, op);
  const sizes = adaptiveSizes(x, rank, outputSize, op);
  const hasIndices = options.returnIndices === true;
  if (sizes.includes(0)) {
    const values = x.newZeros([...x.shape.slice(0, -rank), ...sizes]);
    return hasIndices ? { values, indices: values.to("int64") } : values;
  }
  if (hasIndices) {
    return maxDimsAt(x, sizes, (planes, dims) => partsAt(planes, planeCuts(planes, sizes, dims)));
  }
  return poolDims(x, sizes, (planes, dims) => {
    const cuts = planeCuts(planes, sizes, dims);
    return isEven(cuts) ? maxPlanes(planes, cutWindows(cuts)) : partsAt(planes, cuts).values;
  });
}

const isEven = (cuts: readonly [Cuts, Cuts]) => cuts.every(({ step }) => step !== null);

/** The maxima of the windows, and where they are in the planes. */
function partsAt(planes: Tensor, cuts: readonly [Cuts, Cuts]): MaxPoolResult {
  if (isEven(cuts)) return maxPlanesAt(planes, cutWindows(cuts));
  const places = noGrad(() => placesIn(planes, cuts));
  // Taken from the planes themselves, whose gradient need not go through the layout.
  const values = planes.flatten(2).gather(2, places.flatten(2)).reshape(places.shape);
  return { values, indices: places };
}

function placesIn(planes: Tensor, cuts: readonly [Cuts, Cuts]): Tensor {
  const wide = layOut(planes, cuts);
  const { indices } = maxPlanesAt(wide, cutWindows(cuts));
  const width = wide.shape[3]!;
  const row = indices.floorDivide(width);
  const [y, x] = [row, indices.sub(row.mul(width))].map((place, i) =>
    cuts[i]!.step === null ? originals(place, laidOut(cuts[i]!)) : place
  );
  return y!.mul(planes.shape[3]!).add(x!);
}

function originals(place: Tensor, elements: readonly number[]): Tensor {
  const numbers = place.newTensor(elements);
  return indexSelect(numbers, 0, place.flatten()).reshape(place.shape);
}

/**
 * Largest elements of windows that divide the last dim of [N, C, L] or [C, L] into a given number:
 * window i of n covers floor(i L / n) to ceil((i + 1) L / n).
 *
 * @param outputSize how many.
 * @returns [..., C, outputSize], or { values, indices } with `returnIndices`.
 * @throws {ShapeError} when x has other dims or no elements along the last one, or the size is not
 * a whole number.
 * @throws {DTypeError} when x is not floating-point.
 *
 * @example
 * ```ts
 * import { adaptiveMaxPool1d, tensor } from "@minitensor/minitensor";
 * const x = tensor([[1, 7, 3, 4, 5]]);
 * const { indices } = adaptiveMaxPool1d(x, 2, { returnIndices: true });
 * console.assert(String(indices.toArray()) === "1,4");
 * ```
 */
export function adaptiveMaxPool1d(
  x: Tensor,
  outputSize: AdaptiveSize,
  options: WithIndices,
): MaxPoolResult;
/**
 * Largest elements of windows that divide the last dim into a given number.
 *
 * @example
 * ```ts
 * import { adaptiveMaxPool1d, tensor } from "@minitensor/minitensor";
 * const x = tensor([[1, 7, 3, 4, 5]]);
 * console.assert(String(adaptiveMaxPool1d(x, 2).toArray()) === "7,5");
 * ```
 */
export function adaptiveMaxPool1d(
  x: Tensor,
  outputSize: AdaptiveSize,
  options?: WithoutIndices,
): Tensor;
export function adaptiveMaxPool1d(
  x: Tensor,
  outputSize: AdaptiveSize,
  options: MaybeIndices = {},
): Tensor | MaxPoolResult {
  return pool(x, 1, outputSize, options);
}

/**
 * Largest elements of windows that divide [N, C, H, W] or [C, H, W] into a given number of rows and
 * columns: window i of n covers floor(i H / n) to ceil((i + 1) H / n).
 *
 * @param outputSize rows and columns, or one number for both; null keeps a size.
 * @returns [..., C, rows, columns], or { values, indices } with `returnIndices`.
 * @throws {ShapeError} when x has other dims or an empty image, or a size is not a whole number.
 * @throws {DTypeError} when x is not floating-point.
 *
 * @example
 * ```ts
 * import { adaptiveMaxPool2d, arange } from "@minitensor/minitensor";
 * const x = arange(9).reshape([1, 3, 3]);
 * const { indices } = adaptiveMaxPool2d(x, [2, 1], { returnIndices: true });
 * console.assert(String(indices.toArray()) === "5,8");
 * ```
 */
export function adaptiveMaxPool2d(
  x: Tensor,
  outputSize: AdaptiveSize,
  options: WithIndices,
): MaxPoolResult;
/**
 * Largest elements of windows that divide images into a given number of rows and columns.
 *
 * @example
 * ```ts
 * import { adaptiveMaxPool2d, arange } from "@minitensor/minitensor";
 * const x = arange(9).reshape([1, 3, 3]);
 * console.assert(String(adaptiveMaxPool2d(x, [2, 1]).toArray()) === "5,8");
 * ```
 */
export function adaptiveMaxPool2d(
  x: Tensor,
  outputSize: AdaptiveSize,
  options?: WithoutIndices,
): Tensor;
export function adaptiveMaxPool2d(
  x: Tensor,
  outputSize: AdaptiveSize,
  options: MaybeIndices = {},
): Tensor | MaxPoolResult {
  return pool(x, 2, outputSize, options);
}

/**
 * Largest elements of windows that divide [N, C, D, H, W] or [C, D, H, W] into a given number of
 * depths, rows and columns: window i of n covers floor(i D / n) to ceil((i + 1) D / n).
 *
 * @param outputSize depths, rows and columns, or one number for all; null keeps a size.
 * @returns [..., C, depths, rows, columns], or { values, indices } with `returnIndices`.
 * @throws {ShapeError} when x has other dims or an empty volume, or a size is not a whole number.
 * @throws {DTypeError} when x is not floating-point.
 *
 * @example
 * ```ts
 * import { adaptiveMaxPool3d, arange } from "@minitensor/minitensor";
 * const x = arange(8).reshape([1, 2, 2, 2]);
 * const { indices } = adaptiveMaxPool3d(x, [2, 1, 1], { returnIndices: true });
 * console.assert(String(indices.toArray()) === "3,7");
 * ```
 */
export function adaptiveMaxPool3d(
  x: Tensor,
  outputSize: AdaptiveSize,
  options: WithIndices,
): MaxPoolResult;
/**
 * Largest elements of windows that divide volumes into a given number along each dim.
 *
 * @example
 * ```ts
 * import { adaptiveMaxPool3d, arange } from "@minitensor/minitensor";
 * const x = arange(8).reshape([1, 2, 2, 2]);
 * console.assert(String(adaptiveMaxPool3d(x, [2, 1, 1]).toArray()) === "3,7");
 * ```
 */
export function adaptiveMaxPool3d(
  x: Tensor,
  outputSize: AdaptiveSize,
  options?: WithoutIndices,
): Tensor;
export function adaptiveMaxPool3d(
  x: Tensor,
  outputSize: AdaptiveSize,
  options: MaybeIndices = {},
): Tensor | MaxPoolResult {
  return pool(x, 3, outputSize, options);
}
