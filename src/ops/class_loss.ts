/**
 * Losses of scores of classes against the right ones, and of one distribution against another.
 *
 * @module
 */
import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import { sameShape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { focus } from "./binary_loss.ts";
import { floating } from "./front.ts";
import { logSoftmax } from "./loss.ts";
import {
  checkLossOptions,
  type LossOptions,
  lossPair,
  reduceLoss,
  type ReductionName,
} from "./loss_reduction.ts";
import { where } from "./select.ts";

/** Throws unless scores are [N, C, ...] and class indices [N, ...]. */
export function checkClasses(scores: Tensor, target: Tensor, op: string): void {
  const fitting = [scores.shape[0]!, ...scores.shape.slice(2)];
  if (scores.ndim < 2 || !sameShape(fitting, target.shape)) {
    throw new ShapeError(
      `Cannot ${op} scores of shape ${text(scores.shape)} with targets of shape ${
        text(target.shape)
      }: scores are [N, C, ...], class indices [N, ...]`,
      { op },
    );
  }
  if (!target.spec.info.isInt) {
    throw new DTypeError(`Cannot ${op} with ${target.dtype} targets: use class indices`, { op });
  }
}

/** The scores of the target classes: [N, ...] of [N, C, ...]. */
export function pick(scores: Tensor, target: Tensor): Tensor {
  return scores.gather(1, target.to("int64").unsqueeze(1)).squeeze(1);
}

/** Options of {@link nllLoss}. */
export interface NllLossOptions extends LossOptions {
  /** Weight of each class, of shape [C]. */
  readonly weight?: Tensor | null;
  /** Samples of this class do not count. Default -100. */
  readonly ignoreIndex?: number;
}

/**
 * The negative log-probability of each sample's class; "mean" is over the samples' weights.
 *
 * @param x Log-probabilities [N, C], [N, C, d1, ...] or [C], as logSoftmax gives them.
 * @param target Class indices [N], [N, d1, ...] or [].
 * @throws {ShapeError} when the shapes do not fit.
 * @throws {IndexError} for a class that does not exist.
 *
 * @example
 * ```ts
 * import { nllLoss, tensor } from "@minitensor/minitensor";
 * console.assert(nllLoss(tensor([[-1, -5], [-2, -3]]), tensor([0n, 1n])).item() === 2);
 * ```
 */
export function nllLoss(x: Tensor, target: Tensor, options: NllLossOptions = {}): Tensor {
  checkLossOptions(options, ["weight", "ignoreIndex"], "nllLoss");
  const { weight = null, ignoreIndex = -100, reduction = "mean" } = options;
  if (x.ndim === 1 && target.ndim === 0) {
    const loss = nllLoss(x.unsqueeze(0), target.unsqueeze(0), options);
    return reduction === "none" ? loss.squeeze(0) : loss;
  }
  checkClasses(x, target, "nllLoss");
  const scores = floating(x);
  const ignored = target.eq(ignoreIndex);
  const classes = target.maskedFill(ignored, 0);
  const shares = classWeights(scores, classes, weight, "nllLoss").maskedFill(ignored, 0);
  const losses = pick(scores, classes).neg().mul(shares).maskedFill(ignored, 0);
  if (reduction === "mean") return losses.sum().div(shares.sum());
  return reduceLoss(losses, reduction, "nllLoss");
}

/** The weight of each sample's class; 1 where there are no weights. */
function classWeights(
  scores: Tensor,
  classes: Tensor,
  weight: Tensor | null,
  op: string,
): Tensor {
  if (weight === null) return scores.detach().newOnes(classes.shape);
  if (weight.ndim !== 1 || weight.shape[0] !== scores.shape[1]) {
    throw new ShapeError(
      `Cannot ${op} with weights of shape ${text(weight.shape)}: there are ${
        scores.shape[1]
      } classes`,
      { op },
    );
  }
  const all = weight.detach().to(scores.dtype);
  return all.indexSelect(0, classes.reshape([-1])).reshape(classes.shape);
}

/** Options of {@link focalLoss}. */
export interface FocalLossOptions extends LossOptions {
  /** Factor of the loss, above 0 and below 1. Default 0.25. */
  readonly alpha?: number;
  /** How much less the samples count that are right already. Default 2. */
  readonly gamma?: number;
}

/**
 * Focal loss over several classes: alpha (1 - p)^gamma times -log p, p the probability of the right
 * class. Loss and gradient are finite at p = 0 and 1 too.
 *
 * @param logits [N, C] or [N, C, d1, ...].
 * @param target Class indices [N, d1, ...], or one-hot rows of the logits' shape.
 * @throws {ShapeError} when the shapes do not fit.
 * @throws {ArgumentError} unless alpha is within 0 and 1, and gamma at least 0.
 * @throws {IndexError} for a class that does not exist.
 *
 * @example
 * ```ts
 * import { focalLoss, tensor } from "@minitensor/minitensor";
 * console.assert(focalLoss(tensor([[1e4, 0]]), tensor([1n])).item() === 2500);
 * ```
 */
export function focalLoss(logits: Tensor, target: Tensor, options: FocalLossOptions = {}): Tensor {
  checkLossOptions(options, ["alpha", "gamma"], "focalLoss");
  const { alpha = 0.25, gamma = 2, reduction = "mean" } = options;
  if (!(alpha > 0 && alpha < 1 && gamma >= 0)) {
    throw new ArgumentError(
      `Cannot focalLoss with alpha ${alpha} and gamma ${gamma}: ` +
        "alpha is within 0 and 1, gamma at least 0",
      { op: "focalLoss" },
    );
  }
  const scores = floating(logits);
  const oneHot = scores.ndim >= 2 && sameShape(scores.shape, target.shape);
  if (!oneHot) checkClasses(scores, target, "focalLoss");
  const logs = logSoftmax(scores, 1);
  const right = oneHot ? logs.mul(target.to(logs.dtype)).sum(1) : pick(logs, target);
  const losses = right.mul(focus(right.expm1().neg(), gamma)).mul(-alpha);
  return reduceLoss(losses, reduction, "focalLoss");
}

/** Options of {@link klDiv}. */
export interface KlDivOptions {
  /** "mean" (default) is over all elements; "batchmean" divides the sum by the first size. */
  readonly reduction?: ReductionName | "batchmean";
  /** True: the target is log-probabilities too. Default false. */
  readonly logTarget?: boolean;
}

/**
 * Kullback-Leibler divergence, element by element: target (log target - x). A target of 0
 * contributes 0.
 *
 * @param x Log-probabilities.
 * @param target Probabilities of x's shape, or log-probabilities with `logTarget`.
 * @throws {ShapeError} unless the shapes are equal.
 *
 * @example
 * ```ts
 * import { klDiv, tensor } from "@minitensor/minitensor";
 * const x = tensor([[0.5, 0.5]]).log();
 * const loss = Number(klDiv(x, tensor([[1, 0]]), { reduction: "batchmean" }).item());
 * console.assert(Math.abs(loss - Math.LN2) < 1e-6);
 * ```
 */
export function klDiv(x: Tensor, target: Tensor, options: KlDivOptions = {}): Tensor {
  const { reduction = "mean", ...rest } = options;
  const perBatch = reduction === "batchmean";
  const plain: ReductionName = reduction === "batchmean" ? "sum" : reduction;
  checkLossOptions({ ...rest, reduction: plain }, ["logTarget"], "klDiv");
  const [logs, t] = lossPair(x, target, "klDiv");
  const losses = options.logTarget === true ? t.exp().mul(t.sub(logs)) : divergence(logs, t);
  const loss = reduceLoss(losses, plain, "klDiv");
  return perBatch ? loss.div(x.shape[0] ?? 1) : loss;
}

function divergence(logs: Tensor, target: Tensor): Tensor {
  const none = target.eq(0);
  const safe = where(none, 1, target);
  return target.mul(safe.log().sub(logs.maskedFill(none, 0)));
}

/** Options of {@link multiMarginLoss}. */
export interface MultiMarginLossOptions extends LossOptions {
  /** Power of the differences, 1 or 2. Default 1. */
  readonly p?: 1 | 2;
  /** How far above the others the right score should be. Default 1. */
  readonly margin?: number;
  /** Weight of each class, of shape [C]. */
  readonly weight?: Tensor | null;
}

/**
 * Hinge loss over several classes: the mean over all classes of max(0, margin - right + other)^p,
 * the right class counting 0.
 *
 * @param x Scores [N, C] or [C].
 * @param target Class indices [N] or [].
 * @throws {ShapeError} when the shapes do not fit.
 * @throws {ArgumentError} unless p is 1 or 2.
 * @throws {IndexError} for a class that does not exist.
 *
 * @example
 * ```ts
 * import { multiMarginLoss, tensor } from "@minitensor/minitensor";
 * console.assert(multiMarginLoss(tensor([[3, 2.5]]), tensor([0n])).item() === 0.25);
 * ```
 */
export function multiMarginLoss(
  x: Tensor,
  target: Tensor,
  options: MultiMarginLossOptions = {},
): Tensor {
  checkLossOptions(options, ["p", "margin", "weight"], "multiMarginLoss");
  const { p = 1, margin = 1, weight = null, reduction = "mean" } = options;
  if (p !== 1 && p !== 2) {
    throw new ArgumentError(`Cannot multiMarginLoss with p ${String(p)}: it is 1 or 2`, {
      op: "multiMarginLoss",
    });
  }
  if (x.ndim === 1 && target.ndim === 0) {
    const loss = multiMarginLoss(x.unsqueeze(0), target.unsqueeze(0), options);
    return reduction === "none" ? loss.squeeze(0) : loss;
  }
  checkClasses(x, target, "multiMarginLoss");
  const scores = floating(x);
  const others = classPlaces(scores).ne(target.to("int64").unsqueeze(1));
  const gaps = scores.sub(pick(scores, target).unsqueeze(1)).add(margin).relu();
  const terms = (p === 1 ? gaps : gaps.square()).mul(others.to(scores.dtype));
  const shares = classWeights(scores, target, weight, "multiMarginLoss");
  return reduceLoss(terms.mean(1).mul(shares), reduction, "multiMarginLoss");
}

/** 0 to C - 1, to be compared with class indices of shape [N, 1]. */
function classPlaces(scores: Tensor): Tensor {
  return scores.detach().newOnes([scores.shape[1]!]).to("int64").cumsum(0).sub(1);
}

/**
 * Hinge loss over several right classes: of every right score and every other one,
 * max(0, 1 - (right - other)), summed and divided by the number of classes.
 *
 * @param x Scores [N, C] or [C].
 * @param target Class indices of x's shape: the right ones, then -1 if they are fewer than C.
 * @throws {ShapeError} unless the shapes are equal and have 1 or 2 dims.
 * @throws {IndexError} for a class that does not exist.
 *
 * @example
 * ```ts
 * import { multilabelMarginLoss, tensor } from "@minitensor/minitensor";
 * const target = tensor([[1, -1]], { dtype: "int64" });
 * console.assert(multilabelMarginLoss(tensor([[0, 0.5]]), target).item() === 0.25);
 * ```
 */
export function multilabelMarginLoss(
  x: Tensor,
  target: Tensor,
  options: LossOptions = {},
): Tensor {
  checkLossOptions(options, [], "multilabelMarginLoss");
  const { reduction = "mean" } = options;
  if (!sameShape(x.shape, target.shape) || x.ndim < 1 || x.ndim > 2) {
    throw new ShapeError(
      `Cannot multilabelMarginLoss scores of shape ${text(x.shape)} with targets of shape ${
        text(target.shape)
      }: both are [N, C] or [C]`,
      { op: "multilabelMarginLoss" },
    );
  }
  if (x.ndim === 1) {
    const loss = multilabelMarginLoss(x.unsqueeze(0), target.unsqueeze(0), options);
    return reduction === "none" ? loss.squeeze(0) : loss;
  }
  const scores = floating(x);
  // Everything from the first negative index on is padding.
  const padding = target.lt(0).to("int64").cumsum(1).gt(0);
  const classes = target.to("int64").maskedFill(padding, 0);
  const listed = padding.logicalNot().to(scores.dtype);
  const right = scores.detach().newZeros(x.shape).scatterAdd(1, classes, listed).gt(0);
  const chosen = scores.gather(1, classes).unsqueeze(2);
  const gaps = scores.unsqueeze(1).sub(chosen).add(1).relu();
  const counted = listed.unsqueeze(2).mul(right.logicalNot().to(scores.dtype).unsqueeze(1));
  const losses = gaps.mul(counted).sum([1, 2]).div(Math.max(1, x.shape[1]!));
  return reduceLoss(losses, reduction, "multilabelMarginLoss");
}
