/**
 * NumPy's functions of elements, and its products.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { checkOptions } from "../ops/front.ts";
import * as ops from "../ops/mod.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { CloseOptions } from "./arrays.ts";
import { asarray } from "./creation.ts";

/**
 * The elements within bounds, which may be arrays; null is no bound. Where the lower bound is above
 * the upper one, the upper one is taken; NaN stays.
 *
 * @throws {ArgumentError} when both bounds are null.
 *
 * @example
 * ```ts
 * import { clip } from "@minitensor/minitensor/numpy";
 * console.assert(clip([1, 5, 9], 2, null).toArray().toString() === "2,5,9");
 * console.assert(clip([1, 5, 9], [2, 2, 2], 6).toArray().toString() === "2,5,6");
 * ```
 */
export function clip(a: TensorLike, a_min: TensorLike | null, a_max: TensorLike | null): Tensor {
  const bound = (given: TensorLike | null) =>
    given === null || typeof given === "number" ? given : asarray(given);
  return ops.clamp(asarray(a), bound(a_min), bound(a_max));
}

/**
 * The quotient, rounded down; of integers an integer.
 *
 * @throws {KernelError} when integers are divided by 0.
 *
 * @example
 * ```ts
 * import { floor_divide } from "@minitensor/minitensor/numpy";
 * console.assert(floor_divide([-7, 7], 2).toArray().toString() === "-4,3");
 * ```
 */
export function floor_divide(a: TensorLike, b: TensorLike): Tensor {
  return ops.floorDivide(asarray(a), asarray(b));
}

/**
 * The remainder a - floor(a / b) b, of the divisor's sign.
 *
 * @throws {KernelError} when integers are divided by 0.
 *
 * @example
 * ```ts
 * import { mod } from "@minitensor/minitensor/numpy";
 * console.assert(mod([-7, 7], [3, -3]).toArray().toString() === "2,-2");
 * ```
 */
export function mod(a: TensorLike, b: TensorLike): Tensor {
  return ops.remainder(asarray(a), asarray(b));
}

/**
 * -1, 0 or 1 by the sign of each element; NaN stays.
 *
 * @example
 * ```ts
 * import { sign } from "@minitensor/minitensor/numpy";
 * console.assert(sign([-2, 0, 7]).toArray().toString() === "-1,0,1");
 * console.assert(Number.isNaN(sign([NaN]).item()));
 * ```
 */
export function sign(a: TensorLike): Tensor {
  const x = asarray(a);
  return x.isFloatingPoint() ? ops.where(x.isnan(), x, x.sign()) : x.sign();
}

/**
 * Absolute values.
 *
 * @throws {DTypeError} for bools.
 *
 * @example
 * ```ts
 * import { abs } from "@minitensor/minitensor/numpy";
 * console.assert(abs([-3, 4]).toArray().toString() === "3,4");
 * ```
 */
export function abs(a: TensorLike): Tensor {
  return ops.abs(asarray(a));
}

/**
 * Square roots; of integers floating-point numbers, below 0 NaN.
 *
 * @example
 * ```ts
 * import { sqrt } from "@minitensor/minitensor/numpy";
 * console.assert(sqrt([4, 9]).toArray().toString() === "2,3");
 * ```
 */
export function sqrt(a: TensorLike): Tensor {
  return ops.sqrt(asarray(a));
}

/**
 * Powers of e; of integers floating-point numbers.
 *
 * @example
 * ```ts
 * import { exp, log } from "@minitensor/minitensor/numpy";
 * console.assert(exp([0, -Infinity]).toArray().toString() === "1,0" && log(exp(0)).item() === 0);
 * ```
 */
export function exp(a: TensorLike): Tensor {
  return ops.exp(asarray(a));
}

/**
 * Natural logarithms: -infinity at 0, NaN below; of integers floating-point numbers.
 *
 * @example
 * ```ts
 * import { log } from "@minitensor/minitensor/numpy";
 * console.assert(log([1, 0]).toArray().toString() === "0,-Infinity");
 * ```
 */
export function log(a: TensorLike): Tensor {
  return ops.log(asarray(a));
}

/**
 * Where elements are NaN, as bool; integers never are.
 *
 * @example
 * ```ts
 * import { isnan } from "@minitensor/minitensor/numpy";
 * console.assert(isnan([1, NaN, Infinity]).toArray().toString() === "false,true,false");
 * ```
 */
export function isnan(a: TensorLike): Tensor {
  return ops.isnan(asarray(a));
}

/**
 * Where |a - b| <= atol + rtol |b| after broadcasting, as bool. Infinities are close to themselves.
 *
 * @example
 * ```ts
 * import { isclose } from "@minitensor/minitensor/numpy";
 * const close = isclose([1, 1.1, NaN], [1.000001, 1, NaN], { equal_nan: true });
 * console.assert(close.toArray().toString() === "true,false,true");
 * ```
 */
export function isclose(a: TensorLike, b: TensorLike, options: CloseOptions = {}): Tensor {
  checkOptions(options, ["rtol", "atol", "equal_nan"], "isclose");
  const { rtol = 1e-5, atol = 1e-8, equal_nan = false } = options;
  return ops.isclose(asarray(a), asarray(b), { rtol, atol, equalNan: equal_nan });
}

/**
 * Products of all pairs of elements of the flattened arrays, [size of a, size of b].
 *
 * @example
 * ```ts
 * import { outer } from "@minitensor/minitensor/numpy";
 * console.assert(outer([1, 2], [[3], [4]]).toArray().toString() === "3,4,6,8");
 * ```
 */
export function outer(a: TensorLike, b: TensorLike): Tensor {
  return ops.outer(asarray(a).reshape([-1]), asarray(b).reshape([-1]));
}

/**
 * Sums of products by Einstein's notation: letters name axes, those that the result does not have
 * are summed over.
 *
 * @throws {ParseError} when the notation cannot be read, or names what no array has.
 * @throws {ShapeError} when a letter's axes differ in size.
 *
 * @example
 * ```ts
 * import { einsum } from "@minitensor/minitensor/numpy";
 * console.assert(einsum("ij,j->i", [[1, 2], [3, 4]], [1, 10]).toArray().toString() === "21,43");
 * ```
 */
export function einsum(subscripts: string, ...operands: readonly TensorLike[]): Tensor {
  return ops.einsum(subscripts, ...operands.map((a) => asarray(a)));
}

/** Axes that {@link tensordot} sums over. */
export interface TensordotOptions {
  /** How many of the last and first ones, or those of each array. Default 2. */
  readonly axes?: number | readonly [number | readonly number[], number | readonly number[]];
}

/**
 * Products summed over axes of both: the result has the other axes of `a`, then those of `b`.
 *
 * @throws {ShapeError} when the axes' sizes differ.
 *
 * @example
 * ```ts
 * import { tensordot } from "@minitensor/minitensor/numpy";
 * const a = [[1, 2], [3, 4]];
 * console.assert(tensordot(a, a).item() === 30); // over both axes
 * console.assert(tensordot(a, a, { axes: [0, 0] }).toArray().toString() === "10,14,14,20");
 * ```
 */
export function tensordot(a: TensorLike, b: TensorLike, options: TensordotOptions = {}): Tensor {
  checkOptions(options, ["axes"], "tensordot");
  const { axes = 2 } = options;
  const list = (one: number | readonly number[]) => typeof one === "number" ? [one] : one;
  const dims = typeof axes === "number" ? axes : [list(axes[0]), list(axes[1])] as const;
  return ops.tensordot(asarray(a), asarray(b), dims);
}

/**
 * Kronecker's product: `b` in the place of each element of `a`, multiplied by it.
 *
 * @example
 * ```ts
 * import { kron } from "@minitensor/minitensor/numpy";
 * console.assert(kron([1, 10], [1, 2]).toArray().toString() === "1,2,10,20");
 * ```
 */
export function kron(a: TensorLike, b: TensorLike): Tensor {
  return ops.kron(asarray(a), asarray(b));
}

/** Options of {@link trace}. */
export interface TraceOptions {
  /** Which diagonal. Default 0. */
  readonly offset?: number;
  /** First axis of the matrices. Default 0. */
  readonly axis1?: number;
  /** Second axis of the matrices. Default 1. */
  readonly axis2?: number;
}

/**
 * Sum along a diagonal of two axes, which the result lacks.
 *
 * @example
 * ```ts
 * import { trace } from "@minitensor/minitensor/numpy";
 * const a = [[1, 2], [3, 4]];
 * console.assert(trace(a).item() === 5 && trace(a, { offset: 1 }).item() === 2);
 * ```
 */
export function trace(a: TensorLike, options: TraceOptions = {}): Tensor {
  checkOptions(options, ["offset", "axis1", "axis2"], "trace");
  const { offset = 0, axis1 = 0, axis2 = 1 } = options;
  return ops.trace(asarray(a), { offset, dim1: axis1, dim2: axis2 });
}
