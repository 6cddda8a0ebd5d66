/**
 * Norms of vectors and matrices, and distances.
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../errors.ts";
import { checkDims, text } from "../shape.ts";
import type { TensorLike } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { sub } from "./arithmetic.ts";
import { reduceArguments, type ReduceOptions } from "./infer.ts";
import { checkOptions, floating, pair, single } from "./front.ts";
import { abs } from "./math.ts";
import { amax, amin, sum } from "./reduction.ts";
import { pNorm } from "./vector_norm.ts";
import { svd } from "./spectral.ts";
import { movedim, reshape, select, unsqueeze } from "./view.ts";

/** Options of {@link vectorNorm}. */
export interface VectorNormOptions {
  /** Which norm: any number, Infinity and -Infinity included. Default 2. */
  readonly ord?: number;
  /** The dims whose elements are one vector. Default all. */
  readonly dim?: number | readonly number[];
  /** Keeps the reduced dims with size 1. Default false. */
  readonly keepdim?: boolean;
}

/**
 * Norms of vectors: (sum |x|^ord)^(1/ord), the largest or smallest |x| for infinite orders, the
 * number of elements that are not 0 for order 0. The gradient of a norm that is 0 is 0.
 *
 * @throws {AxisError} when a dim does not exist.
 * @throws {ShapeError} when an infinite order is asked of no elements.
 *
 * @example
 * ```ts
 * import { linalg } from "@minitensor/minitensor";
 * console.assert(linalg.vectorNorm([3, 4]).item() === 5);
 * ```
 */
export function vectorNorm(x: TensorLike, options: VectorNormOptions = {}): Tensor {
  checkOptions(options, ["ord", "dim", "keepdim"], "vectorNorm");
  const { ord = 2, dim, keepdim = false } = options;
  if (Number.isNaN(ord)) {
    throw new ArgumentError("Cannot vectorNorm with ord NaN: it is a number", { op: "vectorNorm" });
  }
  const values = floating(single(x));
  return pNorm(values, ord, { dims: checkDims(dim, values.ndim, "vectorNorm"), keepdim });
}

/** Orders of norms of matrices; nuc is the sum of the singular values. */
export type MatrixOrder = "fro" | "nuc" | 1 | -1 | 2 | -2 | number;

/** Options of {@link matrixNorm}. */
export interface MatrixNormOptions {
  /**
   * "fro", "nuc", 1, -1 (sums of columns), Infinity, -Infinity (of rows), 2, -2 (singular
   * values). Default "fro".
   */
  readonly ord?: MatrixOrder;
  /** Rows and columns. Default [-2, -1]. */
  readonly dim?: readonly number[];
  /** Keeps the reduced dims with size 1. Default false. */
  readonly keepdim?: boolean;
}

/**
 * Norms of matrices.
 *
 * @throws {ArgumentError} when the order is none of a matrix, or there are not two dims.
 * @throws {ShapeError} when the tensor has fewer than two dims.
 *
 * @example
 * ```ts
 * import { linalg } from "@minitensor/minitensor";
 * console.assert(linalg.matrixNorm([[3, 0], [0, 4]], { ord: "nuc" }).item() === 7);
 * ```
 */
export function matrixNorm(x: TensorLike, options: MatrixNormOptions = {}): Tensor {
  checkOptions(options, ["ord", "dim", "keepdim"], "matrixNorm");
  const { ord = "fro", dim = [-2, -1], keepdim = false } = options;
  const a = floating(single(x));
  if (a.ndim < 2) {
    throw new ShapeError(`Cannot matrixNorm a tensor of shape ${text(a.shape)}: it is no matrix`, {
      op: "matrixNorm",
    });
  }
  const dims = checkDims(dim, a.ndim, "matrixNorm");
  if (dims.length !== 2) {
    throw new ArgumentError(`Cannot matrixNorm along dims ${text(dim)}: a matrix has two`, {
      op: "matrixNorm",
    });
  }
  if (ord === "fro") return vectorNorm(a, { dim: dims, keepdim });
  const result = planeNorm(movedim(a, dims, [-2, -1]), ord);
  if (!keepdim) return result;
  return reshape(result, a.shape.map((extent, i) => dims.includes(i) ? 1 : extent));
}

/** Norm of the last two dims. */
function planeNorm(a: Tensor, ord: MatrixOrder): Tensor {
  switch (ord) {
    case 1:
    case -1: {
      const sums = sum(abs(a), -2);
      return ord > 0 ? amax(sums, -1) : amin(sums, -1);
    }
    case Infinity:
    case -Infinity: {
      const sums = sum(abs(a), -1);
      return ord > 0 ? amax(sums, -1) : amin(sums, -1);
    }
    case 2:
    case -2: {
      const { S } = svd(a, { fullMatrices: false });
      return select(S, -1, ord > 0 ? 0 : -1);
    }
    case "nuc":
      return sum(svd(a, { fullMatrices: false }).S, -1);
    default:
      throw new ArgumentError(
        `Cannot matrixNorm with ord ${String(ord)}: it is fro, nuc, 1, -1, 2, -2 or infinite`,
        { op: "matrixNorm" },
      );
  }
}

/** Options of {@link linalgNorm}. */
export interface LinalgNormOptions {
  /** As for {@link vectorNorm} or {@link matrixNorm}. Default 2 of all elements. */
  readonly ord?: MatrixOrder;
  /** One dim for norms of vectors, two for those of matrices. */
  readonly dim?: number | readonly number[];
  /** Keeps the reduced dims with size 1. Default false. */
  readonly keepdim?: boolean;
}

/**
 * Norm of vectors or matrices, as `torch.linalg.norm`: with an order, one dim or a tensor of rank
 * 1 is a vector, two dims or rank 2 a matrix; without one, all elements (of the dims) are one
 * vector.
 *
 * @throws {ArgumentError} when the order does not fit the number of dims.
 *
 * @example
 * ```ts
 * import { linalg } from "@minitensor/minitensor";
 * console.assert(linalg.norm([[3, 0], [0, 4]], { ord: 1 }).item() === 4);
 * ```
 */
export function linalgNorm(x: TensorLike, options: LinalgNormOptions = {}): Tensor {
  checkOptions(options, ["ord", "dim", "keepdim"], "norm");
  const { ord, dim, keepdim = false } = options;
  const values = floating(single(x));
  const chosen = dim === undefined ? {} : { dim };
  if (ord === undefined) return vectorNorm(values, { ...chosen, keepdim });
  const count = dim === undefined ? values.ndim : typeof dim === "number" ? 1 : dim.length;
  if (count === 1) {
    if (typeof ord === "string") {
      throw new ArgumentError(`Cannot norm a vector with ord ${ord}: it is one of matrices`, {
        op: "norm",
      });
    }
    return vectorNorm(values, { ord, ...chosen, keepdim });
  }
  if (count !== 2) {
    throw new ArgumentError(
      `Cannot norm ${count} dims with ord ${String(ord)}: a norm is of one dim or two`,
      { op: "norm" },
    );
  }
  return matrixNorm(values, {
    ord,
    keepdim,
    ...(dim === undefined ? {} : { dim: dim as number[] }),
  });
}

/** Options of {@link norm}. */
export interface NormOptions extends ReduceOptions {
  /** The power, which may be 0, Infinity or -Infinity; "fro" is 2. Default 2. */
  readonly p?: number | "fro" | "nuc";
}

/**
 * The p-norm of all elements, or along dims, seen as vectors: (sum |x|^p)^(1/p); p = 0 counts what
 * is not 0, Infinity and -Infinity are the largest and smallest |x|; "nuc" sums the singular values
 * of matrices. Integers become the default dtype. The gradient at a norm of 0 is 0.
 *
 * @throws {ArgumentError} for a p that is neither a number nor "fro" or "nuc".
 * @throws {AxisError} when there is no such dim, or one is named twice.
 *
 * @example
 * ```ts
 * import { norm, tensor } from "@minitensor/minitensor";
 * console.assert(norm(tensor([3, 4])).item() === 5);
 * console.assert(norm(tensor([3, -4]), { p: 1 }).item() === 7);
 * ```
 */
export function norm(x: TensorLike, options: NormOptions = {}): Tensor {
  checkOptions(options, ["p", "dim", "keepdim"], "norm");
  const { p: given = 2, ...rest } = options;
  if (given === "nuc") {
    const { dim, keepdim = false } = options;
    return matrixNorm(x, {
      ord: "nuc",
      keepdim,
      ...(dim === undefined ? {} : { dim: [dim].flat() }),
    });
  }
  const p = given === "fro" ? 2 : given;
  if (typeof p !== "number" || Number.isNaN(p)) {
    throw new ArgumentError(`Cannot norm with p = ${String(p)}: it is a number, "fro" or "nuc"`, {
      op: "norm",
    });
  }
  const input = floating(single(x));
  return pNorm(input, p, reduceArguments(input, rest, undefined, "norm"));
}

/** Options of {@link cdist}. */
export interface CdistOptions {
  /** Which norm. Default 2. */
  readonly p?: number;
}

/**
 * Distances of each vector of x [..., P, M] to each of y [..., R, M]: [..., P, R]. Batch dims
 * broadcast; the gradient is 0 where the distance is.
 *
 * @throws {ShapeError} when the vectors have different sizes, or a tensor has fewer than two dims.
 *
 * @example
 * ```ts
 * import { cdist } from "@minitensor/minitensor";
 * console.assert(cdist([[0, 0]], [[3, 4], [0, 1]]).toTypedArray().join() === "5,1");
 * ```
 */
export function cdist(x: TensorLike, y: TensorLike, options: CdistOptions = {}): Tensor {
  checkOptions(options, ["p"], "cdist");
  const [a, b] = pair(x, y, true) as [Tensor, Tensor];
  if (a.ndim < 2 || b.ndim < 2 || a.shape.at(-1) !== b.shape.at(-1)) {
    throw new ShapeError(
      `Cannot cdist tensors of shapes ${text(a.shape)} and ${text(b.shape)}: ` +
        "they must be rows of one size",
      { op: "cdist", context: { shapes: [a.shape, b.shape] } },
    );
  }
  const difference = sub(unsqueeze(a, -2), unsqueeze(b, -3));
  if (options.p === Infinity && a.shape.at(-1) === 0) return sum(difference, -1);
  return vectorNorm(difference, { ord: options.p ?? 2, dim: -1 });
}
