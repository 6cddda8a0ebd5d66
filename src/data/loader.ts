/**
 * Batches of samples.
 *
 * @module
 */
import { tensor } from "../create.ts";
import { ArgumentError } from "../errors.ts";
import { nowMilliseconds } from "../host.ts";
import { checkOptions } from "../ops/front.ts";
import { stack } from "../ops/join.ts";
import { type Generator, randperm } from "../random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Dataset } from "./dataset.ts";

/** A turn of the event loop costs up to a few milliseconds: this often is seldom enough. */
const TURN_MILLISECONDS = 50;

/** Options of {@link DataLoader}. */
export interface DataLoaderOptions {
  /** Samples in a batch. Default 1. */
  readonly batchSize?: number;
  /** Takes the samples in a new random order each time. Default false. */
  readonly shuffle?: boolean;
  /** Leaves out a last batch that is not full. Default false. */
  readonly dropLast?: boolean;
  /** Where the order comes from. Default: the default generator. */
  readonly generator?: Generator;
}

/**
 * A dataset in batches: stacked tensors, in order or shuffled. Iterate over it as often as there
 * are epochs.
 *
 * @example
 * ```ts
 * import { arange } from "@minitensor/minitensor";
 * import { DataLoader, TensorDataset } from "@minitensor/minitensor/data";
 * const loader = new DataLoader(new TensorDataset(arange(5)), { batchSize: 2 });
 * console.assert([...loader].map(([x]) => x!.numel()).join() === "2,2,1");
 * ```
 */
export class DataLoader {
  readonly #batchSize: number;
  readonly #options: DataLoaderOptions;

  /** Cuts a dataset into batches. */
  constructor(readonly dataset: Dataset, options: DataLoaderOptions = {}) {
    checkOptions(options, ["batchSize", "shuffle", "dropLast", "generator"], "make DataLoader");
    this.#options = options;
    this.#batchSize = options.batchSize ?? 1;
    if (!Number.isInteger(this.#batchSize) || this.#batchSize < 1) {
      throw new ArgumentError(
        `Cannot make DataLoader with batchSize ${this.#batchSize}: it is 1 or more`,
      );
    }
  }

  /** Number of batches. */
  get length(): number {
    const batches = this.dataset.length / this.#batchSize;
    return this.#options.dropLast === true ? Math.floor(batches) : Math.ceil(batches);
  }

  /** The order of the samples for one epoch. */
  #order(): BigInt64Array {
    const count = this.dataset.length;
    if (this.#options.shuffle !== true) {
      return BigInt64Array.from({ length: count }, (_, i) => BigInt(i));
    }
    const { generator } = this.#options;
    const order = randperm(count, generator === undefined ? {} : { generator });
    const elements = order.toTypedArray() as BigInt64Array;
    order.dispose();
    return elements;
  }

  #batch(indices: BigInt64Array): Tensor[] {
    const index = tensor(indices);
    const batch = this.dataset.getBatch(index);
    index.dispose();
    if (batch !== undefined) return [...batch];
    const samples = Array.from(indices, (i) => this.dataset.get(Number(i)));
    return samples[0]!.map((_, part) => stack(samples.map((sample) => sample[part]!)));
  }

  /**
   * Batches one after the other. The caller disposes of them, or a scope around the loop's body
   * does.
   */
  *[Symbol.iterator](): IterableIterator<Tensor[]> {
    const order = this.#order();
    for (let i = 0; i < this.length; i++) {
      yield this.#batch(order.subarray(i * this.#batchSize, (i + 1) * this.#batchSize));
    }
  }

  /** The same with a turn of the event loop now and then, so that timers and signals are served. */
  async *[Symbol.asyncIterator](): AsyncIterableIterator<Tensor[]> {
    let turned = nowMilliseconds();
    for (const batch of this) {
      yield batch;
      if (nowMilliseconds() - turned < TURN_MILLISECONDS) continue;
      await new Promise<void>((resolve) => setTimeout(resolve, 0));
      turned = nowMilliseconds();
    }
  }
}
