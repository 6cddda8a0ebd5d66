/**
 * NumPy's functions that make arrays.
 *
 * @module
 */
import {
  asTensor,
  emptyLike,
  fullLike,
  onesLike,
  tensor,
  type TensorLike,
  zerosLike,
} from "../create.ts";
import type { DType } from "../dtype.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Options of functions that make arrays. */
export interface ArrayOptions {
  /** Dtype of the elements. Default: that of what is given. */
  readonly dtype?: DType;
}

/** True for whole numbers alone, at any depth. */
function isWhole(a: unknown): boolean {
  return Array.isArray(a) ? a.length > 0 && a.every(isWhole) : Number.isInteger(a);
}

/**
 * A tensor of what is given; a tensor itself if it has the dtype. Whole numbers in plain arrays are
 * int64, as in NumPy.
 *
 * @example
 * ```ts
 * import { asarray } from "@minitensor/minitensor/numpy";
 * console.assert(asarray([1, 2]).dtype === "int64" && asarray([1.5]).dtype === "float32");
 * ```
 */
export function asarray(a: TensorLike, options: ArrayOptions = {}): Tensor {
  if (isTensor(a)) return options.dtype === undefined ? a : a.to(options.dtype);
  if (options.dtype !== undefined) return asTensor(a, { dtype: options.dtype });
  const plain = typeof a === "number" || Array.isArray(a);
  return plain && isWhole(a) ? tensor(a, { dtype: "int64" }) : asTensor(a);
}

/**
 * A copy as a tensor, as {@link asarray}.
 *
 * @example
 * ```ts
 * import { tensor } from "@minitensor/minitensor";
 * import { array, asarray } from "@minitensor/minitensor/numpy";
 * const x = tensor([1.5, 2]);
 * console.assert(asarray(x) === x && array(x) !== x && array(x).equal(x));
 * ```
 */
export function array(a: TensorLike, options: ArrayOptions = {}): Tensor {
  const made = asarray(a, options);
  return made === a ? made.clone() : made;
}

/**
 * Zeros of the shape and dtype of `a`.
 *
 * @example
 * ```ts
 * import { zeros_like } from "@minitensor/minitensor/numpy";
 * console.assert(zeros_like([1, 2]).dtype === "int64" && zeros_like([1.5]).item() === 0);
 * ```
 */
export function zeros_like(a: TensorLike, options: ArrayOptions = {}): Tensor {
  return zerosLike(asarray(a), options);
}

/**
 * Ones of the shape and dtype of `a`.
 *
 * @example
 * ```ts
 * import { ones_like } from "@minitensor/minitensor/numpy";
 * console.assert(ones_like([[5, 6]]).toArray().toString() === "1,1");
 * ```
 */
export function ones_like(a: TensorLike, options: ArrayOptions = {}): Tensor {
  return onesLike(asarray(a), options);
}

/**
 * Unspecified values of the shape and dtype of `a`.
 *
 * @example
 * ```ts
 * import { empty_like } from "@minitensor/minitensor/numpy";
 * console.assert(empty_like([[1, 2, 3]], { dtype: "float64" }).shape.join() === "1,3");
 * ```
 */
export function empty_like(a: TensorLike, options: ArrayOptions = {}): Tensor {
  return emptyLike(asarray(a), options);
}

/**
 * One value in the shape and dtype of `a`: whole where that is an integer dtype.
 *
 * @example
 * ```ts
 * import { full_like } from "@minitensor/minitensor/numpy";
 * console.assert(full_like([1, 2], 3.5).toArray().toString() === "3,3");
 * ```
 */
export function full_like(a: TensorLike, fillValue: number, options: ArrayOptions = {}): Tensor {
  return fullLike(asarray(a), fillValue, options);
}
