/**
 * Activations. Each hot gradient has a native kernel of its own, which is itself an op.
 *
 * @module
 */
import { defineOp, type GradientRule, type Op, type Sample } from "../op.ts";
import type { KernelName } from "../ffi/abi.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { unary, unaryFloat, type UnaryFunction } from "./front.ts";
import { floats, same } from "./infer.ts";
import { logistic } from "./reference.ts";
import { singles, singlesWithin } from "./samples.ts";

/** A gradient in one kernel: from the gradient of the result and what was saved of the call. */
export type FusedGradient = (grad: Tensor, saved: Tensor) => Tensor;

/** Inputs of a fused gradient. Internal. */
export const gradientSamples: readonly Sample[] = [
  { shapes: [[2, 3], [2, 3]] },
  { shapes: [[19], [19]] },
  { shapes: [[], []] },
];

/** A fused gradient: from the incoming gradient and what was saved. Internal. */
export function slope(
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
