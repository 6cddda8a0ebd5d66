/**
 * Counts of elements by value: histc, histogram, histogramdd.
 *
 * @module
 */
import { linspace, type TensorLike } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { sameShape, text } from "../shape.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, floating, single } from "./front.ts";
import { indexAdd } from "./gather.ts";
import { searchsorted } from "./search.ts";
import { where } from "./select.ts";

/** Options of {@link histc}. */
export interface HistcOptions {
  /** Number of bins. Default 100. */
  readonly bins?: number;
  /** Lower end of the first bin. Without both ends, or with both 0, the smallest element. */
  readonly min?: number;
  /** Upper end of the last bin. Without both ends, or with both 0, the largest element. */
  readonly max?: number;
}

/**
 * How many elements fall into each of equal bins between two ends: 1-D, of x's dtype; integers
 * become the default dtype. The upper end belongs to the last bin; what is outside, and NaN, is
 * not counted. Not differentiable.
 *
 * @throws {ArgumentError} when bins is not a whole number above 0, or the ends are not finite or in
 * the wrong order.
 *
 * @example
 * ```ts
 * import { histc, tensor } from "@minitensor/minitensor";
 * const counts = histc(tensor([1, 2, 2, 3]), { bins: 4, min: 0, max: 4 });
 * console.assert(counts.toArray().toString() === "0,1,2,1");
 * ```
 */
export function histc(x: TensorLike, options: HistcOptions = {}): Tensor {
  checkOptions(options, ["bins", "min", "max"], "histc");
  const { bins = 100, min = 0, max = 0 } = options;
  checkBins(bins, "histc");
  const input = floating(single(x)).detach().reshape([-1]);
  const [low, high] = endsOf(input, min === 0 && max === 0 ? null : [min, max], "histc");
  // In float64: a place must not depend on how the ends are rounded.
  const places = input.to("float64").sub(low).mul(bins / (high - low)).floor();
  const inside = input.ge(low).logicalAnd(input.le(high));
  return count(places.clamp(0, bins - 1), inside, null, bins, input);
}

/** Options of {@link histogram} and {@link histogramdd}. */
export interface HistogramOptions {
  /** Ends of the bins, for each dim one after the other. Default the smallest and largest element. */
  readonly range?: readonly number[];
  /** What each element counts; default 1. Of x's shape; in histogramdd one for each point. */
  readonly weight?: Tensor | null;
  /** Divides by the total and the bins' sizes, so that the integral is 1. Default false. */
  readonly density?: boolean;
}

/** Number of bins, or their ascending edges. */
export type Bins = number | readonly number[] | Tensor;

/**
 * Counts, or sums of weights, of elements in bins, and the bins' edges: `{ hist, binEdges }`, 1-D of
 * n and n + 1 elements in x's dtype. `bins` is their number, or the ascending edges. The upper end
 * belongs to the last bin; what is outside, and NaN, is not counted. Not differentiable.
 *
 * @throws {ArgumentError} when there is no bin, or the range is not finite or in the wrong order.
 * @throws {ShapeError} when the edges are not 1-D, or the weights not of x's shape.
 *
 * @example
 * ```ts
 * import { histogram, tensor } from "@minitensor/minitensor";
 * const { hist, binEdges } = histogram(tensor([1, 2, 1]), 4, { range: [0, 3] });
 * console.assert(hist.toArray().toString() === "0,2,1,0");
 * console.assert(binEdges.toArray().toString() === "0,0.75,1.5,2.25,3");
 * ```
 */
export function histogram(
  x: TensorLike,
  bins: Bins,
  options: HistogramOptions = {},
): { readonly hist: Tensor; readonly binEdges: Tensor } {
  checkOptions(options, ["range", "weight", "density"], "histogram");
  const input = floating(single(x)).detach();
  const weight = options.weight ?? null;
  if (weight !== null && !sameShape(weight.shape, input.shape)) throw wrongWeight(weight, input);
  const points = input.reshape([-1, 1]);
  const { hist, binEdges } = grid(points, [bins], { ...options, weight }, "histogram");
  return { hist, binEdges: binEdges[0]! };
}

/**
 * Counts of points in a grid of bins, and the edges along each dim: `{ hist, binEdges }`. x is
 * [.., dims], a point in each row; `bins` is one number, or for each dim a number or ascending edges.
 * The rest is as in {@link histogram}.
 *
 * @throws {ArgumentError} when there is no bin, or the range is not finite or in the wrong order.
 * @throws {ShapeError} when x has fewer than two dims, or bins and dims are not equally many.
 *
 * @example
 * ```ts
 * import { histogramdd, tensor } from "@minitensor/minitensor";
 * const points = tensor([[0, 1], [1, 0], [2, 2]]);
 * const { hist } = histogramdd(points, [2, 2]);
 * console.assert(hist.toArray().toString() === "0,1,1,1");
 * ```
 */
export function histogramdd(
  x: TensorLike,
  bins: number | readonly Bins[],
  options: HistogramOptions = {},
): { readonly hist: Tensor; readonly binEdges: Tensor[] } {
  checkOptions(options, ["range", "weight", "density"], "histogramdd");
  const input = floating(single(x)).detach();
  const dims = input.ndim < 2 ? 0 : input.shape.at(-1)!;
  const list = typeof bins === "number" ? new Array<Bins>(dims).fill(bins) : bins;
  if (dims === 0 || list.length !== dims) {
    throw new ShapeError(
      `Cannot histogramdd a tensor of shape ${
        text(input.shape)
      } with bins of ${list.length} dims: ` +
        "points stand along its last dim",
      { op: "histogramdd" },
    );
  }
  const weight = options.weight ?? null;
  if (weight !== null && !sameShape(weight.shape, input.shape.slice(0, -1))) {
    throw wrongWeight(weight, input);
  }
  return grid(input.reshape([-1, dims]), list, { ...options, weight }, "histogramdd");
}

function wrongWeight(weight: Tensor, x: Tensor): ShapeError {
  return new ShapeError(
    `Cannot histogram a tensor of shape ${text(x.shape)} with weights of shape ${
      text(weight.shape)
    }: there must be one for each`,
    { op: "histogram" },
  );
}

/** Counts of points [n, dims] by their bins along all dims. */
function grid(
  points: Tensor,
  bins: readonly Bins[],
  { range, weight, density = false }: HistogramOptions,
  op: string,
): { readonly hist: Tensor; readonly binEdges: Tensor[] } {
  const columns = bins.map((_, i) => points.select(1, i).contiguous());
  const binEdges = bins.map((own, i) => edgesOf(columns[i]!, own, range, i, op));
  const shape = binEdges.map((edges) => edges.numel() - 1);
  let places: Tensor | null = null;
  let inside: Tensor | null = null;
  columns.forEach((column, i) => {
    const found = placesOf(column, binEdges[i]!);
    places = places === null ? found.places : places.mul(shape[i]!).add(found.places);
    inside = inside === null ? found.inside : inside.logicalAnd(found.inside);
  });
  const size = shape.reduce((product, extent) => product * extent, 1);
  const flat = weight?.reshape([-1]) ?? null;
  const hist = count(places!, inside!, flat, size, points).reshape(shape);
  return { hist: density ? toDensity(hist, binEdges) : hist, binEdges };
}

/** The bin of each element; the upper end belongs to the last. */
function placesOf(x: Tensor, edges: Tensor): { places: Tensor; inside: Tensor } {
  const last = edges.numel() - 1;
  const [low, high] = [edges.select(0, 0), edges.select(0, last)];
  const places = searchsorted(edges, x, { side: "right" }).sub(1).clamp(0, last - 1);
  return { places, inside: x.ge(low).logicalAnd(x.le(high)) };
}

function toDensity(hist: Tensor, binEdges: readonly Tensor[]): Tensor {
  let result = hist.div(hist.sum());
  binEdges.forEach((edges, i) => {
    const n = edges.numel() - 1;
    const widths = edges.narrow(0, 1, n).sub(edges.narrow(0, 0, n));
    result = result.div(widths.reshape(hist.shape.map((_, dim) => dim === i ? n : 1)));
  });
  return result;
}

/** Sums of what the elements count, by place; those outside count 0. */
function count(
  places: Tensor,
  inside: Tensor,
  weight: Tensor | null,
  bins: number,
  like: Tensor,
): Tensor {
  const zeros = like.newZeros([bins], { dtype: weight === null ? "int64" : like.dtype });
  const each = weight === null ? inside.to("int64") : where(inside, weight.to(like.dtype), 0);
  // The place of NaN is no number.
  const safe = where(inside, places, 0).to("int64");
  return indexAdd(zeros, 0, safe, each).to(like.dtype);
}

function checkBins(bins: number, op: string): void {
  if (Number.isInteger(bins) && bins > 0) return;
  throw new ArgumentError(`Cannot ${op} with ${bins} bins: their number is 1 or more`, { op });
}

function edgesOf(
  x: Tensor,
  bins: Bins,
  range: readonly number[] | undefined,
  dim: number,
  op: string,
): Tensor {
  if (typeof bins === "number") {
    checkBins(bins, op);
    const given = range === undefined ? null : [range[2 * dim]!, range[2 * dim + 1]!] as const;
    return linspace(...endsOf(x, given, op), bins + 1, { dtype: x.dtype });
  }
  const edges = isTensor(bins) ? bins.detach().to(x.dtype) : x.newTensor(bins);
  if (edges.ndim !== 1) {
    throw new ShapeError(`Cannot ${op} by edges of shape ${text(edges.shape)}: they must be 1-D`, {
      op,
    });
  }
  if (edges.numel() < 2) {
    throw new ArgumentError(`Cannot ${op} by ${edges.numel()} edges: a bin has two`, { op });
  }
  return edges;
}

/** Lower and upper end of the bins; ends that meet move apart by 1/2, or 1 in histc. */
function endsOf(
  x: Tensor,
  given: readonly [number, number] | null,
  op: string,
): readonly [number, number] {
  const found = given ??
    (x.numel() === 0
      ? [0, op === "histc" ? 0 : 1] as const
      : [Number(x.amin().item()), Number(x.amax().item())] as const);
  const [low, high] = found;
  if (!Number.isFinite(low) || !Number.isFinite(high) || low > high) {
    throw new ArgumentError(
      `Cannot ${op} between ${low} and ${high}: the ends must be finite and in order`,
      { op },
    );
  }
  const apart = op === "histc" ? 1 : 0.5;
  return low === high ? [low - apart, high + apart] : [low, high];
}
