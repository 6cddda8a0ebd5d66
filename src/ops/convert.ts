/**
 * Conversion to a dtype or a device, however it is named.
 *
 * @module
 */
import { Device, requireDevice } from "../device.ts";
import { type DType, dtypes } from "../dtype.ts";
import { ArgumentError } from "../errors.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { cast } from "./cast.ts";
import { clone } from "./copy.ts";
import { checkOptions } from "./front.ts";

/** What a conversion changes. */
export interface ConvertOptions {
  /** Dtype of the result; the tensor's own where absent. */
  readonly dtype?: DType;
  /** Device of the result. */
  readonly device?: Device | string;
  /** Copies also when nothing changes. Default false. */
  readonly copy?: boolean;
}

/** A dtype, a device, a tensor that has both, or options that name them. */
export type ConvertTarget =
  | DType
  | Device
  | `${string}:${number}`
  | "cpu"
  | "cuda"
  | "metal"
  | "opencl"
  | Tensor
  | ConvertOptions;

const deviceText = /^(cpu|cuda|metal|opencl)(:|$)/;

/** The tensor in another dtype or on another device; the tensor itself when nothing changes. */
export function convert(x: Tensor, target: ConvertTarget, options: ConvertOptions = {}): Tensor {
  if (typeof target === "string" && target in dtypes && options.copy === undefined) {
    if (options.dtype === undefined && options.device === undefined) {
      return cast(x, target as DType);
    }
  }
  const asked = { ...named(target), ...options };
  checkOptions(asked, ["dtype", "device", "copy"], "convert");
  if (options.dtype !== undefined && named(target).dtype !== undefined) {
    throw new ArgumentError(
      "Cannot convert to a dtype given twice: before the options and in them",
    );
  }
  if (asked.device !== undefined) requireDevice(asked.device, "put a tensor");
  const result = cast(x, asked.dtype ?? x.dtype);
  return result === x && asked.copy === true ? clone(x) : result;
}

function named(target: ConvertTarget): ConvertOptions {
  if (typeof target === "string") {
    return deviceText.test(target) ? { device: target } : { dtype: target as DType };
  }
  if (target instanceof Device) return { device: target };
  return isTensor(target) ? { dtype: target.dtype } : target;
}
