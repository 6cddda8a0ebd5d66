/**
 * Normalisation: values are shifted and scaled to mean 0 and variance 1 over some of the dims, and
 * then by weights and biases that may be trained.
 *
 * @module
 */
import { noGrad } from "../autograd.ts";
import { dtypes } from "../dtype.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { sameShape, type Shape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, floating, promote } from "./front.ts";
import { type Sets, standardize, standardizeGiven } from "./standardize.ts";

/** Options of {@link layerNorm}. */
export interface LayerNormOptions {
  /** Factors, of the normalised shape. */
  readonly weight?: Tensor | null;
  /** Terms, of the normalised shape. */
  readonly bias?: Tensor | null;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

/** The tensors in one floating-point dtype; those that are absent stay null. */
function together(...tensors: readonly (Tensor | null | undefined)[]): (Tensor | null)[] {
  const present = tensors.filter((x) => x !== null && x !== undefined);
  const converted = promote(present, true);
  return tensors.map((x) => x ? converted[present.indexOf(x)]! : null);
}

/** Standardised and then scaled; a term without a factor is added behind. */
function normalized(
  x: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
  sets: Sets,
  shape: Shape,
  seen?: (mean: Tensor, variance: Tensor) => void,
): Tensor {
  const flat = weight?.reshape([-1]) ?? null;
  const y = standardize(x, flat, flat && bias ? bias.reshape([-1]) : null, sets, seen);
  return bias && !weight ? y.add(bias.reshape(shape)) : y;
}

function checkShape(x: Tensor | null | undefined, shape: Shape, op: string, name: string): void {
  if (!x || sameShape(x.shape, shape)) return;
  throw new ShapeError(
    `Cannot ${op} with ${name} of shape ${text(x.shape)}: expected ${text(shape)}`,
    { op },
  );
}

/** The normalised shape as dims of `x`, which must end with it. */
function trailing(x: Tensor, normalizedShape: number | Shape, op: string): readonly number[] {
  const shape = typeof normalizedShape === "number" ? [normalizedShape] : normalizedShape;
  const first = x.ndim - shape.length;
  if (shape.length === 0 || first < 0 || !sameShape(x.shape.slice(first), shape)) {
    throw new ShapeError(
      `Cannot ${op} a tensor of shape ${text(x.shape)} over ${text(shape)}: it must end with that`,
      { op },
    );
  }
  return shape.map((_, i) => first + i);
}

/**
 * Normalises over the last dims, those of `normalizedShape` (Ba et al. 2016):
 * y = (x - mean) / sqrt(var + eps) * weight + bias, with the variance of a whole population.
 *
 * @throws {ShapeError} when x does not end with that shape, or weight or bias have another.
 *
 * @example
 * ```ts
 * import { layerNorm, tensor } from "@minitensor/minitensor";
 * const y = layerNorm(tensor([[1, 3], [10, 30]]), 2);
 * console.assert(y.round().toArray().toString() === "-1,1,-1,1");
 * ```
 */
export function layerNorm(
  x: Tensor,
  normalizedShape: number | Shape,
  options: LayerNormOptions = {},
): Tensor {
  checkOptions(options, ["weight", "bias", "eps"], "layerNorm");
  const { weight, bias, eps = 1e-5 } = options;
  const input = floating(x);
  const dims = trailing(input, normalizedShape, "layerNorm");
  const shape = dims.map((dim) => input.shape[dim]!);
  checkShape(weight, shape, "layerNorm", "weight");
  checkShape(bias, shape, "layerNorm", "bias");
  const [value, factor, term] = together(input, weight, bias);
  const sets = { channels: count(shape), inner: 1, groups: 1, eps, isRms: false };
  return normalized(value!, factor!, term!, sets, shape);
}

/** Options of {@link rmsNorm}. */
export interface RmsNormOptions {
  /** Factors, of the normalised shape. */
  readonly weight?: Tensor | null;
  /** Added to the mean square. Default, and null: the epsilon of the dtype. */
  readonly eps?: number | null;
}

/**
 * Divides by the root of the mean square over the last dims (Zhang and Sennrich 2019):
 * y = x / sqrt(mean(x^2) + eps) * weight.
 *
 * @throws {ShapeError} when x does not end with that shape, or the weight has another.
 *
 * @example
 * ```ts
 * import { rmsNorm, tensor } from "@minitensor/minitensor";
 * console.assert(rmsNorm(tensor([3, 3, 3]), 3).round().toArray().toString() === "1,1,1");
 * ```
 */
export function rmsNorm(
  x: Tensor,
  normalizedShape: number | Shape,
  options: RmsNormOptions = {},
): Tensor {
  checkOptions(options, ["weight", "eps"], "rmsNorm");
  const input = floating(x);
  const { weight, eps } = options;
  const dims = trailing(input, normalizedShape, "rmsNorm");
  const shape = dims.map((dim) => input.shape[dim]!);
  checkShape(weight, shape, "rmsNorm", "weight");
  const [value, factor] = together(input, weight);
  const sets = { channels: count(shape), inner: 1, groups: 1, isRms: true };
  return normalized(
    value!,
    factor!,
    null,
    { ...sets, eps: eps ?? dtypes[input.dtype].eps },
    shape,
  );
}

/** Options of {@link groupNorm}. */
export interface GroupNormOptions {
  /** Factors, one a channel. */
  readonly weight?: Tensor | null;
  /** Terms, one a channel. */
  readonly bias?: Tensor | null;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

/** Channels along dim 1, of an input [N, C, ...]. */
function channels(x: Tensor, op: string): { readonly number: number; readonly shape: Shape } {
  if (x.ndim < 2) {
    throw new ShapeError(`Cannot ${op} a tensor of shape ${text(x.shape)}: it has no channels`, {
      op,
    });
  }
  const number = x.shape[1]!;
  return { number, shape: [number, ...x.shape.slice(2).map(() => 1)] };
}

/**
 * Normalises each sample of [N, C, ...] over groups of channels (Wu and He 2018).
 *
 * @throws {ShapeError} when the channels do not divide into `numGroups`, or weight or bias are not
 * [C].
 *
 * @example
 * ```ts
 * import { groupNorm, tensor } from "@minitensor/minitensor";
 * const y = groupNorm(tensor([[[1, 3], [10, 30]]]), 2);
 * console.assert(y.round().toArray().toString() === "-1,1,-1,1");
 * ```
 */
export function groupNorm(x: Tensor, numGroups: number, options: GroupNormOptions = {}): Tensor {
  checkOptions(options, ["weight", "bias", "eps"], "groupNorm");
  const { weight, bias, eps = 1e-5 } = options;
  const input = floating(x);
  const { number, shape } = channels(input, "groupNorm");
  if (!(Number.isInteger(numGroups) && numGroups > 0 && number % numGroups === 0)) {
    throw new ShapeError(`Cannot groupNorm ${number} channels in ${numGroups} groups`, {
      op: "groupNorm",
    });
  }
  checkShape(weight, [number], "groupNorm", "weight");
  checkShape(bias, [number], "groupNorm", "bias");
  const [value, factor, term] = together(input, weight, bias);
  const inner = count(input.shape.slice(2));
  const sets = { channels: number, inner, groups: numGroups, eps, isRms: false };
  return normalized(value!, factor!, term!, sets, shape);
}

/** Options of {@link batchNorm}. */
export interface BatchNormOptions {
  /** Means that evaluation uses; training moves them towards the batch's. */
  readonly runningMean?: Tensor | null;
  /** Variances, likewise; moved towards the unbiased ones. */
  readonly runningVar?: Tensor | null;
  /** Factors, one a channel. */
  readonly weight?: Tensor | null;
  /** Terms, one a channel. */
  readonly bias?: Tensor | null;
  /** Takes mean and variance from the batch. Default false. */
  readonly training?: boolean;
  /** How far the running statistics move. Default 0.1. */
  readonly momentum?: number;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

const batchNormOptions: readonly string[] = [
  "runningMean",
  "runningVar",
  "weight",
  "bias",
  "training",
  "momentum",
  "eps",
];

/**
 * Normalises each channel of [N, C, ...] over the batch and all other dims (Ioffe and Szegedy
 * 2015). Training uses the batch's mean and its biased variance, and moves the running statistics,
 * in place and outside the graph; evaluation uses the running ones.
 *
 * @throws {ShapeError} when a statistic, weight or bias is not [C], or training has one value per
 * channel.
 * @throws {ArgumentError} when evaluation lacks the running statistics.
 *
 * @example
 * ```ts
 * import { batchNorm, tensor } from "@minitensor/minitensor";
 * const y = batchNorm(tensor([[1, 10], [3, 30]]), { training: true });
 * console.assert(y.round().toArray().toString() === "-1,-1,1,1");
 * ```
 */
export function batchNorm(x: Tensor, options: BatchNormOptions = {}): Tensor {
  checkOptions(options, batchNormOptions, "batchNorm");
  const { runningMean, runningVar, weight, bias, training = false, eps = 1e-5 } = options;
  const input = floating(x);
  const { number, shape } = channels(input, "batchNorm");
  for (const name of ["runningMean", "runningVar", "weight", "bias"] as const) {
    checkShape(options[name], [number], "batchNorm", name);
  }
  if (!training) {
    if (!runningMean || !runningVar) {
      throw new ArgumentError("Cannot batchNorm without running statistics outside training", {
        op: "batchNorm",
      });
    }
    return evaluated(together(input, runningMean, runningVar, weight, bias), eps, shape);
  }
  const values = number === 0 ? 0 : input.numel() / number;
  if (values === 1) {
    throw new ShapeError(
      `Cannot batchNorm a tensor of shape ${text(input.shape)} in training: it has one value per ` +
        "channel",
      { op: "batchNorm" },
    );
  }
  const [value, factor, term] = together(input, weight, bias);
  const seen = (mean: Tensor, variance: Tensor) => moveStatistics(mean, variance, values, options);
  return trained(value!, factor!, term!, eps, shape, seen);
}

/** Planes of fewer elements are put together first: channels outermost. */
const PLANE = 16;

function trained(
  x: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
  eps: number,
  shape: Shape,
  seen: (mean: Tensor, variance: Tensor) => void,
): Tensor {
  const inner = count(x.shape.slice(2));
  const sets = { channels: shape[0]!, inner, groups: 0, eps, isRms: false };
  if (inner >= PLANE || x.shape[0] === 1) return normalized(x, weight, bias, sets, shape, seen);
  const turned = x.transpose(0, 1);
  const long = { ...sets, inner: inner * x.shape[0]! };
  const line = [shape[0]!, ...turned.shape.slice(1).map(() => 1)];
  return normalized(turned, weight, bias, long, line, seen).transpose(0, 1).contiguous();
}

function evaluated(inputs: readonly (Tensor | null)[], eps: number, shape: Shape): Tensor {
  const [x, mean, variance, weight, bias] = inputs as [Tensor, Tensor, Tensor, Tensor, Tensor];
  const inner = count(x.shape.slice(2));
  const sets = { channels: shape[0]!, inner, groups: 0, eps, isRms: false };
  if (inner >= PLANE && (weight || !bias)) {
    return standardizeGiven(x, mean, variance, weight, bias, sets);
  }
  const scale = variance.detach().add(eps).rsqrt();
  const factor = weight ? scale.mul(weight) : scale;
  const y = x.sub(mean.detach().reshape(shape)).mul(factor.reshape(shape));
  return bias ? y.add(bias.reshape(shape)) : y;
}

function count(shape: Shape): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** The running variance is that of a sample: divided by one less than the number of values. */
function moveStatistics(
  mean: Tensor,
  variance: Tensor,
  values: number,
  { runningMean, runningVar, momentum = 0.1 }: BatchNormOptions,
): void {
  if (values === 0) return;
  noGrad(() => {
    const move = (running: Tensor, batch: Tensor) => {
      running.mul_(1 - momentum).add_(batch.mul(momentum).to(running.dtype));
    };
    if (runningMean) move(runningMean, mean);
    if (runningVar) move(runningVar, variance.mul(values / (values - 1)));
  });
}
