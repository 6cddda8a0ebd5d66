/**
 * Products with logarithms that are 0 where their factor is.
 *
 * @module
 */
import { defineOp, type Op } from "../op.ts";
import { binaryFloat, type BinaryFunction, unaryFloat, type UnaryFunction } from "../ops/front.ts";
import { broadcast, floats, same } from "../ops/infer.ts";
import { log1p } from "../ops/math.ts";
import { pairsWithin, singlesWithin } from "../ops/samples.ts";
import { where } from "../ops/select.ts";

/** -x log(x), the terms of an entropy: 0 at 0, -infinity below. */
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

/** x log(1 + y), and 0 where x is 0, unless y is NaN. */
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
