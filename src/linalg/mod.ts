/**
 * Linear algebra by the names of PyTorch's `torch.linalg`.
 *
 * @module
 */
import "../tensor/tensor.ts"; // defines the class of tensors for whoever imports this part alone
export * from "../ops/decompose.ts";
export * from "../ops/determinant.ts";
export { matmul } from "../ops/linalg.ts";
export { inv, lu, luFactor, luSolve, type LuSolveOptions, solve } from "../ops/lu.ts";
export * from "../ops/spectral.ts";
export { solveTriangular, type SolveTriangularOptions } from "../ops/triangular.ts";
