/**
 * The exponential distribution.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { single } from "../ops/front.ts";
import { exponential } from "../random.ts";
import type { GeneratorOptions } from "../random_variates.ts";
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Distribution, drawing, parameters, require } from "./distribution.ts";

/**
 * Exponential distribution: its density is rate e^(-rate x) for x >= 0.
 *
 * @example
 * ```ts
 * import { distributions } from "@minitensor/minitensor";
 * const waiting = new distributions.Exponential([1, 2]);
 * console.assert(waiting.mean.toArray().toString() === "1,0.5");
 * console.assert(new distributions.Exponential(1).logProb(3).item() === -3);
 * ```
 */
export class Exponential extends Distribution {
  /** Rates. */
  readonly rate: Tensor;

  /** @throws {ArgumentError} when a rate is not above 0. */
  constructor(rate: TensorLike) {
    const [given] = parameters(rate) as [Tensor];
    super(given.shape);
    require(given.gt(0), "Exponential", "a rate is not above 0");
    this.rate = given;
  }

  override get mean(): Tensor {
    return this.rate.reciprocal();
  }

  override get stddev(): Tensor {
    return this.mean;
  }

  override get variance(): Tensor {
    return this.mean.square();
  }

  override rsample(shape: Shape = [], options: GeneratorOptions = {}): Tensor {
    return exponential(1, this.extended(shape), drawing(options, this.rate)).div(this.rate);
  }

  override logProb(value: TensorLike): Tensor {
    const x = this.valued(value, (x) => x.ge(0));
    return this.rate.log().sub(x.mul(this.rate));
  }

  override entropy(): Tensor {
    return this.rate.log().neg().add(1);
  }

  override cdf(value: TensorLike): Tensor {
    return this.valued(value).clamp(0, null).mul(this.rate).neg().expm1().neg();
  }

  override icdf(probability: TensorLike): Tensor {
    return single(probability).neg().log1p().neg().div(this.rate);
  }
}
