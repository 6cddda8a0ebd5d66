/**
 * Views under the names that NumPy, PyTorch and mathematics have for them.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { broadcastPair, type Shape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { single } from "./front.ts";
import { transposed } from "./linalg.ts";
import { expand, movedim, reshape, transpose } from "./view.ts";

/**
 * The transposed matrix; a tensor of fewer dims as it is. A view.
 *
 * @throws {ShapeError} for more than two dims.
 *
 * @example
 * ```ts
 * import { t, tensor } from "@minitensor/minitensor";
 * console.assert(t(tensor([[1, 2], [3, 4]])).toArray().toString() === "1,3,2,4");
 * ```
 */
export function t(x: Tensor): Tensor {
  return transposed(x);
}

/**
 * The tensor expanded to a shape that it broadcasts to. A view, with stride 0 where it repeats.
 *
 * @throws {ShapeError} when the shapes do not fit.
 *
 * @example
 * ```ts
 * import { broadcastTo, tensor } from "@minitensor/minitensor";
 * console.assert(broadcastTo(tensor([1, 2]), [2, 2]).toArray().toString() === "1,2,1,2");
 * ```
 */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  return expand(x, shape);
}

/**
 * All tensors expanded to the shape that they broadcast to together. Views; each keeps its dtype.
 *
 * @throws {ShapeError} when the shapes do not fit.
 *
 * @example
 * ```ts
 * import { broadcastTensors, ones } from "@minitensor/minitensor";
 * const [x, y] = broadcastTensors(ones([3, 1]), ones([2]));
 * console.assert(String([x!.shape, y!.shape]) === "3,2,3,2");
 * ```
 */
export function broadcastTensors(...tensors: readonly TensorLike[]): Tensor[] {
  const given = tensors.map(single);
  const shape = given.reduce<Shape>((all, x) => broadcastPair(all, x.shape, "broadcast"), []);
  return given.map((x) => expand(x, shape));
}

/**
 * All elements in one dim: a view where the tensor is contiguous, else a copy.
 *
 * @example
 * ```ts
 * import { ravel, tensor } from "@minitensor/minitensor";
 * console.assert(ravel(tensor([[1, 2], [3, 4]])).shape.join() === "4");
 * ```
 */
export function ravel(x: Tensor): Tensor {
  return reshape(x, [-1]);
}

/**
 * Same as {@link movedim}, by NumPy's name.
 *
 * @throws {AxisError} for a dim that the tensor does not have.
 *
 * @example
 * ```ts
 * import { moveaxis, ones } from "@minitensor/minitensor";
 * console.assert(moveaxis(ones([2, 3, 4]), 0, -1).shape.join() === "3,4,2");
 * ```
 */
export function moveaxis(
  x: Tensor,
  source: number | readonly number[],
  destination: number | readonly number[],
): Tensor {
  return movedim(x, source, destination);
}

/**
 * Same as {@link transpose}, by NumPy's name.
 *
 * @throws {AxisError} for a dim that the tensor does not have.
 *
 * @example
 * ```ts
 * import { ones, swapaxes } from "@minitensor/minitensor";
 * console.assert(swapaxes(ones([2, 3, 4]), 0, -1).shape.join() === "4,3,2");
 * ```
 */
export function swapaxes(x: Tensor, dim0: number, dim1: number): Tensor {
  return transpose(x, dim0, dim1);
}

/**
 * Same as {@link transpose}.
 *
 * @throws {AxisError} for a dim that the tensor does not have.
 *
 * @example
 * ```ts
 * import { ones, swapdims } from "@minitensor/minitensor";
 * console.assert(swapdims(ones([2, 3]), 0, 1).shape.join() === "3,2");
 * ```
 */
export function swapdims(x: Tensor, dim0: number, dim1: number): Tensor {
  return transpose(x, dim0, dim1);
}

/**
 * The elements in the shape of another tensor: a view where strides allow it.
 *
 * @throws {ShapeError} when the other has another number of elements.
 *
 * @example
 * ```ts
 * import { ones, reshapeAs } from "@minitensor/minitensor";
 * console.assert(reshapeAs(ones([6]), ones([2, 3])).shape.join() === "2,3");
 * ```
 */
export function reshapeAs(x: Tensor, other: Tensor): Tensor {
  return reshape(x, other.shape);
}

/**
 * As {@link reshapeAs}, but a ShapeError where a copy would be needed.
 *
 * @throws {ShapeError} when the elements are not in order, or not as many.
 *
 * @example
 * ```ts
 * import { ones, viewAs } from "@minitensor/minitensor";
 * console.assert(viewAs(ones([6]), ones([2, 3])).shape.join() === "2,3");
 * ```
 */
export function viewAs(x: Tensor, other: Tensor): Tensor {
  return x.view(other.shape);
}

/** One result for one tensor, an array of them for several. */
function each(tensors: readonly TensorLike[], rule: (x: Tensor) => Tensor): Tensor | Tensor[] {
  return tensors.length === 1 ? rule(single(tensors[0]!)) : tensors.map((x) => rule(single(x)));
}

/**
 * The tensor with at least one dim: a number becomes one element. A view. Several tensors give an
 * array.
 *
 * @example
 * ```ts
 * import { atleast1d } from "@minitensor/minitensor";
 * console.assert(atleast1d(5).shape.join() === "1");
 * ```
 */
export function atleast1d(x: TensorLike): Tensor;
/**
 * Each of several tensors with at least one dim.
 *
 * @example
 * ```ts
 * import { atleast1d } from "@minitensor/minitensor";
 * const [x, y] = atleast1d(5, [1, 2]);
 * console.assert(String([x!.shape, y!.shape]) === "1,2");
 * ```
 */
export function atleast1d(...tensors: readonly TensorLike[]): Tensor[];
export function atleast1d(...tensors: readonly TensorLike[]): Tensor | Tensor[] {
  return each(tensors, (x) => reshape(x, x.ndim === 0 ? [1] : x.shape));
}

/**
 * The tensor with at least two dims: a vector becomes one row. A view. Several tensors give an
 * array.
 *
 * @example
 * ```ts
 * import { atleast2d } from "@minitensor/minitensor";
 * console.assert(atleast2d([1, 2, 3]).shape.join() === "1,3");
 * ```
 */
export function atleast2d(x: TensorLike): Tensor;
/**
 * Each of several tensors with at least two dims.
 *
 * @example
 * ```ts
 * import { atleast2d } from "@minitensor/minitensor";
 * const [x, y] = atleast2d(5, [1, 2]);
 * console.assert(String([x!.shape, y!.shape]) === "1,1,1,2");
 * ```
 */
export function atleast2d(...tensors: readonly TensorLike[]): Tensor[];
export function atleast2d(...tensors: readonly TensorLike[]): Tensor | Tensor[] {
  return each(
    tensors,
    (x) => reshape(x, x.ndim === 0 ? [1, 1] : x.ndim === 1 ? [1, x.shape[0]!] : x.shape),
  );
}

/**
 * The tensor with at least three dims: a vector becomes `[1, n, 1]`, a matrix `[m, n, 1]`. A view.
 * Several tensors give an array.
 *
 * @example
 * ```ts
 * import { atleast3d } from "@minitensor/minitensor";
 * console.assert(atleast3d([1, 2, 3]).shape.join() === "1,3,1");
 * ```
 */
export function atleast3d(x: TensorLike): Tensor;
/**
 * Each of several tensors with at least three dims.
 *
 * @example
 * ```ts
 * import { atleast3d } from "@minitensor/minitensor";
 * const [x, y] = atleast3d([1, 2], [[1, 2]]);
 * console.assert(String([x!.shape, y!.shape]) === "1,2,1,1,2,1");
 * ```
 */
export function atleast3d(...tensors: readonly TensorLike[]): Tensor[];
export function atleast3d(...tensors: readonly TensorLike[]): Tensor | Tensor[] {
  return each(tensors, (x) => {
    if (x.ndim === 0) return reshape(x, [1, 1, 1]);
    if (x.ndim === 1) return reshape(x, [1, x.shape[0]!, 1]);
    return reshape(x, x.ndim === 2 ? [...x.shape, 1] : x.shape);
  });
}
