/**
 * Products with logarithms that are 0 where their factor is.
 *
 * @module
 */
import { defineOp, type Op } from "../op.ts";
import { binaryFloat, type BinaryFunction, unaryFloat, type UnaryFunction } from "../ops/front.ts";
import { broadcast, floats, same } from "../ops/infer.ts";
import { log1p } from "../ops/exponential.ts";
import { pairsWithin, singlesWithin } from "../ops/samples.ts";
import { where } from "../ops/select.ts";

/**
 * -x log(x), the terms of an entropy: 0 at 0, -infinity below; NaN stays. Integers become
 * floating-point. The slope, -log(x) - 1, is infinite at 0.
 *
 * @example
 * ```ts
 * import { special } from "@minitensor/minitensor";
 * console.assert(special.entr([0.5, 0.5]).sum().sub(Math.LN2).abs().le(1e-6).item() === true);
 * console.assert(special.entr([0, -1]).toArray().toString() === "0,-Infinity");
 * ```
 */
export const entr: Op<UnaryFunction, undefined> = defineOp({
  name: "entr",
  summary: "-x log(x), a term of an entropy; 0 at 0, -infinity below.",
  infer: floats(same),
  kernel: {
    composite: ([x]) => {
      const inside = x!.neg().mul(x!.log()).maskedFill(x!.eq(0), 0);
      return inside.maskedFill(x!.lt(0), -Infinity);
    },
  },
  saves: "inputs",
  gradient: ({ grad, inputs: [x] }) => [grad.mul(x!.log().add(1)).neg()],
  reference: (x) => -x! * Math.log(x!),
  samples: singlesWithin([0.1, 3]),
  front: unaryFloat,
});

/**
 * x log(1 + y), and 0 where x is 0, unless y is NaN: for probabilities, where 0 log(0) is to be 0.
 * The arguments broadcast.
 *
 * @example
 * ```ts
 * import { special } from "@minitensor/minitensor";
 * console.assert(special.xlog1py([0, 2], [-1, 0]).toArray().toString() === "0,0");
 * console.assert(Number.isNaN(special.xlog1py(0, NaN).item()));
 * ```
 */
export const xlog1py: Op<BinaryFunction, undefined> = defineOp({
  name: "xlog1py",
  summary: "x * log(1 + y); 0 where x is 0, unless y is NaN.",
  infer: broadcast,
  kernel: {
    composite: ([x, y]) =>
      where(x!.eq(0).logicalAnd(y!.isnan().logicalNot()), 0, x!.mul(log1p(y!))),
  },
  saves: "inputs",
  gradient: ({ grad, inputs: [x, y], needs }) => [
    needs[0] ? grad.mul(log1p(y!).maskedFill(x!.eq(0).logicalAnd(y!.le(-1)), 0)) : null,
    needs[1] ? grad.mul(x!.div(y!.add(1))) : null,
  ],
  reference: (x, y) => x! * Math.log1p(y!),
  samples: pairsWithin([-2, 2], [-0.5, 2]),
  front: binaryFloat,
});
