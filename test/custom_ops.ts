/** What the tests of custom ops share. */
import { type CustomOp, CustomOpRegistry, type Tensor, tensor } from "../mod.ts";

/** A leaf in float64 that requires a gradient. */
export function leaf(...elements: number[]): Tensor {
  return tensor(elements, { requiresGrad: true, dtype: "float64" });
}

/** Registers nothing: runs an op from a registry of its own. */
export function runner(op: CustomOp): (...inputs: readonly (Tensor | number)[]) => Tensor {
  const registry = new CustomOpRegistry();
  registry.register(op);
  return (...inputs) => registry.execute(op.name, inputs);
}
