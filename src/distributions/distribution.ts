/**
 * What all distributions have in common.
 *
 * @module
 */
import { noGrad } from "../autograd.ts";
import { tensor, type TensorLike } from "../create.ts";
import { ArgumentError, NotImplementedError, ShapeError } from "../errors.ts";
import { checkOptions, floating, promote, single } from "../ops/front.ts";
import * as ops from "../ops/mod.ts";
import type { GeneratorOptions } from "../random_variates.ts";
import { broadcastShapes, type Shape } from "../shape.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Parameters as floating-point tensors of one dtype, broadcast together. */
export function parameters(...given: readonly TensorLike[]): Tensor[] {
  const tensors = given.filter(isTensor);
  const dtype = tensors.length === 0 ? null : promote(tensors, true)[0]!.dtype;
  const all = given.map((one) => {
    const x = isTensor(one) ? one : dtype === null ? floating(tensor(one)) : tensor(one, { dtype });
    return dtype === null ? x : x.to(dtype);
  });
  const shape = broadcastShapes(...all.map((x) => x.shape));
  return all.map((x) => x.expand(shape));
}

/** Throws unless all elements hold. */
export function require(mask: Tensor, what: string, why: string): void {
  if (ops.all(mask).item() !== true) {
    throw new ArgumentError(`Cannot make a ${what} distribution: ${why}`, { op: what });
  }
}

/**
 * A probability distribution, or a batch of independent ones.
 *
 * @example
 * ```ts
 * import { distributions } from "@minitensor/minitensor";
 * const batch = new distributions.Dirichlet([[1, 2], [3, 4], [5, 6]]); // three, of pairs
 * console.assert(batch.batchShape.join() === "3" && batch.eventShape.join() === "2");
 * console.assert(batch.sample([7]).shape.join() === "7,3,2");
 * ```
 */
export abstract class Distribution {
  /** Shape of the batch: of what is independent. */
  readonly batchShape: Shape;
  /** Shape of one draw of one of them: [] unless the distribution is one of vectors. */
  readonly eventShape: Shape;

  /** For the distributions of the library. */
  constructor(batchShape: Shape, eventShape: Shape = []) {
    this.batchShape = batchShape;
    this.eventShape = eventShape;
  }

  /** Name for messages. */
  protected get title(): string {
    return this.constructor.name;
  }

  /** Means. */
  get mean(): Tensor {
    return this.unknown("the mean");
  }

  /** Variances. */
  get variance(): Tensor {
    return this.unknown("the variance");
  }

  /** Standard deviations. */
  get stddev(): Tensor {
    return ops.sqrt(this.variance);
  }

  /** Draws, without a gradient, of shape [..shape, ..batchShape, ..eventShape]. */
  sample(shape: Shape = [], options: GeneratorOptions = {}): Tensor {
    return noGrad(() => this.rsample(shape, options));
  }

  /**
   * Draws that are differentiable by the parameters, of the shape of {@link sample}.
   *
   * @throws {NotImplementedError} when draws are no smooth function of the parameters.
   */
  rsample(_shape: Shape = [], _options: GeneratorOptions = {}): Tensor {
    return this.unknown("differentiable samples");
  }

  /**
   * Logarithm of the density, or of the probability, of values.
   *
   * @throws {ArgumentError} for a value outside the support.
   */
  abstract logProb(value: TensorLike): Tensor;

  /** Entropies, in natural units. */
  entropy(): Tensor {
    return this.unknown("the entropy");
  }

  /** Probability of what is not above values. */
  cdf(_value: TensorLike): Tensor {
    return this.unknown("the distribution function");
  }

  /** Values whose {@link cdf} is a probability. */
  icdf(_probability: TensorLike): Tensor {
    return this.unknown("the quantiles");
  }

  /** Shape of `shape` draws. */
  protected extended(shape: Shape): Shape {
    return [...shape, ...this.batchShape, ...this.eventShape];
  }

  /** Values as a tensor beside the parameters, of which all must hold. */
  protected valued(value: TensorLike, holds?: (x: Tensor) => Tensor): Tensor {
    const x = single(value);
    if (holds !== undefined && ops.all(holds(x.detach())).item() !== true) {
      throw new ArgumentError(
        `Cannot take logProb of a ${this.title} distribution: a value is outside its support`,
        { op: "logProb" },
      );
    }
    const rank = this.eventShape.length;
    const tail = x.shape.slice(x.ndim - rank);
    if (tail.length !== rank || tail.some((extent, i) => extent !== this.eventShape[i])) {
      throw new ShapeError(
        `Cannot take logProb of a ${this.title} distribution: values of shape [${
          x.shape.join(", ")
        }] do not end in [${this.eventShape.join(", ")}]`,
        { op: "logProb" },
      );
    }
    return x;
  }

  /** What has no formula. */
  protected unknown(what: string): never {
    throw new NotImplementedError(
      `Cannot tell ${what} of a ${this.title} distribution: there is no formula`,
    );
  }
}

/** The options of a draw, checked, as random functions take them. */
export function drawing(options: GeneratorOptions, x: Tensor): GeneratorOptions & {
  readonly dtype: Tensor["dtype"];
} {
  checkOptions(options, ["generator"], "sample");
  return { dtype: x.dtype, ...(options.generator && { generator: options.generator }) };
}
