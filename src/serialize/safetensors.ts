/**
 * Safetensors files: named tensors, readable by every framework, safe to open.
 *
 * @module
 */
import { empty, fromTypedArray } from "../create.ts";
import type { DType } from "../dtype.ts";
import { SerializationError } from "../errors.ts";
import { readFile, writeFileAtomic } from "../host.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  encodeSafetensors,
  parseSafetensors,
  type SafetensorsContents,
  type SafetensorsDType,
  type SafetensorsEntry,
} from "./safetensors_format.ts";
import { StateDict } from "./state_dict.ts";

/** Dtypes that are written as they are. */
const written: Readonly<Record<DType, SafetensorsDType>> = {
  float32: "F32",
  float64: "F64",
  int32: "I32",
  int64: "I64",
  bool: "BOOL",
  uint8: "U8",
  int8: "I8",
  int16: "I16",
  float16: "F16",
  bfloat16: "BF16",
};

/** Dtypes that are read as they are. */
const read: Readonly<Partial<Record<SafetensorsDType, DType>>> = Object.fromEntries(
  Object.entries(written).map(([dtype, name]) => [name, dtype as DType]),
);

/** Dtypes that have no counterpart here: read into the next wider one. */
const widened: Readonly<
  Partial<
    Record<SafetensorsDType, (bytes: Uint8Array) => Int32Array | BigInt64Array>
  >
> = {
  U16: (bytes) => Int32Array.from(new Uint16Array(copy(bytes))),
  U32: (bytes) => BigInt64Array.from(new Uint32Array(copy(bytes)), BigInt),
  U64: (bytes) => signed(new BigUint64Array(copy(bytes))),
};

/** The bytes at an aligned place. */
function copy(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer as ArrayBuffer;
}

/**
 * Unsigned numbers as int64, which holds all that are in use: counts and seeds, not bit patterns.
 */
function signed(values: BigUint64Array): BigInt64Array {
  const large = values.find((value) => value >= 2n ** 63n);
  if (large !== undefined) {
    throw new SerializationError(`Cannot read the 64-bit number ${large}: it is beyond int64`);
  }
  return BigInt64Array.from(values);
}

/** Memory of a contiguous tensor. */
function bytesOf(x: Tensor): Uint8Array<ArrayBuffer> {
  const elements = x.asTypedArray();
  return new Uint8Array(elements.buffer as ArrayBuffer, elements.byteOffset, elements.byteLength);
}

function toTensor(entry: SafetensorsEntry, bytes: Uint8Array): Tensor {
  const source = bytes.subarray(entry.start, entry.end);
  const dtype = read[entry.dtype];
  if (dtype !== undefined) {
    const x = empty(entry.shape, { dtype });
    bytesOf(x).set(source);
    return x;
  }
  const widen = widened[entry.dtype];
  if (widen === undefined) {
    throw new SerializationError(
      `Cannot read tensor "${entry.name}": no dtype here holds ${entry.dtype}`,
      {
        offset: entry.start,
      },
    );
  }
  return fromTypedArray(widen(source), entry.shape);
}

/**
 * The tensors of a safetensors file in memory. Unsigned integers above uint8 are read as int32
 * or int64.
 *
 * @throws {SerializationError} when the bytes are not a valid file.
 *
 * @example
 * ```ts
 * import { tensor } from "@minitensor/minitensor";
 * import {
 *   loadSafetensorsFromBytes,
 *   saveSafetensorsToBytes,
 * } from "@minitensor/minitensor/serialize";
 * const bytes = saveSafetensorsToBytes(new Map([["w", tensor([1, 2])]]));
 * console.assert(loadSafetensorsFromBytes(bytes).get("w")!.toArray().toString() === "1,2");
 * ```
 */
export function loadSafetensorsFromBytes(bytes: Uint8Array): StateDict {
  const { entries } = parseSafetensors(bytes);
  return new StateDict(entries.map((entry) => [entry.name, toTensor(entry, bytes)]));
}

/**
 * What a safetensors file says about itself: its tensors' names, dtypes and shapes, and its
 * metadata. Of the tensors themselves nothing is copied.
 *
 * @throws {SerializationError} when the bytes are not a valid file.
 *
 * @example
 * ```ts
 * import { zeros } from "@minitensor/minitensor";
 * import { inspectSafetensors, saveSafetensorsToBytes } from "@minitensor/minitensor/serialize";
 * const { entries } = inspectSafetensors(saveSafetensorsToBytes(new Map([["w", zeros([2, 3])]])));
 * console.assert(entries[0]!.name === "w" && entries[0]!.dtype === "F32");
 * ```
 */
export function inspectSafetensors(bytes: Uint8Array): SafetensorsContents {
  return parseSafetensors(bytes);
}

/**
 * The tensors of a safetensors file.
 *
 * @throws {SerializationError} when the file cannot be read or is not valid.
 *
 * @example
 * ```ts
 * import { tmpdir } from "node:os";
 * import { tensor } from "@minitensor/minitensor";
 * import { loadSafetensors, saveSafetensors } from "@minitensor/minitensor/serialize";
 * const path = `${tmpdir()}/${crypto.randomUUID()}.safetensors`;
 * saveSafetensors(new Map([["w", tensor([1, 2])]]), path);
 * console.assert(loadSafetensors(path).get("w")!.toArray().toString() === "1,2");
 * ```
 */
export function loadSafetensors(path: string | URL): StateDict {
  let bytes: Uint8Array;
  try {
    bytes = readFile(path);
  } catch (error) {
    throw new SerializationError(`Cannot read ${path}: ${(error as Error).message}`, {
      path: String(path),
    });
  }
  try {
    return loadSafetensorsFromBytes(bytes);
  } catch (error) {
    if (!(error instanceof SerializationError)) throw error;
    throw new SerializationError(`${error.message}, in ${path}`, {
      path: String(path),
      ...(error.offset === undefined ? {} : { offset: error.offset }),
    });
  }
}

/** Options of saving. */
export interface SafetensorsOptions {
  /** Text that is kept with the tensors. */
  readonly metadata?: Readonly<Record<string, string>>;
}

function pieces(state: ReadonlyMap<string, Tensor>, options: SafetensorsOptions): Uint8Array[] {
  const inputs = [...state].map(([name, value]) => {
    const x = value.detach().contiguous();
    return { name, dtype: written[x.dtype], shape: x.shape, bytes: bytesOf(x) };
  });
  return encodeSafetensors(inputs, new Map(Object.entries(options.metadata ?? {})));
}

/**
 * Tensors as the bytes of a safetensors file, in which they stand in their own dtypes and row-major
 * order.
 *
 * @example
 * ```ts
 * import { tensor } from "@minitensor/minitensor";
 * import { inspectSafetensors, saveSafetensorsToBytes } from "@minitensor/minitensor/serialize";
 * const bytes = saveSafetensorsToBytes(new Map([["w", tensor(1)]]), { metadata: { epoch: "3" } });
 * console.assert(inspectSafetensors(bytes).metadata.get("epoch") === "3");
 * ```
 */
export function saveSafetensorsToBytes(
  state: ReadonlyMap<string, Tensor>,
  options: SafetensorsOptions = {},
): Uint8Array {
  const parts = pieces(state, options);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * Writes tensors into a safetensors file: whole, or not at all.
 *
 * @throws {SerializationError} when the file cannot be written; what was there before is still
 * there.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { ones } from "@minitensor/minitensor";
 * import { inspectSafetensors, saveSafetensors } from "@minitensor/minitensor/serialize";
 * const path = `${tmpdir()}/${crypto.randomUUID()}.safetensors`;
 * saveSafetensors(new Map([["w", ones([2])]]), path);
 * const bytes = readFileSync(path);
 * console.assert(inspectSafetensors(bytes).entries[0]!.shape.join() === "2");
 * ```
 */
export function saveSafetensors(
  state: ReadonlyMap<string, Tensor>,
  path: string | URL,
  options: SafetensorsOptions = {},
): void {
  const parts = pieces(state, options);
  try {
    writeFileAtomic(path, parts);
  } catch (error) {
    throw new SerializationError(`Cannot write ${path}: ${(error as Error).message}`, {
      path: String(path),
    });
  }
}
