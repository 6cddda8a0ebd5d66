/**
 * Bilinear maps.
 *
 * @module
 */
import { ShapeError } from "../errors.ts";
import { sameShape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, promote } from "./front.ts";
import { linear } from "./linalg.ts";

/** Options of {@link bilinear}. */
export interface BilinearOptions {
  /** Added to the features, [out]. */
  readonly bias?: Tensor | null;
}

/**
 * y_o = sum over i and j of x1_i weight_oij x2_j, plus the bias.
 *
 * @param x1 [..., I].
 * @param x2 [..., J], with the same dims before the last.
 * @param weight [out, I, J].
 * @returns [..., out]; float.
 * @throws {ShapeError} when the shapes do not fit.
 *
 * @example
 * ```ts
 * import { bilinear, tensor } from "@minitensor/minitensor";
 * const y = bilinear(tensor([[1, 2]]), tensor([[3, 4]]), tensor([[[1, 0], [0, 1]]]));
 * console.assert(y.item() === 11);
 * ```
 */
export function bilinear(
  x1: Tensor,
  x2: Tensor,
  weight: Tensor,
  options: BilinearOptions = {},
): Tensor {
  checkOptions(options, ["bias"], "bilinear");
  const bias = options.bias ?? null;
  const [out, left, right] = weight.shape;
  const fits = weight.ndim === 3 && x1.ndim >= 1 && x1.shape.at(-1) === left &&
    x2.shape.at(-1) === right && sameShape(x1.shape.slice(0, -1), x2.shape.slice(0, -1));
  if (!fits || (bias !== null && !sameShape(bias.shape, [out!]))) {
    throw new ShapeError(
      `Cannot bilinear tensors of shapes ${text(x1.shape)} and ${
        text(x2.shape)
      } with a weight of ` +
        `${text(weight.shape)}${bias === null ? "" : ` and a bias of ${text(bias.shape)}`}: ` +
        "it takes [..., I], [..., J], [out, I, J] and [out]",
      { op: "bilinear" },
    );
  }
  const given = promote(bias === null ? [x1, x2, weight] : [x1, x2, weight, bias], true);
  const [a, b, matrix, offset] = given as [Tensor, Tensor, Tensor, Tensor | undefined];
  // A linear map of all products: the weight is used as it lies in memory.
  const products = a.unsqueeze(-1).mul(b.unsqueeze(-2)).flatten(-2);
  return linear(products, matrix.flatten(1), { bias: offset ?? null });
}
