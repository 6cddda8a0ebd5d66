/**
 * Reductions: dims go away, or become 1 with `keepdim`.
 *
 * @module
 */
import { defineOp, type GradientRule, type Op, type Sample } from "../op.ts";
import { type Shape, specOf, type TensorSpec } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { floating } from "./front.ts";
import { cat } from "./join.ts";
import {
  back,
  dimMask,
  elementCount,
  floats,
  reduceArguments,
  type ReduceAttributes,
  reduced,
  reducedNonEmpty,
  type ReduceOptions,
} from "./infer.ts";
import { askedDtype, computeIn, type TotalOptions, totalOptions } from "./total.ts";

/** A reduction: all dims, or those given. */
export type ReductionFunction = (
  x: Tensor,
  dims?: number | readonly number[] | ReduceOptions,
  options?: ReduceOptions,
) => Tensor;

/** A {@link ReductionFunction} with a dtype. */
export type TotalReduction = (
  x: Tensor,
  dims?: number | readonly number[] | TotalOptions,
  options?: TotalOptions,
) => Tensor;

const samples: readonly Sample[] = [
  { shapes: [[3, 4, 5]] },
  { shapes: [[3, 4, 5]], rest: [1] },
  { shapes: [[3, 4, 5]], rest: [[0, -1], { keepdim: true }] },
  { shapes: [[70]], rest: [0] },
  { shapes: [[]] },
];

const withEmpty: readonly Sample[] = [...samples, { shapes: [[2, 0]], rest: [1] }];

/** Sums of integers and bools are int64: they wrap late. */
function toSum(inputs: readonly Tensor[], attributes: ReduceAttributes): TensorSpec {
  const spec = reduced(inputs, attributes);
  return spec.info.isFloat ? spec : spec.as("int64");
}

/**
 * Sum of the elements, of all or along dims; of none 0. Integers and bool give int64, unless a
 * dtype is asked for.
 *
 * @throws {AxisError} when there is no such dim, or one is named twice.
 *
 * @example
 * ```ts
 * import { sum, tensor } from "@minitensor/minitensor";
 * console.assert(sum(tensor([[1, 2], [3, 4]]), 0).toArray().toString() === "4,6");
 * ```
 */
export const sum: Op<TotalReduction, ReduceAttributes> = defineOp({
  name: "sum",
  summary: "Sum of the elements, of all or along dims; of none 0.",
  infer: toSum,
  kernel: { native: "sum", encode: dimMask },
  saves: "none",
  gradient: ({ grad, specs: [x], attributes }) => [back(grad, x!, attributes).expand(x!.shape)],
  samples: withEmpty,
  front: (run) => (x, dims, options) =>
    computeIn(
      askedDtype(dims, options),
      x,
      (input) => run([input], reduceArguments(x, dims, options, "sum", totalOptions)),
    ),
});

/**
 * Mean of the elements, of all or along dims; of none NaN. Integers become the default dtype.
 *
 * @throws {AxisError} when there is no such dim, or one is named twice.
 *
 * @example
 * ```ts
 * import { mean, tensor } from "@minitensor/minitensor";
 * console.assert(mean(tensor([1, 2, 6])).item() === 3);
 * ```
 */
export const mean: Op<TotalReduction, ReduceAttributes> = defineOp({
  name: "mean",
  summary: "Arithmetic mean of the elements, of all or along dims; of none NaN.",
  infer: floats(reduced),
  kernel: { native: "mean", encode: dimMask },
  saves: "none",
  gradient: ({ grad, specs: [x], attributes }) => [
    back(grad, x!, attributes).div(elementCount(x!.shape, attributes)).expand(x!.shape),
  ],
  samples,
  front: (run) => (x, dims, options) =>
    computeIn(
      askedDtype(dims, options),
      askedDtype(dims, options) === undefined ? floating(x) : x,
      (input) => run([input], reduceArguments(x, dims, options, "mean", totalOptions)),
    ),
});

/**
 * Product of the elements, of all or along dims; of none 1. Integers and bool give int64, unless a
 * dtype is asked for. The gradient is right where elements are 0.
 *
 * @throws {AxisError} when there is no such dim, or one is named twice.
 *
 * @example
 * ```ts
 * import { prod, tensor } from "@minitensor/minitensor";
 * console.assert(prod(tensor([2, 3])).item() === 6);
 * ```
 */
export const prod: Op<TotalReduction, ReduceAttributes> = defineOp({
  name: "prod",
  summary: "Product of the elements, of all or along dims; of none 1.",
  infer: toSum,
  kernel: { native: "prod", encode: dimMask },
  saves: "inputs",
  gradient: (
    { grad, inputs: [x], attributes },
  ) => [back(grad, x!.spec, attributes).mul(productOfOthers(x!, attributes))],
  samples: withEmpty,
  front: (run) => (x, dims, options) =>
    computeIn(
      askedDtype(dims, options),
      x,
      (input) => run([input], reduceArguments(x, dims, options, "prod", totalOptions)),
    ),
});

/**
 * For each element, the product of all the others in its group: running products from both ends,
 * since dividing the product by the element fails at zeros.
 */
function productOfOthers(x: Tensor, { dims }: ReduceAttributes): Tensor {
  if (dims.length === 0) return x.newOnes(x.shape);
  const kept = Array.from(x.shape, (_, i) => i).filter((i) => !dims.includes(i));
  const order = [...kept, ...dims];
  const moved = x.permute(order);
  const rows = moved.reshape([...kept.map((i) => x.shape[i]!), -1]);
  const last = rows.ndim - 1;
  const count = rows.shape[last]!;
  if (count === 0) return x.newZeros(x.shape);
  const one = rows.newOnes(rows.shape.with(last, 1));
  const shifted = (values: Tensor): Tensor => cat([one, values.narrow(last, 0, count - 1)], last);
  const before = shifted(rows).cumprod(last);
  const after = shifted(rows.flip(last)).cumprod(last).flip(last);
  return before.mul(after).reshape(moved.shape).permute(order.map((_, i) => order.indexOf(i)));
}

/** Equal shares of the gradient to all elements that are the extreme one. */
const extremeGradient: GradientRule<ReduceAttributes> = (
  { grad, inputs: [x], outputs: [y], attributes },
) => {
  const chosen = x!.eq(back(y!, x!.spec, attributes)).to(grad.dtype);
  const ties = sum(chosen, attributes.dims, { keepdim: true });
  return [chosen.mul(back(grad, x!.spec, attributes).div(ties))];
};

function extreme(name: "amax" | "amin", summary: string): Op<ReductionFunction, ReduceAttributes> {
  return defineOp({
    name,
    summary,
    infer: reducedNonEmpty,
    kernel: { native: name, encode: dimMask },
    saves: "both",
    gradient: extremeGradient,
    samples,
    front: (run): ReductionFunction => (x, dims, options) =>
      run([x], reduceArguments(x, dims, options, name)),
  });
}

/**
 * Largest element, of all or along dims; NaN wins, ties share the gradient.
 *
 * @throws {ShapeError} when there are no elements to choose from.
 * @throws {AxisError} when there is no such dim, or one is named twice.
 *
 * @example
 * ```ts
 * import { amax, tensor } from "@minitensor/minitensor";
 * console.assert(amax(tensor([[1, 5], [7, 3]]), 1).toArray().toString() === "5,7");
 * ```
 */
export const amax: Op<ReductionFunction, ReduceAttributes> = extreme(
  "amax",
  "Largest of the elements; NaN wins.",
);
/**
 * Smallest element, of all or along dims; NaN wins, ties share the gradient.
 *
 * @throws {ShapeError} when there are no elements to choose from.
 * @throws {AxisError} when there is no such dim, or one is named twice.
 *
 * @example
 * ```ts
 * import { amin, tensor } from "@minitensor/minitensor";
 * console.assert(amin(tensor([[1, 5], [7, 3]]), 1).toArray().toString() === "1,3");
 * ```
 */
export const amin: Op<ReductionFunction, ReduceAttributes> = extreme(
  "amin",
  "Smallest of the elements; NaN wins.",
);

function truth(name: "all" | "any", summary: string): Op<ReductionFunction, ReduceAttributes> {
  return defineOp({
    name,
    summary,
    infer: (inputs, attributes) => reduced(inputs, attributes).as("bool"),
    kernel: { native: name, encode: dimMask },
    saves: "none",
    gradient: null,
    samples: withEmpty,
    front: (run): ReductionFunction => (x, dims, options) =>
      run([x], reduceArguments(x, dims, options, name)),
  });
}

/**
 * True where all elements are nonzero, of all or along dims; of none true. NaN is nonzero.
 *
 * @throws {AxisError} when there is no such dim, or one is named twice.
 *
 * @example
 * ```ts
 * import { all, tensor } from "@minitensor/minitensor";
 * console.assert(all(tensor([1, 0])).item() === false);
 * ```
 */
export const all: Op<ReductionFunction, ReduceAttributes> = truth(
  "all",
  "True where all elements are nonzero; of none true.",
);
/**
 * True where any element is nonzero, of all or along dims; of none false. NaN is nonzero.
 *
 * @throws {AxisError} when there is no such dim, or one is named twice.
 *
 * @example
 * ```ts
 * import { any, tensor } from "@minitensor/minitensor";
 * console.assert(any(tensor([1, 0])).item() === true);
 * ```
 */
export const any: Op<ReductionFunction, ReduceAttributes> = truth(
  "any",
  "True where any element is nonzero; of none false.",
);

/**
 * log(sum(exp(x))), of all or along dims, without overflow; of none, or of only -inf, -inf with
 * gradient 0. Integers become the default dtype.
 *
 * @throws {AxisError} when there is no such dim, or one is named twice.
 *
 * @example
 * ```ts
 * import { logsumexp, tensor } from "@minitensor/minitensor";
 * console.assert(logsumexp(tensor([500, -Infinity])).item() === 500);
 * ```
 */
export const logsumexp: Op<ReductionFunction, ReduceAttributes> = defineOp({
  name: "logsumexp",
  summary: "log(sum(exp(x))), without overflow; of only -inf, -inf with gradient 0.",
  infer: floats(reduced),
  kernel: { native: "logsumexp", encode: dimMask },
  saves: "both",
  gradient: ({ grad, inputs: [x], outputs: [y], attributes }) => {
    const found = back(y!, x!.spec, attributes);
    // -inf from -inf would be NaN, which spoils second derivatives even where it is masked.
    const level = found.maskedFill(found.eq(-Infinity), 0);
    const shares = x!.sub(level).exp();
    return [back(grad, x!.spec, attributes).mul(shares)];
  },
  samples,
  front: (run) => (x, dims, options) =>
    run([floating(x)], reduceArguments(x, dims, options, "logsumexp")),
});

/**
 * Sum to a smaller shape, from which the tensor would broadcast: the reverse of {@link expand}.
 * Integers and bools become int64 where something is added up.
 *
 * @throws {ShapeError} when the shape does not broadcast to that of x.
 *
 * @example
 * ```ts
 * import { ones, sumToSize } from "@minitensor/minitensor";
 * console.assert(sumToSize(ones([2, 3]), [3]).toArray().toString() === "2,2,2");
 * console.assert(sumToSize(ones([2, 3]), [2, 1]).toArray().toString() === "3,3");
 * ```
 */
export function sumToSize(x: Tensor, shape: Shape): Tensor {
  const spec = specOf(shape, x.dtype);
  const lead = x.ndim - shape.length;
  const dims = Array.from(x.shape, (_, i) => i).filter((i) =>
    i < lead || (shape[i - lead] === 1 && x.shape[i] !== 1)
  );
  const summed = dims.length === 0 ? x : sum(x, dims, { keepdim: true });
  return summed.reshape(spec.shape);
}
