/**
 * Max pooling by steps that are no whole numbers.
 *
 * @module
 */
import { arange } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { type Generator, rand } from "../random.ts";
import { sameShape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions } from "./front.ts";
import {
  maxPlanesAt,
  type MaxPoolResult,
  type WithIndices,
  type WithoutIndices,
} from "./max_pool.ts";
import { batched, checkPooled, type PoolSize } from "./pool_window.ts";
import { sizesOf } from "./window.ts";

/** Options of {@link fractionalMaxPool2d}. */
export interface FractionalMaxPoolOptions {
  /** Rows and columns of the result. This or `outputRatio` is given. */
  readonly outputSize?: PoolSize;
  /** Rows and columns of the result as shares of the input's, above 0 and below 1. */
  readonly outputRatio?: number | readonly number[];
  /** Where the numbers come from. */
  readonly generator?: Generator;
  /** Numbers in [0, 1) instead of drawn ones: [N, C, 2], for columns and for rows. */
  readonly randomSamples?: Tensor;
}

type Options = FractionalMaxPoolOptions & { readonly returnIndices?: boolean };

const op = "fractionalMaxPool2d";
const names = ["outputSize", "outputRatio", "returnIndices", "generator", "randomSamples"];

/** Rows and columns of the result; windows must fit between them. */
function outputOf(x: Tensor, kernel: readonly number[], options: Options): readonly number[] {
  const { outputSize, outputRatio } = options;
  if ((outputSize === undefined) === (outputRatio === undefined)) {
    throw new ArgumentError(`Cannot ${op}: give outputSize or outputRatio, and not both`, { op });
  }
  const extents = x.shape.slice(-2);
  const sizes = outputSize !== undefined
    ? sizesOf(outputSize, 2, "outputSize", op, 1)
    : ratios(outputRatio!).map((ratio, i) => Math.floor(extents[i]! * ratio));
  if (sizes.some((size, i) => size < 1 || size + kernel[i]! - 1 > extents[i]!)) {
    throw new ShapeError(
      `Cannot ${op} images of ${extents.join(" by ")} to ${text(sizes)} by windows of ${
        text(kernel)
      }: there is no room for so many`,
      { op },
    );
  }
  return sizes;
}

function ratios(value: number | readonly number[]): readonly number[] {
  const list = typeof value === "number" ? [value, value] : value;
  if (list.length !== 2 || !list.every((ratio) => ratio > 0 && ratio < 1)) {
    throw new ArgumentError(
      `Cannot ${op} with outputRatio ${text(list)}: it is one or two numbers above 0 and below 1`,
      { op },
    );
  }
  return list;
}

function samplesOf(x: Tensor, { randomSamples, generator }: Options): Tensor {
  const shape = [x.shape[0]!, x.shape[1]!, 2];
  const dtype = x.dtype === "float64" ? "float64" : "float32"; // positions need the digits
  if (randomSamples === undefined) return rand(shape, generator ? { dtype, generator } : { dtype });
  if (!sameShape(randomSamples.shape, shape)) {
    throw new ShapeError(
      `Cannot ${op} with randomSamples of shape ${text(randomSamples.shape)}: expected ${
        text(shape)
      }`,
      { op },
    );
  }
  return randomSamples.detach().to(dtype);
}

/**
 * The elements of all windows along a dim, [N, C, count * kernel]: window i starts at
 * floor((i + u) a) - floor(u a) for a = (extent - kernel) / (count - 1), the last one at the end.
 */
function elementsAlong(u: Tensor, extent: number, count: number, kernel: number): Tensor {
  const last = extent - kernel;
  const steps = arange(0, count, 1, { dtype: u.dtype });
  const step = count === 1 ? 0 : last / (count - 1);
  const shift = u.mul(step).floor();
  const starts = steps.add(u).mul(step).floor().sub(shift);
  const isLast = steps.eq(count - 1);
  const first = starts.maskedFill(isLast, last).to("int64");
  return first.unsqueeze(-1).add(arange(0, kernel, 1, { dtype: "int64" })).flatten(2);
}

/**
 * Largest element of windows of images [N, C, H, W] or [C, H, W] whose steps vary at random around
 * a number that need not be whole (Graham 2014). The windows overlap; each channel has its own.
 *
 * @returns [..., C, rows, columns], or { values, indices } with `returnIndices`.
 * @throws {ShapeError} when x has other dims, or the windows do not fit.
 * @throws {ArgumentError} when a size is not a whole number, or neither or both of size and ratio
 * are given.
 * @throws {DTypeError} when x is not floating-point.
 *
 * @example
 * ```ts
 * import { arange, fractionalMaxPool2d } from "@minitensor/minitensor";
 * const x = arange(25).reshape([1, 5, 5]);
 * const options = { outputRatio: 0.6, returnIndices: true } as const;
 * const { values, indices } = fractionalMaxPool2d(x, 2, options);
 * console.assert(values.shape.join() === "1,3,3" && values.equal(indices.to(x.dtype)));
 * ```
 */
export function fractionalMaxPool2d(
  x: Tensor,
  kernelSize: PoolSize,
  options: FractionalMaxPoolOptions & WithIndices,
): MaxPoolResult;
/**
 * Largest element of windows whose steps vary at random.
 *
 * @example
 * ```ts
 * import { arange, fractionalMaxPool2d } from "@minitensor/minitensor";
 * const x = arange(25).reshape([1, 5, 5]);
 * const y = fractionalMaxPool2d(x, 2, { outputSize: 3 });
 * console.assert(y.shape.join() === "1,3,3" && y.max().item() === 24);
 * ```
 */
export function fractionalMaxPool2d(
  x: Tensor,
  kernelSize: PoolSize,
  options: FractionalMaxPoolOptions & WithoutIndices,
): Tensor;
export function fractionalMaxPool2d(
  x: Tensor,
  kernelSize: PoolSize,
  options: Options,
): Tensor | MaxPoolResult {
  checkOptions(options, names, op);
  checkPooled(x, 2, op);
  const kernel = sizesOf(kernelSize, 2, "kernelSize", op, 1);
  const out = outputOf(x, kernel, options);
  const images = batched(x, 2);
  const samples = samplesOf(images, options);
  const [height, width] = images.shape.slice(2) as [number, number];
  const rows = elementsAlong(samples.narrow(2, 1, 1), height, out[0]!, kernel[0]!);
  const columns = elementsAlong(samples.narrow(2, 0, 1), width, out[1]!, kernel[1]!);
  // The windows side by side, so that plain pooling finds their maxima.
  const places = rows.mul(width).unsqueeze(-1).add(columns.unsqueeze(-2));
  const flat = images.flatten(2);
  const wide = flat.detach().gather(2, places.flatten(2)).reshape(places.shape);
  const windows = { kernel, stride: kernel, padding: [0, 0], dilation: [1, 1], out };
  const chosen = places.flatten(2).gather(2, maxPlanesAt(wide, windows).indices.flatten(2));
  const shape = [...x.shape.slice(0, -2), ...out];
  const values = flat.gather(2, chosen).reshape(shape);
  return options.returnIndices === true ? { values, indices: chosen.reshape(shape) } : values;
}
