/**
 * Softmax of what a mask leaves in, and of negated values.
 *
 * @module
 */
import { DTypeError, ShapeError } from "../errors.ts";
import { broadcastPair, checkDim, sameShape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { floating } from "./front.ts";
import { logSoftmax, softmax } from "./loss.ts";

/** Scores with -inf where the mask is true, and 0 throughout the rows that it leaves empty. */
function maskedScores(x: Tensor, mask: Tensor, dim: number, op: string): [Tensor, Tensor, number] {
  const along = checkDim(dim, x.ndim, op);
  if (mask.dtype !== "bool") {
    throw new DTypeError(`Cannot ${op} with a mask of dtype ${mask.dtype}: it must be bool`, {
      op,
    });
  }
  if (mask.ndim > x.ndim || !sameShape(broadcastPair(x.shape, mask.shape, op), x.shape)) {
    throw new ShapeError(
      `Cannot ${op} a tensor of shape ${text(x.shape)} with a mask of shape ${
        text(mask.shape)
      }: the mask must broadcast to the tensor`,
      { op },
    );
  }
  const left = mask.expand(x.shape);
  const empty = x.ndim === 0 ? left : left.all(along, { keepdim: true });
  const scores = floating(x).maskedFill(left, -Infinity).maskedFill(empty, 0);
  return [scores, left, along];
}

/**
 * Softmax along a dim over the elements where the mask is false. Where it is true the result and
 * the gradient are 0, also where it leaves nothing of a row.
 *
 * @param mask bool, broadcasts to x; true = left out.
 * @returns As x; float.
 * @throws {DTypeError} when the mask is not bool.
 * @throws {ShapeError} when it does not broadcast to x.
 *
 * @example
 * ```ts
 * import { maskedSoftmax, tensor } from "@minitensor/minitensor";
 * const out = maskedSoftmax(tensor([5, 5, 9]), tensor([false, false, true]));
 * console.assert(out.toArray().toString() === "0.5,0.5,0");
 * ```
 */
export function maskedSoftmax(x: Tensor, mask: Tensor, dim = -1): Tensor {
  const [scores, left, along] = maskedScores(x, mask, dim, "maskedSoftmax");
  return softmax(scores, along).maskedFill(left, 0);
}

/**
 * Logarithm of {@link maskedSoftmax}, exact at any margin: -inf with gradient 0 where the mask is
 * true.
 *
 * @param mask bool, broadcasts to x; true = left out.
 * @returns As x; float.
 * @throws {DTypeError} when the mask is not bool.
 * @throws {ShapeError} when it does not broadcast to x.
 *
 * @example
 * ```ts
 * import { maskedLogSoftmax, tensor } from "@minitensor/minitensor";
 * const out = maskedLogSoftmax(tensor([5, 9]), tensor([false, true]));
 * console.assert(out.toArray().toString() === "0,-Infinity");
 * ```
 */
export function maskedLogSoftmax(x: Tensor, mask: Tensor, dim = -1): Tensor {
  const [scores, left, along] = maskedScores(x, mask, dim, "maskedLogSoftmax");
  return logSoftmax(scores, along).maskedFill(left, -Infinity);
}

/**
 * Softmax of -x along a dim, exp(-xᵢ) / Σ exp(-xⱼ): most for the smallest. Float result.
 *
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { softmin, tensor } from "@minitensor/minitensor";
 * console.assert(softmin(tensor([1, 1, 900])).toArray().toString() === "0.5,0.5,0");
 * ```
 */
export function softmin(x: Tensor, dim = -1): Tensor {
  return softmax(floating(x).neg(), dim);
}
