/**
 * Reductions: dims go away, or become 1 with `keepdim`.
 *
 * @module
 */
import type { KernelName } from "../ffi/abi.ts";
import { defineOp, type GradientRule, type Op, type Sample } from "../op.ts";
import { checkDim, type Shape, type Spec, specOf } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, floating } from "./front.ts";
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

/** A reduction: all dims, or those given. */
export type Reduction = (
  x: Tensor,
  dims?: number | readonly number[] | ReduceOptions,
  options?: ReduceOptions,
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
function toSum(inputs: readonly Tensor[], attributes: ReduceAttributes): Spec {
  const spec = reduced(inputs, attributes);
  return spec.info.isFloat ? spec : spec.as("int64");
}

/** Sum of the elements. */
export const sum: Op<Reduction, ReduceAttributes> = defineOp({
  name: "sum",
  summary: "Sum of the elements, of all or along dims; of none 0.",
  infer: toSum,
  kernel: { native: "sum", encode: dimMask },
  saves: "none",
  gradient: ({ grad, specs: [x], attributes }) => [back(grad, x!, attributes).expand(x!.shape)],
  samples: withEmpty,
  front: (run) => (x, dims, options) => run([x], reduceArguments(x, dims, options, "sum")),
});

/** Mean of the elements. */
export const mean: Op<Reduction, ReduceAttributes> = defineOp({
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
    run([floating(x)], reduceArguments(x, dims, options, "mean")),
});

/** Product of the elements. */
export const prod: Op<Reduction, ReduceAttributes> = defineOp({
  name: "prod",
  summary: "Product of the elements, of all or along dims; of none 1.",
  infer: toSum,
  kernel: { native: "prod", encode: dimMask },
  saves: "inputs",
  gradient: (
    { grad, inputs: [x], attributes },
  ) => [back(grad, x!.spec, attributes).mul(productOfOthers(x!, attributes))],
  samples: withEmpty,
  front: (run) => (x, dims, options) => run([x], reduceArguments(x, dims, options, "prod")),
});

/**
 * For each element, the product of all the others in its group: running products from both ends, since dividing the
 * product by the element fails at zeros.
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

function extreme(name: "amax" | "amin", summary: string): Op<Reduction, ReduceAttributes> {
  return defineOp({
    name,
    summary,
    infer: reducedNonEmpty,
    kernel: { native: name, encode: dimMask },
    saves: "both",
    gradient: extremeGradient,
    samples,
    front: (run): Reduction => (x, dims, options) =>
      run([x], reduceArguments(x, dims, options, name)),
  });
}

/** Largest element; NaN wins, ties share the gradient. */
export const amax: Op<Reduction, ReduceAttributes> = extreme(
  "amax",
  "Largest of the elements; NaN wins.",
);
/** Smallest element; NaN wins, ties share the gradient. */
export const amin: Op<Reduction, ReduceAttributes> = extreme(
  "amin",
  "Smallest of the elements; NaN wins.",
);

/** An index of an extreme element. */
export type ArgReduction = (
  x: Tensor,
  dim?: number | ReduceOptions,
  options?: ReduceOptions,
) => Tensor;

function argument(name: "argmax" | "argmin", summary: string): Op<ArgReduction, ReduceAttributes> {
  return defineOp({
    name,
    summary,
    infer: (inputs, attributes, op) => reducedNonEmpty(inputs, attributes, op).as("int64"),
    kernel: { native: name, encode: dimMask },
    saves: "none",
    gradient: null,
    samples: [{ shapes: [[3, 4]] }, { shapes: [[3, 4]], rest: [1] }, {
      shapes: [[3, 4]],
      rest: [0, { keepdim: true }],
    }],
    front: (run): ArgReduction => (x, dim, options) =>
      run([x], reduceArguments(x, dim, options, name)),
  });
}

/** Index of the largest element: within the dim, or of the flattened tensor. First of ties, first NaN. */
export const argmax: Op<ArgReduction, ReduceAttributes> = argument(
  "argmax",
  "Index of the largest element.",
);
/** Index of the smallest element: within the dim, or of the flattened tensor. First of ties, first NaN. */
export const argmin: Op<ArgReduction, ReduceAttributes> = argument(
  "argmin",
  "Index of the smallest element.",
);

/** Extreme elements along a dim, and where they are. */
export interface ValuesIndices {
  /** The elements. */
  readonly values: Tensor;
  /** Their int64 indices within the dim. */
  readonly indices: Tensor;
}

interface OneDim extends ReduceAttributes {
  readonly dim: number;
}

type WithIndices = (x: Tensor, dim: number, options?: ReduceOptions) => ValuesIndices;

function withIndices(name: "maxIndex" | "minIndex", summary: string): Op<WithIndices, OneDim> {
  return defineOp({
    name,
    summary,
    infer: (inputs, attributes, op) => {
      const spec = reducedNonEmpty(inputs, attributes, op);
      return [spec, spec.as("int64")];
    },
    kernel: { native: name as KernelName, encode: dimMask },
    saves: "output",
    gradient: ({ grad, outputs: [, indices], specs: [x], attributes }) => {
      const places = back(indices!, x!, attributes);
      const zeros = grad.newZeros(x!.shape);
      return [zeros.scatterAdd(attributes.dim, places, back(grad, x!, attributes))];
    },
    samples: [{ shapes: [[3, 4]], rest: [1] }, { shapes: [[3, 4]], rest: [0, { keepdim: true }] }],
    front: (run): WithIndices => (x, dim, options = {}) => {
      checkOptions(options, ["keepdim"], name);
      const place = checkDim(dim, x.ndim, name);
      const dims = x.ndim === 0 ? [] : [place];
      const [values, indices] = run.all([x], {
        dims,
        dim: place,
        keepdim: options.keepdim ?? false,
      });
      return { values: values!, indices: indices! };
    },
  });
}

const maxIndex: Op<WithIndices, OneDim> = withIndices(
  "maxIndex",
  "Largest elements along a dim, and where they are.",
);
const minIndex: Op<WithIndices, OneDim> = withIndices(
  "minIndex",
  "Smallest elements along a dim, and where they are.",
);

/** Largest element of all. */
export function max(x: Tensor): Tensor;
/** Largest elements along a dim, and their indices. */
export function max(x: Tensor, dim: number, options?: ReduceOptions): ValuesIndices;
export function max(x: Tensor, dim?: number, options?: ReduceOptions): Tensor | ValuesIndices {
  return dim === undefined ? amax(x) : maxIndex(x, dim, options);
}

/** Smallest element of all. */
export function min(x: Tensor): Tensor;
/** Smallest elements along a dim, and their indices. */
export function min(x: Tensor, dim: number, options?: ReduceOptions): ValuesIndices;
export function min(x: Tensor, dim?: number, options?: ReduceOptions): Tensor | ValuesIndices {
  return dim === undefined ? amin(x) : minIndex(x, dim, options);
}

function truth(name: "all" | "any", summary: string): Op<Reduction, ReduceAttributes> {
  return defineOp({
    name,
    summary,
    infer: (inputs, attributes) => reduced(inputs, attributes).as("bool"),
    kernel: { native: name, encode: dimMask },
    saves: "none",
    gradient: null,
    samples: withEmpty,
    front: (run): Reduction => (x, dims, options) =>
      run([x], reduceArguments(x, dims, options, name)),
  });
}

/** True where all elements are nonzero. */
export const all: Op<Reduction, ReduceAttributes> = truth(
  "all",
  "True where all elements are nonzero; of none true.",
);
/** True where any element is nonzero. */
export const any: Op<Reduction, ReduceAttributes> = truth(
  "any",
  "True where any element is nonzero; of none false.",
);

/** Logarithm of the sum of exponentials, without overflow. */
export const logsumexp: Op<Reduction, ReduceAttributes> = defineOp({
  name: "logsumexp",
  summary: "log(sum(exp(x))), without overflow; of only -inf, -inf with gradient 0.",
  infer: floats(reduced),
  kernel: { native: "logsumexp", encode: dimMask },
  saves: "both",
  gradient: ({ grad, inputs: [x], outputs: [y], attributes }) => {
    const level = back(y!, x!.spec, attributes);
    const shares = x!.sub(level).exp().maskedFill(level.eq(-Infinity), 0);
    return [back(grad, x!.spec, attributes).mul(shares)];
  },
  samples,
  front: (run) => (x, dims, options) =>
    run([floating(x)], reduceArguments(x, dims, options, "logsumexp")),
});

interface Scan {
  readonly dim: number;
}

type Scanning = (x: Tensor, dim: number) => Tensor;

const scanSamples: readonly Sample[] = [
  { shapes: [[3, 4]], rest: [1] },
  { shapes: [[3, 4]], rest: [0] },
  { shapes: [[33]], rest: [0] },
  { shapes: [[2, 0]], rest: [1] },
];

/** Running sums along a dim. */
export const cumsum: Op<Scanning, Scan> = defineOp({
  name: "cumsum",
  summary: "Running sums along a dim.",
  infer: ([x]) => x!.spec.info.isFloat ? x!.spec : x!.spec.as("int64"),
  kernel: { native: "cumsum", encode: ({ dim }) => [dim] },
  saves: "none",
  gradient: ({ grad, attributes: { dim } }) => [cumsum(grad.flip(dim), dim).flip(dim)],
  samples: scanSamples,
  front: (run) => (x, dim) => run([x], { dim: checkDim(dim, x.ndim, "cumsum") }),
});

/** Running products along a dim. */
export const cumprod: Op<Scanning, Scan> = defineOp({
  name: "cumprod",
  summary: "Running products along a dim.",
  infer: ([x]) => x!.spec.info.isFloat ? x!.spec : x!.spec.as("int64"),
  kernel: { native: "cumprod", encode: ({ dim }) => [dim] },
  saves: "inputs",
  gradient: ({ grad, inputs: [x], attributes: { dim } }) => [cumprodGradient(grad, x!, dim)],
  samples: scanSamples,
  front: (run) => (x, dim) => run([x], { dim: checkDim(dim, x.ndim, "cumprod") }),
});

/**
 * d y_j / d x_i is the product of x_0..x_j without x_i, for j >= i: laid out as a matrix per row, so that zeros are
 * no trouble. Quadratic in the dim's size, as exactness at zeros costs.
 */
function cumprodGradient(grad: Tensor, x: Tensor, dim: number): Tensor {
  const rows = x.movedim(dim, -1);
  const count = rows.shape.at(-1) ?? 1;
  if (count === 0) return x.newZeros(x.shape);
  const last = rows.ndim;
  // Row i of the matrix holds x with 1 in place i; its running products from i on are the derivatives.
  const eye = eyeLike(x, count);
  const without = rows.unsqueeze(last - 1).mul(eye.neg().add(1)).add(eye);
  const derivatives = without.cumprod(last).mul(eyeLike(x, count).newOnes([count, count]).triu());
  const flow = derivatives.mul(grad.movedim(dim, -1).unsqueeze(last - 1)).sum(last);
  return flow.movedim(-1, dim);
}

function eyeLike(x: Tensor, count: number): Tensor {
  return x.newOnes([count, count]).triu().tril();
}

/** Spec of a sum to a smaller shape. */
export function sumToSize(x: Tensor, shape: Shape): Tensor {
  const spec = specOf(shape, x.dtype);
  const lead = x.ndim - shape.length;
  const dims = Array.from(x.shape, (_, i) => i).filter((i) =>
    i < lead || (shape[i - lead] === 1 && x.shape[i] !== 1)
  );
  const summed = dims.length === 0 ? x : sum(x, dims, { keepdim: true });
  return summed.reshape(spec.shape);
}
