/**
 * Tensors made by a function of the indices, by strides, and of one value.
 *
 * @module
 */
import { empty, tensor, type TensorOptions } from "./create.ts";
import { getDefaultDtype, toElement } from "./dtype.ts";
import { ArgumentError, ShapeError } from "./errors.ts";
import { owned, viewOf } from "./op.ts";
import { type Shape, specOf, text } from "./shape.ts";
import type { Tensor } from "./tensor/tensor.ts";

/**
 * A tensor of rank 0.
 *
 * @throws {ArgumentError} when the value is not a number, bigint or boolean.
 *
 * @example
 * ```ts
 * import { scalarTensor } from "@minitensor/minitensor";
 * console.assert(scalarTensor(5).ndim === 0);
 * ```
 */
export function scalarTensor(
  value: number | bigint | boolean,
  options: TensorOptions = {},
): Tensor {
  if (!["number", "bigint", "boolean"].includes(typeof value)) {
    throw new ArgumentError(`Cannot make a scalar of ${String(value)}: it is not a number`);
  }
  return tensor(value, options);
}

/**
 * A tensor whose elements are what a function answers for their indices, in row-major order.
 *
 * @throws {ArgumentError} when it answers something that is not a number.
 * @throws {ShapeError} for a shape that no tensor can have.
 *
 * @example
 * ```ts
 * import { fromFunction } from "@minitensor/minitensor";
 * console.assert(fromFunction([2, 2], (i, j) => i * 10 + j).toArray().toString() === "0,1,10,11");
 * ```
 */
export function fromFunction(
  shape: Shape,
  fn: (...indices: number[]) => number | bigint | boolean,
  options: TensorOptions = {},
): Tensor {
  const x = empty(shape, { ...options, requiresGrad: false });
  const elements = x.asTypedArray();
  const indices = new Array<number>(shape.length).fill(0);
  for (let at = 0; at < elements.length; at++) {
    const value = fn(...indices);
    if (!["number", "bigint", "boolean"].includes(typeof value)) {
      throw new ArgumentError(
        `Cannot make a tensor element of ${String(value)}: it is not a number`,
      );
    }
    elements[at] = toElement(value, x.dtype);
    for (let dim = shape.length - 1; dim >= 0 && ++indices[dim]! === shape[dim]; dim--) {
      indices[dim] = 0;
    }
  }
  return options.requiresGrad === true ? x.requiresGrad_() : x;
}

/**
 * A tensor with the given strides, in elements, over memory of its own; elements unspecified.
 *
 * @throws {ShapeError} when there is not a whole stride of 0 or more for each dim.
 *
 * @example
 * ```ts
 * import { emptyStrided } from "@minitensor/minitensor";
 * console.assert(emptyStrided([2, 3], [1, 2]).strides.join() === "1,2");
 * ```
 */
export function emptyStrided(
  shape: Shape,
  strides: readonly number[],
  options: TensorOptions = {},
): Tensor {
  const whole = strides.every((stride) => Number.isSafeInteger(stride) && stride >= 0);
  if (strides.length !== shape.length || !whole) {
    throw new ShapeError(
      `Cannot make a tensor of shape ${text(shape)} with strides ${text(strides)}: ` +
        "there is one whole stride of 0 or more for each dim",
    );
  }
  const spec = specOf(shape, options.dtype ?? getDefaultDtype());
  const last = spec.shape.reduce((sum, extent, i) => sum + (extent - 1) * strides[i]!, 0);
  const memory = empty([spec.size === 0 ? 0 : last + 1], { ...options, requiresGrad: false });
  const x = owned(viewOf(memory.storage, { spec, strides, offset: 0 }));
  memory.dispose();
  return options.requiresGrad === true ? x.requiresGrad_() : x;
}
