/**
 * `deno task plugins`: the example plugins, into plugins/, where `loadPlugins()` finds them. What is
 * up to date is left alone.
 *
 * @module
 */
import { existsSync, statSync } from "node:fs";
import { copyFile, rename } from "node:fs/promises";
import { setup } from "./setup.ts";
import { capture, fail, type Result, root, since } from "./tools.ts";

/** What came of a plugin; null where a tool is missing. */
type Built = { readonly library: string; readonly isNew?: boolean } | null;

/** Names of the libraries' files. */
const isMac = Deno.build.os === "darwin";
const fileOf = (name: string) => `lib${name}${isMac ? ".dylib" : ".so"}`;

const folder = `${root}plugins`;
const header = `${folder}/include/minitensor_plugin.h`;
const cargoTarget = `${root}.tools/cargo`;

/** Zig's build system knows what is up to date. */
async function buildZig(zig: string, name: string): Promise<Built> {
  const source = `${folder}/${name}`;
  await succeed(name, [
    zig,
    "build",
    "--build-file",
    `${source}/build.zig`,
    "--prefix",
    source + "/zig-out",
  ]);
  return { library: `${source}/zig-out/lib/${fileOf(name)}` };
}

/** One C file, by the system's compiler, or by Zig's where there is none. */
async function buildC(zig: string, name: string, source: string): Promise<Built> {
  const library = `${folder}/${fileOf(name)}`;
  if (isFresh(library, [source, header])) return { library };
  const compiler = (await capture(["cc", "--version"])).ok ? ["cc"] : [zig, "cc"];
  const flags = [
    "-std=c99",
    "-O3",
    "-Wall",
    "-Wextra",
    "-shared",
    "-fPIC",
    "-I",
    `${folder}/include`,
  ];
  const partial = `${library}.${Deno.pid}`;
  await succeed(name, [...compiler, ...flags, source, "-o", partial, "-lm"]);
  await rename(partial, library);
  return { library, isNew: true };
}

/** The first Rust that has what the crate uses. */
const RUST_MINOR = 80;

/** Why Rust cannot be built here, or null. */
async function lacksRust(): Promise<string | null> {
  const found = await capture(["cargo", "--version"]);
  if (!found.ok) return "cargo is not on the PATH";
  const minor = Number(/^cargo 1\.(\d+)\./m.exec(found.text)?.[1] ?? 0);
  return minor >= RUST_MINOR ? null : `${found.text.trim()} is older than 1.${RUST_MINOR}`;
}

/** Runs the tests of the crate for plugins in Rust; null where they cannot be run. */
export async function testCrate(): Promise<Result | null> {
  if (await lacksRust() !== null) return null;
  const manifest = `${folder}/rust/minitensor_plugin/Cargo.toml`;
  const flags = ["--offline", "--locked", "--quiet", "--manifest-path", manifest];
  return capture(["cargo", "test", ...flags], { CARGO_TARGET_DIR: cargoTarget });
}

/** Cargo knows what is up to date; it downloads nothing, since there are no dependencies. */
async function buildRust(name: string): Promise<Built> {
  if (await lacksRust() !== null) return null;
  const manifest = `${folder}/${name}/Cargo.toml`;
  const flags = ["--release", "--offline", "--locked", "--quiet", "--manifest-path", manifest];
  await succeed(name, ["cargo", "build", ...flags], { CARGO_TARGET_DIR: cargoTarget });
  return { library: `${cargoTarget}/release/${fileOf(name)}` };
}

function isFresh(library: string, sources: readonly string[]): boolean {
  if (!existsSync(library)) return false;
  const { mtimeMs } = statSync(library);
  return sources.every((source) => statSync(source).mtimeMs < mtimeMs);
}

async function succeed(
  name: string,
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const result = await capture(command, env);
  if (!result.ok) throw new Error(`Cannot build plugin ${name}:\n${result.text.trimEnd()}`);
}

/** Puts a library into plugins/ whole or not at all; true if it is another than before. */
async function install(library: string): Promise<boolean> {
  const target = `${folder}/${library.slice(library.lastIndexOf("/") + 1)}`;
  if (library === target || isFresh(target, [library])) return false;
  const partial = `${target}.${Deno.pid}`;
  await copyFile(library, partial);
  await rename(partial, target);
  return true;
}

/** Builds them all; what is skipped for want of a tool, and why. */
export async function buildPlugins(): Promise<readonly string[]> {
  const zig = await setup();
  const plugins: Readonly<Record<string, () => Promise<Built>>> = {
    zig_swish: () => buildZig(zig, "zig_swish"),
    c_stats: () => buildC(zig, "c_stats", `${folder}/c_stats/c_stats.c`),
    template: () => buildC(zig, "template", `${folder}/template/plugin.c`),
    rust_example: () => buildRust("rust_example"),
  };
  const skipped: string[] = [];
  for (const [name, build] of Object.entries(plugins)) {
    const start = performance.now();
    const built = await build();
    if (built === null) skipped.push(`${name}: ${await lacksRust()}`);
    else if (await install(built.library) || built.isNew) {
      console.log(`built plugins/${fileOf(name)} in ${since(start)}`);
    }
  }
  for (const line of skipped) console.log(`skipped plugin ${line}`);
  return skipped;
}

if (import.meta.main) {
  await buildPlugins().catch((error: Error) => fail(error.message));
}
