/**
 * The Dirichlet distribution.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { ShapeError } from "../errors.ts";
import { checkOptions } from "../ops/front.ts";
import { digamma, lgamma } from "../ops/gamma.ts";
import { xlogy } from "../ops/logarithms.ts";
import { softmax } from "../ops/loss.ts";
import type { GeneratorOptions } from "../random_variates.ts";
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Distribution, parameters, require } from "./distribution.ts";
import { gammaLogSample } from "./gamma_sample.ts";

/**
 * Dirichlet distribution of shares that sum to 1, along the last dim. A sample is gamma numbers
 * divided by their sum, and differentiable as they are.
 *
 * @example
 * ```ts
 * import { distributions } from "@minitensor/minitensor";
 * const dirichlet = new distributions.Dirichlet([1, 3]);
 * console.assert(dirichlet.mean.toArray().toString() === "0.25,0.75");
 * console.assert(dirichlet.sample().sum().allclose(1));
 * ```
 */
export class Dirichlet extends Distribution {
  /** Weights, [.., k]. */
  readonly concentration: Tensor;

  /**
   * @throws {ArgumentError} when a concentration is not above 0.
   * @throws {ShapeError} when there is no dim of them.
   */
  constructor(concentration: TensorLike) {
    const [given] = parameters(concentration) as [Tensor];
    if (given.ndim === 0) {
      throw new ShapeError("Cannot make a Dirichlet distribution of a single concentration");
    }
    super(given.shape.slice(0, -1), given.shape.slice(-1));
    require(given.gt(0), "Dirichlet", "a concentration is not above 0");
    this.concentration = given;
  }

  private get total(): Tensor {
    return this.concentration.sum(-1);
  }

  override get mean(): Tensor {
    return this.concentration.div(this.total.unsqueeze(-1));
  }

  override get variance(): Tensor {
    const total = this.total.unsqueeze(-1);
    const rest = total.sub(this.concentration);
    return this.concentration.mul(rest).div(total.square().mul(total.add(1)));
  }

  override rsample(shape: Shape = [], options: GeneratorOptions = {}): Tensor {
    checkOptions(options, ["generator"], "sample");
    const concentration = this.concentration.expand(this.extended(shape));
    return softmax(gammaLogSample(concentration, options.generator), -1);
  }

  override logProb(value: TensorLike): Tensor {
    const x = this.valued(value, (x) => {
      return x.ge(0).all(-1).logicalAnd(x.sum(-1).sub(1).abs().lt(1e-5));
    });
    const a = this.concentration;
    return xlogy(a.sub(1), x).sum(-1).add(lgamma(this.total)).sub(lgamma(a).sum(-1));
  }

  override entropy(): Tensor {
    const a = this.concentration;
    const total = this.total;
    const count = this.eventShape[0]!;
    return lgamma(a).sum(-1).sub(lgamma(total)).add(total.sub(count).mul(digamma(total)))
      .sub(a.sub(1).mul(digamma(a)).sum(-1));
  }
}
