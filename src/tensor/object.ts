/**
 * How a tensor is made.
 *
 * @module
 */
import { modes, type Node } from "../graph.ts";
import type { TensorSpec } from "../shape.ts";
import type { Storage } from "../storage.ts";
import type { Tensor } from "./tensor.ts";

/** The fields of a tensor while it is made: TensorCore tells what they are. */
export interface Fields {
  storage: Storage;
  offset: number;
  spec: TensorSpec;
  strides: readonly number[];
  state: number;
  node: Node | null;
  outputIndex: number;
  nodeVersion: number;
  leafGradient: Tensor | null;
  gradientSeen: boolean;
  base: Tensor | null;
}

/**
 * What makes a tensor, as a function: `new` on it with the prototype of {@link Tensor} saves the
 * walk up that class's chain of constructors, 15 of the 27 ns that a tensor took in Bun.
 */
export function TensorObject(
  this: Fields,
  storage: Storage,
  offset: number,
  spec: TensorSpec,
  strides: readonly number[],
): void {
  this.storage = storage;
  this.offset = offset;
  this.spec = spec;
  this.strides = strides;
  this.state = spec.state;
  this.node = null;
  this.outputIndex = 0;
  this.nodeVersion = 0;
  this.leafGradient = null;
  this.gradientSeen = false;
  this.base = null;
  storage.users++;
  if (modes.made !== null) modes.made.push(this as unknown as Tensor);
}
