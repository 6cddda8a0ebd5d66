/**
 * Activations whose bend has a parameter: leakyRelu, elu, softplus.
 *
 * @module
 */
import { defineOp, type Op } from "../op.ts";
import type { TensorLike } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { gradientSamples, sigmoidGradient } from "./activation.ts";
import { checkOptions, floating, single } from "./front.ts";
import { floats, same } from "./infer.ts";
import { logistic } from "./reference.ts";
import { singles } from "./samples.ts";

/** Attributes of {@link leakyRelu}, which takes them as options. */
export interface LeakyReluAttributes {
  /** Factor of the elements below 0. Default 0.01. */
  readonly negativeSlope: number;
}

const leakyReluGradient: Op<
  (grad: Tensor, x: Tensor, attributes: LeakyReluAttributes) => Tensor,
  LeakyReluAttributes
> = defineOp(
  {
    name: "leakyReluGradient",
    summary: "The gradient where x > 0, negativeSlope times it elsewhere.",
    infer: same,
    kernel: {
      native: "leakyReluGradient",
      elementwise: true,
      encode: ({ negativeSlope }) => [negativeSlope],
    },
    saves: "inputs",
    gradient: (
      { grad, inputs: [, x], attributes },
    ) => [leakyReluGradient(grad, x!, attributes), null],
    reference: (grad, x) => x! > 0 ? grad! : 0.1 * grad!,
    samples: gradientSamples.map((sample) => ({ ...sample, rest: [{ negativeSlope: 0.1 }] })),
    front: (run) => (grad: Tensor, x: Tensor, attributes: LeakyReluAttributes) =>
      run([grad, x], attributes),
  },
);

/**
 * x above 0, negativeSlope x elsewhere, which is its gradient at 0 and NaN too; float result.
 * @example
 * ```ts
 * import { leakyRelu } from "@minitensor/minitensor";
 * console.assert(leakyRelu([-4, 2], { negativeSlope: 0.25 }).equal([-1, 2]));
 * ```
 */
export const leakyRelu: Op<
  (x: TensorLike, options?: Partial<LeakyReluAttributes>) => Tensor,
  LeakyReluAttributes
> = defineOp({
  name: "leakyRelu",
  summary: "x where x > 0, negativeSlope * x elsewhere.",
  infer: floats(same),
  kernel: {
    native: "leakyRelu",
    elementwise: true,
    encode: ({ negativeSlope }) => [negativeSlope],
  },
  saves: "inputs",
  gradient: ({ grad, inputs: [x], attributes }) => [leakyReluGradient(grad, x!, attributes)],
  reference: (x) => x! > 0 ? x! : 0.1 * x!,
  samples: singles.map((sample) => ({ ...sample, rest: [{ negativeSlope: 0.1 }] })),
  front: (run) => (x: TensorLike, options: Partial<LeakyReluAttributes> = {}) => {
    checkOptions(options, ["negativeSlope"], "leakyRelu");
    return run([floating(single(x))], { negativeSlope: options.negativeSlope ?? 0.01 });
  },
});

/** Attributes of {@link elu}, which takes them as options. */
export interface EluAttributes {
  /** What the result tends to below 0, negated. Default 1. */
  readonly alpha: number;
}

const eluGradient: Op<
  (grad: Tensor, x: Tensor, attributes: EluAttributes) => Tensor,
  EluAttributes
> = defineOp({
  name: "eluGradient",
  summary: "The gradient where x > 0, grad * alpha * exp(x) elsewhere.",
  infer: same,
  kernel: { native: "eluGradient", elementwise: true, encode: ({ alpha }) => [alpha] },
  saves: "inputs",
  gradient: ({ grad, inputs: [g, x], attributes, needs }) => [
    needs[0] ? eluGradient(grad, x!, attributes) : null,
    needs[1] ? grad.mul(g!).mul(x!.exp()).mul(attributes.alpha).maskedFill(x!.gt(0), 0) : null,
  ],
  reference: (grad, x) => x! > 0 ? grad! : grad! * Math.exp(x!),
  samples: gradientSamples.map((sample) => ({ ...sample, rest: [{ alpha: 1 }] })),
  front: (run) => (grad: Tensor, x: Tensor, attributes: EluAttributes) =>
    run([grad, x], attributes),
});

/**
 * x above 0, alpha (eˣ - 1) elsewhere (Clevert et al. 2015); float result. Gradient alpha at 0.
 * @example
 * ```ts
 * import { elu } from "@minitensor/minitensor";
 * console.assert(elu([-Infinity, 2], { alpha: 3 }).equal([-3, 2]));
 * ```
 */
export const elu: Op<
  (x: TensorLike, options?: Partial<EluAttributes>) => Tensor,
  EluAttributes
> = defineOp({
  name: "elu",
  summary:
    "x where x > 0, alpha * (exp(x) - 1) elsewhere (Clevert, Unterthiner and Hochreiter 2015).",
  infer: floats(same),
  kernel: { native: "elu", elementwise: true, encode: ({ alpha }) => [alpha] },
  saves: "inputs",
  gradient: ({ grad, inputs: [x], attributes }) => [eluGradient(grad, x!, attributes)],
  reference: (x) => x! > 0 ? x! : Math.expm1(x!),
  samples: singles,
  front: (run) => (x: TensorLike, options: Partial<EluAttributes> = {}) => {
    checkOptions(options, ["alpha"], "elu");
    return run([floating(single(x))], { alpha: options.alpha ?? 1 });
  },
});

/** Attributes of {@link softplus}, which takes them as options. */
export interface SoftplusAttributes {
  /** How sharp the bend at 0 is. Default 1. */
  readonly beta: number;
  /** Where beta * x is above it, the result is x. Default 20. */
  readonly threshold: number;
}

function encodeSoftplus({ beta, threshold }: SoftplusAttributes): readonly number[] {
  return [beta, threshold];
}

const softplusGradient: Op<
  (grad: Tensor, x: Tensor, attributes: SoftplusAttributes) => Tensor,
  SoftplusAttributes
> = defineOp({
  name: "softplusGradient",
  summary: "grad * sigmoid(beta * x), and grad itself above the threshold.",
  infer: same,
  kernel: { native: "softplusGradient", elementwise: true, encode: encodeSoftplus },
  saves: "inputs",
  gradient: ({ grad, inputs: [g, x], attributes, needs }) => {
    const { beta, threshold } = attributes;
    const bend = (): Tensor => {
      const s = x!.mul(beta).sigmoid();
      return sigmoidGradient(grad.mul(g!).mul(beta), s).maskedFill(x!.mul(beta).gt(threshold), 0);
    };
    return [needs[0] ? softplusGradient(grad, x!, attributes) : null, needs[1] ? bend() : null];
  },
  reference: (grad, x) => grad! * logistic(x!),
  samples: gradientSamples.map((sample) => ({ ...sample, rest: [{ beta: 1, threshold: 20 }] })),
  front: (run) => (grad: Tensor, x: Tensor, attributes: SoftplusAttributes) =>
    run([grad, x], attributes),
});

/**
 * ln(1 + e^(beta x)) / beta, and x itself where beta x is above the threshold; float result.
 * @example
 * ```ts
 * import { softplus } from "@minitensor/minitensor";
 * console.assert(softplus(0).allclose(Math.LN2) && softplus(30).item() === 30);
 * ```
 */
export const softplus: Op<
  (x: TensorLike, options?: Partial<SoftplusAttributes>) => Tensor,
  SoftplusAttributes
> = defineOp({
  name: "softplus",
  summary: "log(1 + exp(beta * x)) / beta; x itself where beta * x is above the threshold.",
  infer: floats(same),
  kernel: { native: "softplus", elementwise: true, encode: encodeSoftplus },
  saves: "inputs",
  gradient: ({ grad, inputs: [x], attributes }) => [softplusGradient(grad, x!, attributes)],
  reference: (x) => Math.log1p(Math.exp(x!)),
  samples: singles,
  front: (run) => (x: TensorLike, options: Partial<SoftplusAttributes> = {}) => {
    checkOptions(options, ["beta", "threshold"], "softplus");
    return run([floating(single(x))], {
      beta: options.beta ?? 1,
      threshold: options.threshold ?? 20,
    });
  },
});
