/**
 * Exponential functions and logarithms.
 *
 * @module
 */
import type { Op } from "../op.ts";
import type { UnaryFunction } from "./front.ts";
import { real } from "./real.ts";
import { singlesWithin } from "./samples.ts";

/**
 * eˣ. Float result.
 * @example
 * ```ts
 * import { exp, tensor } from "@minitensor/minitensor";
 * console.assert(exp(tensor([0, 1])).allclose(tensor([1, Math.E])));
 * ```
 */
export const exp: Op<UnaryFunction, undefined> = real(
  "exp",
  "Exponential.",
  "output",
  ({ grad, outputs: [y] }) => [grad.mul(y!)],
  Math.exp,
);

/**
 * 2ˣ. Float result.
 *
 * @example
 * ```ts
 * import { exp2 } from "@minitensor/minitensor";
 * console.assert(exp2([-1, 0, 10]).equal([0.5, 1, 1024]));
 * ```
 */
export const exp2: Op<UnaryFunction, undefined> = real(
  "exp2",
  "2 to the power x.",
  "output",
  ({ grad, outputs: [y] }) => [grad.mul(y!).mul(Math.LN2)],
  (x) => 2 ** x,
);

/**
 * eˣ - 1, accurate near 0. Float result.
 * @example
 * ```ts
 * import { expm1, tensor } from "@minitensor/minitensor";
 * console.assert(Number(expm1(tensor([1e-10])).item()) > 0); // exp(1e-10) - 1 would be 0
 * ```
 */
export const expm1: Op<UnaryFunction, undefined> = real(
  "expm1",
  "Exponential minus 1, accurate near 0.",
  "output",
  ({ grad, outputs: [y] }) => [grad.mul(y!.add(1))],
  Math.expm1,
);

const positive = singlesWithin([0.2, 4]);

/**
 * ln x; -infinity at 0, NaN below. Float result.
 * @example
 * ```ts
 * import { log, tensor } from "@minitensor/minitensor";
 * console.assert(log(tensor([1, 0, -1])).toArray().toString() === "0,-Infinity,NaN");
 * ```
 */
export const log: Op<UnaryFunction, undefined> = real(
  "log",
  "Natural logarithm; -inf at 0, NaN below.",
  "inputs",
  ({ grad, inputs: [x] }) => [grad.div(x!)],
  Math.log,
  positive,
);

/**
 * log₂ x; -infinity at 0, NaN below. Float result.
 *
 * @example
 * ```ts
 * import { log2 } from "@minitensor/minitensor";
 * console.assert(log2([0.5, 1, 8]).equal([-1, 0, 3]));
 * ```
 */
export const log2: Op<UnaryFunction, undefined> = real(
  "log2",
  "Logarithm to base 2.",
  "inputs",
  ({ grad, inputs: [x] }) => [grad.div(x!.mul(Math.LN2))],
  Math.log2,
  positive,
);

/**
 * log₁₀ x; -infinity at 0, NaN below. Float result.
 *
 * @example
 * ```ts
 * import { log10 } from "@minitensor/minitensor";
 * console.assert(log10([1, 1000]).allclose([0, 3]));
 * ```
 */
export const log10: Op<UnaryFunction, undefined> = real(
  "log10",
  "Logarithm to base 10.",
  "inputs",
  ({ grad, inputs: [x] }) => [grad.div(x!.mul(Math.LN10))],
  Math.log10,
  positive,
);

/**
 * ln(1 + x), accurate near 0; -infinity at -1, NaN below. Float result.
 * @example
 * ```ts
 * import { log1p, tensor } from "@minitensor/minitensor";
 * console.assert(Number(log1p(tensor([1e-10])).item()) > 0); // log(1 + 1e-10) would be 0
 * ```
 */
export const log1p: Op<UnaryFunction, undefined> = real(
  "log1p",
  "Logarithm of 1 + x, accurate near 0.",
  "inputs",
  ({ grad, inputs: [x] }) => [grad.div(x!.add(1))],
  Math.log1p,
  singlesWithin([-0.8, 3]),
);
