/** The functions of ./autograd, of the graph's state, and the checks of gradients. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as mt from "../mod.ts";
import { GradientError, ShapeError, type Tensor, tensor } from "../mod.ts";
import {
  checkpoint,
  checkpointSequential,
  detectAnomaly,
  Function,
  type FunctionContext,
  hessian,
  hvp,
  jacobian,
  jvp,
  setDetectAnomaly,
  vhp,
  vjp,
} from "../src/autograd/mod.ts";
import { Dropout, Linear, ReLU, Sequential } from "../src/nn/mod.ts";
import { gradcheck, gradgradcheck } from "../src/testing.ts";

const f64 = (values: readonly number[]) => tensor(values, { dtype: "float64" });
const leaf = (values: readonly number[]) => f64(values).requiresGrad_();

describe("jacobian()", () => {
  test("of one input and one result", () => {
    assertEquals(jacobian((x) => x.mul(x), f64([1, 2])).toArray(), [[2, 0], [0, 4]]);
    assertEquals(jacobian((x) => x.sum(), f64([1, 2])).toArray(), [1, 1]);
    assertEquals(jacobian((x) => x.mul(2), f64([])).shape, [0, 0]);
  });

  test("of several inputs and results, in their form", () => {
    const j = jacobian((x, y) => [x.mul(y), y], [f64([1, 2]), f64([3])]);
    const arrays = (j as Tensor[][]).map((row) => row.map((x) => x.toArray()));
    assertEquals(arrays, [[[[3, 0], [0, 3]], [[1], [2]]], [[[0, 0]], [[1]]]]);
  });

  test("is the same with vectorize, of anything, and can be differentiated", () => {
    const fn = (x: Tensor, y: Tensor) => [x.mul(y).cumsum(0), y.exp(), x.sum(), x.detach()];
    const given = [leaf([1, 2, 3]), leaf([0.5, 1, -1])];
    const plain = jacobian(fn, given) as Tensor[][];
    const together = jacobian(fn, given, { vectorize: true, createGraph: true }) as Tensor[][];
    plain.forEach((row, i) =>
      row.forEach((x, k) => assertEquals(together[i]![k]!.toArray(), x.toArray()))
    );
    together[1]![1]!.sum().backward();
    assertEquals(given[1]!.grad!.toArray(), given[1]!.detach().exp().toArray());
    const energy = (x: Tensor) => x.pow(3).sum();
    const h = hessian(energy, f64([1, 2]), { vectorize: true });
    assertEquals(h.toArray(), [[6, 0], [0, 12]]);
    assertEquals(jacobian((x) => x.mul(2), f64([]), { vectorize: true }).shape, [0, 0]);
    const misspelt = { createGraf: true } as object;
    assertThrows(() => jacobian((x) => x, f64([1]), misspelt), mt.ArgumentError, "createGraf");
    assertThrows(() => mt.grad(leaf([1]).sum(), leaf([1]), misspelt), mt.ArgumentError);
    assertThrows(() => leaf([1]).backward(undefined, misspelt), mt.ArgumentError, "createGraf");
  });

  test("can be differentiated with createGraph, and leaves nothing without", () => {
    const x = leaf([1, 2]);
    const j = jacobian((y) => y.pow(3), x, { createGraph: true });
    j.sum().backward();
    assertEquals(x.grad!.toArray(), [6, 12]);
    assert(!jacobian((y) => y.pow(3), x).requiresGrad);
  });
});

describe("hessian(), hvp() and vhp()", () => {
  const energy = (x: Tensor) => x.pow(3).sum().add(x.prod());
  const x = f64([2, 3]);

  test("agree with each other", () => {
    assertEquals(hessian(energy, x).toArray(), [[12, 1], [1, 18]]);
    const v = f64([1, -1]);
    assertEquals((hvp(energy, x, v).hvp as Tensor).toArray(), [11, -17]);
    assertEquals((vhp(energy, x, v).vhp as Tensor).toArray(), [11, -17]);
    assertEquals((hvp(energy, x, v).output as Tensor).item(), 41);
  });

  test("take several inputs", () => {
    const h = hessian((a, b) => a.mul(b).sum(), [f64([1]), f64([2])]) as Tensor[][];
    assertEquals(h.map((row) => row.map((y) => y.toArray())), [[[[0]], [[1]]], [[[1]], [[0]]]]);
  });

  test("refuse more than one element, and vectors that do not fit", () => {
    assertThrows(() => hessian((y) => y, x), ShapeError, "more than one element");
    assertThrows(() => hvp(energy, x, f64([1])), ShapeError, "v of shapes [1]: expected [2]");
  });
});

describe("vjp() and jvp()", () => {
  const fn = (x: Tensor) => x.mul(x).mul(tensor([[1, 2], [3, 4]], { dtype: "float64" })).sum(1);

  test("are products with the jacobian", () => {
    const x = f64([1, 2]);
    const j = jacobian(fn, x);
    const v = f64([1, -2]);
    assertEquals((vjp(fn, x, v).vjp as Tensor).toArray(), v.matmul(j).toArray());
    assertEquals((jvp(fn, x, v).jvp as Tensor).toArray(), j.matmul(v).toArray());
    assertEquals((jvp((y) => y.detach(), x, v).jvp as Tensor).toArray(), [0, 0]);
  });

  test("need v unless there is one element", () => {
    assertEquals((vjp((x) => x.sum(), f64([1, 2])).vjp as Tensor).toArray(), [1, 1]);
    assertThrows(() => vjp(fn, f64([1, 2])), mt.ArgumentError, "without v");
  });
});

/** x y, saved in several ways; the second output is constant. */
class Product extends Function {
  static forward(context: FunctionContext, x: Tensor, y: Tensor, scale: number): Tensor[] {
    const sign = x.sign();
    context.saveForBackward(x, y);
    context["scale"] = scale;
    context.markNonDifferentiable(sign);
    return [x.mul(y).mul(scale), sign];
  }
  static backward(
    { savedTensors: [x, y], scale, needsInputGrad }: FunctionContext,
    grad: Tensor,
  ): (Tensor | null)[] {
    const g = grad.mul(scale as number);
    return [needsInputGrad[0] ? g.mul(y!) : null, needsInputGrad[1] ? g.mul(x!) : null, null];
  }
}

class Identity extends Function {
  static forward(_: FunctionContext, x: Tensor): Tensor {
    return x;
  }
  static backward(_: FunctionContext, grad: Tensor): Tensor {
    return grad.mul(3);
  }
}

class Wrong extends Function {
  static forward(_: FunctionContext, x: Tensor, _factor: number): Tensor {
    return x.mul(2);
  }
  static backward(_: FunctionContext, grad: Tensor): Tensor {
    return grad;
  }
}

/** exp, by a saved tensor that is neither input nor output. */
class Hidden extends Function {
  static forward(context: FunctionContext, x: Tensor): Tensor {
    context.saveForBackward(x.exp());
    return x.exp();
  }
  static backward({ savedTensors: [e] }: FunctionContext, grad: Tensor): Tensor {
    return grad.mul(e!);
  }
}

describe("Function", () => {
  test("runs forward unrecorded and backward as its gradient, twice", () => {
    const x = leaf([2, -3]);
    const [z, sign] = Product.apply(x, f64([5, 7]), 10);
    assertEquals(z!.toArray(), [100, -210]);
    assertEquals(z!.gradFn!.name, "Product");
    assert(!sign!.requiresGrad);
    z!.sum().backward();
    assertEquals(x.grad!.toArray(), [50, 70]);
    assert(gradcheck((a, b) => Product.apply(a, b, 2)[0]!, [f64([1, 2]), f64([3, 4])]));
    assert(gradgradcheck((a, b) => Product.apply(a, b, 2)[0]!, [f64([1, 2]), f64([3, 4])]));
    assert(!mt.noGrad(() => Product.apply(x, x, 1)[0]!.requiresGrad));
  });

  test("gives an identity a new tensor", () => {
    const x = leaf([1]);
    const y = Identity.apply(x);
    assert(y !== x && y.storage !== x.storage);
    y.sum().backward();
    assertEquals(x.grad!.toArray(), [3]);
  });

  test("refuses wrong counts of gradients, and second derivatives through hidden tensors", () => {
    const wrong = Wrong.apply(leaf([1]), 2).sum();
    assertThrows(() => wrong.backward(), GradientError, "it gave 1 gradients for 2 arguments");
    const x = leaf([1]);
    const [g] = mt.grad(Hidden.apply(x).sum(), x, { createGraph: true });
    assert(Math.abs(Number(g!.item()) - Math.E) < 1e-15);
    assertThrows(() => g!.sum().backward(), GradientError, "neither an input nor an output");
  });

  test("refuses saved tensors that were changed in place", () => {
    const y = f64([3]);
    const [z] = Product.apply(leaf([2]), y, 1);
    y.add_(1);
    assertThrows(() => z!.sum().backward(), GradientError, "changed in place");
  });
});

describe("checkpoint()", () => {
  test("gives the same values and gradients, of inputs and of parameters", () => {
    mt.manualSeed(3);
    const layer = new Sequential(new Linear(4, 8), new Dropout(0.5), new ReLU(), new Linear(8, 2));
    const x = mt.randn([5, 4], { requiresGrad: true });
    const run = (through: boolean) => {
      layer.zeroGrad();
      x.zeroGrad();
      mt.manualSeed(9);
      const forward = (y: Tensor) => layer.forward(y);
      const y = through ? checkpoint(forward, x) : forward(x);
      y.mul(y).sum().backward();
      return [y, x.grad!, ...layer.parameters().map((p) => p.grad!)].map((t) => t.toArray());
    };
    assertEquals(run(true), run(false));
    assertEquals(mt.rand([3]).toArray(), (mt.manualSeed(9), run(false), mt.rand([3]).toArray()));
  });

  test("records where only parameters need gradients, and not under noGrad", () => {
    const layer = new Linear(2, 1);
    checkpoint((y) => layer.forward(y), mt.ones([1, 2])).sum().backward();
    assertEquals(layer.weight.grad!.toArray(), [[1, 1]]);
    assert(!mt.noGrad(() => checkpoint((y) => layer.forward(y), mt.ones([1, 2])).requiresGrad));
  });

  test("has second and third derivatives", () => {
    const x = leaf([2, 3]);
    const fn = (y: Tensor) => checkpoint((z) => z.pow(4), y).sum();
    const [first] = mt.grad(fn(x), x, { createGraph: true });
    const [second] = mt.grad(first!.sum(), x, { createGraph: true });
    const [third] = mt.grad(second!.sum(), x);
    assertEquals(third!.toArray(), [48, 72]);
    const w = leaf([5, 7]);
    assert(gradgradcheck((y) => checkpoint((z) => z.mul(w).sin(), y), f64([1, 2])));
  });

  test("gives grad() the gradients of what fn knows, and touches no grad", () => {
    const [x, w] = [leaf([1, 2]), leaf([3, 4])];
    const h = w.mul(10);
    const y = checkpoint((z) => z.mul(h).mul(w).add(x), x).sum(); // x is known from outside too
    const found = mt.grad(y, [x, w, h], { retainGraph: true });
    assertEquals(found.map((g) => g!.toArray()), [[91, 161], [60, 160], [3, 8]]);
    assertEquals([x.grad, w.grad], [null, null]);
    let heard = 0;
    h.registerHook(() => void heard++);
    y.backward();
    assertEquals([x.grad!.toArray(), w.grad!.toArray(), heard], [[91, 161], [60, 160], 1]);
  });

  test("takes several results, results that are inputs, and writes to the result", () => {
    const [x, w] = [leaf([1, 2]), leaf([3, 4])];
    const run = (wrap: (fn: (z: Tensor) => Tensor[]) => Tensor[]) => {
      x.zeroGrad();
      w.zeroGrad();
      const [a, b, c] = wrap((z) => [z.mul(w), z, w.exp().select(0, 1)]);
      a!.relu_();
      a!.sum().add(b!.prod()).add(c!).backward();
      return [x.grad!.toArray(), w.grad!.toArray()];
    };
    assertEquals(
      run((fn) => checkpoint(fn, x)),
      run((fn) => fn(x.mul(1)).map((y) => y.mul(1))),
    );
    assertThrows(() => checkpoint(() => 3 as never, x), mt.ArgumentError, "answers no tensor");
  });

  test("nests, with the same random numbers", () => {
    const x = leaf([1, 2, 3, 4]);
    const inner = (y: Tensor) => mt.dropout(y.sin(), { p: 0.5 }).exp();
    const run = (around: typeof checkpoint) => {
      x.zeroGrad();
      mt.manualSeed(4);
      const y = around((z) => around(inner, mt.dropout(z, { p: 0.3 })).square(), x);
      y.sum().backward();
      return [y.toArray(), x.grad!.toArray()];
    };
    assertEquals(run(checkpoint), run(((fn, ...given) => fn(...given)) as typeof checkpoint));
  });

  test("keeps nothing of what it computes on the way", () => {
    const x = mt.ones([1 << 16], { requiresGrad: true });
    const steps = (y: Tensor) => {
      for (let i = 0; i < 10; i++) y = y.mul(y);
      return y;
    };
    const used = () => mt.memory().bytes - mt.memory().pooledBytes;
    const held = (fn: () => Tensor) => {
      const before = used();
      const y = mt.tidy(fn);
      const after = used();
      y.sum().backward();
      return after - before;
    };
    const [plain, less] = [held(() => steps(x)), held(() => checkpoint(steps, x))];
    assert(plain - less >= 8 * x.nbytes, `${plain} and ${less}`);
  });

  test("refuses a function that does something else the second time", () => {
    const w = [leaf([1]), leaf([2])];
    let calls = 0;
    const y = checkpoint((z) => w.slice(0, ++calls).reduce((p, q) => p.mul(q), z), leaf([3]));
    assertThrows(() => y.backward(), GradientError, "something else the second time");
  });

  test("cuts a sequence into segments", () => {
    const stages = [new Linear(3, 3), new ReLU(), new Linear(3, 3), new ReLU(), new Linear(3, 1)];
    const x = mt.randn([2, 3]);
    const whole = new Sequential(...stages).forward(x).toArray();
    for (let n = 1; n <= 5; n++) assertEquals(checkpointSequential(stages, n, x).toArray(), whole);
    assertThrows(() => checkpointSequential(stages, 6, x), mt.ArgumentError, "6 segments");
  });
});

describe("detectAnomaly()", () => {
  test("names the op whose gradient is NaN, and where it was called", () => {
    const x = leaf([0]);
    const loss = () => x.mul(0).sqrt().mul(0).sum();
    loss().backward(); // without it nothing is said
    const error = assertThrows(() => detectAnomaly(() => loss().backward()), GradientError);
    assertEquals(error.op, "sqrt");
    assert(String(error.context!["recorded"]).includes("autograd_functions_test"));
    setDetectAnomaly(true);
    assertThrows(() => loss().backward(), GradientError, "input 0 has a NaN");
    setDetectAnomaly(false);
  });
});

describe("detectAnomaly() around", () => {
  test("others, promises and errors leaves the search as it was", () => {
    const bad = () => leaf([0]).mul(0).sqrt().mul(0).sum().backward();
    detectAnomaly(() => detectAnomaly(() => leaf([1]).sum().backward()));
    bad();
    assertThrows(() => detectAnomaly(() => Promise.resolve(1)), GradientError, "async function");
    assertThrows(() => detectAnomaly(() => leaf([1]).view([2])), ShapeError);
    bad();
    assertThrows(() => detectAnomaly(() => (detectAnomaly(() => 1), bad())), GradientError, "sqrt");
    const y = mt.vmap((x: Tensor) => x.mul(0).sqrt().mul(0));
    const x = leaf([0, 1]);
    assertThrows(() => detectAnomaly(() => y(x).sum().backward()), GradientError, "sqrt");
    const inner = mt.vmap(mt.func.grad((a: Tensor) => a.mul(0).sqrt().mul(0)));
    assertThrows(() => detectAnomaly(() => inner(x)), GradientError, "sqrt");
  });
});

describe("the graph behind a tensor", () => {
  test("can be cleared, consumed and asked", () => {
    const x = leaf([1, 2]);
    const y = x.exp();
    const z = y.mul(y).sum();
    assert(!mt.isAutogradGraphConsumed(z) && !mt.isAutogradGraphConsumed(x));
    mt.clearAutogradGraph(z);
    assert(mt.isAutogradGraphConsumed(z) && mt.isAutogradGraphConsumed(y));
    assertThrows(() => z.backward(), GradientError);
    const other = x.exp();
    const last = other.sum();
    mt.markAutogradGraphConsumed(last);
    assertThrows(() => last.backward(), GradientError);
    other.sum().backward(); // what is behind it can be used
    assertEquals(mt.getGradient(x)!.toArray(), x.detach().exp().toArray());
    assertThrows(() => mt.markAutogradGraphConsumed(x), GradientError);
  });

  test("can be left", () => {
    const x = leaf([1]);
    assert(!mt.detach(x.mul(2)).requiresGrad);
    const y = x.mul(2);
    assert(y.detach_() === y && y.isLeaf && !y.requiresGrad);
    assertThrows(() => x.view([1, 1]).detach_(), GradientError, "a view");
  });
});

describe("gradcheck() and gradgradcheck()", () => {
  test("find wrong gradients, and ask for float64", () => {
    const wrong = (x: Tensor) => Identity.apply(x);
    assertThrows(() => gradcheck(wrong, f64([1, 2])), GradientError, "is 3 at elements [0, 0]");
    const misspelt = { epsilon: 1 } as object;
    assertThrows(() => gradcheck((x) => x, f64([1]), misspelt), mt.ArgumentError, "epsilon");
    assertThrows(() => gradcheck((x) => x, tensor([1])), mt.DTypeError, "it takes float64");
    assert(gradcheck((x, i) => x.indexSelect(0, i), [f64([1, 2, 3]), tensor([0n, 2n, 2n])]));
    assert(gradgradcheck((x) => x.sin().mul(x), f64([1, 2])));
    assert(gradgradcheck((x, y) => [x.mul(y), y.exp()], [f64([1, 2]), f64([3, 4])]));
  });
});
