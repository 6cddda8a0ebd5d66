/**
 * Diagonals of matrices as views.
 *
 * @module
 */
import { ArgumentError, AxisError } from "../errors.ts";
import { defineOp, type Op } from "../op.ts";
import { checkDim, type Shape, specOf } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions } from "./front.ts";
import { same } from "./infer.ts";

/** Which diagonal. */
export interface DiagonalViewOptions {
  /** How far above the main diagonal, or below where negative. Default 0. */
  readonly offset?: number;
  /** The dim whose index counts rows. Default 0. */
  readonly dim1?: number;
  /** The dim whose index counts columns. Default 1. */
  readonly dim2?: number;
}

/** Attributes of {@link diagonal}. */
export type DiagonalViewAttributes = Required<DiagonalViewOptions>;

/**
 * The elements along a diagonal of two dims, which becomes the last dim; a view.
 *
 * @throws {AxisError} for a dim that is not there, or one dim twice.
 * @throws {ArgumentError} for an offset that is no whole number.
 *
 * @example
 * ```ts
 * import { diagonal, tensor } from "@minitensor/minitensor";
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * console.assert(diagonal(x).equal([1, 5]) && diagonal(x, { offset: 1 }).equal([2, 6]));
 * ```
 */
export const diagonal: Op<
  (x: Tensor, options?: DiagonalViewOptions) => Tensor,
  DiagonalViewAttributes
> = defineOp({
  name: "diagonal",
  summary: "The elements along a diagonal of two dims; a view whose last dim is the diagonal.",
  infer: same,
  kernel: {
    view: (x, { offset, dim1, dim2 }) => {
      const rows = x.shape[dim1]! - Math.max(-offset, 0);
      const columns = x.shape[dim2]! - Math.max(offset, 0);
      const count = Math.max(Math.min(rows, columns), 0);
      const rest = Array.from(x.shape, (_, i) => i).filter((i) => i !== dim1 && i !== dim2);
      const first = Math.max(-offset, 0) * x.strides[dim1]! +
        Math.max(offset, 0) * x.strides[dim2]!;
      return {
        spec: specOf([...rest.map((i) => x.shape[i]!), count], x.dtype),
        strides: [...rest.map((i) => x.strides[i]!), x.strides[dim1]! + x.strides[dim2]!],
        offset: x.offset + (count === 0 ? 0 : first),
      };
    },
  },
  saves: "none",
  gradient: ({ grad, specs: [x], attributes }) => [diagonalPaste(grad, x!.shape, attributes)],
  samples: [{ shapes: [[3, 4]], rest: [{ offset: 1 }] }, {
    shapes: [[2, 3, 3]],
    rest: [{ dim1: 1, dim2: 2 }],
  }],
  front: (run) => (x: Tensor, options: DiagonalViewOptions = {}) => {
    checkOptions(options, ["offset", "dim1", "dim2"], "diagonal");
    const { offset = 0 } = options;
    if (!Number.isInteger(offset)) {
      throw new ArgumentError(`Cannot take the diagonal at ${offset}: it is a whole number`, {
        op: "diagonal",
      });
    }
    const dim1 = checkDim(options.dim1 ?? 0, x.ndim, "take the diagonal");
    const dim2 = checkDim(options.dim2 ?? 1, x.ndim, "take the diagonal");
    if (dim1 === dim2) {
      throw new AxisError(
        `Cannot take the diagonal of dims ${dim1} and ${dim2}: they are the same`,
      );
    }
    return run([x], { offset, dim1, dim2 });
  },
});

const diagonalPaste: Op<
  (x: Tensor, shape: Shape, part: DiagonalViewAttributes) => Tensor,
  DiagonalViewAttributes & { readonly shape: Shape }
> = defineOp({
  name: "diagonalPaste",
  summary: "Zeros of a shape, with the tensor along a diagonal of two dims.",
  infer: ([x], { shape }) => specOf(shape, x!.dtype),
  kernel: {
    composite: ([x], { shape, ...part }) => {
      const whole = x!.newZeros(shape);
      diagonal(whole, part).copy_(x!);
      return whole;
    },
  },
  saves: "none",
  gradient: ({ grad, attributes: { shape: _, ...part } }) => [diagonal(grad, part)],
  samples: [{ shapes: [[3]], rest: [[3, 4], { offset: 1, dim1: 0, dim2: 1 }] }],
  front: (run) => (x: Tensor, shape: Shape, part: DiagonalViewAttributes) =>
    run([x], { shape, ...part }),
});
