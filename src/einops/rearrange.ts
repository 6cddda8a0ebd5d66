/**
 * Dims split, moved, merged, reduced and repeated, as a pattern shows it.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { single } from "../ops/front.ts";
import * as ops from "../ops/mod.ts";
import { expand, permute, reshape } from "../ops/view.ts";
import { text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  type Axis,
  ELLIPSIS,
  MERGED,
  parsePattern,
  type Pattern,
  refuse,
  type Side,
} from "./pattern.ts";

/** Sizes of axes, by their names. */
export type AxisSizes = Readonly<Record<string, number>>;

/** One call: what the messages name and what the functions share. */
interface Task {
  readonly op: string;
  readonly pattern: string;
  readonly x: Tensor;
  readonly left: Side;
  readonly right: Side;
  /** Size of each axis. */
  readonly sizes: Map<string, number>;
}

/** The tensor's dims that an ellipsis stands for, as axes. */
function opened(side: Side, hidden: readonly Axis[]): Side {
  return side.flatMap((group) => {
    if (group[0]?.name === ELLIPSIS) return hidden.map((axis) => [axis]);
    return [group.flatMap((axis) => axis.name === MERGED ? hidden : [axis])];
  });
}

function misfit(op: string, pattern: string, { shape }: Tensor, why: string): never {
  throw new ShapeError(
    `Cannot ${op} a tensor of shape ${text(shape)} by ${JSON.stringify(pattern)}: ${why}`,
    { op },
  );
}

function checkSizes(op: string, { left, right }: Pattern, sizes: AxisSizes): void {
  const names = new Set([...left, ...right].flat().map(({ name }) => name));
  for (const [name, size] of Object.entries(sizes)) {
    if (!names.has(name) || name === ELLIPSIS) {
      throw new ArgumentError(`Cannot ${op} with a size of ${name}: the pattern has no such axis`, {
        op,
      });
    }
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new ArgumentError(`Cannot ${op} with ${name} of size ${size}: it is a whole number`, {
        op,
      });
    }
  }
}

function start(op: string, given: TensorLike, pattern: string, sizes: AxisSizes): Task {
  const parsed = parsePattern(op, pattern);
  checkSizes(op, parsed, sizes);
  const x = single(given);
  const open = parsed.left.some((group) => group.some(({ name }) => name === ELLIPSIS));
  const named = parsed.left.length - (open ? 1 : 0);
  if (open ? x.ndim < named : x.ndim !== named) {
    misfit(op, pattern, x, `it has ${x.ndim} dims, the pattern ${named}`);
  }
  const hidden = Array.from(
    { length: x.ndim - named },
    (_, i) => ({ name: `${ELLIPSIS}${i}`, size: null, at: 0 }),
  );
  const task: Task = {
    op,
    pattern,
    x,
    left: opened(parsed.left, hidden),
    right: opened(parsed.right, open ? hidden : []),
    sizes: new Map(Object.entries(sizes)),
  };
  const dots = parsed.right.flat().find(({ name }) => name === ELLIPSIS || name === MERGED);
  if (!open && dots !== undefined) {
    refuse(op, pattern, dots.at, "an ellipsis stands on the right alone");
  }
  task.left.forEach((group, dim) => measure(task, group, dim));
  return task;
}

/** Finds the sizes of the axes of a dim; one of them may follow from the others. */
function measure({ op, pattern, x, sizes }: Task, group: readonly Axis[], dim: number): void {
  const extent = x.shape[dim]!;
  const open = group.filter(({ name, size }) => size === null && !sizes.has(name));
  if (open.length > 1) {
    const names = open.map(({ name }) => name).join(" and ");
    refuse(op, pattern, open[1]!.at, `the sizes of ${names} are not given`);
  }
  const known = group.reduce(
    (product, { name, size }) => product * (size ?? sizes.get(name) ?? 1),
    1,
  );
  if (open.length === 0 ? known !== extent : extent % known !== 0) {
    const wanted = open.length === 0 ? `${known}` : `${known} times a size`;
    misfit(op, pattern, x, `dim ${dim} is ${extent}, the pattern has ${wanted}`);
  }
  for (const { name, size } of group) {
    if (size !== null) sizes.set(name, size);
    else if (!sizes.has(name)) sizes.set(name, extent / known);
  }
}

/** Names of a side's axes in order, without those of size 1 that have no name. */
function named(side: Side): Axis[] {
  return side.flat().filter(({ size }) => size !== 1);
}

function onlyIn(side: Side, other: Side): Axis | undefined {
  const names = new Set(named(other).map(({ name }) => name));
  return named(side).find(({ name }) => !names.has(name));
}

/** The tensor with each axis of the left as a dim of its own; those named `1` are dropped. */
function split({ x, left, sizes }: Task): { readonly x: Tensor; readonly names: string[] } {
  const names = named(left).map(({ name }) => name);
  return { x: reshape(x, names.map((name) => sizes.get(name)!)), names };
}

/** Dims in the order of the right, merged as it says. */
function joined({ right, sizes }: Task, x: Tensor, names: readonly string[]): Tensor {
  const ordered = permute(x, named(right).map(({ name }) => names.indexOf(name)));
  const sizeOf = ({ name, size }: Axis) => size ?? sizes.get(name)!;
  return reshape(ordered, right.map((group) => group.reduce((n, axis) => n * sizeOf(axis), 1)));
}

/**
 * A tensor with its dims split, moved and merged: `"b c h w -> b (h w) c"`. Axes in parentheses are
 * one dim; `...` stands for any dims; `1` is a dim of size 1. A view where that is possible.
 *
 * @param sizes of axes that do not follow from the shape, by their names.
 * @throws {ParseError} when the pattern is none, or an axis stands on one side alone.
 * @throws {ShapeError} when it does not fit the shape.
 * @throws {ArgumentError} for a size of an axis that is not there, or that is no whole number.
 *
 * @example
 * ```ts
 * import { arange, rearrange } from "@minitensor/minitensor";
 * const x = rearrange(arange(6), "(h w) -> w h", { h: 2 });
 * console.assert(x.toArray().toString() === "0,3,1,4,2,5");
 * ```
 */
export function rearrange(x: TensorLike, pattern: string, sizes: AxisSizes = {}): Tensor {
  const task = start("rearrange", x, pattern, sizes);
  const lost = onlyIn(task.left, task.right) ?? onlyIn(task.right, task.left);
  if (lost !== undefined) {
    refuse(task.op, pattern, lost.at, `${label(lost)} stands on one side alone`);
  }
  const parts = split(task);
  const out = joined(task, parts.x, parts.names);
  return out === x ? out.clone() : out;
}

function label({ name, size }: Axis): string {
  return size === null ? name : `an axis of size ${size}`;
}

/** How {@link reduce} combines elements. */
export type Reduction = "sum" | "mean" | "max" | "min" | "prod" | "any" | "all";

type Combine = (x: Tensor, dims: readonly number[]) => Tensor;

const reductions = new Map<string, Combine>([
  ["sum", ops.sum],
  ["mean", ops.mean],
  ["max", ops.amax],
  ["min", ops.amin],
  ["prod", ops.prod],
  ["any", ops.any],
  ["all", ops.all],
]);

/**
 * A tensor reduced over the axes that the right side lacks, the others arranged as
 * {@link rearrange} does: `reduce(x, "b c (h 2) (w 2) -> b c h w", "max")` is a pooling.
 *
 * @throws {ParseError} when the pattern is none, or the right side has an axis that the left lacks.
 * @throws {ShapeError} when it does not fit the shape.
 * @throws {ArgumentError} when the reduction or a size is none.
 *
 * @example
 * ```ts
 * import { arange, einops } from "@minitensor/minitensor";
 * const x = einops.reduce(arange(6), "(n 2) -> n", "sum");
 * console.assert(x.toArray().toString() === "1,5,9");
 * ```
 */
export function reduce(
  x: TensorLike,
  pattern: string,
  reduction: Reduction,
  sizes: AxisSizes = {},
): Tensor {
  const combine = reductions.get(reduction);
  if (combine === undefined) {
    throw new ArgumentError(
      `Cannot reduce by ${reduction}: it is one of ${[...reductions.keys()].join(", ")}`,
      { op: "reduce" },
    );
  }
  const task = start("reduce", x, pattern, sizes);
  const made = onlyIn(task.right, task.left);
  if (made !== undefined) {
    refuse(task.op, pattern, made.at, `${label(made)} stands on the right alone`);
  }
  const parts = split(task);
  const kept = new Set(named(task.right).map(({ name }) => name));
  const dims = parts.names.flatMap((name, i) => kept.has(name) ? [] : [i]);
  const reduced = dims.length === 0 ? parts.x : combine(parts.x, dims);
  const out = joined(task, reduced, parts.names.filter((name) => kept.has(name)));
  return out === x ? out.clone() : out;
}

/**
 * A tensor repeated along axes that the left side lacks: `repeat(x, "h w -> (h 2) w")`. Their sizes
 * are numbers in the pattern or given by name. A view where that is possible.
 *
 * @throws {ParseError} when the pattern is none, the right side lacks an axis of the left, or the
 * size of a new axis is not given.
 * @throws {ShapeError} when it does not fit the shape.
 * @throws {ArgumentError} for a size of an axis that is not there, or that is no whole number.
 *
 * @example
 * ```ts
 * import { einops } from "@minitensor/minitensor";
 * const x = einops.repeat([1, 2], "n -> (n times)", { times: 2 });
 * console.assert(x.toArray().toString() === "1,1,2,2");
 * ```
 */
export function repeat(x: TensorLike, pattern: string, sizes: AxisSizes = {}): Tensor {
  const task = start("repeat", x, pattern, sizes);
  const lost = onlyIn(task.left, task.right);
  if (lost !== undefined) {
    refuse(task.op, pattern, lost.at, `${label(lost)} stands on the left alone`);
  }
  const parts = split(task);
  const known = new Set(parts.names);
  const fresh = named(task.right).filter(({ name }) => !known.has(name));
  for (const axis of fresh) {
    if (axis.size !== null) task.sizes.set(axis.name, axis.size);
    else if (!task.sizes.has(axis.name)) {
      refuse(task.op, pattern, axis.at, `the size of ${axis.name} is not given`);
    }
  }
  const added = fresh.map(({ name }) => task.sizes.get(name)!);
  const wide = fresh.length === 0 ? parts.x : expand(parts.x, [...added, ...parts.x.shape]);
  const out = joined(task, wide, [...fresh.map(({ name }) => name), ...parts.names]);
  return out === x ? out.clone() : out;
}
