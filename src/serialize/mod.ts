/**
 * Saving and loading.
 *
 * @module
 */
import "../tensor/tensor.ts"; // defines the class of tensors for whoever imports this part alone
export * from "./safetensors.ts";
export type {
  SafetensorsContents,
  SafetensorsDType,
  SafetensorsEntry,
} from "./safetensors_format.ts";
export { StateDict } from "./state_dict.ts";
