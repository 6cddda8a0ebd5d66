/**
 * Trains a small network through an op that a native plugin brings: iris, with the activation
 * `zig_swish` of plugins/zig_swish.
 *
 *   deno task plugins
 *   deno run --allow-ffi --allow-read --allow-write examples/plugin.ts
 *   bun examples/plugin.ts
 *
 * @module
 */
import { executeCustomOp, isMinitensorError, manualSeed, noGrad, tidy } from "../mod.ts";
import { DataLoader, loadIris, TensorDataset } from "../src/data/mod.ts";
import { CrossEntropyLoss, Linear, Sequential } from "../src/nn/mod.ts";
import { AdamW } from "../src/optim/mod.ts";
import { CustomLayer, loadPlugins } from "../src/plugin/mod.ts";

const { loaded, failed } = loadPlugins(new URL("../plugins/", import.meta.url));
for (const { path, error } of failed) console.log(`${path}: ${error.message}`);
for (const { info, ops } of loaded) console.log(`${info}: ${[...ops.keys()].join(", ")}`);

/** A layer over the plugin's op: in a Sequential it is a layer like any other. */
const swish = new CustomLayer("swish");
swish.setForward(([x]) => executeCustomOp("zig_swish", [x!]));

try {
  manualSeed(1);
  const { features, labels } = await loadIris();
  const data = new TensorDataset(features, labels);
  const loader = new DataLoader(data, { batchSize: 16, shuffle: true });
  const model = new Sequential(new Linear(4, 16), swish, new Linear(16, 3));
  const optimizer = new AdamW(model.parameters(), { lr: 0.01 });
  const criterion = new CrossEntropyLoss();
  for (let epoch = 0; epoch < 60; epoch++) {
    for (const [x, y] of loader) {
      tidy(() => {
        optimizer.zeroGrad();
        criterion.forward(model.forward(x!), y!).backward();
      });
      optimizer.step();
    }
  }
  const right = noGrad(() => model.forward(features).argmax(1).eq(labels).float().mean());
  console.log(`accuracy ${(Number(right.item()) * 100).toFixed(1)} %`);
} catch (error) {
  if (!isMinitensorError(error)) throw error;
  console.log(`${error.message}\nbuild the plugins first: deno task plugins`);
}
for (const plugin of loaded) plugin[Symbol.dispose]();
