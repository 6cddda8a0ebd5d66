/**
 * The uniform distribution.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { single } from "../ops/front.ts";
import { rand } from "../random.ts";
import type { GeneratorOptions } from "../random_variates.ts";
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Distribution, drawing, parameters, require } from "./distribution.ts";

/**
 * Uniform distribution on [low, high).
 *
 * @example
 * ```ts
 * import { distributions } from "@minitensor/minitensor";
 * const uniform = new distributions.Uniform(0, 4);
 * console.assert(uniform.cdf(1).item() === 0.25 && uniform.mean.item() === 2);
 * ```
 */
export class Uniform extends Distribution {
  /** Lower ends. */
  readonly low: Tensor;
  /** Upper ends. */
  readonly high: Tensor;

  /** @throws {ArgumentError} when a lower end is not below the upper one. */
  constructor(low: TensorLike, high: TensorLike) {
    const [from, to] = parameters(low, high) as [Tensor, Tensor];
    super(from.shape);
    require(from.lt(to), "Uniform", "a lower end is not below the upper one");
    this.low = from;
    this.high = to;
  }

  /** Lengths of the ranges. */
  private get span(): Tensor {
    return this.high.sub(this.low);
  }

  override get mean(): Tensor {
    return this.low.add(this.high).mul(0.5);
  }

  override get variance(): Tensor {
    return this.span.square().div(12);
  }

  override rsample(shape: Shape = [], options: GeneratorOptions = {}): Tensor {
    return rand(this.extended(shape), drawing(options, this.low)).mul(this.span).add(this.low);
  }

  override logProb(value: TensorLike): Tensor {
    const x = this.valued(value, (x) => x.ge(this.low).logicalAnd(x.le(this.high)));
    const inside = this.span.log().neg().add(x.mul(0));
    return inside.maskedFill(x.ge(this.high), -Infinity);
  }

  override entropy(): Tensor {
    return this.span.log();
  }

  override cdf(value: TensorLike): Tensor {
    return this.valued(value).sub(this.low).div(this.span).clamp(0, 1);
  }

  override icdf(probability: TensorLike): Tensor {
    return single(probability).mul(this.span).add(this.low);
  }
}
