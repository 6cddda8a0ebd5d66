/**
 * Tensors that stand for a batch inside vmap. Such a tensor has the shape of one example; ops meet
 * it in `apply`, which asks for its state bit in the test it makes anyway, and go on with the whole
 * batch, whose examples lie along dim 0.
 *
 * Why not a loop over examples, nor a class that intercepts the functions: here every function ends
 * in records, so a rule for each record batches all of them, and functions written in TypeScript
 * work unchanged, since they see the shape of one example.
 *
 * Recording is on two storeys, which is what lets vmap and gradients nest either way. What is
 * recorded of the batch itself is the graph around vmap: its gradients add up over examples
 * wherever the examples shared a tensor. What is recorded of the tensors that stand for it is a
 * graph inside vmap: there each example has gradients of its own, also by tensors that they share.
 *
 * @module
 */
import { ArgumentError } from "../errors.ts";
import { modes } from "../graph.ts";
import { BATCHED, DISPOSED, VIEW, viewOf } from "../op.ts";
import { type Shape, specOf, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** What cannot be done with all examples together, but with each alone. */
export class TogetherError extends ArgumentError {}

/** What random numbers are inside vmap: refused, drawn for each example, or shared by all. */
export type VmapRandomness = "error" | "different" | "same";

/** One running call of a function that vmap made. */
export interface Level {
  /** Number of examples. */
  readonly size: number;
  /** How many are around it. */
  readonly depth: number;
  readonly randomness: VmapRandomness;
  /** False once the call has ended. */
  open: boolean;
}

/** What a tensor stands for. */
export interface Batch {
  readonly level: Level;
  /** The whole batch; or, where all examples share it, the one tensor. */
  readonly value: Tensor;
  /** True when examples lie along dim 0 of `value`. */
  readonly batched: boolean;
}

/** Calls that run now, the outermost first. */
const running: Level[] = [];

/** What tensors stand for: not a field, which every tensor would pay for. */
const batches = new WeakMap<Tensor, Batch>();

/** Handles without a hold of the memory: whoever is given one as a result must get another. */
const borrowed = new WeakSet<Tensor>();

/** Runs `fn` in a level of its own. */
export function withLevel<T>(size: number, randomness: VmapRandomness, fn: (level: Level) => T): T {
  const level: Level = { size, depth: running.length, randomness, open: true };
  running.push(level);
  try {
    return fn(level);
  } finally {
    running.pop();
    level.open = false;
  }
}

/** The innermost call that runs, or null outside vmap. */
export function currentLevel(): Level | null {
  return running.at(-1) ?? null;
}

/** True when the tensor stands for a batch, or for what all examples share. */
export function isBatched(x: Tensor): boolean {
  return (x.state & BATCHED) !== 0;
}

/** What a tensor stands for at a level, or null when that level does not know it. */
export function batchAt(x: Tensor, level: Level): Batch | null {
  const batch = batches.get(x);
  return batch?.level === level ? batch : null;
}

/** What a tensor that {@link isBatched} stands for. */
export function batchOf(x: Tensor): Batch {
  return batches.get(x)!;
}

/** A tensor that stands for `value` at a level. */
export function wrap(value: Tensor, level: Level, batched: boolean): Tensor {
  const { shape, dtype } = value;
  const spec = batched ? specOf(shape.slice(1), dtype) : value.spec;
  const strides = batched ? value.strides.slice(1) : value.strides;
  const x = viewOf(value.storage, { spec, strides, offset: value.offset });
  x.state = BATCHED | (value.state & VIEW);
  batches.set(x, { level, value, batched });
  return x;
}

/** The tensor as one of the level: itself, or standing for what all examples share. */
export function lift(x: Tensor, level: Level): Tensor {
  return batchAt(x, level) === null ? wrap(x, level, false) : x;
}

/**
 * What a tensor stands for, as long as the tensor is there. Where a scope has disposed of it
 * meanwhile, a handle that lives on the tensor's hold of the memory: nobody would free one of its
 * own.
 */
export function valueOf(x: Tensor): Tensor {
  const { value } = batches.get(x)!;
  if ((value.state & DISPOSED) === 0) return value;
  const { made } = modes;
  modes.made = null;
  const handle = alias(value);
  modes.made = made;
  handle.storage.users--;
  borrowed.add(handle);
  return handle;
}

/** What a tensor stands for, to be kept when the tensor is gone. */
export function takeValue(x: Tensor): Tensor {
  const { value } = batches.get(x)!;
  return (value.state & DISPOSED) !== 0 || borrowed.has(value) ? alias(value) : value;
}

/** Another handle on the same storage, with the same graph. */
export function alias(x: Tensor): Tensor {
  const batch = isBatched(x) ? batchOf(x) : null;
  const copy = batch === null
    ? viewOf(x.storage, { spec: x.spec, strides: x.strides, offset: x.offset })
    : wrap(valueOf(x), batch.level, batch.batched);
  copy.node = x.node;
  copy.outputIndex = x.outputIndex;
  copy.nodeVersion = x.nodeVersion;
  copy.state = x.state & ~DISPOSED;
  return copy;
}

/** A tensor of the same level that stands for what `fn` makes of the batch, example by example. */
export function mapBatch(x: Tensor, fn: (value: Tensor) => Tensor): Tensor {
  const { level, batched } = batchOf(x);
  return wrap(fn(valueOf(x)), level, batched);
}

/** All examples of all levels as one tensor of this program: for checks of what data holds. */
export function everything(x: Tensor): Tensor {
  return isBatched(x) ? everything(valueOf(x)) : x;
}

/** The level that an op on these runs at: the innermost of theirs. */
export function levelOf(op: string, inputs: readonly Tensor[]): Level {
  let found: Level | null = null;
  for (const x of inputs) {
    if (!isBatched(x)) continue;
    const { level } = batchOf(x);
    if (!level.open) {
      throw new ArgumentError(
        `Cannot ${op} a tensor of a vmap that has ended: it was one example`,
        {
          op,
          suggestion: "Return it from the function that vmap runs",
        },
      );
    }
    if (found === null || level.depth > found.depth) found = level;
  }
  return found!;
}

/** The batch with dims of size 1 behind the first, so that each example has `rank` dims. */
export function aligned(value: Tensor, rank: number): Tensor {
  const missing = rank + 1 - value.ndim;
  if (missing <= 0) return value;
  const [size, ...shape] = value.shape;
  return value.reshape([size!, ...new Array<number>(missing).fill(1), ...shape]);
}

/** The whole batch, also where all examples share a tensor: that is then repeated, as a view. */
export function spread(value: Tensor, batched: boolean, { size }: Level): Tensor {
  return batched ? value : value.expand([size, ...value.shape]);
}

/**
 * Writes into a tensor's memory where it or the source stands for a batch.
 *
 * @throws {ArgumentError} when examples differ that would be written to one place.
 */
export function copyBatch(target: Tensor, source: Tensor, op: string): void {
  const level = levelOf(op, [target, source]);
  const to = batchAt(target, level);
  const from = batchAt(source, level);
  if (from?.batched === true && to?.batched !== true) {
    throw new TogetherError(
      `Cannot ${op} a tensor of shape ${text(target.shape)} that the examples of vmap share: ` +
        "each would write its own elements",
      { op, suggestion: "Use the form of the operation without _" },
    );
  }
  const values = from === null ? source : valueOf(source);
  const fitting = from?.batched === true ? aligned(values, target.ndim) : values;
  if (to === null) copyBatch(target, fitting, op);
  else valueOf(target).copy_(fitting);
}

/**
 * Draws random numbers as the running calls of vmap want them.
 *
 * @throws {ArgumentError} when one of them wants none.
 */
export function drawn(shape: Shape, draw: (shape: Shape) => Tensor): Tensor {
  return running.length === 0 ? draw(shape) : drawnWithin(running.length, shape, draw);
}

function drawnWithin(count: number, shape: Shape, draw: (shape: Shape) => Tensor): Tensor {
  const level = running[count - 1];
  if (level === undefined) return draw(shape);
  if (level.randomness === "error") {
    throw new ArgumentError("Cannot draw random numbers within vmap: it was not said which", {
      op: "vmap",
      suggestion: 'Pass { randomness: "different" } or { randomness: "same" } to vmap',
    });
  }
  if (level.randomness === "same") return drawnWithin(count - 1, shape, draw);
  return wrap(drawnWithin(count - 1, [level.size, ...shape], draw), level, true);
}
