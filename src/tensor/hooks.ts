/**
 * Methods that listen to gradients as backward passes.
 *
 * @module
 */
import { GradientError } from "../errors.ts";
import type { GradientHook, LeafHook } from "../graph.ts";
import { TensorCore } from "./core.ts";

/** Methods that listen to gradients as backward passes. */
export class TensorHooks extends TensorCore {
  /**
   * Calls `hook` with the gradient of this tensor when backward reaches it; what it returns takes
   * the gradient's place.
   *
   * @throws {GradientError} when the tensor does not require a gradient.
   */
  registerHook(hook: GradientHook): { remove(): void } {
    if (!this.requiresGrad) {
      throw new GradientError(
        "Cannot register a hook on a tensor that does not require a gradient",
      );
    }
    const node = this.graphNode();
    const hooks = (node.hooks ??= new Map()).get(this.outputIndex) ?? [];
    hooks.push(hook);
    node.hooks.set(this.outputIndex, hooks);
    return removal(hooks, hook);
  }

  /**
   * Calls `hook` with this leaf each time backward has added to its `grad`: there the gradient may
   * be used up and forgotten at once, so that not all of them are in memory together.
   *
   * @throws {GradientError} when the tensor is no leaf, or does not require a gradient.
   *
   * @example
   * ```ts
   * import { tensor } from "@minitensor/minitensor";
   * const x = tensor([1, 2], { requiresGrad: true });
   * let seen = "";
   * x.registerPostAccumulateGradHook((leaf) => {
   *   seen = String(leaf.grad!.toArray());
   *   leaf.zeroGrad();
   * });
   * x.mul(3).sum().backward();
   * console.assert(seen === "3,3" && x.grad === null);
   * ```
   */
  registerPostAccumulateGradHook(hook: LeafHook): { remove(): void } {
    if (!this.requiresGrad || !this.isLeaf) {
      throw new GradientError(
        "Cannot register a hook after accumulation on a tensor that is no leaf with a gradient",
        { suggestion: "Use registerHook()" },
      );
    }
    const hooks = this.graphNode().finished ??= [];
    hooks.push(hook);
    return removal(hooks, hook);
  }

  /** Makes backward keep this result's gradient in `grad`, as it does for leaves. */
  retainGrad(): void {
    if (!this.requiresGrad) {
      throw new GradientError("Cannot retain the gradient of a tensor that does not require one");
    }
    if (this.isLeaf) return;
    (this.node!.retained ??= new Map()).set(this.outputIndex, this.self);
  }
}

/** Takes one entry of `hook` out of the list, once, however often it is asked to. */
function removal<T>(hooks: T[], hook: T): { remove(): void } {
  let there = true;
  return {
    remove: () => {
      if (there) hooks.splice(hooks.indexOf(hook), 1);
      there = false;
    },
  };
}
