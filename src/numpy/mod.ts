/**
 * Tensors under NumPy's names: lower case, `axis`, `keepdims`, `ddof`, and NumPy's defaults where
 * PyTorch's differ.
 *
 * @example
 * ```ts
 * import * as np from "@minitensor/minitensor/numpy";
 * const a = np.asarray([[1, 2], [3, 4]]);
 * console.assert(np.std(a, { axis: 0 }).toArray().toString() === "1,1"); // ddof = 0
 * ```
 *
 * @module
 */
import "../tensor/tensor.ts"; // the class that ops make

export * from "./arrays.ts";
export * from "./creation.ts";
export * from "./math.ts";
export * from "./order.ts";
export {
  type AxisOptions,
  type AxisReduction,
  type DdofOptions,
  type DdofReduction,
  max,
  mean,
  min,
  nanmax,
  nanmean,
  nanmin,
  nansum,
  prod,
  std,
  sum,
  variance,
} from "./reductions.ts";
export * from "./series.ts";
export * from "./shapes.ts";
/** Variance, of a whole population unless `ddof` says otherwise. */
export { variance as var } from "./reductions.ts";
