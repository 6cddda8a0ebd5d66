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

/** A window that leaves a dim of that extent as it is. */
const still = (extent: number) => ({ kernel: 1, stride: 1, padding: 0, dilation: 1, out: extent });

const fields = ["kernel", "stride", "padding", "dilation", "out"] as const;

/** Windows along two dims: those along dim `first` and the next; or dims that stay, null. */
export function planeWindows<W extends Windows>(
  windows: W,
  [first, second]: readonly [number | null, number | null],
  extent = 1,
): W {
  const one = (field: typeof fields[number], dim: number | null): number =>
    dim === null ? still(extent)[field] : windows[field][dim]!;
  const pairs = fields.map((field) => [field, [one(field, first), one(field, second)]]);
  return { ...windows, ...Object.fromEntries(pairs) as Windows };
}

/** A pooling of planes [N, C, H, W]. */
export type PlanePooling<W> = (planes: Tensor, windows: W) => Tensor;

/**
 * Pools the last one to three dims of x by poolings of planes. Three dims are pooled in two steps,
 * the last two and then the first: the kernels' poolings are separable.
 */
export function poolDims<W extends Windows>(x: Tensor, windows: W, pool: PlanePooling<W>): Tensor {
  const rank = windows.kernel.length;
  const batch = x.ndim === rank + 1 ? x.unsqueeze(0) : x;
  const shape = [...x.shape.slice(0, x.ndim - rank), ...windows.out];
  if (rank === 1) return pool(batch.unsqueeze(2), planeWindows(windows, [null, 0])).reshape(shape);
  if (rank === 2) return pool(batch, windows).reshape(shape);
  const [deep, planes] = inTwoSteps(windows);
  return pool(stack(pool(slices(batch), planes)), deep).reshape(shape);
}

/** The second step and the first: windows along depth, and along height and width. */
export function inTwoSteps<W extends Windows>(windows: W): readonly [deep: W, planes: W] {
  const size = windows.out[1]! * windows.out[2]!;
  return [planeWindows(windows, [0, null], size), planeWindows(windows, [1, 2])];
}

/** [N, C, D, H, W] as planes [N C, D, H, W]. */
export function slices(x: Tensor): Tensor {
  return x.flatten(0, 1);
}

/** [N C, D, H, W] as planes of depth, [N C, 1, D, H W]. */
export function stack(x: Tensor): Tensor {
  return x.flatten(2, 3).unsqueeze(1);
}
