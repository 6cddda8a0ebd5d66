/**
 * Weighted sums of a few elements at places of their own, the same ones in all channels. The op is
 * linear in the elements and in the weights, and so are its gradients: the three are each other's.
 *
 * @module
 */
import { defineOp, type Op } from "../op.ts";
import { type Shape, specOf } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { contiguous } from "./copy.ts";
import { requireFloat } from "./infer.ts";

const dtypes = ["float", "int32", "float"] as const;
const ranges = [[-2, 2], [-1, 6], [-2, 2]] as const;

/** Sum over t of weight[n, t, p] x[n, c, index[n, t, p]]; an index below 0 is no tap. */
export const sampleTaps: Op<(x: Tensor, index: Tensor, weight: Tensor) => Tensor, undefined> =
  defineOp({
    name: "sampleTaps",
    summary: "Sums of weighted elements at indices, the same ones in all channels.",
    infer: ([x, index], _, name) => {
      requireFloat(x!, name);
      return specOf([x!.shape[0]!, x!.shape[1]!, index!.shape[2]!], x!.dtype);
    },
    kernel: { native: "sampleTaps" },
    saves: "inputs",
    gradient: ({ grad, inputs: [x, index, weight], needs }) => [
      needs[0] ? sampleTapsInputGradient(grad, index!, weight!, x!.shape) : null,
      null,
      needs[2] ? sampleTapsWeightGradient(grad, x!, index!) : null,
    ],
    samples: [
      { shapes: [[2, 3, 6], [2, 4, 5], [2, 4, 5]], dtypes, ranges },
      { shapes: [[1, 5, 6], [1, 1, 3], [1, 1, 3]], dtypes, ranges },
    ],
    front: (run) => (x, index, weight) => run([x, index, weight].map(contiguous), undefined),
  });

/** Gradient of {@link sampleTaps} for the elements. */
const sampleTapsInputGradient: Op<
  (grad: Tensor, index: Tensor, weight: Tensor, shape: Shape) => Tensor,
  { readonly shape: Shape }
> = defineOp({
  name: "sampleTapsInputGradient",
  summary: "Every place's gradient added to its taps.",
  infer: ([grad], { shape }) => specOf(shape, grad!.dtype),
  kernel: { native: "sampleTapsInputGradient" },
  saves: "inputs",
  gradient: ({ grad, inputs: [g, index, weight], needs }) => [
    needs[0] ? sampleTaps(grad, index!, weight!) : null,
    null,
    needs[2] ? sampleTapsWeightGradient(g!, grad, index!) : null,
  ],
  samples: [
    { shapes: [[2, 3, 5], [2, 4, 5], [2, 4, 5]], dtypes, ranges, rest: [[2, 3, 6]] },
  ],
  front: (run) => (grad, index, weight, shape) =>
    run([grad, index, weight].map(contiguous), { shape }),
});

/** Gradient of {@link sampleTaps} for the weights. */
const sampleTapsWeightGradient: Op<
  (grad: Tensor, x: Tensor, index: Tensor) => Tensor,
  undefined
> = defineOp({
  name: "sampleTapsWeightGradient",
  summary: "Products of every place's gradient and its taps, added up over the channels.",
  infer: ([grad, , index]) => specOf(index!.shape, grad!.dtype),
  kernel: { native: "sampleTapsWeightGradient" },
  saves: "inputs",
  gradient: ({ grad, inputs: [g, x, index], needs }) => [
    needs[0] ? sampleTaps(x!, index!, grad) : null,
    needs[1] ? sampleTapsInputGradient(g!, index!, grad, x!.shape) : null,
    null,
  ],
  samples: [{
    shapes: [[2, 3, 5], [2, 3, 6], [2, 4, 5]],
    dtypes: ["float", "float", "int32"],
    ranges: [[-2, 2], [-2, 2], [-1, 6]],
  }],
  front: (run) => (grad, x, index) => run([grad, x, index].map(contiguous), undefined),
});
