/** Loads and unloads a plugin 10,000 times without a pause, and tells what that cost. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { executeCustomOp } from "../../mod.ts";
import { loadPlugin } from "../../src/plugin/mod.ts";

const path = process.argv[2]!;

function cycles(count: number): void {
  for (let i = 0; i < count; i++) {
    using _ = loadPlugin(path);
    executeCustomOp("first/twice", [[1, 2]]);
  }
}

cycles(1000); // the runtime's heap takes its size
const before = process.memoryUsage().rss;
cycles(10_000);
const grown = Math.round((process.memoryUsage().rss - before) / 2 ** 20);
const maps = process.platform === "linux" ? readFileSync("/proc/self/maps", "utf8") : "";
console.log(JSON.stringify({ grown, mapped: maps.includes(path) }));
