/**
 * The exponential of matrices, and systems of equations whose unknown is a tensor.
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../errors.ts";
import { checkDims, dimsOf, picked, type Shape, text } from "../shape.ts";
import type { TensorLike } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { cast } from "./cast.ts";
import { checkOptions, floating, pair, single } from "./front.ts";
import { matmul } from "./linalg.ts";
import { inv, solve, solveMatrices } from "./lu.ts";
import { identityLike, squareOf } from "./matrices.ts";
import { matrixNorm } from "./norm.ts";
import { permute, reshape } from "./view.ts";
import { everything } from "../vmap/batch.ts";

/** Coefficients of the diagonal Padé approximant of degree 13 (Higham 2005). */
const pade: readonly number[] = [
  64764752532480000,
  32382376266240000,
  7771770303897600,
  1187353796428800,
  129060195264000,
  10559470521600,
  670442572800,
  33522128640,
  1323241920,
  40840800,
  960960,
  16380,
  182,
  1,
];
/** Norm up to which the approximant is exact in float64. */
const radius = 5.371920351148152;

/**
 * Exponential of square matrices [..., N, N], by scaling and squaring; computed in float64.
 *
 * @throws {ShapeError} when the matrices are not square.
 *
 * @example
 * ```ts
 * import { matrixExp } from "@minitensor/minitensor";
 * console.assert(matrixExp([[0, 1], [0, 0]]).toTypedArray().join() === "1,1,0,1");
 * ```
 */
export function matrixExp(A: TensorLike): Tensor {
  const given = squareOf(A, "matrixExp");
  if (given.numel() === 0) return given.clone();
  const a = cast(given, "float64");
  const size = Number(everything(matrixNorm(a.detach(), { ord: 1 })).max().item());
  if (!Number.isFinite(size)) return given.mul(NaN);
  const squarings = Math.max(0, Math.ceil(Math.log2(size / radius)));
  let result = approximant(a.mul(2 ** -squarings));
  for (let i = 0; i < squarings; i++) result = matmul(result, result);
  return cast(result, given.dtype);
}

/** (V - U)^-1 (V + U), for the odd and the even part of the polynomial. */
function approximant(a: Tensor): Tensor {
  const identity = identityLike(a);
  const a2 = matmul(a, a);
  const a4 = matmul(a2, a2);
  const a6 = matmul(a4, a2);
  const part = (first: number) => {
    const [b0, b2, b4, b6, b8, b10, b12] = [0, 2, 4, 6, 8, 10, 12].map((i) => pade[first + i]!);
    const high = a6.mul(b12!).add(a4.mul(b10!)).add(a2.mul(b8!));
    const low = a6.mul(b6!).add(a4.mul(b4!)).add(a2.mul(b2!)).add(identity.mul(b0!));
    return matmul(a6, high).add(low);
  };
  const [odd, even] = [matmul(a, part(1)), part(0)];
  return solveMatrices(even.sub(odd), even.add(odd), "matrixExp");
}

function sizeOf(shape: Shape): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Options of {@link tensorinv}. */
export interface TensorinvOptions {
  /** How many of the first dims are the rows. Default 2. */
  readonly ind?: number;
}

/**
 * Inverse of a tensor for {@link tensordot}: its first `ind` dims are rows, the others columns, and
 * there are as many of
 * both. The result has the columns' dims first.
 *
 * @throws {LinAlgError} when the matrix is singular.
 * @throws {ShapeError} when there are not as many rows as columns.
 * @throws {ArgumentError} when `ind` is not positive.
 *
 * @example
 * ```ts
 * import { eye, linalg } from "@minitensor/minitensor";
 * const x = linalg.tensorinv(eye(6).reshape([2, 3, 6]));
 * console.assert(x.shape.join() === "6,2,3");
 * ```
 */
export function tensorinv(A: TensorLike, options: TensorinvOptions = {}): Tensor {
  checkOptions(options, ["ind"], "tensorinv");
  const { ind = 2 } = options;
  const a = floating(single(A));
  if (!Number.isInteger(ind) || ind < 1) {
    throw new ArgumentError(`Cannot tensorinv with ind ${ind}: it is positive`, {
      op: "tensorinv",
    });
  }
  const [rows, columns] = [a.shape.slice(0, ind), a.shape.slice(ind)];
  if (sizeOf(rows) !== sizeOf(columns)) {
    throw new ShapeError(
      `Cannot tensorinv a tensor of shape ${text(a.shape)}: ` +
        `${text(rows)} and ${text(columns)} are not as many`,
      { op: "tensorinv" },
    );
  }
  return reshape(inv(reshape(a, [sizeOf(rows), sizeOf(rows)])), [...columns, ...rows]);
}

/** Options of {@link tensorsolve}. */
export interface TensorsolveOptions {
  /** Dims of A that are moved to its end first. */
  readonly dims?: readonly number[];
}

/**
 * X of tensordot(A, X, X.ndim) = B: the first dims of A are those of B, the others those of X.
 *
 * @throws {LinAlgError} when A is singular.
 * @throws {ShapeError} when the shapes do not fit.
 *
 * @example
 * ```ts
 * import { eye, linalg, ones } from "@minitensor/minitensor";
 * const x = linalg.tensorsolve(eye(6).reshape([2, 3, 6]), ones([2, 3]));
 * console.assert(x.shape.join() === "6");
 * ```
 */
export function tensorsolve(
  A: TensorLike,
  B: TensorLike,
  options: TensorsolveOptions = {},
): Tensor {
  checkOptions(options, ["dims"], "tensorsolve");
  const [given, b] = pair(A, B, true) as [Tensor, Tensor];
  const moved = checkDims(options.dims ?? [], given.ndim, "tensorsolve");
  const rest = dimsOf(given.ndim).filter((dim) => !moved.includes(dim));
  const a = permute(given, [...rest, ...moved]);
  const [rows, columns] = [a.shape.slice(0, b.ndim), a.shape.slice(b.ndim)];
  const size = sizeOf(columns);
  if (b.numel() !== size || sizeOf(picked(a.shape, dimsOf(rows.length))) !== size) {
    throw new ShapeError(
      `Cannot tensorsolve tensors of shapes ${text(given.shape)} and ${text(b.shape)}: ` +
        "the unknown's elements must be as many as the equations",
      { op: "tensorsolve", context: { shapes: [given.shape, b.shape] } },
    );
  }
  return reshape(solve(reshape(a, [size, size]), reshape(b, [size])), columns);
}
