/**
 * Reads IDX, the format of MNIST: two zero bytes, a code for the type, the rank, the extents as
 * 32-bit numbers, then the elements; all numbers with the highest byte first. Nothing is allocated
 * before the header and the length agree, so a file that lies about its size costs nothing.
 *
 * @module
 */
import { SerializationError } from "../errors.ts";
import { gunzip } from "../host.ts";

/** Type of an IDX file's elements. */
export type IdxDType = "uint8" | "int8" | "int16" | "int32" | "float32" | "float64";

/** By the code that the file has for them. */
const types = {
  0x08: { dtype: "uint8", bytes: 1, view: Uint8Array },
  0x09: { dtype: "int8", bytes: 1, view: Int8Array },
  0x0b: { dtype: "int16", bytes: 2, view: Int16Array },
  0x0c: { dtype: "int32", bytes: 4, view: Int32Array },
  0x0d: { dtype: "float32", bytes: 4, view: Float32Array },
  0x0e: { dtype: "float64", bytes: 8, view: Float64Array },
} as const;

type IdxType = (typeof types)[keyof typeof types];

/** What an IDX file holds. */
export interface IdxArray {
  /** Type of the elements. */
  readonly dtype: IdxDType;
  /** Extents, the slowest first. */
  readonly shape: readonly number[];
  /** The elements in row-major order; those of one byte are a view of the file's bytes. */
  readonly data:
    | Uint8Array
    | Int8Array
    | Int16Array
    | Int32Array
    | Float32Array
    | Float64Array;
}

interface Header {
  readonly type: IdxType;
  readonly shape: readonly number[];
  readonly headerBytes: number;
  readonly fileBytes: number;
}

/** Compressed bytes that hold any IDX header: at most 4 + 4 * 255 bytes, and gzip's own. */
const GZIP_PREFIX_BYTES = 4096;

/** Deflate makes at most 1032 bytes of one. */
const DEFLATE_RATIO_MAX = 1032;

/**
 * Reads the bytes of an IDX file, compressed with gzip or not; `path` is for the error's message.
 *
 * @throws {SerializationError} if the bytes are not one whole IDX file.
 *
 * @example
 * ```ts
 * import { parseIdx } from "@minitensor/minitensor/data";
 * const bytes = new Uint8Array([0, 0, 8, 1, 0, 0, 0, 2, 5, 7]); // bytes, 1 dim, of 2 elements
 * const { dtype, shape, data } = parseIdx(bytes);
 * console.assert(dtype === "uint8" && shape.join() === "2" && data.join() === "5,7");
 * ```
 */
export function parseIdx(bytes: Uint8Array, path?: string): IdxArray {
  const isGzip = bytes.length > 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
  const plain = isGzip ? decompress(bytes, path) : bytes;
  const { type, shape, headerBytes, fileBytes } = readHeader(plain, path);
  if (plain.length !== fileBytes) {
    const offset = Math.min(plain.length, fileBytes);
    fail(
      `shape [${
        shape.join(", ")
      }] of ${type.dtype} needs ${fileBytes} bytes, it has ${plain.length}`,
      {
        path,
        offset,
      },
    );
  }
  return { dtype: type.dtype, shape, data: readElements(plain, headerBytes, type) };
}

function fail(
  reason: string,
  { path, offset }: { readonly path: string | undefined; readonly offset?: number },
): never {
  const what = path === undefined ? "IDX data" : `IDX file ${path}`;
  throw new SerializationError(`Cannot read ${what}: ${reason}`, {
    ...(path === undefined ? {} : { path }),
    ...(offset === undefined ? {} : { offset }),
  });
}

/** Reads the header alone first: it says how long the rest may become. */
function decompress(bytes: Uint8Array, path: string | undefined): Uint8Array {
  const prefix = bytes.subarray(0, GZIP_PREFIX_BYTES);
  const run = (step: () => Uint8Array): Uint8Array => {
    try {
      return step();
    } catch (error) {
      fail(`gzip: ${(error as Error).message}`, { path });
    }
  };
  const start = run(() => gunzip(prefix, prefix.length * DEFLATE_RATIO_MAX + 1, true));
  const { fileBytes } = readHeader(start, path);
  if (fileBytes > bytes.length * DEFLATE_RATIO_MAX) {
    fail(`${bytes.length} compressed bytes cannot hold the ${fileBytes} of its header`, { path });
  }
  return run(() => gunzip(bytes, fileBytes));
}

function readHeader(bytes: Uint8Array, path: string | undefined): Header {
  if (bytes.length < 4) {
    fail(`it has ${bytes.length} bytes, a header has 4 or more`, { path, offset: 0 });
  }
  const [first, second, code, rank] = bytes as unknown as [number, number, number, number];
  if (first !== 0 || second !== 0) {
    fail(`it begins with ${first} ${second} instead of 0 0`, { path, offset: 0 });
  }
  const type = (types as Record<number, IdxType>)[code];
  if (type === undefined) fail(`there is no element type ${code}`, { path, offset: 2 });
  const headerBytes = 4 + 4 * rank;
  if (bytes.length < headerBytes) {
    fail(`it ends within its header of ${headerBytes} bytes`, { path, offset: bytes.length });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const count = shape.includes(0) ? 0 : shape.reduce((product, extent) => product * extent, 1);
  const fileBytes = headerBytes + count * type.bytes;
  if (!Number.isSafeInteger(fileBytes)) {
    fail(`shape [${shape.join(", ")}] is larger than any file`, { path, offset: 4 });
  }
  return { type, shape, headerBytes, fileBytes };
}

function readElements(bytes: Uint8Array, start: number, type: IdxType): IdxArray["data"] {
  const source = bytes.subarray(start);
  if (type.bytes === 1) {
    const buffer = source.buffer as ArrayBuffer; // a view of shared memory would be as good
    return new type.view(buffer, source.byteOffset, source.length);
  }
  // Every machine that runs this has the lowest byte first: turn each element around.
  const turned = new Uint8Array(source.length);
  const last = type.bytes - 1;
  for (let i = 0; i < turned.length; i++) turned[i] = source[i ^ last]!;
  return new type.view(turned.buffer);
}
