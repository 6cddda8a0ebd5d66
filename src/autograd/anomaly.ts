/**
 * Finding the op whose gradient is NaN.
 *
 * @module
 */
import { modes } from "../graph.ts";

/**
 * Runs `fn` so that backward throws a GradientError at the first op whose gradient has a NaN, with
 * the place in the program that called the op: as its `context.recorded`. Recording and backward
 * are several times slower meanwhile.
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
    return fn();
  } finally {
    modes.anomaly = before;
  }
}

/** Switches what {@link detectAnomaly} does on or off for good. */
export function setDetectAnomaly(on: boolean): void {
  modes.anomaly = on;
}
