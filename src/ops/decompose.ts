/**
 * Cholesky and QR factorisations.
 *
 * @module
 */
import { ArgumentError, GradientError } from "../errors.ts";
import { defineOp, type Op } from "../op.ts";
import { specOf, text } from "../shape.ts";
import type { TensorLike } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, pair } from "./front.ts";
import { cat, tril } from "./join.ts";
import { matmul, mT } from "./linalg.ts";
import { batchOf, identityLike, matrixOf, requireSound, squareOf } from "./matrices.ts";
import { solveTriangular } from "./triangular.ts";
import { narrow } from "./view.ts";

/** Half the diagonal, all below it: what turns a gradient of L into one of A. */
function lowerHalf(x: Tensor): Tensor {
  return tril(x, -1).add(tril(x)).mul(0.5);
}

/** L and the kernel's report. */
const lowerFactor: Op<(a: Tensor) => { L: Tensor; info: Tensor }, undefined> = defineOp({
  name: "cholesky",
  summary: "L of a = L L^T; the lower triangle is read.",
  infer: ([a]) => [a!.spec, specOf(batchOf(a!), "int32")],
  kernel: { native: "cholesky" },
  saves: "output",
  // Murray 2016, (9): L^-T P L^-1 for P = lowerHalf(L^T dL), made symmetric.
  gradient: ({ grad, outputs: [L] }) => {
    const inner = lowerHalf(matmul(mT(L!), tril(grad)));
    const right = solveTriangular(L!, inner, { upper: false, left: false });
    const whole = solveTriangular(mT(L!), right, { upper: true });
    return [whole.add(mT(whole)).mul(0.5)];
  },
  samples: [[3, 3], [2, 4, 4], [0, 0]].map((shape) => ({
    shapes: [shape],
    arguments: ([x]: readonly Tensor[]) => [x!.add(mT(x!)).mul(0.5).add(identityLike(x!).mul(12))],
  })),
  front: (run) => (a: Tensor) => {
    const [L, info] = run.all([a], undefined);
    return { L: L!, info: info! };
  },
});

/** Options of {@link cholesky}. */
export interface CholeskyOptions {
  /** Reads the upper triangle and answers U = L^T. Default false. */
  readonly upper?: boolean;
}

/**
 * Cholesky factor L of symmetric positive definite matrices A = L L^T [..., N, N]; one triangle
 * is read.
 *
 * @throws {LinAlgError} when a matrix is not positive definite.
 * @throws {ShapeError} when the matrices are not square.
 *
 * @example
 * ```ts
 * import { cholesky } from "@minitensor/minitensor";
 * console.assert(cholesky([[4, 2], [2, 5]]).toTypedArray().join() === "2,0,1,2");
 * ```
 */
export function cholesky(A: TensorLike, options: CholeskyOptions = {}): Tensor {
  const { L, info } = choleskyEx(A, options);
  requireSound(
    "cholesky",
    info,
    (code) => `is not positive definite: its leading minor of order ${code} is not`,
  );
  return L;
}

/**
 * As {@link cholesky}, but nothing is thrown for a matrix that is not positive definite: `info`
 * [...] is 0 where all went well, else the order of the leading minor that is not positive
 * definite, and L is not to be used.
 *
 * @throws {ShapeError} when the matrices are not square.
 *
 * @example
 * ```ts
 * import { linalg } from "@minitensor/minitensor";
 * console.assert(linalg.choleskyEx([[1, 2], [2, 1]]).info.item() === 2);
 * ```
 */
export function choleskyEx(
  A: TensorLike,
  options: CholeskyOptions = {},
): { readonly L: Tensor; readonly info: Tensor } {
  checkOptions(options, ["upper"], "cholesky");
  const a = squareOf(A, "cholesky");
  if (options.upper !== true) return lowerFactor(a);
  const { L, info } = lowerFactor(mT(a));
  return { L: mT(L), info };
}

/**
 * X of A X = B from the Cholesky factor of A: L [..., N, N], B [..., N, K].
 *
 * @throws {ShapeError} when the shapes do not fit.
 *
 * @example
 * ```ts
 * import { linalg } from "@minitensor/minitensor";
 * console.assert(linalg.choleskySolve([[4]], [[2]]).item() === 1);
 * ```
 */
export function choleskySolve(
  B: TensorLike,
  L: TensorLike,
  options: CholeskyOptions = {},
): Tensor {
  checkOptions(options, ["upper"], "choleskySolve");
  const [factor, b] = pair(L, B, true) as [Tensor, Tensor];
  const lower = options.upper === true ? mT(factor) : factor;
  const first = solveTriangular(lower, b, { upper: false });
  return solveTriangular(mT(lower), first, { upper: true });
}

/**
 * Inverse of A from its Cholesky factor L [..., N, N].
 *
 * @throws {ShapeError} when the matrices are not square.
 *
 * @example
 * ```ts
 * import { linalg } from "@minitensor/minitensor";
 * console.assert(linalg.choleskyInverse([[2]]).item() === 0.25);
 * ```
 */
export function choleskyInverse(L: TensorLike, options: CholeskyOptions = {}): Tensor {
  const factor = squareOf(L, "choleskyInverse");
  return choleskySolve(identityLike(factor), factor, options);
}

/** What {@link qr} gives. */
export interface QrResult {
  /** Orthonormal columns. */
  readonly Q: Tensor;
  /** Upper triangular. */
  readonly R: Tensor;
}

interface QrMode {
  readonly complete: boolean;
}

const orthogonal: Op<(a: Tensor, mode: QrMode) => QrResult, QrMode> = defineOp({
  name: "qr",
  summary: "Q with orthonormal columns and upper triangular R of a = Q R.",
  infer: ([a], { complete }) => {
    const [rows, columns] = a!.shape.slice(-2) as [number, number];
    const inner = complete ? rows : Math.min(rows, columns);
    return [
      specOf([...batchOf(a!), rows, inner], a!.dtype),
      specOf([...batchOf(a!), inner, columns], a!.dtype),
    ];
  },
  kernel: { native: "qr" },
  saves: "output",
  gradient: ({ grads: [gradQ, gradR], outputs: [Q, R], specs: [a], attributes: { complete } }) => {
    const [rows, columns] = a!.shape.slice(-2) as [number, number];
    if (complete && rows > columns) {
      throw new GradientError(
        `Cannot differentiate qr of shape ${text(a!.shape)} with mode complete: ` +
          "the added columns of Q are not determined",
        { op: "qr", suggestion: 'Use mode "reduced"' },
      );
    }
    return [qrGradient(Q!, R!, gradQ ?? Q!.newZeros(Q!.shape), gradR ?? R!.newZeros(R!.shape))];
  },
  samples: [
    { shapes: [[3, 3]], rest: [{ complete: false }] },
    { shapes: [[2, 4, 2]], rest: [{ complete: false }] },
    { shapes: [[2, 4]], rest: [{ complete: true }] },
    { shapes: [[0, 2]], rest: [{ complete: false }] },
  ],
  front: (run) => (a: Tensor, mode: QrMode) => {
    const [Q, R] = run.all([a], mode);
    return { Q: Q!, R: R! };
  },
});

/**
 * Walter and Lehmann 2018: (gQ + Q s(M)) R^-T with M = R gR^T - gQ^T Q and s the symmetric matrix
 * of a lower triangle. Columns beyond the square part of a wide matrix are Q times those of R.
 */
function qrGradient(Q: Tensor, R: Tensor, gradQ: Tensor, gradR: Tensor): Tensor {
  const [size, columns] = R.shape.slice(-2) as [number, number];
  if (columns > size) {
    const split = (x: Tensor) =>
      [narrow(x, -1, 0, size), narrow(x, -1, size, columns - size)] as const;
    const [[U, V], [gradU, gradV]] = [split(R), split(gradR)];
    // The rest is V = Q^T Y for the columns Y = Q V: dV also reaches Q.
    const square = qrGradient(Q, U, gradQ.add(matmul(matmul(Q, V), mT(gradV))), gradU);
    return cat([square, matmul(Q, gradV)], -1);
  }
  const M = matmul(R, mT(gradR)).sub(matmul(mT(gradQ), Q));
  const symmetric = tril(M).add(mT(tril(M, -1)));
  const inner = gradQ.add(matmul(Q, symmetric));
  return mT(solveTriangular(R, mT(inner), { upper: true }));
}

/** Options of {@link qr}. */
export interface QrOptions {
  /** "reduced": Q has min(M, N) columns; "complete": M. Default "reduced". */
  readonly mode?: "reduced" | "complete";
}

/**
 * QR factorisation of matrices [..., M, N] by Householder reflections; the signs of R's diagonal
 * are LAPACK's. The gradient needs the first min(M, N) columns to be independent.
 *
 * @throws {ArgumentError} when the mode is unknown.
 * @throws {ShapeError} when the tensor has fewer than two dims.
 *
 * @example
 * ```ts
 * import { qr } from "@minitensor/minitensor";
 * const { Q, R } = qr([[3, 1], [4, 2]]);
 * console.assert(Q.shape.join() === "2,2" && R.index(1, 0).item() === 0);
 * ```
 */
export function qr(A: TensorLike, options: QrOptions = {}): QrResult {
  checkOptions(options, ["mode"], "qr");
  const mode = options.mode ?? "reduced";
  if (mode !== "reduced" && mode !== "complete") {
    throw new ArgumentError(`Cannot qr with mode ${String(mode)}: modes are reduced, complete`, {
      op: "qr",
    });
  }
  return orthogonal(matrixOf(A, "qr"), { complete: mode === "complete" });
}
