/**
 * The normal distribution.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { ndtr, ndtri } from "../ops/normal_share.ts";
import { randn } from "../random.ts";
import type { GeneratorOptions } from "../random_variates.ts";
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Distribution, drawing, parameters, require } from "./distribution.ts";

const HALF_LOG_OF_TWO_PI = Math.log(2 * Math.PI) / 2;

/**
 * Normal distribution of mean `loc` and standard deviation `scale`.
 *
 * @example
 * ```ts
 * import { distributions } from "@minitensor/minitensor";
 * const normal = new distributions.Normal([0, 10], 1);
 * console.assert(normal.sample([100]).shape.join() === "100,2");
 * console.assert(normal.logProb([0, 10]).allclose([-0.9189385, -0.9189385]));
 * ```
 */
export class Normal extends Distribution {
  /** Means. */
  readonly loc: Tensor;
  /** Standard deviations. */
  readonly scale: Tensor;

  /** @throws {ArgumentError} when a scale is not above 0. */
  constructor(loc: TensorLike, scale: TensorLike) {
    const [mean, deviation] = parameters(loc, scale) as [Tensor, Tensor];
    super(mean.shape);
    require(deviation.gt(0), "Normal", "a scale is not above 0");
    this.loc = mean;
    this.scale = deviation;
  }

  override get mean(): Tensor {
    return this.loc;
  }

  override get stddev(): Tensor {
    return this.scale;
  }

  override get variance(): Tensor {
    return this.scale.square();
  }

  override rsample(shape: Shape = [], options: GeneratorOptions = {}): Tensor {
    const z = randn(this.extended(shape), drawing(options, this.loc));
    return this.loc.add(z.mul(this.scale));
  }

  override logProb(value: TensorLike): Tensor {
    const z = this.valued(value).sub(this.loc).div(this.scale);
    return z.square().mul(-0.5).sub(this.scale.log()).sub(HALF_LOG_OF_TWO_PI);
  }

  override entropy(): Tensor {
    return this.scale.log().add(0.5 + HALF_LOG_OF_TWO_PI);
  }

  override cdf(value: TensorLike): Tensor {
    return ndtr(this.valued(value).sub(this.loc).div(this.scale));
  }

  override icdf(probability: TensorLike): Tensor {
    return ndtri(probability).mul(this.scale).add(this.loc);
  }
}
