/**
 * Losses of yes-or-no targets, element by element.
 *
 * @module
 */
import { ArgumentError } from "../errors.ts";
import { defineOp, type Op } from "../op.ts";
import { broadcastPair } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { sigmoid } from "./activation.ts";
import { binaryFloat, type BinaryFunction, pair } from "./front.ts";
import { broadcast } from "./infer.ts";
import {
  checkLossOptions,
  type LossOptions,
  lossPair,
  reduceLoss,
  weighted,
} from "./loss_reduction.ts";
import { pairsWithin } from "./samples.ts";
import { clamp } from "./select.ts";
import { logsigmoid } from "./smooth_activation.ts";

/** Logarithms below it count as it, so that one certain mistake does not make the loss infinite. */
const LOG_MIN = -100;

/** The least that the gradient is divided by. */
const DIVISOR_MIN = 1e-12;

const logOf = (x: Tensor): Tensor => clamp(x.log(), LOG_MIN, null);
const logOfRest = (x: Tensor): Tensor => clamp(x.neg().log1p(), LOG_MIN, null);

const entropies: Op<BinaryFunction, undefined> = defineOp({
  name: "binaryCrossEntropy",
  summary: "-(t * log(x) + (1 - t) * log(1 - x)), logarithms at least -100.",
  infer: broadcast,
  kernel: {
    composite: ([x, t]) => t!.sub(1).mul(logOfRest(x!)).sub(t!.mul(logOf(x!))),
  },
  saves: "inputs",
  gradient: ({ grad, inputs: [x, t], needs }) => [
    needs[0] ? grad.mul(x!.sub(t!)).div(clamp(x!.neg().add(1).mul(x!), DIVISOR_MIN, null)) : null,
    needs[1] ? grad.mul(logOfRest(x!).sub(logOf(x!))) : null,
  ],
  reference: (x, t) => -(t! * Math.log(x!) + (1 - t!) * Math.log(1 - x!)),
  samples: pairsWithin([0.1, 0.9], [0, 1]),
  front: binaryFloat,
});

/** Options of {@link binaryCrossEntropy}. */
export interface BinaryCrossEntropyOptions extends LossOptions {
  /** Weights that broadcast to the elements. */
  readonly weight?: Tensor | null;
}

/**
 * Binary cross entropy of probabilities. Loss and gradient are finite at 0 and 1 too; NaN outside.
 *
 * @param x Probabilities.
 * @param target 0 to 1, of x's shape.
 * @throws {ShapeError} unless the shapes are equal.
 *
 * @example
 * ```ts
 * import { binaryCrossEntropy, tensor } from "@minitensor/minitensor";
 * console.assert(binaryCrossEntropy(tensor([1, 0]), tensor([0, 0])).item() === 50);
 * ```
 */
export function binaryCrossEntropy(
  x: Tensor,
  target: Tensor,
  options: BinaryCrossEntropyOptions = {},
): Tensor {
  checkLossOptions(options, ["weight"], "binaryCrossEntropy");
  const [p, t] = lossPair(x, target, "binaryCrossEntropy");
  const losses = weighted(entropies(p, t), options.weight);
  return reduceLoss(losses, options.reduction ?? "mean", "binaryCrossEntropy");
}

/** Options of {@link binaryCrossEntropyWithLogits}. */
export interface BinaryCrossEntropyWithLogitsOptions extends BinaryCrossEntropyOptions {
  /** Weights of the targets that are 1, broadcast to the elements. */
  readonly posWeight?: Tensor | null;
}

/**
 * Binary cross entropy of logits: exact at any margin.
 *
 * @param target 0 to 1, of the logits' shape.
 * @throws {ShapeError} unless the shapes are equal.
 *
 * @example
 * ```ts
 * import { binaryCrossEntropyWithLogits, tensor } from "@minitensor/minitensor";
 * const loss = binaryCrossEntropyWithLogits(tensor([1e4, -1e4]), tensor([0, 0]));
 * console.assert(loss.item() === 5000);
 * ```
 */
export function binaryCrossEntropyWithLogits(
  logits: Tensor,
  target: Tensor,
  options: BinaryCrossEntropyWithLogitsOptions = {},
): Tensor {
  checkLossOptions(options, ["weight", "posWeight"], "binaryCrossEntropyWithLogits");
  const [x, t] = lossPair(logits, target, "binaryCrossEntropyWithLogits");
  const losses = weighted(logitLosses(x, t, options.posWeight), options.weight);
  return reduceLoss(losses, options.reduction ?? "mean", "binaryCrossEntropyWithLogits");
}

function logitLosses(x: Tensor, t: Tensor, posWeight?: Tensor | null): Tensor {
  const yes = weighted(t, posWeight).mul(logsigmoid(x));
  return t.sub(1).mul(logsigmoid(x.neg())).sub(yes);
}

/** Options of {@link sigmoidFocalLoss}. */
export interface SigmoidFocalLossOptions extends LossOptions {
  /** Weight of the targets that are 1, 1 - alpha that of the others; below 0: none. Default 0.25. */
  readonly alpha?: number;
  /** How much less the elements count that are right already. Default 2. */
  readonly gamma?: number;
}

/**
 * Binary focal loss: cross entropy times (1 - p)^gamma, p the probability of the target (Lin et al.
 * 2017). As in torchvision, the reduction is "none" unless given.
 *
 * @param target 0 or 1, of the logits' shape.
 * @throws {ShapeError} unless the shapes are equal.
 * @throws {ArgumentError} when gamma is negative or alpha above 1.
 *
 * @example
 * ```ts
 * import { sigmoidFocalLoss, tensor } from "@minitensor/minitensor";
 * const loss = sigmoidFocalLoss(tensor([1e4]), tensor([1]), { reduction: "sum" });
 * console.assert(loss.item() === 0);
 * ```
 */
export function sigmoidFocalLoss(
  logits: Tensor,
  target: Tensor,
  options: SigmoidFocalLossOptions = {},
): Tensor {
  checkLossOptions(options, ["alpha", "gamma"], "sigmoidFocalLoss");
  const { alpha = 0.25, gamma = 2, reduction = "none" } = options;
  if (!(gamma >= 0 && alpha <= 1)) {
    throw new ArgumentError(
      `Cannot sigmoidFocalLoss with alpha ${alpha} and gamma ${gamma}: ` +
        "alpha is at most 1, gamma at least 0",
      { op: "sigmoidFocalLoss" },
    );
  }
  const [x, t] = lossPair(logits, target, "sigmoidFocalLoss");
  const missing = sigmoid(x).mul(t.neg().add(1)).add(sigmoid(x.neg()).mul(t));
  const losses = logitLosses(x, t).mul(focus(missing, gamma));
  const shares = t.mul(2 * alpha - 1).add(1 - alpha);
  return reduceLoss(alpha >= 0 ? losses.mul(shares) : losses, reduction, "sigmoidFocalLoss");
}

/** What is missing to probability 1, to the power gamma; its gradient is finite at 0 too. */
export function focus(missing: Tensor, gamma: number): Tensor {
  if (gamma === 0) return missing.newOnes(missing.shape);
  if (gamma >= 1) return missing.pow(gamma);
  const none = missing.le(missing.dtype === "float32" ? 2 ** -126 : 2 ** -1022);
  return missing.maskedFill(none, 1).pow(gamma).maskedFill(none, 0);
}

/**
 * log(1 + exp(-target x)), for targets -1 and 1; without overflow.
 *
 * @throws {ShapeError} unless the shapes broadcast.
 *
 * @example
 * ```ts
 * import { softMarginLoss, tensor } from "@minitensor/minitensor";
 * console.assert(softMarginLoss(tensor([1e4, 1e4]), tensor([1, -1])).item() === 5000);
 * ```
 */
export function softMarginLoss(x: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkLossOptions(options, [], "softMarginLoss");
  broadcastPair(x.shape, target.shape, "softMarginLoss");
  const [a, t] = pair(x, target, true);
  const losses = logsigmoid(a!.mul(t!)).neg();
  return reduceLoss(losses, options.reduction ?? "mean", "softMarginLoss");
}

/** Options of {@link multilabelSoftMarginLoss}. */
export type MultilabelSoftMarginLossOptions = BinaryCrossEntropyOptions;

/**
 * Binary cross entropy of logits, the mean over the classes of each sample.
 *
 * @param logits [N, C] or [C].
 * @param target 0 or 1, of the logits' shape.
 * @throws {ShapeError} unless the shapes are equal.
 *
 * @example
 * ```ts
 * import { multilabelSoftMarginLoss, tensor } from "@minitensor/minitensor";
 * const loss = multilabelSoftMarginLoss(tensor([[1e4, 1e4]]), tensor([[1, 0]]));
 * console.assert(loss.item() === 5000);
 * ```
 */
export function multilabelSoftMarginLoss(
  logits: Tensor,
  target: Tensor,
  options: MultilabelSoftMarginLossOptions = {},
): Tensor {
  checkLossOptions(options, ["weight"], "multilabelSoftMarginLoss");
  const [x, t] = lossPair(logits, target, "multilabelSoftMarginLoss");
  const losses = weighted(logitLosses(x, t), options.weight).mean(-1);
  return reduceLoss(losses, options.reduction ?? "mean", "multilabelSoftMarginLoss");
}
