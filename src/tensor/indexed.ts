/**
 * Methods that read and write by indices and masks.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { modes } from "../graph.ts";
import { checkOptions } from "../ops/front.ts";
import { hasArrays, putValue } from "../ops/index_arrays.ts";
import * as ops from "../ops/mod.ts";
import { TensorArrangement } from "./arrangement.ts";
import { isTensor } from "./is_tensor.ts";
import type { Tensor } from "./tensor.ts";

/** Methods that read and write by indices and masks. */
export class TensorIndexed extends TensorArrangement {
  /** The elements at places among all, in the shape of the index. */
  take(index: ops.Indices): Tensor {
    return ops.take(this.self, index);
  }

  /** One element for each index along a dim, broadcast in the others. */
  takeAlongDim(index: Tensor, dim?: number): Tensor {
    return ops.takeAlongDim(this.self, index, dim);
  }

  /** The elements where a mask holds, in one dim. */
  maskedSelect(mask: Tensor): Tensor {
    return ops.maskedSelect(this.self, mask);
  }

  /** Indices of the elements that are not zero: a row for each. */
  nonzero(): Tensor;
  /** A vector of indices for each dim. */
  nonzero(options: { readonly asTuple: true }): Tensor[];
  /** A row for each place, or a vector for each dim. */
  nonzero(options: ops.NonzeroOptions): Tensor | Tensor[];
  nonzero(options: ops.NonzeroOptions = {}): Tensor | Tensor[] {
    return ops.nonzero(this.self, options);
  }

  /** A row of indices for each element that is not zero. */
  argwhere(): Tensor {
    return ops.argwhere(this.self);
  }

  /** With elements of `source` written along a dim at the indices; the last one stays. */
  scatter(dim: number, index: Tensor, source: TensorLike): Tensor {
    return ops.scatter(this.self, dim, index, source);
  }

  /** With slices of `source` written at indices of a dim. */
  indexCopy(dim: number, index: ops.Indices, source: Tensor): Tensor {
    return ops.indexCopy(this.self, dim, index, source);
  }

  /** With a value in the slices at indices of a dim. */
  indexFill(dim: number, index: ops.Indices, value: TensorLike): Tensor {
    return ops.indexFill(this.self, dim, index, value);
  }

  /** With a value in the place of what an index names. See {@link ops.indexPut}. */
  indexPut(
    items: readonly ops.IndexItem[],
    value: TensorLike,
    options: ops.IndexPutOptions = {},
  ): Tensor {
    return ops.indexPut(this.self, items, value, options);
  }

  /** With the elements of `source`, in order, where a mask holds. */
  maskedScatter(mask: Tensor, source: Tensor): Tensor {
    return ops.maskedScatter(this.self, mask, source);
  }

  /** With elements of `source` written at places among all. */
  put(
    index: ops.Indices,
    source: Tensor,
    options: { readonly accumulate?: boolean } = {},
  ): Tensor {
    return ops.put(this.self, index, source, options);
  }

  /** With `source` in the place of the slice at an index of a dim. */
  selectScatter(source: TensorLike, dim: number, index: number): Tensor {
    return ops.selectScatter(this.self, source, dim, index);
  }

  /** With `source` in the place of a slice of a dim. */
  sliceScatter(
    source: TensorLike,
    dim = 0,
    start: number | null = null,
    stop: number | null = null,
    step = 1,
  ): Tensor {
    return ops.sliceScatter(this.self, source, dim, start, stop, step);
  }

  /** With `source` along a diagonal of two dims. */
  diagonalScatter(
    source: TensorLike,
    options: { readonly offset?: number; readonly dim1?: number; readonly dim2?: number } = {},
  ): Tensor {
    return ops.diagonalScatter(this.self, source, options);
  }

  // In place.

  /**
   * Writes a value, broadcast, to what an index names: `x.indexPut_([0, "1:"], 5)` is Python's
   * `x[0, 1:] = 5`. Recorded where gradients flow, to the value as well.
   *
   * @throws {GradientError} for a leaf that requires a gradient, or a view where gradients flow.
   * @throws {ShapeError} when the value does not broadcast to the part.
   * @throws {IndexError} for an index outside its dim.
   *
   * @example
   * ```ts
   * import { zeros } from "@minitensor/minitensor";
   * const x = zeros([2, 3]).indexPut_([0, "1:"], 5);
   * console.assert(x.toArray().toString() === "0,5,5,0,0,0");
   * ```
   */
  indexPut_(
    items: readonly ops.IndexItem[],
    value: TensorLike,
    options: ops.IndexPutOptions = {},
  ): Tensor {
    if (hasArrays(items) || !this.isOwnPart(value)) {
      return this.become("indexPut_", () => {
        return ops.indexPut(this.readable("inputs", value), items, value, options);
      });
    }
    this.refuse("indexPut_");
    checkOptions(options, ["accumulate"], "indexPut_");
    const part = ops.index(this.self, ...items);
    const values = putValue(this.self, value, part.shape);
    if (options.accumulate === true) part.add_(values);
    else part.copy_(values);
    this.nodeVersion = this.storage.version;
    return this.self;
  }

  /** Writes elements of `source` along a dim at the indices; the last one stays. */
  scatter_(dim: number, index: Tensor, source: TensorLike): Tensor {
    return this.become("scatter_", () => {
      return ops.scatter(this.readable("inputs", source), dim, index, source);
    });
  }

  /** Adds elements of `source` along a dim at the indices. */
  scatterAdd_(dim: number, index: Tensor, source: Tensor): Tensor {
    return this.become("scatterAdd_", () => {
      return ops.scatterAdd(this.readable("inputs", source), dim, index, source);
    });
  }

  /** Adds slices of `source`, times `alpha`, at indices of a dim. */
  indexAdd_(
    dim: number,
    index: ops.Indices,
    source: Tensor,
    options: ops.IndexAddOptions = {},
  ): Tensor {
    return this.become("indexAdd_", () => {
      return ops.indexAdd(this.readable("inputs", source), dim, index, source, options);
    });
  }

  /** Writes a value where a mask holds. */
  maskedFill_(mask: Tensor, value: TensorLike): Tensor {
    return this.become("maskedFill_", () => {
      return ops.maskedFill(this.readable("inputs", value), mask, value);
    });
  }

  /** True when a write to a view of it concerns no graph, or this tensor's alone. */
  private isOwnPart(value: TensorLike): boolean {
    const tracked = this.requiresGrad || (isTensor(value) && value.requiresGrad) ||
      this.base?.requiresGrad === true;
    return !(modes.gradients && tracked) || (!this.isView && this.isContiguous());
  }
}
