/**
 * Where tensors are. Only the CPU exists; the others have names, so that a program that asks for
 * them learns that they are missing.
 *
 * @module
 */
import { ArgumentError, DeviceError } from "./errors.ts";

/** Kinds of devices. */
export type DeviceType = "cpu" | "cuda" | "metal" | "opencl";

const kinds: readonly string[] = ["cpu", "cuda", "metal", "opencl"];

/** Name of a device as a value: two of one text mean the same device. */
export class Device {
  /** Kind of the device. */
  readonly deviceType: DeviceType;
  /** Its number among those of its kind; null when none was named. */
  readonly deviceId: number | null;

  /**
   * Reads `cpu`, `cuda`, `cuda:1`, `metal`, `opencl`.
   *
   * @throws {ArgumentError} for any other text.
   */
  constructor(text: string) {
    const [, kind, id] = /^([a-z]+)(?::(\d{1,9}))?$/.exec(String(text)) ?? [];
    if (kind === undefined || !kinds.includes(kind)) {
      throw new ArgumentError(
        `Cannot read ${JSON.stringify(text)} as a device: it is one of ${kinds.join(", ")}, ` +
          "perhaps with a number, as in cuda:0",
      );
    }
    this.deviceType = kind as DeviceType;
    this.deviceId = id === undefined ? null : Number(id);
    Object.freeze(this);
  }

  /** The CPU. */
  static cpu(): Device {
    return new Device("cpu");
  }

  /** A graphics processor that CUDA runs on. */
  static cuda(id?: number): Device {
    return numbered("cuda", id);
  }

  /** A graphics processor that Metal runs on. */
  static metal(id?: number): Device {
    return numbered("metal", id);
  }

  /** A device that OpenCL runs on. */
  static opencl(id?: number): Device {
    return numbered("opencl", id);
  }

  /** True for the CPU. */
  isCpu(): boolean {
    return this.deviceType === "cpu";
  }

  /** True for everything but the CPU. */
  isGpu(): boolean {
    return !this.isCpu();
  }

  /** True when the other means the same device; without a number it is number 0. */
  equals(other: Device | string): boolean {
    const { deviceType, deviceId } = deviceOf(other);
    return deviceType === this.deviceType && (deviceId ?? 0) === (this.deviceId ?? 0);
  }

  /** The text that makes it again. */
  toString(): string {
    return this.deviceId === null ? this.deviceType : `${this.deviceType}:${this.deviceId}`;
  }

  /** Same as {@link toString}. */
  toJSON(): string {
    return this.toString();
  }
}

function numbered(kind: DeviceType, id: number | undefined): Device {
  if (id !== undefined && (!Number.isInteger(id) || id < 0)) {
    throw new ArgumentError(`Cannot name ${kind} device ${id}: it is a whole number of 0 or more`);
  }
  return new Device(id === undefined ? kind : `${kind}:${id}`);
}

function deviceOf(given: Device | string): Device {
  return given instanceof Device ? given : new Device(given);
}

/**
 * A device by its text.
 *
 * @throws {ArgumentError} for a text that names none.
 *
 * @example
 * ```ts
 * import { device } from "@minitensor/minitensor";
 * console.assert(device("cuda:1").deviceId === 1);
 * ```
 */
export function device(text: string): Device {
  return new Device(text);
}

/**
 * The CPU.
 *
 * @example
 * ```ts
 * import { cpu } from "@minitensor/minitensor";
 * console.assert(cpu().isCpu());
 * ```
 */
export function cpu(): Device {
  return Device.cpu();
}

/**
 * A graphics processor, by name: using it where there is none is a DeviceError.
 *
 * @example
 * ```ts
 * import { cuda } from "@minitensor/minitensor";
 * console.assert(String(cuda(0)) === "cuda:0");
 * ```
 */
export function cuda(id?: number): Device {
  return Device.cuda(id);
}

/**
 * True when tensors can be there: for the CPU alone.
 *
 * @throws {ArgumentError} for a text that names no device.
 *
 * @example
 * ```ts
 * import { isDeviceAvailable } from "@minitensor/minitensor";
 * console.assert(isDeviceAvailable("cpu") && !isDeviceAvailable("cuda"));
 * ```
 */
export function isDeviceAvailable(device: Device | string): boolean {
  return deviceOf(device).isCpu();
}

/** Throws unless tensors can be there. */
export function requireDevice(device: Device | string, action: string): void {
  if (!isDeviceAvailable(device)) {
    throw new DeviceError(`Cannot ${action} on device ${device}: this build has the CPU only`, {
      suggestion: "Leave the device out, or ask isDeviceAvailable() first",
    });
  }
}
