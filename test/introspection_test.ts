/** What the library says of itself. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as mt from "../mod.ts";

describe("introspection", () => {
  test("lists modules that are there, and their names", () => {
    const api = mt.listPublicApi();
    assertEquals(Object.keys(api), Object.keys(mt.availableSubmodules()));
    assert(api["nn"]!.includes("Linear") && api["ops"]!.includes("matmul"));
    const { version, counts } = mt.apiSummary();
    assertEquals(version, mt.version);
    assertEquals(counts["optim"], api["optim"]!.length);
    for (const name of ["nn", "optim", "data", "plugin", "serialize", "numpy", "debug"] as const) {
      assertEquals(Object.keys(mt[name]).sort(), api[name]);
    }
  });

  test("searches names", () => {
    assert(mt.searchApi("LINEAR").includes("nn.Linear"));
    assertEquals(mt.searchApi("Linear", "nn").every((path) => path.startsWith("nn.")), true);
    assertEquals(mt.searchApi(""), []);
    assertThrows(() => mt.searchApi("x", "nowhere"), mt.ArgumentError, "module nowhere");
  });

  test("describes names, and names the nearest", () => {
    assertEquals(mt.describeApi("exp"), `- exp: ${mt.ops.get("exp")!.summary}`);
    assertEquals(mt.describeApi("nn.Linear"), "- nn.Linear: a class");
    assertEquals(mt.describeApi("ops.einsum"), "- ops.einsum: a function");
    assertThrows(() => mt.describeApi("nn.Liner"), mt.ArgumentError, "the nearest is nn.Linear");
    assertEquals(mt.help("tanh"), mt.describeApi("tanh"));
    assert(mt.help().startsWith(`minitensor ${mt.version}`));
  });
});
