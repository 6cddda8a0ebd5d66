/**
 * Activations as methods.
 *
 * @module
 */
import * as ops from "../ops/mod.ts";
import { TensorMath } from "./math.ts";
import type { Tensor } from "./tensor.ts";

/** Activations as methods. */
export class TensorActivation extends TensorMath {
  /** Scaled elu. See {@link ops.selu}. */
  selu(): Tensor {
    return ops.selu(this.self);
  }

  /** x tanh(softplus(x)). See {@link ops.mish}. */
  mish(): Tensor {
    return ops.mish(this.self);
  }

  /** x / (1 + |x|). See {@link ops.softsign}. */
  softsign(): Tensor {
    return ops.softsign(this.self);
  }

  /** log(sigmoid(x)). See {@link ops.logsigmoid}. */
  logsigmoid(): Tensor {
    return ops.logsigmoid(this.self);
  }

  /** x - tanh(x). See {@link ops.tanhshrink}. */
  tanhshrink(): Tensor {
    return ops.tanhshrink(this.self);
  }

  /** min(max(x, 0), 6). See {@link ops.relu6}. */
  relu6(): Tensor {
    return ops.relu6(this.self);
  }

  /** min(max(x + 3, 0), 6) / 6. See {@link ops.hardsigmoid}. */
  hardsigmoid(): Tensor {
    return ops.hardsigmoid(this.self);
  }

  /** x hardsigmoid(x). See {@link ops.hardswish}. */
  hardswish(): Tensor {
    return ops.hardswish(this.self);
  }

  /** Elements limited to minVal and maxVal. See {@link ops.hardtanh}. */
  hardtanh(options: { readonly minVal?: number; readonly maxVal?: number } = {}): Tensor {
    return ops.hardtanh(this.self, options);
  }

  /** 0 near 0. See {@link ops.hardshrink}. */
  hardshrink(options: ops.ShrinkOptions = {}): Tensor {
    return ops.hardshrink(this.self, options);
  }

  /** Nearer to 0 by lambd. See {@link ops.softshrink}. */
  softshrink(options: ops.ShrinkOptions = {}): Tensor {
    return ops.softshrink(this.self, options);
  }

  /** elu with slope 1 at 0. See {@link ops.celu}. */
  celu(options: ops.CeluOptions = {}): Tensor {
    return ops.celu(this.self, options);
  }

  /** The first half along a dim times the sigmoid of the second. See {@link ops.glu}. */
  glu(dim = -1): Tensor {
    return ops.glu(this.self, dim);
  }

  /** x above the limit, `value` elsewhere. See {@link ops.threshold}. */
  threshold(limit: number, value: number): Tensor {
    return ops.threshold(this.self, limit, value);
  }

  /** Softmax where the mask is false. See {@link ops.maskedSoftmax}. */
  maskedSoftmax(mask: Tensor, dim = -1): Tensor {
    return ops.maskedSoftmax(this.self, mask, dim);
  }

  /** Logarithm of softmax where the mask is false. See {@link ops.maskedLogSoftmax}. */
  maskedLogSoftmax(mask: Tensor, dim = -1): Tensor {
    return ops.maskedLogSoftmax(this.self, mask, dim);
  }
}
