/**
 * Stochastic gradient descent.
 *
 * @module
 */
import { ArgumentError } from "../errors.ts";
import { checkOptions } from "../ops/front.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkRange, type Group, Optimizer, type Parameters } from "./optimizer.ts";

/** Options of {@link SGD}. */
export interface SGDOptions {
  /** Learning rate. Default 1e-3. */
  lr: number;
  /** Share of the last step that is kept. Default 0. */
  momentum: number;
  /** Share of the gradient left out of the momentum. Default 0. */
  dampening: number;
  /** Share of the parameter added to the gradient. Default 0. */
  weightDecay: number;
  /** Looks ahead by the momentum (Sutskever et al. 2013). Default false. */
  nesterov: boolean;
  /** Climbs instead of descending. Default false. */
  maximize: boolean;
}

const defaults: SGDOptions = {
  lr: 1e-3,
  momentum: 0,
  dampening: 0,
  weightDecay: 0,
  nesterov: false,
  maximize: false,
};

/**
 * Stochastic gradient descent with momentum, in PyTorch's form: the first step is the gradient
 * itself.
 *
 * @example
 * ```ts
 * import { tensor } from "@minitensor/minitensor";
 * import { SGD } from "@minitensor/minitensor/optim";
 * const w = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new SGD([w], { lr: 0.25, momentum: 0.9 });
 * w.square().sum().backward();
 * optimizer.step();
 * console.assert(w.toArray().toString() === "0.5,1"); // w - lr 2 w
 * ```
 */
export class SGD extends Optimizer<SGDOptions> {
  /** Takes parameters and options. */
  constructor(params: Parameters<SGDOptions>, options: Partial<SGDOptions> = {}) {
    checkOptions(options, Object.keys(defaults), "make SGD");
    super(params, { ...defaults, ...options });
    for (const group of this.paramGroups) {
      checkRange("lr", group.lr, 0);
      checkRange("momentum", group.momentum, 0);
      checkRange("weightDecay", group.weightDecay, 0);
      if (group.nesterov && (group.momentum <= 0 || group.dampening !== 0)) {
        throw new ArgumentError(
          "Cannot make SGD with nesterov: it needs a momentum and no dampening",
        );
      }
    }
  }

  /** One step down the gradients, in one kernel for all parameters of a group. */
  protected override update(params: readonly Tensor[], group: Group<SGDOptions>): void {
    const { lr, momentum, dampening, weightDecay, nesterov, maximize } = group;
    const attributes = [lr, momentum, dampening, weightDecay, Number(nesterov), Number(maximize)];
    this.runJobs("sgd", params, attributes, (x, grad) => {
      const first = momentum !== 0 && this.stateOf(x)["momentumBuffer"] === undefined;
      const buffer = momentum === 0 ? null : this.remembered(x, "momentumBuffer");
      return [x, grad, buffer, x.numel(), this.codeOf(x), Number(first)];
    });
  }
}
