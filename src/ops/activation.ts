/**
 * Activations. Each hot gradient has a native kernel of its own, which is itself an op.
 *
 * @module
 */
import { defineOp, type GradientRule, type Op, type Sample } from "../op.ts";
import type { TensorLike } from "../create.ts";
import type { KernelName } from "../ffi/abi.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, floating, single, unary, unaryFloat, type UnaryFunction } from "./front.ts";
import { floats, same } from "./infer.ts";
import { logistic, normalDistribution } from "./reference.ts";
import { singles, singlesWithin } from "./samples.ts";

/** A gradient in one kernel: from the gradient of the result and what was saved of the call. */
export type FusedGradient = (grad: Tensor, saved: Tensor) => Tensor;

const gradientSamples: readonly Sample[] = [
  { shapes: [[2, 3], [2, 3]] },
  { shapes: [[19], [19]] },
  { shapes: [[], []] },
];

/** A fused gradient: from the incoming gradient and what was saved. */
function slope(
  name: KernelName,
  summary: string,
  gradient: GradientRule<undefined> | null,
  reference: (grad: number, saved: number) => number,
  samples = gradientSamples,
): Op<FusedGradient, undefined> {
  return defineOp({
    name,
    summary,
    infer: same,
    kernel: { native: name, elementwise: true },
    saves: gradient === null ? "none" : "inputs",
    gradient,
    reference: reference as (...values: number[]) => number,
    samples,
    front: (run) => (grad: Tensor, saved: Tensor) => run([grad, saved], undefined),
  });
}

/** Gradient of relu from its output. At NaN it passes, as in PyTorch.
 * @example
 * ```ts
 * import { reluGradient, tensor } from "@minitensor/minitensor";
 * console.assert(reluGradient(tensor([5, 5]), tensor([0, 2])).equal([0, 5]));
 * ```
 */
export const reluGradient: Op<FusedGradient, undefined> = slope(
  "reluGradient",
  "The gradient where relu's output is above 0.",
  ({ grad, inputs: [, output] }) => [reluGradient(grad, output!), null],
  (grad, output) => output <= 0 ? 0 : grad,
);

/**
 * max(x, 0); integers stay integers, NaN stays NaN. The gradient at 0 is 0.
 * @throws {DTypeError} for bools.
 * @example
 * ```ts
 * import { relu } from "@minitensor/minitensor";
 * console.assert(String(relu([-1, 2, NaN]).toArray()) === "0,2,NaN");
 * ```
 */
export const relu: Op<UnaryFunction, undefined> = defineOp({
  name: "relu",
  summary: "max(x, 0); NaN stays.",
  infer: same,
  kernel: { native: "relu", elementwise: true },
  saves: "output",
  gradient: ({ grad, outputs: [output] }) => [reluGradient(grad, output!)],
  reference: (x) => x! > 0 ? x! : 0,
  samples: singles,
  front: unary,
});

/** Gradient of sigmoid from its output y: grad y (1 - y).
 * @example
 * ```ts
 * import { sigmoidGradient, tensor } from "@minitensor/minitensor";
 * console.assert(sigmoidGradient(tensor(8), tensor(0.5)).item() === 2);
 * ```
 */
export const sigmoidGradient: Op<FusedGradient, undefined> = slope(
  "sigmoidGradient",
  "grad * y * (1 - y), from sigmoid's output y.",
  ({ grad, inputs: [g, y], needs }) => [
    needs[0] ? sigmoidGradient(grad, y!) : null,
    needs[1] ? grad.mul(g!).mul(y!.mul(-2).add(1)) : null,
  ],
  (grad, y) => grad * y * (1 - y),
);

/**
 * 1 / (1 + e⁻ˣ), without overflow; float result.
 * @example
 * ```ts
 * import { sigmoid } from "@minitensor/minitensor";
 * console.assert(sigmoid([-Infinity, 0, 1000]).equal([0, 0.5, 1]));
 * ```
 */
export const sigmoid: Op<UnaryFunction, undefined> = defineOp({
  name: "sigmoid",
  summary: "1 / (1 + exp(-x)), without overflow.",
  infer: floats(same),
  kernel: { native: "sigmoid", elementwise: true },
  saves: "output",
  gradient: ({ grad, outputs: [y] }) => [sigmoidGradient(grad, y!)],
  reference: (x) => 1 / (1 + Math.exp(-x!)),
  samples: singlesWithin([-6, 6]),
  front: unaryFloat,
});

/** Gradient of tanh from its output y: grad (1 - y²).
 * @example
 * ```ts
 * import { tanhGradient, tensor } from "@minitensor/minitensor";
 * console.assert(tanhGradient(tensor(8), tensor(0.5)).item() === 6);
 * ```
 */
export const tanhGradient: Op<FusedGradient, undefined> = slope(
  "tanhGradient",
  "grad * (1 - y^2), from tanh's output y.",
  ({ grad, inputs: [g, y], needs }) => [
    needs[0] ? tanhGradient(grad, y!) : null,
    needs[1] ? grad.mul(g!).mul(y!).mul(-2) : null,
  ],
  (grad, y) => grad * (1 - y * y),
);

/**
 * Hyperbolic tangent, (eˣ - e⁻ˣ) / (eˣ + e⁻ˣ); float result.
 * @example
 * ```ts
 * import { tanh } from "@minitensor/minitensor";
 * console.assert(tanh([-Infinity, 0, 1000]).equal([-1, 0, 1]));
 * ```
 */
export const tanh: Op<UnaryFunction, undefined> = defineOp({
  name: "tanh",
  summary: "Hyperbolic tangent.",
  infer: floats(same),
  kernel: { native: "tanh", elementwise: true },
  saves: "output",
  gradient: ({ grad, outputs: [y] }) => [tanhGradient(grad, y!)],
  reference: Math.tanh as (...values: number[]) => number,
  samples: singlesWithin([-4, 4]),
  front: unaryFloat,
});

/** Gradient of silu from its input.
 * @example
 * ```ts
 * import { siluGradient, tensor } from "@minitensor/minitensor";
 * console.assert(siluGradient(tensor(4), tensor(0)).item() === 2);
 * ```
 */
export const siluGradient: Op<FusedGradient, undefined> = slope(
  "siluGradient",
  "grad * s * (1 + x * (1 - s)), where s is sigmoid(x).",
  ({ grad, inputs: [g, x], needs }) => {
    if (!needs[1]) return [siluGradient(grad, x!), null];
    const s = x!.sigmoid();
    // d/dx of s + x s (1 - s) is s' (2 + x (1 - 2 s)), with s' = s (1 - s).
    const bend = sigmoidGradient(x!.mul(s.mul(-2).add(1)).add(2), s);
    return [needs[0] ? siluGradient(grad, x!) : null, grad.mul(g!).mul(bend)];
  },
  (grad, x) => grad * logistic(x) * (1 + x * (1 - logistic(x))),
);

/**
 * x sigmoid(x) (Elfwing, Uchibe and Doya 2017); float result, NaN at -infinity.
 * @example
 * ```ts
 * import { silu } from "@minitensor/minitensor";
 * // Its lowest point lies below 0.
 * console.assert(Number(silu(-1.2785).item()).toFixed(3) === "-0.278");
 * ```
 */
export const silu: Op<UnaryFunction, undefined> = defineOp({
  name: "silu",
  summary: "x * sigmoid(x) (Elfwing, Uchibe and Doya 2017).",
  infer: floats(same),
  kernel: { native: "silu", elementwise: true },
  saves: "inputs",
  gradient: ({ grad, inputs: [x] }) => [siluGradient(grad, x!)],
  reference: (x) => x! * logistic(x!),
  samples: singlesWithin([-6, 6]),
  front: unaryFloat,
});

const DENSITY = 1 / Math.sqrt(2 * Math.PI);

/** Gradient of the exact gelu from its input.
 * @example
 * ```ts
 * import { geluGradient, tensor } from "@minitensor/minitensor";
 * console.assert(geluGradient(tensor(4), tensor(0)).allclose(2));
 * ```
 */
export const geluGradient: Op<FusedGradient, undefined> = slope(
  "geluGradient",
  "grad * (Phi(x) + x * phi(x)), with the normal distribution Phi and density phi.",
  ({ grad, inputs: [g, x], needs }) => {
    // d/dx of Φ + x φ is φ (2 - x²).
    const bend = (): Tensor =>
      x!.square().mul(-0.5).exp().mul(DENSITY).mul(x!.square().neg().add(2));
    return [needs[0] ? geluGradient(grad, x!) : null, needs[1] ? grad.mul(g!).mul(bend()) : null];
  },
  (grad, x) => grad * (normalDistribution(x) + x * DENSITY * Math.exp(-x * x / 2)),
);

/** Gradient of the tanh form of gelu from its input.
 * @example
 * ```ts
 * import { geluTanhGradient, tensor } from "@minitensor/minitensor";
 * console.assert(geluTanhGradient(tensor(4), tensor(0)).allclose(2));
 * ```
 */
export const geluTanhGradient: Op<FusedGradient, undefined> = slope(
  "geluTanhGradient",
  "Gradient of the tanh form of gelu.",
  ({ grad, inputs: [g, x], needs }) => [
    needs[0] ? geluTanhGradient(grad, x!) : null,
    needs[1] ? grad.mul(g!).mul(geluTanhBend(x!)) : null,
  ],
  (grad, x) => {
    const u = GELU_SCALE * (x + GELU_CUBE * x ** 3);
    const t = Math.tanh(u);
    return grad *
      (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * GELU_SCALE * (1 + 3 * GELU_CUBE * x * x));
  },
);

const GELU_SCALE = Math.sqrt(2 / Math.PI);
const GELU_CUBE = 0.044715;

/** Second derivative of the tanh form: (1 - t²) (u' + x u''/2 - x t u'²), with t = tanh(u). */
function geluTanhBend(x: Tensor): Tensor {
  const squared = x.square();
  const t = x.mul(squared.mul(GELU_CUBE).add(1)).mul(GELU_SCALE).tanh();
  const first = squared.mul(3 * GELU_CUBE).add(1).mul(GELU_SCALE);
  const second = x.mul(6 * GELU_CUBE * GELU_SCALE);
  const inner = first.add(x.mul(second).mul(0.5)).sub(x.mul(t).mul(first.square()));
  return tanhGradient(inner, t);
}

/** Which form of gelu: the exact one, or with tanh. */
export interface GeluOptions {
  /** "none" (default): x Φ(x). "tanh": the approximation of the paper. */
  readonly approximate?: "none" | "tanh";
}

const geluExact: Op<UnaryFunction, undefined> = defineOp({
  name: "gelu",
  summary: "x * Phi(x), Phi the normal distribution (Hendrycks and Gimpel 2016).",
  infer: floats(same),
  kernel: { native: "gelu", elementwise: true },
  saves: "inputs",
  gradient: ({ grad, inputs: [x] }) => [geluGradient(grad, x!)],
  reference: (x) => x! * normalDistribution(x!),
  samples: singlesWithin([-3, 3]),
  front: unaryFloat,
});

const geluTanh: Op<UnaryFunction, undefined> = defineOp({
  name: "geluTanh",
  summary: "0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))): gelu's approximation in the paper.",
  infer: floats(same),
  kernel: { native: "geluTanh", elementwise: true },
  saves: "inputs",
  gradient: ({ grad, inputs: [x] }) => [geluTanhGradient(grad, x!)],
  reference: (x) => 0.5 * x! * (1 + Math.tanh(GELU_SCALE * (x! + GELU_CUBE * x! ** 3))),
  samples: singlesWithin([-3, 3]),
  front: unaryFloat,
});

/**
 * x Φ(x) (Hendrycks and Gimpel 2016), or its tanh form; float result, NaN at -infinity.
 * @example
 * ```ts
 * import { gelu } from "@minitensor/minitensor";
 * const forms = [gelu(1), gelu(1, { approximate: "tanh" })];
 * console.assert(forms.map((y) => Number(y.item()).toFixed(4)).join() === "0.8413,0.8412");
 * ```
 */
export function gelu(x: TensorLike, options: GeluOptions = {}): Tensor {
  checkOptions(options, ["approximate"], "gelu");
  return options.approximate === "tanh" ? geluTanh(x) : geluExact(x);
}

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
