/** Every case of golden.jsonl, which PyTorch answered, in float32 and in float64. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { assertEquals } from "@std/assert";
import * as mt from "../mod.ts";
import { Adam, AdamW, CosineAnnealingLR, type Optimizer, SGD, StepLR } from "../src/optim/mod.ts";
import { attentionCalls } from "./golden/attention_calls.ts";
import { complexCalls } from "./golden/complex_calls.ts";
import { normalizationCalls } from "./golden/normalization_calls.ts";
import { spatialCalls } from "./golden/spatial_calls.ts";
import { distributionsCalls } from "./golden/distributions_calls.ts";
import { numpyCalls } from "./golden/numpy_calls.ts";
import { specialCalls } from "./golden/special_calls.ts";
import { funcCalls } from "./golden/func_calls.ts";
import { linalgCalls } from "./linalg_calls.ts";
import { firstDifference, toleranceOf, values } from "./values.ts";

type Golden = readonly [
  dtype: string,
  shape: readonly number[],
  elements: readonly (number | string)[],
];

interface GoldenCase {
  readonly family: string;
  readonly op: string;
  readonly inputs: readonly number[];
  readonly arguments?: readonly unknown[];
  readonly outputs: readonly number[];
  readonly grads?: readonly (number | null)[];
}

interface Run {
  readonly optimizer: "SGD" | "Adam" | "AdamW";
  readonly options: Record<string, never>;
  readonly path: readonly (readonly number[])[];
}

interface Schedule {
  readonly scheduler: "StepLR" | "CosineAnnealingLR";
  readonly arguments: readonly [number];
  readonly options: Record<string, never>;
  readonly rates: readonly (readonly number[])[];
}

interface Promotion {
  readonly tensors: readonly (readonly [mt.DType, number, mt.DType, number, mt.DType, mt.DType])[];
  readonly numbers: readonly (readonly [mt.DType, number, number | boolean, mt.DType, mt.DType])[];
  readonly types: readonly (readonly [mt.DType, mt.DType, mt.DType])[];
}

interface Trajectories {
  readonly start: readonly number[];
  readonly gradients: readonly (readonly number[])[];
  readonly runs: readonly Run[];
}

type GoldenRecord = Readonly<Record<string, unknown>>;

/** The files of the folder. First the one with optimizers, whose tensors are counted from 0. */
const folder = new URL("./golden/", import.meta.url);
const others = readdirSync(folder).filter((name) => /^(?!golden\.).*\.jsonl$/.test(name)).sort();
const names = ["golden.jsonl", ...others];
const files = names.map((name) =>
  readFileSync(new URL(name, folder), "utf8").trimEnd().split("\n")
    .map((line) => JSON.parse(line) as GoldenRecord)
);

function all<T>(kind: string, records: readonly GoldenRecord[] = files.flat()): T[] {
  return records.filter((record) => kind in record).map((record) => record[kind] as T);
}

const stored: Golden[] = [];
const cases: GoldenCase[] = [];
for (const file of files) {
  const first = stored.length; // a file's cases count its own tensors
  const moved = (place: number) => first + place;
  for (const entry of all<GoldenCase>("case", file)) {
    const { inputs, outputs, grads } = entry;
    cases.push({
      ...entry,
      inputs: inputs.map(moved),
      outputs: outputs.map(moved),
      ...(grads && { grads: grads.map((place) => place === null ? null : moved(place)) }),
    });
  }
  stored.push(...all<Golden>("tensor", file));
}

const [promotion] = all<Promotion>("promotion");
const [trajectories] = all<Trajectories>("optimizers");
const [schedules] = all<Schedule[]>("schedules");

type Float = "float32" | "float64";

/** A stored tensor; those of dtype `float` in the dtype under test. */
function load(place: number, float: Float): mt.Tensor {
  const [name, shape, elements] = stored[place]!;
  const dtype = (name === "float" ? float : name) as mt.DType;
  if (dtype === "int64") return mt.fromTypedArray(BigInt64Array.from(elements, BigInt), shape);
  return mt.tensor(elements.map(Number), { dtype }).reshape(shape);
}

/** True when the case has tensors that stand for both dtypes. */
function isDouble({ inputs }: GoldenCase): boolean {
  return inputs.some((place) => stored[place]![0] === "float");
}

/** The weights of make_golden.py. */
function weightsLike(x: mt.Tensor): mt.Tensor {
  const elements = Array.from({ length: x.numel() }, (_, i) => (i * 37 % 11) / 4 - 1.375);
  return mt.tensor(elements, { dtype: x.dtype }).reshape(x.shape);
}

type Call = (inputs: readonly mt.Tensor[], rest: readonly unknown[]) => unknown;

const library = mt as unknown as Readonly<
  Record<string, (...given: readonly unknown[]) => unknown>
>;

/** Ops whose arguments stand in another order than tensors first. */
const calls: Readonly<Record<string, Call>> = {
  ...complexCalls,
  ...funcCalls,
  ...linalgCalls,
  ...distributionsCalls,
  ...numpyCalls,
  ...specialCalls,
  cat: (inputs, [dim]) => mt.cat(inputs, dim as number),
  stack: (inputs, [dim]) => mt.stack(inputs, dim as number),
  conv2d: ([x, weight, bias], [options]) =>
    mt.conv2d(x!, weight!, { ...options as object, bias: bias ?? null }),
  linear: ([x, weight, bias]) => mt.linear(x!, weight!, { bias: bias ?? null }),
  crossEntropy: ([x, target, weight], [options]) =>
    mt.crossEntropy(x!, target!, {
      ...options as object,
      ...(weight ? { weight: weight.detach() } : {}),
    }),
  geluTanh: ([x]) => mt.gelu(x!, { approximate: "tanh" }),
  matmulTransposed: ([x, y]) => x!.T.matmul(y!.T),
  indexSelect: ([x, index], [dim]) => mt.indexSelect(x!, dim as number, index!),
  gather: ([x, index], [dim]) => mt.gather(x!, dim as number, index!),
  scatterAdd: ([x, index, source], [dim]) => mt.scatterAdd(x!, dim as number, index!, source!),
  indexAdd: ([x, index, source], [dim]) => mt.indexAdd(x!, dim as number, index!, source!),
  ...attentionCalls,
  ...normalizationCalls,
  to: ([x], [dtype]) => x!.to(dtype as mt.DType),
  ...spatialCalls,
  indexAddBy: ([x, index, source], [dim, options]) =>
    mt.indexAdd(x!, dim as number, index!, source!, options as object),
  indexCopy: ([x, index, source], [dim]) => mt.indexCopy(x!, dim as number, index!, source!),
  indexFill: ([x, index, value], [dim]) => mt.indexFill(x!, dim as number, index!, value!),
  indexPut: ([x, value], [items, options]) =>
    mt.indexPut(x!, items as never, value!, options as object),
  scatter: ([x, index, source], [dim, value]) =>
    mt.scatter(x!, dim as number, index!, source ?? value as number),
  unfoldDim: ([x], [dim, size, step]) => x!.unfold(dim as number, size as number, step as number),
  bincount: ([x, weights], [options]) =>
    mt.bincount(x!, { ...options as object, ...(weights ? { weights } : {}) }),
  meshgrid: (inputs, [options]) => mt.meshgrid(inputs, options as object),
  hstack: (inputs) => mt.hstack(inputs),
  vstack: (inputs) => mt.vstack(inputs),
  dstack: (inputs) => mt.dstack(inputs),
  columnStack: (inputs) => mt.columnStack(inputs),
  blockDiag: (inputs) => mt.blockDiag(inputs),
  cartesianProd: (inputs) => mt.cartesianProd(inputs),
};

function run({ op, arguments: rest = [] }: GoldenCase, inputs: readonly mt.Tensor[]): mt.Tensor[] {
  const call = calls[op];
  const result = call === undefined ? library[op]!(...inputs, ...rest) : call(inputs, rest);
  if (mt.isTensor(result)) return [result];
  return Object.values(result as Record<string, mt.Tensor>);
}

/** What is wrong with a result, as text. */
function problem(actual: mt.Tensor, expected: mt.Tensor, terms: number): string | null {
  if (actual.dtype !== expected.dtype || String(actual.shape) !== String(expected.shape)) {
    return `${actual.dtype} [${actual.shape}], expected ${expected.dtype} [${expected.shape}]`;
  }
  if (actual.dtype === "int64") {
    const [a, b] = [actual, expected].map((x) => [...x.toTypedArray()].join());
    return a === b ? null : `[${a}], expected [${b}]`;
  }
  // Twelve digits are stored.
  return firstDifference(
    values(actual),
    values(expected),
    Math.max(terms * toleranceOf(expected), 1e-11),
  );
}

function check(entry: GoldenCase, float: Float): string[] {
  const inputs = entry.inputs.map((place, i) => {
    const x = load(place, float);
    return (entry.grads?.[i] ?? null) !== null ? x.requiresGrad_() : x;
  });
  // Errors grow with the size of what is summed, which the inputs bound.
  const finite = inputs.flatMap(values).filter(Number.isFinite).map(Math.abs).filter((value) =>
    value <= 5000
  );
  const terms = entry.family === "variances" ? Math.max(1, ...finite) / 8 : 1;
  const outputs = run(entry, inputs);
  const found = outputs.map((
    out,
    i,
  ) => [`output ${i}`, problem(out, load(entry.outputs[i]!, float), Math.max(1, terms))]);
  if (entry.grads !== undefined) {
    outputs[0]!.mul(weightsLike(outputs[0]!)).sum().backward();
    inputs.forEach((x, i) => {
      const place = entry.grads?.[i];
      if (place === null || place === undefined) return;
      const gradient = x.grad ?? mt.zerosLike(x);
      found.push([`gradient ${i}`, problem(gradient, load(place, float), Math.max(1, terms))]);
    });
  }
  return found.filter(([, text]) => text !== null).map(([name, text]) => `${name}: ${text}`);
}

for (const family of new Set(cases.map((entry) => entry.family))) {
  describe(`${family} agree with PyTorch`, () => {
    const own = cases.filter((entry) => entry.family === family);
    for (const op of new Set(own.map((entry) => entry.op))) {
      test(`${op}()`, () => {
        const problems = own.filter((entry) => entry.op === op).flatMap((entry) => {
          const dtypes: Float[] = isDouble(entry) ? ["float32", "float64"] : ["float64"];
          const rest = JSON.stringify(entry.arguments ?? []);
          const shapes = entry.inputs.map((place) => `${stored[place]![0]} [${stored[place]![1]}]`)
            .join(", ");
          return dtypes.flatMap((float) =>
            check(entry, float).map((text) => `${op}(${shapes}, ${rest}) in ${float}: ${text}`)
          );
        });
        assertEquals(problems, []);
      });
    }
  });
}

describe("dtypes are promoted as in PyTorch", () => {
  const one = (dtype: mt.DType, rank: number) =>
    mt.ones(new Array<number>(rank).fill(1), { dtype });

  test("between tensors, those with dims before those without", () => {
    for (const [a, rankA, b, rankB, sum, quotient] of promotion!.tensors) {
      const [x, y] = [one(a, rankA), one(b, rankB)];
      const label = `${a} rank ${rankA}, ${b} rank ${rankB}`;
      assertEquals([label, x.add(y).dtype, x.div(y).dtype], [label, sum, quotient]);
    }
  });

  test("beside plain numbers", () => {
    for (const [dtype, rank, value, sum, quotient] of promotion!.numbers) {
      const x = one(dtype, rank);
      const label = `${dtype} rank ${rank}, ${value}`;
      assertEquals([label, x.add(value).dtype, x.div(value).dtype], [label, sum, quotient]);
      assertEquals(mt.add(value, x).dtype, sum);
    }
  });

  test("in promoteTypes()", () => {
    for (const [a, b, result] of promotion!.types) {
      assertEquals(mt.promoteTypes(a, b), result, `${a}, ${b}`);
    }
  });
});

describe("optimizers take PyTorch's steps", () => {
  const optimizers = { SGD, Adam, AdamW };
  for (const { optimizer: name, options, path } of trajectories!.runs) {
    for (const float of ["float32", "float64"] as const) {
      test(`${name} with ${JSON.stringify(options)} in ${float}`, () => {
        const params = trajectories!.start.map((place) => load(place, float).requiresGrad_());
        const optimizer: Optimizer<never> = new optimizers[name](
          params,
          options,
        ) as unknown as Optimizer<never>;
        path.forEach((expected, step) => {
          params.forEach((x, i) => x.grad = load(trajectories!.gradients[step]![i]!, float));
          optimizer.step();
          params.forEach((x, i) => {
            const text = problem(x, load(expected[i]!, float), 2);
            assertEquals(text, null, `step ${step}, parameter ${i}: ${text}`);
          });
        });
      });
    }
  }
});

describe("schedulers give PyTorch's rates", () => {
  const made = { StepLR, CosineAnnealingLR };
  for (const { scheduler: name, arguments: [first], options, rates } of schedules!) {
    test(`${name}(${first}, ${JSON.stringify(options)})`, () => {
      const optimizer = new SGD(
        [{ params: [mt.zeros([1])] }, { params: [mt.ones([1])], lr: 0.5 }],
        { lr: 0.1 },
      );
      const scheduler = new made[name](optimizer, first, options);
      for (const expected of rates) {
        const found = optimizer.paramGroups.map((group) => group.lr);
        assertEquals(firstDifference(found, expected, 1e-12), null);
        assertEquals(firstDifference(scheduler.getLastLr(), expected, 1e-12), null);
        optimizer.step();
        scheduler.step();
      }
    });
  }
});
