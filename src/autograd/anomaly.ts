/**
 * Finding the op whose gradient is NaN.
 *
 * @module
 */
import { GradientError } from "../errors.ts";
import { modes } from "../graph.ts";

/**
 * Runs `fn` so that backward throws a GradientError at the first op whose gradient has a NaN, with
 * the place in the program that called the op: as its `context.recorded`. Recording and backward
 * are several times slower meanwhile.
 *
 * @throws {GradientError} when `fn` returns a promise: the search would be over before it settles.
 *
 * @example
 * ```ts
 * import { GradientError, tensor } from "@minitensor/minitensor";
 * import { detectAnomaly } from "@minitensor/minitensor/autograd";
 * const x = tensor([0], { requiresGrad: true });
 * try {
 *   detectAnomaly(() => x.mul(0).sqrt().mul(0).sum().backward());
 * } catch (error) {
 *   console.assert(error instanceof GradientError && error.op === "sqrt");
 * }
 * ```
 */
export function detectAnomaly<T>(fn: () => T): T {
  const before = modes.anomaly;
  modes.anomaly = true;
  try {
    const result = fn();
    if (result instanceof Promise) {
      throw new GradientError(
        "Cannot run an async function in detectAnomaly: it would end before the promise settles",
        { op: "detectAnomaly", suggestion: "Use setDetectAnomaly()" },
      );
    }
    return result;
  } finally {
    modes.anomaly = before;
  }
}

/**
 * Switches what {@link detectAnomaly} does on or off for good.
 *
 * @example
 * ```ts
 * import { GradientError, tensor } from "@minitensor/minitensor";
 * import { setDetectAnomaly } from "@minitensor/minitensor/autograd";
 * setDetectAnomaly(true);
 * const y = tensor([0], { requiresGrad: true }).mul(0).sqrt().mul(0).sum();
 * try {
 *   y.backward();
 * } catch (error) {
 *   console.assert(error instanceof GradientError && error.op === "sqrt");
 * } finally {
 *   setDetectAnomaly(false);
 * }
 * ```
 */
export function setDetectAnomaly(on: boolean): void {
  modes.anomaly = on;
}
