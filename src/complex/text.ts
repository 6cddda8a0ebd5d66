/**
 * Complex numbers as text and as nested arrays.
 *
 * @module
 */
import { corners, formatter, nested } from "../print.ts";
import type { ComplexParts } from "./parts.ts";

/** Pairs [re, im] in nested arrays, one level a dim. */
export type NestedPairs = readonly [number, number] | readonly NestedPairs[];

/** The elements as nested pairs. */
export function nestPairs({ real, imag }: ComplexParts): NestedPairs {
  const [re, im] = [real.toTypedArray(), imag.toTypedArray()];
  let at = 0;
  const level = (dim: number): NestedPairs => {
    if (dim === real.ndim) {
      const pair = [Number(re[at]), Number(im[at])] as const;
      at++;
      return pair;
    }
    return Array.from({ length: real.shape[dim]! }, () => level(dim + 1));
  };
  return level(0);
}

/** The elements as `complex([1.+2.i, ...])`, shortened as tensors are. */
export function formatComplex({ real, imag }: ComplexParts, dtype: string): string {
  const [re, im] = [corners(real), corners(imag)];
  const [a, b] = [[...re.toTypedArray()], [...im.toTypedArray()]].map((list) => list.map(Number));
  const writeReal = formatter(a!, real.dtype);
  const sizes = b!.map(Math.abs);
  const writeImag = formatter(sizes, imag.dtype);
  const notes: string[] = [];
  if (real.numel() === 0 && real.ndim !== 1) notes.push(`shape=[${real.shape.join(", ")}]`);
  if (dtype !== "complex64") notes.push(`dtype=${dtype}`);
  if (real.requiresGrad || imag.requiresGrad) notes.push("requiresGrad=true");
  let at = 0;
  const next = (): string => {
    const sign = b![at]! < 0 || Object.is(b![at], -0) ? "-" : "+";
    const text = `${writeReal(a![at]!)}${sign}${writeImag(sizes[at]!).trimStart()}i`;
    at++;
    return text;
  };
  const body = real.numel() === 0 ? "[]" : nested(re.shape, real.shape, 0, "complex(".length, next);
  return `complex(${body}${notes.map((note) => `, ${note}`).join("")})`;
}
