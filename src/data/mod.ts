/**
 * Data: datasets, batches, files, and real data that comes along.
 *
 * @module
 */
import "../tensor/tensor.ts"; // defines the class of tensors for whoever imports this part alone
export * from "./bundled.ts";
export { Dataset, TensorDataset } from "./dataset.ts";
export { type IdxArray, type IdxDType, parseIdx } from "./idx.ts";
export { DataLoader, type DataLoaderOptions } from "./loader.ts";
export { MNIST, parseIdxImages, parseIdxLabels } from "./mnist.ts";
