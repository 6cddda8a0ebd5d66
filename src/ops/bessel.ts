/**
 * Modified Bessel functions of the first kind.
 *
 * @module
 */
import type { KernelName } from "../ffi/abi.ts";
import { defineOp, type GradientRule, type Op } from "../op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { unaryFloat, type UnaryFunction } from "./front.ts";
import { floats, same } from "./infer.ts";
import { singlesWithin } from "./samples.ts";
import { where } from "./select.ts";

function modified(
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
    samples: [...singlesWithin([-3, 3]), { shapes: [[9]], ranges: [[7, 13]] }],
    front: unaryFloat,
  });
}

/** y / x for a function y that is x / 2 near 0. */
function overArgument(y: Tensor, x: Tensor): Tensor {
  const zero = x.eq(0);
  return where(zero, 0.5, y.div(x.maskedFill(zero, 1)));
}

/**
 * Modified Bessel function of the first kind of order 0: Σ (x² / 4)ᵏ / (k!)²; float result.
 *
 * @example
 * ```ts
 * import { i0 } from "@minitensor/minitensor";
 * console.assert(i0([0, 1]).allclose([1, 1.2660659]));
 * ```
 */
export const i0: Op<UnaryFunction, undefined> = modified(
  "i0",
  "Modified Bessel function of the first kind of order 0.",
  ({ grad, inputs: [x] }) => [grad.mul(i1(x!))],
);

/**
 * Modified Bessel function of the first kind of order 1, the derivative of {@link i0}; float
 * result.
 *
 * @example
 * ```ts
 * import { special } from "@minitensor/minitensor";
 * console.assert(special.i1([-1, 0, 1]).allclose([-0.5651591, 0, 0.5651591]));
 * ```
 */
export const i1: Op<UnaryFunction, undefined> = modified(
  "i1",
  "Modified Bessel function of the first kind of order 1.",
  ({ grad, inputs: [x] }) => [grad.mul(i0(x!).sub(overArgument(i1(x!), x!)))],
);

/**
 * {@link i0} times e^-|x|, which does not overflow; float result.
 *
 * @example
 * ```ts
 * import { special } from "@minitensor/minitensor";
 * console.assert(special.i0e(1000).allclose(0.0126172));
 * ```
 */
export const i0e: Op<UnaryFunction, undefined> = modified(
  "i0e",
  "exp(-|x|) i0(x), which does not overflow.",
  ({ grad, inputs: [x] }) => [grad.mul(i1e(x!).sub(i0e(x!).mul(x!.sign())))],
);

/**
 * {@link i1} times e^-|x|, which does not overflow; float result.
 *
 * @example
 * ```ts
 * import { special } from "@minitensor/minitensor";
 * console.assert(special.i1e(-1000).allclose(-0.0126109));
 * ```
 */
export const i1e: Op<UnaryFunction, undefined> = modified(
  "i1e",
  "exp(-|x|) i1(x), which does not overflow.",
  ({ grad, inputs: [x] }) => {
    const y = i1e(x!);
    return [grad.mul(i0e(x!).sub(y.mul(x!.sign())).sub(overArgument(y, x!)))];
  },
);
