import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  arange,
  DisposedError,
  type DType,
  ones,
  SerializationError,
  tensor,
  zeros,
} from "../mod.ts";
import { Linear, ReLU, Sequential } from "../src/nn/mod.ts";
import {
  inspectSafetensors,
  loadSafetensors,
  loadSafetensorsFromBytes,
  saveSafetensors,
  saveSafetensorsToBytes,
} from "../src/serialize/mod.ts";
import { values } from "./values.ts";

/** A file from its header as text and its data. */
function file(header: string, data: readonly number[] = [], length?: bigint): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

function entry(dtype: string, shape: readonly number[], start: number, end: number): string {
  return JSON.stringify({ dtype, shape, data_offsets: [start, end] });
}

describe("safetensors", () => {
  test("keep every dtype, shape and bit", () => {
    const state = new Map([
      ["float32", tensor([NaN, -0, Infinity, 1.1, 2 ** -149])],
      ["float64", tensor([[0.1], [-Number.MAX_VALUE]], { dtype: "float64" })],
      ["int32", tensor([-(2 ** 31), 2 ** 31 - 1], { dtype: "int32" })],
      ["int64", tensor([2n ** 63n - 1n, -(2n ** 63n)])],
      ["bool", tensor([[true, false, true]])],
      ["uint8", tensor(Uint8Array.of(0, 255))],
      ["scalar", tensor(3)],
      ["empty", zeros([2, 0, 3])],
      ["ünïcode.weight", ones([1])],
    ]);
    const found = loadSafetensorsFromBytes(saveSafetensorsToBytes(state));
    assertEquals([...found.keys()].toSorted(), [...state.keys()].toSorted());
    for (const [name, x] of state) {
      const y = found.get(name)!;
      assertEquals([y.dtype, y.shape, [...y.toTypedArray()]], [x.dtype, x.shape, [
        ...x.toTypedArray(),
      ]]);
    }
    assert(Object.is(values(found.get("float32")!)[1], -0));
  });

  test("write views in order, and are aligned and sorted by size of element", () => {
    const bytes = saveSafetensorsToBytes(
      new Map([["flags", tensor([true])], ["view", arange(6).reshape([2, 3]).T], [
        "wide",
        tensor([1n]),
      ]]),
      { metadata: { format: "mt", "1": "one" } },
    );
    assertEquals(loadSafetensorsFromBytes(bytes).get("view")!.toArray(), [[0, 3], [1, 4], [2, 5]]);
    const { entries, metadata } = inspectSafetensors(bytes);
    assertEquals(entries.map(({ name, dtype, shape }) => [name, dtype, [...shape]]), [
      ["wide", "I64", [1]],
      ["view", "F32", [3, 2]],
      ["flags", "BOOL", [1]],
    ]);
    assertEquals(entries[0]!.start % 8, 0);
    assertEquals([...metadata], [["format", "mt"], ["1", "one"]].toSorted());
  });

  test("read small dtypes as they are, and widen those without a counterpart", () => {
    const cases: readonly (readonly [string, readonly number[], DType, readonly number[]])[] = [
      ["F16", [0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00, 0x00, 0x7c], "float16", [
        1,
        -2,
        2 ** -24,
        Infinity,
      ]],
      ["BF16", [0x80, 0x3f, 0x00, 0xc0, 0x80, 0xff, 0x49, 0x40], "bfloat16", [
        1,
        -2,
        -Infinity,
        3.140625,
      ]],
      ["I8", [0xff, 0x80, 0x7f, 0x00], "int8", [-1, -128, 127, 0]],
      ["I16", [0xff, 0xff, 0x00, 0x80], "int16", [-1, -32768]],
      ["U16", [0xff, 0xff, 0x01, 0x00], "int32", [65535, 1]],
      ["U32", [0xff, 0xff, 0xff, 0xff], "int64", [4294967295]],
      ["U64", [7, 0, 0, 0, 0, 0, 0, 0], "int64", [7]],
    ];
    for (const [name, data, dtype, expected] of cases) {
      const x = loadSafetensorsFromBytes(
        file(`{"x":${entry(name, [expected.length], 0, data.length)}}`, data),
      ).get("x")!;
      assertEquals([name, x.dtype, values(x)], [name, dtype, expected]);
    }
  });

  const malformed: readonly (readonly [name: string, bytes: Uint8Array, message: string])[] = [
    ["nothing", new Uint8Array(), "it has 0 bytes, the header's length alone has 8"],
    [
      "a header longer than the file",
      file("{}", [], 100n),
      "its header ends at byte 108, the file at 10",
    ],
    ["a header of exabytes", file("{}", [], 2n ** 62n), "is over 100 MB"],
    ["text that is not UTF-8", file("{}").with(8, 0xff), "its header is not UTF-8"],
    ["no object", file("[1]"), "its header does not begin with {"],
    ["no JSON", file('{"x":'), "its header is not JSON"],
    ["a name twice", file('{"x":1,"x":1}'), "twice"],
    ["an entry that is no object", file('{"x":3}'), 'tensor "x" is not an object'],
    [
      "an unknown dtype",
      file(`{"x":${entry("F9", [1], 0, 4)}}`, [0, 0, 0, 0]),
      'has the unknown dtype "F9"',
    ],
    [
      "a negative size",
      file(`{"x":${entry("F32", [-1], 0, 4)}}`, [0, 0, 0, 0]),
      'tensor "x" has the shape [-1]',
    ],
    ["a fraction", file(`{"x":${entry("F32", [1.5], 0, 4)}}`, [0, 0, 0, 0]), "has the shape [1.5]"],
    [
      "offsets that do not fit",
      file(`{"x":${entry("F32", [2], 0, 4)}}`, [0, 0, 0, 0]),
      "needs 8 bytes, its data_offsets give 4",
    ],
    ["offsets outside", file(`{"x":${entry("F32", [1], 4, 8)}}`, [0, 0, 0, 0]), "after a hole"],
    [
      "overlaps",
      file(`{"x":${entry("F32", [1], 0, 4)},"y":${entry("F32", [1], 2, 6)}}`, [0, 0, 0, 0, 0, 0]),
      "within the one before",
    ],
    [
      "bytes left over",
      file(`{"x":${entry("F32", [1], 0, 4)}}`, [0, 0, 0, 0, 9]),
      "its tensors end at byte",
    ],
    [
      "sizes beyond counting",
      file(`{"x":${entry("F32", [2 ** 40, 2 ** 40], 0, 4)}}`, [0, 0, 0, 0]),
      "impossible number of",
    ],
    [
      "metadata that is no text",
      file('{"__metadata__":{"a":1}}'),
      'the metadata "a" is not a string',
    ],
    [
      "a dtype without a tensor here",
      file(`{"x":${entry("C64", [1], 0, 8)}}`, Array(8).fill(0)),
      "no dtype here holds C64",
    ],
    [
      "a number beyond int64",
      file(`{"x":${entry("U64", [1], 0, 8)}}`, Array(8).fill(255)),
      "18446744073709551615: it is beyond int64",
    ],
  ];
  for (const [name, bytes, message] of malformed) {
    test(`refuse ${name}`, () => {
      assertThrows(() => loadSafetensorsFromBytes(bytes), SerializationError, message);
    });
  }

  test("refuse names that the format does not allow", () => {
    assertThrows(
      () => saveSafetensorsToBytes(new Map([["__metadata__", ones([1])]])),
      SerializationError,
      'Cannot write tensor "__metadata__": the format uses this name itself',
    );
    assertThrows(
      () => saveSafetensorsToBytes(new Map([["\ud800", ones([1])]])),
      SerializationError,
      "not valid Unicode",
    );
  });

  test("give a state or a SerializationError for any bytes", () => {
    const good = saveSafetensorsToBytes(new Map([["a", arange(3)], ["b", tensor([true])]]));
    let state = 99;
    const random = (limit: number) => (state = (state * 48271) % 0x7fffffff) % limit;
    for (let round = 0; round < 3000; round++) {
      const bytes = good.slice(0, round % 3 === 0 ? random(good.length) : good.length);
      for (let i = 0; i < 1 + random(3); i++) {
        if (bytes.length > 0) bytes[random(bytes.length)] = random(256);
      }
      try {
        loadSafetensorsFromBytes(bytes);
      } catch (error) {
        if (!(error instanceof SerializationError)) throw error;
      }
    }
  });
});

describe("safetensors files", () => {
  const folder = mkdtempSync(join(tmpdir(), "minitensor-serialize-"));
  after(() => rmSync(folder, { recursive: true }));

  test("bring a model back, by path and by URL", () => {
    const make = () => new Sequential(new Linear(3, 4), new ReLU(), new Linear(4, 2));
    const [a, b] = [make(), make()];
    const path = join(folder, "model.safetensors");
    saveSafetensors(a.stateDict(), path, { metadata: { step: "7" } });
    b.loadStateDict(loadSafetensors(pathToFileURL(path)));
    assertEquals(values(b.forward(ones([1, 3]))), values(a.forward(ones([1, 3]))));
    assertEquals(inspectSafetensors(new Uint8Array(readFileSync(path))).metadata.get("step"), "7");
    assertEquals(b.parameters().every((x) => x.requiresGrad), true);
  });

  test("stay as they were when writing fails, and leave nothing beside them", () => {
    const path = join(folder, `${"x".repeat(249)}.st`); // leaves no room for the temporary file's name
    writeFileSync(path, "old");
    const error = assertThrows(
      () => saveSafetensors(new Map([["a", ones([3])]]), path),
      SerializationError,
    );
    assertEquals(error.path, path);
    assertEquals(readFileSync(path, "utf8"), "old");

    const gone = ones([1]);
    gone.dispose();
    const other = join(folder, "other.st");
    writeFileSync(other, "old");
    assertThrows(
      () => saveSafetensors(new Map([["a", ones([1])], ["b", gone]]), other),
      DisposedError,
    );
    assertEquals(readFileSync(other, "utf8"), "old");

    assertThrows(() => saveSafetensors(new Map([["a", ones([1])]]), folder), SerializationError);
    assertEquals(readdirSync(folder).filter((name) => name.endsWith(".tmp")), []);
    rmSync(path);
  });

  test("are replaced as a whole", () => {
    const path = join(folder, "twice.st");
    saveSafetensors(new Map([["a", ones([1000])]]), path);
    saveSafetensors(new Map([["b", ones([1])]]), path);
    assertEquals([...loadSafetensors(path).keys()], ["b"]);
  });

  test("are named in errors", () => {
    const path = join(folder, "missing.st");
    const missing = assertThrows(() => loadSafetensors(path), SerializationError);
    assert(missing.message.startsWith(`Cannot read ${path}: `));
    writeFileSync(path, "short");
    const short = assertThrows(() => loadSafetensors(path), SerializationError);
    assertEquals(
      [short.message, short.path],
      [
        `Cannot read safetensors data: it has 5 bytes, the header's length alone has 8, in ${path}`,
        path,
      ],
    );
  });
});
