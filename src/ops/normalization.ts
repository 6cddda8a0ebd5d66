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
import { checkOptions, floating } from "./front.ts";
import { mean } from "./reduction.ts";
import { variance } from "./variance.ts";

/** Options of {@link layerNorm}. */
export interface LayerNormOptions {
  /** Factors, of the normalised shape. */
  readonly weight?: Tensor | null;
  /** Terms, of the normalised shape. */
  readonly bias?: Tensor | null;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

/** (x - mean) / sqrt(variance + eps) over the dims, which are kept. */
function standardized(x: Tensor, dims: readonly number[], eps: number): Tensor {
  const centred = x.sub(mean(x, dims, { keepdim: true }));
  return centred.mul(variance(x, dims, { keepdim: true, correction: 0 }).add(eps).rsqrt());
}

/** Factors and terms, shown in a shape that broadcasts. */
function scaled(
  x: Tensor,
  weight: Tensor | null | undefined,
  bias: Tensor | null | undefined,
  shape: Shape,
): Tensor {
  let y = x;
  if (weight) y = y.mul(weight.reshape(shape));
  if (bias) y = y.add(bias.reshape(shape));
  return y;
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
  return scaled(standardized(input, dims, eps), weight, bias, shape);
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
  const square = mean(input.square(), dims, { keepdim: true });
  const y = input.mul(square.add(eps ?? dtypes[input.dtype].eps).rsqrt());
  return scaled(y, weight, null, shape);
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
function channels(x: Tensor, op: string): { readonly count: number; readonly shape: Shape } {
  if (x.ndim < 2) {
    throw new ShapeError(`Cannot ${op} a tensor of shape ${text(x.shape)}: it has no channels`, {
      op,
    });
  }
  const count = x.shape[1]!;
  return { count, shape: [count, ...x.shape.slice(2).map(() => 1)] };
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
  const { count, shape } = channels(input, "groupNorm");
  if (!(Number.isInteger(numGroups) && numGroups > 0 && count % numGroups === 0)) {
    throw new ShapeError(`Cannot groupNorm ${count} channels in ${numGroups} groups`, {
      op: "groupNorm",
    });
  }
  checkShape(weight, [count], "groupNorm", "weight");
  checkShape(bias, [count], "groupNorm", "bias");
  const size = input.shape.slice(2).reduce((product, extent) => product * extent, 1);
  const groups = input.reshape([input.shape[0]!, numGroups, (count / numGroups) * size]);
  const y = standardized(groups, [2], eps).reshape(input.shape);
  return scaled(y, weight, bias, shape);
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
  const { count, shape } = channels(input, "batchNorm");
  for (const name of ["runningMean", "runningVar", "weight", "bias"] as const) {
    checkShape(options[name], [count], "batchNorm", name);
  }
  if (!training) {
    if (!runningMean || !runningVar) {
      throw new ArgumentError("Cannot batchNorm without running statistics outside training", {
        op: "batchNorm",
      });
    }
    const factor = runningVar.add(eps).rsqrt();
    const y = input.sub(runningMean.reshape(shape)).mul(factor.reshape(shape));
    return scaled(y, weight, bias, shape);
  }
  const dims = input.shape.flatMap((_, dim) => dim === 1 ? [] : [dim]);
  const values = count === 0 ? 0 : input.numel() / count;
  if (values === 1) {
    throw new ShapeError(
      `Cannot batchNorm a tensor of shape ${text(input.shape)} in training: it has one value per ` +
        "channel",
      { op: "batchNorm" },
    );
  }
  moveStatistics(input, dims, values, options);
  return scaled(standardized(input, dims, eps), weight, bias, shape);
}

function moveStatistics(
  x: Tensor,
  dims: readonly number[],
  values: number,
  { runningMean, runningVar, momentum = 0.1 }: BatchNormOptions,
): void {
  if (values === 0) return;
  noGrad(() => {
    const move = (running: Tensor, batch: Tensor) => {
      running.mul_(1 - momentum).add_(batch.mul(momentum).to(running.dtype));
    };
    if (runningMean) move(runningMean, mean(x, dims));
    if (runningVar) move(runningVar, variance(x, dims));
  });
}
