/**
 * Products of Householder reflections.
 *
 * @module
 */
import { ShapeError } from "../errors.ts";
import { sameShape, text } from "../shape.ts";
import { eye, type TensorLike } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { pair } from "./front.ts";
import { tril, triu } from "./join.ts";
import { matmul, mT } from "./linalg.ts";
import { identityLike } from "./matrices.ts";
import { solveTriangular } from "./triangular.ts";
import { narrow, unsqueeze } from "./view.ts";

/** Throws unless `A` and `tau` are reflections of one batch. */
function check(a: Tensor, factors: Tensor): void {
  const [rows, columns] = [a.shape.at(-2)!, a.shape.at(-1)!];
  const count = factors.shape.at(-1) ?? 0;
  const fits = a.ndim >= 2 && factors.ndim === a.ndim - 1 && rows >= columns && columns >= count &&
    sameShape(a.shape.slice(0, -2), factors.shape.slice(0, -1));
  if (fits) return;
  throw new ShapeError(
    `Cannot householderProduct tensors of shapes ${text(a.shape)} and ${text(factors.shape)}: ` +
      "they are [..., M, N] and [..., K] with M >= N >= K",
    { op: "householderProduct", context: { shapes: [a.shape, factors.shape] } },
  );
}

/**
 * The first N columns of H_1 H_2 ... H_K, where H_i = I - tau_i v_i v_i^T: A [..., M, N] holds the
 * vectors below its diagonal (v_i is 0 above row i and 1 in it), tau is [..., K]. As one block I -
 * V T V^T whose T is the inverse of D^-1 + striu(V^T V), D = diag(tau) (Joffrain et al. 2006).
 *
 * @throws {ShapeError} when the shapes do not fit, or M < N or N < K.
 *
 * @example
 * ```ts
 * import { linalg } from "@minitensor/minitensor";
 * const Q = linalg.householderProduct([[0], [1]], [1]);
 * console.assert(Q.toTypedArray().join() === "0,-1");
 * ```
 */
export function householderProduct(A: TensorLike, tau: TensorLike): Tensor {
  const [a, factors] = pair(A, tau, true) as [Tensor, Tensor];
  check(a, factors);
  const [rows, columns, count] = [a.shape.at(-2)!, a.shape.at(-1)!, factors.shape.at(-1)!];
  const identity = eye(rows, columns, { dtype: a.dtype });
  const V = tril(narrow(a, -1, 0, count), -1).add(narrow(identity, -1, 0, count));
  const D = unsqueeze(factors, -1);
  const overlaps = triu(matmul(mT(V), V), 1).mul(D);
  const first = mT(narrow(V, -2, 0, columns)).mul(D);
  const unit = overlaps.add(identityLike(overlaps));
  const X = solveTriangular(unit, first, { upper: true, unitriangular: true });
  return identity.sub(matmul(V, X));
}
