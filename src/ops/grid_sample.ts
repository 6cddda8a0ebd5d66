/**
 * Images and volumes read at places of a grid.
 *
 * @module
 */
import { tensor } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { part, type Shape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { mul } from "./arithmetic.ts";
import { contiguous } from "./copy.ts";
import { checkOptions, promote } from "./front.ts";
import { indexSelect } from "./gather.ts";
import { stack } from "./join.ts";

import { sampleTaps } from "./sample_taps.ts";
import { clamp } from "./select.ts";
import { permute, reshape, select, unsqueeze } from "./view.ts";

/** Options of {@link gridSample}. */
export interface GridSampleOptions {
  /** Linear between 2 elements in each dim, the nearest one, or cubic of 4. Default "bilinear". */
  readonly mode?: "bilinear" | "nearest" | "bicubic";
  /** What lies outside: zeros, the edge, or the image mirrored at its edges. Default "zeros". */
  readonly paddingMode?: "zeros" | "border" | "reflection";
  /** -1 and 1 are the centers of the elements at the edges; otherwise the edges. Default false. */
  readonly alignCorners?: boolean;
}

type Given = Required<GridSampleOptions>;

/** Taps of one dim at every point: places to add up, and weights, [N, taps, points]. */
interface Taps {
  readonly index: Tensor;
  readonly weight: Tensor;
}

/** Added to a place for every dim in which it is outside: sums of three stay negative. */
const OUTSIDE = -(2 ** 29);

const modes: readonly string[] = ["bilinear", "nearest", "bicubic"];
const paddings: readonly string[] = ["zeros", "border", "reflection"];

/**
 * The elements of [N, C, H, W] at the places (x, y) of a grid [N, h, w, 2], or of
 * [N, C, D, H, W] at those (x, y, z) of [N, d, h, w, 3]; x goes along the last dim, from -1 to 1
 * over the image (Spatial Transformer Networks, Jaderberg et al. 2015). Differentiable for both,
 * any number of times; the nearest element has gradient 0 for the grid. Places that are NaN give
 * NaN.
 *
 * @returns [N, C, h, w] or [N, C, d, h, w].
 * @throws {ShapeError} when the shapes do not fit each other, or the image has no elements.
 * @throws {ArgumentError} when a mode does not exist, or is bicubic for volumes.
 *
 * @example
 * ```ts
 * import { gridSample, tensor } from "@minitensor/minitensor";
 * const x = tensor([[[[1, 3]]]]);
 * const grid = tensor([[[[-0.5, 0], [0, 0]]]]);
 * console.assert(gridSample(x, grid).toArray().toString() === "1,2");
 * ```
 */
export function gridSample(x: Tensor, grid: Tensor, options: GridSampleOptions = {}): Tensor {
  const given = checkGrid(x, grid, options);
  const [input, places] = promote([x, grid], true) as [Tensor, Tensor];
  // A small dtype is too coarse for places: all is done in the wider one, and rounded once.
  const { wide } = input.spec.info;
  if (wide !== null) return gridSample(input.to(wide), places.to(wide), options).to(input.dtype);
  const [n, c, ...extents] = x.shape as [number, number, ...number[]];
  const out = part(grid.shape, 1, grid.ndim - 1);
  const rank = extents.length;
  // The coordinates, one after the other, each [N, points].
  const flat = reshape(places, [n, product(out), rank]);
  const coordinates = contiguous(permute(flat, [2, 0, 1]));
  let all: Taps | null = null;
  for (let dim = 0; dim < rank; dim++) {
    const stride = product(part(extents, dim + 1, rank));
    const own = tapsOf(select(coordinates, 0, rank - 1 - dim), extents[dim]!, stride, given);
    all = all === null ? own : crossed(all, own);
  }
  const sampled = sampleTaps(reshape(input, [n, c, product(extents)]), all!.index, all!.weight);
  return reshape(sampled, [n, c, ...out]);
}

function product(sizes: Shape): number {
  return sizes.reduce((all, size) => all * size, 1);
}

function checkGrid(x: Tensor, grid: Tensor, options: GridSampleOptions): Given {
  const op = "gridSample";
  checkOptions(options, ["mode", "paddingMode", "alignCorners"], op);
  const { mode = "bilinear", paddingMode = "zeros", alignCorners = false } = options;
  if (!modes.includes(mode)) {
    throw new ArgumentError(`Cannot ${op} in mode ${mode}: it is one of ${modes.join(", ")}`, {
      op,
    });
  }
  if (!paddings.includes(paddingMode)) {
    throw new ArgumentError(
      `Cannot ${op} with paddingMode ${paddingMode}: it is one of ${paddings.join(", ")}`,
      { op },
    );
  }
  const rank = x.ndim - 2;
  const fits = (rank === 2 || rank === 3) && grid.ndim === x.ndim && grid.shape[0] === x.shape[0] &&
    grid.shape[x.ndim - 1] === rank;
  if (!fits) {
    throw new ShapeError(
      `Cannot ${op} a tensor of shape ${text(x.shape)} by a grid of ${
        text(grid.shape)
      }: it takes ` +
        "[N, C, H, W] and [N, h, w, 2], or [N, C, D, H, W] and [N, d, h, w, 3]",
      { op },
    );
  }
  const elements = product(part(x.shape, 2, x.ndim));
  if (elements === 0 || elements > -OUTSIDE) {
    throw new ShapeError(
      `Cannot ${op} a tensor of shape ${text(x.shape)}: a channel has 1 to ${-OUTSIDE} elements`,
      { op },
    );
  }
  if (mode === "bicubic" && rank === 3) {
    throw new ArgumentError(`Cannot ${op} volumes in mode bicubic: it is for [N, C, H, W]`, { op });
  }
  return { mode, paddingMode, alignCorners };
}

/** Every tap of the first with every one of the second. */
function crossed(first: Taps, second: Taps): Taps {
  const [n, , points] = first.index.shape as [number, number, number];
  const join = (a: Tensor, b: Tensor, op: (a: Tensor, b: Tensor) => Tensor): Tensor =>
    reshape(op(unsqueeze(a, 2), unsqueeze(b, 1)), [n, a.shape[1]! * b.shape[1]!, points]);
  return {
    index: join(first.index, second.index, (a, b) => a.add(b)),
    weight: join(first.weight, second.weight, mul),
  };
}

/** The taps along a dim of `size` elements that lie `stride` apart. */
function tapsOf(x: Tensor, size: number, stride: number, given: Given): Taps {
  const { mode, paddingMode, alignCorners } = given;
  const scale = alignCorners ? (size - 1) / 2 : size / 2;
  const at = x.add(1).mul(scale);
  const free = alignCorners ? at : at.sub(0.5);
  if (mode === "bicubic") {
    const start = free.detach().floor();
    const weight = stack(cubicTensors(free.sub(start)), 1);
    return { index: indexOf(start, -1, 4, size, stride, given), weight };
  }
  const inside = paddingMode === "zeros"
    ? free
    : within(paddingMode === "border" ? free : reflected(free, size, alignCorners), size);
  const plain: Given = { ...given, paddingMode: "zeros" };
  if (mode === "nearest") {
    const start = inside.detach().round();
    // A weight of 1 with gradient 0, NaN where the place is.
    const weight = unsqueeze(inside.sub(inside.detach()).mul(0).add(1), 1);
    return { index: indexOf(start, 0, 1, size, stride, plain), weight };
  }
  const start = inside.detach().floor();
  const share = inside.sub(start);
  const weight = stack([share.neg().add(1), share], 1);
  return { index: indexOf(start, 0, 2, size, stride, plain), weight };
}

/** Weights of the four neighbours of places `t` behind the second. */
function cubicTensors(t: Tensor): Tensor[] {
  const a = -0.75;
  const near = (d: Tensor) => d.mul(a + 2).sub(a + 3).mul(d).mul(d).add(1);
  const far = (d: Tensor) => d.mul(a).sub(5 * a).mul(d).add(8 * a).mul(d).sub(4 * a);
  const rest = t.neg().add(1);
  return [far(t.add(1)), near(t), near(rest), far(rest.add(1))];
}

/** Places brought into the dim; at its ends and beyond the gradient is 0. */
function within(x: Tensor, size: number): Tensor {
  const last = size - 1;
  const fixed = clamp(x.detach(), 0, last);
  return x.requiresGrad ? x.where(x.gt(0).logicalAnd(x.lt(last)), fixed) : fixed;
}

/** Places mirrored at the edges of the dim, or at the centers of the elements there. */
function reflected(x: Tensor, size: number, align: boolean): Tensor {
  const [low, span] = align ? [0, size - 1] : [-0.5, size];
  if (span === 0) return x.mul(0);
  const distance = x.sub(low).abs();
  const flips = distance.detach().div(span).floor();
  const rest = distance.sub(flips.mul(span));
  return rest.neg().add(span).where(flips.remainder(2).eq(1), rest).add(low);
}

/**
 * Where the taps `start + first`, `+ first + 1`, ... are in memory, [N, taps, points]; below 0
 * where they are outside. A table knows all of a dim's places, and a few outside on either side.
 */
function indexOf(
  start: Tensor,
  first: number,
  taps: number,
  size: number,
  stride: number,
  { paddingMode, alignCorners }: Given,
): Tensor {
  const period = paddingMode === "reflection" ? 2 * (alignCorners ? size - 1 : size) : 0;
  const margin = taps + 1;
  // What lies further out is as what lies just outside, or as its reflection.
  const near = period > 0 ? start.remainder(period) : clamp(start, -margin, size + margin);
  const low = -2 * margin;
  const count = Math.max(size, period) + 4 * margin;
  const table = Int32Array.from({ length: count }, (_, i) => {
    const place = low + i;
    if (paddingMode === "zeros") return place >= 0 && place < size ? place * stride : OUTSIDE;
    return mirrored(place, size, period) * stride;
  });
  const steps = Int32Array.from({ length: taps }, (_, i) => first - low + i);
  const places = unsqueeze(near.to("int32"), 1).add(tensor(steps).reshape([1, taps, 1]));
  const index = indexSelect(tensor(table), 0, reshape(places, [-1]));
  return reshape(index, places.shape);
}

/** A place of the dim: the same one, the edge, or, with a period, its mirror image. */
function mirrored(place: number, size: number, period: number): number {
  if (period === 0) return Math.min(Math.max(place, 0), size - 1);
  const rest = ((place % period) + period) % period;
  if (rest < size) return rest;
  // Twice the elements mirror each edge too; two less do not.
  return period === 2 * size ? period - 1 - rest : period - rest;
}
