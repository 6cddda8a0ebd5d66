/**
 * Matrices made of vectors: diagonal ones, blocks along a diagonal, powers.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { ArgumentError, AxisError, ShapeError } from "../errors.ts";
import { checkDim, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, promote, single } from "./front.ts";
import { cat, flip } from "./join.ts";
import { pad } from "./pad.ts";
import { replacePart } from "./replace.ts";
import { diagonal } from "./diagonal.ts";
import { reshape, unsqueeze } from "./view.ts";

function whole(offset: number, op: string): number {
  if (!Number.isInteger(offset)) {
    throw new ArgumentError(`Cannot ${op} by diagonal ${offset}: it is not a whole number`, { op });
  }
  return offset;
}

/**
 * A vector as the diagonal of a square matrix, or the diagonal of a matrix, which is a view.
 *
 * @param offset Which diagonal: 0 the main one, above it positive.
 * @throws {ShapeError} for other than one or two dims.
 *
 * @example
 * ```ts
 * import { diag, tensor } from "@minitensor/minitensor";
 * console.assert(diag(tensor([1, 2])).toArray().toString() === "1,0,0,2");
 * console.assert(diag(tensor([[1, 2], [3, 4]])).toArray().toString() === "1,4");
 * ```
 */
export function diag(x: Tensor, offset = 0): Tensor {
  if (x.ndim === 1) return diagEmbed(x, { offset });
  if (x.ndim === 2) return diagonal(x, { offset: whole(offset, "diag") });
  throw new ShapeError(`Cannot diag a tensor of shape ${text(x.shape)}: it has 1 or 2 dims`, {
    op: "diag",
  });
}

/** Where {@link diagEmbed} puts the diagonal. */
export interface DiagEmbedOptions {
  /** Which diagonal: 0 the main one, above it positive. Default 0. */
  readonly offset?: number;
  /** First dim of the matrices, in the result. Default -2. */
  readonly dim1?: number;
  /** Second dim of the matrices, in the result. Default -1. */
  readonly dim2?: number;
}

/**
 * The last dim as diagonals of square matrices, zeros elsewhere; the result has one dim more.
 *
 * @throws {AxisError} when both dims are the same.
 * @throws {ShapeError} for a tensor of rank 0.
 *
 * @example
 * ```ts
 * import { diagEmbed, ones } from "@minitensor/minitensor";
 * console.assert(diagEmbed(ones([4, 2]), { offset: 1 }).shape.join() === "4,3,3");
 * ```
 */
export function diagEmbed(x: Tensor, options: DiagEmbedOptions = {}): Tensor {
  checkOptions(options, ["offset", "dim1", "dim2"], "diagEmbed");
  if (x.ndim === 0) {
    throw new ShapeError("Cannot diagEmbed a tensor of rank 0: it has no dim", { op: "diagEmbed" });
  }
  const offset = whole(options.offset ?? 0, "diagEmbed");
  const dim1 = checkDim(options.dim1 ?? -2, x.ndim + 1, "diagEmbed");
  const dim2 = checkDim(options.dim2 ?? -1, x.ndim + 1, "diagEmbed");
  if (dim1 === dim2) {
    throw new AxisError(`Cannot diagEmbed in dims ${dim1} and ${dim2}: they are the same`);
  }
  const size = x.shape.at(-1)! + Math.abs(offset);
  const rest = Array.from(x.shape).slice(0, -1);
  const shape = Array.from(
    { length: x.ndim + 1 },
    (_, i) => i === dim1 || i === dim2 ? size : rest.shift()!,
  );
  const place = (matrix: Tensor) => diagonal(matrix, { offset, dim1, dim2 });
  return replacePart(x.newZeros(shape), x, place);
}

/**
 * All elements, in order, as the diagonal of a square matrix.
 *
 * @param offset Which diagonal: 0 the main one, above it positive.
 *
 * @example
 * ```ts
 * import { diagflat, tensor } from "@minitensor/minitensor";
 * console.assert(diagflat(tensor([[1], [2]])).toArray().toString() === "1,0,0,2");
 * ```
 */
export function diagflat(x: Tensor, offset = 0): Tensor {
  return diagEmbed(reshape(x, [-1]), { offset });
}

/**
 * Matrices one after the other along the diagonal, zeros elsewhere; vectors are rows.
 *
 * @throws {ShapeError} for more than two dims.
 *
 * @example
 * ```ts
 * import { blockDiag } from "@minitensor/minitensor";
 * console.assert(blockDiag([[[1, 2]], 3]).toArray().toString() === "1,2,0,0,0,3");
 * ```
 */
export function blockDiag(tensors: readonly TensorLike[]): Tensor {
  if (tensors.length === 0) {
    throw new ArgumentError("Cannot blockDiag no tensors: there is no shape", { op: "blockDiag" });
  }
  const blocks = promote(tensors.map(single)).map((x) => {
    if (x.ndim > 2) {
      throw new ShapeError(`Cannot blockDiag a tensor of shape ${text(x.shape)}: use 2 dims`, {
        op: "blockDiag",
      });
    }
    return x.ndim === 2 ? x : reshape(x, [1, x.numel()]);
  });
  const columns = blocks.reduce((sum, x) => sum + x.shape[1]!, 0);
  let before = 0;
  const rows = blocks.map((x) => {
    const row = pad(x, [before, columns - before - x.shape[1]!]);
    before += x.shape[1]!;
    return row;
  });
  return cat(rows, 0);
}

/** Options of {@link vander}. */
export interface VanderOptions {
  /** Number of columns. Default: as many as elements. */
  readonly N?: number;
  /** Powers from 0 upwards instead of downwards to 0. Default false. */
  readonly increasing?: boolean;
}

/**
 * Powers of a vector's elements as columns: `N - 1` down to 0.
 *
 * @throws {ShapeError} when the tensor is not 1-D.
 *
 * @example
 * ```ts
 * import { tensor, vander } from "@minitensor/minitensor";
 * console.assert(vander(tensor([2, 3]), { N: 3 }).toArray().toString() === "4,2,1,9,3,1");
 * ```
 */
export function vander(x: Tensor, options: VanderOptions = {}): Tensor {
  checkOptions(options, ["N", "increasing"], "vander");
  if (x.ndim !== 1) {
    throw new ShapeError(`Cannot vander a tensor of shape ${text(x.shape)}: it must be 1-D`, {
      op: "vander",
    });
  }
  const { N = x.numel(), increasing = false } = options;
  if (!Number.isInteger(N) || N < 0) {
    throw new ArgumentError(`Cannot vander to ${N} columns: it is a whole number of 0 or more`);
  }
  const exact = x.spec.info.isFloat ? x : x.long();
  if (N === 0) return exact.newEmpty([x.numel(), 0]);
  const ones = exact.newOnes([x.numel(), 1]);
  const factors = unsqueeze(exact, 1).expand([x.numel(), N - 1]);
  const powers = N === 1 ? ones : cat([ones, factors.cumprod(1)], 1);
  return increasing ? powers : flip(powers, 1);
}
