import { describe, test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import limits from "./style_limits.json" with { type: "json" };
import {
  codeOf,
  isHandwritten,
  measure,
  projectFiles,
  runtimeImports,
  type SourceFile,
  undocumentedExports,
} from "./style_measure.ts";

const files = projectFiles();
const typescript = files.filter((file) => isHandwritten(file, "ts"));
const zig = files.filter((file) => isHandwritten(file, "zig"));

/** `path:line` of every line that matches. */
function find(list: readonly SourceFile[], pattern: RegExp): string[] {
  return list.flatMap(({ path, lines }) =>
    lines.flatMap((line, i) => pattern.test(line) ? [`${path}:${i + 1}`] : [])
  );
}

describe("style", () => {
  const measures = measure(files);
  for (const [name, limit] of Object.entries(limits)) {
    test(`${name} stays within ${limit}`, () => {
      const found = measures[name];
      assert(
        found !== undefined && found <= limit,
        `${name} is ${found}; see test/style_limits.json`,
      );
    });
  }

  test("every measure has a limit", () => {
    assertEquals(Object.keys(limits).toSorted(), Object.keys(measures).toSorted());
  });

  test("files are named in snake_case", () => {
    const named = files.filter(({ path }) => /\.(ts|zig|c|h|py|rs)$/.test(path));
    const bad = named.filter(({ path }) => !/(^|\/)[a-z0-9_]+(\.d)?\.[a-z]+$/.test(path));
    assertEquals(bad.map(({ path }) => path), []);
  });

  test("nothing is left to do without an issue's number", () => {
    const sources = [...typescript, ...zig].filter(({ path }) => !path.startsWith("test/style_"));
    assertEquals(find(sources, /\b(TODO(?!\(#\d+\))|FIXME|XXX)\b/), []);
  });

  test("only src/ffi and src/host.ts name a runtime", () => {
    const independent = typescript.filter(({ path }) =>
      path.startsWith("src/") && !path.startsWith("src/ffi/") && path !== "src/host.ts"
    );
    const bad = independent.filter(({ text }) => /\b(Deno|Bun|process)\b/.test(codeOf(text)));
    assertEquals(bad.map(({ path }) => path), []);
  });

  test("no file names a package registry or a place on somebody's machine", () => {
    const hosts =
      /registry\.npmjs|pypi[.]org|python[h]osted|crates[.]io\/api|proxy[.]golang|deb[.]debian/;
    const places = /(^|[^\w.])\/(?:work|farm|home|Users)\/\w|\.\.\/(?:shared|steering)\//;
    assertEquals([...find(files, hosts), ...find(files, places)], []);
  });

  test("modules do not import each other in a circle", () => {
    const graph = new Map(typescript.map((file) => [file.path, runtimeImports(file)]));
    assertEquals([...graph.keys()].map((path) => circleFrom(path, graph)).find(Boolean), undefined);
  });

  test("every Zig file says first what it is for", () => {
    const silent = zig.filter(({ text }) => !text.startsWith("//! "));
    assertEquals(silent.map(({ path }) => path), []);
  });

  test("every module in src says first what it is for", () => {
    const sources = typescript.filter(({ path }) => path.startsWith("src/") || path === "mod.ts");
    const silent = sources.filter(({ text }) => !/^\/\*\*\n \* [^]*?@module\n \*\//.test(text));
    assertEquals(silent.map(({ path }) => path), []);
  });
});

/** The modules of a circle that begins at `path`, or undefined. */
function circleFrom(
  path: string,
  graph: ReadonlyMap<string, readonly string[]>,
): string | undefined {
  const seen = new Set<string>();
  const visit = (at: string, trail: readonly string[]): string | undefined => {
    for (const next of graph.get(at) ?? []) {
      if (next === path) return [...trail, next].join(" -> ");
      if (seen.has(next)) continue;
      seen.add(next);
      const circle = visit(next, [...trail, next]);
      if (circle !== undefined) return circle;
    }
    return undefined;
  };
  return visit(path, [path]);
}

describe("the style test itself", () => {
  const source = (path: string, text: string): SourceFile => ({
    path,
    text,
    lines: text.split("\n"),
  });

  test("codeOf() drops comments and strings", () => {
    const text = 'a /* Deno */ b // Bun\nc "process \\" d" e `f`';
    assertEquals(codeOf(text).match(/\w+/g), ["a", "b", "c", "e"]);
  });

  test("runtimeImports() knows types from values", () => {
    const text = `import type { A } from "./a.ts";
import { b, type C } from "../b.ts";
import d, {
  e,
} from "./sub/d.ts";
import * as f from "./f.ts";
import "./g.ts";
export * from "./h.ts";
export type { I } from "./i.ts";
import { test } from "node:test";
const lazy = () => import("./lazy.ts");`;
    const found = runtimeImports(source("src/x/y.ts", text));
    assertEquals(found, [
      "src/b.ts",
      "src/x/sub/d.ts",
      "src/x/f.ts",
      "src/x/g.ts",
      "src/x/h.ts",
    ]);
  });

  test("circleFrom() finds a circle", () => {
    const graph = new Map([["a", ["b"]], ["b", ["c", "d"]], ["c", []], ["d", ["a"]]]);
    assertEquals(circleFrom("a", graph), "a -> b -> d -> a");
    assertEquals(circleFrom("c", graph), undefined);
  });

  test("undocumentedExports() finds what has no comment", () => {
    const text = `/** One. */
export function one(x: number): void;
export function one(x: string): void;
export const two = 2;
/** Three. */
// deno-lint-ignore no-explicit-any
export type Three = any;`;
    assertEquals(undocumentedExports(text.split("\n")), ["two"]);
  });

  test("measure() tells functions from calls and generic structs", () => {
    const lines = (path: string, text: string) => {
      const { typescriptFunctionLines, zigFunctionLines } = measure([source(path, text)]);
      return typescriptFunctionLines! + zigFunctionLines!;
    };
    assertEquals(
      lines("src/a.ts", "class A {\n  f(\n    x: number,\n  ): void {\n    g();\n  }\n}\n"),
      5,
    );
    assertEquals(lines("src/a.ts", "export const a = b(\n  c([1]),\n  d(\n    1,\n  ),\n);\n"), 0);
    assertEquals(lines("kernels/a.zig", "fn A(T: type) type {\n    fn f() void {\n    }\n}\n"), 2);
  });

  test("measure() counts", () => {
    const wide = "x".repeat(101);
    const zigFile = source(
      "kernels/a.zig",
      `//! A.\nfn f() void {\n    ${wide}\n}\n\ntest "t" {}\n`,
    );
    const tsFile = source("src/b.ts", `export function f(x: any) {\n  return x;\n}\n`);
    const { anyTypes, undocumentedExports, ...found } = measure([zigFile, tsFile]);
    assertEquals([anyTypes, undocumentedExports], [1, 1]);
    assertEquals(found, {
      typescriptFileLines: 4,
      typescriptFunctionLines: 3,
      typescriptWideLines: 0,
      zigFileLines: 5,
      zigFunctionLines: 3,
      zigWideLines: 1,
    });
  });
});
