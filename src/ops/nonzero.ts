/**
 * Where elements are not zero, and the elements at such places.
 *
 * @module
 */
import { arange } from "../create.ts";
import { DTypeError } from "../errors.ts";
import { broadcastPair } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions } from "./front.ts";
import { indexSelect } from "./gather.ts";
import { stack } from "./join.ts";
import { scatter } from "./scatter.ts";
import { where } from "./select.ts";
import { expand, narrow, reshape } from "./view.ts";

/** Options of {@link nonzero}. */
export interface NonzeroOptions {
  /** One tensor of indices for each dim, instead of a row for each place. Default false. */
  readonly asTuple?: boolean;
}

/** Places of the nonzero elements in row-major order, int64. */
export function flatNonzero(x: Tensor): Tensor {
  const mask = reshape(x.detach().ne(0), [-1]);
  const size = mask.numel();
  if (size === 0) return arange(0, 0, 1, { dtype: "int64" });
  // Each place goes where as many nonzero ones stand before it, the others behind them all.
  const ranks = mask.long().cumsum(0);
  const count = Number(ranks.index(-1).item());
  const targets = where(mask, ranks.sub(1), count);
  const places = arange(0, size, 1, { dtype: "int64" });
  return narrow(scatter(places.newZeros([count + 1]), 0, targets, places), 0, 0, count);
}

/**
 * Indices of the elements that are not zero, in row-major order: int64 `[n, rank]`, or a vector for
 * each dim. NaN is not zero.
 *
 * @example
 * ```ts
 * import { nonzero, tensor } from "@minitensor/minitensor";
 * console.assert(nonzero(tensor([[0, 5], [6, 0]])).toArray().toString() === "0,1,1,0");
 * ```
 */
export function nonzero(x: Tensor): Tensor;
/** A vector of indices for each dim; one of zeros for a tensor of rank 0. */
export function nonzero(x: Tensor, options: { readonly asTuple: true }): Tensor[];
/** A row for each place, or a vector for each dim. */
export function nonzero(x: Tensor, options: NonzeroOptions): Tensor | Tensor[];
export function nonzero(x: Tensor, options: NonzeroOptions = {}): Tensor | Tensor[] {
  checkOptions(options, ["asTuple"], "nonzero");
  const tuple = options.asTuple === true;
  const places = flatNonzero(x);
  if (x.ndim === 0 && !tuple) return places.newEmpty([places.numel(), 0]);
  const dims: Tensor[] = [];
  let rest = places;
  for (let dim = x.ndim - 1; dim > 0; dim--) {
    const extent = Math.max(x.shape[dim]!, 1);
    dims.unshift(rest.remainder(extent));
    rest = rest.floorDivide(extent);
  }
  dims.unshift(rest);
  return tuple ? dims : stack(dims, 1);
}

/**
 * Same as {@link nonzero}: a row of indices for each element that is not zero.
 *
 * @example
 * ```ts
 * import { argwhere, tensor } from "@minitensor/minitensor";
 * console.assert(argwhere(tensor([0, 5, 6])).toArray().toString() === "1,2");
 * ```
 */
export function argwhere(x: Tensor): Tensor {
  return nonzero(x);
}

/**
 * The elements where a mask holds, in one dim; both are broadcast. A copy.
 *
 * @throws {DTypeError} when the mask is not bool.
 * @throws {ShapeError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { maskedSelect, tensor } from "@minitensor/minitensor";
 * const x = tensor([1, -2, 3]);
 * console.assert(maskedSelect(x, x.gt(0)).toArray().toString() === "1,3");
 * ```
 */
export function maskedSelect(x: Tensor, mask: Tensor): Tensor {
  requireMask(mask, "maskedSelect");
  const shape = broadcastPair(x.shape, mask.shape, "maskedSelect");
  return indexSelect(reshape(expand(x, shape), [-1]), 0, flatNonzero(expand(mask, shape)));
}

/** Throws unless the mask is bool. */
export function requireMask(mask: Tensor, op: string): void {
  if (mask.dtype !== "bool") {
    throw new DTypeError(`Cannot ${op} by a mask of dtype ${mask.dtype}: it must be bool`, { op });
  }
}
