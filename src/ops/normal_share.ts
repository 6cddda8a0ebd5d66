/**
 * The normal distribution function, its inverse and its logarithm.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import type { KernelName } from "../ffi/abi.ts";
import { defineOp, type GradientRule, type Op } from "../op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { floating, single, unaryFloat, type UnaryFunction } from "./front.ts";
import { floats, same } from "./infer.ts";
import { singlesWithin } from "./samples.ts";
import { erfc } from "./trigonometry.ts";

function special(
  name: KernelName,
  summary: string,
  saves: "inputs" | "output" | "both",
  range: readonly [number, number],
  gradient: GradientRule<undefined>,
): Op<UnaryFunction, undefined> {
  return defineOp({
    name,
    summary,
    infer: floats(same),
    kernel: { native: name, elementwise: true },
    saves,
    gradient,
    samples: singlesWithin(range),
    front: unaryFloat,
  });
}

const ROOT_OF_TWO_PI = Math.sqrt(2 * Math.PI);

/**
 * Share of the standard normal distribution below x.
 *
 * @example
 * ```ts
 * import { special } from "@minitensor/minitensor";
 * console.assert(special.ndtr(0).item() === 0.5);
 * ```
 */
export function ndtr(x: TensorLike): Tensor {
  return erfc(floating(single(x)).mul(-Math.SQRT1_2)).mul(0.5);
}

/** Inverse of {@link ndtr} (Wichura 1988, AS 241); infinite at 0 and 1, NaN beyond. */
export const ndtri: Op<UnaryFunction, undefined> = special(
  "ndtri",
  "Quantile of the standard normal distribution; infinite at 0 and 1, NaN beyond.",
  "output",
  [0.01, 0.99],
  ({ grad, outputs: [y] }) => [grad.mul(y!.square().mul(0.5).exp()).mul(ROOT_OF_TWO_PI)],
);

/** Logarithm of {@link ndtr}, right in the far tail too. */
export const logNdtr: Op<UnaryFunction, undefined> = special(
  "logNdtr",
  "Logarithm of the share of the standard normal distribution below x.",
  "inputs",
  [-30, 4],
  ({ grad, inputs: [x] }) => [
    grad.div(erfcx(x!.mul(-Math.SQRT1_2))).mul(Math.sqrt(2 / Math.PI)),
  ],
);

/** e^(x²) erfc(x), right where erfc is too small to be a number. */
export const erfcx: Op<UnaryFunction, undefined> = special(
  "erfcx",
  "Scaled complementary error function, exp(x^2) erfc(x).",
  "both",
  [-2, 30],
  ({ grad, inputs: [x], outputs: [y] }) => [
    grad.mul(x!.mul(y!).mul(2).sub(2 / Math.sqrt(Math.PI))),
  ],
);
