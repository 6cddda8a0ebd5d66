/**
 * Methods that order and search elements, and the statistics that rest on order.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import * as ops from "../ops/mod.ts";
import type { Shape } from "../shape.ts";
import { TensorLayout } from "./layout.ts";
import type { Tensor } from "./tensor.ts";

/** Methods that order and search elements. */
export class TensorSorting extends TensorLayout {
  /** Elements along a dim in order, and where they were. See {@link ops.sort}. */
  sort(dim?: number | ops.SortOptions, options?: ops.SortOptions): ops.ValuesIndices {
    return ops.sort(this.self, dim, options);
  }

  /** Indices that would sort along a dim. See {@link ops.argsort}. */
  argsort(dim?: number | ops.SortOptions, options?: ops.SortOptions): Tensor {
    return ops.argsort(this.self, dim, options);
  }

  /** In order along the first dim. See {@link ops.msort}. */
  msort(): Tensor {
    return ops.msort(this.self);
  }

  /** The k largest or smallest elements along a dim. See {@link ops.topk}. */
  topk(
    k: number,
    dim?: number | ops.TopkOptions,
    options?: ops.TopkOptions,
  ): ops.ValuesIndices {
    return ops.topk(this.self, k, dim, options);
  }

  /** The k-th smallest element along a dim. See {@link ops.kthvalue}. */
  kthvalue(
    k: number,
    dim?: number | ops.DimReduceOptions,
    options?: ops.DimReduceOptions,
  ): ops.ValuesIndices {
    return ops.kthvalue(this.self, k, dim, options);
  }

  /** The most frequent element along a dim. See {@link ops.mode}. */
  mode(dim?: number | ops.DimReduceOptions, options?: ops.DimReduceOptions): ops.ValuesIndices {
    return ops.mode(this.self, dim, options);
  }

  /** Median along a dim, and where it is. See {@link ops.median}. */
  median(dim: number, options?: ops.DimReduceOptions): ops.ValuesIndices;
  /** Median along the dim of the options. */
  median(options: ops.DimReduceOptions & { readonly dim: number }): ops.ValuesIndices;
  /** Median of all elements. */
  median(options?: { readonly keepdim?: boolean }): Tensor;
  median(...rest: readonly unknown[]): Tensor | ops.ValuesIndices {
    return (ops.median as Overloaded)(this.self, ...rest);
  }

  /** Median of the numbers along a dim, and where it is. See {@link ops.nanmedian}. */
  nanmedian(dim: number, options?: ops.DimReduceOptions): ops.ValuesIndices;
  /** Median along the dim of the options. */
  nanmedian(options: ops.DimReduceOptions & { readonly dim: number }): ops.ValuesIndices;
  /** Median of all numbers. */
  nanmedian(options?: { readonly keepdim?: boolean }): Tensor;
  nanmedian(...rest: readonly unknown[]): Tensor | ops.ValuesIndices {
    return (ops.nanmedian as Overloaded)(this.self, ...rest);
  }

  /** Largest number along a dim, and where it is. See {@link ops.nanmax}. */
  nanmax(dim: number, options?: ops.DimReduceOptions): ops.ValuesIndices;
  /** Largest along the dim of the options. */
  nanmax(options: ops.DimReduceOptions & { readonly dim: number }): ops.ValuesIndices;
  /** Largest of all numbers. */
  nanmax(options?: { readonly keepdim?: boolean }): Tensor;
  nanmax(...rest: readonly unknown[]): Tensor | ops.ValuesIndices {
    return (ops.nanmax as Overloaded)(this.self, ...rest);
  }

  /** Smallest number along a dim, and where it is. See {@link ops.nanmin}. */
  nanmin(dim: number, options?: ops.DimReduceOptions): ops.ValuesIndices;
  /** Smallest along the dim of the options. */
  nanmin(options: ops.DimReduceOptions & { readonly dim: number }): ops.ValuesIndices;
  /** Smallest of all numbers. */
  nanmin(options?: { readonly keepdim?: boolean }): Tensor;
  nanmin(...rest: readonly unknown[]): Tensor | ops.ValuesIndices {
    return (ops.nanmin as Overloaded)(this.self, ...rest);
  }

  /** Values below which shares of the elements lie. See {@link ops.quantile}. */
  quantile(
    q: number | readonly number[] | Tensor,
    dim?: number | ops.QuantileOptions,
    options?: ops.QuantileOptions,
  ): Tensor {
    return ops.quantile(this.self, q, dim, options);
  }

  /** Values below which shares of the numbers lie. See {@link ops.nanquantile}. */
  nanquantile(
    q: number | readonly number[] | Tensor,
    dim?: number | ops.QuantileOptions,
    options?: ops.QuantileOptions,
  ): Tensor {
    return ops.nanquantile(this.self, q, dim, options);
  }

  /** Largest element so far along a dim. See {@link ops.cummax}. */
  cummax(dim: number): ops.ValuesIndices {
    return ops.cummax(this.self, dim);
  }

  /** Smallest element so far along a dim. See {@link ops.cummin}. */
  cummin(dim: number): ops.ValuesIndices {
    return ops.cummin(this.self, dim);
  }

  /** Logarithm of running sums of exponentials. See {@link ops.logcumsumexp}. */
  logcumsumexp(dim: number): Tensor {
    return ops.logcumsumexp(this.self, dim);
  }

  /** Each distinct element once, and what is asked for. See {@link ops.unique}. */
  unique(options: ops.UniqueOptions & ops.UniqueExtras): ops.UniqueResult;
  /** Each distinct element once. */
  unique(options?: ops.UniqueOptions): Tensor;
  unique(options?: ops.UniqueOptions): Tensor | ops.UniqueResult {
    return ops.unique(this.self, options);
  }

  /** One element for each run, and what is asked for. See {@link ops.uniqueConsecutive}. */
  uniqueConsecutive(options: ops.UniqueConsecutiveOptions & ops.UniqueExtras): ops.UniqueResult;
  /** One element for each run of equal ones. */
  uniqueConsecutive(options?: ops.UniqueConsecutiveOptions): Tensor;
  uniqueConsecutive(options?: ops.UniqueConsecutiveOptions): Tensor | ops.UniqueResult {
    return ops.uniqueConsecutive(this.self, options);
  }

  /** Where values belong in these sorted rows. See {@link ops.searchsorted}. */
  searchsorted(values: TensorLike, options?: ops.SearchOptions): Tensor {
    return ops.searchsorted(this.self, values, options);
  }

  /** Bucket of each element between boundaries. See {@link ops.bucketize}. */
  bucketize(boundaries: TensorLike, options?: ops.BucketizeOptions): Tensor {
    return ops.bucketize(this.self, boundaries, options);
  }

  /** These flat indices, one tensor per dim. See {@link ops.unravelIndex}. */
  unravelIndex(shape: Shape): Tensor[] {
    return ops.unravelIndex(this.self, shape);
  }
}

/** A function whose overloads a method repeats. */
type Overloaded = (x: Tensor, ...rest: readonly unknown[]) => Tensor & ops.ValuesIndices;
