/**
 * Whether the same program gives the same bits.
 *
 * @module
 */
import { ArgumentError } from "./errors.ts";

let deterministic = true;

/**
 * Says whether results may depend on the order in which threads finish. On by default. All kernels
 * of this library are deterministic either way: work is divided by the problem, never by the number
 * of threads. Plugins may ask {@link isDeterministic}, and be faster where it is off.
 *
 * @throws {ArgumentError} when it is not a boolean.
 *
 * @example
 * ```ts
 * import { isDeterministic, setDeterministic } from "@minitensor/minitensor";
 * setDeterministic(false);
 * console.assert(!isDeterministic());
 * setDeterministic(true);
 * ```
 */
export function setDeterministic(on: boolean): void {
  if (typeof on !== "boolean") {
    throw new ArgumentError(`Cannot set determinism to ${String(on)}: it is true or false`);
  }
  deterministic = on;
}

/**
 * True unless {@link setDeterministic} allowed otherwise.
 *
 * @example
 * ```ts
 * import { isDeterministic } from "@minitensor/minitensor";
 * console.assert(isDeterministic());
 * ```
 */
export function isDeterministic(): boolean {
  return deterministic;
}
