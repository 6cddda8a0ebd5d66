import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  grad,
  GradientError,
  matmul,
  noGrad,
  ones,
  ShapeError,
  type Tensor,
  tensor,
} from "../mod.ts";
import { assertValues } from "./values.ts";

function leaf(...elements: number[]): Tensor {
  return tensor(elements, { requiresGrad: true, dtype: "float64" });
}

describe("backward() through graphs that are no chains", () => {
  test("adds up both ways of a diamond on a node that is no leaf", () => {
    const x = leaf(2, -3);
    const y = x.mul(x);
    y.exp().mul(0.01).add(y.mul(5)).sum().backward();
    assertValues(x.grad, [2, -3].map((v) => 2 * v * (0.01 * Math.exp(v * v) + 5)));
  });

  test("runs a node once, after everything that uses it", () => {
    const x = leaf(1);
    let calls = 0;
    const y = x.mul(3);
    y.registerHook(() => void calls++);
    const early = y.mul(2);
    const late = early.mul(y).add(y).sub(early);
    late.sum().backward();
    assertEquals(calls, 1);
    assertValues(x.grad, [2 * 9 * 2 + 3 - 6]); // 18x² + 3x - 6x
  });

  test("passes residuals through and around", () => {
    const x = leaf(0.5, 1.5);
    let h = x;
    for (let i = 0; i < 3; i++) h = h.add(h.square());
    h.sum().backward();
    const slopes = [0.5, 1.5].map((v) => {
      let slope = 1;
      for (let i = 0; i < 3; i++) {
        slope *= 1 + 2 * v;
        v += v * v;
      }
      return slope;
    });
    assertValues(x.grad, slopes);
  });

  test("adds up every use of a shared weight", () => {
    const w = tensor([[1, 2], [3, 4]], { requiresGrad: true, dtype: "float64" });
    const x = tensor([[1, -1]], { dtype: "float64" });
    matmul(matmul(x, w), w).sum().backward();
    // d/dW of x W W 1: xᵀ (W 1)ᵀ + (x W)ᵀ 1ᵀ, where x W is [-2, -2] and W 1 is [3, 7].
    assertValues(w.grad, [3 - 2, 7 - 2, -3 - 2, -7 - 2]);
  });

  test("takes the same tensor for several inputs", () => {
    const x = leaf(3);
    x.mul(x).add(x).add(x).sum().backward();
    assertValues(x.grad, [2 * 3 + 2]);
  });

  test("undoes broadcasting, of new and of stretched dims", () => {
    const x = ones([2, 1], { requiresGrad: true });
    const y = ones([], { requiresGrad: true });
    x.mul(tensor([[1, 2, 3], [4, 5, 6]])).add(y).sum().backward();
    assertEquals([x.grad!.shape, y.grad!.shape], [[2, 1], []]);
    assertValues(x.grad, [6, 15]);
    assertValues(y.grad, [6]);
  });

  test("gives gradients in the leaf's dtype, through casts", () => {
    const x = tensor([1, 2], { requiresGrad: true });
    x.to("float64").mul(tensor([3, 4], { dtype: "float64" })).sum().backward();
    assertEquals(x.grad!.dtype, "float32");
    assertValues(x.grad, [3, 4]);
  });

  test("leaves out inputs that need nothing and outputs that get nothing", () => {
    const x = leaf(1, 5, 3);
    const { values, indices } = x.max(0);
    assertEquals([values.requiresGrad, indices.requiresGrad], [true, false]);
    values.backward();
    assertValues(x.grad, [0, 1, 0]);
    const constant = tensor([1, 2]);
    constant.mul(leaf(1, 2).to("float32")).sum().backward();
    assertEquals(constant.grad, null);
  });

  test("does not recurse: a chain of 100,000 operations", () => {
    const x = leaf(1);
    let y = x;
    for (let i = 0; i < 100_000; i++) y = y.add(1);
    y.backward();
    assertValues(x.grad, [1]);
    assertValues(y, [100_001]);
  });

  test("is linear in the edges: a ladder of diamonds", () => {
    const x = leaf(1);
    let y = x;
    for (let i = 0; i < 60; i++) y = y.add(y); // 2^60 paths
    y.backward();
    assertValues(x.grad, [2 ** 60]);
  });
});

describe("gradients accumulate", () => {
  test("over several calls, until zeroGrad()", () => {
    const x = leaf(1, 2);
    x.mul(3).sum().backward();
    x.mul(x).sum().backward();
    assertValues(x.grad, [3 + 2, 3 + 4]);
    x.zeroGrad({ setToNone: false });
    assertValues(x.grad, [0, 0]);
    x.zeroGrad();
    assertEquals(x.grad, null);
  });

  test("of two losses on one graph", () => {
    const x = leaf(2);
    const shared = x.exp();
    const first = shared.mul(2).sum();
    const second = shared.square().sum();
    first.backward(undefined, { retainGraph: true });
    second.backward();
    const e = Math.exp(2);
    assertValues(x.grad, [2 * e + 2 * e * e]);
  });

  test("without touching what was taken from grad before", () => {
    const x = leaf(1);
    x.mul(2).sum().backward();
    const taken = x.grad!.clone();
    x.mul(3).sum().backward();
    assertValues(taken, [2]);
    assertValues(x.grad, [5]);
  });

  test("never into memory that is somebody else's", () => {
    const [x, y] = [leaf(1, 2), leaf(3, 4)];
    const seed = tensor([1, 1], { dtype: "float64" });
    x.add(y).backward(seed);
    x.mul(10).sum().backward();
    assertValues(x.grad, [11, 11]);
    assertValues(y.grad, [1, 1]);
    assertValues(seed, [1, 1]);
  });

  test("in grad, which can be set, with the shape and dtype of the tensor", () => {
    const x = leaf(1, 2);
    x.grad = tensor([5, 6], { dtype: "float64" });
    x.sum().backward();
    assertValues(x.grad, [6, 7]);
    assertThrows(
      () => x.grad = tensor([1]),
      ShapeError,
      "Cannot set a gradient of shape [1] and dtype float32: the tensor has [2] and float64",
    );
  });
});

describe("backward() refuses", () => {
  test("a second run through a graph that was used up", () => {
    const x = leaf(2);
    const y = x.exp();
    y.backward();
    const error = assertThrows(() => y.backward(), GradientError);
    assertEquals(
      error.message,
      "Cannot run backward through exp again: its saved tensors were dropped by the first backward",
    );
    assertValues(x.grad, [Math.exp(2)]);
  });

  test("nothing with retainGraph, as often as one likes", () => {
    const x = leaf(2);
    const y = x.square();
    for (let i = 0; i < 3; i++) y.backward(undefined, { retainGraph: true });
    y.backward();
    assertValues(x.grad, [16]);
  });

  test("more than one element without a gradient", () => {
    const y = leaf(1, 2).mul(2);
    const error = assertThrows(() => y.backward(), GradientError);
    assertEquals(
      error.message,
      "Cannot run backward from a tensor of shape [2] without its gradient: it is not one element",
    );
    assertThrows(
      () => y.backward(ones([3], { dtype: "float64" })),
      ShapeError,
      "Cannot run backward from shape [2] with a gradient of shape [3]",
    );
    y.backward(tensor([1, 10], { dtype: "float64" }));
  });

  test("tensors without a graph", () => {
    assertThrows(
      () => tensor([1]).backward(),
      GradientError,
      "Cannot run backward: the tensor has no graph, nothing behind it requires a gradient",
    );
    assertThrows(() => leaf(1).detach().backward(), GradientError);
  });

  test("saved tensors that were changed in place since", () => {
    const x = leaf(1, 2);
    const y = x.mul(2);
    const z = y.exp();
    noGrad(() => z.mul_(2));
    const error = assertThrows(() => z.sum().backward(), GradientError);
    assertEquals(
      error.message,
      "Cannot run backward through exp: a tensor that its gradient needs was changed in place",
    );
  });

  test("saved tensors that were changed through a view", () => {
    const y = leaf(1, 2).mul(2);
    const z = y.square();
    noGrad(() => y.index(0).fill_(7));
    assertThrows(() => z.sum().backward(), GradientError, "through square");
  });

  test("nothing when what changed is not needed", () => {
    const x = leaf(1, 2);
    const y = x.mul(2);
    const z = y.add(1);
    noGrad(() => y.zero_());
    z.sum().backward();
    assertValues(x.grad, [2, 2]);
  });
});

describe("createGraph", () => {
  test("gives a second and a third derivative", () => {
    const x = leaf(0.5, -1.5);
    const [first] = grad(x.pow(4).sum(), x, { createGraph: true });
    const [second] = grad(first!.sum(), x, { createGraph: true });
    const [third] = grad(second!.sum(), x);
    assertValues(first!, [0.5, -1.5].map((v) => 4 * v ** 3));
    assertValues(second!, [0.5, -1.5].map((v) => 12 * v ** 2));
    assertValues(third!, [0.5, -1.5].map((v) => 24 * v));
    assertEquals(x.grad, null);
  });

  test("lets a penalty on gradients be trained", () => {
    const w = tensor([[1, -2]], { requiresGrad: true, dtype: "float64" });
    const x = tensor([[0.3], [0.7]], { requiresGrad: true, dtype: "float64" });
    const [slope] = grad(matmul(w, x).tanh().sum(), x, { createGraph: true });
    slope!.square().sum().backward();
    // The slope is w (1 - t²), t = tanh(w x): its square's derivative by w_j is as below.
    const t = Math.tanh(0.3 - 1.4);
    const s = 1 - t * t;
    const expected = [[1, 0.3], [-2, 0.7]].map(([wj, xj]) =>
      2 * wj! * s * s - 4 * 5 * s * s * t * xj!
    );
    assertValues(w.grad, expected);
  });

  test("in backward() records the gradient's own graph", () => {
    const x = leaf(3);
    x.pow(3).sum().backward(undefined, { createGraph: true });
    assert(x.grad!.requiresGrad);
    const first = x.grad!;
    x.zeroGrad();
    first.backward();
    assertValues(x.grad, [18]);
  });
});

describe("grad()", () => {
  test("stops at tensors that are no leaves", () => {
    const x = leaf(2);
    const y = x.square();
    const [dy] = grad(y.mul(3).sum(), y);
    assertValues(dy!, [3]);
    assertEquals(x.grad, null);
  });

  test("takes several outputs with their gradients", () => {
    const x = leaf(1, 2);
    const gradOutputs = [
      tensor([1, 0], { dtype: "float64" }),
      tensor([0, 10], { dtype: "float64" }),
    ];
    const [dx] = grad([x.mul(2), x.square()], x, { gradOutputs });
    assertValues(dx!, [2, 40]);
  });

  test("refuses an input that the outputs do not depend on, unless allowed", () => {
    const [x, y] = [leaf(1), leaf(2)];
    assertThrows(
      () => grad(x.mul(2), [x, y]),
      GradientError,
      "Cannot give the gradient of input 1: the outputs do not depend on it",
    );
    assertEquals(grad(x.mul(2), [x, y], { allowUnused: true })[1], null);
    assertThrows(
      () => grad(x.mul(2), tensor([1])),
      GradientError,
      "Cannot give the gradient of a tensor that does not require one",
    );
  });
});
