/**
 * Methods that reduce, scan and multiply.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import * as ops from "../ops/mod.ts";
import type { Shape } from "../shape.ts";
import { TensorSpecial } from "./special.ts";
import type { Tensor } from "./tensor.ts";

/** Methods that reduce, scan and multiply. */
export class TensorReduction extends TensorSpecial {
  /** Sum of the elements. */
  sum(dims?: number | readonly number[] | ops.TotalOptions, options?: ops.TotalOptions): Tensor {
    return ops.sum(this.self, dims, options);
  }

  /** Mean of the elements. */
  mean(dims?: number | readonly number[] | ops.TotalOptions, options?: ops.TotalOptions): Tensor {
    return ops.mean(this.self, dims, options);
  }

  /** Product of the elements. */
  prod(dims?: number | readonly number[] | ops.TotalOptions, options?: ops.TotalOptions): Tensor {
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
  cumsum(dim: number, options?: ops.ScanOptions): Tensor {
    return ops.cumsum(this.self, dim, options);
  }

  /** Running products along a dim. */
  cumprod(dim: number, options?: ops.ScanOptions): Tensor {
    return ops.cumprod(this.self, dim, options);
  }

  /** exp(x) / sum(exp(x)) along a dim. */
  softmax(dim?: number | ops.SoftmaxOptions, options?: ops.SoftmaxOptions): Tensor {
    return ops.softmax(this.self, dim, options);
  }

  /** Logarithm of softmax along a dim. */
  logSoftmax(dim?: number | ops.SoftmaxOptions, options?: ops.SoftmaxOptions): Tensor {
    return ops.logSoftmax(this.self, dim, options);
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

  /** Largest element of all. See {@link ops.max}. */
  max(options?: { readonly keepdim?: boolean }): Tensor;
  /** Largest elements along a dim, and their indices. */
  max(dim: number, options?: ops.DimReduceOptions): ops.ValuesIndices;
  /** Largest elements along the dim of the options, and their indices. */
  max(options: ops.DimReduceOptions & { readonly dim: number }): ops.ValuesIndices;
  /** Largest of two, element by element. */
  max(y: Tensor): Tensor;
  max(...rest: readonly unknown[]): Tensor | ops.ValuesIndices {
    return (ops.max as Overloaded)(this.self, ...rest);
  }

  /** Smallest element of all. See {@link ops.min}. */
  min(options?: { readonly keepdim?: boolean }): Tensor;
  /** Smallest elements along a dim, and their indices. */
  min(dim: number, options?: ops.DimReduceOptions): ops.ValuesIndices;
  /** Smallest elements along the dim of the options, and their indices. */
  min(options: ops.DimReduceOptions & { readonly dim: number }): ops.ValuesIndices;
  /** Smallest of two, element by element. */
  min(y: Tensor): Tensor;
  min(...rest: readonly unknown[]): Tensor | ops.ValuesIndices {
    return (ops.min as Overloaded)(this.self, ...rest);
  }

  /** Normalises over the last dims. See {@link ops.layerNorm}. */
  layerNorm(normalizedShape: number | Shape, options?: ops.LayerNormOptions): Tensor {
    return ops.layerNorm(this.self, normalizedShape, options);
  }
}

/** A function whose overloads a method repeats. */
type Overloaded = (x: Tensor, ...rest: readonly unknown[]) => Tensor & ops.ValuesIndices;
