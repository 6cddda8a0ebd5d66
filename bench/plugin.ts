/**
 * What a call into a plugin costs: `zig_swish` of plugins/zig_swish beside the built-in `silu`,
 * which has the same loop, in turn, slice by slice.
 *
 *   deno task bench:plugin
 *
 * @module
 */
import { type Op, randn, scope, silu, type Tensor } from "../mod.ts";
import { loadPlugins } from "../src/plugin/mod.ts";
import { calibrate, type Loop, median, timeSlice } from "./timing.ts";

const SLICES = 15;
const MILLISECONDS = 40;

const { loaded } = loadPlugins(new URL("../plugins/", import.meta.url));
const plugin = loaded.find(({ name }) => name === "zig_swish");
if (plugin === undefined) throw new Error("zig_swish is not built: run `deno task plugins`");
const swish = plugin.ops.get("zig_swish") as Op<(x: Tensor) => Tensor>;

function loopOf(fn: (x: Tensor) => Tensor, x: Tensor): Loop {
  return (calls) => {
    for (let done = 0; done < calls; done += 32) {
      using _ = scope();
      for (let i = 0; i < Math.min(32, calls - done); i++) fn(x);
    }
  };
}

for (const elements of [8, 1024, 2 ** 20]) {
  const x = randn([elements]);
  const sides = [loopOf(silu, x), loopOf(swish, x)];
  const counts = sides.map((loop) => calibrate(loop, MILLISECONDS));
  const slices: number[][] = [[], []];
  for (let i = 0; i < SLICES; i++) {
    sides.forEach((loop, side) => slices[side]!.push(timeSlice(loop, counts[side]!, MILLISECONDS)));
  }
  const [own, foreign] = slices.map(median) as [number, number];
  const most = own * 1.1 + 50;
  console.log(
    `${elements} elements: silu ${own.toFixed(0)} ns, zig_swish ${foreign.toFixed(0)} ns ` +
      `(${(foreign - own).toFixed(0)} more; ${foreign <= most ? "within" : "BEYOND"} 10 % + 50 ns)`,
  );
}
