/**
 * Determinants, from LU factors.
 *
 * @module
 */
import { defineOp, type Op } from "../op.ts";
import { specOf } from "../shape.ts";
import type { TensorLike } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { log } from "./exponential.ts";
import { abs, sign } from "./math.ts";
import { where } from "./select.ts";
import { matmul, mT } from "./linalg.ts";
import { factorsOf, inv, permutationSign } from "./lu.ts";
import { batchOf, identityLike, squareOf, trouble } from "./matrices.ts";
import { prod, sum } from "./reduction.ts";
import { svd } from "./spectral.ts";
import { diagonal } from "./diagonal.ts";
import { unsqueeze } from "./view.ts";

/** The pivots with the sign that exchanging rows gives their product. */
function pivotsOf(a: Tensor): { readonly parity: Tensor; readonly pivots: Tensor } {
  const { LU, pivots } = factorsOf(a);
  return {
    parity: permutationSign(pivots, a.dtype),
    pivots: diagonal(LU, { dim1: -2, dim2: -1 }),
  };
}

/**
 * Matrices of signed minors, which are the determinant's derivatives. Of singular matrices by
 * singular values: det(U) det(Vh) U diag(products of the other values) Vh.
 */
function cofactors(a: Tensor): Tensor {
  if (trouble(factorsOf(a).info) === null) {
    return mT(inv(a)).mul(unsqueeze(unsqueeze(det(a), -1), -1));
  }
  const { U, S, Vh } = svd(a);
  const size = S.shape.at(-1)!;
  const identity = identityLike(a);
  const others = prod(
    where(identity.ne(0), identity, unsqueeze(S, -2).expand([...S.shape, size])),
    -1,
  );
  const signs = unsqueeze(unsqueeze(det(U).mul(det(Vh)), -1), -1);
  return matmul(U.mul(unsqueeze(others, -2)), Vh).mul(signs);
}

const determinant: Op<(a: Tensor) => Tensor, undefined> = defineOp({
  name: "det",
  summary: "Determinants of square matrices.",
  infer: ([a]) => specOf(batchOf(a!), a!.dtype),
  kernel: {
    composite: ([a]) => {
      const { parity, pivots } = pivotsOf(a!);
      return parity.mul(prod(pivots, -1));
    },
  },
  saves: "inputs",
  // Giles 2008, 2.2.4: det(A) A^-T.
  gradient: ({ grad, inputs: [a] }) => [unsqueeze(unsqueeze(grad, -1), -1).mul(cofactors(a!))],
  samples: [{ shapes: [[3, 3]] }, { shapes: [[2, 4, 4]] }, { shapes: [[1, 1]] }],
  front: (run) => (a: Tensor) => run([a], undefined),
});

/**
 * Determinants of square matrices [..., N, N]; 1 of a matrix without elements, 0 of a singular
 * one. The gradient is right for singular matrices too.
 *
 * @throws {ShapeError} when the matrices are not square.
 *
 * @example
 * ```ts
 * import { det } from "@minitensor/minitensor";
 * console.assert(det([[0, 2], [3, 0]]).item() === -6);
 * ```
 */
export function det(A: TensorLike): Tensor {
  return determinant(squareOf(A, "det"));
}

/** Sign and logarithm of the size of determinants. */
export interface SlogdetResult {
  /** -1, 0 or 1. */
  readonly sign: Tensor;
  /** ln |det|, -Infinity for singular matrices. */
  readonly logabsdet: Tensor;
}

const logarithm: Op<(a: Tensor) => SlogdetResult, undefined> = defineOp({
  name: "slogdet",
  summary: "ln |det| of square matrices, and the determinant's sign.",
  infer: ([a]) => [specOf(batchOf(a!), a!.dtype), specOf(batchOf(a!), a!.dtype)],
  kernel: {
    composite: ([a]) => {
      const { parity, pivots } = pivotsOf(a!);
      return [sum(log(abs(pivots)), -1), parity.mul(prod(sign(pivots), -1))];
    },
  },
  saves: "inputs",
  // Giles 2008, 2.2.4: A^-T.
  gradient: ({ grads: [grad], inputs: [a] }) => [
    grad ? unsqueeze(unsqueeze(grad, -1), -1).mul(mT(inv(a!))) : null,
  ],
  samples: [{ shapes: [[3, 3]] }, { shapes: [[2, 4, 4]] }],
  front: (run) => (a: Tensor) => {
    const [logabsdet, sign] = run.all([a], undefined);
    return { sign: sign!, logabsdet: logabsdet! };
  },
});

/**
 * Sign of the determinants of square matrices [..., N, N], and the logarithm of their size, which
 * neither overflows nor underflows. A singular matrix has sign 0 and -Infinity; its gradient is a
 * LinAlgError.
 *
 * @throws {ShapeError} when the matrices are not square.
 *
 * @example
 * ```ts
 * import { slogdet } from "@minitensor/minitensor";
 * const { sign, logabsdet } = slogdet([[0, 1], [1, 0]]);
 * console.assert(sign.item() === -1 && logabsdet.item() === 0);
 * ```
 */
export function slogdet(A: TensorLike): SlogdetResult {
  return logarithm(squareOf(A, "slogdet"));
}

/**
 * Logarithm of the determinants of square matrices [..., N, N]; NaN where the determinant is
 * negative.
 *
 * @throws {ShapeError} when the matrices are not square.
 *
 * @example
 * ```ts
 * import { logdet } from "@minitensor/minitensor";
 * console.assert(logdet([[1, 0], [0, 1]]).item() === 0);
 * ```
 */
export function logdet(A: TensorLike): Tensor {
  const { sign, logabsdet } = slogdet(A);
  return where(sign.lt(0), NaN, logabsdet);
}
