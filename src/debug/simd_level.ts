/**
 * The CPU level whose kernels run.
 *
 * @module
 */
import { ArgumentError } from "../errors.ts";
import { setLevel } from "../ffi/library.ts";
import { cpuLevel } from "./hardware.ts";

/** Levels of x86-64, and that of ARM. */
export type SimdLevel = "v2" | "v3" | "v4" | "neon";

/**
 * The CPU level in use: at first the best one of the machine, or what MINITENSOR_CPU says.
 *
 * @example
 * ```ts
 * import { debug } from "@minitensor/minitensor";
 * console.assert(["v2", "v3", "v4", "neon"].includes(debug.getSimdLevel()));
 * ```
 */
export function getSimdLevel(): SimdLevel {
  return cpuLevel() as SimdLevel; // the library has no others
}

/**
 * Lets the kernels of another CPU level run from now on: to test them, or to measure what a level
 * is worth. A worker that has run an op before goes on with that op's kernel of the level then.
 *
 * @throws {ArgumentError} when the machine or this build does not have the level.
 *
 * @example
 * ```ts
 * import { debug } from "@minitensor/minitensor";
 * debug.setSimdLevel(debug.getSimdLevel());
 * ```
 */
export function setSimdLevel(level: SimdLevel): void {
  if (!setLevel(level)) {
    throw new ArgumentError(
      `Cannot use SIMD level ${level}: this machine or this build does not have it`,
      { op: "setSimdLevel" },
    );
  }
}
