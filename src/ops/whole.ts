/**
 * Questions about tensors as wholes: are they equal, close, of one memory, of which dtype together.
 *
 * @module
 */
import { type CloseOptions, isclose } from "./closeness.ts";
import { tensor, type TensorLike } from "../create.ts";
import type { DType } from "../dtype.ts";
import { sameShape } from "../shape.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { operand, resultDtype, single } from "./front.ts";

/**
 * Number of elements.
 *
 * @example
 * ```ts
 * import { numel, ones } from "@minitensor/minitensor";
 * console.assert(numel(ones([2, 3])) === 6);
 * ```
 */
export function numel(x: TensorLike): number {
  return single(x).numel();
}

/**
 * True for floating-point dtypes.
 *
 * @example
 * ```ts
 * import { isFloatingPoint, tensor } from "@minitensor/minitensor";
 * console.assert(isFloatingPoint(tensor([1])) && !isFloatingPoint(tensor([true])));
 * ```
 */
export function isFloatingPoint(x: TensorLike): boolean {
  return single(x).isFloatingPoint();
}

/**
 * True when shapes and values are equal, whatever the dtypes; NaN equals nothing.
 *
 * @example
 * ```ts
 * import { arrayEqual, tensor } from "@minitensor/minitensor";
 * console.assert(arrayEqual(tensor([1, 2]), tensor([1n, 2n])));
 * ```
 */
export function arrayEqual(x: TensorLike, y: TensorLike): boolean {
  const first = single(x).detach();
  const second = single(y).detach();
  return sameShape(first.shape, second.shape) && first.eq(second).all().item() === true;
}

/**
 * True when shapes, dtypes and values are equal; NaN equals nothing.
 *
 * @example
 * ```ts
 * import { equal, tensor } from "@minitensor/minitensor";
 * console.assert(!equal(tensor([1, 2]), tensor([1n, 2n])));
 * ```
 */
export function equal(x: TensorLike, y: TensorLike): boolean {
  const first = single(x);
  const second = single(y);
  return first.dtype === second.dtype && arrayEqual(first, second);
}

/**
 * True when all values are close, after broadcasting: |x - y| <= atol + rtol |y|. Infinities are
 * close to themselves only. Integers are compared as float64.
 *
 * @throws {ShapeError} when the shapes do not broadcast.
 * @throws {ArgumentError} when a tolerance is negative.
 *
 * @example
 * ```ts
 * import { allclose } from "@minitensor/minitensor";
 * console.assert(allclose([1, 2], [1, 2.00001]) && !allclose([1, 2], [1, 2.1]));
 * ```
 */
export function allclose(x: TensorLike, y: TensorLike, options: CloseOptions = {}): boolean {
  return isclose(x, y, options).all().item() === true;
}

/**
 * True when both show the same memory, so that writes through one are seen by the other.
 *
 * @example
 * ```ts
 * import { ones, sharesStorage } from "@minitensor/minitensor";
 * const x = ones([2, 3]);
 * console.assert(sharesStorage(x, x.T) && !sharesStorage(x, x.clone()));
 * ```
 */
export function sharesStorage(x: Tensor, other: Tensor): boolean {
  const [a, b] = [x.storage, other.storage];
  return a === b ||
    (a.address < b.address + b.capacity && b.address < a.address + a.capacity);
}

/**
 * The dtype in which two arguments meet: tensors with dims first, then those of rank 0, then plain
 * numbers.
 *
 * @example
 * ```ts
 * import { ones, resultType } from "@minitensor/minitensor";
 * console.assert(resultType(ones([2], { dtype: "int32" }), 1.5) === "float32");
 * console.assert(resultType(ones([2], { dtype: "int32" }), 1) === "int32");
 * ```
 */
export function resultType(x: TensorLike, y: TensorLike): DType {
  const first = isTensor(x) ? x : isTensor(y) ? operand(x, y.dtype) : tensor(x);
  return resultDtype([first, operand(y, first.dtype)]);
}
