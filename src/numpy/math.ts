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

/** The elements within bounds, which may be arrays; null is no bound. */
export function clip(a: TensorLike, a_min: TensorLike | null, a_max: TensorLike | null): Tensor {
  const bound = (given: TensorLike | null) =>
    given === null || typeof given === "number" ? given : asarray(given);
  return ops.clamp(asarray(a), bound(a_min), bound(a_max));
}

/** The quotient, rounded down. */
export function floor_divide(a: TensorLike, b: TensorLike): Tensor {
  return ops.floorDivide(asarray(a), asarray(b));
}

/** The remainder, of the divisor's sign. */
export function mod(a: TensorLike, b: TensorLike): Tensor {
  return ops.remainder(asarray(a), asarray(b));
}

/** -1, 0 or 1; NaN stays. */
export function sign(a: TensorLike): Tensor {
  const x = asarray(a);
  return x.isFloatingPoint() ? ops.where(x.isnan(), x, x.sign()) : x.sign();
}

/** Absolute values. */
export function abs(a: TensorLike): Tensor {
  return ops.abs(asarray(a));
}

/** Square roots. */
export function sqrt(a: TensorLike): Tensor {
  return ops.sqrt(asarray(a));
}

/** Powers of e. */
export function exp(a: TensorLike): Tensor {
  return ops.exp(asarray(a));
}

/** Natural logarithms. */
export function log(a: TensorLike): Tensor {
  return ops.log(asarray(a));
}

/** Where elements are NaN. */
export function isnan(a: TensorLike): Tensor {
  return ops.isnan(asarray(a));
}

/** Where elements are close after broadcasting. */
export function isclose(a: TensorLike, b: TensorLike, options: CloseOptions = {}): Tensor {
  checkOptions(options, ["rtol", "atol", "equal_nan"], "isclose");
  const { rtol = 1e-5, atol = 1e-8, equal_nan = false } = options;
  return ops.isclose(asarray(a), asarray(b), { rtol, atol, equalNan: equal_nan });
}

/** Products of all pairs of elements of the flattened arrays. */
export function outer(a: TensorLike, b: TensorLike): Tensor {
  return ops.outer(asarray(a).reshape([-1]), asarray(b).reshape([-1]));
}

/** Sums of products by Einstein's notation. */
export function einsum(subscripts: string, ...operands: readonly TensorLike[]): Tensor {
  return ops.einsum(subscripts, ...operands.map((a) => asarray(a)));
}

/** Axes that {@link tensordot} sums over. */
export interface TensordotOptions {
  /** How many of the last and first ones, or those of each array. Default 2. */
  readonly axes?: number | readonly [number | readonly number[], number | readonly number[]];
}

/** Products summed over axes of both. */
export function tensordot(a: TensorLike, b: TensorLike, options: TensordotOptions = {}): Tensor {
  checkOptions(options, ["axes"], "tensordot");
  const { axes = 2 } = options;
  const list = (one: number | readonly number[]) => typeof one === "number" ? [one] : one;
  const dims = typeof axes === "number" ? axes : [list(axes[0]), list(axes[1])] as const;
  return ops.tensordot(asarray(a), asarray(b), dims);
}

/** Kronecker's product. */
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

/** Sum along a diagonal of two axes. */
export function trace(a: TensorLike, options: TraceOptions = {}): Tensor {
  checkOptions(options, ["offset", "axis1", "axis2"], "trace");
  const { offset = 0, axis1 = 0, axis2 = 1 } = options;
  return ops.trace(asarray(a), { offset, dim1: axis1, dim2: axis2 });
}
