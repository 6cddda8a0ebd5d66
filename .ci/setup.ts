/**
 * `deno task setup`: finds or installs the tools; a second call finds everything and does nothing.
 *
 * @module
 */
import { bun, findZig, hasBun, installBun, installZig, root } from "./tools.ts";

/** Makes sure of Zig and Bun; gives Zig's path. */
export async function setup(): Promise<string> {
  const [zig, hasBunAlready] = await Promise.all([findZig(), hasBun()]);
  if (!hasBunAlready) await installBun();
  return zig ?? await installZig();
}

if (import.meta.main) {
  const zig = await setup();
  console.log(`ready: Zig is ${zig.replace(root, "")}, Bun is ${bun.replace(root, "")}`);
}
