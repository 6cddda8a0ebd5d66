/**
 * Times of every op of the registry, on the samples of its record and, element by element, at a
 * real size.
 *
 * @module
 */
import { emptyCache, type Op, ops, type Sample, scope, Tensor } from "../mod.ts";
import { input } from "./inputs.ts";
import { type Loop, type Slices, timeSlices } from "./timing.ts";

/** A timed line. */
export interface Timing {
  readonly name: string;
  readonly slices: Slices;
  /** Bytes read and written by a call. */
  readonly bytes: number;
  readonly flops?: number;
}

/** A line that could not be timed, and why. */
export interface Untimed {
  readonly name: string;
  readonly reason: string;
}

/** How long and how often. */
export interface TimingSchedule {
  /** Milliseconds of a slice. */
  readonly milliseconds: number;
  readonly slices: number;
}

/** Elements at which an elementwise op is timed beside its samples. */
const LARGE = 1024 * 1024;

/** Ops called in one scope, about as many as a training step has. */
const CALLS_PER_SCOPE = 32;

/** The samples, and for an elementwise op the first one's inputs with many elements. */
function samplesOf(op: Op): readonly Sample[] {
  const kernel = op.kernel as { readonly elementwise?: boolean };
  const first = op.samples[0];
  if (kernel.elementwise !== true || first === undefined) return op.samples;
  return [...op.samples, { ...first, shapes: first.shapes.map(() => [LARGE]) }];
}

function tensorsOf(result: unknown): Tensor[] {
  if (result instanceof Tensor) return [result];
  return Object.values(result as object).filter((value) => value instanceof Tensor);
}

function bytesOf(tensors: readonly Tensor[]): number {
  return tensors.reduce((sum, x) => sum + x.nbytes, 0);
}

/** A sample's inputs, and the call of the op's public function with them. */
function prepareSample(op: Op, sample: Sample): { readonly loop: Loop; readonly bytes: number } {
  const inputs = sample.shapes.map((shape, i) => {
    const asked = sample.dtypes?.[i] ?? "float";
    const dtype = asked === "float" ? "float32" : asked;
    return input({ shape, dtype, range: sample.ranges?.[i] ?? [-2, 2], seed: i + 1 });
  });
  const given = sample.arguments?.(inputs) ?? [...inputs, ...(sample.rest ?? [])];
  // The registry does not know the types of the functions.
  const call = op as unknown as (...given: readonly unknown[]) => unknown;
  const bytes = bytesOf(inputs) + bytesOf(tensorsOf(call(...given)));
  const loop: Loop = (calls) => {
    for (let done = 0; done < calls; done += CALLS_PER_SCOPE) {
      using _ = scope();
      const end = Math.min(CALLS_PER_SCOPE, calls - done);
      for (let i = 0; i < end; i++) call(...given);
    }
  };
  return { loop, bytes };
}

/** Times one sample. */
function timeSample(name: string, op: Op, sample: Sample, schedule: TimingSchedule): Timing {
  const { loop, bytes } = prepareSample(op, sample);
  return { name, bytes, slices: timeSlices(loop, schedule.milliseconds, schedule.slices) };
}

/** A line that fails is told as such, and the others are timed all the same. */
export function attempt(name: string, time: () => Timing): Timing | Untimed {
  try {
    return time();
  } catch (error) {
    return { name, reason: String(error) };
  }
}

/** Times all ops whose line's name has `filter` in it, one after the other. */
export function* timeOps(filter: RegExp, schedule: TimingSchedule): Generator<Timing | Untimed> {
  for (const op of ops.values()) {
    for (const sample of samplesOf(op)) {
      const name = `${op.name} ${sample.shapes.map((shape) => `[${shape.join(", ")}]`).join(" ")}`;
      if (!filter.test(name)) continue;
      yield attempt(name, () => timeSample(name, op, sample, schedule));
      emptyCache();
    }
  }
}
