/** ./func where PyTorch has no numbers to compare: composition, forms, modules, errors. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as mt from "../mod.ts";
import {
  ArgumentError,
  DTypeError,
  GradientError,
  ShapeError,
  type Tensor,
  tensor,
} from "../mod.ts";
import { checkpoint, Function, type FunctionContext } from "../src/autograd/mod.ts";
import {
  functionalCall,
  grad,
  gradAndValue,
  hessian,
  jacfwd,
  jacrev,
  jvp,
  stackModuleState,
  vjp,
  vmap,
} from "../src/func/mod.ts";
import { Dropout, Linear, Module, ReLU, Sequential } from "../src/nn/mod.ts";
import { assertValues } from "./values.ts";

const f64 = (values: unknown) => tensor(values as number[], { dtype: "float64" });
const numbers = (x: Tensor) => x.toArray();

describe("grad() and gradAndValue()", () => {
  test("have the form of the arguments, with zeros where nothing depends", () => {
    const fn = (p: { w: Tensor; b: Tensor[] }, x: Tensor) => p.w.mul(x).sum().add(p.b[0]!);
    const given = { w: f64([1, 2]), b: [f64(3), f64([4, 5])] };
    const g = grad(fn)(given, f64([10, 20]));
    assertEquals([g.w, ...g.b].map(numbers), [[10, 20], 1, [0, 0]]);
    const [both, gx] = grad(fn, { argnums: [0, -1] })(given, f64([10, 20]));
    assertEquals([numbers(both.w), numbers(gx as Tensor)], [[10, 20], [1, 2]]);
    assertEquals(numbers(grad((_: Tensor) => tensor(1))(f64([1, 2]))), [0, 0]);
  });

  test("hand on what goes beside the value", () => {
    const fn = (x: Tensor) => [x.square().sum(), { y: x.mul(3), n: 7 }] as const;
    const { grad: g, value, aux } = gradAndValue(fn, { hasAux: true })(f64([1, 2]));
    assertEquals([numbers(g), value.item(), numbers(aux.y), aux.n], [[2, 4], 5, [3, 6], 7]);
    assert(!g.requiresGrad && !value.requiresGrad && !aux.y.requiresGrad);
    assertEquals(Object.keys(grad(fn, { hasAux: true })(f64([1]))), ["grad", "aux"]);
  });

  test("touch no grad, and have a graph only where something outside took part", () => {
    const w = f64([2]).requiresGrad_();
    const x = f64([3]).requiresGrad_();
    const g = grad((a: Tensor) => a.square().mul(w).sum())(f64([5]));
    assert(g.requiresGrad && w.grad === null);
    g.sum().backward();
    assertEquals(numbers(w.grad!), [10]);
    const slope = grad((a: Tensor) => a.pow(3).sum())(x);
    slope.sum().backward();
    assertEquals(numbers(x.grad!), [18]);
    assert(!mt.noGrad(() => grad((a: Tensor) => a.mul(w).sum())(x)).requiresGrad);
    assertEquals(numbers(mt.noGrad(() => grad((a: Tensor) => a.mul(w).sum())(x))), [2]);
    const each = vmap(grad((a: Tensor) => a.square().mul(w).sum()))(f64([[5], [7]]));
    assert(each.requiresGrad);
    w.zeroGrad();
    each.sum().backward();
    assertEquals(numbers(w.grad!), [24]);
    const still = mt.noGrad(() => vmap(grad((a: Tensor) => a.mul(w).sum()))(f64([[5], [7]])));
    assert(!still.requiresGrad);
  });

  test("nest: inner gradients do not mix with outer ones", () => {
    const outer = grad((x: Tensor) => x.mul(grad((y: Tensor) => x.add(y))(x)));
    assertEquals(outer(f64(3)).item(), 1); // d/dx (x * 1), Siskind and Pearlmutter 2005
    const mixed = grad((x: Tensor) => grad((y: Tensor) => y.square().mul(x).sum())(x).sum());
    assertEquals(numbers(mixed(f64([3]))), [12]); // d/dx 2 y x at y = x, of both
    const each = vmap(grad((x: Tensor) => x.mul(grad((y: Tensor) => x.mul(y.square()))(x))));
    assertEquals(numbers(each(f64([1, 2]))), [6, 24]); // d/dx 2 x^3
  });

  test("pass through gradients around vmap, and those within, at once", () => {
    const w = f64([1, 2]).requiresGrad_();
    const x = f64([[3, 4], [5, 6]]);
    const loss = (p: Tensor, a: Tensor) => p.mul(a).sum().pow(3);
    const each = vmap(grad(loss), { inDims: [null, 0] })(w, x); // 3 (p a)^2 a
    each.square().sum().backward();
    const expected = [0, 0];
    for (const [a, b] of [[3, 4], [5, 6]] as const) {
      const s = a + 2 * b;
      const outer = 2 * 3 * s ** 2 * 6 * s * (a * a + b * b);
      expected[0]! += outer * a;
      expected[1]! += outer * b;
    }
    assertValues(w.grad, expected);
  });

  test("refuse what has no gradient", () => {
    const x = f64([1, 2]);
    assertThrows(() => grad((a: Tensor) => a)(x), ShapeError, "shape [2]: it must have rank 0");
    assertThrows(
      () => grad((_: Tensor) => 3 as unknown as Tensor)(x),
      ArgumentError,
      "answers 3",
    );
    assertThrows(() => grad((a: Tensor) => a.sum())(tensor([1n])), DTypeError, "dtype int64");
    assertThrows(
      () => grad((a: Tensor) => a.sum(), { argnums: 1 })(x),
      ArgumentError,
      "argument 1",
    );
    assertThrows(
      () => grad((a: Tensor) => a.sum(), { argnums: [0, -1] })(x),
      ArgumentError,
      "once",
    );
    assertThrows(
      () => grad((n: number) => tensor(n))(3),
      ArgumentError,
      "argument 0 has 3 for a tensor",
    );
    const alone = grad((a: Tensor) => a.sum() as never, { hasAux: true });
    assertThrows(() => alone(x), ArgumentError, "array of two");
    const inside = vmap((a: Tensor) => {
      const y = x.detach().requiresGrad_();
      y.mul(a).sum().backward();
      return y;
    });
    assertThrows(() => inside(mt.ones([2, 2])), GradientError);
  });
});

describe("jacobians and products", () => {
  const fn = (x: Tensor, y: Tensor) => ({ a: x.mul(y), b: [x.sum()] });
  const [x, y] = [f64([1, 2]), f64([3, 4])];

  test("have the form of results, and in each that of arguments", () => {
    for (const transform of [jacrev, jacfwd]) {
      const j = transform(fn, { argnums: [0, 1] })(x, y);
      assertEquals([j.a[0], j.a[1], j.b[0]![0], j.b[0]![1]].map((t) => numbers(t as Tensor)), [
        [[3, 0], [0, 4]],
        [[1, 0], [0, 2]],
        [1, 1],
        [0, 0],
      ]);
    }
  });

  test("come in chunks, and of nothing", () => {
    const wave = (a: Tensor) => a.sin().unsqueeze(1).mul(a);
    for (const transform of [jacrev, jacfwd]) {
      const all = transform(wave)(x);
      for (const chunkSize of [1, 2, 3]) {
        assertEquals(numbers(transform(wave, { chunkSize })(x)), numbers(all));
      }
      assertEquals(transform((a: Tensor) => a.mul(2))(f64([])).shape, [0, 0]);
      assertThrows(() => transform(wave, { chunkSize: 0 }), ArgumentError, "chunks of 0");
    }
    assertEquals(numbers(jacrev((a: Tensor) => a.detach())(x)), [[0, 0], [0, 0]]);
    assertEquals(numbers(jacfwd((a: Tensor) => a.detach())(x)), [[0, 0], [0, 0]]);
  });

  test("may be applied to each other, and batched", () => {
    const cube = (a: Tensor) => a.pow(3).sum();
    const expected = [[6, 0], [0, 12]];
    assertEquals(numbers(hessian(cube)(x)), expected);
    assertEquals(numbers(jacfwd(jacrev(cube))(x)), expected);
    assertEquals(numbers(jacfwd(jacfwd(cube))(x)), expected);
    assertEquals(numbers(jacrev(grad(cube))(x)), expected);
    assertEquals(numbers(vmap(hessian(cube))(mt.stack([x, x]))), [expected, expected]);
    const third = jacrev(hessian(cube))(x);
    assertEquals(third.sum().item(), 12);
  });

  test("multiply vectors, as often as wanted, and many at once", () => {
    const at = vjp(fn, [x, y]);
    const v = { a: f64([1, 10]), b: [f64(100)] };
    assertEquals(at.vjp(v).map(numbers), [[103, 140], [1, 20]]);
    assertEquals(at.vjp(v).map(numbers), [[103, 140], [1, 20]]);
    const many = vmap((a: Tensor) => at.vjp({ a, b: [f64(0)] })[0])(
      mt.eye(2, 2, { dtype: "float64" }),
    );
    assertEquals(numbers(many), [[3, 0], [0, 4]]);
    const change = jvp(fn, [x, y], [f64([1, 0]), f64([0, 1])]);
    assertEquals([change.jvp.a, change.jvp.b[0]!].map(numbers), [[3, 2], 1]);
    const aux = jvp((a: Tensor) => [a.mul(2), "kept"], [x], [y], { hasAux: true });
    assertEquals([numbers(aux.jvp as unknown as Tensor), aux.aux], [[6, 8], "kept"]);
  });

  test("free what they make", () => {
    const w = mt.randn([8, 8]);
    const layer = (a: Tensor) => a.matmul(w).tanh();
    const energy = (a: Tensor) => layer(a).square().sum();
    const one = mt.randn([8]);
    const runs: (() => Tensor)[] = [
      () => grad(energy)(one),
      () => jacrev(layer)(one),
      () => jacfwd(layer)(one),
      () => jvp(layer, [one], [one]).jvp,
      () => vmap(grad(energy))(w),
    ];
    for (const run of runs) {
      const measured = () => {
        const y = mt.tidy(run);
        assert(y.storage.users > 0, String(run)); // the result holds its memory itself
        y.dispose();
        assert(y.storage.users >= 0, String(run));
      };
      for (let i = 0; i < 3; i++) measured();
      const before = mt.memory().misses;
      for (let i = 0; i < 10; i++) measured();
      assertEquals(mt.memory().misses, before, String(run));
    }
  });

  test("refuse vectors that do not fit", () => {
    const at = vjp((a: Tensor) => a.mul(2), [x]);
    assertThrows(() => at.vjp(f64([1])), ShapeError, "shape [1] in the cotangents: expected [2]");
    assertThrows(() => jvp((a: Tensor) => a, [x], [f64([[1, 2]])]), ShapeError, "the tangents");
    assertThrows(() => vjp(() => 3, []), ArgumentError);
  });
});

/** Clips forwards, passes the gradient through backwards. */
class Straight extends Function {
  static forward(context: FunctionContext, x: Tensor): Tensor {
    context.saveForBackward(x);
    return x.round();
  }
  static backward({ savedTensors: [x] }: FunctionContext, grad: Tensor): Tensor {
    return grad.mul(x!);
  }
}

/** Looks at its input. */
class Reading extends Function {
  static forward(context: FunctionContext, x: Tensor): Tensor {
    context.saveForBackward(x);
    return x.mul(Number(x.sum().item()));
  }
  static backward(_: FunctionContext, grad: Tensor): Tensor {
    return grad;
  }
}

describe("functions with gradients of their own within vmap()", () => {
  const x = f64([[1.2, 2.7], [3.4, -0.6]]);

  test("keep them, within and around", () => {
    const fn = (a: Tensor) => Straight.apply(a).mul(10).sum();
    assertEquals(numbers(vmap(fn)(x)), [40, 20]);
    const expected = x.mul(10);
    assertValues(vmap(grad(fn))(x), Array.from(expected.toTypedArray() as Float64Array));
    const leaf = x.clone().requiresGrad_();
    vmap(fn)(leaf).sum().backward();
    assertValues(leaf.grad, Array.from(expected.toTypedArray() as Float64Array));
  });

  test("are refused where forward reads elements: what it leaves is of one call", () => {
    assertThrows(() => vmap((a: Tensor) => Reading.apply(a))(x), ArgumentError, "apply Reading");
  });

  test("are custom ops too, those without backward and those that save", () => {
    const saved = new mt.CustomOpBuilder("savedCube", 1)
      .forward(([a], _, { save }) => {
        const square = mt.tidy(() => a.mul(a));
        save(square);
        return square.mul(a);
      })
      .backward(({ grad, saved: [square] }) => [grad.mul(square!).mul(30)])
      .build();
    const reading = new mt.CustomOpBuilder("readCube", 1)
      .forward(([a]) => a.mul(a).mul(a).mul(Number(a.eq(a).all().item())))
      .backward(({ grad, inputs: [a] }) => [grad.mul(a).mul(a).mul(3)])
      .build();
    const plain = new mt.CustomOpBuilder("plainCube", 1).forward(([a]) => a.pow(3)).build();
    const registry = new mt.CustomOpRegistry();
    for (const op of [saved, plain, reading]) registry.register(op);
    for (const [name, factor] of [["savedCube", 30], ["plainCube", 3], ["readCube", 3]] as const) {
      const fn = (a: Tensor) => registry.execute(name, [a]).sum();
      const expected = Array.from(x.square().mul(factor).toTypedArray() as Float64Array);
      assertValues(vmap(fn)(x), Array.from(x.pow(3).sum(1).toTypedArray() as Float64Array));
      assertValues(vmap(grad(fn))(x), expected);
      const leaf = x.clone().requiresGrad_();
      vmap(fn)(leaf).sum().backward();
      assertValues(leaf.grad, expected);
      registry.unregister(name);
    }
  });

  test("recompute nothing: a checkpoint is its function", () => {
    const w = f64([2, 3]).requiresGrad_();
    const fn = (a: Tensor) => checkpoint((b) => b.mul(w).sin(), a).sum();
    vmap(fn)(x).sum().backward();
    assert(w.grad !== null);
    assertValues(
      w.grad,
      Array.from(x.mul(x.mul(w.detach()).cos()).sum(0).toTypedArray() as Float64Array),
    );
  });
});

class Net extends Module {
  layers = new Sequential(new Linear(3, 4), new ReLU(), new Linear(4, 2));
  forward(x: Tensor): Tensor {
    return this.layers.forward(x);
  }
}

/** The same weight twice, and a buffer. */
class Tied extends Module {
  first = new Linear(2, 2, { bias: false });
  parts = [{ weight: this.first.weight }];
  constructor() {
    super();
    this.registerBuffer("scale", mt.ones([2]));
  }
  forward(x: Tensor): Tensor {
    const { scale } = this as unknown as { scale: Tensor };
    return this.first.forward(x).matmul(this.parts[0]!.weight).mul(scale);
  }
}

describe("functionalCall() and stackModuleState()", () => {
  test("give each example's gradients of a module's parameters", () => {
    const net = new Net();
    const state = Object.fromEntries(net.namedParameters());
    const [x, t] = [mt.randn([5, 3]), mt.randint(2, [5])];
    const loss = (p: typeof state, a: Tensor, b: Tensor) =>
      mt.crossEntropy(functionalCall(net, p, a), b);
    const each = vmap(grad(loss), { inDims: [null, 0, 0] })(state, x, t);
    for (let i = 0; i < 5; i++) {
      net.zeroGrad();
      mt.crossEntropy(net.forward(x.select(0, i)), t.select(0, i)).backward();
      for (const [name, p] of net.namedParameters()) {
        assertValues(
          each[name]!.select(0, i),
          Array.from(p.grad!.toTypedArray() as Float32Array),
          1e-5,
        );
      }
    }
  });

  test("run several models at once, and train them", () => {
    const models = [new Net(), new Net(), new Net()];
    const { params, buffers } = stackModuleState(models);
    assert(Object.values(params).every((p) => p.requiresGrad && p.isLeaf && p.shape[0] === 3));
    assertEquals(buffers, {});
    const x = mt.randn([4, 3]);
    const y = vmap((p: typeof params) => functionalCall(models[0]!, p, x))(params);
    const whole = mt.stack(models.map((model) => model.forward(x)));
    assertValues(y.detach(), Array.from(whole.detach().toTypedArray() as Float32Array), 1e-5);
    y.square().sum().backward();
    whole.square().sum().backward();
    const first = models[1]!.parameters()[0]!.grad!;
    const own = params["layers.0.weight"]!.grad!.select(0, 1);
    assertValues(own, Array.from(first.toTypedArray() as Float32Array), 1e-4);
  });

  test("put everything back, tied weights and buffers too, also after an error", () => {
    const module = new Tied();
    const weight = module.first.weight;
    const state = { "first.weight": mt.ones([2, 2]) };
    const scale = { scale: tensor([1, 2]) };
    assertEquals(numbers(functionalCall(module, [state, scale], mt.ones([2]))), [4, 8]);
    assert(module.first.weight === weight && module.parts[0]!.weight === weight);
    assertThrows(() => functionalCall(module, { "first.weight": mt.ones([3, 3]) }, mt.ones([2])));
    assert(module.first.weight === weight && module.parts[0]!.weight === weight);
    const parts = { "parts.0.weight": mt.ones([2, 2]) }; // its other name
    assertEquals(numbers(functionalCall(module, [parts, scale], mt.ones([2]))), [4, 8]);
    assertThrows(
      () => functionalCall(module, { ...state, ...parts }, mt.ones([2])),
      ArgumentError,
      "two tensors for",
    );
    functionalCall(module, { unknown: mt.ones([1]) }, mt.ones([2]));
    assertThrows(
      () => functionalCall(module, { unknown: mt.ones([1]) }, mt.ones([2]), { strict: true }),
      ArgumentError,
      "missing are parts.0.weight, scale, first.weight, unknown unknown",
    );
  });

  test("draw for each example as vmap says, and refuse models that differ", () => {
    const layer = new Dropout(0.5);
    const run = (x: Tensor) => layer.forward(x);
    assertThrows(() => vmap(run)(mt.ones([2, 3])), ArgumentError, "random");
    assertEquals(vmap(run, { randomness: "same" })(mt.ones([2, 3])).shape, [2, 3]);
    assertThrows(() => stackModuleState([]), ArgumentError, "no modules");
    assertThrows(() => stackModuleState([new Net(), new Tied()]), ArgumentError, "one class");
    assertThrows(
      () => stackModuleState([new Linear(2, 3), new Linear(2, 4)]),
      ShapeError,
    );
    assertThrows(
      () => stackModuleState([new Linear(2, 3), new Linear(2, 3, { bias: false })]),
      ArgumentError,
      "the names differ",
    );
  });
});
