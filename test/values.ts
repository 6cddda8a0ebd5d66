/**
 * Comparison of tensors with plain numbers, for the tests.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { dtypeInfo, type Tensor } from "../mod.ts";

/** The elements as plain numbers, row-major; also of a tensor in a graph. */
export function values(x: Tensor): number[] {
  const plain = x.dtype === "bfloat16" ? x.detach().to("float32") : x; // not its bits
  return Array.from(plain.toTypedArray() as ArrayLike<number | bigint>, Number);
}

/**
 * What rounding may cost: some units in the last place of values around 1, or of the value itself.
 */
export function toleranceOf(x: Tensor): number {
  const { eps, wide } = dtypeInfo(x.dtype);
  return wide === null ? 32 * eps : eps; // small dtypes are rounded once
}

/** First place where numbers differ by more than `allowed`, relative above 1, as text; null when none does. */
export function firstDifference(
  actual: readonly number[],
  expected: readonly number[],
  allowed: number,
): string | null {
  if (actual.length !== expected.length) {
    return `${actual.length} elements, expected ${expected.length}`;
  }
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i]!;
    const b = expected[i]!;
    if (Object.is(a, b) || a === b) continue;
    const off = Math.abs(a - b);
    if (!(off <= allowed * Math.max(1, Math.abs(b)))) return `element ${i} is ${a}, expected ${b}`;
  }
  return null;
}

/** Fails unless the elements are these, up to rounding in the tensor's dtype. */
export function assertValues(
  x: Tensor | null,
  expected: readonly number[],
  allowed: number = x === null ? 0 : toleranceOf(x),
): void {
  if (x === null) throw new TypeError("There is no tensor");
  assertEquals(firstDifference(values(x), expected, allowed), null);
}
