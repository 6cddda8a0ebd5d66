/**
 * Resampling of two dims by sparse matrices, one for rows and one for columns.
 *
 * @module
 */
import { tensor } from "../create.ts";
import { defineOp, type Op } from "../op.ts";
import { specOf } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { contiguous } from "./copy.ts";
import { requireFloat } from "./infer.ts";

/**
 * A sparse matrix, [targets, size]: every target's taps, of which each adds weight times the
 * element at its place.
 */
export interface Resampling {
  /** Elements of the dim. */
  readonly size: number;
  /** Elements of the result. */
  readonly targets: number;
  /** Taps of a target, the same number for all. */
  readonly taps: number;
  /** Places, tap by tap: [taps, targets]; `size` where a target has fewer taps. */
  readonly places: Float64Array;
  /** Weights, likewise. */
  readonly weights: Float64Array;
}

/** Rows and columns; null leaves a dim as it is. */
export interface ResamplingPair {
  readonly rows: Resampling | null;
  readonly columns: Resampling | null;
}

/** The matrix whose targets are made by `tapsOf`, which adds their taps. */
export function resampling(
  size: number,
  targets: number,
  taps: number,
  tapsOf: (target: number, add: (place: number, weight: number) => void) => void,
): Resampling {
  const places = new Float64Array(taps * targets).fill(size);
  const weights = new Float64Array(taps * targets);
  for (let target = 0; target < targets; target++) {
    let at = target;
    tapsOf(target, (place, weight) => {
      places[at] = place;
      weights[at] = weight;
      at += targets;
    });
  }
  return { size, targets, taps, places, weights };
}

/** The transposed matrix. */
function transposedOf(table: Resampling | null): Resampling | null {
  if (table === null) return null;
  const { size, targets, places, weights } = table;
  const counts = new Int32Array(size + 1);
  for (const place of places) counts[place]!++;
  const taps = counts.subarray(0, size).reduce((most, count) => Math.max(most, count), 1);
  const turned = {
    size: targets,
    targets: size,
    taps,
    places: new Float64Array(taps * size).fill(targets),
    weights: new Float64Array(taps * size),
  };
  counts.fill(0);
  // Target by target, so that each sum runs in the targets' order.
  for (let target = 0; target < targets; target++) {
    for (let at = target; at < places.length; at += targets) {
      const place = places[at]!;
      if (place === size) continue;
      const to = counts[place]!++ * size + place;
      turned.places[to] = target;
      turned.weights[to] = weights[at]!;
    }
  }
  return turned;
}

/** A table as the kernel reads it: places, then weights. */
function tableOf(table: Resampling | null): Tensor {
  if (table === null) return tensor(new Float64Array(0)).reshape([2, 0, 0]);
  const { taps, targets, places, weights } = table;
  const both = new Float64Array(2 * places.length);
  both.set(places);
  both.set(weights, places.length);
  return tensor(both).reshape([2, taps, targets]);
}

/** A matrix for the samples: every target is the mean of two neighbours. */
const means = (size: number) =>
  resampling(size, size - 1, 2, (target, add) => {
    add(target, 0.5);
    add(target + 1, 0.25);
  });

/** Rows and columns of [planes, H, W] multiplied by sparse matrices. */
export const resample: Op<(x: Tensor, pair: ResamplingPair) => Tensor, ResamplingPair> = defineOp({
  name: "resample",
  summary: "Rows and columns of [planes, H, W] as weighted sums of others.",
  infer: ([x], { rows, columns }, name) => {
    requireFloat(x!, name);
    const [planes, height, width] = x!.shape as [number, number, number];
    return specOf([planes, rows?.targets ?? height, columns?.targets ?? width], x!.dtype);
  },
  kernel: { native: "resample" },
  saves: "none",
  gradient: ({ grad, attributes: { rows, columns } }) => [
    resample(grad, { rows: transposedOf(rows), columns: transposedOf(columns) }),
    null,
    null,
  ],
  samples: [
    { shapes: [[2, 4, 5]], rest: [{ rows: means(4), columns: means(5) }] },
    { shapes: [[2, 4, 5]], rest: [{ rows: null, columns: means(5) }] },
    { shapes: [[0, 4, 5]], rest: [{ rows: means(4), columns: null }] },
  ],
  front: (run) => (x: Tensor, { rows, columns }: ResamplingPair) =>
    run([contiguous(x), tableOf(rows), tableOf(columns)], { rows, columns }),
});
