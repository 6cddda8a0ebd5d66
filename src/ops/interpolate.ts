/**
 * Sequences, images and volumes in another size.
 *
 * @module
 */
import { tensor } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { part, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { clone } from "./copy.ts";
import { checkOptions, floating } from "./front.ts";
import { indexSelect } from "./gather.ts";
import {
  antialiased,
  averaged,
  cubic,
  linear,
  nearest,
  type Scaling,
} from "./interpolation_tables.ts";
import { resample, type Resampling } from "./resample.ts";
import { reshape } from "./view.ts";

/** How {@link interpolate} finds values between elements. */
export type InterpolateMode =
  | "nearest"
  | "nearest-exact"
  | "linear"
  | "bilinear"
  | "bicubic"
  | "trilinear"
  | "area";

/** Options of {@link interpolate}. */
export interface InterpolateOptions {
  /** Sizes of the result, one for all spatial dims or one for each. */
  readonly size?: number | readonly number[] | null;
  /** What the sizes are multiplied by, rounded down; instead of `size`. */
  readonly scaleFactor?: number | readonly number[] | null;
  /** Default "nearest". */
  readonly mode?: InterpolateMode;
  /**
   * The elements at the corners stay where they are; otherwise the edges of the image do. For the
   * linear and cubic modes. Default false.
   */
  readonly alignCorners?: boolean | null;
  /** Takes the scale from the rounded sizes instead of `scaleFactor`. Default false. */
  readonly recomputeScaleFactor?: boolean | null;
  /** Widens the window where an image shrinks, so that all elements count. Default false. */
  readonly antialias?: boolean;
}

const known = ["size", "scaleFactor", "mode", "alignCorners", "recomputeScaleFactor", "antialias"];

/** Modes and the numbers of spatial dims that they are for. */
const ranks: Readonly<Record<InterpolateMode, readonly number[]>> = {
  nearest: [1, 2, 3],
  "nearest-exact": [1, 2, 3],
  area: [1, 2, 3],
  linear: [1],
  bilinear: [2],
  bicubic: [2],
  trilinear: [3],
};

/**
 * Spatial dims of [N, C, L], [N, C, H, W] or [N, C, D, H, W] in another size. An element i of the
 * result lies at (i + 1/2) in / out - 1/2, or at i (in - 1) / (out - 1) with `alignCorners`, and is
 * the nearest element there, the linear interpolation of 2 in each dim, the cubic convolution of 4
 * (Keys 1981, a = -3/4; with `antialias` -1/2), or the mean of the elements that it covers (area).
 * Elements beyond the edge are those at the edge.
 *
 * @returns floating-point, except that "nearest" modes keep other dtypes.
 * @throws {ShapeError} when x does not have the mode's number of dims, or a size is below 1.
 * @throws {ArgumentError} when size and scaleFactor are both given or neither, or an option does
 * not fit the mode.
 *
 * @example
 * ```ts
 * import { interpolate, tensor } from "@minitensor/minitensor";
 * const x = tensor([[[1, 3]]]);
 * console.assert(interpolate(x, { scaleFactor: 2 }).toArray().toString() === "1,1,3,3");
 * const y = interpolate(x, { size: 4, mode: "linear" });
 * console.assert(y.toArray().toString() === "1,1.5,2.5,3");
 * ```
 */
export function interpolate(x: Tensor, options: InterpolateOptions = {}): Tensor {
  const mode = checkMode(x, options);
  const scalings = scalingsOf(x, options);
  const isNearest = mode === "nearest" || mode === "nearest-exact";
  if (isNearest && !x.spec.info.isFloat) return picked(x, mode, scalings);
  const input = floating(x);
  const tables = scalings.map((scaling) => tableOf(mode, scaling, options, input));
  return resampled(input, scalings, tables);
}

function checkMode(x: Tensor, options: InterpolateOptions): InterpolateMode {
  checkOptions(options, known, "interpolate");
  const { mode = "nearest", alignCorners = null, antialias = false } = options;
  if (!Object.hasOwn(ranks, mode)) {
    throw new ArgumentError(
      `Cannot interpolate in mode ${mode}: it is one of ${Object.keys(ranks).join(", ")}`,
      { op: "interpolate" },
    );
  }
  if (!ranks[mode].includes(x.ndim - 2)) {
    throw new ShapeError(
      `Cannot interpolate a tensor of shape ${text(x.shape)} in mode ${mode}: it takes ` +
        `${ranks[mode].map((rank) => rank + 2).join(", ")} dims, [N, C, ...]`,
      { op: "interpolate" },
    );
  }
  const isSmooth = mode.endsWith("linear") || mode === "bicubic";
  if (alignCorners !== null && !isSmooth) {
    throw new ArgumentError(
      `Cannot interpolate in mode ${mode} with alignCorners: it is for linear, bilinear, bicubic ` +
        "and trilinear",
      { op: "interpolate" },
    );
  }
  if (antialias && mode !== "bilinear" && mode !== "bicubic") {
    throw new ArgumentError(
      `Cannot interpolate in mode ${mode} with antialias: it is for bilinear and bicubic`,
      { op: "interpolate" },
    );
  }
  return mode;
}

/** One number for each spatial dim. */
function each(value: number | readonly number[], rank: number, name: string): readonly number[] {
  const list: readonly number[] = Array.isArray(value) ? value : new Array(rank).fill(value);
  if (list.length !== rank) {
    throw new ArgumentError(
      `Cannot interpolate with ${name} ${text(list)}: there are ${rank} spatial dims`,
      { op: "interpolate" },
    );
  }
  return list;
}

/** From which size to which each dim goes, and its scale where one was given. */
function scalingsOf(x: Tensor, options: InterpolateOptions): readonly Scaling[] {
  const { size = null, scaleFactor = null, recomputeScaleFactor = false } = options;
  const extents = part(x.shape, 2, x.ndim);
  if ((size === null) === (scaleFactor === null)) {
    const given = size === null ? "neither size nor scaleFactor" : "both size and scaleFactor";
    throw new ArgumentError(`Cannot interpolate with ${given}: give one of them`, {
      op: "interpolate",
    });
  }
  if (recomputeScaleFactor === true && size !== null) {
    throw new ArgumentError(
      "Cannot interpolate with size and recomputeScaleFactor: there is no scale to compute again",
      { op: "interpolate" },
    );
  }
  const factors = scaleFactor === null ? null : each(scaleFactor, extents.length, "scaleFactor");
  const sizes = factors === null
    ? each(size!, extents.length, "size")
    : extents.map((extent, dim) => Math.floor(extent * factors[dim]!));
  const whole = (list: readonly number[]) => list.every((n) => Number.isInteger(n) && n >= 1);
  if (!whole(sizes) || !whole(extents)) {
    throw new ShapeError(
      `Cannot interpolate a tensor of shape ${text(x.shape)} to sizes ${text(sizes)}: sizes are ` +
        "whole numbers of 1 or more",
      { op: "interpolate" },
    );
  }
  const given = recomputeScaleFactor === true ? null : factors;
  return extents.map((from, dim) => ({
    from,
    to: sizes[dim]!,
    step: given === null ? null : 1 / given[dim]!,
  }));
}

function tableOf(
  mode: InterpolateMode,
  scaling: Scaling,
  { alignCorners, antialias = false }: InterpolateOptions,
  like: Tensor,
): Resampling | null {
  const align = alignCorners === true;
  const isSame = scaling.from === scaling.to;
  // As in PyTorch, a scale that rounds to the same size does not move the linear modes.
  if (isSame && !antialias && (mode === "area" || mode.endsWith("linear"))) return null;
  if (isSame && mode.startsWith("nearest") && (scaling.step ?? 1) === 1) return null;
  if (antialias) return antialiased(scaling, mode === "bicubic", align);
  if (mode === "bicubic") return cubic(scaling, align);
  if (mode === "area") return averaged(scaling);
  if (mode.endsWith("linear")) return linear(scaling, align);
  return nearest(scaling, mode === "nearest-exact", like.dtype !== "float64");
}

/** The dims from the first on, two at a time from the last. */
function resampled(
  x: Tensor,
  scalings: readonly Scaling[],
  tables: readonly (Resampling | null)[],
): Tensor {
  if (tables.every((table) => table === null)) return clone(x);
  const [n, c, ...extents] = x.shape as [number, number, ...number[]];
  const to = scalings.map((scaling) => scaling.to);
  let planes = x;
  if (extents.length === 3 && tables[0] !== null) {
    const slices = reshape(x, [n * c, extents[0]!, extents[1]! * extents[2]!]);
    planes = resample(slices, { rows: tables[0]!, columns: null });
    extents[0] = to[0]!;
  }
  const [height, width] = extents.length === 1 ? [1, extents[0]!] : extents.slice(-2);
  const count = extents.length === 3 ? n * c * extents[0]! : n * c;
  const rows = extents.length === 1 ? null : tables.at(-2)!;
  const flat = reshape(planes, [count, height!, width!]);
  const result = rows === null && tables.at(-1) === null
    ? flat
    : resample(flat, { rows, columns: tables.at(-1)! });
  return reshape(result, [n, c, ...to]);
}

/** The nearest elements of any dtype. */
function picked(x: Tensor, mode: InterpolateMode, scalings: readonly Scaling[]): Tensor {
  return scalings.reduce((result, scaling, dim) => {
    const { places } = nearest(scaling, mode === "nearest-exact", true);
    return indexSelect(result, 2 + dim, tensor(places).to("int64"));
  }, x);
}
