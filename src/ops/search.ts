/**
 * Places: searchsorted, bucketize, unravelIndex.
 *
 * @module
 */
import { ArgumentError, DTypeError, IndexError, ShapeError } from "../errors.ts";
import type { TensorLike } from "../create.ts";
import { defineOp, type Op } from "../op.ts";
import { sameShape, type Shape, specOf, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, operand, promote, single } from "./front.ts";
import { everything } from "../vmap/batch.ts";

/** Options of {@link searchsorted}. */
export interface SearchOptions {
  /** Where a value goes among elements equal to it: before them, or behind. Default "left". */
  readonly side?: "left" | "right";
}

/** Attributes of {@link searchsorted}. */
export interface SearchsortedAttributes {
  /** Values go behind the elements equal to them. */
  readonly behind: boolean;
}

/** A search for the places of values in sorted rows. */
export type SearchFunction = (
  sorted: TensorLike,
  values: TensorLike,
  options?: SearchOptions,
) => Tensor;

/**
 * Where values belong in sorted rows: for each the number of elements before it, int64, of the
 * shape of `values`. `sorted` has one row for all values, or shares all dims but the last with
 * them; that its rows ascend is not checked. NaN belongs behind all. Dtypes are promoted to meet.
 *
 * @throws {ShapeError} when `sorted` has no dims, or neither one dim nor those of the values.
 * @throws {ArgumentError} for a side other than "left" and "right".
 *
 * @example
 * ```ts
 * import { searchsorted, tensor } from "@minitensor/minitensor";
 * const sorted = tensor([1, 3, 5]);
 * console.assert(searchsorted(sorted, tensor([3, 6])).toArray().toString() === "1,3");
 * console.assert(searchsorted(sorted, 3, { side: "right" }).item() === 2);
 * ```
 */
export const searchsorted: Op<SearchFunction, SearchsortedAttributes> = defineOp({
  name: "searchsorted",
  summary: "Where values belong in sorted rows: the number of elements before each.",
  infer: ([sorted, values], _, name) => {
    const [rows, places] = [sorted!.shape, values!.shape];
    const fits = rows.length === 1 ||
      (rows.length > 1 && sameShape(rows.slice(0, -1), places.slice(0, -1)));
    if (!fits) {
      throw new ShapeError(
        `Cannot ${name} values of shape ${text(places)} in rows of shape ${text(rows)}: ` +
          "there must be one row, or one for each row of values",
        { op: name },
      );
    }
    return specOf(places, "int64");
  },
  kernel: { native: "searchsorted", encode: ({ behind }) => [Number(behind)] },
  saves: "none",
  gradient: null,
  samples: [
    { shapes: [[7], [2, 3]] },
    { shapes: [[2, 7], [2, 3]], rest: [{ side: "right" }] },
    { shapes: [[4], []] },
    { shapes: [[0], [3]] },
  ],
  front: (run) => (sorted: TensorLike, values: TensorLike, options: SearchOptions = {}) => {
    checkOptions(options, ["side"], "searchsorted");
    const { side = "left" } = options;
    if (side !== "left" && side !== "right") {
      throw new ArgumentError(
        `Cannot searchsorted on side ${String(side)}: it is "left" or "right"`,
        { op: "searchsorted" },
      );
    }
    const rows = single(sorted);
    const [x, y] = promote([rows, operand(values, rows.dtype)]);
    const attributes = { behind: side === "right" };
    if (y!.ndim > 0 || x!.ndim !== 1) return run([x!, y!], attributes);
    return run([x!, y!.reshape([1])], attributes).reshape([]);
  },
});

/** Options of {@link bucketize}. */
export interface BucketizeOptions {
  /** An element equal to a boundary goes into the bucket above it. Default false. */
  readonly right?: boolean;
}

/**
 * The bucket of each element between ascending boundaries: int64, of x's shape, from 0 to the
 * number of boundaries. {@link searchsorted} with its arguments exchanged.
 *
 * @throws {ShapeError} when the boundaries are not 1-D.
 *
 * @example
 * ```ts
 * import { bucketize, tensor } from "@minitensor/minitensor";
 * const buckets = bucketize(tensor([0.5, 1, 7]), [1, 5]);
 * console.assert(buckets.toArray().toString() === "0,0,2");
 * ```
 */
export function bucketize(
  x: TensorLike,
  boundaries: TensorLike,
  options: BucketizeOptions = {},
): Tensor {
  checkOptions(options, ["right"], "bucketize");
  const limits = single(boundaries);
  if (limits.ndim !== 1) {
    throw new ShapeError(
      `Cannot bucketize by boundaries of shape ${text(limits.shape)}: they must be 1-D`,
      { op: "bucketize" },
    );
  }
  return searchsorted(limits, x, { side: options.right === true ? "right" : "left" });
}

/**
 * Flat indices as one index tensor per dim of a shape, int64, each of the shape of `index`.
 *
 * @throws {DTypeError} when the index is not an integer.
 * @throws {IndexError} when an index lies outside the shape.
 *
 * @example
 * ```ts
 * import { tensor, unravelIndex } from "@minitensor/minitensor";
 * const [rows, columns] = unravelIndex(tensor([5, 2], { dtype: "int64" }), [2, 3]);
 * console.assert(rows!.toArray().toString() === "1,0");
 * console.assert(columns!.toArray().toString() === "2,2");
 * ```
 */
export function unravelIndex(index: TensorLike, shape: Shape): Tensor[] {
  const flat = typeof index === "number" ? single(index).to("int64") : single(index);
  if (!flat.spec.info.isInt) {
    throw new DTypeError(
      `Cannot unravelIndex an index of dtype ${flat.dtype}: it must be int64 or int32`,
      { op: "unravelIndex" },
    );
  }
  const spec = specOf(shape, "int64");
  checkRange(flat, spec.size, shape);
  return spec.shape.map((extent, dim) =>
    flat.to("int64").floorDivide(spec.strides[dim]!).remainder(Math.max(extent, 1))
  );
}

function checkRange(index: Tensor, size: number, shape: Shape): void {
  const all = everything(index);
  if (all.numel() === 0) return;
  const [low, high] = [Number(all.amin().item()), Number(all.amax().item())];
  if (low >= 0 && high < size) return;
  const wrong = low < 0 ? low : high;
  throw new IndexError(
    `Cannot unravelIndex ${wrong} into shape ${text(shape)}: indices are 0 to ${size - 1}`,
    { op: "unravelIndex", context: { index: wrong, size } },
  );
}
