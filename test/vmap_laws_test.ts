/** Laws of vmap over the registry: a batch is what its examples are, stacked. */
import { describe, test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import {
  type DType,
  grad as gradients,
  noGrad,
  type Op,
  ops,
  stack,
  type Tensor,
  tidy,
  vmap,
} from "../mod.ts";
import { grad } from "../src/func/mod.ts";
import { call, compare, makeInputs, tolerance } from "../src/law_case.ts";
import type { Sample } from "../src/op.ts";

const SIZE = 3;

/** An op's sample as a function of its tensors, and inputs that are batches where `flags` say. */
interface Batched {
  readonly fn: (...inputs: Tensor[]) => Tensor[];
  readonly inputs: readonly Tensor[];
  readonly flags: readonly boolean[];
}

function batched(
  op: Op,
  sample: Sample,
  flags: readonly boolean[],
  dtype: DType = "float64",
): Batched {
  const shapes = sample.shapes.map((shape, i) => flags[i] ? [SIZE, ...shape] : shape);
  return {
    // In a scope, which disposes of what the results stand for, but must not free it.
    fn: (...inputs) => tidy(() => call(op, sample, inputs)),
    inputs: makeInputs(op, { ...sample, shapes }, dtype),
    flags,
  };
}

/** All inputs are batches; and each alone, where there are several. */
function ways(count: number): boolean[][] {
  const all = new Array<boolean>(count).fill(true);
  if (count < 2) return [all];
  return [all, ...all.map((_, i) => all.map((_, k) => k === i))];
}

/** The inputs of one example: copies, since asStrided looks at the memory behind a view. */
function slices({ inputs, flags }: Batched, example: number): Tensor[] {
  return inputs.map((x, i) => flags[i] ? x.select(0, example).clone() : x);
}

/** What a function gives for each example, stacked output by output. */
function stacked(given: Batched, fn = given.fn): Tensor[] {
  const results = Array.from({ length: SIZE }, (_, i) => fn(...slices(given, i)));
  return results[0]!.map((_, i) => stack(results.map((list) => list[i]!)));
}

function mapped({ fn, inputs, flags }: Batched): Tensor[] {
  return vmap(fn, { inDims: flags.map((flag) => flag ? 0 : null) })(...inputs);
}

/** One number of outputs in which no two elements weigh the same. */
function weighed(outputs: readonly Tensor[]): Tensor | null {
  const terms = outputs.filter((y) => y.requiresGrad).map((y) => {
    const weights = Array.from({ length: y.numel() }, (_, i) => 0.5 + Math.sin(1 + 2 * i));
    return y.reshape([-1]).mul(y.newTensor(weights)).sum();
  });
  return terms.length === 0 ? null : terms.reduce((sum, term) => sum.add(term));
}

function leafOf(x: Tensor): Tensor {
  return x.isFloatingPoint() ? x.detach().requiresGrad_() : x.detach();
}

/** Gradients of the floating-point inputs; zeros where there is no dependence. */
function slopes(inputs: readonly Tensor[], run: (leaves: Tensor[]) => Tensor[]): Tensor[] {
  const leaves = inputs.map((x) => x.isFloatingPoint() ? x.detach().requiresGrad_() : x.detach());
  const loss = weighed(run(leaves));
  const wanted = leaves.filter((x) => x.requiresGrad);
  if (loss === null || wanted.length === 0) return [];
  const found = gradients(loss, wanted, { allowUnused: true });
  return found.map((x, i) => x ?? wanted[i]!.newZeros(wanted[i]!.shape));
}

/** The weighed outputs' gradients by all floating-point inputs, for one example. */
function slopesWithin(given: Batched): (...inputs: Tensor[]) => Tensor[] {
  const argnums = given.inputs.flatMap((x, i) => x.isFloatingPoint() ? [i] : []);
  if (argnums.length === 0) return () => [];
  return grad((...inputs: Tensor[]) => {
    const outputs = given.fn(...inputs);
    return weighed(outputs) ?? given.inputs[argnums[0]!]!.newZeros([]);
  }, { argnums });
}

for (const [name, op] of ops) {
  describe(`vmap of ${name}`, () => {
    test("gives what the examples give", () => {
      op.samples.forEach((sample, i) => {
        for (const flags of ways(sample.shapes.length)) {
          const given = batched(op, sample, flags);
          const found = noGrad(() => compare(mapped(given), stacked(given), tolerance("float64")));
          assertEquals(found, null, `sample ${i}, batched ${flags}`);
        }
      });
    });
    test("gives in small dtypes what the examples give", () => {
      for (const dtype of ["float16", "bfloat16"] as const) {
        op.samples.forEach((sample, i) => {
          const given = batched(op, sample, sample.shapes.map(() => true), dtype);
          const found = noGrad(() => compare(mapped(given), stacked(given), tolerance(dtype)));
          assertEquals(found, null, `sample ${i}, ${dtype}`);
        });
      }
    });
    if (op.gradient === null) return;
    test("has the gradients of the examples, also of what they share", () => {
      op.samples.forEach((sample, i) => {
        for (const flags of ways(sample.shapes.length)) {
          const given = batched(op, sample, flags);
          const actual = slopes(given.inputs, (inputs) => mapped({ ...given, inputs }));
          const expected = slopes(given.inputs, (inputs) => stacked({ ...given, inputs }));
          const found = compare(actual, expected, 1e3 * tolerance("float64"));
          assertEquals(found, null, `sample ${i}, batched ${flags}`);
        }
      });
    });
    test("has gradients within: of each example, also by what they share", () => {
      op.samples.forEach((sample, i) => {
        for (const flags of ways(sample.shapes.length)) {
          const given = batched(op, sample, flags);
          const within = slopesWithin(given);
          const actual = mapped({ ...given, fn: within });
          const expected = stacked(
            given,
            (...inputs) => slopes(inputs, (leaves) => given.fn(...leaves)),
          );
          const found = compare(actual, expected, 1e3 * tolerance("float64"));
          assertEquals(found, null, `sample ${i}, batched ${flags}`);
          assert(actual.every((x) => !x.requiresGrad));
        }
      });
    });
    if (op.once !== true) {
      test("has second derivatives, around and within", () => {
        op.samples.forEach((sample, i) => {
          const given = batched(op, sample, sample.shapes.map(() => true));
          if (weighed(given.fn(...slices(given, 0).map(leafOf))) === null) return;
          const within = slopesWithin(given);
          const actual = slopes(given.inputs, (inputs) => mapped({ ...given, inputs, fn: within }));
          const expected = slopes(given.inputs, (inputs) => stacked({ ...given, inputs }, within));
          const found = compare(actual, expected, 1e4 * tolerance("float64"));
          assertEquals(found, null, `sample ${i}`);
        });
      });
    }
    test("nests: a batch of batches", () => {
      op.samples.forEach((sample, i) => {
        const all = sample.shapes.map(() => true);
        const given = batched(op, sample, all);
        const twice = given.inputs.map((x) => stack([x, x]));
        const actual = noGrad(() => vmap(vmap(given.fn), { inDims: 0, outDims: 0 })(...twice));
        const once = noGrad(() => stacked(given));
        const expected = once.map((x) => stack([x, x]));
        assertEquals(compare(actual, expected, tolerance("float64")), null, `sample ${i}`);
      });
    });
  });
}
