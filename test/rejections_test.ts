/**
 * What PyTorch refuses is refused here, with an error of ours, and what it takes is taken; but for
 * the differences listed below, each with its reason.
 */
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { assertEquals } from "@std/assert";
import * as mt from "../mod.ts";
import type { DType, Tensor } from "../mod.ts";

type Input = readonly [dtype: DType, shape: readonly number[], elements?: readonly number[]];
type Line = readonly [
  op: string,
  inputs: readonly Input[],
  rest: readonly unknown[],
  refused: boolean,
];
type Call = (...given: readonly never[]) => unknown;

const lines: readonly Line[] = JSON.parse(
  readFileSync(new URL("./golden/rejections.json", import.meta.url), "utf8"),
);

const transforms = Object.entries(mt.fft).map(([name, f]) => [`fft.${name}`, f]);
const library = { ...mt.linalg, ...mt, ...Object.fromEntries(transforms) } as unknown as Readonly<
  Record<string, Call>
>;

/** Where the two differ on purpose: why, which functions, and of which calls. */
const differences: readonly (readonly [
  reason: string,
  ops: readonly string[],
  when: (inputs: readonly Input[], rest: readonly unknown[]) => boolean,
])[] = [
  [
    "float functions take integers and bools, as the default dtype",
    [..."det inv slogdet qr svd eigh matrixExp pinv matrixRank cond lu frac hypot".split(" ")],
    (inputs) => inputs.every(([dtype]) => !dtype.startsWith("float")),
  ],
  ["trace adds up the diagonals of a batch, also of bools", ["trace"], () => true],
  [
    "dtypes are promoted in products and beside bools",
    ["matmul", "sub"],
    ([x, y]) => x![0] !== y![0],
  ],
  ["bools have an order", ["argmax", "median"], ([x]) => x![0] === "bool"],
  [
    "losses do not broadcast",
    ["mseLoss", "l1Loss", "smoothL1Loss", "huberLoss", "klDiv"],
    ([x, y]) => String(x![1]) !== String(y![1]),
  ],
  [
    "dims of no elements are dims like others",
    ["conv2d", "maxPool2d", "avgPool2d"],
    (inputs) => inputs.some(([, shape]) => shape.includes(0)),
  ],
  ["cross broadcasts", ["cross"], () => true],
  ["indices may be int32", ["oneHot", "take"], ([x, index]) => (index ?? x)![0] !== "int64"],
  ["an index below 0 is refused as in gather", ["indexFill"], ([, index]) => index![2]![0]! < 0],
  [
    "bags begin one after the other",
    ["embeddingBag"],
    (_, [offsets]) => String(offsets) === "0,3,2",
  ],
  ["as many are drawn as there are", ["multinomial"], ([x], [n]) => x![2]![0] === 0 && n === 2],
  ["a rule has one name", ["scatterReduce"], (_, [, rule]) => rule === "max"],
  ["conditions are bools", ["where"], ([x]) => x![0] === "uint8"],
  [
    "every dim may be padded, but none cut to less than nothing",
    ["pad"],
    ([x], [margins]) =>
      (margins as number[]).length === 2 * x![1].length || (margins as number[])[0]! < -3,
  ],
  [
    "keys and values are as many",
    ["scaledDotProductAttention"],
    ([, k, v]) => String(k![1]) !== String(v![1]),
  ],
];

function isDifferent([op, inputs, rest]: Line): boolean {
  return differences.some(([, ops, when]) => ops.includes(op) && when(inputs, rest));
}

/** Functions whose arguments stand in another order. */
const calls: Readonly<Record<string, (...given: never[]) => unknown>> = {
  addcmul: (x: Tensor, y: Tensor) => mt.addcmul(x, y, y),
  binaryCrossEntropy: (x: Tensor, y: Tensor) => mt.binaryCrossEntropy(x.div(3), y.div(3)),
  cat: (a: Tensor, b: Tensor, dim: number) => mt.cat([a, b], dim),
  stack: (a: Tensor, b: Tensor, dim: number) => mt.stack([a, b], dim),
  hstack: (a: Tensor, b: Tensor) => mt.hstack([a, b]),
  vstack: (a: Tensor, b: Tensor) => mt.vstack([a, b]),
  einsum: (a: Tensor, b: Tensor, equation: string) => mt.einsum(equation, a, b),
  gather: (x: Tensor, index: Tensor, dim: number) => mt.gather(x, dim, index),
  indexSelect: (x: Tensor, index: Tensor, dim: number) => mt.indexSelect(x, dim, index),
  scatterAdd: (x: Tensor, index: Tensor, source: Tensor, dim: number) =>
    mt.scatterAdd(x, dim, index, source),
  indexAdd: (x: Tensor, index: Tensor, source: Tensor, dim: number) =>
    mt.indexAdd(x, dim, index, source),
  indexCopy: (x: Tensor, index: Tensor, source: Tensor, dim: number) =>
    mt.indexCopy(x, dim, index, source),
  scatterReduce: (x: Tensor, index: Tensor, source: Tensor, dim: number, reduce: "sum") =>
    mt.scatterReduce(x, dim, index, source, reduce),
  embeddingBag: (index: Tensor, weight: Tensor, offsets: number[] | null) =>
    mt.embeddingBag(index, weight, offsets === null ? {} : { offsets: whole(offsets) }),
  indexFill: (x: Tensor, index: Tensor, value: Tensor, dim: number) =>
    mt.indexFill(x, dim, index, value),
  unfoldDim: (x: Tensor, dim: number, size: number, step: number) => x.unfold(dim, size, step),
  view: (x: Tensor, shape: number[]) => x.view(shape),
  expand: (x: Tensor, shape: number[]) => x.expand(shape),
  repeat: (x: Tensor, counts: number[]) => x.repeat(counts),
};

function whole(values: readonly number[]): Tensor {
  return mt.tensor([...values], { dtype: "int64" });
}

function build([dtype, shape, elements]: Input): Tensor {
  const size = shape.reduce((product, extent) => product * extent, 1);
  const values = elements ?? Array.from({ length: size }, (_, i) => i % 3 + 1);
  return mt.tensor([...values], { dtype: "float64" }).to(dtype).reshape(shape);
}

/** Null when the call is taken; the error's class when it is refused. */
function refusal([op, inputs, rest]: Line): string | null {
  const call = calls[op] ?? library[op];
  if (call === undefined) return "no such function";
  const tensors = inputs.map(build);
  try {
    call(...[...tensors, ...rest] as never[]);
    return null;
  } catch (error) {
    return mt.isMinitensorError(error) ? error.name : `untyped ${error}`;
  }
}

describe("calls are refused where PyTorch refuses them", () => {
  for (const [reason, ops, when] of differences) {
    test(`but for this: ${reason}`, () => {
      const own = lines.filter(([op, inputs, rest]) => ops.includes(op) && when(inputs, rest));
      for (const line of own) assertEquals(refusal(line)?.startsWith("untyped") ?? false, false);
      const differing = own.filter((line) => (refusal(line) !== null) !== line[3]);
      assertEquals(ops.filter((op) => !differing.some((line) => line[0] === op)), []);
    });
  }

  for (const op of new Set(lines.map(([op]) => op))) {
    test(`${op}()`, () => {
      const own = lines.filter((line) => line[0] === op && !isDifferent(line));
      const wrong = own.flatMap((line) => {
        const found = refusal(line);
        if ((found !== null) === line[3] && !found?.startsWith("untyped")) return [];
        const [, inputs, rest] = line;
        const text = inputs.map(([dtype, shape, values]) =>
          `${dtype}[${shape}]${values ? `=${values}` : ""}`
        );
        const ours = found === null ? "taken" : `refused: ${found}`;
        return [`${op}(${[...text, ...rest.map((x) => JSON.stringify(x))].join(", ")}) ${ours}`];
      });
      assertEquals(wrong, []);
    });
  }
});
