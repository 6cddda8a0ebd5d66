/**
 * Products of vectors, matrices and tensors, made of matmul.
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../errors.ts";
import { checkDim, checkDims, dimsOf, picked, sameShape, text } from "../shape.ts";
import type { TensorLike } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add, mul } from "./arithmetic.ts";
import { checkOptions, pair, single } from "./front.ts";
import { dot, matmul } from "./linalg.ts";
import { sum } from "./reduction.ts";
import { permute, reshape, unsqueeze } from "./view.ts";

function requireRanks(op: string, x: Tensor, y: Tensor, ranks: readonly [number, number]): void {
  if (x.ndim === ranks[0] && y.ndim === ranks[1]) return;
  throw new ShapeError(
    `Cannot ${op} tensors of shapes ${text(x.shape)} and ${text(y.shape)}: ` +
      `they need ${ranks[0]} and ${ranks[1]} dims`,
    { op, context: { shapes: [x.shape, y.shape] } },
  );
}

function pairOf(op: string, x: TensorLike, y: TensorLike, ranks: readonly [number, number]) {
  const [a, b] = pair(x, y, false) as [Tensor, Tensor];
  requireRanks(op, a, b, ranks);
  return [a, b] as const;
}

/**
 * Product of two matrices [N, K] and [K, M].
 *
 * @throws {ShapeError} when a tensor is no matrix, or the inner sizes differ.
 *
 * @example
 * ```ts
 * import { mm } from "@minitensor/minitensor";
 * console.assert(mm([[1, 2]], [[3], [4]]).item() === 11);
 * ```
 */
export function mm(x: TensorLike, y: TensorLike): Tensor {
  return matmul(...pairOf("mm", x, y, [2, 2]));
}

/**
 * Product of a matrix [N, K] and a vector [K].
 *
 * @throws {ShapeError} when the ranks are others, or the inner sizes differ.
 *
 * @example
 * ```ts
 * import { mv } from "@minitensor/minitensor";
 * console.assert(mv([[1, 2]], [3, 4]).toTypedArray().join() === "11");
 * ```
 */
export function mv(x: TensorLike, y: TensorLike): Tensor {
  return matmul(...pairOf("mv", x, y, [2, 1]));
}

/**
 * All products of an element of a vector [N] with one of another [M]: [N, M].
 *
 * @throws {ShapeError} when a tensor is no vector.
 *
 * @example
 * ```ts
 * import { outer } from "@minitensor/minitensor";
 * console.assert(outer([1, 2], [3, 4]).toTypedArray().join() === "3,4,6,8");
 * ```
 */
export function outer(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = pairOf("outer", x, y, [1, 1]);
  return mul(unsqueeze(a, 1), b);
}

/**
 * Sums of products along the last dims of both tensors: shape x's without the last, then y's. A
 * tensor of rank 0 scales the other.
 *
 * @throws {ShapeError} when the last dims differ.
 *
 * @example
 * ```ts
 * import { inner } from "@minitensor/minitensor";
 * console.assert(inner([1, 2], [3, 4]).item() === 11);
 * ```
 */
export function inner(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = pair(x, y, false) as [Tensor, Tensor];
  if (a.ndim === 0 || b.ndim === 0) return mul(a, b);
  return contract("inner", a, b, [a.ndim - 1], [b.ndim - 1]);
}

/**
 * Product of two vectors, as {@link dot}: there are no complex numbers to conjugate.
 *
 * @throws {ShapeError} when the tensors are not two vectors of one size.
 *
 * @example
 * ```ts
 * import { vdot } from "@minitensor/minitensor";
 * console.assert(vdot([1, 2], [3, 4]).item() === 11);
 * ```
 */
export function vdot(x: TensorLike, y: TensorLike): Tensor {
  return dot(...pairOf("vdot", x, y, [1, 1]));
}

/**
 * Kronecker product: each element of x times the whole of y, as blocks. Fewer dims get leading
 * ones.
 *
 * @example
 * ```ts
 * import { kron } from "@minitensor/minitensor";
 * console.assert(kron([1, 2], [3, 4]).toTypedArray().join() === "3,4,6,8");
 * ```
 */
export function kron(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = pair(x, y, false) as [Tensor, Tensor];
  const rank = Math.max(a.ndim, b.ndim);
  const padded = (t: Tensor) => [...new Array<number>(rank - t.ndim).fill(1), ...t.shape];
  const [first, second] = [padded(a), padded(b)];
  const spread = mul(
    reshape(a, first.flatMap((extent) => [extent, 1])),
    reshape(b, second.flatMap((extent) => [1, extent])),
  );
  return reshape(spread, first.map((extent, i) => extent * second[i]!));
}

/** Weights of the functions that add to a product. */
export interface AddProductOptions {
  /** Factor of what is added to. Default 1; 0 ignores it, NaN included. */
  readonly beta?: number;
  /** Factor of the product. Default 1. */
  readonly alpha?: number;
}

function addTo(
  op: string,
  x: TensorLike,
  product: (like: Tensor) => Tensor,
  options: AddProductOptions,
): Tensor {
  checkOptions(options, ["beta", "alpha"], op);
  const { beta = 1, alpha = 1 } = options;
  const base = single(x);
  const plain = product(base);
  const scaled = alpha === 1 ? plain : mul(plain, alpha);
  if (!canFit(base, scaled)) {
    throw new ShapeError(
      `Cannot ${op}: ${text(base.shape)} does not expand to the product's ${text(scaled.shape)}`,
      { op, context: { shapes: [base.shape, scaled.shape] } },
    );
  }
  if (beta === 0) return add(scaled, scaled.newZeros([], { dtype: base.dtype }));
  return add(beta === 1 ? base : mul(base, beta), scaled);
}

function canFit(base: Tensor, target: Tensor): boolean {
  const lead = target.ndim - base.ndim;
  return lead >= 0 &&
    base.shape.every((extent, i) => extent === 1 || extent === target.shape[lead + i]);
}

/**
 * beta x + alpha (a b), for matrices a [N, K] and b [K, M]; x expands to [N, M].
 *
 * @throws {ShapeError} when the shapes do not fit.
 *
 * @example
 * ```ts
 * import { addmm } from "@minitensor/minitensor";
 * console.assert(addmm([[1]], [[2]], [[3]], { alpha: 2 }).item() === 13);
 * ```
 */
export function addmm(
  x: TensorLike,
  a: TensorLike,
  b: TensorLike,
  options: AddProductOptions = {},
): Tensor {
  return addTo("addmm", x, () => mm(a, b), options);
}

/**
 * beta x + alpha (a b), for a matrix a [N, K] and a vector b [K]; x expands to [N].
 *
 * @throws {ShapeError} when the shapes do not fit.
 *
 * @example
 * ```ts
 * import { addmv } from "@minitensor/minitensor";
 * console.assert(addmv([1], [[2]], [3]).item() === 7);
 * ```
 */
export function addmv(
  x: TensorLike,
  a: TensorLike,
  b: TensorLike,
  options: AddProductOptions = {},
): Tensor {
  return addTo("addmv", x, () => mv(a, b), options);
}

/**
 * beta x + alpha times the sum of the products of a batch: a [B, N, K], b [B, K, M]; x expands to
 * [N, M].
 *
 * @throws {ShapeError} when the shapes do not fit.
 *
 * @example
 * ```ts
 * import { addbmm } from "@minitensor/minitensor";
 * console.assert(addbmm([[1]], [[[2]], [[3]]], [[[4]], [[5]]]).item() === 24);
 * ```
 */
export function addbmm(
  x: TensorLike,
  a: TensorLike,
  b: TensorLike,
  options: AddProductOptions = {},
): Tensor {
  const [first, second] = pairOf("addbmm", a, b, [3, 3]);
  return addTo("addbmm", x, () => sum(batchedProduct("addbmm", first, second), 0), options);
}

/**
 * beta x + alpha (a b), for batches a [B, N, K] and b [B, K, M]; x expands to [B, N, M].
 *
 * @throws {ShapeError} when the shapes do not fit.
 *
 * @example
 * ```ts
 * import { baddbmm } from "@minitensor/minitensor";
 * console.assert(baddbmm([[[1]]], [[[2]]], [[[3]]]).item() === 7);
 * ```
 */
export function baddbmm(
  x: TensorLike,
  a: TensorLike,
  b: TensorLike,
  options: AddProductOptions = {},
): Tensor {
  const [first, second] = pairOf("baddbmm", a, b, [3, 3]);
  return addTo("baddbmm", x, () => batchedProduct("baddbmm", first, second), options);
}

function batchedProduct(op: string, a: Tensor, b: Tensor): Tensor {
  if (a.shape[0] !== b.shape[0]) {
    throw new ShapeError(
      `Cannot ${op} tensors of shapes ${text(a.shape)} and ${text(b.shape)}: batches differ`,
      { op, context: { shapes: [a.shape, b.shape] } },
    );
  }
  return matmul(a, b);
}

/**
 * beta x + alpha times the outer product of vectors a [N] and b [M]; x expands to [N, M].
 *
 * @throws {ShapeError} when the shapes do not fit.
 *
 * @example
 * ```ts
 * import { addr } from "@minitensor/minitensor";
 * console.assert(addr([[1]], [2], [3]).item() === 7);
 * ```
 */
export function addr(
  x: TensorLike,
  a: TensorLike,
  b: TensorLike,
  options: AddProductOptions = {},
): Tensor {
  return addTo("addr", x, () => outer(a, b), options);
}

/**
 * Sums of products over several dims of both tensors: the last `dims` of x with the first of y,
 * or the dims that two lists name pair by pair. The result has the other dims of x, then those of
 * y.
 *
 * @throws {ShapeError} when the sizes of a pair differ.
 * @throws {ArgumentError} when there are not as many dims.
 *
 * @example
 * ```ts
 * import { ones, tensordot } from "@minitensor/minitensor";
 * console.assert(tensordot(ones([2, 3, 4]), ones([4, 3, 5]), [[1, 2], [1, 0]]).shape.join() ===
 * "2,5");
 * ```
 */
export function tensordot(
  x: TensorLike,
  y: TensorLike,
  dims: number | readonly [readonly number[], readonly number[]] = 2,
): Tensor {
  const [a, b] = pair(x, y, false) as [Tensor, Tensor];
  if (typeof dims !== "number") {
    const from = checkDims(dims[0], a.ndim, "tensordot");
    const to = checkDims(dims[1], b.ndim, "tensordot");
    return contract("tensordot", a, b, from, to);
  }
  if (!Number.isInteger(dims) || dims < 0 || dims > Math.min(a.ndim, b.ndim)) {
    throw new ArgumentError(
      `Cannot tensordot over ${dims} dims: the tensors have ${a.ndim} and ${b.ndim}`,
      { op: "tensordot" },
    );
  }
  return contract(
    "tensordot",
    a,
    b,
    dimsOf(a.ndim).slice(a.ndim - dims),
    dimsOf(b.ndim).slice(0, dims),
  );
}

function contract(
  op: string,
  a: Tensor,
  b: Tensor,
  from: readonly number[],
  to: readonly number[],
): Tensor {
  if (!sameShape(picked(a.shape, from), picked(b.shape, to))) {
    if (from.length !== to.length) {
      throw new ArgumentError(
        `Cannot ${op} over dims ${text(from)} and ${text(to)}: there are not as many`,
        { op },
      );
    }
    throw new ShapeError(
      `Cannot ${op} tensors of shapes ${text(a.shape)} and ${text(b.shape)} over dims ` +
        `${text(from)} and ${text(to)}: their sizes differ`,
      { op, context: { shapes: [a.shape, b.shape] } },
    );
  }
  const restA = dimsOf(a.ndim).filter((dim) => !from.includes(dim));
  const restB = dimsOf(b.ndim).filter((dim) => !to.includes(dim));
  const sizeOf = (shape: readonly number[]) =>
    shape.reduce((product, extent) => product * extent, 1);
  const [outA, outB] = [picked(a.shape, restA), picked(b.shape, restB)];
  const depth = sizeOf(picked(a.shape, from));
  const left = reshape(permute(a, [...restA, ...from]), [sizeOf(outA), depth]);
  const right = reshape(permute(b, [...to, ...restB]), [depth, sizeOf(outB)]);
  return reshape(matmul(left, right), [...outA, ...outB]);
}

/** The dim of vectors. */
export interface VectorDim {
  /** The dim. Default -1. */
  readonly dim?: number;
}

/**
 * Products of vectors along a dim of both tensors, which broadcast.
 *
 * @throws {ShapeError} when the sizes along the dim differ or the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { linalg } from "@minitensor/minitensor";
 * console.assert(linalg.vecdot([[1, 2], [3, 4]], [1, 1]).toTypedArray().join() === "3,7");
 * ```
 */
export function vecdot(x: TensorLike, y: TensorLike, options: VectorDim = {}): Tensor {
  checkOptions(options, ["dim"], "vecdot");
  const [a, b] = pair(x, y, false) as [Tensor, Tensor];
  const dim = options.dim ?? -1;
  const extent = (t: Tensor) => t.shape[checkDim(dim, t.ndim, "vecdot")];
  if (extent(a) !== extent(b)) {
    throw new ShapeError(
      `Cannot vecdot tensors of shapes ${text(a.shape)} and ${text(b.shape)}: dim ${dim} differs`,
      { op: "vecdot", context: { shapes: [a.shape, b.shape] } },
    );
  }
  return sum(mul(a, b), dim);
}
