/**
 * Windows that move over the last dims of [N, C, ...]: what convolution and pooling have in common.
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
  return sizesOf(value, 2, name, op, least) as readonly [number, number];
}

/** Reads an option that is a whole number, or one for each of `rank` dims. */
export function sizesOf(
  value: number | readonly number[],
  rank: number,
  name: string,
  op: string,
  least: number,
): readonly number[] {
  const list: readonly number[] = Array.isArray(value) ? value : [value as number];
  const good = (list.length === 1 || list.length === rank) &&
    list.every((size) => Number.isInteger(size) && size >= least);
  if (!good) {
    const count = ["one whole number", "one or two whole numbers", "one or three whole numbers"];
    throw new ArgumentError(
      `Cannot ${op} with ${name} ${text(list)}: it is ${count[rank - 1]} of ${least} or more`,
      { op },
    );
  }
  return Array.from({ length: rank }, (_, i) => list[i] ?? list[0]!);
}

/** How a window moves, dim by dim. */
export interface Window {
  /** Steps from a position to the next. */
  readonly stride: readonly number[];
  /** Elements added on each side. */
  readonly padding: readonly number[];
  /** Distance between taps. */
  readonly dilation: readonly number[];
}

/** Positions of a window along a dim. */
export function positions(
  extent: number,
  kernel: number,
  dim: number,
  window: Window,
  ceil = false,
): number {
  const [stride, padding] = [window.stride[dim]!, window.padding[dim]!];
  const reach = window.dilation[dim]! * (kernel - 1) + 1;
  const room = extent + 2 * padding - reach;
  if (room < 0) return 0;
  const steps = ceil ? Math.ceil(room / stride) : Math.floor(room / stride);
  // With ceil, a window that would start in the far padding does not count.
  return ceil && steps * stride >= extent + padding ? steps : steps + 1;
}

/** Positions along each of the last dims, of which there must be one at least. */
export function checkRoom(
  x: Tensor,
  kernel: Shape,
  window: Window,
  op: string,
  ceil = false,
): readonly number[] {
  const extents = x.shape.slice(x.ndim - kernel.length);
  const out = extents.map((extent, i) => positions(extent, kernel[i]!, i, window, ceil));
  if (out.some((count) => count < 1)) {
    const kind = kernel.length === 2 ? "images" : "inputs";
    throw new ShapeError(
      `Cannot ${op} ${kind} of ${extents.join(" by ")}: the window of ${text(kernel)} is larger ` +
        `than the padded ${kind.slice(0, -1)}`,
      { op },
    );
  }
  return out;
}
