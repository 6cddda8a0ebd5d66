import { describe, test } from "node:test";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  ArgumentError,
  GradientError,
  memory,
  ones,
  scope,
  type Tensor,
  tensor,
  zeros,
} from "../mod.ts";
import { Linear } from "../src/nn/mod.ts";
import {
  Adam,
  AdamW,
  CosineAnnealingLR,
  LRScheduler,
  Optimizer,
  SGD,
  StepLR,
} from "../src/optim/mod.ts";
import { assertValues, values } from "./values.ts";

function parameter(...elements: number[]): Tensor {
  return tensor(elements, { requiresGrad: true });
}

/** A step along the gradient of the sum of squares. */
function step(x: Tensor, optimizer: { zeroGrad(): void; step(): unknown }): void {
  optimizer.zeroGrad();
  x.square().sum().backward();
  optimizer.step();
}

const optimizers = {
  SGD: (params: readonly Tensor[]) => new SGD(params, { lr: 0.1 }),
  "SGD with momentum": (params: readonly Tensor[]) => new SGD(params, { lr: 0.02, momentum: 0.9 }),
  Adam: (params: readonly Tensor[]) => new Adam(params, { lr: 0.1 }),
  AdamW: (params: readonly Tensor[]) => new AdamW(params, { lr: 0.1, amsgrad: true }),
};

describe("every optimizer", () => {
  for (const [name, make] of Object.entries(optimizers)) {
    test(`${name} goes downhill, in parameters of any size`, () => {
      for (const size of [1, 15, 1000]) {
        const x = tensor(Array.from({ length: size }, (_, i) => (i % 7) - 3), {
          requiresGrad: true,
        });
        const optimizer = make([x]);
        for (let i = 0; i < 100; i++) step(x, optimizer);
        assert(Math.max(...values(x).map(Math.abs)) < 0.1, `${size} elements`);
        assert(x.isLeaf && x.requiresGrad);
      }
    });

    test(`${name} continues from its state as if it had not stopped`, () => {
      const [x, y] = [parameter(1, -2, 3), parameter(1, -2, 3)];
      const [a, b] = [make([x]), make([y])];
      for (let i = 0; i < 3; i++) step(x, a);
      for (let i = 0; i < 3; i++) step(y, b);
      const c = make([y]);
      c.lr = 12345;
      c.loadStateDict(b.stateDict());
      assertEquals(c.lr, a.lr);
      for (let i = 0; i < 3; i++) step(x, a);
      for (let i = 0; i < 3; i++) step(y, c);
      assertEquals(values(y), values(x));
    });

    test(`${name} leaves parameters without a gradient alone`, () => {
      const [x, y] = [parameter(1, 2), parameter(3)];
      const optimizer = make([x, y]);
      step(x, optimizer);
      assertValues(y, [3]);
      step(y, optimizer);
      assert(values(y)[0] !== 3);
    });

    test(`${name} keeps its state through scopes`, () => {
      const [x, y] = [parameter(1, -2, 3), parameter(1, -2, 3)];
      const [a, b] = [make([x]), make([y])];
      for (let i = 0; i < 4; i++) {
        step(x, a);
        using _ = scope();
        step(y, b);
        zeros([3]).fill_(NaN);
      }
      assertEquals(values(y), values(x));
    });
  }
});

describe("Optimizer", () => {
  test("takes tensors, named pairs and groups with options of their own", () => {
    const [x, y] = [parameter(1), parameter(1)];
    const optimizer = new SGD([{ params: [x] }, { params: [y], lr: 0.5 }], { lr: 0.1 });
    assertEquals(optimizer.paramGroups.map((group) => group.lr), [0.1, 0.5]);
    x.add(y).sum().backward();
    optimizer.step();
    assertValues(x, [0.9]);
    assertValues(y, [0.5]);
    const named = new SGD(new Linear(2, 1).namedParameters(), { lr: 0.1 });
    assertEquals(named.paramGroups[0]!.params.length, 2);
  });

  test("adds groups, and refuses a tensor twice, a result, or none", () => {
    const x = parameter(1);
    const optimizer = new Adam([x]);
    optimizer.addParamGroup({ params: [parameter(2)], lr: 7 });
    assertEquals(optimizer.paramGroups.map((group) => group.lr), [1e-3, 7]);
    assertThrows(
      () => optimizer.addParamGroup({ params: [x] }),
      ArgumentError,
      "Cannot optimize a tensor twice: it is in a group already",
    );
    assertThrows(
      () => new SGD([x.mul(2)]),
      ArgumentError,
      "Cannot optimize a tensor that is not a floating-point leaf",
    );
    assertThrows(
      () => new SGD([zeros([1], { dtype: "int64" })]),
      ArgumentError,
      "floating-point leaf",
    );
    assertThrows(() => new SGD([]), ArgumentError, "Cannot make SGD: there are no parameters");
  });

  test("refuses options out of range or misspelt", () => {
    const refusals: readonly (readonly [() => unknown, string])[] = [
      [
        () => new SGD([parameter(1)], { lr: -1 }),
        "Cannot optimize with lr -1: it is 0 to Infinity",
      ],
      [() => new SGD([parameter(1)], { momentum: -0.1 }), "Cannot optimize with momentum -0.1"],
      [
        () => new SGD([parameter(1)], { nesterov: true }),
        "Cannot make SGD with nesterov: it needs a momentum and no dampening",
      ],
      [
        () => new SGD([parameter(1)], { learningRate: 1 } as never),
        "Cannot make SGD with option learningRate: its options are lr, momentum, dampening, weightDecay, nesterov, maximize",
      ],
      [() => new Adam([parameter(1)], { betas: [1, 0.9] }), "Cannot optimize with betas[0] 1"],
      [() => new Adam([parameter(1)], { eps: -1 }), "Cannot optimize with eps -1"],
      [
        () => new AdamW([parameter(1)], { weightDecay: NaN }),
        "Cannot optimize with weightDecay NaN",
      ],
    ];
    for (const [call, message] of refusals) assertThrows(call, ArgumentError, message);
  });

  test("reads gradients of any layout", () => {
    const x = ones([2, 3], { requiresGrad: true });
    x.grad = tensor([[1, 2], [3, 4], [5, 6]]).T;
    new SGD([x], { lr: 1 }).step();
    assertEquals(x.toArray(), [[0, -2, -4], [-1, -3, -5]]);
  });

  test("refuses a parameter that does not lie in order", () => {
    const x = ones([2, 3]).T.requiresGrad_();
    x.sum().backward();
    assertThrows(
      () => new SGD([x]).step(),
      GradientError,
      "Cannot optimize a tensor that is not contiguous",
    );
  });

  test("bumps versions: a graph from before the step is refused", () => {
    const x = parameter(2);
    const old = x.square();
    step(x, new SGD([x], { lr: 0.1 }));
    assertThrows(() => old.backward(), GradientError, "was changed in place");
  });

  test("gives the closure's loss, computed with gradients", () => {
    const x = parameter(3);
    const optimizer = new SGD([x], { lr: 0.1 });
    const loss = optimizer.step(() => {
      optimizer.zeroGrad();
      const value = x.square().sum();
      value.backward();
      return value;
    });
    assertValues(loss!, [9]);
    assertValues(x, [2.4]);
    assertEquals(optimizer.step(), undefined);
  });

  test("refuses the state of another", () => {
    const saved = new Adam([parameter(1), parameter(2)]).stateDict();
    assertThrows(
      () => new Adam([parameter(1)]).loadStateDict(saved),
      ArgumentError,
      "Cannot load the optimizer's state: it has 2 parameters in 1 groups, not 1 in 1",
    );
  });

  test("can be extended", () => {
    class SignDescent extends Optimizer {
      constructor(params: readonly Tensor[]) {
        super(params, { lr: 0.5 });
      }
      protected override update(params: readonly Tensor[], { lr }: { readonly lr: number }): void {
        for (const x of params) x.detach().sub_(x.grad!.sign().mul(lr));
      }
    }
    const x = parameter(3, -4);
    step(x, new SignDescent([x]));
    assertValues(x, [2.5, -3.5]);
  });

  test("takes a step of thousands of parameters without new memory", () => {
    const params = Array.from({ length: 300 }, () => ones([10], { requiresGrad: true }));
    const optimizer = new Adam(params, { lr: 0.01 });
    for (const x of params) x.grad = ones([10]);
    optimizer.step();
    const { bytes } = memory();
    for (let i = 0; i < 10; i++) optimizer.step();
    assertEquals(memory().bytes, bytes);
  });
});

describe("LRScheduler", () => {
  test("sets the optimizer's groups from their first rates", () => {
    const optimizer = new SGD([{ params: [parameter(1)] }, { params: [parameter(1)], lr: 1 }], {
      lr: 0.1,
    });
    const scheduler = new StepLR(optimizer, 2, { gamma: 0.5 });
    const seen = Array.from({ length: 5 }, () => {
      const rates = scheduler.getLastLr();
      scheduler.step();
      return rates[1];
    });
    assertEquals(seen, [1, 1, 0.5, 0.5, 0.25]);
    assertAlmostEquals(optimizer.lr, 0.025);
  });

  test("stays at etaMin after the cosine", () => {
    const scheduler = new CosineAnnealingLR(null, 4, { etaMin: 0.1 });
    assertEquals([0, 2, 4, 5, 8, 100].map((at) => Number(scheduler.lrAt(at, 1).toFixed(12))), [
      1,
      0.55,
      0.1,
      0.1,
      0.1,
      0.1,
    ]);
  });

  test("continues from its state", () => {
    const make = () => {
      const optimizer = new SGD([parameter(1)], { lr: 0.4 });
      return { optimizer, scheduler: new StepLR(optimizer, 3) };
    };
    const [a, b] = [make(), make()];
    for (let i = 0; i < 4; i++) a.scheduler.step();
    b.scheduler.loadStateDict(a.scheduler.stateDict());
    assertEquals([b.optimizer.lr, b.scheduler.lastEpoch], [a.optimizer.lr, 4]);
  });

  test("can be extended, and refuses what never ends", () => {
    class Halving extends LRScheduler {
      lrAt(at: number, baseLr: number): number {
        return baseLr / 2 ** at;
      }
    }
    const optimizer = new SGD([parameter(1)], { lr: 8 });
    const scheduler = new Halving(optimizer);
    for (let i = 0; i < 3; i++) scheduler.step();
    assertEquals(optimizer.lr, 1);
    assertThrows(() => new StepLR(null, 0), ArgumentError, "Cannot make StepLR with steps of 0");
    assertThrows(
      () => new CosineAnnealingLR(null, 0),
      ArgumentError,
      "Cannot make CosineAnnealingLR over 0 steps",
    );
  });
});
