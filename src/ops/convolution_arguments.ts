/**
 * What convolutions of 1, 2 and 3 dims are given: windows, channels, and whether they fit.
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../errors.ts";
import { part, type Shape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, promote } from "./front.ts";
import { pad } from "./pad.ts";
import { unsqueeze } from "./view.ts";
import { checkRoom, sizesOf, type Window } from "./window.ts";

/** One whole number for all spatial dims, or one for each. */
export type Sizes = number | readonly number[];

/** A window, and how it moves. */
export interface Geometry extends Window {
  readonly kernel: readonly number[];
}

/** Options that all convolutions take. */
export interface ConvolutionOptions {
  /** Added to every output channel, of shape [out]. */
  readonly bias?: Tensor | null;
  /** Steps of the window. Default 1. */
  readonly stride?: Sizes;
  /**
   * Zeros at both ends; "valid" for none, "same" to keep the sizes (stride 1), where an odd number
   * of zeros has one more at the end. Default 0.
   */
  readonly padding?: Sizes | "same" | "valid";
  /** Distance between the window's taps. Default 1. */
  readonly dilation?: Sizes;
  /** Channels are cut into so many groups that do not see each other. Default 1. */
  readonly groups?: number;
}

/** Elements from a window's first tap to its last, along a dim. */
export function reachOf({ kernel, dilation }: Geometry, dim: number): number {
  return dilation[dim]! * (kernel[dim]! - 1) + 1;
}

/** Zeros before a dim with padding "same", and those that follow beyond as many at its end. */
export function samePadding(
  op: string,
  kernel: Shape,
  stride: readonly number[],
  dilation: readonly number[],
): { readonly padding: readonly number[]; readonly extra: readonly number[] } {
  if (stride.some((step) => step !== 1)) {
    throw new ArgumentError(
      `Cannot ${op} with padding "same" and stride ${text(stride)}: sizes cannot stay`,
      { op },
    );
  }
  const total = kernel.map((size, i) => dilation[i]! * (size - 1));
  return {
    padding: total.map((zeros) => Math.floor(zeros / 2)),
    extra: total.map((zeros) => zeros % 2),
  };
}

/** How the message names the spatial dims of an input and of a weight. */
const layouts = [
  ["[N, C, L]", "l"],
  ["[N, C, H, W]", "h, w"],
  ["[N, C, D, H, W]", "d, h, w"],
] as const;

/**
 * Checks that input, weight and bias belong together; `transposed` for weights
 * [C, O / groups, ...].
 *
 * @throws {ShapeError} when they do not.
 */
export function checkChannels(
  op: string,
  rank: number,
  [x, weight, bias]: readonly [Tensor, Tensor, Tensor | null],
  groups: number,
  transposed = false,
): void {
  const [first, second] = weight.shape as [number, number];
  const isGrouped = Number.isInteger(groups) && groups >= 1 && first % groups === 0;
  const channels = transposed ? first : second * groups;
  const outputs = transposed ? second * groups : first;
  if (
    x.ndim !== rank + 2 || weight.ndim !== rank + 2 || !isGrouped || x.shape[1] !== channels
  ) {
    const [input, kernel] = layouts[rank - 1]!;
    const form = transposed ? `[C, O / groups, ${kernel}]` : `[O, C / groups, ${kernel}]`;
    throw new ShapeError(
      `Cannot ${op} a tensor of shape ${text(x.shape)} with a weight of ${text(weight.shape)} ` +
        `in ${groups} groups: it takes ${input} and ${form}`,
      { op, context: { input: x.shape, weight: weight.shape, groups } },
    );
  }
  if (bias !== null && (bias.ndim !== 1 || bias.shape[0] !== outputs)) {
    throw new ShapeError(
      `Cannot ${op} with a bias of shape ${text(bias.shape)}: it must be [${outputs}]`,
      { op },
    );
  }
}

const known = ["bias", "stride", "padding", "dilation", "groups"];

/** A convolution's arguments, checked, of one dtype and with a batch dim. */
export interface ConvolutionArguments {
  /** The input was a single image. */
  readonly single: boolean;
  readonly inputs: readonly [Tensor, Tensor, Tensor | null];
  readonly geometry: Geometry;
  readonly groups: number;
}

/** Checks what a convolution is given; with padding "same" the input gets its uneven zeros here. */
export function convolutionArguments(
  op: string,
  rank: number,
  x: Tensor,
  weight: Tensor,
  options: ConvolutionOptions,
): ConvolutionArguments {
  checkOptions(options, known, op);
  const single = x.ndim === rank + 1;
  const batch = single ? unsqueeze(x, 0) : x;
  const { bias = null, groups = 1, padding = 0 } = options;
  const stride = sizesOf(options.stride ?? 1, rank, "stride", op, 1);
  const dilation = sizesOf(options.dilation ?? 1, rank, "dilation", op, 1);
  checkChannels(op, rank, [batch, weight, bias], groups);
  const kernel = part(weight.shape, 2, weight.ndim);
  const same = padding === "same" ? samePadding(op, kernel, stride, dilation) : null;
  const zeros = padding === "valid" || padding === "same" ? 0 : padding;
  const geometry = {
    kernel,
    stride,
    dilation,
    padding: same?.padding ?? sizesOf(zeros, rank, "padding", op, 0),
  };
  const uneven = same !== null && same.extra.some((zeros) => zeros > 0);
  const padded = uneven
    ? pad(batch, same.extra.toReversed().flatMap((zeros) => [0, zeros]))
    : batch;
  checkRoom(padded, kernel, geometry, op);
  const given = bias === null ? [padded, weight] : [padded, weight, bias];
  const [input, floats, offset] = promote(given, true);
  return { single, inputs: [input!, floats!, offset ?? null], geometry, groups };
}
