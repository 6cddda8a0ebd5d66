/**
 * The kernels' threads.
 *
 * @module
 */
import { ArgumentError } from "./errors.ts";
import { library } from "./ffi/library.ts";

/**
 * Number of threads that kernels use, the caller's among them. At first the cores that the process
 * may use, or what MINITENSOR_THREADS says.
 *
 * @example
 * ```ts
 * import { getNumThreads } from "@minitensor/minitensor";
 * console.assert(getNumThreads() >= 1);
 * ```
 */
export function getNumThreads(): number {
  return library().threads();
}

/**
 * Sets the number of threads that kernels use. Results do not depend on it.
 *
 * @throws {ArgumentError} when it is not a whole number from 1 to 1024.
 *
 * @example
 * ```ts
 * import { getNumThreads, setNumThreads } from "@minitensor/minitensor";
 * const before = getNumThreads();
 * setNumThreads(1);
 * console.assert(getNumThreads() === 1);
 * setNumThreads(before);
 * ```
 */
export function setNumThreads(count: number): void {
  if (!Number.isInteger(count) || count < 1 || count > 1024) {
    throw new ArgumentError(`Cannot use ${count} threads: it is a whole number from 1 to 1024`);
  }
  library().setThreads(count);
}
