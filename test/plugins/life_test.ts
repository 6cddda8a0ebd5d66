/**
 * How long a native plugin's library stays open: as long as something may call it, and no longer.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { after, before, describe, test } from "node:test";
import process from "node:process";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { executeCustomOp, ops, PluginError, type Tensor, tensor } from "../../mod.ts";
import { isPluginLoaded, loadPlugin, unloadPlugin } from "../../src/plugin/mod.ts";
import { compile } from "./compile.ts";

const folder = mkdtempSync(`${tmpdir()}/minitensor-`);
const log = `${folder}/log`;
const patience = { timeout: 120_000 };
const isLinux = process.platform === "linux";

/** Builds counted.c under a name. */
function counted(name: string): string {
  const path = `${folder}/${name}.so`;
  compile("counted.c", path, [`-DNAME=${name}`, `-DLOG="${log}"`]);
  return path;
}

/** How often a file is mapped into this process. */
function mappings(path: string): number {
  return readFileSync("/proc/self/maps", "utf8").split("\n").filter((x) => x.includes(path)).length;
}

function logged(): string {
  return readFileSync(log, "utf8");
}

describe("a native plugin", () => {
  let first = "";
  let second = "";
  before(() => {
    first = counted("first");
    second = counted("second");
  });
  after(() => rmSync(folder, { recursive: true }));

  test("is initialized once, cleaned up once, and unmapped when unloaded", () => {
    rmSync(log, { force: true });
    {
      using plugin = loadPlugin(first);
      assertEquals(plugin.info.version.toString(), "1.0.0");
      assertEquals([...plugin.ops.keys()], ["first/twice"]);
      assertEquals(executeCustomOp("first/twice", [[1, 2]]).toArray(), [2, 4]);
      assert(isPluginLoaded("first") && ops.has("first/twice"));
      assertEquals(logged(), "i");
    }
    assert(!isPluginLoaded("first") && !ops.has("first/twice"));
    assertEquals(logged(), "ic");
    if (isLinux) assertEquals(mappings(first), 0);
  });

  test("refuses calls of its ops once it is unloaded", () => {
    const plugin = loadPlugin(first);
    const twice = plugin.ops.get("first/twice") as unknown as (x: Tensor) => Tensor;
    const x = tensor([1, 2]);
    unloadPlugin("first");
    assertThrows(() => twice(x), PluginError, "its plugin first was unloaded");
    assertThrows(() => unloadPlugin("first"), PluginError, "first");
    plugin[Symbol.dispose](); // a second end is none
  });

  test("unloaded in the middle of a graph serves the graph to its end", () => {
    loadPlugin(first);
    loadPlugin(second);
    const x = tensor([1, 2, 3], { requiresGrad: true });
    const y = executeCustomOp("second/twice", [executeCustomOp("first/twice", [x])]);
    rmSync(log, { force: true });
    unloadPlugin("first");
    assertThrows(() => executeCustomOp("first/twice", [x]));
    assertEquals(executeCustomOp("second/twice", [[1]]).toArray(), [2]);
    if (isLinux) assert(mappings(first) > 0, "the graph still needs it");
    y.sum().backward();
    assertEquals(x.grad!.toArray(), [4, 4, 4]);
    if (isLinux) assertEquals(mappings(first), 0);
    assertEquals(logged(), "c");
    unloadPlugin("second");
    if (isLinux) assertEquals(mappings(second), 0);
  });

  /** What a script of this folder prints, run in a process of its own that can collect garbage. */
  const printed = (script: string, path: string): string => {
    const deno = ["run", "--quiet", "-A", "--v8-flags=--expose-gc"];
    const flags = "Deno" in globalThis ? deno : ["--expose-gc"];
    const file = fileURLToPath(new URL(script, import.meta.url));
    const { stdout, stderr } = spawnSync(process.execPath, [...flags, file, path], {
      encoding: "utf8",
    });
    return stdout.trim() || stderr;
  };

  test("is closed when the graph that kept it open is reclaimed", patience, () => {
    assertEquals(printed("./reclaimed.ts", second), isLinux ? "open, closed" : "skipped");
  });

  test("loads and unloads 10,000 times in bounded memory", patience, () => {
    const { grown, mapped } = JSON.parse(printed("./cycles.ts", first));
    assert(grown < 128, `it grew by ${grown} MB`);
    assertEquals(mapped, false);
  });
});
