/**
 * Lifetimes: what is made in a scope and not kept goes back to the pool at its end.
 *
 * @module
 */
import { modes } from "./graph.ts";
import { isTensor } from "./tensor/is_tensor.ts";
import type { Tensor } from "./tensor/tensor.ts";

/** The scope around each scope, while it is open. */
const outers = new Map<Tensor[], Tensor[] | null>();

/** Opens a scope: what is made from now on is listed in the answer. Internal. */
export function open(made: Tensor[] = []): Tensor[] {
  outers.set(made, modes.made);
  modes.made = made;
  return made;
}

/**
 * Closes a scope and answers the one around it. Async scopes may end in any order: one that is
 * closed already is not returned to, or it would list tensors for ever. Internal.
 */
export function close(made: Tensor[]): Tensor[] | null {
  const outer = outers.get(made) ?? null;
  outers.delete(made);
  for (const [inner, around] of outers) if (around === made) outers.set(inner, outer);
  if (modes.made === made) modes.made = outer;
  return outer;
}

/**
 * Tensors that no scope may dispose of. Weak, so that keeping them here does not keep them alive.
 */
const kept = new WeakSet<Tensor>();

/**
 * Exempts a tensor from the scopes it is in, and returns it.
 *
 * @example
 * ```ts
 * import { keep, ones, tidy } from "@minitensor/minitensor";
 * let x = ones([2]);
 * tidy(() => { x = keep(x.add(1)); });
 * console.assert(!x.isDisposed);
 * ```
 */
export function keep(x: Tensor): Tensor {
  kept.add(x);
  return x;
}

/**
 * Disposes, at the end of the block, of every tensor made since: except those given to {@link
 * keep}, and memory that a living tensor, a gradient or a graph still needs. Scopes nest.
 *
 * @example
 * ```ts
 * import { ones, scope } from "@minitensor/minitensor";
 * {
 *   using _ = scope();
 *   ones([1000]).add(1);
 * } // both are back in the pool
 * ```
 */
export function scope(): Disposable {
  const made = open();
  return {
    [Symbol.dispose](): void {
      close(made);
      sweep(made, null, null);
      made.length = 0;
    },
  };
}

/**
 * Disposes of what was made, but for what is kept or returned; that belongs to the outer scope now.
 */
function sweep(
  made: readonly Tensor[],
  outer: Tensor[] | null,
  returned: ReadonlySet<Tensor> | null,
): void {
  for (const x of made) {
    if (x.isDisposed || kept.has(x)) continue;
    if (returned?.has(x) === true) outer?.push(x);
    else x.dispose();
  }
}

/** All tensors in a value: arrays, maps, sets and plain objects are searched. */
export function tensorsIn(
  value: unknown,
  found: Set<Tensor> = new Set(),
  seen: Set<unknown> = new Set(),
): Set<Tensor> {
  if (typeof value !== "object" || value === null || seen.has(value)) return found;
  seen.add(value);
  if (isTensor(value)) found.add(value);
  else if (Array.isArray(value) || value instanceof Set) {
    for (const item of value) tensorsIn(item, found, seen);
  } else if (value instanceof Map) {
    for (const item of value.values()) {
      tensorsIn(item, found, seen);
    }
  } else if (!ArrayBuffer.isView(value)) {
    for (const item of Object.values(value)) tensorsIn(item, found, seen);
  }
  return found;
}

/**
 * Runs `fn` and disposes of every tensor made in it that is not part of its result. An async
 * function is awaited first; meanwhile everything that is made counts as its own, so await it
 * before going on.
 *
 * @example
 * ```ts
 * import { ones, tidy } from "@minitensor/minitensor";
 * const y = tidy(() => ones([3]).add(1).mul(2)); // the sum is gone, the product stays
 * console.assert(y.toArray().toString() === "4,4,4");
 * ```
 */
export function tidy<T>(fn: () => T): T {
  const made = open();
  const finish = <R>(result: R): R => {
    sweep(made, close(made), tensorsIn(result));
    return result;
  };
  const fail = (error: unknown): never => {
    sweep(made, close(made), null);
    throw error;
  };
  let result: T;
  try {
    result = fn();
  } catch (error) {
    return fail(error);
  }
  return result instanceof Promise ? result.then(finish, fail) as T : finish(result);
}
