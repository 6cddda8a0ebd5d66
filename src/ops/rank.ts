/**
 * The element at a rank: kthvalue, median, nanmedian, mode. Found by selection, not by sorting.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { ShapeError } from "../errors.ts";
import { defineOp, type GradientRule, type Op } from "../op.ts";
import { replaced, specOf, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  alongLast,
  type Choice,
  type ChoiceArguments,
  choiceOf,
  dimAndOptions,
  type DimReduceOptions,
  splitArguments,
} from "./along.ts";
import { single } from "./front.ts";
import type { ValuesIndices } from "./extreme.ts";
import { checkCount, toChosen } from "./sort.ts";

/** Which element of a row: the kernel's rules, in its order. */
const rules = ["rank", "median", "nanmedian", "mode"] as const;

interface Selection {
  readonly rule: typeof rules[number];
  /** Of rule "rank": how many elements come before it. */
  readonly rank: number;
}

/** One element of each row, and where it is. */
const selectRank: Op<(x: Tensor, selection: Selection) => Tensor[], Selection> = defineOp({
  name: "selectRank",
  summary: "The element that sorting would put at a rank, of each row, and where it is.",
  infer: ([x]) => {
    const spec = specOf(replaced(x!.shape, x!.ndim - 1, 1), x!.dtype);
    return [spec, spec.as("int64")];
  },
  kernel: { native: "selectRank", encode: ({ rule, rank }) => [rank, rules.indexOf(rule)] },
  saves: "output",
  gradient: toChosen,
  samples: [
    { shapes: [[3, 5]], rest: [{ rule: "rank", rank: 3 }] },
    { shapes: [[3, 4]], rest: [{ rule: "median", rank: 0 }] },
    { shapes: [[200]], rest: [{ rule: "nanmedian", rank: 0 }] },
    { shapes: [[2, 3]], rest: [{ rule: "mode", rank: 0 }] },
  ],
  front: (run) => (x: Tensor, selection: Selection) => run.all([x], selection),
});

/** The chosen elements along a dim, which goes away. */
function chosen(x: Tensor, dim: number, selection: Selection, keepdim: boolean): ValuesIndices {
  if (x.ndim > 0 && x.shape[dim] === 0) {
    throw new ShapeError(
      `Cannot ${selection.rule} a tensor of shape ${text(x.shape)} along dim ${dim}: ` +
        "there are no elements to choose from",
      { op: selection.rule },
    );
  }
  const [values, indices] = alongLast(x, dim, (rows) => selectRank(rows, selection));
  if (keepdim || x.ndim === 0) return { values: values!, indices: indices! };
  const shape = x.shape.filter((_, i) => i !== dim);
  return { values: values!.reshape(shape), indices: indices!.reshape(shape) };
}

const reduceOptions = ["dim", "keepdim"];

/**
 * The k-th smallest element along a dim, counted from 1, and where it is: `{ values, indices }`
 * without the dim. NaN counts as the largest. The gradient goes to the chosen elements.
 *
 * @throws {ArgumentError} when k is not a whole number from 1 to the dim's size.
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { kthvalue, tensor } from "@minitensor/minitensor";
 * const { values, indices } = kthvalue(tensor([5, 1, 4]), 2);
 * console.assert(values.item() === 4 && indices.item() === 2);
 * ```
 */
export function kthvalue(
  x: TensorLike,
  k: number,
  dim?: number | DimReduceOptions,
  options?: DimReduceOptions,
): ValuesIndices {
  const input = single(x);
  const given = dimAndOptions(input, dim, options, reduceOptions, "kthvalue");
  checkCount(input, k, given.dim, 1, "kthvalue");
  const selection = { rule: "rank", rank: k - 1 } as const;
  return chosen(input, given.dim, selection, given.options.keepdim ?? false);
}

/**
 * The most frequent element along a dim, the smallest of several, and where it last is:
 * `{ values, indices }` without the dim. All NaN count as equal.
 *
 * @throws {ShapeError} when the dim has no elements.
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { mode, tensor } from "@minitensor/minitensor";
 * const { values, indices } = mode(tensor([2, 7, 2, 7, 1]));
 * console.assert(values.item() === 2 && indices.item() === 2);
 * ```
 */
export function mode(
  x: TensorLike,
  dim?: number | DimReduceOptions,
  options?: DimReduceOptions,
): ValuesIndices {
  const input = single(x);
  const given = dimAndOptions(input, dim, options, reduceOptions, "mode");
  return chosen(input, given.dim, { rule: "mode", rank: 0 }, given.options.keepdim ?? false);
}

interface MiddleAttributes {
  readonly rule: "median" | "nanmedian";
}

/** Equal shares of the gradient to all elements that are the chosen one; NaN is found by NaN. */
const middleGradient: GradientRule<MiddleAttributes> = ({ grad, inputs: [x], outputs: [y] }) => {
  const same = x!.eq(y!).logicalOr(x!.isnan().logicalAnd(y!.isnan()));
  const shares = same.to(grad.dtype);
  return [shares.mul(grad.div(shares.sum()))];
};

/** The middle one of all elements. */
const middle: Op<(x: Tensor, rule: "median" | "nanmedian") => Tensor, MiddleAttributes> = defineOp({
  name: "middle",
  summary: "The lower of the two middle elements of all; ties share the gradient.",
  infer: ([x]) => specOf([], x!.dtype),
  kernel: {
    composite: ([x], { rule }) => selectRank(x!.reshape([-1]), { rule, rank: 0 })[0]!.reshape([]),
  },
  saves: "both",
  gradient: middleGradient,
  samples: [
    { shapes: [[3, 5]], rest: ["median"] },
    { shapes: [[4]], rest: ["nanmedian"] },
    { shapes: [[]], rest: ["median"] },
  ],
  front: (run) => (x: Tensor, rule: "median" | "nanmedian") => run([x], { rule }),
});

function medianOf(
  rule: "median" | "nanmedian",
  x: Tensor,
  [dim, options]: ChoiceArguments,
): Tensor | ValuesIndices {
  const given = splitArguments(dim, options, reduceOptions, rule);
  if (given.dim !== undefined) {
    const place = dimAndOptions(x, given.dim, undefined, reduceOptions, rule).dim;
    return chosen(x, place, { rule, rank: 0 }, given.options.keepdim ?? false);
  }
  if (x.numel() === 0) return emptyMedian(x, rule);
  const result = middle(x, rule);
  return given.options.keepdim === true ? result.reshape(x.shape.map(() => 1)) : result;
}

function emptyMedian(x: Tensor, op: string): Tensor {
  if (x.isFloatingPoint()) return x.newFull([], NaN);
  throw new ShapeError(
    `Cannot ${op} a tensor of shape ${text(x.shape)} and dtype ${x.dtype}: there are no elements`,
    { op },
  );
}

/**
 * The median: the middle element, of two the lower. Without a dim of all elements, a tensor of rank
 * 0 whose gradient ties share; with a dim `{ values, indices }` without it, the gradient going to
 * the chosen elements. A NaN among the elements is the result; of no elements it is NaN.
 *
 * @throws {ShapeError} when the dim has no elements, or there are none and integers have no NaN.
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { median, tensor } from "@minitensor/minitensor";
 * console.assert(median(tensor([4, 1, 3, 2])).item() === 2);
 * console.assert(median(tensor([[3, 1, 2]]), 1).indices.toArray().toString() === "2");
 * ```
 */
export const median: Choice = choiceOf((x, rest) => medianOf("median", x, rest));

/**
 * As {@link median}, of the elements that are not NaN; NaN where there are no others.
 *
 * @throws {ShapeError} when the dim has no elements, or there are none and integers have no NaN.
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { nanmedian, tensor } from "@minitensor/minitensor";
 * console.assert(nanmedian(tensor([NaN, 3, 1])).item() === 1);
 * ```
 */
export const nanmedian: Choice = choiceOf((x, rest) => medianOf("nanmedian", x, rest));
