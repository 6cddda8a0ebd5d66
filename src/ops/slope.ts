/**
 * Numeric derivatives of samples.
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../errors.ts";
import { checkDim, text } from "../shape.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, floating } from "./front.ts";
import { cat } from "./join.ts";

/** Options of {@link gradient}. */
export interface GradientOptions {
  /** Distance of neighbours, or for each dim its distance or its places [n]. Default 1. */
  readonly spacing?: number | readonly (number | Tensor)[];
  /** Along which dims. Default: all. */
  readonly dim?: number | readonly number[] | null;
  /** Differences at both ends of order 1 (default) or 2. */
  readonly edgeOrder?: 1 | 2;
}

/** Distances of neighbours along a dim, ready to be broadcast. */
function steps(spacing: number | Tensor, x: Tensor, dim: number): Tensor {
  const count = x.shape[dim]!;
  const shape = [count - 1, ...new Array<number>(x.ndim - 1 - dim).fill(1)];
  if (!isTensor(spacing)) return x.detach().newFull(shape, spacing);
  if (spacing.ndim !== 1 || spacing.shape[0] !== count) {
    throw new ShapeError(
      `Cannot gradient a tensor of shape ${text(x.shape)} at places of shape ${
        text(spacing.shape)
      }: dim ${dim} has ${count}`,
      { op: "gradient" },
    );
  }
  const places = spacing.to(x.dtype);
  return places.narrow(0, 1, count - 1).sub(places.narrow(0, 0, count - 1)).reshape(shape);
}

/** The weighted sum of slopes between neighbours that is exact for parabolas. */
function between(slopes: Tensor, widths: Tensor, dim: number): Tensor {
  const own = dim - slopes.ndim + widths.ndim;
  const count = slopes.shape[dim]! - 1;
  const [left, right] = [slopes.narrow(dim, 0, count), slopes.narrow(dim, 1, count)];
  const [before, after] = [widths.narrow(own, 0, count), widths.narrow(own, 1, count)];
  return left.mul(after).add(right.mul(before)).div(before.add(after));
}

/** The slope at an end: that of the nearest pair, or of the parabola through three samples. */
function atEnd(slopes: Tensor, widths: Tensor, dim: number, last: boolean, order: 1 | 2): Tensor {
  const own = dim - slopes.ndim + widths.ndim;
  const at = (place: number) => last ? slopes.shape[dim]! - 1 - place : place;
  const near = slopes.narrow(dim, at(0), 1);
  if (order === 1) return near;
  const [first, second] = [widths.narrow(own, at(0), 1), widths.narrow(own, at(1), 1)];
  const bend = near.sub(slopes.narrow(dim, at(1), 1)).div(first.add(second));
  return near.add(bend.mul(first));
}

/**
 * Derivatives along dims by differences: central ones inside, one-sided ones at the ends.
 *
 * @returns One tensor of x's shape for each dim.
 * @throws {ShapeError} when a dim has fewer than edgeOrder + 1 samples, or places do not fit.
 * @throws {ArgumentError} unless there is one spacing for each dim, and edgeOrder is 1 or 2.
 *
 * @example
 * ```ts
 * import { gradient, tensor } from "@minitensor/minitensor";
 * const [slopes] = gradient(tensor([0, 1, 4, 9]));
 * console.assert(slopes!.toArray().toString() === "1,2,4,5");
 * ```
 */
export function gradient(x: Tensor, options: GradientOptions = {}): Tensor[] {
  checkOptions(options, ["spacing", "dim", "edgeOrder"], "gradient");
  const { spacing = 1, dim = null, edgeOrder = 1 } = options;
  if (edgeOrder !== 1 && edgeOrder !== 2) {
    throw new ArgumentError(`Cannot gradient with edgeOrder ${String(edgeOrder)}: it is 1 or 2`, {
      op: "gradient",
    });
  }
  const value = floating(x);
  const given = dim === null ? Array.from(value.shape, (_, i) => i) : [dim].flat();
  const dims = given.map((place) => checkDim(place, value.ndim, "gradient"));
  const spacings = typeof spacing === "number" ? dims.map(() => spacing) : spacing;
  if (spacings.length !== dims.length) {
    throw new ArgumentError(
      `Cannot gradient along ${dims.length} dims with ${spacings.length} spacings`,
      { op: "gradient" },
    );
  }
  return dims.map((along, i) => slopesAlong(value, spacings[i]!, along, edgeOrder));
}

function slopesAlong(x: Tensor, spacing: number | Tensor, dim: number, order: 1 | 2): Tensor {
  const count = x.shape[dim]!;
  if (count < order + 1) {
    throw new ShapeError(
      `Cannot gradient a tensor of shape ${text(x.shape)} along dim ${dim}: ` +
        `it needs ${order + 1} samples`,
      { op: "gradient" },
    );
  }
  const widths = steps(spacing, x, dim);
  const rises = x.narrow(dim, 1, count - 1).sub(x.narrow(dim, 0, count - 1));
  const slopes = rises.div(widths);
  const ends = [false, true].map((last) => atEnd(slopes, widths, dim, last, order));
  const inner = count > 2 ? [between(slopes, widths, dim)] : [];
  return cat([ends[0]!, ...inner, ends[1]!], dim);
}
