/**
 * One case of a law: an op, a sample of it, and what compares results.
 *
 * @module
 */
import { tensor } from "./create.ts";
import { type DType, dtypes } from "./dtype.ts";
import type { NativeKernel, Op, OpRecord, Sample } from "./op.ts";
import { text } from "./shape.ts";
import { toItem } from "./tensor/elements.ts";
import { isTensor } from "./tensor/is_tensor.ts";
import type { Tensor } from "./tensor/tensor.ts";

/** An op's public function, whatever it takes. */
type AnyFunction = (...inputs: readonly unknown[]) => unknown;

/** Everything a law needs to run a sample. */
export interface Case {
  readonly op: Op;
  /** The record's reference, or what stands in for it. */
  readonly reference: OpRecord["reference"];
  readonly sample: Sample;
  readonly dtype: DType;
  /** Inputs of the sample, the same ones each time. */
  readonly inputs: readonly Tensor[];
}

/**
 * Largest difference that rounding explains, relative to the size of the values: 16 eps
 * sqrt(terms).
 *
 * @param terms how many numbers a sum has.
 *
 * @example
 * ```ts
 * import { tolerance } from "@minitensor/minitensor/testing";
 * console.assert(tolerance("float64") === 2 ** -48 && tolerance("float32", 4) === 2 ** -18);
 * ```
 */
export function tolerance(dtype: DType, terms = 1): number {
  const { eps } = dtypes[dtype];
  return 16 * eps * Math.max(1, Math.sqrt(terms));
}

/** Small generator for the laws' own values: not the library's, which is under test. */
export function randomSource(seed: string): () => number {
  let state = 0;
  for (const character of seed) {
    state = Math.imul(state ^ character.charCodeAt(0), 0x9e3779b1) >>> 0;
  }
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The sample's tensors. */
export function makeInputs(op: Op, sample: Sample, dtype: DType): Tensor[] {
  return sample.shapes.map((shape, i) => {
    const asked = sample.dtypes?.[i] ?? "float";
    const own = asked === "float" ? dtype : asked;
    const [low, high] = sample.ranges?.[i] ?? [-2, 2];
    const random = randomSource(`${op.name} ${text(shape)} ${i}`);
    const size = shape.reduce((product, extent) => product * extent, 1);
    const values = Array.from({ length: size }, () => {
      const value = low + random() * (high - low);
      return own === "bool"
        ? Number(random() < 0.5)
        : dtypes[own].isFloat
        ? value
        : Math.floor(value);
    });
    return tensor(values, { dtype: own }).reshape(shape);
  });
}

/** Runs an op's public function; all its results, also named ones. */
export function call(op: Op, sample: Sample, inputs: readonly Tensor[]): Tensor[] {
  const given = sample.arguments?.(inputs) ?? [...inputs, ...(sample.rest ?? [])];
  return tensorsOf((op as unknown as AnyFunction)(...given));
}

function tensorsOf(result: unknown): Tensor[] {
  if (isTensor(result)) return [result];
  return Object.values(result as Record<string, unknown>).filter(isTensor);
}

/** Runs an op on the case's own inputs. */
export function run({ op, sample, inputs }: Case): Tensor[] {
  return call(op, sample, inputs);
}

/** The elements, row-major. */
export function numbers(x: Tensor): number[] {
  const elements = x.detach().toTypedArray() as ArrayLike<number | bigint>;
  return Array.from(elements, (value) => Number(toItem(value, x.dtype)));
}

/** First place where two lists differ by more than the tolerance, as text. */
export function difference(
  actual: readonly number[],
  expected: readonly number[],
  allowed: number,
): string | null {
  if (actual.length !== expected.length) {
    return `${actual.length} values instead of ${expected.length}`;
  }
  for (let i = 0; i < actual.length; i++) {
    const a = actual[i]!;
    const b = expected[i]!;
    if (Object.is(a, b) || a === b) continue;
    const off = Math.abs(a - b);
    if (!(off <= allowed * Math.max(1, Math.abs(b)))) {
      return `element ${i} is ${a}, expected ${b}: off by ${off}`;
    }
  }
  return null;
}

/** First place where tensors differ by more than the tolerance, as text. */
export function compare(
  actual: readonly Tensor[],
  expected: readonly Tensor[],
  allowed: number,
): string | null {
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i]!;
    const b = expected[i]!;
    if (a.dtype !== b.dtype || text(a.shape) !== text(b.shape)) {
      return `output ${i} is ${a.dtype} ${text(a.shape)}, expected ${b.dtype} ${text(b.shape)}`;
    }
    const found = difference(numbers(a), numbers(b), allowed);
    if (found !== null) return `output ${i}: ${found}`;
  }
  return null;
}

/** What is not a native kernel says by its reference that it works element by element. */
export function elementwise({ op: { kernel }, reference }: Case): boolean {
  if (!("native" in kernel)) return reference !== undefined;
  return (kernel as NativeKernel<unknown>).elementwise === true;
}

/** Null when the attempt throws an error of that class; else what it did. */
export function refuses(
  attempt: () => unknown,
  expected: new (message: string) => Error,
): string | null {
  try {
    attempt();
  } catch (error) {
    if (error instanceof expected) return null;
    return `threw ${
      error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    } instead of ${expected.name}`;
  }
  return `gave a result instead of ${expected.name}`;
}
