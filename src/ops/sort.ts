/**
 * Elements in order: sort, argsort, msort, topk, lexsort. Every sort is stable; NaN is above all.
 *
 * @module
 */
import { single } from "./front.ts";
import type { TensorLike } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { defineOp, type GradientRule, type Op } from "../op.ts";
import { checkDim, replaced, sameShape, specOf, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { alongLast, dimAndOptions, type DimOption } from "./along.ts";
import type { ValuesIndices } from "./extreme.ts";

/** The gradient of chosen elements goes to where they were. */
export const toChosen: GradientRule<unknown> = ({ grad, outputs: [, indices], specs: [x] }) => [
  grad.newZeros(x!.shape).scatterAdd(x!.shape.length - 1, indices!, grad),
];

/** Options of {@link sort} and {@link argsort}. */
export interface SortOptions extends DimOption {
  /** The largest first. Default false. */
  readonly descending?: boolean;
  /** Accepted and without effect: every sort keeps equal elements in their order. */
  readonly stable?: boolean;
}

/** A sort along a dim, by default the last: the dim stands before the options or among them. */
export type SortFunction<R> = (
  x: TensorLike,
  dim?: number | SortOptions,
  options?: SortOptions,
) => R;

/** Attributes of {@link sort}. */
export interface SortAttributes {
  /** The largest first. */
  readonly descending: boolean;
}

const sortOptions = ["dim", "descending", "stable"];

/**
 * Elements along a dim in order, and where they were: `{ values, indices }`, both of x's shape, the
 * indices int64. Equal elements keep their order; NaN comes last, or first when `descending`. Any
 * dtype. The gradient goes to where the elements were.
 *
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { sort, tensor } from "@minitensor/minitensor";
 * const { values, indices } = sort(tensor([3, 1, 2]));
 * console.assert(values.toArray().toString() === "1,2,3");
 * console.assert(indices.toArray().toString() === "1,2,0");
 * ```
 */
export const sort: Op<SortFunction<ValuesIndices>, SortAttributes> = defineOp({
  name: "sort",
  summary: "Elements along a dim in order, stably, and where they were; NaN above all.",
  infer: ([x]) => [x!.spec, x!.spec.as("int64")],
  kernel: { native: "sort", encode: ({ descending }) => [Number(descending)] },
  saves: "output",
  gradient: toChosen,
  samples: [
    { shapes: [[3, 5]] },
    { shapes: [[3, 5]], rest: [0, { descending: true }] },
    { shapes: [[150]] },
    { shapes: [[]] },
    { shapes: [[2, 0]] },
  ],
  front: (run) => (x: TensorLike, dim?: number | SortOptions, options?: SortOptions) => {
    const input = single(x);
    const given = dimAndOptions(input, dim, options, sortOptions, "sort");
    const attributes = { descending: given.options.descending ?? false };
    const [values, indices] = alongLast(input, given.dim, (rows) => run.all([rows], attributes));
    return { values: values!, indices: indices! };
  },
});

/**
 * The int64 indices that would sort along a dim: those of {@link sort}.
 *
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { argsort, tensor } from "@minitensor/minitensor";
 * const order = argsort(tensor([3, 1, 2]), { descending: true });
 * console.assert(order.toArray().toString() === "0,2,1");
 * ```
 */
export const argsort: SortFunction<Tensor> = (x, dim, options): Tensor => {
  const input = single(x).detach();
  dimAndOptions(input, dim, options, sortOptions, "argsort");
  return sort(input, dim, options).indices;
};

/**
 * The elements in order along the first dim: the values of `sort(x, 0)`.
 *
 * @example
 * ```ts
 * import { msort, tensor } from "@minitensor/minitensor";
 * console.assert(msort(tensor([[3, 1], [2, 4]])).toArray().toString() === "2,1,3,4");
 * ```
 */
export function msort(x: TensorLike): Tensor {
  return sort(x, 0).values;
}

/** Options of {@link topk}. */
export interface TopkOptions extends DimOption {
  /** The largest elements, or the smallest. Default true. */
  readonly largest?: boolean;
  /** Accepted and without effect: the result is always in order. */
  readonly sorted?: boolean;
}

/** Attributes of {@link topk}. */
export interface TopkAttributes {
  /** How many are chosen. */
  readonly k: number;
  /** The largest elements, or the smallest. */
  readonly largest: boolean;
}

/**
 * The k largest or smallest elements along a dim, the best first, and where they were:
 * `{ values, indices }`, of x's shape with k along the dim. Of equal elements the first is taken
 * first; NaN counts as the largest. The gradient goes to the chosen elements.
 *
 * @throws {ArgumentError} when k is not a whole number from 0 to the dim's size.
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { tensor, topk } from "@minitensor/minitensor";
 * const { values, indices } = topk(tensor([3, 1, 4, 1, 5]), 2);
 * console.assert(values.toArray().toString() === "5,4");
 * console.assert(indices.toArray().toString() === "4,2");
 * ```
 */
export const topk: Op<
  (
    x: TensorLike,
    k: number,
    dim?: number | TopkOptions,
    options?: TopkOptions,
  ) => ValuesIndices,
  TopkAttributes
> = defineOp({
  name: "topk",
  summary: "The k largest or smallest elements along a dim, the best first, and where they were.",
  infer: ([x], { k }) => {
    const spec = specOf(replaced(x!.shape, x!.ndim - 1, k), x!.dtype);
    return [spec, spec.as("int64")];
  },
  kernel: { native: "topk", encode: ({ largest }) => [Number(largest)] },
  saves: "output",
  gradient: toChosen,
  samples: [
    { shapes: [[3, 5]], rest: [2] },
    { shapes: [[5, 3]], rest: [4, 0, { largest: false }] },
    { shapes: [[150]], rest: [7] },
    { shapes: [[]], rest: [1] },
    { shapes: [[2, 3]], rest: [0] },
  ],
  front: (run) => (x: TensorLike, k: number, dim?: number | TopkOptions, options?: TopkOptions) => {
    const input = single(x);
    const given = dimAndOptions(input, dim, options, ["dim", "largest", "sorted"], "topk");
    checkCount(input, k, given.dim, 0, "topk");
    const attributes = { k, largest: given.options.largest ?? true };
    const [values, indices] = alongLast(input, given.dim, (rows) => run.all([rows], attributes));
    return { values: values!, indices: indices! };
  },
});

/** Throws unless `k` is a whole number from `least` to the size of the dim. */
export function checkCount(x: Tensor, k: number, dim: number, least: number, op: string): void {
  const extent = x.ndim === 0 ? 1 : x.shape[dim]!;
  if (!Number.isInteger(k) || k < least || k > extent) {
    throw new ArgumentError(
      `Cannot ${op} with k = ${k}: dim ${dim} of a tensor of shape ${text(x.shape)} has ` +
        `${extent} elements`,
      { op, context: { k, extent } },
    );
  }
}

/**
 * The int64 indices that sort by several keys along the last dim: the last key decides first, the
 * one before it among equals, and so on, as in NumPy. The keys have one shape, and any dtypes.
 *
 * @throws {ArgumentError} when there are no keys.
 * @throws {ShapeError} when the keys have different shapes.
 *
 * @example
 * ```ts
 * import { lexsort, tensor } from "@minitensor/minitensor";
 * const order = lexsort([tensor([9, 4, 0]), tensor([1, 1, 0])]);
 * console.assert(order.toArray().toString() === "2,1,0");
 * ```
 */
export function lexsort(keys: readonly TensorLike[] | Tensor): Tensor {
  const list = Array.from({ length: countOf(keys) }, (_, i) => keyAt(keys, i));
  const first = list[0];
  if (first === undefined) {
    throw new ArgumentError("Cannot lexsort by no keys: give at least one", { op: "lexsort" });
  }
  const dim = checkDim(-1, first.ndim, "lexsort");
  for (const key of list) {
    if (sameShape(key.shape, first.shape)) continue;
    throw new ShapeError(
      `Cannot lexsort by keys of shapes ${text(first.shape)} and ${text(key.shape)}: ` +
        "they must be the same",
      { op: "lexsort" },
    );
  }
  let order = argsort(first);
  for (const key of list.slice(1)) {
    order = order.gather(dim, argsort(key.gather(dim, order)));
  }
  return order;
}

function countOf(keys: readonly TensorLike[] | Tensor): number {
  return Array.isArray(keys) ? keys.length : (keys as Tensor).shape[0] ?? 0;
}

function keyAt(keys: readonly TensorLike[] | Tensor, i: number): Tensor {
  const key = Array.isArray(keys) ? single(keys[i]) : (keys as Tensor).select(0, i);
  return key.detach();
}
