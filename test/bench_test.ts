import { execFile } from "node:child_process";
import { describe, test } from "node:test";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { assert, assertEquals, assertMatch } from "@std/assert";

const main = fileURLToPath(new URL("../bench/main.ts", import.meta.url));
const run = promisify(execFile);

/** Runs the benchmark in this runtime; what it prints. */
async function bench(...options: readonly string[]): Promise<string> {
  const before = "deno" in process.versions ? ["run", "-A", "--no-check"] : [];
  return (await run(process.execPath, [...before, main, ...options])).stdout;
}

// Only the form is tested: no figure of a shared machine says anything.
describe("bench", () => {
  test("prints a table of samples and one of real sizes", async () => {
    const text = await bench("--quick", "--filter", "^add (\\[|64K)");
    const time = String.raw`\d[\d.]* (ns|us|ms|s)`;
    const timing = new RegExp(`^add .* +${time} +${time}( +\\d[\\d.]* GB/s)?$`, "gm");
    const lines = [...text.matchAll(timing)].map(([line]) => line);
    assert(lines.length >= 7, text);
    assertEquals(lines.filter((line) => line.endsWith("GB/s")).length, 2, text);
    assertMatch(text, /^samples of the ops, 1 thread +best +median +rate$/m);
    assertMatch(text, /^real sizes, 1 thread +best +median +rate$/m);
  });

  test("--list names every row once", async () => {
    const lines = (await bench("--list")).trim().split("\n");
    assert(lines.length > 100, `${lines.length} rows`);
    assertEquals(new Set(lines).size, lines.length);
  });

  test("--help names the options", async () => {
    assertMatch(await bench("--help"), /--filter TEXT/);
  });
});
