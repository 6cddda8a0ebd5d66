/**
 * Inputs of the benchmarks: the same numbers here and in torch_rows.py, so that both sides do the
 * same work and their results can be compared.
 *
 * @module
 */
import { type DType, dtypeInfo, empty, type Shape, type Tensor } from "../mod.ts";

/** What an input holds. */
export interface Input {
  readonly shape: Shape;
  /** Default float32. */
  readonly dtype?: DType;
  /** Values from the first up to the second; default [-1, 1]. Integers are rounded down. */
  readonly range?: readonly [number, number];
  /** Inputs of one row have different seeds. Default 1. */
  readonly seed?: number;
}

/** Mixes the bits of an element's number (the last step of MurmurHash3): a number in [0, 1). */
function mixed(index: number, seed: number): number {
  let bits = (index + Math.imul(seed, 0x9e3779b9)) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
}

/** Fills a tensor with the numbers of an input. */
export function fillInput(x: Tensor, range: readonly [number, number], seed: number): void {
  const elements = x.asTypedArray();
  const [low, high] = range;
  const { isFloat } = dtypeInfo(x.dtype);
  const isWide = elements instanceof BigInt64Array;
  for (let i = 0; i < elements.length; i++) {
    const value = low + (high - low) * mixed(i, seed);
    const whole = isFloat ? value : Math.floor(value);
    elements[i] = isWide ? BigInt(whole) : whole;
  }
}

/** A tensor of numbers that look random and are always the same. */
export function input({ shape, dtype = "float32", range = [-1, 1], seed = 1 }: Input): Tensor {
  const { wide } = dtypeInfo(dtype);
  if (wide !== null) return input({ shape, dtype: wide, range, seed }).to(dtype);
  const x = empty(shape, { dtype });
  fillInput(x, dtype === "bool" ? [0, 2] : range, seed);
  return x;
}

/** Mean size of the elements: what two computations of the same thing agree in. */
export function fingerprint(results: readonly Tensor[]): number {
  let sum = 0;
  let count = 0;
  for (const x of results) {
    const small = x.dtype === "bfloat16"; // whose elements are bits
    const elements = (small ? x.detach().to("float32") : x.detach()).toTypedArray();
    for (let i = 0; i < elements.length; i++) sum += Math.abs(Number(elements[i]));
    count += elements.length;
  }
  return sum / count;
}
