/**
 * Methods of linear algebra.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import * as ops from "../ops/mod.ts";
import { TensorReduction } from "./reduction.ts";
import type { Tensor } from "./tensor.ts";

/** Methods of linear algebra. */
export class TensorLinalg extends TensorReduction {
  /** Product with a matrix, of a matrix. See {@link ops.mm}. */
  mm(y: TensorLike): Tensor {
    return ops.mm(this.self, y);
  }

  /** Product of a matrix with a vector. See {@link ops.mv}. */
  mv(y: TensorLike): Tensor {
    return ops.mv(this.self, y);
  }

  /** Products of all pairs of two vectors' elements. See {@link ops.outer}. */
  outer(y: TensorLike): Tensor {
    return ops.outer(this.self, y);
  }

  /** Sums of products along the last dims. See {@link ops.inner}. */
  inner(y: TensorLike): Tensor {
    return ops.inner(this.self, y);
  }

  /** Product of two vectors. See {@link ops.vdot}. */
  vdot(y: TensorLike): Tensor {
    return ops.vdot(this.self, y);
  }

  /** Kronecker product. See {@link ops.kron}. */
  kron(y: TensorLike): Tensor {
    return ops.kron(this.self, y);
  }

  /** beta times these elements, plus alpha times a product of matrices. See {@link ops.addmm}. */
  addmm(a: TensorLike, b: TensorLike, options: ops.AddProductOptions = {}): Tensor {
    return ops.addmm(this.self, a, b, options);
  }

  /**
   * beta times these elements, plus alpha times a product of a matrix and a vector. See {@link
   * ops.addmv}.
   */
  addmv(a: TensorLike, b: TensorLike, options: ops.AddProductOptions = {}): Tensor {
    return ops.addmv(this.self, a, b, options);
  }

  /**
   * beta times these elements, plus alpha times the sum of a batch of products. See {@link
   * ops.addbmm}.
   */
  addbmm(a: TensorLike, b: TensorLike, options: ops.AddProductOptions = {}): Tensor {
    return ops.addbmm(this.self, a, b, options);
  }

  /** beta times these elements, plus alpha times a batch of products. See {@link ops.baddbmm}. */
  baddbmm(a: TensorLike, b: TensorLike, options: ops.AddProductOptions = {}): Tensor {
    return ops.baddbmm(this.self, a, b, options);
  }

  /** beta times these elements, plus alpha times an outer product. See {@link ops.addr}. */
  addr(a: TensorLike, b: TensorLike, options: ops.AddProductOptions = {}): Tensor {
    return ops.addr(this.self, a, b, options);
  }

  /** Sums of products over several dims of both. See {@link ops.tensordot}. */
  tensordot(
    y: TensorLike,
    dims: number | readonly [readonly number[], readonly number[]] = 2,
  ): Tensor {
    return ops.tensordot(this.self, y, dims);
  }

  /** Sums along a diagonal. See {@link ops.trace}. */
  trace(options: ops.DiagonalOptions = {}): Tensor {
    return ops.trace(this.self, options);
  }

  /** Cross products of vectors of 3. See {@link ops.cross}. */
  cross(y: TensorLike, dim?: number | ops.CrossOptions, options: ops.CrossOptions = {}): Tensor {
    return ops.cross(this.self, y, dim, options);
  }

  /** X of A X = B, this being A. See {@link ops.solve}. */
  solve(B: TensorLike): Tensor {
    return ops.solve(this.self, B);
  }

  /** Inverse matrix. See {@link ops.inv}. */
  inv(): Tensor {
    return ops.inv(this.self);
  }

  /** Determinant. See {@link ops.det}. */
  det(): Tensor {
    return ops.det(this.self);
  }

  /** Sign and logarithm of the determinant. See {@link ops.slogdet}. */
  slogdet(): ops.SlogdetResult {
    return ops.slogdet(this.self);
  }

  /** Logarithm of the determinant. See {@link ops.logdet}. */
  logdet(): Tensor {
    return ops.logdet(this.self);
  }

  /** Moore-Penrose inverse. See {@link ops.pinverse}. */
  pinverse(options: ops.RankOptions = {}): Tensor {
    return ops.pinverse(this.self, options);
  }

  /** Cholesky factor. See {@link ops.cholesky}. */
  cholesky(options: ops.CholeskyOptions = {}): Tensor {
    return ops.cholesky(this.self, options);
  }

  /** QR factorisation. See {@link ops.qr}. */
  qr(options: ops.QrOptions = {}): ops.QrResult {
    return ops.qr(this.self, options);
  }

  /** Singular value decomposition. See {@link ops.svd}. */
  svd(options: ops.SvdOptions = {}): ops.SvdResult {
    return ops.svd(this.self, options);
  }

  /** LU factorisation. See {@link ops.lu}. */
  lu(): ops.LuResult {
    return ops.lu(this.self);
  }

  /** Power of a matrix. See {@link ops.matrixPower}. */
  matrixPower(n: number): Tensor {
    return ops.matrixPower(this.self, n);
  }

  /** Exponential of a matrix. See {@link ops.matrixExp}. */
  matrixExp(): Tensor {
    return ops.matrixExp(this.self);
  }

  /** Distances of all pairs of rows. See {@link ops.cdist}. */
  cdist(y: TensorLike, options: ops.CdistOptions = {}): Tensor {
    return ops.cdist(this.self, y, options);
  }
}
