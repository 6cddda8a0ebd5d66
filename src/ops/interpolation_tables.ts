/**
 * Which elements of a dim each element of a resized one is made of.
 *
 * @module
 */
import { type Resampling, resampling } from "./resample.ts";

/** A dim's change of size. */
export interface Scaling {
  readonly from: number;
  readonly to: number;
  /** Distance of neighbouring results, in elements; null: what the sizes say. */
  readonly step: number | null;
}

/** Distance of neighbouring results. */
function stepOf({ from, to, step }: Scaling, align: boolean): number {
  if (align) return to > 1 ? (from - 1) / (to - 1) : 0;
  return step ?? from / to;
}

/** The element nearest to each result; `single`: found with the rounding of float32. */
export function nearest(scaling: Scaling, exact: boolean, single: boolean): Resampling {
  const { from, to } = scaling;
  const round = single ? Math.fround : (value: number) => value;
  const step = round(scaling.step ?? round(from / to));
  return resampling(from, to, 1, (target, add) => {
    const place = Math.floor(round((exact ? target + 0.5 : target) * step));
    add(Math.min(place, from - 1), 1);
  });
}

/** Linear interpolation between two neighbours. */
export function linear(scaling: Scaling, align: boolean): Resampling {
  const { from, to } = scaling;
  const step = stepOf(scaling, align);
  return resampling(from, to, 2, (target, add) => {
    const at = Math.max(0, align ? target * step : (target + 0.5) * step - 0.5);
    const place = Math.min(Math.floor(at), from - 1);
    const share = Math.min(at - place, 1);
    add(place, 1 - share);
    add(Math.min(place + 1, from - 1), share);
  });
}

/**
 * Weights of four neighbours for a place `t` behind the second: cubic convolution with the slope
 * `a` (Keys 1981, equation 4).
 */
export function cubicWeights(t: number, a: number): readonly [number, number, number, number] {
  const near = (d: number) => ((a + 2) * d - (a + 3)) * d * d + 1;
  const far = (d: number) => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return [far(t + 1), near(t), near(1 - t), far(2 - t)];
}

/** Cubic convolution of four neighbours; those beyond an edge are the edge. */
export function cubic(scaling: Scaling, align: boolean): Resampling {
  const { from, to } = scaling;
  const step = stepOf(scaling, align);
  return resampling(from, to, 4, (target, add) => {
    const at = align ? target * step : (target + 0.5) * step - 0.5;
    const place = Math.min(Math.floor(at), from - 1);
    const weights = cubicWeights(Math.min(at - place, 1), -0.75);
    weights.forEach((weight, i) => add(Math.min(Math.max(place - 1 + i, 0), from - 1), weight));
  });
}

/** Means of the elements that a result covers, in part or whole. */
export function averaged({ from, to }: Scaling): Resampling {
  return resampling(from, to, Math.ceil(from / to) + 1, (target, add) => {
    const start = Math.floor(target * from / to);
    const end = Math.ceil((target + 1) * from / to);
    for (let place = start; place < end; place++) add(place, 1 / (end - start));
  });
}

/** Linear or cubic windows that are as much wider as the dim shrinks; weights add up to 1. */
export function antialiased(scaling: Scaling, isCubic: boolean, align: boolean): Resampling {
  const { from, to } = scaling;
  const step = stepOf(scaling, align);
  const wide = Math.max(step, 1);
  const support = (isCubic ? 2 : 1) * wide;
  const filter = isCubic ? cubicFilter : triangle;
  return resampling(from, to, 2 * Math.ceil(support) + 1, (target, add) => {
    const center = step * (target + 0.5);
    const start = Math.max(Math.trunc(center - support + 0.5), 0);
    const end = Math.min(Math.trunc(center + support + 0.5), from);
    const weights: number[] = [];
    for (let place = start; place < end; place++) {
      weights.push(filter((place - center + 0.5) / wide));
    }
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    weights.forEach((weight, i) => add(start + i, total === 0 ? weight : weight / total));
  });
}

function triangle(x: number): number {
  return Math.max(0, 1 - Math.abs(x));
}

function cubicFilter(x: number): number {
  const d = Math.abs(x);
  if (d >= 2) return 0;
  const weights = cubicWeights(d < 1 ? d : d - 1, -0.5);
  return weights[d < 1 ? 1 : 0];
}
