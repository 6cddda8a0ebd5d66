/**
 * Losses as modules.
 *
 * @module
 */
import { crossEntropy, type CrossEntropyOptions } from "../ops/loss.ts";
import type { LossOptions } from "../ops/loss_reduction.ts";
import { l1Loss, mseLoss, type MseLossOptions } from "../ops/regression_loss.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";

/**
 * Cross entropy of logits against classes or probabilities.
 *
 * @example
 * ```ts
 * import { tensor } from "@minitensor/minitensor";
 * import { CrossEntropyLoss } from "@minitensor/minitensor/nn";
 * const loss = new CrossEntropyLoss().forward(tensor([[0, 0]]), tensor([1n]));
 * console.assert(Math.abs(Number(loss.item()) - Math.LN2) < 1e-6); // both classes are as likely
 * ```
 */
export class CrossEntropyLoss extends Module<[Tensor, Tensor]> {
  /** Takes the options of `crossEntropy`. */
  constructor(readonly options: CrossEntropyOptions = {}) {
    super();
  }

  /** Logits [N, C, ...] and targets [N, ...]. */
  forward(logits: Tensor, target: Tensor): Tensor {
    return crossEntropy(logits, target, this.options);
  }
}

/**
 * Squared differences, (x - target)^2, their mean unless `reduction` says otherwise.
 *
 * @example
 * ```ts
 * import { tensor } from "@minitensor/minitensor";
 * import { MSELoss } from "@minitensor/minitensor/nn";
 * console.assert(new MSELoss().forward(tensor([1, 5]), tensor([1, 3])).item() === 2);
 * ```
 */
export class MSELoss extends Module<[Tensor, Tensor]> {
  /** Takes the options of `mseLoss`. */
  constructor(readonly options: MseLossOptions = {}) {
    super();
  }

  /** Two tensors of one shape. */
  forward(x: Tensor, target: Tensor): Tensor {
    return mseLoss(x, target, this.options);
  }
}

/**
 * Absolute differences, |x - target|, their mean unless `reduction` says otherwise.
 *
 * @example
 * ```ts
 * import { tensor } from "@minitensor/minitensor";
 * import { L1Loss } from "@minitensor/minitensor/nn";
 * const loss = new L1Loss({ reduction: "sum" });
 * console.assert(loss.forward(tensor([1, 5]), tensor([2, 3])).item() === 3);
 * ```
 */
export class L1Loss extends Module<[Tensor, Tensor]> {
  /** Takes the options of `l1Loss`. */
  constructor(readonly options: LossOptions = {}) {
    super();
  }

  /** Two tensors of one shape. */
  forward(x: Tensor, target: Tensor): Tensor {
    return l1Loss(x, target, this.options);
  }
}
