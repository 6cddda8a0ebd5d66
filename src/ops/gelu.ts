/**
 * The Gaussian error linear unit (Hendrycks and Gimpel 2016), in both of its forms.
 *
 * @module
 */
import { ArgumentError } from "../errors.ts";
import { defineOp, type Op } from "../op.ts";
import type { TensorLike } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type FusedGradient, slope, tanhGradient } from "./activation.ts";
import { checkOptions, unaryFloat, type UnaryFunction } from "./front.ts";
import { floats, same } from "./infer.ts";
import { normalDistribution } from "./reference.ts";
import { singlesWithin } from "./samples.ts";

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
  const { approximate = "none" } = options;
  if (approximate === "tanh") return geluTanh(x);
  if (approximate === "none") return geluExact(x);
  throw new ArgumentError(`Cannot gelu by ${String(approximate)}: it is none or tanh`, {
    op: "gelu",
  });
}
