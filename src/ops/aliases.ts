/**
 * Second names that PyTorch has for some functions.
 *
 * @module
 */
import { div, mul, sub } from "./arithmetic.ts";
import { ge, gt, le, lt, ne } from "./comparison.ts";
import { abs, neg, sign, trunc } from "./math.ts";
import { atan2 } from "./trigonometry.ts";

/**
 * Same as {@link abs}.
 *
 * @example
 * ```ts
 * import { absolute } from "@minitensor/minitensor";
 * console.assert(absolute([-3, 2]).equal([3, 2]));
 * ```
 */
export const absolute: typeof abs = abs;
/**
 * Same as {@link neg}.
 *
 * @example
 * ```ts
 * import { negative } from "@minitensor/minitensor";
 * console.assert(negative([-3, 2]).equal([3, -2]));
 * ```
 */
export const negative: typeof neg = neg;
/**
 * Same as {@link trunc}.
 *
 * @example
 * ```ts
 * import { fix } from "@minitensor/minitensor";
 * console.assert(fix([-1.7, 1.7]).equal([-1, 1]));
 * ```
 */
export const fix: typeof trunc = trunc;
/**
 * Same as {@link sign}.
 *
 * @example
 * ```ts
 * import { sgn } from "@minitensor/minitensor";
 * console.assert(String(sgn([-3, 0, NaN]).toArray()) === "-1,0,0");
 * ```
 */
export const sgn: typeof sign = sign;

/**
 * Same as {@link sub}.
 *
 * @example
 * ```ts
 * import { subtract } from "@minitensor/minitensor";
 * console.assert(subtract([5, 7], 2, { alpha: 3 }).equal([-1, 1]));
 * ```
 */
export const subtract: typeof sub = sub;
/**
 * Same as {@link mul}.
 *
 * @example
 * ```ts
 * import { multiply } from "@minitensor/minitensor";
 * console.assert(multiply([2, 3], 4).equal([8, 12]));
 * ```
 */
export const multiply: typeof mul = mul;
/**
 * Same as {@link div}.
 *
 * @example
 * ```ts
 * import { divide } from "@minitensor/minitensor";
 * console.assert(divide([7, -7], 2, { roundingMode: "floor" }).equal([3, -4]));
 * ```
 */
export const divide: typeof div = div;
/**
 * Same as {@link div}.
 *
 * @example
 * ```ts
 * import { trueDivide } from "@minitensor/minitensor";
 * // Integers too have a float quotient.
 * console.assert(trueDivide(3n, 2n).item() === 1.5);
 * ```
 */
export const trueDivide: typeof div = div;
/**
 * Same as {@link atan2}.
 *
 * @example
 * ```ts
 * import { arctan2 } from "@minitensor/minitensor";
 * console.assert(arctan2(1, 0).allclose(Math.PI / 2));
 * ```
 */
export const arctan2: typeof atan2 = atan2;

/**
 * Same as {@link gt}.
 *
 * @example
 * ```ts
 * import { greater } from "@minitensor/minitensor";
 * console.assert(String(greater([1, 2, 3], 2).toArray()) === "false,false,true");
 * ```
 */
export const greater: typeof gt = gt;
/**
 * Same as {@link ge}.
 *
 * @example
 * ```ts
 * import { greaterEqual } from "@minitensor/minitensor";
 * console.assert(String(greaterEqual([1, 2, 3], 2).toArray()) === "false,true,true");
 * ```
 */
export const greaterEqual: typeof ge = ge;
/**
 * Same as {@link lt}.
 *
 * @example
 * ```ts
 * import { less } from "@minitensor/minitensor";
 * console.assert(String(less([1, 2, 3], 2).toArray()) === "true,false,false");
 * ```
 */
export const less: typeof lt = lt;
/**
 * Same as {@link le}.
 *
 * @example
 * ```ts
 * import { lessEqual } from "@minitensor/minitensor";
 * console.assert(String(lessEqual([1, 2, 3], 2).toArray()) === "true,true,false");
 * ```
 */
export const lessEqual: typeof le = le;
/**
 * Same as {@link ne}.
 *
 * @example
 * ```ts
 * import { notEqual } from "@minitensor/minitensor";
 * console.assert(String(notEqual([1, 2, NaN], [1, 3, NaN]).toArray()) === "false,true,true");
 * ```
 */
export const notEqual: typeof ne = ne;
