/**
 * Tensors that a module trains.
 *
 * @module
 */
import { asTensor, type TensorLike } from "../create.ts";
import { keep } from "../scope.ts";
import { Tensor } from "../tensor/tensor.ts";

/**
 * A tensor that belongs to a module and is trained: it requires a gradient, and scopes leave it alone.
 *
 * @example
 * ```ts
 * import { zeros } from "@minitensor/minitensor";
 * import { Parameter } from "@minitensor/minitensor/nn";
 * console.assert(new Parameter(zeros([2, 3])).requiresGrad);
 * ```
 */
export class Parameter extends Tensor {
  /** A parameter over the elements of `data`, which it shares when that is a tensor. */
  constructor(data: TensorLike, options: { readonly requiresGrad?: boolean } = {}) {
    const { storage, offset, spec, strides } = asTensor(data).detach();
    super(storage, offset, spec, strides);
    keep(this);
    if (options.requiresGrad !== false) this.requiresGrad_();
  }
}
