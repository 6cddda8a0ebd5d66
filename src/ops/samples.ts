/**
 * Samples that many ops share.
 *
 * @module
 */
import type { Sample } from "../op.ts";

/** Pairs of equal, broadcast, rank-0 and empty shapes. */
export const pairs: readonly Sample[] = [
  { shapes: [[2, 3], [2, 3]] },
  { shapes: [[37], [37]] },
  { shapes: [[4, 1, 3], [2, 1]] },
  { shapes: [[2, 3], []] },
  { shapes: [[], []] },
  { shapes: [[0, 3], [3]] },
];

/** The same pairs with values in a range, for functions that are only defined there. */
export function pairsWithin(...ranges: readonly (readonly [number, number])[]): readonly Sample[] {
  return pairs.map((sample) => ({ ...sample, ranges }));
}

/** Single shapes, rank 0 and empty among them. */
export const singles: readonly Sample[] = [
  { shapes: [[2, 3]] },
  { shapes: [[67]] },
  { shapes: [[]] },
  { shapes: [[2, 0]] },
];

/** The same shapes with values in a range. */
export function singlesWithin(range: readonly [number, number]): readonly Sample[] {
  return singles.map((sample) => ({ ...sample, ranges: [range] }));
}
