/**
 * Window functions, by which signals are faded in and out before a Fourier transform.
 *
 * @module
 */
import { arange, ones, type TensorOptions, zeros } from "./create.ts";
import { dtypeInfo, getDefaultDtype } from "./dtype.ts";
import { ArgumentError, DTypeError } from "./errors.ts";
import { checkOptions } from "./ops/front.ts";
import type { Tensor } from "./tensor/tensor.ts";

/** Options of every window. */
export interface WindowOptions extends TensorOptions {
  /** Cut from a window of one element more, for use with periodic signals. Default true. */
  readonly periodic?: boolean;
}

/** Options of {@link kaiserWindow}. */
export interface KaiserOptions extends WindowOptions {
  /** How fast the window falls off. Default 12. */
  readonly beta?: number;
}

/** A window by its value at places -1 to 1, worked out in float64. */
function windowOf(
  n: number,
  options: WindowOptions,
  op: string,
  rule: (place: Tensor) => Tensor,
): Tensor {
  if (!Number.isInteger(n) || n < 0) {
    throw new ArgumentError(`Cannot make a ${op} of ${n} elements: it is a whole number`, { op });
  }
  const { periodic = true, dtype = getDefaultDtype(), ...rest } = options;
  if (!dtypeInfo(dtype).isFloat) {
    throw new DTypeError(`Cannot make a ${op} of dtype ${dtype}: it must be floating-point`, {
      op,
    });
  }
  const like = { dtype, ...rest };
  if (n === 0) return zeros([0], like);
  if (n === 1) return ones([1], like);
  const last = periodic ? n : n - 1;
  const places = arange(0, n, 1, { dtype: "float64" }).mul(2 / last).sub(1);
  const made = rule(places).to(dtype);
  return rest.requiresGrad === true ? made.requiresGrad_() : made;
}

/** The sum of cosines with these factors: a0 + a1 cos(pi t) + a2 cos(2 pi t) for t of -1 to 1. */
function cosines(place: Tensor, ...factors: readonly number[]): Tensor {
  return factors.slice(1).reduce(
    (sum, factor, i) => sum.add(place.mul(Math.PI * (i + 1)).cos().mul(factor)),
    place.mul(0).add(factors[0]!),
  );
}

const known = ["dtype", "device", "requiresGrad", "periodic"];

/**
 * The Hann window: half of 1 minus a cosine.
 *
 * @throws {ArgumentError} when `n` is not a whole number of 0 or more.
 *
 * @example
 * ```ts
 * import { hannWindow } from "@minitensor/minitensor";
 * const x = hannWindow(3, { periodic: false });
 * console.assert(x.toArray().toString() === "0,1,0");
 * ```
 */
export function hannWindow(n: number, options: WindowOptions = {}): Tensor {
  checkOptions(options, known, "hannWindow");
  return windowOf(n, options, "hannWindow", (place) => cosines(place, 0.5, 0.5));
}

/**
 * The Hamming window: 0.54 minus 0.46 times a cosine, which does not fall to 0.
 *
 * @throws {ArgumentError} when `n` is not a whole number of 0 or more.
 *
 * @example
 * ```ts
 * import { hammingWindow } from "@minitensor/minitensor";
 * console.assert(hammingWindow(3, { periodic: false }).index(1).item() === 1);
 * ```
 */
export function hammingWindow(n: number, options: WindowOptions = {}): Tensor {
  checkOptions(options, known, "hammingWindow");
  return windowOf(n, options, "hammingWindow", (place) => cosines(place, 0.54, 0.46));
}

/**
 * The Blackman window: three cosine terms.
 *
 * @throws {ArgumentError} when `n` is not a whole number of 0 or more.
 *
 * @example
 * ```ts
 * import { blackmanWindow } from "@minitensor/minitensor";
 * console.assert(blackmanWindow(3, { periodic: false }).index(1).item() === 1);
 * ```
 */
export function blackmanWindow(n: number, options: WindowOptions = {}): Tensor {
  checkOptions(options, known, "blackmanWindow");
  return windowOf(n, options, "blackmanWindow", (place) => cosines(place, 0.42, 0.5, 0.08));
}

/**
 * The Kaiser window: I0(beta sqrt(1 - t^2)) / I0(beta) for t of -1 to 1.
 *
 * @throws {ArgumentError} when `n` is not a whole number of 0 or more, or beta not finite.
 *
 * @example
 * ```ts
 * import { kaiserWindow } from "@minitensor/minitensor";
 * console.assert(kaiserWindow(3, { periodic: false }).index(1).item() === 1);
 * ```
 */
export function kaiserWindow(n: number, options: KaiserOptions = {}): Tensor {
  checkOptions(options, [...known, "beta"], "kaiserWindow");
  const { beta = 12, ...rest } = options;
  if (!(Math.abs(beta) <= 500)) {
    throw new ArgumentError(`Cannot make a kaiserWindow with beta ${beta}: it is at most 500`);
  }
  return windowOf(n, rest, "kaiserWindow", (place) => {
    const squares = place.square().neg().add(1).clamp(0).mul(beta * beta / 4);
    return bessel(squares, beta).div(bessel(squares.mul(0).add(beta * beta / 4), beta));
  });
}

/** I0(2 sqrt(q)), the sum of q^k / k!^2: all terms are positive, the largest is at k = beta / 2. */
function bessel(q: Tensor, beta: number): Tensor {
  let term = q.mul(0).add(1);
  let sum = term;
  const terms = Math.ceil(Math.abs(beta) * 1.5) + 30;
  for (let k = 1; k <= terms; k++) {
    term = term.mul(q).div(k * k);
    sum = sum.add(term);
  }
  return sum;
}
