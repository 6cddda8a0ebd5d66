import { test } from "node:test";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { erf, executeCustomOp, linspace, type Tensor, tensor } from "@minitensor/minitensor";
import { checkOp, lawReport } from "@minitensor/minitensor/testing";
import { builtOnly, learnXor, load, opOf, valuesOf } from "../library.ts";

const gelu = (x: Tensor) => executeCustomOp("rust_gelu", [x]) as Tensor;

function clamp(inputs: readonly Tensor[], bounds: Readonly<Record<string, number>> = {}): Tensor {
  return executeCustomOp("rust_clamp", inputs, bounds) as Tensor;
}

const built = builtOnly("rust_example");

test("rust_example: rust_abs has a gradient of 0 at 0", built, () => {
  using _ = load("rust_example");
  const x = tensor([-2, -0, 0, 3, NaN]).requiresGrad_();
  const out = executeCustomOp("rust_abs", [x]) as Tensor;
  assertEquals(out.toArray(), [2, 0, 0, 3, NaN]);
  out.sum().backward();
  assertEquals(valuesOf(x.grad!).map((slope) => slope + 0), [-1, 0, 0, 1, NaN]);
});

test(
  "rust_example: rust_clamp takes numbers and tensors, and its gradient goes to who won",
  built,
  () => {
    using _ = load("rust_example");
    const x = tensor([-3, -1, 0, 2, 5]).requiresGrad_();
    const out = clamp([x], { min: -1, max: 2 });
    assertEquals(out.toArray(), [-1, -1, 0, 2, 2]);
    out.sum().backward();
    assertEquals(x.grad!.toArray(), [0, 1, 1, 1, 0]);
    const y = tensor([-3, 0, 5]).requiresGrad_();
    const low = tensor([-1, -1, -1]).requiresGrad_();
    const high = tensor(1).requiresGrad_();
    const between = clamp([y, low, high]);
    assertEquals(between.toArray(), [-1, 0, 1]);
    between.sum().backward();
    assertEquals(y.grad!.toArray(), [0, 1, 0]);
    assertEquals(low.grad!.toArray(), [1, 0, 0]);
    assertEquals(high.grad!.item(), 1);
    assertEquals(clamp([tensor([-3, 9]), tensor([0, 0])], { max: 4 }).toArray(), [0, 4]);
    assertEquals(clamp([tensor([NaN, 1])], { min: 0 }).toArray(), [NaN, 1]);
  },
);

test("rust_example: rust_gelu is x * (1 + erf(x / sqrt 2)) / 2", built, () => {
  using _ = load("rust_example");
  const x = linspace(-6, 6, 2001, { dtype: "float64" });
  const wanted = valuesOf(x.mul(erf(x.div(Math.SQRT2)).add(1)).div(2));
  valuesOf(gelu(x)).forEach((value, i) => assertAlmostEquals(value, wanted[i]!, 2e-15));
  const single = valuesOf(gelu(x.to("float32")));
  single.forEach((value, i) => assertAlmostEquals(value, wanted[i]!, 1e-6));
  const ends = gelu(tensor([-Infinity, Infinity, NaN]));
  assertEquals(valuesOf(ends).map((value) => value + 0), [0, Infinity, NaN]);
});

test("rust_example: all obey the laws", built, () => {
  using plugin = load("rust_example");
  const laws = (name: string, options: Parameters<typeof checkOp>[1]) =>
    assertEquals(lawReport(checkOp(opOf(plugin, name), options)), "");
  const samples = [{ shapes: [[]] }, { shapes: [[7]] }, { shapes: [[3, 5]] }];
  laws("rust_abs", { samples, reference: Math.abs });
  laws("rust_gelu", { samples });
  const pairs = [{ shapes: [[3, 4], [3, 4]] }, { shapes: [[2, 3], [3]] }];
  laws("rust_gelu_gradient", { samples: pairs });
  laws("rust_clamp", {
    samples: [
      { shapes: [[3, 5]], rest: [{ min: -0.5, max: 0.7 }] },
      { shapes: [[3, 5], [5]], rest: [{ max: 1.2 }] },
      { shapes: [[3, 5], [3, 1], [5]], ranges: [[-2, 2], [-1.5, -0.5], [0.5, 1.5]] },
    ],
  });
});

test("rust_example: trains a network", built, () => {
  using _ = load("rust_example");
  const [before, after] = learnXor(gelu);
  assert(after < 0.05 && after < before, `the loss went from ${before} to ${after}`);
});
