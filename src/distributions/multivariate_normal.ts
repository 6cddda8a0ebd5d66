/**
 * The normal distribution of vectors.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { cholesky } from "../ops/decompose.ts";
import { checkOptions, floating, single } from "../ops/front.ts";
import { inv } from "../ops/lu.ts";
import { solveTriangular } from "../ops/triangular.ts";
import { randn } from "../random.ts";
import type { GeneratorOptions } from "../random_variates.ts";
import { broadcastShapes, type Shape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Distribution, drawing } from "./distribution.ts";

/** How vectors spread: one of the three. */
export interface Spread {
  /** Covariances of the elements, positive definite. */
  readonly covarianceMatrix?: TensorLike;
  /** Their inverse. */
  readonly precisionMatrix?: TensorLike;
  /** Cholesky's factor of the covariances: lower triangular, its diagonal above 0. */
  readonly scaleTril?: TensorLike;
}

/**
 * Normal distribution of vectors [.., k] of mean `loc`.
 *
 * @example
 * ```ts
 * import { distributions } from "@minitensor/minitensor";
 * const covarianceMatrix = [[4, 1], [1, 2]];
 * const normal = new distributions.MultivariateNormal([0, 0], { covarianceMatrix });
 * console.assert(normal.variance.allclose([4, 2]) && normal.sample([5]).shape.join() === "5,2");
 * ```
 */
export class MultivariateNormal extends Distribution {
  /** Means, [.., k]. */
  readonly loc: Tensor;
  /** Cholesky's factor of the covariances, [.., k, k]. */
  readonly scaleTril: Tensor;

  /**
   * @throws {ArgumentError} unless exactly one of the options is given.
   * @throws {ShapeError} when the matrix is not [.., k, k].
   * @throws {LinAlgError} when the matrix is not positive definite.
   */
  constructor(loc: TensorLike, spread: Spread) {
    const known = ["covarianceMatrix", "precisionMatrix", "scaleTril"] as const;
    checkOptions(spread, known, "make a MultivariateNormal distribution");
    const given = known.filter((name) => spread[name] !== undefined);
    if (given.length !== 1) {
      throw new ArgumentError(
        `Cannot make a MultivariateNormal distribution: it takes one of ${known.join(", ")}`,
      );
    }
    const mean = floating(single(loc));
    const matrix = floating(single(spread[given[0]!]!)).to(mean.dtype);
    const k = mean.shape.at(-1);
    if (mean.ndim < 1 || matrix.ndim < 2 || matrix.shape.slice(-2).some((size) => size !== k)) {
      throw new ShapeError(
        `Cannot make a MultivariateNormal distribution of mean ${text(mean.shape)} and matrix ${
          text(matrix.shape)
        }: they are [.., k] and [.., k, k]`,
      );
    }
    const batch = broadcastShapes(mean.shape.slice(0, -1), matrix.shape.slice(0, -2));
    super(batch, [k!]);
    const factor = given[0] === "scaleTril"
      ? matrix
      : cholesky(given[0] === "precisionMatrix" ? inv(matrix) : matrix);
    this.loc = mean.expand([...batch, k!]);
    this.scaleTril = factor.expand([...batch, k!, k!]);
  }

  /** Covariances of the elements. */
  get covarianceMatrix(): Tensor {
    return this.scaleTril.matmul(this.scaleTril.transpose(-2, -1));
  }

  override get mean(): Tensor {
    return this.loc;
  }

  override get variance(): Tensor {
    return this.scaleTril.square().sum(-1);
  }

  /** Half the logarithm of the covariances' determinant. */
  get halfLogDeterminant(): Tensor {
    return this.scaleTril.diagonal({ dim1: -2, dim2: -1 }).log().sum(-1);
  }

  override rsample(shape: Shape = [], options: GeneratorOptions = {}): Tensor {
    const z = randn(this.extended(shape), drawing(options, this.loc));
    return this.loc.add(this.scaleTril.matmul(z.unsqueeze(-1)).squeeze(-1));
  }

  /** The squared distance from the mean, in standard deviations. */
  distance(x: Tensor): Tensor {
    const off = x.sub(this.loc).unsqueeze(-1);
    const shape = broadcastShapes(off.shape.slice(0, -2), this.batchShape);
    const k = this.eventShape[0]!;
    const factor = this.scaleTril.expand([...shape, k, k]);
    const z = solveTriangular(factor, off.expand([...shape, k, 1]), { upper: false });
    return z.square().sum([-2, -1]);
  }

  override logProb(value: TensorLike): Tensor {
    const k = this.eventShape[0]!;
    const exponent = this.distance(this.valued(value)).mul(-0.5);
    return exponent.sub(this.halfLogDeterminant).sub(k / 2 * Math.log(2 * Math.PI));
  }

  override entropy(): Tensor {
    return this.halfLogDeterminant.add(this.eventShape[0]! / 2 * (1 + Math.log(2 * Math.PI)));
  }
}
