/**
 * All built-in ops.
 *
 * @module
 */
export * from "./activation.ts";
export type { DimOption, DimReduceOptions } from "./along.ts";
export * from "./arithmetic.ts";
export * from "./cast.ts";
export * from "./comparison.ts";
export * from "./convolution.ts";
export { clone, contiguous } from "./copy.ts";
export * from "./dropout.ts";
export * from "./extreme.ts";
export { operand } from "./front.ts";
export * from "./gather.ts";
export * from "./index.ts";
export type { ReduceOptions } from "./infer.ts";
export * from "./join.ts";
export * from "./linalg.ts";
export * from "./loss.ts";
export * from "./math.ts";
export * from "./nan_reduction.ts";
export * from "./norm.ts";
export * from "./quantile.ts";
export * from "./rank.ts";
export * from "./reduction.ts";
export * from "./running.ts";
export * from "./scan.ts";
export * from "./search.ts";
export * from "./select.ts";
export { argsort, lexsort, msort, sort, type SortOptions, topk, type TopkOptions } from "./sort.ts";
export * from "./histogram.ts";
export * from "./statistics.ts";
export type { TotalOptions } from "./total.ts";
export * from "./unique.ts";
export {
  std,
  stdMean,
  variance,
  variance as var,
  type VarianceOptions,
  type VarianceReduction,
  varMean,
} from "./variance.ts";
export * from "./view.ts";
