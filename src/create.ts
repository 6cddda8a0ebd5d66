/**
 * Tensors from numbers, arrays and typed arrays, and tensors filled by rule.
 *
 * @module
 */
import { type DataArray, type DType, dtypeInfo, getDefaultDtype, toElement } from "./dtype.ts";
import { type Device, requireDevice } from "./device.ts";
import { ArgumentError, DTypeError, ShapeError } from "./errors.ts";
import { emptyOf, viewOf } from "./op.ts";
import { cast } from "./ops/cast.ts";
import { arangeInto, fillInto } from "./ops/fill.ts";
import { type Shape, specOf, text } from "./shape.ts";
import { adopt } from "./storage.ts";
import { isTensor } from "./tensor/is_tensor.ts";
import type { Tensor } from "./tensor/tensor.ts";
import { isBatched, mapBatch } from "./vmap/batch.ts";

/** Anything accepted where a tensor is expected. */
export type TensorLike = Tensor | number | bigint | boolean | NestedNumbers | DataArray;

/** Nested arrays of numbers. */
export type NestedNumbers = readonly (number | bigint | boolean | NestedNumbers)[];

/** Options of the functions that make tensors. */
export interface TensorOptions {
  /** Dtype of the elements. */
  readonly dtype?: DType;
  /** Where the elements are: this build has the CPU only. */
  readonly device?: Device | string;
  /** Records operations on the tensor. Default false. */
  readonly requiresGrad?: boolean;
}

/** Applies the options every function of creation has. */
function finish(x: Tensor, options: TensorOptions): Tensor {
  for (const key in options) {
    if (key !== "dtype" && key !== "requiresGrad" && key !== "device") {
      throw new ArgumentError(
        `Cannot make a tensor with option ${key}: its options are dtype, device, requiresGrad`,
      );
    }
  }
  if (options.device !== undefined) requireDevice(options.device, "make a tensor");
  return options.requiresGrad === true ? x.requiresGrad_() : x;
}

/**
 * A new tensor with a copy of `data`: a number, nested arrays of numbers, a typed array, or a
 * tensor. Plain numbers become the default dtype, booleans bool, bigints int64; a typed array keeps
 * its dtype.
 *
 * @throws {ShapeError} when nested arrays are ragged.
 * @throws {ArgumentError} when an element is not a number.
 *
 * @example
 * ```ts
 * import { tensor } from "@minitensor/minitensor";
 * const x = tensor([[1, 2], [3, 4]]);
 * console.assert(x.shape.join() === "2,2" && x.dtype === "float32");
 * ```
 */
export function tensor(data: TensorLike, options: TensorOptions = {}): Tensor {
  return finish(make(data, options.dtype), options);
}

/** Options of {@link asTensor}. */
export interface AsTensorOptions extends TensorOptions {
  /** Copies also a tensor that could be returned as it is. Default false. */
  readonly copy?: boolean;
}

/**
 * As {@link tensor}, but a tensor of the right dtype is returned as it is, and one of another dtype
 * converted with its graph. With `requiresGrad` it is a leaf that shares the memory, unless it
 * requires a gradient as asked already.
 *
 * @throws {ShapeError} when nested arrays are ragged.
 * @throws {ArgumentError} when an element is not a number.
 *
 * @example
 * ```ts
 * import { asTensor, tensor } from "@minitensor/minitensor";
 * const x = tensor([1, 2]);
 * console.assert(asTensor(x) === x && asTensor(x, { copy: true }) !== x);
 * ```
 */
export function asTensor(data: TensorLike, options: AsTensorOptions = {}): Tensor {
  const { copy = false, ...like } = options;
  if (!isTensor(data) || copy) return tensor(data, like);
  const { requiresGrad = data.requiresGrad } = like;
  const converted = cast(data, like.dtype ?? data.dtype);
  const leaf = requiresGrad === data.requiresGrad ? converted : converted.detach();
  return finish(leaf, requiresGrad === data.requiresGrad ? { ...like, requiresGrad: false } : like);
}

function make(data: TensorLike, dtype: DType | undefined): Tensor {
  if (isTensor(data)) {
    if (isBatched(data)) return mapBatch(data, (value) => make(value, dtype));
    const copy = emptyOf(specOf(data.shape, dtype ?? data.dtype));
    const source = cast(data.detach(), copy.dtype);
    copy.asTypedArray().set(source.toTypedArray() as never);
    return copy;
  }
  if (ArrayBuffer.isView(data)) {
    return fromTypedArray(data, undefined, dtype === undefined ? {} : { dtype });
  }
  const shape = Array.isArray(data) ? shapeOf(data) : [];
  const flat: (number | bigint | boolean)[] = [];
  flatten(data as NestedNumbers | number | bigint | boolean, shape, 0, flat);
  const x = emptyOf(specOf(shape, dtype === undefined ? dtypeOf(flat) : dtypeInfo(dtype).name));
  const elements = x.asTypedArray();
  const { dtype: target } = x;
  if (target === "float32" || target === "float64") {
    for (let i = 0; i < flat.length; i++) elements[i] = Number(flat[i]);
  } else {
    for (let i = 0; i < flat.length; i++) elements[i] = toElement(flat[i]!, target);
  }
  return x;
}

function shapeOf(data: NestedNumbers): number[] {
  const shape: number[] = [];
  let level: unknown = data;
  while (Array.isArray(level)) {
    shape.push(level.length);
    level = level[0];
  }
  return shape;
}

function flatten(
  data: NestedNumbers | number | bigint | boolean,
  shape: Shape,
  dim: number,
  out: (number | bigint | boolean)[],
): void {
  if (dim === shape.length) {
    if (typeof data !== "number" && typeof data !== "bigint" && typeof data !== "boolean") {
      if (Array.isArray(data)) {
        throw new ShapeError(
          `Cannot make a tensor of ragged arrays: dim ${dim} is missing in some`,
        );
      }
      throw new ArgumentError(
        `Cannot make a tensor element of ${String(data)}: it is not a number`,
      );
    }
    out.push(data);
    return;
  }
  if (!Array.isArray(data) || data.length !== shape[dim]) {
    const found = Array.isArray(data) ? data.length : "no array";
    throw new ShapeError(
      `Cannot make a tensor of ragged arrays: dim ${dim} is ${shape[dim]} and ${found}`,
    );
  }
  for (let i = 0; i < data.length; i++) flatten(data[i] as NestedNumbers, shape, dim + 1, out);
}

function dtypeOf(flat: readonly (number | bigint | boolean)[]): DType {
  if (flat.length === 0) return getDefaultDtype();
  if (flat.every((value) => typeof value === "boolean")) return "bool";
  return flat.every((value) => typeof value === "bigint") ? "int64" : getDefaultDtype();
}

/** Dtype that a typed array's elements have as a tensor. */
function arrayDtype(array: ArrayBufferView): DType {
  if (array instanceof Float32Array) return "float32";
  if (array instanceof Float64Array) return "float64";
  if (array instanceof Int32Array) return "int32";
  if (array instanceof BigInt64Array) return "int64";
  if (array instanceof Uint8Array || array instanceof Uint8ClampedArray) return "uint8";
  if (array instanceof Int8Array) return "int8";
  if (array instanceof Int16Array) return "int16";
  if (array instanceof Float16Array) return "float16";
  throw new DTypeError(
    `Cannot make a tensor of a ${array.constructor.name}: no dtype holds its elements`,
    {
      suggestion: "Convert it to an Int32Array or Float32Array, or another whose elements fit",
    },
  );
}

/**
 * A new tensor with a copy of a typed array's elements, in row-major order.
 *
 * @param shape Default: one dim.
 * @throws {ShapeError} when the shape does not have as many elements as the array.
 *
 * @example
 * ```ts
 * import { fromTypedArray } from "@minitensor/minitensor";
 * const x = fromTypedArray(new Int32Array([1, 2, 3, 4]), [2, 2]);
 * console.assert(x.dtype === "int32" && x.toArray().toString() === "1,2,3,4");
 * ```
 */
export function fromTypedArray(
  array: DataArray,
  shape?: Shape,
  options: TensorOptions = {},
): Tensor {
  const own = arrayDtype(array);
  const spec = specOf(shape ?? [array.length], own);
  if (spec.size !== array.length) {
    throw new ShapeError(
      `Cannot make a tensor of shape ${text(spec.shape)}: the array has ${array.length} elements`,
    );
  }
  const x = emptyOf(spec);
  x.asTypedArray().set(array as never);
  const { dtype } = options;
  if (dtype === undefined || dtype === own) return finish(x, options);
  const converted = cast(x, dtype);
  x.dispose();
  return finish(converted, options);
}

/**
 * A tensor over memory that the caller keeps: no copy, writes are seen on both sides. Writes of the
 * caller are not known to backward, which then uses what is there.
 *
 * @param options `dtype` and `shape` of the elements, `byteOffset` of the first (default 0).
 * @throws {ArgumentError} when the offset is not a multiple of the element size, or the buffer is
 * too short.
 *
 * @example
 * ```ts
 * import { fromBuffer } from "@minitensor/minitensor";
 * const memory = new Float32Array([1, 2, 3]);
 * const x = fromBuffer(memory.buffer, { dtype: "float32", shape: [2], byteOffset: 4 });
 * memory[1] = 20;
 * console.assert(x.index(0).item() === 20);
 * ```
 */
export function fromBuffer(
  buffer: ArrayBuffer,
  options: { readonly dtype: DType; readonly shape: Shape; readonly byteOffset?: number },
): Tensor {
  const spec = specOf(options.shape, options.dtype);
  const byteOffset = options.byteOffset ?? 0;
  if (!Number.isInteger(byteOffset) || byteOffset < 0 || byteOffset % spec.info.size !== 0) {
    throw new ArgumentError(
      `Cannot view a buffer from byte ${byteOffset}: it is no multiple of ${spec.info.size}`,
    );
  }
  if (byteOffset + spec.bytes > buffer.byteLength) {
    throw new ArgumentError(
      `Cannot view ${spec.bytes} bytes from byte ${byteOffset}: the buffer has ${buffer.byteLength}`,
    );
  }
  return viewOf(adopt(buffer, byteOffset, spec.bytes), { spec, strides: spec.strides, offset: 0 });
}

/**
 * A tensor whose elements are unspecified, for those who write all of them.
 *
 * @throws {ShapeError} when a size is not a whole number, or the elements are too many.
 *
 * @example
 * ```ts
 * import { empty } from "@minitensor/minitensor";
 * console.assert(empty([2, 3]).fill_(7).sum().item() === 42);
 * ```
 */
export function empty(shape: Shape, options: TensorOptions = {}): Tensor {
  return finish(emptyOf(specOf(shape, options.dtype ?? getDefaultDtype())), options);
}

/**
 * A tensor of one value; its dtype follows from the value unless given.
 *
 * @example
 * ```ts
 * import { full } from "@minitensor/minitensor";
 * console.assert(full([2], 7).toArray().toString() === "7,7");
 * ```
 */
export function full(
  shape: Shape,
  value: number | bigint | boolean,
  options: TensorOptions = {},
): Tensor {
  const dtype = options.dtype ?? dtypeOf([value]);
  const x = emptyOf(specOf(shape, dtype));
  fillInto(x, value);
  return finish(x, options);
}

/**
 * A tensor of zeros, of the default dtype unless another is given; false for bool.
 *
 * @example
 * ```ts
 * import { zeros } from "@minitensor/minitensor";
 * console.assert(zeros([2], { dtype: "int32" }).toArray().toString() === "0,0");
 * ```
 */
export function zeros(shape: Shape, options: TensorOptions = {}): Tensor {
  const x = emptyOf(specOf(shape, options.dtype ?? getDefaultDtype()));
  if (!x.storage.fresh) fillInto(x, 0); // memory that nobody had before is all zeros
  return finish(x, options);
}

/**
 * A tensor of ones, of the default dtype unless another is given; true for bool.
 *
 * @example
 * ```ts
 * import { ones } from "@minitensor/minitensor";
 * console.assert(ones([2, 3]).sum().item() === 6);
 * ```
 */
export function ones(shape: Shape, options: TensorOptions = {}): Tensor {
  return full(shape, 1, { ...options, dtype: options.dtype ?? getDefaultDtype() });
}

/**
 * Zeros in the shape and dtype of `x`; the options may say another dtype.
 *
 * @example
 * ```ts
 * import { tensor, zerosLike } from "@minitensor/minitensor";
 * console.assert(zerosLike(tensor([1n, 2n])).equal(tensor([0n, 0n])));
 * ```
 */
export function zerosLike(x: Tensor, options: TensorOptions = {}): Tensor {
  return zeros(x.shape, { dtype: x.dtype, ...options });
}

/**
 * Ones in the shape and dtype of `x`; the options may say another dtype.
 *
 * @example
 * ```ts
 * import { onesLike, tensor } from "@minitensor/minitensor";
 * console.assert(onesLike(tensor([3, 4])).toArray().toString() === "1,1");
 * ```
 */
export function onesLike(x: Tensor, options: TensorOptions = {}): Tensor {
  return ones(x.shape, { dtype: x.dtype, ...options });
}

/**
 * A tensor in the shape and dtype of `x`, elements unspecified; the options may say another dtype.
 *
 * @example
 * ```ts
 * import { emptyLike, zeros } from "@minitensor/minitensor";
 * console.assert(emptyLike(zeros([2, 3], { dtype: "int32" })).dtype === "int32");
 * ```
 */
export function emptyLike(x: Tensor, options: TensorOptions = {}): Tensor {
  return empty(x.shape, { dtype: x.dtype, ...options });
}

/**
 * A tensor of one value in the shape and dtype of `x`: 3.5 becomes 3 for integers, true for bool.
 *
 * @example
 * ```ts
 * import { fullLike, tensor } from "@minitensor/minitensor";
 * console.assert(fullLike(tensor([1, 2], { dtype: "int32" }), 3.5).toArray().toString() === "3,3");
 * ```
 */
export function fullLike(
  x: Tensor,
  value: number | bigint | boolean,
  options: TensorOptions = {},
): Tensor {
  return full(x.shape, value, { dtype: x.dtype, ...options });
}

/**
 * Ones on the diagonal of an `n` by `m` matrix, zeros elsewhere.
 *
 * @example
 * ```ts
 * import { eye } from "@minitensor/minitensor";
 * console.assert(eye(2, 3).toArray().toString() === "1,0,0,0,1,0");
 * ```
 */
export function eye(n: number, m: number = n, options: TensorOptions = {}): Tensor {
  const x = zeros([n, m], { ...options, requiresGrad: false });
  const elements = x.asTypedArray();
  const one = toElement(1, x.dtype);
  for (let i = 0; i < Math.min(n, m); i++) elements[i * m + i] = one;
  return finish(x, options);
}

/**
 * `start`, `start + step`, ... up to but without `end`; one argument is the end.
 *
 * @throws {ArgumentError} when the step is 0 or leads away from the end.
 *
 * @example
 * ```ts
 * import { arange } from "@minitensor/minitensor";
 * console.assert(arange(1, 7, 2).toArray().toString() === "1,3,5");
 * ```
 */
export function arange(
  start: number,
  end?: number,
  step = 1,
  options: TensorOptions = {},
): Tensor {
  const [from, to] = end === undefined ? [0, start] : [start, end];
  const count = Math.ceil((to - from) / step);
  if (!Number.isFinite(count) || step === 0 || (count < 0 && from !== to)) {
    throw new ArgumentError(
      `Cannot make a range from ${from} to ${to} by steps of ${step}: it never arrives`,
    );
  }
  const { name, wide } = dtypeInfo(options.dtype ?? getDefaultDtype());
  const x = emptyOf(specOf([Math.max(count, 0)], wide === null ? name : "float64"));
  arangeInto(x, from, step);
  return finish(cast(x, name), options);
}

/**
 * `steps` evenly spaced numbers from `start` to `end`, both included and exact; one step is
 * `start`. Integer dtypes take the whole part.
 *
 * @example
 * ```ts
 * import { linspace } from "@minitensor/minitensor";
 * console.assert(linspace(0, 1, 5).toArray().toString() === "0,0.25,0.5,0.75,1");
 * ```
 */
export function linspace(
  start: number,
  end: number,
  steps: number,
  options: TensorOptions = {},
): Tensor {
  const x = emptyOf(specOf([steps], options.dtype ?? getDefaultDtype()));
  const elements = x.asTypedArray();
  const step = steps > 1 ? (end - start) / (steps - 1) : 0;
  for (let i = 0; i < steps; i++) {
    // From the nearer end, so that both ends are exact.
    const value = i < steps / 2 ? start + i * step : end - (steps - 1 - i) * step;
    elements[i] = steps === 1 ? toElement(start, x.dtype) : toElement(value, x.dtype);
  }
  return finish(x, options);
}

/**
 * `base` (10 unless given) to the powers of {@link linspace}, computed in float64.
 *
 * @example
 * ```ts
 * import { logspace } from "@minitensor/minitensor";
 * console.assert(logspace(0, 3, 4, { base: 2 }).toArray().toString() === "1,2,4,8");
 * ```
 */
export function logspace(
  start: number,
  end: number,
  steps: number,
  options: TensorOptions & { readonly base?: number } = {},
): Tensor {
  const { base = 10, ...rest } = options;
  const exponents = linspace(start, end, steps, { dtype: "float64" });
  const powers = Float64Array.from(
    exponents.asTypedArray() as Float64Array,
    (value) => base ** value,
  );
  return fromTypedArray(powers, [steps], { dtype: getDefaultDtype(), ...rest });
}
