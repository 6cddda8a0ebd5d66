/**
 * All built-in ops.
 *
 * @module
 */
export * from "./activation.ts";
export * from "./arithmetic.ts";
export * from "./cast.ts";
export * from "./comparison.ts";
export * from "./convolution.ts";
export { clone, contiguous } from "./copy.ts";
export * from "./dropout.ts";
export { operand } from "./front.ts";
export * from "./gather.ts";
export * from "./index.ts";
export type { ReduceOptions } from "./infer.ts";
export * from "./join.ts";
export * from "./linalg.ts";
export { cholesky, type CholeskyOptions, qr, type QrOptions, type QrResult } from "./decompose.ts";
export { det, logdet, slogdet, type SlogdetResult } from "./determinant.ts";
export { einsum } from "./einsum.ts";
export { pinverse, type RankOptions } from "./least_squares.ts";
export { inv, lu, type LuResult, solve } from "./lu.ts";
export {
  chainMatmul,
  cross,
  type CrossOptions,
  type DiagonalOptions,
  matrixPower,
  trace,
} from "./matrix.ts";
export { matrixExp } from "./matrix_function.ts";
export { cdist, type CdistOptions, norm, type NormOptions } from "./norm.ts";
export {
  addbmm,
  addmm,
  addmv,
  type AddProductOptions,
  addr,
  baddbmm,
  inner,
  kron,
  mm,
  mv,
  outer,
  tensordot,
  vdot,
} from "./product.ts";
export { svd, type SvdOptions, type SvdResult } from "./spectral.ts";
export * from "./loss.ts";
export * from "./math.ts";
export * from "./reduction.ts";
export * from "./select.ts";
export * from "./view.ts";
