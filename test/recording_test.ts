import { describe, test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { enableGrad, GradientError, isGradEnabled, noGrad, type Tensor, tensor } from "../mod.ts";
import { assertValues } from "./values.ts";

function leaf(...elements: number[]): Tensor {
  return tensor(elements, { requiresGrad: true, dtype: "float64" });
}

describe("hooks", () => {
  test("see the gradient of a leaf and of a result, and may replace it", () => {
    const x = leaf(1, 2);
    const y = x.mul(3);
    const seen: unknown[] = [];
    x.registerHook((gradient) => void seen.push(["x", gradient.toArray()]));
    y.registerHook((gradient) => {
      seen.push(["y", gradient.toArray()]);
      return gradient.mul(10);
    });
    y.sum().backward();
    assertEquals(seen, [["y", [1, 1]], ["x", [30, 30]]]);
    assertValues(x.grad, [30, 30]);
  });

  test("run in the order of registration, until removed", () => {
    const x = leaf(1);
    const first = x.registerHook((gradient) => gradient.add(1));
    x.registerHook((gradient) => gradient.mul(10));
    x.sum().backward();
    assertValues(x.grad, [20]);
    first.remove();
    x.zeroGrad();
    x.sum().backward();
    assertValues(x.grad, [10]);
  });

  test("are refused where no gradient comes by", () => {
    assertThrows(
      () => tensor([1]).registerHook(() => {}),
      GradientError,
      "Cannot register a hook on a tensor that does not require a gradient",
    );
  });

  test("retainGrad() keeps the gradient of a result", () => {
    const x = leaf(1, 2);
    const y = x.square();
    y.retainGrad();
    y.mul(3).sum().backward(undefined, { retainGraph: true });
    assertValues(y.grad, [3, 3]);
    y.sum().backward();
    assertValues(y.grad, [4, 4]);
    assertThrows(() => tensor([1]).retainGrad(), GradientError, "Cannot retain the gradient");
  });
});

describe("recording", () => {
  test("stops inside noGrad(), as a function and with using", () => {
    const x = leaf(1);
    assertEquals(noGrad(() => x.mul(2)).requiresGrad, false);
    {
      using _ = noGrad();
      assertEquals([isGradEnabled(), x.mul(2).requiresGrad], [false, false]);
      assertEquals(enableGrad(() => x.mul(2)).requiresGrad, true);
      {
        using _ = enableGrad();
        assertEquals(x.mul(2).requiresGrad, true);
      }
      assertEquals(isGradEnabled(), false);
    }
    assertEquals([isGradEnabled(), x.mul(2).requiresGrad], [true, true]);
  });

  test("is back after a throw", () => {
    assertThrows(() =>
      noGrad(() => {
        throw new RangeError("mine");
      }), RangeError);
    assertEquals(isGradEnabled(), true);
  });

  test("refuses async functions, which end after noGrad() does", () => {
    assertThrows(
      () => noGrad(async () => await Promise.resolve(1)),
      GradientError,
      "Cannot run an async function in noGrad: it would end before the promise settles",
    );
    assertEquals(isGradEnabled(), true);
  });

  test("goes on inside backward() only with createGraph", () => {
    const x = leaf(2);
    x.square().sum().backward();
    assertEquals(x.grad!.requiresGrad, false);
    assertEquals(isGradEnabled(), true);
  });

  test("ends at detach()", () => {
    const x = leaf(2);
    const y = x.square();
    const cut = y.detach();
    assertEquals([cut.requiresGrad, cut.isLeaf, cut.gradFn], [false, true, null]);
    y.mul(cut).sum().backward();
    assertValues(x.grad, [4 * 4]);
  });

  test("tells leaves from results", () => {
    const x = leaf(1);
    const y = x.mul(2);
    assertEquals([x.isLeaf, x.gradFn, y.isLeaf], [true, null, false]);
    assertEquals(y.gradFn, { name: "mul", inputs: ["leaf", null] });
    assertEquals(y.grad, null);
  });

  test("is for floating-point leaves", () => {
    assertThrows(
      () => tensor([1], { dtype: "int64", requiresGrad: true }),
      GradientError,
      "Cannot require a gradient of a int64 tensor: only floating-point ones have it",
    );
    const y = leaf(1).mul(2);
    assertThrows(
      () => y.requiresGrad_(false),
      GradientError,
      "Cannot stop requiring the gradient of a result: it is not a leaf",
    );
    assertEquals(leaf(1).gt(0).requiresGrad, false);
    assertEquals(leaf(1).to("int64").requiresGrad, false);
  });
});
