/**
 * The rules by which a plugin's op tells the shapes and dtypes of its outputs.
 *
 * @module
 */
import { broadcast, broadcastBool, same } from "../ops/infer.ts";
import type { Attributes } from "../op.ts";
import { checkDims, reducedShape, specOf, type TensorSpec } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** A rule and what it needs. */
export interface NativeRule {
  /** Inputs that it reads. */
  readonly inputs: number;
  /** Attributes that it reads. */
  readonly attributes?: readonly string[];
  /** True if the outputs' shape is that of the inputs broadcast together. */
  readonly elementwise: boolean;
  /** True if the inputs are converted to one dtype. */
  readonly promotes: boolean;
  readonly infer: (inputs: readonly Tensor[], attributes: Attributes, op: string) => TensorSpec;
}

function reduce(inputs: readonly Tensor[], attributes: Attributes, op: string): TensorSpec {
  const x = inputs[0]!;
  const dim = attributes["dim"] as number;
  const dims = checkDims(Number.isNaN(dim) ? undefined : dim, x.ndim, op);
  return specOf(reducedShape(x.shape, dims, attributes["keepdim"] !== 0), x.dtype);
}

/** The rules by the names that the header lists. */
export const rules: Readonly<Record<string, NativeRule>> = {
  same: { inputs: 1, elementwise: true, promotes: false, infer: same },
  broadcast: {
    inputs: 1,
    elementwise: true,
    promotes: true,
    infer: (inputs, attributes, op) =>
      inputs.length === 1 ? same(inputs) : broadcast(inputs, attributes, op),
  },
  compare: { inputs: 1, elementwise: true, promotes: true, infer: broadcastBool },
  reduce: {
    inputs: 1,
    attributes: ["dim", "keepdim"],
    elementwise: false,
    promotes: false,
    infer: reduce,
  },
};
