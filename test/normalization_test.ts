/** Normalisation, attention, embeddings: what the golden cases do not show. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as mt from "../mod.ts";
import { ArgumentError, DTypeError, IndexError, ShapeError, tensor } from "../mod.ts";
import { gradcheck, gradgradcheck } from "../src/testing.ts";

const double = (shape: readonly number[]) =>
  mt.randn(shape, { dtype: "float64", generator: new mt.Generator(5) });

describe("second derivatives", () => {
  const x = double([2, 4, 3]);
  const weight = double([3]);
  const q = double([1, 3, 2]);
  const cases: Readonly<Record<string, () => boolean>> = {
    layerNorm: () => gradgradcheck((a, w) => mt.layerNorm(a, 3, { weight: w }), [x, weight]),
    rmsNorm: () => gradgradcheck((a, w) => mt.rmsNorm(a, [3], { weight: w }), [x, weight]),
    groupNorm: () => gradgradcheck((a) => mt.groupNorm(a, 2), x),
    batchNorm: () => gradgradcheck((a) => mt.batchNorm(a, { training: true }), x),
    attention: () =>
      gradgradcheck((a, k, v) => mt.scaledDotProductAttention(a, k, v, { isCausal: true }), [
        q,
        double([1, 3, 2]),
        double([1, 3, 2]),
      ]),
    adaptiveAvgPool2d: () => gradcheck((a) => mt.adaptiveAvgPool2d(a, [3, 2]), x),
  };
  for (const [name, check] of Object.entries(cases)) {
    test(`of ${name}`, () => assert(check()));
  }
});

describe("normalisation", () => {
  test("refuses shapes that do not fit", () => {
    const x = mt.ones([2, 3]);
    assertThrows(() => mt.layerNorm(x, 2), ShapeError, "[2, 3] over [2]: it must end with that");
    assertThrows(() => mt.layerNorm(x, 3, { weight: mt.ones([2]) }), ShapeError, "weight of shape");
    assertThrows(() => mt.rmsNorm(x, []), ShapeError, "over []");
    assertThrows(() => mt.groupNorm(x, 2), ShapeError, "3 channels in 2 groups");
    assertThrows(() => mt.batchNorm(mt.ones([3])), ShapeError, "no channels");
    assertThrows(() => mt.batchNorm(mt.ones([1, 3]), { training: true }), ShapeError, "one value");
    assertThrows(() => mt.batchNorm(x), ArgumentError, "without running statistics");
    assertThrows(() => mt.layerNorm(x, 3, { epsilon: 1 } as never), ArgumentError, "epsilon");
  });

  test("gives results that may be changed in place before backward", () => {
    const x = mt.randn([3, 4, 20], { requiresGrad: true });
    for (const f of [mt.layerNorm(x, 20), mt.batchNorm(x, { training: true })]) {
      f.relu_().sum().backward();
    }
    assertEquals(x.grad!.shape, [3, 4, 20]);
  });

  test("keeps the digits of values far from 0", () => {
    const x = double([8, 3, 40]);
    const far = x.add(1e4).to("float32"); // its values are off by up to 5e-4
    for (const f of [(a: mt.Tensor) => mt.layerNorm(a, 40), (a: mt.Tensor) => mt.groupNorm(a, 1)]) {
      assert(Number(f(far.double()).sub(f(far)).abs().max().item()) < 1e-5);
    }
    const train = (a: mt.Tensor) => mt.batchNorm(a, { training: true });
    assert(Number(train(far.double()).sub(train(far)).abs().max().item()) < 1e-5);
  });

  test("takes weights and biases alone, and meets in the higher dtype", () => {
    const x = mt.randn([2, 3, 20]);
    const bias = double([20]);
    const y = mt.layerNorm(x, 20, { bias });
    assertEquals(y.dtype, "float64");
    const off = y.sub(mt.layerNorm(x.double(), 20).add(bias)).abs().max();
    assert(Number(off.item()) < 1e-12);
    const runningMean = mt.zeros([3]);
    const rest = { runningMean, runningVar: mt.ones([3]), bias: mt.ones([3]), eps: 0 };
    assert(Number(mt.batchNorm(x, rest).sub(x).sub(1).abs().max().item()) < 1e-6);
  });

  test("takes strided inputs and integers", () => {
    const x = mt.randn([3, 4, 2]);
    const strided = x.transpose(0, 2).contiguous().transpose(0, 2);
    const off = mt.layerNorm(strided, [4, 2]).sub(mt.layerNorm(x, [4, 2])).abs().max();
    assert(Number(off.item()) < 1e-6); // sums are taken in another order
    assertEquals(mt.layerNorm(tensor([1, 3], { dtype: "int32" }), 2).dtype, "float32");
  });

  test("leaves running statistics out of the graph, and takes one momentum for both", () => {
    const x = mt.randn([8, 2], { requiresGrad: true });
    const runningMean = mt.zeros([2]);
    const runningVar = mt.ones([2]);
    const y = mt.batchNorm(x, { runningMean, runningVar, training: true, momentum: 1 });
    assert(!runningMean.requiresGrad && y.requiresGrad);
    assert(mt.noGrad(() => runningVar.sub(x.var(0)).abs().max().lt(1e-6).item()) === true);
    const weight = mt.ones([2], { requiresGrad: true });
    mt.batchNorm(x, { weight, training: true }).square().sum().backward();
    assertEquals(weight.grad!.shape, [2]);
  });
});

describe("scaledDotProductAttention()", () => {
  test("gives zeros, not NaN, to a query without keys, and no gradient", () => {
    const q = mt.ones([2, 2], { requiresGrad: true });
    const attnMask = tensor([[true, true], [false, false]]);
    const y = mt.scaledDotProductAttention(q, mt.ones([2, 2]), mt.ones([2, 2]), { attnMask });
    assertEquals(y.toArray(), [[1, 1], [0, 0]]);
    y.sum().backward();
    assertEquals(q.grad!.toArray(), [[0, 0], [0, 0]]);
  });

  test("gives masks their gradient, and the same with weights at hand", () => {
    const [q, k, v] = [double([2, 3, 70, 5]), double([2, 3, 90, 5]), double([3, 90, 4])];
    const attnMask = double([70, 90]).requiresGrad_();
    const whole = mt.scaledDotProductAttention(q, k, v, { attnMask });
    whole.square().sum().backward();
    assertEquals(attnMask.grad!.shape, [70, 90]);
    const fused = mt.scaledDotProductAttention(q, k, v, { attnMask: attnMask.detach() });
    assert(Number(fused.sub(whole).abs().max().item()) < 1e-12);
  });

  test("reads strided operands, and rows that lie 4 KiB apart", () => {
    const x = mt.randn([80, 4, 1024]).narrow(-1, 0, 24).transpose(0, 1);
    const far = (a: mt.Tensor) => a.mT.contiguous().mT;
    const leaves = [x, far(x), x].map((a) => a.clone().requiresGrad_());
    const dense = mt.scaledDotProductAttention(leaves[0]!, leaves[1]!, leaves[2]!);
    const y = mt.scaledDotProductAttention(x, far(x), x);
    assert(Number(y.sub(dense).abs().max().item()) < 1e-5);
    dense.sum().backward();
    assertEquals(leaves[1]!.grad!.shape, [4, 80, 24]);
  });

  test("drops weights, and refuses what does not fit", () => {
    const x = mt.ones([2, 4, 3]);
    const dropped = mt.scaledDotProductAttention(x, x, x, { dropoutP: 1 });
    assertEquals(dropped.sum().item(), 0);
    assertThrows(
      () => mt.scaledDotProductAttention(x, mt.ones([2, 4, 2]), x),
      ShapeError,
      "[2, 4, 2]",
    );
    const options = { isCausal: true, attnMask: mt.ones([4, 4], { dtype: "bool" }) };
    assertThrows(() => mt.scaledDotProductAttention(x, x, x, options), ArgumentError, "mask alone");
    const wide = { attnMask: mt.ones([4, 3], { dtype: "bool" }) };
    assertThrows(() => mt.scaledDotProductAttention(x, x, x, wide), ShapeError, "[4, 3]");
    const integers = { attnMask: mt.ones([4, 4], { dtype: "int32" }) };
    assertThrows(() => mt.scaledDotProductAttention(x, x, x, integers), DTypeError, "int32");
    const heads = mt.ones([3, 4, 3]);
    const fewer = mt.ones([2, 4, 3]);
    const gqa = { enableGqa: true };
    assertThrows(() => mt.scaledDotProductAttention(heads, fewer, fewer, gqa), ShapeError, "heads");
  });
});

describe("embedding()", () => {
  test("scales rows in use to the largest norm, in place", () => {
    const weight = tensor([[3, 4], [6, 8], [30, 40]]);
    const rows = mt.embedding(tensor([1n, 0n]), weight, { maxNorm: 5 });
    const rounded = rows.mul(1000).round().div(1000);
    assertEquals(rounded.toArray(), [[3, 4], [3, 4]]);
    assertEquals(weight.select(0, 2).toArray(), [30, 40]);
  });

  test("refuses indices out of range, and weights that are no matrix", () => {
    const weight = mt.ones([3, 2]);
    assertThrows(() => mt.embedding(tensor([3n]), weight), IndexError, "index 3");
    assertThrows(() => mt.embedding(tensor([-1n]), weight), IndexError, "index -1");
    assertThrows(() => mt.embedding(tensor([0n]), mt.ones([3])), ShapeError, "2 dims");
  });
});

describe("dropout2d()", () => {
  test("drops whole channels and scales the others", () => {
    const x = mt.ones([4, 50, 2, 3]);
    const y = mt.dropout2d(x, { p: 0.5, generator: new mt.Generator(2) });
    const sums = y.sum([2, 3]).reshape([-1]).toArray() as number[];
    assert(sums.every((sum) => sum === 0 || sum === 12), "a channel was dropped in part");
    const kept = sums.filter((sum) => sum > 0).length;
    assert(kept > 70 && kept < 130);
    assertEquals(mt.dropout2d(x, { training: false }).toArray(), x.toArray());
    assertThrows(() => mt.dropout2d(mt.ones([3])), ShapeError, "3 or 4 dims");
  });
});

describe("adaptiveAvgPool2d()", () => {
  test("keeps a size that is null, and refuses others", () => {
    assertEquals(mt.adaptiveAvgPool2d(mt.ones([1, 5, 4]), [null, 2]).shape, [1, 5, 2]);
    assertThrows(
      () => mt.adaptiveAvgPool2d(mt.ones([5, 4]), 1),
      ShapeError,
      "it takes [N, C, H, W] or [C, H, W]",
    );
    assertThrows(() => mt.adaptiveAvgPool2d(mt.ones([1, 5, 4]), [1]), ShapeError, "[1]");
    assertThrows(() => mt.adaptiveAvgPool2d(mt.ones([1, 5, 4]), 1.5), ShapeError, "1.5");
  });
});
