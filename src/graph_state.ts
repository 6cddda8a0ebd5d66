/**
 * The graph behind a tensor: leaving it, freeing it, and whether backward has used it up.
 *
 * @module
 */
import { GradientError } from "./errors.ts";
import type { Node } from "./graph.ts";
import type { Tensor } from "./tensor/tensor.ts";

/**
 * A view of the same elements without a graph: same as `x.detach()`.
 *
 * @example
 * ```ts
 * import { detach, tensor } from "@minitensor/minitensor";
 * const x = tensor([1, 2], { requiresGrad: true });
 * const y = detach(x.mul(2));
 * console.assert(!y.requiresGrad && y.toArray().toString() === "2,4");
 * ```
 */
export function detach(x: Tensor): Tensor {
  return x.detach();
}

/**
 * The gradient that backward has added up for `x`, or null: same as `x.grad`.
 *
 * @example
 * ```ts
 * import { getGradient, ones } from "@minitensor/minitensor";
 * console.assert(getGradient(ones([2], { requiresGrad: true })) === null);
 * ```
 */
export function getGradient(x: Tensor): Tensor | null {
  return x.grad;
}

/**
 * Frees what the graph behind `x` has saved. Backward through it, from `x` or from any other tensor
 * that shares it, is a GradientError from then on. Gradients that leaves have are left alone.
 *
 * @example
 * ```ts
 * import { clearAutogradGraph, isAutogradGraphConsumed, ones } from "@minitensor/minitensor";
 * const y = ones([2], { requiresGrad: true }).exp();
 * clearAutogradGraph(y);
 * console.assert(isAutogradGraphConsumed(y));
 * ```
 */
export function clearAutogradGraph(x: Tensor): void {
  const seen = new Set<Node>(x.node === null ? [] : [x.node]);
  for (const node of seen) {
    for (const edge of node.edges) if (edge !== null) seen.add(edge); // visited in turn
    if (node.op !== null) node.drop();
  }
}

/**
 * True when backward has been through the op that made `x`, or its graph was cleared; false for
 * leaves.
 *
 * @example
 * ```ts
 * import { isAutogradGraphConsumed, tensor } from "@minitensor/minitensor";
 * const y = tensor(2, { requiresGrad: true }).square();
 * const before = isAutogradGraphConsumed(y);
 * y.backward();
 * console.assert(!before && isAutogradGraphConsumed(y));
 * ```
 */
export function isAutogradGraphConsumed(x: Tensor): boolean {
  return x.node?.consumed ?? false;
}

/**
 * Makes backward from `x` a GradientError, and frees what the op that made `x` has saved; the graph
 * behind it can still be used by others.
 *
 * @throws {GradientError} when no recorded op made `x`.
 *
 * @example
 * ```ts
 * import {
 *   isAutogradGraphConsumed,
 *   markAutogradGraphConsumed,
 *   tensor,
 * } from "@minitensor/minitensor";
 * const y = tensor(2, { requiresGrad: true }).square();
 * markAutogradGraphConsumed(y);
 * console.assert(isAutogradGraphConsumed(y));
 * ```
 */
export function markAutogradGraphConsumed(x: Tensor): void {
  if (x.node === null || x.node.op === null) {
    throw new GradientError("Cannot consume the graph of a tensor that no recorded op made", {
      op: "markAutogradGraphConsumed",
    });
  }
  x.node.drop();
}
