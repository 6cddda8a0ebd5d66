/**
 * The exponential of matrices, and systems of equations whose unknown is a tensor.
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../errors.ts";
import { checkDims, dimsOf, picked, type Shape, text } from "../shape.ts";
import type { TensorLike } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, floating, pair, single } from "./front.ts";
import { matmul } from "./linalg.ts";
import { inv, solve, solveMatrices } from "./lu.ts";
import { identityLike, squareOf } from "./matrices.ts";
import { matrixNorm } from "./norm.ts";
import { permute, reshape } from "./view.ts";
import { everything } from "../vmap/batch.ts";

/** A diagonal Padé approximant of the exponential, and the norm up to which it is exact. */
interface Pade {
  readonly radius: number;
  /** From that of the identity on; as many odd as even ones. */
  readonly coefficients: readonly number[];
}

/** Of degree 13 in float64, 7 in float32 (Higham 2005, tables 2.3 and 2.4). */
const pade: Readonly<Record<"float32" | "float64", Pade>> = {
  float32: {
    radius: 3.92572478313866,
    coefficients: [17297280, 8648640, 1995840, 277200, 25200, 1512, 56, 1],
  },
  float64: {
    radius: 5.371920351148152,
    coefficients: [
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
    ],
  },
};

/**
 * Exponential of square matrices [..., N, N], by scaling and squaring.
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
  const { radius, coefficients } = pade[given.dtype === "float32" ? "float32" : "float64"];
  const size = Number(everything(matrixNorm(given.detach(), { ord: 1 })).max().item());
  if (!Number.isFinite(size)) return given.mul(NaN);
  const squarings = Math.max(0, Math.ceil(Math.log2(size / radius)));
  let result = approximant(given.mul(2 ** -squarings), coefficients);
  for (let i = 0; i < squarings; i++) result = matmul(result, result);
  return result;
}

/** (V - U)^-1 (V + U), for the odd and the even part of the polynomial. */
function approximant(a: Tensor, coefficients: readonly number[]): Tensor {
  const a2 = matmul(a, a);
  const a4 = matmul(a2, a2);
  const powers = [identityLike(a), a2, a4, matmul(a4, a2)];
  /** Sum of powers 0, 2, ..., with every second coefficient from one on. */
  const sum = (from: number, first: number): Tensor => {
    let total = powers[first]!.mul(coefficients[from]!);
    for (let i = 1; first + i < powers.length; i++) {
      const factor = coefficients[from + 2 * i];
      if (factor !== undefined) total = total.add(powers[first + i]!.mul(factor));
    }
    return total;
  };
  // Powers beyond the sixth are the sixth times those below it.
  const part = (first: number) =>
    coefficients.length > 8
      ? sum(first, 0).add(matmul(powers[3]!, sum(first + 8, 1)))
      : sum(first, 0);
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
