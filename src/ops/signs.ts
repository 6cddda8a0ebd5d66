/**
 * Signs, and what depends on nothing but them.
 *
 * @module
 */
import { ones, type TensorLike, zeros } from "../create.ts";
import { DTypeError } from "../errors.ts";
import { defineOp, type Op } from "../op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { sub } from "./arithmetic.ts";
import { eq, lt, ne } from "./comparison.ts";
import { clone } from "./copy.ts";
import { bitsOf } from "./float_bits.ts";
import { binaryFloat, type BinaryFunction, floating, pair, single } from "./front.ts";
import { broadcast } from "./infer.ts";
import { trunc } from "./math.ts";
import { pairs } from "./samples.ts";
import { where } from "./select.ts";

/**
 * True where the sign bit is set: below 0, and for -0 and some NaN too. A bool has no sign.
 *
 * @example
 * ```ts
 * import { signbit, tensor } from "@minitensor/minitensor";
 * console.assert(String(signbit(tensor([-1, -0, 0])).toArray()) === "true,true,false");
 * ```
 */
export function signbit(x: TensorLike): Tensor {
  const value = single(x).detach();
  if (value.dtype === "bool") return zeros(value.shape, { dtype: "bool" });
  return lt(value.spec.info.isFloat ? bitsOf(value) : value, 0);
}

/**
 * |x| with the sign of `y`, that of -0 included; broadcast, float result. Its gradient is 0 where x
 * is.
 *
 * @example
 * ```ts
 * import { copysign, tensor } from "@minitensor/minitensor";
 * const y = copysign(tensor([1, -2, 3]), tensor([-0, 5, -5]));
 * console.assert(y.toArray().toString() === "-1,2,-3");
 * ```
 */
export const copysign: Op<BinaryFunction, undefined> = defineOp({
  name: "copysign",
  summary: "Magnitude of the first tensor with the sign of the second.",
  infer: broadcast,
  kernel: { composite: ([x, y]) => where(ne(signbit(x!), signbit(y!)), x!.neg(), x!) },
  saves: "inputs",
  gradient: ({ grad, inputs: [x, y] }) => {
    const signed = where(ne(signbit(x!), signbit(y!)), grad.neg(), grad);
    return [signed.maskedFill(eq(x!, 0), 0), null];
  },
  reference: (x, y) => Math.abs(x!) * (y! < 0 ? -1 : 1),
  samples: pairs,
  front: binaryFloat,
});

/**
 * True where plus infinity; false throughout integers and bools.
 *
 * @example
 * ```ts
 * import { isposinf, tensor } from "@minitensor/minitensor";
 * console.assert(isposinf(tensor([Infinity, -Infinity])).toArray().toString() === "true,false");
 * ```
 */
export function isposinf(x: TensorLike): Tensor {
  return eq(single(x), Infinity);
}

/**
 * True where minus infinity; false throughout integers and bools.
 *
 * @example
 * ```ts
 * import { isneginf, tensor } from "@minitensor/minitensor";
 * console.assert(isneginf(tensor([Infinity, -Infinity])).toArray().toString() === "false,true");
 * ```
 */
export function isneginf(x: TensorLike): Tensor {
  return eq(single(x), -Infinity);
}

/**
 * True everywhere, NaN included: there are no complex dtypes.
 *
 * @example
 * ```ts
 * import { isreal, tensor } from "@minitensor/minitensor";
 * console.assert(isreal(tensor([1, NaN])).all().item() === true);
 * ```
 */
export function isreal(x: TensorLike): Tensor {
  return ones(single(x).shape, { dtype: "bool" });
}

/**
 * 0 where x is below 0 or NaN, 1 where above, and `values` where x is 0.
 *
 * @example
 * ```ts
 * import { heaviside, tensor } from "@minitensor/minitensor";
 * console.assert(String(heaviside(tensor([-2, 0, 3]), 0.5).toArray()) === "0,0.5,1");
 * ```
 */
export function heaviside(x: TensorLike, values: TensorLike): Tensor {
  const [input, middle] = pair(x, values, false);
  return where(input!.eq(0), middle!, input!.gt(0).to(input!.dtype));
}

/**
 * +x: a copy, through which gradients pass.
 *
 * @throws {DTypeError} when x is bool.
 *
 * @example
 * ```ts
 * import { positive, tensor } from "@minitensor/minitensor";
 * console.assert(positive(tensor([-1, 2])).toArray().toString() === "-1,2");
 * ```
 */
export function positive(x: TensorLike): Tensor {
  const value = single(x);
  if (value.dtype === "bool") {
    throw new DTypeError("Cannot positive a tensor of dtype bool", { op: "positive" });
  }
  return clone(value);
}

/**
 * What follows the point, x - trunc(x), with the sign of x; NaN of infinities. Float result. The
 * gradient is 1.
 *
 * @example
 * ```ts
 * import { frac, tensor } from "@minitensor/minitensor";
 * console.assert(frac(tensor([2.75, -2.75])).toArray().toString() === "0.75,-0.75");
 * ```
 */
export function frac(x: TensorLike): Tensor {
  const value = floating(single(x));
  return sub(value, trunc(value));
}
