/**
 * Methods of mathematics beyond arithmetic, element by element.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import * as ops from "../ops/mod.ts";
import { TensorElementwise } from "./elementwise.ts";
import type { Tensor } from "./tensor.ts";

/** Methods of mathematics beyond arithmetic, element by element. */
export class TensorMath extends TensorElementwise {
  /** Inverse sine. See {@link ops.asin}. */
  asin(): Tensor {
    return ops.asin(this.self);
  }

  /** Inverse cosine. See {@link ops.acos}. */
  acos(): Tensor {
    return ops.acos(this.self);
  }

  /** Inverse tangent. See {@link ops.atan}. */
  atan(): Tensor {
    return ops.atan(this.self);
  }

  /** Hyperbolic sine. See {@link ops.sinh}. */
  sinh(): Tensor {
    return ops.sinh(this.self);
  }

  /** Hyperbolic cosine. See {@link ops.cosh}. */
  cosh(): Tensor {
    return ops.cosh(this.self);
  }

  /** Inverse hyperbolic sine. See {@link ops.asinh}. */
  asinh(): Tensor {
    return ops.asinh(this.self);
  }

  /** Inverse hyperbolic cosine. See {@link ops.acosh}. */
  acosh(): Tensor {
    return ops.acosh(this.self);
  }

  /** Inverse hyperbolic tangent. See {@link ops.atanh}. */
  atanh(): Tensor {
    return ops.atanh(this.self);
  }

  /** 1 - erf(x). See {@link ops.erfc}. */
  erfc(): Tensor {
    return ops.erfc(this.self);
  }

  /** Degrees as radians. See {@link ops.deg2rad}. */
  deg2rad(): Tensor {
    return ops.deg2rad(this.self);
  }

  /** Radians as degrees. See {@link ops.rad2deg}. */
  rad2deg(): Tensor {
    return ops.rad2deg(this.self);
  }

  /** Same as abs. See {@link ops.absolute}. */
  absolute(): Tensor {
    return ops.absolute(this.self);
  }

  /** Same as neg. See {@link ops.negative}. */
  negative(): Tensor {
    return ops.negative(this.self);
  }

  /** A copy, through which gradients pass. See {@link ops.positive}. */
  positive(): Tensor {
    return ops.positive(this.self);
  }

  /** Same as trunc. See {@link ops.fix}. */
  fix(): Tensor {
    return ops.fix(this.self);
  }

  /** What follows the point. See {@link ops.frac}. */
  frac(): Tensor {
    return ops.frac(this.self);
  }

  /** Same as sign. See {@link ops.sgn}. */
  sgn(): Tensor {
    return ops.sgn(this.self);
  }

  /** True where the sign bit is set. See {@link ops.signbit}. */
  signbit(): Tensor {
    return ops.signbit(this.self);
  }

  /** True where plus infinity. See {@link ops.isposinf}. */
  isposinf(): Tensor {
    return ops.isposinf(this.self);
  }

  /** True where minus infinity. See {@link ops.isneginf}. */
  isneginf(): Tensor {
    return ops.isneginf(this.self);
  }

  /** True everywhere. See {@link ops.isreal}. */
  isreal(): Tensor {
    return ops.isreal(this.self);
  }

  /** All bits turned round. See {@link ops.bitwiseNot}. */
  bitwiseNot(): Tensor {
    return ops.bitwiseNot(this.self);
  }

  /** Angle of the point whose ordinate this is. See {@link ops.atan2}. */
  atan2(y: TensorLike): Tensor {
    return ops.atan2(this.self, y);
  }

  /** Same as atan2. See {@link ops.arctan2}. */
  arctan2(y: TensorLike): Tensor {
    return ops.arctan2(this.self, y);
  }

  /** Magnitude of this with the sign of y. See {@link ops.copysign}. */
  copysign(y: TensorLike): Tensor {
    return ops.copysign(this.self, y);
  }

  /** 0 below 0, 1 above, y at 0. See {@link ops.heaviside}. */
  heaviside(y: TensorLike): Tensor {
    return ops.heaviside(this.self, y);
  }

  /** log(eˣ + eʸ) without overflow. See {@link ops.logaddexp}. */
  logaddexp(y: TensorLike): Tensor {
    return ops.logaddexp(this.self, y);
  }

  /** log₂(2ˣ + 2ʸ) without overflow. See {@link ops.logaddexp2}. */
  logaddexp2(y: TensorLike): Tensor {
    return ops.logaddexp2(this.self, y);
  }

  /** x log(y), 0 where x is 0. See {@link ops.xlogy}. */
  xlogy(y: TensorLike): Tensor {
    return ops.xlogy(this.self, y);
  }

  /** Larger of two; a number wins over NaN. See {@link ops.fmax}. */
  fmax(y: TensorLike): Tensor {
    return ops.fmax(this.self, y);
  }

  /** Smaller of two; a number wins over NaN. See {@link ops.fmin}. */
  fmin(y: TensorLike): Tensor {
    return ops.fmin(this.self, y);
  }

  /** Power in float64. See {@link ops.floatPower}. */
  floatPower(y: TensorLike): Tensor {
    return ops.floatPower(this.self, y);
  }

  /** x 2ʸ. See {@link ops.ldexp}. */
  ldexp(y: TensorLike): Tensor {
    return ops.ldexp(this.self, y);
  }

  /** Same as sub. See {@link ops.subtract}. */
  subtract(y: TensorLike): Tensor {
    return ops.subtract(this.self, y);
  }

  /** Same as mul. See {@link ops.multiply}. */
  multiply(y: TensorLike): Tensor {
    return ops.multiply(this.self, y);
  }

  /** Same as div. See {@link ops.divide}. */
  divide(y: TensorLike): Tensor {
    return ops.divide(this.self, y);
  }

  /** Same as div. See {@link ops.trueDivide}. */
  trueDivide(y: TensorLike): Tensor {
    return ops.trueDivide(this.self, y);
  }

  /** Same as gt. See {@link ops.greater}. */
  greater(y: TensorLike): Tensor {
    return ops.greater(this.self, y);
  }

  /** Same as ge. See {@link ops.greaterEqual}. */
  greaterEqual(y: TensorLike): Tensor {
    return ops.greaterEqual(this.self, y);
  }

  /** Same as lt. See {@link ops.less}. */
  less(y: TensorLike): Tensor {
    return ops.less(this.self, y);
  }

  /** Same as le. See {@link ops.lessEqual}. */
  lessEqual(y: TensorLike): Tensor {
    return ops.lessEqual(this.self, y);
  }

  /** Same as ne. See {@link ops.notEqual}. */
  notEqual(y: TensorLike): Tensor {
    return ops.notEqual(this.self, y);
  }

  /** Bits that both have. See {@link ops.bitwiseAnd}. */
  bitwiseAnd(y: TensorLike): Tensor {
    return ops.bitwiseAnd(this.self, y);
  }

  /** Bits that one or both have. See {@link ops.bitwiseOr}. */
  bitwiseOr(y: TensorLike): Tensor {
    return ops.bitwiseOr(this.self, y);
  }

  /** Bits that exactly one has. See {@link ops.bitwiseXor}. */
  bitwiseXor(y: TensorLike): Tensor {
    return ops.bitwiseXor(this.self, y);
  }

  /** Bits moved to higher places. See {@link ops.bitwiseLeftShift}. */
  bitwiseLeftShift(y: TensorLike): Tensor {
    return ops.bitwiseLeftShift(this.self, y);
  }

  /** Bits moved to lower places. See {@link ops.bitwiseRightShift}. */
  bitwiseRightShift(y: TensorLike): Tensor {
    return ops.bitwiseRightShift(this.self, y);
  }

  /** Same as clamp. */
  clip(min?: ops.Bound, max?: ops.Bound): Tensor {
    return ops.clip(this.self, min, max);
  }

  /** Elements, but at least `min`. See {@link ops.clampMin}. */
  clampMin(min: number | Tensor): Tensor {
    return ops.clampMin(this.self, min);
  }

  /** Elements, but at most `max`. See {@link ops.clampMax}. */
  clampMax(max: number | Tensor): Tensor {
    return ops.clampMax(this.self, max);
  }

  /** Numbers in the place of NaN and infinities. See {@link ops.nanToNum}. */
  nanToNum(options: ops.NanToNumOptions = {}): Tensor {
    return ops.nanToNum(this.self, options);
  }

  /** log(x / (1 - x)). See {@link ops.logit}. */
  logit(options: ops.LogitOptions = {}): Tensor {
    return ops.logit(this.self, options);
  }

  /** x y + z, rounded once. See {@link ops.fma}. */
  fma(y: TensorLike, z: TensorLike): Tensor {
    return ops.fma(this.self, y, z);
  }

  /** From x to end. See {@link ops.lerp}. */
  lerp(end: TensorLike, weight: TensorLike): Tensor {
    return ops.lerp(this.self, end, weight);
  }

  /** x + value t1 t2. See {@link ops.addcmul}. */
  addcmul(t1: TensorLike, t2: TensorLike, options: ops.ScaledTermOptions = {}): Tensor {
    return ops.addcmul(this.self, t1, t2, options);
  }

  /** x + value t1 / t2. See {@link ops.addcdiv}. */
  addcdiv(t1: TensorLike, t2: TensorLike, options: ops.ScaledTermOptions = {}): Tensor {
    return ops.addcdiv(this.self, t1, t2, options);
  }

  /** True where nearly equal. See {@link ops.isclose}. */
  isclose(y: TensorLike, options: ops.CloseOptions = {}): Tensor {
    return ops.isclose(this.self, y, options);
  }

  /** True where among `elements`. See {@link ops.isin}. */
  isin(elements: TensorLike, options: ops.IsinOptions = {}): Tensor {
    return ops.isin(this.self, elements, options);
  }

  /** Differences of neighbours. See {@link ops.diff}. */
  diff(options: ops.DiffOptions = {}): Tensor {
    return ops.diff(this.self, options);
  }

  /** Integral along a dim by trapezoids. See {@link ops.trapezoid}. */
  trapezoid(x?: Tensor | ops.TrapezoidOptions, options?: ops.TrapezoidOptions): Tensor {
    return ops.trapezoid(this.self, x, options);
  }

  /** Running integral along a dim. See {@link ops.cumulativeTrapezoid}. */
  cumulativeTrapezoid(x?: Tensor | ops.TrapezoidOptions, options?: ops.TrapezoidOptions): Tensor {
    return ops.cumulativeTrapezoid(this.self, x, options);
  }

  /** sin(πx) / (πx). See {@link ops.sinc}. */
  sinc(): Tensor {
    return ops.sinc(this.self);
  }

  /** The next number in the direction of y. See {@link ops.nextafter}. */
  nextafter(y: TensorLike): Tensor {
    return ops.nextafter(this.self, y);
  }

  /** Mantissa and exponent. See {@link ops.frexp}. */
  frexp(): ops.MantissaExponent {
    return ops.frexp(this.self);
  }

  /** Greatest common divisors. See {@link ops.gcd}. */
  gcd(y: TensorLike): Tensor {
    return ops.gcd(this.self, y);
  }

  /** Least common multiples. See {@link ops.lcm}. */
  lcm(y: TensorLike): Tensor {
    return ops.lcm(this.self, y);
  }

  /** Norm of the difference. See {@link ops.dist}. */
  dist(y: TensorLike, p = 2): Tensor {
    return ops.dist(this.self, y, p);
  }
}
