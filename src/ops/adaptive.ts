/**
 * Pooling to a given size, and dropout of whole channels.
 *
 * @module
 */
import { ones, tensor } from "../create.ts";
import { ShapeError } from "../errors.ts";
import { text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { avgPool2d } from "./avg_pool.ts";
import { dropout, type DropoutOptions } from "./dropout.ts";
import { floating } from "./front.ts";
import { matmul } from "./linalg.ts";

/**
 * Means of windows that divide [..., H, W] into a given number of rows and columns: window i of n
 * covers floor(i H / n) to ceil((i + 1) H / n).
 *
 * @param outputSize rows and columns, or one number for both; null keeps a size.
 * @throws {ShapeError} when x has less than 3 or more than 4 dims, or a size is not a whole number.
 *
 * @example
 * ```ts
 * import { adaptiveAvgPool2d, tensor } from "@minitensor/minitensor";
 * const x = tensor([[[1, 2, 3, 4]]]);
 * console.assert(adaptiveAvgPool2d(x, [1, 2]).toArray().toString() === "1.5,3.5");
 * ```
 */
export function adaptiveAvgPool2d(
  x: Tensor,
  outputSize: number | readonly (number | null)[],
): Tensor {
  const op = "adaptiveAvgPool2d";
  if (x.ndim !== 3 && x.ndim !== 4) {
    throw new ShapeError(`Cannot ${op} a tensor of shape ${text(x.shape)}: it needs 3 or 4 dims`, {
      op,
    });
  }
  const wanted = typeof outputSize === "number" ? [outputSize, outputSize] : outputSize;
  const from = x.shape.slice(-2);
  const to = from.map((extent, i) => wanted[i] ?? extent);
  if (wanted.length !== 2 || !to.every((extent) => Number.isInteger(extent) && extent >= 0)) {
    throw new ShapeError(`Cannot ${op} to ${JSON.stringify(outputSize)}: give rows and columns`, {
      op,
    });
  }
  const [height, width] = from as [number, number];
  const [rows, columns] = to as [number, number];
  if (
    rows > 0 && columns > 0 && height > 0 && width > 0 && height % rows === 0 &&
    width % columns === 0
  ) {
    return avgPool2d(x, [height / rows, width / columns]);
  }
  // Windows of several sizes: two products with matrices of shares.
  const input = floating(x);
  const down = shares(rows, height).to(input.dtype);
  const across = shares(columns, width).to(input.dtype);
  return matmul(matmul(down, input), across.transpose(0, 1));
}

/** Row i has 1 / length at the places of window i. */
function shares(windows: number, extent: number): Tensor {
  const values = new Float64Array(windows * extent);
  for (let i = 0; i < windows; i++) {
    const start = Math.floor((i * extent) / windows);
    const end = Math.ceil(((i + 1) * extent) / windows);
    values.fill(1 / (end - start), i * extent + start, i * extent + end);
  }
  return tensor(values).reshape([windows, extent]);
}

/**
 * Sets whole channels of [N, C, H, W] or [C, H, W] to 0 with probability p, and scales the others
 * by 1 / (1 - p) (Tompson et al. 2015).
 *
 * @throws {ShapeError} when x has neither 3 nor 4 dims.
 * @throws {ArgumentError} when p is not within 0 and 1.
 *
 * @example
 * ```ts
 * import { dropout2d, ones } from "@minitensor/minitensor";
 * console.assert(dropout2d(ones([2, 3, 4, 4]), { p: 1 }).sum().item() === 0);
 * ```
 */
export function dropout2d(x: Tensor, options: DropoutOptions = {}): Tensor {
  if (x.ndim !== 3 && x.ndim !== 4) {
    throw new ShapeError(
      `Cannot dropout2d a tensor of shape ${text(x.shape)}: it needs 3 or 4 dims`,
      { op: "dropout2d" },
    );
  }
  const input = floating(x);
  const channels = [...x.shape.slice(0, -2), 1, 1];
  const kept = dropout(ones(channels, { dtype: input.dtype }), options);
  return options.training === false ? input.view(input.shape) : input.mul(kept);
}
