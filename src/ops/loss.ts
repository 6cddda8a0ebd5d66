/**
 * Softmax and losses.
 *
 * @module
 */
import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import type { DType } from "../dtype.ts";
import { defineOp, type Op, type OpRunner } from "../op.ts";
import { checkDim, sameShape, specOf, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, floating } from "./front.ts";
import { type DimAttributes, floats, same } from "./infer.ts";
import { reduceLoss, type ReductionName } from "./loss_reduction.ts";

const encodeDim = ({ dim }: DimAttributes): readonly number[] => [dim];

type RowGradient = (grad: Tensor, output: Tensor, attributes: DimAttributes) => Tensor;

const rowSamples = [
  { shapes: [[3, 5]], rest: [1] },
  { shapes: [[3, 5]], rest: [0] },
  { shapes: [[2, 3, 4]], rest: [1] },
  { shapes: [[40]], rest: [-1] },
];

const rowGradientSamples = [{ shapes: [[3, 5], [3, 5]], rest: [{ dim: 1 }] }, {
  shapes: [[3, 5], [3, 5]],
  rest: [{ dim: 0 }],
}];

/** Gradient of softmax from its output. */
const softmaxGradient: Op<RowGradient, DimAttributes> = defineOp({
  name: "softmaxGradient",
  summary: "y * (grad - sum(grad * y)), from softmax's output y.",
  infer: same,
  kernel: { native: "softmaxGradient", encode: encodeDim },
  saves: "inputs",
  gradient: ({ grad, inputs: [g, y], attributes, needs }) => {
    const dims = attributes.dim;
    const sum = (x: Tensor): Tensor => x.sum(dims, { keepdim: true });
    return [
      needs[0] ? softmaxGradient(grad, y!, attributes) : null,
      // d/dy of y g - y sum(g y), with the incoming gradient on the left.
      needs[1] ? grad.mul(g!.sub(sum(g!.mul(y!)))).sub(g!.mul(sum(grad.mul(y!)))) : null,
    ];
  },
  samples: rowGradientSamples,
  front: (run) => (grad, output, attributes) => run([grad, output], attributes),
});

/** Options of {@link softmax} and {@link logSoftmax}. */
export interface SoftmaxOptions {
  /** Where it does not stand before the options. Default -1. */
  readonly dim?: number;
  /** Floating-point dtype that x is converted to first. */
  readonly dtype?: DType | null;
}

/** Along a dim, by default the last. */
export type Softmax = (
  x: Tensor,
  dim?: number | SoftmaxOptions,
  options?: SoftmaxOptions,
) => Tensor;

/** Front of both: the dim stands before the options or in them. */
function alongDim(run: OpRunner<DimAttributes>, op: string): Softmax {
  return (x, place, rest = {}) => {
    const options = typeof place === "object" ? place : rest;
    checkOptions(options, ["dim", "dtype"], op);
    if (typeof place === "number" && options.dim !== undefined) {
      throw new ArgumentError(
        `Cannot ${op} along a dim given twice: before the options and in them`,
        {
          op,
        },
      );
    }
    const dim = typeof place === "number" ? place : options.dim ?? -1;
    const dtype = options.dtype ?? null;
    const value = floating(dtype === null ? x : x.to(dtype));
    return run([value], { dim: checkDim(dim, x.ndim, op) });
  };
}

/**
 * exp(xᵢ) / Σ exp(xⱼ) along a dim, by default the last, without overflow. Integers and bools become
 * floats. A row of -inf alone, or with +inf, is NaN; see {@link maskedSoftmax} for rows that may be
 * empty.
 *
 * @throws {AxisError} when there is no such dim.
 * @throws {ArgumentError} when the dim is given twice.
 *
 * @example
 * ```ts
 * import { softmax, tensor } from "@minitensor/minitensor";
 * console.assert(softmax(tensor([1000, 1000])).toArray().toString() === "0.5,0.5");
 * console.assert(softmax(tensor([[1, 2], [1, 2]]), 0).toArray().toString() === "0.5,0.5,0.5,0.5");
 * ```
 */
export const softmax: Op<Softmax, DimAttributes> = defineOp({
  name: "softmax",
  summary: "exp(x) / sum(exp(x)) along a dim, without overflow.",
  infer: floats(same),
  kernel: { native: "softmax", encode: encodeDim },
  saves: "output",
  gradient: ({ grad, outputs: [y], attributes }) => [softmaxGradient(grad, y!, attributes)],
  samples: rowSamples,
  front: (run) => alongDim(run, "softmax"),
});

/** Gradient of logSoftmax from its output. */
const logSoftmaxGradient: Op<RowGradient, DimAttributes> = defineOp({
  name: "logSoftmaxGradient",
  summary: "grad - exp(y) * sum(grad), from logSoftmax's output y.",
  infer: same,
  kernel: { native: "logSoftmaxGradient", encode: encodeDim },
  saves: "inputs",
  gradient: ({ grad, inputs: [g, y], attributes, needs }) => {
    const sum = (x: Tensor): Tensor => x.sum(attributes.dim, { keepdim: true });
    const p = y!.exp();
    return [
      needs[0] ? grad.sub(sum(grad.mul(p))) : null,
      needs[1] ? grad.mul(p).mul(sum(g!)).neg() : null,
    ];
  },
  samples: rowGradientSamples,
  front: (run) => (grad, output, attributes) => run([grad, output], attributes),
});

/**
 * Logarithm of {@link softmax}, xᵢ - log Σ exp(xⱼ) along a dim, by default the last: finite and
 * exact where the share itself is rounded to 0.
 *
 * @throws {AxisError} when there is no such dim.
 * @throws {ArgumentError} when the dim is given twice.
 *
 * @example
 * ```ts
 * import { logSoftmax, tensor } from "@minitensor/minitensor";
 * console.assert(logSoftmax(tensor([1000, 0])).toArray().toString() === "0,-1000");
 * ```
 */
export const logSoftmax: Op<Softmax, DimAttributes> = defineOp({
  name: "logSoftmax",
  summary: "x - log(sum(exp(x))) along a dim, without overflow.",
  infer: floats(same),
  kernel: { native: "logSoftmax", encode: encodeDim },
  saves: "output",
  gradient: ({ grad, outputs: [y], attributes }) => [logSoftmaxGradient(grad, y!, attributes)],
  samples: rowSamples,
  front: (run) => alongDim(run, "logSoftmax"),
});

/** Options of {@link crossEntropy}. */
export interface CrossEntropyOptions {
  /** Weight of each class, of shape [C]. */
  readonly weight?: Tensor | null;
  /** Samples of this class do not count. Default -100. */
  readonly ignoreIndex?: number;
  /** Where the classes are in logits of 2 dims and more. Default 1. */
  readonly dim?: number;
  /** Share of the target spread evenly over all classes, 0 to 1. Default 0. */
  readonly labelSmoothing?: number;
  /** Default "mean": over the samples' weights. */
  readonly reduction?: ReductionName;
}

interface Entropy {
  readonly ignoreIndex: number;
  readonly labelSmoothing: number;
}

const encodeEntropy = (
  { ignoreIndex, labelSmoothing }: Entropy,
): readonly number[] => [ignoreIndex, labelSmoothing];

function sampleShape(logits: Tensor): number[] {
  return [logits.shape[0]!, ...logits.shape.slice(2)];
}

const crossEntropyGradient: Op<
  (grad: Tensor, inputs: readonly Tensor[], attributes: Entropy) => Tensor,
  Entropy
> = defineOp({
  name: "crossEntropyGradient",
  summary: "grad * (softmax(logits) - target), the samples' weights applied.",
  infer: ([, logits]) => logits!.spec,
  kernel: { native: "crossEntropyGradient", encode: encodeEntropy },
  saves: "inputs",
  gradient: ({ grad, inputs: [g, logits, target, , weight], attributes, needs }) => {
    // Rebuilt from softmax where a second derivative is wanted: rare enough to need no kernel.
    const p = softmax(logits!, 1);
    const weights = sampleWeights(target!, logits!, weight ?? null, attributes).unsqueeze(1);
    const along = (x: Tensor): Tensor => x.sum(1, { keepdim: true });
    const direction = crossEntropyGradient(g!.newOnes(g!.shape), [
      logits!,
      target!,
      logits!.logsumexp(1),
      ...(weight ? [weight] : []),
    ], attributes);
    const scaled = g!.unsqueeze(1).mul(weights);
    return [
      needs[0] ? grad.mul(direction).sum(1) : null,
      needs[1] ? scaled.mul(p).mul(grad.sub(along(grad.mul(p)))) : null,
      null,
      null,
      ...(weight ? [null] : []),
    ];
  },
  samples: [{
    shapes: [[4], [4, 5], [4]],
    dtypes: ["float", "float", "int64"],
    ranges: [[-2, 2], [-2, 2], [0, 5]],
    arguments: ([grad, logits, target]) => [
      grad,
      [logits, target, logits!.detach().logsumexp(1)],
      { ignoreIndex: 2, labelSmoothing: 0.1 },
    ],
  }],
  front: (run) => (grad, inputs, attributes) => run([grad, ...inputs], attributes),
});

/** Sum of the target distribution's weights, sample by sample: what the softmax is multiplied with in the gradient. */
function sampleWeights(
  target: Tensor,
  logits: Tensor,
  weight: Tensor | null,
  attributes: Entropy,
): Tensor {
  const kept = target.ne(attributes.ignoreIndex).to(logits.dtype);
  if (weight === null) return kept;
  const picked = weight.indexSelect(
    0,
    target.maskedFill(target.eq(attributes.ignoreIndex), 0).reshape([-1]),
  );
  const smooth = attributes.labelSmoothing;
  const spread = weight.mean().mul(smooth);
  return picked.reshape(target.shape).mul(1 - smooth).add(spread).mul(kept);
}

/** Loss of each sample, logsumexp of its logits, and its weight: one pass over the logits. */
const entropy: Op<(inputs: readonly Tensor[], attributes: Entropy) => Tensor[], Entropy> = defineOp(
  {
    name: "crossEntropy",
    summary:
      "-log of the softmax of each sample's target class, with class weights and label smoothing.",
    infer: ([logits]) => {
      const spec = specOf(sampleShape(logits!), logits!.dtype);
      return [spec, spec, spec];
    },
    kernel: { native: "crossEntropy", encode: encodeEntropy },
    saves: "both",
    gradient: (
      { grads, inputs: [logits, target, weight], outputs: [, normaliser], attributes },
    ) => {
      const rest = weight === undefined ? [] : [weight];
      const [loss = null, level = null] = grads;
      let share = level === null ? null : softmax(logits!, 1).mul(level.unsqueeze(1));
      if (loss !== null) {
        const fused = crossEntropyGradient(
          loss,
          [logits!, target!, normaliser!, ...rest],
          attributes,
        );
        share = share === null ? fused : share.add(fused);
      }
      return [share, null, ...rest.map(() => null)];
    },
    samples: [
      {
        shapes: [[4, 5], [4]],
        dtypes: ["float", "int64"],
        ranges: [[-2, 2], [0, 5]],
        arguments: (inputs) => [inputs, { ignoreIndex: -100, labelSmoothing: 0 }],
      },
      {
        shapes: [[2, 5, 3], [2, 3]],
        dtypes: ["float", "int64"],
        ranges: [[-2, 2], [0, 5]],
        arguments: (inputs) => [inputs, { ignoreIndex: 1, labelSmoothing: 0.2 }],
      },
    ],
    front: (run) => (inputs, attributes) => run.all(inputs, attributes),
  },
);

/**
 * Cross entropy of logits against classes, or against a distribution over them.
 *
 * @param logits [N, C], [N, C, d1, ...] or [C] for one sample.
 * @param target Class indices of shape [N, d1, ...], or floating-point probabilities of the logits' shape.
 * @throws {ShapeError} when the shapes do not fit.
 * @throws {IndexError} for a class that does not exist.
 *
 * @example
 * ```ts
 * import { crossEntropy, tensor } from "@minitensor/minitensor";
 * const loss = crossEntropy(tensor([[0, 0]]), tensor([1n]));
 * console.assert(Math.abs(Number(loss.item()) - Math.LN2) < 1e-6);
 * ```
 */
export function crossEntropy(
  logits: Tensor,
  target: Tensor,
  options: CrossEntropyOptions = {},
): Tensor {
  checkOptions(
    options,
    ["weight", "ignoreIndex", "labelSmoothing", "dim", "reduction"],
    "crossEntropy",
  );
  const { ignoreIndex = -100, labelSmoothing = 0, reduction = "mean", weight = null } = options;
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ArgumentError(
      `Cannot crossEntropy with labelSmoothing ${labelSmoothing}: it is 0 to 1`,
      { op: "crossEntropy" },
    );
  }
  const scores = floating(logits);
  if (scores.ndim === 1) {
    const loss = crossEntropy(scores.unsqueeze(0), target.unsqueeze(0), { ...options, reduction });
    return reduction === "none" ? loss.squeeze(0) : loss;
  }
  const place = scores.ndim === 0 ? 1 : checkDim(options.dim ?? 1, scores.ndim, "crossEntropy");
  if (place !== 1) {
    const moved = sameShape(target.shape, logits.shape) ? target.movedim(place, 1) : target;
    return crossEntropy(scores.movedim(place, 1), moved, { ...options, dim: 1 });
  }
  if (target.isFloatingPoint()) {
    return softTargets(scores, target, weight, labelSmoothing, reduction);
  }
  const weights = weight === null ? [] : [weight];
  const [losses, shares] = classLosses(scores, target, weights, { ignoreIndex, labelSmoothing });
  if (reduction === "mean") return losses.sum().div(shares.detach().sum());
  return reduceLoss(losses, reduction, "crossEntropy");
}

/** Losses and weights of samples whose targets are class indices. */
function classLosses(
  scores: Tensor,
  target: Tensor,
  weights: readonly Tensor[],
  attributes: Entropy,
): [losses: Tensor, weights: Tensor] {
  if (scores.ndim < 2 || !sameShape(sampleShape(scores), target.shape)) {
    throw new ShapeError(
      `Cannot crossEntropy logits of shape ${text(scores.shape)} with targets of shape ${
        text(target.shape)
      }: logits are [N, C, ...], class indices [N, ...]`,
      { op: "crossEntropy" },
    );
  }
  if (target.dtype === "bool") {
    throw new DTypeError("Cannot crossEntropy with bool targets: use class indices", {
      op: "crossEntropy",
    });
  }
  const checked = weights.map((weight) => checkWeight(weight, scores));
  const [losses, , shares] = entropy([scores, target.to("int64"), ...checked], attributes);
  return [losses!, shares!];
}

function checkWeight(weight: Tensor, logits: Tensor): Tensor {
  if (weight.ndim !== 1 || weight.shape[0] !== logits.shape[1]) {
    throw new ShapeError(
      `Cannot crossEntropy with weights of shape ${text(weight.shape)}: there are ${
        logits.shape[1]
      } classes`,
      {
        op: "crossEntropy",
      },
    );
  }
  return weight.detach().to(logits.dtype).contiguous();
}

function softTargets(
  logits: Tensor,
  target: Tensor,
  weight: Tensor | null,
  smoothing: number,
  reduction: ReductionName,
): Tensor {
  if (!sameShape(logits.shape, target.shape)) {
    throw new ShapeError(
      `Cannot crossEntropy logits of shape ${text(logits.shape)} with probabilities of shape ${
        text(target.shape)
      }`,
      { op: "crossEntropy" },
    );
  }
  const classes = logits.shape[1]!;
  const spread = smoothing === 0 ? target : target.mul(1 - smoothing).add(smoothing / classes);
  let terms = logSoftmax(logits, 1).mul(spread);
  if (weight !== null) {
    terms = terms.mul(
      checkWeight(weight, logits).reshape([classes, ...new Array<number>(logits.ndim - 2).fill(1)]),
    );
  }
  const losses = terms.sum(1).neg();
  return reduceLoss(losses, reduction, "crossEntropy");
}
