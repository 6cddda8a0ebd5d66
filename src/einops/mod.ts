/**
 * Dims rearranged, reduced and repeated by patterns that show the axes (Rogozhnikov 2022).
 *
 * @module
 */
import "../tensor/tensor.ts"; // defines the class of tensors for whoever imports this part alone
import { rearrange, reduce, repeat } from "./rearrange.ts";

export { type AxisSizes, rearrange, reduce, type Reduction, repeat } from "./rearrange.ts";

/** {@link rearrange}, and with it all three functions. */
export interface Einops {
  /** As {@link rearrange}. */
  (...given: Parameters<typeof rearrange>): ReturnType<typeof rearrange>;
  /** Dims split, moved and merged. */
  readonly rearrange: typeof rearrange;
  /** Elements combined over axes. */
  readonly reduce: typeof reduce;
  /** Elements repeated along new axes. */
  readonly repeat: typeof repeat;
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
