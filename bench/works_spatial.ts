/**
 * The calls of rows_spatial.ts.
 *
 * @module
 */
import {
  conv1d,
  conv3d,
  convTranspose2d,
  convTranspose3d,
  fold,
  gridSample,
  im2col,
  interpolate,
  type InterpolateOptions,
  pixelShuffle,
  type Tensor,
} from "../mod.ts";

type Call = (inputs: readonly Tensor[], numbers: readonly number[]) => () => Tensor;

const resize = (options: InterpolateOptions): Call => ([x], [size]) => () =>
  interpolate(x!, { size: size!, ...options });

const sample = (mode: "nearest" | "bilinear" | "bicubic"): Call => ([x, grid]) => () =>
  gridSample(x!, grid!, { mode });

/** By the name of the work's op. */
export const spatialCalls: Readonly<Record<string, Call>> = {
  conv1d: ([x, weight], [padding]) => () => conv1d(x!, weight!, { padding: padding! }),
  conv3d: ([x, weight], [padding]) => () => conv3d(x!, weight!, { padding: padding! }),
  convTranspose2d: ([x, weight], [stride, padding]) => () =>
    convTranspose2d(x!, weight!, { stride: stride!, padding: padding! }),
  convTranspose3d: ([x, weight], [stride, padding]) => () =>
    convTranspose3d(x!, weight!, { stride: stride!, padding: padding! }),
  fold: ([x], [size, kernel, padding]) => () => fold(x!, size!, kernel!, { padding: padding! }),
  "gridSample bicubic": sample("bicubic"),
  "gridSample bilinear": sample("bilinear"),
  "gridSample nearest": sample("nearest"),
  im2col: ([x], [kernel, padding]) => () => im2col(x!, kernel!, { padding: padding! }),
  "interpolate antialias": resize({ mode: "bilinear", antialias: true }),
  "interpolate area": resize({ mode: "area" }),
  "interpolate bicubic": resize({ mode: "bicubic" }),
  "interpolate bilinear": resize({ mode: "bilinear" }),
  "interpolate nearest": resize({ mode: "nearest" }),
  pixelShuffle: ([x], [factor]) => () => pixelShuffle(x!, factor!),
};
