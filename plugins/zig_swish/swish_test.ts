import { describe, test } from "node:test";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { executeCustomOp, linspace, silu, type Tensor } from "@minitensor/minitensor";
import { checkOp, lawReport } from "@minitensor/minitensor/testing";
import { builtOnly, learnXor, load, opOf, valuesOf } from "../library.ts";

describe("zig_swish", builtOnly("zig_swish"), () => {
  test("is x * sigmoid(x), as the built-in", () => {
    using _ = load("zig_swish");
    const x = linspace(-9, 9, 1001, { dtype: "float64" });
    const out = executeCustomOp("zig_swish", [x]) as Tensor;
    const expected = valuesOf(x).map((value) => value / (1 + Math.exp(-value)));
    valuesOf(out).forEach((value, i) => assertAlmostEquals(value, expected[i]!, 1e-14));
    for (const dtype of ["float32", "float64"] as const) {
      const given = x.to(dtype);
      const found = valuesOf(executeCustomOp("zig_swish", [given]) as Tensor);
      const builtIn = valuesOf(silu(given));
      found.forEach((value, i) => assertAlmostEquals(value, builtIn[i]!, 1e-6));
    }
  });

  test("obeys the laws, and so does its gradient", () => {
    using plugin = load("zig_swish");
    const reference = (x: number) => x / (1 + Math.exp(-x));
    const samples = [{ shapes: [[]] }, { shapes: [[7]] }, { shapes: [[3, 5]] }];
    const swish = opOf(plugin, "zig_swish");
    assertEquals(lawReport(checkOp(swish, { samples, reference })), "");
    const pairs = [{ shapes: [[3, 4], [3, 4]] }, { shapes: [[2, 3], [3]] }, { shapes: [[], [4]] }];
    const gradient = opOf(plugin, "zig_swish_gradient");
    assertEquals(lawReport(checkOp(gradient, { samples: pairs })), "");
  });

  test("trains a network", () => {
    using _ = load("zig_swish");
    const [before, after] = learnXor((x) => executeCustomOp("zig_swish", [x]) as Tensor);
    assert(after < 0.05 && after < before, `the loss went from ${before} to ${after}`);
  });
});
