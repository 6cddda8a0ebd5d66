/**
 * Optimizers and learning rates.
 *
 * @module
 */
import "../tensor/tensor.ts"; // defines the class of tensors for whoever imports this part alone
export { Adam, type AdamOptions, AdamW } from "./adam.ts";
export {
  type Group,
  Optimizer,
  type OptimizerState,
  type ParameterGroup,
  type Parameters,
} from "./optimizer.ts";
export { CosineAnnealingLR, LRScheduler, StepLR } from "./scheduler.ts";
export { SGD, type SGDOptions } from "./sgd.ts";
