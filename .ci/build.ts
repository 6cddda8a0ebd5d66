/**
 * `deno task build`: the native library, into zig-out. Zig knows what is up to date: then it takes
 * 0.3 s.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { setup } from "./setup.ts";
import { attached, root, since } from "./tools.ts";

/** Seconds of a first build with two cores, to say what to expect. */
const FIRST_BUILD_SECONDS = 130;

/** Builds the library; gives Zig's path, or null if the build failed and has said why. */
export async function build(): Promise<string | null> {
  const zig = await setup();
  const start = performance.now();
  const isFirst = !existsSync(`${root}.zig-cache`);
  if (isFirst) {
    console.log(`building native library (about ${FIRST_BUILD_SECONDS} s the first time)`);
  }
  if (!await attached([zig, "build", "--summary", "none"])) return null;
  if (performance.now() - start > 3000) console.log(`built native library in ${since(start)}`);
  return zig;
}

if (import.meta.main && await build() === null) Deno.exit(1);
