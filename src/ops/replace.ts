/**
 * Copies of a tensor in which a part, any view of it, holds other elements.
 *
 * @module
 */
import { tensor, type TensorLike } from "../create.ts";
import { ShapeError } from "../errors.ts";
import { defineOp, type GradientContext, type Op } from "../op.ts";
import { checkDim, sameShape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { same } from "./infer.ts";
import { bounds, slice } from "./index.ts";
import { converted } from "./scatter.ts";
import { clone } from "./copy.ts";
import { diagonal } from "./diagonal.ts";
import { cut, select } from "./view.ts";

/** Shows part of a tensor: a view of it, and of any other of its shape. */
export type Part = (x: Tensor) => Tensor;

/** `x` with `source` in the place of a part of it. */
export const replacePart: Op<
  (x: Tensor, source: Tensor, part: Part) => Tensor,
  { readonly part: Part }
> = defineOp({
  name: "replacePart",
  summary: "x with the elements of source in the place of a view of it.",
  infer: same,
  kernel: {
    composite: ([x, source], { part }) => {
      const whole = clone(x!);
      part(whole).copy_(source!);
      return whole;
    },
  },
  saves: "none",
  gradient: replaceGradient,
  samples: [
    { shapes: [[4, 3], [3]], rest: [(x: Tensor) => x.select(0, 2)] },
    { shapes: [[2, 3], [2, 0]], rest: [(x: Tensor) => x.narrow(1, 0, 0)] },
    { shapes: [[5], [2]], rest: [(x: Tensor) => x.index("3::-2")] },
  ],
  front: (run) => (x, source, part) => run([x, source], { part }),
});

/** Gradients of replacing a part: what is replaced gets none, the source that of the part. */
export function replaceGradient(
  { grad, specs: [, source], attributes: { part }, needs }: GradientContext<
    { readonly part: Part }
  >,
): readonly (Tensor | null)[] {
  const zero = tensor(0, { dtype: grad.dtype });
  return [
    needs[0] ? replacePart(grad, zero.expand(source!.shape), part) : null,
    needs[1] ? part(grad) : null,
  ];
}

/** Replaces a part by a source of its shape. */
function replace(x: Tensor, source: TensorLike, part: Part, op: string): Tensor {
  const values = converted(source, x, op);
  const expected = part(x.detach()).shape;
  if (!sameShape(expected, values.shape)) {
    throw new ShapeError(
      `Cannot ${op} a source of shape ${text(values.shape)}: it must be ${text(expected)}`,
      { op },
    );
  }
  return replacePart(x, values, part);
}

/**
 * `x` with `source` in the place of its slice at an index of a dim. A copy.
 *
 * @throws {ShapeError} when the source does not have the slice's shape.
 * @throws {IndexError} for an index outside the dim.
 *
 * @example
 * ```ts
 * import { selectScatter, tensor, zeros } from "@minitensor/minitensor";
 * const x = selectScatter(zeros([2, 2]), tensor([5, 6]), 0, 1);
 * console.assert(x.toArray().toString() === "0,0,5,6");
 * ```
 */
export function selectScatter(x: Tensor, source: TensorLike, dim: number, index: number): Tensor {
  return replace(x, source, (whole) => select(whole, dim, index), "selectScatter");
}

/**
 * `x` with `source` in the place of a slice of a dim: from `start` up to but without `stop`.
 *
 * @throws {ShapeError} when the source does not have the slice's shape.
 *
 * @example
 * ```ts
 * import { sliceScatter, tensor, zeros } from "@minitensor/minitensor";
 * const x = sliceScatter(zeros([4]), tensor([5, 6]), 0, 1, null, 2);
 * console.assert(x.toArray().toString() === "0,5,0,6");
 * ```
 */
export function sliceScatter(
  x: Tensor,
  source: TensorLike,
  dim = 0,
  start: number | null = null,
  stop: number | null = null,
  step = 1,
): Tensor {
  const place = checkDim(dim, x.ndim, "sliceScatter");
  const cutting = slice(start, stop, step);
  const range = bounds(cutting, x.shape[place] ?? 0);
  const part = (whole: Tensor) => cut(whole, { dim: place, step: cutting.step, ...range });
  return replace(x, source, part, "sliceScatter");
}

/**
 * `x` with `source` along a diagonal of two dims, which is the source's last dim. A copy.
 *
 * @throws {ShapeError} when the source does not have the diagonal's shape.
 *
 * @example
 * ```ts
 * import { diagonalScatter, tensor, zeros } from "@minitensor/minitensor";
 * const x = diagonalScatter(zeros([2, 2]), tensor([5, 6]));
 * console.assert(x.toArray().toString() === "5,0,0,6");
 * ```
 */
export function diagonalScatter(
  x: Tensor,
  source: TensorLike,
  options: { readonly offset?: number; readonly dim1?: number; readonly dim2?: number } = {},
): Tensor {
  return replace(x, source, (whole) => diagonal(whole, options), "diagonalScatter");
}
