/**
 * Adam and AdamW.
 *
 * @module
 */
import { checkOptions } from "../ops/front.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkRange, type Group, Optimizer, type Parameters } from "./optimizer.ts";

/** Options of {@link Adam} and {@link AdamW}. */
export interface AdamOptions {
  /** Learning rate. Default 1e-3. */
  lr: number;
  /**
   * Shares of the running means of the gradient and its square that are kept. Default [0.9, 0.999].
   */
  betas: readonly [number, number];
  /** Added to the denominator. Default 1e-8. */
  eps: number;
  /**
   * Share of the parameter added to the gradient, or taken from the parameter when decoupled.
   * Default 0.
   */
  weightDecay: number;
  /** Uses the largest second moment so far (Reddi et al. 2018). Default false. */
  amsgrad: boolean;
  /** Climbs instead of descending. Default false. */
  maximize: boolean;
  /** Decays the parameter itself, as AdamW does (Loshchilov and Hutter 2017). Default false. */
  decoupledWeightDecay: boolean;
}

const defaults: AdamOptions = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  amsgrad: false,
  maximize: false,
  decoupledWeightDecay: false,
};

/**
 * Adam (Kingma and Ba 2014), in PyTorch's form.
 *
 * @example
 * ```ts
 * import { tensor } from "@minitensor/minitensor";
 * import { Adam } from "@minitensor/minitensor/optim";
 * const w = tensor([1, -100], { requiresGrad: true });
 * const optimizer = new Adam([w], { lr: 0.5 });
 * w.square().sum().backward();
 * optimizer.step(); // the first step is lr, whatever the size of the gradient
 * console.assert(w.detach().allclose([0.5, -99.5]));
 * ```
 */
export class Adam extends Optimizer<AdamOptions> {
  /** Takes parameters and options. */
  constructor(params: Parameters<AdamOptions>, options: Partial<AdamOptions> = {}) {
    checkOptions(options, Object.keys(defaults), "make Adam");
    super(params, { ...defaults, ...options });
    for (const group of this.paramGroups) {
      checkRange("lr", group.lr, 0);
      checkRange("eps", group.eps, 0);
      checkRange("betas[0]", group.betas[0], 0, 1 - Number.EPSILON);
      checkRange("betas[1]", group.betas[1], 0, 1 - Number.EPSILON);
      checkRange("weightDecay", group.weightDecay, 0);
    }
  }

  /** One step of Adam, in one kernel for all parameters of a group. */
  protected override update(params: readonly Tensor[], group: Group<AdamOptions>): void {
    const { lr, betas, eps, weightDecay, amsgrad, maximize, decoupledWeightDecay } = group;
    const attributes = [
      lr,
      ...betas,
      eps,
      weightDecay,
      Number(decoupledWeightDecay),
      Number(maximize),
    ];
    this.runJobs("adam", params, attributes, (x, grad) => {
      const state = this.stateOf(x);
      const step = (state["step"] as number | undefined ?? 0) + 1;
      state["step"] = step;
      const mean = this.remembered(x, "expAvg");
      const square = this.remembered(x, "expAvgSq");
      const largest = amsgrad ? this.remembered(x, "maxExpAvgSq") : null;
      return [x, grad, mean, square, largest, x.numel(), this.codeOf(x), step];
    });
  }
}

/**
 * Adam with the weight decay taken from the parameter itself (Loshchilov and Hutter 2017). Default
 * decay 0.01.
 *
 * @example
 * ```ts
 * import { tensor } from "@minitensor/minitensor";
 * import { AdamW } from "@minitensor/minitensor/optim";
 * const w = tensor([1, 2], { requiresGrad: true });
 * w.mul(0).sum().backward();
 * new AdamW([w], { lr: 0.5, weightDecay: 0.1 }).step(); // w - lr decay w
 * console.assert(w.detach().allclose([0.95, 1.9]));
 * ```
 */
export class AdamW extends Adam {
  /** Takes parameters and options. */
  constructor(params: Parameters<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(params, { weightDecay: 0.01, ...options, decoupledWeightDecay: true });
  }
}
