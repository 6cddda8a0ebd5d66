/**
 * The laws that every op obeys, built-in or custom, checked on the samples of its record.
 *
 * @module
 */
import { grad, noGrad } from "./autograd.ts";
import { tensor } from "./create.ts";
import { type DType, dtypes } from "./dtype.ts";
import { DisposedError, isMinitensorError, ShapeError } from "./errors.ts";
import type { NativeKernel, Op, Sample } from "./op.ts";
import { broadcastShapes, type Shape, text } from "./shape.ts";
import { isTensor } from "./tensor/is_tensor.ts";
import type { Tensor } from "./tensor/tensor.ts";

/** What a law found on one sample. */
export interface LawResult {
  /** The op's name. */
  readonly op: string;
  /** The law's name. */
  readonly law: string;
  /** The sample's shapes and dtype. */
  readonly sample: string;
  /** What is wrong, with figures; null when the law holds. */
  readonly problem: string | null;
}

/** An op's public function, whatever it takes. */
type AnyFunction = (...inputs: readonly unknown[]) => unknown;

/** Everything a law needs to run a sample. */
interface Case {
  readonly op: Op;
  readonly sample: Sample;
  readonly dtype: DType;
  /** Inputs of the sample, the same ones each time. */
  readonly inputs: readonly Tensor[];
}

/** Largest difference that rounding explains, relative to the size of the values. */
export function tolerance(dtype: DType, terms = 1): number {
  const { eps } = dtypes[dtype];
  return 16 * eps * Math.max(1, Math.sqrt(terms));
}

/** Small generator for the laws' own values: not the library's, which is under test. */
function randomSource(seed: string): () => number {
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

function makeInputs(op: Op, sample: Sample, dtype: DType): Tensor[] {
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

function call(op: Op, sample: Sample, inputs: readonly Tensor[]): Tensor[] {
  const given = sample.arguments?.(inputs) ?? [...inputs, ...(sample.rest ?? [])];
  return tensorsOf((op as unknown as AnyFunction)(...given));
}

function tensorsOf(result: unknown): Tensor[] {
  if (isTensor(result)) return [result];
  return Object.values(result as Record<string, unknown>).filter(isTensor);
}

function run({ op, sample, inputs }: Case): Tensor[] {
  return call(op, sample, inputs);
}

function numbers(x: Tensor): number[] {
  return Array.from(x.detach().toTypedArray() as ArrayLike<number | bigint>, Number);
}

/** First place where two lists differ by more than the tolerance, as text. */
function difference(
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

function compare(
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

function elementwise(op: Op): boolean {
  return (op.kernel as Partial<NativeKernel<unknown>>).elementwise === true;
}

/** The forward result is what the reference says, element by element. */
function referenceLaw({ op, sample, dtype, inputs }: Case): string | null {
  if (op.reference === undefined || !elementwise(op)) return null;
  const [out] = call(op, sample, inputs);
  const shape = broadcastShapes(...inputs.map((x) => x.shape));
  const columns = inputs.map((x) => numbers(x.expand(shape)));
  const size = shape.reduce((product, extent) => product * extent, 1);
  const expected = Array.from(
    { length: size },
    (_, i) => op.reference!(...columns.map((column) => column[i]!)),
  );
  return difference(numbers(out!), expected, tolerance(dtype));
}

/** Inputs that lie otherwise in memory give the same result. */
function layoutLaw(c: Case): string | null {
  const expected = run(c);
  for (const [name, arrange] of Object.entries(arrangements)) {
    for (let which = 0; which < c.inputs.length; which++) {
      const inputs = c.inputs.map((x, i) => i === which ? arrange(x) : x);
      const found = compare(call(c.op, c.sample, inputs), expected, tolerance(c.dtype));
      if (found !== null) return `input ${which} ${name}: ${found}`;
    }
  }
  return null;
}

/** The same elements at other places. */
const arrangements: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  transposed: (x) => x.ndim < 2 ? x : x.transpose(0, -1).contiguous().transpose(0, -1),
  sliced: (x) =>
    x.ndim === 0
      ? x
      : x.repeat(x.shape.map((_, i) => i === x.ndim - 1 ? 2 : 1)).narrow(-1, 0, x.shape.at(-1)!),
  reversed: (x) => x.ndim === 0 ? x : x.flip(-1).index("...", "::-1"),
  strided: (x) => x.unsqueeze(-1).expand([...x.shape, 2]).contiguous().select(-1, 1),
};

/** Broadcasting an input is the same as expanding it. */
function broadcastLaw(c: Case): string | null {
  if (!elementwise(c.op) || c.inputs.length < 2) return null;
  const shape = broadcastShapes(...c.inputs.map((x) => x.shape));
  const expanded = c.inputs.map((x) => x.expand(shape).contiguous());
  return compare(run(c), call(c.op, c.sample, expanded), 0);
}

interface Projection {
  readonly leaves: readonly Tensor[];
  readonly value: Tensor;
}

/** A random combination of all outputs: one number, whose gradient shows all of the op's. */
function project(c: Case, inputs: readonly Tensor[]): Tensor | null {
  const outputs = call(c.op, c.sample, inputs).filter((out) => out.isFloatingPoint());
  let total: Tensor | null = null;
  outputs.forEach((out, i) => {
    if (out.numel() === 0) return;
    const random = randomSource(`${c.op.name} weights ${i}`);
    const weights = tensor(Array.from({ length: out.numel() }, () => random() * 2 - 1), {
      dtype: out.dtype,
    });
    const part = out.mul(weights.reshape(out.shape)).sum();
    total = total === null ? part : total.add(part);
  });
  return total;
}

function projection(c: Case): Projection | null {
  const leaves = c.inputs.map((x) => {
    const copy = x.detach().clone();
    return x.isFloatingPoint() ? copy.requiresGrad_() : copy;
  });
  const value = project(c, leaves);
  return value === null || !value.requiresGrad ? null : { leaves, value };
}

const STEP = 1e-5;

/** Central differences of a function of float64 tensors, for every element of every floating-point input. */
function differences(
  inputs: readonly Tensor[],
  f: (inputs: readonly Tensor[]) => number,
): number[][] {
  return inputs.map((x, which) => {
    if (!x.isFloatingPoint()) return [];
    const base = numbers(x);
    return base.map((value, i) => {
      const at = (shifted: number): number => {
        const moved = tensor(base.with(i, shifted), { dtype: x.dtype }).reshape(x.shape);
        return f(inputs.map((other, k) => k === which ? moved : other));
      };
      return (at(value + STEP) - at(value - STEP)) / (2 * STEP);
    });
  });
}

/** Differences of order 1e-5 leave an error of order 1e-10 in float64; what is left is the function's curvature. */
const DIFFERENCE_TOLERANCE = 2e-6;

/** Differences need the precision of float64 in every input that is varied. */
function differentiable({ op, inputs }: Case): boolean {
  return op.gradient !== null && inputs.every((x) => !x.isFloatingPoint() || x.dtype === "float64");
}

/** The gradient is what central differences say. */
function gradientLaw(c: Case): string | null {
  if (!differentiable(c)) return null;
  const made = projection(c);
  if (made === null) return null;
  const { leaves, value } = made;
  const wanted = leaves.filter((x) => x.requiresGrad);
  const actual = grad([value], wanted, { allowUnused: true });
  const expected = noGrad(() =>
    differences(c.inputs, (inputs) => Number(project(c, inputs)!.item()))
  );
  return compareGradients(leaves, wanted, actual, expected);
}

function compareGradients(
  leaves: readonly Tensor[],
  wanted: readonly Tensor[],
  actual: readonly (Tensor | null)[],
  expected: readonly (readonly number[])[],
): string | null {
  for (let i = 0; i < leaves.length; i++) {
    const at = wanted.indexOf(leaves[i]!);
    if (at < 0) continue;
    const gradient = actual[at] ?? null;
    if (gradient !== null && text(gradient.shape) !== text(leaves[i]!.shape)) {
      return `gradient ${i} has shape ${text(gradient.shape)}, the input ${text(leaves[i]!.shape)}`;
    }
    const values = gradient === null ? expected[i]!.map(() => 0) : numbers(gradient);
    const found = difference(values, expected[i]!, DIFFERENCE_TOLERANCE);
    if (found !== null) return `gradient ${i}: ${found}`;
  }
  return null;
}

/** A random combination of the gradients, as a function of the inputs: its gradient is the second derivative. */
function slopeOf(c: Case, inputs: readonly Tensor[]): { value: Tensor | null; leaves: Tensor[] } {
  const leaves = inputs.map((x) => x.isFloatingPoint() ? x.detach().clone().requiresGrad_() : x);
  const wanted = leaves.filter((x) => x.requiresGrad);
  const out = project(c, leaves);
  if (out === null || !out.requiresGrad) return { value: null, leaves };
  const gradients = grad([out], wanted, { createGraph: true, allowUnused: true });
  let value: Tensor | null = null;
  gradients.forEach((gradient, i) => {
    if (gradient === null) return;
    const random = randomSource(`${c.op.name} slopes ${i}`);
    const weights = tensor(Array.from({ length: gradient.numel() }, () => random() * 2 - 1), {
      dtype: gradient.dtype,
    });
    const part = gradient.mul(weights.reshape(gradient.shape)).sum();
    value = value === null ? part : value.add(part);
  });
  return { value, leaves };
}

/** The gradient's own gradient is what central differences say. */
function secondLaw(c: Case): string | null {
  if (!differentiable(c)) return null;
  const { value, leaves } = slopeOf(c, c.inputs);
  if (value === null) return null;
  const wanted = leaves.filter((x) => x.requiresGrad);
  const actual = value.requiresGrad
    ? grad([value], wanted, { allowUnused: true })
    : wanted.map(() => null);
  const expected = differences(c.inputs, (inputs) => Number(slopeOf(c, inputs).value?.item() ?? 0));
  return compareGradients(leaves, wanted, actual, expected);
}

/** What the gradient does not declare to read may be overwritten after the forward pass. */
function savesLaw(c: Case): string | null {
  if (!differentiable(c) || c.op.saves === "inputs" || c.op.saves === "both") return null;
  if ("view" in c.op.kernel) return null; // a view's result is the input's memory
  const clean = projection(c);
  const poisoned = projection(c);
  if (clean === null || poisoned === null) return null;
  for (const x of poisoned.leaves) {
    if (x.isFloatingPoint()) (x.asTypedArray() as Float64Array).fill(NaN);
  }
  const gradients = ({ leaves, value }: Projection) =>
    grad([value], leaves.filter((x) => x.requiresGrad), { allowUnused: true }).flatMap((x) =>
      x === null ? [] : numbers(x)
    );
  return difference(gradients(poisoned), gradients(clean), 0);
}

/** A disposed input is refused, and so are shapes that do not broadcast. */
function refusalLaw(c: Case): string | null {
  const disposed = c.inputs.map((x) => x.clone());
  for (const x of disposed) x.dispose();
  const problem = refuses(() => call(c.op, c.sample, disposed), DisposedError);
  if (problem !== null) return `disposed input: ${problem}`;
  if (!elementwise(c.op) || c.inputs.length < 2 || c.op.infer.name !== "broadcast") return null;
  const shapes: readonly Shape[] = [[2, 3], [4]];
  const inputs = c.inputs.map((x, i) => x.newOnes(shapes[i] ?? [1]));
  const found = refuses(() => call(c.op, c.sample, inputs), ShapeError);
  return found === null ? null : `shapes [2, 3] and [4]: ${found}`;
}

function refuses(attempt: () => unknown, expected: new (message: string) => Error): string | null {
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

const laws: Readonly<Record<string, (c: Case) => string | null>> = {
  reference: referenceLaw,
  layouts: layoutLaw,
  broadcasting: broadcastLaw,
  gradient: gradientLaw,
  "second derivative": secondLaw,
  saves: savesLaw,
  refusals: refusalLaw,
};

/** Names of the laws, in the order in which they run. */
export const lawNames: readonly string[] = Object.keys(laws);

/**
 * Checks every law on every sample of an op, in float32 and float64.
 *
 * @example
 * ```ts
 * import { exp } from "@minitensor/minitensor";
 * import { checkOp } from "@minitensor/minitensor/testing";
 * console.assert(checkOp(exp).every(({ problem }) => problem === null));
 * ```
 */
export function checkOp(op: Op): LawResult[] {
  const results: LawResult[] = [];
  for (const sample of op.samples) {
    for (const dtype of ["float32", "float64"] as const) {
      const label = `${sample.shapes.map(text).join(", ")} ${dtype}`;
      const c: Case = { op, sample, dtype, inputs: makeInputs(op, sample, dtype) };
      for (const [law, check] of Object.entries(laws)) {
        results.push({ op: op.name, law, sample: label, problem: attempt(() => check(c)) });
      }
    }
  }
  return results;
}

function attempt(check: () => string | null): string | null {
  try {
    return check();
  } catch (error) {
    if (isMinitensorError(error)) return `threw ${error.name}: ${error.message}`;
    throw error;
  }
}

/** The laws that failed, as text: empty when all hold. */
export function lawReport(results: readonly LawResult[]): string {
  return results
    .filter(({ problem }) => problem !== null)
    .map(({ op, law, sample, problem }) => `${op}: ${law} on ${sample}: ${problem}`)
    .join("\n");
}
