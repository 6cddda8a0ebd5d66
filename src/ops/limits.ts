/**
 * Elements kept within bounds: one-sided clamps, and numbers in the place of NaN and infinities.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { dtypes } from "../dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { clone } from "./copy.ts";
import { checkOptions, single } from "./front.ts";
import { clamp } from "./select.ts";

/**
 * Same as {@link clamp}.
 *
 * @example
 * ```ts
 * import { clip } from "@minitensor/minitensor";
 * console.assert(clip([-4, 2, 9], 0, 5).equal([0, 2, 5]));
 * ```
 */
export const clip: typeof clamp = clamp;

/**
 * Elements, but at least `min`: a number, or a tensor that broadcasts. NaN stays. The dtypes are
 * promoted.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 * @throws {DTypeError} for bools.
 *
 * @example
 * ```ts
 * import { clampMin } from "@minitensor/minitensor";
 * console.assert(String(clampMin([-4, 2, NaN], 0).toArray()) === "0,2,NaN");
 * ```
 */
export function clampMin(x: TensorLike, min: number | Tensor): Tensor {
  return clamp(x, min, null);
}

/**
 * Elements, but at most `max`: a number, or a tensor that broadcasts. NaN stays. The dtypes are
 * promoted.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 * @throws {DTypeError} for bools.
 *
 * @example
 * ```ts
 * import { clampMax, tensor } from "@minitensor/minitensor";
 * console.assert(clampMax([[1], [5]], tensor([2, 4])).equal([[1, 1], [2, 4]]));
 * ```
 */
export function clampMax(x: TensorLike, max: number | Tensor): Tensor {
  return clamp(x, null, max);
}

/** Options of {@link nanToNum}. */
export interface NanToNumOptions {
  /** In the place of NaN. Default 0. */
  readonly nan?: number;
  /** In the place of infinity; null or absent: the highest finite value of the dtype. */
  readonly posinf?: number | null;
  /** In the place of minus infinity; null or absent: the lowest finite value of the dtype. */
  readonly neginf?: number | null;
}

/**
 * Numbers in the place of NaN and infinities; the gradient there is 0. Integers are copied.
 *
 * @example
 * ```ts
 * import { nanToNum, tensor } from "@minitensor/minitensor";
 * const x = nanToNum(tensor([NaN, 2, -Infinity]), { nan: 1, neginf: -9 });
 * console.assert(String(x.toArray()) === "1,2,-9");
 * ```
 */
export function nanToNum(x: TensorLike, options: NanToNumOptions = {}): Tensor {
  checkOptions(options, ["nan", "posinf", "neginf"], "nanToNum");
  const value = single(x);
  if (!value.spec.info.isFloat) return clone(value);
  const { min, max } = dtypes[value.dtype];
  return value
    .maskedFill(value.isnan(), options.nan ?? 0)
    .maskedFill(value.eq(Infinity), options.posinf ?? max)
    .maskedFill(value.eq(-Infinity), options.neginf ?? min);
}
