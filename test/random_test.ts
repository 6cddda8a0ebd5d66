import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  ArgumentError,
  bernoulli,
  defaultGenerator,
  dropout,
  Generator,
  manualSeed,
  normal,
  ones,
  rand,
  randint,
  randn,
  randperm,
  type Tensor,
  uniform,
} from "../mod.ts";
import { assertValues, values } from "./values.ts";

const seeded = (seed: number | bigint = 42) => ({ generator: new Generator(seed) });

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}

/** Every kind of draw, from a generator. */
const draws: Readonly<Record<string, (generator: Generator) => Tensor>> = {
  rand: (generator) => rand([1000], { generator }),
  "rand in float64": (generator) => rand([1001], { generator, dtype: "float64" }),
  randn: (generator) => randn([1001], { generator }),
  "randn in float64": (generator) => randn([999], { generator, dtype: "float64" }),
  randint: (generator) => randint(-5, 1000, [777], { generator }),
  randperm: (generator) => randperm(1234, { generator }),
  bernoulli: (generator) => bernoulli(0.3, [999], { generator }),
  dropout: (generator) => dropout(ones([999]), { p: 0.3, generator }),
};

describe("the same seed", () => {
  for (const [name, draw] of Object.entries(draws)) {
    test(`gives the same ${name} again, and another seed others`, () => {
      const generator = new Generator(7);
      const [first, second] = [values(draw(generator)), values(draw(generator))];
      assertEquals(values(draw(generator.manualSeed(7))), first);
      assert(String(second) !== String(first), "a stream goes on");
      assert(String(values(draw(new Generator(8)))) !== String(first));
    });
  }

  test("gives these numbers, on every machine", () => {
    manualSeed(42);
    assertEquals(
      values(rand([6])),
      [
        0.6129598617553711,
        0.4685865044593811,
        0.07323169708251953,
        0.3408614993095398,
        0.9877186417579651,
        0.32706332206726074,
      ],
    );
    assertEquals(
      values(rand([3], { dtype: "float64" })),
      [0.6583155272123093, 0.7735846847302149, 0.6706398529302326],
    );
    assertValues(randn([4]), [
      -0.7942084074020386,
      -1.268221378326416,
      1.4978777170181274,
      -0.1347588449716568,
    ]);
    assertValues(randn([3], { dtype: "float64" }), [
      1.515187588931992,
      0.39519718455994574,
      0.7022928596823491,
    ]);
    assertEquals(values(randint(-3, 9, [6])), [1, -1, -2, 2, 1, 2]);
    assertEquals(values(randperm(8)), [1, 6, 3, 0, 7, 2, 4, 5]);
    assertEquals(values(bernoulli(0.3, [8])), [1, 0, 0, 0, 0, 0, 0, 1]);
  });
});

describe("Generator", () => {
  test("continues from a saved state", () => {
    const generator = new Generator(1);
    randn([17], { generator });
    const state = generator.getState();
    const next = values(rand([33], { generator }));
    generator.setState(state);
    assertEquals(values(rand([33], { generator })), next);
    const other = new Generator(99);
    other.setState(state);
    assertEquals(values(rand([33], { generator: other })), next);
  });

  test("takes seeds of 64 bits, and one of its own", () => {
    assertEquals(new Generator(-1).initialSeed(), 2n ** 64n - 1n);
    const low = values(rand([4], seeded(5n)));
    assert(String(values(rand([4], seeded(5n + 2n ** 32n)))) !== String(low));
    assertEquals(values(rand([4], seeded(5))), low);
    const free = new Generator();
    const seed = free.initialSeed();
    const first = values(rand([4], { generator: free }));
    assertEquals(values(rand([4], { generator: new Generator(seed) })), first);
    assert(free.seed() !== seed);
    for (const bad of [0.5, NaN, 2 ** 60]) {
      assertThrows(
        () => new Generator(bad),
        ArgumentError,
        `Cannot seed with ${bad}: a seed is a whole number`,
      );
    }
  });

  test("leaves the default one alone, which manualSeed() seeds", () => {
    assertEquals(manualSeed(3) === defaultGenerator, true);
    const next = values(rand([5]));
    manualSeed(3);
    rand([100], seeded());
    assertEquals(values(rand([5])), next);
  });

  test("draws nothing for empty tensors", () => {
    const generator = new Generator(4);
    assertEquals(rand([0, 3], { generator }).shape, [0, 3]);
    assertEquals(randperm(0, { generator }).shape, [0]);
    assertEquals([...generator.getState().subarray(8)], [0, 0, 0, 0, 0, 0, 0, 0]);
  });
});

describe("distributions", () => {
  const n = 100_000;

  test("of rand() and uniform() are flat, in [low, high)", () => {
    for (const dtype of ["float32", "float64"] as const) {
      const drawn = values(uniform([n], { low: -2, high: 6, ...seeded(), dtype }));
      assert(drawn.every((value) => value >= -2 && value < 6));
      assert(Math.abs(mean(drawn) - 2) < 0.03);
      assert(Math.abs(mean(drawn.map((value) => (value - 2) ** 2)) - 64 / 12) < 0.05);
    }
    const unit = values(rand([n], seeded()));
    assert(unit.every((value) => value >= 0 && value < 1));
    const bins = Array<number>(20).fill(0);
    for (const value of unit) bins[Math.floor(value * 20)]!++;
    assert(bins.every((count) => Math.abs(count - n / 20) < 350), String(bins));
  });

  test("of randn() and normal() have the moments of the normal one", () => {
    for (const dtype of ["float32", "float64"] as const) {
      const drawn = values(normal(3, 2, [n], { ...seeded(), dtype })).map((value) =>
        (value - 3) / 2
      );
      assert(drawn.every(Number.isFinite));
      [0, 1, 0, 3].forEach((moment, i) => {
        const found = mean(drawn.map((value) => value ** (i + 1)));
        assert(Math.abs(found - moment) < 0.06, `moment ${i + 1} is ${found}`);
      });
      assert(
        Math.abs(mean(drawn.slice(1).map((value, i) => value * drawn[i]!))) < 0.02,
        "neighbours are independent",
      );
    }
    assertThrows(
      () => normal(0, -1, [1]),
      ArgumentError,
      "Cannot draw normal numbers with standard deviation -1",
    );
    assertEquals(values(normal(5, 0, [3], seeded())), [5, 5, 5]);
  });

  test("of randint() has every whole number", () => {
    const x = randint(-2, 3, [n], seeded());
    assertEquals(x.dtype, "int64");
    const counts = new Map<number, number>();
    for (const value of values(x)) counts.set(value, (counts.get(value) ?? 0) + 1);
    assertEquals([...counts.keys()].toSorted((a, b) => a - b), [-2, -1, 0, 1, 2]);
    assert([...counts.values()].every((count) => Math.abs(count - n / 5) < 700));
    assertEquals(randint(0, 2, [1], { dtype: "float32" }).dtype, "float32");
    assertEquals(values(randint(7, 8, [3], { dtype: "int32" })), [7, 7, 7]);
    const wide = values(randint(-(2 ** 52), 2 ** 52, [1000], seeded()));
    assert(wide.some((value) => value < -(2 ** 51)) && wide.some((value) => value > 2 ** 51));
  });

  test("of randperm() is a permutation, and every one comes", () => {
    assertEquals(
      values(randperm(10_000, seeded())).toSorted((a, b) => a - b),
      Array.from({ length: 10_000 }, (_, i) => i),
    );
    const generator = new Generator(1);
    const seen = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const text = String(values(randperm(3, { generator })));
      seen.set(text, (seen.get(text) ?? 0) + 1);
    }
    assertEquals(seen.size, 6);
    assert(
      [...seen.values()].every((count) => Math.abs(count - 1000) < 150),
      String([...seen.values()]),
    );
  });

  test("of bernoulli() and dropout() keep their share", () => {
    assert(Math.abs(mean(values(bernoulli(0.2, [n], seeded()))) - 0.2) < 0.01);
    assertEquals([mean(values(bernoulli(0, [99]))), mean(values(bernoulli(1, [99])))], [0, 1]);
    assert(Math.abs(mean(values(dropout(ones([n]), { p: 0.9, ...seeded() }))) - 1) < 0.05);
  });
});
