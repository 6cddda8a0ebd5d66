/**
 * Collections of samples.
 *
 * @module
 */
import { ArgumentError, IndexError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * Samples by number. Extend it to read samples from anywhere.
 *
 * @example
 * ```ts
 * import { Dataset } from "@minitensor/minitensor/data";
 * class Squares extends Dataset<number> {
 *   readonly length = 10;
 *   get(index: number): number {
 *     return index ** 2;
 *   }
 * }
 * console.assert(new Squares().get(3) === 9);
 * ```
 */
export abstract class Dataset<Sample = readonly Tensor[]> {
  /** Number of samples. */
  abstract readonly length: number;

  /** The sample of a number from 0 to length - 1. */
  abstract get(index: number): Sample;

  /**
   * Many samples at once, already stacked, where that is quicker than one by one; undefined where
   * it is not.
   */
  getBatch(_indices: Tensor): Sample | undefined {
    return undefined;
  }
}

/**
 * Tensors cut along their first dim: sample i is the i-th slice of each.
 *
 * @example
 * ```ts
 * import { arange } from "@minitensor/minitensor";
 * import { TensorDataset } from "@minitensor/minitensor/data";
 * console.assert(new TensorDataset(arange(6).reshape([3, 2]), arange(3)).length === 3);
 * ```
 */
export class TensorDataset extends Dataset {
  /** The tensors. */
  readonly tensors: readonly Tensor[];
  /** Number of samples. */
  readonly length: number;

  /** Tensors of one size along dim 0. */
  constructor(...tensors: readonly Tensor[]) {
    super();
    const sizes = tensors.map((x) => x.shape[0]);
    if (tensors.length === 0 || sizes.some((size) => size === undefined || size !== sizes[0])) {
      throw new ArgumentError(
        `Cannot make TensorDataset of tensors of ${sizes.join(", ") || "no"} samples: sizes differ`,
      );
    }
    this.tensors = tensors;
    this.length = sizes[0]!;
  }

  /** The slices of sample `index`. */
  get(index: number): readonly Tensor[] {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw new IndexError(`Cannot take sample ${index}: there are ${this.length}`, {
        context: { index },
      });
    }
    return this.tensors.map((x) => x.select(0, index));
  }

  /** The slices of many samples, stacked. */
  override getBatch(indices: Tensor): readonly Tensor[] {
    return this.tensors.map((x) => x.indexSelect(0, indices));
  }
}
