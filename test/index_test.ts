import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  arange,
  ArgumentError,
  AxisError,
  ellipsis,
  Generator,
  IndexError,
  type IndexItem,
  newaxis,
  nonzero,
  oneHot,
  randn,
  slice,
  tensor,
  zeros,
} from "../mod.ts";
import { values } from "./values.ts";

const vector = () => arange(6);
const cube = () => arange(24).reshape([2, 3, 4]);

/** Python's own answer for `range(6)[start:stop:step]`. */
function pythonSlice(start: number | null, stop: number | null, step: number): number[] {
  const size = 6;
  const clip = (at: number, low: number, high: number) =>
    Math.min(Math.max(at < 0 ? at + size : at, low), high);
  const result: number[] = [];
  if (step > 0) {
    const end = stop === null ? size : clip(stop, 0, size);
    for (let i = start === null ? 0 : clip(start, 0, size); i < end; i += step) result.push(i);
  } else {
    const end = stop === null ? -1 : clip(stop, -1, size - 1);
    for (let i = start === null ? size - 1 : clip(start, -1, size - 1); i > end; i += step) {
      result.push(i);
    }
  }
  return result;
}

describe("index() with slices", () => {
  test("is Python's for every start, stop and step", () => {
    const x = vector();
    const ends = [null, -9, -6, -5, -1, 0, 1, 3, 5, 6, 9];
    for (const start of ends) {
      for (const stop of ends) {
        for (const step of [1, 2, 3, 7, -1, -2, -3, -7]) {
          const text = `${start ?? ""}:${stop ?? ""}:${step}`;
          const expected = pythonSlice(start, stop, step);
          assertEquals([text, values(x.index(slice(start, stop, step)))], [text, expected]);
          assertEquals([text, values(x.index(text))], [text, expected]);
        }
      }
    }
  });

  test("takes one number as the stop, and spaces in text", () => {
    assertEquals(values(vector().index(slice(2))), [0, 1]);
    assertEquals(values(vector().index(slice())), [0, 1, 2, 3, 4, 5]);
    assertEquals(values(vector().index(" 1 : -1 ")), [1, 2, 3, 4]);
    assertEquals(values(vector().index("+2:")), [2, 3, 4, 5]);
  });

  test("composes: a slice of a reversed slice", () => {
    const x = vector().index("::-2"); // 5 3 1
    assertEquals([x.strides, x.storageOffset()], [[-2], 5]);
    assertEquals(values(x.index("::-1")), [1, 3, 5]);
    assertEquals(values(x.index("1:")), [3, 1]);
    assertEquals(values(x.index(-1)), [1]);
    assertEquals(values(x.add(x.index("::-1"))), [6, 6, 6]);
  });

  test("may be empty anywhere", () => {
    assertEquals(vector().index("3:3").shape, [0]);
    assertEquals(cube().index(":", "5:", "::-1").shape, [2, 0, 4]);
    assertEquals(values(cube().index(":", "5:").sum()), [0]);
    assertEquals(zeros([0]).index("::-1").shape, [0]);
  });
});

describe("index() with several items", () => {
  const results: readonly (readonly [IndexItem[], number[], number[]])[] = [
    [[1, 2, 3], [], [23]],
    [[-1, -1, -1], [], [23]],
    [[0], [3, 4], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
    [[":", 0], [2, 4], [0, 1, 2, 3, 12, 13, 14, 15]],
    [["...", 0], [2, 3], [0, 4, 8, 12, 16, 20]],
    [[ellipsis, -1], [2, 3], [3, 7, 11, 15, 19, 23]],
    [[0, "...", 0], [3], [0, 4, 8]],
    [[1, 0, "..."], [4], [12, 13, 14, 15]],
    [[0, 0, 0, "..."], [], [0]],
    [[newaxis, 0, null, 0], [1, 1, 4], [0, 1, 2, 3]],
    [["...", null, 0], [2, 3, 1], [0, 4, 8, 12, 16, 20]],
    [[0, "1:", "::-3"], [2, 2], [7, 4, 11, 8]],
    [["::-1", 0, ":2"], [2, 2], [12, 13, 0, 1]],
  ];
  for (const [items, shape, expected] of results) {
    test(JSON.stringify(items), () => {
      const x = cube().index(...items);
      assertEquals([x.shape, values(x)], [shape, expected]);
    });
  }

  test("without items is a view of all", () => {
    const x = cube();
    const all = x.index();
    assertEquals([all === x, all.shape, all.storage === x.storage], [false, [2, 3, 4], true]);
    assertEquals(tensor(5).index().item(), 5);
    assertEquals(tensor(5).index("...", null).shape, [1]);
  });
});

describe("index() refuses", () => {
  const refusals: readonly (readonly [string, readonly unknown[], new () => Error, string])[] = [
    ["a number too large", [2], IndexError as never, "Cannot take index 2 of dim 0: its size is 2"],
    [
      "a number too small",
      [0, -4],
      IndexError as never,
      "Cannot take index -4 of dim 0: its size is 3",
    ],
    ["a fraction", [0.5], IndexError as never, "Cannot take index 0.5 of dim 0: its size is 2"],
    [
      "too many items",
      [0, 0, 0, 0],
      AxisError as never,
      "Cannot index a tensor: there are 4 items for 3 dims",
    ],
    [
      "two ellipses",
      ["...", 0, "..."],
      AxisError as never,
      "Cannot index a tensor: there are 2 ellipses",
    ],
    [
      "other text",
      ["1"],
      ArgumentError as never,
      'Cannot read "1" as a slice: it is start:stop or start:stop:step',
    ],
    ["more colons", ["1:2:3:4"], ArgumentError as never, 'Cannot read "1:2:3:4" as a slice'],
    ["no numbers", ["a:b"], ArgumentError as never, 'Cannot read "a:b" as a slice'],
    [
      "a step of 0",
      ["::0"],
      ArgumentError as never,
      "Cannot slice by steps of 0: it never arrives",
    ],
    ["other things", [{}], ArgumentError as never, "Cannot index a tensor by [object Object]"],
  ];
  for (const [name, items, kind, message] of refusals) {
    test(name, () => void assertThrows(() => cube().index(...items as IndexItem[]), kind, message));
  }

  test("slices that are not whole", () => {
    assertThrows(() => slice(0.5), ArgumentError, "Cannot slice by 0.5: it is not a whole number");
    assertThrows(() => slice(0, 1, 0), ArgumentError, "Cannot slice by steps of 0");
  });
});

describe("views by index", () => {
  test("share memory with the tensor, and versions", () => {
    const x = cube();
    const part = x.index(":", 1, "::-1");
    part.fill_(-1);
    assertEquals(values(x.index(0, 1)), [-1, -1, -1, -1]);
    x.zero_();
    assertEquals(values(part), Array(8).fill(0));
    assertEquals(part.version, x.version);
  });

  test("carry gradients to the places they show", () => {
    const x = vector().requiresGrad_();
    x.index("::-2").mul(tensor([1, 10, 100])).sum().backward();
    assertEquals(values(x.grad!), [0, 100, 0, 10, 0, 1]);
    x.zeroGrad();
    x.index(2).add(x.index("1:4").sum()).backward();
    assertEquals(values(x.grad!), [0, 1, 2, 1, 0, 0]);
  });
});

describe("select, narrow, split, chunk, unbind and diagonal", () => {
  test("cut views", () => {
    const x = cube();
    assertEquals(values(x.select(1, -1)), [8, 9, 10, 11, 20, 21, 22, 23]);
    assertEquals(x.narrow(-1, 1, 2).shape, [2, 3, 2]);
    assertEquals(values(x.narrow(2, -1, 1)), [3, 7, 11, 15, 19, 23]);
    assertEquals(x.split(2, 1).map((part) => part.shape), [[2, 2, 4], [2, 1, 4]]);
    assertEquals(x.split([1, 0, 3], -1).map((part) => part.shape[2]), [1, 0, 3]);
    assertEquals(x.chunk(3, 2).map((part) => part.shape[2]), [2, 2]);
    assertEquals(zeros([0]).split(3).map((part) => part.shape), [[0]]);
    assertEquals(x.unbind(0).map((part) => part.shape), [[3, 4], [3, 4]]);
    assertEquals(values(arange(12).reshape([3, 4]).diagonal()), [0, 5, 10]);
    assertEquals(values(arange(12).reshape([3, 4]).diagonal({ offset: -1 })), [4, 9]);
    assertEquals(arange(12).reshape([3, 4]).diagonal({ offset: 9 }).shape, [0]);
    assertEquals([x.select(0, 0), x.chunk(2)[1]!].map((part) => part.storage === x.storage), [
      true,
      true,
    ]);
  });

  test("refuse what is outside", () => {
    const x = cube();
    assertThrows(() => x.select(0, 2), IndexError, "Cannot take index 2 of dim 0: its size is 2");
    assertThrows(
      () => x.select(3, 0),
      AxisError,
      "Cannot select along dim 3: the tensor has 3 dims, so dims are -3 to 2",
    );
    assertThrows(
      () => x.narrow(2, 3, 2),
      IndexError,
      "Cannot narrow dim 2 to 2 elements from 3: its size is 4",
    );
    assertThrows(() => x.narrow(2, 0, -1), IndexError, "Cannot narrow dim 2 to -1 elements from 0");
    assertThrows(
      () => x.split([1, 1], 1),
      ArgumentError,
      "Cannot split a dim of 3 into [1, 1]: the sum differs",
    );
    assertThrows(
      () => x.split(0),
      ArgumentError,
      "Cannot split a dim into parts of 0: it is a whole number of 1 or more",
    );
    assertThrows(() => x.chunk(0), ArgumentError, "Cannot cut a tensor into 0 chunks");
    assertThrows(
      () => x.diagonal({ dim1: 1, dim2: -2 }),
      AxisError,
      "Cannot take the diagonal of dims 1 and 1",
    );
    assertThrows(() => tensor(1).select(0, 0), Error);
  });
});

describe("reading and writing by index tensors", () => {
  const table = () => arange(6).reshape([3, 2]);

  test("indexSelect() and gather() read", () => {
    assertEquals(table().indexSelect(0, [2, 0, 2]).toArray(), [[4, 5], [0, 1], [4, 5]]);
    assertEquals(table().indexSelect(1, tensor([1], { dtype: "int32" })).toArray(), [[1], [3], [
      5,
    ]]);
    assertEquals(table().T.indexSelect(0, [1]).toArray(), [[1, 3, 5]]);
    assertEquals(table().indexSelect(0, []).shape, [0, 2]);
    const index = tensor([[0, 1], [2, 0]], { dtype: "int64" });
    assertEquals(table().gather(0, index).toArray(), [[0, 3], [4, 1]]);
    assertEquals(tensor([[true, false]]).gather(1, tensor([[1n, 0n]])).toArray(), [[false, true]]);
  });

  test("indexAdd() and scatterAdd() write, adding up repeats", () => {
    assertEquals(table().indexAdd(0, [1, 1], tensor([[1, 1], [10, 10]])).toArray(), [[0, 1], [
      13,
      14,
    ], [4, 5]]);
    const index = tensor([[0, 0], [0, 2]], { dtype: "int64" });
    assertEquals(zeros([3, 2]).scatterAdd(0, index, tensor([[1, 2], [3, 4]])).toArray(), [[4, 2], [
      0,
      0,
    ], [0, 4]]);
  });

  test("oneHot() makes rows, without a table of all classes", () => {
    assertEquals(oneHot(tensor([1n, 0n, 2n])).toArray(), [[0, 1, 0], [1, 0, 0], [0, 0, 1]]);
    assertEquals(oneHot(tensor([[1], [0]], { dtype: "int32" }), 2).toArray(), [[[0, 1]], [[1, 0]]]);
    assertEquals(oneHot(tensor(2n), 4).toArray(), [0, 0, 1, 0]);
    assertEquals(oneHot(tensor([5n]), 3_000_000).sum().item(), 1);
  });

  test("refuse indices outside, which are never read", () => {
    for (const at of [3, -1, 2 ** 40]) {
      const index = tensor([BigInt(at)]);
      assertThrows(
        () => table().indexSelect(0, index),
        IndexError,
        `Cannot indexSelect: index ${at} is outside 0 to 2`,
      );
      assertThrows(
        () => table().gather(0, index.reshape([1, 1])),
        IndexError,
        `index ${at} is outside 0 to 2`,
      );
      assertThrows(
        () => table().scatterAdd(0, index.reshape([1, 1]), tensor([[1]])),
        IndexError,
        `index ${at} is outside 0 to 2`,
      );
      assertThrows(
        () => table().indexAdd(0, index, tensor([[1, 1]])),
        IndexError,
        `index ${at} is outside 0 to 2`,
      );
    }
  });

  test("refuse other dtypes and shapes", () => {
    assertThrows(
      () => table().indexSelect(0, tensor([0.5])),
      TypeError,
      "by an index of dtype float32: it must be int64 or int32",
    );
    assertThrows(
      () => table().indexSelect(0, zeros([1, 1], { dtype: "int64" })),
      TypeError,
      "it must be 1-D",
    );
    assertThrows(
      () => table().gather(0, zeros([2], { dtype: "int64" })),
      TypeError,
      "the index must have as many dims",
    );
    assertThrows(
      () => table().gather(0, zeros([1, 3], { dtype: "int64" })),
      TypeError,
      "be no larger in the others",
    );
  });
});

describe("nonzero()", () => {
  test("finds places in rows and chunks of any length", () => {
    for (const shape of [[40_000], [3, 17, 1001], [16_384, 2], [2, 1, 3, 5000], [0, 3]]) {
      const mask = randn(shape, { generator: new Generator(3) }).gt(0.3);
      const expected: number[] = [];
      mask.toTypedArray().forEach((value, place) => {
        if (!value) return;
        const at = shape.map(() => 0);
        let rest = place;
        for (let dim = shape.length - 1; dim >= 0; dim--) {
          at[dim] = rest % shape[dim]!;
          rest = Math.floor(rest / shape[dim]!);
        }
        expected.push(...at);
      });
      const places = nonzero(mask);
      assertEquals(places.shape, [expected.length / shape.length, shape.length]);
      assertEquals(Array.from(places.toTypedArray(), Number), expected);
      const turned = nonzero(mask.transpose(0, -1).contiguous().transpose(0, -1));
      assert(turned.eq(places).all().item());
    }
  });
});
