/**
 * Linear algebra by the names of PyTorch's `torch.linalg`.
 *
 * @module
 */
import "../tensor/tensor.ts"; // defines the class of tensors for whoever imports this part alone
import type { TensorLike } from "../create.ts";
import { ArgumentError } from "../errors.ts";
import { checkOptions, single } from "../ops/front.ts";
import { cat } from "../ops/join.ts";
import type { DiagonalOptions } from "../ops/matrix.ts";
import { cumprod } from "../ops/scan.ts";
import { diagonal as diagonalOf } from "../ops/diagonal.ts";
import { unsqueeze } from "../ops/view.ts";
import type { Tensor } from "../tensor/tensor.ts";

export * from "../ops/decompose.ts";
export * from "../ops/determinant.ts";
export * from "../ops/eig.ts";
export { matmul } from "../ops/linalg.ts";
export { householderProduct } from "../ops/householder.ts";
export * from "../ops/ldl.ts";
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

/** Options of {@link vander}. */
export interface LinalgVanderOptions {
  /** Number of columns, at least 2. Default: the size of the last dim. */
  readonly N?: number;
}

/**
 * Powers 0 to N - 1 of the elements, along a new last dim: [..., K] becomes [..., K, N]. (The
 * function of the main module goes downwards and takes vectors alone, as PyTorch's.)
 *
 * @throws {ArgumentError} when N is less than 2.
 *
 * @example
 * ```ts
 * import { vander } from "@minitensor/minitensor/linalg";
 * console.assert(vander([2, 3], { N: 3 }).toTypedArray().join() === "1,2,4,1,3,9");
 * ```
 */
export function vander(x: TensorLike, options: LinalgVanderOptions = {}): Tensor {
  checkOptions(options, ["N"], "vander");
  const values = single(x);
  const { N = values.shape.at(-1) ?? 1 } = options;
  if (!Number.isInteger(N) || N < 2) {
    throw new ArgumentError(`Cannot vander to ${N} columns: it is a whole number of 2 or more`, {
      op: "vander",
    });
  }
  const exact = values.spec.info.isFloat ? values : values.long();
  const ones = exact.newOnes([...exact.shape, 1]);
  const factors = unsqueeze(exact, -1).expand([...exact.shape, N - 1]);
  return cat([ones, cumprod(factors, -1)], -1);
}
