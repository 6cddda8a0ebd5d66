/** NumPy's names: their options and defaults. Values are NumPy's own. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { arange, ArgumentError, ones, ShapeError, tensor } from "../mod.ts";
import * as np from "../src/numpy/mod.ts";

const a = arange(24).reshape([2, 3, 4]);

describe("numpy", () => {
  test("keeps whole numbers whole", () => {
    assertEquals(np.asarray([[1, 2]]).dtype, "int64");
    assertEquals(np.asarray([1, 2.5]).dtype, "float32");
    assertEquals(np.asarray([]).dtype, "float32");
    assertEquals(np.asarray([1], { dtype: "float64" }).dtype, "float64");
    const x = ones([2]);
    assert(np.asarray(x) === x && np.array(x) !== x);
    assertEquals(np.full_like([1, 2], 7).toArray(), [7, 7]);
    assertEquals(np.zeros_like([1.5]).dtype, "float32");
    assertEquals(np.ones_like(a, { dtype: "int32" }).dtype, "int32");
    assertEquals(np.empty_like(a).shape, [2, 3, 4]);
  });

  test("reduces over axis, with keepdims and ddof", () => {
    assertEquals(np.sum(a, { axis: [0, 2], keepdims: true }).toArray(), [[[60], [92], [124]]]);
    assertEquals(np.mean([1, 2]).item(), 1.5);
    assertEquals(np.max(a, { axis: -1 }).toArray(), [[3, 7, 11], [15, 19, 23]]);
    assertEquals(np.min(a).item(), 0);
    assertEquals(np.prod([2, 3]).item(), 6);
    assertEquals(np.var([1, 3]).item(), 1);
    assertEquals(np.var([1, 3], { ddof: 1 }).item(), 2);
    assertEquals(np.std([[1, 3], [5, 5]], { axis: 1, keepdims: true }).toArray(), [[1], [0]]);
    assertThrows(() => np.sum(a, { dim: 1 } as never), ArgumentError, "dim");
    assertThrows(() => np.max(tensor([])));
  });

  test("leaves NaN out where asked to", () => {
    const x = tensor([[1, NaN, 3], [NaN, 5, 0]]);
    assertEquals(np.nansum(x).item(), 9);
    assertEquals(np.nanmean(x, { axis: 1 }).toArray(), [2, 2.5]);
    assertEquals(np.nanmax(x, { axis: 0 }).toArray(), [1, 5, 3]);
    assertEquals(np.nanmin(x, { axis: [0, 1] }).item(), 0);
    assertEquals(np.nanmin(x, { axis: 1, keepdims: true }).toArray(), [[1], [0]]);
    assertEquals(np.nanmax(x, { keepdims: true }).toArray(), [[5]]);
  });

  test("joins and splits", () => {
    assertEquals(np.concatenate([[[1]], [[2]]], { axis: 1 }).toArray(), [[1, 2]]);
    assertEquals(np.concatenate([[[1]], [[2]]], { axis: null }).toArray(), [1, 2]);
    assertEquals(np.stack([[1, 2], [3, 4]], { axis: 1 }).toArray(), [[1, 3], [2, 4]]);
    assertEquals(np.vstack([[1], [2]]).toArray(), [[1], [2]]);
    assertEquals(np.hstack([[1], [2]]).toArray(), [1, 2]);
    assertEquals(np.split([1, 2, 3, 4, 5], [1, 4]).map((x) => x.toArray()), [[1], [2, 3, 4], [5]]);
    assertEquals(np.hsplit(a, 3).map((x) => x.shape), [[2, 1, 4], [2, 1, 4], [2, 1, 4]]);
    assertEquals(np.vsplit([[1], [2]], 2).map((x) => x.shape), [[1, 1], [1, 1]]);
    assertThrows(() => np.split([1, 2, 3], 2), ArgumentError, "3 elements into 2 equal parts");
  });

  test("multiplies by NumPy's rules for every rank", () => {
    assertEquals(np.dot(3, [1, 2]).toArray(), [3, 6]);
    assertEquals(np.dot([[1, 2], [3, 4]], [1, 1]).toArray(), [3, 7]);
    const b = arange(40).reshape([2, 4, 5]);
    const product = np.dot(a, b);
    assertEquals(product.shape, [2, 3, 2, 5]);
    assertEquals(
      product.index(1, 2, 1, 3).item(),
      [20, 21, 22, 23].reduce((sum, x, i) => sum + x * (23 + 5 * i), 0),
    );
    assertThrows(() => np.dot([1, 2], [1, 2, 3]), ShapeError, "their axes are 2 and 3");
    assertEquals(np.matmul([[1, 2]], [[3], [4]]).item(), 11);
    assertEquals(np.cross([1, 0, 0], [0, 1, 0]).toArray(), [0, 0, 1]);
  });

  test("compares and chooses", () => {
    assertEquals(np.where([1, 0], [5, 6], 7).toArray(), [5, 7]);
    assert(np.allclose([1, NaN], [1 + 1e-9, NaN], { equal_nan: true }));
    assert(!np.allclose([1], [1.1]) && np.allclose([1], [1.1], { rtol: 0.2 }));
    assert(np.array_equal([1, 2], [1, 2]) && !np.array_equal([1], [1, 2]));
  });
});
