/**
 * From public arguments to tensors of one dtype: numbers and arrays become tensors, dtypes are promoted.
 *
 * @module
 */
import {
  type DataArray,
  type DType,
  dtypes,
  getDefaultDtype,
  promoteTypes,
  scalarDtype,
  toElement,
} from "../dtype.ts";
import { ArgumentError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { modes } from "../graph.ts";
import { emptyOf, type OpRunner } from "../op.ts";
import { specOf, type TensorSpec } from "../shape.ts";
import { tensor, type TensorLike } from "../create.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { cast } from "./cast.ts";

/** Constants already made, by value and dtype: direct-mapped, since `x.mul(2)` runs in loops. */
const constants: (Tensor | undefined)[] = new Array(256).fill(undefined);
const constantValues: unknown[] = new Array(256).fill(undefined);

/** A rank-0 tensor of a plain number, in the dtype it takes beside a tensor of dtype `beside`. */
export function constant(value: number | bigint | boolean, beside: DType): Tensor {
  return constantOf(value, scalarDtype(value, beside));
}

function constantOf(value: number | bigint | boolean, dtype: DType): Tensor {
  const spec = specOf([], dtype);
  const number = Number(value);
  const slot = ((number * 8 + number) ^ spec.code * 41) & 255;
  const found = constants[slot];
  if (
    found !== undefined && Object.is(constantValues[slot], value) && found.spec === spec &&
    !found.isDisposed
  ) {
    return found;
  }
  const x = scalarOf(value, spec);
  constants[slot] = x;
  constantValues[slot] = value;
  return x;
}

function scalarOf(value: number | bigint | boolean, spec: TensorSpec): Tensor {
  const x = unscoped(() => emptyOf(spec));
  x.asTypedArray()[0] = toElement(value, spec.dtype);
  return x;
}

/** What outlives the scope in which it was first needed: constants, tables. */
export function unscoped<T>(fn: () => T): T {
  const made = modes.made;
  modes.made = null;
  try {
    return fn();
  } finally {
    modes.made = made;
  }
}

/**
 * One argument as a tensor, in the dtype it takes beside the other: numbers take the other's,
 * unless their kind is above it; tensors and arrays keep their own.
 *
 * @example
 * ```ts
 * import { operand } from "@minitensor/minitensor";
 * console.assert(operand(2, "float64").dtype === "float64");
 * console.assert(operand(2.5, "int32").dtype === "float32");
 * ```
 */
export function operand(x: TensorLike, beside: DType): Tensor {
  if (isTensor(x)) return x;
  if (typeof x === "number" || typeof x === "boolean" || typeof x === "bigint") {
    return constant(x, beside);
  }
  return tensor(x as readonly number[] | DataArray);
}

/** One argument as a tensor. */
export function single(x: TensorLike): Tensor {
  return isTensor(x) ? x : tensor(x);
}

/** The dtype of a result of these: tensors with dims first, then those of rank 0. */
export function resultDtype(inputs: readonly Tensor[]): DType {
  const high = highest(inputs.filter((x) => x.ndim > 0));
  const low = highest(inputs.filter((x) => x.ndim === 0));
  if (high === null || low === null) return (high ?? low)!;
  return dtypes[low].category > dtypes[high].category ? low : high;
}

function highest(inputs: readonly Tensor[]): DType | null {
  return inputs.reduce<DType | null>(
    (dtype, x) => dtype === null ? x.dtype : promoteTypes(dtype, x.dtype),
    null,
  );
}

/** The inputs converted to one dtype; `float`: to a floating-point one, as division and exp need it. */
export function promote(inputs: readonly Tensor[], float = false): Tensor[] {
  let dtype = resultDtype(inputs);
  if (float && dtypes[dtype].category !== 2) dtype = getDefaultDtype();
  return inputs.map((x) => x.dtype === dtype ? x : cast(x, dtype));
}

/** A function of one tensor. */
export type UnaryFunction = (x: TensorLike) => Tensor;

/** A function of two tensors. */
export type BinaryFunction = (x: TensorLike, y: TensorLike) => Tensor;

/** Front of an op of one input that keeps its dtype. */
export function unary(run: OpRunner<undefined>): UnaryFunction {
  return (x) => run([isTensor(x) ? x : tensor(x)], undefined);
}

/** Front of an op of one input whose result is floating-point. */
export function unaryFloat(run: OpRunner<undefined>): UnaryFunction {
  return (x) => run([floating(isTensor(x) ? x : tensor(x))], undefined);
}

/** The tensor in a floating-point dtype: its own, or the default. */
export function floating(x: Tensor): Tensor {
  return x.spec.info.isFloat ? x : cast(x, getDefaultDtype());
}

/** Front of an op of two inputs that meet in the higher dtype. */
export function binary(run: OpRunner<undefined>): BinaryFunction {
  return (x, y) => {
    if (isTensor(x) && isTensor(y) && x.spec.code === y.spec.code) return run([x, y], undefined);
    return run(pair(x, y, false), undefined);
  };
}

/** Front of an op of two inputs whose result is floating-point. */
export function binaryFloat(run: OpRunner<undefined>): BinaryFunction {
  return (x, y) => {
    if (isTensor(x) && isTensor(y) && x.spec.code === y.spec.code && x.spec.info.isFloat) {
      return run([x, y], undefined);
    }
    return run(pair(x, y, true), undefined);
  };
}

/** Two arguments as tensors of one dtype. */
export function pair(x: TensorLike, y: TensorLike, float: boolean): Tensor[] {
  if (isTensor(x) && typeof y === "number" && (x.spec.info.isFloat || !float)) {
    const value = constant(y, x.dtype);
    if (value.spec.code === x.spec.code) return [x, value];
  }
  const first = isTensor(x) ? x : isTensor(y) ? operand(x, y.dtype) : tensor(x);
  const second = operand(y, first.dtype);
  return promote([first, second], float);
}

/**
 * Throws for option keys that an operation does not have, and for what is no object of options: a
 * misspelt or misplaced argument must not be silently ignored.
 */
export function checkOptions(options: object, known: readonly string[], op: string): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new ArgumentError(
      `Cannot ${op} with ${String(options)} for options: they are an object, as { ${known[0]} }`,
      { op },
    );
  }
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      const meant = nearest(key, known);
      throw new ArgumentError(
        `Cannot ${op} with option ${key}: its options are ${known.join(", ")}`,
        meant === undefined ? { op } : { op, suggestion: `Did you mean ${meant}?` },
      );
    }
  }
}
