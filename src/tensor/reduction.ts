/**
 * Methods that reduce, scan and multiply.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import * as ops from "../ops/mod.ts";
import type { Shape } from "../shape.ts";
import { TensorStatistics } from "./statistics.ts";
import type { Tensor } from "./tensor.ts";

/** Methods that reduce, scan and multiply. */
export class TensorReduction extends TensorStatistics {
  /** Sum of the elements. */
  sum(dims?: number | readonly number[] | ops.ReduceOptions, options?: ops.ReduceOptions): Tensor {
    return ops.sum(this.self, dims, options);
  }

  /** Mean of the elements. */
  mean(dims?: number | readonly number[] | ops.ReduceOptions, options?: ops.ReduceOptions): Tensor {
    return ops.mean(this.self, dims, options);
  }

  /** Product of the elements. */
  prod(dims?: number | readonly number[] | ops.ReduceOptions, options?: ops.ReduceOptions): Tensor {
    return ops.prod(this.self, dims, options);
  }

  /** Largest element; ties share the gradient. */
  amax(dims?: number | readonly number[] | ops.ReduceOptions, options?: ops.ReduceOptions): Tensor {
    return ops.amax(this.self, dims, options);
  }

  /** Smallest element; ties share the gradient. */
  amin(dims?: number | readonly number[] | ops.ReduceOptions, options?: ops.ReduceOptions): Tensor {
    return ops.amin(this.self, dims, options);
  }

  /** True where all elements are nonzero. */
  all(dims?: number | readonly number[] | ops.ReduceOptions, options?: ops.ReduceOptions): Tensor {
    return ops.all(this.self, dims, options);
  }

  /** True where any element is nonzero. */
  any(dims?: number | readonly number[] | ops.ReduceOptions, options?: ops.ReduceOptions): Tensor {
    return ops.any(this.self, dims, options);
  }

  /** Logarithm of the sum of exponentials. */
  logsumexp(
    dims?: number | readonly number[] | ops.ReduceOptions,
    options?: ops.ReduceOptions,
  ): Tensor {
    return ops.logsumexp(this.self, dims, options);
  }

  /** Index of the largest element. */
  argmax(dim?: number | ops.ReduceOptions, options?: ops.ReduceOptions): Tensor {
    return ops.argmax(this.self, dim, options);
  }

  /** Index of the smallest element. */
  argmin(dim?: number | ops.ReduceOptions, options?: ops.ReduceOptions): Tensor {
    return ops.argmin(this.self, dim, options);
  }

  /** Variance of the elements. */
  var(
    dims?: number | readonly number[] | ops.VarianceOptions,
    options?: ops.VarianceOptions,
  ): Tensor {
    return ops.variance(this.self, dims, options);
  }

  /** Standard deviation of the elements. */
  std(
    dims?: number | readonly number[] | ops.VarianceOptions,
    options?: ops.VarianceOptions,
  ): Tensor {
    return ops.std(this.self, dims, options);
  }

  /** Running sums along a dim. */
  cumsum(dim: number): Tensor {
    return ops.cumsum(this.self, dim);
  }

  /** Running products along a dim. */
  cumprod(dim: number): Tensor {
    return ops.cumprod(this.self, dim);
  }

  /** exp(x) / sum(exp(x)) along a dim. */
  softmax(dim = -1): Tensor {
    return ops.softmax(this.self, dim);
  }

  /** Logarithm of softmax along a dim. */
  logSoftmax(dim = -1): Tensor {
    return ops.logSoftmax(this.self, dim);
  }

  /** Matrix product. */
  matmul(y: TensorLike): Tensor {
    return ops.matmul(this.self, y);
  }

  /** Product of two vectors. */
  dot(y: Tensor): Tensor {
    return ops.dot(this.self, y);
  }

  /** Products of matrices, pair by pair. */
  bmm(y: Tensor): Tensor {
    return ops.bmm(this.self, y);
  }

  /** Largest element of all. */
  max(): Tensor;
  /** Largest elements along a dim, and their indices. */
  max(dim: number, options?: ops.ReduceOptions): ops.ValuesIndices;
  max(dim?: number, options?: ops.ReduceOptions): Tensor | ops.ValuesIndices {
    return dim === undefined ? ops.max(this.self) : ops.max(this.self, dim, options);
  }

  /** Smallest element of all. */
  min(): Tensor;
  /** Smallest elements along a dim, and their indices. */
  min(dim: number, options?: ops.ReduceOptions): ops.ValuesIndices;
  min(dim?: number, options?: ops.ReduceOptions): Tensor | ops.ValuesIndices {
    return dim === undefined ? ops.min(this.self) : ops.min(this.self, dim, options);
  }

  /** Normalises over the last dims. See {@link ops.layerNorm}. */
  layerNorm(normalizedShape: number | Shape, options?: ops.LayerNormOptions): Tensor {
    return ops.layerNorm(this.self, normalizedShape, options);
  }
}
