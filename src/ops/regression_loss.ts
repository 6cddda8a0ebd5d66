/**
 * Losses of numbers against numbers.
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../op.ts";
import { broadcastPair, sameShape, text } from "../shape.ts";
import type { TensorLike } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { floating, operand, pair, promote, unaryFloat, type UnaryFunction } from "./front.ts";
import { floats, same } from "./infer.ts";
import { checkLossOptions, type LossOptions, lossPair, reduceLoss } from "./loss_reduction.ts";
import { singlesWithin } from "./samples.ts";
import { clamp, where } from "./select.ts";
import { everything } from "../vmap/batch.ts";

/** Options of {@link mseLoss}. */
export interface MseLossOptions extends LossOptions {
  /** Weights that broadcast to the elements; the mean is over them. */
  readonly weight?: Tensor | null;
}

/**
 * Squared differences.
 *
 * @throws {ShapeError} unless the shapes are equal.
 *
 * @example
 * ```ts
 * import { mseLoss, tensor } from "@minitensor/minitensor";
 * console.assert(mseLoss(tensor([1, 2]), tensor([1, 4])).item() === 2);
 * ```
 */
export function mseLoss(x: Tensor, target: Tensor, options: MseLossOptions = {}): Tensor {
  checkLossOptions(options, ["weight"], "mseLoss");
  const { weight = null, reduction = "mean" } = options;
  const losses = difference(x, target, "mseLoss").square();
  if (weight === null) return reduceLoss(losses, reduction, "mseLoss");
  const shares = weightsOf(weight, losses);
  const all = losses.mul(shares);
  return reduction === "mean" ? all.sum().div(shares.sum()) : reduceLoss(all, reduction, "mseLoss");
}

function weightsOf(weight: Tensor, losses: Tensor): Tensor {
  if (!sameShape(broadcastPair(weight.shape, losses.shape, "mseLoss"), losses.shape)) {
    throw new ShapeError(
      `Cannot mseLoss tensors of shape ${text(losses.shape)} with weights of shape ${
        text(weight.shape)
      }: the weights must broadcast to the tensors`,
      { op: "mseLoss" },
    );
  }
  return weight.to(losses.dtype).expand(losses.shape);
}

/**
 * |x - target|, by default its mean. Integers become floats. The gradient where there is no
 * difference is 0.
 *
 * @throws {ShapeError} when the shapes differ.
 * @throws {ArgumentError} when the reduction is none of mean, sum and none.
 *
 * @example
 * ```ts
 * import { l1Loss, tensor } from "@minitensor/minitensor";
 * const [x, target] = [tensor([1, 5]), tensor([2, 2])];
 * console.assert(l1Loss(x, target).item() === 2);
 * console.assert(l1Loss(x, target, { reduction: "none" }).toArray().toString() === "1,3");
 * ```
 */
export function l1Loss(x: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkLossOptions(options, [], "l1Loss");
  const losses = difference(x, target, "l1Loss").abs();
  return reduceLoss(losses, options.reduction ?? "mean", "l1Loss");
}

function difference(x: Tensor, target: Tensor, op: string): Tensor {
  const [a, b] = lossPair(x, target, op);
  return a.sub(b);
}

/** d² / 2 up to delta, and delta (d - delta / 2) beyond, of d = |difference|. */
function huber(differences: Tensor, delta: number): Tensor {
  const size = differences.abs();
  const near = clamp(size, null, delta);
  // The line is what is left beyond delta: no square of a large number is taken.
  return near.square().mul(0.5).add(size.sub(near).mul(delta));
}

/** Options of {@link smoothL1Loss}. */
export interface SmoothL1LossOptions extends LossOptions {
  /** Difference from which on the loss is a line; 0 is l1Loss. Default 1. */
  readonly beta?: number;
}

/**
 * d² / (2 beta) for differences below beta, |d| - beta / 2 for others.
 *
 * @throws {ShapeError} unless the shapes are equal.
 * @throws {ArgumentError} when beta is negative.
 *
 * @example
 * ```ts
 * import { smoothL1Loss, tensor } from "@minitensor/minitensor";
 * const losses = smoothL1Loss(tensor([1, 4]), tensor([0, 0]), { reduction: "none" });
 * console.assert(losses.toArray().toString() === "0.5,3.5");
 * ```
 */
export function smoothL1Loss(
  x: Tensor,
  target: Tensor,
  options: SmoothL1LossOptions = {},
): Tensor {
  checkLossOptions(options, ["beta"], "smoothL1Loss");
  const { beta = 1, reduction = "mean" } = options;
  if (!(beta >= 0)) {
    throw new ArgumentError(`Cannot smoothL1Loss with beta ${beta}: it must not be negative`, {
      op: "smoothL1Loss",
    });
  }
  const differences = difference(x, target, "smoothL1Loss");
  const losses = beta === 0 ? differences.abs() : huber(differences, beta).div(beta);
  return reduceLoss(losses, reduction, "smoothL1Loss");
}

/** Options of {@link huberLoss}. */
export interface HuberLossOptions extends LossOptions {
  /** Difference from which on the loss is a line. Default 1. */
  readonly delta?: number;
}

/**
 * d² / 2 for differences up to delta, delta (|d| - delta / 2) for others.
 *
 * @throws {ShapeError} unless the shapes are equal.
 * @throws {ArgumentError} unless delta is above 0.
 *
 * @example
 * ```ts
 * import { huberLoss, tensor } from "@minitensor/minitensor";
 * const losses = huberLoss(tensor([1, 4]), tensor([0, 0]), { delta: 2, reduction: "none" });
 * console.assert(losses.toArray().toString() === "0.5,6");
 * ```
 */
export function huberLoss(x: Tensor, target: Tensor, options: HuberLossOptions = {}): Tensor {
  checkLossOptions(options, ["delta"], "huberLoss");
  const { delta = 1, reduction = "mean" } = options;
  if (!(delta > 0)) {
    throw new ArgumentError(`Cannot huberLoss with delta ${delta}: it is above 0`, {
      op: "huberLoss",
    });
  }
  return reduceLoss(huber(difference(x, target, "huberLoss"), delta), reduction, "huberLoss");
}

const logCosh: Op<UnaryFunction, undefined> = defineOp({
  name: "logCosh",
  summary: "log(cosh(x)), without overflow, accurate near 0.",
  infer: floats(same),
  kernel: {
    composite: ([x]) => {
      const size = x!.abs();
      const far = size.add(size.mul(-2).exp().log1p()).sub(Math.LN2);
      const near = clamp(size, null, 1).sinh().square().log1p().mul(0.5);
      return where(size.lt(1), near, far);
    },
  },
  saves: "inputs",
  gradient: ({ grad, inputs: [x] }) => [grad.mul(x!.tanh())],
  reference: (x) => Math.log(Math.cosh(x!)),
  samples: singlesWithin([-6, 6]),
  front: unaryFloat,
});

/**
 * log(cosh(d)) of the differences: d² / 2 near 0, |d| - ln 2 far from it.
 *
 * @throws {ShapeError} unless the shapes are equal.
 *
 * @example
 * ```ts
 * import { logCoshLoss, tensor } from "@minitensor/minitensor";
 * const loss = Number(logCoshLoss(tensor([1e4]), tensor([0])).item());
 * console.assert(Math.abs(loss - 1e4 + Math.LN2) < 0.001);
 * ```
 */
export function logCoshLoss(x: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkLossOptions(options, [], "logCoshLoss");
  const losses = logCosh(difference(x, target, "logCoshLoss"));
  return reduceLoss(losses, options.reduction ?? "mean", "logCoshLoss");
}

/** Options of {@link poissonNllLoss}. */
export interface PoissonNllLossOptions extends LossOptions {
  /** True (default): x is the logarithm of the rate; false: the rate itself. */
  readonly logInput?: boolean;
  /** Adds Stirling's approximation of log(target!). Default false. */
  readonly full?: boolean;
  /** Added to a rate before its logarithm is taken. Default 1e-8. */
  readonly eps?: number;
}

/**
 * Negative logarithm of a Poisson distribution's probability of the target counts:
 * exp(x) - target x, or x - target log(x + eps).
 *
 * @throws {ShapeError} unless the shapes broadcast.
 *
 * @example
 * ```ts
 * import { poissonNllLoss, tensor } from "@minitensor/minitensor";
 * console.assert(poissonNllLoss(tensor([0]), tensor([3])).item() === 1);
 * ```
 */
export function poissonNllLoss(
  x: Tensor,
  target: Tensor,
  options: PoissonNllLossOptions = {},
): Tensor {
  checkLossOptions(options, ["logInput", "full", "eps"], "poissonNllLoss");
  const { logInput = true, full = false, eps = 1e-8, reduction = "mean" } = options;
  broadcastPair(x.shape, target.shape, "poissonNllLoss");
  const [rate, count] = pair(x, target, true);
  let losses = logInput
    ? rate!.exp().sub(count!.mul(rate!))
    : rate!.sub(count!.mul(rate!.add(eps).log()));
  if (full) losses = losses.add(stirling(count!));
  return reduceLoss(losses, reduction, "poissonNllLoss");
}

/** Approximately log(n!), and 0 up to 1. */
function stirling(n: Tensor): Tensor {
  const small = n.le(1);
  const safe = n.maskedFill(small, 1);
  const sum = safe.mul(safe.log()).sub(safe).add(safe.mul(2 * Math.PI).log().mul(0.5));
  return sum.maskedFill(small, 0);
}

/** Options of {@link gaussianNllLoss}. */
export interface GaussianNllLossOptions extends LossOptions {
  /** Adds log(2π) / 2. Default false. */
  readonly full?: boolean;
  /** Variances below it count as it. Default 1e-6. */
  readonly eps?: number;
}

/**
 * Negative logarithm of a normal distribution's density at the target, of mean x and the given
 * variance.
 *
 * @param variance As x, or with the last dim 1 or left out, or a number; not negative. Its gradient
 *   is that of a variance that no `eps` limits.
 * @throws {ShapeError} when the variance does not fit.
 * @throws {ArgumentError} when a variance is negative, or eps is not above 0.
 *
 * @example
 * ```ts
 * import { gaussianNllLoss, tensor } from "@minitensor/minitensor";
 * console.assert(gaussianNllLoss(tensor([1]), tensor([3]), tensor([1])).item() === 2);
 * ```
 */
export function gaussianNllLoss(
  x: Tensor,
  target: Tensor,
  variance: TensorLike,
  options: GaussianNllLossOptions = {},
): Tensor {
  checkLossOptions(options, ["full", "eps"], "gaussianNllLoss");
  const { full = false, eps = 1e-6, reduction = "mean" } = options;
  broadcastPair(x.shape, target.shape, "gaussianNllLoss");
  const [mean, place, spread] = promote([x, target, operand(variance, floating(x).dtype)], true);
  const limited = limitVariance(fitVariance(spread!, x), eps);
  const terms = limited.log().add(mean!.sub(place!).square().div(limited)).mul(0.5);
  const losses = full ? terms.add(0.5 * Math.log(2 * Math.PI)) : terms;
  return reduceLoss(losses, reduction, "gaussianNllLoss");
}

function fitVariance(variance: Tensor, x: Tensor): Tensor {
  const { shape } = variance;
  if (shape.length === 0 || sameShape(shape, x.shape)) return variance;
  const lead = x.shape.slice(0, -1);
  if (sameShape(shape, lead)) return variance.unsqueeze(-1);
  if (sameShape(shape, [...lead, 1])) return variance;
  throw new ShapeError(
    `Cannot gaussianNllLoss a tensor of shape ${text(x.shape)} with variances of shape ${
      text(shape)
    }: they are one for each element, or for each row`,
    { op: "gaussianNllLoss" },
  );
}

/** The variances, at least eps; gradients pass as if there were no limit. */
function limitVariance(variance: Tensor, eps: number): Tensor {
  if (!(eps > 0)) {
    throw new ArgumentError(`Cannot gaussianNllLoss with eps ${eps}: it is above 0`, {
      op: "gaussianNllLoss",
    });
  }
  const plain = variance.detach();
  if (everything(plain).lt(0).any().item() === true) {
    throw new ArgumentError("Cannot gaussianNllLoss with a negative variance", {
      op: "gaussianNllLoss",
    });
  }
  return variance.add(clamp(plain, eps, null).sub(plain));
}
