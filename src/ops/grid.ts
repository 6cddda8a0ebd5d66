/**
 * Grids: every element of some vectors with every element of the others.
 *
 * @module
 */
import { arange, ones, type TensorLike } from "../create.ts";
import type { DType } from "../dtype.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { clone } from "./copy.ts";
import { checkOptions, promote, single } from "./front.ts";
import { indexSelect } from "./gather.ts";
import { stack, tril, triu } from "./join.ts";
import { maskedSelect, nonzero } from "./nonzero.ts";
import { expand, permute, reshape } from "./view.ts";

/** Options of {@link meshgrid}. */
export interface MeshgridOptions {
  /** `ij`: dim i is that of tensor i. `xy`: the first two are exchanged. Default `ij`. */
  readonly indexing?: "ij" | "xy";
  /** Leaves the other dims at size 1. Default false. */
  readonly sparse?: boolean;
  /** Copies instead of views. Default false. */
  readonly copy?: boolean;
}

/** Vectors of a grid; a number is a vector of one. */
function vectors(tensors: readonly TensorLike[], op: string): Tensor[] {
  if (tensors.length === 0) {
    throw new ArgumentError(`Cannot make a ${op} of no tensors: there is no shape`, { op });
  }
  return tensors.map((value) => {
    const x = single(value);
    if (x.ndim > 1) {
      throw new ShapeError(`Cannot make a ${op} of a tensor of shape ${text(x.shape)}: use 1-D`, {
        op,
      });
    }
    return x;
  });
}

/**
 * Vectors laid out along a dim of their own each and repeated along all others, so that together
 * they list the points of a grid. Views unless `copy`.
 *
 * @throws {ShapeError} for a tensor of more than one dim.
 *
 * @example
 * ```ts
 * import { arange, meshgrid } from "@minitensor/minitensor";
 * const [rows, columns] = meshgrid([arange(2), arange(3)]);
 * console.assert(rows!.toArray().toString() === "0,0,0,1,1,1");
 * console.assert(columns!.toArray().toString() === "0,1,2,0,1,2");
 * ```
 */
export function meshgrid(tensors: readonly TensorLike[], options: MeshgridOptions = {}): Tensor[] {
  checkOptions(options, ["indexing", "sparse", "copy"], "meshgrid");
  const { indexing = "ij", sparse = false, copy = false } = options;
  if (indexing !== "ij" && indexing !== "xy") {
    throw new ArgumentError(`Cannot make a meshgrid with indexing ${indexing}: it is ij or xy`);
  }
  const given = vectors(tensors, "meshgrid");
  const shape = given.map((x) => x.numel());
  const order = shape.map((_, dim) =>
    indexing === "xy" && shape.length > 1 && dim < 2 ? 1 - dim : dim
  );
  return given.map((x, i) => {
    const line = reshape(x, shape.map((extent, dim) => dim === i ? extent : 1));
    const grid = permute(sparse ? line : expand(line, shape), order);
    return copy ? clone(grid) : grid;
  });
}

/**
 * Every choice of one element from each vector, a row each, the last vector fastest. One vector
 * stays as it is.
 *
 * @throws {ShapeError} for a tensor that is not 1-D.
 *
 * @example
 * ```ts
 * import { cartesianProd } from "@minitensor/minitensor";
 * console.assert(cartesianProd([[1, 2], [5, 6]]).toArray().toString() === "1,5,1,6,2,5,2,6");
 * ```
 */
export function cartesianProd(tensors: readonly TensorLike[]): Tensor {
  const given = promote(vectors(tensors, "cartesianProd"));
  for (const x of given) requireVector(x, "cartesianProd");
  if (given.length === 1) return reshape(given[0]!, given[0]!.shape);
  return reshape(stack(meshgrid(given), -1), [-1, given.length]);
}

function requireVector(x: Tensor, op: string): void {
  if (x.ndim !== 1) {
    throw new ShapeError(`Cannot ${op} a tensor of shape ${text(x.shape)}: it must be 1-D`, { op });
  }
}

/**
 * Every choice of `r` elements of a vector, in their order, a row each.
 *
 * @param options `withReplacement`: an element may be chosen again. Default false.
 * @throws {ShapeError} when the tensor is not 1-D.
 *
 * @example
 * ```ts
 * import { combinations, tensor } from "@minitensor/minitensor";
 * console.assert(combinations(tensor([1, 2, 3])).toArray().toString() === "1,2,1,3,2,3");
 * ```
 */
export function combinations(
  x: Tensor,
  r = 2,
  options: { readonly withReplacement?: boolean } = {},
): Tensor {
  checkOptions(options, ["withReplacement"], "combinations");
  requireVector(x, "combinations");
  if (!Number.isInteger(r) || r < 0) {
    throw new ArgumentError(`Cannot choose combinations of ${r}: it is a whole number`);
  }
  if (r === 0) return x.newEmpty([0]);
  const places = arange(0, x.numel(), 1, { dtype: "int64" });
  const grid = meshgrid(new Array<Tensor>(r).fill(places));
  let chosen = ones(grid[0]!.shape, { dtype: "bool" });
  for (let i = 1; i < r; i++) {
    const [before, next] = [grid[i - 1]!, grid[i]!];
    const ordered = options.withReplacement === true ? before.le(next) : before.lt(next);
    chosen = chosen.logicalAnd(ordered);
  }
  return stack(grid.map((indices) => indexSelect(x, 0, maskedSelect(indices, chosen))), 1);
}

/** Which part of a matrix the indices are of. */
export interface TriangleOptions {
  /** Diagonal that bounds it: 0 the main one, above it positive. Default 0. */
  readonly offset?: number;
  /** Dtype of the indices. Default int64. */
  readonly dtype?: DType;
}

function triangleIndices(
  rows: number,
  columns: number,
  options: TriangleOptions,
  op: "trilIndices" | "triuIndices",
): Tensor {
  checkOptions(options, ["offset", "dtype"], op);
  const { offset = 0, dtype = "int64" } = options;
  if (!Number.isInteger(offset)) {
    throw new ArgumentError(`Cannot give ${op} from diagonal ${offset}: it is not a whole number`);
  }
  const whole = ones([rows, columns], { dtype: "int32" });
  const triangle = op === "trilIndices" ? tril(whole, offset) : triu(whole, offset);
  return stack(nonzero(triangle, { asTuple: true })).to(dtype);
}

/**
 * Rows and columns, `[2, n]`, of the places on and below a diagonal, row by row.
 *
 * @throws {ShapeError} when a size is not a whole number of 0 or more.
 *
 * @example
 * ```ts
 * import { trilIndices } from "@minitensor/minitensor";
 * console.assert(trilIndices(2, 2).toArray().toString() === "0,1,1,0,0,1");
 * ```
 */
export function trilIndices(rows: number, columns: number, options: TriangleOptions = {}): Tensor {
  return triangleIndices(rows, columns, options, "trilIndices");
}

/**
 * Rows and columns, `[2, n]`, of the places on and above a diagonal, row by row.
 *
 * @throws {ShapeError} when a size is not a whole number of 0 or more.
 *
 * @example
 * ```ts
 * import { triuIndices } from "@minitensor/minitensor";
 * console.assert(triuIndices(2, 2).toArray().toString() === "0,0,1,0,1,1");
 * ```
 */
export function triuIndices(rows: number, columns: number, options: TriangleOptions = {}): Tensor {
  return triangleIndices(rows, columns, options, "triuIndices");
}
