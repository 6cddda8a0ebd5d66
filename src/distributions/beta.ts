/**
 * The beta distribution.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { sigmoid } from "../ops/activation.ts";
import { checkOptions } from "../ops/front.ts";
import { digamma, lgamma } from "../ops/gamma.ts";
import { xlogy } from "../ops/logarithms.ts";
import type { GeneratorOptions } from "../random_variates.ts";
import type { Shape } from "../shape.ts";
import { xlog1py } from "../special/entropy.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Distribution, parameters, require } from "./distribution.ts";
import { gammaLogSample } from "./gamma_sample.ts";

/**
 * Beta distribution on [0, 1]: its density is xᵃ⁻¹ (1 - x)ᵇ⁻¹ Γ(a + b) / (Γ(a) Γ(b)).
 *
 * @example
 * ```ts
 * import { distributions } from "@minitensor/minitensor";
 * const beta = new distributions.Beta(1, 3);
 * console.assert(beta.mean.item() === 0.25); // a / (a + b)
 * ```
 */
export class Beta extends Distribution {
  /** a: of values near 1. */
  readonly concentration1: Tensor;
  /** b: of values near 0. */
  readonly concentration0: Tensor;

  /** @throws {ArgumentError} when a concentration is not above 0. */
  constructor(concentration1: TensorLike, concentration0: TensorLike) {
    const [a, b] = parameters(concentration1, concentration0) as [Tensor, Tensor];
    super(a.shape);
    require(a.gt(0).logicalAnd(b.gt(0)), "Beta", "a concentration is not above 0");
    this.concentration1 = a;
    this.concentration0 = b;
  }

  private get total(): Tensor {
    return this.concentration1.add(this.concentration0);
  }

  /** log of Γ(a) Γ(b) / Γ(a + b). */
  private get normalizer(): Tensor {
    const both = lgamma(this.concentration1).add(lgamma(this.concentration0));
    return both.sub(lgamma(this.total));
  }

  override get mean(): Tensor {
    return this.concentration1.div(this.total);
  }

  override get variance(): Tensor {
    const { concentration1: a, concentration0: b, total } = this;
    return a.mul(b).div(total.square().mul(total.add(1)));
  }

  /** The share of one of two gamma numbers in both, by their logarithms. */
  override rsample(shape: Shape = [], options: GeneratorOptions = {}): Tensor {
    checkOptions(options, ["generator"], "sample");
    const [a, b] = [this.concentration1, this.concentration0].map((concentration) =>
      gammaLogSample(concentration.expand(this.extended(shape)), options.generator)
    ) as [Tensor, Tensor];
    return sigmoid(a.sub(b));
  }

  override logProb(value: TensorLike): Tensor {
    const x = this.valued(value, (x) => x.ge(0).logicalAnd(x.le(1)));
    const upper = xlogy(this.concentration1.sub(1), x);
    return upper.add(xlog1py(this.concentration0.sub(1), x.neg())).sub(this.normalizer);
  }

  override entropy(): Tensor {
    const { concentration1: a, concentration0: b, total } = this;
    const parts = a.sub(1).mul(digamma(a)).add(b.sub(1).mul(digamma(b)));
    return this.normalizer.sub(parts).add(total.sub(2).mul(digamma(total)));
  }
}
