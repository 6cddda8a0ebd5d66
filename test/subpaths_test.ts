/** Each sub-path of the package works alone: a program may import nothing else. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, describe, test } from "node:test";
import { assertEquals } from "@std/assert";

/** A safetensors file of one byte, x = 7. */
function tinyFile(): Uint8Array {
  const header = new TextEncoder().encode('{"x":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}');
  return new Uint8Array([header.length, 0, 0, 0, 0, 0, 0, 0, ...header, 7]);
}

const programs: Readonly<Record<string, readonly [code: string, output: string]>> = {
  "mod.ts": ["it.ones([2]).sum().item()", "2"],
  "src/serialize/mod.ts": [
    `it.loadSafetensorsFromBytes(new Uint8Array([${[...tinyFile()]}])).get("x").item()`,
    "7",
  ],
  "src/data/mod.ts": ["(await it.loadIris()).features.shape.join()", "150,4"],
  "src/linalg/mod.ts": ["it.det([[2]]).item()", "2"],
  "src/nn/mod.ts": ["new it.Linear(2, 3).weight.shape.join()", "3,2"],
  "src/optim/mod.ts": ["typeof it.SGD", "function"],
  "src/plugin/mod.ts": ["it.listPlugins().length", "0"],
  "src/testing.ts": ["it.lawNames.length > 0", "true"],
  "src/debug/mod.ts": ["it.measureBandwidth({ bytes: 4096 }) > 0", "true"],
  "src/autograd/mod.ts": ["it.Function.name", "Function"],
  "src/fft/mod.ts": ["it.rfft([1, 2]).real.toArray().join()", "3,-1"],
  "src/sparse/mod.ts": ["it.fromDense([[0, 1]]).nnz", "1"],
  "src/func/mod.ts": ["typeof it.grad((x) => x)", "function"],
  "src/numpy/mod.ts": ["it.sum([1, 2]).item()", "3"],
};

test("every sub-path of deno.json has a program", () => {
  const text = readFileSync(new URL("../deno.json", import.meta.url), "utf8");
  const exports = Object.values(JSON.parse(text).exports as Record<string, string>);
  assertEquals(exports.map((path) => path.slice(2)).sort(), Object.keys(programs).sort());
});

describe("a program that imports only", () => {
  const folder = mkdtempSync(join(tmpdir(), "minitensor-subpaths-"));
  after(() => rmSync(folder, { recursive: true }));

  for (const [path, [code, output]] of Object.entries(programs)) {
    test(`${path} runs`, { timeout: 60_000 }, () => {
      const program = join(folder, `${path.replaceAll("/", "_")}`);
      const url = new URL(`../${path}`, import.meta.url).href;
      writeFileSync(program, `import * as it from "${url}";\nconsole.log(String(${code}));\n`);
      const options = "Deno" in globalThis ? ["run", "-A", "--no-check"] : [];
      const text = execFileSync(process.execPath, [...options, program], { encoding: "utf8" });
      assertEquals(text.trim(), output);
    });
  }
});
