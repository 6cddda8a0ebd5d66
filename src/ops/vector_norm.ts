/**
 * Lengths of vectors.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { ArgumentError } from "../errors.ts";
import { defineOp, type Op } from "../op.ts";
import { checkDim, dimsOf } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { abs, sign } from "./math.ts";
import { floating, single } from "./front.ts";
import { back, dimMask, floats, type ReduceAttributes, reduced, reducedNonEmpty } from "./infer.ts";
import { amax, amin, sum } from "./reduction.ts";
import { maskedFill, where } from "./select.ts";
import { rootOfSquares } from "./variance.ts";

interface PowerAttributes extends ReduceAttributes {
  readonly p: number;
}

/** Sum of squares, added up in float64 whatever the dtype. */
const sumSquares: Op<(x: Tensor, attributes: ReduceAttributes) => Tensor, ReduceAttributes> =
  defineOp({
    name: "sumSquares",
    summary: "Sum of the squares of the elements, of all or along dims; of none 0.",
    infer: floats(reduced),
    kernel: { native: "sumSquares", encode: dimMask },
    saves: "inputs",
    gradient: ({ grad, inputs: [x], attributes }) => [
      x!.mul(back(grad, x!.spec, attributes).mul(2)),
    ],
    samples: [
      { shapes: [[3, 4]], rest: [{ dims: [1], keepdim: false }] },
      { shapes: [[3, 4]], rest: [{ dims: [0, 1], keepdim: true }] },
      { shapes: [[2, 0]], rest: [{ dims: [1], keepdim: false }] },
    ],
    front: (run) => (x: Tensor, attributes: ReduceAttributes) => run([x], attributes),
  });

/** The p-norm for powers that have no simpler way; its gradient is 0 where it is 0. */
const powerNorm: Op<(x: Tensor, attributes: PowerAttributes) => Tensor, PowerAttributes> = defineOp(
  {
    name: "powerNorm",
    summary: "The sum of |x|^p to the power of 1/p, with gradient 0 at 0.",
    infer: floats(reduced),
    kernel: {
      composite: ([x], { dims, keepdim, p }) => sum(abs(x!).pow(p), dims, { keepdim }).pow(1 / p),
    },
    saves: "both",
    gradient: ({ grad, inputs: [x], outputs: [y], attributes }) => {
      const level = back(y!, x!.spec, attributes);
      const isZero = level.eq(0);
      const scale = back(grad, x!.spec, attributes).div(
        maskedFill(level, isZero, 1).pow(attributes.p - 1),
      );
      const size = maskedFill(abs(x!), x!.eq(0), 1).pow(attributes.p - 1);
      return [where(isZero, 0, scale).mul(sign(x!)).mul(size)];
    },
    samples: [
      { shapes: [[3, 4]], rest: [{ dims: [1], keepdim: false, p: 3 }] },
      { shapes: [[3, 4]], rest: [{ dims: [0, 1], keepdim: true, p: 1.5 }] },
    ],
    front: (run) => (x: Tensor, attributes: PowerAttributes) => run([x], attributes),
  },
);

/** The p-norm of a floating-point tensor; p is a number. */
export function pNorm(x: Tensor, p: number, attributes: ReduceAttributes): Tensor {
  const { dims, keepdim } = attributes;
  if (p === 2) return rootOfSquares(sumSquares(x, attributes));
  if (p === 1) return sum(abs(x), dims, { keepdim });
  if (p === 0) return sum(x.ne(0), dims, { keepdim }).to(x.dtype);
  if (Math.abs(p) === Infinity) reducedNonEmpty([x], attributes, "norm");
  if (p === Infinity) return amax(abs(x), dims, { keepdim });
  if (p === -Infinity) return amin(abs(x), dims, { keepdim });
  return powerNorm(x, { dims, keepdim, p });
}

/**
 * x with each slice along a dim whose p-norm exceeds `maxnorm` scaled down to it.
 *
 * @throws {ArgumentError} when p is not above 0, or maxnorm below 0.
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { renorm, tensor } from "@minitensor/minitensor";
 * const y = renorm(tensor([[3, 4], [0, 1]]), 2, 0, 1);
 * console.assert(Math.abs(Number(y.index(0, 1).item()) - 0.8) < 1e-6);
 * ```
 */
export function renorm(x: TensorLike, p: number, dim: number, maxnorm: number): Tensor {
  if (!(p > 0) || !(maxnorm >= 0)) {
    throw new ArgumentError(
      `Cannot renorm with p = ${p} and maxnorm = ${maxnorm}: p must be above 0, maxnorm 0 or more`,
      { op: "renorm" },
    );
  }
  const input = floating(single(x));
  const place = checkDim(dim, input.ndim, "renorm");
  const dims = dimsOf(input.ndim).filter((i) => i !== place);
  const lengths = pNorm(input, p, { dims, keepdim: true });
  // The small number is PyTorch's.
  return input.mul(where(lengths.gt(maxnorm), lengths.add(1e-7).reciprocal().mul(maxnorm), 1));
}
