/**
 * Learning rates that change over time.
 *
 * @module
 */
import { ArgumentError } from "../errors.ts";
import type { Optimizer } from "./optimizer.ts";

/** An optimizer of any kind. */
// deno-lint-ignore no-explicit-any -- schedulers only touch lr, whatever the other options are
type AnyOptimizer = Optimizer<any>;

/**
 * A learning rate as a function of the step. {@link step} sets the optimizer's groups from their
 * first rates.
 *
 * @example
 * ```ts
 * import { LRScheduler } from "@minitensor/minitensor/optim";
 * class Warmup extends LRScheduler {
 *   lrAt(step: number, baseLr: number): number {
 *     return baseLr * Math.min(1, (step + 1) / 10);
 *   }
 * }
 * console.assert(new Warmup(null).lrAt(4, 1) === 0.5);
 * ```
 */
export abstract class LRScheduler {
  /** Steps so far. */
  lastEpoch: number;
  readonly #optimizer: AnyOptimizer | null;
  readonly #first: readonly number[];

  /** Starts at the step after `lastEpoch`; without an optimizer only {@link lrAt} is of use. */
  constructor(optimizer: AnyOptimizer | null, options: { readonly lastEpoch?: number } = {}) {
    this.#optimizer = optimizer;
    this.#first = optimizer?.paramGroups.map((group) => group.lr as number) ?? [];
    this.lastEpoch = (options.lastEpoch ?? -1) + 1;
  }

  /** The rate at a step, from the rate at the start. */
  abstract lrAt(step: number, baseLr: number): number;

  /** Goes on by one step and sets the optimizer's rates. */
  step(): void {
    this.lastEpoch++;
    this.#apply();
  }

  #apply(): void {
    this.#optimizer?.paramGroups.forEach((group, i) =>
      group.lr = this.lrAt(this.lastEpoch, this.#first[i]!)
    );
  }

  /** The rates of the groups now. */
  getLastLr(): number[] {
    return this.#first.map((lr) => this.lrAt(this.lastEpoch, lr));
  }

  /** What is needed to continue later. */
  stateDict(): { readonly lastEpoch: number } {
    return { lastEpoch: this.lastEpoch };
  }

  /** Continues from what {@link stateDict} gave. */
  loadStateDict(state: { readonly lastEpoch: number }): void {
    this.lastEpoch = state.lastEpoch;
    this.#apply();
  }
}

/**
 * Multiplies the rate by gamma every so many steps.
 *
 * @example
 * ```ts
 * import { tensor } from "@minitensor/minitensor";
 * import { SGD, StepLR } from "@minitensor/minitensor/optim";
 * const optimizer = new SGD([tensor(1, { requiresGrad: true })], { lr: 1 });
 * const scheduler = new StepLR(optimizer, 2, { gamma: 0.5 });
 * for (let epoch = 0; epoch < 5; epoch++) scheduler.step();
 * console.assert(optimizer.lr === 0.25); // after 5 steps, halved twice
 * ```
 */
export class StepLR extends LRScheduler {
  readonly #gamma: number;

  /** Every `stepSize` steps, by `gamma` (default 0.1). */
  constructor(
    optimizer: AnyOptimizer | null,
    readonly stepSize: number,
    options: { readonly gamma?: number; readonly lastEpoch?: number } = {},
  ) {
    super(optimizer, options);
    if (!Number.isInteger(stepSize) || stepSize < 1) {
      throw new ArgumentError(
        `Cannot make StepLR with steps of ${stepSize}: it is a whole number of 1 or more`,
      );
    }
    this.#gamma = options.gamma ?? 0.1;
  }

  /** baseLr gamma^floor(step / stepSize). */
  lrAt(step: number, baseLr: number): number {
    return baseLr * this.#gamma ** Math.floor(step / this.stepSize);
  }
}

/**
 * Half a cosine from the first rate down to etaMin, where it stays (Loshchilov and Hutter 2016).
 *
 * @example
 * ```ts
 * import { CosineAnnealingLR } from "@minitensor/minitensor/optim";
 * const scheduler = new CosineAnnealingLR(null, 10, { etaMin: 0.1 });
 * console.assert(scheduler.lrAt(0, 1) === 1 && scheduler.lrAt(20, 1) === 0.1);
 * ```
 */
export class CosineAnnealingLR extends LRScheduler {
  readonly #etaMin: number;

  /** Arrives after `tMax` steps at `etaMin` (default 0). */
  constructor(
    optimizer: AnyOptimizer | null,
    readonly tMax: number,
    options: { readonly etaMin?: number; readonly lastEpoch?: number } = {},
  ) {
    super(optimizer, options);
    if (!(tMax > 0)) {
      throw new ArgumentError(
        `Cannot make CosineAnnealingLR over ${tMax} steps: it is more than 0`,
      );
    }
    this.#etaMin = options.etaMin ?? 0;
  }

  /** etaMin + (baseLr - etaMin) (1 + cos(pi step / tMax)) / 2. */
  lrAt(step: number, baseLr: number): number {
    const progress = Math.min(step / this.tMax, 1);
    return this.#etaMin + (baseLr - this.#etaMin) * (1 + Math.cos(Math.PI * progress)) / 2;
  }
}
