/**
 * Ops that choose between values: where, clamp, maskedFill.
 *
 * @module
 */
import { ArgumentError, DTypeError } from "../errors.ts";
import { ANY_NARROW, defineOp, type Op } from "../op.ts";
import { broadcastPair, specOf } from "../shape.ts";
import type { TensorLike } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { floating, operand, pair, single } from "./front.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import { same } from "./infer.ts";

/**
 * Elements of `x` where the condition holds, of `y` elsewhere; all three broadcast, and the dtypes
 * of x and y meet in the higher. The branch that is not chosen gets gradient 0; a function before
 * it whose slope is infinite there makes that NaN.
 *
 * @throws {DTypeError} when the condition is not bool.
 * @throws {ShapeError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { tensor, where } from "@minitensor/minitensor";
 * const x = tensor([-2, 3, NaN]);
 * console.assert(where(x.gt(0), x, 0).toArray().toString() === "0,3,0");
 * ```
 */
export const where: Op<(condition: Tensor, x: TensorLike, y: TensorLike) => Tensor, undefined> =
  defineOp({
    name: "where",
    summary: "Elements of x where the condition holds, of y elsewhere.",
    infer: ([condition, x, y], _, name) => {
      const branches = broadcastPair(x!.shape, y!.shape, name);
      return specOf(broadcastPair(condition!.shape, branches, name), x!.dtype);
    },
    kernel: { native: "where", elementwise: true, narrow: ANY_NARROW },
    saves: "inputs",
    gradient: ({ grad, inputs: [condition], needs }) => [
      null,
      needs[1] ? where(condition!, grad, 0) : null,
      needs[2] ? where(condition!, 0, grad) : null,
    ],
    reference: (condition, x, y) => condition! !== 0 ? x! : y!,
    samples: [
      { shapes: [[2, 3], [2, 3], [2, 3]], dtypes: ["bool", "float", "float"] },
      { shapes: [[3], [2, 1], []], dtypes: ["bool", "float", "float"] },
      { shapes: [[0], [0], [1]], dtypes: ["bool", "float", "float"] },
    ],
    front: (run) => (condition: Tensor, x: TensorLike, y: TensorLike) => {
      if (condition.dtype !== "bool") {
        throw new DTypeError(
          `Cannot choose by a condition of dtype ${condition.dtype}: it must be bool`,
          { op: "where" },
        );
      }
      const [first, second] = pair(x, y, false);
      return run([condition, first!, second!], undefined);
    },
  });

/**
 * `x` with `value` where the mask holds; both broadcast to the result. The dtype stays: a value of
 * a higher kind is converted. The gradient is 0 where it is filled.
 *
 * @throws {DTypeError} when the mask is not bool.
 * @throws {ShapeError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { maskedFill, tensor } from "@minitensor/minitensor";
 * const scores = maskedFill(tensor([1, 2]), tensor([false, true]), -Infinity);
 * console.assert(scores.toArray().toString() === "1,-Infinity");
 * ```
 */
export function maskedFill(x: Tensor, mask: Tensor, value: TensorLike): Tensor {
  const filling = operand(value, x.dtype);
  return where(mask, filling.dtype === x.dtype ? filling : filling.to(x.dtype), x);
}

/** Attributes of {@link clamp}. */
export interface ClampAttributes {
  /** Lowest result; null: no bound. */
  readonly min: number | null;
  /** Highest result; null: no bound. */
  readonly max: number | null;
}

function encodeBounds({ min, max }: ClampAttributes): readonly number[] {
  return [min === null ? 0 : 1, min ?? 0, max === null ? 0 : 1, max ?? 0];
}

/** A bound of {@link clamp}: a number, a tensor that broadcasts, or none. */
export type Bound = number | Tensor | null | undefined;

/** Clamp between tensors; the gradient goes to the bound where it is taken. */
function clampBetween(x: TensorLike, min: Bound, max: Bound): Tensor {
  const low = min ?? null;
  const high = max ?? null;
  const above = low === null ? single(x) : bounded(x, low, (value, bound) => value.lt(bound));
  return high === null ? above : bounded(above, high, (value, bound) => value.gt(bound));
}

function bounded(
  x: TensorLike,
  limit: number | Tensor,
  beyond: (value: Tensor, bound: Tensor) => Tensor,
): Tensor {
  const [value, bound] = pair(x, limit, false);
  return where(beyond(value!, bound!).logicalOr(bound!.ne(bound!)), bound!, value!);
}

function checkBounds(
  min: number | null | undefined,
  max: number | null | undefined,
): ClampAttributes {
  if ((min ?? null) === null && (max ?? null) === null) {
    throw new ArgumentError("Cannot clamp without a bound: give min, max or both", { op: "clamp" });
  }
  return { min: min ?? null, max: max ?? null };
}

/** The gradient of clamp: passes where the element is within the bounds, which are included. */
const clampGradient: Op<
  (grad: Tensor, x: Tensor, bounds: ClampAttributes) => Tensor,
  ClampAttributes
> = defineOp({
  name: "clampGradient",
  summary: "The gradient where the element is within the bounds, else 0.",
  infer: same,
  kernel: { native: "clampGradient", elementwise: true, encode: encodeBounds },
  saves: "inputs",
  gradient: ({ grad, inputs: [, x], attributes }) => [clampGradient(grad, x!, attributes), null],
  reference: (grad, x) => x! >= -1 && x! <= 1 ? grad! : 0,
  samples: [{ shapes: [[2, 3], [2, 3]], rest: [{ min: -1, max: 1 }] }],
  front: (run) => (grad: Tensor, x: Tensor, bounds: ClampAttributes) => run([grad, x], bounds),
});

/**
 * Elements limited to [min, max]; null or absent is no bound. A minimum above the maximum gives the
 * maximum. NaN stays, and a NaN bound gives NaN. Integers become floats when a bound has a
 * fraction. Bounds that are tensors broadcast and have gradients; the gradient at a bound itself
 * passes.
 *
 * @throws {ArgumentError} without a bound.
 * @throws {DTypeError} when x is bool.
 *
 * @example
 * ```ts
 * import { clamp, tensor } from "@minitensor/minitensor";
 * const x = tensor([-2, 0.5, NaN, 7]);
 * console.assert(clamp(x, -1, 1).toArray().toString() === "-1,0.5,NaN,1");
 * console.assert(clamp(x, null, tensor([0, 0, 0, 9])).toArray().toString() === "-2,0,NaN,7");
 * ```
 */
export const clamp: Op<
  (x: TensorLike, min?: Bound, max?: Bound) => Tensor,
  ClampAttributes
> = defineOp({
  name: "clamp",
  summary: "Elements limited to the range from min to max; NaN stays.",
  infer: same,
  kernel: { native: "clamp", elementwise: true, encode: encodeBounds },
  saves: "inputs",
  gradient: ({ grad, inputs: [x], attributes }) => [clampGradient(grad, x!, attributes)],
  reference: (x) => Math.min(Math.max(x!, -1), 1),
  samples: [
    { shapes: [[2, 3]], rest: [-1, 1] },
    { shapes: [[]], rest: [-1, 1] },
    { shapes: [[0]], rest: [-1, 1] },
  ],
  front: (run) => (x: TensorLike, min?: Bound, max?: Bound) => {
    if (isTensor(min) || isTensor(max)) return clampBetween(x, min, max);
    const bounds = checkBounds(min, max);
    const value = single(x);
    const fractional = !Number.isInteger(bounds.min ?? 0) || !Number.isInteger(bounds.max ?? 0);
    return run([fractional ? floating(value) : value], bounds);
  },
});
