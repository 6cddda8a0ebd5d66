import { describe, test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { executeCustomOp, type Tensor, tensor } from "@minitensor/minitensor";
import { checkOp, lawReport } from "@minitensor/minitensor/testing";
import { builtOnly, learnXor, load, opOf } from "../library.ts";

describe("template", builtOnly("template"), () => {
  const softsign = (x: Tensor) => executeCustomOp("template/softsign", [x]) as Tensor;

  test("softsign is x / (1 + |x|)", () => {
    using _ = load("template");
    assertEquals(softsign(tensor([-3, 0, 1])).toArray(), [-0.75, 0, 0.5]);
  });

  test("softsign obeys the laws", () => {
    using plugin = load("template");
    const samples = [{ shapes: [[]] }, { shapes: [[7]] }, { shapes: [[3, 5]] }];
    const reference = (x: number) => x / (1 + Math.abs(x));
    const op = opOf(plugin, "template/softsign");
    assertEquals(lawReport(checkOp(op, { samples, reference })), "");
  });

  test("softsign trains a network", () => {
    using _ = load("template");
    const [before, after] = learnXor(softsign);
    assert(after < 0.05 && after < before, `the loss went from ${before} to ${after}`);
  });
});
