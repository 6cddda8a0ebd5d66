import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { assertEquals, assertThrows } from "@std/assert";
import { parseIdx } from "../src/data/idx.ts";
import { SerializationError } from "../src/errors.ts";

/** An IDX file: type code, extents, and the elements' bytes as they stand in the file. */
function idx(code: number, shape: readonly number[], elements: readonly number[]): Uint8Array {
  const extents = shape.flatMap((n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]);
  return new Uint8Array([0, 0, code, shape.length, ...extents, ...elements]);
}

function bigEndian(bytes: number, values: readonly number[], set: string): number[] {
  const view = new DataView(new ArrayBuffer(bytes * values.length));
  const setter = (view as unknown as Record<string, (at: number, value: number) => void>)[set]!;
  values.forEach((value, i) => setter.call(view, i * bytes, value));
  return [...new Uint8Array(view.buffer)];
}

describe("parseIdx()", () => {
  const cases: readonly [number, string, number[], number[]][] = [
    [0x08, "uint8", [0, 255, 7], [0, 255, 7]],
    [0x09, "int8", [0, -128, 127], [0, 128, 127]],
    [0x0b, "int16", [1, -2, 30000], bigEndian(2, [1, -2, 30000], "setInt16")],
    [0x0c, "int32", [1, -2, 2e9], bigEndian(4, [1, -2, 2e9], "setInt32")],
    [0x0d, "float32", [0.5, -Infinity, NaN], bigEndian(4, [0.5, -Infinity, NaN], "setFloat32")],
    [0x0e, "float64", [0.1, -0, 1e300], bigEndian(8, [0.1, -0, 1e300], "setFloat64")],
  ];
  for (const [code, dtype, values, bytes] of cases) {
    test(`reads ${dtype}`, () => {
      const result = parseIdx(idx(code, [3, 1], bytes));
      assertEquals([result.dtype, result.shape], [dtype, [3, 1]]);
      assertEquals([...result.data], values);
    });
  }

  test("reads bytes that start anywhere in their buffer", () => {
    const file = idx(0x0c, [2], bigEndian(4, [5, 6], "setInt32"));
    const shifted = new Uint8Array([1, 2, 3, ...file]).subarray(3);
    assertEquals([...parseIdx(shifted).data], [5, 6]);
  });

  test("reads gzip, long or short", () => {
    const elements = Array.from({ length: 70_000 }, (_, i) => (i * 2654435761 >>> 13) & 255);
    const result = parseIdx(gzipSync(idx(0x08, [7, 100, 100], elements)));
    assertEquals(result.shape, [7, 100, 100]);
    assertEquals([...result.data], elements);
    assertEquals([...parseIdx(gzipSync(idx(0x09, [1], [255]))).data], [-1]);
  });

  test("reads rank 0 and empty arrays", () => {
    assertEquals([...parseIdx(idx(0x08, [], [9])).data], [9]);
    const empty = parseIdx(idx(0x0e, [0, 0xffffffff, 0xffffffff], []));
    assertEquals([empty.shape, empty.data.length], [[0, 0xffffffff, 0xffffffff], 0]);
  });

  const good = idx(0x08, [2, 2], [1, 2, 3, 4]);
  const bomb = gzipSync(new Uint8Array([...idx(0x08, [4], []), ...new Uint8Array(1 << 20)]));
  const malformed: readonly [string, Uint8Array, string, number | undefined][] = [
    ["no bytes", new Uint8Array(), "it has 0 bytes", 0],
    ["a wrong start", idx(0x08, [1], [1]).with(1, 8), "it begins with 0 8", 0],
    ["an unknown type", idx(0x0a, [1], [1]), "there is no element type 10", 2],
    ["half a header", good.subarray(0, 9), "it ends within its header of 12 bytes", 9],
    [
      "too few elements",
      good.subarray(0, 15),
      "shape [2, 2] of uint8 needs 16 bytes, it has 15",
      15,
    ],
    ["too many elements", new Uint8Array([...good, 0]), "needs 16 bytes, it has 17", 16],
    ["a size beyond 2^53", idx(0x0e, Array(255).fill(0xffffffff), []), "larger than any file", 4],
    ["a terabyte in 28 bytes", idx(0x08, [0xffffffff, 256], []), "it has 12", 12],
    ["broken gzip", gzipSync(good).subarray(0, 20), "gzip: ", undefined],
    ["a wrong gzip checksum", gzipFlipped(good), "gzip: ", undefined],
    ["gzip that is longer than its header says", bomb, "gzip: ", undefined],
    ["gzip that cannot be as long", gzipSync(idx(8, [2 ** 31], [])), "cannot hold", undefined],
  ];
  for (const [name, bytes, message, offset] of malformed) {
    test(`refuses ${name}`, () => {
      const error = assertThrows(() => parseIdx(bytes), SerializationError, message);
      assertEquals(error.offset, offset);
    });
  }

  test("names the file", () => {
    const error = assertThrows(() => parseIdx(new Uint8Array(3), "a.idx"), SerializationError);
    assertEquals(error.path, "a.idx");
    assertEquals(
      error.message,
      "Cannot read IDX file a.idx: it has 3 bytes, a header has 4 or more",
    );
  });

  test("gives an array or a SerializationError for any bytes", () => {
    let state = 1;
    const random = () => (state = (state * 48271) % 0x7fffffff) / 0x7fffffff;
    for (let round = 0; round < 3000; round++) {
      const file = idx(0x0b, [3, 2], Array(12).fill(round & 255));
      const bytes = round % 2 === 0 ? file : new Uint8Array(gzipSync(file));
      for (let i = 0; i < 2; i++) bytes[Math.floor(random() * bytes.length)] = random() * 256;
      const cut = bytes.subarray(0, Math.ceil(random() * 2 * bytes.length));
      try {
        parseIdx(cut);
      } catch (error) {
        if (!(error instanceof SerializationError)) throw error;
      }
    }
  });
});

/** A gzip file with one bit of its checksum turned. */
function gzipFlipped(bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(gzipSync(bytes));
  result[result.length - 8]! ^= 1;
  return result;
}
