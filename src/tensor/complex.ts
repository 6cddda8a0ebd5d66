/**
 * Methods that real tensors share with complex numbers.
 *
 * @module
 */
import * as ops from "../complex/make.ts";
import { TensorRandom } from "./random.ts";
import type { Tensor } from "./tensor.ts";

/** Methods that real tensors share with complex numbers. */
export class TensorComplex extends TensorRandom {
  /** 0, or π where negative. See {@link ops.angle}. */
  angle(): Tensor {
    return ops.angle(this.self);
  }

  /** A copy: all of it is real. See {@link ops.real}. */
  real(): Tensor {
    return ops.real(this.self);
  }

  /**
   * Refused: real tensors have no imaginary part. See {@link ops.imag}.
   *
   * @throws {DTypeError} always.
   */
  imag(): Tensor {
    return ops.imag(this.self);
  }

  /** A copy: the conjugate of a real number is itself. See {@link ops.conj}. */
  conj(): Tensor {
    return ops.conj(this.self);
  }
}
