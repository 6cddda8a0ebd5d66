/**
 * The rows of convolutions of other dims than two, their transposes, resizing and sampling.
 *
 * @module
 */
import type { Row } from "./rows.ts";
import type { CallWork } from "./works.ts";

/** A call and the gradients of all its inputs. */
function both(
  name: string,
  op: string,
  shapes: readonly (readonly number[])[],
  numbers: readonly number[] = [],
): Row[] {
  const work: CallWork = { kind: "call", op, inputs: shapes.map((shape) => ({ shape })), numbers };
  return [
    { group: "spatial", name, work, bar: 1 },
    { group: "spatial", name: `${name}, gradient`, work: { ...work, pass: "gradient" }, bar: 1 },
  ];
}

/** Numbers are padding for convolutions, stride and padding for transposed ones. */
export function spatialRows(): Row[] {
  const images = [8, 64, 56, 56];
  const grid = [4, 64, 64, 2];
  return [
    ...both("conv1d 5 16x64x1024", "conv1d", [[16, 64, 1024], [64, 64, 5]], [2]),
    ...both("conv3d 3 2x16x16x32x32", "conv3d", [[2, 16, 16, 32, 32], [32, 16, 3, 3, 3]], [1]),
    ...both(
      "convTranspose2d 4 / 2 8x64x28x28",
      "convTranspose2d",
      [[8, 64, 28, 28], [64, 32, 4, 4]],
      [2, 1],
    ),
    ...both(
      "convTranspose3d 3 2x16x8x32x32",
      "convTranspose3d",
      [[2, 16, 8, 32, 32], [16, 32, 3, 3, 3]],
      [1, 1],
    ),
    ...both("im2col 3 8x64x56x56", "im2col", [images], [3, 1]),
    ...both("fold 3 8x64x56x56", "fold", [[8, 64 * 9, 56 * 56]], [56, 3, 1]),
    ...["nearest", "bilinear", "bicubic", "area"].flatMap((mode) =>
      both(`interpolate ${mode} 8x64x56x56 to 112`, `interpolate ${mode}`, [images], [112])
    ),
    ...both("interpolate bilinear 8x64x56x56 to 28", "interpolate bilinear", [images], [28]),
    ...both("interpolate antialias 8x64x56x56 to 28", "interpolate antialias", [images], [28]),
    ...["nearest", "bilinear", "bicubic"].flatMap((mode) =>
      both(`gridSample ${mode} 4x32x64x64`, `gridSample ${mode}`, [[4, 32, 64, 64], grid])
    ),
    ...both("pixelShuffle 2 8x64x56x56", "pixelShuffle", [images], [2]),
  ];
}
