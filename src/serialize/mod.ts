/**
 * Saving and loading.
 *
 * @module
 */
export * from "./safetensors.ts";
export type {
  SafetensorsContents,
  SafetensorsDType,
  SafetensorsEntry,
} from "./safetensors_format.ts";
export { StateDict } from "./state_dict.ts";
