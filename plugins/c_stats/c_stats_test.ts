import { test } from "node:test";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  executeCustomOp,
  KernelError,
  linspace,
  ones,
  type Tensor,
  tensor,
  zeros,
} from "@minitensor/minitensor";
import { checkOp, lawReport } from "@minitensor/minitensor/testing";
import { builtOnly, learnXor, load, opOf, valuesOf } from "../library.ts";

type Moments = { readonly mean: Tensor; readonly variance: Tensor };

function moments(x: Tensor, attributes: Readonly<Record<string, number | boolean>> = {}): Moments {
  return executeCustomOp("c_stats/mean_variance", [x], attributes) as unknown as Moments;
}

function range(x: Tensor, attributes: Readonly<Record<string, number | boolean>> = {}): Tensor {
  return executeCustomOp("c_stats/range", [x], attributes) as Tensor;
}

/** Numbers that repeat late and have no pattern that a stride would show. */
function values(count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.sin(i * i + 1) * 3 + 100);
}

function plainMoments(list: readonly number[], correction: number): readonly [number, number] {
  const mean = list.reduce((sum, x) => sum + x, 0) / list.length;
  const squares = list.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return [mean, squares / (list.length - correction)];
}

const built = builtOnly("c_stats");

test("c_stats: mean_variance is what the formulas say, for long rows and many", built, () => {
  using _ = load("c_stats");
  for (const [rows, columns] of [[3, 5], [2, 70_000], [5_000, 9]] as const) {
    const list = values(rows * columns);
    const x = tensor(list, { dtype: "float64" }).reshape([rows, columns]);
    const { mean, variance } = moments(x, { dim: 1 });
    assertEquals([mean.shape, variance.shape], [[rows], [rows]]);
    for (const row of [0, rows - 1]) {
      const plain = plainMoments(list.slice(row * columns, (row + 1) * columns), 1);
      assertAlmostEquals(valuesOf(mean)[row]!, plain[0], 1e-11);
      assertAlmostEquals(valuesOf(variance)[row]!, plain[1], 1e-11);
    }
    const all = moments(x.transpose(0, 1), { correction: 0, keepdim: true });
    const plain = plainMoments(list, 0);
    assertEquals(all.mean.shape, [1, 1]);
    assertAlmostEquals(valuesOf(all.mean)[0]!, plain[0], 1e-11);
    assertAlmostEquals(valuesOf(all.variance)[0]!, plain[1], 1e-11);
  }
});

test("c_stats: no elements, one, and infinite ones", built, () => {
  using _ = load("c_stats");
  const pair = (list: readonly number[], correction = 1) => {
    const { mean, variance } = moments(tensor(list), { correction });
    return [mean.item(), variance.item()];
  };
  assertEquals(pair([]), [NaN, NaN]);
  assertEquals(pair([3]), [3, NaN]);
  assertEquals(pair([3], 0), [3, 0]);
  assertEquals(pair([1, 2], 3), [1.5, Infinity]);
  assertEquals(pair([1, NaN]), [NaN, NaN]);
  assertEquals(pair([1, Infinity]), [Infinity, NaN]);
  assertEquals(moments(zeros([0, 3]), { dim: 0 }).mean.toArray(), [NaN, NaN, NaN]);
  assertEquals(moments(zeros([3, 0]), { dim: 0 }).mean.shape, [0]);
  assertThrows(() => range(zeros([2, 0]), { dim: 1 }), KernelError, "range of no elements");
});

test("c_stats: range is maximum - minimum, NaN if there is one, and has no gradient", built, () => {
  using _ = load("c_stats");
  const x = tensor([[1, 5, -2], [0, 0.5, 0.25]]);
  assertEquals(range(x, { dim: -1 }).toArray(), [7, 0.5]);
  assertEquals(range(x).item(), 7);
  assertEquals(range(tensor([1, NaN, 3])).item(), NaN);
  assertEquals(range(linspace(0, 1, 100_000)).item(), 1);
  assert(!range(ones([3]).requiresGrad_()).requiresGrad);
});

test("c_stats: both obey the laws", built, () => {
  using plugin = load("c_stats");
  const samples = [
    { shapes: [[7]] },
    { shapes: [[3, 5]], rest: [{ dim: 1 }] },
    { shapes: [[3, 5]], rest: [{ dim: -2, keepdim: true, correction: 0 }] },
    { shapes: [[2, 3, 4]], rest: [{ dim: 1, correction: 2 }] },
    { shapes: [[2, 3]], rest: [{ keepdim: true }] },
  ];
  assertEquals(lawReport(checkOp(opOf(plugin, "c_stats/mean_variance"), { samples })), "");
  const plain = [{ shapes: [[7]] }, { shapes: [[3, 5]], rest: [{ dim: 0 }] }];
  assertEquals(lawReport(checkOp(opOf(plugin, "c_stats/range"), { samples: plain })), "");
});

test("c_stats: trains a network that normalizes by it", built, () => {
  using _ = load("c_stats");
  const [before, after] = learnXor((x) => {
    const { mean, variance } = moments(x, { dim: 1, keepdim: true });
    return x.sub(mean).div(variance.add(1e-5).sqrt()).tanh();
  });
  assert(after < 0.05 && after < before, `the loss went from ${before} to ${after}`);
});
