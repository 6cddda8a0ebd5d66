/**
 * Dims rearranged, reduced and repeated by patterns that show the axes (Rogozhnikov 2022).
 *
 * @module
 */
import "../tensor/tensor.ts"; // defines the class of tensors for whoever imports this part alone

export { type AxisSizes, rearrange, reduce, type Reduction, repeat } from "./rearrange.ts";
