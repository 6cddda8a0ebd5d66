/** Pooling, dropout of channels, norms of instances: what the golden cases do not show. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as mt from "../mod.ts";
import { type Tensor, tensor } from "../mod.ts";
import { gradgradcheck } from "../src/testing.ts";
import { values } from "./values.ts";

const double = (shape: readonly number[]) =>
  mt.randn(shape, { dtype: "float64", generator: new mt.Generator(5) });

/** Values without ties, far enough apart for differences. */
function distinct(shape: readonly number[]): Tensor {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return mt.randperm(size, { generator: new mt.Generator(3) }).to("float64").div(4).reshape(shape);
}

describe("second derivatives", () => {
  const volume = distinct([1, 2, 4, 3, 4]);
  const cases: Readonly<Record<string, () => boolean>> = {
    maxPool1d: () => gradgradcheck((x) => mt.maxPool1d(x, 2).square(), distinct([2, 2, 5])),
    maxPool3d: () => gradgradcheck((x) => mt.maxPool3d(x, 2, { padding: 1 }).square(), volume),
    avgPool3d: () =>
      gradgradcheck((x) => mt.avgPool3d(x, 3, { stride: 2, padding: 1 }).square(), volume),
    adaptiveAvgPool3d: () =>
      gradgradcheck((x) => mt.adaptiveAvgPool3d(x, [3, 2, 3]).square(), volume),
    adaptiveMaxPool3d: () =>
      gradgradcheck((x) => mt.adaptiveMaxPool3d(x, [3, 2, 3]).square(), volume),
    lpPool2d: () => gradgradcheck((x) => mt.lpPool2d(x.abs().add(1), 3, 2), double([1, 4, 4])),
    fractionalMaxPool2d: () =>
      gradgradcheck((x) => {
        const options = { outputSize: 3, generator: new mt.Generator(2) };
        return mt.fractionalMaxPool2d(x, 2, options).square();
      }, distinct([1, 2, 6, 5])),
    instanceNorm: () => gradgradcheck((x) => mt.instanceNorm(x), double([2, 2, 3])),
    localResponseNorm: () =>
      gradgradcheck((x) => mt.localResponseNorm(x, 3, { alpha: 1 }), double([1, 4, 2])),
  };
  for (const [name, check] of Object.entries(cases)) {
    test(`of ${name}`, () => assert(check()));
  }
});

describe("max pooling", () => {
  test("of strided volumes is that of packed ones", () => {
    const x = distinct([4, 3, 5, 2, 6]).permute([3, 1, 2, 0, 4]);
    const [off, packed] = [x, x.contiguous()].map((given) =>
      mt.maxPool3d(given, 2, { returnIndices: true })
    );
    assertEquals(off!.values.toArray(), packed!.values.toArray());
    assertEquals(off!.indices.toArray(), packed!.indices.toArray());
  });

  test("names the first of equals in the order of depth, rows, columns", () => {
    const { indices } = mt.maxPool3d(mt.ones([1, 4, 4, 4]), [2, 4, 2], { returnIndices: true });
    assertEquals(indices.toTypedArray(), new BigInt64Array([0n, 2n, 32n, 34n]));
    const x = tensor([[NaN, 1, NaN, 2]]);
    assertEquals(mt.maxPool1d(x, 4, { returnIndices: true }).indices.item(), 0);
    assertEquals(mt.adaptiveMaxPool1d(x, 1, { returnIndices: true }).indices.item(), 0);
  });

  test("with indices has the gradient of that without", () => {
    const gradients = [true, false].map((returnIndices) => {
      const x = distinct([1, 3, 6, 6]).requiresGrad_();
      const y = returnIndices
        ? mt.maxPool2d(x, 3, { stride: 2, returnIndices }).values
        : mt.maxPool2d(x, 3, { stride: 2 });
      y.square().sum().backward();
      return x.grad!.toArray();
    });
    assertEquals(gradients[0], gradients[1]);
  });

  test("with indices above a byte's places", () => {
    const x = mt.arange(1600).reshape([1, 40, 40]).to("float64");
    const { values, indices } = mt.maxPool2d(x, 20, { returnIndices: true });
    assertEquals(values.to("int64").toTypedArray(), indices.toTypedArray());
  });
});

describe("fractionalMaxPool2d()", () => {
  test("is the same for the same generator, and indexes what it answers", () => {
    const x = distinct([2, 3, 9, 8]);
    const run = () =>
      mt.fractionalMaxPool2d(x, [2, 3], {
        outputRatio: [0.6, 0.5],
        generator: new mt.Generator(7),
        returnIndices: true,
      });
    const [first, second] = [run(), run()];
    assertEquals(first.values.shape, [2, 3, 5, 4]);
    assertEquals(first.indices.toArray(), second.indices.toArray());
    const picked = x.flatten(2).gather(2, first.indices.flatten(2));
    assertEquals(picked.toArray(), first.values.flatten(2).toArray());
  });
});

describe("dropout of channels", () => {
  const whole = (y: Tensor, rank: number) => {
    const flat = y.flatten(-rank);
    return flat.amax(-1).eq(flat.amin(-1)).all().item() === true;
  };

  test("drops or scales whole channels, the same for the same generator", () => {
    for (const [rank, drop] of [mt.dropout1d, mt.dropout2d, mt.dropout3d].entries()) {
      const x = mt.ones([4, 16, ...new Array<number>(rank + 1).fill(3)]);
      const y = drop(x, { p: 0.25, generator: new mt.Generator(2) });
      assert(whole(y, rank + 1));
      assertEquals([...new Set(values(y))].sort(), [0, Math.fround(4 / 3)]);
      assertEquals(drop(x, { p: 0.25, generator: new mt.Generator(2) }).toArray(), y.toArray());
      assertEquals(drop(x, { training: false }).toArray(), x.toArray());
      assertEquals(drop(x.select(0, 0), { p: 1 }).sum().item(), 0);
    }
  });

  test("alphaDropout() keeps mean and variance, and saturates", () => {
    const x = mt.randn([200_000], { dtype: "float64", generator: new mt.Generator(1) });
    const y = mt.alphaDropout(x, { p: 0.4, generator: new mt.Generator(3) });
    assert(Math.abs(Number(y.mean().item())) < 0.02);
    assert(Math.abs(Number(y.var().item()) - 1) < 0.02);
    const low = Number(mt.selu(tensor(-100, { dtype: "float64" })).item());
    const a = 1 / Math.sqrt(0.6 * (1 + 0.4 * low ** 2));
    const dropped = a * low - a * 0.4 * low;
    const share = y.sub(dropped).abs().lt(1e-12).to("float64").mean().item();
    assert(Math.abs(Number(share) - 0.4) < 0.01);
    assertEquals(mt.alphaDropout(x, { p: 1 }).abs().max().item(), 0);
    assertEquals(mt.alphaDropout(x, { training: false }).toArray(), x.toArray());
  });

  test("alphaDropout() passes gradients where it keeps", () => {
    const x = mt.ones([64], { dtype: "float64", requiresGrad: true });
    const y = mt.alphaDropout(x, { p: 0.5, generator: new mt.Generator(3) });
    y.sum().backward();
    const factor = 1 / Math.sqrt(0.5 * (1 + 0.5 * 1.7580993408473766 ** 2));
    const kept = y.detach().gt(0).to("float64").mul(factor);
    assert(x.grad!.sub(kept).abs().max().item() as number < 1e-12);
  });

  test("featureAlphaDropout() saturates whole channels", () => {
    const y = mt.featureAlphaDropout(mt.ones([4, 16, 5]), { generator: new mt.Generator(3) });
    assert(whole(y, 1));
    assertEquals(new Set(values(y)).size, 2);
    assertEquals(mt.featureAlphaDropout(mt.ones([2, 3]), { p: 0 }).sum().item(), 6);
  });
});

describe("pooling to a size", () => {
  test("of nothing is empty", () => {
    const x = mt.ones([2, 3, 4]);
    assertEquals(mt.adaptiveAvgPool1d(x, 0).shape, [2, 3, 0]);
    const { values, indices } = mt.adaptiveMaxPool1d(x, 0, { returnIndices: true });
    assertEquals([values.shape, indices.dtype], [[2, 3, 0], "int64"]);
    assertEquals(mt.adaptiveMaxPool2d(mt.ones([0, 2, 3, 3]), 2).shape, [0, 2, 2, 2]);
  });
});

const x1 = mt.ones([1, 2, 4]);
const x2 = mt.ones([1, 2, 4, 4]);
const x3 = mt.ones([1, 2, 4, 4, 4]);
const int = mt.zeros([1, 2, 4], { dtype: "int64" });

const refusals: readonly (readonly [call: () => unknown, kind: string, message: string])[] = [
  [
    () => mt.maxPool1d(x2, 2),
    "ShapeError",
    "Cannot maxPool1d a tensor of shape [1, 2, 4, 4]: it takes [N, C, L] or [C, L]",
  ],
  [
    () => mt.maxPool1d(int, 2),
    "DTypeError",
    "Cannot maxPool1d a tensor of dtype int64: it takes floating-point tensors",
  ],
  [
    () => mt.maxPool3d(x3, [2, 2]),
    "ArgumentError",
    "Cannot maxPool3d with kernelSize [2, 2]: it is one or three whole numbers of 1 or more",
  ],
  [
    () => mt.maxPool1d(x1, 2, { stride: 0 }),
    "ArgumentError",
    "Cannot maxPool1d with stride [0]: it is one whole number of 1 or more",
  ],
  [
    () => mt.maxPool3d(x3, 5),
    "ShapeError",
    "Cannot maxPool3d inputs of 4 by 4 by 4: the window of [5, 5, 5] is larger than the " +
    "padded input",
  ],
  [
    () => mt.avgPool1d(x1, 2, { padding: 2 }),
    "ArgumentError",
    "Cannot avgPool1d with padding [2]: it is more than half the window of [2]",
  ],
  [
    () => mt.avgPool1d(x1, 2, { divisorOverride: 3 } as never),
    "ArgumentError",
    "Cannot avgPool1d with option divisorOverride: its options are stride, padding, ceilMode, " +
    "countIncludePad",
  ],
  [
    () => mt.avgPool3d(x3, 2, { divisorOverride: 0 }),
    "ArgumentError",
    "Cannot avgPool3d with divisorOverride 0",
  ],
  [
    () => mt.lpPool1d(x1, Infinity, 2),
    "ArgumentError",
    "Cannot lpPool1d with a norm of Infinity: it is finite and not 0",
  ],
  [
    () => mt.adaptiveMaxPool2d(x2, [1, 2, 3]),
    "ShapeError",
    "Cannot adaptiveMaxPool2d to [1,2,3]: give rows and columns",
  ],
  [
    () => mt.adaptiveAvgPool1d(mt.ones([2, 3, 0]), 2),
    "ShapeError",
    "Cannot adaptiveAvgPool1d a tensor of shape [2, 3, 0]: nothing is in it",
  ],
  [
    () => mt.maxUnpool1d(x1, int.to("float32"), 2),
    "DTypeError",
    "Cannot maxUnpool1d by indices of dtype float32: they are int64",
  ],
  [
    () => mt.maxUnpool1d(x1, int.narrow(2, 0, 2), 2),
    "ShapeError",
    "Cannot maxUnpool1d a tensor of shape [1, 2, 4] by indices of shape [1, 2, 2]: the shapes " +
    "must be equal",
  ],
  [
    () => mt.maxUnpool1d(x1, int.add(8), 2),
    "IndexError",
    "Cannot maxUnpool1d by index 8: there are 8 elements",
  ],
  [
    () => mt.maxUnpool1d(x1, int.sub(1), 2),
    "IndexError",
    "Cannot maxUnpool1d by index -1: there are 8 elements",
  ],
  [
    () => mt.maxUnpool1d(x1, int, 2, { outputSize: [10] }),
    "ArgumentError",
    "Cannot maxUnpool1d to outputSize [10]: it differs from [8] by less than the stride [2]",
  ],
  [
    () => mt.fractionalMaxPool2d(x2, 2, {}),
    "ArgumentError",
    "Cannot fractionalMaxPool2d: give outputSize or outputRatio, and not both",
  ],
  [
    () => mt.fractionalMaxPool2d(x2, 2, { outputSize: 4 }),
    "ShapeError",
    "Cannot fractionalMaxPool2d images of 4 by 4 to [4, 4] by windows of [2, 2]: there is no " +
    "room for so many",
  ],
  [
    () => mt.fractionalMaxPool2d(x2, 2, { outputRatio: 1 }),
    "ArgumentError",
    "Cannot fractionalMaxPool2d with outputRatio [1, 1]: it is one or two numbers above 0 and " +
    "below 1",
  ],
  [
    () => mt.fractionalMaxPool2d(x2, 2, { outputSize: 2, randomSamples: mt.ones([2]) }),
    "ShapeError",
    "Cannot fractionalMaxPool2d with randomSamples of shape [2]: expected [1, 2, 2]",
  ],
  [
    () => mt.instanceNorm(mt.ones([2, 3])),
    "ShapeError",
    "Cannot instanceNorm a tensor of shape [2, 3]: it has one value per channel of a sample",
  ],
  [
    () => mt.instanceNorm(x1, { weight: mt.ones([3]) }),
    "ShapeError",
    "Cannot instanceNorm with weight of shape [3]: expected [2]",
  ],
  [
    () => mt.instanceNorm(x1, { useInputStats: false }),
    "ArgumentError",
    "Cannot instanceNorm with neither the input's statistics nor running ones",
  ],
  [
    () => mt.localResponseNorm(mt.ones([2, 3]), 2),
    "ShapeError",
    "Cannot localResponseNorm a tensor of shape [2, 3]: it takes [N, C, ...], 3 dims or more",
  ],
  [
    () => mt.localResponseNorm(x1, 0),
    "ArgumentError",
    "Cannot localResponseNorm over 0 channels: it is a whole number above 0",
  ],
  [
    () => mt.dropout1d(mt.ones([3])),
    "ShapeError",
    "Cannot dropout1d a tensor of shape [3]: it needs 2 or 3 dims",
  ],
  [
    () => mt.alphaDropout(x1, { p: -1 }),
    "ArgumentError",
    "Cannot alphaDropout with p -1: it is 0 to 1",
  ],
  [
    () => mt.featureAlphaDropout(mt.ones([3])),
    "ShapeError",
    "Cannot featureAlphaDropout a tensor of shape [3]: it has no channels",
  ],
];

describe("refusals", () => {
  for (const [call, kind, message] of refusals) {
    test(message, () => {
      const error = assertThrows(call) as Error;
      assertEquals([error.name, error.message], [kind, message]);
    });
  }
});
