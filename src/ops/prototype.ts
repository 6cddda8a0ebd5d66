/**
 * A plain function over elements, for trying things out.
 *
 * @module
 */
import { type TensorLike, zeros } from "../create.ts";
import { broadcastPair, type Shape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { promote, single } from "./front.ts";

/**
 * Calls a function of numbers for each element of tensors that broadcast together. Slow, and not
 * differentiable: for prototypes. What is used in earnest is better made of tensor operations.
 *
 * @returns The broadcast shape; the dtype of the tensors together, or the default one if that is
 *   not floating-point.
 * @throws {ShapeError} unless the shapes broadcast.
 *
 * @example
 * ```ts
 * import { tensor, vmapElementwise } from "@minitensor/minitensor";
 * const out = vmapElementwise((x, y) => x > y ? x - y : 0, tensor([1, 5]), 2);
 * console.assert(out.toArray().toString() === "0,3");
 * ```
 */
export function vmapElementwise(
  fn: (...numbers: number[]) => number,
  ...tensors: readonly TensorLike[]
): Tensor {
  if (tensors.length === 0) return zeros([]).add(fn());
  const inputs = promote(tensors.map((x) => single(x).detach()), true);
  const shape = inputs.reduce<Shape>(
    (all, x) => broadcastPair(all, x.shape, "vmapElementwise"),
    [],
  );
  const columns = inputs.map((x) => x.expand(shape).toTypedArray() as Float64Array);
  const result = zeros(shape, { dtype: inputs[0]!.dtype });
  const elements = result.asTypedArray() as Float64Array;
  const numbers = new Array<number>(columns.length);
  for (let i = 0; i < elements.length; i++) {
    for (let k = 0; k < columns.length; k++) numbers[k] = columns[k]![i]!;
    elements[i] = fn(...numbers);
  }
  return result;
}
