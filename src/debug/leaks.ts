/**
 * Tensors that a function leaves behind.
 *
 * @module
 */
import type { DType } from "../dtype.ts";
import { close, open, tensorsIn } from "../scope.ts";
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** A tensor that was left behind. */
export interface Leak {
  /** The tensor. */
  readonly tensor: Tensor;
  /** Its shape. */
  readonly shape: Shape;
  /** Its dtype. */
  readonly dtype: DType;
  /** Bytes of its elements; a view's belong to another tensor too. */
  readonly bytes: number;
  /** Where it was made, the innermost call first. */
  readonly stack: string;
}

/** What {@link debugLeaks} found. */
export interface LeakReport<T> {
  /** What the function returned. */
  readonly result: T;
  /** The tensors, in the order in which they were made. */
  readonly leaks: readonly Leak[];
}

/** A list of what was made that remembers from where. */
class Traces extends Array<Tensor> {
  readonly stacks = new Map<Tensor, string>();

  override push(...made: readonly Tensor[]): number {
    const lines = (new Error().stack ?? "").split("\n").slice(1);
    for (const x of made) if (!this.stacks.has(x)) this.stacks.set(x, lines.join("\n"));
    return super.push(...made);
  }
}

/**
 * Runs `fn` and reports the tensors that it made and that are neither disposed of nor part of its
 * result, with the stacks of their creation: those live until the garbage collector finds them.
 * What was given to `keep` within a scope is meant to stay and is not reported. An async function
 * is awaited first; meanwhile everything that is made counts as its own.
 *
 * @example
 * ```ts
 * import { debug, ones } from "@minitensor/minitensor";
 * const { result, leaks } = debug.debugLeaks(() => ones([3]).add(1).mul(2));
 * console.assert(leaks.length === 2 && result.shape[0] === 3); // the ones and the sum
 * ```
 */
export function debugLeaks<T>(fn: () => Promise<T>): Promise<LeakReport<T>>;
/**
 * Runs `fn` and reports the tensors that outlive it.
 *
 * @example
 * ```ts
 * import { debug, ones, scope } from "@minitensor/minitensor";
 * const { leaks } = debug.debugLeaks(() => {
 *   using _ = scope();
 *   return ones([3]).add(1).sum().item();
 * });
 * console.assert(leaks.length === 0); // the scope disposed of all three
 * ```
 */
export function debugLeaks<T>(fn: () => T): LeakReport<T>;
export function debugLeaks<T>(
  fn: () => T | Promise<T>,
): LeakReport<T> | Promise<LeakReport<T>> {
  const traces = new Traces();
  open(traces);
  const end = () => {
    const outer = close(traces);
    for (const x of traces) if (!x.isDisposed) outer?.push(x);
  };
  const finish = (result: T): LeakReport<T> => {
    end();
    return { result, leaks: leaksOf(traces, tensorsIn(result)) };
  };
  let result: T | Promise<T>;
  try {
    result = fn();
  } catch (error) {
    end();
    throw error;
  }
  if (!(result instanceof Promise)) return finish(result);
  return result.then(finish, (error: unknown) => {
    end();
    throw error;
  });
}

function leaksOf(traces: Traces, returned: ReadonlySet<Tensor>): Leak[] {
  return [...traces.stacks].flatMap(([tensor, stack]) => {
    if (tensor.isDisposed || returned.has(tensor)) return [];
    const { shape, dtype } = tensor;
    return [{ tensor, shape, dtype, bytes: tensor.spec.bytes, stack }];
  });
}
