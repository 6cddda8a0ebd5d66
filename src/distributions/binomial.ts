/**
 * The binomial distribution.
 *
 * @module
 */
import { arange, type TensorLike } from "../create.ts";
import { sigmoid } from "../ops/activation.ts";
import { checkOptions } from "../ops/front.ts";
import { lgamma } from "../ops/gamma.ts";
import { xlogy } from "../ops/logarithms.ts";
import { binomialVariates, type GeneratorOptions } from "../random_variates.ts";
import type { Shape } from "../shape.ts";
import { entr, xlog1py } from "../special/entropy.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Distribution, require } from "./distribution.ts";
import { type Chances, chances } from "./probabilities.ts";

/**
 * Number of successes in `totalCount` trials of probability p each.
 *
 * @example
 * ```ts
 * import { distributions } from "@minitensor/minitensor";
 * const heads = new distributions.Binomial(4, { probs: 0.5 });
 * console.assert(heads.mean.item() === 2 && heads.logProb(2).exp().allclose(6 / 16));
 * ```
 */
export class Binomial extends Distribution {
  /** Numbers of trials. */
  readonly totalCount: Tensor;
  /** Probabilities of success. */
  readonly probs: Tensor;

  /** @throws {ArgumentError} for a count that is none, or a probability outside 0 to 1. */
  constructor(totalCount: TensorLike, given: Chances) {
    const { x, logits, others: [count] } = chances(given, "Binomial", totalCount);
    super(x.shape);
    const whole = count!.ge(0).logicalAnd(count!.eq(count!.floor()));
    require(whole, "Binomial", "a count is no whole number");
    if (!logits) require(x.le(1), "Binomial", "a probability is above 1");
    this.totalCount = count!;
    this.probs = logits ? sigmoid(x) : x;
  }

  override get mean(): Tensor {
    return this.totalCount.mul(this.probs);
  }

  override get variance(): Tensor {
    return this.mean.mul(this.probs.neg().add(1));
  }

  override sample(shape: Shape = [], options: GeneratorOptions = {}): Tensor {
    checkOptions(options, ["generator"], "sample");
    const [count, p] = [this.totalCount, this.probs].map((x) => x.expand(this.extended(shape)));
    return binomialVariates(count!, p!, options.generator);
  }

  override logProb(value: TensorLike): Tensor {
    const n = this.totalCount;
    const x = this.valued(value, (x) => {
      return x.ge(0).logicalAnd(x.le(n)).logicalAnd(x.eq(x.floor()));
    });
    return this.logChance(x);
  }

  /** The sum over all numbers of successes; there is no shorter formula. */
  override entropy(): Tensor {
    const n = this.totalCount;
    const most = n.numel() === 0 ? 0 : Number(n.detach().amax().item());
    const x = arange(most + 1, undefined, 1, { dtype: n.dtype })
      .reshape([most + 1, ...this.batchShape.map(() => 1)]);
    const terms = entr(this.logChance(x.minimum(n)).exp());
    return terms.maskedFill(x.gt(n), 0).sum(0); // counts may differ in a batch
  }

  /** Logarithm of the probability of x successes, which are possible. */
  private logChance(x: Tensor): Tensor {
    const n = this.totalCount;
    const rest = n.sub(x);
    const ways = lgamma(n.add(1)).sub(lgamma(x.add(1))).sub(lgamma(rest.add(1)));
    return ways.add(xlogy(x, this.probs)).add(xlog1py(rest, this.probs.neg()));
  }
}
