/**
 * Windows of spatial dims laid out one after the other, and the way back: the two halves of a
 * convolution that is a product, and of im2col and fold.
 *
 * @module
 */
import { ANY_NARROW, defineOp, type Op } from "../op.ts";
import { part, type Shape, specOf } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { cut, narrow, permute, reshape, select } from "./view.ts";

/** Windows over the dims that follow [N, C]; what dims remain are moved as a whole. */
export interface Windows {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  /** Positions of the window along each dim. */
  readonly out: readonly number[];
  /** Positions are images of their own, [N * out, C * kernel, ...], as a convolution takes them. */
  readonly merged: boolean;
}

/** Places of one dim that a tap meets: positions first .. first + count, from `start` on. */
interface Meeting {
  readonly first: number;
  readonly count: number;
  readonly start: number;
}

function meet(
  { stride, padding, dilation, out }: Windows,
  extent: number,
  dim: number,
  tap: number,
): Meeting {
  const [step, shift] = [stride[dim]!, tap * dilation[dim]! - padding[dim]!];
  const first = Math.min(Math.max(0, Math.ceil(-shift / step)), out[dim]!);
  const end = Math.min(out[dim]!, Math.floor((extent - 1 - shift) / step) + 1);
  return { first, count: Math.max(0, end - first), start: first * step + shift };
}

/** Shape of the windows of a tensor of `shape`. */
function shapeOf(shape: Shape, { kernel, out, merged }: Windows): Shape {
  const rest = part(shape, 2 + kernel.length, shape.length);
  if (!merged) return [shape[0]!, shape[1]!, ...kernel, ...out, ...rest];
  const product = (sizes: Shape) => sizes.reduce((all, size) => all * size, 1);
  return [shape[0]! * product(out), shape[1]! * product(kernel), ...rest];
}

/** The windows as [N, C, ...kernel, ...out, ...rest], whichever way they lie. */
function taken(columns: Tensor, shape: Shape, { kernel, out, merged }: Windows): Tensor {
  if (!merged) return columns;
  const rank = kernel.length;
  const rest = part(shape, 2 + rank, shape.length);
  const parts = reshape(columns, [shape[0]!, ...out, shape[1]!, ...kernel, ...rest]);
  const order = parts.shape.map((_, i) => i);
  const [images, channels] = [order.slice(1, 1 + rank), order.slice(1 + rank, 2 + 2 * rank)];
  return permute(parts, [0, ...channels, ...images, ...order.slice(2 + 2 * rank)]);
}

/** Calls `body` with the elements that each tap meets, in the image and in the windows. */
function eachTap(
  image: Tensor,
  windows: Tensor,
  attributes: Windows,
  body: (image: Tensor, windows: Tensor) => void,
): void {
  const { kernel, stride } = attributes;
  const visit = (dim: number, from: Tensor, to: Tensor): void => {
    if (dim === kernel.length) return body(from, to);
    for (let tap = 0; tap < kernel[dim]!; tap++) {
      const { first, count, start } = meet(attributes, image.shape[2 + dim]!, dim, tap);
      if (count === 0) continue;
      const met = cut(from, { dim: 2 + dim, start, step: stride[dim]!, count });
      // The taps of the dims before are chosen: this one's are at dim 2, its positions further on.
      visit(dim + 1, met, narrow(select(to, 2, tap), 1 + kernel.length, first, count));
    }
  };
  visit(0, image, windows);
}

/** Windows of [N, C, ...] as [N, C, ...kernel, ...out, ...], or merged into images and channels. */
export const windowColumns: Op<(x: Tensor, windows: Windows) => Tensor, Windows> = defineOp({
  name: "windowColumns",
  summary: "The elements under every position of a window, zeros where it is outside.",
  infer: ([x], windows) => specOf(shapeOf(x!.shape, windows), x!.dtype),
  kernel: {
    composite: ([x], windows) => {
      const columns = x!.newZeros(shapeOf(x!.shape, windows));
      eachTap(x!, taken(columns, x!.shape, windows), windows, (from, to) => to.copy_(from));
      return columns;
    },
    narrow: ANY_NARROW,
  },
  saves: "none",
  gradient: ({ grad, specs: [x], attributes }) => [windowSum(grad, x!.shape, attributes)],
  samples: [
    {
      shapes: [[2, 3, 5, 4]],
      rest: [{
        kernel: [3, 2],
        stride: [2, 1],
        padding: [1, 0],
        dilation: [1, 2],
        out: [3, 2],
        merged: false,
      }],
    },
    {
      shapes: [[2, 2, 4, 3]],
      rest: [{ kernel: [3], stride: [1], padding: [1], dilation: [1], out: [4], merged: true }],
    },
  ],
  front: (run) => (x: Tensor, windows: Windows) => run([x], windows),
});

/** The adjoint of {@link windowColumns}: windows added up where they overlap. */
export const windowSum: Op<
  (columns: Tensor, shape: Shape, windows: Windows) => Tensor,
  Windows & { readonly shape: Shape }
> = defineOp({
  name: "windowSum",
  summary: "An image from windows of it: elements that several windows have are added up.",
  infer: ([columns], { shape }) => specOf(shape, columns!.dtype),
  kernel: {
    composite: ([columns], windows) => {
      const image = columns!.newZeros(windows.shape);
      eachTap(
        image,
        taken(columns!, windows.shape, windows),
        windows,
        (to, from) => to.add_(from),
      );
      return image;
    },
  },
  saves: "none",
  gradient: ({ grad, attributes }) => [windowColumns(grad, attributes)],
  samples: [
    {
      shapes: [[2, 3, 3, 2, 3, 2]],
      rest: [[2, 3, 5, 4], {
        kernel: [3, 2],
        stride: [2, 1],
        padding: [1, 0],
        dilation: [1, 2],
        out: [3, 2],
        merged: false,
      }],
    },
    {
      shapes: [[8, 6, 3]],
      rest: [[2, 2, 4, 3], {
        kernel: [3],
        stride: [1],
        padding: [1],
        dilation: [1],
        out: [4],
        merged: true,
      }],
    },
  ],
  front: (run) => (columns: Tensor, shape: Shape, windows: Windows) =>
    run([columns], { ...windows, shape }),
});
