/** Losses and activations far from 0, where naive forms overflow or lose the gradient. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as mt from "../mod.ts";
import type { Tensor } from "../mod.ts";
import { assertValues, values } from "./values.ts";

function leaf(elements: unknown, dtype: mt.DType = "float32"): Tensor {
  return mt.tensor(elements as number[], { dtype, requiresGrad: true });
}

/** The result and the gradient of its sum. */
function both(x: Tensor, run: (x: Tensor) => Tensor): [result: Tensor, gradient: Tensor] {
  const result = run(x);
  return [result, mt.grad([result.sum()], [x])[0]!];
}

function check(x: Tensor, run: (x: Tensor) => Tensor, result: number[], gradient: number[]): void {
  const [found, slope] = both(x, run);
  assertValues(found, result);
  assertValues(slope, gradient);
}

const reduction = "none";
const far = [1e4, -1e4, 1000, -1000, 0];

describe("far from 0", () => {
  test("logsigmoid() is linear below and 0 above", () => {
    check(
      leaf(far),
      mt.logsigmoid,
      [0, -1e4, 0, -1000, -Math.LN2],
      [0, 1, 0, 1, 0.5],
    );
    const deep = mt.logsigmoid(mt.tensor([40], { dtype: "float64" }));
    assert(Math.abs(values(deep)[0]! / -Math.exp(-40) - 1) < 1e-12);
  });

  test("mish() has a gradient", () => {
    check(leaf([1e4, -1e4, 0]), mt.mish, [1e4, 0, 0], [1, 0, 0.6]);
  });

  test("logaddexp() takes infinities", () => {
    const x = leaf([-Infinity, Infinity, -Infinity, 1e4, Infinity]);
    const y = mt.tensor([-Infinity, Infinity, 3, -1e4, -Infinity]);
    check(x, (x) => mt.logaddexp(x, y), [-Infinity, Infinity, 3, 1e4, Infinity], [0, 0.5, 0, 1, 1]);
    check(x, (x) => mt.logaddexp2(y, x), [-Infinity, Infinity, 3, 1e4, Infinity], [
      0,
      0.5,
      0,
      1,
      1,
    ]);
  });

  test("binaryCrossEntropyWithLogits() is exact", () => {
    const target = mt.tensor([0, 0, 1, 1, 1]);
    check(
      leaf(far),
      (x) => mt.binaryCrossEntropyWithLogits(x, target, { reduction }),
      [1e4, 0, 0, 1000, Math.LN2],
      [1, 0, 0, -1, -0.5],
    );
    const small = leaf([-30], "float64");
    const loss = mt.binaryCrossEntropyWithLogits(small, mt.zeros([1], { dtype: "float64" }));
    assert(Math.abs(Number(loss.item()) / Math.exp(-30) - 1) < 1e-12);
  });

  test("binaryCrossEntropy() is finite at 0 and 1", () => {
    const target = mt.tensor([1, 0, 0, 1]);
    const run = (x: Tensor) => mt.binaryCrossEntropy(x, target, { reduction });
    const [loss, slope] = both(leaf([0, 1, 0, 1]), run);
    assertValues(loss, [100, 100, 0, 0]);
    assertEquals(values(slope).map(Number.isFinite), [true, true, true, true]);
  });

  test("sigmoidFocalLoss() has a gradient for every gamma", () => {
    for (const gamma of [0, 0.5, 1, 2]) {
      const run = (x: Tensor) =>
        mt.sigmoidFocalLoss(x, mt.tensor([0, 0, 1, 1, 1]), { gamma, alpha: -1 });
      const [loss, slope] = both(leaf(far), run);
      assertValues(loss.narrow(0, 0, 4), [1e4, 0, 0, 1000]);
      assertValues(slope.narrow(0, 0, 4), [1, 0, 0, -1]);
    }
  });

  test("focalLoss() has a gradient for every gamma", () => {
    for (const gamma of [0, 0.5, 1, 2]) {
      const logits = leaf([[1e4, 0], [-1e4, 1e4]]);
      const run = (x: Tensor) =>
        mt.focalLoss(x, mt.tensor([0n, 0n]), { gamma, alpha: 0.5, reduction });
      check(logits, run, [0, 1e4], [0, 0, -0.5, 0.5]);
    }
  });

  test("smoothL1Loss(), huberLoss() and logCoshLoss() are lines", () => {
    const zero = mt.zeros([3]);
    const x = () => leaf([1e30, -1e30, 0]);
    check(x(), (x) => mt.smoothL1Loss(x, zero, { reduction }), [1e30, 1e30, 0], [1, -1, 0]);
    check(x(), (x) => mt.huberLoss(x, zero, { reduction }), [1e30, 1e30, 0], [1, -1, 0]);
    check(x(), (x) => mt.logCoshLoss(x, zero, { reduction }), [1e30, 1e30, 0], [1, -1, 0]);
  });

  test("logCoshLoss() is a parabola near 0", () => {
    const loss = mt.logCoshLoss(mt.tensor([1e-4]), mt.tensor([0]));
    assert(Math.abs(Number(loss.item()) / 5e-9 - 1) < 1e-5);
  });

  test("softMarginLoss() does not overflow", () => {
    const target = mt.tensor([-1, -1, 1, 1, 1]);
    check(
      leaf(far),
      (x) => mt.softMarginLoss(x, target, { reduction }),
      [1e4, 0, 0, 1000, Math.LN2],
      [1, 0, 0, -1, -0.5],
    );
  });

  test("klDiv() takes targets of 0 beside -inf", () => {
    const x = leaf([-Infinity, 0]);
    const target = leaf([0, 1]);
    const loss = mt.klDiv(x, target, { reduction: "sum" });
    assertEquals(loss.item(), 0);
    assertValues(mt.grad([loss], [x])[0]!, [0, -1]);
  });

  test("maskedSoftmax() and maskedLogSoftmax() take empty rows and wide margins", () => {
    const x = () => leaf([[1e4, 0, 5], [1, 2, 3]]);
    const mask = mt.tensor([[false, false, true], [true, true, true]]);
    check(x(), (x) => mt.maskedSoftmax(x, mask), [1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]);
    const [logs, slope] = both(x(), (x) => mt.maskedLogSoftmax(x, mask).maskedFill(mask, 0));
    assertValues(logs, [0, -1e4, 0, 0, 0, 0]);
    assertValues(slope, [-1, 1, 0, 0, 0, 0]);
  });

  test("norms have gradient 0 at 0", () => {
    const zeros = () => leaf([[0, 0], [3, 4]]);
    for (const p of [1, 2, 3, Infinity]) {
      const [, slope] = both(zeros(), (x) => mt.normalize(x, { p }));
      assertEquals(values(slope).every(Number.isFinite), true);
    }
    check(leaf([1, 2]), (x) => mt.dist(x, mt.tensor([1, 2])), [0], [0, 0]);
    const alone = mt.cosineSimilarity(mt.tensor([[1e30, 0]]), mt.tensor([[1e-30, 1e-30]]));
    assertEquals(values(alone).every(Number.isFinite), true);
  });

  test("cosineEmbeddingLoss() takes vectors of length 0", () => {
    const run = (x: Tensor) => mt.cosineEmbeddingLoss(x, mt.ones([1, 2]), mt.tensor([1]));
    const [loss, slope] = both(leaf([[0, 0]]), run);
    assertEquals(loss.item(), 1);
    assertEquals(values(slope).every(Number.isFinite), true);
  });

  test("inverse functions keep their slopes", () => {
    check(leaf([1e30]), mt.asinh, [Math.asinh(1e30)], [1e-30]);
    const [, slope] = both(leaf([1e30]), (x) => mt.atan2(mt.tensor([1e30]), x));
    assert(Math.abs(values(slope)[0]! / -5e-31 - 1) < 1e-5);
    const near = leaf([1e-5]);
    const bend = both(near, mt.sinc)[1];
    assert(Math.abs(values(bend)[0]! / (Math.PI ** 2 / -3e5) - 1) < 1e-5);
  });
});

describe("ctcLoss()", () => {
  test("is infinite with gradient 0 where there are too few steps", () => {
    const logits = mt.randn([2, 1, 3]).requiresGrad_();
    const labels = mt.tensor([[1n, 1n]]);
    const loss = mt.ctcLoss(logits.logSoftmax(-1), labels, [2], [2], { reduction });
    assertEquals(loss.item(), Infinity);
    assertValues(mt.grad([loss.sum()], [logits])[0]!, new Array<number>(6).fill(0));
  });

  test("sums the ways to place a label", () => {
    const logProbs = mt.tensor([[[0.1, 0.9]], [[0.5, 0.5]]]).log();
    const loss = mt.ctcLoss(logProbs, mt.tensor([[1n]]), [2], [1]);
    assertValues(loss, [-Math.log(0.9 * 0.5 + 0.9 * 0.5 + 0.1 * 0.5)]);
  });

  test("names lengths that do not fit", () => {
    assertThrows(
      () => mt.ctcLoss(mt.zeros([2, 1, 3]), mt.tensor([[1n]]), [3], [1]),
      mt.ArgumentError,
      "Cannot ctcLoss with input lengths 3: they are 1, each 0 to 2",
    );
  });
});
