/**
 * The Poisson distribution.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { lgamma } from "../ops/gamma.ts";
import { gammaincc } from "../ops/gamma_share.ts";
import { xlogy } from "../ops/logarithms.ts";
import { type GeneratorOptions, poisson } from "../random_variates.ts";
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Distribution, parameters, require } from "./distribution.ts";

/**
 * Poisson distribution: the probability of k is rateᵏ e^-rate / k!.
 *
 * @example
 * ```ts
 * import { distributions } from "@minitensor/minitensor";
 * const calls = new distributions.Poisson(2);
 * console.assert(calls.variance.item() === 2 && calls.logProb(0).item() === -2);
 * ```
 */
export class Poisson extends Distribution {
  /** Rates. */
  readonly rate: Tensor;

  /** @throws {ArgumentError} when a rate is negative. */
  constructor(rate: TensorLike) {
    const [given] = parameters(rate) as [Tensor];
    super(given.shape);
    require(given.ge(0), "Poisson", "a rate is negative");
    this.rate = given;
  }

  override get mean(): Tensor {
    return this.rate;
  }

  override get variance(): Tensor {
    return this.rate;
  }

  override sample(shape: Shape = [], options: GeneratorOptions = {}): Tensor {
    return poisson(this.rate.expand(this.extended(shape)), options);
  }

  override logProb(value: TensorLike): Tensor {
    const x = this.valued(value, (x) => x.ge(0).logicalAnd(x.eq(x.floor())));
    return xlogy(x, this.rate).sub(this.rate).sub(lgamma(x.add(1)));
  }

  override cdf(value: TensorLike): Tensor {
    const k = this.valued(value).to(this.rate.dtype).floor();
    const below = k.lt(0);
    return gammaincc(k.maskedFill(below, 0).add(1), this.rate).maskedFill(below, 0);
  }
}
