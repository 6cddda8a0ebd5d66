/**
 * Tells tensors from everything else without needing their class.
 *
 * @module
 */
import type { Tensor } from "./tensor.ts";

/** Property that every tensor has, also one of another copy of the library. */
export const tensorBrand: unique symbol = Symbol.for("minitensor.tensor") as never;

/**
 * True for tensors.
 *
 * @example
 * ```ts
 * import { isTensor, zeros } from "@minitensor/minitensor";
 * console.assert(isTensor(zeros([1])) && !isTensor([0]));
 * ```
 */
export function isTensor(value: unknown): value is Tensor {
  return typeof value === "object" && value !== null && tensorBrand in value;
}
