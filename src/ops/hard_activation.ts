/**
 * Activations made of straight pieces. Their gradient at a border between two pieces is 0.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../op.ts";
import { text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, floating, pair, promote, single, type UnaryFunction } from "./front.ts";
import { floats, same } from "./infer.ts";
import { singles, singlesWithin } from "./samples.ts";
import { clamp, where } from "./select.ts";

/** The gradient strictly between the borders, and 0 elsewhere; at NaN it passes. */
function between(grad: Tensor, x: Tensor, low: number, high: number): Tensor {
  return grad.maskedFill(x.le(low).logicalOr(x.ge(high)), 0);
}

const wide = singlesWithin([-9, 9]);

/**
 * min(max(x, 0), 6); integers stay integers, bools become floats.
 *
 * @example
 * ```ts
 * import { relu6 } from "@minitensor/minitensor";
 * console.assert(String(relu6([-1, 4, 9, NaN]).toArray()) === "0,4,6,NaN");
 * ```
 */
export const relu6: Op<UnaryFunction, undefined> = defineOp({
  name: "relu6",
  summary: "min(max(x, 0), 6).",
  infer: floats(same),
  kernel: { native: "relu6", elementwise: true },
  saves: "inputs",
  gradient: ({ grad, inputs: [x] }) => [between(grad, x!, 0, 6)],
  reference: (x) => Math.min(Math.max(x!, 0), 6),
  samples: wide,
  front: (run) => (x: TensorLike) => {
    const value = single(x);
    return value.spec.info.isInt ? clamp(value, 0, 6) : run([floating(value)], undefined);
  },
});

/**
 * Sets what is below 0 to 0 in the tensor itself, and returns it.
 *
 * @throws {GradientError} for a leaf that requires a gradient.
 * @throws {DTypeError} for bools.
 *
 * @example
 * ```ts
 * import { relu_, tensor } from "@minitensor/minitensor";
 * const x = tensor([-1, 2]);
 * console.assert(relu_(x) === x && x.equal([0, 2]));
 * ```
 */
export function relu_(x: Tensor): Tensor {
  return x.relu_();
}

/** Attributes of {@link hardtanh}, which takes them as options. */
export interface HardtanhAttributes {
  /** Lowest result. Default -1. */
  readonly minVal: number;
  /** Highest result. Default 1. */
  readonly maxVal: number;
}

/**
 * Elements limited to minVal and maxVal, -1 and 1 by default; the gradient on both is 0. NaN stays,
 * integers stay integers unless a bound is fractional.
 *
 * @throws {ArgumentError} when minVal is above maxVal.
 * @throws {DTypeError} for bools.
 *
 * @example
 * ```ts
 * import { hardtanh } from "@minitensor/minitensor";
 * console.assert(hardtanh([-3, 0.5, 3]).equal([-1, 0.5, 1]));
 * console.assert(hardtanh([-3, 3], { minVal: 0, maxVal: 2 }).equal([0, 2]));
 * ```
 */
export const hardtanh: Op<
  (x: TensorLike, options?: Partial<HardtanhAttributes>) => Tensor,
  HardtanhAttributes
> = defineOp({
  name: "hardtanh",
  summary: "min(max(x, minVal), maxVal).",
  infer: same,
  kernel: { composite: ([x], { minVal, maxVal }) => clamp(x!, minVal, maxVal) },
  saves: "inputs",
  gradient: ({ grad, inputs: [x], attributes: { minVal, maxVal } }) => [
    between(grad, x!, minVal, maxVal),
  ],
  reference: (x) => Math.min(Math.max(x!, -1), 1),
  samples: singles,
  front: (run) => (x: TensorLike, options: Partial<HardtanhAttributes> = {}) => {
    checkOptions(options, ["minVal", "maxVal"], "hardtanh");
    const { minVal = -1, maxVal = 1 } = options;
    if (!(minVal <= maxVal)) {
      throw new ArgumentError(
        `Cannot hardtanh with minVal ${minVal} and maxVal ${maxVal}: minVal is the lower one`,
        { op: "hardtanh" },
      );
    }
    return run([single(x)], { minVal, maxVal });
  },
});

/**
 * min(max(x + 3, 0), 6) / 6; float result.
 *
 * @example
 * ```ts
 * import { hardsigmoid } from "@minitensor/minitensor";
 * console.assert(hardsigmoid([-3, 0, 1.5, 3]).equal([0, 0.5, 0.75, 1]));
 * ```
 */
export const hardsigmoid: Op<UnaryFunction, undefined> = defineOp({
  name: "hardsigmoid",
  summary: "min(max(x + 3, 0), 6) / 6.",
  infer: floats(same),
  kernel: { composite: ([x]) => clamp(x!.add(3), 0, 6).div(6) },
  saves: "inputs",
  gradient: ({ grad, inputs: [x] }) => [between(grad.div(6), x!, -3, 3)],
  reference: (x) => Math.min(Math.max(x! + 3, 0), 6) / 6,
  samples: wide,
  front: (run) => (x: TensorLike) => run([floating(single(x))], undefined),
});

/**
 * x hardsigmoid(x), which is 0 up to -3 and x from 3 on (Howard et al. 2019); float result, NaN at
 * -infinity.
 *
 * @example
 * ```ts
 * import { hardswish } from "@minitensor/minitensor";
 * console.assert(hardswish([-5, -1.5, 5]).equal([0, -0.375, 5]));
 * ```
 */
export const hardswish: Op<UnaryFunction, undefined> = defineOp({
  name: "hardswish",
  summary: "x * min(max(x + 3, 0), 6) / 6 (Howard et al. 2019).",
  infer: floats(same),
  kernel: { native: "hardswish", elementwise: true },
  saves: "inputs",
  gradient: ({ grad, inputs: [x] }) => {
    const middle = grad.mul(x!.div(3).add(0.5));
    return [where(x!.ge(3), grad, middle).maskedFill(x!.le(-3), 0)];
  },
  reference: (x) => x! * Math.min(Math.max(x! + 3, 0), 6) / 6,
  samples: wide,
  front: (run) => (x: TensorLike) => run([floating(single(x))], undefined),
});

/** Options of {@link hardshrink} and {@link softshrink}. */
export interface ShrinkOptions {
  /** What is that near to 0 becomes 0. Default 0.5. */
  readonly lambd?: number;
}

function lambdOf(options: ShrinkOptions, op: string): number {
  checkOptions(options, ["lambd"], op);
  const { lambd = 0.5 } = options;
  if (!(lambd >= 0)) {
    throw new ArgumentError(`Cannot ${op} with lambd ${lambd}: it must not be negative`, { op });
  }
  return lambd;
}

/**
 * x, but 0 where |x| <= lambd. NaN stays.
 *
 * @throws {ArgumentError} when lambd is negative.
 *
 * @example
 * ```ts
 * import { hardshrink, tensor } from "@minitensor/minitensor";
 * console.assert(hardshrink(tensor([-2, 0.5, 1])).toArray().toString() === "-2,0,1");
 * ```
 */
export function hardshrink(x: TensorLike, options: ShrinkOptions = {}): Tensor {
  const lambd = lambdOf(options, "hardshrink");
  const value = floating(single(x));
  return value.maskedFill(value.abs().le(lambd), 0);
}

/**
 * x made smaller in magnitude by lambd; 0 where that would cross 0. NaN stays.
 *
 * @throws {ArgumentError} when lambd is negative.
 *
 * @example
 * ```ts
 * import { softshrink, tensor } from "@minitensor/minitensor";
 * console.assert(softshrink(tensor([-2, 0.5, 1])).toArray().toString() === "-1.5,0,0.5");
 * ```
 */
export function softshrink(x: TensorLike, options: ShrinkOptions = {}): Tensor {
  const lambd = lambdOf(options, "softshrink");
  const value = floating(single(x));
  const near = value.abs().le(lambd);
  return value.sub(clamp(value.detach(), -lambd, lambd)).maskedFill(near, 0);
}

/**
 * x where it is above the threshold, `value` elsewhere. NaN stays.
 *
 * @example
 * ```ts
 * import { tensor, threshold } from "@minitensor/minitensor";
 * console.assert(threshold(tensor([1, 2, 3]), 2, -1).toArray().toString() === "-1,-1,3");
 * ```
 */
export function threshold(x: TensorLike, limit: number, value: number): Tensor {
  const [input, other] = pair(x, value, false);
  return where(input!.le(limit), other!, input!);
}

/**
 * x above 0, weight x elsewhere.
 *
 * @param x [N, C, ...]; of rank 0 and 1 only with a single weight.
 * @param weight A single weight, or one for each of the C channels.
 * @returns As x; float.
 * @throws {ShapeError} when the weights do not fit the channels.
 *
 * @example
 * ```ts
 * import { prelu, tensor } from "@minitensor/minitensor";
 * const out = prelu(tensor([[-2, 2]]), tensor([0.5, 0.25]));
 * console.assert(out.toArray().toString() === "-1,2");
 * ```
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  const [value, slopes] = promote([x, weight], true);
  const count = slopes!.numel();
  const channels = value!.ndim >= 2 ? value!.shape[1]! : 1;
  if (slopes!.ndim > 1 || (count !== 1 && count !== channels)) {
    throw new ShapeError(
      `Cannot prelu a tensor of shape ${text(x.shape)} with weights of shape ${
        text(weight.shape)
      }: there is one weight, or one for each of ${channels} channels`,
      { op: "prelu" },
    );
  }
  const trailing = Math.max(0, value!.ndim - 2);
  const slope = count === 1
    ? slopes!.reshape([])
    : slopes!.reshape([count, ...new Array<number>(trailing).fill(1)]);
  return where(value!.gt(0), value!, value!.mul(slope));
}
