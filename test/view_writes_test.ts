/** Writes through views where gradients are recorded: the tensors that they show learn of them. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { GradientError, noGrad, ones, type Tensor, tensor, zeros } from "../mod.ts";
import { assertDerivatives, type Differentiable } from "./derivatives.ts";
import { assertValues } from "./values.ts";

const writes: readonly (readonly [string, Differentiable, readonly (readonly number[])[]])[] = [
  ["mul_ of a row", (x, w) => changed(x!, (y) => y.index(0).mul_(w!)), [[2, 3], [3]]],
  ["copy_ to a column", (x, w) => changed(x!, (y) => y.index(":", 1).copy_(w!)), [[2, 3], [2]]],
  ["fill_ of a part", (x) => changed(x!, (y) => y.index(1, "::2").fill_(3)), [[2, 3]]],
  ["copy_ of constants", (x) => changed(x!, (y) => y.index(1).copy_([7, 8, 9])), [[2, 3]]],
  ["a view of views", (x, w) => {
    return changed(x!, (y) => y.T.index("1:").reshape([2, 2]).index("::-1", 0).div_(w!));
  }, [[2, 3], [2]]],
  ["a diagonal", (x, w) => changed(x!, (y) => y.diagonal().add_(w!)), [[3, 3], [3]]],
  ["several parts in turn", (x, w) => {
    return changed(x!, (y) => {
      for (let i = 0; i < 3; i++) y.index(i).mul_(w!.index(i)).add_(y.index((i + 1) % 3));
    });
  }, [[3, 2], [3]]],
  ["parts made before the first write", (x, w) => {
    return changed(x!, (y) => {
      const [first, second] = y.unbind(0);
      first!.mul_(w!);
      second!.mul_(w!);
      first!.add_(1).square();
    });
  }, [[2, 3], [3]]],
  ["an expanded source", (x, w) => changed(x!, (y) => y.index("1:").copy_(w!)), [[3, 2], [1]]],
  ["its own elements", (x) => changed(x!, (y) => y.index("1:").copy_(y.index(":-1"))), [[4]]],
  ["indexPut_ to a view", (x, w) => {
    return changed(x!, (y) => y.index(0).indexPut_([[2, 0]], w!));
  }, [[2, 3], [2]]],
  ["the view itself", (x, w) => {
    const view = x!.mul(2).index(0);
    view.mul_(w!);
    return view.exp();
  }, [[2, 3], [3]]],
  ["a tensor that had no graph", (w) => {
    const whole = zeros([2, 3], { dtype: "float64" });
    whole.index(1).copy_(w!);
    return whole.add(1).square();
  }, [[3]]],
];

/** A copy of `x` after a change. */
function changed(x: Tensor, change: (y: Tensor) => unknown): Tensor {
  const y = x.mul(2);
  change(y);
  return y;
}

describe("writes through views", () => {
  for (const [name, fn, shapes] of writes) {
    test(`are differentiable twice: ${name}`, () => assertDerivatives(fn, shapes));
  }

  test("change the memory of the tensor, which is tracked from then on", () => {
    const whole = zeros([2, 2]);
    const weight = tensor([3, 4], { requiresGrad: true });
    const row = whole.index(0);
    assert(row.copy_(weight) === row);
    assertEquals([whole.requiresGrad, row.requiresGrad], [true, true]);
    assertEquals(whole.toArray(), [[3, 4], [0, 0]]);
    assertEquals(whole.version, row.version);
    whole.sum().add(row.sum()).backward();
    assertValues(weight.grad, [2, 2]);
  });

  test("are noticed by graphs that saved the memory, and by other views", () => {
    const x = ones([2, 2], { requiresGrad: true });
    const y = x.mul(2);
    const other = y.index(0);
    const squares = y.square().sum();
    y.index(1).mul_(3);
    assertThrows(() => squares.backward(), GradientError, "was changed in place");
    assertThrows(() => other.mul(1), GradientError, "an input's memory was changed");
  });

  test("are not recorded under noGrad(), nor where nothing requires a gradient", () => {
    const x = ones([2], { requiresGrad: true });
    noGrad(() => x.index(0).fill_(5));
    assertValues(x, [5, 1]);
    const plain = zeros([2]);
    plain.index(0).add_(1);
    assertEquals([plain.requiresGrad, plain.gradFn], [false, null]);
    x.detach().index(1).fill_(7);
    assertValues(x, [5, 7]);
  });

  test("leave everything as it was when they are refused", () => {
    const x = ones([2, 2], { requiresGrad: true });
    const y = x.mul(2);
    assertThrows(() => y.index(0).mul_(ones([3], { requiresGrad: true })), TypeError);
    y.sum().backward();
    assertValues(x.grad, [2, 2, 2, 2]);
  });
});
