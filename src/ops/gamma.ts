/**
 * The gamma function's logarithm and its derivatives.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { ArgumentError } from "../errors.ts";
import type { KernelName } from "../ffi/abi.ts";
import { defineOp, type GradientRule, type Op } from "../op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { floating, single, unaryFloat, type UnaryFunction } from "./front.ts";
import { floats, same } from "./infer.ts";
import { stack } from "./join.ts";
import { sum } from "./reduction.ts";
import { singlesWithin } from "./samples.ts";

interface Order {
  readonly n: number;
}

const between = (low: number, high: number) => [[low, high] as const];

/** The derivative of order n >= 1 of digamma; see {@link polygamma} for 0. */
const derivative: Op<(n: number, x: Tensor) => Tensor, Order> = defineOp({
  name: "polygamma",
  summary: "Derivative of digamma of order n: (-1)^(n + 1) n! times the sum of (k + x)^-(n + 1).",
  infer: floats(same),
  kernel: { native: "polygamma", elementwise: true, encode: ({ n }) => [n] },
  saves: "inputs",
  gradient: ({ grad, inputs: [x], attributes: { n } }) => [grad.mul(derivative(n + 1, x!))],
  samples: [
    { shapes: [[7]], ranges: between(0.5, 4), arguments: ([x]) => [1, x] },
    { shapes: [[2, 3]], ranges: between(-1.8, -1.2), arguments: ([x]) => [1, x] },
    { shapes: [[2, 3]], ranges: between(-0.8, -0.3), arguments: ([x]) => [2, x] },
    { shapes: [[5]], ranges: between(1, 12), arguments: ([x]) => [3, x] },
    { shapes: [[2, 0]], arguments: ([x]) => [2, x] },
  ],
  front: (run) => (n, x) => run([x], { n }),
});

/** A function of the family, by its kernel. */
function special(
  name: KernelName,
  summary: string,
  gradient: GradientRule<undefined>,
): Op<UnaryFunction, undefined> {
  return defineOp({
    name,
    summary,
    infer: floats(same),
    kernel: { native: name, elementwise: true },
    saves: "inputs",
    gradient,
    samples: [...singlesWithin([0.3, 12]), ...singlesWithin([-1.8, -1.2])],
    front: unaryFloat,
  });
}

/**
 * Logarithm of the absolute value of the gamma function, log |Γ(x)|; infinite at 0, -1, -2 ... Near
 * its zeros between those poles the error is relative to 1. Float result.
 *
 * @example
 * ```ts
 * import { lgamma } from "@minitensor/minitensor";
 * // Γ(5) is 4!, and |Γ(-0.5)| is 2 √π.
 * console.assert(lgamma([5, -0.5]).allclose([Math.log(24), Math.log(4 * Math.PI) / 2]));
 * ```
 */
export const lgamma: Op<UnaryFunction, undefined> = special(
  "lgamma",
  "Logarithm of the absolute value of the gamma function; infinite at 0, -1, -2 and so on.",
  ({ grad, inputs: [x] }) => [grad.mul(digamma(x!))],
);

/**
 * Derivative of {@link lgamma}, Γ'(x) / Γ(x); -infinity at 0, infinity at -0, NaN at -1, -2 ...
 * Float result.
 *
 * @example
 * ```ts
 * import { digamma } from "@minitensor/minitensor";
 * // It starts from minus Euler's constant and grows by 1 / x.
 * console.assert(digamma([1, 2]).allclose([-0.57721566, 1 - 0.57721566]));
 * ```
 */
export const digamma: Op<UnaryFunction, undefined> = special(
  "digamma",
  "Derivative of lgamma; -infinity at 0, infinity at -0, NaN at -1, -2 and so on.",
  ({ grad, inputs: [x] }) => [grad.mul(derivative(1, x!))],
);

/**
 * Derivative of {@link digamma} of order n, which stands first: (-1)ⁿ⁺¹ n! Σ (k + x)⁻ⁿ⁻¹ over
 * k = 0, 1, 2 ...; digamma itself for n = 0.
 *
 * @throws {ArgumentError} unless n is a whole number from 0 on.
 *
 * @example
 * ```ts
 * import { polygamma } from "@minitensor/minitensor";
 * console.assert(polygamma(1, 1).allclose(Math.PI ** 2 / 6));
 * ```
 */
export function polygamma(n: number, x: TensorLike): Tensor {
  if (!(Number.isSafeInteger(n) && n >= 0)) {
    throw new ArgumentError(`Cannot polygamma of order ${n}: it is a whole number from 0 on`, {
      op: "polygamma",
    });
  }
  return n === 0 ? digamma(x) : derivative(n, floating(single(x)));
}

/**
 * Logarithm of the multivariate gamma function of dimension p:
 * p (p - 1) / 4 log π + Σ log |Γ(x - j / 2)| over j = 0 ... p - 1.
 *
 * @throws {ArgumentError} unless p is a whole number from 1 on.
 *
 * @example
 * ```ts
 * import { lgamma, mvlgamma } from "@minitensor/minitensor";
 * console.assert(mvlgamma([3, 4], 1).equal(lgamma([3, 4])));
 * ```
 */
export function mvlgamma(x: TensorLike, p: number): Tensor {
  if (!(Number.isSafeInteger(p) && p >= 1)) {
    throw new ArgumentError(`Cannot mvlgamma of dimension ${p}: it is a whole number from 1 on`, {
      op: "mvlgamma",
    });
  }
  const value = floating(single(x));
  const parts = Array.from({ length: p }, (_, j) => lgamma(value.sub(j / 2)));
  return sum(stack(parts, 0), 0).add(p * (p - 1) / 4 * Math.log(Math.PI));
}
