/**
 * The gamma distribution.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { checkOptions } from "../ops/front.ts";
import { digamma, lgamma } from "../ops/gamma.ts";
import { gammainc } from "../ops/gamma_share.ts";
import { xlogy } from "../ops/logarithms.ts";
import type { GeneratorOptions } from "../random_variates.ts";
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Distribution, parameters, require } from "./distribution.ts";
import { gammaSample } from "./gamma_sample.ts";

/**
 * Gamma distribution: its density is rateᵃ xᵃ⁻¹ e^(-rate x) / Γ(a), a being the concentration.
 * Samples are differentiable by both parameters, by the concentration implicitly (Figurnov, Mohamed
 * and Mnih 2018).
 *
 * @example
 * ```ts
 * import { distributions, tensor } from "@minitensor/minitensor";
 * const a = tensor(3, { requiresGrad: true });
 * new distributions.Gamma(a, 2).rsample([1000]).mean().backward();
 * console.assert(Math.abs(a.grad!.item() as number - 0.5) < 0.1); // the mean is a / 2
 * ```
 */
export class Gamma extends Distribution {
  /** Shapes. */
  readonly concentration: Tensor;
  /** Inverse scales. */
  readonly rate: Tensor;

  /** @throws {ArgumentError} when a parameter is not above 0. */
  constructor(concentration: TensorLike, rate: TensorLike) {
    const [a, b] = parameters(concentration, rate) as [Tensor, Tensor];
    super(a.shape);
    require(a.gt(0), "Gamma", "a concentration is not above 0");
    require(b.gt(0), "Gamma", "a rate is not above 0");
    this.concentration = a;
    this.rate = b;
  }

  override get mean(): Tensor {
    return this.concentration.div(this.rate);
  }

  override get variance(): Tensor {
    return this.concentration.div(this.rate.square());
  }

  override rsample(shape: Shape = [], options: GeneratorOptions = {}): Tensor {
    checkOptions(options, ["generator"], "sample");
    const concentration = this.concentration.expand(this.extended(shape));
    return gammaSample(concentration, options.generator).div(this.rate);
  }

  override logProb(value: TensorLike): Tensor {
    const x = this.valued(value, (x) => x.ge(0));
    const a = this.concentration;
    const power = xlogy(a, this.rate).add(xlogy(a.sub(1), x));
    return power.sub(x.mul(this.rate)).sub(lgamma(a));
  }

  override entropy(): Tensor {
    const a = this.concentration;
    return a.sub(this.rate.log()).add(lgamma(a)).add(a.neg().add(1).mul(digamma(a)));
  }

  override cdf(value: TensorLike): Tensor {
    return gammainc(this.concentration, this.valued(value).clamp(0, null).mul(this.rate));
  }
}
