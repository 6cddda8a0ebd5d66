/**
 * Methods of special functions.
 *
 * @module
 */
import * as ops from "../ops/mod.ts";
import { TensorStatistics } from "./statistics.ts";
import type { Tensor } from "./tensor.ts";

/** Methods of special functions. */
export class TensorSpecial extends TensorStatistics {
  /** log |Γ(x)|. See {@link ops.lgamma}. */
  lgamma(): Tensor {
    return ops.lgamma(this.self);
  }

  /** Derivative of lgamma. See {@link ops.digamma}. */
  digamma(): Tensor {
    return ops.digamma(this.self);
  }

  /** Derivative of digamma of order n. See {@link ops.polygamma}. */
  polygamma(n: number): Tensor {
    return ops.polygamma(n, this.self);
  }

  /** Logarithm of the multivariate gamma function. See {@link ops.mvlgamma}. */
  mvlgamma(p: number): Tensor {
    return ops.mvlgamma(this.self, p);
  }

  /** Modified Bessel function of order 0. See {@link ops.i0}. */
  i0(): Tensor {
    return ops.i0(this.self);
  }
}
