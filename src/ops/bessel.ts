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

/** Modified Bessel function of the first kind of order 0. */
export const i0: Op<UnaryFunction, undefined> = modified(
  "i0",
  "Modified Bessel function of the first kind of order 0.",
  ({ grad, inputs: [x] }) => [grad.mul(i1(x!))],
);

/** Modified Bessel function of the first kind of order 1. */
export const i1: Op<UnaryFunction, undefined> = modified(
  "i1",
  "Modified Bessel function of the first kind of order 1.",
  ({ grad, inputs: [x] }) => [grad.mul(i0(x!).sub(overArgument(i1(x!), x!)))],
);

/** {@link i0} times e^-|x|, which does not overflow. */
export const i0e: Op<UnaryFunction, undefined> = modified(
  "i0e",
  "exp(-|x|) i0(x), which does not overflow.",
  ({ grad, inputs: [x] }) => [grad.mul(i1e(x!).sub(i0e(x!).mul(x!.sign())))],
);

/** {@link i1} times e^-|x|, which does not overflow. */
export const i1e: Op<UnaryFunction, undefined> = modified(
  "i1e",
  "exp(-|x|) i1(x), which does not overflow.",
  ({ grad, inputs: [x] }) => {
    const y = i1e(x!);
    return [grad.mul(i0e(x!).sub(y.mul(x!.sign())).sub(overArgument(y, x!)))];
  },
);
