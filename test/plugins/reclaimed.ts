/**
 * Unloads a plugin while a graph needs it, drops the graph, and tells whether its file is then
 * closed.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { executeCustomOp, tensor } from "../../mod.ts";
import { loadPlugin, unloadPlugin } from "../../src/plugin/mod.ts";

const path = process.argv[2]!;
const isMapped = () => readFileSync("/proc/self/maps", "utf8").includes(path);

/** A graph, gone when this returns. */
function use(): void {
  const { name } = loadPlugin(path);
  executeCustomOp("second/twice", [tensor([1], { requiresGrad: true })]);
  unloadPlugin(name);
}

function collect(): void {
  const { Bun, gc } = globalThis as unknown as {
    Bun?: { gc(now: boolean): void };
    gc?: () => void;
  };
  if (Bun === undefined) gc!();
  else Bun.gc(true);
}

if (process.platform === "linux") {
  use();
  const was = isMapped();
  for (let i = 0; i < 100 && isMapped(); i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  console.log(`${was ? "open" : "closed"}, ${isMapped() ? "open" : "closed"}`);
} else console.log("skipped");
