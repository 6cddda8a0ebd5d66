/**
 * Tensors in arrays and plain objects: what functions take and answer.
 *
 * @module
 */
import { ArgumentError } from "../errors.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Arrays and plain objects, in any depth; their leaves are whatever is neither. */
type Tree = readonly unknown[] | Readonly<Record<string, unknown>>;

function isTree(x: unknown): x is Tree {
  if (Array.isArray(x)) return true;
  if (x === null || typeof x !== "object" || isTensor(x)) return false;
  const prototype: unknown = Object.getPrototypeOf(x);
  return prototype === Object.prototype || prototype === null;
}

/** The tree with each leaf replaced. */
export function mapLeaves(tree: unknown, fn: (leaf: unknown) => unknown): unknown {
  if (!isTree(tree)) return fn(tree);
  if (Array.isArray(tree)) return tree.map((item) => mapLeaves(item, fn));
  return Object.fromEntries(Object.entries(tree).map(([key, item]) => [key, mapLeaves(item, fn)]));
}

/** The leaves, in order. */
export function leavesOf(tree: unknown): unknown[] {
  const leaves: unknown[] = [];
  mapLeaves(tree, (leaf) => leaves.push(leaf));
  return leaves;
}

/** The leaves, all of which are tensors. */
export function tensorsOf(tree: unknown, what: string, op: string): Tensor[] {
  return leavesOf(tree).map((leaf) => {
    if (isTensor(leaf)) return leaf;
    throw new ArgumentError(`Cannot ${op}: ${what} has ${describe(leaf)} for a tensor`, { op });
  });
}

/** The tree with its leaves replaced by others, in order. */
export function withLeaves(tree: unknown, leaves: readonly unknown[]): unknown {
  let next = 0;
  return mapLeaves(tree, () => leaves[next++]);
}

/** For each leaf of `tree` what `prefix` says of it: of the leaf, or of a part that it is in. */
export function spreadOver(prefix: unknown, tree: unknown, what: string, op: string): unknown[] {
  if (!isTree(prefix)) return leavesOf(tree).map(() => prefix);
  const keys = isTree(tree) ? Object.keys(tree) : [];
  const own = Object.keys(prefix);
  if (!isTree(tree) || own.length !== keys.length || !keys.every((key) => own.includes(key))) {
    throw new ArgumentError(`Cannot ${op}: ${what} has not the form of what it is for`, { op });
  }
  const [said, parts] = [prefix, tree] as [Record<string, unknown>, Record<string, unknown>];
  return keys.flatMap((key) => spreadOver(said[key], parts[key], what, op));
}

/** What a leaf is, for messages. */
export function describe(x: unknown): string {
  return x === null || typeof x !== "object" ? String(x) : `a ${x.constructor?.name ?? "object"}`;
}
