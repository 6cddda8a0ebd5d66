import { afterEach, describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  ArgumentError,
  type CustomOp,
  CustomOpBuilder,
  CustomOpRegistry,
  DeviceError,
  DisposedError,
  DTypeError,
  executeCustomOp,
  grad,
  GradientError,
  isCustomOpRegistered,
  listCustomOps,
  noGrad,
  ones,
  ops,
  registerCustomOp,
  ShapeError,
  type Tensor,
  tensor,
  tidy,
  unregisterCustomOp,
} from "../mod.ts";
import { Parameter } from "../src/nn/mod.ts";
import { assertValues } from "./values.ts";

function leaf(...elements: number[]): Tensor {
  return tensor(elements, { requiresGrad: true, dtype: "float64" });
}

/** Registers nothing: runs an op from a registry of its own. */
function runner(op: CustomOp): (...inputs: readonly (Tensor | number)[]) => Tensor {
  const registry = new CustomOpRegistry();
  registry.register(op);
  return (...inputs) => registry.execute(op.name, inputs);
}

const cube = new CustomOpBuilder("cube", 1)
  .forward(([x]) => x.mul(x).mul(x))
  .backward(({ grad, inputs: [x] }) => [grad.mul(x).mul(x).mul(3)])
  .build();

/** Its gradient reads what forward saved. */
const savedCube = new CustomOpBuilder("savedCube", 1)
  .forward(([x], _attributes, { save }) => {
    const square = tidy(() => x.mul(x));
    save(square, x);
    return square.mul(x);
  })
  .backward(({ grad, saved: [square] }) => [grad.mul(square!).mul(3)])
  .build();

describe("an op with a gradient", () => {
  test("is what its forward and backward say", () => {
    const x = leaf(2, -3);
    const y = runner(cube)(x);
    assertValues(y, [8, -27]);
    y.sum().backward();
    assertValues(x.grad, [12, 27]);
  });

  test("can be differentiated again and again", () => {
    const x = leaf(2);
    let value = runner(cube)(x);
    for (const expected of [12, 12, 6]) {
      value = grad([value.sum()], [x], { createGraph: true })[0]!;
      assertValues(value, [expected]);
    }
  });

  test("has what forward saved, also where a scope ends between", () => {
    const x = leaf(2, -3);
    const y = tidy(() => runner(savedCube)(x));
    y.sum().backward();
    assertValues(x.grad, [12, 27]);
  });

  test("that reads saved tensors refuses to be differentiated again", () => {
    const x = leaf(2);
    const [slope] = grad([runner(savedCube)(x).sum()], [x], { createGraph: true });
    assertValues(slope!, [12]);
    assertThrows(() => slope!.sum().backward(), GradientError, "gradient of savedCube");
  });

  test("that saves an input or the output may be differentiated again", () => {
    const op = new CustomOpBuilder("exponential", 1)
      .forward(([x], _attributes, { save }) => {
        const y = x.exp();
        save(x, y);
        return y;
      })
      .backward(({ grad, saved: [x, y] }) => [grad.mul(y!).add(x!.mul(0))])
      .build();
    const x = leaf(0.5);
    const [slope] = grad([runner(op)(x).sum()], [x], { createGraph: true });
    assertValues(grad([slope!.sum()], [x])[0]!, [Math.exp(0.5)]);
  });

  test("refuses a saved tensor that was changed since", () => {
    let kept: Tensor | undefined;
    const op = new CustomOpBuilder("keeps", 1)
      .forward(([x], _attributes, { save }) => {
        kept = x.mul(2);
        save(kept);
        return x.mul(kept);
      })
      .backward(({ grad, saved: [y] }) => [grad.mul(y!).mul(2)])
      .build();
    const y = runner(op)(leaf(1)).sum();
    kept!.add_(1);
    assertThrows(() => y.backward(), GradientError, "changed in place");
  });

  test("is told which inputs need a gradient, and undoes broadcasting", () => {
    const seen: (readonly boolean[])[] = [];
    const op = new CustomOpBuilder("times", 2)
      .forward(([x, y]) => x.mul(y))
      .backward(({ grad, inputs: [x, y], needs }) => {
        seen.push(needs);
        return [needs[0] ? grad.mul(y) : null, needs[1] ? grad.mul(x) : null];
      })
      .build();
    const x = leaf(3);
    runner(op)(tensor([[1], [2]], { dtype: "float64" }), x).sum().backward();
    assertEquals(seen, [[false, true]]);
    assertValues(x.grad, [3]);
  });

  test("is not recorded under noGrad(), nor without an input that needs it", () => {
    assertEquals(noGrad(() => runner(cube)(leaf(1))).requiresGrad, false);
    assertEquals(runner(cube)(2).requiresGrad, false);
  });

  test("does not hand out what it was given, or had from elsewhere", () => {
    const parameter = new Parameter(ones([2]));
    const constant = ones([2]);
    const results: Readonly<Record<string, (x: Tensor) => Tensor>> = {
      input: (x) => x,
      view: (x) => x.reshape([2]),
      parameter: () => parameter,
      detached: () => parameter.detach(),
      constant: () => constant,
    };
    for (const [name, forward] of Object.entries(results)) {
      const op = new CustomOpBuilder(name, 1).forward(([x]) => forward(x))
        .backward(({ grad }) => [grad.mul(5)]).build();
      const x = ones([2], { requiresGrad: true });
      const y = runner(op)(x);
      for (const other of [x, parameter, constant]) assert(y.storage !== other.storage, name);
      y.sum().backward();
      assertValues(x.grad, [5, 5]);
      assertEquals([parameter.grad, constant.requiresGrad], [null, false], name);
    }
  });

  test("refuses rules that do not give a gradient for each input", () => {
    const answers: Readonly<Record<string, unknown>> = {
      "2 gradients": [null, null],
      "undefined": undefined,
      "1 gradients": [3],
    };
    for (const [text, answer] of Object.entries(answers)) {
      const op = new CustomOpBuilder("odd", 1).forward(([x]) => x.mul(2))
        .backward(() => answer as Tensor[]).build();
      assertThrows(
        () => runner(op)(leaf(1)).sum().backward(),
        GradientError,
        `odd: it gave ${text}`,
      );
    }
  });
});

describe("an op without a gradient", () => {
  const identity = new CustomOpBuilder("identity", 1).forward(([x]) => x).build();

  test("lets gradients flow through the ops inside", () => {
    const x = leaf(2);
    const y = runner(new CustomOpBuilder("flow", 1).forward(([x]) => x.mul(x)).build())(x);
    const [slope] = grad([y.sum()], [x], { createGraph: true });
    assertValues(slope!, [4]);
    assertValues(grad([slope!.sum()], [x])[0]!, [2]);
  });

  test("that returns its input answers a new tensor, through which gradients flow", () => {
    const x = leaf(2);
    const y = runner(identity)(x);
    assert(y !== x && y.storage !== x.storage);
    y.mul(3).sum().backward();
    assertValues(x.grad, [3]);
    runner(identity)(runner(identity)(x)).sum().backward();
    assertValues(x.grad, [4]);
  });

  test("reaches tensors from elsewhere too", () => {
    const weight = leaf(5);
    const y = runner(new CustomOpBuilder("elsewhere", 1).forward(() => weight).build())(1);
    assert(y !== weight);
    y.sum().backward();
    assertValues(weight.grad, [1]);
  });

  test("works under noGrad(), and refuses disposed inputs", () => {
    assertEquals(noGrad(() => runner(identity)(leaf(1))).requiresGrad, false);
    const x = ones([1]);
    x.dispose();
    assertThrows(() => runner(identity)(x), DisposedError, "Cannot identity: input 0");
    assertThrows(() => runner(cube)(x), DisposedError, "Cannot cube: input 0");
  });
});

describe("CustomOpBuilder", () => {
  const double = () => new CustomOpBuilder("double", 1).forward(([x]) => x.mul(2));

  test("refuses names, counts and parts that are none", () => {
    assertThrows(() => new CustomOpBuilder("", 1), ArgumentError, "its name is empty");
    assertThrows(() => new CustomOpBuilder("a", 1.5), ArgumentError, "op a of 1.5 inputs");
    assertThrows(() => new CustomOpBuilder("a", -1), ArgumentError, "op a of -1 inputs");
    assertThrows(() => new CustomOpBuilder("a", 1).build(), ArgumentError, "it has no forward");
    assertThrows(() => double().backward(3 as never), ArgumentError, "backward of op double: 3");
  });

  test("builds ops that later changes do not reach", () => {
    const builder = double();
    const before = builder.build();
    builder.forward(([x]) => x.mul(100));
    assertValues(runner(before)(2), [4]);
  });

  test("holds the inputs to the number and to what can be a tensor", () => {
    const registry = new CustomOpRegistry();
    registry.register(double().build());
    const run = (inputs: unknown) => () => registry.execute("double", inputs as Tensor[]);
    assertThrows(run([]), ArgumentError, "Cannot run double with 0 inputs: it takes 1");
    assertThrows(run([1, 2]), ArgumentError, "Cannot run double with 2 inputs: it takes 1");
    assertThrows(run(["x"]), ArgumentError, "Cannot run double: input 0 is x, not a tensor");
    assertThrows(run([undefined]), ArgumentError, "input 0 is undefined");
    assertThrows(run([{}]), ArgumentError, "Cannot run double with 0 inputs");
    assertThrows(run([null]), ArgumentError, "input 0 is null");
    assertThrows(run([() => 1]), ArgumentError, "input 0 is a function");
    assertThrows(run(3), ArgumentError, "its inputs are no array");
    const direct = runner(double().build());
    assertValues(direct(tensor([1, 2])), [2, 4]);
  });

  test("makes tensors of numbers and arrays, in the dtype beside them", () => {
    const registry = new CustomOpRegistry();
    registry.register(new CustomOpBuilder("sum2", 2).forward(([x, y]) => x.add(y)).build());
    const run = (...inputs: Parameters<typeof tensor>[0][]) => registry.execute("sum2", inputs);
    assertEquals(run(1, tensor([2], { dtype: "float64" })).dtype, "float64");
    assertValues(run([1, 2], 3), [4, 5]);
    assertValues(run(new Float64Array([1]), true), [2]);
  });

  test("runs its validation: what it throws, false, or a text", () => {
    const refuse = (answer: () => boolean | string | void) => () =>
      runner(double().validate(answer).build())(1);
    assertThrows(refuse(() => false), ArgumentError, "double: its validation refuses the inputs");
    assertThrows(refuse(() => "x is odd"), ArgumentError, "Cannot run double: x is odd");
    assertThrows(
      refuse(() => {
        throw new ShapeError("mine");
      }),
      ShapeError,
      "mine",
    );
    assertValues(refuse(() => true)(), [2]);
    assertValues(refuse(() => {})(), [2]);
    const withGradient = double().backward(({ grad }) => [grad]).validate(() => false).build();
    assertThrows(() => runner(withGradient)(1), ArgumentError, "its validation refuses");
  });

  test("holds forward to the shape, dtype and device that were told", () => {
    const two = ones([2]);
    const shape = runner(double().outputShape(([x]) => [...x.shape, 1]).build());
    assertThrows(() => shape(two), ShapeError, "gave shape [2], outputShape says [2, 1]");
    const noShape = runner(double().outputShape(() => 2 as never).build());
    assertThrows(() => noShape(two), ShapeError, "outputShape says 2");
    const dtype = runner(double().outputDtype(() => "int32").build());
    assertThrows(() => dtype(two), DTypeError, "gave dtype float32, outputDtype says int32");
    const device = runner(double().outputDevice(() => "cuda").build());
    assertThrows(() => device(two), DeviceError, "gave device cpu, outputDevice says cuda");
    const right = double().outputShape(([x]) => x.shape).outputDtype(([x]) => x.dtype)
      .outputDevice(() => "cpu").build();
    assertValues(runner(right)(two), [2, 2]);
  });

  test("refuses results that are no tensors, or gone", () => {
    const giving = (value: (x: Tensor) => unknown) => () =>
      runner(new CustomOpBuilder("odd", 1).forward(([x]) => value(x) as Tensor).build())(1);
    assertThrows(giving(() => 3), ArgumentError, "Cannot run odd: forward gave 3, not a tensor");
    assertThrows(giving((x) => [x]), ArgumentError, "gave an array");
    assertThrows(giving(async () => {}), ArgumentError, "gave a Promise object");
    const gone = (x: Tensor) => {
      const y = x.mul(2);
      y.dispose();
      return y;
    };
    assertThrows(giving(gone), DisposedError, "odd: forward gave a tensor that it had disposed of");
    const saving = (value: unknown) => () =>
      runner(
        new CustomOpBuilder("odd", 1).forward(([x], _, { save }) => {
          save(value as Tensor);
          return x.mul(1);
        }).build(),
      )(1);
    assertThrows(saving(3), ArgumentError, "Cannot save 3 in odd: it is no tensor");
    assertThrows(saving(gone(ones([1]))), DisposedError, "Cannot save a tensor in odd");
  });

  test("leaves nothing behind in a scope", () => {
    const x = leaf(2);
    let inside: Tensor | undefined;
    const op = new CustomOpBuilder("scoped", 1).forward(([x]) => {
      inside = x.mul(2);
      return inside.mul(x);
    }).backward(({ grad, inputs: [x] }) => [grad.mul(x).mul(4)]).build();
    const y = tidy(() => runner(op)(x));
    assertEquals([inside!.isDisposed, y.isDisposed], [true, false]);
    y.sum().backward();
    assertValues(x.grad, [8]);
  });
});

describe("CustomOpRegistry", () => {
  afterEach(() => listCustomOps().forEach(unregisterCustomOp));

  test("made with new has ops of its own", () => {
    const registry = new CustomOpRegistry();
    registry.register(cube);
    assertEquals(registry.listOperations(), ["cube"]);
    assertEquals([registry.isRegistered("cube"), isCustomOpRegistered("cube")], [true, false]);
    assertEquals(registry.get("cube"), cube);
    assertEquals(registry.execute("cube", [2]).item(), 8);
    assertThrows(() => registry.execute("add", [1, 2]), ArgumentError, 'Cannot run op "add"');
    registry.unregister("cube");
    assertEquals(registry.listOperations(), []);
  });

  test("refuses names that are taken, empty or malformed, and what is no op", () => {
    const registry = new CustomOpRegistry();
    registry.register(cube);
    assertThrows(() => registry.register(cube), ArgumentError, "Cannot register op cube");
    const named = (name: string) => ({ ...cube, name, definition: { ...cube.definition, name } });
    assertThrows(() => registry.register(named("")), ArgumentError, "its name is empty");
    assertThrows(() => registry.register(named("a b")), ArgumentError, '"a b"');
    for (const odd of [null, {}, { ...cube, name: "other" }, { ...cube, numInputs: 0.5 }]) {
      assertThrows(() => registry.register(odd as CustomOp), ArgumentError, "it is no custom op");
    }
    assertEquals(registry.listOperations(), ["cube"]);
  });

  test("tells the nearest name when there is none", () => {
    registerCustomOp(cube);
    assertThrows(() => executeCustomOp("cubes", [1]), ArgumentError, "the nearest is cube");
    assertThrows(() => executeCustomOp("sigmoyd", [1]), ArgumentError, "the nearest is sigmoid");
    assertThrows(() => unregisterCustomOp("cub"), ArgumentError, "the nearest is cube");
    assertThrows(() => new CustomOpRegistry().get("x"), ArgumentError, "no custom op of that name");
  });

  test("that is global shares names with built-in ops, which stay", () => {
    registerCustomOp(cube);
    assertEquals(listCustomOps(), ["cube"]);
    assertEquals([isCustomOpRegistered("cube"), isCustomOpRegistered("mul")], [true, false]);
    assertEquals(ops.get("cube")?.name, "cube");
    assertThrows(() => registerCustomOp(cube), ArgumentError, "the name is taken");
    const mul = new CustomOpBuilder("mul", 1).forward(([x]) => x.mul(1)).build();
    assertThrows(() => registerCustomOp(mul), ArgumentError, "Cannot define op mul");
    assertThrows(() => unregisterCustomOp("mul"), ArgumentError, 'Cannot unregister op "mul"');
    assertEquals(isCustomOpRegistered("mul"), false);
    assertEquals(executeCustomOp("mul", [2, 3]).item(), 6);
    unregisterCustomOp("cube");
    assertEquals([ops.has("cube"), listCustomOps()], [false, []]);
  });

  test("runs ops of any result, with attributes", () => {
    const op: CustomOp = {
      name: "split2",
      numInputs: 1,
      definition: {
        ...cube.definition,
        name: "split2",
        gradient: null,
        kernel: { composite: ([x]) => [x!.mul(2), x!.mul(3)] },
        front: (run) => (x, attributes) => {
          const [first, second] = run.all([x as Tensor], (attributes ?? {}) as never);
          return { first: first!, second: second! };
        },
      },
    };
    registerCustomOp(op);
    const result = executeCustomOp<{ first: Tensor; second: Tensor }>("split2", [ones([1])], {});
    assertEquals([result.first.item(), result.second.item()], [2, 3]);
    assertEquals(executeCustomOp("leakyRelu", [[-2]], { negativeSlope: 0.5 }).toArray(), [-1]);
  });

  test("leaves graphs alone when an op is unregistered", () => {
    registerCustomOp(cube);
    const x = leaf(2);
    const y = executeCustomOp("cube", [x]);
    unregisterCustomOp("cube");
    y.sum().backward();
    assertValues(x.grad, [12]);
  });
});
