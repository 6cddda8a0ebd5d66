/**
 * The windows of a pooling: read from its options, checked, and handed to the kernels, which know
 * planes [N, C, H, W].
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../errors.ts";
import { text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { requireFloat } from "./infer.ts";
import { checkRoom, sizesOf, type Window } from "./window.ts";

/** A size for all pooled dims, or one for each. */
export type PoolSize = number | readonly number[];

/** What the options of all poolings have in common. */
export interface PoolOptions {
  /** Steps of the window. Default: its size. */
  readonly stride?: PoolSize;
  /** Elements around the input that are no part of it, at most half the window. Default 0. */
  readonly padding?: PoolSize;
  /** Counts windows that hang over the edge too. Default false. */
  readonly ceilMode?: boolean;
}

/** Windows along some dims. */
export interface Windows extends Window {
  /** Taps. */
  readonly kernel: readonly number[];
  /** Positions. */
  readonly out: readonly number[];
}

const layouts = ["[N, C, L] or [C, L]", "[N, C, H, W] or [C, H, W]", "[N, C, D, H, W] or [C, ...]"];

/** Throws unless x is a batch, or one sample, of channels with `rank` dims. */
export function checkPooled(x: Tensor, rank: number, op: string): void {
  if (x.ndim !== rank + 1 && x.ndim !== rank + 2) {
    throw new ShapeError(
      `Cannot ${op} a tensor of shape ${text(x.shape)}: it takes ${layouts[rank - 1]}`,
      { op },
    );
  }
  requireFloat(x, op);
}

/** The windows that the options describe over the last `rank` dims. */
export function windowsOf(
  x: Tensor,
  rank: number,
  kernelSize: PoolSize,
  options: PoolOptions & { readonly dilation?: PoolSize },
  op: string,
): Windows {
  checkPooled(x, rank, op);
  const kernel = sizesOf(kernelSize, rank, "kernelSize", op, 1);
  const padding = sizesOf(options.padding ?? 0, rank, "padding", op, 0);
  if (padding.some((size, i) => size * 2 > kernel[i]!)) {
    throw new ArgumentError(
      `Cannot ${op} with padding ${text(padding)}: it is more than half the window of ${
        text(kernel)
      }`,
      { op },
    );
  }
  const window = {
    stride: sizesOf(options.stride ?? kernelSize, rank, "stride", op, 1),
    padding,
    dilation: sizesOf(options.dilation ?? 1, rank, "dilation", op, 1),
  };
  return { ...window, kernel, out: checkRoom(x, kernel, window, op, options.ceilMode === true) };
}

const fields = ["kernel", "stride", "padding", "dilation", "out"] as const;

/** Which of the pooled dims are the height and the width of planes; null where a dim stays. */
export type PlaneDims = readonly [number | null, number | null];

/** The windows along those two dims; a dim that stays has windows of one element. */
export function planeWindows<W extends Windows>(windows: W, planes: Tensor, dims: PlaneDims): W {
  const one = (field: typeof fields[number], i: 0 | 1): number => {
    const dim = dims[i];
    if (dim !== null) return windows[field][dim]!;
    return field === "out" ? planes.shape[2 + i]! : field === "padding" ? 0 : 1;
  };
  const pairs = fields.map((field) => [field, [one(field, 0), one(field, 1)]]);
  return { ...windows, ...Object.fromEntries(pairs) as Windows };
}

/**
 * Pools the last dims of x, of which `out` are left, by poolings of planes. One dim is a plane of
 * height 1; three are pooled in two steps, the last two and then the first, since poolings of boxes
 * are separable.
 */
export function poolDims(
  x: Tensor,
  out: readonly number[],
  pool: (planes: Tensor, dims: PlaneDims) => Tensor,
): Tensor {
  const batch = batched(x, out.length);
  const shape = [...x.shape.slice(0, x.ndim - out.length), ...out];
  if (out.length === 1) return pool(batch.unsqueeze(2), [null, 0]).reshape(shape);
  if (out.length === 2) return pool(batch, [0, 1]).reshape(shape);
  return pool(stack(pool(slices(batch), [1, 2])), [0, null]).reshape(shape);
}

/** x with a batch dim. */
export function batched(x: Tensor, rank: number): Tensor {
  return x.ndim === rank + 1 ? x.unsqueeze(0) : x;
}

/** Volumes [N, C, D, H, W] as planes [N C, D, H, W]. */
export function slices(x: Tensor): Tensor {
  return x.flatten(0, 1);
}

/** [N C, D, H, W] as planes of depth [N C, 1, D, H W]. */
export function stack(x: Tensor): Tensor {
  return x.flatten(2, 3).unsqueeze(1);
}
