/**
 * Reading and writing by index tensors.
 *
 * @module
 */
import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import { ANY_NARROW, defineOp, type Op, type Sample } from "../op.ts";
import { checkDim, type Shape, specOf, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../create.ts";
import { checkOptions } from "./front.ts";
import type { DimAttributes } from "./infer.ts";
import { isTensor } from "../tensor/is_tensor.ts";

/** Indices: an int tensor, or plain numbers. */
export type Indices = Tensor | readonly number[];

/** Samples of ops that take a tensor, a dim, an index and perhaps a source. */
function sample(dim: number, limit: number, ...shapes: readonly Shape[]): Sample {
  return {
    shapes,
    dtypes: shapes.map((_, i) => i === 1 ? "int64" : "float"),
    ranges: shapes.map((_, i) => i === 1 ? [0, limit] : [-2, 2]),
    arguments: ([x, ...others]) => [x, dim, ...others],
  };
}

const encodeDim = ({ dim }: DimAttributes): readonly number[] => [dim];

/** The indices as a tensor, or a DTypeError. */
export function indexTensor(index: Indices, op: string): Tensor {
  const made = isTensor(index) ? index : tensor(index, { dtype: "int64" });
  if (!isTensor(index) && !index.every(Number.isInteger)) {
    throw new ArgumentError(`Cannot ${op} by indices ${text(index)}: they are whole numbers`, {
      op,
    });
  }
  if (made.dtype !== "int64" && made.dtype !== "int32") {
    throw new DTypeError(
      `Cannot ${op} by an index of dtype ${made.dtype}: it must be int64 or int32`,
      { op },
    );
  }
  return made;
}

/** What is added, in the dtype of what it is added to, which must not lose its kind. */
function fitted(source: Tensor, x: Tensor, op: string): Tensor {
  if (source.spec.info.category > x.spec.info.category) {
    throw new DTypeError(`Cannot ${op} ${source.dtype} into a ${x.dtype} tensor`, { op });
  }
  return source.to(x.dtype);
}

/** What {@link indexAdd} multiplies the source by. */
export interface IndexAddOptions {
  /** Factor of the source. Default 1. */
  readonly alpha?: number;
}

/** Attributes of {@link indexAdd}. */
export interface IndexAddAttributes extends DimAttributes {
  /** Factor of the source. */
  readonly alpha: number;
}

/**
 * `x` with `source`, times `alpha`, added at indices of a dim; repeated ones add up in order. A
 * copy, in the dtype of x, to which the source is converted.
 *
 * @throws {ShapeError} unless the source has x's shape, with one slice for each index along the
 * dim.
 * @throws {IndexError} for an index that is negative or too large.
 * @throws {DTypeError} for bools, for an index that is not int64 or int32, and for integers with a
 * fractional alpha.
 * @throws {AxisError} for a dim that the tensor does not have.
 *
 * @example
 * ```ts
 * import { indexAdd, ones, zeros } from "@minitensor/minitensor";
 * const x = indexAdd(zeros([3]), 0, [2, 0, 2], ones([3]), { alpha: 5 });
 * console.assert(x.equal([5, 0, 10]));
 * ```
 */
export const indexAdd: Op<
  (x: Tensor, dim: number, index: Indices, source: Tensor, options?: IndexAddOptions) => Tensor,
  IndexAddAttributes
> = defineOp({
  name: "indexAdd",
  summary: "x with the slices of source added at the indices of a dim; repeated indices add up.",
  infer: ([x, index, source], { dim }) => {
    const expected: Shape = x!.shape.with(dim, index!.numel());
    if (text(expected) !== text(source!.shape)) {
      throw new ShapeError(
        `Cannot indexAdd a source of shape ${text(source!.shape)}: it must be ${text(expected)}`,
        { op: "indexAdd" },
      );
    }
    return x!.spec;
  },
  kernel: { native: "indexAdd", encode: ({ dim, alpha }) => [dim, alpha] },
  saves: "inputs",
  gradient: ({ grad, inputs: [, index], attributes: { dim, alpha }, needs }) => {
    if (needs[2] !== true) return [grad, null, null];
    const part = indexSelect(grad, dim, index!);
    return [grad, null, alpha === 1 ? part : part.mul(alpha)];
  },
  samples: [
    sample(0, 4, [4, 3], [6], [6, 3]),
    sample(1, 3, [2, 3], [5], [2, 5]),
    {
      ...sample(0, 4, [4, 3], [2], [2, 3]),
      arguments: ([x, index, source]) => [x, 0, index, source, { alpha: -2.5 }],
    },
  ],
  front: (run) => (x, dim, index, source, options = {}) => {
    checkOptions(options, ["alpha"], "indexAdd");
    const place = checkDim(dim, x.ndim, "indexAdd");
    const { alpha = 1 } = options;
    if (!x.spec.info.isFloat && !Number.isInteger(alpha)) {
      throw new DTypeError(
        `Cannot indexAdd by ${alpha} into a ${x.dtype} tensor: it is fractional`,
      );
    }
    const places = indexTensor(index, "indexAdd");
    return run([x, places, fitted(source, x, "indexAdd")], { dim: place, alpha });
  },
});

/**
 * The slices of a dim at the given indices, which may repeat: a copy. The index has one dim or
 * none.
 *
 * @throws {ShapeError} when the index has more dims.
 * @throws {IndexError} for an index that is negative or too large.
 * @throws {DTypeError} when the index is not int64 or int32.
 * @throws {AxisError} for a dim that the tensor does not have.
 *
 * @example
 * ```ts
 * import { indexSelect, tensor } from "@minitensor/minitensor";
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * console.assert(indexSelect(x, 1, [2, 0, 0]).equal([[3, 1, 1], [6, 4, 4]]));
 * ```
 */
export const indexSelect: Op<
  (x: Tensor, dim: number, index: Indices) => Tensor,
  DimAttributes
> = defineOp({
  name: "indexSelect",
  summary: "The slices of a dim at the given indices, which may repeat.",
  infer: ([x, index], { dim }, name) => {
    if (index!.ndim > 1) {
      throw new ShapeError(
        `Cannot ${name} by an index of shape ${text(index!.shape)}: it must be 1-D`,
        { op: name },
      );
    }
    return specOf(x!.shape.with(dim, index!.numel()), x!.dtype);
  },
  kernel: { native: "indexSelect", narrow: ANY_NARROW, encode: encodeDim },
  saves: "inputs",
  gradient: ({ grad, inputs: [x, index], attributes: { dim } }) => [
    indexAdd(grad.newZeros(x!.shape), dim, index!, grad),
    null,
  ],
  samples: [sample(0, 4, [4, 3], [6]), sample(1, 3, [2, 3], [5])],
  front: (run) => (x, dim, index) => {
    const place = checkDim(dim, x.ndim, "indexSelect");
    return run([x, indexTensor(index, "indexSelect")], { dim: place });
  },
});

/** Throws unless the index has the dims of the tensor, and is no larger but along `dim`. */
export function checkGather(x: Tensor, index: Tensor, dim: number, op: string): void {
  const fits = x.ndim === index.ndim &&
    index.shape.every((extent, i) => i === dim || extent <= x.shape[i]!);
  if (!fits) {
    throw new ShapeError(
      `Cannot ${op} a tensor of shape ${text(x.shape)} by an index of shape ${
        text(index.shape)
      } along dim ${dim}: ` +
        "the index must have as many dims and be no larger in the others",
      { op },
    );
  }
}

/**
 * One element for each index: `out[i][j] = x[index[i][j]][j]` along dim 0, and so on. The result
 * has the shape of the index; repeated indices add up in the gradient.
 *
 * @throws {ShapeError} unless the index has as many dims, and is no larger in the others.
 * @throws {IndexError} for an index that is negative or too large.
 * @throws {DTypeError} when the index is not int64 or int32.
 * @throws {AxisError} for a dim that the tensor does not have.
 *
 * @example
 * ```ts
 * import { gather, tensor } from "@minitensor/minitensor";
 * const scores = tensor([[1, 7, 3], [9, 5, 6]]);
 * const labels = tensor([[1], [0]], { dtype: "int64" });
 * console.assert(gather(scores, 1, labels).equal([[7], [9]]));
 * ```
 */
export const gather: Op<
  (x: Tensor, dim: number, index: Tensor) => Tensor,
  DimAttributes
> = defineOp({
  name: "gather",
  summary: "Elements along a dim at the indices, one for each index.",
  infer: ([x, index], { dim }, name) => {
    checkGather(x!, index!, dim, name);
    return specOf(index!.shape, x!.dtype);
  },
  kernel: { native: "gather", narrow: ANY_NARROW, encode: encodeDim },
  saves: "inputs",
  gradient: ({ grad, inputs: [x, index], attributes: { dim } }) => [
    scatterAdd(grad.newZeros(x!.shape), dim, index!, grad),
    null,
  ],
  samples: [sample(0, 4, [4, 3], [2, 3]), sample(-1, 3, [2, 3], [2, 5])],
  front: (run) => (x, dim, index) =>
    run([x, indexTensor(index, "gather")], { dim: checkDim(dim, x.ndim, "gather") }),
});

/**
 * `x` with the elements of `source` added at the indices: the reverse of {@link gather}. A copy, in
 * the dtype of x; repeated indices add up. The source may be larger than the index: only its start
 * counts.
 *
 * @throws {ShapeError} when the source is smaller than the index, or the index does not fit x.
 * @throws {IndexError} for an index that is negative or too large.
 * @throws {DTypeError} for bools, and when the index is not int64 or int32.
 * @throws {AxisError} for a dim that the tensor does not have.
 *
 * @example
 * ```ts
 * import { scatterAdd, tensor, zeros } from "@minitensor/minitensor";
 * const index = tensor([0, 2, 2], { dtype: "int64" });
 * console.assert(scatterAdd(zeros([3]), 0, index, tensor([1, 10, 100])).equal([1, 0, 110]));
 * ```
 */
export const scatterAdd: Op<
  (x: Tensor, dim: number, index: Tensor, source: Tensor) => Tensor,
  DimAttributes
> = defineOp({
  name: "scatterAdd",
  summary:
    "x with the elements of source added along a dim at the indices; repeated indices add up.",
  infer: ([x, index, source], { dim }, name) => {
    checkGather(x!, index!, dim, name);
    const fits = index!.ndim === source!.ndim &&
      index!.shape.every((extent, i) => extent <= source!.shape[i]!);
    if (!fits) {
      throw new ShapeError(
        `Cannot ${name} a source of shape ${text(source!.shape)} by an index of ${
          text(index!.shape)
        }`,
        { op: name },
      );
    }
    return x!.spec;
  },
  kernel: { native: "scatterAdd", encode: encodeDim },
  saves: "inputs",
  gradient: (
    { grad, inputs: [, index], attributes: { dim } },
  ) => [grad, null, gather(grad, dim, index!)],
  samples: [sample(0, 4, [4, 3], [6, 3], [6, 3]), sample(1, 3, [2, 3], [2, 5], [2, 5])],
  front: (run) => (x, dim, index, source) => {
    const place = checkDim(dim, x.ndim, "scatterAdd");
    const places = indexTensor(index, "scatterAdd");
    const part = source.shape.every((extent, i) => extent === places.shape[i])
      ? source
      : crop(source, places.shape);
    return run([x, places, fitted(part, x, "scatterAdd")], { dim: place });
  },
});

/** The part of a source that an index of that shape reads. */
export function crop(source: Tensor, shape: Shape): Tensor {
  return shape.reduce(
    (part, extent, i) =>
      i < part.ndim && extent < part.shape[i]! ? part.narrow(i, 0, extent) : part,
    source,
  );
}
