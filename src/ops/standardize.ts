/**
 * Standardised values, of which layer, group, batch and RMS normalisation are made.
 *
 * @module
 */
import { modes } from "../graph.ts";
import { defineOp, type Op } from "../op.ts";
import { type Shape, specOf, type TensorSpec } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { floats, same } from "./infer.ts";
import { mean } from "./reduction.ts";

/** How x [outer, channels, inner] is cut into the sets that have a mean and a variance each. */
export interface Sets {
  /** Each has a factor and a term. */
  readonly channels: number;
  /** Elements of a channel at one outer index. */
  readonly inner: number;
  /** Sets of neighbouring channels at each outer index; 0: a set is a channel at all of them. */
  readonly groups: number;
  /** Added to the variance. */
  readonly eps: number;
  /** The mean square stands for the variance, and nothing is subtracted. */
  readonly isRms: boolean;
}

const encode = (sets: Sets, isGiven: number): readonly number[] => [
  sets.channels,
  sets.inner,
  sets.groups,
  sets.eps,
  Number(sets.isRms),
  isGiven,
];

/** Mean or variance of each set, in float64: a rounded mean would cost digits far from 0. */
function statistic(x: Tensor, { channels, inner, groups }: Sets): TensorSpec {
  const sets = groups === 0 ? channels : groups * x.numel() / (channels * inner) || 0;
  return specOf([sets], "float64");
}

/** Contiguous operands, the optional ones at the end left out. */
function given(...inputs: readonly (Tensor | null)[]): Tensor[] {
  return inputs.filter((x) => x !== null).map((x) => x.contiguous());
}

interface GradientAttributes extends Sets {
  /** The statistics do not depend on x. */
  readonly isGiven: boolean;
}

/** Gradients of x, weight and bias where nothing is recorded: one kernel. */
const standardizeGradient: Op<
  (inputs: readonly Tensor[], attributes: GradientAttributes) => Tensor[],
  GradientAttributes
> = defineOp({
  name: "standardizeGradient",
  summary: "Gradients of standardize: scale (g - mean(g) - h mean(g h)), sum(grad h), sum(grad).",
  infer: ([grad, , , , weight]) => {
    return weight === undefined ? grad!.spec : [grad!.spec, weight.spec, weight.spec];
  },
  kernel: {
    native: "standardizeGradient",
    encode: (attributes) => encode(attributes, Number(attributes.isGiven)),
  },
  saves: "none",
  gradient: null,
  samples: [{
    shapes: [[2, 3, 4], [2, 3, 4], [3], [3], [3]],
    dtypes: ["float", "float", "float64", "float64", "float"],
    ranges: [[-2, 2], [-2, 2], [-1, 1], [0.5, 2], [-2, 2]],
    arguments: (inputs) => [
      inputs,
      { channels: 3, inner: 4, groups: 0, eps: 0.1, isRms: false, isGiven: false },
    ],
  }],
  front: (run) => (inputs, attributes) => run.all(given(...inputs), attributes),
});

/** x with dims of its own for sets: [outer, groups, channels of a group, inner]. */
function frame(x: Tensor, { channels, inner, groups }: Sets): {
  readonly shape: Shape;
  readonly factors: Shape;
  readonly dims: readonly number[];
} {
  const parts = Math.max(groups, 1);
  const own = channels / parts;
  const outer = x.numel() / (channels * inner);
  return {
    shape: [outer, parts, own, inner],
    factors: [parts, own, 1],
    dims: groups === 0 ? [0, 3] : [2, 3],
  };
}

/** The same gradients as tensor code, for derivatives of higher order. */
function recordedGradient(
  grad: Tensor,
  x: Tensor,
  weight: Tensor | undefined,
  statistics: readonly Tensor[] | null,
  sets: Sets,
): Tensor[] {
  const { shape, factors, dims } = frame(x, sets);
  const average = (value: Tensor): Tensor => mean(value, dims, { keepdim: true });
  const [value, g] = [x.reshape(shape), grad.reshape(shape)];
  const own = statistics === null ? null : statistics.map((s) => s.to(x.dtype).reshape(factors));
  const centred = own === null && sets.isRms ? value : value.sub(own?.[0] ?? average(value));
  const scale = (own?.[1] ?? average(centred.square())).add(sets.eps).rsqrt();
  const h = centred.mul(scale);
  const product = weight === undefined ? g : g.mul(weight.reshape(factors));
  let dx = product;
  if (own === null) {
    dx = dx.sub(h.mul(average(product.mul(h))));
    if (!sets.isRms) dx = dx.sub(average(product));
  }
  const result = dx.mul(scale).reshape(x.shape);
  if (weight === undefined) return [result];
  return [result, ...[g.mul(h), g].map((part) => part.sum([0, 3]).reshape(weight.shape))];
}

function gradients(
  grad: Tensor,
  x: Tensor,
  statistics: readonly Tensor[],
  weight: Tensor | undefined,
  attributes: GradientAttributes,
): Tensor[] {
  if (modes.gradients) {
    const fixed = attributes.isGiven ? statistics : null;
    return recordedGradient(grad, x, weight, fixed, attributes);
  }
  const inputs = [grad, x, ...statistics];
  return standardizeGradient(weight === undefined ? inputs : [...inputs, weight], attributes);
}

const sets = { channels: 6, inner: 5, groups: 3, eps: 0.1, isRms: false };
const rows = { ...sets, channels: 5, inner: 1, groups: 1 };

/**
 * (x - mean) / sqrt(variance + eps) * weight + bias of a set at a time. `seen` is called with the
 * mean and the variance of each set.
 */
export const standardize: Op<
  (
    x: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    sets: Sets,
    seen?: (mean: Tensor, variance: Tensor) => void,
  ) => Tensor,
  Sets
> = defineOp({
  name: "standardize",
  summary: "(x - mean) / sqrt(variance + eps) * weight + bias, over groups of channels.",
  infer: (inputs, attributes, name) => {
    const spec = floats(same)(inputs, attributes, name);
    const each = statistic(inputs[0]!, attributes);
    return [spec, each, each];
  },
  kernel: { native: "standardize", encode: (attributes) => encode(attributes, 0) },
  saves: "rest",
  gradient: ({ grad, inputs: [x, weight], specs, outputs, attributes }) =>
    gradients(grad, x!, outputs, weight, { ...attributes, isGiven: false }).slice(0, specs.length),
  samples: [
    { shapes: [[2, 6, 5], [6], [6]], rest: [sets] },
    { shapes: [[2, 6, 5], [6]], arguments: ([x, weight]) => [x, weight, null, sets] },
    { shapes: [[2, 6, 5]], arguments: ([x]) => [x, null, null, sets] },
    { shapes: [[2, 6, 5], [6], [6]], rest: [{ ...sets, groups: 0 }] },
    { shapes: [[4, 5], [5], [5]], rest: [rows] },
    { shapes: [[4, 5], [5]], arguments: ([x, weight]) => [x, weight, null, rows] },
    {
      shapes: [[3, 5], [5]],
      arguments: ([x, weight]) => [x, weight, null, { ...rows, isRms: true }],
    },
    { shapes: [[2, 30]], arguments: ([x]) => [x, null, null, { ...sets, isRms: true }] },
    { shapes: [[0, 5], [5], [5]], rest: [rows] },
  ],
  front: (run) => (x, weight, bias, attributes, seen) => {
    const [y, center, variance] = run.all(given(x, weight, bias), attributes);
    seen?.(center!, variance!);
    return y!;
  },
});

/** The same with statistics of every channel that are given, and constant. */
export const standardizeGiven: Op<
  (
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    sets: Sets,
  ) => Tensor,
  Sets
> = defineOp({
  name: "standardizeGiven",
  summary: "(x - mean) / sqrt(variance + eps) * weight + bias, mean and variance given.",
  infer: floats(same),
  kernel: { native: "standardize", encode: (attributes) => encode(attributes, 1) },
  saves: "inputs",
  gradient: ({ grad, inputs: [x, center, variance, weight], specs, attributes }) => {
    const given = { ...attributes, isGiven: true };
    const [dx, ...rest] = gradients(grad, x!, [center!, variance!], weight, given);
    return [dx!, null, null, ...rest].slice(0, specs.length);
  },
  samples: [3, 2, 1].map((count) => ({
    shapes: [[2, 3, 4], [3], [3]].slice(0, count),
    arguments: ([x, weight, bias]: readonly Tensor[]) => [
      x,
      x!.newOnes([3]),
      x!.newFull([3], 2),
      weight ?? null,
      bias ?? null,
      { ...sets, channels: 3, inner: 4, groups: 0 },
    ],
  })),
  front: (run) => (x, center, variance, weight, bias, attributes) =>
    run(given(x, center.detach().double(), variance.detach().double(), weight, bias), attributes),
});
