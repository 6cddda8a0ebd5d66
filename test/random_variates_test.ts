/** Random numbers with parameters for each element: their distributions, seeds and errors. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  ArgumentError,
  full,
  Generator,
  getNumThreads,
  multinomial,
  poisson,
  rand,
  setNumThreads,
  ShapeError,
  special,
  type Tensor,
  tensor,
} from "../mod.ts";
import { binomialVariates, gammaVariates } from "../src/random_variates.ts";

const numbers = (x: Tensor) => Array.from(x.toTypedArray() as ArrayLike<number | bigint>, Number);
const seeded = (seed: number) => new Generator(seed);
const f64 = { dtype: "float64" } as const;
const COUNT = 40000;

/** Pearson's statistic of counts beside expected ones, in standard deviations from its mean. */
function surprise(counts: readonly number[], expected: readonly number[]): number {
  let [sum, kinds] = [0, -1];
  let [rest, restExpected] = [0, 0];
  counts.forEach((count, i) => {
    if (expected[i]! < 10) return [rest += count, restExpected += expected[i]!];
    kinds++;
    sum += (count - expected[i]!) ** 2 / expected[i]!;
  });
  if (restExpected > 1) {
    kinds++;
    sum += (rest - restExpected) ** 2 / restExpected;
  }
  return (sum - kinds) / Math.sqrt(2 * kinds);
}

function countsOf(draws: readonly number[], kinds: number): number[] {
  const counts = new Array<number>(kinds).fill(0);
  for (const k of draws) counts[Math.min(k, kinds - 1)]!++;
  return counts;
}

/** Largest distance between the draws' distribution and the true one, times √n. */
function kolmogorov(draws: readonly number[], shares: readonly number[]): number {
  const order = draws.map((_, i) => i).sort((a, b) => draws[a]! - draws[b]!);
  const off = order.map((i, rank) => Math.abs(shares[i]! - (rank + 0.5) / draws.length));
  return Math.max(...off) * Math.sqrt(draws.length);
}

describe("poisson()", () => {
  for (const rate of [0.3, 4, 9.9, 10, 17.5, 250]) {
    test(`draws rate ${rate} as often as it is likely`, () => {
      const draws = numbers(poisson(full([COUNT], rate, f64), { generator: seeded(3) }));
      const kinds = Math.ceil(rate + 8 * Math.sqrt(rate) + 8);
      const k = tensor(Array.from({ length: kinds }, (_, i) => i), f64);
      const logs = special.xlogy(k, rate).sub(rate).sub(special.gammaln(k.add(1)));
      const expected = numbers(logs.exp()).map((share) => share * COUNT);
      assert(Math.abs(surprise(countsOf(draws, kinds), expected)) < 4);
    });
  }

  test("takes rates from 0 to the largest, and keeps shape and dtype", () => {
    assertEquals(numbers(poisson([0, 0, 0])), [0, 0, 0]);
    const [large] = numbers(poisson(tensor([1e12], f64), { generator: seeded(1) }));
    assert(Math.abs(large! - 1e12) < 6e6 && Number.isInteger(large));
    const x = poisson(full([2, 3], 4));
    assertEquals([x.shape, x.dtype], [[2, 3], "float32"]);
    assertEquals(poisson(full([0, 2], 1)).shape, [0, 2]);
    assertEquals(poisson(full([3, 2], 5, f64).T, { generator: seeded(1) }).shape, [2, 3]);
  });

  test("refuses rates that are none", () => {
    for (const rate of [-1, NaN, Infinity]) {
      assertThrows(() => poisson([1, rate]), ArgumentError, "a rate is negative or not finite");
    }
    assertThrows(() => poisson([1], { seed: 1 } as never), ArgumentError, "option seed");
  });
});

describe("gamma, binomial", () => {
  for (const shape of [0.05, 0.7, 1, 3.5, 400]) {
    test(`gamma numbers of shape ${shape} follow their distribution`, () => {
      const a = full([COUNT], shape, f64);
      const draws = gammaVariates(a, false, seeded(5));
      assert(kolmogorov(numbers(draws), numbers(special.gammainc(a, draws))) < 1.9);
      const logs = gammaVariates(a, true, seeded(5));
      assert(logs.exp().allclose(draws, { rtol: 1e-10 }));
    });
  }

  for (const [count, p] of [[7, 0.3], [60, 0.1], [60, 0.9], [1000, 0.4]] as const) {
    test(`binomial numbers of ${count} and ${p} are as often as they are likely`, () => {
      const n = full([COUNT], count, f64);
      const draws = numbers(binomialVariates(n, full([COUNT], p, f64), seeded(8)));
      const k = tensor(Array.from({ length: count + 1 }, (_, i) => i), f64);
      const ways = special.gammaln(k.add(1)).add(special.gammaln(k.neg().add(count + 1)));
      const logs = special.gammaln(count + 1).sub(ways).add(k.mul(Math.log(p)))
        .add(k.neg().add(count).mul(Math.log1p(-p)));
      const expected = numbers(logs.exp()).map((share) => share * COUNT);
      assert(Math.abs(surprise(countsOf(draws, count + 1), expected)) < 4);
    });
  }
});

/** What seed 1 gives for the test's parameters. */
const POISSON = [1, 5, 14, 56, 1000474];
const GAMMA = [
  0.12285614170869187,
  4.299200894606169,
  12.035342468884801,
  96.4477614830319,
  1000478.095823145,
];

describe("the numbers of a seed", () => {
  test("do not depend on threads", () => {
    const before = getNumThreads();
    const rates = rand([10000], { generator: seeded(2) }).mul(40);
    const draw = () =>
      [
        poisson(rates, { generator: seeded(4) }),
        gammaVariates(rates, false, seeded(4)),
        binomialVariates(rates.floor(), rates.div(40), seeded(4)),
        multinomial(rates.reshape([100, 100]), 50, { generator: seeded(4) }),
      ].map((x) => numbers(x).join());
    try {
      setNumThreads(1);
      const alone = draw();
      setNumThreads(3);
      assertEquals(draw(), alone);
    } finally {
      setNumThreads(before);
    }
  });

  test("are these, in every runtime", () => {
    const rates = tensor([0.5, 3, 12, 80, 1e6], f64);
    assertEquals(numbers(poisson(rates, { generator: seeded(1) })), POISSON);
    assertEquals(numbers(gammaVariates(rates, false, seeded(1))), GAMMA);
  });
});

describe("multinomial()", () => {
  test("draws with replacement by weight, never what weighs nothing", () => {
    const p = tensor([[0, 1, 3, 0], [2, 0, 0, 2]], f64);
    const draws = multinomial(p, COUNT, { replacement: true, generator: seeded(6) });
    assertEquals([draws.shape, draws.dtype], [[2, COUNT], "int64"]);
    const [first, second] = [draws.select(0, 0), draws.select(0, 1)].map((x) =>
      countsOf(numbers(x), 4)
    );
    assert(Math.abs(surprise(first!.slice(1, 3), [COUNT / 4, COUNT * 3 / 4])) < 4);
    assertEquals([first![0], first![3], second![1], second![2]], [0, 0, 0, 0]);
  });

  test("draws without replacement as one after the other", () => {
    const rows = full([COUNT, 1], 1).mul(tensor([1, 2, 0, 3]));
    const draws = multinomial(rows, 2, { generator: seeded(6) });
    const pairs = numbers(draws.select(1, 0).mul(4).add(draws.select(1, 1)));
    const p = [1 / 6, 2 / 6, 0, 3 / 6];
    const expected = Array.from({ length: 16 }, (_, i) => {
      const [a, b] = [i >> 2, i & 3];
      return a === b ? 0 : COUNT * p[a]! * p[b]! / (1 - p[a]!);
    });
    const counts = countsOf(pairs, 16);
    assert(counts.every((count, i) => count === 0 || expected[i]! > 0));
    assert(Math.abs(surprise(counts, expected)) < 4);
    assertEquals(numbers(multinomial(tensor([1, 0, 1e-300], f64), 2)).sort(), [0, 2]);
  });

  test("refuses weights that are none", () => {
    assertThrows(() => multinomial([1, -1], 1), ArgumentError, "negative or not finite");
    assertThrows(() => multinomial([1, NaN], 1), ArgumentError, "negative or not finite");
    assertThrows(() => multinomial([[1], [0]], 1), ArgumentError, "a row has 0 weights above 0");
    assertThrows(
      () => multinomial([1, 0, 1], 3),
      ArgumentError,
      "a row has 2 weights above 0, it needs 3",
    );
    assertThrows(() => multinomial([1], 0), ArgumentError, "draw 0 categories");
    assertThrows(() => multinomial(1, 1), ShapeError, "weights of shape []");
    assertThrows(() => multinomial(full([2, 0], 1), 1), ShapeError, "shape [2, 0]");
  });
});

describe("Generator#split()", () => {
  test("gives streams of their own, the same ones for a seed", () => {
    const streams = (seed: number) =>
      seeded(seed).split(3).map((generator) => numbers(rand([8], { generator })).join());
    assertEquals(streams(1), streams(1));
    assertEquals(new Set([...streams(1), ...streams(2)]).size, 6);
    const parent = seeded(1);
    assertEquals(parent.split().length, 2);
    assert(parent.split()[0]!.initialSeed() !== seeded(1).split()[0]!.initialSeed());
    assertThrows(() => parent.split(0), ArgumentError, "Cannot split a generator into 0");
  });
});
