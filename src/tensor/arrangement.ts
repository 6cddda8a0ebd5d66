/**
 * Methods that repeat, split, turn and pad, and questions about tensors as wholes.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import type { DType } from "../dtype.ts";
import { ArgumentError } from "../errors.ts";
import { VIEW } from "../op.ts";
import { clone } from "../ops/copy.ts";
import { checkOptions } from "../ops/front.ts";
import * as ops from "../ops/mod.ts";
import { slidingWindows } from "../ops/strided.ts";
import { keep } from "../scope.ts";
import type { Shape } from "../shape.ts";
import { TensorInPlace } from "./inplace.ts";
import type { Tensor } from "./tensor.ts";

/** Methods that repeat, split and turn, and questions about tensors as wholes. */
export class TensorArrangement extends TensorInPlace {
  /** Same as movedim. */
  moveaxis(source: number | readonly number[], destination: number | readonly number[]): Tensor {
    return ops.moveaxis(this.self, source, destination);
  }

  /** Same as transpose. */
  swapaxes(dim0: number, dim1: number): Tensor {
    return ops.swapaxes(this.self, dim0, dim1);
  }

  /** Same as transpose. */
  swapdims(dim0: number, dim1: number): Tensor {
    return ops.swapdims(this.self, dim0, dim1);
  }

  /** In the shape of another tensor; a view where possible. */
  reshapeAs(other: Tensor): Tensor {
    return ops.reshapeAs(this.self, other);
  }

  /** In the shape of another tensor; a ShapeError where a copy would be needed. */
  viewAs(other: Tensor): Tensor {
    return ops.viewAs(this.self, other);
  }

  /** With at least one dim; a view. */
  atleast1d(): Tensor {
    return ops.atleast1d(this.self);
  }

  /** With at least two dims; a view. */
  atleast2d(): Tensor {
    return ops.atleast2d(this.self);
  }

  /** With at least three dims; a view. */
  atleast3d(): Tensor {
    return ops.atleast3d(this.self);
  }

  /** A view of the storage by shape, strides and offset. See {@link ops.asStrided}. */
  asStrided(shape: Shape, strides: readonly number[], storageOffset?: number): Tensor {
    return ops.asStrided(this.self, shape, strides, storageOffset);
  }

  /**
   * Windows of `size` elements along a dim, every `step` elements, in a new last dim; a view.
   *
   * @throws {ArgumentError} when a window is larger than the dim, or the step is not above 0.
   *
   * @example
   * ```ts
   * import { arange } from "@minitensor/minitensor";
   * console.assert(arange(4).unfold(0, 2, 1).toArray().toString() === "0,1,1,2,2,3");
   * ```
   */
  unfold(dim: number, size: number, step: number): Tensor {
    return slidingWindows(this.self, dim, size, step);
  }

  /** Each element repeated in place. See {@link ops.repeatInterleave}. */
  repeatInterleave(
    repeats: number | ops.Indices,
    dim?: number | ops.RepeatInterleaveOptions,
    options?: ops.RepeatInterleaveOptions,
  ): Tensor {
    return ops.repeatInterleave(this.self, repeats, dim, options);
  }

  /** Copies side by side along each dim, ones in front where numbers are missing. */
  tile(...dims: readonly (number | readonly number[])[]): Tensor {
    return ops.tile(this.self, dims.flat() as number[]);
  }

  /** The elements moved along dims, round the end. See {@link ops.roll}. */
  roll(shifts: number | readonly number[], dims?: number | readonly number[]): Tensor {
    return ops.roll(this.self, shifts, dims);
  }

  /** The columns in reverse order; a copy. */
  fliplr(): Tensor {
    return ops.fliplr(this.self);
  }

  /** The rows in reverse order; a copy. */
  flipud(): Tensor {
    return ops.flipud(this.self);
  }

  /** Turned by quarters in the plane of two dims; a copy. */
  rot90(k = 1, dims: readonly number[] = [0, 1]): Tensor {
    return ops.rot90(this.self, k, dims);
  }

  /** Parts along a dim, nearly equal or cut at indices; views. */
  tensorSplit(cuts: ops.Cuts, dim = 0): Tensor[] {
    return ops.tensorSplit(this.self, cuts, dim);
  }

  /** Parts side by side; views. */
  hsplit(cuts: ops.Cuts): Tensor[] {
    return ops.hsplit(this.self, cuts);
  }

  /** Parts one below the other; views. */
  vsplit(cuts: ops.Cuts): Tensor[] {
    return ops.vsplit(this.self, cuts);
  }

  /** Parts one behind the other, along dim 2; views. */
  dsplit(cuts: ops.Cuts): Tensor[] {
    return ops.dsplit(this.self, cuts);
  }

  /** A vector as a diagonal matrix, or the diagonal of a matrix. */
  diag(offset = 0): Tensor {
    return ops.diag(this.self, offset);
  }

  /** The last dim as diagonals of matrices. */
  diagEmbed(options: ops.DiagEmbedOptions = {}): Tensor {
    return ops.diagEmbed(this.self, options);
  }

  /** All elements as the diagonal of a matrix. */
  diagflat(offset = 0): Tensor {
    return ops.diagflat(this.self, offset);
  }

  /** Powers of a vector's elements as columns. */
  vander(options: ops.VanderOptions = {}): Tensor {
    return ops.vander(this.self, options);
  }

  /** Class indices as rows of zeros with a one. */
  oneHot(numClasses = -1, options: { readonly dtype?: DType } = {}): Tensor {
    return ops.oneHot(this.self, numClasses, options);
  }

  /** How often each of 0, 1, 2, ... occurs. */
  bincount(options: ops.BincountOptions = {}): Tensor {
    return ops.bincount(this.self, options);
  }

  /** In another dtype; a copy unless `copy` is false and nothing changes. */
  astype(dtype: DType, options: { readonly copy?: boolean } = {}): Tensor {
    checkOptions(options, ["copy"], "astype");
    const result = ops.cast(this.self, dtype);
    return result === this.self && options.copy !== false ? clone(result) : result;
  }

  /** In the dtype of another tensor; this tensor if it has it already. */
  typeAs(other: Tensor): Tensor {
    return ops.cast(this.self, other.dtype);
  }

  /** As float16. */
  half(): Tensor {
    return ops.cast(this.self, "float16");
  }

  /** As bfloat16. */
  bfloat16(): Tensor {
    return ops.cast(this.self, "bfloat16");
  }

  /** As int8. */
  char(): Tensor {
    return ops.cast(this.self, "int8");
  }

  /** As int16. */
  short(): Tensor {
    return ops.cast(this.self, "int16");
  }

  /** As uint8. */
  byte(): Tensor {
    return ops.cast(this.self, "uint8");
  }

  /** On the CPU, where every tensor is: this tensor. */
  cpu(): Tensor {
    return this.self;
  }

  /** Bytes of the storage that it holds, which views share. */
  memoryUsageBytes(): number {
    return this.storage.capacity;
  }

  /** Strides in elements. */
  stride(): readonly number[];
  /** The stride of one dim. */
  stride(dim: number): number;
  stride(dim?: number): readonly number[] | number {
    if (dim === undefined) return this.strides;
    const stride = this.strides.at(dim);
    if (stride === undefined || dim < -this.ndim) {
      throw new ArgumentError(
        `Cannot give the stride of dim ${dim}: the tensor has ${this.ndim} dims`,
      );
    }
    return stride;
  }

  /** Number of dims. */
  dim(): number {
    return this.ndim;
  }

  /** True when it shows memory that another tensor made. */
  get isView(): boolean {
    return (this.state & VIEW) !== 0;
  }

  /** Exempts it from the scopes it is in, and returns it. */
  keep(): Tensor {
    return keep(this.self);
  }

  /** True when shapes and values are equal. */
  arrayEqual(y: TensorLike): boolean {
    return ops.arrayEqual(this.self, y);
  }

  /** True when shapes, dtypes and values are equal. */
  equal(y: TensorLike): boolean {
    return ops.equal(this.self, y);
  }

  /** True when all values are close. See {@link ops.allclose}. */
  allclose(y: TensorLike, options: ops.CloseOptions = {}): boolean {
    return ops.allclose(this.self, y, options);
  }

  /** True when both show the same memory. */
  sharesStorage(other: Tensor): boolean {
    return ops.sharesStorage(this.self, other);
  }
}
