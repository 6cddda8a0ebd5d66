import { afterEach, describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  arange,
  ArgumentError,
  Generator,
  IndexError,
  isTensor,
  manualSeed,
  mseLoss,
  ones,
  randn,
  scope,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from "../mod.ts";
import {
  Conv2d,
  CrossEntropyLoss,
  Dropout,
  Flatten,
  init,
  L1Loss,
  Linear,
  MaxPool2d,
  Module,
  MSELoss,
  Parameter,
  ReLU,
  Sequential,
} from "../src/nn/mod.ts";
import { SGD } from "../src/optim/mod.ts";
import { StateDict } from "../src/serialize/mod.ts";
import { values } from "./values.ts";

/** Names that PyTorch would spell otherwise, a list, a buffer, and a parameter that two names share. */
class Block extends Module {
  readonly inProjWeight: Parameter = new Parameter(ones([2, 3]));
  readonly layers: Module[] = [new Linear(2, 2), new ReLU()];
  readonly heads: { first: Linear; second: Linear };
  readonly tied: Parameter;
  declare runningMean: Tensor;

  constructor() {
    super();
    this.heads = { first: new Linear(2, 1), second: new Linear(2, 1, { bias: false }) };
    this.tied = this.heads.first.weight;
    this.registerBuffer("runningMean", zeros([2]));
    this.registerBuffer("scratch", zeros([5]), { persistent: false });
  }

  forward(x: Tensor): Tensor {
    return this.layers.reduce((y, layer) => layer.forward(y), x.matmul(this.inProjWeight.T));
  }
}

const cnn = () =>
  new Sequential({
    conv: new Conv2d(1, 4, 3, { padding: 1 }),
    act: new ReLU(),
    pool: new MaxPool2d(2),
    flat: new Flatten(),
    head: new Linear(4 * 4 * 4, 10),
  });

describe("Module", () => {
  test("names parameters and buffers as PyTorch spells them", () => {
    const block = new Block();
    assertEquals(block.namedParameters().map(([name]) => name), [
      "in_proj_weight",
      "tied",
      "layers.0.weight",
      "layers.0.bias",
      "heads.first.bias",
      "heads.second.weight",
    ]);
    assertEquals(block.namedBuffers().map(([name]) => name), ["running_mean", "scratch"]);
    assertEquals([...block.stateDict().keys()].slice(-1), ["running_mean"]);
    assertEquals([...cnn().stateDict().keys()], [
      "conv.weight",
      "conv.bias",
      "head.weight",
      "head.bias",
    ]);
    assertEquals([
      ...new Sequential(new Linear(1, 1), new ReLU(), new Linear(1, 1)).stateDict().keys(),
    ], [
      "0.weight",
      "0.bias",
      "2.weight",
      "2.bias",
    ]);
  });

  test("counts parameters and bytes", () => {
    const model = cnn();
    assertEquals(model.numParameters(), 36 + 4 + 640 + 10);
    assertEquals(model.memoryUsage(), { total: 690 * 4, byDtype: { float32: 690 * 4 } });
    model.namedParameters()[0]![1].requiresGrad_(false);
    assertEquals(model.numParameters({ trainableOnly: true }), 654);
    assertEquals(model.parameters({ recurse: false }), []);
    assertEquals(new Linear(2, 3, { dtype: "float64" }).memoryUsage().byDtype, { float64: 72 });
  });

  test("walks modules, children and modes", () => {
    const block = new Block();
    assertEquals(block.namedModules().map(([name]) => name), [
      "",
      "layers.0",
      "layers.1",
      "heads.first",
      "heads.second",
    ]);
    assertEquals(block.children().length, 4);
    assertEquals(block.eval() === block, true);
    assertEquals(block.modules().map((module) => module.training), Array(5).fill(false));
    block.train();
    assertEquals(block.modules().every((module) => module.training), true);
    block.requiresGrad_(false);
    assertEquals(block.parameters().some((parameter) => parameter.requiresGrad), false);
  });

  test("prints its tree as PyTorch does", () => {
    assertEquals(
      String(new Sequential(new Linear(3, 2, { bias: false }), new Dropout(0.25))),
      "Sequential(\n  (0): Linear(3, 2, bias=false)\n  (1): Dropout(p=0.25)\n)",
    );
    assertEquals(
      String(cnn()),
      "Sequential(\n  (conv): Conv2d(1, 4, kernelSize=3x3, padding=1)\n  (act): ReLU()\n" +
        "  (pool): MaxPool2d(kernelSize=2)\n  (flat): Flatten()\n  (head): Linear(64, 10, bias=true)\n)",
    );
  });

  test("summarises layers, shapes and parameters, and changes nothing", () => {
    const model = cnn();
    const before = model.parameters().map(values);
    assertEquals(model.summary([2, 1, 8, 8]).split("\n"), [
      "Layer              Output shape  Parameters",
      "-------------------------------------------",
      "Sequential         [2, 10]                -",
      "  conv: Conv2d     [2, 4, 8, 8]          40",
      "  act: ReLU        [2, 4, 8, 8]           -",
      "  pool: MaxPool2d  [2, 4, 4, 4]           -",
      "  flat: Flatten    [2, 64]                -",
      "  head: Linear     [2, 10]              650",
      "-------------------------------------------",
      "690 parameters, 690 trainable",
    ]);
    assertEquals(model.training, true);
    assertEquals(model.parameters().map(values), before);
    assert(model.summary().endsWith("690 parameters, 690 trainable"));
  });
});

describe("state dicts", () => {
  test("load what was saved, whatever the first values", () => {
    const [a, b] = [cnn(), cnn()];
    assertEquals(b.loadStateDict(a.stateDict()), { missingKeys: [], unexpectedKeys: [] });
    assertEquals(b.parameters().map(values), a.parameters().map(values));
    const x = arange(64).reshape([1, 1, 8, 8]);
    assertEquals(values(b.forward(x)), values(a.forward(x)));
  });

  test("show the parameters' memory, detached", () => {
    const layer = new Linear(2, 1);
    const state = layer.stateDict();
    state.get("weight")!.fill_(7);
    assertEquals(values(layer.weight), [7, 7]);
    assertEquals([...state.values()].map((x) => x.requiresGrad), [false, false]);
  });

  test("are refused as a whole unless names fit exactly, or strict is false", () => {
    const layer = new Linear(2, 1);
    const before = values(layer.weight);
    const state = new Map([["weight", ones([1, 2])], ["extra", ones([1])]]);
    const error = assertThrows(() => layer.loadStateDict(state), ArgumentError);
    assertEquals(error.message, "Cannot load the state: bias is missing, extra is unexpected");
    assertEquals(error.context, { missingKeys: ["bias"], unexpectedKeys: ["extra"] });
    assertEquals(values(layer.weight), before);
    assertEquals(layer.loadStateDict(state, { strict: false }), {
      missingKeys: ["bias"],
      unexpectedKeys: ["extra"],
    });
    assertEquals(values(layer.weight), [1, 1]);
  });

  test("are refused as a whole when a shape differs", () => {
    const layer = new Linear(2, 1);
    const before = values(layer.bias!);
    const state = new Map([["weight", ones([2, 2])], ["bias", ones([1])]]);
    assertThrows(
      () => layer.loadStateDict(state, { strict: false }),
      ShapeError,
      "Cannot load the state: weight is [2, 2], not [1, 2]",
    );
    assertEquals(values(layer.bias!), before);
  });

  test("take camelCase names, other dtypes, and buffers", () => {
    const block = new Block();
    const state = block.stateDict();
    const changed = new Map([...state].map(([name, x]) => [
      name === "in_proj_weight" ? "inProjWeight" : name === "running_mean" ? "runningMean" : name,
      x.to("float64").add(1),
    ]));
    block.loadStateDict(changed);
    assertEquals(values(block.inProjWeight), Array(6).fill(2));
    assertEquals([values(block.runningMean), block.runningMean.dtype], [[1, 1], "float32"]);
    assertEquals(block.inProjWeight.requiresGrad, true);
  });

  test("have parts and merge", () => {
    const state = cnn().stateDict();
    assertEquals([...state.subDict("head").keys()], ["weight", "bias"]);
    const merged = new StateDict().mergePrefixed("net", state.subDict("conv")).merge(
      new Map([["x", ones([1])]]),
    );
    assertEquals([...merged.keys()], ["net.weight", "net.bias", "x"]);
  });
});

describe("every layer takes a training step", () => {
  const layers: Readonly<Record<string, readonly [make: () => Module, input: readonly number[]]>> =
    {
      "Linear": [() => new Linear(4, 3), [5, 4]],
      "Linear without bias": [() => new Linear(4, 3, { bias: false }), [2, 5, 4]],
      "Linear in float64": [() => new Linear(4, 3, { dtype: "float64" }), [4]],
      "Conv2d": [() => new Conv2d(2, 4, 3, { padding: "same" }), [2, 2, 5, 5]],
      "Conv2d in groups": [() => new Conv2d(4, 4, [3, 2], { groups: 2, stride: 2, bias: false }), [
        1,
        4,
        7,
        7,
      ]],
      "Sequential": [cnn, [2, 1, 8, 8]],
      "Block": [() => new Sequential({ block: new Block() }), [2, 3]],
    };
  for (const [name, [make, shape]] of Object.entries(layers)) {
    test(name, () => {
      manualSeed(3);
      const model = make();
      const used = model.parameters().filter((x, i) =>
        name !== "Block" || [0, 2, 3].includes(i) || !x
      );
      const before = used.map(values);
      const optimizer = new SGD(model.parameters(), { lr: 0.1 });
      const x = randn(shape, { dtype: used[0]!.dtype });
      const loss = () => {
        const out = model.forward(x);
        return mseLoss(out, ones(out.shape, { dtype: out.dtype }));
      };
      const first = loss();
      first.backward();
      for (const parameter of used) {
        assert(parameter.hasGrad);
        assertEquals([parameter.grad!.shape, parameter.grad!.dtype], [
          parameter.shape,
          parameter.dtype,
        ]);
        assert(
          values(parameter.grad!).some((value) => value !== 0) &&
            values(parameter.grad!).every(Number.isFinite),
        );
      }
      optimizer.step();
      used.forEach((parameter, i) =>
        assert(values(parameter).some((value, k) => value !== before[i]![k]))
      );
      assert(Number(loss().item()) < Number(first.item()));
      model.zeroGrad();
      assertEquals(used.map((parameter) => parameter.hasGrad), used.map(() => false));
    });
  }

  test("inside scope(), which leaves parameters, gradients and buffers alone", () => {
    const model = new Sequential(new Linear(3, 3));
    {
      using _ = scope();
      model.forward(ones([2, 3])).sum().backward();
      model.registerBuffer("count", ones([1]));
    }
    assertEquals(model.parameters().map((x) => [x.isDisposed, x.grad!.isDisposed]), [
      [false, false],
      [false, false],
    ]);
    assertEquals(model.buffers().map((x) => x.isDisposed), [false]);
    let made: Linear;
    {
      using _ = scope();
      made = new Linear(2, 2);
    }
    assertEquals(made.forward(ones([1, 2])).shape, [1, 2]);
  });
});

describe("layers without parameters", () => {
  afterEach(() => void manualSeed(0));

  test("Dropout drops while training, scales the rest, and passes in eval()", () => {
    const x = ones([10_000], { requiresGrad: true });
    const layer = new Dropout({ p: 0.25, generator: new Generator(1) });
    const y = layer.forward(x);
    const kept = values(y).filter((value) => value !== 0);
    assert(Math.abs(kept.length / 10_000 - 0.75) < 0.02);
    assert(kept.every((value) => value === Math.fround(4 / 3)));
    y.sum().backward();
    assertEquals(values(x.grad!), values(y));
    assert(values(layer.forward(x)).some((value, i) => value !== values(y)[i]));
    layer.eval();
    const same = layer.forward(x);
    assertEquals([same === x, values(same)], [false, values(x)]);
    assertEquals(values(new Dropout(1).forward(ones([5]))), [0, 0, 0, 0, 0]);
    assertEquals(values(new Dropout(0).forward(ones([5]))), [1, 1, 1, 1, 1]);
    assertThrows(
      () => new Dropout(1.5),
      ArgumentError,
      "Cannot make Dropout with p 1.5: it is 0 to 1",
    );
  });

  test("Flatten, ReLU and MaxPool2d", () => {
    assertEquals(new Flatten().forward(ones([2, 3, 4])).shape, [2, 12]);
    assertEquals(new Flatten({ startDim: 0, endDim: 1 }).forward(ones([2, 3, 4])).shape, [6, 4]);
    assertEquals(values(new ReLU().forward(tensor([-1, 0, 2]))), [0, 0, 2]);
    assertEquals(values(new MaxPool2d(2, { stride: 1 }).forward(arange(9).reshape([1, 1, 3, 3]))), [
      4,
      5,
      7,
      8,
    ]);
  });

  test("losses", () => {
    const [x, y] = [tensor([[1, 2]]), tensor([[0, 4]])];
    assertEquals([
      new MSELoss().forward(x, y).item(),
      new L1Loss({ reduction: "sum" }).forward(x, y).item(),
    ], [2.5, 3]);
    const loss = new CrossEntropyLoss().forward(tensor([[0, 0]]), tensor([1n]));
    assert(Math.abs(Number(loss.item()) - Math.LN2) < 1e-6);
    assert(isTensor(loss));
  });
});

describe("Sequential", () => {
  test("is a list of modules", () => {
    const [a, b] = [new Linear(2, 3), new ReLU()];
    const model = new Sequential([a]).append(b);
    assertEquals([model.length, model.at(-1) === b, [...model].length], [2, true, 2]);
    assertThrows(() => model.at(2), IndexError, "Cannot take module 2 of Sequential: it has 2");
    assertThrows(() => model.addModule("0", b), ArgumentError, "the name is taken");
    assertThrows(() => model.append({} as Module), ArgumentError, "it is no module");
    assertThrows(() => model.forward(ones([3, 5])), ShapeError, "Cannot apply a linear map");
  });
});

describe("constructors refuse", () => {
  const refusals: readonly (readonly [() => unknown, string])[] = [
    [
      () => new Linear(0, 1),
      "Cannot make Linear with inFeatures 0: it is a whole number of 1 or more",
    ],
    [() => new Linear(1, 1.5), "Cannot make Linear with outFeatures 1.5"],
    [
      () => new Linear(1, 1, { biass: true } as never),
      "Cannot make Linear with option biass: its options are bias, dtype, generator",
    ],
    [() => new Conv2d(3, 4, 3, { groups: 2 }), "Cannot make Conv2d of 3 to 4 channels in 2 groups"],
    [() => new Conv2d(3, 4, 0), "Cannot make Conv2d with kernelHeight 0"],
    [() => new MaxPool2d(2, { strides: 2 } as never), "Cannot make MaxPool2d with option strides"],
  ];
  for (const [call, message] of refusals) {
    test(message, () => void assertThrows(call, ArgumentError, message));
  }
});

describe("first values", () => {
  test("of Linear and Conv2d are uniform within 1 / sqrt(fan in), from the generator given", () => {
    const make = () => new Linear(100, 300, { generator: new Generator(5) });
    const [a, b] = [make(), make()];
    assertEquals(values(a.weight), values(b.weight));
    const bound = 1 / Math.sqrt(100);
    const weights = values(a.weight);
    assert(weights.every((value) => Math.abs(value) <= bound));
    const variance = weights.reduce((sum, value) => sum + value * value, 0) / weights.length;
    assert(Math.abs(variance / (bound * bound / 3) - 1) < 0.05);
    const conv = new Conv2d(4, 8, 3, { groups: 2 });
    assert(values(conv.weight).every((value) => Math.abs(value) <= 1 / Math.sqrt(18)));
    assert(values(conv.bias!).every((value) => Math.abs(value) <= 1 / Math.sqrt(18)));
  });

  test("of each scheme have the variance they promise", () => {
    const generator = new Generator(2);
    const x = () => zeros([200, 100]);
    const cases: readonly (readonly [Tensor, number])[] = [
      [init.uniform_(x(), { a: -1, b: 3, generator }), 16 / 12 + 1],
      [init.normal_(x(), { mean: 2, std: 0.5, generator }), 0.25 + 4],
      [init.xavierUniform_(x(), { generator }), 2 / 300],
      [init.xavierNormal_(x(), { gain: 2, generator }), 8 / 300],
      [init.kaimingUniform_(x(), { generator }), 2 / 100],
      [init.kaimingNormal_(x(), { mode: "fanOut", nonlinearity: "relu", generator }), 2 / 200],
      [init.constant_(x(), 3), 9],
      [init.ones_(x()), 1],
      [init.zeros_(ones([200, 100])), 0],
    ];
    cases.forEach(([found, expected], i) => {
      const square = values(found).reduce((sum, value) => sum + value * value, 0) / found.numel();
      assert(
        Math.abs(square - expected) <= 0.04 * expected,
        `${i}: ${square}, expected ${expected}`,
      );
    });
    assertThrows(() => init.kaimingUniform_(zeros([3])), ShapeError, "it needs 2 dims or more");
    const parameter = new Parameter(zeros([2, 2]));
    init.uniform_(parameter, { generator });
    assertEquals([parameter.requiresGrad, parameter.isLeaf], [true, true]);
    assertEquals(init.calculateGain("leakyRelu", 1), 1);
  });
});
