/**
 * Compiles the tests' plugins, which are in C.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** The compilers to try: the machine's, or the one in Zig. */
const compilers = [["cc"], ["zig", "cc"], [here("../../.tools/zig/ziglang/zig"), "cc"]];

/** Makes the shared library `output` of a source file of this folder. */
export function compile(source: string, output: string, options: readonly string[] = []): void {
  const args = ["-shared", "-fPIC", "-O1", "-I", here("../../plugins/include"), ...options];
  for (const [program, ...first] of compilers) {
    const command = [...first, ...args, here(source), "-o", output];
    const result = spawnSync(program!, command, { encoding: "utf8" });
    if (result.error !== undefined) continue; // there is no such compiler
    if (result.status !== 0) throw new Error(`${source} does not compile: ${result.stderr}`);
    return;
  }
  throw new Error("no C compiler: tried cc and zig cc");
}
