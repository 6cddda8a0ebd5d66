/**
 * Rules that tell how an op runs on a batch, for whole families of ops.
 *
 * @module
 */
import { type BoundOp, emptyOf } from "../op.ts";
import { stack } from "../ops/join.ts";
import { specOf, type TensorSpec } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { aligned, type Level, spread } from "./batch.ts";

/** A call of an op on a batch. */
export interface BatchCall {
  readonly op: BoundOp;
  readonly level: Level;
  /** The inputs as the function inside vmap sees them: one example. */
  readonly inputs: readonly Tensor[];
  /** What they stand for. */
  readonly values: readonly Tensor[];
  /** Which of them have examples along dim 0; at least one has. */
  readonly flags: readonly boolean[];
  readonly attributes: unknown;
  /** Runs the op itself on tensors that it can take. */
  readonly again: (values: readonly Tensor[], attributes: unknown) => Tensor[];
}

/** The outputs for the whole batch, examples along dim 0. */
export type Rule = (call: BatchCall) => Tensor[];

/** Ops that broadcast: a dim in front, where ranks differ with dims of size 1 behind it. */
export const broadcasting: Rule = (call) => {
  const { op, inputs, values, flags, attributes, again } = call;
  if (values.length === 1) return again(values, attributes);
  const rank = inputs.reduce((most, x) => Math.max(most, x.ndim), 0);
  const list = values.map((x, i) => flags[i] ? aligned(x, rank) : x);
  // Some take the shape of their first input, which is then the one that has to be whole.
  const spec = op.record.infer(list, attributes, op.name) as TensorSpec | null;
  if (spec === null || spec.shape.length <= rank) list[0] = spread(list[0]!, flags[0]!, call.level);
  return again(list, attributes);
};

/** Ops whose leading dims are batches already, and the same in all inputs. */
export const leading: Rule = (call) => call.again(spreadAll(call), call.attributes);

/** All inputs with their examples along dim 0. */
export function spreadAll({ values, flags, level }: BatchCall): Tensor[] {
  return values.map((x, i) => spread(x, flags[i]!, level));
}

/** Attributes that are dims, or several. */
const dimKeys = ["dim", "dims", "dim1", "dim2"];

/** Attributes whose dims make room for one in front, and with it the shape of a result. */
export function shifted(attributes: unknown, { size }: Level): Record<string, unknown> {
  const moved: Record<string, unknown> = { ...attributes as object };
  for (const key of dimKeys) {
    const dims = moved[key] as number | readonly number[] | undefined;
    if (dims === undefined) continue;
    moved[key] = typeof dims === "number" ? dims + 1 : dims.map((dim) => dim + 1);
  }
  const shape = moved["shape"] as readonly number[] | undefined;
  if (shape !== undefined) moved["shape"] = [size, ...shape];
  return moved;
}

/** Ops that name dims in their attributes, counted from the front. */
export const shifting: Rule = (call) => {
  return call.again(spreadAll(call), shifted(call.attributes, call.level));
};

/** Ops that treat the slices along dim 0 of their first inputs alike: the examples' lie there. */
export function merging(count: number): Rule {
  return (call) => {
    const { flags, attributes, level: { size }, again } = call;
    if (flags.slice(count).includes(true)) return loop(call);
    const merged = call.values.map((x, i) => {
      if (i >= count) return x;
      const [, first, ...rest] = spread(x, flags[i]!, call.level).shape;
      return spread(x, flags[i]!, call.level).reshape([size * first!, ...rest]);
    });
    const given = attributes as { readonly shape?: readonly number[] };
    const [first, ...rest] = given.shape ?? [];
    const whole = first === undefined ? given : { ...given, shape: [size * first, ...rest] };
    const slices = call.inputs[0]!.shape[0]!;
    return again(merged, whole).map((x) => {
      const own = size === 0 ? slices : x.shape[0]! / size;
      return x.reshape([size, own, ...x.shape.slice(1)]);
    });
  };
}

/**
 * Ops without a rule: example by example. Correct, but a batch costs what its examples cost one
 * after the other.
 */
export const loop: Rule = ({ op, level: { size }, inputs, values, flags, attributes, again }) => {
  if (size === 0) {
    const specs = op.record.infer(inputs, attributes, op.name);
    const list = Array.isArray(specs) ? specs : [specs];
    return list.map(({ shape, dtype }) => emptyOf(specOf([0, ...shape], dtype)));
  }
  const examples = Array.from(
    { length: size },
    (_, example) => again(values.map((x, i) => flags[i] ? x.select(0, example) : x), attributes),
  );
  return examples[0]!.map((_, output) => stack(examples.map((outputs) => outputs[output]!)));
};
