/**
 * Products with sparse matrices, as ops on their values.
 *
 * @module
 */
import { defineOp, type Op, type Sample } from "../op.ts";
import { specOf } from "../shape.ts";
import { type Pattern, sorted } from "../sparse/pattern.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { indexSelect } from "./gather.ts";
import { requireFloat } from "./infer.ts";

interface Places {
  readonly pattern: Pattern;
}

/** Elements of a 3 x 4 matrix: an empty row, and two in one place. */
function example(): Pattern {
  const [rows, columns] = [[2, 0, 0, 2, 0], [3, 1, 0, 3, 2]].map((list) => Int32Array.from(list));
  return sorted([3, 4], rows!, columns!).pattern;
}

type Product = (pattern: Pattern, values: Tensor, dense: Tensor) => Tensor;

/** The product of the sparse matrix of these values [Z] and a dense one [N, K]. */
export const sparseMatmul: Op<Product, Places> = defineOp({
  name: "sparseMatmul",
  summary: "Product of a sparse matrix, by its values, with a dense one.",
  infer: ([values, dense], { pattern }, name) => {
    requireFloat(values!, name);
    return specOf([pattern.shape[0], dense!.shape[1]!], values!.dtype);
  },
  kernel: { native: "sparseMatmul" },
  saves: "inputs",
  gradient: ({ grad, inputs: [values, dense], attributes: { pattern }, needs }) => [
    needs[0] ? sparseSample(pattern, grad, dense!) : null,
    needs[1] ? turned(pattern, values!, grad) : null,
    null,
    null,
  ],
  samples: [[5], [5]].map((shape, i): Sample => ({
    shapes: [shape, [4, [3, 37][i]!]],
    arguments: ([values, dense]) => [example(), values, dense],
  })),
  front: (run): Product => (pattern, values, dense) =>
    run([values.contiguous(), dense, pattern.crow, pattern.col], { pattern }),
});

/** The transposed sparse matrix times a dense one. */
function turned(pattern: Pattern, values: Tensor, dense: Tensor): Tensor {
  const { pattern: flipped, order } = pattern.transposed;
  return sparseMatmul(flipped, indexSelect(values, 0, order), dense);
}

/** The elements of x yᵀ, x [M, K] and y [N, K], at the places of a pattern: [Z]. */
export const sparseSample: Op<Product, Places> = defineOp({
  name: "sparseSample",
  summary: "Elements of x times y transposed at the places of a sparse matrix.",
  infer: ([x], { pattern }, name) => {
    requireFloat(x!, name);
    return specOf([pattern.columns.length], x!.dtype);
  },
  kernel: { native: "sparseSample" },
  saves: "inputs",
  gradient: ({ grad, inputs: [x, y], attributes: { pattern }, needs }) => [
    needs[0] ? sparseMatmul(pattern, grad, y!) : null,
    needs[1] ? turned(pattern, grad, x!) : null,
    null,
    null,
  ],
  samples: [3, 37].map((width): Sample => ({
    shapes: [[3, width], [4, width]],
    arguments: ([x, y]) => [example(), x, y],
  })),
  front: (run): Product => (pattern, x, y) => run([x, y, pattern.crow, pattern.col], { pattern }),
});
