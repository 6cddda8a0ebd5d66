/**
 * Trigonometric and hyperbolic functions and their inverses, the error function and its complement.
 *
 * @example
 * ```ts
 * import { asin, tensor } from "@minitensor/minitensor";
 * console.assert(Math.abs(Number(asin(tensor(1)).item()) - Math.PI / 2) < 1e-6);
 * ```
 *
 * @module
 */
import { type TensorLike, zerosLike } from "../create.ts";
import { defineOp, type Op } from "../op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { binaryFloat, type BinaryFunction, unaryFloat, type UnaryFunction } from "./front.ts";
import { broadcast, floats, same } from "./infer.ts";
import { mul } from "./arithmetic.ts";
import { real } from "./real.ts";
import * as reference from "./reference.ts";
import { pairsWithin, singles, singlesWithin } from "./samples.ts";
import { where } from "./select.ts";

/**
 * Sine of radians; NaN of infinities. Float result.
 * @example
 * ```ts
 * import { sin, tensor } from "@minitensor/minitensor";
 * console.assert(sin(tensor([Math.PI / 2])).item() === 1);
 * ```
 */
export const sin: Op<UnaryFunction, undefined> = real(
  "sin",
  "Sine of radians.",
  "inputs",
  ({ grad, inputs: [x] }) => [grad.mul(x!.cos())],
  Math.sin,
);

/**
 * Cosine of radians; NaN of infinities. Float result.
 *
 * @example
 * ```ts
 * import { cos } from "@minitensor/minitensor";
 * console.assert(cos([0, Math.PI]).equal([1, -1]));
 * ```
 */
export const cos: Op<UnaryFunction, undefined> = real(
  "cos",
  "Cosine of radians.",
  "inputs",
  ({ grad, inputs: [x] }) => [grad.mul(x!.sin()).neg()],
  Math.cos,
);

/**
 * Tangent of radians; NaN of infinities. Float result.
 *
 * @example
 * ```ts
 * import { tan } from "@minitensor/minitensor";
 * console.assert(Math.abs(Number(tan(Math.PI / 4).item()) - 1) < 1e-6);
 * ```
 */
export const tan: Op<UnaryFunction, undefined> = real(
  "tan",
  "Tangent of radians.",
  "output",
  ({ grad, outputs: [y] }) => [grad.mul(y!.square().add(1))],
  Math.tan,
  singlesWithin([-1.2, 1.2]),
);

/** 2/√π, the slope of erf at 0. */
const ERF_SLOPE = 2 / Math.sqrt(Math.PI);

/**
 * Error function, 2/√π times the integral of exp(-t²) from 0 to x. Float result.
 * @example
 * ```ts
 * import { erf, tensor } from "@minitensor/minitensor";
 * console.assert(erf(tensor([-Infinity, 0, Infinity])).toArray().toString() === "-1,0,1");
 * ```
 */
export const erf: Op<UnaryFunction, undefined> = real(
  "erf",
  "Error function, 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x.",
  "inputs",
  ({ grad, inputs: [x] }) => [grad.mul(x!.square().neg().exp()).mul(ERF_SLOPE)],
  reference.erf,
);

/** 1 - x², exact near 1 too. */
function complement(x: Tensor): Tensor {
  return x.neg().add(1).mul(x.add(1));
}

/**
 * Inverse sine, from -π/2 to π/2; NaN outside of -1 to 1. Float result; its gradient at -1 and 1 is
 * infinite.
 *
 * @example
 * ```ts
 * import { asin, tensor } from "@minitensor/minitensor";
 * console.assert(asin(tensor([1, 2])).allclose(tensor([Math.PI / 2, NaN]), { equalNan: true }));
 * ```
 */
export const asin: Op<UnaryFunction, undefined> = real(
  "asin",
  "Inverse sine in radians; NaN outside of -1 to 1.",
  "inputs",
  ({ grad, inputs: [x] }) => [grad.mul(complement(x!).rsqrt())],
  Math.asin,
  singlesWithin([-0.9, 0.9]),
);

/**
 * Inverse cosine, from 0 to π; NaN outside of -1 to 1. Float result; its gradient at -1 and 1 is
 * -infinite.
 *
 * @example
 * ```ts
 * import { acos, tensor } from "@minitensor/minitensor";
 * console.assert(acos(tensor([-1, 1])).allclose(tensor([Math.PI, 0])));
 * ```
 */
export const acos: Op<UnaryFunction, undefined> = real(
  "acos",
  "Inverse cosine in radians; NaN outside of -1 to 1.",
  "inputs",
  ({ grad, inputs: [x] }) => [grad.mul(complement(x!).rsqrt()).neg()],
  Math.acos,
  singlesWithin([-0.9, 0.9]),
);

/**
 * Inverse tangent, from -π/2 to π/2, which are reached at the infinities. Float result.
 *
 * @example
 * ```ts
 * import { atan, tensor } from "@minitensor/minitensor";
 * console.assert(atan(tensor([1, Infinity])).allclose(tensor([Math.PI / 4, Math.PI / 2])));
 * ```
 */
export const atan: Op<UnaryFunction, undefined> = real(
  "atan",
  "Inverse tangent in radians.",
  "inputs",
  ({ grad, inputs: [x] }) => [grad.div(x!.square().add(1))],
  Math.atan,
);

/**
 * Hyperbolic sine, (eˣ - e⁻ˣ) / 2. Float result.
 *
 * @example
 * ```ts
 * import { sinh, tensor } from "@minitensor/minitensor";
 * console.assert(sinh(tensor([0, Math.LN2])).allclose(tensor([0, 0.75])));
 * ```
 */
export const sinh: Op<UnaryFunction, undefined> = real(
  "sinh",
  "Hyperbolic sine.",
  "inputs",
  ({ grad, inputs: [x] }) => [grad.mul(x!.cosh())],
  Math.sinh,
);

/**
 * Hyperbolic cosine, (eˣ + e⁻ˣ) / 2. Float result.
 *
 * @example
 * ```ts
 * import { cosh, tensor } from "@minitensor/minitensor";
 * console.assert(cosh(tensor([0, Math.LN2])).allclose(tensor([1, 1.25])));
 * ```
 */
export const cosh: Op<UnaryFunction, undefined> = real(
  "cosh",
  "Hyperbolic cosine.",
  "inputs",
  ({ grad, inputs: [x] }) => [grad.mul(x!.sinh())],
  Math.cosh,
);

/**
 * Inverse hyperbolic sine, log(x + √(x² + 1)), without overflow. Float result.
 *
 * @example
 * ```ts
 * import { asinh, tensor } from "@minitensor/minitensor";
 * console.assert(asinh(tensor([0.75])).allclose(tensor([Math.LN2])));
 * ```
 */
export const asinh: Op<UnaryFunction, undefined> = real(
  "asinh",
  "Inverse hyperbolic sine.",
  "inputs",
  ({ grad, inputs: [x] }) => [grad.div(x!.hypot(1))], // x² + 1 would overflow
  Math.asinh,
);

/**
 * Inverse hyperbolic cosine, log(x + √(x² - 1)); NaN below 1. Float result; its gradient at 1 is
 * infinite.
 *
 * @example
 * ```ts
 * import { acosh, tensor } from "@minitensor/minitensor";
 * const y = acosh(tensor([1.25, 1, 0]));
 * console.assert(y.allclose(tensor([Math.LN2, 0, NaN]), { equalNan: true }));
 * ```
 */
export const acosh: Op<UnaryFunction, undefined> = real(
  "acosh",
  "Inverse hyperbolic cosine; NaN below 1.",
  "inputs",
  ({ grad, inputs: [x] }) => [grad.mul(x!.sub(1).rsqrt()).mul(x!.add(1).rsqrt())],
  Math.acosh,
  singlesWithin([1.2, 4]),
);

/**
 * Inverse hyperbolic tangent, log((1 + x) / (1 - x)) / 2; infinite at -1 and 1, NaN beyond. Float
 * result.
 *
 * @example
 * ```ts
 * import { atanh, tensor } from "@minitensor/minitensor";
 * console.assert(atanh(tensor([0, 1, 2])).toArray().toString() === "0,Infinity,NaN");
 * ```
 */
export const atanh: Op<UnaryFunction, undefined> = real(
  "atanh",
  "Inverse hyperbolic tangent; infinite at -1 and 1, NaN beyond.",
  "inputs",
  ({ grad, inputs: [x] }) => [grad.div(complement(x!))],
  Math.atanh,
  singlesWithin([-0.9, 0.9]),
);

/**
 * 1 - erf(x), without cancellation for large x. Float result.
 *
 * @example
 * ```ts
 * import { erf, erfc, tensor } from "@minitensor/minitensor";
 * const x = tensor([5]);
 * console.assert(Number(erfc(x).item()) > 1e-12 && Number(erf(x).item()) === 1);
 * ```
 */
export const erfc: Op<UnaryFunction, undefined> = real(
  "erfc",
  "Complement of the error function, 1 - erf(x), accurate for large x.",
  "inputs",
  ({ grad, inputs: [x] }) => [grad.mul(x!.square().neg().exp()).mul(-2 / Math.sqrt(Math.PI))],
  (x) => 1 - reference.erf(x),
  singles,
);

/**
 * Angle of the point (x, y), from -π to π: y stands first. Broadcast, float result. Signed zeros
 * count: the angle of y = -0 at x < 0 is -π. The gradient at (0, 0) is NaN.
 *
 * @example
 * ```ts
 * import { atan2, tensor } from "@minitensor/minitensor";
 * const angles = atan2(tensor([1, -1]), tensor([0, -1]));
 * console.assert(angles.allclose(tensor([Math.PI / 2, -0.75 * Math.PI])));
 * ```
 */
export const atan2: Op<BinaryFunction, undefined> = defineOp({
  name: "atan2",
  summary: "Angle of the point (x, y) in radians, from the arguments y and x.",
  infer: broadcast,
  kernel: { native: "atan2", elementwise: true },
  saves: "inputs",
  gradient: ({ grad, inputs: [y, x], needs }) => {
    const r = y!.hypot(x!); // squares would overflow
    return [
      needs[0] ? grad.mul(x!.div(r)).div(r) : null,
      needs[1] ? grad.mul(y!.div(r)).div(r).neg() : null,
    ];
  },
  reference: (y, x) => Math.atan2(y!, x!),
  samples: pairsWithin([0.2, 2], [-2, 2]),
  front: binaryFloat,
});

/** Slopes of sin(z) / z: its series near 0, where the closed form cancels. */
function sincSlope(z: Tensor): Tensor {
  const near = z.abs().lt(0.5);
  const small = where(near, z, 0);
  const squared = small.square();
  let series: Tensor = zerosLike(z);
  // The sum of (-1)^k 2k z^(2k - 1) / (2k + 1)!, from its last term.
  for (let k = 8; k >= 1; k--) {
    let term = (k % 2 === 0 ? 1 : -1) * 2 * k;
    for (let i = 2; i <= 2 * k + 1; i++) term /= i;
    series = series.mul(squared).add(term);
  }
  const large = where(near, 1, z);
  const closed = large.cos().sub(large.sin().div(large)).div(large);
  return where(near, series.mul(small), closed);
}

/**
 * sin(πx) / (πx), and 1 at 0. Float result; NaN at the infinities.
 *
 * @example
 * ```ts
 * import { sinc, tensor } from "@minitensor/minitensor";
 * console.assert(sinc(tensor([0, 0.5])).allclose(tensor([1, 2 / Math.PI])));
 * ```
 */
export const sinc: Op<UnaryFunction, undefined> = defineOp({
  name: "sinc",
  summary: "sin(pi x) / (pi x); 1 at 0.",
  infer: floats(same),
  kernel: {
    composite: ([x]) => {
      const z = x!.mul(Math.PI);
      return z.sin().div(z).maskedFill(x!.eq(0), 1);
    },
  },
  saves: "inputs",
  gradient: ({ grad, inputs: [x] }) => [grad.mul(sincSlope(x!.mul(Math.PI))).mul(Math.PI)],
  reference: (x) => x === 0 ? 1 : Math.sin(Math.PI * x!) / (Math.PI * x!),
  samples: singles,
  front: unaryFloat,
});

/**
 * Degrees as radians, x π / 180. Float result.
 *
 * @example
 * ```ts
 * import { deg2rad, tensor } from "@minitensor/minitensor";
 * console.assert(deg2rad(tensor([180n])).allclose(tensor([Math.PI])));
 * ```
 */
export function deg2rad(x: TensorLike): Tensor {
  return mul(x, Math.PI / 180);
}

/**
 * Radians as degrees, x 180 / π. Float result.
 *
 * @example
 * ```ts
 * import { rad2deg, tensor } from "@minitensor/minitensor";
 * console.assert(rad2deg(tensor([Math.PI])).allclose(tensor([180])));
 * ```
 */
export function rad2deg(x: TensorLike): Tensor {
  return mul(x, 180 / Math.PI);
}
