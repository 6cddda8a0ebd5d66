import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as mt from "../mod.ts";
import { ArgumentError, AxisError, IndexError, ShapeError, type Tensor, tensor } from "../mod.ts";
import { randomSource } from "../src/law_case.ts";
import { assertValues, values } from "./values.ts";

/** Numbers of few different values, some of them NaN, infinite or -0. */
function awkward(count: number, seed: string): number[] {
  const random = randomSource(seed);
  const special = [NaN, Infinity, -Infinity, 0, -0];
  return Array.from({ length: count }, () => {
    const pick = Math.floor(random() * 60);
    return special[pick] ?? pick - 30;
  });
}

/** Array's own stable sort, NaN above all. */
function order(list: readonly number[], sign: number): number[] {
  const compare = (a: number, b: number): number =>
    Number.isNaN(a) ? Number(!Number.isNaN(b)) : Number.isNaN(b) ? -1 : Math.sign(a - b) || 0;
  return list.map((_, i) => i).sort((i, j) => {
    const [a, b] = [list[i]!, list[j]!];
    return a === b ? i - j : sign * compare(a, b) || i - j;
  });
}

describe("sort()", () => {
  for (const dtype of ["float32", "float64"] as const) {
    test(`is the stable order of every length in ${dtype}`, () => {
      for (const count of [1, 2, 7, 20, 64, 65, 128, 129, 300, 5000]) {
        const list = awkward(count, `sort ${count}`);
        const x = tensor(list, { dtype });
        for (const descending of [false, true]) {
          const expected = order(list, descending ? -1 : 1);
          const { values: sorted, indices } = mt.sort(x, { descending });
          assertEquals(values(indices), expected);
          assertEquals(values(sorted), expected.map((i) => list[i]!));
        }
      }
    });
  }

  test("of a long row, which all threads sort, is the same", () => {
    const list = awkward((1 << 18) + 5, "long");
    assertEquals(values(mt.argsort(tensor(list))), order(list, 1));
    const numbers = tensor(list).maskedFill(tensor(list).isnan(), 0);
    const whole = numbers.clamp(-30, 30).to("int64");
    assertEquals(values(whole.argsort()), order(values(whole), 1));
  });

  test("takes the dim before the options or in them, not twice", () => {
    const x = tensor([[3, 1], [2, 4]]);
    assertEquals(values(x.sort(0).values), [2, 1, 3, 4]);
    assertEquals(values(x.sort({ dim: 0 }).values), [2, 1, 3, 4]);
    assertThrows(() => x.sort(0, { dim: 0 }), ArgumentError, "given twice");
    assertThrows(() => x.sort(2), AxisError, "Cannot sort along dim 2");
    assertThrows(() => x.sort({ ascending: true } as never), ArgumentError, "option ascending");
  });

  test("does not keep the extremes of int64", () => {
    const x = mt.fromTypedArray(BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n), 0n, -1n));
    assertEquals([...x.sort().values.toTypedArray()], [-(2n ** 63n), -1n, 0n, 2n ** 63n - 1n]);
  });

  test("gives tensors of their own, contiguous along every dim", () => {
    const { values: sorted, indices } = mt.sort(mt.rand([3, 4, 5]), 1);
    assert(sorted.isContiguous() && indices.isContiguous());
    sorted.fill_(1);
  });
});

describe("topk() and kthvalue()", () => {
  test("are parts of the sorted row, ties by the lower index", () => {
    for (const [count, k] of [[40, 3], [300, 20], [1000, 200], [1000, 999]] as const) {
      const list = awkward(count, `topk ${count}`);
      for (const largest of [false, true]) {
        const expected = order(list, largest ? -1 : 1);
        const x = tensor(list);
        assertEquals(values(x.topk(k, { largest }).indices), expected.slice(0, k));
        if (!largest) assertEquals(x.kthvalue(k).indices.item(), expected[k - 1]);
      }
    }
  });

  test("read strided rows", () => {
    const x = mt.arange(24).reshape([4, 6]);
    assertEquals(values(x.T.topk(1, 0).values), [5, 11, 17, 23]);
    assertEquals(values(x.index(":", "::-2").topk(2, 1).indices), [0, 1, 0, 1, 0, 1, 0, 1]);
    assertEquals(values(x.T.kthvalue(2, 1).values), [6, 7, 8, 9, 10, 11]);
  });

  test("refuse a k outside the dim", () => {
    const x = tensor([[1, 2, 3]]);
    assertThrows(() => x.topk(4), ArgumentError, "Cannot topk with k = 4: dim 1 of a tensor");
    assertThrows(() => x.topk(1.5), ArgumentError);
    assertThrows(() => x.kthvalue(0), ArgumentError, "Cannot kthvalue with k = 0");
    assertEquals(x.topk(0).values.shape, [1, 0]);
  });
});

describe("median() and mode()", () => {
  test("need elements along the dim", () => {
    const x = mt.zeros([2, 0]);
    assertThrows(() => x.median(1), ShapeError, "Cannot median a tensor of shape [2, 0]");
    assertThrows(() => x.mode(1), ShapeError, "no elements to choose from");
    assertThrows(() => x.to("int64").median(), ShapeError, "Cannot median");
    assertEquals(x.median(0).values.shape, [0]);
    assertEquals(x.median().item(), NaN);
  });

  test("keep the dim when asked to", () => {
    const x = tensor([[1, 5, 3], [2, 2, 9]]);
    assertEquals(x.median({ keepdim: true }).shape, [1, 1]);
    assertEquals(x.median({ dim: 1, keepdim: true }).indices.shape, [2, 1]);
    assertEquals(values(x.mode().values), [1, 2]);
    assertEquals(x.nanmedian(-1).values.shape, [2]);
  });
});

describe("quantile()", () => {
  test("takes lists and tensors of q, and refuses others", () => {
    const x = tensor([4, 1, 3, 2]);
    assertValues(x.quantile([0, 0.5, 1]), [1, 2.5, 4]);
    assertValues(x.quantile(tensor([0.5])), [2.5]);
    assertThrows(() => x.quantile(1.5), ArgumentError, "it must be in [0, 1]");
    assertThrows(() => x.quantile(NaN), ArgumentError);
    assertThrows(() => x.quantile(tensor([[0.5]])), ShapeError, "it is a number or 1-D");
    assertThrows(() => x.quantile(0.5, { interpolation: "cubic" as never }), ArgumentError);
  });

  test("of infinite neighbours is infinite, of none NaN", () => {
    assertEquals(tensor([1, Infinity, Infinity]).quantile(0.75).item(), Infinity);
    assertEquals(mt.zeros([0]).quantile(0.5).item(), NaN);
    assertEquals(values(mt.zeros([2, 0]).quantile([0.5], 1)), [NaN, NaN]);
    assertEquals(tensor([NaN, NaN]).nanquantile(0.5).item(), NaN);
  });
});

describe("nanmax() and nanmin()", () => {
  test("answer NaN where there are no numbers", () => {
    const x = tensor([[NaN, NaN], [NaN, -Infinity], [2, 2]]);
    const { values: best, indices } = x.nanmax(1);
    assertEquals(values(best), [NaN, -Infinity, 2]);
    assertEquals(values(indices), [0, 1, 0]);
    assertEquals(tensor([NaN, NaN]).nanmin().item(), NaN);
    assertEquals(x.nanmin({ dim: 0, keepdim: true }).values.shape, [1, 2]);
    assertEquals(tensor([3, 1], { dtype: "int32" }).nanmax().item(), 3);
  });

  test("refuse to choose from nothing, by their own names", () => {
    assertThrows(() => mt.nanmax(mt.zeros([2, 0]), 1), ShapeError, "Cannot nanmax a tensor");
    assertThrows(() => mt.nanmin(mt.zeros([0])), ShapeError, "Cannot nanmin a tensor");
    assertThrows(() => mt.aminmax(mt.zeros([0])), ShapeError, "Cannot aminmax a tensor");
    assertThrows(() => mt.zeros([0]).norm({ p: Infinity }), ShapeError, "Cannot norm a tensor");
    assertEquals(mt.nanmax(mt.zeros([2, 0]), 0).values.shape, [0]);
  });

  test("share the gradient of all among ties", () => {
    const x = tensor([2, NaN, 2, 1], { requiresGrad: true });
    x.nanmax().backward();
    assertValues(x.grad, [0.5, 0, 0.5, 0]);
  });
});

describe("unique()", () => {
  test("puts the tensor together again by the inverse", () => {
    const random = randomSource("unique");
    const list = Array.from({ length: 6000 }, () => Math.floor(random() * 50));
    const x = tensor(list, { dtype: "int32" }).reshape([2, 3000]);
    const found = x.unique({ returnInverse: true, returnCounts: true });
    const places = found.inverse!.reshape([-1]);
    assertEquals(values(found.values.indexSelect(0, places)), list);
    assertEquals(found.inverse!.shape, [2, 3000]);
    assertEquals(values(found.counts!.sum()), [6000]);
  });

  test("of slices orders them by their elements", () => {
    const x = tensor([[2, 1], [1, 2], [2, 1], [1, 1]]);
    const found = mt.unique(x, { dim: 0, returnInverse: true });
    assertEquals(values(found.values), [1, 1, 1, 2, 2, 1]);
    assertEquals(values(found.inverse!), [2, 1, 2, 0]);
    assertEquals(mt.unique(x.T, { dim: 1 }).shape, [2, 3]);
  });
});

describe("searchsorted() and its like", () => {
  test("count what comes before, for any number of values", () => {
    const sorted = [-3, -1, -1, 0, 2, 2, 2, 7];
    const found = Array.from({ length: 21 }, (_, i) => i / 2 - 4);
    const before = (x: number, behind: boolean): number =>
      sorted.filter((y) => behind ? y <= x : y < x).length;
    for (const side of ["left", "right"] as const) {
      const places = mt.searchsorted(tensor(sorted), tensor(found), { side });
      assertEquals(values(places), found.map((x) => before(x, side === "right")));
    }
    const rows = tensor([sorted, sorted.map((x) => x + 1)]);
    const spread = rows.flip(1).index(":", "::-1");
    assertEquals(values(spread.searchsorted(tensor([[0], [0]]))), [3, 1]);
  });

  test("refuse what does not fit", () => {
    const rows = mt.zeros([2, 3]);
    assertThrows(() => rows.searchsorted(mt.zeros([3, 1])), ShapeError, "there must be one row");
    assertThrows(() => rows.searchsorted(1), ShapeError);
    assertThrows(() => mt.bucketize(rows, rows), ShapeError, "they must be 1-D");
    assertThrows(() => rows.searchsorted(rows, { side: "up" as never }), ArgumentError);
    const index = tensor([6], { dtype: "int64" });
    assertThrows(() => mt.unravelIndex(index, [2, 3]), IndexError, "indices are 0 to 5");
  });
});

describe("lexsort()", () => {
  test("orders by the last key first, of any dtypes", () => {
    const keys = [tensor([1, 5, 1, 4, 3]), tensor([9, 4, 0, 4, 0], { dtype: "int64" })];
    assertEquals(values(mt.lexsort(keys)), [2, 4, 3, 1, 0]);
    assertThrows(() => mt.lexsort([]), ArgumentError, "Cannot lexsort by no keys");
    assertThrows(() => mt.lexsort([mt.zeros([2]), mt.zeros([3])]), ShapeError);
  });
});

describe("gradients", () => {
  const functions: Readonly<Record<string, (x: Tensor) => Tensor>> = {
    "sort, squared": (x) => x.sort(0, { descending: true }).values.square(),
    topk: (x) => x.topk(2).values.mul(x.topk(2, { largest: false }).values),
    quantile: (x) => x.quantile([0.2, 0.5, 0.9], 1).square(),
    nanmean: (x) => x.square().nanmean(1),
    norm: (x) => x.norm({ p: 3, dim: 1 }),
    renorm: (x) => x.renorm(2, 0, 1),
    cov: (x) => x.cov(),
    corrcoef: (x) => x.corrcoef(),
    "stdMean, both": (x) => x.stdMean(1).std.mul(x.stdMean(1).mean),
    logcumsumexp: (x) => x.logcumsumexp(1),
    uniqueConsecutive: (x) => x.uniqueConsecutive().square(),
  };
  for (const [name, f] of Object.entries(functions)) {
    test(`of ${name}, first and second, are what differences say`, () => {
      const random = randomSource(`gradients of ${name}`);
      const list = Array.from({ length: 12 }, () => random() * 4 - 2);
      const at = (moved: readonly number[]): Tensor =>
        tensor(moved, { dtype: "float64" }).reshape([3, 4]);
      const value = (x: Tensor): Tensor => {
        const y = f(x);
        return y.mul(mt.arange(1, y.numel() + 1).to("float64").reshape(y.shape)).sum();
      };
      const slope = (x: Tensor, createGraph: boolean): Tensor =>
        mt.grad([value(x)], [x], { createGraph })[0]!;
      const differences = (g: (x: Tensor) => Tensor): number[] =>
        list.map((center, i) => {
          const step = 1e-5;
          const up = Number(g(at(list.with(i, center + step))).item());
          return (up - Number(g(at(list.with(i, center - step))).item())) / (2 * step);
        });
      const x = at(list).requiresGrad_();
      assertValues(slope(x, false), differences(value), 1e-6);
      const weights = x.detach().cos();
      const second = mt.grad([slope(x, true).mul(weights).sum()], [x], { allowUnused: true })[0];
      const expected = differences((moved) =>
        slope(moved.requiresGrad_(), false).mul(weights).sum()
      );
      assertValues(second ?? mt.zerosLike(x), expected, 1e-5);
    });
  }
});

describe("histogram()", () => {
  test("sums weights, and takes edges", () => {
    const x = tensor([0.5, 1.5, 1.5, 9, NaN]);
    const weight = tensor([1, 2, 3, 4, 5]);
    assertEquals(values(x.histogram([0, 1, 2], { weight }).hist), [1, 5]);
    assertThrows(() => x.histogram(0), ArgumentError, "Cannot histogram with 0 bins");
    assertThrows(() => x.histogram(3), ArgumentError, "the ends must be finite");
    assertThrows(() => x.histogram(3, { weight: mt.ones([2]) }), ShapeError);
    assertThrows(() => x.histc({ bins: 2, min: 3, max: 1 }), ArgumentError);
  });

  test("of points counts them in a grid", () => {
    const points = tensor([[0, 0], [0, 1], [1, 1], [1, 1]]);
    const { hist, binEdges } = points.histogramdd(2, { range: [0, 2, 0, 2], density: true });
    assertValues(hist, [0.25, 0.25, 0, 0.5]);
    assertEquals(binEdges.map((edges) => values(edges)), [[0, 1, 2], [0, 1, 2]]);
    assertThrows(() => points.histogramdd([2]), ShapeError, "points stand along its last dim");
  });
});

describe("sum() and its like", () => {
  test("compute in the dtype asked for", () => {
    const x = tensor([1.5, 2.5]);
    assertEquals([x.sum({ dtype: "int64" }).dtype, x.sum({ dtype: "int64" }).item()], ["int64", 3]);
    assertEquals(x.to("int32").prod(0, { dtype: "float64" }).dtype, "float64");
    assertEquals(x.to("int32").cumsum(0, { dtype: "int32" }).dtype, "int32");
    assertEquals(x.to("int32").mean({ dtype: "float64" }).dtype, "float64");
    assertEquals(x.nansum({ dtype: "float64" }).dtype, "float64");
    assertThrows(() => x.mean({ dtype: "int64" }), mt.DTypeError, "Cannot mean a tensor");
    assertThrows(() => x.cumsum(0, { axis: 1 } as never), ArgumentError, "option axis");
  });

  test("max() and min() take a dim among the options, and a second tensor", () => {
    const x = tensor([[1, 5], [7, 3]]);
    assertEquals(values(x.max({ dim: 0, keepdim: true }).values), [7, 5]);
    assertEquals(values(x.min(tensor([2, 2]))), [1, 2, 2, 2]);
    assertEquals(x.max({ keepdim: true }).shape, [1, 1]);
    assertThrows(() => x.max(0, { dim: 0 }), ArgumentError, "given twice");
  });
});

describe("norm()", () => {
  test("takes any power, and names", () => {
    const x = tensor([[3, -4], [0, 1]]);
    assertValues(x.norm({ p: Infinity, dim: 1 }), [4, 1]);
    assertValues(x.norm({ p: -Infinity, dim: 1, keepdim: true }), [3, 0]);
    assertValues(x.norm({ p: 0 }), [3]);
    assertValues(x.norm({ p: "fro", dim: 1 }), [5, 1]);
    assertValues(x.norm({ p: "nuc" }), [Math.sqrt(32)]); // sqrt(trace + 2 |det|)
    assertThrows(() => x.norm({ p: "max" as never }), ArgumentError, 'a number, "fro" or "nuc"');
    assertThrows(() => x.renorm(0, 0, 1), ArgumentError, "p must be above 0");
  });

  test("has gradient 0 at 0", () => {
    for (const p of [0.5, 1, 2, 3, Infinity]) {
      const x = tensor([0, 0], { requiresGrad: true });
      x.norm({ p }).backward();
      assertValues(x.grad, [0, 0]);
    }
  });
});

describe("cov()", () => {
  test("weighs observations", () => {
    const x = tensor([[0, 1, 2], [2, 0, 1]]);
    const fweights = tensor([1, 3, 1], { dtype: "int64" });
    const repeated = mt.indexSelect(x, 1, [0, 1, 1, 1, 2]);
    assertValues(x.cov({ fweights }), values(repeated.cov()), 1e-6);
    assertThrows(() => x.cov({ fweights: mt.ones([2]) }), ShapeError, "there are 3 observations");
    assertThrows(() => mt.cov(mt.zeros([1, 2, 3])), ShapeError, "more than 2 dims");
  });
});
