/**
 * Elements by their place among all in order, and by masks.
 *
 * @module
 */
import { ArgumentError, IndexError, ShapeError } from "../errors.ts";
import { owned } from "../op.ts";
import { broadcastPair, checkDim, replaced, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions } from "./front.ts";
import { gather, indexSelect, indexTensor, type Indices, scatterAdd } from "./gather.ts";
import { requireMask } from "./nonzero.ts";
import { converted, scatter } from "./scatter.ts";
import { where } from "./select.ts";
import { expand, reshape } from "./view.ts";
import { everything } from "../vmap/batch.ts";

/** Indices counted from the front; those outside are an IndexError. */
export function fromFront(index: Tensor, extent: number, op: string, what: string): Tensor {
  const all = everything(index);
  if (all.numel() === 0) return index;
  const low = Number(all.min().item());
  const high = Number(all.max().item());
  if (low < -extent || high >= extent) {
    const found = low < -extent ? low : high;
    throw new IndexError(`Cannot ${op} index ${found} of ${what}: its size is ${extent}`, {
      op,
      context: { index: found, size: extent },
    });
  }
  return low < 0 ? where(index.lt(0), index.add(extent), index) : index;
}

/**
 * The elements at places among all elements in row-major order, in the shape of the index; negative
 * ones count from the end. A copy.
 *
 * @throws {IndexError} for an index outside.
 *
 * @example
 * ```ts
 * import { take, tensor } from "@minitensor/minitensor";
 * console.assert(take(tensor([[1, 2], [3, 4]]), [0, -1]).toArray().toString() === "1,4");
 * ```
 */
export function take(x: Tensor, index: Indices): Tensor {
  const places = indexTensor(index, "take");
  const front = fromFront(places, x.numel(), "take", "all elements");
  const picked = indexSelect(reshape(x, [-1]), 0, reshape(front, [-1]));
  return owned(reshape(picked, places.shape));
}

/**
 * `x` with elements of `source` written at places among all elements in row-major order; negative
 * ones count from the end. A copy.
 *
 * @param options `accumulate`: adds instead, repeated places add up. Default false.
 * @throws {ShapeError} when the source does not have as many elements as the index.
 * @throws {IndexError} for an index outside.
 *
 * @example
 * ```ts
 * import { put, tensor, zeros } from "@minitensor/minitensor";
 * console.assert(put(zeros([3]), [0, -1], tensor([5, 6])).toArray().toString() === "5,0,6");
 * ```
 */
export function put(
  x: Tensor,
  index: Indices,
  source: Tensor,
  options: { readonly accumulate?: boolean } = {},
): Tensor {
  checkOptions(options, ["accumulate"], "put");
  const places = indexTensor(index, "put");
  if (places.numel() !== source.numel()) {
    throw new ShapeError(
      `Cannot put a source of shape ${text(source.shape)} at an index of ${text(places.shape)}: ` +
        "there are not as many",
      { op: "put" },
    );
  }
  const front = reshape(fromFront(places, x.numel(), "put", "all elements"), [-1]);
  const values = reshape(converted(source, x, "put"), [-1]);
  const flat = reshape(x, [-1]);
  const write = options.accumulate === true ? scatterAdd : scatter;
  return owned(reshape(write(flat, 0, front, values), x.shape));
}

/**
 * One element for each index along a dim, as {@link gather} does, but index and tensor broadcast in
 * the other dims; without a dim among all elements in order.
 *
 * @throws {ShapeError} when the shapes do not broadcast.
 * @throws {IndexError} for an index outside.
 *
 * @example
 * ```ts
 * import { takeAlongDim, tensor } from "@minitensor/minitensor";
 * const x = tensor([[1, 2], [3, 4]]);
 * console.assert(takeAlongDim(x, tensor([[1n]]), 1).toArray().toString() === "2,4");
 * ```
 */
export function takeAlongDim(x: Tensor, index: Tensor, dim?: number): Tensor {
  const places = indexTensor(index, "takeAlongDim");
  if (dim === undefined) return gather(reshape(x, [-1]), 0, reshape(places, [-1]));
  if (x.ndim !== places.ndim) {
    throw new ShapeError(
      `Cannot takeAlongDim of a tensor of shape ${text(x.shape)} by an index of shape ${
        text(places.shape)
      }: there are not as many dims`,
      { op: "takeAlongDim" },
    );
  }
  const place = checkDim(dim, x.ndim, "takeAlongDim");
  if (x.ndim === 0) return gather(x, 0, places);
  const shape = broadcastPair(
    replaced(x.shape, place, 1),
    replaced(places.shape, place, 1),
    "takeAlongDim",
  );
  const whole = expand(x, replaced(shape, place, x.shape[place]!));
  return gather(whole, place, expand(places, replaced(shape, place, places.shape[place]!)));
}

/**
 * `x` with the elements of `source`, in order, where a mask holds; mask and tensor broadcast. A
 * copy.
 *
 * @throws {DTypeError} when the mask is not bool.
 * @throws {ArgumentError} when the source has too few elements.
 *
 * @example
 * ```ts
 * import { maskedScatter, tensor } from "@minitensor/minitensor";
 * const x = tensor([1, -2, 3, -4]);
 * console.assert(maskedScatter(x, x.lt(0), tensor([8, 9])).toArray().toString() === "1,8,3,9");
 * ```
 */
export function maskedScatter(x: Tensor, mask: Tensor, source: Tensor): Tensor {
  requireMask(mask, "maskedScatter");
  const shape = broadcastPair(x.shape, mask.shape, "maskedScatter");
  const chosen = reshape(expand(mask, shape), [-1]);
  const values = reshape(converted(source, x, "maskedScatter"), [-1]);
  const ranks = chosen.long().cumsum(0);
  const count = ranks.numel() === 0 ? 0 : Number(ranks.index(-1).item());
  if (count > values.numel()) {
    throw new ArgumentError(
      `Cannot maskedScatter ${values.numel()} elements to ${count} places: they are too few`,
      { op: "maskedScatter" },
    );
  }
  if (count === 0) return expand(x, shape).clone();
  const next = where(chosen, ranks.sub(1), 0);
  return where(reshape(chosen, shape), reshape(indexSelect(values, 0, next), shape), x);
}
