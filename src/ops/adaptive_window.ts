/**
 * The windows of adaptive pooling, which divide a dim into a given number of parts.
 *
 * @module
 */
import { ShapeError } from "../errors.ts";
import { text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { indexSelect } from "./gather.ts";
import type { PlaneDims, Windows } from "./pool_window.ts";

/** A size for all pooled dims, or one for each; null keeps a size. */
export type AdaptiveSize = number | readonly (number | null)[];

/** The windows along one dim: window i of n over L covers floor(i L / n) to ceil((i + 1) L / n). */
export interface Cuts {
  /** First elements. */
  readonly starts: readonly number[];
  /** Numbers of elements. */
  readonly lengths: readonly number[];
  /** The largest of these. */
  readonly longest: number;
  /** Distance of the windows, where that and their length are always the same; else null. */
  readonly step: number | null;
}

/** Divides `extent` elements into `count` windows. */
function cutsOf(extent: number, count: number): Cuts {
  const numbers = Array.from({ length: count }, (_, i) => i);
  const starts = numbers.map((i) => Math.floor((i * extent) / count));
  const lengths = numbers.map((i) => Math.ceil(((i + 1) * extent) / count) - starts[i]!);
  const step = count === 1 ? extent : starts[1]!;
  const isEven = numbers.every((i) => starts[i] === i * step && lengths[i] === lengths[0]);
  return { starts, lengths, longest: Math.max(...lengths), step: isEven ? step : null };
}

/** The sizes to pool to. */
export function adaptiveSizes(
  x: Tensor,
  rank: number,
  outputSize: AdaptiveSize,
  op: string,
): readonly number[] {
  const extents = x.shape.slice(x.ndim - rank);
  const asked = typeof outputSize === "number" ? extents.map(() => outputSize) : outputSize;
  const sizes = extents.map((extent, i) => asked[i] ?? extent);
  if (asked.length !== rank || !sizes.every((size) => Number.isInteger(size) && size >= 0)) {
    const parts = ["a number", "rows and columns", "depth, rows and columns"];
    throw new ShapeError(
      `Cannot ${op} to ${JSON.stringify(outputSize)}: give ${parts[rank - 1]}`,
      { op },
    );
  }
  if (x.shape.slice(-rank).includes(0)) {
    throw new ShapeError(`Cannot ${op} a tensor of shape ${text(x.shape)}: nothing is in it`, {
      op,
    });
  }
  return sizes;
}

/** The windows along the height and the width of planes. */
export function planeCuts(
  planes: Tensor,
  sizes: readonly number[],
  dims: PlaneDims,
): readonly [Cuts, Cuts] {
  const along = (i: 0 | 1): Cuts => {
    const [extent, dim] = [planes.shape[2 + i]!, dims[i]];
    return cutsOf(extent, dim === null ? extent : sizes[dim]!);
  };
  return [along(0), along(1)];
}

/** The windows as those of plain pooling, after {@link layOut}. */
export function cutWindows(cuts: readonly [Cuts, Cuts]): Windows {
  return {
    kernel: cuts.map(({ longest }) => longest),
    stride: cuts.map(({ step, longest }) => step ?? longest),
    padding: [0, 0],
    dilation: [1, 1],
    out: cuts.map(({ starts }) => starts.length),
  };
}

/**
 * The elements of windows of several lengths, each as long as the longest by its last one again.
 */
export function laidOut({ starts, lengths, longest }: Cuts): readonly number[] {
  return starts.flatMap((start, i) =>
    Array.from({ length: longest }, (_, j) => start + Math.min(j, lengths[i]! - 1))
  );
}

/** Planes in which windows of several lengths stand side by side. */
export function layOut(planes: Tensor, cuts: readonly [Cuts, Cuts]): Tensor {
  return cuts.reduce(
    (x, cut, i) => cut.step === null ? indexSelect(x, 2 + i, laidOut(cut)) : x,
    planes,
  );
}
