/**
 * Joining along the first, second or third dim, and the splits that undo it.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import { checkDim, text } from "../shape.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { atleast1d, atleast2d, atleast3d } from "./arrange.ts";
import { single } from "./front.ts";
import { cat } from "./join.ts";
import { narrow, reshape } from "./view.ts";

/** Where to cut a dim: a number of parts, or the indices at which parts begin. */
export type Cuts = number | readonly number[] | Tensor;

/**
 * Same as {@link cat}: tensors one after the other along a dim that they have.
 *
 * @throws {ShapeError} when another size differs.
 *
 * @example
 * ```ts
 * import { concat, tensor } from "@minitensor/minitensor";
 * console.assert(concat([tensor([1]), tensor([2, 3])]).toArray().toString() === "1,2,3");
 * ```
 */
export function concat(tensors: readonly Tensor[], dim = 0): Tensor {
  return cat(tensors, dim);
}

/**
 * Same as {@link cat}, by NumPy's name.
 *
 * @throws {ShapeError} when another size differs.
 *
 * @example
 * ```ts
 * import { concatenate, tensor } from "@minitensor/minitensor";
 * console.assert(concatenate([tensor([1]), tensor([2, 3])]).toArray().toString() === "1,2,3");
 * ```
 */
export function concatenate(tensors: readonly Tensor[], dim = 0): Tensor {
  return cat(tensors, dim);
}

function some(tensors: readonly TensorLike[], op: string): readonly Tensor[] {
  if (tensors.length === 0) {
    throw new ArgumentError(`Cannot ${op} no tensors: there is no shape`, { op });
  }
  return tensors.map(single);
}

/**
 * Tensors side by side: vectors along dim 0, all others along dim 1.
 *
 * @throws {ShapeError} when another size differs.
 *
 * @example
 * ```ts
 * import { hstack } from "@minitensor/minitensor";
 * console.assert(hstack([[[1], [2]], [[3], [4]]]).toArray().toString() === "1,3,2,4");
 * ```
 */
export function hstack(tensors: readonly TensorLike[]): Tensor {
  const parts = some(tensors, "hstack").map((x) => atleast1d(x));
  return cat(parts, parts[0]!.ndim === 1 ? 0 : 1);
}

/**
 * Tensors one below the other, along dim 0; vectors are rows.
 *
 * @throws {ShapeError} when another size differs.
 *
 * @example
 * ```ts
 * import { vstack } from "@minitensor/minitensor";
 * console.assert(vstack([[1, 2], [3, 4]]).shape.join() === "2,2");
 * ```
 */
export function vstack(tensors: readonly TensorLike[]): Tensor {
  return cat(some(tensors, "vstack").map((x) => atleast2d(x)), 0);
}

/**
 * Tensors one behind the other, along dim 2; see {@link atleast3d} for those with fewer dims.
 *
 * @throws {ShapeError} when another size differs.
 *
 * @example
 * ```ts
 * import { dstack } from "@minitensor/minitensor";
 * console.assert(dstack([[1, 2], [3, 4]]).shape.join() === "1,2,2");
 * ```
 */
export function dstack(tensors: readonly TensorLike[]): Tensor {
  return cat(some(tensors, "dstack").map((x) => atleast3d(x)), 2);
}

/**
 * Vectors as the columns of a matrix; tensors of more dims are joined along dim 1.
 *
 * @throws {ShapeError} when another size differs.
 *
 * @example
 * ```ts
 * import { columnStack } from "@minitensor/minitensor";
 * console.assert(columnStack([[1, 2], [3, 4]]).toArray().toString() === "1,3,2,4");
 * ```
 */
export function columnStack(tensors: readonly TensorLike[]): Tensor {
  const columns = some(tensors, "columnStack").map((x) =>
    x.ndim <= 1 ? reshape(x, [x.numel(), 1]) : x
  );
  return cat(columns, 1);
}

/** The cuts as plain numbers. */
function indicesOf(cuts: Cuts, op: string): number | readonly number[] {
  if (!isTensor(cuts)) return cuts;
  if (!cuts.spec.info.isInt || cuts.ndim > 1) {
    throw new DTypeError(
      `Cannot ${op} at a ${cuts.dtype} tensor of shape ${text(cuts.shape)}: it must be int, 1-D`,
      { op },
    );
  }
  const list = Array.from(cuts.toTypedArray() as ArrayLike<number | bigint>, Number);
  return cuts.ndim === 0 ? list[0]! : list;
}

function partsOf(x: Tensor, count: number, dim: number, op: string): Tensor[] {
  if (!Number.isInteger(count) || count < 1) {
    throw new ArgumentError(`Cannot ${op} into ${count} parts: it is a whole number above 0`, {
      op,
    });
  }
  const extent = x.shape[dim]!;
  const size = Math.floor(extent / count);
  const larger = extent % count; // the first parts have one element more
  return Array.from(
    { length: count },
    (_, i) => narrow(x, dim, i * size + Math.min(i, larger), size + Number(i < larger)),
  );
}

function partsAt(x: Tensor, indices: readonly number[], dim: number, op: string): Tensor[] {
  const extent = x.shape[dim]!;
  const place = (index: number) => {
    if (!Number.isInteger(index)) {
      throw new ArgumentError(`Cannot ${op} at index ${index}: it is not a whole number`, { op });
    }
    return Math.min(Math.max(index < 0 ? index + extent : index, 0), extent);
  };
  const starts = [0, ...indices].map(place);
  const stops = [...indices, extent].map(place);
  return starts.map((start, i) => narrow(x, dim, start, Math.max(stops[i]! - start, 0)));
}

/**
 * Parts along a dim: so many of nearly equal size, or cut before the given indices, by the rules of
 * slices. Views.
 *
 * @throws {ArgumentError} when the number of parts is not a whole number above 0.
 *
 * @example
 * ```ts
 * import { arange, tensorSplit } from "@minitensor/minitensor";
 * console.assert(tensorSplit(arange(7), 3).map((x) => x.numel()).join() === "3,2,2");
 * console.assert(tensorSplit(arange(7), [2, 5]).map((x) => x.numel()).join() === "2,3,2");
 * ```
 */
export function tensorSplit(x: Tensor, cuts: Cuts, dim = 0): Tensor[] {
  if (x.ndim === 0) {
    throw new ShapeError("Cannot tensorSplit a tensor of rank 0: it has no dim", {
      op: "tensorSplit",
    });
  }
  const place = checkDim(dim, x.ndim, "tensorSplit");
  const at = indicesOf(cuts, "tensorSplit");
  return typeof at === "number"
    ? partsOf(x, at, place, "tensorSplit")
    : partsAt(x, at, place, "tensorSplit");
}

/** Splits along a dim that the tensor must have; a number of parts must divide its size. */
function evenSplit(x: Tensor, cuts: Cuts, dim: number, rank: number, op: string): Tensor[] {
  if (x.ndim < rank) {
    throw new ShapeError(
      `Cannot ${op} a tensor of shape ${text(x.shape)}: it needs ${rank} dims or more`,
      { op },
    );
  }
  const at = indicesOf(cuts, op);
  if (typeof at !== "number") return partsAt(x, at, dim, op);
  if (x.shape[dim]! % at !== 0) {
    throw new ShapeError(
      `Cannot ${op} a tensor of shape ${text(x.shape)} into ${at} parts: ` +
        `dim ${dim} is ${x.shape[dim]}`,
      { op },
    );
  }
  return partsOf(x, at, dim, op);
}

/**
 * Parts side by side: along dim 0 of a vector, dim 1 of anything else; so many equal ones, or cut
 * before the given indices. Views.
 *
 * @throws {ShapeError} when the parts cannot be equal, or the tensor has rank 0.
 *
 * @example
 * ```ts
 * import { arange, hsplit } from "@minitensor/minitensor";
 * const [left] = hsplit(arange(8).reshape([2, 4]), 2);
 * console.assert(left!.toArray().toString() === "0,1,4,5");
 * ```
 */
export function hsplit(x: Tensor, cuts: Cuts): Tensor[] {
  return evenSplit(x, cuts, x.ndim === 1 ? 0 : 1, 1, "hsplit");
}

/**
 * Parts one below the other, along dim 0: so many equal ones, or cut before the given indices.
 * Views.
 *
 * @throws {ShapeError} when the parts cannot be equal, or the tensor has fewer than two dims.
 *
 * @example
 * ```ts
 * import { arange, vsplit } from "@minitensor/minitensor";
 * const [top] = vsplit(arange(8).reshape([4, 2]), [1]);
 * console.assert(top!.toArray().toString() === "0,1");
 * ```
 */
export function vsplit(x: Tensor, cuts: Cuts): Tensor[] {
  return evenSplit(x, cuts, 0, 2, "vsplit");
}

/**
 * Parts one behind the other, along dim 2: so many equal ones, or cut before the given indices.
 * Views.
 *
 * @throws {ShapeError} when the parts cannot be equal, or the tensor has fewer than three dims.
 *
 * @example
 * ```ts
 * import { arange, dsplit } from "@minitensor/minitensor";
 * console.assert(dsplit(arange(8).reshape([2, 2, 2]), 2)[1]!.toArray().toString() === "1,3,5,7");
 * ```
 */
export function dsplit(x: Tensor, cuts: Cuts): Tensor[] {
  return evenSplit(x, cuts, 2, 3, "dsplit");
}
