/**
 * Student's t-distribution.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { digamma, lgamma } from "../ops/gamma.ts";
import { where } from "../ops/select.ts";
import { randn } from "../random.ts";
import type { GeneratorOptions } from "../random_variates.ts";
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Distribution, drawing, parameters, require } from "./distribution.ts";
import { gammaSample } from "./gamma_sample.ts";

/**
 * Student's t-distribution of `df` degrees of freedom, moved by `loc` and stretched by `scale`.
 *
 * @example
 * ```ts
 * import { distributions } from "@minitensor/minitensor";
 * console.assert(new distributions.StudentT(4).variance.item() === 2); // df / (df - 2)
 * ```
 */
export class StudentT extends Distribution {
  /** Degrees of freedom. */
  readonly df: Tensor;
  /** Centres. */
  readonly loc: Tensor;
  /** Scales. */
  readonly scale: Tensor;

  /** @throws {ArgumentError} when degrees of freedom or a scale are not above 0. */
  constructor(df: TensorLike, loc: TensorLike = 0, scale: TensorLike = 1) {
    const [degrees, centre, spread] = parameters(df, loc, scale) as [Tensor, Tensor, Tensor];
    super(degrees.shape);
    require(degrees.gt(0), "StudentT", "degrees of freedom are not above 0");
    require(spread.gt(0), "StudentT", "a scale is not above 0");
    this.df = degrees;
    this.loc = centre;
    this.scale = spread;
  }

  /** NaN up to one degree of freedom. */
  override get mean(): Tensor {
    return this.loc.maskedFill(this.df.le(1), NaN);
  }

  /** Infinite up to two degrees of freedom, NaN up to one. */
  override get variance(): Tensor {
    const two = this.df.gt(2);
    const safe = where(two, this.df, 3);
    const finite = this.scale.square().mul(safe).div(safe.sub(2));
    return where(two, finite, where(this.df.gt(1), Infinity, NaN));
  }

  /** A normal number over the root of a gamma number. */
  override rsample(shape: Shape = [], options: GeneratorOptions = {}): Tensor {
    const z = randn(this.extended(shape), drawing(options, this.df));
    const half = this.df.mul(0.5);
    const size = gammaSample(half.expand(this.extended(shape)), options.generator).div(half);
    return this.loc.add(this.scale.mul(z.mul(size.rsqrt())));
  }

  override logProb(value: TensorLike): Tensor {
    const z = this.valued(value).sub(this.loc).div(this.scale);
    const tail = z.square().div(this.df).log1p().mul(this.df.add(1).mul(-0.5));
    return tail.sub(this.scale.log()).sub(this.normalizer);
  }

  /** log of √(π df) Γ(df / 2) / Γ((df + 1) / 2). */
  private get normalizer(): Tensor {
    const half = this.df.mul(0.5);
    const root = this.df.mul(Math.PI).log().mul(0.5);
    return root.add(lgamma(half)).sub(lgamma(half.add(0.5)));
  }

  override entropy(): Tensor {
    const half = this.df.mul(0.5);
    const slopes = digamma(half.add(0.5)).sub(digamma(half));
    return this.scale.log().add(half.add(0.5).mul(slopes)).add(this.normalizer);
  }
}
