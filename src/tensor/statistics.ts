/**
 * Methods of statistics: what reductions are combined to.
 *
 * @module
 */
import * as ops from "../ops/mod.ts";
import { TensorSorting } from "./sorting.ts";
import type { Tensor } from "./tensor.ts";

/** Dims before the options, or options that name them. */
export type DimsOrOptions<O> = number | readonly number[] | O;

/** Methods of statistics. */
export class TensorStatistics extends TensorSorting {
  /** Sum of the elements that are not NaN. See {@link ops.nansum}. */
  nansum(dims?: DimsOrOptions<ops.TotalOptions>, options?: ops.TotalOptions): Tensor {
    return ops.nansum(this.self, dims, options);
  }

  /** Mean of the elements that are not NaN. See {@link ops.nanmean}. */
  nanmean(dims?: DimsOrOptions<ops.TotalOptions>, options?: ops.TotalOptions): Tensor {
    return ops.nanmean(this.self, dims, options);
  }

  /** Smallest and largest element. See {@link ops.aminmax}. */
  aminmax(
    dims?: DimsOrOptions<ops.ReduceOptions>,
    options?: ops.ReduceOptions,
  ): { readonly min: Tensor; readonly max: Tensor } {
    return ops.aminmax(this.self, dims, options);
  }

  /** Variance and mean. See {@link ops.varMean}. */
  varMean(
    dims?: DimsOrOptions<ops.VarianceOptions>,
    options?: ops.VarianceOptions,
  ): { readonly variance: Tensor; readonly mean: Tensor } {
    return ops.varMean(this.self, dims, options);
  }

  /** Standard deviation and mean. See {@link ops.stdMean}. */
  stdMean(
    dims?: DimsOrOptions<ops.VarianceOptions>,
    options?: ops.VarianceOptions,
  ): { readonly std: Tensor; readonly mean: Tensor } {
    return ops.stdMean(this.self, dims, options);
  }

  /** Number of elements that are not 0. See {@link ops.countNonzero}. */
  countNonzero(dims?: DimsOrOptions<ops.ReduceOptions>, options?: ops.ReduceOptions): Tensor {
    return ops.countNonzero(this.self, dims, options);
  }

  /** The p-norm. See {@link ops.norm}. */
  norm(options?: ops.NormOptions): Tensor {
    return ops.norm(this.self, options);
  }

  /** With slices whose norm exceeds a limit scaled down. See {@link ops.renorm}. */
  renorm(p: number, dim: number, maxnorm: number): Tensor {
    return ops.renorm(this.self, p, dim, maxnorm);
  }

  /** How many elements fall into each of equal bins. See {@link ops.histc}. */
  histc(options?: ops.HistcOptions): Tensor {
    return ops.histc(this.self, options);
  }

  /** Counts in bins, and the bins' edges. See {@link ops.histogram}. */
  histogram(
    bins: ops.Bins,
    options?: ops.HistogramOptions,
  ): { readonly hist: Tensor; readonly binEdges: Tensor } {
    return ops.histogram(this.self, bins, options);
  }

  /** Counts of points in a grid of bins, and its edges. See {@link ops.histogramdd}. */
  histogramdd(
    bins: number | readonly ops.Bins[],
    options?: ops.HistogramOptions,
  ): { readonly hist: Tensor; readonly binEdges: Tensor[] } {
    return ops.histogramdd(this.self, bins, options);
  }

  /** Covariances of variables in rows. See {@link ops.cov}. */
  cov(options?: ops.CovOptions): Tensor {
    return ops.cov(this.self, options);
  }

  /** Correlation coefficients of variables in rows. See {@link ops.corrcoef}. */
  corrcoef(): Tensor {
    return ops.corrcoef(this.self);
  }
}
