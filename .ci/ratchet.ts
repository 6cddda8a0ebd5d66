/**
 * `deno task ratchet`: lowers the limits of test/style_limits.json to what the tree has today. With
 * --raise it sets them, which shows in the diff and wants a reason.
 *
 * @module
 */
import { measure, projectFiles } from "../test/style_measure.ts";
import { root } from "./tools.ts";

const path = `${root}test/style_limits.json`;
const mayRaise = Deno.args.includes("--raise");
const limits: Record<string, number> = JSON.parse(Deno.readTextFileSync(path));
const lowered = Object.entries(measure(projectFiles())).map(([name, value]) => {
  const limit = limits[name];
  return [name, mayRaise || limit === undefined ? value : Math.min(limit, value)] as const;
});
Deno.writeTextFileSync(path, `${JSON.stringify(Object.fromEntries(lowered), null, 2)}\n`);
