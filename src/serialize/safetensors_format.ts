/**
 * The safetensors format as bytes: eight bytes with the header's length, a JSON header that names
 * each tensor's type, shape and place, then the data without holes. Reading checks all that the
 * format promises before anything is allocated; writing gives the same bytes as the reference
 * implementation.
 *
 * @module
 */
import { SerializationError } from "../errors.ts";
import { jsonFault } from "./json_keys.ts";

/** Type of a tensor's elements, as the header spells it. */
export type SafetensorsDType =
  | "BOOL"
  | "F4"
  | "F6_E2M3"
  | "F6_E3M2"
  | "U8"
  | "I8"
  | "F8_E5M2"
  | "F8_E4M3"
  | "F8_E8M0"
  | "I16"
  | "U16"
  | "F16"
  | "BF16"
  | "I32"
  | "U32"
  | "F32"
  | "C64"
  | "F64"
  | "I64"
  | "U64";

/** Bits of each type's element, in the order in which files hold them: the last one first. */
const bitsOf: Readonly<Record<SafetensorsDType, number>> = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
};

const dtypeOrder = Object.keys(bitsOf);

/** A tensor in a file. */
export interface SafetensorsEntry {
  /** Its name. */
  readonly name: string;
  /** Type of its elements. */
  readonly dtype: SafetensorsDType;
  /** Its sizes, the slowest first. */
  readonly shape: readonly number[];
  /** Where its bytes begin in the file. */
  readonly start: number;
  /** Where they end. */
  readonly end: number;
}

/** What a header says. */
export interface SafetensorsContents {
  /** Texts about the file, by name. */
  readonly metadata: ReadonlyMap<string, string>;
  /** The tensors in the order of their bytes. */
  readonly entries: readonly SafetensorsEntry[];
}

/** A tensor to be written. */
export interface SafetensorsInput {
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

const LENGTH_BYTES = 8;
const HEADER_BYTES_MAX = 100_000_000;
const METADATA = "__metadata__";

/**
 * Reads and checks the header of a whole file.
 *
 * @throws {SerializationError} if the bytes are not one whole, valid file.
 */
export function parseSafetensors(bytes: Uint8Array): SafetensorsContents {
  const dataStart = headerEnd(bytes);
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, dataStart));
  const entries: SafetensorsEntry[] = [];
  let metadata = new Map<string, string>();
  for (const [name, value] of Object.entries(header)) {
    if (name === METADATA) metadata = readMetadata(value);
    else entries.push(readEntry(name, value, dataStart));
  }
  entries.sort((x, y) => x.start - y.start || x.end - y.end);
  checkCover(entries, dataStart, bytes.length);
  return { metadata, entries };
}

function fail(reason: string, offset?: number): never {
  const details = offset === undefined ? {} : { offset };
  throw new SerializationError(`Cannot read safetensors data: ${reason}`, details);
}

const IMPOSSIBLE = "an impossible number of";

/** A value of the header for a message: not longer than a line. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}

function headerEnd(bytes: Uint8Array): number {
  if (bytes.length < LENGTH_BYTES) {
    fail(`it has ${bytes.length} bytes, the header's length alone has 8`, bytes.length);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES);
  const length = view.getBigUint64(0, true);
  if (length > HEADER_BYTES_MAX) fail(`its header of ${length} bytes is over 100 MB`, 0);
  const end = LENGTH_BYTES + Number(length);
  if (end > bytes.length) {
    fail(`its header ends at byte ${end}, the file at ${bytes.length}`, bytes.length);
  }
  return end;
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    fail("its header is not UTF-8", LENGTH_BYTES);
  }
  if (!text.startsWith("{")) fail("its header does not begin with {", LENGTH_BYTES);
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(text);
  } catch (error) {
    fail(`its header is not JSON: ${(error as Error).message}`, LENGTH_BYTES);
  }
  const fault = jsonFault(text);
  if (fault !== null) fail(`its header is not valid: ${fault}`, LENGTH_BYTES);
  return header;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readMetadata(value: unknown): Map<string, string> {
  if (!isObject(value)) fail(`${METADATA} is not an object`);
  const entries = Object.entries(value);
  const bad = entries.find(([, text]) => typeof text !== "string");
  if (bad !== undefined) fail(`the metadata ${show(bad[0])} is not a string`);
  return new Map(entries as [string, string][]);
}

/** A count or offset; JSON has -0, which is neither. */
function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0);
}

function isCountArray(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isCount);
}

function readEntry(name: string, value: unknown, dataStart: number): SafetensorsEntry {
  const what = `tensor ${show(name)}`;
  if (!isObject(value)) fail(`${what} is not an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isDType(dtype)) fail(`${what} has the unknown dtype ${show(dtype)}`);
  if (!isCountArray(shape)) fail(`${what} has the shape ${show(shape)}`);
  if (!isCountArray(offsets) || offsets.length !== 2) {
    fail(`${what} has the data_offsets ${show(offsets)}`);
  }
  const [start, end] = offsets as [number, number];
  const size = byteSize(dtype, shape);
  if (end - start !== size) {
    const found = `its data_offsets give ${end - start}`;
    fail(
      `${what} of shape ${show(shape)} and ${dtype} needs ${size ?? IMPOSSIBLE} bytes, ${found}`,
    );
  }
  return { name, dtype, shape, start: dataStart + start, end: dataStart + end };
}

function isDType(value: unknown): value is SafetensorsDType {
  return typeof value === "string" && Object.hasOwn(bitsOf, value);
}

/** Bytes of a tensor; null if they are not whole or not exact as a number. */
function byteSize(dtype: SafetensorsDType, shape: readonly number[]): number | null {
  const count = shape.includes(0) ? 0 : shape.reduce((product, extent) => product * extent, 1);
  const size = count * bitsOf[dtype] / 8;
  return Number.isSafeInteger(size) ? size : null;
}

/** The tensors must follow each other from the header to the end of the file. */
function checkCover(entries: readonly SafetensorsEntry[], start: number, end: number): void {
  let position = start;
  for (const { name, start, end } of entries) {
    const what = `tensor ${show(name)} begins at byte ${start}`;
    if (start < position) fail(`${what}, within the one before, which ends at ${position}`, start);
    if (start > position) fail(`${what}, after a hole from ${position}`, position);
    position = end;
  }
  if (position !== end) {
    fail(`its tensors end at byte ${position}, the file at ${end}`, Math.min(position, end));
  }
}

/**
 * Gives a file as pieces: the header, then the bytes of each tensor, not copied. Large elements
 * come first, so that every tensor is aligned to its element; tensors of one type are sorted by
 * name.
 *
 * @throws {SerializationError} if a name is not fit or used twice, or bytes do not fit their shape.
 */
export function encodeSafetensors(
  inputs: readonly SafetensorsInput[],
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array[] {
  const names = new Set<string>();
  for (const input of inputs) {
    checkInput(input);
    if (names.has(input.name)) refuse(input, "its name is used twice");
    names.add(input.name);
  }
  const rank = ({ dtype }: SafetensorsInput) => dtypeOrder.indexOf(dtype);
  const sorted = inputs.toSorted((x, y) => rank(y) - rank(x) || compareUtf8(x.name, y.name));
  const fields = headerFields(sorted, metadata).join(",");
  return [encodeHeader(`{${fields}}`), ...sorted.map(({ bytes }) => bytes)];
}

function refuse({ name }: SafetensorsInput, reason: string): never {
  throw new SerializationError(`Cannot write tensor ${JSON.stringify(name)}: ${reason}`);
}

function checkInput(input: SafetensorsInput): void {
  const { name, dtype, shape, bytes } = input;
  if (name === METADATA) refuse(input, "the format uses this name itself");
  if (!name.isWellFormed()) refuse(input, "its name is not valid Unicode");
  const size = byteSize(dtype, shape);
  if (bytes.length === size) return;
  const needed = `shape [${shape.join(", ")}] of ${dtype} needs ${size ?? IMPOSSIBLE} bytes`;
  refuse(input, `${needed}, there are ${bytes.length}`);
}

/** Order of the UTF-8 bytes, which is that of the code points. */
function compareUtf8(x: string, y: string): number {
  const xs = [...x];
  const ys = [...y];
  const at = xs.findIndex((character, i) => character !== ys[i]);
  if (at === -1) return xs.length - ys.length;
  return ys[at] === undefined ? 1 : xs[at]!.codePointAt(0)! - ys[at].codePointAt(0)!;
}

function headerFields(
  inputs: readonly SafetensorsInput[],
  metadata: ReadonlyMap<string, string>,
): string[] {
  const fields = metadata.size > 0 ? [`"${METADATA}":${jsonOfStrings(metadata)}`] : [];
  let offset = 0;
  for (const { name, dtype, shape, bytes } of inputs) {
    const end = offset + bytes.length;
    fields.push(
      `${JSON.stringify(name)}:` +
        JSON.stringify({ dtype, shape, data_offsets: [offset, end] }),
    );
    offset = end;
  }
  return fields;
}

/** Not by way of an object, which would reorder keys like "1" and lose "__proto__". */
function jsonOfStrings(entries: ReadonlyMap<string, string>): string {
  const fields = [...entries].map((pair) => pair.map((text) => JSON.stringify(text)).join(":"));
  return `{${fields.join(",")}}`;
}

/** The length and the header, with spaces at its end to a multiple of eight bytes. */
function encodeHeader(text: string): Uint8Array {
  const json = new TextEncoder().encode(text);
  const length = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, LENGTH_BYTES);
  return header;
}
