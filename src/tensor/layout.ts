/**
 * Methods that arrange, pick and convert elements.
 *
 * @module
 */
import * as create from "../create.ts";
import type { TensorLike, TensorOptions } from "../create.ts";
import { convert, type ConvertOptions, type ConvertTarget } from "../ops/convert.ts";
import * as ops from "../ops/mod.ts";
import type { Shape } from "../shape.ts";
import { TensorActivation } from "./activation.ts";
import type { Tensor } from "./tensor.ts";

/** Methods that arrange, pick and convert elements. */
export class TensorLayout extends TensorActivation {
  /** The elements in another shape; one size may be -1. A view where possible. */
  reshape(shape: Shape): Tensor {
    return ops.reshape(this.self, shape);
  }

  /** As reshape, but a ShapeError where a copy would be needed. */
  view(shape: Shape): Tensor {
    return ops.view(this.self, shape);
  }

  /** Two dims exchanged; a view. */
  transpose(dim0 = 0, dim1 = 1): Tensor {
    return ops.transpose(this.self, dim0, dim1);
  }

  /** The transposed matrix; a view. */
  get T(): Tensor {
    return ops.transposed(this.self);
  }

  /** The last two dims exchanged; a view. */
  get mT(): Tensor {
    return ops.mT(this.self);
  }

  /** The transposed matrix; a view. */
  t(): Tensor {
    return ops.transposed(this.self);
  }

  /** The dims in another order; a view. */
  permute(...dims: readonly (number | readonly number[])[]): Tensor {
    return ops.permute(this.self, dims.flat() as number[]);
  }

  /** Dims moved to other places; a view. */
  movedim(source: number | readonly number[], destination: number | readonly number[]): Tensor {
    return ops.movedim(this.self, source, destination);
  }

  /** Without the dims of size 1; a view. */
  squeeze(dims?: number | readonly number[]): Tensor {
    return ops.squeeze(this.self, dims);
  }

  /** With a new dim of size 1; a view. */
  unsqueeze(dim: number): Tensor {
    return ops.unsqueeze(this.self, dim);
  }

  /** Repeated along dims of size 1, without a copy; -1 keeps a size. */
  expand(shape: Shape): Tensor {
    return ops.expand(this.self, shape);
  }

  /** Expanded to the shape of another tensor. */
  expandAs(other: Tensor): Tensor {
    return ops.expandAs(this.self, other);
  }

  /** Same as expand. */
  broadcastTo(shape: Shape): Tensor {
    return ops.expand(this.self, shape);
  }

  /** Dims merged into one. */
  flatten(startDim = 0, endDim = -1): Tensor {
    return ops.flatten(this.self, startDim, endDim);
  }

  /** A dim cut into several. */
  unflatten(dim: number, sizes: readonly number[]): Tensor {
    return ops.unflatten(this.self, dim, sizes);
  }

  /** All elements in one dim. */
  ravel(): Tensor {
    return ops.reshape(this.self, [-1]);
  }

  /** This tensor if contiguous, else a copy that is. */
  contiguous(): Tensor {
    return ops.contiguous(this.self);
  }

  /** A copy; the gradient passes through. */
  clone(): Tensor {
    return ops.clone(this.self);
  }

  /** Part of the tensor: a view by numbers, slices, null, "..."; a copy by arrays and masks. */
  index(...items: readonly ops.IndexItem[]): Tensor {
    return ops.index(this.self, ...items);
  }

  /** The slice at an index of a dim, which goes away; a view. */
  select(dim: number, index: number): Tensor {
    return ops.select(this.self, dim, index);
  }

  /** `length` slices of a dim from `start`; a view. */
  narrow(dim: number, start: number, length: number): Tensor {
    return ops.narrow(this.self, dim, start, length);
  }

  /** The elements along a diagonal; a view. */
  diagonal(
    options: { readonly offset?: number; readonly dim1?: number; readonly dim2?: number } = {},
  ): Tensor {
    return ops.diagonal(this.self, options);
  }

  /** Parts along a dim; views. */
  split(sizes: number | readonly number[], dim = 0): Tensor[] {
    return ops.split(this.self, sizes, dim);
  }

  /** At most so many equal parts along a dim; views. */
  chunk(chunks: number, dim = 0): Tensor[] {
    return ops.chunk(this.self, chunks, dim);
  }

  /** The slices along a dim; views. */
  unbind(dim = 0): Tensor[] {
    return ops.unbind(this.self, dim);
  }

  /** Copies side by side along each dim. */
  repeat(repeats: readonly number[]): Tensor {
    return ops.repeat(this.self, repeats);
  }

  /** The elements in reverse order along dims; a copy. */
  flip(dims: number | readonly number[]): Tensor {
    return ops.flip(this.self, dims);
  }

  /** The elements on and above a diagonal. */
  triu(diagonal = 0): Tensor {
    return ops.triu(this.self, diagonal);
  }

  /** The elements on and below a diagonal. */
  tril(diagonal = 0): Tensor {
    return ops.tril(this.self, diagonal);
  }

  /** The slices of a dim at the indices. */
  indexSelect(dim: number, index: ops.Indices): Tensor {
    return ops.indexSelect(this.self, dim, index);
  }

  /** With slices of `source` added at the indices. */
  indexAdd(
    dim: number,
    index: ops.Indices,
    source: Tensor,
    options?: ops.IndexAddOptions,
  ): Tensor {
    return ops.indexAdd(this.self, dim, index, source, options);
  }

  /** Elements along a dim at the indices, one for each. */
  gather(dim: number, index: Tensor): Tensor {
    return ops.gather(this.self, dim, index);
  }

  /** With elements of `source` added at the indices. */
  scatterAdd(dim: number, index: Tensor, source: Tensor): Tensor {
    return ops.scatterAdd(this.self, dim, index, source);
  }

  /** With elements of `source` combined into it. See {@link ops.scatterReduce}. */
  scatterReduce(
    dim: number,
    index: Tensor,
    source: Tensor,
    reduce: ops.ScatterReduction,
    options: ops.ScatterReduceOptions = {},
  ): Tensor {
    return ops.scatterReduce(this.self, dim, index, source, reduce, options);
  }

  /** With slices of `source` combined into it. See {@link ops.indexReduce}. */
  indexReduce(
    dim: number,
    index: ops.Indices,
    source: Tensor,
    reduce: Exclude<ops.ScatterReduction, "sum">,
    options: ops.ScatterReduceOptions = {},
  ): Tensor {
    return ops.indexReduce(this.self, dim, index, source, reduce, options);
  }

  /** Summed down to a shape that broadcasts to this one. */
  sumToSize(shape: Shape): Tensor {
    return ops.sumToSize(this.self, shape);
  }

  /**
   * In another dtype, or on another device: named, or those of a tensor. This tensor if it has them
   * already, unless `copy`.
   *
   * @throws {DeviceError} for a device that this build does not have.
   *
   * @example
   * ```ts
   * import { tensor } from "@minitensor/minitensor";
   * console.assert(tensor([1.5]).to("int32").item() === 1);
   * ```
   */
  to(target: ConvertTarget, options?: ConvertOptions): Tensor {
    return convert(this.self, target, options);
  }

  /** As float32. */
  float(): Tensor {
    return ops.cast(this.self, "float32");
  }

  /** As float64. */
  double(): Tensor {
    return ops.cast(this.self, "float64");
  }

  /** As int32. */
  int(): Tensor {
    return ops.cast(this.self, "int32");
  }

  /** As int64. */
  long(): Tensor {
    return ops.cast(this.self, "int64");
  }

  /** As bool: true where nonzero. */
  bool(): Tensor {
    return ops.cast(this.self, "bool");
  }

  /** Zeros of a shape, in this dtype unless another is given. */
  newZeros(shape: Shape, options: TensorOptions = {}): Tensor {
    return create.zeros(shape, { dtype: this.dtype, ...options });
  }

  /** Ones of a shape, in this dtype unless another is given. */
  newOnes(shape: Shape, options: TensorOptions = {}): Tensor {
    return create.ones(shape, { dtype: this.dtype, ...options });
  }

  /** A tensor of a shape with unspecified elements, in this dtype unless another is given. */
  newEmpty(shape: Shape, options: TensorOptions = {}): Tensor {
    return create.empty(shape, { dtype: this.dtype, ...options });
  }

  /** A tensor of one value, in this dtype unless another is given. */
  newFull(shape: Shape, value: number | bigint | boolean, options: TensorOptions = {}): Tensor {
    return create.full(shape, value, { dtype: this.dtype, ...options });
  }

  /** A tensor with a copy of `data`, in this dtype unless another is given. */
  newTensor(data: TensorLike, options: TensorOptions = {}): Tensor {
    return create.tensor(data, { dtype: this.dtype, ...options });
  }
}
