/**
 * Questions about shapes, for those who make them up.
 *
 * @module
 */
import { ShapeError } from "./errors.ts";
import { type Shape, specOf } from "./shape.ts";

/**
 * True when a tensor can have the shape: whole sizes of 0 or more, not too many, and elements that
 * can be counted.
 *
 * @example
 * ```ts
 * import { isValidShape } from "@minitensor/minitensor";
 * console.assert(isValidShape([2, 0]) && !isValidShape([-1]));
 * ```
 */
export function isValidShape(shape: Shape): boolean {
  if (!Array.isArray(shape)) return false;
  try {
    specOf(shape, "bool");
    return true;
  } catch (error) {
    if (error instanceof ShapeError) return false;
    throw error;
  }
}

/**
 * Row-major strides of a shape, in elements; a size of 0 counts as 1.
 *
 * @throws {ShapeError} for a shape that no tensor can have.
 *
 * @example
 * ```ts
 * import { computeStrides } from "@minitensor/minitensor";
 * console.assert(computeStrides([2, 3, 4]).join() === "12,4,1");
 * ```
 */
export function computeStrides(shape: Shape): number[] {
  return [...specOf(shape, "bool").strides];
}

/**
 * Number of elements of a shape.
 *
 * @throws {ShapeError} for a shape that no tensor can have.
 *
 * @example
 * ```ts
 * import { shapeNumel } from "@minitensor/minitensor";
 * console.assert(shapeNumel([2, 3, 4]) === 24);
 * ```
 */
export function shapeNumel(shape: Shape): number {
  return specOf(shape, "bool").size;
}
