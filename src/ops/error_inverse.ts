/**
 * The inverse of the error function.
 *
 * @module
 */
import { defineOp, type Op } from "../op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { unaryFloat, type UnaryFunction } from "./front.ts";
import { floats, same } from "./infer.ts";
import { erf } from "./reference.ts";
import { singlesWithin } from "./samples.ts";
import { where } from "./select.ts";

/** Coefficients for w = -log(1 - x²) below 5 and for its root above (Giles 2010). */
const CENTRE: readonly number[] = [
  2.81022636e-8,
  3.43273939e-7,
  -3.5233877e-6,
  -4.39150654e-6,
  0.00021858087,
  -0.00125372503,
  -0.00417768164,
  0.246640727,
  1.50140941,
];
const TAIL: readonly number[] = [
  -0.000200214257,
  0.000100950558,
  0.00134934322,
  -0.00367342844,
  0.00573950773,
  -0.0076224613,
  0.00943887047,
  1.00167406,
  2.83297682,
];

function polynomial(x: Tensor, coefficients: readonly number[]): Tensor {
  return coefficients.slice(1).reduce(
    (sum, c) => sum.mul(x).add(c),
    x.mul(0).add(coefficients[0]!),
  );
}

/** From what is missing to 1 where that is tiny: the root of rest = exp(-y²) / (y sqrt(pi)). */
function farthest(rest: Tensor): Tensor {
  const level = rest.log().neg().sub(Math.log(Math.PI) / 2);
  const first = level.clamp(1, null).sqrt();
  return level.sub(first.log()).clamp(1, null).sqrt();
}

/** A first value, right to some digits, and steps of Halley's method towards the root. */
function inverse(x: Tensor): Tensor {
  const size = x.abs();
  const rest = size.neg().add(1); // exact where it matters, near 1
  const w = rest.mul(size.add(1)).log().neg();
  const near = polynomial(w.sub(2.5), CENTRE);
  const far = polynomial(w.sqrt().sub(3), TAIL);
  let y = where(w.lt(5), near, where(w.lt(16), far, farthest(rest))).mul(size);
  for (let step = 0; step < (x.dtype === "float32" ? 2 : 3); step++) {
    // Near 1 the complements are compared: the values themselves are too much alike.
    const gap = where(size.lt(0.5), y.erf().sub(size), rest.sub(y.erfc()));
    const newton = gap.mul(y.square().exp()).mul(Math.sqrt(Math.PI) / 2);
    y = y.sub(newton.div(newton.mul(y).add(1)));
  }
  const bounded = y.maskedFill(size.eq(1), Infinity).maskedFill(size.gt(1), NaN);
  return where(x.lt(0), bounded.neg(), bounded);
}

/**
 * The number whose error function is x; infinite at -1 and 1, NaN beyond. Float result.
 *
 * @example
 * ```ts
 * import { erf, erfinv } from "@minitensor/minitensor";
 * console.assert(erf(erfinv([-0.5, 0.9])).allclose([-0.5, 0.9]));
 * console.assert(String(erfinv([-1, 0, 2]).toArray()) === "-Infinity,0,NaN");
 * ```
 */
export const erfinv: Op<UnaryFunction, undefined> = defineOp({
  name: "erfinv",
  summary: "Inverse of the error function; infinite at -1 and 1, NaN beyond.",
  infer: floats(same),
  kernel: { composite: ([x]) => inverse(x!) },
  saves: "output",
  gradient: ({ grad, outputs: [y] }) => [
    grad.mul(y!.square().exp()).mul(Math.sqrt(Math.PI) / 2),
  ],
  reference: (x) => {
    let [low, high] = [-4, 4];
    for (let i = 0; i < 80; i++) {
      const middle = (low + high) / 2;
      if (erf(middle) < x!) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  },
  samples: singlesWithin([-0.9, 0.9]),
  front: unaryFloat,
});
