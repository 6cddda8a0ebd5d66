/**
 * Activations that are curved, and those that a second input or half gates.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { defineOp, type Op, type Sample } from "../op.ts";
import { checkDim, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { relu, sigmoid, silu } from "./activation.ts";
import { elu } from "./bent_activation.ts";
import { gelu } from "./gelu.ts";
import { mul } from "./arithmetic.ts";
import { checkOptions, floating, pair, single, unaryFloat, type UnaryFunction } from "./front.ts";
import { floats, same } from "./infer.ts";
import { logistic } from "./reference.ts";
import { singles, singlesWithin } from "./samples.ts";
import { clamp, where } from "./select.ts";

const gradientSamples: readonly Sample[] = [{ shapes: [[2, 3], [2, 3]] }, {
  shapes: [[19], [19]],
}];

const mishOf = (x: number): number => x * Math.tanh(Math.log1p(Math.exp(x)));

/** What mish multiplies x with, and its slope: tanh(softplus(x)). */
function mishParts(x: Tensor): { t: Tensor; slope: Tensor; s: Tensor } {
  const s = x.sigmoid();
  const t = logsigmoid(x.neg()).neg().tanh();
  return { t, slope: t.square().neg().add(1).mul(s), s };
}

const mishGradient: Op<(grad: Tensor, x: Tensor) => Tensor, undefined> = defineOp({
  name: "mishGradient",
  summary: "grad * (t + x * (1 - t^2) * sigmoid(x)), where t is tanh(softplus(x)).",
  infer: same,
  kernel: { native: "mishGradient", elementwise: true },
  saves: "inputs",
  gradient: ({ grad, inputs: [g, x], needs }) => {
    if (!needs[1]) return [mishGradient(grad, x!), null];
    const { t, slope, s } = mishParts(x!);
    // d/dx of t + x t' is t' (2 + x (1 - s - 2 t s)), with t' = (1 - t²) s.
    const bend = slope.mul(x!.mul(s.mul(t.mul(2).add(1)).neg().add(1)).add(2));
    return [needs[0] ? mishGradient(grad, x!) : null, grad.mul(g!).mul(bend)];
  },
  reference: (grad, x) => {
    const t = mishOf(x!) / x!;
    return grad! * (t + x! * (1 - t * t) * logistic(x!));
  },
  samples: gradientSamples,
  front: (run) => (grad, x) => run([grad, x], undefined),
});

/**
 * x tanh(log(1 + eˣ)) (Misra 2019). Float result; NaN at -infinity.
 *
 * @example
 * ```ts
 * import { mish, tensor } from "@minitensor/minitensor";
 * console.assert(mish(tensor([0, 100])).toArray().toString() === "0,100");
 * console.assert(mish(tensor([1])).allclose(tensor([0.865098])));
 * ```
 */
export const mish: Op<UnaryFunction, undefined> = defineOp({
  name: "mish",
  summary: "x * tanh(log(1 + exp(x))) (Misra 2019).",
  infer: floats(same),
  kernel: { native: "mish", elementwise: true },
  saves: "inputs",
  gradient: ({ grad, inputs: [x] }) => [mishGradient(grad, x!)],
  reference: (x) => mishOf(x!),
  samples: singlesWithin([-6, 6]),
  front: unaryFloat,
});

/**
 * x / (1 + |x|), between -1 and 1. Float result; NaN at the infinities.
 *
 * @example
 * ```ts
 * import { softsign, tensor } from "@minitensor/minitensor";
 * console.assert(softsign(tensor([-3, 0, 1])).toArray().toString() === "-0.75,0,0.5");
 * ```
 */
export const softsign: Op<UnaryFunction, undefined> = defineOp({
  name: "softsign",
  summary: "x / (1 + |x|).",
  infer: floats(same),
  kernel: { composite: ([x]) => x!.div(x!.abs().add(1)) },
  saves: "inputs",
  gradient: ({ grad, inputs: [x] }) => [grad.div(x!.abs().add(1).square())],
  reference: (x) => x! / (1 + Math.abs(x!)),
  samples: singles,
  front: unaryFloat,
});

/**
 * log(1 / (1 + e⁻ˣ)), exact for x far below 0 and far above it. Float result.
 *
 * @example
 * ```ts
 * import { logsigmoid, tensor } from "@minitensor/minitensor";
 * console.assert(logsigmoid(tensor([-1000, 1000])).toArray().toString() === "-1000,0");
 * ```
 */
export const logsigmoid: Op<UnaryFunction, undefined> = defineOp({
  name: "logsigmoid",
  summary: "log(sigmoid(x)), without overflow.",
  infer: floats(same),
  kernel: { composite: ([x]) => clamp(x!, null, 0).sub(x!.abs().neg().exp().log1p()) },
  saves: "inputs",
  gradient: ({ grad, inputs: [x] }) => [grad.mul(sigmoid(x!.neg()))],
  reference: (x) => -Math.log1p(Math.exp(-x!)),
  samples: singlesWithin([-9, 9]),
  front: unaryFloat,
});

/**
 * x - tanh(x). Float result; its gradient at 0 is 0.
 *
 * @example
 * ```ts
 * import { tanhshrink, tensor } from "@minitensor/minitensor";
 * console.assert(tanhshrink(tensor([0, 50])).toArray().toString() === "0,49");
 * ```
 */
export const tanhshrink: Op<UnaryFunction, undefined> = defineOp({
  name: "tanhshrink",
  summary: "x - tanh(x).",
  infer: floats(same),
  kernel: { composite: ([x]) => x!.sub(x!.tanh()) },
  saves: "inputs",
  gradient: ({ grad, inputs: [x] }) => [grad.mul(x!.tanh().square())],
  reference: (x) => x! - Math.tanh(x!),
  samples: singles,
  front: unaryFloat,
});

const SELU_ALPHA = 1.6732632423543772848170429916717;
const SELU_SCALE = 1.0507009873554804934193349852946;

/**
 * scale x for x > 0, scale alpha (eˣ - 1) otherwise, with alpha 1.6733 and scale 1.0507, so that
 * signals keep mean 0 and variance 1 (Klambauer et al. 2017). Float result.
 *
 * @example
 * ```ts
 * import { selu, tensor } from "@minitensor/minitensor";
 * const y = selu(tensor([1, -Infinity]));
 * console.assert(y.allclose(tensor([1.050701, -1.758099]))); // -scale alpha at the left end
 * ```
 */
export function selu(x: TensorLike): Tensor {
  return elu(x, { alpha: SELU_ALPHA }).mul(SELU_SCALE);
}

/** Options of {@link celu}. */
export interface CeluOptions {
  /** What the result tends to far below 0, negated; not 0. Default 1. */
  readonly alpha?: number;
}

/**
 * x above 0, alpha (exp(x / alpha) - 1) below: elu with slope 1 at 0 for every alpha.
 *
 * @throws {ArgumentError} when alpha is 0.
 *
 * @example
 * ```ts
 * import { celu, tensor } from "@minitensor/minitensor";
 * console.assert(celu(tensor([-Infinity, 3]), { alpha: 2 }).toArray().toString() === "-2,3");
 * ```
 */
export function celu(x: TensorLike, options: CeluOptions = {}): Tensor {
  checkOptions(options, ["alpha"], "celu");
  const { alpha = 1 } = options;
  if (alpha === 0 || Number.isNaN(alpha)) {
    throw new ArgumentError(`Cannot celu with alpha ${alpha}: it divides`, { op: "celu" });
  }
  const value = floating(single(x));
  const below = clamp(value, null, 0).div(alpha).expm1().mul(alpha);
  return where(value.gt(0), value, below);
}

/**
 * The first half along a dim times the sigmoid of the second.
 *
 * @returns As x, the dim half as long; float.
 * @throws {ShapeError} when the dim's size is odd.
 *
 * @example
 * ```ts
 * import { glu, tensor } from "@minitensor/minitensor";
 * console.assert(glu(tensor([8, 0])).toArray().toString() === "4");
 * ```
 */
export function glu(x: Tensor, dim = -1): Tensor {
  const value = floating(x);
  const along = checkDim(dim, value.ndim, "glu");
  const size = value.shape[along] ?? 1;
  if (size % 2 !== 0) {
    throw new ShapeError(
      `Cannot glu a tensor of shape ${text(x.shape)}: dim ${along} has no two halves`,
      { op: "glu" },
    );
  }
  const half = size / 2;
  return value.narrow(along, 0, half).mul(sigmoid(value.narrow(along, half, half)));
}

/**
 * silu(gate) value, broadcast together (Shazeer 2020). Float result.
 *
 * @example
 * ```ts
 * import { swiglu, tensor } from "@minitensor/minitensor";
 * console.assert(swiglu(tensor([0, 100]), tensor([7, 3])).toArray().toString() === "0,300");
 * ```
 */
export function swiglu(gate: TensorLike, value: TensorLike): Tensor {
  const [first, second] = pair(gate, value, true);
  return mul(silu(first!), second!);
}

/**
 * gelu(gate) value, with the exact gelu, broadcast together (Shazeer 2020). Float result.
 *
 * @example
 * ```ts
 * import { geglu, tensor } from "@minitensor/minitensor";
 * console.assert(geglu(tensor([1]), 10).allclose(tensor([8.413447])));
 * ```
 */
export function geglu(gate: TensorLike, value: TensorLike): Tensor {
  const [first, second] = pair(gate, value, true);
  return mul(gelu(first!), second!);
}

/**
 * relu(gate) value, broadcast together (Shazeer 2020). Float result.
 *
 * @example
 * ```ts
 * import { reglu, tensor } from "@minitensor/minitensor";
 * console.assert(reglu(tensor([2, -1]), tensor([10, 10])).toArray().toString() === "20,0");
 * ```
 */
export function reglu(gate: TensorLike, value: TensorLike): Tensor {
  const [first, second] = pair(gate, value, true);
  return mul(relu(first!), second!);
}
