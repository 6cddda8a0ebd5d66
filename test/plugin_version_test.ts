import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { ArgumentError } from "../mod.ts";
import { CustomPlugin, PluginBuilder, PluginInfo, VersionInfo } from "../src/plugin/mod.ts";
import { VERSION } from "../src/version.ts";

const parse = (text: string) => VersionInfo.parse(text);

describe("VersionInfo", () => {
  test("parses three numbers and nothing else", () => {
    const { major, minor, patch } = parse("1.20.3");
    assertEquals([major, minor, patch], [1, 20, 3]);
    for (const text of ["01.2.3", "+1.2.3", "1.+2.03"]) assertEquals(String(parse(text)), "1.2.3");
    assertEquals(String(parse("4294967295.0.0")), "4294967295.0.0");
    const wrong = [
      "",
      "1",
      "1.2",
      "1.2.3.4",
      "1.2.3-beta",
      " 1.2.3",
      "1.2.3\n",
      "1.-2.3",
      "v1.2.3",
    ];
    for (const text of [...wrong, "1..3", "4294967296.0.0", "1.2.x", "1e1.0.0", "0x1.0.0"]) {
      assertThrows(() => parse(text), ArgumentError, JSON.stringify(text));
    }
    assertThrows(() => parse(undefined as never), ArgumentError, "Cannot parse version");
  });

  test("has parts that are whole numbers of 32 bits, read-only", () => {
    for (const part of [-1, 0.5, NaN, 2 ** 32, Infinity, "1" as never]) {
      assertThrows(() => new VersionInfo(1, part, 0), ArgumentError, "its parts are whole numbers");
    }
    const version = new VersionInfo(1, 2, 3);
    assertThrows(() => ((version as { major: number }).major = 2), TypeError);
  });

  test("is compatible with what is no later and of the same major", () => {
    const is = (a: string, b: string) => parse(a).isCompatibleWith(parse(b));
    assertEquals([is("1.2.3", "1.2.3"), is("1.3.0", "1.2.9"), is("0.3.0", "0.2.9")], [
      true,
      true,
      true,
    ]);
    assertEquals([is("1.2.3", "1.2.4"), is("1.2.9", "1.3.0"), is("2.0.0", "1.9.9")], [
      false,
      false,
      false,
    ]);
    assertEquals(is("1.0.0", "2.0.0"), false);
  });

  test("orders versions", () => {
    const sorted = ["0.9.9", "1.0.0", "1.0.10", "1.2.0", "10.0.0"];
    sorted.forEach((a, i) =>
      sorted.forEach((b, j) => {
        assertEquals(parse(a).compareTo(parse(b)), Math.sign(i - j) as -1 | 0 | 1);
        assertEquals(parse(a).equals(parse(b)), i === j);
      })
    );
  });

  test("current() is the library's, as in deno.json and package.json", () => {
    assertEquals(String(VersionInfo.current()), VERSION);
    for (const file of ["deno.json", "package.json"]) {
      const { version } = JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), "utf8"));
      assertEquals(version, VERSION, file);
    }
  });
});

describe("PluginInfo", () => {
  const fields = {
    name: "p",
    version: "1.0.0",
    description: "",
    author: "me",
    minMinitensorVersion: new VersionInfo(0, 1, 0),
  };

  test("holds versions, read-only", () => {
    const info = new PluginInfo(fields);
    assertEquals([String(info), String(info.minMinitensorVersion)], ["p 1.0.0", "0.1.0"]);
    assertEquals(info.maxMinitensorVersion, null);
    assertEquals(info.version instanceof VersionInfo, true);
    assertThrows(() => ((info as { name: string }).name = "q"), TypeError);
    const limited = new PluginInfo({ ...fields, maxMinitensorVersion: "2.0.0" });
    assertEquals(String(limited.maxMinitensorVersion), "2.0.0");
  });

  test("refuses what is none", () => {
    const make = (changed: object) => () => new PluginInfo({ ...fields, ...changed });
    assertThrows(make({ name: "" }), ArgumentError, "its name is empty");
    assertThrows(make({ author: undefined }), ArgumentError, "its author is no text");
    assertThrows(make({ version: "1" }), ArgumentError, 'Cannot parse version "1"');
  });
});

describe("PluginBuilder", () => {
  test("builds a plugin, and names what is missing", () => {
    const builder = new PluginBuilder().name("p").version("1.0.0").description("A plugin.");
    assertThrows(
      () => builder.build(),
      ArgumentError,
      "Cannot build the plugin: it has no author, no minMinitensorVersion",
    );
    builder.author("me").minMinitensorVersion("0.1.0");
    assertEquals(builder.build().info.maxMinitensorVersion, null);
    const plugin = builder.maxMinitensorVersion(new VersionInfo(0, 9, 0)).build();
    assertEquals(plugin instanceof CustomPlugin, true);
    assertEquals({ ...plugin.info }, {
      name: "p",
      version: parse("1.0.0"),
      description: "A plugin.",
      author: "me",
      minMinitensorVersion: parse("0.1.0"),
      maxMinitensorVersion: parse("0.9.0"),
    });
  });
});
