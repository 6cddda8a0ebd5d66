/**
 * Normalisation of each channel of each sample, and of elements by their neighbours in channels.
 *
 * @module
 */
import { noGrad } from "../autograd.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { sameShape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { avgPlanes } from "./avg_pool.ts";
import { checkOptions, floating } from "./front.ts";
import { batchNorm, groupNorm } from "./normalization.ts";
import { mean } from "./reduction.ts";
import { variance } from "./variance.ts";

/** Options of {@link instanceNorm}. */
export interface InstanceNormOptions {
  /** Means used with `useInputStats` false; else moved towards those of the samples. */
  readonly runningMean?: Tensor | null;
  /** Variances, likewise; moved towards the unbiased ones. */
  readonly runningVar?: Tensor | null;
  /** Factors, one a channel. */
  readonly weight?: Tensor | null;
  /** Terms, one a channel. */
  readonly bias?: Tensor | null;
  /** Takes mean and variance from each sample. Default true. */
  readonly useInputStats?: boolean;
  /** How far the running statistics move. Default 0.1. */
  readonly momentum?: number;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

const tensors = ["runningMean", "runningVar", "weight", "bias"] as const;

/**
 * Normalises each channel of each sample of [N, C, ...] over the other dims (Ulyanov et al. 2016).
 * Running statistics move, in place and outside the graph, towards the means over the samples of
 * what the samples have.
 *
 * @returns As x; float.
 * @throws {ShapeError} when a statistic, weight or bias is not [C], or a sample has one value per
 * channel.
 * @throws {ArgumentError} when `useInputStats` is false and there are no running statistics.
 *
 * @example
 * ```ts
 * import { instanceNorm, tensor } from "@minitensor/minitensor";
 * const y = instanceNorm(tensor([[[1, 3], [10, 30]]]));
 * console.assert(y.round().toArray().toString() === "-1,1,-1,1");
 * ```
 */
export function instanceNorm(x: Tensor, options: InstanceNormOptions = {}): Tensor {
  const op = "instanceNorm";
  checkOptions(options, [...tensors, "useInputStats", "momentum", "eps"], op);
  const { weight = null, bias = null, eps = 1e-5, useInputStats = true } = options;
  const input = floating(x);
  checkChannels(input, options, op);
  if (!useInputStats) {
    const { runningMean, runningVar } = options;
    if (!runningMean || !runningVar) {
      throw new ArgumentError(`Cannot ${op} with neither the input's statistics nor running ones`, {
        op,
      });
    }
    return batchNorm(input, { runningMean, runningVar, weight, bias, eps });
  }
  if (input.shape.slice(2).reduce((count, extent) => count * extent, 1) === 1) {
    throw new ShapeError(
      `Cannot ${op} a tensor of shape ${text(x.shape)}: it has one value per channel of a sample`,
      { op },
    );
  }
  moveStatistics(input, options);
  return groupNorm(input, input.shape[1]!, { weight, bias, eps });
}

function checkChannels(x: Tensor, options: InstanceNormOptions, op: string): void {
  if (x.ndim < 2) {
    throw new ShapeError(`Cannot ${op} a tensor of shape ${text(x.shape)}: it has no channels`, {
      op,
    });
  }
  const shape = [x.shape[1]!];
  for (const name of tensors) {
    const given = options[name];
    if (given && !sameShape(given.shape, shape)) {
      throw new ShapeError(
        `Cannot ${op} with ${name} of shape ${text(given.shape)}: expected ${text(shape)}`,
        { op },
      );
    }
  }
}

function moveStatistics(x: Tensor, options: InstanceNormOptions): void {
  const { runningMean, runningVar, momentum = 0.1 } = options;
  if (x.numel() === 0 || (!runningMean && !runningVar)) return;
  noGrad(() => {
    const samples = x.flatten(2);
    const move = (running: Tensor, statistic: Tensor) => {
      running.mul_(1 - momentum).add_(mean(statistic, 0).mul(momentum).to(running.dtype));
    };
    if (runningMean) move(runningMean, mean(samples, 2));
    if (runningVar) move(runningVar, variance(samples, 2));
  });
}

/** Options of {@link localResponseNorm}. */
export interface LocalResponseNormOptions {
  /** Factor of the mean square. Default 1e-4. */
  readonly alpha?: number;
  /** Exponent. Default 0.75. */
  readonly beta?: number;
  /** Term. Default 1. */
  readonly k?: number;
}

/**
 * x / (k + alpha * m)^beta, where m is the mean of the squares of `size` channels around an
 * element's own, zeros beyond the ends counted (Krizhevsky et al. 2012, section 3.3; there alpha
 * stands before the sum).
 *
 * @param size how many channels: size / 2 before the own one, rounded down, the others from it on.
 * @returns As x, [N, C, ...]; float.
 * @throws {ShapeError} when x has less than 3 dims.
 * @throws {ArgumentError} when the size is not a whole number above 0.
 *
 * @example
 * ```ts
 * import { localResponseNorm, tensor } from "@minitensor/minitensor";
 * const y = localResponseNorm(tensor([[[2], [4]]]), 1, { alpha: 1, beta: 0.5, k: 0 });
 * console.assert(y.toArray().toString() === "1,1");
 * ```
 */
export function localResponseNorm(
  x: Tensor,
  size: number,
  options: LocalResponseNormOptions = {},
): Tensor {
  const op = "localResponseNorm";
  checkOptions(options, ["alpha", "beta", "k"], op);
  const { alpha = 1e-4, beta = 0.75, k = 1 } = options;
  if (!Number.isInteger(size) || size < 1) {
    throw new ArgumentError(`Cannot ${op} over ${size} channels: it is a whole number above 0`, {
      op,
    });
  }
  if (x.ndim < 3) {
    throw new ShapeError(
      `Cannot ${op} a tensor of shape ${text(x.shape)}: it takes [N, C, ...], 3 dims or more`,
      { op },
    );
  }
  const input = floating(x);
  if (input.numel() === 0) return input.mul(1);
  const squares = input.square().flatten(2).unsqueeze(1);
  const [, , channels, inner] = squares.shape as [number, number, number, number];
  const before = Math.floor(size / 2);
  const out = channels + 2 * before - size + 1; // an even size has one position too many
  const sums = avgPlanes(squares, {
    kernel: [size, 1],
    stride: [1, 1],
    padding: [before, 0],
    dilation: [1, 1],
    out: [out, inner],
    countIncludePad: true,
    divisorOverride: size,
  });
  const around = sums.narrow(2, 0, channels).reshape(input.shape);
  return input.div(around.mul(alpha).add(k).pow(beta));
}
