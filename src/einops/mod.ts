/**
 * Dims rearranged, reduced and repeated by patterns that show the axes (Rogozhnikov 2022).
 *
 * @module
 */
import "../tensor/tensor.ts"; // defines the class of tensors for whoever imports this part alone
import type { TensorLike } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type AxisSizes, rearrange, reduce, type Reduction, repeat } from "./rearrange.ts";

export { type AxisSizes, rearrange, reduce, type Reduction, repeat } from "./rearrange.ts";

/** {@link rearrange}, and with it all three functions. */
export interface Einops {
  /** As {@link rearrange}. */
  (x: TensorLike, pattern: string, sizes?: AxisSizes): Tensor;
  /** Dims split, moved and merged. */
  readonly rearrange: (x: TensorLike, pattern: string, sizes?: AxisSizes) => Tensor;
  /** Elements combined over axes. */
  readonly reduce: (
    x: TensorLike,
    pattern: string,
    reduction: Reduction,
    sizes?: AxisSizes,
  ) => Tensor;
  /** Elements repeated along new axes. */
  readonly repeat: (x: TensorLike, pattern: string, sizes?: AxisSizes) => Tensor;
}

/**
 * The functions of patterns under one name: called itself, it rearranges.
 *
 * @example
 * ```ts
 * import { arange, einops } from "@minitensor/minitensor";
 * console.assert(einops(arange(6), "(a b) -> b a", { a: 2 }).shape.join() === "3,2");
 * console.assert(einops.reduce(arange(6), "(a b) -> a", "max", { a: 2 }).shape.join() === "2");
 * ```
 */
export const einops: Einops = Object.assign(
  (...given: Parameters<typeof rearrange>) => rearrange(...given),
  { rearrange, reduce, repeat },
);
