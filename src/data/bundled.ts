/**
 * Real data that comes with the library, decoded when first asked for.
 *
 * @module
 */
import { fromTypedArray } from "../create.ts";
import { ArgumentError } from "../errors.ts";
import { Generator, randperm } from "../random.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Which part of a bundled set. */
export interface BundledOptions {
  /**
   * True: the four fifths for training. False: the fifth held back. Absent: all, in the original
   * order.
   */
  readonly train?: boolean;
  /** Decides which samples are held back. Default 0. */
  readonly seed?: number;
}

/** Where data comes from. */
export interface Origin {
  /** Who made it, and where it was published. */
  readonly origin: string;
  /** What may be done with it. */
  readonly license: string;
}

/** Images and their classes. */
export interface LabelledImages extends Origin {
  /** float32 [N, 1, H, W], from 0 (paper) to 1 (ink). */
  readonly images: Tensor;
  /** int64 [N]. */
  readonly labels: Tensor;
  /** Names of the classes. */
  readonly names: readonly string[];
}

/** Rows of measurements and their classes. */
export interface LabelledRows extends Origin {
  /** float32 [N, columns]. */
  readonly features: Tensor;
  /** int64 [N]. */
  readonly labels: Tensor;
  /** Names of the classes. */
  readonly names: readonly string[];
  /** Names of the columns. */
  readonly columns: readonly string[];
}

/** The chosen part of tensors that are cut along their first dim. */
function part(tensors: readonly Tensor[], { train, seed = 0 }: BundledOptions): Tensor[] {
  if (train === undefined) return [...tensors];
  if (typeof train !== "boolean") {
    throw new ArgumentError(`Cannot load the part train=${String(train)}: it is true or false`);
  }
  const count = tensors[0]!.shape[0]!;
  const held = Math.floor(count / 5);
  const order = randperm(count, { generator: new Generator(seed) });
  const chosen = train ? order.narrow(0, held, count - held) : order.narrow(0, 0, held);
  return tensors.map((x) => x.indexSelect(0, chosen));
}

function labelTensor(labels: Uint8Array): Tensor {
  return fromTypedArray(BigInt64Array.from(labels, BigInt));
}

/**
 * The 1,797 handwritten digits of 8 by 8 pixels of the UCI Optical Recognition of Handwritten
 * Digits test set.
 *
 * @example
 * ```ts
 * import { loadDigits } from "@minitensor/minitensor/data";
 * const { images, labels } = await loadDigits();
 * console.assert(images.shape.join() === "1797,1,8,8" && labels.numel() === 1797);
 * ```
 */
export async function loadDigits(options: BundledOptions = {}): Promise<LabelledImages> {
  const { decodeDigits } = await import("./digits.ts");
  const digits = decodeDigits();
  const grey = Float32Array.from(digits.images, (value) => value / 16);
  const [images, labels] = part(
    [fromTypedArray(grey, [1797, 1, 8, 8]), labelTensor(digits.labels)],
    options,
  );
  return {
    images: images!,
    labels: labels!,
    names: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    origin:
      "E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998",
    license: "CC BY 4.0",
  };
}

/**
 * Sepals and petals of 150 irises of three species, in centimetres (Fisher 1936).
 *
 * @example
 * ```ts
 * import { loadIris } from "@minitensor/minitensor/data";
 * console.assert((await loadIris()).features.shape.join() === "150,4");
 * ```
 */
export async function loadIris(options: BundledOptions = {}): Promise<LabelledRows> {
  const { decodeIris } = await import("./iris.ts");
  const iris = decodeIris();
  const [features, labels] = part([
    fromTypedArray(iris.features, [150, 4]),
    labelTensor(iris.labels),
  ], options);
  return {
    features: features!,
    labels: labels!,
    names: ["setosa", "versicolor", "virginica"],
    columns: ["sepal length", "sepal width", "petal length", "petal width"],
    origin: "R. A. Fisher, Iris, UCI Machine Learning Repository, 1936",
    license: "CC BY 4.0",
  };
}
