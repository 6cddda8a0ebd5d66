/**
 * Methods that work element by element.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import * as ops from "../ops/mod.ts";
import { TensorHooks } from "./hooks.ts";
import type { Tensor } from "./tensor.ts";

/** Methods that work element by element. */
export class TensorElementwise extends TensorHooks {
  /** Sum with a tensor or number. See {@link ops.add}. */
  add(y: TensorLike, options?: ops.AlphaOptions): Tensor {
    return ops.add(this.self, y, options);
  }

  /** Difference. See {@link ops.sub}. */
  sub(y: TensorLike, options?: ops.AlphaOptions): Tensor {
    return ops.sub(this.self, y, options);
  }

  /** Product. See {@link ops.mul}. */
  mul(y: TensorLike): Tensor {
    return ops.mul(this.self, y);
  }

  /** True quotient. See {@link ops.div}. */
  div(y: TensorLike, options?: ops.RoundingOptions): Tensor {
    return ops.div(this.self, y, options);
  }

  /** Power. See {@link ops.pow}. */
  pow(y: TensorLike): Tensor {
    return ops.pow(this.self, y);
  }

  /** Larger of two. See {@link ops.maximum}. */
  maximum(y: TensorLike): Tensor {
    return ops.maximum(this.self, y);
  }

  /** Smaller of two. See {@link ops.minimum}. */
  minimum(y: TensorLike): Tensor {
    return ops.minimum(this.self, y);
  }

  /** Quotient rounded down. See {@link ops.floorDivide}. */
  floorDivide(y: TensorLike): Tensor {
    return ops.floorDivide(this.self, y);
  }

  /** Rest with the divisor's sign. See {@link ops.remainder}. */
  remainder(y: TensorLike): Tensor {
    return ops.remainder(this.self, y);
  }

  /** Rest with the dividend's sign. See {@link ops.fmod}. */
  fmod(y: TensorLike): Tensor {
    return ops.fmod(this.self, y);
  }

  /** Length of the hypotenuse. See {@link ops.hypot}. */
  hypot(y: TensorLike): Tensor {
    return ops.hypot(this.self, y);
  }

  /** True where equal. See {@link ops.eq}. */
  eq(y: TensorLike): Tensor {
    return ops.eq(this.self, y);
  }

  /** True where not equal. See {@link ops.ne}. */
  ne(y: TensorLike): Tensor {
    return ops.ne(this.self, y);
  }

  /** True where less. See {@link ops.lt}. */
  lt(y: TensorLike): Tensor {
    return ops.lt(this.self, y);
  }

  /** True where less or equal. See {@link ops.le}. */
  le(y: TensorLike): Tensor {
    return ops.le(this.self, y);
  }

  /** True where greater. See {@link ops.gt}. */
  gt(y: TensorLike): Tensor {
    return ops.gt(this.self, y);
  }

  /** True where greater or equal. See {@link ops.ge}. */
  ge(y: TensorLike): Tensor {
    return ops.ge(this.self, y);
  }

  /** True where both are nonzero. See {@link ops.logicalAnd}. */
  logicalAnd(y: TensorLike): Tensor {
    return ops.logicalAnd(this.self, y);
  }

  /** True where one or both are nonzero. See {@link ops.logicalOr}. */
  logicalOr(y: TensorLike): Tensor {
    return ops.logicalOr(this.self, y);
  }

  /** True where exactly one is nonzero. See {@link ops.logicalXor}. */
  logicalXor(y: TensorLike): Tensor {
    return ops.logicalXor(this.self, y);
  }

  /** -x. See {@link ops.neg}. */
  neg(): Tensor {
    return ops.neg(this.self);
  }

  /** |x|. See {@link ops.abs}. */
  abs(): Tensor {
    return ops.abs(this.self);
  }

  /** -1, 0 or 1. See {@link ops.sign}. */
  sign(): Tensor {
    return ops.sign(this.self);
  }

  /** x². See {@link ops.square}. */
  square(): Tensor {
    return ops.square(this.self);
  }

  /** Rounds down. See {@link ops.floor}. */
  floor(): Tensor {
    return ops.floor(this.self);
  }

  /** Rounds up. See {@link ops.ceil}. */
  ceil(): Tensor {
    return ops.ceil(this.self);
  }

  /** Rounds towards zero. See {@link ops.trunc}. */
  trunc(): Tensor {
    return ops.trunc(this.self);
  }

  /** Rounds to nearest, halves to even. See {@link ops.round}. */
  round(options: ops.RoundOptions = {}): Tensor {
    return ops.round(this.self, options);
  }

  /** 1/x. See {@link ops.reciprocal}. */
  reciprocal(): Tensor {
    return ops.reciprocal(this.self);
  }

  /** √x. See {@link ops.sqrt}. */
  sqrt(): Tensor {
    return ops.sqrt(this.self);
  }

  /** 1/√x. See {@link ops.rsqrt}. */
  rsqrt(): Tensor {
    return ops.rsqrt(this.self);
  }

  /** eˣ. See {@link ops.exp}. */
  exp(): Tensor {
    return ops.exp(this.self);
  }

  /** 2ˣ. See {@link ops.exp2}. */
  exp2(): Tensor {
    return ops.exp2(this.self);
  }

  /** eˣ - 1. See {@link ops.expm1}. */
  expm1(): Tensor {
    return ops.expm1(this.self);
  }

  /** ln x. See {@link ops.log}. */
  log(): Tensor {
    return ops.log(this.self);
  }

  /** log₂ x. See {@link ops.log2}. */
  log2(): Tensor {
    return ops.log2(this.self);
  }

  /** log₁₀ x. See {@link ops.log10}. */
  log10(): Tensor {
    return ops.log10(this.self);
  }

  /** ln(1 + x). See {@link ops.log1p}. */
  log1p(): Tensor {
    return ops.log1p(this.self);
  }

  /** Sine. See {@link ops.sin}. */
  sin(): Tensor {
    return ops.sin(this.self);
  }

  /** Cosine. See {@link ops.cos}. */
  cos(): Tensor {
    return ops.cos(this.self);
  }

  /** Tangent. See {@link ops.tan}. */
  tan(): Tensor {
    return ops.tan(this.self);
  }

  /** Error function. See {@link ops.erf}. */
  erf(): Tensor {
    return ops.erf(this.self);
  }

  /** True where NaN. See {@link ops.isnan}. */
  isnan(): Tensor {
    return ops.isnan(this.self);
  }

  /** True where infinite. See {@link ops.isinf}. */
  isinf(): Tensor {
    return ops.isinf(this.self);
  }

  /** True where neither NaN nor infinite. See {@link ops.isfinite}. */
  isfinite(): Tensor {
    return ops.isfinite(this.self);
  }

  /** max(x, 0). See {@link ops.relu}. */
  relu(): Tensor {
    return ops.relu(this.self);
  }

  /** 1 / (1 + e⁻ˣ). See {@link ops.sigmoid}. */
  sigmoid(): Tensor {
    return ops.sigmoid(this.self);
  }

  /** Hyperbolic tangent. See {@link ops.tanh}. */
  tanh(): Tensor {
    return ops.tanh(this.self);
  }

  /** x sigmoid(x). See {@link ops.silu}. */
  silu(): Tensor {
    return ops.silu(this.self);
  }

  /** True where zero. See {@link ops.logicalNot}. */
  logicalNot(): Tensor {
    return ops.logicalNot(this.self);
  }

  /** Gaussian error linear unit. */
  gelu(options: ops.GeluOptions = {}): Tensor {
    return ops.gelu(this.self, options);
  }

  /** x above 0, negativeSlope x below. */
  leakyRelu(options: { readonly negativeSlope?: number } = {}): Tensor {
    return ops.leakyRelu(this.self, options);
  }

  /** x above 0, alpha (eˣ - 1) below. */
  elu(options: { readonly alpha?: number } = {}): Tensor {
    return ops.elu(this.self, options);
  }

  /** ln(1 + e^(beta x)) / beta. */
  softplus(options: { readonly beta?: number; readonly threshold?: number } = {}): Tensor {
    return ops.softplus(this.self, options);
  }

  /** Elements limited to [min, max]; null is no bound. */
  clamp(min?: ops.Bound, max?: ops.Bound): Tensor {
    return ops.clamp(this.self, min, max);
  }

  /** These elements where the condition holds, those of `y` elsewhere. */
  where(condition: Tensor, y: TensorLike): Tensor {
    return ops.where(condition, this.self, y);
  }

  /** `value` where the mask holds. */
  maskedFill(mask: Tensor, value: TensorLike): Tensor {
    return ops.maskedFill(this.self, mask, value);
  }

  /** y - x. */
  rsub(y: TensorLike): Tensor {
    return ops.sub(y, this.self);
  }

  /** y / x. */
  rdiv(y: TensorLike): Tensor {
    return ops.div(y, this.self);
  }

  /** y to the power x. */
  rpow(y: TensorLike): Tensor {
    return ops.pow(y, this.self);
  }
}
