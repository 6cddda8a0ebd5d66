/**
 * Loops that never return to the event loop: finalizers do not run there, so memory must be bounded
 * without them. Each runs in a process of its own, whose heap other tests have not grown.
 */
import { execFileSync } from "node:child_process";
import process from "node:process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert } from "@std/assert";

/** Slow machines take more than the runner's 5 seconds. */
const patience = { timeout: 120_000 };

/** Megabytes that a loop of leak_loops.ts grows by. */
function growthOf(loop: string): number {
  const file = fileURLToPath(new URL("./leak_loops.ts", import.meta.url));
  const options = "Deno" in globalThis ? ["run", "-A", "--no-check", "--quiet"] : [];
  return Number(execFileSync(process.execPath, [...options, file, loop], { encoding: "utf8" }));
}

/** Tells by how much it was too much; NaN is. */
function checkGrowth(loop: string, most: number): void {
  const grown = growthOf(loop);
  assert(grown < most, `it grew by ${grown.toFixed()} MB`);
}

describe("a synchronous loop without dispose()", () => {
  test("of 10 million small operations stays within 400 MB", patience, () => {
    checkGrowth("small", 400);
  });

  test("of 5,000 results of 4 MB stays within 1.5 GB", patience, () => {
    checkGrowth("large", 1500);
  });

  test("of 100,000 recorded graphs that are dropped stays within 400 MB", patience, () => {
    checkGrowth("dropped", 400);
  });

  test("of 50,000 backward passes stays within 400 MB", patience, () => {
    checkGrowth("backward", 400);
  });
});
