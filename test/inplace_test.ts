import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { GradientError, linear, noGrad, ones, scope, type Tensor, tensor, zeros } from "../mod.ts";
import { assertValues } from "./values.ts";

function leaf(...elements: number[]): Tensor {
  return tensor(elements, { requiresGrad: true, dtype: "float64" });
}

describe("in-place methods and graphs", () => {
  test("are refused on a leaf that requires a gradient, outside noGrad()", () => {
    const x = leaf(1, 2);
    for (
      const [name, change] of Object.entries({
        add_: () => x.add_(1),
        fill_: () => x.fill_(0),
        copy_: () => x.copy_([3, 4]),
        clamp_: () => x.clamp_(0, 1),
      })
    ) {
      assertThrows(
        change,
        GradientError,
        `Cannot ${name} a leaf that requires a gradient: its value would change behind the graph`,
      );
    }
    assertValues(x, [1, 2]);
    noGrad(() => x.add_(1));
    assertValues(x, [2, 3]);
    assertEquals([x.requiresGrad, x.isLeaf], [true, true]);
  });

  test("are recorded on results", () => {
    for (
      const [change, slope] of [
        [(y: Tensor) => y.add_(5), 1],
        [(y: Tensor) => y.sub_(5), 1],
        [(y: Tensor) => y.mul_(5), 5],
        [(y: Tensor) => y.div_(4), 0.25],
        [(y: Tensor) => y.clamp_(-100, 100), 1],
        [(y: Tensor) => y.zero_(), 0],
        [(y: Tensor) => y.fill_(3), 0],
      ] as const
    ) {
      const x = leaf(1, 2);
      const y = x.mul(2);
      change(y);
      y.sum().backward();
      assertValues(x.grad, [2 * slope, 2 * slope]);
    }
  });

  test("carry gradients of their arguments", () => {
    const [x, w] = [leaf(2, 3), leaf(5, 7)];
    const y = x.mul(1);
    y.mul_(w).add_(w);
    y.sum().backward();
    assertValues(x.grad, [5, 7]);
    assertValues(w.grad, [3, 4]);
    const plain = zeros([2], { dtype: "float64" });
    plain.copy_(w);
    assert(plain.requiresGrad);
    plain.mul(10).sum().backward();
    assertValues(w.grad, [13, 14]);
  });

  test("are differentiable after a copy into a wider shape", () => {
    const x = leaf(1, 2);
    const wide = zeros([3, 2], { dtype: "float64" });
    wide.copy_(x);
    wide.sum().backward();
    assertValues(x.grad, [3, 3]);
  });

  test("raise the version that all views share", () => {
    const x = zeros([2, 2]);
    const { version } = x;
    const row = x.index(0);
    row.fill_(1);
    assertEquals([x.version, row.version], [version + 1, version + 1]);
    x.add_(1);
    assertEquals(row.version, version + 2);
    assertEquals(x.toArray(), [[2, 2], [1, 1]]);
  });

  test("are refused on views of leaves, and of what is gone, where gradients flow", () => {
    const x = leaf(1, 2);
    for (const change of [() => x.index(0).mul_(3), () => x.index(0).copy_(0)]) {
      assertThrows(change, GradientError, "a leaf that requires a gradient");
    }
    assertValues(x, [1, 2]);
    const y = x.mul(2);
    const hidden = noGrad(() => y.index(0));
    const message = "a view where gradients are recorded: the tensor it shows would not know";
    assertThrows(() => hidden.copy_(x.sum()), GradientError, message);
    const plain = zeros([2], { dtype: "float64" });
    const part = plain.index(0);
    plain.dispose();
    assertThrows(() => part.copy_(x.sum()), GradientError, message);
    y.sum().backward();
    assertValues(x.grad, [2, 2]);
  });

  test("leave earlier views without a graph that is right: they are refused", () => {
    const y = leaf(1, 2).mul(2);
    const first = y.index(0);
    y.mul_(3);
    assertThrows(() => first.mul(1), GradientError, "an input's memory was changed");
    assertValues(first, [6]);
    assertValues(y.index(1).mul(1), [12]);
  });

  test("within noGrad() change values and leave the graph as it was", () => {
    const x = leaf(1, 2);
    const y = x.mul(2);
    noGrad(() => y.clamp_(3, 4).add_(1));
    y.mul(10).sum().backward();
    assertValues(y, [4, 5]);
    assertValues(x.grad, [20, 20]);
    const z = x.mul(2);
    noGrad(() => z.fill_(1));
    z.sum().backward();
    assertValues(x.grad, [22, 22]);
  });
});

describe("disposing before backward()", () => {
  test("of saved inputs and results keeps gradients right", () => {
    const x = leaf(1, 2);
    const a = x.mul(2);
    const b = a.exp();
    const loss = b.mul(a).sum();
    a.dispose();
    b.dispose();
    for (let i = 0; i < 50; i++) leaf(9, 9).dispose(); // would take the memory if it were free
    const others = Array.from({ length: 50 }, () => leaf(9, 9));
    loss.backward();
    assertValues(x.grad, [1, 2].map((v) => 2 * Math.exp(2 * v) * (1 + 2 * v)));
    assertEquals(others.length, 50);
  });

  test("by a scope around the forward pass is the same", () => {
    const x = leaf(1, 2);
    let loss: Tensor;
    {
      using _ = scope();
      loss = x.mul(3).square().sum();
      loss.backward();
    }
    assert(loss.isDisposed);
    assertValues(x.grad, [18, 36]);
  });

  test("of the leaf leaves its gradient to nobody", () => {
    const x = leaf(1, 2);
    const y = x.square().sum();
    x.dispose();
    y.backward();
    assertEquals(x.isDisposed, true);
  });
});

test("a product of batches may be changed in place under a graph", () => {
  const weight = ones([4, 3], { requiresGrad: true });
  const result = linear(ones([2, 5, 3]), weight);
  result.add_(1).sum().backward();
  assertEquals(weight.grad!.toArray(), ones([4, 3]).mul(10).toArray());
});
