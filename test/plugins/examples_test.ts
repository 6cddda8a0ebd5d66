/** The example plugins together, as a program that has them in a folder would use them. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { executeCustomOp, ops, PluginError, type Tensor, tensor } from "../../mod.ts";
import { builtOnly, libraryOf } from "../../plugins/library.ts";
import {
  getPluginInfo,
  inspectPlugin,
  isPluginLoaded,
  loadPlugins,
  unloadPlugin,
} from "../../src/plugin/mod.ts";

const folder = new URL("../../plugins/", import.meta.url);

describe("the example plugins", builtOnly("c_stats"), () => {
  test("are found in their folder, used beside each other, and leave nothing behind", () => {
    const before = [...ops.keys()];
    const { loaded, failed } = loadPlugins(folder);
    assertEquals(failed, []);
    const names = loaded.map(({ name }) => name);
    const expected = ["c_stats", "rust_example", "template", "zig_swish"];
    assertEquals(names, expected.filter((name) => libraryOf(name) !== null));
    assertEquals(getPluginInfo("zig_swish").version.toString(), "1.0.0");
    const x = tensor([-1, 0, 2]);
    const swish = executeCustomOp("zig_swish", [x]) as Tensor;
    const range = executeCustomOp("c_stats/range", [swish]) as Tensor;
    assert(Math.abs(Number(range.item()) - 2.0305355) < 1e-6);
    for (const name of names) unloadPlugin(name);
    assert(names.every((name) => !isPluginLoaded(name)));
    assertEquals([...ops.keys()], before);
    const kept = loaded[0]!.ops.get("c_stats/range") as unknown as (x: Tensor) => Tensor;
    assertThrows(() => kept(x), PluginError, "its plugin c_stats was unloaded");
  });

  test("can be looked at from another process", { timeout: 60_000 }, async () => {
    const { info, ops: found, error } = await inspectPlugin(libraryOf("c_stats")!);
    assertEquals([error, info?.name], [null, "c_stats"]);
    const moments = found.find(({ name }) => name === "c_stats/mean_variance")!;
    assertEquals(moments.outputNames, ["mean", "variance"]);
    assertEquals(moments.attributes["correction"], 1);
    assert(moments.differentiable && !isPluginLoaded("c_stats"));
  });
});
