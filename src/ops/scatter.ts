/**
 * Writing by index tensors: copies in which some elements are others.
 *
 * @module
 */
import { tensor, type TensorLike } from "../create.ts";
import { dtypes } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { ANY_NARROW, defineOp, type Op } from "../op.ts";
import { checkDim, sameShape, type Shape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { operand } from "./front.ts";
import { checkGather, crop, gather, indexTensor, type Indices } from "./gather.ts";
import type { DimAttributes } from "./infer.ts";
import { expand, reshape } from "./view.ts";

/** A source in the dtype of the target, which must be of no lower a kind. */
export function converted(source: TensorLike, target: Tensor, op: string): Tensor {
  const given = operand(source, target.dtype);
  if (dtypes[given.dtype].category > dtypes[target.dtype].category) {
    throw new DTypeError(
      `Cannot ${op} ${given.dtype} elements into a ${target.dtype} tensor: convert them first`,
      { op },
    );
  }
  return given.to(target.dtype);
}

/** The source as large as the index: a single element is repeated, a larger one cut. */
function fitted(source: Tensor, shape: Shape, op: string): Tensor {
  if (sameShape(source.shape, shape)) return source;
  if (source.ndim === 0) return expand(source, shape);
  const fits = source.ndim === shape.length &&
    shape.every((extent, i) => extent <= source.shape[i]!);
  if (!fits) {
    throw new ShapeError(
      `Cannot ${op} a source of shape ${text(source.shape)} by an index of ${text(shape)}`,
      { op },
    );
  }
  return crop(source, shape);
}

/**
 * `x` with the elements of `source` written along a dim at the indices: the reverse of {@link
 * gather}. Of repeated indices the last one stays, and all get its gradient. A number is written
 * everywhere; a source larger than the index is cut. The dtype stays.
 *
 * @throws {IndexError} for an index outside the dim.
 * @throws {ShapeError} when index and x differ in rank or the source is smaller than the index.
 * @throws {DTypeError} when the index is not int64 or int32, or the source of a higher kind than x.
 *
 * @example
 * ```ts
 * import { scatter, tensor, zeros } from "@minitensor/minitensor";
 * const winner = tensor([[2n], [0n]]);
 * const oneHot = scatter(zeros([2, 3]), 1, winner, 1);
 * console.assert(oneHot.toArray().toString() === "0,0,1,1,0,0");
 * ```
 */
export const scatter: Op<
  (x: Tensor, dim: number, index: Tensor, source: TensorLike) => Tensor,
  DimAttributes
> = defineOp({
  name: "scatter",
  summary: "x with the elements of source written along a dim at the indices; the last one stays.",
  infer: ([x, index], { dim }, name) => {
    checkGather(x!, index!, dim, name);
    return x!.spec;
  },
  kernel: { native: "scatter", narrow: ANY_NARROW, encode: ({ dim }) => [dim] },
  saves: "inputs",
  gradient: ({ grad, inputs: [, index], attributes: { dim }, needs }) => [
    needs[0] ? scatter(grad, dim, index!, 0) : null,
    null,
    needs[2] ? gather(grad, dim, index!) : null,
  ],
  samples: [
    {
      shapes: [[4, 3], [2, 3]],
      arguments: ([x, source]) => [x, 0, tensor([[0n, 3n, 1n], [2n, 0n, 3n]]), source],
    },
    {
      shapes: [[2, 3], [2, 2]],
      arguments: ([x, source]) => [x, -1, tensor([[2n, 0n]]), source],
    },
    { shapes: [[3]], arguments: ([x]) => [x, 0, tensor([1n]), 7] },
  ],
  front: (run) => (x, dim, index, source) => {
    const place = checkDim(dim, x.ndim, "scatter");
    const places = indexTensor(index, "scatter");
    checkGather(x, places, place, "scatter");
    const values = fitted(converted(source, x, "scatter"), places.shape, "scatter");
    return run([x, places, values], { dim: place });
  },
});

/** Indices of a dim as an index for {@link scatter}: the same for all elements of a slice. */
export function spread(x: Tensor, dim: number, index: Indices, op: string): Tensor {
  const places = indexTensor(index, op);
  if (places.ndim > 1) {
    throw new ShapeError(
      `Cannot ${op} by an index of shape ${text(places.shape)}: it must be 1-D`,
      { op },
    );
  }
  const count = places.numel();
  if (x.ndim === 0) return places;
  const line = reshape(places, x.shape.map((_, i) => i === dim ? count : 1));
  return expand(line, x.shape.map((extent, i) => i === dim ? count : extent));
}

/**
 * `x` with the slices of `source` written at indices of a dim; of repeated indices the last one
 * stays. A copy.
 *
 * @throws {ShapeError} when the source does not have a slice of x's shape for each index.
 * @throws {IndexError} for an index outside the dim.
 *
 * @example
 * ```ts
 * import { indexCopy, tensor, zeros } from "@minitensor/minitensor";
 * const x = indexCopy(zeros([3]), 0, [2, 0], tensor([5, 6]));
 * console.assert(x.toArray().toString() === "6,0,5");
 * ```
 */
export function indexCopy(x: Tensor, dim: number, index: Indices, source: Tensor): Tensor {
  const place = checkDim(dim, x.ndim, "indexCopy");
  const places = spread(x, place, index, "indexCopy");
  if (!sameShape(places.shape, source.shape)) {
    throw new ShapeError(
      `Cannot indexCopy a source of shape ${text(source.shape)}: it must be ${text(places.shape)}`,
      { op: "indexCopy" },
    );
  }
  return scatter(x, place, places, converted(source, x, "indexCopy"));
}

/**
 * `x` with a value in the slices at indices of a dim. A copy.
 *
 * @param value A number, or a tensor of rank 0, which gets the gradient of all places.
 * @throws {IndexError} for an index outside the dim.
 *
 * @example
 * ```ts
 * import { indexFill, zeros } from "@minitensor/minitensor";
 * console.assert(indexFill(zeros([3]), 0, [2, 0], 5).toArray().toString() === "5,0,5");
 * ```
 */
export function indexFill(x: Tensor, dim: number, index: Indices, value: TensorLike): Tensor {
  const place = checkDim(dim, x.ndim, "indexFill");
  const filling = converted(value, x, "indexFill");
  if (filling.ndim !== 0) {
    throw new ShapeError(
      `Cannot indexFill with a value of shape ${text(filling.shape)}: it must be a single one`,
      { op: "indexFill" },
    );
  }
  return scatter(x, place, spread(x, place, index, "indexFill"), filling);
}
