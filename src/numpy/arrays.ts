/**
 * NumPy's functions that join, split, multiply and compare arrays.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { checkOptions } from "../ops/front.ts";
import * as ops from "../ops/mod.ts";
import { text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { asarray } from "./creation.ts";

/**
 * Arrays joined along an axis, by default the first; null joins their elements in order. The dtype
 * is the arrays' common one.
 *
 * @throws {ShapeError} when the arrays differ in another axis.
 *
 * @example
 * ```ts
 * import { concatenate } from "@minitensor/minitensor/numpy";
 * const all = concatenate([[[1], [2]], [[3], [4]]], { axis: null });
 * console.assert(all.toArray().toString() === "1,2,3,4");
 * ```
 */
export function concatenate(
  arrays: readonly TensorLike[],
  options: { readonly axis?: number | null } = {},
): Tensor {
  checkOptions(options, ["axis"], "concatenate");
  const tensors = arrays.map((a) => asarray(a));
  const { axis = 0 } = options;
  return axis === null ? ops.cat(tensors.map((x) => x.reshape([-1])), 0) : ops.cat(tensors, axis);
}

/**
 * Arrays of one shape along a new axis, by default the first.
 *
 * @throws {ShapeError} when the shapes differ.
 *
 * @example
 * ```ts
 * import { stack } from "@minitensor/minitensor/numpy";
 * console.assert(stack([[1, 2], [3, 4]], { axis: 1 }).toArray().toString() === "1,3,2,4");
 * ```
 */
export function stack(
  arrays: readonly TensorLike[],
  options: { readonly axis?: number } = {},
): Tensor {
  checkOptions(options, ["axis"], "stack");
  return ops.stack(arrays.map((a) => asarray(a)), options.axis ?? 0);
}

/**
 * Arrays one below the other: along the first axis, vectors as rows.
 *
 * @example
 * ```ts
 * import { vstack } from "@minitensor/minitensor/numpy";
 * console.assert(vstack([[1, 2], [3, 4]]).shape.join() === "2,2");
 * ```
 */
export function vstack(arrays: readonly TensorLike[]): Tensor {
  return ops.vstack(arrays.map((a) => asarray(a)));
}

/**
 * Arrays side by side: along the second axis, vectors along their only one.
 *
 * @example
 * ```ts
 * import { hstack } from "@minitensor/minitensor/numpy";
 * console.assert(hstack([[1, 2], [3]]).toArray().toString() === "1,2,3");
 * ```
 */
export function hstack(arrays: readonly TensorLike[]): Tensor {
  return ops.hstack(arrays.map((a) => asarray(a)));
}

/**
 * Equal parts of an array, by their number, or parts that begin at indices.
 *
 * @throws {ArgumentError} when the number does not divide the axis.
 *
 * @example
 * ```ts
 * import { split } from "@minitensor/minitensor/numpy";
 * console.assert(split([1, 2, 3, 4], 2).map(String).join() === split([1, 2, 3, 4], [2]).join());
 * ```
 */
export function split(
  a: TensorLike,
  indicesOrSections: number | readonly number[],
  options: { readonly axis?: number } = {},
): Tensor[] {
  checkOptions(options, ["axis"], "split");
  const x = asarray(a);
  const { axis = 0 } = options;
  const extent = x.size(axis);
  if (typeof indicesOrSections === "number" && extent % indicesOrSections !== 0) {
    throw new ArgumentError(
      `Cannot split ${extent} elements into ${indicesOrSections} equal parts`,
      { op: "split" },
    );
  }
  return ops.tensorSplit(x, indicesOrSections, axis);
}

/**
 * {@link split} along the second axis, or the only one.
 *
 * @example
 * ```ts
 * import { hsplit } from "@minitensor/minitensor/numpy";
 * const [left, right] = hsplit([[1, 2], [3, 4]], 2);
 * console.assert(left!.toArray().toString() === "1,3" && right!.toArray().toString() === "2,4");
 * ```
 */
export function hsplit(a: TensorLike, indicesOrSections: number | readonly number[]): Tensor[] {
  const x = asarray(a);
  return split(x, indicesOrSections, { axis: x.ndim === 1 ? 0 : 1 });
}

/**
 * {@link split} along the first axis.
 *
 * @example
 * ```ts
 * import { vsplit } from "@minitensor/minitensor/numpy";
 * const [top, rest] = vsplit([[1, 2], [3, 4], [5, 6]], [1]); // the second part begins at row 1
 * console.assert(top!.toArray().toString() === "1,2" && rest!.shape.join() === "2,2");
 * ```
 */
export function vsplit(a: TensorLike, indicesOrSections: number | readonly number[]): Tensor[] {
  return split(a, indicesOrSections);
}

/**
 * NumPy's dot product: of scalars and arrays the product, of vectors the inner product, of matrices
 * the matrix product; else the sum over the last axis of `a` and the last but one of `b`.
 *
 * @throws {ShapeError} when those axes differ.
 *
 * @example
 * ```ts
 * import { dot } from "@minitensor/minitensor/numpy";
 * console.assert(dot([1, 2], [3, 4]).item() === 11);
 * ```
 */
export function dot(a: TensorLike, b: TensorLike): Tensor {
  const x = asarray(a);
  const y = asarray(b);
  if (x.ndim === 0 || y.ndim === 0) return ops.mul(x, y);
  const axis = Math.max(y.ndim - 2, 0);
  const shared = x.shape.at(-1)!;
  if (shared !== y.shape[axis]) {
    throw new ShapeError(
      `Cannot dot arrays of shapes ${text(x.shape)} and ${text(y.shape)}: their axes are ` +
        `${shared} and ${y.shape[axis]}`,
      { op: "dot" },
    );
  }
  const rest = y.shape.filter((_, i) => i !== axis);
  const columns = y.movedim(axis, 0).reshape([shared, rest.reduce((n, m) => n * m, 1)]);
  const rows = x.shape.slice(0, -1);
  const flat = x.reshape([rows.reduce((n, m) => n * m, 1), shared]);
  return ops.matmul(flat, columns).reshape([...rows, ...rest]);
}

/**
 * Matrix product over the last two axes; those before broadcast, a vector is a row on the left and
 * a column on the right.
 *
 * @throws {ShapeError} when the shapes do not fit, or an array is a scalar.
 *
 * @example
 * ```ts
 * import { matmul } from "@minitensor/minitensor/numpy";
 * console.assert(matmul([[1, 2], [3, 4]], [1, 10]).toArray().toString() === "21,43");
 * ```
 */
export function matmul(a: TensorLike, b: TensorLike): Tensor {
  return ops.matmul(asarray(a), asarray(b));
}

/**
 * Cross product of vectors of 3 elements along an axis, the last one unless it is given. Vectors of
 * 2 elements, which NumPy still takes, are refused.
 *
 * @throws {ShapeError} when the axis has another size.
 *
 * @example
 * ```ts
 * import { cross } from "@minitensor/minitensor/numpy";
 * console.assert(cross([1, 0, 0], [0, 1, 0]).toArray().toString() === "0,0,1");
 * ```
 */
export function cross(
  a: TensorLike,
  b: TensorLike,
  options: { readonly axis?: number } = {},
): Tensor {
  checkOptions(options, ["axis"], "cross");
  return ops.cross(asarray(a), asarray(b), options.axis ?? -1);
}

/**
 * Elements of `x` where the condition is not 0, else of `y`; all three broadcast.
 *
 * @example
 * ```ts
 * import { where } from "@minitensor/minitensor/numpy";
 * console.assert(where([1, 0, 2], [10, 20, 30], -1).toArray().toString() === "10,-1,30");
 * ```
 */
export function where(condition: TensorLike, x: TensorLike, y: TensorLike): Tensor {
  const bool = asarray(condition);
  return ops.where(bool.dtype === "bool" ? bool : bool.to("bool"), asarray(x), asarray(y));
}

/** How far apart values may be. */
export interface CloseOptions {
  /** Allowed difference as a share of b. Default 1e-5. */
  readonly rtol?: number;
  /** Allowed difference besides. Default 1e-8. */
  readonly atol?: number;
  /** NaN is close to NaN. Default false. */
  readonly equal_nan?: boolean;
}

/**
 * True when |a - b| <= atol + rtol |b| for all elements after broadcasting. Infinities are close to
 * themselves.
 *
 * @example
 * ```ts
 * import { allclose } from "@minitensor/minitensor/numpy";
 * console.assert(allclose([1, 2], [1, 2.000001]) && !allclose([1e-9], [0], { atol: 0 }));
 * ```
 */
export function allclose(a: TensorLike, b: TensorLike, options: CloseOptions = {}): boolean {
  checkOptions(options, ["rtol", "atol", "equal_nan"], "allclose");
  const { rtol = 1e-5, atol = 1e-8, equal_nan = false } = options;
  return ops.allclose(asarray(a), asarray(b), { rtol, atol, equalNan: equal_nan });
}

/**
 * True when shapes and elements are equal, whatever the dtypes; NaN is not equal to itself.
 *
 * @example
 * ```ts
 * import { array_equal } from "@minitensor/minitensor/numpy";
 * console.assert(array_equal([1, 2], [1, 2]) && !array_equal([1, 2], [[1, 2]]));
 * ```
 */
export function array_equal(a: TensorLike, b: TensorLike): boolean {
  return ops.arrayEqual(asarray(a), asarray(b));
}
