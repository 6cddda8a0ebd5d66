/**
 * Running results along a dim that carry more than a total: cummax, cummin, logcumsumexp.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { defineOp, type Op, type Sample } from "../op.ts";
import { checkDim } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { alongLast } from "./along.ts";
import { floating, single } from "./front.ts";
import { floats, same } from "./infer.ts";
import type { ValuesIndices } from "./extreme.ts";
import { where } from "./select.ts";
import { toChosen } from "./sort.ts";

/** What runs along a dim: of each element and all before it. */
export type RunningFunction<R> = (x: TensorLike, dim: number) => R;

const samples: readonly Sample[] = [
  { shapes: [[3, 4]], rest: [1] },
  { shapes: [[3, 4]], rest: [0] },
  { shapes: [[33]], rest: [0] },
  { shapes: [[]], rest: [0] },
  { shapes: [[2, 0]], rest: [1] },
];

function extreme(
  name: "cummax" | "cummin",
  summary: string,
): Op<RunningFunction<ValuesIndices>, undefined> {
  return defineOp({
    name,
    summary,
    infer: ([x]) => [x!.spec, x!.spec.as("int64")],
    kernel: { native: name },
    saves: "output",
    gradient: toChosen,
    samples,
    front: (run): RunningFunction<ValuesIndices> => (x, dim) => {
      const input = single(x);
      const place = checkDim(dim, input.ndim, name);
      const [values, indices] = alongLast(input, place, (rows) => run.all([rows], undefined));
      return { values: values!, indices: indices! };
    },
  });
}

/**
 * The largest element so far along a dim, and where it is: `{ values, indices }` of x's shape. Of
 * equal elements the last; NaN stays. The gradient goes to the chosen elements.
 *
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { cummax, tensor } from "@minitensor/minitensor";
 * const { values, indices } = cummax(tensor([1, 3, 2, 3]), 0);
 * console.assert(values.toArray().toString() === "1,3,3,3");
 * console.assert(indices.toArray().toString() === "0,1,1,3");
 * ```
 */
export const cummax: Op<RunningFunction<ValuesIndices>, undefined> = extreme(
  "cummax",
  "The largest element so far along a dim, and where it is.",
);

/**
 * The smallest element so far along a dim, and where it is: `{ values, indices }` of x's shape. Of
 * equal elements the last; NaN stays. The gradient goes to the chosen elements.
 *
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { cummin, tensor } from "@minitensor/minitensor";
 * console.assert(cummin(tensor([3, 1, 2]), 0).values.toArray().toString() === "3,1,1");
 * ```
 */
export const cummin: Op<RunningFunction<ValuesIndices>, undefined> = extreme(
  "cummin",
  "The smallest element so far along a dim, and where it is.",
);

/**
 * log(cumsum(exp(x))) along a dim, without overflow: a tensor of x's shape. Integers become the
 * default dtype.
 *
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { logcumsumexp, tensor } from "@minitensor/minitensor";
 * const y = logcumsumexp(tensor([1000, 1000]), 0);
 * console.assert(Math.abs(Number(y.index(1).item()) - 1000 - Math.LN2) < 1e-3);
 * ```
 */
export const logcumsumexp: Op<RunningFunction<Tensor>, undefined> = defineOp({
  name: "logcumsumexp",
  summary: "Logarithm of the running sums of exponentials along a dim, without overflow.",
  infer: floats(same),
  kernel: { native: "logcumsumexp" },
  saves: "both",
  gradient: ({ grad, inputs: [x], outputs: [y] }) => {
    const level = y!.maskedFill(y!.eq(-Infinity), 0);
    return [flow(grad, x!, level).sub(flow(grad.neg(), x!, level))];
  },
  samples,
  front: (run): RunningFunction<Tensor> => (x, dim) => {
    const input = floating(single(x));
    const place = checkDim(dim, input.ndim, "logcumsumexp");
    return alongLast(input, place, (rows) => [run([rows], undefined)])[0]!;
  },
});

/**
 * What positive gradients make of it: sums over j >= i of grad_j exp(x_i - y_j), by logarithms,
 * since exp(-y_j) alone overflows.
 */
function flow(grad: Tensor, x: Tensor, level: Tensor): Tensor {
  const last = x.ndim - 1;
  const positive = grad.gt(0);
  const logarithm = where(positive, grad, 1).log().sub(level);
  const terms = where(positive, logarithm, -Infinity).flip(last);
  return logcumsumexp(terms, last).flip(last).add(x).exp();
}
