/**
 * Image sets in MNIST's files.
 *
 * @module
 */
import { fromTypedArray } from "../create.ts";
import { SerializationError } from "../errors.ts";
import { readFile } from "../host.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { TensorDataset } from "./dataset.ts";
import { parseIdx } from "./idx.ts";

/**
 * Images of an IDX file, [N, H, W] bytes, as float32 [N, 1, H, W] from 0 to 1.
 *
 * @throws {SerializationError} when the bytes are not images.
 *
 * @example
 * ```ts
 * import { parseIdxImages } from "@minitensor/minitensor/data";
 * const header = [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2]; // bytes [1, 1, 2]
 * const images = parseIdxImages(new Uint8Array([...header, 0, 255]));
 * console.assert(images.shape.join() === "1,1,1,2" && images.toArray().toString() === "0,1");
 * ```
 */
export function parseIdxImages(bytes: Uint8Array, path?: string): Tensor {
  const { dtype, shape, data } = parseIdx(bytes, path);
  if (dtype !== "uint8" || shape.length !== 3) {
    throw new SerializationError(
      `Cannot read images${
        path === undefined ? "" : ` of ${path}`
      }: it holds ${dtype} of rank ${shape.length}, not bytes of rank 3`,
      path === undefined ? {} : { path },
    );
  }
  const [count, height, width] = shape as [number, number, number];
  const stored = fromTypedArray(data as Uint8Array, [count, 1, height, width]);
  const images = stored.float().div_(255);
  stored.dispose();
  return images;
}

/**
 * Labels of an IDX file, bytes, as int64 [N].
 *
 * @throws {SerializationError} when the bytes are not labels.
 *
 * @example
 * ```ts
 * import { parseIdxLabels } from "@minitensor/minitensor/data";
 * const labels = parseIdxLabels(new Uint8Array([0, 0, 8, 1, 0, 0, 0, 2, 5, 7]));
 * console.assert(labels.dtype === "int64" && labels.toArray().toString() === "5,7");
 * ```
 */
export function parseIdxLabels(bytes: Uint8Array, path?: string): Tensor {
  const { dtype, shape, data } = parseIdx(bytes, path);
  if (dtype !== "uint8" || shape.length !== 1) {
    throw new SerializationError(
      `Cannot read labels${
        path === undefined ? "" : ` of ${path}`
      }: it holds ${dtype} of rank ${shape.length}, not bytes of rank 1`,
      path === undefined ? {} : { path },
    );
  }
  return fromTypedArray(BigInt64Array.from(data as Uint8Array, BigInt));
}

function readFirst(paths: readonly string[]): { bytes: Uint8Array; path: string } {
  const problems: string[] = [];
  for (const path of paths) {
    try {
      return { bytes: readFile(path), path };
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  throw new SerializationError(`Cannot read ${paths[0]}: ${problems[0]}`, { path: paths[0]! });
}

/**
 * Handwritten digits, or anything else in MNIST's four files (`train-images-idx3-ubyte` and so on,
 * plain or `.gz`). Sample i is an image [1, 28, 28] from 0 to 1 and its label.
 *
 * @example
 * ```ts
 * import { MNIST } from "@minitensor/minitensor/data";
 * import { SerializationError } from "@minitensor/minitensor";
 * try {
 *   console.log(new MNIST("data/mnist").length); // 60000
 * } catch (error) {
 *   console.assert(error instanceof SerializationError); // the files are not there
 * }
 * ```
 */
export class MNIST extends TensorDataset {
  /** float32 [N, 1, H, W]. */
  readonly images: Tensor;
  /** int64 [N]. */
  readonly labels: Tensor;

  /**
   * Reads the training part of a directory, or the test part.
   *
   * @throws {SerializationError} when a file is missing, damaged, or does not fit the other.
   */
  constructor(directory: string, options: { readonly train?: boolean } = {}) {
    const name = options.train === false ? "t10k" : "train";
    const file = (
      kind: string,
    ) => [`${directory}/${name}-${kind}-ubyte`, `${directory}/${name}-${kind}-ubyte.gz`];
    const imageFile = readFirst(file("images-idx3"));
    const labelFile = readFirst(file("labels-idx1"));
    const images = parseIdxImages(imageFile.bytes, imageFile.path);
    const labels = parseIdxLabels(labelFile.bytes, labelFile.path);
    if (images.shape[0] !== labels.shape[0]) {
      throw new SerializationError(
        `Cannot use ${imageFile.path} with ${labelFile.path}: there are ${
          images.shape[0]
        } images and ${labels.shape[0]} labels`,
        { path: labelFile.path },
      );
    }
    super(images, labels);
    this.images = images;
    this.labels = labels;
  }
}
