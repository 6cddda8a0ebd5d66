import { describe, test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { SerializationError } from "../src/errors.ts";
import {
  encodeSafetensors,
  parseSafetensors,
  type SafetensorsInput,
} from "../src/serialize/safetensors_format.ts";

function join(chunks: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(chunks.flatMap((chunk) => [...chunk]));
}

/** A file with the given header and as many bytes of data. */
function file(header: string | Uint8Array, dataBytes = 0, length?: bigint): Uint8Array {
  const json = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const prefix = new Uint8Array(8);
  new DataView(prefix.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  return join([prefix, json, new Uint8Array(dataBytes)]);
}

function tensor(name: string, fields: string): string {
  return `${JSON.stringify(name)}:{${fields}}`;
}

const four = '"dtype":"F32","shape":[4],"data_offsets":[0,16]';

describe("parseSafetensors()", () => {
  test("gives names, types, shapes, places and metadata", () => {
    const header = `{"__metadata__":{"format":"pt"},${tensor("a", four)},` +
      tensor('b "ü"', '"shape":[],"data_offsets":[16,24],"dtype":"I64"') + "}   ";
    const bytes = file(header, 24);
    const start = bytes.length - 24;
    const { metadata, entries } = parseSafetensors(bytes);
    assertEquals([...metadata], [["format", "pt"]]);
    assertEquals(entries, [
      { name: "a", dtype: "F32", shape: [4], start, end: start + 16 },
      { name: 'b "ü"', dtype: "I64", shape: [], start: start + 16, end: start + 24 },
    ]);
  });

  test("takes tensors in any order, empty ones and names of Object.prototype", () => {
    const names = ["z", "__proto__", "empty", "constructor"];
    const header = "{" + [
      tensor("z", '"dtype":"U8","shape":[2],"data_offsets":[3,5]'),
      tensor("__proto__", '"dtype":"U8","shape":[1,2],"data_offsets":[1,3]'),
      tensor("empty", '"dtype":"F64","shape":[0,9007199254740991,4],"data_offsets":[1,1]'),
      tensor("constructor", '"dtype":"BOOL","shape":[1],"data_offsets":[0,1]'),
    ].join() + "}";
    const { entries } = parseSafetensors(file(header, 5));
    assertEquals(entries.map(({ name }) => name), names.toReversed());
  });

  test("takes a file without tensors", () => {
    assertEquals(parseSafetensors(file("{}")), { metadata: new Map(), entries: [] });
  });

  const one = (fields: string, bytes = 16) => file(`{${tensor("a", fields)}}`, bytes);
  const two = (first: string, second: string, bytes: number) =>
    file(
      `{${tensor("a", `"dtype":"U8",${first}`)},${tensor("b", `"dtype":"U8",${second}`)}}`,
      bytes,
    );
  const notUtf8 = new TextEncoder().encode(`{${tensor("a", four)}}`).with(2, 0xff);
  const malformed: readonly [string, Uint8Array, string][] = [
    ["fewer bytes than the length has", new Uint8Array(7), "it has 7 bytes"],
    [
      "a header over 100 MB",
      file("{}", 0, 100_000_001n),
      "header of 100000001 bytes is over 100 MB",
    ],
    ["a length of 2^64 - 1", file("{}", 0, 2n ** 64n - 1n), "is over 100 MB"],
    ["a header that is longer than the file", file("{}", 0, 3n), "its header ends at byte 11"],
    ["no header", file(""), "does not begin with {"],
    ["a space before the header", file(" {}"), "does not begin with {"],
    ["a header that is not UTF-8", file(notUtf8, 16), "its header is not UTF-8"],
    ["a byte order mark", file("\ufeff{}"), "does not begin with {"],
    ["a header that is not JSON", file("{,}"), "its header is not JSON"],
    ["two JSON values", file("{}{}"), "its header is not JSON"],
    ["a name twice", file(`{${tensor("a", four)},${tensor("a", four)}}`, 16), '"a" twice'],
    ["a name twice by an escape", file(`{"a":{${four}},"\\u0061":{${four}}}`, 16), '"a" twice'],
    ["a field twice", one(`${four},"dtype" :"F32"`), '"dtype" twice'],
    ["deep nesting", file(`{"a":${"[".repeat(1e5)}${"]".repeat(1e5)}}`), "nested deeper than 128"],
    ["metadata that is no object", file('{"__metadata__":[]}'), "__metadata__ is not an object"],
    [
      "metadata that is no string",
      file('{"__metadata__":{"x":1}}'),
      'metadata "x" is not a string',
    ],
    ["a tensor that is no object", file('{"a":null}'), 'tensor "a" is not an object'],
    ["no dtype", one('"shape":[4],"data_offsets":[0,16]'), "unknown dtype missing"],
    ["an unknown dtype", one(four.replace("F32", "F31")), 'unknown dtype "F31"'],
    ["a dtype of Object.prototype", one(four.replace("F32", "toString")), "unknown dtype"],
    ["no shape", one('"dtype":"F32","data_offsets":[0,16]'), "the shape missing"],
    ["a fractional extent", one(four.replace("[4]", "[4.5]")), "the shape [4.5]"],
    ["a negative extent", one(four.replace("[4]", "[-4]")), "the shape [-4]"],
    ["an extent of -0", one(four.replace("[4]", "[-0]"), 0), "the shape [0]"],
    ["an extent over 2^53", one(four.replace("[4]", "[1e16]")), "the shape [10000000000000000]"],
    ["an extent that is text", one(four.replace("[4]", '["4"]')), 'the shape ["4"]'],
    ["one offset", one(four.replace("[0,16]", "[0]")), "the data_offsets [0]"],
    ["negative offsets", one(four.replace("[0,16]", "[-16,0]")), "the data_offsets [-16,0]"],
    ["offsets in reverse", one(four.replace("[0,16]", "[16,0]")), "its data_offsets give -16"],
    [
      "a shape that needs more",
      one(four.replace("[4]", "[5]")),
      "needs 20 bytes, its data_offsets give 16",
    ],
    [
      "a size that overflows",
      one(four.replace("[4]", "[4294967296,4294967296,4294967296,4294967296,4]")),
      "needs an impossible number of bytes",
    ],
    [
      "half a byte",
      one('"dtype":"F4","shape":[3],"data_offsets":[0,1]', 1),
      "needs an impossible number of bytes",
    ],
    ["offsets beyond the file", one(four, 15), "its tensors end at byte"],
    ["bytes after the last tensor", one(four, 17), "its tensors end at byte"],
    [
      "tensors that overlap",
      two('"shape":[4],"data_offsets":[0,4]', '"shape":[4],"data_offsets":[3,7]', 7),
      "within the one before",
    ],
    [
      "a hole between tensors",
      two('"shape":[4],"data_offsets":[0,4]', '"shape":[3],"data_offsets":[5,8]', 8),
      "after a hole",
    ],
    [
      "a hole before the first tensor",
      one('"dtype":"U8","shape":[1],"data_offsets":[1,2]', 2),
      "hole",
    ],
  ];
  for (const [name, bytes, message] of malformed) {
    test(`refuses ${name}`, () => {
      assertThrows(() => parseSafetensors(bytes), SerializationError, message);
    });
  }

  test("gives contents or a SerializationError for any bytes", () => {
    const original = file(`{"__metadata__":{"k":"v"},${tensor("a", four)}}`, 16);
    let state = 7;
    const random = () => (state = (state * 48271) % 0x7fffffff) / 0x7fffffff;
    for (let round = 0; round < 5000; round++) {
      const bytes = original.slice(0, Math.ceil(random() * 1.5 * original.length));
      for (let i = 0; i < 2; i++) bytes[Math.floor(random() * bytes.length)] = random() * 256;
      try {
        parseSafetensors(bytes);
      } catch (error) {
        if (!(error instanceof SerializationError)) throw error;
      }
    }
  });
});

describe("encodeSafetensors()", () => {
  const input = (
    name: string,
    dtype: SafetensorsInput["dtype"],
    shape: number[],
    length: number,
  ): SafetensorsInput => ({ name, dtype, shape, bytes: new Uint8Array(length).fill(length) });

  test("gives the bytes of the reference implementation", () => {
    const chunks = encodeSafetensors([
      input("flag", "BOOL", [2], 2),
      input("b", "F32", [1], 4),
      input("a", "F32", [2], 8),
      input("n", "I64", [], 8),
    ], new Map([["format", "pt"]]));
    const header = '{"__metadata__":{"format":"pt"},' +
      '"n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},' +
      '"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},' +
      '"b":{"dtype":"F32","shape":[1],"data_offsets":[16,20]},' +
      '"flag":{"dtype":"BOOL","shape":[2],"data_offsets":[20,22]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    assertEquals(new TextDecoder().decode(chunks[0]!.subarray(8)), padded);
    assertEquals(chunks.slice(1).map((chunk) => chunk.length), [8, 8, 4, 2]);
  });

  test("is undone by parseSafetensors()", () => {
    const inputs = [
      input("\u{1f600}", "U8", [3], 3),
      input("\uffee", "U8", [0, 5], 0),
      input("__proto__", "F16", [1, 2, 3], 12),
      input('with "quotes"\n', "C64", [1], 8),
      input("1", "BF16", [1], 2),
    ];
    const metadata = new Map([["__proto__", "x"], ["1", "y\u0000"]]);
    const bytes = join(encodeSafetensors(inputs, metadata));
    const contents = parseSafetensors(bytes);
    assertEquals(contents.metadata.get("__proto__"), "x");
    assertEquals(contents.metadata.size, 2);
    assertEquals(
      contents.entries.map(({ name }) => name),
      ['with "quotes"\n', "1", "__proto__", "\uffee", "\u{1f600}"],
    );
    for (const { name, dtype, shape, start, end } of contents.entries) {
      const original = inputs.find((one) => one.name === name)!;
      assertEquals([dtype, shape], [original.dtype, original.shape]);
      assertEquals(bytes.subarray(start, end), original.bytes);
    }
  });

  test("writes a file without tensors", () => {
    const bytes = join(encodeSafetensors([]));
    assertEquals(new TextDecoder().decode(bytes.subarray(8)), "{}      ");
    assertEquals(parseSafetensors(bytes).entries, []);
  });

  test("refuses what cannot be read back", () => {
    const refused: readonly [SafetensorsInput[], string][] = [
      [[input("a", "F32", [2], 4)], 'Cannot write tensor "a": shape [2] of F32 needs 8 bytes'],
      [[input("a", "U8", [1], 1), input("a", "I8", [1], 1)], "its name is used twice"],
      [[input("__metadata__", "U8", [1], 1)], "the format uses this name itself"],
      [[input("\ud800", "U8", [1], 1)], "its name is not valid Unicode"],
    ];
    for (const [inputs, message] of refused) {
      assertThrows(() => encodeSafetensors(inputs), SerializationError, message);
    }
  });
});
