/**
 * Derivatives beyond `backward`: gradients as values, jacobians and hessians, functions with a rule
 * of their own, less memory for more work, and the search for NaN.
 *
 * @module
 */
import "../tensor/tensor.ts"; // the class that ops make

export { type BackwardOptions, grad, type LeafBackwardOptions } from "../autograd.ts";
export { detectAnomaly, setDetectAnomaly } from "./anomaly.ts";
export { checkpoint, checkpointSequential, type Stage } from "./checkpoint.ts";
export { Function, type FunctionClass, FunctionContext } from "./function.ts";
export {
  type DerivativeOptions,
  type Derivatives,
  hessian,
  hvp,
  jacobian,
  jvp,
  type TensorFunction,
  type Tensors,
  type VectorizeOptions,
  vhp,
  vjp,
} from "./functional.ts";
