/**
 * Functions of whole matrices: trace, cross product, powers, products of many.
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../errors.ts";
import { broadcastShapes, checkDim, sameShape, text } from "../shape.ts";
import type { TensorLike } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul, sub } from "./arithmetic.ts";
import { checkOptions, pair, promote, single } from "./front.ts";
import { stack } from "./join.ts";
import { matmul } from "./linalg.ts";
import { inv } from "./lu.ts";
import { identityLike, inBatch } from "./matrices.ts";
import { sum } from "./reduction.ts";
import { diagonal } from "./diagonal.ts";
import { expand, select, unsqueeze } from "./view.ts";

/** Which diagonal of which dims. */
export interface DiagonalOptions {
  /** Above the main diagonal, or below where negative. Default 0. */
  readonly offset?: number;
  /** The rows. Default -2. */
  readonly dim1?: number;
  /** The columns. Default -1. */
  readonly dim2?: number;
}

/**
 * Sums along a diagonal of the last two dims, or of those named; bools and ints give int64.
 *
 * @throws {AxisError} when the tensor has fewer than two dims, or the dims are the same.
 *
 * @example
 * ```ts
 * import { trace } from "@minitensor/minitensor";
 * console.assert(trace([[1, 2], [3, 4]]).item() === 5);
 * ```
 */
export function trace(x: TensorLike, options: DiagonalOptions = {}): Tensor {
  checkOptions(options, ["offset", "dim1", "dim2"], "trace");
  const { offset = 0, dim1 = -2, dim2 = -1 } = options;
  return sum(diagonal(single(x), { offset, dim1, dim2 }), -1);
}

/** The dim of vectors of three. */
export interface CrossOptions {
  /** The dim. Default -1. */
  readonly dim?: number;
}

/**
 * Cross products of vectors of 3 along a dim; the tensors broadcast.
 *
 * @throws {ShapeError} when the dim's size is not 3, or the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { cross } from "@minitensor/minitensor";
 * console.assert(cross([1, 0, 0], [0, 1, 0]).toTypedArray().join() === "0,0,1");
 * ```
 */
export function cross(
  x: TensorLike,
  y: TensorLike,
  dim?: number | CrossOptions,
  options: CrossOptions = {},
): Tensor {
  const given = typeof dim === "object" ? dim : options;
  checkOptions(given, ["dim"], "cross");
  if (typeof dim === "number" && given.dim !== undefined) {
    throw new ArgumentError(
      "Cannot cross along a dim given twice: before the options and in them",
      {
        op: "cross",
      },
    );
  }
  const [a, b] = pair(x, y, false) as [Tensor, Tensor];
  const shape = broadcastShapes(a.shape, b.shape);
  const place = checkDim(typeof dim === "number" ? dim : given.dim ?? -1, shape.length, "cross");
  const fits = [a, b].every((t) => t.shape[place - shape.length + t.ndim] === 3);
  if (!fits) {
    throw new ShapeError(
      `Cannot cross tensors of shapes ${text(a.shape)} and ${text(b.shape)}: dim ${place} is not 3`,
      { op: "cross", context: { shapes: [a.shape, b.shape] } },
    );
  }
  const spread = (t: Tensor) => sameShape(t.shape, shape) ? t : expand(t, shape);
  const part = (t: Tensor, i: number) => select(t, place, i % 3);
  const [first, second] = [spread(a), spread(b)];
  return stack(
    [0, 1, 2].map((i) =>
      sub(
        mul(part(first, i + 1), part(second, i + 2)),
        mul(part(first, i + 2), part(second, i + 1)),
      )
    ),
    place,
  );
}

/**
 * Product of square matrices [..., N, N] with themselves, n times; negative powers are those of
 * the inverse.
 *
 * @throws {ShapeError} when the matrices are not square.
 * @throws {LinAlgError} when n is negative and a matrix is singular.
 * @throws {ArgumentError} when n is no whole number.
 *
 * @example
 * ```ts
 * import { matrixPower } from "@minitensor/minitensor";
 * console.assert(matrixPower([[1, 1], [0, 1]], 5).toTypedArray().join() === "1,5,0,1");
 * ```
 */
export function matrixPower(A: TensorLike, n: number): Tensor {
  const a = single(A);
  if (!Number.isInteger(n)) {
    throw new ArgumentError(`Cannot raise a matrix to the power ${n}: it is no whole number`, {
      op: "matrixPower",
    });
  }
  if (a.ndim < 2 || a.shape.at(-1) !== a.shape.at(-2)) {
    throw new ShapeError(
      `Cannot raise a tensor of shape ${text(a.shape)} to a power: its matrices are not square`,
      { op: "matrixPower" },
    );
  }
  let square = n < 0 ? inv(a) : a;
  let result: Tensor | null = null;
  for (let rest = Math.abs(n); rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = result === null ? square : matmul(result, square);
    if (rest > 1) square = matmul(square, square);
  }
  if (result === null) return inBatch(identityLike(a), a.shape.slice(0, -2)).clone();
  return result === a ? a.clone() : result;
}

/**
 * Product of several matrices, multiplied in the order that takes the fewest multiplications. The
 * first may be a row vector, the last a column vector.
 *
 * @throws {ArgumentError} when there are no matrices.
 * @throws {ShapeError} when neighbours do not fit, or one has more than two dims.
 *
 * @example
 * ```ts
 * import { linalg } from "@minitensor/minitensor";
 * console.assert(linalg.multiDot([[[1, 2]], [[1], [1]], [[2]]]).item() === 6);
 * ```
 */
export function multiDot(matrices: readonly TensorLike[]): Tensor {
  if (matrices.length === 0) {
    throw new ArgumentError("Cannot multiDot: there are no matrices", { op: "multiDot" });
  }
  const all = promote(matrices.map(single));
  const last = all.length - 1;
  const asMatrix = (x: Tensor, i: number) => {
    if (x.ndim === 2) return x;
    if (x.ndim === 1 && i === 0) return unsqueeze(x, 0);
    if (x.ndim === 1 && i === last) return unsqueeze(x, 1);
    throw new ShapeError(
      `Cannot multiDot: tensor ${i} has shape ${text(x.shape)}, it must be a matrix`,
      { op: "multiDot" },
    );
  };
  if (last === 0) return all[0]!.clone();
  const chain = all.map(asMatrix);
  const cuts = bestCuts([chain[0]!.shape[0]!, ...chain.map((x) => x.shape[1]!)]);
  const product = (from: number, to: number): Tensor =>
    from === to
      ? chain[from]!
      : matmul(product(from, cuts[from]![to]!), product(cuts[from]![to]! + 1, to));
  let result = product(0, last);
  if (all[last]!.ndim === 1) result = select(result, 1, 0);
  return all[0]!.ndim === 1 ? select(result, 0, 0) : result;
}

/** Where to cut the product of matrices from..to, by dynamic programming over their sizes. */
function bestCuts(sizes: readonly number[]): number[][] {
  const count = sizes.length - 1;
  const table = () => Array.from({ length: count }, () => new Array<number>(count).fill(0));
  const [costs, cuts] = [table(), table()];
  for (let length = 1; length < count; length++) {
    for (let from = 0; from + length < count; from++) {
      const to = from + length;
      costs[from]![to] = Infinity;
      for (let cut = from; cut < to; cut++) {
        const own = sizes[from]! * sizes[cut + 1]! * sizes[to + 1]!;
        const cost = costs[from]![cut]! + costs[cut + 1]![to]! + own;
        if (cost < costs[from]![to]!) {
          costs[from]![to] = cost;
          cuts[from]![to] = cut;
        }
      }
    }
  }
  return cuts;
}

/**
 * Product of several matrices, as {@link multiDot} with the matrices as arguments.
 *
 * @throws {ArgumentError} when there are no matrices.
 * @throws {ShapeError} when neighbours do not fit.
 *
 * @example
 * ```ts
 * import { chainMatmul } from "@minitensor/minitensor";
 * console.assert(chainMatmul([[1, 2]], [[1], [1]], [[2]]).item() === 6);
 * ```
 */
export function chainMatmul(...matrices: readonly TensorLike[]): Tensor {
  return multiDot(matrices);
}
