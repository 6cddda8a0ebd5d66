/** Random tensors by name: bounds, moments, dtypes, refusals. Streams are tested in random_test.ts. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as mt from "../mod.ts";
import { ArgumentError, Generator, type Shape, type Tensor } from "../mod.ts";

const seeded = () => ({ generator: new Generator(7) });

function moments(x: Tensor): { mean: number; variance: number; low: number; high: number } {
  const wide = x.to("float64");
  const number = (y: Tensor) => Number(y.item());
  return {
    mean: number(wide.mean()),
    variance: number(wide.var()),
    low: number(wide.min()),
    high: number(wide.max()),
  };
}

function near(actual: number, expected: number, allowed: number): void {
  assert(Math.abs(actual - expected) <= allowed, `${actual} is not ${expected} within ${allowed}`);
}

describe("truncatedNormal()", () => {
  // Mean and variance of the distribution: Johnson, Kotz and Balakrishnan 1994, section 10.1.
  const cases: readonly [mt.TruncatedNormalOptions, number, number][] = [
    [{}, 0, 0.773741],
    [{ mean: 3, std: 0.1 }, 3, 0.00773741],
    [{ lower: -Infinity, upper: 0 }, -0.797885, 0.363380],
    [{ lower: 30, upper: Infinity }, 30.033259, 0.0011037],
    [{ lower: -1e9, upper: 1e9 }, 0, 1],
  ];
  for (const [options, mean, variance] of cases) {
    test(`has the mean and variance of ${JSON.stringify(options)}`, () => {
      const found = moments(mt.truncatedNormal([50_000], { ...options, ...seeded() }));
      near(found.mean, mean, 5 * Math.sqrt(variance / 50_000));
      near(found.variance, variance, 0.03 * variance);
    });
  }

  test("stays within its bounds, in tails too, in both dtypes", () => {
    for (const dtype of ["float32", "float64"] as const) {
      const options = { lower: -40, upper: -39.5, dtype, ...seeded() };
      const { low, high } = moments(mt.truncatedNormal([2000], options));
      assert(low >= -40 && high <= -39.5);
    }
  });

  test("refuses what has no numbers", () => {
    assertThrows(() => mt.truncatedNormal([1], { std: 0 }), ArgumentError, "standard deviation 0");
    assertThrows(() => mt.truncatedNormal([1], { lower: 1, upper: 1 }), ArgumentError, "1 to 1");
  });
});

describe("uniform() and randint()", () => {
  test("take bounds as options, and one bound", () => {
    const { low, high } = moments(mt.uniform([5000], { low: 2, high: 3, ...seeded() }));
    assert(low >= 2 && low < 2.01 && high < 3 && high > 2.99);
    assertThrows(() => mt.uniform([1], { low: 2, high: 1 }), ArgumentError, "from 2 to 1");
    const dice = moments(mt.randint(6, [5000], seeded()));
    assertEquals([dice.low, dice.high], [0, 5]);
    assertThrows(() => mt.randint(0, [1]), ArgumentError, "from 0 to 0 - 1");
  });
});

describe("weights by fans", () => {
  const shape: Shape = [40, 30, 3, 3]; // fans 270 and 360
  const variances: Readonly<Record<string, number>> = {
    xavier: 2 / 630,
    he: 2 / 270,
    lecun: 1 / 270,
  };
  for (const [rule, variance] of Object.entries(variances)) {
    const make = (name: string) =>
      (mt as unknown as Record<string, (s: Shape, o: mt.RandomOptions) => Tensor>)[rule + name]!;
    test(`${rule}Uniform() and ${rule}Normal() have variance ${variance.toFixed(5)}`, () => {
      const drawn = moments(make("Uniform")(shape, seeded()));
      near(drawn.variance, variance, 0.05 * variance);
      assert(drawn.high <= Math.sqrt(3 * variance) && drawn.low >= -Math.sqrt(3 * variance));
      near(moments(make("Normal")(shape, seeded())).variance, variance, 0.05 * variance);
    });
    test(`${rule} takes ranks 0 and 1, and no units`, () => {
      assertEquals(make("Normal")([], seeded()).shape, []);
      assertEquals(make("Uniform")([5], seeded()).shape, [5]);
      assertEquals(make("Normal")([0, 0], seeded()).numel(), 0);
    });
  }
});

describe("...Like()", () => {
  test("takes shape and dtype from a tensor, or the dtype given", () => {
    const x = mt.zeros([2, 3], { dtype: "float64" });
    const { randLike, randnLike, uniformLike, truncatedNormalLike, xavierUniformLike } = mt;
    const { xavierNormalLike, heUniformLike, heNormalLike, lecunUniformLike, lecunNormalLike } = mt;
    const makers = [randLike, randnLike, uniformLike, truncatedNormalLike, xavierUniformLike];
    makers.push(xavierNormalLike, heUniformLike, heNormalLike, lecunUniformLike, lecunNormalLike);
    for (const make of makers) {
      assertEquals(make(x).dtype, "float64");
      assertEquals(make(x, { dtype: "float32" }).dtype, "float32");
      assertEquals(make(x).shape, [2, 3]);
    }
    assertEquals(mt.randintLike(x, 5).dtype, "float64");
    assertEquals(mt.randintLike(x, 3, 4, { dtype: "int32" }).toArray(), [[3, 3, 3], [3, 3, 3]]);
  });
});

describe("methods that fill with random numbers", () => {
  test("draw what the functions draw, whatever the layout and the dtype", () => {
    const x = mt.zeros([30, 40], { dtype: "float64" });
    assertEquals(x.t().normal_(1, 2, seeded()) !== x, true);
    const drawn = mt.normal(1, 2, [40, 30], { dtype: "float64", ...seeded() });
    assertEquals(x.t().toArray(), drawn.toArray());
    const { low, high } = moments(x.uniform_(3, 4, seeded()));
    assert(low >= 3 && high < 4);
    near(moments(x.exponential_(4, seeded())).mean, 0.25, 0.03);
    near(moments(x.bernoulli_(0.25, seeded())).mean, 0.25, 0.05);
    const whole = moments(mt.zeros([1000], { dtype: "int32" }).random_(2, 5, seeded()));
    assertEquals([whole.low, whole.high], [2, 4]);
    assertEquals(moments(mt.zeros([100], { dtype: "bool" }).random_()).high, 1);
  });

  test("are refused where other in-place methods are", () => {
    const leaf = mt.zeros([2], { requiresGrad: true });
    assertThrows(() => leaf.normal_(), mt.GradientError, "a leaf that requires a gradient");
    assertThrows(() => mt.zeros([1]).expand([3]).uniform_(), ArgumentError, "expanded");
    assertThrows(() => mt.exponential(0, [1]), ArgumentError, "rate 0");
  });
});
