/**
 * Switches for recording the graph.
 *
 * @module
 */
import { GradientError } from "./errors.ts";
import { modes } from "./graph.ts";

/**
 * Runs `fn` without recording, or switches recording off until the returned handle is disposed of.
 *
 * @throws {GradientError} when `fn` returns a promise: recording would be back on before it
 * settles.
 *
 * @example
 * ```ts
 * import { noGrad, ones } from "@minitensor/minitensor";
 * const x = ones([2], { requiresGrad: true });
 * console.assert(!noGrad(() => x.mul(2)).requiresGrad);
 * ```
 */
export function noGrad(): Disposable;
/**
 * Runs `fn` without recording.
 *
 * @example
 * ```ts
 * import { noGrad, ones } from "@minitensor/minitensor";
 * const x = ones([2], { requiresGrad: true });
 * noGrad(() => x.sub_(0.5)); // a leaf may only change where that is not recorded
 * console.assert(x.sum().item() === 1);
 * ```
 */
export function noGrad<T>(fn: () => T): T;
export function noGrad<T>(fn?: () => T): T | Disposable {
  return withGradients(false, fn, "noGrad");
}

/**
 * The reverse of {@link noGrad}: records inside it again, until `fn` is done or the returned handle
 * is disposed of.
 *
 * @throws {GradientError} inside {@link inferenceMode}, or when `fn` returns a promise.
 *
 * @example
 * ```ts
 * import { enableGrad, noGrad, ones } from "@minitensor/minitensor";
 * const x = ones([2], { requiresGrad: true });
 * console.assert(noGrad(() => enableGrad(() => x.mul(2))).requiresGrad);
 * ```
 */
export function enableGrad(): Disposable;
/**
 * Runs `fn` with recording on.
 *
 * @example
 * ```ts
 * import { enableGrad, isGradEnabled, noGrad } from "@minitensor/minitensor";
 * console.assert(noGrad(() => enableGrad(isGradEnabled)));
 * ```
 */
export function enableGrad<T>(fn: () => T): T;
export function enableGrad<T>(fn?: () => T): T | Disposable {
  return withGradients(true, fn, "enableGrad");
}

/**
 * Runs `fn` for its values alone: as {@link noGrad}, and nothing that `fn` calls can switch
 * recording on again. Tensors made inside are ordinary ones and may be used in a graph afterwards.
 * Changes in place are still counted: that costs nothing here, and graphs that have saved the
 * memory rely on it.
 *
 * @throws {GradientError} when `fn` returns a promise, as in {@link noGrad}.
 *
 * @example
 * ```ts
 * import { inferenceMode, ones } from "@minitensor/minitensor";
 * const x = ones([2], { requiresGrad: true });
 * console.assert(!inferenceMode(() => x.mul(2)).requiresGrad);
 * ```
 */
export function inferenceMode(): Disposable;
/**
 * Runs `fn` for its values alone.
 *
 * @example
 * ```ts
 * import { inferenceMode, isGradEnabled } from "@minitensor/minitensor";
 * console.assert(!inferenceMode(isGradEnabled) && isGradEnabled());
 * ```
 */
export function inferenceMode<T>(fn: () => T): T;
export function inferenceMode<T>(fn?: () => T): T | Disposable {
  return withGradients(false, fn, "inferenceMode");
}

/**
 * True inside {@link inferenceMode}.
 *
 * @example
 * ```ts
 * import { inferenceMode, isInferenceModeEnabled, noGrad } from "@minitensor/minitensor";
 * console.assert(inferenceMode(isInferenceModeEnabled) && !noGrad(isInferenceModeEnabled));
 * ```
 */
export function isInferenceModeEnabled(): boolean {
  return modes.inference;
}

function refuseInference(op: string): void {
  if (!modes.inference) return;
  throw new GradientError(`Cannot ${op} within inferenceMode: nothing is recorded there`, {
    op,
    suggestion: "Use noGrad() around what needs no gradient instead",
  });
}

function withGradients<T>(on: boolean, fn: (() => T) | undefined, name: string): T | Disposable {
  const before = modes.gradients;
  const inference = modes.inference;
  if (on) refuseInference(name);
  modes.gradients = on;
  if (name === "inferenceMode") modes.inference = true;
  const restore = () => {
    modes.gradients = before;
    modes.inference = inference;
  };
  if (fn === undefined) return { [Symbol.dispose]: restore };
  try {
    const result = fn();
    if (result instanceof Promise) {
      throw new GradientError(
        `Cannot run an async function in ${name}: it would end before the promise settles`,
        {
          suggestion: `Use \`using _ = ${name}()\` inside the function`,
        },
      );
    }
    return result;
  } finally {
    restore();
  }
}

/**
 * True when ops are recorded.
 *
 * @example
 * ```ts
 * import { isGradEnabled, noGrad } from "@minitensor/minitensor";
 * console.assert(isGradEnabled() && !noGrad(isGradEnabled));
 * ```
 */
export function isGradEnabled(): boolean {
  return modes.gradients;
}

/**
 * Switches recording on or off for good.
 *
 * @throws {GradientError} when it is switched on inside {@link inferenceMode}.
 *
 * @example
 * ```ts
 * import { ones, setGradEnabled } from "@minitensor/minitensor";
 * const x = ones([2], { requiresGrad: true });
 * setGradEnabled(false);
 * console.assert(!x.mul(2).requiresGrad);
 * setGradEnabled(true);
 * ```
 */
export function setGradEnabled(on: boolean): void {
  if (on) refuseInference("setGradEnabled");
  modes.gradients = on;
}
