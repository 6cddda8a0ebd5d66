/**
 * Functions of one tensor, element by element.
 *
 * @module
 */
import { ArgumentError, DTypeError } from "../errors.ts";
import { defineOp, type GradientRule, type Op } from "../op.ts";
import { clone } from "./copy.ts";
import { checkOptions, single, unary, type UnaryFunction } from "./front.ts";
import { floats, same } from "./infer.ts";
import { real } from "./real.ts";
import { singles, singlesWithin } from "./samples.ts";
import type { TensorLike } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { KernelName } from "../ffi/abi.ts";

/** A function that keeps the dtype, integers included. */
function number(
  name: KernelName,
  summary: string,
  saves: "none" | "inputs",
  gradient: GradientRule<undefined>,
  reference: (x: number) => number,
  ofBool?: (x: Tensor) => Tensor,
): Op<UnaryFunction, undefined> {
  return defineOp({
    name,
    summary,
    infer: same,
    kernel: { native: name, elementwise: true },
    saves,
    gradient,
    reference: reference as (...values: number[]) => number,
    samples: singles,
    front: ofBool === undefined ? unary : (run) => (x: TensorLike) => {
      const value = single(x);
      return value.dtype === "bool" ? ofBool(value) : run([value], undefined);
    },
  });
}

/** Rounding, whose gradient is 0 everywhere. Integers are whole already: they are copied. */
function rounding(
  name: KernelName,
  summary: string,
  reference: (x: number) => number,
): Op<UnaryFunction, undefined> {
  return defineOp({
    name,
    summary,
    infer: floats(same),
    kernel: { native: name, elementwise: true },
    saves: "none",
    gradient: ({ grad }) => [grad.mul(0)],
    reference: reference as (...values: number[]) => number,
    samples: singlesWithin([-3.3, 3.3]),
    front: (run) => (x: TensorLike) => {
      const value = single(x);
      if (value.dtype === "bool") {
        throw new DTypeError(`Cannot ${name} a tensor of dtype bool`, { op: name });
      }
      return value.spec.info.isInt ? clone(value) : run([value], undefined);
    },
  });
}

/**
 * -x. The dtype stays.
 * @throws {DTypeError} when x is bool.
 * @example
 * ```ts
 * import { neg, tensor } from "@minitensor/minitensor";
 * console.assert(neg(tensor([1, -2])).toArray().toString() === "-1,2");
 * ```
 */
export const neg: Op<UnaryFunction, undefined> = number(
  "neg",
  "Negative.",
  "none",
  ({ grad }) => [grad.neg()],
  (x) => -x,
);

/**
 * |x|, with gradient 0 at 0. The dtype stays.
 * @throws {DTypeError} when x is bool.
 * @example
 * ```ts
 * import { abs, tensor } from "@minitensor/minitensor";
 * console.assert(abs(tensor([-3, 2])).toArray().toString() === "3,2");
 * ```
 */
export const abs: Op<UnaryFunction, undefined> = number(
  "abs",
  "Absolute value; its gradient at 0 is 0.",
  "inputs",
  ({ grad, inputs: [x] }) => [grad.mul(x!.sign())],
  Math.abs,
);

/**
 * -1, 0 or 1 by the sign; 0 of NaN. The dtype stays, the gradient is 0.
 * @example
 * ```ts
 * import { sign, tensor } from "@minitensor/minitensor";
 * console.assert(sign(tensor([-3, 0, NaN])).toArray().toString() === "-1,0,0");
 * ```
 */
export const sign: Op<UnaryFunction, undefined> = number(
  "sign",
  "Sign: -1, 0 or 1.",
  "none",
  ({ grad }) => [grad.mul(0)],
  Math.sign,
  clone,
);

/**
 * x². Integers stay, bools become int64.
 * @example
 * ```ts
 * import { square, tensor } from "@minitensor/minitensor";
 * console.assert(square(tensor([-3, 0.5])).toArray().toString() === "9,0.25");
 * ```
 */
export const square: Op<UnaryFunction, undefined> = number(
  "square",
  "Square.",
  "inputs",
  ({ grad, inputs: [x] }) => [grad.mul(x!).mul(2)],
  (x) => x * x,
  (x) => x.to("int64"), // 0 and 1 are their own squares
);

/**
 * Largest integer not above x. The dtype stays, the gradient is 0.
 * @throws {DTypeError} when x is bool.
 * @example
 * ```ts
 * import { floor, tensor } from "@minitensor/minitensor";
 * console.assert(floor(tensor([1.5, -1.5])).toArray().toString() === "1,-2");
 * ```
 */
export const floor: Op<UnaryFunction, undefined> = rounding("floor", "Rounds down.", Math.floor);
/**
 * Smallest integer not below x. The dtype stays, the gradient is 0.
 * @throws {DTypeError} when x is bool.
 * @example
 * ```ts
 * import { ceil, tensor } from "@minitensor/minitensor";
 * console.assert(ceil(tensor([1.5, -1.5])).toArray().toString() === "2,-1");
 * ```
 */
export const ceil: Op<UnaryFunction, undefined> = rounding("ceil", "Rounds up.", Math.ceil);
/**
 * Nearest integer towards 0. The dtype stays, the gradient is 0.
 * @throws {DTypeError} when x is bool.
 * @example
 * ```ts
 * import { tensor, trunc } from "@minitensor/minitensor";
 * console.assert(trunc(tensor([1.5, -1.5])).toArray().toString() === "1,-1");
 * ```
 */
export const trunc: Op<UnaryFunction, undefined> = rounding(
  "trunc",
  "Rounds towards zero.",
  Math.trunc,
);

function roundHalfEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  if (rest !== 0.5) return rest < 0.5 ? low : low + 1;
  return low % 2 === 0 ? low : low + 1;
}

const nearest: Op<UnaryFunction, undefined> = rounding(
  "round",
  "Rounds to nearest, halves to even.",
  roundHalfEven,
);

/** Options of {@link round}. */
export interface RoundOptions {
  /** Digits that stay after the point; below 0, before it. Default 0. */
  readonly decimals?: number;
}

/**
 * Nearest integer, or nearest number of so many decimals; halves go to the even one. Integers stay.
 * @throws {ArgumentError} when decimals is no integer.
 * @example
 * ```ts
 * import { round, tensor } from "@minitensor/minitensor";
 * console.assert(round(tensor([0.5, 1.5])).toArray().toString() === "0,2");
 * const cents = round(tensor([1.2345]), { decimals: 2 }).item();
 * console.assert(Math.abs(Number(cents) - 1.23) < 1e-6);
 * ```
 */
export function round(x: TensorLike, options: RoundOptions = {}): Tensor {
  checkOptions(options, ["decimals"], "round");
  const { decimals = 0 } = options;
  if (!Number.isInteger(decimals)) {
    throw new ArgumentError(`Cannot round to ${decimals} decimals: it is no integer`, {
      op: "round",
    });
  }
  const value = single(x);
  if (decimals === 0 || !value.spec.info.isFloat) return nearest(value);
  const scale = 10 ** Math.abs(decimals); // a power below 1 would be rounded itself
  return decimals > 0 ? nearest(value.mul(scale)).div(scale) : nearest(value.div(scale)).mul(scale);
}

/**
 * 1 / x, infinite at 0. Float result.
 * @example
 * ```ts
 * import { reciprocal, tensor } from "@minitensor/minitensor";
 * console.assert(reciprocal(tensor([4n, 0n])).toArray().toString() === "0.25,Infinity");
 * ```
 */
export const reciprocal: Op<UnaryFunction, undefined> = real(
  "reciprocal",
  "Reciprocal.",
  "output",
  ({ grad, outputs: [y] }) => [grad.mul(y!.square()).neg()],
  (x) => 1 / x,
  singlesWithin([0.5, 2]),
);

/**
 * √x, NaN below 0. Float result; its gradient at 0 is infinite.
 * @example
 * ```ts
 * import { sqrt, tensor } from "@minitensor/minitensor";
 * console.assert(sqrt(tensor([9n, -1n])).toArray().toString() === "3,NaN");
 * ```
 */
export const sqrt: Op<UnaryFunction, undefined> = real(
  "sqrt",
  "Square root; NaN below 0.",
  "output",
  ({ grad, outputs: [y] }) => [grad.div(y!.mul(2))],
  Math.sqrt,
  singlesWithin([0.2, 4]),
);

/**
 * 1 / √x, infinite at 0, NaN below. Float result.
 * @example
 * ```ts
 * import { rsqrt, tensor } from "@minitensor/minitensor";
 * console.assert(rsqrt(tensor([4, 0])).toArray().toString() === "0.5,Infinity");
 * ```
 */
export const rsqrt: Op<UnaryFunction, undefined> = real(
  "rsqrt",
  "Reciprocal of the square root.",
  "output",
  ({ grad, outputs: [y] }) => [grad.mul(y!.mul(y!).mul(y!)).mul(-0.5)],
  (x) => 1 / Math.sqrt(x),
  singlesWithin([0.2, 4]),
);

/** Where the element is NaN, infinite, or neither. */
function test(
  name: "isnan" | "isinf" | "isfinite",
  summary: string,
  reference: (x: number) => boolean,
): Op<UnaryFunction, undefined> {
  return defineOp({
    name,
    summary,
    infer: ([x]) => x!.spec.as("bool"),
    kernel: { native: name, elementwise: true },
    saves: "none",
    gradient: null,
    reference: (x) => Number(reference(x!)),
    samples: singles,
    front: (run) => (x: TensorLike): Tensor => {
      const value = single(x);
      return run([value.spec.info.isFloat ? value : value.to("float64")], undefined);
    },
  });
}

/**
 * True where NaN; false throughout integers and bools.
 * @example
 * ```ts
 * import { isnan, tensor } from "@minitensor/minitensor";
 * console.assert(isnan(tensor([NaN, Infinity])).toArray().toString() === "true,false");
 * ```
 */
export const isnan: Op<UnaryFunction, undefined> = test("isnan", "True where NaN.", Number.isNaN);

/**
 * True where infinite, of either sign; false throughout integers and bools.
 *
 * @example
 * ```ts
 * import { isinf } from "@minitensor/minitensor";
 * console.assert(isinf([-Infinity, NaN, 1]).equal([true, false, false]));
 * ```
 */
export const isinf: Op<UnaryFunction, undefined> = test(
  "isinf",
  "True where infinite.",
  (x) => Math.abs(x) === Infinity,
);
/**
 * True where neither NaN nor infinite; true throughout integers and bools.
 * @example
 * ```ts
 * import { isfinite, tensor } from "@minitensor/minitensor";
 * console.assert(isfinite(tensor([-Infinity, 0])).toArray().toString() === "false,true");
 * ```
 */
export const isfinite: Op<UnaryFunction, undefined> = test(
  "isfinite",
  "True where neither NaN nor infinite.",
  Number.isFinite,
);
