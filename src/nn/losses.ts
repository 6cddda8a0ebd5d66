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

/** Cross entropy of logits against classes or probabilities. */
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

/** Squared differences. */
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

/** Absolute differences. */
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
