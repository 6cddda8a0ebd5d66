/**
 * Running sums and products along a dim: cumsum, cumprod.
 *
 * @module
 */
import type { DType } from "../dtype.ts";
import { defineOp, type Op, type OpRunner, type Sample } from "../op.ts";
import { checkDim } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions } from "./front.ts";
import type { DimAttributes } from "./infer.ts";
import { computeIn } from "./total.ts";

/** Options of running sums and products. */
export interface ScanOptions {
  /** Dtype that the elements are converted to first; the result has it too. */
  readonly dtype?: DType;
}

/** A running sum or product along a dim. */
export type ScanFunction = (x: Tensor, dim: number, options?: ScanOptions) => Tensor;

/** Runs a scan in the dtype that the options ask for. */
function scanning(name: string, run: OpRunner<DimAttributes>): ScanFunction {
  return (x, dim, options = {}) => {
    checkOptions(options, ["dtype"], name);
    const attributes = { dim: checkDim(dim, x.ndim, name) };
    return computeIn(options.dtype, x, (input) => run([input], attributes));
  };
}

const scanSamples: readonly Sample[] = [
  { shapes: [[3, 4]], rest: [1] },
  { shapes: [[3, 4]], rest: [0] },
  { shapes: [[33]], rest: [0] },
  { shapes: [[2, 0]], rest: [1] },
];

/**
 * Running sums along a dim. Integers and bool give int64, unless a dtype is asked for.
 *
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { cumsum, tensor } from "@minitensor/minitensor";
 * console.assert(cumsum(tensor([1, 2, 3]), 0).toArray().toString() === "1,3,6");
 * ```
 */
export const cumsum: Op<ScanFunction, DimAttributes> = defineOp({
  name: "cumsum",
  summary: "Running sums along a dim.",
  infer: ([x]) => x!.spec.info.isFloat ? x!.spec : x!.spec.as("int64"),
  kernel: { native: "cumsum", encode: ({ dim }) => [dim] },
  saves: "none",
  gradient: ({ grad, attributes: { dim } }) => [cumsum(grad.flip(dim), dim).flip(dim)],
  samples: scanSamples,
  front: (run) => scanning("cumsum", run),
});

/**
 * Running products along a dim. Integers and bool give int64, unless a dtype is asked for.
 *
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { cumprod, tensor } from "@minitensor/minitensor";
 * console.assert(cumprod(tensor([1, 2, 3]), 0).toArray().toString() === "1,2,6");
 * ```
 */
export const cumprod: Op<ScanFunction, DimAttributes> = defineOp({
  name: "cumprod",
  summary: "Running products along a dim.",
  infer: ([x]) => x!.spec.info.isFloat ? x!.spec : x!.spec.as("int64"),
  kernel: { native: "cumprod", encode: ({ dim }) => [dim] },
  saves: "inputs",
  gradient: ({ grad, inputs: [x], attributes: { dim } }) => [cumprodGradient(grad, x!, dim)],
  samples: scanSamples,
  front: (run) => scanning("cumprod", run),
});

/**
 * d y_j / d x_i is the product of x_0..x_j without x_i, for j >= i: laid out as a matrix per row, so that zeros are
 * no trouble. Quadratic in the dim's size, as exactness at zeros costs.
 */
function cumprodGradient(grad: Tensor, x: Tensor, dim: number): Tensor {
  const rows = x.movedim(dim, -1);
  const count = rows.shape.at(-1) ?? 1;
  if (count === 0) return x.newZeros(x.shape);
  const last = rows.ndim;
  // Row i of the matrix holds x with 1 in place i; its running products from i on are the derivatives.
  const eye = eyeLike(x, count);
  const without = rows.unsqueeze(last - 1).mul(eye.neg().add(1)).add(eye);
  const derivatives = without.cumprod(last).mul(eyeLike(x, count).newOnes([count, count]).triu());
  const flow = derivatives.mul(grad.movedim(dim, -1).unsqueeze(last - 1)).sum(last);
  return flow.movedim(-1, dim);
}

function eyeLike(x: Tensor, count: number): Tensor {
  return x.newOnes([count, count]).triu().tril();
}
