/**
 * All built-in ops.
 *
 * @module
 */
export * from "./activation.ts";
export * from "./arrange.ts";
export * from "./arithmetic.ts";
export * from "./cast.ts";
export * from "./comparison.ts";
export * from "./convolution.ts";
export { clone, contiguous } from "./copy.ts";
export * from "./diagonal_matrix.ts";
export * from "./dropout.ts";
export { operand } from "./front.ts";
export {
  gather,
  indexAdd,
  type IndexAddOptions,
  indexSelect,
  type Indices,
  scatterAdd,
} from "./gather.ts";
export { ellipsis, newaxis, Slice, slice, type ViewItem } from "./index.ts";
export { index, type IndexItem, indexPut, type IndexPutOptions } from "./index_arrays.ts";
export * from "./grid.ts";
export type { ReduceOptions } from "./infer.ts";
export * from "./join.ts";
export * from "./linalg.ts";
export * from "./loss.ts";
export * from "./math.ts";
export { argwhere, maskedSelect, nonzero, type NonzeroOptions } from "./nonzero.ts";
export * from "./one_hot.ts";
export * from "./pad.ts";
export * from "./reduction.ts";
export * from "./repeat.ts";
export { diagonalScatter, selectScatter, sliceScatter } from "./replace.ts";
export { indexCopy, indexFill, scatter } from "./scatter.ts";
export * from "./select.ts";
export * from "./stacking.ts";
export { asStrided } from "./strided.ts";
export { maskedScatter, put, take, takeAlongDim } from "./take.ts";
export * from "./view.ts";
export * from "./whole.ts";
