/**
 * What the numbers of a dtype can be, in the fields that PyTorch and NumPy have for it, and which
 * conversions keep their kind.
 *
 * @module
 */
import { type DType, dtypeInfo } from "./dtype.ts";
import { DTypeError } from "./errors.ts";

/** Limits of a floating-point dtype. */
export interface FloatLimits {
  /** Name of the dtype. */
  readonly dtype: DType;
  /** Bits of one number. */
  readonly bits: number;
  /** Distance from 1 to the next number. */
  readonly eps: number;
  /** Highest finite number. */
  readonly max: number;
  /** Lowest finite number. */
  readonly min: number;
  /** Smallest positive number of full precision. */
  readonly tiny: number;
  /** Same as `tiny`. */
  readonly smallestNormal: number;
  /** Power of ten that decimal digits are exact to. */
  readonly resolution: number;
}

/** Limits of an integer dtype. */
export interface IntegerLimits {
  /** Name of the dtype. */
  readonly dtype: DType;
  /** Bits of one number. */
  readonly bits: number;
  /** Highest number; a bigint for int64. */
  readonly max: number | bigint;
  /** Lowest number; a bigint for int64. */
  readonly min: number | bigint;
}

/** Smallest normal number by dtype. */
const smallest: Readonly<Partial<Record<DType, number>>> = {
  float16: 2 ** -14,
  bfloat16: 2 ** -126,
  float32: 2 ** -126,
  float64: 2 ** -1022,
};

/**
 * Limits of a floating-point dtype.
 *
 * @throws {DTypeError} for any other dtype.
 *
 * @example
 * ```ts
 * import { finfo } from "@minitensor/minitensor";
 * console.assert(finfo("float64").eps === Number.EPSILON);
 * ```
 */
export function finfo(dtype: DType): FloatLimits {
  const { isFloat, size, eps, max, min } = dtypeInfo(dtype);
  if (!isFloat) {
    throw new DTypeError(`Cannot give finfo of ${dtype}: it is not a floating-point dtype`, {
      suggestion: "Use iinfo() for integers",
    });
  }
  const tiny = smallest[dtype]!;
  return {
    dtype,
    bits: size * 8,
    eps,
    max: Number(max),
    min: Number(min),
    tiny,
    smallestNormal: tiny,
    resolution: Number(`1e${Math.ceil(Math.log10(eps))}`),
  };
}

/**
 * Limits of an integer dtype.
 *
 * @throws {DTypeError} for any other dtype.
 *
 * @example
 * ```ts
 * import { iinfo } from "@minitensor/minitensor";
 * console.assert(iinfo("int32").max === 2 ** 31 - 1);
 * ```
 */
export function iinfo(dtype: DType): IntegerLimits {
  const { isInt, size, max, min } = dtypeInfo(dtype);
  if (!isInt) {
    throw new DTypeError(`Cannot give iinfo of ${dtype}: it is not an integer dtype`, {
      suggestion: "Use finfo() for floating-point dtypes",
    });
  }
  return { dtype, bits: size * 8, max, min };
}

/**
 * True when a conversion does not lose the kind of number: bool to integer to floating point.
 *
 * @throws {DTypeError} for a name that is no dtype.
 *
 * @example
 * ```ts
 * import { canCast } from "@minitensor/minitensor";
 * console.assert(canCast("int64", "float32") && !canCast("float32", "int64"));
 * ```
 */
export function canCast(from: DType, to: DType): boolean {
  return dtypeInfo(from).category <= dtypeInfo(to).category;
}
