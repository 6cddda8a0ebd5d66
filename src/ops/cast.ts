/**
 * Conversion between dtypes.
 *
 * @module
 */
import { type DType, dtypeInfo } from "../dtype.ts";
import { defineOp, type Op } from "../op.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Converts to a dtype; a tensor that has it already is returned as it is. */
export const cast: Op<(x: Tensor, dtype: DType) => Tensor, { dtype: DType }> = defineOp({
  name: "cast",
  summary:
    "The elements in another dtype: truncated and saturated towards integers, x != 0 towards bool.",
  infer: ([x], { dtype }) => x!.spec.as(dtype),
  kernel: { native: "cast", elementwise: true },
  saves: "none",
  gradient: ({ grad, specs: [x] }) => [cast(grad, x!.dtype)],
  samples: [
    { shapes: [[2, 3]], dtypes: ["float32"], rest: ["float64"] },
    { shapes: [[4]], dtypes: ["int64"], rest: ["float32"] },
    { shapes: [[0, 2]], dtypes: ["int32"], rest: ["float32"] },
  ],
  front: (run) => (x: Tensor, dtype: DType) =>
    dtypeInfo(dtype).name === x.dtype ? x : run([x], { dtype }),
});
