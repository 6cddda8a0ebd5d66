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

/**
 * x + alpha y, in the higher of the two dtypes; integers wrap around, of two bools it is their
 * "or".
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 * @throws {ArgumentError} when alpha is fractional and both are integers.
 * @throws {DTypeError} for two bools with an alpha.
 *
 * @example
 * ```ts
 * import { add } from "@minitensor/minitensor";
 * console.assert(add([1, 2], [[10], [20]], { alpha: 2 }).equal([[21, 22], [41, 42]]));
 * ```
 */
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

/**
 * x - alpha y, in the higher of the two dtypes; integers wrap around.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 * @throws {DTypeError} for two bools: see {@link logicalXor}.
 * @throws {ArgumentError} when alpha is fractional and both are integers.
 *
 * @example
 * ```ts
 * import { sub } from "@minitensor/minitensor";
 * console.assert(sub([5, 7], [1, 2], { alpha: 3 }).equal([2, 1]));
 * ```
 */
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

/**
 * x y, in the higher of the two dtypes; integers wrap around, of two bools it is their "and".
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { mul, tensor } from "@minitensor/minitensor";
 * const column = tensor([[1], [2], [3]]);
 * console.assert(mul(column, [1, 10]).equal([[1, 10], [2, 20], [3, 30]]));
 * ```
 */
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

/**
 * x / y. Integers have a float quotient, ±infinity or NaN by 0, unless it is rounded: then they
 * stay integers.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 * @throws {ArgumentError} for another rounding mode.
 * @throws {KernelError} when integers are divided by 0 and rounded.
 *
 * @example
 * ```ts
 * import { div } from "@minitensor/minitensor";
 * console.assert(String(div([7, -7, 0], [2, 2, 0]).toArray()) === "3.5,-3.5,NaN");
 * console.assert(div([7, -7], 2, { roundingMode: "trunc" }).equal([3, -3]));
 * ```
 */
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

/**
 * x to the power y, in the higher of the two dtypes: 1 where y is 0 or x is 1, even beside NaN; NaN
 * for a fractional power below 0; of integers 0 where y is negative and x neither 1 nor -1. The
 * gradient for x is 0 where y is 0; for y it is 0 where x is 0 and y is not negative.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 * @throws {ArgumentError} when x has integers and y is a negative whole number.
 * @throws {DTypeError} for two bools.
 *
 * @example
 * ```ts
 * import { pow } from "@minitensor/minitensor";
 * console.assert(String(pow([2, NaN, -8], [-1, 0, 1.5]).toArray()) === "0.5,1,NaN");
 * ```
 */
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

/**
 * Larger of two, in the higher of their dtypes; NaN if either is, see {@link fmax} for the other
 * rule. Ties share the gradient; beside NaN both get it whole.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { maximum } from "@minitensor/minitensor";
 * console.assert(String(maximum([1, 5, NaN], 3).toArray()) === "3,5,NaN");
 * ```
 */
export const maximum: Op<BinaryFunction, undefined> = defineOp({
  name: "maximum",
  summary: "Larger of two tensors, element by element; NaN wins.",
  infer: broadcast,
  kernel: { native: "maximum", elementwise: true },
  saves: "inputs",
  gradient: ({ grad, inputs: [x, y] }) => {
    const tie = x!.eq(y!);
    return [share(grad, x!.le(y!).logicalNot(), tie), share(grad, y!.le(x!).logicalNot(), tie)];
  },
  reference: (x, y) => Math.max(x!, y!),
  samples: pairs,
  front: binary,
});

/**
 * Smaller of two, in the higher of their dtypes; NaN if either is, see {@link fmin} for the other
 * rule. Ties share the gradient; beside NaN both get it whole.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { minimum } from "@minitensor/minitensor";
 * console.assert(String(minimum([1, 5, NaN], 3).toArray()) === "1,3,NaN");
 * ```
 */
export const minimum: Op<BinaryFunction, undefined> = defineOp({
  name: "minimum",
  summary: "Smaller of two tensors, element by element; NaN wins.",
  infer: broadcast,
  kernel: { native: "minimum", elementwise: true },
  saves: "inputs",
  gradient: ({ grad, inputs: [x, y] }) => {
    const tie = x!.eq(y!);
    return [share(grad, x!.ge(y!).logicalNot(), tie), share(grad, y!.ge(x!).logicalNot(), tie)];
  },
  reference: (x, y) => Math.min(x!, y!),
  samples: pairs,
  front: binary,
});

/**
 * floor(x / y), in the higher of the two dtypes; of floats ±infinity or NaN by 0. No gradient.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 * @throws {KernelError} when integers are divided by 0.
 * @throws {DTypeError} for two bools.
 *
 * @example
 * ```ts
 * import { floorDivide } from "@minitensor/minitensor";
 * console.assert(floorDivide([7, -7], 2).equal([3, -4]));
 * ```
 */
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

/**
 * x - y floor(x / y), which has the sign of y; of floats NaN by 0.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 * @throws {KernelError} when integers are divided by 0.
 * @throws {DTypeError} for two bools.
 *
 * @example
 * ```ts
 * import { remainder } from "@minitensor/minitensor";
 * console.assert(remainder([7, -7], 3).equal([1, 2]));
 * ```
 */
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

/**
 * x - y trunc(x / y), which has the sign of x; of floats NaN by 0.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 * @throws {KernelError} when integers are divided by 0.
 * @throws {DTypeError} for two bools.
 *
 * @example
 * ```ts
 * import { fmod } from "@minitensor/minitensor";
 * console.assert(fmod([7, -7], 3).equal([1, -1]));
 * ```
 */
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

/**
 * Length of the hypotenuse, √(x² + y²), without overflow on the way; float result. The gradient
 * where both are 0 is NaN.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { hypot } from "@minitensor/minitensor";
 * console.assert(hypot([3, 3e30], [4, 4e30]).allclose([5, 5e30]));
 * ```
 */
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
