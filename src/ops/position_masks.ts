/**
 * Masks of attention that positions alone decide.
 *
 * @module
 */
import { ones } from "../create.ts";
import { ArgumentError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions } from "./front.ts";

/** Options of {@link causalMask}. */
export interface CausalMaskOptions {
  /** Number of keys. Default: that of the queries. */
  readonly keys?: number;
  /** Position of the first query among the keys: how many keys are cached before it. Default 0. */
  readonly offset?: number;
}

/** Options of {@link slidingWindowMask}. */
export interface SlidingWindowMaskOptions extends CausalMaskOptions {
  /**
   * The keys after a query are left out; else as many after it as before take part. Default true.
   */
  readonly isCausal?: boolean;
}

function checkCounts(counts: Readonly<Record<string, number>>, least: number, op: string): void {
  for (const [name, count] of Object.entries(counts)) {
    if (Number.isInteger(count) && count >= least) continue;
    throw new ArgumentError(
      `Cannot make a ${op} with ${name} ${count}: it is a whole number of ${least} or more`,
      { op },
    );
  }
}

/**
 * Which keys a query sees when it sees its own position and those before: true where
 * key <= query + offset, as `attnMask` of `scaledDotProductAttention` has it.
 *
 * @returns bool, [queries, keys].
 * @throws {ArgumentError} when a number is not a whole one of 0 or more.
 *
 * @example
 * ```ts
 * import { causalMask } from "@minitensor/minitensor";
 * console.assert(causalMask(2).toArray().toString() === "true,false,true,true");
 * console.assert(causalMask(1, { keys: 3, offset: 2 }).all().item() === true);
 * ```
 */
export function causalMask(queries: number, options: CausalMaskOptions = {}): Tensor {
  checkOptions(options, ["keys", "offset"], "causalMask");
  const { keys = queries, offset = 0 } = options;
  checkCounts({ queries, keys, offset }, 0, "causalMask");
  return ones([queries, keys], { dtype: "bool" }).tril(offset);
}

/**
 * Which keys a query sees when it sees no farther than a window: true where
 * 0 <= query + offset - key < window (Beltagy et al. 2020), or |query + offset - key| < window
 * without `isCausal`; as `attnMask` of `scaledDotProductAttention` has it.
 *
 * @param window How many keys a query sees to one side, its own position among them.
 * @returns bool, [queries, keys].
 * @throws {ArgumentError} when a number is not a whole one, or the window is not above 0.
 *
 * @example
 * ```ts
 * import { slidingWindowMask } from "@minitensor/minitensor";
 * const mask = slidingWindowMask(3, 2).to("int32");
 * console.assert(mask.toArray().toString() === "1,0,0,1,1,0,0,1,1");
 * ```
 */
export function slidingWindowMask(
  queries: number,
  window: number,
  options: SlidingWindowMaskOptions = {},
): Tensor {
  const op = "slidingWindowMask";
  checkOptions(options, ["keys", "offset", "isCausal"], op);
  const { keys = queries, offset = 0, isCausal = true } = options;
  checkCounts({ queries, keys, offset }, 0, op);
  checkCounts({ window }, 1, op);
  const before = ones([queries, keys], { dtype: "bool" }).triu(offset - window + 1);
  return before.tril(isCausal ? offset : offset + window - 1);
}
