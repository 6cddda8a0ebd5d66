/**
 * Methods that fill a tensor with random numbers.
 *
 * @module
 */
import { type DType, dtypes } from "../dtype.ts";
import * as random from "../random.ts";
import { TensorIndexed } from "./indexed.ts";
import type { Tensor } from "./tensor.ts";

/** Where the numbers of an in-place method come from. */
export interface DrawOptions {
  /** Default: the generator that `manualSeed` seeds. */
  readonly generator?: random.Generator;
}

/** How many whole numbers from 0 on a dtype has without a gap. */
const counts: Readonly<Record<DType, number>> = {
  bool: 2,
  uint8: 2 ** 8,
  int8: 2 ** 7,
  int16: 2 ** 15,
  float16: 2 ** 11 + 1,
  bfloat16: 2 ** 8 + 1,
  int32: 2 ** 31,
  int64: 2 ** 53, // what a number in JavaScript can say
  float32: 2 ** 24 + 1,
  float64: 2 ** 53,
};

/** Methods that fill a tensor with random numbers: refused where other in-place methods are. */
export class TensorRandom extends TensorIndexed {
  /** The dtype to draw in: its own, or float32 for one that is then converted. */
  private get drawn(): DType {
    return dtypes[this.dtype].isFloat ? this.dtype : "float32";
  }

  /** Fills with normal numbers. See {@link random.normal}. */
  normal_(mean = 0, std = 1, options: DrawOptions = {}): Tensor {
    return this.copy_(random.normal(mean, std, this.shape, { dtype: this.drawn, ...options }));
  }

  /** Fills with uniform numbers in [low, high). See {@link random.uniform}. */
  uniform_(low = 0, high = 1, options: DrawOptions = {}): Tensor {
    return this.copy_(
      random.uniform(this.shape, { low, high, dtype: this.drawn, ...options }),
    );
  }

  /** Fills with 1 with probability `p`, else 0. See {@link random.bernoulli}. */
  bernoulli_(p = 0.5, options: DrawOptions = {}): Tensor {
    return this.copy_(random.bernoulli(p, this.shape, { dtype: this.drawn, ...options }));
  }

  /** Fills with numbers of the exponential distribution. See {@link random.exponential}. */
  exponential_(rate = 1, options: DrawOptions = {}): Tensor {
    return this.copy_(random.exponential(rate, this.shape, { dtype: this.drawn, ...options }));
  }

  /**
   * Fills with whole numbers from `low` to `high` - 1. Without bounds, from 0 to the largest up to
   * which the dtype has every whole number.
   */
  random_(low = 0, high: number = counts[this.dtype], options: DrawOptions = {}): Tensor {
    return this.copy_(random.randint(low, high, this.shape, { dtype: "int64", ...options }));
  }
}
