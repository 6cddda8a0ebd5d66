/**
 * Eigenvalues of symmetric matrices and singular values.
 *
 * @module
 */
import { ArgumentError, GradientError } from "../errors.ts";
import { defineOp, type Op } from "../op.ts";
import { specOf, text } from "../shape.ts";
import type { TensorLike } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions } from "./front.ts";
import { matmul, mT } from "./linalg.ts";
import {
  batchOf,
  identityLike,
  matrixOf,
  requireSound,
  spectralTrouble,
  squareOf,
} from "./matrices.ts";
import { narrow, unsqueeze } from "./view.ts";

/** Matrices with the vectors on their diagonals. */
function diagonalMatrix(x: Tensor): Tensor {
  const size = x.shape.at(-1)!;
  const identity = x.newZeros([size, size]);
  identity.diagonal().fill_(1);
  return identity.mul(unsqueeze(x, -1));
}

/** x[k] - x[j] at row j and column k, and 1 on the diagonal. */
function gaps(x: Tensor, identity: Tensor): Tensor {
  return unsqueeze(x, -2).sub(unsqueeze(x, -1)).add(identity);
}

/** Eigenvalues of symmetric matrices and their vectors. */
export interface EighResult {
  /** Ascending, [..., N]. */
  readonly eigenvalues: Tensor;
  /** In the columns, [..., N, N]: orthonormal, the largest element of each positive. */
  readonly eigenvectors: Tensor;
}

interface Half {
  readonly upper: boolean;
  /** Without them the vectors have no columns. */
  readonly vectors: boolean;
}

const symmetric: Op<
  (a: Tensor, half: Half) => EighResult & { readonly info: Tensor },
  Half
> = defineOp({
  name: "eigh",
  summary: "Eigenvalues and eigenvectors of symmetric matrices, of which one triangle is read.",
  infer: ([a], { vectors }) => [
    specOf(a!.shape.slice(0, -1), a!.dtype),
    vectors ? a!.spec : specOf([...a!.shape.slice(0, -1), 0], a!.dtype),
    specOf(batchOf(a!), "int32"),
  ],
  kernel: { native: "eigh", encode: ({ upper, vectors }) => [Number(upper), Number(vectors)] },
  saves: "output",
  // Giles 2008, 3.1: V (diag(dw) + (V^T dV) / (w_k - w_j)) V^T.
  gradient: ({ grads: [gradW, gradV], outputs: [w, V] }) => {
    let inner = gradW ? diagonalMatrix(gradW) : null;
    if (gradV) {
      const identity = identityLike(V!);
      const product = matmul(mT(V!), gradV);
      const turned = product.mul(identity.rsub(1)).div(gaps(w!, identity));
      inner = inner === null ? turned : inner.add(turned);
    }
    return [inner === null ? null : matmul(matmul(V!, inner), mT(V!))];
  },
  samples: [[3, 3], [2, 4, 4], [0, 0]].map((shape) => ({
    shapes: [shape],
    // Far from equal eigenvalues, where vectors change fast.
    arguments: ([x]: readonly Tensor[]) => {
      const steps = x!.newTensor(Array.from({ length: shape.at(-1)! }, (_, i) => i * 6));
      return [x!.add(mT(x!)).mul(0.5).add(diagonalMatrix(steps)), { upper: false, vectors: true }];
    },
  })),
  front: (run) => (a: Tensor, half: Half) => {
    const [eigenvalues, eigenvectors, info] = run.all([a], half);
    return { eigenvalues: eigenvalues!, eigenvectors: eigenvectors!, info: info! };
  },
});

/** Options of {@link eigh}. */
export interface EighOptions {
  /** The triangle that is read. Default "L". */
  readonly UPLO?: "L" | "U";
}

/**
 * Eigenvalues, ascending, and eigenvectors of symmetric matrices [..., N, N]; one triangle is
 * read. The gradient of the vectors is infinite where eigenvalues are equal.
 *
 * @throws {LinAlgError} when an element is not finite.
 * @throws {ShapeError} when the matrices are not square.
 * @throws {ArgumentError} when UPLO is neither L nor U.
 *
 * @example
 * ```ts
 * import { linalg } from "@minitensor/minitensor";
 * const { eigenvalues } = linalg.eigh([[2, 0], [0, 1]]);
 * console.assert(eigenvalues.toTypedArray().join() === "1,2");
 * ```
 */
export function eigh(A: TensorLike, options: EighOptions = {}): EighResult {
  checkOptions(options, ["UPLO"], "eigh");
  return decomposed(squareOf(A, "eigh"), options, true, "eigh");
}

function decomposed(
  a: Tensor,
  { UPLO = "L" }: EighOptions,
  vectors: boolean,
  op: string,
): EighResult {
  if (UPLO !== "L" && UPLO !== "U") {
    throw new ArgumentError(`Cannot ${op} with UPLO ${String(UPLO)}: it is L or U`, { op });
  }
  const { eigenvalues, eigenvectors, info } = symmetric(a, { upper: UPLO === "U", vectors });
  requireSound(op, info, spectralTrouble);
  return { eigenvalues, eigenvectors };
}

/**
 * Eigenvalues of symmetric matrices [..., N, N], ascending. See {@link eigh}.
 *
 * @throws {LinAlgError} when an element is not finite.
 * @throws {ShapeError} when the matrices are not square.
 *
 * @example
 * ```ts
 * import { linalg } from "@minitensor/minitensor";
 * console.assert(linalg.eigvalsh([[2, 0], [0, 1]]).toTypedArray().join() === "1,2");
 * ```
 */
export function eigvalsh(A: TensorLike, options: EighOptions = {}): Tensor {
  checkOptions(options, ["UPLO"], "eigvalsh");
  const a = squareOf(A, "eigvalsh");
  // The gradient is made of the vectors.
  return decomposed(a, options, a.requiresGrad, "eigvalsh").eigenvalues;
}

/** Factors of A = U diag(S) Vh. */
export interface SvdResult {
  /** Left singular vectors in the columns. */
  readonly U: Tensor;
  /** Singular values, descending, [..., K]. */
  readonly S: Tensor;
  /** Right singular vectors in the rows. */
  readonly Vh: Tensor;
}

interface Size {
  readonly full: boolean;
  /** Without them U has no columns and Vh no rows. */
  readonly vectors: boolean;
}

const singular: Op<(a: Tensor, size: Size) => SvdResult & { readonly info: Tensor }, Size> =
  defineOp({
    name: "svd",
    summary: "U, S and Vh of a = U diag(S) Vh.",
    infer: ([a], { full, vectors }) => {
      const [rows, columns] = a!.shape.slice(-2) as [number, number];
      const [batch, k] = [batchOf(a!), Math.min(rows, columns)];
      return [
        specOf([...batch, rows, vectors ? (full ? rows : k) : 0], a!.dtype),
        specOf([...batch, k], a!.dtype),
        specOf([...batch, vectors ? (full ? columns : k) : 0, columns], a!.dtype),
        specOf(batch, "int32"),
      ];
    },
    kernel: { native: "svd", encode: ({ vectors }) => [Number(vectors)] },
    saves: "output",
    gradient: ({ grads, outputs, attributes: { full } }) => {
      const [U, S, Vh] = outputs as [Tensor, Tensor, Tensor];
      const [gradU, gradS, gradVh] = grads as (Tensor | null)[];
      const k = S.shape.at(-1)!;
      if (full && (gradU || gradVh) && U.shape.at(-1) !== Vh.shape.at(-2)) {
        throw new GradientError(
          `Cannot differentiate the full U and Vh of svd: matrices ${
            text([U.shape.at(-1)!, Vh.shape.at(-1)!])
          } ` +
            "do not determine all of them",
          { op: "svd", suggestion: "Use fullMatrices: false" },
        );
      }
      return [svdGradient(
        { U: narrow(U, -1, 0, k), S, Vh: narrow(Vh, -2, 0, k) },
        { U: gradU ?? null, S: gradS ?? null, Vh: gradVh ?? null },
      )];
    },
    samples: [
      { shapes: [[3, 3]], rest: [{ full: false, vectors: true }] },
      { shapes: [[2, 4, 2]], rest: [{ full: false, vectors: true }] },
      { shapes: [[2, 4]], rest: [{ full: false, vectors: true }] },
      { shapes: [[3, 3]], rest: [{ full: true, vectors: true }] },
      { shapes: [[0, 2]], rest: [{ full: false, vectors: true }] },
    ],
    front: (run) => (a: Tensor, size: Size) => {
      const [U, S, Vh, info] = run.all([a], size);
      return { U: U!, S: S!, Vh: Vh!, info: info! };
    },
  });

type Gradients = { readonly [name in keyof SvdResult]: Tensor | null };

/** Townsend 2016, "Differentiating the singular value decomposition"; also Giles 2008, 3.2. */
function svdGradient({ U, S, Vh }: SvdResult, grads: Gradients): Tensor | null {
  const identity = S.newZeros([S.shape.at(-1)!, S.shape.at(-1)!]);
  identity.diagonal().fill_(1);
  const skew = (x: Tensor) => x.sub(mT(x));
  const differences = gaps(S.square(), identity);
  let inner = grads.S === null ? null : diagonalMatrix(grads.S);
  const plus = (x: Tensor | null, y: Tensor) => x === null ? y : x.add(y);
  let outer: Tensor | null = null;
  if (grads.U !== null) {
    const own = matmul(mT(U), grads.U);
    inner = plus(inner, skew(own).div(differences).mul(unsqueeze(S, -2)));
    const rest = grads.U.sub(matmul(U, own));
    if (U.shape.at(-2)! > S.shape.at(-1)!) outer = matmul(rest.div(unsqueeze(S, -2)), Vh);
  }
  if (grads.Vh !== null) {
    const own = matmul(Vh, mT(grads.Vh));
    inner = plus(inner, unsqueeze(S, -1).mul(skew(own).div(differences)));
    const rest = grads.Vh.sub(matmul(mT(own), Vh));
    if (Vh.shape.at(-1)! > S.shape.at(-1)!) {
      outer = plus(outer, matmul(U, rest.div(unsqueeze(S, -1))));
    }
  }
  if (inner === null) return outer;
  const product = matmul(matmul(U, inner), Vh);
  return outer === null ? product : product.add(outer);
}

/** Options of {@link svd}. */
export interface SvdOptions {
  /** U [..., M, M] and Vh [..., N, N], not only their first K columns and rows. Default true. */
  readonly fullMatrices?: boolean;
}

/**
 * Singular value decomposition of matrices [..., M, N]: A = U diag(S) Vh, K = min(M, N) values in
 * S, descending. The largest element of each left vector is positive. Gradients of U and Vh are
 * infinite where singular values are equal; that of S is always right.
 *
 * @throws {LinAlgError} when an element is not finite.
 * @throws {ShapeError} when the tensor has fewer than two dims.
 *
 * @example
 * ```ts
 * import { svd } from "@minitensor/minitensor";
 * console.assert(svd([[0, 2], [3, 0]]).S.toTypedArray().join() === "3,2");
 * ```
 */
export function svd(A: TensorLike, options: SvdOptions = {}): SvdResult {
  checkOptions(options, ["fullMatrices"], "svd");
  const size = { full: options.fullMatrices ?? true, vectors: true };
  const { U, S, Vh, info } = singular(matrixOf(A, "svd"), size);
  requireSound("svd", info, spectralTrouble);
  return { U, S, Vh };
}

/**
 * Singular values of matrices [..., M, N], descending, [..., min(M, N)].
 *
 * @throws {LinAlgError} when an element is not finite.
 * @throws {ShapeError} when the tensor has fewer than two dims.
 *
 * @example
 * ```ts
 * import { linalg } from "@minitensor/minitensor";
 * console.assert(linalg.svdvals([[0, 2], [3, 0]]).toTypedArray().join() === "3,2");
 * ```
 */
export function svdvals(A: TensorLike): Tensor {
  const a = matrixOf(A, "svdvals");
  // The gradient is made of the vectors.
  const { S, info } = singular(a, { full: false, vectors: a.requiresGrad });
  requireSound("svdvals", info, spectralTrouble);
  return S;
}
