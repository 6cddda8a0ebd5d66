/** Functions of shape that are no records: derivatives, layouts, empties, views and errors. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertNotStrictEquals, assertThrows } from "@std/assert";
import * as mt from "../mod.ts";
import { arange, ones, type Tensor, tensor, zeros } from "../mod.ts";
import { assertDerivatives, assertLayouts, type Differentiable } from "./derivatives.ts";
import { values } from "./values.ts";

const one = (...elements: number[]) => tensor(elements, { dtype: "int64" });

const functions: readonly (readonly [string, Differentiable, readonly (readonly number[])[]])[] = [
  ["hstack", (x, y) => mt.hstack([x!, y!]), [[2, 1], [2, 3]]],
  ["vstack", (x, y) => mt.vstack([x!, y!]), [[3], [2, 3]]],
  ["dstack", (x, y) => mt.dstack([x!, y!]), [[3], [3]]],
  ["columnStack", (x, y) => mt.columnStack([x!, y!]), [[3], [3, 2]]],
  ["tensorSplit", (x) => mt.tensorSplit(x!, 2)[1]!, [[5]]],
  ["atleast3d", (x) => mt.atleast3d(x!), [[2, 3]]],
  ["broadcastTensors", (x, y) => mt.broadcastTensors(x!, y!)[1]!, [[2, 3], [3]]],
  ["repeatInterleave", (x) => mt.repeatInterleave(x!, [2, 0, 1], 1), [[2, 3]]],
  ["repeatInterleave by a number", (x) => mt.repeatInterleave(x!, 3, 0), [[2, 2]]],
  ["tile", (x) => mt.tile(x!, [2, 1, 2]), [[2, 2]]],
  ["roll", (x) => mt.roll(x!, [1, -1], [0, 1]), [[2, 3]]],
  ["rot90", (x) => mt.rot90(x!, 1), [[2, 3]]],
  ["diag", (x) => mt.diag(x!, 1), [[3]]],
  ["diag of a matrix", (x) => mt.diag(x!, -1), [[3, 2]]],
  ["diagEmbed", (x) => mt.diagEmbed(x!, { dim1: 0, dim2: 2 }), [[2, 2]]],
  ["blockDiag", (x, y) => mt.blockDiag([x!, y!]), [[2, 2], [3]]],
  ["vander", (x) => mt.vander(x!), [[3]]],
  ["meshgrid", (x, y) => mt.meshgrid([x!, y!])[0]!, [[2], [3]]],
  ["cartesianProd", (x, y) => mt.cartesianProd([x!, y!]), [[2], [3]]],
  ["combinations", (x) => mt.combinations(x!, 2), [[4]]],
  ["pad", (x) => mt.pad(x!, [1, -1, 2, 0], { value: 3 }), [[2, 3]]],
  ["pad by reflection", (x) => mt.pad(x!, [2, 1], { mode: "reflect" }), [[2, 3]]],
  ["pad round the end", (x) => mt.pad(x!, [2, -1], { mode: "circular" }), [[2, 4]]],
  ["unfold", (x) => x!.unfold(0, 3, 2), [[7]]],
  ["bincount", (w) => mt.bincount(one(0, 2, 0), { weights: w! }), [[3]]],
];

describe("functions of shape", () => {
  for (const [name, fn, shapes] of functions) {
    test(`${name}() is differentiable twice`, () => assertDerivatives(fn, shapes));
    test(`${name}() does not depend on strides`, () => assertLayouts(fn, shapes));
  }

  test("asStrided() is differentiable twice, also of a view", () => {
    assertDerivatives((x) => x!.mul(1).asStrided([3, 2], [1, 2], 1), [[6]]);
    assertDerivatives((x) => x!.mul(1).index("1:").asStrided([2, 3], [1, 1]), [[6]]);
    assertDerivatives((x) => x!.mul(1).index("::2").asStrided([2, 2], [2, 2]), [[6]]);
  });
});

describe("views", () => {
  const matrix = () => arange(6).reshape([2, 3]);
  const views: Readonly<Record<string, (x: Tensor) => Tensor | Tensor[]>> = {
    t: mt.t,
    ravel: mt.ravel,
    moveaxis: (x) => mt.moveaxis(x, 0, 1),
    swapaxes: (x) => mt.swapaxes(x, 0, 1),
    swapdims: (x) => x.swapdims(0, 1),
    broadcastTo: (x) => mt.broadcastTo(x, [4, 2, 3]),
    broadcastTensors: (x) => mt.broadcastTensors(x, ones([3])).slice(0, 1),
    atleast1d: (x) => x.atleast1d(),
    atleast2d: (x) => x.atleast2d(),
    atleast3d: (x) => x.atleast3d(),
    tensorSplit: (x) => x.tensorSplit(2, 1),
    hsplit: (x) => x.hsplit([1]),
    vsplit: (x) => x.vsplit(2),
    diag: (x) => x.diag(),
    meshgrid: (x) => mt.meshgrid([x.index(0)]),
    viewAs: (x) => x.viewAs(zeros([6])),
    reshapeAs: (x) => x.reshapeAs(zeros([6])),
    asStrided: (x) => x.asStrided([2], [1], 3),
    unfold: (x) => x.unfold(1, 2, 1),
  };
  for (const [name, make] of Object.entries(views)) {
    test(`${name}() shows the same memory, in a tensor of its own`, () => {
      const x = matrix();
      for (const view of [make(x)].flat()) {
        assertNotStrictEquals(view, x);
        assert(view.sharesStorage(x) && view.isView);
      }
    });
  }

  test("copies are not views", () => {
    const x = matrix();
    for (const copy of [x.roll(1), x.rot90(), x.tile(1), x.fliplr(), x.repeatInterleave(1)]) {
      assert(!copy.sharesStorage(x) && !copy.isView);
      copy.add_(1);
    }
    assertEquals(values(x), [0, 1, 2, 3, 4, 5]);
    assert(!mt.meshgrid([x.index(0)], { copy: true })[0]!.sharesStorage(x));
  });

  test("sparse grids have one long dim each", () => {
    const shapes = mt.meshgrid([arange(2), arange(3)], { sparse: true, indexing: "xy" });
    assertEquals(shapes.map((x) => x.shape), [[1, 2], [3, 1]]);
  });
});

describe("functions of shape on nothing", () => {
  test("keep empty tensors empty", () => {
    const x = zeros([0, 3]);
    assertEquals(x.roll(2).shape, [0, 3]);
    assertEquals(x.rot90().shape, [3, 0]);
    assertEquals(x.tile(2, 2).shape, [0, 6]);
    assertEquals(x.repeatInterleave(2, 1).shape, [0, 6]);
    assertEquals(x.repeatInterleave([], 0).shape, [0, 3]);
    assertEquals(x.diagflat().shape, [0, 0]);
    assertEquals(x.asStrided([0], [1]).shape, [0]);
    assertEquals(x.hsplit(3).map((part) => part.shape), [[0, 1], [0, 1], [0, 1]]);
    assertEquals(mt.pad(x, [0, 0, 1, 1]).shape, [2, 3]);
    assertEquals(mt.hstack([zeros([0]), ones([2])]).shape, [2]);
    assertEquals(mt.bincount(one()).shape, [0]);
    assertEquals(mt.oneHot(one(), 3).shape, [0, 3]);
  });
});

describe("functions of shape refuse", () => {
  const x = arange(6).reshape([2, 3]);
  const { ArgumentError, AxisError, DTypeError, IndexError, ShapeError } = mt;
  type Refusal = readonly [() => unknown, new (...given: never[]) => Error, string];
  const refusals: readonly Refusal[] = [
    [() => mt.hstack([]), ArgumentError, "Cannot hstack no tensors: there is no shape"],
    [() => mt.t(zeros([1, 1, 1])), ShapeError, "Cannot transpose"],
    [() => x.hsplit(2), ShapeError, "Cannot hsplit a tensor of shape [2, 3] into 2 parts"],
    [() => x.dsplit(1), ShapeError, "Cannot dsplit a tensor of shape [2, 3]: it needs 3 dims"],
    [() => tensor(1).hsplit(1), ShapeError, "Cannot hsplit a tensor of shape []"],
    [() => x.tensorSplit(0), ArgumentError, "Cannot tensorSplit into 0 parts"],
    [() => x.tensorSplit([0.5]), ArgumentError, "Cannot tensorSplit at index 0.5"],
    [() => x.tensorSplit(tensor([1.5])), DTypeError, "Cannot tensorSplit at a float32 tensor"],
    [() => x.repeatInterleave(-1), ArgumentError, "Cannot repeatInterleave -1 times"],
    [() => x.repeatInterleave([1, -1], 0), ArgumentError, "Cannot repeatInterleave -1 times"],
    [() => x.repeatInterleave([1, 2, 3], 0), ShapeError, "each element needs one"],
    [() => x.repeatInterleave(tensor([1.5]), 0), DTypeError, "by float32 numbers: use integers"],
    [() => x.repeatInterleave(2, 0, { outputSize: 3 }), ArgumentError, "there are 4"],
    [() => x.repeatInterleave(2, 0, { dim: 1 }), ArgumentError, "given twice"],
    [() => x.roll([1, 2], 0), ArgumentError, "Cannot roll by [1, 2] along [0]"],
    [() => x.roll(1, 2), AxisError, "Cannot roll along dim 2"],
    [() => x.roll(0.5), ArgumentError, "Cannot roll by [0.5] along all elements"],
    [() => arange(3).fliplr(), ShapeError, "Cannot fliplr a tensor of shape [3]"],
    [() => x.rot90(1, [0, 0]), AxisError, "a dim is named twice"],
    [() => x.rot90(0.5), ArgumentError, "Cannot rot90 0.5 times"],
    [() => mt.diag(zeros([1, 1, 1])), ShapeError, "Cannot diag a tensor of shape [1, 1, 1]"],
    [() => mt.diagEmbed(x, { dim1: 1, dim2: -2 }), AxisError, "they are the same"],
    [() => mt.vander(x), ShapeError, "Cannot vander a tensor of shape [2, 3]: it must be 1-D"],
    [() => mt.blockDiag([zeros([1, 1, 1])]), ShapeError, "Cannot blockDiag a tensor of shape"],
    [() => mt.meshgrid([x]), ShapeError, "Cannot make a meshgrid of a tensor of shape [2, 3]"],
    [() => mt.meshgrid([]), ArgumentError, "Cannot make a meshgrid of no tensors"],
    [() => mt.meshgrid([1], { indexing: "ji" as "ij" }), ArgumentError, "it is ij or xy"],
    [() => mt.cartesianProd([1]), ShapeError, "Cannot cartesianProd a tensor of shape []"],
    [() => mt.combinations(x), ShapeError, "Cannot combinations a tensor of shape [2, 3]"],
    [() => mt.pad(x, [1]), ArgumentError, "Cannot pad a tensor of shape [2, 3] by [1]"],
    [() => mt.pad(x, [1, 1, 1, 1, 1, 1]), ArgumentError, "there are two whole numbers"],
    [() => mt.pad(x, [-2, -2]), ShapeError, "nothing is left of dim 1"],
    [() => mt.pad(x, [3, 0], { mode: "reflect" }), ShapeError, "it has too few elements"],
    [() => mt.pad(x, [4, 0], { mode: "circular" }), ShapeError, "it has too few elements"],
    [() => mt.pad(x, [1, 0], { mode: "edge" as "reflect" }), ArgumentError, "in mode edge"],
    [() => mt.pad(x, [1, 0], { mode: "reflect", value: 1 }), ArgumentError, "with a value"],
    [() => ones([6]).asStrided([7], [1]), ArgumentError, "Cannot asStrided to elements 0 to 6"],
    [() => x.asStrided([2], [-1], 0), ArgumentError, "Cannot asStrided to elements -1 to 0"],
    [() => x.asStrided([2], [1, 1]), ShapeError, "there is one whole stride for each dim"],
    [() => x.unfold(0, 3, 1), ArgumentError, "Cannot unfold dim 0 of 2 into windows of 3"],
    [() => x.unfold(0, 1, 0), ArgumentError, "by steps of 0"],
    [() => mt.oneHot(one(1, 3), 3), IndexError, "Cannot oneHot: index 3 is outside 0 to 2"],
    [() => mt.oneHot(one()), ArgumentError, "Cannot oneHot no indices"],
    [() => mt.oneHot(tensor([1.5])), DTypeError, "Cannot oneHot a tensor of dtype float32"],
    [() => mt.bincount(one(-1)), IndexError, "Cannot bincount: index -1 is below 0"],
    [() => mt.bincount(x.long()), ShapeError, "they are 1-D and as long"],
    [() => mt.bincount(one(1), { weights: ones([2]) }), ShapeError, "and weights of [2]"],
    [() => mt.broadcastTensors(x, ones([2])), ShapeError, "Cannot broadcast tensors of shapes"],
    [() => mt.roll(x, 1, 0.5), AxisError, "Cannot roll along dim 0.5"],
    [() => mt.pad(x, [1, 1], { fill: 1 } as object), ArgumentError, "with option fill"],
  ];
  for (const [attempt, kind, message] of refusals) {
    test(message, () => void assertThrows(attempt, kind, message));
  }
});
