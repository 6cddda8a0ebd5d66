/** Leaks, CPU levels, determinism. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  ArgumentError,
  debug,
  isDeterministic,
  keep,
  ones,
  rand,
  setDeterministic,
  type Tensor,
  tidy,
} from "../mod.ts";
import { modes } from "../src/graph.ts";

const { debugLeaks } = debug;

describe("debugLeaks()", () => {
  test("reports what was made and neither disposed of nor returned", () => {
    let lost: Tensor | null = null;
    const { result, leaks } = debugLeaks(function makesTwo() {
      lost = ones([2, 3]);
      ones([5]).dispose();
      return { sum: lost.add(1) };
    });
    assertEquals(result.sum.shape, [2, 3]);
    assertEquals(leaks.map(({ shape, dtype, bytes }) => [shape, dtype, bytes]), [
      [[2, 3], "float32", 24],
    ]);
    assert(leaks[0]!.tensor === lost && leaks[0]!.stack.includes("makesTwo"));
  });

  test("finds nothing where scopes clean up", () => {
    let held: Tensor | null = null;
    const { leaks } = debugLeaks(() =>
      tidy(() => {
        held = keep(ones([2]));
        return held.add(1).sum().item();
      })
    );
    assertEquals(leaks, []);
    assertEquals(held!.isDisposed, false);
  });

  test("waits for async functions", async () => {
    const { result, leaks } = await debugLeaks(async () => {
      const x = ones([2]);
      await Promise.resolve();
      return x.mul(2);
    });
    assertEquals([result.shape, leaks.length], [[2], 1]);
  });

  test("leaves scopes as they were, also when the function throws", async () => {
    let x: Tensor | null = null;
    tidy(() => {
      debugLeaks(() => x = ones([2])) satisfies unknown;
      assertThrows(() =>
        debugLeaks(() => {
          throw new RangeError("no");
        }), RangeError);
    });
    assertEquals(x!.isDisposed, true);
    await assertRejects(() => debugLeaks(() => Promise.reject(new RangeError("no"))), RangeError);
    assertEquals(ones([1]).isDisposed, false);
  });
});

describe("setSimdLevel()", () => {
  test("runs the kernels of each level that there is", () => {
    const before = debug.getSimdLevel();
    const x = rand([1000]);
    const expected = x.exp().sum().item() as number;
    let levels = 0;
    try {
      for (const level of ["v2", "v3", "v4", "neon"] as const) {
        try {
          debug.setSimdLevel(level);
        } catch (error) {
          assert(error instanceof ArgumentError && error.message.includes(level));
          continue;
        }
        levels++;
        assertEquals([debug.getSimdLevel(), debug.cpuLevel()], [level, level]);
        assert(Math.abs(x.exp().sum().item() as number - expected) < 1e-2);
      }
    } finally {
      debug.setSimdLevel(before);
    }
    assert(levels > 0);
    assertEquals(x.exp().sum().item(), expected);
  });

  test("refuses others", () => {
    assertThrows(
      () => debug.setSimdLevel("v9" as never),
      ArgumentError,
      "Cannot use SIMD level v9: this machine or this build does not have it",
    );
  });
});

describe("setDeterministic()", () => {
  test("is on by default and takes booleans", () => {
    assertEquals(isDeterministic(), true);
    setDeterministic(false);
    assertEquals(isDeterministic(), false);
    setDeterministic(true);
    assertThrows(() => setDeterministic(1 as never), ArgumentError, "it is true or false");
  });
});

test("debugLeaks() and tidy(), async and overlapping, leave no scope open", async () => {
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const leaks = debugLeaks(async () => {
    await pause(1);
    return ones([1]);
  });
  const tidied = tidy(async () => {
    await pause(5); // ends after the other, within which it began
    return ones([2]);
  });
  await Promise.all([leaks, tidied]);
  assertEquals(modes.made, null);
});
