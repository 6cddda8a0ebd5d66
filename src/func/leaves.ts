/**
 * Where a function is differentiated: fresh leaves for its arguments, and results freed of them.
 *
 * @module
 */
import { grad } from "../autograd.ts";
import { ArgumentError, DTypeError } from "../errors.ts";
import { modes, type Node } from "../graph.ts";
import { emptyOf } from "../op.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { batchOf, currentLevel, isBatched, lift, mapBatch, valueOf } from "../vmap/batch.ts";
import { mapLeaves, tensorsOf, withLeaves } from "./tree.ts";

/** A part of one graph that a function is differentiated in. */
export class Region {
  readonly #own = new Set<Node>();

  /**
   * A tensor of the same elements to differentiate by. It knows the graph that `x` has; within vmap
   * it is each example's own, also where the examples share `x`.
   */
  leaf(x: Tensor): Tensor {
    const level = currentLevel();
    const own = level === null ? x : lift(x, level);
    if (own.requiresGrad && modes.gradients) return own.view(own.shape);
    const inside = isBatched(own) && modes.gradients;
    const leaf = (inside ? mapBatch(own, (value) => value) : own.detach()).requiresGrad_();
    this.#own.add(leaf.graphNode());
    return leaf;
  }

  /** True when a graph around this one knows the tensor. */
  isKnownOutside(x: Tensor): boolean {
    if (isBatched(x) && leadsOn(valueOf(x))) return true;
    return this.#leadsOut(x);
  }

  /** A result as the graph around knows it. */
  leave(x: Tensor): Tensor {
    if (!x.requiresGrad || this.#leadsOut(x)) return x;
    return isBatched(x) ? mapBatch(x, (value) => value) : x.detach();
  }

  /** As {@link leave}, for tensors in arrays and objects. */
  leaveAll(tree: unknown): unknown {
    return mapLeaves(tree, (leaf) => isTensor(leaf) ? this.leave(leaf) : leaf);
  }

  /**
   * Frees what the graph behind tensors has saved, where nobody outside knows it: once all has been
   * derived from it, and {@link leave} has answered what stays.
   */
  release(list: readonly Tensor[]): void {
    for (const x of list) {
      if (!x.requiresGrad || this.#leadsOut(x)) continue;
      for (const node of nodesBehind(x)) if (node.op !== null && !node.consumed) node.drop();
    }
  }

  /** True when a leaf that is not this region's own is behind the tensor. */
  #leadsOut(x: Tensor): boolean {
    if (!x.requiresGrad) return false;
    for (const node of nodesBehind(x)) if (node.leaf !== null && !this.#own.has(node)) return true;
    return false;
  }
}

/** The nodes behind a tensor that has a graph, one by one. */
function* nodesBehind(x: Tensor): Generator<Node> {
  const seen = new Set<Node>([x.graphNode()]);
  for (const node of seen) {
    yield node;
    for (const edge of node.edges) if (edge !== null) seen.add(edge); // visited in turn
  }
}

/** A function's arguments, with leaves where it is differentiated. */
export interface Opened {
  readonly region: Region;
  /** All arguments. */
  readonly given: unknown[];
  readonly leaves: readonly Tensor[];
  /** Puts what belongs to the leaves in the form of the arguments that were asked for. */
  readonly formed: (list: readonly unknown[]) => unknown;
}

/** Makes a region of the arguments that are asked for. */
export function open(given: readonly unknown[], argnums: Argnums, op: string): Opened {
  const places = chosen(argnums, given.length, op);
  const region = new Region();
  const inside = [...given];
  const parts = places.map((place) => {
    const list = tensorsOf(given[place], `argument ${place}`, op).map((x) => {
      requireFloat(x, place, op);
      return region.leaf(x);
    });
    inside[place] = withLeaves(given[place], list);
    return list;
  });
  const formed = (list: readonly unknown[]): unknown => {
    let next = 0;
    const forms = places.map((place, i) => {
      const own = list.slice(next, next += parts[i]!.length);
      return withLeaves(given[place], own);
    });
    return typeof argnums === "number" ? forms[0] : forms;
  };
  return { region, given: inside, leaves: parts.flat(), formed };
}

function requireFloat(x: Tensor, place: number, op: string): void {
  if (x.isFloatingPoint()) return;
  throw new DTypeError(
    `Cannot ${op} by argument ${place} of dtype ${x.dtype}: it takes floating-point tensors`,
    { op },
  );
}

/** Result and what goes beside it, of a function that answers both, or only the one. */
export function parted(result: unknown, hasAux: boolean, op: string): [unknown, unknown] {
  if (!hasAux) return [result, undefined];
  if (Array.isArray(result) && result.length === 2) return [result[0], result[1]];
  throw new ArgumentError(
    `Cannot ${op} with hasAux: the function did not answer an array of two`,
    { op },
  );
}

/** True when a tensor, or what it stands for at any level, is tracked. */
function leadsOn(x: Tensor): boolean {
  return x.requiresGrad || (isBatched(x) && leadsOn(batchOf(x).value));
}

/** Gradients of outputs by leaves of a region: zeros where there is no dependence. */
export function slopes(
  outputs: readonly Tensor[],
  leaves: readonly Tensor[],
  gradOutputs: readonly Tensor[],
  options: { readonly createGraph: boolean; readonly retainGraph?: boolean },
): Tensor[] {
  const places = outputs.flatMap((y, i) => y.requiresGrad ? [i] : []);
  if (places.length === 0) return leaves.map(zerosOf);
  const found = grad(places.map((i) => outputs[i]!), leaves, {
    gradOutputs: places.map((i) => gradOutputs[i]!),
    retainGraph: true,
    ...options,
    allowUnused: true,
  });
  return found.map((x, i) => x ?? zerosOf(leaves[i]!));
}

/** Zeros of the tensor's shape and dtype. */
export function zerosOf(x: Tensor): Tensor {
  return emptyOf(x.spec).zero_();
}

/** Which arguments a function is differentiated by: one, or several; negative from the end. */
export type Argnums = number | readonly number[];

/** The arguments that are meant, counted from the front. */
export function chosen(argnums: Argnums, count: number, op: string): readonly number[] {
  const list = typeof argnums === "number" ? [argnums] : argnums;
  const places = list.map((place) => place < 0 ? place + count : place);
  for (const [i, place] of places.entries()) {
    if (Number.isInteger(place) && place >= 0 && place < count) continue;
    throw new ArgumentError(
      `Cannot ${op} by argument ${list[i]}: the function was called with ${count}`,
      { op },
    );
  }
  if (places.length === 0 || new Set(places).size < places.length) {
    throw new ArgumentError(
      `Cannot ${op} by arguments ${list.join(", ") || "none"}: each is named once`,
      { op },
    );
  }
  return places;
}
