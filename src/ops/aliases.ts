/**
 * Second names that PyTorch has for some functions.
 *
 * @module
 */
import { div, mul, sub } from "./arithmetic.ts";
import { ge, gt, le, lt, ne } from "./comparison.ts";
import { abs, neg, sign, trunc } from "./math.ts";
import { atan2 } from "./trigonometry.ts";

/** Same as {@link abs}. */
export const absolute: typeof abs = abs;
/** Same as {@link neg}. */
export const negative: typeof neg = neg;
/** Same as {@link trunc}. */
export const fix: typeof trunc = trunc;
/** Same as {@link sign}. */
export const sgn: typeof sign = sign;

/** Same as {@link sub}. */
export const subtract: typeof sub = sub;
/** Same as {@link mul}. */
export const multiply: typeof mul = mul;
/** Same as {@link div}. */
export const divide: typeof div = div;
/** Same as {@link div}. */
export const trueDivide: typeof div = div;
/** Same as {@link atan2}. */
export const arctan2: typeof atan2 = atan2;

/** Same as {@link gt}. */
export const greater: typeof gt = gt;
/** Same as {@link ge}. */
export const greaterEqual: typeof ge = ge;
/** Same as {@link lt}. */
export const less: typeof lt = lt;
/** Same as {@link le}. */
export const lessEqual: typeof le = le;
/** Same as {@link ne}. */
export const notEqual: typeof ne = ne;
