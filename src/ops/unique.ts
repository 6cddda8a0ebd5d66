/**
 * Each distinct element once: unique, uniqueConsecutive.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { checkDim } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, single } from "./front.ts";
import { indexAdd, indexSelect, scatterAdd } from "./gather.ts";
import { cat } from "./join.ts";
import { cumsum } from "./scan.ts";
import { argsort, sort } from "./sort.ts";

/** Options of {@link uniqueConsecutive}. */
export interface UniqueConsecutiveOptions {
  /** Also for each element the place of its like in the result. Default false. */
  readonly returnInverse?: boolean;
  /** Also how many of each there are. Default false. */
  readonly returnCounts?: boolean;
  /** Compares the slices of this dim; without it, the elements of the flattened tensor. */
  readonly dim?: number;
}

/** Options of {@link unique}. */
export interface UniqueOptions extends UniqueConsecutiveOptions {
  /** Accepted and without effect: the result is always in order. */
  readonly sorted?: boolean;
}

/** Distinct elements, and what was asked for with them. */
export interface UniqueResult {
  /** The distinct elements, or slices. */
  readonly values: Tensor;
  /** For each element, or slice, the place of its like among the values; int64. */
  readonly inverse?: Tensor;
  /** How many there are of each; int64. */
  readonly counts?: Tensor;
}

/** What the options of {@link unique} ask for besides the elements: then the result is an object. */
export type UniqueExtras = { readonly returnInverse: true } | { readonly returnCounts: true };

const consecutiveOptions = ["returnInverse", "returnCounts", "dim"];

/**
 * The distinct elements in ascending order, 1-D, or with `dim` the distinct slices of that dim in
 * lexicographic order. With `returnInverse` or `returnCounts` the result is an object of `values`
 * and what was asked for. Each NaN is distinct from all others. The gradient goes to the first of
 * each.
 *
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { tensor, unique } from "@minitensor/minitensor";
 * const { values, inverse, counts } = unique(tensor([3, 1, 3]), {
 *   returnInverse: true,
 *   returnCounts: true,
 * });
 * console.assert(values.toArray().toString() === "1,3");
 * console.assert(inverse!.toArray().toString() === "1,0,1");
 * console.assert(counts!.toArray().toString() === "1,2");
 * ```
 */
export function unique(x: TensorLike, options: UniqueOptions & UniqueExtras): UniqueResult;
/**
 * The distinct elements alone.
 *
 * @example
 * ```ts
 * import { tensor, unique } from "@minitensor/minitensor";
 * console.assert(unique(tensor([3, 1, 3])).toArray().toString() === "1,3");
 * console.assert(unique(tensor([[1, 2], [0, 9], [1, 2]]), { dim: 0 }).shape.join() === "2,2");
 * ```
 */
export function unique(x: TensorLike, options?: UniqueOptions): Tensor;
export function unique(x: TensorLike, options: UniqueOptions = {}): Tensor | UniqueResult {
  checkOptions(options, ["sorted", ...consecutiveOptions], "unique");
  const input = single(x);
  const slices = slicesOf(input, options, "unique");
  return finished(input, runs(inOrder(slices), options), options);
}

/**
 * As {@link unique}, but only neighbours are compared: one element, or slice, for each run of equal
 * ones, in the order of the tensor.
 *
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { tensor, uniqueConsecutive } from "@minitensor/minitensor";
 * const { counts } = uniqueConsecutive(tensor([1, 1, 2, 1]), { returnCounts: true });
 * console.assert(counts!.toArray().toString() === "2,1,1"); // lengths of the runs
 * ```
 */
export function uniqueConsecutive(
  x: TensorLike,
  options: UniqueConsecutiveOptions & UniqueExtras,
): UniqueResult;
/**
 * The elements without repetitions alone.
 *
 * @example
 * ```ts
 * import { tensor, uniqueConsecutive } from "@minitensor/minitensor";
 * console.assert(uniqueConsecutive(tensor([1, 1, 2, 1])).toArray().toString() === "1,2,1");
 * ```
 */
export function uniqueConsecutive(x: TensorLike, options?: UniqueConsecutiveOptions): Tensor;
export function uniqueConsecutive(
  x: TensorLike,
  options: UniqueConsecutiveOptions = {},
): Tensor | UniqueResult {
  checkOptions(options, consecutiveOptions, "uniqueConsecutive");
  const input = single(x);
  const slices = slicesOf(input, options, "uniqueConsecutive");
  return finished(input, runs({ ordered: slices, order: null }, options), options);
}

/** What is compared, along the first dim. */
function slicesOf(x: Tensor, { dim }: UniqueConsecutiveOptions, op: string): Tensor {
  if (dim === undefined) return x.reshape([-1]);
  const place = checkDim(dim, x.ndim, op);
  return x.ndim === 0 ? x.reshape([1]) : x.movedim(place, 0);
}

interface Ordered {
  readonly ordered: Tensor;
  /** Where the slices were; null where they stay. */
  readonly order: Tensor | null;
}

function inOrder(slices: Tensor): Ordered {
  if (slices.numel() === 0) return { ordered: slices, order: null };
  if (slices.ndim === 1) {
    const { values, indices } = sort(slices);
    return { ordered: values, order: indices };
  }
  const order = lexicographic(slices.detach().reshape([slices.shape[0]!, -1]));
  return { ordered: indexSelect(slices, 0, order), order };
}

/** Order of rows by their first element, then by their second, and so on: the last is sorted first. */
function lexicographic(rows: Tensor): Tensor {
  const columns = rows.T.contiguous();
  let order = argsort(columns.select(0, -1));
  for (let i = columns.shape[0]! - 2; i >= 0; i--) {
    const column = indexSelect(columns.select(0, i), 0, order);
    order = indexSelect(order, 0, argsort(column));
  }
  return order;
}

interface Runs {
  readonly values: Tensor;
  /** Not that of the slices as they were unless it is asked for. */
  readonly inverse: Tensor;
  readonly counts: Tensor;
}

/** Runs of equal slices: which run each slice is in, and how long the runs are. */
function runs(
  { ordered, order }: Ordered,
  { returnInverse = false }: UniqueConsecutiveOptions,
): Runs {
  const count = ordered.shape[0]!;
  if (count === 0) {
    const none = ordered.newZeros([0], { dtype: "int64" });
    return { values: ordered, inverse: none, counts: none };
  }
  const group = groupsOf(ordered.detach(), count);
  const groups = Number(group.select(0, count - 1).item()) + 1;
  const counts = indexAdd(group.newZeros([groups]), 0, group, group.newOnes([count]));
  const starts = cumsum(counts, 0).sub(counts);
  const inverse = !returnInverse || order === null
    ? group
    : scatterAdd(group.newZeros([count]), 0, order, group);
  return { values: indexSelect(ordered, 0, starts), inverse, counts };
}

/** Number of the run of each slice. */
function groupsOf(ordered: Tensor, count: number): Tensor {
  const first = ordered.newZeros([1], { dtype: "int64" });
  const differs = ordered.narrow(0, 1, count - 1).ne(ordered.narrow(0, 0, count - 1));
  const inner = Array.from({ length: ordered.ndim - 1 }, (_, i) => i + 1);
  const isNew = inner.length === 0 ? differs : differs.any(inner);
  return cumsum(cat([first, isNew.to("int64")]), 0);
}

function finished(
  x: Tensor,
  { values, inverse, counts }: Runs,
  { dim, returnInverse = false, returnCounts = false }: UniqueConsecutiveOptions,
): Tensor | UniqueResult {
  const place = dim === undefined || x.ndim === 0 ? 0 : checkDim(dim, x.ndim, "unique");
  const result = place === 0 ? values : values.movedim(0, place).contiguous();
  if (!returnInverse && !returnCounts) return result;
  return {
    values: result,
    ...(returnInverse && { inverse: dim === undefined ? inverse.reshape(x.shape) : inverse }),
    ...(returnCounts && { counts }),
  };
}
