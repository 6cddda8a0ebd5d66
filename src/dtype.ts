/**
 * The dtypes: names, codes, sizes, typed arrays, and which dtype results when several meet.
 *
 * @module
 */
import { DTYPE } from "./ffi/abi.ts";
import { ArgumentError, DTypeError } from "./errors.ts";

/**
 * Name of a dtype. The small ones, from `uint8` on, are for storage: arithmetic is done in float32
 * or int32, and its result is rounded once, or wraps, back to the small dtype.
 */
export type DType =
  | "float32"
  | "float64"
  | "int32"
  | "int64"
  | "bool"
  | "uint8"
  | "int8"
  | "int16"
  | "float16"
  | "bfloat16";

/** A typed array that can hold a dtype's elements; a Uint16Array holds the bits of bfloat16. */
export type DataArray =
  | Float32Array
  | Float64Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Int8Array
  | Int16Array
  | Float16Array
  | Uint16Array;

/** A class of {@link DataArray}. */
export interface DataArrayConstructor {
  /** An array of `length` elements over a buffer's bytes from `byteOffset` on. */
  new (buffer: ArrayBuffer, byteOffset: number, length: number): DataArray;
  /** Bytes of one element. */
  readonly BYTES_PER_ELEMENT: number;
}

/** Everything known about a dtype. */
export interface DTypeInfo {
  /** Its name. */
  readonly name: DType;
  /** Its code in the native call frame. */
  readonly code: number;
  /** Bytes of one element. */
  readonly size: number;
  /** 0 bool, 1 integer, 2 floating point: promotion never leaves the higher category. */
  readonly category: 0 | 1 | 2;
  /** Position in the promotion order. */
  readonly order: number;
  /** True for floating-point dtypes. */
  readonly isFloat: boolean;
  /** True for integer dtypes, bool not among them. */
  readonly isInt: boolean;
  /** Lowest finite value. */
  readonly min: number | bigint;
  /** Highest finite value. */
  readonly max: number | bigint;
  /** Distance from 1 to the next value; 0 for integers. */
  readonly eps: number;
  /** The dtype that arithmetic is done in, where that is another one; else null. */
  readonly wide: DType | null;
  /** Class of the typed array that holds the elements. */
  readonly array: DataArrayConstructor;
}

const float32Max = 3.4028234663852886e38;
const bfloat16Max = 255 * 2 ** 120;

function info(
  name: DType,
  order: number,
  category: 0 | 1 | 2,
  array: DataArrayConstructor,
  range: readonly [number | bigint, number | bigint],
  eps = 0,
  wide: DType | null = null,
): DTypeInfo {
  return Object.freeze({
    name,
    code: DTYPE[name],
    size: array.BYTES_PER_ELEMENT,
    category,
    order,
    isFloat: category === 2,
    isInt: category === 1,
    min: range[0],
    max: range[1],
    eps,
    wide,
    array,
  });
}

/** Every dtype by name. */
export const dtypes: Readonly<Record<DType, DTypeInfo>> = Object.freeze({
  bool: info("bool", 0, 0, Uint8Array, [0, 1]),
  uint8: info("uint8", 1, 1, Uint8Array, [0, 255], 0, "int32"),
  int8: info("int8", 2, 1, Int8Array, [-128, 127], 0, "int32"),
  int16: info("int16", 3, 1, Int16Array, [-32768, 32767], 0, "int32"),
  int32: info("int32", 4, 1, Int32Array, [-(2 ** 31), 2 ** 31 - 1]),
  int64: info("int64", 5, 1, BigInt64Array, [-(2n ** 63n), 2n ** 63n - 1n]),
  float16: info("float16", 6, 2, Float16Array, [-65504, 65504], 2 ** -10, "float32"),
  bfloat16: info("bfloat16", 7, 2, Uint16Array, [-bfloat16Max, bfloat16Max], 2 ** -7, "float32"),
  float32: info("float32", 8, 2, Float32Array, [-float32Max, float32Max], 2 ** -23),
  float64: info("float64", 9, 2, Float64Array, [-Number.MAX_VALUE, Number.MAX_VALUE], 2 ** -52),
});

/** Every dtype by code. */
export const dtypeByCode: readonly DTypeInfo[] = Object.freeze(
  Object.values(dtypes).sort((a, b) => a.code - b.code),
);

/**
 * What is known about a dtype.
 *
 * @throws {DTypeError} for a name that is no dtype.
 *
 * @example
 * ```ts
 * import { dtypeInfo } from "@minitensor/minitensor";
 * console.assert(dtypeInfo("float32").size === 4);
 * ```
 */
export function dtypeInfo(dtype: DType): DTypeInfo {
  const found = dtypes[dtype];
  if (found === undefined) {
    throw new DTypeError(
      `Cannot use dtype ${String(dtype)}: known are ${Object.keys(dtypes).join(", ")}`,
    );
  }
  return found;
}

let defaultFloat: DType = "float32";

/**
 * The dtype of tensors made from plain numbers: `float32` unless changed.
 *
 * @example
 * ```ts
 * import { defaultDtype, getDefaultDtype } from "@minitensor/minitensor";
 * console.assert(getDefaultDtype() === "float32");
 * console.assert(defaultDtype("float64", getDefaultDtype) === "float64");
 * ```
 */
export function getDefaultDtype(): DType {
  return defaultFloat;
}

/**
 * Changes the dtype of tensors made from plain numbers, for good; {@link defaultDtype} is for a
 * while.
 *
 * @throws {DTypeError} when `dtype` is not a floating-point dtype.
 *
 * @example
 * ```ts
 * import { setDefaultDtype, tensor } from "@minitensor/minitensor";
 * setDefaultDtype("float64");
 * console.assert(tensor([0.1]).item() === 0.1);
 * setDefaultDtype("float32");
 * ```
 */
export function setDefaultDtype(dtype: DType): void {
  if (!dtypeInfo(dtype).isFloat) {
    throw new DTypeError(
      `Cannot make ${dtype} the default dtype: it is not a floating-point dtype`,
    );
  }
  defaultFloat = dtype;
}

/**
 * Runs `fn` with another default dtype, or changes it until the returned handle is disposed of.
 *
 * @throws {DTypeError} when `dtype` is not a floating-point dtype.
 * @throws {ArgumentError} when `fn` returns a promise: the dtype would be back before it settles.
 *
 * @example
 * ```ts
 * import { defaultDtype, tensor } from "@minitensor/minitensor";
 * console.assert(defaultDtype("float64", () => tensor(1)).dtype === "float64");
 * ```
 */
export function defaultDtype(dtype: DType): Disposable;
/**
 * Runs `fn` with another default dtype.
 *
 * @example
 * ```ts
 * import { defaultDtype, zeros } from "@minitensor/minitensor";
 * console.assert(defaultDtype("float16", () => zeros([2])).itemsize === 2);
 * ```
 */
export function defaultDtype<T>(dtype: DType, fn: () => T): T;
export function defaultDtype<T>(dtype: DType, fn?: () => T): T | Disposable {
  const before = defaultFloat;
  setDefaultDtype(dtype);
  const restore = () => {
    defaultFloat = before;
  };
  if (fn === undefined) return { [Symbol.dispose]: restore };
  try {
    const result = fn();
    if (result instanceof Promise) {
      throw new ArgumentError(
        "Cannot run an async function in defaultDtype: it would end before the promise settles",
        { suggestion: "Use `using _ = defaultDtype(dtype)` inside the function" },
      );
    }
    return result;
  } finally {
    restore();
  }
}

/** Pairs of which neither holds the other's values, and what holds both. */
const joint: Readonly<Partial<Record<DType, Partial<Record<DType, DType>>>>> = {
  uint8: { int8: "int16" },
  int8: { uint8: "int16" },
  float16: { bfloat16: "float32" },
  bfloat16: { float16: "float32" },
};

/**
 * The dtype that holds values of both: the higher of the two in bool < uint8, int8 < int16 < int32
 * < int64 < float16, bfloat16 < float32 < float64; int16 for uint8 and int8, float32 for float16
 * and bfloat16.
 *
 * @example
 * ```ts
 * import { promoteTypes } from "@minitensor/minitensor";
 * console.assert(promoteTypes("int64", "float32") === "float32");
 * ```
 */
export function promoteTypes(a: DType, b: DType): DType {
  const higher = dtypeInfo(a).order >= dtypeInfo(b).order ? a : b;
  return a === b ? a : joint[a]?.[b] ?? higher;
}

/**
 * The dtype that a plain number or boolean takes beside a tensor of dtype `beside`, as PyTorch
 * promotes scalars.
 */
export function scalarDtype(value: number | bigint | boolean, beside: DType): DType {
  const category = typeof value === "boolean"
    ? 0
    : typeof value === "bigint" || Number.isInteger(value)
    ? 1
    : 2;
  if (category <= dtypes[beside].category) return beside;
  return category === 2 ? defaultFloat : "int64";
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** The bits of a number as bfloat16: the upper half of float32's, rounded to nearest even. */
function bfloat16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  single[0] = value;
  const bits = singleBits[0]!;
  return (bits + 0x7fff + (bits >>> 16 & 1)) / 0x10000 & 0xffff;
}

/** The number that bits of bfloat16 stand for. */
export function bfloat16Value(bits: number): number {
  singleBits[0] = bits << 16;
  return single[0]!;
}

/**
 * `value` as an element of `dtype`, ready for its typed array: integers truncate and saturate, NaN
 * becomes 0; bfloat16 is given as its bits.
 */
export function toElement(value: number | bigint | boolean, dtype: DType): number | bigint {
  if (dtype === "int64") {
    if (typeof value === "boolean") return value ? 1n : 0n;
    if (typeof value === "bigint") {
      if (BigInt.asIntN(64, value) === value) return value;
      throw new ArgumentError(`Cannot make ${value} an int64: it has more than 64 bits`);
    }
    if (Number.isNaN(value)) return 0n;
    if (value >= 2 ** 63) return dtypes.int64.max;
    if (value <= -(2 ** 63)) return dtypes.int64.min;
    return BigInt(Math.trunc(value));
  }
  if (dtype === "bool") return value ? 1 : 0;
  const number = Number(value);
  // The small ones are rounded twice, by way of float32, as kernels and PyTorch do.
  if (dtype === "bfloat16") return bfloat16Bits(number);
  if (dtype === "float16") return Math.fround(number);
  if (dtypes[dtype].category === 2) return number;
  if (Number.isNaN(number)) return 0;
  const { min, max } = dtypes[dtype];
  return Math.min(Math.max(Math.trunc(number), Number(min)), Number(max));
}

/** `dtype`, or an ArgumentError that names the option. */
export function checkDtype(dtype: unknown): DType {
  if (typeof dtype !== "string" || !(dtype in dtypes)) {
    throw new ArgumentError(
      `Cannot use ${String(dtype)} as a dtype: known are ${Object.keys(dtypes).join(", ")}`,
    );
  }
  return dtype as DType;
}
