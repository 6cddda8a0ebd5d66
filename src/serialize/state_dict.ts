/**
 * Named tensors: what a module saves and loads.
 *
 * @module
 */
import type { Tensor } from "../tensor/tensor.ts";

/**
 * A map from names to tensors, in the order in which a module has them.
 *
 * @example
 * ```ts
 * import { ones } from "@minitensor/minitensor";
 * import { StateDict } from "@minitensor/minitensor/serialize";
 * const state = new StateDict([["encoder.weight", ones([2])], ["bias", ones([])]]);
 * console.assert([...state.subDict("encoder").keys()].join() === "weight");
 * ```
 */
export class StateDict extends Map<string, Tensor> {
  /** The entries whose name starts with `prefix.`, without it. */
  subDict(prefix: string): StateDict {
    const part = new StateDict();
    for (const [name, value] of this) {
      if (name.startsWith(`${prefix}.`)) part.set(name.slice(prefix.length + 1), value);
    }
    return part;
  }

  /** Adds the entries of another, and returns this one. */
  merge(other: ReadonlyMap<string, Tensor>): this {
    for (const [name, value] of other) this.set(name, value);
    return this;
  }

  /** Adds the entries of another under `prefix.`, and returns this one. */
  mergePrefixed(prefix: string, other: ReadonlyMap<string, Tensor>): this {
    for (const [name, value] of other) this.set(`${prefix}.${name}`, value);
    return this;
  }
}
