/**
 * The distribution of numbers whose logarithm is normal.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { log } from "../ops/exponential.ts";
import type { GeneratorOptions } from "../random_variates.ts";
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Distribution } from "./distribution.ts";
import { Normal } from "./normal.ts";

/**
 * Distribution of e^x for x normal with mean `loc` and standard deviation `scale`.
 *
 * @example
 * ```ts
 * import { distributions } from "@minitensor/minitensor";
 * const growth = new distributions.LogNormal(0, 1);
 * console.assert(growth.cdf(1).item() === 0.5 && growth.mean.allclose(Math.exp(0.5)));
 * ```
 */
export class LogNormal extends Distribution {
  /** The distribution of the logarithms. */
  readonly base: Normal;

  /** @throws {ArgumentError} when a scale is not above 0. */
  constructor(loc: TensorLike, scale: TensorLike) {
    const base = new Normal(loc, scale);
    super(base.batchShape);
    this.base = base;
  }

  override get mean(): Tensor {
    return this.base.variance.mul(0.5).add(this.base.loc).exp();
  }

  override get variance(): Tensor {
    const square = this.base.variance;
    return square.expm1().mul(this.base.loc.mul(2).add(square).exp());
  }

  override rsample(shape: Shape = [], options: GeneratorOptions = {}): Tensor {
    return this.base.rsample(shape, options).exp();
  }

  override logProb(value: TensorLike): Tensor {
    const logarithm = log(this.valued(value, (x) => x.gt(0)));
    return this.base.logProb(logarithm).sub(logarithm);
  }

  override entropy(): Tensor {
    return this.base.entropy().add(this.base.loc);
  }

  override cdf(value: TensorLike): Tensor {
    return this.base.cdf(log(this.valued(value)));
  }

  override icdf(probability: TensorLike): Tensor {
    return this.base.icdf(probability).exp();
  }
}
