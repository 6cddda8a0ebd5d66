/**
 * Views: ops that only change how a storage is seen. A write through one is seen by all.
 *
 * @module
 */
import { AxisError, IndexError, ShapeError } from "../errors.ts";
import { defineOp, type Op, type ViewResult } from "../op.ts";
import {
  checkDim,
  checkDims,
  dimsOf,
  expandStrides,
  part,
  picked,
  replaced,
  type Shape,
  specOf,
  text,
} from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { clone } from "./copy.ts";
import { same } from "./infer.ts";

function at(x: Tensor, shape: Shape, strides: readonly number[], offset = x.offset): ViewResult {
  return { spec: specOf(shape, x.dtype), strides, offset };
}

/** The shape with its -1 worked out. */
function resolveShape(x: Tensor, shape: Shape, op: string): Shape {
  const open = shape.indexOf(-1);
  const known = shape.reduce((product, extent, i) => i === open ? product : product * extent, 1);
  const invalid = shape.some((extent, i) =>
    i !== open && (!Number.isInteger(extent) || extent < 0)
  );
  const size = x.numel();
  const fits = open < 0 ? known === size : known !== 0 && size % known === 0;
  if (invalid || !fits) {
    throw new ShapeError(
      `Cannot ${op} a tensor of shape ${text(x.shape)} to ${text(shape)}: it has ${size} elements`,
      {
        op,
        context: { from: x.shape, to: shape },
      },
    );
  }
  return open < 0 ? shape : shape.map((extent, i) => i === open ? size / known : extent);
}

/**
 * Strides that show the same elements, in the same order, in another shape; null when no strides
 * do. Each run of old dims that lie evenly in memory is cut anew.
 */
function reshapeStrides(shape: Shape, strides: readonly number[], target: Shape): number[] | null {
  const result = new Array<number>(target.length).fill(0);
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (size === 0) {
    return target.map((_, i) => target.slice(i + 1).reduce((a, b) => a * Math.max(b, 1), 1));
  }
  let next = target.length - 1;
  let run = 1; // elements of the current even run
  let step = strides.at(-1) ?? 1; // its innermost stride
  for (let i = shape.length - 1; i >= 0; i--) {
    if (run === 1) step = strides[i]!;
    run *= shape[i]!;
    const broken = i === 0 || (shape[i - 1] !== 1 && strides[i - 1] !== run * step);
    if (!broken) continue;
    let left = run;
    while (next >= 0 && (left > 1 || target[next] === 1)) {
      if (left % target[next]! !== 0) return null;
      result[next] = step * (run / left);
      left /= target[next]!;
      next--;
    }
    if (left !== 1) return null;
    run = 1;
  }
  for (; next >= 0; next--) result[next] = 1; // leading ones
  return result;
}

/**
 * The elements in row-major order in another shape, one size of which may be -1: a view where
 * strides allow it, else a copy.
 * @throws {ShapeError} when the number of elements differs.
 * @example
 * ```ts
 * import { arange, reshape } from "@minitensor/minitensor";
 * console.assert(reshape(arange(6), [2, -1]).toArray().toString() === "0,1,2,3,4,5");
 * ```
 */
export const reshape: Op<
  (x: Tensor, shape: Shape) => Tensor,
  { shape: Shape; strides: readonly number[] }
> = defineOp({
  name: "reshape",
  summary: "The elements in row-major order in another shape; one size may be -1.",
  infer: same,
  kernel: { view: (x, { shape, strides }) => at(x, shape, strides) },
  saves: "none",
  gradient: ({ grad, specs: [x] }) => [reshape(grad, x!.shape)],
  samples: [{ shapes: [[2, 6]], rest: [[3, -1]] }, { shapes: [[]], rest: [[1, 1]] }, {
    shapes: [[0, 3]],
    rest: [[3, 0]],
  }],
  front: (run) => (x: Tensor, shape: Shape) => {
    const target = resolveShape(x, shape, "reshape");
    const strides = reshapeStrides(x.shape, x.strides, target);
    if (strides !== null) return run([x], { shape: target, strides });
    return run([clone(x)], { shape: target, strides: specOf(target, x.dtype).strides });
  },
});

/**
 * As {@link reshape}, but never a copy.
 * @throws {ShapeError} when the number of elements differs, or a copy would be needed.
 * @example
 * ```ts
 * import { arange, view } from "@minitensor/minitensor";
 * console.assert(view(arange(6), [3, 2]).shape.join() === "3,2");
 * ```
 */
export function view(x: Tensor, shape: Shape): Tensor {
  const target = resolveShape(x, shape, "view");
  if (reshapeStrides(x.shape, x.strides, target) === null) {
    throw new ShapeError(
      `Cannot view a tensor of shape ${text(x.shape)} and strides ${text(x.strides)} as ${
        text(target)
      }: ` +
        "its elements are not in order",
      { op: "view", suggestion: "Use reshape(), which copies when it must" },
    );
  }
  return reshape(x, target);
}

/**
 * The dims in another order. A view.
 * @throws {AxisError} unless each dim is named once.
 * @example
 * ```ts
 * import { permute, zeros } from "@minitensor/minitensor";
 * console.assert(permute(zeros([2, 3, 4]), [2, 0, 1]).shape.join() === "4,2,3");
 * ```
 */
export const permute: Op<
  (x: Tensor, dims: readonly number[]) => Tensor,
  { dims: readonly number[] }
> = defineOp({
  name: "permute",
  summary: "The dims in another order; a view.",
  infer: same,
  kernel: {
    view: (x, { dims }) => at(x, picked(x.shape, dims), picked(x.strides, dims)),
  },
  saves: "none",
  gradient: (
    { grad, attributes: { dims } },
  ) => [permute(grad, dims.map((_, i) => dims.indexOf(i)))],
  samples: [{ shapes: [[2, 3, 4]], rest: [[2, 0, 1]] }, { shapes: [[]], rest: [[]] }],
  front: (run) => (x: Tensor, dims: readonly number[]) => {
    if (dims.length !== x.ndim) {
      throw new AxisError(
        `Cannot permute ${x.ndim} dims by ${text(dims)}: each must be named once`,
        { op: "permute" },
      );
    }
    return run([x], { dims: checkDims(dims, x.ndim, "permute") });
  },
});

/**
 * Two dims exchanged. A view.
 *
 * @throws {AxisError} for a dim that is not there.
 *
 * @example
 * ```ts
 * import { transpose, zeros } from "@minitensor/minitensor";
 * console.assert(transpose(zeros([2, 3, 4]), 0, -1).shape.join() === "4,3,2");
 * ```
 */
export function transpose(x: Tensor, dim0 = 0, dim1 = 1): Tensor {
  const a = checkDim(dim0, x.ndim, "transpose");
  const b = checkDim(dim1, x.ndim, "transpose");
  return permute(x, x.ndim === 0 ? [] : replaced(replaced(dimsOf(x.ndim), a, b), b, a));
}

/**
 * Dims moved to other places; the others keep their order. A view.
 * @throws {AxisError} when there are not as many, or one is named twice.
 *
 * @example
 * ```ts
 * import { movedim, zeros } from "@minitensor/minitensor";
 * console.assert(movedim(zeros([2, 3, 4]), 0, 2).shape.join() === "3,4,2");
 * ```
 */
export function movedim(
  x: Tensor,
  source: number | readonly number[],
  destination: number | readonly number[],
): Tensor {
  const from = checkDims(source, x.ndim, "movedim");
  const to = checkDims(destination, x.ndim, "movedim");
  if (from.length !== to.length) {
    throw new AxisError(`Cannot move dims ${text(from)} to ${text(to)}: there are not as many`, {
      op: "movedim",
    });
  }
  const rest = Array.from(x.shape, (_, i) => i).filter((dim) => !from.includes(dim));
  const dims = Array.from(x.shape, (_, i) => to.includes(i) ? from[to.indexOf(i)]! : rest.shift()!);
  return permute(x, dims);
}

/**
 * The tensor repeated along dims of size 1 and new leading dims, without a copy; -1 keeps a size.
 * @throws {ShapeError} when another size differs.
 * @example
 * ```ts
 * import { expand, tensor } from "@minitensor/minitensor";
 * console.assert(expand(tensor([[1], [2]]), [-1, 2]).toArray().toString() === "1,1,2,2");
 * ```
 */
export const expand: Op<(x: Tensor, shape: Shape) => Tensor, { shape: Shape }> = defineOp({
  name: "expand",
  summary: "The tensor repeated along dims of size 1 and new leading dims; a view with stride 0.",
  infer: same,
  kernel: { view: (x, { shape }) => at(x, shape, expandStrides(x.shape, x.strides, shape)) },
  saves: "none",
  gradient: ({ grad, specs: [x] }) => [grad.sumToSize(x!.shape)],
  samples: [{ shapes: [[3, 1]], rest: [[2, 3, 4]] }, { shapes: [[]], rest: [[2]] }],
  front: (run) => (x: Tensor, shape: Shape) => {
    const lead = shape.length - x.ndim;
    const target = shape.map((extent, i) =>
      extent === -1 && i >= lead ? x.shape[i - lead]! : extent
    );
    const fits = lead >= 0 &&
      x.shape.every((extent, i) => extent === 1 || extent === target[i + lead]);
    if (!fits) {
      throw new ShapeError(
        `Cannot expand a tensor of shape ${text(x.shape)} to ${text(shape)}: sizes differ`,
        {
          op: "expand",
        },
      );
    }
    return run([x], { shape: target });
  },
});

/**
 * Takes dims of size 1 away: all of them, or those of the named. A view.
 * @example
 * ```ts
 * import { squeeze, zeros } from "@minitensor/minitensor";
 * console.assert(squeeze(zeros([1, 2, 1]), [0, 1]).shape.join() === "2,1");
 * ```
 */
export function squeeze(x: Tensor, dims?: number | readonly number[]): Tensor {
  const named = checkDims(dims, x.ndim, "squeeze");
  const kept = dimsOf(x.ndim).filter((i) => !(x.shape[i] === 1 && named.includes(i)));
  return reshape(x, picked(x.shape, kept));
}

/**
 * Adds a dim of size 1 before `dim`; -1 adds it at the end. A view.
 * @example
 * ```ts
 * import { unsqueeze, zeros } from "@minitensor/minitensor";
 * console.assert(unsqueeze(zeros([2]), -1).shape.join() === "2,1");
 * ```
 */
export function unsqueeze(x: Tensor, dim: number): Tensor {
  const place = checkDim(dim, x.ndim + 1, "unsqueeze");
  return reshape(x, [...part(x.shape, 0, place, 1), ...part(x.shape, place, x.ndim)]);
}

/**
 * Dims `startDim` to `endDim` merged into one; rank 0 becomes one element. A view where strides
 * allow it, else a copy.
 * @throws {AxisError} when the first comes after the last.
 * @example
 * ```ts
 * import { flatten, zeros } from "@minitensor/minitensor";
 * console.assert(flatten(zeros([2, 3, 4]), 1).shape.join() === "2,12");
 * ```
 */
export function flatten(x: Tensor, startDim = 0, endDim = -1): Tensor {
  const first = checkDim(startDim, x.ndim, "flatten");
  const last = checkDim(endDim, x.ndim, "flatten");
  if (x.ndim === 0) return reshape(x, [1]);
  if (first > last) {
    throw new AxisError(`Cannot flatten dims ${first} to ${last}: the first comes after the last`);
  }
  const merged = x.shape.slice(first, last + 1).reduce((product, extent) => product * extent, 1);
  return reshape(x, [...x.shape.slice(0, first), merged, ...x.shape.slice(last + 1)]);
}

/**
 * A dim cut into several, the reverse of {@link flatten}; one size may be -1.
 *
 * @throws {ShapeError} when the sizes do not make up the dim.
 *
 * @example
 * ```ts
 * import { unflatten, zeros } from "@minitensor/minitensor";
 * console.assert(unflatten(zeros([6, 2]), 0, [2, -1]).shape.join() === "2,3,2");
 * ```
 */
export function unflatten(x: Tensor, dim: number, sizes: readonly number[]): Tensor {
  const place = checkDim(dim, x.ndim, "unflatten");
  const known = sizes.reduce((product, extent) => extent === -1 ? product : product * extent, 1);
  const cut = sizes.map((extent) => extent === -1 ? x.shape[place]! / known : extent);
  const isWhole = cut.every((extent) => Number.isInteger(extent) && extent >= 0);
  const isOne = sizes.filter((extent) => extent === -1).length <= 1;
  if (!isWhole || !isOne || cut.reduce((a, b) => a * b, 1) !== x.shape[place]) {
    const problem = isOne ? "the product differs" : "only one size may be left open";
    throw new ShapeError(
      `Cannot unflatten a dim of ${x.shape[place]} into ${text(sizes)}: ${problem}`,
      { op: "unflatten" },
    );
  }
  return reshape(x, [...x.shape.slice(0, place), ...cut, ...x.shape.slice(place + 1)]);
}

/** One step of a slice: from, step and count along one dim. */
export interface Cut {
  /** The dim. */
  readonly dim: number;
  /** Index of the first element. */
  readonly start: number;
  /** Distance between elements; may be negative. */
  readonly step: number;
  /** Number of elements. */
  readonly count: number;
}

/**
 * Elements `start`, `start + step`, ... along one dim: what indexing and narrow are made of. A view.
 *
 * @example
 * ```ts
 * import { arange, cut } from "@minitensor/minitensor";
 * const x = cut(arange(9), { dim: 0, start: 7, step: -3, count: 3 });
 * console.assert(x.equal([7, 4, 1]));
 * ```
 */
export const cut: Op<(x: Tensor, part: Cut) => Tensor, Cut> = defineOp({
  name: "cut",
  summary: "Every step-th element along a dim; a view.",
  infer: same,
  kernel: {
    view: (x, { dim, start, step, count }) =>
      at(
        x,
        replaced(x.shape, dim, count),
        replaced(x.strides, dim, x.strides[dim]! * step),
        count === 0 ? x.offset : x.offset + start * x.strides[dim]!,
      ),
  },
  saves: "none",
  gradient: ({ grad, specs: [x], attributes }) => [paste(grad, x!.shape, attributes)],
  samples: [
    { shapes: [[5, 3]], rest: [{ dim: 0, start: 1, step: 2, count: 2 }] },
    { shapes: [[5]], rest: [{ dim: 0, start: 4, step: -1, count: 5 }] },
  ],
  front: (run) => (x: Tensor, cutting: Cut) => run([x], cutting),
});

/** Zeros with `x` written where the cut is: the gradient of {@link cut}. */
const paste: Op<(x: Tensor, shape: Shape, part: Cut) => Tensor, Cut & { shape: Shape }> = defineOp({
  name: "paste",
  summary: "Zeros of a shape, with the tensor in place of every step-th element along a dim.",
  infer: ([x], { shape }) => specOf(shape, x!.dtype),
  kernel: {
    composite: ([x], { shape, ...part }) => {
      const whole = x!.newZeros(shape);
      cut(whole, part).copy_(x!);
      return whole;
    },
  },
  saves: "none",
  gradient: ({ grad, attributes }) => [cut(grad, attributes)],
  samples: [{ shapes: [[2, 3]], rest: [[5, 3], { dim: 0, start: 1, step: 2, count: 2 }] }],
  front: (run) => (x: Tensor, shape: Shape, cutting: Cut) => run([x], { shape, ...cutting }),
});

/**
 * The slice at an index of a dim, which goes away; below 0, from the dim's end. A view.
 *
 * @throws {IndexError} when there is no such slice.
 *
 * @example
 * ```ts
 * import { select, tensor } from "@minitensor/minitensor";
 * console.assert(select(tensor([[1, 2], [3, 4]]), 1, -1).equal([2, 4]));
 * ```
 */
export function select(x: Tensor, dim: number, index: number): Tensor {
  const place = checkDim(dim, x.ndim, "select");
  const extent = x.shape[place] ?? 0;
  const position = checkIndex(index, extent, place);
  return squeeze(cut(x, { dim: place, start: position, step: 1, count: 1 }), place);
}

/**
 * An index counted from the front.
 *
 * @throws {IndexError} when it is not within the extent.
 *
 * @example
 * ```ts
 * import { checkIndex } from "@minitensor/minitensor";
 * console.assert(checkIndex(-1, 5, 0) === 4);
 * ```
 */
export function checkIndex(index: number, extent: number, dim: number): number {
  if (!Number.isInteger(index) || index < -extent || index >= extent) {
    throw new IndexError(`Cannot take index ${index} of dim ${dim}: its size is ${extent}`, {
      op: "index",
      context: { index, size: extent, dim },
    });
  }
  return index < 0 ? index + extent : index;
}

/**
 * `length` elements from `start` along a dim; below 0, from its end. A view.
 * @throws {IndexError} when they reach beyond the dim.
 * @example
 * ```ts
 * import { arange, narrow } from "@minitensor/minitensor";
 * console.assert(narrow(arange(5), 0, -2, 2).toArray().toString() === "3,4");
 * ```
 */
export function narrow(x: Tensor, dim: number, start: number, length: number): Tensor {
  const place = checkDim(dim, x.ndim, "narrow");
  const extent = x.shape[place] ?? 0;
  const first = start < 0 ? start + extent : start;
  if (
    !(Number.isInteger(first) && Number.isInteger(length)) || first < 0 || length < 0 ||
    first + length > extent
  ) {
    throw new IndexError(
      `Cannot narrow dim ${place} to ${length} elements from ${start}: its size is ${extent}`,
      {
        op: "narrow",
      },
    );
  }
  return cut(x, { dim: place, start: first, step: 1, count: length });
}

/**
 * The tensor expanded to the shape of another. A view.
 * @throws {ShapeError} when it does not broadcast to that shape.
 * @example
 * ```ts
 * import { expandAs, ones } from "@minitensor/minitensor";
 * console.assert(expandAs(ones([3]), ones([2, 3])).shape.join() === "2,3");
 * ```
 */
export function expandAs(x: Tensor, other: Tensor): Tensor {
  return expand(x, other.shape);
}
