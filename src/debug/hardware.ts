/**
 * What the library runs on.
 *
 * @module
 */
import { ArgumentError } from "../errors.ts";
import { library } from "../ffi/library.ts";

/** The CPU level whose kernels run: `v2`, `v3`, `v4` (x86-64) or `neon`. */
export function cpuLevel(): string {
  return library().level();
}

/** Number of threads that kernels use, the caller's among them. */
export function numThreads(): number {
  return library().threads();
}

/**
 * Sets the number of threads that kernels use. Results do not depend on it.
 *
 * @throws {ArgumentError} when it is not a whole number from 1 to 1024.
 */
export function setNumThreads(count: number): void {
  if (!Number.isInteger(count) || count < 1 || count > 1024) {
    throw new ArgumentError(`Cannot use ${count} threads: it is a whole number from 1 to 1024`);
  }
  library().setThreads(count);
}
