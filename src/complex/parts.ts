/**
 * Arithmetic of complex numbers on their parts: tensor functions of real tensors, so that gradients
 * follow from theirs.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { floating, single } from "../ops/front.ts";
import { copysign } from "../ops/signs.ts";
import { atan2 } from "../ops/trigonometry.ts";
import { frexp } from "../ops/float_bits.ts";
import { where } from "../ops/select.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { multiply } from "./product.ts";

/** Real and imaginary parts, of one dtype and of shapes that broadcast. */
export interface ComplexParts {
  /** The real parts. */
  readonly real: Tensor;
  /** The imaginary parts. */
  readonly imag: Tensor;
}

/** The argument in float32 or float64, which parts may have; other dtypes become float32. */
export function partOf(x: TensorLike): Tensor {
  const value = floating(single(x));
  return value.spec.info.wide === null ? value : value.to(value.spec.info.wide);
}

/**
 * The quotient a conj(b) / |b|^2. b is first brought to magnitudes of 1/4 to 1/2 by a power of 2,
 * which rounds nothing: neither |b|^2 nor the product overflows or vanishes where the quotient does
 * not (Priest 2004, "Efficient scaling for complex division").
 */
export function divide(a: ComplexParts, b: ComplexParts): ComplexParts {
  const [re, im] = [b.real.detach(), b.imag.detach()];
  const largest = re.abs().maximum(im.abs());
  // Up to these the power is a number, if a subnormal one.
  const [least, most] = b.real.dtype === "float32" ? [-126, 130] : [-1022, 1026];
  const power = frexp(largest).exponent.add(1).clamp(least, most).neg().to(b.real.dtype).exp2();
  const small: ComplexParts = { real: b.real.mul(power), imag: b.imag.mul(power) };
  const squared = small.real.square().add(small.imag.square());
  // A number over 0 is its parts over 0, not all NaN.
  const turned: ComplexParts = {
    real: where(largest.eq(0), 1, small.real),
    imag: small.imag.neg(),
  };
  // Where it enlarges before the product, else behind it: neither leaves the range then.
  const [before, after] = [power.maximum(1), power.minimum(1)];
  const lifted = { real: a.real.mul(before), imag: a.imag.mul(before) };
  const { real, imag } = multiply(lifted, turned);
  return { real: real.mul(after).div(squared), imag: imag.mul(after).div(squared) };
}

/** e^x (cos y + i sin y); real where y is 0, also at infinities. */
export function exponential({ real, imag }: ComplexParts): ComplexParts {
  const size = real.exp();
  return { real: size.mul(imag.cos()), imag: where(imag.eq(0), imag, size.mul(imag.sin())) };
}

/**
 * log|z| + i angle(z). Near the unit circle log|z| = log1p((x - 1)(x + 1) + y^2) / 2, x being the
 * larger part: the logarithm of a rounded |z| would have no digit right there.
 */
export function logarithm(z: ComplexParts): ComplexParts {
  const size = z.real.hypot(z.imag);
  const near = size.gt(0.5).logicalAnd(size.lt(2));
  const swap = z.real.abs().lt(z.imag.abs());
  const x = where(near, where(swap, z.imag, z.real).abs(), 1);
  const y = where(near, where(swap, z.real, z.imag), 0);
  const close = x.sub(1).mul(x.add(1)).add(y.square()).log1p().mul(0.5);
  return {
    real: where(near, close, where(near, 1, size).log()),
    imag: atan2(z.imag, z.real),
  };
}

/** The root with a real part of 0 or more, by the sum that does not cancel. */
export function squareRoot({ real, imag }: ComplexParts): ComplexParts {
  const half = real.abs().mul(0.5).add(real.mul(0.5).hypot(imag.mul(0.5))).sqrt();
  const zero = half.eq(0);
  const other = imag.div(where(zero, 1, half).mul(2));
  const positive = real.ge(0);
  return {
    real: where(positive, half, other.abs()),
    imag: where(positive, where(zero, imag, other), copysign(half, imag)),
  };
}

/** e^(b log a); of a base 0 it is 0 where b has a positive real part, and 1 where b is 0. */
export function power(a: ComplexParts, b: ComplexParts): ComplexParts {
  const zero = a.real.eq(0).logicalAnd(a.imag.eq(0));
  const base: ComplexParts = { real: where(zero, 1, a.real), imag: a.imag };
  const usual = exponential(multiply(logarithm(base), b));
  const none = b.real.eq(0).logicalAnd(b.imag.eq(0)).to(a.real.dtype);
  const atZero = where(b.real.gt(0).logicalOr(none.gt(0)), none, NaN);
  return {
    real: where(zero, atZero, usual.real),
    imag: where(zero, where(atZero.isnan(), NaN, 0), usual.imag),
  };
}

/** The matrix product, by four real ones. */
export function matrixProduct(a: ComplexParts, b: ComplexParts): ComplexParts {
  return {
    real: a.real.matmul(b.real).sub(a.imag.matmul(b.imag)),
    imag: a.real.matmul(b.imag).add(a.imag.matmul(b.real)),
  };
}
