/** NumPy's names: what its arrays do not show. Values are in test/golden/numpy.jsonl. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { ArgumentError, IndexError, ones, ShapeError, tensor } from "../mod.ts";
import { gradcheck } from "../src/gradcheck.ts";
import * as np from "../src/numpy/mod.ts";

describe("numpy, the second list", () => {
  test("makes ranges as NumPy does", () => {
    assertEquals([np.arange(3).dtype, np.arange(3).toArray()], ["int64", [0, 1, 2]]);
    assertEquals(np.arange(0, 1, 0.25).toArray(), [0, 0.25, 0.5, 0.75]);
    assertEquals(np.arange(3, 1).numel(), 0);
    assertEquals(np.arange(1, 2, 1, { dtype: "float64" }).dtype, "float64");
    assertEquals(np.linspace(0, 1).numel(), 50);
    assertEquals(np.linspace(0, 1, 4, { endpoint: false }).toArray(), [0, 0.25, 0.5, 0.75]);
    const [x, y] = np.meshgrid([[1, 2, 3], [4, 5]]);
    assertEquals([x!.shape, y!.index(1, 0).item()], [[2, 3], 5]);
    assertEquals(np.meshgrid([[1, 2, 3], [4, 5]], { indexing: "ij" })[0]!.shape, [3, 2]);
  });

  test("takes whole numbers of plain arrays as they are", () => {
    assertEquals(np.sort([3, 1]).dtype, "int64");
    assertEquals(np.einsum("i,i->", [1, 2], [3, 4]).item(), 11);
    assertEquals(np.clip([1, 5], 2, [3, 3]).toArray(), [2, 3]);
    assertEquals(np.sqrt([4]).item(), 2);
    assertEquals(np.mod([-1], 3).item(), 2);
  });

  test("interp() is differentiable by x and the heights", () => {
    const xp = tensor([0, 1, 3], { dtype: "float64" });
    const x = tensor([0.25, 0.5, 2, 2.75], { dtype: "float64" });
    const fp = tensor([1, -1, 4], { dtype: "float64" });
    assert(gradcheck((x, fp) => np.interp(x!, xp, fp!).square(), [x, fp]));
  });

  test("refuses what NumPy refuses", () => {
    assertThrows(() => np.squeeze(ones([2, 1]), { axis: 0 }), ShapeError, "its size is 2");
    assertThrows(() => np.expand_dims([1], [0, 0]), ArgumentError, "named twice");
    assertThrows(() => np.pad([1, 2], [[1, 2], [3, 4]]), ArgumentError, "a pair for each axis");
    assertThrows(() => np.pad([1], -1), ArgumentError, "Cannot pad an array");
    assertThrows(() => np.pad([1], 1, { mode: "mean" as never }), ArgumentError, "mode mean");
    assertThrows(() => np.take([1, 2], [2]), IndexError);
    assertThrows(() => np.quantile([1, 2], 1.5), ArgumentError, "Cannot quantile of 1.5");
    assertThrows(() => np.percentile([1, 2], -1), ArgumentError, "outside its range");
    assertThrows(() => np.linspace(0, 1, -1), ArgumentError, "Cannot linspace -1 numbers");
    assertThrows(() => np.interp([1], [1, 2], [1]), ShapeError, "[2] and [1]");
    assertThrows(() => np.interp([1], [1], [1], { period: 0 }), ArgumentError, "period 0");
    assertThrows(() => np.argmax([1], { dim: 0 } as never), ArgumentError, "option dim");
    assertThrows(() => np.argmax([]), ShapeError);
  });
});
