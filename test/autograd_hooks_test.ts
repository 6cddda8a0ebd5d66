/** Hooks on gradients, retained gradients, and switches of recording. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as mt from "../mod.ts";
import { grad, GradientError, inferenceMode, type Tensor, tensor } from "../mod.ts";

const leaf = (...values: number[]) => tensor(values, { dtype: "float64", requiresGrad: true });

describe("registerHook()", () => {
  test("calls hooks in their order, each with what the one before answered", () => {
    const x = leaf(1, 2);
    const y = x.mul(3);
    const seen: unknown[] = [];
    y.registerHook((g) => {
      seen.push(g.toArray());
      return g.mul(2);
    });
    y.registerHook((g) => void seen.push(g.toArray()));
    y.retainGrad(); // sees what the hooks made of it, whenever it was asked for
    y.registerHook((g) => g.add(1));
    y.sum().backward();
    assertEquals(seen, [[1, 1], [2, 2]]);
    assertEquals(y.grad!.toArray(), [3, 3]);
    assertEquals(x.grad!.toArray(), [9, 9]);
  });

  test("takes a hook away once: asking again takes no other", () => {
    const x = leaf(1);
    let calls = 0;
    const hook = () => void calls++;
    const first = x.registerHook(hook);
    const second = x.registerHook(hook);
    first.remove();
    first.remove();
    x.mul(2).sum().backward();
    assertEquals(calls, 1);
    second.remove();
    x.mul(2).sum().backward();
    assertEquals(calls, 1);
  });

  test("lets a hook remove itself while the others still run", () => {
    const x = leaf(1);
    const seen: string[] = [];
    const once = x.registerHook(() => {
      seen.push("once");
      once.remove();
    });
    x.registerHook(() => void seen.push("always"));
    x.mul(2).sum().backward();
    x.mul(2).sum().backward();
    assertEquals(seen, ["once", "always", "always"]);
  });

  test("runs on a leaf before the gradient is added, and in grad()", () => {
    const x = leaf(1, 1);
    x.registerHook((g) => g.mul(10));
    x.sum().backward();
    x.sum().backward();
    assertEquals(x.grad!.toArray(), [20, 20]);
    assertEquals(grad(x.sum(), x)[0]!.toArray(), [10, 10]);
  });

  test("refuses another shape, even one that could be summed", () => {
    const x = leaf(1, 2);
    x.registerHook((g) => g.expand([3, 2]));
    assertThrows(
      () => x.sum().backward(),
      GradientError,
      "its shape is [3, 2], the gradient's [2]",
    );
    assertThrows(() => tensor([1]).registerHook(() => {}), GradientError, "does not require");
  });

  test("of an output of several only hears that output", () => {
    const x = leaf(3, 1, 2);
    const { values } = x.sort();
    const seen: unknown[] = [];
    values.registerHook((g) => void seen.push(g.toArray()));
    values.mul(tensor([1, 2, 3], { dtype: "float64" })).sum().backward();
    assertEquals(seen, [[1, 2, 3]]);
    assertEquals(x.grad!.toArray(), [3, 1, 2]);
  });
});

describe("registerPostAccumulateGradHook()", () => {
  test("hears the complete gradient, and may use it up", () => {
    const x = leaf(1, 2);
    const seen: unknown[] = [];
    const hook = x.registerPostAccumulateGradHook((p) => {
      assert(p === x);
      seen.push(p.grad!.toArray());
      mt.noGrad(() => p.sub_(p.grad!));
      p.zeroGrad();
    });
    x.mul(x).sum().add(x.sum()).backward(); // two ways: once, after both
    assertEquals(seen, [[3, 5]]);
    assertEquals([x.toArray(), x.grad], [[-2, -3], null]);
    assertEquals(grad(x.sum(), x)[0]!.toArray(), [1, 1]);
    assertEquals(seen.length, 1); // nothing was added to a grad
    hook.remove();
    x.sum().backward();
    assertEquals(seen.length, 1);
  });

  test("takes leaves only", () => {
    const x = leaf(1);
    const listen = (y: Tensor) => () => y.registerPostAccumulateGradHook(() => {});
    assertThrows(listen(x.mul(2)), GradientError, "no leaf");
    assertThrows(listen(tensor([1])), GradientError, "no leaf");
  });
});

describe("backward() with inputs", () => {
  test("adds to the grad of these only, results among them", () => {
    const [x, y] = [leaf(1, 2), leaf(3, 4)];
    const z = x.mul(y);
    let heard = 0;
    x.registerPostAccumulateGradHook(() => void heard++);
    z.mul(z).sum().backward(undefined, { inputs: [x, z] });
    assertEquals(x.grad!.toArray(), [18, 64]);
    assertEquals(z.grad!.toArray(), [6, 16]);
    assertEquals([y.grad, heard], [null, 1]);
    x.sum().backward(undefined, { inputs: [x] });
    assertEquals(x.grad!.toArray(), [19, 65]);
    assertThrows(() => x.sum().backward(undefined, { inputs: [] }), GradientError, "no inputs");
    const constant = tensor([1]);
    assertThrows(() => x.sum().backward(undefined, { inputs: [constant] }), GradientError);
  });
});

describe("inferenceMode()", () => {
  test("records nothing, and lets nothing inside record", () => {
    const x = leaf(1);
    assert(mt.isGradEnabled() && !mt.isInferenceModeEnabled());
    const y = inferenceMode(() => {
      assert(mt.isInferenceModeEnabled() && !mt.isGradEnabled());
      assertThrows(() => mt.enableGrad(() => x.mul(2)), GradientError, "within inferenceMode");
      assertThrows(() => mt.setGradEnabled(true), GradientError, "within inferenceMode");
      return x.mul(2);
    });
    assert(!y.requiresGrad && mt.isGradEnabled() && !mt.isInferenceModeEnabled());
    x.mul(y).sum().backward(); // what was made inside is an ordinary tensor
    assertEquals(x.grad!.toArray(), [2]);
  });

  test("is a scope too, refuses promises, and ends where fn throws", () => {
    {
      using _ = inferenceMode();
      assert(!leaf(1).mul(2).requiresGrad);
      mt.noGrad(() => assert(mt.isInferenceModeEnabled()));
      assert(mt.isInferenceModeEnabled());
    }
    assertThrows(() => inferenceMode(() => Promise.resolve(1)), GradientError, "async function");
    assertThrows(() => inferenceMode(() => tensor([1]).item() === 1 && mt.ones([2]).item()));
    assert(mt.isGradEnabled() && !mt.isInferenceModeEnabled());
  });

  test("counts changes: a graph that saved the memory refuses", () => {
    const x = leaf(1, 2);
    const y = x.exp();
    inferenceMode(() => y.mul_(2));
    assertThrows(() => y.sum().backward(), GradientError, "changed in place");
  });
});
