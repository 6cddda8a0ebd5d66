import { afterEach, describe, test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import {
  ArgumentError,
  CustomOpBuilder,
  executeCustomOp,
  listCustomOps,
  ops,
  registerCustomOp,
  registerExampleCustomOps,
  ShapeError,
  tensor,
  unregisterCustomOp,
} from "../mod.ts";
import { checkOp, lawReport } from "../src/testing.ts";
import { assertValues } from "./values.ts";

const names = ["swish", "gelu", "mish", "power", "layer_norm"].map((name) =>
  ops.has(name) ? `example/${name}` : name
);

describe("registerExampleCustomOps()", () => {
  afterEach(() => listCustomOps().forEach(unregisterCustomOp));

  test("registers five ops, the one whose name is taken under example/", () => {
    assertEquals(registerExampleCustomOps(), names);
    assertEquals(listCustomOps(), names);
  });

  test("does nothing the second time, and puts back what was unregistered", () => {
    registerExampleCustomOps();
    const before = ops.get("swish");
    assertEquals(registerExampleCustomOps(), names);
    assertEquals(ops.get("swish") === before, true);
    unregisterCustomOp("swish");
    assertEquals(registerExampleCustomOps(), names);
    assertEquals(listCustomOps().length, 5);
  });

  test("steps aside for an op of the user's", () => {
    registerCustomOp(new CustomOpBuilder("swish", 1).forward(([x]) => x.neg()).build());
    assertEquals(registerExampleCustomOps()[0], "example/swish");
    assertEquals(executeCustomOp("swish", [2]).item(), -2);
  });

  test("ops obey every law, second derivatives among them", () => {
    for (const name of registerExampleCustomOps()) {
      const results = checkOp(ops.get(name)!);
      assertEquals(lawReport(results), "");
      assertEquals(results.some(({ law }) => law === "second derivative"), true);
    }
  });

  test("ops compute what their names say", () => {
    registerExampleCustomOps();
    const x = tensor([1.5, 2], { requiresGrad: true, dtype: "float64" });
    const y = executeCustomOp("swish", [x]);
    y.mul(tensor([7, 10], { dtype: "float64" })).sum().backward();
    const slope = (v: number) => {
      const s = 1 / (1 + Math.exp(-v));
      return s + v * s * (1 - s);
    };
    assertValues(x.grad, [7 * slope(1.5), 10 * slope(2)]);
    assertEquals(executeCustomOp("power", [2, 3]).item(), 8);
    assertValues(
      executeCustomOp("layer_norm", [tensor([[1, 3], [2, 8]], { dtype: "float64" })], { eps: 0 }),
      [-1, 1, -1, 1],
    );
    assertValues(executeCustomOp("example/gelu", [[0, 100, -100]]), [0, 100, 0]);
  });

  test("power has pow's gradients at base 0", () => {
    registerExampleCustomOps();
    const gradients = (run: (x: never, y: never) => { sum(): { backward(): void } }) => {
      const x = tensor([0, 0, 0, 0], { requiresGrad: true, dtype: "float64" });
      const y = tensor([0, 1, 2, 0.5], { requiresGrad: true, dtype: "float64" });
      run(x as never, y as never).sum().backward();
      return [x.grad!.toArray(), y.grad!.toArray()];
    };
    const power = gradients((x, y) => executeCustomOp("power", [x, y]));
    assertEquals(power, gradients((x, y) => (x as ReturnType<typeof tensor>).pow(y)));
  });

  test("layer_norm refuses what it cannot do", () => {
    registerExampleCustomOps();
    const run = (x: number | number[], attributes: Record<string, unknown>) => () =>
      executeCustomOp("layer_norm", [x], attributes);
    assertThrows(run([1, 2], { eps: -1 }), ArgumentError, "with eps -1");
    assertThrows(run([1, 2], { epsilon: 1 }), ArgumentError, "option epsilon");
    assertThrows(run(1, {}), ShapeError, "there is no last dim");
  });
});
