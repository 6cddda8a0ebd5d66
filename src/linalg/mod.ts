/**
 * Linear algebra by the names of PyTorch's `torch.linalg`.
 *
 * @module
 */
import "../tensor/tensor.ts"; // defines the class of tensors for whoever imports this part alone
import type { TensorLike } from "../create.ts";
import { checkOptions, single } from "../ops/front.ts";
import type { DiagonalOptions } from "../ops/matrix.ts";
import { diagonal as diagonalOf } from "../ops/view.ts";
import type { Tensor } from "../tensor/tensor.ts";

export * from "../ops/decompose.ts";
export * from "../ops/determinant.ts";
export * from "../ops/eig.ts";
export { matmul } from "../ops/linalg.ts";
export * from "../ops/least_squares.ts";
export {
  cross,
  type CrossOptions,
  type DiagonalOptions,
  matrixPower,
  multiDot,
} from "../ops/matrix.ts";
export {
  matrixExp,
  tensorinv,
  type TensorinvOptions,
  tensorsolve,
  type TensorsolveOptions,
} from "../ops/matrix_function.ts";
export {
  linalgNorm as norm,
  type LinalgNormOptions,
  matrixNorm,
  type MatrixNormOptions,
  type MatrixOrder,
  vectorNorm,
  type VectorNormOptions,
} from "../ops/norm.ts";
export { vecdot, type VectorDim } from "../ops/product.ts";
export {
  inv,
  lu,
  luFactor,
  type LuResult,
  luSolve,
  type LuSolveOptions,
  solve,
} from "../ops/lu.ts";
export * from "../ops/spectral.ts";
export { solveTriangular, type SolveTriangularOptions } from "../ops/triangular.ts";

/**
 * The elements along a diagonal of the last two dims, or of those named; a view.
 *
 * @throws {AxisError} when the tensor has fewer than two dims, or the dims are the same.
 *
 * @example
 * ```ts
 * import { diagonal } from "@minitensor/minitensor/linalg";
 * console.assert(diagonal([[1, 2], [3, 4]]).toTypedArray().join() === "1,4");
 * ```
 */
export function diagonal(x: TensorLike, options: DiagonalOptions = {}): Tensor {
  checkOptions(options, ["offset", "dim1", "dim2"], "diagonal");
  return diagonalOf(single(x), { dim1: -2, dim2: -1, ...options });
}
