/**
 * Special functions in plain numbers, as references for the laws: exact to a few units in the last place, slow.
 *
 * @module
 */

/**
 * Error function, for |x| < 6: 2/sqrt(pi) exp(-x^2) times the sum of 2^n x^(2n+1) / (2n+1)!! (Abramowitz and Stegun,
 * 7.1.6), whose terms all have one sign, so that nothing cancels.
 */
export function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) {
    term *= 2 * x * x / (2 * n + 1);
    sum += term;
  }
  return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
}

/** Share of the standard normal distribution below x. */
export function normalDistribution(x: number): number {
  return (1 + erf(x / Math.SQRT2)) / 2;
}

/** 1 / (1 + e^-x). */
export function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
