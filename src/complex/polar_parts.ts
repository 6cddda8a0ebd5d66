/**
 * Magnitude and angle as ops of their own, with gradients that are 0 at 0.
 *
 * @module
 */
import { defineOp, type Op } from "../op.ts";
import { binaryFloat, type BinaryFunction } from "../ops/front.ts";
import { broadcast } from "../ops/infer.ts";
import { pairs } from "../ops/samples.ts";
import { where } from "../ops/select.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** x / r, and 0 where r is. */
function share(x: Tensor, r: Tensor): Tensor {
  const zero = r.eq(0);
  return where(zero, 0, x.div(where(zero, 1, r)));
}

/** |x + i y|, without overflow on the way. */
export const magnitude: Op<BinaryFunction, undefined> = defineOp({
  name: "magnitude",
  summary: "Magnitude of complex numbers by their parts; its gradient is 0 at 0.",
  infer: broadcast,
  kernel: { native: "hypot", elementwise: true },
  saves: "both",
  gradient: ({ grad, inputs: [x, y], outputs: [r] }) => [
    grad.mul(share(x!, r!)),
    grad.mul(share(y!, r!)),
  ],
  reference: (x, y) => Math.hypot(x!, y!),
  samples: pairs,
  front: binaryFloat,
});

/** The angle of x + i y, from -π to π; the imaginary part stands first. */
export const phase: Op<BinaryFunction, undefined> = defineOp({
  name: "phase",
  summary: "Angle of complex numbers by their imaginary and real parts; its gradient is 0 at 0.",
  infer: broadcast,
  kernel: { native: "atan2", elementwise: true },
  saves: "inputs",
  gradient: ({ grad, inputs: [y, x] }) => {
    const r = magnitude(x!, y!); // squares would overflow
    return [grad.mul(share(share(x!, r), r)), grad.mul(share(share(y!, r), r)).neg()];
  },
  reference: (y, x) => Math.atan2(y!, x!),
  samples: pairs,
  front: binaryFloat,
});
