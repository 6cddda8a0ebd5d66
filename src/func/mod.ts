/**
 * Functions made of functions: their gradients, jacobians and batches, and modules as functions of
 * their state. They may be applied to each other in any order.
 *
 * @module
 */
import "../tensor/tensor.ts"; // the class that ops make

export {
  type ArgumentAt,
  type AuxGradOptions,
  grad,
  gradAndValue,
  type GradientOf,
  type GradOptions,
  type PlainGradOptions,
} from "./grad.ts";
export {
  hessian,
  type HessianOptions,
  jacfwd,
  type JacobianOf,
  type JacobianOptions,
  jacrev,
} from "./jacobians.ts";
export type { Argnums } from "./leaves.ts";
export {
  functionalCall,
  type FunctionalCallOptions,
  type NamedTensors,
  type StackedState,
  stackModuleState,
} from "./modules.ts";
export { jvp, type JvpResult, type ProductOptions, vjp, type VjpResult } from "./products.ts";
export { type Dims, vmap, type VmapOptions, type VmapRandomness } from "./vmap.ts";
