/**
 * Which op runs on batches by which rule. What is not here broadcasts by its record, is tensor code
 * that runs within vmap, or goes example by example.
 *
 * @module
 */
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import * as functions from "../ops/mod.ts";
import { gather, scatterAdd } from "../ops/gather.ts";
import { aligned, spread } from "./batch.ts";
import { composite } from "./composite.ts";
import { convolution, inputGradient, weightGradient } from "./convolution.ts";
import { fusedRules } from "./fused.ts";
import { leading, merging, type Rule, shifted, shifting, spreadAll } from "./rule.ts";

const reshape: Rule = ({ values: [x], level, attributes }) => {
  const { shape } = attributes as { readonly shape: Shape };
  return [x!.reshape([level.size, ...shape])];
};

const permute: Rule = ({ values, attributes, again }) => {
  const { dims } = attributes as { readonly dims: readonly number[] };
  return again(values, { dims: [0, ...dims.map((dim) => dim + 1)] });
};

const expand: Rule = ({ values: [x], level, attributes }) => {
  const { shape } = attributes as { readonly shape: Shape };
  return [aligned(x!, shape.length).expand([level.size, ...shape])];
};

interface Layout {
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
}

/** The strides of one example are those of the batch, and so is where the first one starts. */
const strided: Rule = ({ values: [x], level: { size }, attributes, again }) => {
  const step = x!.strides[0]!;
  const layout = attributes as Layout & { readonly from: Layout };
  const whole = ({ shape, strides, offset }: Layout): Layout => ({
    shape: [size, ...shape],
    strides: [step, ...strides],
    offset,
  });
  return again([x!], { ...whole(layout), from: whole(layout.from) });
};

/** One weight for all examples: their rows are simply more rows. */
const matmul: Rule = (call) => {
  const { values: [x, y], flags, inputs, attributes, again } = call;
  const rows = !flags[1] && inputs[1]!.ndim === 2 && x!.numel() > 0 && !hasRelu(attributes);
  if (!rows) return again(spreadAll(call), attributes);
  return [functions.matmul(x!, y!)];
};

const linear: Rule = ({ values: [x, weight, bias], attributes }) => {
  const y = functions.matmul(x!, weight!).add(bias!);
  return [hasRelu(attributes) ? y.relu() : y];
};

function hasRelu(attributes: unknown): boolean {
  return (attributes as { readonly relu?: boolean }).relu === true;
}

/** An index that the examples share selects in all; their own ones gather. */
const indexSelect: Rule = (call) => {
  const { values: [x, index], flags: [own, each], level: { size }, again } = call;
  const { dim } = call.attributes as { readonly dim: number };
  if (!each) return again([x!, index!], { dim: dim + 1 });
  const count = call.inputs[1]!.numel();
  const places = index!.reshape([size, count]);
  if (!own) {
    const found = again([x!, places.reshape([-1])], { dim })[0]!;
    const shape = found.shape.flatMap((extent, i) => i === dim ? [size, count] : [extent]);
    return [found.reshape(shape).movedim(dim, 0)];
  }
  return [gather(x!, dim + 1, along(places, dim, x!.shape))];
};

/** Indices [examples, count] for all elements beside them of a batch of that shape. */
function along(places: Tensor, dim: number, shape: Shape): Tensor {
  const [size, count] = places.shape as [number, number];
  const flat = shape.map((_, i) => i === 0 ? size : i === dim + 1 ? count : 1);
  return places.reshape(flat).expand(shape.map((extent, i) => i === dim + 1 ? count : extent));
}

const indexAdd: Rule = (call) => {
  const { flags: [, each], values, level, attributes } = call;
  const { dim, alpha } = attributes as { readonly dim: number; readonly alpha: number };
  const [x, places, source] = spreadAll(call) as [Tensor, Tensor, Tensor];
  if (!each) return call.again([x, values[1]!, source], shifted(attributes, level));
  const flat = places.reshape([level.size, call.inputs[1]!.numel()]);
  const part = alpha === 1 ? source : source.mul(alpha);
  return [scatterAdd(x, dim + 1, along(flat, dim, x.shape), part)];
};

/** One row for all values stays one; rows of the examples' own have their values beside them. */
const searchsorted: Rule = (call) => {
  const { values, flags: [own], inputs: [sorted], level: { size }, attributes, again } = call;
  if (!own && sorted!.ndim === 1) return again(values, attributes);
  const [rows, wanted] = spreadAll(call) as [Tensor, Tensor];
  if (sorted!.ndim > 1) return again([rows, wanted], attributes);
  const flat = wanted.reshape([size, call.inputs[1]!.numel()]);
  return again([rows, flat], attributes).map((x) => x.reshape(wanted.shape));
};

/** The same elements are dropped in all examples: the draws depend on the place in one. */
const dropout: Rule = ({ inputs: [x], values: [all], attributes, again }) => {
  const mask = again([x!.newOnes(x!.shape)], attributes)[0]!;
  return [all!.mul(mask).maskedFill(mask.eq(0), 0)];
};

/** Transforms along a dim; the table of factors, which stands last, serves all examples. */
const transform: Rule = ({ values, flags, level, attributes, again }) => {
  const parts = values.slice(0, -1).map((x, i) => spread(x, flags[i]!, level));
  return again([...parts, values.at(-1)!], shifted(attributes, level));
};

function named(rule: Rule, names: string): [string, Rule][] {
  return names.split(" ").map((name) => [name, rule]);
}

/** Rules by op. */
export const rules: Readonly<Record<string, Rule>> = Object.fromEntries([
  ...named(shifting, "sum mean prod amax amin any all argmax argmin maxIndex minIndex logsumexp"),
  ...named(shifting, "sumSquares varianceMean cumsum cumprod softmax logSoftmax softmaxGradient"),
  ...named(shifting, "logSoftmaxGradient cat cut paste diagonal diagonalPaste gather scatter"),
  ...named(shifting, "scatterAdd"),
  ...named(leading, "cummax cummin logcumsumexp sort topk selectRank tril triu cholesky eigh"),
  ...named(leading, "eig eigvals luFactor qr svd solve solveTriangular"),
  ...named(merging(1), "avgPool2d avgPool2dGradient maxPool2d maxPool2dIndices"),
  ...named(merging(1), "windowColumns windowSum"),
  ...named(merging(2), "maxPool2dGradient crossEntropy"),
  ...named(merging(4), "crossEntropyGradient"),
  ...named(transform, "fourier fourierReal fourierHalf"),
  ...named(dropout, "dropout dropoutGradient"),
  ["reshape", reshape],
  ["permute", permute],
  ["expand", expand],
  ["asStrided", strided],
  ["matmul", matmul],
  ["linear", linear],
  ["indexSelect", indexSelect],
  ["indexAdd", indexAdd],
  ["searchsorted", searchsorted],
  ["replacePart", composite],
  ...fusedRules,
  ["conv2d", convolution],
  ["conv2dInputGradient", inputGradient],
  ["conv2dWeightGradient", weightGradient],
]);
