/**
 * The Laplace distribution.
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
 * Laplace distribution: its density is e^(-|x - loc| / scale) / (2 scale).
 *
 * @example
 * ```ts
 * import { distributions } from "@minitensor/minitensor";
 * console.assert(new distributions.Laplace(0, 0.5).logProb(2).item() === -4); // -2 / 0.5 - log(1)
 * ```
 */
export class Laplace extends Distribution {
  /** Means. */
  readonly loc: Tensor;
  /** Mean distances from them. */
  readonly scale: Tensor;

  /** @throws {ArgumentError} when a scale is not above 0. */
  constructor(loc: TensorLike, scale: TensorLike) {
    const [mean, spread] = parameters(loc, scale) as [Tensor, Tensor];
    super(mean.shape);
    require(spread.gt(0), "Laplace", "a scale is not above 0");
    this.loc = mean;
    this.scale = spread;
  }

  override get mean(): Tensor {
    return this.loc;
  }

  override get variance(): Tensor {
    return this.scale.square().mul(2);
  }

  /** The difference of two exponential numbers. */
  override rsample(shape: Shape = [], options: GeneratorOptions = {}): Tensor {
    const draw = () => exponential(1, this.extended(shape), drawing(options, this.loc));
    return this.loc.add(draw().sub(draw()).mul(this.scale));
  }

  override logProb(value: TensorLike): Tensor {
    const distance = this.valued(value).sub(this.loc).abs().div(this.scale);
    return distance.neg().sub(this.scale.mul(2).log());
  }

  override entropy(): Tensor {
    return this.scale.mul(2).log().add(1);
  }

  override cdf(value: TensorLike): Tensor {
    const off = this.valued(value).sub(this.loc);
    const tail = off.abs().div(this.scale).neg().expm1();
    return off.sign().mul(tail).mul(-0.5).add(0.5);
  }

  override icdf(probability: TensorLike): Tensor {
    const off = single(probability).sub(0.5);
    return this.loc.sub(this.scale.mul(off.sign()).mul(off.abs().mul(-2).log1p()));
  }
}
