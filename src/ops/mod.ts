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
export { cholesky, qr } from "./decompose.ts";
export { det, logdet, slogdet } from "./determinant.ts";
export { inv, lu, solve } from "./lu.ts";
export { svd } from "./spectral.ts";
export * from "./loss.ts";
export * from "./math.ts";
export * from "./reduction.ts";
export * from "./select.ts";
export * from "./view.ts";
