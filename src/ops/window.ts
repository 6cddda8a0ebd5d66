/**
 * Windows that move over images [N, C, H, W]: what convolution and pooling have in common.
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../errors.ts";
import { type Shape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** A size for both dims, or one for each of height and width. */
export type Pair = number | readonly number[];

/** Reads an option of one or two whole numbers. */
export function pairOf(
  value: Pair,
  name: string,
  op: string,
  least: number,
): readonly [number, number] {
  const list = typeof value === "number" ? [value] : value;
  const [height, width = height] = list;
  const good = list.length >= 1 && list.length <= 2 &&
    list.every((size) => Number.isInteger(size) && size >= least);
  if (!good) {
    throw new ArgumentError(
      `Cannot ${op} with ${name} ${text(list)}: it is one or two whole numbers of ${least} or more`,
      { op },
    );
  }
  return [height!, width!];
}

/** How a window moves over height and width. */
export interface Window {
  /** Steps from a position to the next. */
  readonly stride: readonly [number, number];
  /** Elements added on each side. */
  readonly padding: readonly [number, number];
  /** Distance between taps. */
  readonly dilation: readonly [number, number];
}

/** Positions of a window along a dim. */
export function positions(
  extent: number,
  kernel: number,
  dim: 0 | 1,
  window: Window,
  ceil = false,
): number {
  const reach = window.dilation[dim] * (kernel - 1) + 1;
  const room = extent + 2 * window.padding[dim] - reach;
  if (room < 0) return 0;
  const steps = ceil ? Math.ceil(room / window.stride[dim]) : Math.floor(room / window.stride[dim]);
  // With ceil, a window that would start in the far padding does not count.
  const start = steps * window.stride[dim];
  return ceil && start >= extent + window.padding[dim] ? steps : steps + 1;
}

/** Rows and columns of positions, of which there must be one at least. */
export function checkRoom(
  x: Tensor,
  kernel: Shape,
  window: Window,
  op: string,
  ceil = false,
): [number, number] {
  const out: [number, number] = [
    positions(x.shape[2]!, kernel[0]!, 0, window, ceil),
    positions(x.shape[3]!, kernel[1]!, 1, window, ceil),
  ];
  if (out[0] < 1 || out[1] < 1) {
    throw new ShapeError(
      `Cannot ${op} images of ${x.shape[2]} by ${x.shape[3]}: the window of ${
        text(kernel)
      } is larger than the padded image`,
      { op },
    );
  }
  return out;
}
