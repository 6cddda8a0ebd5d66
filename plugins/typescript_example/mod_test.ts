import { afterEach, describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  executeCustomOp,
  linspace,
  manualSeed,
  ops,
  PluginError,
  ShapeError,
  type Tensor,
  tensor,
  tidy,
} from "@minitensor/minitensor";
import { Linear, MSELoss, Sequential } from "@minitensor/minitensor/nn";
import { Adam } from "@minitensor/minitensor/optim";
import {
  createLayer,
  isPluginLoaded,
  registerPlugin,
  unloadPlugin,
} from "@minitensor/minitensor/plugin";
import { assertOp } from "@minitensor/minitensor/testing";
import { plugin, Snake } from "./mod.ts";

/** Mean square error of a model after 400 steps of training, and before. */
function train(model: Sequential, x: Tensor, y: Tensor): { before: number; after: number } {
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const loss = (): Tensor => new MSELoss().forward(model.forward(x), y);
  const before = loss().item() as number;
  for (let step = 0; step < 400; step++) {
    tidy(() => {
      optimizer.zeroGrad();
      loss().backward();
    });
    optimizer.step();
  }
  return { before, after: loss().item() as number };
}

describe("the plugin typescript_example", () => {
  afterEach(() => {
    if (isPluginLoaded("typescript_example")) unloadPlugin("typescript_example");
  });

  test("has ops that obey every law", () => {
    registerPlugin(plugin);
    for (const name of ["snake", "bell"]) assertOp(ops.get(name)!);
  });

  test("computes what it says", () => {
    registerPlugin(plugin);
    assertEquals(executeCustomOp("bell", [[0]]).toArray(), [1]);
    const quarter = tensor([Math.PI / 2], { dtype: "float64" });
    assertEquals(executeCustomOp("snake", [quarter, 1]).toArray(), [Math.PI / 2 + 1]);
    const integer = tensor([1], { dtype: "int32" });
    assertThrows(() => executeCustomOp("snake", [quarter, integer]), TypeError, "takes floats");
  });

  test("trains a layer over its op", () => {
    registerPlugin(plugin);
    manualSeed(3);
    const model = new Sequential(
      new Linear(1, 16),
      createLayer<Snake>("Snake", 16, 2),
      new Linear(16, 1),
    );
    const x = linspace(-4, 4, 64).reshape([64, 1]);
    const { before, after } = train(model, x, x.mul(2).sin());
    assert(after < before / 50, `${before} fell to ${after} only`);
    assert([...model.stateDict().keys()].includes("1.frequency"));
    const frequency = model.stateDict().get("1.frequency")!;
    assert(!frequency.eq(2).all().item(), "the frequencies are trained too");
    assertThrows(() => new Snake(3).forward(x), ShapeError, "of 3 features on shape [64, 1]");
  });

  test("ends when it is unloaded, and can be registered again", () => {
    registerPlugin(plugin);
    const layer = new Snake(1);
    unloadPlugin("typescript_example");
    assertEquals([ops.has("snake"), ops.has("bell")], [false, false]);
    assertThrows(() => layer.forward(tensor([1])), PluginError, "its plugin is not registered");
    registerPlugin(plugin);
    assertEquals(layer.forward(tensor([0])).toArray(), [0]);
  });
});
