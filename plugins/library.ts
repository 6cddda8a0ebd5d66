/**
 * What the example plugins' tests share.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { manualSeed, type Op, type Tensor, tensor } from "@minitensor/minitensor";
import { CrossEntropyLoss, Linear } from "@minitensor/minitensor/nn";
import { AdamW } from "@minitensor/minitensor/optim";
import { type LoadedPlugin, loadPlugin } from "@minitensor/minitensor/plugin";

/** Path of a library that `deno task plugins` built; null where it did not, for want of a tool. */
export function libraryOf(name: string): string | null {
  const path = [".so", ".dylib"]
    .map((suffix) => fileURLToPath(new URL(`lib${name}${suffix}`, import.meta.url)))
    .find((path) => existsSync(path));
  return path ?? null;
}

/** What a test needs that is skipped where the plugin is not built. */
export function builtOnly(name: string): { readonly skip: string | false } {
  return { skip: libraryOf(name) === null ? `${name} is not built: deno task plugins` : false };
}

/** The plugin of that name, from plugins/. */
export function load(name: string): LoadedPlugin {
  return loadPlugin(libraryOf(name)!);
}

/** An op of a plugin. */
export function opOf(plugin: LoadedPlugin, name: string): Op {
  return plugin.ops.get(name)!;
}

/** A tensor's values. */
export function valuesOf(x: Tensor): number[] {
  return Array.from(x.detach().toTypedArray() as ArrayLike<number>, Number);
}

/** Loss of a small network with that activation before and after it learned exclusive or. */
export function learnXor(activation: (x: Tensor) => Tensor): readonly [number, number] {
  manualSeed(3);
  const x = tensor([[0, 0], [0, 1], [1, 0], [1, 1]]);
  const y = tensor([0, 1, 1, 0], { dtype: "int64" });
  const [first, second] = [new Linear(2, 16), new Linear(16, 2)];
  const parameters = [...first.parameters(), ...second.parameters()];
  const optimizer = new AdamW(parameters, { lr: 0.05 });
  const criterion = new CrossEntropyLoss();
  const loss = () => criterion.forward(second.forward(activation(first.forward(x))), y);
  const before = Number(loss().item());
  for (let step = 0; step < 150; step++) {
    optimizer.zeroGrad();
    loss().backward();
    optimizer.step();
  }
  return [before, Number(loss().item())];
}
