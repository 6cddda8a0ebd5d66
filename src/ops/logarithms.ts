/**
 * Logarithms of sums, products and odds, in forms that do not overflow.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { ArgumentError } from "../errors.ts";
import { defineOp, type Op } from "../op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  binaryFloat,
  type BinaryFunction,
  checkOptions,
  unaryFloat,
  type UnaryFunction,
} from "./front.ts";
import { broadcast, floats, same } from "./infer.ts";
import { pairs, pairsWithin, singlesWithin } from "./samples.ts";
import { clamp, where } from "./select.ts";

/** x - y, and 0 where they are equal: of equal infinities too. */
function gap(x: Tensor, y: Tensor): Tensor {
  return where(x.eq(y), 0, x.sub(y));
}

/** The share of x in e^(x scale) + e^(y scale), and nothing where both are -inf. */
function share(x: Tensor, y: Tensor, scale: number): Tensor {
  const none = x.eq(-Infinity).logicalAnd(y.eq(-Infinity));
  return gap(x, y).mul(scale).sigmoid().maskedFill(none, 0);
}

function sumOfPowers(
  name: "logaddexp" | "logaddexp2",
  summary: string,
  base: number,
): Op<BinaryFunction, undefined> {
  const scale = Math.log(base);
  return defineOp({
    name,
    summary,
    infer: broadcast,
    kernel: {
      composite: ([x, y]) => {
        const rest = gap(x!, y!).abs().mul(-scale).exp().log1p().div(scale);
        return x!.maximum(y!).add(rest);
      },
    },
    saves: "inputs",
    gradient: ({ grad, inputs: [x, y], needs }) => [
      needs[0] ? grad.mul(share(x!, y!, scale)) : null,
      needs[1] ? grad.mul(share(y!, x!, scale)) : null,
    ],
    reference: (x, y) => Math.log(base ** x! + base ** y!) / scale,
    samples: pairs,
    front: binaryFloat,
  });
}

/**
 * log(eˣ + eʸ) without overflow, broadcast; float result. Of two -inf, -inf with gradient 0.
 *
 * @example
 * ```ts
 * import { logaddexp, tensor } from "@minitensor/minitensor";
 * const p = logaddexp(tensor([1000]), tensor([1000]));
 * console.assert(p.allclose(tensor([1000 + Math.LN2])));
 * console.assert(logaddexp(tensor([-Infinity]), 3).item() === 3);
 * ```
 */
export const logaddexp: Op<BinaryFunction, undefined> = sumOfPowers(
  "logaddexp",
  "log(exp(x) + exp(y)), without overflow; of two -inf, -inf with gradient 0.",
  Math.E,
);

/**
 * log₂(2ˣ + 2ʸ) without overflow, broadcast; float result. Of two -inf, -inf with gradient 0.
 *
 * @example
 * ```ts
 * import { logaddexp2, tensor } from "@minitensor/minitensor";
 * console.assert(logaddexp2(tensor([3, 500]), tensor([3, 500])).toArray().toString() === "4,501");
 * ```
 */
export const logaddexp2: Op<BinaryFunction, undefined> = sumOfPowers(
  "logaddexp2",
  "log2(2^x + 2^y), without overflow; of two -inf, -inf with gradient 0.",
  2,
);

/**
 * x log(y), and 0 where x is 0, unless y is NaN; broadcast, float result. The gradient of such a 0
 * in x is 0 where y is not above 0.
 *
 * @example
 * ```ts
 * import { tensor, xlogy } from "@minitensor/minitensor";
 * const p = tensor([0, 0.5, 0.5]); // an entropy in bits
 * console.assert(xlogy(p, p).sum().div(-Math.LN2).allclose(tensor(1)));
 * ```
 */
export const xlogy: Op<BinaryFunction, undefined> = defineOp({
  name: "xlogy",
  summary: "x * log(y); 0 where x is 0, unless y is NaN.",
  infer: broadcast,
  kernel: {
    composite: ([x, y]) => where(x!.eq(0).logicalAnd(y!.isnan().logicalNot()), 0, x!.mul(y!.log())),
  },
  saves: "inputs",
  gradient: ({ grad, inputs: [x, y], needs }) => [
    needs[0] ? grad.mul(y!.log().maskedFill(x!.eq(0).logicalAnd(y!.le(0)), 0)) : null,
    needs[1] ? grad.mul(x!.div(y!)) : null,
  ],
  reference: (x, y) => x! * Math.log(y!),
  samples: pairsWithin([-2, 2], [0.5, 2]),
  front: binaryFloat,
});

/** log(x / (1 - x)), of values that are within 0 and 1 or not. */
const logOdds: Op<UnaryFunction, undefined> = defineOp({
  name: "logit",
  summary: "log(x / (1 - x)); infinite at 0 and 1, NaN beyond.",
  infer: floats(same),
  kernel: { composite: ([x]) => x!.div(x!.neg().add(1)).log() },
  saves: "inputs",
  gradient: ({ grad, inputs: [x] }) => {
    const slope = grad.div(x!.mul(x!.neg().add(1)));
    return [slope.maskedFill(x!.lt(0).logicalOr(x!.gt(1)), NaN)];
  },
  reference: (x) => Math.log(x! / (1 - x!)),
  samples: singlesWithin([0.1, 0.9]),
  front: unaryFloat,
});

/** Options of {@link logit}. */
export interface LogitOptions {
  /** Values are kept within eps and 1 - eps first; null or absent: not. */
  readonly eps?: number | null;
}

/**
 * log(x / (1 - x)), the inverse of sigmoid; infinite at 0 and 1, NaN beyond, unless `eps` keeps the
 * values away from there.
 *
 * @throws {ArgumentError} unless eps is 0 to 0.5.
 *
 * @example
 * ```ts
 * import { logit, tensor } from "@minitensor/minitensor";
 * console.assert(logit(tensor([0.5])).item() === 0);
 * console.assert(logit(tensor([1]), { eps: 0.1 }).isfinite().item() === true);
 * ```
 */
export function logit(x: TensorLike, options: LogitOptions = {}): Tensor {
  checkOptions(options, ["eps"], "logit");
  const eps = options.eps ?? null;
  if (eps === null) return logOdds(x);
  if (!(eps >= 0 && eps <= 0.5)) {
    throw new ArgumentError(`Cannot logit with eps ${eps}: it is 0 to 0.5`, { op: "logit" });
  }
  return logOdds(clamp(x, eps, 1 - eps));
}
