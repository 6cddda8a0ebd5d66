/** vmap where its laws do not look: forms, nesting, random numbers, errors. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as mt from "../mod.ts";
import { ArgumentError, IndexError, ShapeError, type Tensor, tensor } from "../mod.ts";
import { grad, vmap } from "../src/func/mod.ts";

const f64 = (values: unknown) => tensor(values as number[], { dtype: "float64" });
const numbers = (x: Tensor) => x.toArray();

describe("vmap()", () => {
  test("shows the function one example: shapes, methods, names", () => {
    const seen: unknown[] = [];
    const y = vmap((x: Tensor) => {
      seen.push(x.shape, x.ndim, x.numel(), x.dtype, x.size(0), x.isContiguous());
      seen.push(String(x), x.requiresGrad, x.isLeaf);
      return x.reshape([-1]).add(x.shape[0]!);
    })(mt.ones([5, 2, 3]));
    assertEquals(seen, [
      [2, 3],
      2,
      6,
      "float32",
      2,
      true,
      "tensor(an example of vmap, shape=[2, 3])",
      false,
      true,
    ]);
    assertEquals(y.shape, [5, 6]);
    assertEquals(y.index(4, 0).item(), 3);
  });

  test("takes arrays and objects, with dims for each part", () => {
    const fn = ({ w, rest }: { w: Tensor; rest: Tensor[] }, scale: number) => ({
      sum: w.add(rest[0]!).mul(scale),
      same: rest[1]!,
    });
    const given = { w: f64([[1, 2], [3, 4]]), rest: [f64([10, 20]), f64([5])] };
    const y = vmap(fn, {
      inDims: [{ w: 1, rest: [0, null] }, null],
      outDims: { sum: 1, same: null },
    })(given, 2);
    assertEquals(numbers(y.sum), [[22, 44], [26, 48]]);
    assert(y.same !== given.rest[1] && y.same.shape.length === 1);
  });

  test("works on all examples at once: an op is called once", () => {
    let calls = 0;
    const y = vmap((x: Tensor) => {
      calls++;
      return x.exp();
    })(mt.zeros([1000]));
    assertEquals([calls, y.sum().item()], [1, 1000]);
  });

  test("gives a new tensor, also of what comes in", () => {
    const x = f64([1, 2]);
    for (const y of [vmap((a: Tensor) => a)(x), vmap((a: Tensor) => a.detach())(x)]) {
      assert(y !== x);
      assertEquals(numbers(y), [1, 2]);
    }
    assertEquals(numbers(vmap((_: Tensor) => f64([7, 8]))(x)), [[7, 8], [7, 8]]);
  });

  test("has no examples where the batch is empty", () => {
    const x = mt.zeros([0, 3]);
    assertEquals(vmap((a: Tensor) => a.sum())(x).shape, [0]);
    assertEquals(vmap((a: Tensor) => a.softmax(0).unsqueeze(0))(x).shape, [0, 1, 3]);
    assertEquals(
      vmap((a: Tensor) => mt.conv2d(a, mt.ones([4, 1, 2, 2])))(mt.ones([0, 1, 1, 3, 3])).shape,
      [0, 1, 4, 2, 2],
    );
    assertEquals(vmap((a: Tensor) => mt.oneHot(a, 4))(mt.zeros([0, 2], { dtype: "int64" })).shape, [
      0,
      2,
      4,
    ]);
  });

  test("chooses by where(), takes rows and writes in place", () => {
    const x = f64([[1, -2], [-3, 4]]);
    const y = vmap((a: Tensor) => {
      const z = a.mul(2);
      z.relu_();
      z.select(0, 0).add_(a.select(0, 1));
      z.narrow(0, 1, 1).zero_();
      return mt.where(a.gt(0), z, -1);
    })(x);
    assertEquals(numbers(y), [[0, -1], [-1, 0]]);
  });

  test("writes in place with gradients on both sides", () => {
    const fn = (a: Tensor) => {
      const z = a.mul(a);
      z.mul_(a);
      z.add_(1);
      return z.sum();
    };
    const x = f64([[1, 2], [3, 4]]);
    assertEquals(numbers(vmap(grad(fn))(x)), [[3, 12], [27, 48]]);
    const leaf = x.clone().requiresGrad_();
    vmap(fn)(leaf).sum().backward();
    assertEquals(numbers(leaf.grad!), [[3, 12], [27, 48]]);
  });

  test("within another is that of the other's examples", () => {
    const x = f64([[1, 2], [3, 4]]);
    const y = f64([10, 20, 30]);
    const table = vmap((a: Tensor) => vmap((b: Tensor) => a.sum().mul(b))(y))(x);
    assertEquals(numbers(table), [[30, 60, 90], [70, 140, 210]]);
    const moved = vmap(vmap((a: Tensor) => a.sum(), { inDims: 1 }), { inDims: 2, outDims: 1 });
    assertEquals(moved(mt.arange(24).reshape([2, 3, 4])).shape, [3, 4]);
  });

  test("frees what it makes", () => {
    const x = mt.randn([16, 8]);
    const run = () =>
      mt.tidy(() => vmap(grad((a: Tensor) => a.softmax(0).square().sum()))(x).sum());
    const first = run();
    assertEquals(first.storage.users, 1);
    first.dispose();
    assertEquals(first.storage.users, 0);
    const before = mt.memory().misses;
    for (let i = 0; i < 20; i++) run().dispose();
    assertEquals(mt.memory().misses, before);
  });

  test("refuses what is no batch", () => {
    const id = (x: unknown) => x;
    assertThrows(() => vmap(id)(3), ArgumentError, "over 3: it is no tensor");
    assertThrows(() => vmap(id)(tensor(1)), ShapeError, "rank 0");
    assertThrows(() => vmap(id, { inDims: null })(tensor([1])), ArgumentError, "without a batch");
    assertThrows(() => vmap(id, { inDims: 2 })(tensor([1])), mt.AxisError);
    assertThrows(() => vmap(id, { inDims: [0, 0] })(tensor([1])), ArgumentError, "inDims has not");
    const two = (x: Tensor, y: Tensor) => x.add(y);
    assertThrows(() => vmap(two)(mt.ones([2]), mt.ones([3])), ShapeError, "batches of 2 and 3");
    assertThrows(() => vmap(() => 3)(), ArgumentError, "without a batch");
    assertThrows(() => vmap((_: Tensor) => 3)(tensor([1])), ArgumentError, "answers 3");
    const promised = vmap((x: Tensor) => Promise.resolve(x));
    assertThrows(() => promised(tensor([1])), ArgumentError, "answers a Promise");
    assertThrows(
      () => vmap(two, { outDims: null })(mt.ones([2]), mt.ones([2])),
      ArgumentError,
      "differs by example",
    );
    assertThrows(() => vmap(id, { in_dims: 0 } as object), ArgumentError, "in_dims");
    assertThrows(() => vmap(id, { randomness: "no" as "same" }), ArgumentError, "randomness no");
  });

  test("refuses to read an example, and examples that have ended", () => {
    const branch = vmap((x: Tensor) => Number(x.item()) > 0 ? x : x.neg());
    assertThrows(() => branch(tensor([1])), ArgumentError, "within vmap: each example has others");
    assertThrows(() => vmap((x: Tensor) => x.mul(Number(x)))(tensor([1])), ArgumentError);
    assertThrows(
      () => vmap((x: Tensor) => tensor(x.toArray() as number[]))(mt.ones([2, 2])),
      ArgumentError,
    );
    assertThrows(() => vmap((x: Tensor) => x.nonzero())(mt.ones([2, 2])), ArgumentError);
    let leaked: Tensor | null = null;
    vmap((x: Tensor) => leaked = x.mul(2))(mt.ones([2]));
    assertThrows(() => leaked!.add(1), ArgumentError, "vmap that has ended");
  });

  test("refuses to write examples into what they share", () => {
    const shared = mt.zeros([2]);
    const write = (y: Tensor) => shared.add_(y);
    assertThrows(() => vmap(write)(mt.ones([3, 2])), ArgumentError, "examples of vmap share");
    const half = vmap((x: Tensor, y: Tensor) => x.copy_(y), { inDims: [null, 0] });
    assertThrows(() => half(mt.zeros([2]), mt.ones([3, 2])), ArgumentError, "share");
    assertEquals(numbers(shared), [0, 0]);
  });

  test("names the index outside, of whichever example", () => {
    const index = tensor([[0n, 1n], [1n, 5n]]);
    const pick = vmap((i: Tensor) => mt.take(f64([1, 2]), i));
    assertThrows(() => pick(index), IndexError, "index 5");
    const rows = vmap((x: Tensor, i: Tensor) => x.indexSelect(0, i));
    assertThrows(() => rows(f64([[1, 2], [3, 4]]), index), IndexError);
  });
});

describe("random numbers within vmap()", () => {
  const x = mt.ones([4, 3]);

  test("are refused, each example's own, or the same for all", () => {
    const noise = (a: Tensor) => a.add(mt.randn([3]));
    assertThrows(() => vmap(noise)(x), ArgumentError, "it was not said which");
    const own = vmap(noise, { randomness: "different" })(x);
    assertEquals(own.shape, [4, 3]);
    assert(own.select(0, 0).sub(own.select(0, 1)).abs().max().item() !== 0);
    const same = vmap(noise, { randomness: "same" })(x);
    assertEquals(numbers(same.sub(same.select(0, 0)).abs().max()), 0);
  });

  test("are those of a plain draw for all examples", () => {
    mt.manualSeed(5);
    const own = vmap((_: Tensor) => mt.rand([3]), { randomness: "different" })(x);
    mt.manualSeed(5);
    assertEquals(numbers(own), numbers(mt.rand([4, 3])));
  });

  test("nest", () => {
    const inner = (b: Tensor) => b.add(mt.rand([]));
    const both = (outer: "same" | "different", own: "same" | "different") =>
      vmap((a: Tensor) => vmap(inner, { randomness: own })(a), { randomness: outer })(
        mt.zeros([2, 3]),
      );
    const rows = both("same", "different");
    assertEquals(numbers(rows.select(0, 0)), numbers(rows.select(0, 1)));
    const columns = both("different", "same");
    assertEquals(numbers(columns.select(1, 0)), numbers(columns.select(1, 2)));
    assert(columns.index(0, 0).item() !== columns.index(1, 0).item());
  });

  test("permute and drop within each example", () => {
    const order = vmap((a: Tensor) => a.mul(0).add(mt.randperm(3)), { randomness: "different" })(
      mt.zeros([20, 3]),
    );
    assertEquals(numbers(order.sort(1).values), Array.from({ length: 20 }, () => [0, 1, 2]));
    for (const randomness of ["same", "different"] as const) {
      const y = vmap((a: Tensor) => mt.dropout(a, { p: 0.5 }), { randomness })(mt.ones([50, 8]));
      assert(y.eq(0).logicalOr(y.eq(2)).all().item() === true);
      const alike = y.eq(y.select(0, 0)).all().item();
      assertEquals(alike, randomness === "same");
    }
    assertThrows(() => vmap((a: Tensor) => mt.dropout(a))(x), ArgumentError, "random numbers");
  });
});
