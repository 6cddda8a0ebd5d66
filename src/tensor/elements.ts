/**
 * Elements as JavaScript's own values.
 *
 * @module
 */
import { bfloat16Value, type DataArray, type DType } from "../dtype.ts";
import type { Shape } from "../shape.ts";

/** Nested arrays of a tensor's elements; a single element for rank 0. */
export type NestedArray = number | bigint | boolean | NestedArray[];

/** An element as JavaScript shows it. */
export function toItem(value: number | bigint, dtype: DType): number | bigint | boolean {
  if (dtype === "bool") return value !== 0;
  if (dtype === "bfloat16") return bfloat16Value(value as number);
  if (typeof value === "number") return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** The elements in arrays nested as the shape says; the element itself for rank 0. */
export function nest(elements: DataArray, shape: Shape, dtype: DType): NestedArray {
  let at = 0;
  const level = (dim: number): NestedArray => {
    if (dim === shape.length) return toItem(elements[at++]!, dtype);
    return Array.from({ length: shape[dim]! }, () => level(dim + 1));
  };
  return level(0);
}
