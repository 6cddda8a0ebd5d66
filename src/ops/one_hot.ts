/**
 * Counting classes and writing them as rows.
 *
 * @module
 */
import type { DType } from "../dtype.ts";
import { ArgumentError, DTypeError, IndexError, ShapeError } from "../errors.ts";
import { sameShape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions } from "./front.ts";
import { scatterAdd } from "./gather.ts";
import { unsqueeze } from "./view.ts";
import { everything } from "../vmap/batch.ts";

/** The highest of some indices, which are integers of 0 or more; -1 of none. */
function highest(x: Tensor, limit: number | null, op: string): number {
  if (!x.spec.info.isInt) {
    throw new DTypeError(`Cannot ${op} a tensor of dtype ${x.dtype}: it takes integers`, { op });
  }
  const all = everything(x);
  if (all.numel() === 0) return -1;
  const low = Number(all.min().item());
  const high = Number(all.max().item());
  if (low < 0 || (limit !== null && high >= limit)) {
    const found = low < 0 ? low : high;
    const state = low < 0 ? "is below 0" : `is outside 0 to ${limit! - 1}`;
    throw new IndexError(`Cannot ${op}: index ${found} ${state}`, {
      op,
      context: { index: found },
    });
  }
  return high;
}

/**
 * Class indices as rows of zeros with a one: `[...shape, numClasses]`.
 *
 * @param numClasses Length of the rows; -1 for the highest index plus 1.
 * @param options `dtype` of the result, float32 unless given.
 * @throws {IndexError} for an index that is negative or too large.
 * @throws {DTypeError} when the indices are not integers.
 *
 * @example
 * ```ts
 * import { oneHot, tensor } from "@minitensor/minitensor";
 * console.assert(oneHot(tensor([1n, 0n]), 3).toArray().toString() === "0,1,0,1,0,0");
 * ```
 */
export function oneHot(
  x: Tensor,
  numClasses = -1,
  options: { readonly dtype?: DType } = {},
): Tensor {
  checkOptions(options, ["dtype"], "oneHot");
  if (!Number.isInteger(numClasses) || numClasses < -1) {
    throw new ArgumentError(`Cannot oneHot with ${numClasses} classes: it is a whole number`, {
      op: "oneHot",
    });
  }
  const places = x.detach();
  const last = highest(places, numClasses < 0 ? null : numClasses, "oneHot");
  if (last < 0 && numClasses < 0) {
    throw new ArgumentError("Cannot oneHot no indices: they do not tell the number of classes", {
      op: "oneHot",
      suggestion: "Pass numClasses",
    });
  }
  const shape = [...x.shape, numClasses < 0 ? last + 1 : numClasses];
  const dtype = options.dtype ?? "float32";
  const sums = dtype === "bool" || dtype === "uint8" ? "int32" : dtype;
  const rows = x.newZeros(shape, { dtype: sums });
  const index = unsqueeze(places.long(), -1);
  return scatterAdd(rows, x.ndim, index, rows.newOnes(index.shape)).to(dtype);
}

/** Options of {@link bincount}. */
export interface BincountOptions {
  /** What each element counts, instead of 1; as long as the tensor. */
  readonly weights?: Tensor;
  /** Length of the result at least. Default 0. */
  readonly minlength?: number;
}

/**
 * How often each of 0, 1, 2, ... occurs among the elements: int64, or the sums of their weights in
 * the weights' dtype (float64 for integers), which are differentiable.
 *
 * @throws {ShapeError} when the tensor is not 1-D, or the weights are not as long.
 * @throws {IndexError} for an element below 0.
 *
 * @example
 * ```ts
 * import { bincount, tensor } from "@minitensor/minitensor";
 * console.assert(bincount(tensor([1n, 3n, 1n])).toArray().toString() === "0,2,0,1");
 * ```
 */
export function bincount(x: Tensor, options: BincountOptions = {}): Tensor {
  checkOptions(options, ["weights", "minlength"], "bincount");
  const { weights, minlength = 0 } = options;
  if (!Number.isInteger(minlength) || minlength < 0) {
    throw new ArgumentError(`Cannot bincount with minlength ${minlength}: it is a whole number`);
  }
  if (x.ndim !== 1 || (weights !== undefined && !sameShape(weights.shape, x.shape))) {
    const beside = weights === undefined ? "" : ` and weights of ${text(weights.shape)}`;
    throw new ShapeError(
      `Cannot bincount a tensor of shape ${text(x.shape)}${beside}: they are 1-D and as long`,
      { op: "bincount" },
    );
  }
  const size = Math.max(highest(x, null, "bincount") + 1, minlength);
  const amounts = weights === undefined
    ? x.newOnes(x.shape, { dtype: "int64" })
    : weights.spec.info.isFloat
    ? weights
    : weights.double();
  return scatterAdd(amounts.newZeros([size]), 0, x.long(), amounts);
}
