/** Loops that never return to the event loop: finalizers do not run there, so memory must be bounded without them. */
import process from "node:process";
import { describe, test } from "node:test";
import { assert } from "@std/assert";
import { noGrad, ones, type Tensor } from "../mod.ts";

const MEGABYTE = 2 ** 20;

/** Slow machines take more than the runner's 5 seconds. */
const patience = { timeout: 120_000 };

/** Highest resident memory during `rounds` rounds, above that before, in megabytes. */
function growth(rounds: number, round: () => void): number {
  const before = process.memoryUsage().rss;
  let highest = before;
  for (let i = 0; i < rounds; i++) {
    round();
    highest = Math.max(highest, process.memoryUsage().rss);
  }
  return (highest - before) / MEGABYTE;
}

describe("a synchronous loop without dispose()", () => {
  test("of 10 million small operations stays within 400 MB", patience, () => {
    const x = ones([8]);
    const y = ones([8]);
    let z: Tensor = x;
    const grown = growth(100, () => {
      for (let i = 0; i < 100_000; i++) z = x.add(y);
    });
    assert(z.numel() === 8);
    assert(grown < 400, `it grew by ${grown.toFixed()} MB`);
  });

  test("of 5,000 results of 4 MB stays within 1.5 GB", patience, () => {
    const x = ones([MEGABYTE]);
    const grown = growth(500, () => {
      for (let i = 0; i < 10; i++) x.add(1);
    });
    assert(grown < 1500, `it grew by ${grown.toFixed()} MB`);
  });

  test("of 100,000 recorded graphs that are dropped stays within 400 MB", patience, () => {
    const w = ones([64], { requiresGrad: true });
    const grown = growth(100, () => {
      for (let i = 0; i < 1000; i++) w.mul(2).exp().sum();
    });
    assert(grown < 400, `it grew by ${grown.toFixed()} MB`);
  });

  test("of 50,000 backward passes stays within 400 MB", patience, () => {
    const w = ones([64], { requiresGrad: true });
    const grown = growth(50, () => {
      for (let i = 0; i < 1000; i++) {
        w.mul(2).square().sum().backward();
        noGrad(() => w.add_(0));
        w.zeroGrad();
      }
    });
    assert(grown < 400, `it grew by ${grown.toFixed()} MB`);
  });
});
