/**
 * The Bernoulli distribution.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { logsigmoid, sigmoid } from "../ops/mod.ts";
import { checkOptions } from "../ops/front.ts";
import { logit, xlogy } from "../ops/logarithms.ts";
import { bernoulliVariates, type GeneratorOptions } from "../random_variates.ts";
import type { Shape } from "../shape.ts";
import { entr, xlog1py } from "../special/entropy.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Distribution, require } from "./distribution.ts";
import { type Chances, chances } from "./probabilities.ts";

/**
 * 1 with probability `probs`, else 0; or given by `logits`, the logarithms of the odds.
 *
 * @example
 * ```ts
 * import { distributions } from "@minitensor/minitensor";
 * const coin = new distributions.Bernoulli({ probs: 0.25 });
 * console.assert(coin.mean.item() === 0.25 && coin.variance.item() === 0.1875);
 * ```
 */
export class Bernoulli extends Distribution {
  /** Probabilities of 1. */
  readonly probs: Tensor;
  /** Logarithms of the odds. */
  readonly logits: Tensor;
  readonly #exact: boolean;

  /** @throws {ArgumentError} unless one of both is given, or for a probability outside 0 to 1. */
  constructor(given: Chances) {
    const { x, logits } = chances(given, "Bernoulli");
    super(x.shape);
    if (!logits) require(x.le(1), "Bernoulli", "a probability is above 1");
    this.probs = logits ? sigmoid(x) : x;
    this.logits = logits ? x : logit(x);
    this.#exact = !logits;
  }

  override get mean(): Tensor {
    return this.probs;
  }

  override get variance(): Tensor {
    return this.probs.mul(this.probs.neg().add(1));
  }

  override sample(shape: Shape = [], options: GeneratorOptions = {}): Tensor {
    checkOptions(options, ["generator"], "sample");
    return bernoulliVariates(this.probs.expand(this.extended(shape)), options.generator);
  }

  override logProb(value: TensorLike): Tensor {
    const x = this.valued(value, (x) => x.eq(0).logicalOr(x.eq(1))).to(this.probs.dtype);
    const rest = x.neg().add(1);
    if (this.#exact) return xlogy(x, this.probs).add(xlog1py(rest, this.probs.neg()));
    return x.mul(logsigmoid(this.logits)).add(rest.mul(logsigmoid(this.logits.neg())));
  }

  override entropy(): Tensor {
    const { probs: p, logits } = this;
    if (this.#exact) return entr(p).add(entr(p.neg().add(1)));
    const other = sigmoid(logits.neg());
    return p.mul(logsigmoid(logits)).add(other.mul(logsigmoid(logits.neg()))).neg();
  }
}
