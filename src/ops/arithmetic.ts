/**
 * Arithmetic of two tensors, element by element, broadcast together.
 *
 * @module
 */
import { ArgumentError } from "../errors.ts";
import type { TensorLike } from "../create.ts";
import { defineOp, type Op, type OpRunner } from "../op.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { binary, binaryFloat, type BinaryFunction } from "./front.ts";
import { broadcast } from "./infer.ts";
import { pairs, pairsWithin } from "./samples.ts";
import { type AlphaOptions, roundedQuotient, type RoundingOptions, scaledSum } from "./scaled.ts";

/** Sum or difference, with a factor of the second tensor. */
export type Sum = (x: TensorLike, y: TensorLike, options?: AlphaOptions) => Tensor;

/** Quotient, rounded or not. */
export type Quotient = (x: TensorLike, y: TensorLike, options?: RoundingOptions) => Tensor;

/** Front of add and sub: without options the shortest way to the kernel. */
function sum(run: OpRunner<undefined>, sign: 1 | -1, op: string): Sum {
  const plain = binary(run);
  return (x, y, options) =>
    options === undefined ? plain(x, y) : scaledSum(x, y, options, sign, op) ?? plain(x, y);
}

/** x + alpha y; of two bools, their "or". */
export const add: Op<Sum, undefined> = defineOp({
  name: "add",
  summary: "Sum of two tensors, element by element.",
  infer: broadcast,
  kernel: { native: "add", elementwise: true },
  saves: "none",
  gradient: ({ grad }) => [grad, grad],
  reference: (x, y) => x! + y!,
  samples: pairs,
  front: (run) => sum(run, 1, "add"),
});

/** x - alpha y. */
export const sub: Op<Sum, undefined> = defineOp({
  name: "sub",
  summary: "Difference of two tensors, element by element.",
  infer: broadcast,
  kernel: { native: "sub", elementwise: true },
  saves: "none",
  gradient: ({ grad, needs }) => [grad, needs[1] ? grad.neg() : null],
  reference: (x, y) => x! - y!,
  samples: pairs,
  front: (run) => sum(run, -1, "sub"),
});

/** Product of two tensors; of two bools, their "and". */
export const mul: Op<BinaryFunction, undefined> = defineOp({
  name: "mul",
  summary: "Product of two tensors, element by element.",
  infer: broadcast,
  kernel: { native: "mul", elementwise: true },
  saves: "inputs",
  gradient: (
    { grad, inputs: [x, y], needs },
  ) => [needs[0] ? grad.mul(y!) : null, needs[1] ? grad.mul(x!) : null],
  reference: (x, y) => x! * y!,
  samples: pairs,
  front: binary,
});

/** Quotient of two tensors; integers divide to the default dtype unless it is rounded. */
export const div: Op<Quotient, undefined> = defineOp({
  name: "div",
  summary: "True quotient of two tensors, element by element.",
  infer: broadcast,
  kernel: { native: "div", elementwise: true },
  saves: "both",
  gradient: ({ grad, inputs: [, y], outputs: [quotient], needs }) => {
    const share = grad.div(y!);
    return [share, needs[1] ? share.mul(quotient!).neg() : null];
  },
  reference: (x, y) => x! / y!,
  samples: pairsWithin([-2, 2], [0.5, 2]),
  front: (run) => {
    const plain = binaryFloat(run);
    return (x, y, options) =>
      options === undefined ? plain(x, y) : roundedQuotient(x, y, options) ?? plain(x, y);
  },
});

/** `x` to the power `y`. The gradient at base 0 is 0 where the power is; PyTorch's rules at the corners. */
export const pow: Op<BinaryFunction, undefined> = defineOp({
  name: "pow",
  summary: "First tensor to the power of the second, element by element.",
  infer: broadcast,
  kernel: { native: "pow", elementwise: true },
  saves: "both",
  gradient: ({ grad, inputs: [x, y], outputs: [power], needs }) => [
    needs[0] ? grad.mul(y!).mul(x!.pow(y!.sub(1))).maskedFill(y!.eq(0), 0) : null,
    needs[1] ? grad.mul(power!).mul(x!.log()).maskedFill(x!.eq(0).logicalAnd(y!.ge(0)), 0) : null,
  ],
  reference: (x, y) => Math.pow(x!, y!),
  samples: pairsWithin([0.5, 2], [-2, 2]),
  front: (run) => {
    const power = binary(run);
    return (x, y) => {
      if (
        typeof y === "number" && y < 0 && Number.isInteger(y) && isTensor(x) && !x.spec.info.isFloat
      ) {
        throw new ArgumentError(
          `Cannot raise integers to the power ${y}: the result is no integer`,
          {
            op: "pow",
          },
        );
      }
      return power(x, y);
    };
  },
});

/** Half the gradient at ties, all of it to the chosen one otherwise. */
function share(grad: Tensor, chosen: Tensor, tie: Tensor): Tensor {
  return grad.mul(chosen.to(grad.dtype).add(tie.to(grad.dtype).mul(0.5)));
}

/** Larger of two; NaN if either is. */
export const maximum: Op<BinaryFunction, undefined> = defineOp({
  name: "maximum",
  summary: "Larger of two tensors, element by element; NaN wins.",
  infer: broadcast,
  kernel: { native: "maximum", elementwise: true },
  saves: "inputs",
  gradient: ({ grad, inputs: [x, y] }) => {
    const tie = x!.eq(y!);
    return [share(grad, x!.gt(y!), tie), share(grad, y!.gt(x!), tie)];
  },
  reference: (x, y) => Math.max(x!, y!),
  samples: pairs,
  front: binary,
});

/** Smaller of two; NaN if either is. */
export const minimum: Op<BinaryFunction, undefined> = defineOp({
  name: "minimum",
  summary: "Smaller of two tensors, element by element; NaN wins.",
  infer: broadcast,
  kernel: { native: "minimum", elementwise: true },
  saves: "inputs",
  gradient: ({ grad, inputs: [x, y] }) => {
    const tie = x!.eq(y!);
    return [share(grad, x!.lt(y!), tie), share(grad, y!.lt(x!), tie)];
  },
  reference: (x, y) => Math.min(x!, y!),
  samples: pairs,
  front: binary,
});

/** Quotient rounded down. */
export const floorDivide: Op<BinaryFunction, undefined> = defineOp({
  name: "floorDivide",
  summary: "Quotient of two tensors rounded towards minus infinity.",
  infer: broadcast,
  kernel: { native: "floorDivide", elementwise: true },
  saves: "none",
  gradient: null,
  reference: (x, y) => Math.floor(x! / y!),
  samples: pairsWithin([-9, 9], [0.5, 3]),
  front: binary,
});

/** Rest of the division that rounds down: it has the divisor's sign. */
export const remainder: Op<BinaryFunction, undefined> = defineOp({
  name: "remainder",
  summary: "Rest of the division rounded down; it has the sign of the divisor.",
  infer: broadcast,
  kernel: { native: "remainder", elementwise: true },
  saves: "inputs",
  gradient: ({ grad, inputs: [x, y], needs }) => [
    grad,
    needs[1] ? grad.mul(x!.floorDivide(y!)).neg() : null,
  ],
  reference: (x, y) => x! - y! * Math.floor(x! / y!),
  samples: pairsWithin([0.1, 0.9], [1.1, 3]),
  front: binary,
});

/** Rest of the division that truncates: it has the dividend's sign. */
export const fmod: Op<BinaryFunction, undefined> = defineOp({
  name: "fmod",
  summary: "Rest of the truncated division; it has the sign of the dividend.",
  infer: broadcast,
  kernel: { native: "fmod", elementwise: true },
  saves: "inputs",
  gradient: ({ grad, inputs: [x, y], needs }) => [
    grad,
    needs[1] ? grad.mul(x!.detach().div(y!.detach()).trunc()).neg() : null,
  ],
  reference: (x, y) => x! % y!,
  samples: pairsWithin([0.1, 0.9], [1.1, 3]),
  front: binary,
});

/** Length of the hypotenuse, without overflow on the way. */
export const hypot: Op<BinaryFunction, undefined> = defineOp({
  name: "hypot",
  summary: "sqrt(x^2 + y^2), element by element, without overflow on the way.",
  infer: broadcast,
  kernel: { native: "hypot", elementwise: true },
  saves: "both",
  gradient: (
    { grad, inputs: [x, y], outputs: [r] },
  ) => [grad.mul(x!.div(r!)), grad.mul(y!.div(r!))],
  reference: (x, y) => Math.hypot(x!, y!),
  samples: pairs,
  front: binaryFloat,
});
