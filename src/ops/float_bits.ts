/**
 * The bits of floating-point numbers: their neighbours, and their parts.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { ANY_NARROW, defineOp, type Op, viewOf } from "../op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { isBatched, mapBatch } from "../vmap/batch.ts";
import { binaryFloat, type BinaryFunction, floating, single } from "./front.ts";
import { broadcast } from "./infer.ts";
import { where } from "./select.ts";

/** A floating-point tensor's memory seen as integers of the same width: a view. */
export function bitsOf(x: Tensor): Tensor {
  return seenAs(x, x.itemsize === 2 ? "int16" : x.itemsize === 4 ? "int32" : "int64");
}

function seenAs(x: Tensor, dtype: Tensor["dtype"]): Tensor {
  if (isBatched(x)) return mapBatch(x, (value) => seenAs(value, dtype));
  return viewOf(x.storage, { spec: x.spec.as(dtype), strides: x.strides, offset: x.offset });
}

/** The next number after x towards y. The bits of numbers of one sign are in their order. */
function neighbour(x: Tensor, y: Tensor): Tensor {
  const start = x.add(y.newZeros(y.shape)); // of the broadcast shape
  const outwards = y.gt(start).eq(start.gt(0));
  const bits = bitsOf(start);
  const moved = seenAs(bits.add(outwards.to(bits.dtype).mul(2).sub(1)), start.dtype);
  const least = seenAs(bits.newOnes(bits.shape), start.dtype);
  const next = where(start.eq(0), where(y.gt(0), least, least.neg()), moved);
  const invalid = start.isnan().logicalOr(y.isnan());
  return where(start.eq(y), y, next).maskedFill(invalid, NaN);
}

/**
 * The next floating-point number after x in the direction of y, in the higher of their dtypes; y
 * where they are equal, NaN where either is.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { nextafter } from "@minitensor/minitensor";
 * console.assert(nextafter(1, 2).item() === 1 + 2 ** -23);
 * console.assert(nextafter(0, -1).item() === -(2 ** -149));
 * ```
 */
export const nextafter: Op<BinaryFunction, undefined> = defineOp({
  name: "nextafter",
  summary: "The next floating-point number after x in the direction of y.",
  infer: broadcast,
  kernel: { composite: ([x, y]) => neighbour(x!, y!), narrow: ANY_NARROW },
  saves: "none",
  gradient: null,
  reference: (x) => x!, // as far as the laws' tolerance sees
  samples: [{ shapes: [[2, 3], [2, 3]] }, { shapes: [[4, 1, 3], [2, 1]] }, { shapes: [[], []] }],
  front: binaryFloat,
});

/** What {@link frexp} gives. */
export interface MantissaExponent {
  /** 0.5 to 1 in magnitude, with the sign of the number; 0, NaN and infinities are their own. */
  readonly mantissa: Tensor;
  /** int32. */
  readonly exponent: Tensor;
}

/**
 * Numbers as mantissa · 2^exponent, the mantissa 0.5 to 1 in magnitude. The gradient passes through
 * the mantissa.
 *
 * @example
 * ```ts
 * import { frexp, tensor } from "@minitensor/minitensor";
 * const { mantissa, exponent } = frexp(tensor([12]));
 * console.assert(mantissa.item() === 0.75 && exponent.item() === 4);
 * ```
 */
export function frexp(x: TensorLike): MantissaExponent {
  const value = floating(single(x));
  const { wide } = value.spec.info;
  if (wide !== null) {
    const { mantissa, exponent } = frexp(value.to(wide));
    return { mantissa: mantissa.to(value.dtype), exponent };
  }
  const plain = value.detach();
  const [mantissaBits, bias] = value.dtype === "float32" ? [23, 127] : [52, 1023];
  // Subnormal numbers are made normal first.
  const lift = plain.abs().lt(2 ** (2 - bias)).to(value.dtype).mul(mantissaBits + 1);
  const lifted = plain.mul(powerOfTwo(lift));
  const stored = bitsOf(lifted).bitwiseRightShift(mantissaBits).bitwiseAnd(2 * bias + 1);
  const special = plain.eq(0).logicalOr(plain.isfinite().logicalNot());
  const raw = stored.sub(bias - 1).to(value.dtype);
  const exponent = raw.sub(lift).maskedFill(special, 0);
  // In two factors: one alone overflows where the number is near the limits.
  const half = exponent.div(2).trunc();
  const mantissa = value.mul(powerOfTwo(half.neg())).mul(powerOfTwo(half.sub(exponent)));
  return { mantissa, exponent: exponent.to("int32") };
}

function powerOfTwo(exponent: Tensor): Tensor {
  return exponent.exp2();
}
