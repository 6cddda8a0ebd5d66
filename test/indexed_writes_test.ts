/** Reading and writing by arrays and masks: derivatives, layouts, in place, errors. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as mt from "../mod.ts";
import { arange, noGrad, ones, type Tensor, tensor, zeros } from "../mod.ts";
import { assertDerivatives, assertLayouts, type Differentiable } from "./derivatives.ts";
import { assertValues, values } from "./values.ts";

const one = (...elements: number[]) => tensor(elements, { dtype: "int64" });
const mask = tensor([[true, false, true], [false, false, true]]);

const functions: readonly (readonly [string, Differentiable, readonly (readonly number[])[]])[] = [
  ["take", (x) => mt.take(x!, [-1, 0, 0]), [[2, 3]]],
  ["takeAlongDim", (x) => mt.takeAlongDim(x!, tensor([[2n, 0n]]), 1), [[2, 3]]],
  ["maskedSelect", (x) => mt.maskedSelect(x!, mask), [[2, 3]]],
  ["maskedSelect of a row", (x) => mt.maskedSelect(x!, mask), [[3]]],
  ["maskedScatter", (x, y) => mt.maskedScatter(x!, mask, y!), [[2, 3], [4]]],
  ["indexCopy", (x, y) => mt.indexCopy(x!, 1, [2, 0], y!), [[2, 3], [2, 2]]],
  ["indexFill", (x, y) => mt.indexFill(x!, 1, [2, 0], y!), [[2, 3], []]],
  ["put", (x, y) => mt.put(x!, [-1, 0], y!), [[2, 3], [2]]],
  ["put adding", (x, y) => mt.put(x!, [1, 1], y!, { accumulate: true }), [[2, 3], [2]]],
  ["selectScatter", (x, y) => mt.selectScatter(x!, y!, 1, -1), [[2, 3], [2]]],
  ["sliceScatter", (x, y) => mt.sliceScatter(x!, y!, 1, 0, null, 2), [[2, 3], [2, 2]]],
  ["diagonalScatter", (x, y) => mt.diagonalScatter(x!, y!, { offset: 1 }), [[2, 3], [2]]],
  ["index", (x) => mt.index(x!, [0, 1, 0], [2, -1, 2]), [[2, 3]]],
  ["index by a mask", (x) => mt.index(x!, mask), [[2, 3]]],
  ["index apart", (x) => mt.index(x!, [1, 0], ":", [0, 1]), [[2, 3, 2]]],
  ["indexPut", (x, y) => mt.indexPut(x!, [":", [2, 0]], y!), [[2, 3], [2]]],
  ["indexPut adding", (x, y) => mt.indexPut(x!, [[0, 0]], y!, { accumulate: true }), [[2, 3], [3]]],
  ["indexPut of a slice", (x, y) => mt.indexPut(x!, [1, "::2"], y!), [[2, 3], [1]]],
  ["scatter of a number", (x) => mt.scatter(x!, 1, tensor([[2n]]), 5), [[2, 3]]],
];

describe("reading and writing by arrays", () => {
  for (const [name, fn, shapes] of functions) {
    test(`${name}() is differentiable twice`, () => assertDerivatives(fn, shapes));
    test(`${name}() does not depend on strides`, () => assertLayouts(fn, shapes));
  }

  test("takes tensors of int32, uint8 and bool as it takes arrays", () => {
    const x = arange(6).reshape([3, 2]);
    for (const dtype of ["int32", "int64", "uint8"] as const) {
      assertEquals(values(x.index(tensor([2, 0], { dtype }))), [4, 5, 0, 1]);
    }
    assertEquals(values(x.index(tensor([false, true, false]), 0)), [2]);
    assertEquals(x.index(tensor(true)).shape, [1, 3, 2]);
    assertEquals(x.index(tensor(false), 0).shape, [0, 2]);
    assertEquals(x.index(tensor(1n)).shape, [2]);
    assertEquals(x.index([]).shape, [0, 2]);
  });

  test("of repeated indices the last stays, or they add up", () => {
    assertEquals(values(zeros([3]).scatter(0, one(1, 1), tensor([5, 6]))), [0, 6, 0]);
    assertEquals(values(zeros([3]).indexPut([[1, 1]], [5, 6])), [0, 6, 0]);
    assertEquals(values(zeros([3]).indexPut([[1, 1]], [5, 6], { accumulate: true })), [0, 11, 0]);
  });

  test("keeps dtypes: values of no higher kind are converted", () => {
    const x = one(1, 2, 3);
    assertEquals(x.indexPut([0], true).toArray(), [1, 2, 3]);
    assertEquals(x.indexFill(0, [1], 2n ** 60n).index(1).item(), 2n ** 60n);
    assertEquals(tensor([true, false]).scatter(0, one(1), true).toArray(), [true, true]);
    assertEquals(ones([2]).indexPut([1], 5n).dtype, "float32");
  });
});

describe("reading and writing by arrays refuses", () => {
  const x = arange(6).reshape([2, 3]);
  const { ArgumentError, AxisError, DTypeError, IndexError, ShapeError } = mt;
  type Refusal = readonly [() => unknown, new (...given: never[]) => Error, string];
  const refusals: readonly Refusal[] = [
    [() => x.index([0, 2]), IndexError, "Cannot take index 2 of dim 0: its size is 2"],
    [() => x.index(":", [-4]), IndexError, "Cannot take index -4 of dim 1: its size is 3"],
    [() => x.index([0.5]), IndexError, "Cannot index a tensor by 0.5: it is not a whole number"],
    [() => x.index(tensor([0.5])), DTypeError, "by one of dtype float32"],
    [() => x.index([true, false, true]), IndexError, "by a mask of shape [3]"],
    [() => x.index(mask, 0), AxisError, "there are 3 items for 2 dims"],
    [() => x.index([0, 1], [0, 1, 2]), ShapeError, "Cannot index tensors of shapes [2] and [3]"],
    [() => x.indexPut([0], [1, 2]), ShapeError, "Cannot indexPut tensors of shapes [2] and [3]"],
    [() => x.indexPut([0], ones([2, 3])), ShapeError, "a value of shape [2, 3] into a part of [3]"],
    [
      () => x.long().indexPut([0], 0.5),
      DTypeError,
      "Cannot indexPut float32 elements into a int64",
    ],
    [() => x.indexPut([0], 1, { add: true } as object), ArgumentError, "with option add"],
    [() => x.take([6]), IndexError, "Cannot take index 6 of all elements: its size is 6"],
    [() => x.put([0], ones([2])), ShapeError, "there are not as many"],
    [() => x.takeAlongDim(one(0), 1), ShapeError, "there are not as many dims"],
    [() => x.maskedSelect(one(1, 0, 1)), DTypeError, "by a mask of dtype int64"],
    [() => x.maskedSelect(tensor([true])).indexCopy(0, [9], ones([1])), IndexError, "index 9"],
    [() => x.maskedScatter(mask, ones([2])), ArgumentError, "Cannot maskedScatter 2 elements to 3"],
    [
      () => x.scatter(0, tensor([[2n]]), 1),
      IndexError,
      "Cannot scatter: index 2 is outside 0 to 1",
    ],
    [() => x.scatter(0, one(0), 1), ShapeError, "the index must have as many dims"],
    [() => x.scatter(0, tensor([[0n, 0n]]), ones([1, 1])), ShapeError, "by an index of [1, 2]"],
    [() => x.indexCopy(0, [0], ones([3])), ShapeError, "Cannot indexCopy a source of shape [3]"],
    [() => x.indexFill(0, [0], ones([3])), ShapeError, "Cannot indexFill with a value of shape"],
    [() => x.selectScatter(ones([2]), 0, 0), ShapeError, "it must be [3]"],
    [() => x.selectScatter(ones([3]), 0, 2), IndexError, "Cannot take index 2 of dim 0"],
    [() => x.long().indexAdd(0, [0], ones([1, 3]), { alpha: 0.5 }), DTypeError, "by 0.5"],
  ];
  for (const [attempt, kind, message] of refusals) {
    test(message, () => void assertThrows(attempt, kind, message));
  }
});

describe("indexed writes in place", () => {
  const writes: Readonly<Record<string, readonly [(x: Tensor) => Tensor, (x: Tensor) => Tensor]>> =
    {
      "indexPut_ of a slice": [
        (x) => x.indexPut_([":", "1:"], [7, 8]),
        (x) => x.indexPut([":", "1:"], [7, 8]),
      ],
      "indexPut_ of an array": [
        (x) => x.indexPut_([":", [2, 0]], [7, 8]),
        (x) => x.indexPut([":", [2, 0]], [7, 8]),
      ],
      "indexPut_ of a mask": [(x) => x.indexPut_([mask], 9), (x) => x.indexPut([mask], 9)],
      "indexPut_ adding": [
        (x) => x.indexPut_([0], 5, { accumulate: true }),
        (x) => x.indexPut([0], 5, { accumulate: true }),
      ],
      scatter_: [
        (x) => x.scatter_(1, tensor([[2n], [0n]]), 5),
        (x) => x.scatter(1, tensor([[2n], [0n]]), 5),
      ],
      scatterAdd_: [
        (x) => x.scatterAdd_(1, tensor([[2n, 2n]]), ones([1, 2])),
        (x) => x.scatterAdd(1, tensor([[2n, 2n]]), ones([1, 2])),
      ],
      indexAdd_: [
        (x) => x.indexAdd_(0, [1, 1], ones([2, 3]), { alpha: 3 }),
        (x) => x.indexAdd(0, [1, 1], ones([2, 3]), { alpha: 3 }),
      ],
      maskedFill_: [(x) => x.maskedFill_(mask, 4), (x) => x.maskedFill(mask, 4)],
    };
  for (const [name, [change, expected]] of Object.entries(writes)) {
    test(`${name} does what the form without _ does`, () => {
      const x = arange(6).reshape([2, 3]).clone();
      const before = x.version;
      const result = expected(x);
      assert(change(x) === x && x.version > before);
      assertEquals(x.toArray(), result.toArray());
      const part = arange(12).reshape([2, 6]).clone().index(":", "::2");
      const whole = expected(part);
      assertEquals(change(part).toArray(), whole.toArray());
    });

    test(`${name} is recorded where gradients flow`, () => {
      const make = (write: (x: Tensor) => Tensor) => {
        const x = arange(6).reshape([2, 3]).clone().requiresGrad_();
        const y = write(x.mul(2));
        y.square().sum().backward();
        return values(x.grad!);
      };
      assertEquals(make(change), make(expected));
      const leaf = ones([2, 3], { requiresGrad: true });
      assertThrows(() => change(leaf), mt.GradientError, "a leaf that requires a gradient");
      noGrad(() => change(leaf));
      assertEquals(values(leaf), values(expected(ones([2, 3]))));
    });
  }

  test("carry the gradient of what is written", () => {
    const x = zeros([2, 3], { dtype: "float64" });
    const value = tensor([5, 7], { dtype: "float64", requiresGrad: true });
    x.indexPut_([1, ":2"], value);
    assert(x.requiresGrad);
    x.mul(tensor([[1, 2, 3], [10, 20, 30]])).sum().backward();
    assertValues(value.grad, [10, 20]);
  });

  test("read a source of the same memory in full before they write", () => {
    const x = arange(5);
    x.indexPut_(["1:"], x.index(":-1"));
    assertEquals(values(x), [0, 0, 1, 2, 3]);
  });

  test("are refused on expanded tensors, and where an index is outside", () => {
    const wide = ones([1]).expand([3]);
    assertThrows(() => wide.indexPut_([0], 1), mt.ArgumentError, "Cannot indexPut_ an expanded");
    const x = zeros([3]);
    assertThrows(() => x.indexPut_([[3]], 1), mt.IndexError, "Cannot take index 3 of dim 0");
    assertThrows(() => x.scatter_(0, one(1, 5), 1), mt.IndexError, "index 5 is outside 0 to 2");
    assertEquals(values(x), [0, 0, 0]);
  });
});
