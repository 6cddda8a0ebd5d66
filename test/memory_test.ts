import { afterEach, describe, test } from "node:test";
import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import {
  crossEntropy,
  DisposedError,
  emptyCache,
  grad,
  keep,
  manualSeed,
  memory,
  ones,
  randn,
  scope,
  setPoolLimit,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from "../mod.ts";
import { modes } from "../src/graph.ts";
import { init, Linear, Parameter, ReLU, Sequential } from "../src/nn/mod.ts";
import { Adam, SGD } from "../src/optim/mod.ts";
import { assertValues, values } from "./values.ts";

function address(x: Tensor): number {
  return x.storage.address;
}

describe("dispose()", () => {
  test("is final, and harmless twice", () => {
    const x = ones([3]);
    x.dispose();
    x.dispose();
    assertEquals(x.isDisposed, true);
    const error = assertThrows(() => x.add(1), DisposedError);
    assertEquals(error.message, "Cannot add: input 0 was disposed of");
    assertThrows(() => ones([3]).mul(x), DisposedError, "Cannot mul: input 1 was disposed of");
    assertThrows(() => x.toArray(), DisposedError, "Cannot read a tensor that was disposed of");
    assertThrows(() => x.item(), Error);
    assertThrows(() => x.detach(), DisposedError);
    assertEquals(String(x), "tensor(disposed, shape=[3])");
    assertEquals(x.shape, [3]);
  });

  test("refuses reads and writes, whatever the layout", () => {
    const [x, y] = [zeros([2, 3]), zeros([2, 3]).T];
    for (const gone of [x, y]) {
      gone.dispose();
      const other = zeros([2, 3]);
      const attempts: readonly (() => unknown)[] = [
        () => gone.fill_(1),
        () => gone.zero_(),
        () => gone.copy_(2),
        () => gone.add_(1),
        () => gone.toArray(),
        () => gone.clone(),
        () => gone.index(0),
        () => init.uniform_(gone),
      ];
      for (const attempt of attempts) assertThrows(attempt, Error, "isposed of");
      assertEquals(values(other), Array(6).fill(0));
    }
  });

  test("is what using does", () => {
    let seen: Tensor;
    {
      using x = ones([2]);
      seen = x;
      assertEquals(seen.isDisposed, false);
    }
    assertEquals(seen.isDisposed, true);
  });

  test("gives the memory to the next tensor of about that size", () => {
    for (const size of [1, 100, 256, 257, 5000, 300_000]) {
      const x = zeros([size]);
      const place = address(x);
      x.dispose();
      const y = zeros([size]);
      assertEquals(address(y), place, `${size} elements`);
      y.dispose();
    }
  });

  test("does not free memory that a view shows, until the view goes too", () => {
    const x = tensor([1, 2, 3, 4]);
    const place = address(x);
    const view = x.index("1:3");
    x.dispose();
    const other = zeros([4]);
    assertNotEquals(address(other), place);
    assertValues(view, [2, 3]);
    view.dispose();
    const next = zeros([4]);
    assertEquals(address(next), place);
    for (const y of [other, next]) y.dispose();
  });

  test("does not free what a graph saved", () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const y = x.exp();
    const place = address(y);
    const loss = y.sum();
    y.dispose();
    const other = zeros([2]);
    assertNotEquals(address(other), place);
    loss.backward();
    assertValues(x.grad, [Math.E, Math.E ** 2]);
    const next = [zeros([2]), zeros([2]), zeros([2]), zeros([2])];
    assert(next.some((z) => address(z) === place), "backward() lets go of it");
  });

  test("is followed by zeros() that are zeros, and by aligned addresses", () => {
    for (const size of [1, 17, 300, 4096, 70_000, 1_500_000]) {
      const x = ones([size]);
      x.dispose();
      const y = zeros([size]);
      assertEquals(values(y).findIndex((value) => value !== 0), -1, `${size} elements`);
      assertEquals(address(y) % 64, 0);
      assert(y.storage.capacity >= y.nbytes);
      y.dispose();
    }
  });
});

describe("memory()", () => {
  afterEach(() => setPoolLimit(1 << 30));

  test("counts what is pooled and what the pool met", () => {
    const before = memory();
    const x = zeros([1 << 16]);
    const made = memory();
    assertEquals(made.hits + made.misses, before.hits + before.misses + 1);
    x.dispose();
    assert(memory().pooledBytes >= made.pooledBytes + x.nbytes);
    zeros([1 << 16]).dispose();
    assertEquals(memory().hits, made.hits + 1);
    assertEquals(memory().bytes, made.bytes);
    assert(memory().peakBytes >= memory().bytes);
  });

  test("is empty of pooled bytes after emptyCache()", () => {
    zeros([5000]).dispose();
    assert(memory().pooledBytes > 0);
    emptyCache();
    assertEquals(memory().pooledBytes, 0);
    const x = zeros([5000]);
    assertValues(x.add(1).sum(), [5000]);
  });

  test("stays below the pool's limit", () => {
    emptyCache();
    setPoolLimit(100_000);
    const many = Array.from({ length: 10 }, () => zeros([5000]));
    for (const x of many) x.dispose();
    assert(memory().pooledBytes <= 100_000);
    setPoolLimit(0);
    assertEquals(memory().pooledBytes, 0);
    zeros([5000]).dispose();
    assertEquals(memory().pooledBytes, 0);
  });
});

describe("scope()", () => {
  test("disposes of what was made in it", () => {
    let a: Tensor;
    let b: Tensor;
    const outside = ones([2]);
    {
      using _ = scope();
      a = ones([2]);
      b = a.add(outside);
    }
    assertEquals([a, b, outside].map((x) => x.isDisposed), [true, true, false]);
  });

  test("spares what is kept, parameters and gradients", () => {
    const made: Record<string, Tensor> = {};
    const w = tensor([3], { requiresGrad: true });
    {
      using _ = scope();
      made["kept"] = keep(w.mul(2));
      made["parameter"] = new Parameter([1, 2]);
      w.square().backward();
    }
    assertEquals(Object.values(made).map((x) => x.isDisposed), [false, false]);
    assertValues(w.grad, [6]);
    assertValues(made["kept"]!, [6]);
  });

  test("nests: the inner one first, what the outer made stays", () => {
    const found: boolean[] = [];
    {
      using _outer = scope();
      const x = ones([2]);
      let y: Tensor;
      {
        using _inner = scope();
        y = x.add(1);
      }
      found.push(x.isDisposed, y.isDisposed);
      const z = x.add(1);
      found.push(z.isDisposed);
    }
    assertEquals(found, [false, true, false]);
  });

  test("ends by a throw too", () => {
    let x: Tensor | undefined;
    assertThrows(() => {
      using _ = scope();
      x = ones([2]);
      throw new RangeError("mine");
    }, RangeError);
    assertEquals(x!.isDisposed, true);
    const after = ones([2]);
    assertEquals(after.isDisposed, false);
  });

  test("lasts across await", async () => {
    let x: Tensor;
    {
      using _ = scope();
      await Promise.resolve();
      x = ones([2]);
      await new Promise((resolve) => setTimeout(resolve, 1));
      assertEquals(x.isDisposed, false);
    }
    assertEquals(x.isDisposed, true);
  });

  test("leaves the library's own constants alone", () => {
    for (let i = 0; i < 2; i++) {
      using _ = scope();
      assertValues(ones([2]).mul(12.25).add(7).sub(0.125), [19.125, 19.125]);
    }
  });

  test("keeps views of kept tensors and keeps tensors of kept views", () => {
    const x = tensor([[1, 2], [3, 4]]);
    let row: Tensor;
    {
      using _ = scope();
      const copy = x.add(0);
      row = keep(copy.index(1));
    }
    for (let i = 0; i < 20; i++) zeros([4]).dispose();
    assertValues(row, [3, 4]);
  });
});

describe("tidy()", () => {
  test("returns the result and disposes of the rest", () => {
    let between: Tensor;
    const y = tidy(() => {
      between = ones([3]).add(1);
      return between.mul(2);
    });
    assertEquals([between!.isDisposed, y.isDisposed], [true, false]);
    assertValues(y, [4, 4, 4]);
  });

  test("finds tensors in arrays, objects, maps and sets", () => {
    const result = tidy(() => ({
      list: [ones([1]), [ones([2])]],
      map: new Map([["a", ones([3])]]),
      set: new Set([ones([4])]),
      deep: { down: { here: ones([5]) } },
      text: "and other things",
      nothing: null,
      bytes: new Uint8Array(3),
    }));
    const [[one, [two]], three, [four], five] = [
      result.list as [Tensor, [Tensor]],
      result.map.get("a")!,
      [...result.set],
      result.deep.down.here,
    ] as const;
    assertEquals([one, two, three, four!, five].map((x) => x.isDisposed), Array(5).fill(false));
  });

  test("gives the result to the scope around it", () => {
    let y: Tensor;
    {
      using _ = scope();
      y = tidy(() => ones([2]).add(1));
      assertEquals(y.isDisposed, false);
    }
    assertEquals(y.isDisposed, true);
  });

  test("keeps what a returned tensor's graph needs", () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const loss = tidy(() => x.exp().square().sum());
    for (let i = 0; i < 20; i++) ones([2]).dispose();
    loss.backward();
    assertValues(x.grad, [2 * Math.E ** 2, 2 * Math.E ** 4]);
  });

  test("disposes when the function throws", () => {
    let x: Tensor;
    assertThrows(() =>
      tidy(() => {
        x = ones([2]);
        throw new RangeError("mine");
      }), RangeError);
    assertEquals(x!.isDisposed, true);
  });

  test("waits for async functions", async () => {
    let between: Tensor;
    const y = await tidy(async () => {
      between = ones([2]);
      await Promise.resolve();
      assertEquals(between.isDisposed, false);
      return between.add(1);
    });
    assertEquals([between!.isDisposed, y.isDisposed], [true, false]);
    await assertRejects(() =>
      tidy(async () => {
        between = ones([2]);
        await Promise.resolve();
        throw new RangeError("mine");
      }), RangeError);
    assertEquals(between!.isDisposed, true);
    assertEquals(ones([1]).isDisposed, false);
  });

  test("in async functions that overlap ends with no scope left open", async () => {
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const run = (ms: number) =>
      tidy(async () => {
        const x = ones([2]);
        await pause(ms);
        return x.add(1);
      });
    await Promise.all([run(1), run(10)]);
    const after = ones([2]);
    await pause(1);
    assertEquals(after.isDisposed, false);
    assertEquals(modes.made, null);
    const [first, second] = [scope(), scope()];
    first[Symbol.dispose]();
    const inner = ones([2]);
    second[Symbol.dispose]();
    assertEquals([inner.isDisposed, modes.made], [true, null]);
    second[Symbol.dispose]();
    assertEquals(modes.made, null);
  });

  test("does not dispose of arguments, nor of what it returns twice", () => {
    const x = ones([2]);
    assertEquals(tidy(() => x), x);
    assertEquals(x.isDisposed, false);
    const [a, b] = tidy(() => {
      const y = x.add(1);
      return [y, y];
    });
    assertEquals([a, a!.isDisposed], [b, false]);
  });
});

describe("a training step inside scope()", () => {
  const optimizers = {
    "SGD with momentum": (params: readonly Tensor[]) =>
      new SGD(params, { lr: 0.01, momentum: 0.9 }),
    Adam: (params: readonly Tensor[]) => new Adam(params, { lr: 0.01 }),
  };
  for (const [name, make] of Object.entries(optimizers)) {
    test(`allocates nothing new after warm-up, with ${name}`, () => {
      manualSeed(1);
      const model = new Sequential(new Linear(64, 128), new ReLU(), new Linear(128, 10));
      const optimizer = make(model.parameters());
      const x = randn([32, 64]);
      const target = tensor(Array.from({ length: 32 }, (_, i) => BigInt(i % 10)));
      const losses: number[] = [];
      const step = () => {
        using _ = scope();
        optimizer.zeroGrad();
        const loss = crossEntropy(model.forward(x), target);
        loss.backward();
        optimizer.step();
        losses.push(loss.item() as number);
      };
      for (let i = 0; i < 5; i++) step();
      const { bytes, misses } = memory();
      for (let i = 0; i < 30; i++) step();
      const after = memory();
      assertEquals([after.bytes, after.misses], [bytes, misses]);
      assert(losses.at(-1)! < losses[0]! / 2, `loss went from ${losses[0]} to ${losses.at(-1)}`);
    });
  }

  test("with eager backward but no scope keeps only what JavaScript can reclaim", () => {
    const w = ones([1000], { requiresGrad: true });
    const before = memory().bytes;
    for (let i = 0; i < 100; i++) {
      w.zeroGrad();
      w.mul(2).square().sum().backward();
    }
    // Forward results are the garbage collector's; what backward made for itself came from the pool.
    assert(memory().bytes - before < 100 * 4 * 4096);
  });
});

test("gradients that grad() answers belong to the scope around it", () => {
  const x = ones([1000], { requiresGrad: true });
  const step = () => tidy(() => void grad([x.mul(x).sum()], [x]));
  step();
  const { misses, hits } = memory();
  for (let i = 0; i < 10; i++) step();
  assertEquals(memory().misses, misses);
  assert(memory().hits > hits);
});
