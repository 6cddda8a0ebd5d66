/**
 * NumPy's functions of sequences: ranges, sums and differences, counts, interpolation.
 *
 * @module
 */
import { arange as range, linspace as spaced, type TensorLike } from "../create.ts";
import type { DType } from "../dtype.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { checkOptions, floating, promote } from "../ops/front.ts";
import * as ops from "../ops/mod.ts";
import { checkDim, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type ArrayOptions, asarray } from "./creation.ts";
import type { AxisOption } from "./shapes.ts";

/**
 * Numbers from start to stop, which is not among them: int64 where all are whole.
 *
 * @example
 * ```ts
 * import { arange } from "@minitensor/minitensor/numpy";
 * console.assert(arange(3).dtype === "int64" && arange(0, 1, 0.5).numel() === 2);
 * ```
 */
export function arange(
  start: number,
  stop?: number,
  step = 1,
  options: ArrayOptions = {},
): Tensor {
  checkOptions(options, ["dtype"], "arange");
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  const whole = [from, to, step].every(Number.isInteger);
  const dtype = options.dtype ?? (whole ? "int64" : undefined);
  const count = Math.ceil((to - from) / step);
  // NumPy has no range that never arrives: it is empty.
  return range(from, count > 0 ? to : from, step, dtype === undefined ? {} : { dtype });
}

/** Options of {@link linspace}. */
export interface LinspaceOptions extends ArrayOptions {
  /** Whether the end is the last number. Default true. */
  readonly endpoint?: boolean;
}

/**
 * `num` evenly spaced numbers from `start` to `stop`, which is the last one unless `endpoint` is
 * false.
 *
 * @throws {ArgumentError} when `num` is not a whole number of 0 or more.
 *
 * @example
 * ```ts
 * import { linspace } from "@minitensor/minitensor/numpy";
 * console.assert(linspace(0, 1, 3).toArray().toString() === "0,0.5,1");
 * console.assert(linspace(0, 1, 2, { endpoint: false }).toArray().toString() === "0,0.5");
 * ```
 */
export function linspace(
  start: number,
  stop: number,
  num = 50,
  options: LinspaceOptions = {},
): Tensor {
  checkOptions(options, ["endpoint", "dtype"], "linspace");
  if (!Number.isSafeInteger(num) || num < 0) {
    throw new ArgumentError(`Cannot linspace ${num} numbers: it is a whole number`, {
      op: "linspace",
    });
  }
  const end = options.endpoint === false && num > 0 ? stop - (stop - start) / num : stop;
  return spaced(start, end, num, options.dtype === undefined ? {} : { dtype: options.dtype });
}

/** Options of {@link cumsum}. */
export interface CumsumOptions extends AxisOption {
  /** Dtype to sum in. */
  readonly dtype?: DType;
}

/**
 * Sums up to each element, along an axis or of the flattened array.
 *
 * @example
 * ```ts
 * import { cumsum } from "@minitensor/minitensor/numpy";
 * console.assert(cumsum([[1, 2], [3, 4]]).toArray().toString() === "1,3,6,10");
 * console.assert(cumsum([[1, 2], [3, 4]], { axis: 0 }).toArray().toString() === "1,2,4,6");
 * ```
 */
export function cumsum(a: TensorLike, options: CumsumOptions = {}): Tensor {
  checkOptions(options, ["axis", "dtype"], "cumsum");
  const given = asarray(a);
  const x = options.dtype === undefined ? given : given.to(options.dtype);
  const axis = options.axis ?? null;
  return axis === null ? ops.cumsum(x.reshape([-1]), 0) : ops.cumsum(x, axis);
}

/** Options of {@link diff}. */
export interface DiffOptions {
  /** How often differences are taken. Default 1. */
  readonly n?: number;
  /** Default -1. */
  readonly axis?: number;
  /** Put before the array; a number once. */
  readonly prepend?: TensorLike;
  /** Put behind the array; a number once. */
  readonly append?: TensorLike;
}

/**
 * Differences of neighbours along an axis, as often as `n` says; of bools whether they differ.
 *
 * @example
 * ```ts
 * import { diff } from "@minitensor/minitensor/numpy";
 * console.assert(diff([1, 4, 9]).toArray().toString() === "3,5");
 * console.assert(diff([1, 4, 9], { prepend: 0 }).toArray().toString() === "1,3,5");
 * ```
 */
export function diff(a: TensorLike, options: DiffOptions = {}): Tensor {
  checkOptions(options, ["n", "axis", "prepend", "append"], "diff");
  const x = asarray(a);
  const { n = 1, axis = -1 } = options;
  const end = (given: TensorLike | undefined): Tensor | null => {
    if (given === undefined) return null;
    const part = asarray(given);
    return part.ndim > 0 ? part : part.expand(x.shape.with(checkDim(axis, x.ndim, "diff"), 1));
  };
  return ops.diff(x, { n, dim: axis, prepend: end(options.prepend), append: end(options.append) });
}

/** Options of {@link histogram}. */
export interface HistogramOptions {
  /** Ends of the bins. Default: the smallest and the largest element. */
  readonly range?: readonly [number, number];
  /** Divides by the total and the bins' sizes. Default false. */
  readonly density?: boolean;
  /** What each element counts, instead of 1. */
  readonly weights?: TensorLike;
}

/**
 * How many elements fall into each bin, int64 unless weighted or a density, and the bins' edges.
 *
 * @example
 * ```ts
 * import { histogram } from "@minitensor/minitensor/numpy";
 * const [hist, edges] = histogram([1, 2, 1], 2);
 * console.assert(hist.toArray().toString() === "2,1" && edges.numel() === 3);
 * ```
 */
export function histogram(
  a: TensorLike,
  bins: number | TensorLike = 10,
  options: HistogramOptions = {},
): readonly [hist: Tensor, bin_edges: Tensor] {
  checkOptions(options, ["range", "density", "weights"], "histogram");
  const { range: ends, density = false, weights } = options;
  const x = floating(asarray(a));
  const edges = typeof bins === "number" ? bins : floating(asarray(bins)).to(x.dtype);
  const found = ops.histogram(x, edges, {
    density,
    ...(ends && { range: ends }),
    ...(weights !== undefined && { weight: floating(asarray(weights)).to(x.dtype) }),
  });
  const counted = !density && weights === undefined;
  return [counted ? found.hist.to("int64") : found.hist, found.binEdges];
}

/** Options of {@link bincount}. */
export interface BincountOptions {
  /** What each element counts, instead of 1. */
  readonly weights?: TensorLike;
  /** Length of the result at least. Default 0. */
  readonly minlength?: number;
}

/**
 * How often each of 0, 1, 2, ... occurs, or the sums of the weights there.
 *
 * @throws {IndexError} when a number is negative.
 *
 * @example
 * ```ts
 * import { bincount } from "@minitensor/minitensor/numpy";
 * console.assert(bincount([0, 2, 2], { minlength: 4 }).toArray().toString() === "1,0,2,0");
 * console.assert(bincount([0, 1, 1], { weights: [0.5, 1, 2] }).toArray().toString() === "0.5,3");
 * ```
 */
export function bincount(x: TensorLike, options: BincountOptions = {}): Tensor {
  checkOptions(options, ["weights", "minlength"], "bincount");
  const { weights, minlength = 0 } = options;
  const amounts = weights === undefined ? {} : { weights: asarray(weights) };
  return ops.bincount(asarray(x), { minlength, ...amounts });
}

/** Options of {@link interp}. */
export interface InterpOptions {
  /** Value below the first point. Default: the first one's. */
  readonly left?: number;
  /** Value beyond the last point. Default: the last one's. */
  readonly right?: number;
  /** The points repeat with this period; they need no order, `left` and `right` have no effect. */
  readonly period?: number | null;
}

/**
 * Values at `x` of the line through the points (xp, fp), xp ascending. Differentiable by x and fp.
 *
 * @throws {ShapeError} when xp and fp are not 1-D and as long, or empty.
 * @throws {ArgumentError} when the period is 0.
 *
 * @example
 * ```ts
 * import { interp } from "@minitensor/minitensor/numpy";
 * console.assert(interp([0.5, 9], [0, 1, 2], [0, 10, 40]).toArray().toString() === "5,40");
 * ```
 */
export function interp(
  x: TensorLike,
  xp: TensorLike,
  fp: TensorLike,
  options: InterpOptions = {},
): Tensor {
  checkOptions(options, ["left", "right", "period"], "interp");
  const [at, given, values] = promote([x, xp, fp].map((one) => asarray(one)), true);
  const points = { at: at!, xp: given!, fp: values! };
  checkPoints(points);
  const { left, right, period = null } = options;
  if (period === null) {
    const found = between(points);
    const below = left === undefined ? found : ops.where(at!.lt(edge(given!, 0)), left, found);
    return right === undefined ? below : ops.where(at!.gt(edge(given!, -1)), right, below);
  }
  if (period === 0) throw new ArgumentError("Cannot interp with period 0", { op: "interp" });
  return between(repeated(points, Math.abs(period)));
}

interface Points {
  readonly at: Tensor;
  readonly xp: Tensor;
  readonly fp: Tensor;
}

function checkPoints({ xp, fp }: Points): void {
  if (xp.ndim !== 1 || fp.ndim !== 1 || xp.numel() !== fp.numel() || xp.numel() === 0) {
    throw new ShapeError(
      `Cannot interp between points of shapes ${text(xp.shape)} and ${text(fp.shape)}: ` +
        "they are 1-D, as long, and not empty",
      { op: "interp" },
    );
  }
}

function edge(x: Tensor, index: number): Tensor {
  return x.select(0, index);
}

/** One period of the points in order, with its neighbours at both ends. */
function repeated({ at, xp, fp }: Points, period: number): Points {
  const { values, indices } = ops.sort(xp.remainder(period), 0);
  const heights = ops.indexSelect(fp, 0, indices);
  const around = (line: Tensor, step: number) =>
    ops.cat([edge(line, -1).sub(step).reshape([1]), line, edge(line, 0).add(step).reshape([1])], 0);
  return { at: at.remainder(period), xp: around(values, period), fp: around(heights, 0) };
}

/** On the line between two points; beyond the ends, the end. */
function between({ at, xp, fp }: Points): Tensor {
  const count = xp.numel();
  if (count === 1) return ops.where(at.isnan(), at, edge(fp, 0));
  const place = ops.searchsorted(xp, at.detach().contiguous(), { side: "right" }).sub(1);
  const low = place.clamp(0, count - 2);
  const pick = (line: Tensor, index: Tensor) => ops.take(line, index);
  const [x0, x1] = [pick(xp, low), pick(xp, low.add(1))];
  const [y0, y1] = [pick(fp, low), pick(fp, low.add(1))];
  const inside = at.maximum(edge(xp, 0)).minimum(edge(xp, -1));
  const slope = y1.sub(y0).div(x1.sub(x0));
  const line = slope.mul(inside.sub(x0)).add(y0);
  return ops.where(place.ge(count - 1), ops.where(at.isnan(), at, edge(fp, -1)), line);
}
