/**
 * Losses of overlap and of contrast.
 *
 * @module
 */
import { arange } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { sameShape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { normalize } from "./distance.ts";
import { crossEntropy } from "./loss.ts";
import { checkLossOptions, type LossOptions, lossPair, reduceLoss } from "./loss_reduction.ts";

/** Options of {@link diceLoss}. */
export interface DiceLossOptions extends LossOptions {
  /** Added to numerator and denominator, so that two empty masks fit. Default 1. */
  readonly eps?: number;
}

/**
 * 1 - (2 sum(x target) + eps) / (sum(x) + sum(target) + eps), each sum over all of a sample: how
 * little two masks overlap (Milletari, Navab and Ahmadi 2016).
 *
 * @param x Probabilities [N, ...].
 * @param target 0 to 1, of x's shape.
 * @returns [N] where the reduction is "none", else [].
 * @throws {ShapeError} unless the shapes are equal and have a dim.
 *
 * @example
 * ```ts
 * import { diceLoss, tensor } from "@minitensor/minitensor";
 * console.assert(diceLoss(tensor([[1, 0]]), tensor([[1, 0]])).item() === 0);
 * ```
 */
export function diceLoss(x: Tensor, target: Tensor, options: DiceLossOptions = {}): Tensor {
  checkLossOptions(options, ["eps"], "diceLoss");
  const { eps = 1, reduction = "mean" } = options;
  const [p, t] = lossPair(x, target, "diceLoss");
  if (p.ndim === 0) {
    throw new ShapeError("Cannot diceLoss tensors of shape []: the first dim is the samples", {
      op: "diceLoss",
    });
  }
  const dims = Array.from(p.shape, (_, i) => i).slice(1);
  const overlap = p.mul(t).sum(dims).mul(2).add(eps);
  const losses = overlap.div(p.sum(dims).add(t.sum(dims)).add(eps)).neg().add(1);
  return reduceLoss(losses, reduction, "diceLoss");
}

/** Options of {@link infoNceLoss}. */
export interface InfoNceLossOptions extends LossOptions {
  /** What the cosines are divided by, above 0. Default 0.1. */
  readonly temperature?: number;
}

/**
 * Cross entropy of each row of x against all rows of the target, the one in the same place being
 * the right one, by cosine (van den Oord, Li and Vinyals 2018).
 *
 * @param x [N, D].
 * @param target [N, D]: row i belongs to row i of x, all others are negatives.
 * @returns [N] where the reduction is "none", else [].
 * @throws {ShapeError} unless both are [N, D].
 * @throws {ArgumentError} unless the temperature is above 0.
 *
 * @example
 * ```ts
 * import { infoNceLoss, tensor } from "@minitensor/minitensor";
 * const rows = tensor([[1, 0], [0, 1]]);
 * console.assert(Number(infoNceLoss(rows, rows).item()) < 1e-4);
 * ```
 */
export function infoNceLoss(x: Tensor, target: Tensor, options: InfoNceLossOptions = {}): Tensor {
  checkLossOptions(options, ["temperature"], "infoNceLoss");
  const { temperature = 0.1, reduction = "mean" } = options;
  if (!(temperature > 0)) {
    throw new ArgumentError(`Cannot infoNceLoss with temperature ${temperature}: it is above 0`, {
      op: "infoNceLoss",
    });
  }
  if (x.ndim !== 2 || !sameShape(x.shape, target.shape)) {
    throw new ShapeError(
      `Cannot infoNceLoss tensors of shapes ${text(x.shape)} and ${
        text(target.shape)
      }: both are [N, D]`,
      { op: "infoNceLoss" },
    );
  }
  const [a, b] = lossPair(x, target, "infoNceLoss");
  const scores = normalize(a).matmul(normalize(b).mT).div(temperature);
  const right = arange(0, x.shape[0]!, 1, { dtype: "int64" });
  return crossEntropy(scores, right, { reduction });
}
