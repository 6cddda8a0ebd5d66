/**
 * The incomplete gamma functions, shares of the gamma distribution, and the zeta function.
 *
 * @module
 */
import { GradientError } from "../errors.ts";
import { defineOp, makeOp, type Op } from "../op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { binaryFloat, type BinaryFunction } from "./front.ts";
import { lgamma } from "./gamma.ts";
import { broadcast, floats } from "./infer.ts";
import { xlogy } from "./logarithms.ts";
import { pairsWithin } from "./samples.ts";

/** Density of the gamma distribution of shape a at x. */
function density(a: Tensor, x: Tensor): Tensor {
  return xlogy(a.sub(1), x).sub(x).sub(lgamma(a)).exp();
}

function slopeOf(
  name: "gammaSlope" | "gammaLogSlope",
  summary: string,
): Op<BinaryFunction, undefined> {
  return makeOp({
    name,
    summary,
    infer: floats(broadcast),
    kernel: { native: name, elementwise: true },
    saves: "none",
    gradient: () => {
      throw new GradientError(
        "Cannot differentiate the slope of gamma samples: only first derivatives are known",
        { op: name },
      );
    },
    samples: [],
    front: binaryFloat,
  });
}

/**
 * How a sample x of the gamma distribution of shape a moves with a while its share of the
 * distribution stays: -(∂P/∂a) / (∂P/∂x), the implicit reparameterization of Figurnov, Mohamed and
 * Mnih (2018). Internal: samples of distributions take their gradients from it.
 */
export const gammaSlope: Op<BinaryFunction, undefined> = slopeOf(
  "gammaSlope",
  "How a sample x of the gamma distribution of shape a moves with a, its share held.",
);

/** The same for the logarithm of a sample. Internal. */
export const gammaLogSlope: Op<BinaryFunction, undefined> = slopeOf(
  "gammaLogSlope",
  "How the logarithm of a gamma sample moves with its shape, its share held.",
);

function share(
  name: "gammainc" | "gammaincc",
  summary: string,
  sign: 1 | -1,
): Op<BinaryFunction, undefined> {
  return defineOp({
    name,
    summary,
    infer: floats(broadcast),
    kernel: { native: name, elementwise: true },
    saves: "inputs",
    gradient: ({ grad, inputs: [a, x], needs }) => {
      const slope = grad.mul(density(a!, x!)).mul(sign);
      return [needs[0] ? slope.mul(gammaSlope(a!, x!)).neg() : null, needs[1] ? slope : null];
    },
    once: true,
    samples: [...pairsWithin([0.3, 4], [0.2, 5]), {
      shapes: [[9], [9]],
      ranges: [[40, 80], [40, 80]],
    }],
    front: binaryFloat,
  });
}

/**
 * Regularised lower incomplete gamma function P(a, x): the integral of tᵃ⁻¹ e⁻ᵗ from 0 to x,
 * divided by Γ(a). Differentiable by both; by `a` once.
 *
 * @example
 * ```ts
 * import { special } from "@minitensor/minitensor";
 * console.assert(special.gammainc(1, 2).allclose(1 - Math.exp(-2)));
 * ```
 */
export const gammainc: Op<BinaryFunction, undefined> = share(
  "gammainc",
  "Regularised lower incomplete gamma function P(a, x).",
  1,
);

/** Regularised upper incomplete gamma function, 1 - P(a, x), without cancellation. */
export const gammaincc: Op<BinaryFunction, undefined> = share(
  "gammaincc",
  "Regularised upper incomplete gamma function Q(a, x) = 1 - P(a, x).",
  -1,
);

/**
 * Hurwitz's zeta function Σ (k + q)⁻ˢ over k = 0, 1, 2 ...; infinite for s = 1 and at q = 0, -1, -2
 * ..., NaN for s < 1, and for q < 0 unless s is whole. Differentiable by q.
 *
 * @example
 * ```ts
 * import { special } from "@minitensor/minitensor";
 * console.assert(special.zeta(2, 1).allclose(Math.PI ** 2 / 6));
 * ```
 */
export const zeta: Op<BinaryFunction, undefined> = defineOp({
  name: "zeta",
  summary: "Hurwitz's zeta function, the sum of (k + q)^-s over k >= 0, of s and q.",
  infer: floats(broadcast),
  kernel: { native: "zeta", elementwise: true },
  saves: "inputs",
  gradient: ({ grad, inputs: [s, q], needs }) => {
    if (needs[0]) {
      throw new GradientError("Cannot differentiate zeta by its exponent: use detach()", {
        op: "zeta",
      });
    }
    return [null, grad.mul(zeta(s!.add(1), q!)).mul(s!).neg()];
  },
  samples: [
    { shapes: [[5]], ranges: [[0.5, 5]], arguments: ([q]) => [2.5, q] },
    { shapes: [[5]], ranges: [[-1.8, -1.2]], arguments: ([q]) => [3, q] },
    { shapes: [[2, 0]], arguments: ([q]) => [2, q] },
  ],
  front: binaryFloat,
});
