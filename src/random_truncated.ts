/**
 * The truncated normal distribution.
 *
 * @module
 */
import { getDefaultDtype } from "./dtype.ts";
import { ArgumentError } from "./errors.ts";
import { rand, type RandomOptions } from "./random.ts";
import type { Shape } from "./shape.ts";
import type { Tensor } from "./tensor/tensor.ts";

/** Options of {@link truncatedNormal}. */
export interface TruncatedNormalOptions extends RandomOptions {
  /** Mean of the whole normal distribution. Default 0. */
  readonly mean?: number;
  /** Its standard deviation. Default 1. */
  readonly std?: number;
  /** Least value. Default: mean - 2 std. */
  readonly lower?: number;
  /** Greatest value. Default: mean + 2 std. */
  readonly upper?: number;
}

/**
 * Numbers of a normal distribution, of which only those from `lower` to `upper` are taken. By the
 * inverse of the distribution function, so that far tails cost no more and are exact too.
 *
 * @throws {ArgumentError} when std is not above 0, or lower not below upper.
 *
 * @example
 * ```ts
 * import { truncatedNormal } from "@minitensor/minitensor";
 * console.assert(truncatedNormal([100], { lower: 5, upper: 6 }).ge(5).all().item() === true);
 * ```
 */
export function truncatedNormal(shape: Shape, options: TruncatedNormalOptions = {}): Tensor {
  const { mean = 0, std = 1, dtype = getDefaultDtype(), requiresGrad = false, ...rest } = options;
  const { lower = mean - 2 * std, upper = mean + 2 * std, ...draws } = rest;
  if (!(std > 0)) {
    throw new ArgumentError(`Cannot draw with standard deviation ${std}: it is not above 0`);
  }
  if (!(lower < upper)) {
    throw new ArgumentError(`Cannot draw normal numbers from ${lower} to ${upper}: there are none`);
  }
  const x = rand(shape, { ...draws, dtype: "float64" });
  const elements = x.asTypedArray() as Float64Array;
  // Where most of the range lies above the mean, its mirror image is taken: small probabilities
  // keep their digits, those near 1 do not.
  const mirrored = lower + upper > 2 * mean;
  const [from, to] = mirrored ? [mean - upper, mean - lower] : [lower - mean, upper - mean];
  const low = logDistribution(from / std);
  const ratio = Math.exp(low - logDistribution(to / std));
  const top = logDistribution(to / std);
  for (let i = 0; i < elements.length; i++) {
    const share = ratio + (1 - ratio) * elements[i]!; // of the distribution function at the top
    const z = inverse(top + Math.log(share)) * std;
    const value = mirrored ? mean - z : mean + z;
    elements[i] = Math.min(Math.max(value, lower), upper);
  }
  const result = x.to(dtype);
  return requiresGrad ? result.requiresGrad_() : result;
}

/**
 * Logarithm of the normal distribution function at z, for z up to about 8, beyond which it is 0.
 * Below -5 by the continued fraction of Mills' ratio (Abramowitz and Stegun 26.2.14), above by the
 * power series (26.2.10), whose terms are all of one sign.
 */
function logDistribution(z: number): number {
  if (z === -Infinity) return -Infinity;
  if (z > 9) return 0;
  if (z > 0) return Math.log1p(-Math.exp(logDistribution(-z)));
  const density = -0.5 * z * z - 0.5 * Math.log(2 * Math.PI);
  if (z < -5) {
    let fraction = -z;
    for (let k = 60; k >= 1; k--) fraction = -z + k / fraction;
    return density - Math.log(fraction);
  }
  let term = -z;
  let sum = term;
  for (let k = 3; term > sum * 1e-17; k += 2) sum += term *= (z * z) / k;
  return Math.log(0.5 - Math.exp(density) * sum);
}

/**
 * The z whose distribution function has that logarithm: Newton's method on the logarithm, which is
 * concave, from the left end of the tail's leading term, so that it converges from one side.
 */
function inverse(logProbability: number): number {
  if (logProbability > Math.log(0.5)) {
    return -inverse(Math.log(-Math.expm1(Math.min(logProbability, 0))));
  }
  if (logProbability === -Infinity) return -Infinity;
  let z = -Math.sqrt(-2 * logProbability);
  for (let step = 0; step < 60; step++) {
    const value = logDistribution(z);
    const slope = Math.exp(-0.5 * z * z - 0.5 * Math.log(2 * Math.PI) - value);
    const next = z + (logProbability - value) / slope;
    if (Math.abs(next - z) <= 1e-15 * Math.max(1, Math.abs(next))) return next;
    z = next;
  }
  return z;
}
