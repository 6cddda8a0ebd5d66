/**
 * What the compiler must know: types of results, and mistakes that it must refuse. Nothing here
 * needs to run to be a test; `deno check` and tsc are what runs it.
 */
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import * as mt from "../mod.ts";
import type { Tensor } from "../mod.ts";
import { Adam, SGD } from "../src/optim/mod.ts";
import { Linear, Module, Sequential } from "../src/nn/mod.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;

/** Compiles only when the value's type is exactly `Expected`. */
function is<Expected>(): <Actual>(value: Actual, same: Same<Actual, Expected>) => void {
  return () => {};
}

/** Code that must compile, or not compile, and is not run. */
function compiled(_: () => void): void {}

test("results have types of their own", () => {
  compiled(() => {
    const x = mt.tensor([[1, 2], [3, 4]]);
    is<Tensor>()(x.add(1), true);
    is<Tensor>()(x.sum([0, 1], { keepdim: true }), true);
    is<Tensor>()(x.max(), true);
    is<Tensor>()(x.max(1).values, true);
    is<Tensor>()(x.topk(1).indices, true);
    is<Tensor>()(x.sort(0, { descending: true }).values, true);
    is<Tensor[]>()(x.split(1), true);
    is<readonly number[]>()(x.shape, true);
    is<number>()(x.size(0), true);
    is<number | bigint | boolean>()(x.item(), true);
    is<Tensor | null>()(x.grad, true);
    is<mt.DType>()(x.dtype, true);
    is<number>()(mt.tidy(() => 3), true);
    is<Tensor>()(mt.noGrad(() => x), true);
    is<Disposable>()(mt.noGrad(), true);
    is<Tensor>()(mt.linalg.svd(x).S, true);
    is<Tensor>()(mt.linalg.qr(x).R, true);
    is<boolean>()(mt.allclose(x, x), true);
    is<mt.DType>()(mt.promoteTypes("int8", "float16"), true);
  });
});

test("inputs may be numbers, arrays and typed arrays", () => {
  compiled(() => {
    mt.add(1, [2, 3]);
    mt.add([[1], [2]], new Float32Array(2));
    mt.exp(2n);
    mt.tensor([[true, false]]);
    mt.ones([2, 3] as const);
    mt.where(mt.tensor([true]), 1, [2]);
    mt.tensor(Float16Array.of(1));
  });
});

test("what is wrong does not compile", () => {
  compiled(() => {
    const x = mt.ones([2, 3]);
    // @ts-expect-error -- a string is no number
    x.add("1");
    // @ts-expect-error -- no such dtype
    mt.zeros([2], { dtype: "f32" });
    // @ts-expect-error -- no such option
    mt.zeros([2], { dtypes: "float32" });
    // @ts-expect-error -- the option is keepdim
    x.sum(0, { keepDim: true });
    // @ts-expect-error -- a shape is an array
    mt.zeros(2, 3);
    // @ts-expect-error -- shapes are read-only
    x.shape[0] = 3;
    // @ts-expect-error -- dtype is what the tensor has
    x.dtype = "int32";
    // @ts-expect-error -- the target is missing
    mt.crossEntropy(x);
    // @ts-expect-error -- no such reduction
    mt.mseLoss(x, x, { reduction: "average" });
    // @ts-expect-error -- no such approximation
    mt.gelu(x, { approximate: "fast" });
    // @ts-expect-error -- the epsilon is called eps
    mt.layerNorm(x, [3], { epsilon: 1e-5 });
    // @ts-expect-error -- no such mode
    mt.pad(x, [1, 1], { mode: "mirror" });
    // @ts-expect-error -- sort() gives values and indices
    x.sort(0).add(1);
    // @ts-expect-error -- max along a dim gives values and indices
    x.max(0).add(1);
    // @ts-expect-error -- values of the result are named
    x.topk(1)[0];
    // @ts-expect-error -- Tensor is made by tensor()
    new mt.Tensor();
    // @ts-expect-error -- a kernel size is missing
    mt.maxPool2d(x);
    // @ts-expect-error -- backward of a tensor, not of a number
    x.sum().item().backward();
    // @ts-expect-error -- the learning rate is called lr
    new SGD([x], { learningRate: 0.1 });
    // @ts-expect-error -- betas are two numbers
    new Adam([x], { betas: 0.9 });
    // @ts-expect-error -- sizes come first
    new Linear({ inFeatures: 2, outFeatures: 3 });
    // @ts-expect-error -- a module has no such method
    new Sequential(new Linear(2, 3)).fit(x);
    // @ts-expect-error -- Module is abstract
    new Module();
  });
});

test("a record must say everything", () => {
  compiled(() => {
    // @ts-expect-error -- gradient is missing: null would say that there is none
    mt.defineOp({
      name: "incomplete",
      summary: "",
      infer: ([x]) => x!.spec,
      kernel: { native: "exp", elementwise: true },
      saves: "none",
      samples: [],
      front: () => () => {},
    });
    mt.defineOp({
      name: "misspelt",
      summary: "",
      infer: ([x]) => x!.spec,
      // @ts-expect-error -- there is no kernel of that name
      kernel: { native: "expo", elementwise: true },
      saves: "none",
      gradient: null,
      samples: [],
      front: () => () => {},
    });
  });
  assertEquals(typeof mt.defineOp, "function");
});
