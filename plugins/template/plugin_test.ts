import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { executeCustomOp, manualSeed, type Tensor, tensor } from "@minitensor/minitensor";
import { Linear, MSELoss } from "@minitensor/minitensor/nn";
import { Adam } from "@minitensor/minitensor/optim";
import { loadPlugin } from "@minitensor/minitensor/plugin";
import { checkOp, lawReport } from "@minitensor/minitensor/testing";

/** The library: beside this file, where build.sh puts it, or one folder up. */
const path = ["libtemplate.so", "libtemplate.dylib", "../libtemplate.so", "../libtemplate.dylib"]
  .map((name) => fileURLToPath(new URL(name, import.meta.url)))
  .find((path) => existsSync(path));
const built = { skip: path === undefined ? "it is not built: sh build.sh" : false };

const softsign = (x: Tensor) => executeCustomOp("template/softsign", [x]) as Tensor;

describe("template", built, () => {
  test("softsign is x / (1 + |x|)", () => {
    using _ = loadPlugin(path!);
    assertEquals(softsign(tensor([-3, 0, 1])).toArray(), [-0.75, 0, 0.5]);
  });

  test("softsign obeys the laws", () => {
    using plugin = loadPlugin(path!);
    const samples = [{ shapes: [[]] }, { shapes: [[7]] }, { shapes: [[3, 5]] }];
    const reference = (x: number) => x / (1 + Math.abs(x));
    const op = plugin.ops.get("template/softsign")!;
    assertEquals(lawReport(checkOp(op, { samples, reference })), "");
  });

  test("softsign trains a network", () => {
    using _ = loadPlugin(path!);
    manualSeed(1);
    const x = tensor([[-2], [-1], [0], [1], [2]]);
    const y = tensor([[0.5], [-0.5], [0], [0.5], [-0.5]]);
    const [first, second] = [new Linear(1, 16), new Linear(16, 1)];
    const optimizer = new Adam([...first.parameters(), ...second.parameters()], { lr: 0.05 });
    const loss = () => new MSELoss().forward(second.forward(softsign(first.forward(x))), y);
    const before = Number(loss().item());
    for (let step = 0; step < 200; step++) {
      optimizer.zeroGrad();
      loss().backward();
      optimizer.step();
    }
    const after = Number(loss().item());
    assert(after < 0.1 * before, `the loss went from ${before} to ${after}`);
  });
});
