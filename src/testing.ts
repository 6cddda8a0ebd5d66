/**
 * The laws that every op obeys, built-in or custom, checked on the samples of its record.
 *
 * @module
 */
export { gradcheck, type GradcheckOptions, gradgradcheck } from "./gradcheck.ts";
import type { CustomOp } from "./custom.ts";
import { ArgumentError, DisposedError, isMinitensorError, ShapeError } from "./errors.ts";
import {
  call,
  type Case,
  compare,
  difference,
  elementwise,
  makeInputs,
  numbers,
  refuses,
  run,
  tolerance,
} from "./law_case.ts";
import { gradientLaw, savesLaw, secondLaw } from "./law_gradients.ts";
import { makeOp, type Op, type Sample } from "./op.ts";
import { broadcastShapes, type Shape, text } from "./shape.ts";
import type { Tensor } from "./tensor/tensor.ts";

export { tolerance };

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

/** The forward result is what the reference says, element by element. */
function referenceLaw(c: Case): string | null {
  const { op, reference, sample, dtype, inputs } = c;
  if (reference === undefined || !elementwise(c)) return null;
  const [out] = call(op, sample, inputs);
  const shape = broadcastShapes(...inputs.map((x) => x.shape));
  const columns = inputs.map((x) => numbers(x.expand(shape)));
  const size = shape.reduce((product, extent) => product * extent, 1);
  const expected = Array.from(
    { length: size },
    (_, i) => reference(...columns.map((column) => column[i]!)),
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
  if (!elementwise(c) || c.inputs.length < 2) return null;
  const shape = broadcastShapes(...c.inputs.map((x) => x.shape));
  const expanded = c.inputs.map((x) => x.expand(shape).contiguous());
  return compare(run(c), call(c.op, c.sample, expanded), 0);
}

/**
 * On tensors of a small dtype, the result is what the dtype that arithmetic is done in gives,
 * converted back. Once, with the sample's float32 inputs.
 */
function smallLaw(c: Case): string | null {
  if (c.dtype !== "float32" || !c.inputs.some((x) => x.dtype === "float32")) return null;
  for (const small of ["float16", "bfloat16"] as const) {
    const inputs = c.inputs.map((x) => x.dtype === "float32" ? x.to(small) : x);
    const wide = inputs.map((x) => x.dtype === small ? x.to("float32") : x);
    const expected = run({ ...c, inputs: wide }).map((y) =>
      y.dtype === "float32" ? y.to(small) : y
    );
    const found = compare(call(c.op, c.sample, inputs), expected, tolerance(small));
    if (found !== null) return `${small}: ${found}`;
  }
  return null;
}

/** A disposed input is refused, and so are shapes that do not broadcast. */
function refusalLaw(c: Case): string | null {
  const disposed = c.inputs.map((x) => x.clone());
  for (const x of disposed) x.dispose();
  const problem = refuses(() => call(c.op, c.sample, disposed), DisposedError);
  if (problem !== null) return `disposed input: ${problem}`;
  if (!elementwise(c) || c.inputs.length < 2 || c.op.infer.name !== "broadcast") return null;
  const shapes: readonly Shape[] = [[2, 3], [4]];
  const inputs = c.inputs.map((x, i) => x.newOnes(shapes[i] ?? [1]));
  const found = refuses(() => call(c.op, c.sample, inputs), ShapeError);
  return found === null ? null : `shapes [2, 3] and [4]: ${found}`;
}

const laws: Readonly<Record<string, (c: Case) => string | null>> = {
  reference: referenceLaw,
  layouts: layoutLaw,
  broadcasting: broadcastLaw,
  gradient: gradientLaw,
  "second derivative": secondLaw,
  saves: savesLaw,
  "small dtypes": smallLaw,
  refusals: refusalLaw,
};

/**
 * Names of the laws, in the order in which they run.
 *
 * @example
 * ```ts
 * import { lawNames } from "@minitensor/minitensor/testing";
 * console.assert(lawNames[0] === "reference" && lawNames.includes("gradient"));
 * ```
 */
export const lawNames: readonly string[] = Object.keys(laws);

/** What stands in for what an op's record lacks. */
export interface CheckOptions {
  /** What the laws run on; for an op whose record has no samples, as a plugin's. */
  readonly samples?: readonly Sample[];
  /** Meaning of one element in plain numbers; for an op whose record has no reference. */
  readonly reference?: (...values: number[]) => number;
}

/**
 * Checks every law on every sample of an op, in float32 and float64.
 *
 * @throws {ArgumentError} when neither the op nor the options have samples: no law would run.
 *
 * @example
 * ```ts
 * import { exp } from "@minitensor/minitensor";
 * import { checkOp } from "@minitensor/minitensor/testing";
 * console.assert(checkOp(exp).every(({ problem }) => problem === null));
 * ```
 */
export function checkOp(given: Op | CustomOp, options: CheckOptions = {}): LawResult[] {
  const op = "definition" in given ? makeOp(given.definition) as Op : given;
  const samples = options.samples ?? op.samples;
  const reference = options.reference ?? op.reference;
  if (samples.length === 0) {
    throw new ArgumentError(`Cannot check op ${op.name}: it has no samples`, {
      op: op.name,
      suggestion: "Pass { samples: [{ shapes: [[2, 3]] }] }",
    });
  }
  const results: LawResult[] = [];
  for (const sample of samples) {
    for (const dtype of ["float32", "float64"] as const) {
      const label = `${sample.shapes.map(text).join(", ")} ${dtype}`;
      const c: Case = { op, reference, sample, dtype, inputs: makeInputs(op, sample, dtype) };
      for (const [law, check] of Object.entries(laws)) {
        results.push({ op: op.name, law, sample: label, problem: attempt(() => check(c)) });
      }
    }
  }
  return results;
}

/**
 * Throws unless an op obeys every law on every sample.
 *
 * @throws {ArgumentError} that tells the laws that failed, or that there are no samples.
 *
 * @example
 * ```ts
 * import { CustomOpBuilder } from "@minitensor/minitensor";
 * import { assertOp } from "@minitensor/minitensor/testing";
 * const cube = new CustomOpBuilder("cube", 1)
 *   .forward(([x]) => x.mul(x).mul(x))
 *   .backward(({ grad, inputs: [x] }) => [grad.mul(x).mul(x).mul(3)])
 *   .build();
 * assertOp(cube, { samples: [{ shapes: [[2, 3]] }], reference: (x) => x! ** 3 });
 * ```
 */
export function assertOp(op: Op | CustomOp, options: CheckOptions = {}): void {
  const report = lawReport(checkOp(op, options));
  if (report !== "") {
    throw new ArgumentError(`Cannot accept op ${op.name}: it breaks laws\n${report}`, {
      op: op.name,
    });
  }
}

function attempt(check: () => string | null): string | null {
  try {
    return check();
  } catch (error) {
    if (isMinitensorError(error)) return `threw ${error.name}: ${error.message}`;
    throw error;
  }
}

/**
 * The laws that failed, as text, a line each: empty when all hold.
 *
 * @example
 * ```ts
 * import { lawReport } from "@minitensor/minitensor/testing";
 * const result = { op: "me/op", law: "gradient", sample: "[2] float32", problem: "is 0, not 1" };
 * console.assert(lawReport([result]) === "me/op: gradient on [2] float32: is 0, not 1");
 * console.assert(lawReport([{ ...result, problem: null }]) === "");
 * ```
 */
export function lawReport(results: readonly LawResult[]): string {
  return results
    .filter(({ problem }) => problem !== null)
    .map(({ op, law, sample, problem }) => `${op}: ${law} on ${sample}: ${problem}`)
    .join("\n");
}
