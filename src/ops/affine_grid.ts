/**
 * Grids of places that affine maps take.
 *
 * @module
 */
import { linspace, ones } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { part, type Shape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, floating } from "./front.ts";
import { stack } from "./join.ts";
import { matmul } from "./linalg.ts";
import { expand, reshape } from "./view.ts";

/** Options of {@link affineGrid}. */
export interface AffineGridOptions {
  /** -1 and 1 are the centers of the elements at the edges; otherwise the edges. Default false. */
  readonly alignCorners?: boolean;
}

/**
 * The places that affine maps give the elements of images of shape `size`, as
 * {@link gridSample} takes them: theta (x, y, 1) for every place (x, y) from -1 to 1 (Spatial
 * Transformer Networks, Jaderberg et al. 2015).
 *
 * @param theta [N, 2, 3], or [N, 3, 4] for volumes.
 * @param size [N, C, H, W], or [N, C, D, H, W].
 * @returns [N, H, W, 2], or [N, D, H, W, 3].
 * @throws {ShapeError} when theta does not fit the size.
 * @throws {ArgumentError} when a size is not a whole number of 1 or more.
 *
 * @example
 * ```ts
 * import { affineGrid, tensor } from "@minitensor/minitensor";
 * const theta = tensor([[[1, 0, 0], [0, 1, 0]]]);
 * const grid = affineGrid(theta, [1, 1, 1, 2]);
 * console.assert(grid.toArray().toString() === "-0.5,0,0.5,0");
 * ```
 */
export function affineGrid(theta: Tensor, size: Shape, options: AffineGridOptions = {}): Tensor {
  checkOptions(options, ["alignCorners"], "affineGrid");
  const rank = size.length - 2;
  const [n, extents] = [size[0]!, part(size, 2, size.length)];
  if (rank !== 2 && rank !== 3 || !size.every((extent) => Number.isInteger(extent) && extent > 0)) {
    throw new ArgumentError(
      `Cannot affineGrid of size ${text(size)}: it is 4 or 5 whole numbers of 1 or more`,
      { op: "affineGrid" },
    );
  }
  const expected: Shape = [n, rank, rank + 1];
  if (text(theta.shape) !== text(expected)) {
    throw new ShapeError(
      `Cannot affineGrid with theta of shape ${text(theta.shape)}: for size ${text(size)} it ` +
        `must be ${text(expected)}`,
      { op: "affineGrid" },
    );
  }
  const maps = floating(theta);
  const base = places(extents, maps, options.alignCorners === true);
  return reshape(matmul(base, maps.transpose(1, 2)), [n, ...extents, rank]);
}

/** Coordinates of every place, the last dim's first, and a 1: [places, rank + 1]. */
function places(extents: Shape, like: Tensor, alignCorners: boolean): Tensor {
  const options = { dtype: like.dtype };
  const axes = extents.map((extent, dim) => {
    // One element alone stands in the middle.
    const reach = extent === 1 ? 0 : alignCorners ? 1 : (extent - 1) / extent;
    const steps = linspace(-reach, reach, extent, options);
    return expand(reshape(steps, extents.map((_, i) => i === dim ? extent : 1)), extents);
  });
  const list = [...axes.toReversed(), ones(extents, options)];
  return reshape(stack(list, extents.length), [-1, extents.length + 1]);
}
