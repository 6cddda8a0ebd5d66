import { afterEach, describe, test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import {
  ArgumentError,
  type CustomOp,
  CustomOpBuilder,
  CustomOpRegistry,
  executeCustomOp,
  isCustomOpRegistered,
  listCustomOps,
  ones,
  ops,
  registerCustomOp,
  type Tensor,
  tensor,
  unregisterCustomOp,
} from "../mod.ts";
import { assertValues } from "./values.ts";

function leaf(...elements: number[]): Tensor {
  return tensor(elements, { requiresGrad: true, dtype: "float64" });
}

const cube = new CustomOpBuilder("cube", 1)
  .forward(([x]) => x.mul(x).mul(x))
  .backward(({ grad, inputs: [x] }) => [grad.mul(x).mul(x).mul(3)])
  .build();

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
