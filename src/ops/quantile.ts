/**
 * Values below which given shares of the elements lie: quantile, nanquantile.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import { text } from "../shape.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { dimAndOptions, type DimReduceOptions, splitArguments } from "./along.ts";
import { tensor } from "../create.ts";
import { logicalNot } from "./comparison.ts";
import { floating, single } from "./front.ts";
import { isnan } from "./math.ts";
import { sum } from "./reduction.ts";
import { where } from "./select.ts";
import { sort } from "./sort.ts";
import { everything } from "../vmap/batch.ts";

/** What a quantile between two elements is. */
export type Interpolation = "linear" | "lower" | "higher" | "midpoint" | "nearest";

/** Options of {@link quantile} and {@link nanquantile}. */
export interface QuantileOptions extends DimReduceOptions {
  /**
   * What a quantile between two elements is: on the line between them, the lower, the higher, their
   * mean, or the nearer, of equally near ones that of even rank. Default "linear".
   */
  readonly interpolation?: Interpolation;
}

const known = ["dim", "keepdim", "interpolation"];
const interpolations = ["linear", "lower", "higher", "midpoint", "nearest"];

/** Which quantiles are asked for, from 0 to 1: one, or several in a list or a tensor. */
export type QuantileLevels = number | readonly number[] | Tensor;
type Name = "quantile" | "nanquantile";

/**
 * The q-quantiles of all elements, or along a dim: of x's shape without the dim, and with a leading
 * dim of q's length when q is a list or a 1-D tensor. q is in [0, 1]. A NaN makes its row's result
 * NaN; so does a row of no elements. Integers become the default dtype. The gradient goes to the
 * elements on both sides; q has none.
 *
 * @throws {ArgumentError} when q is outside [0, 1] or the interpolation unknown.
 * @throws {ShapeError} when q has more than one dim.
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { quantile, tensor } from "@minitensor/minitensor";
 * console.assert(quantile(tensor([1, 2, 3, 4]), 0.5).item() === 2.5);
 * const both = quantile(tensor([1, 2, 3]), [0, 1], { interpolation: "nearest" });
 * console.assert(both.toArray().toString() === "1,3");
 * ```
 */
export function quantile(
  x: TensorLike,
  q: QuantileLevels,
  dim?: number | QuantileOptions,
  options?: QuantileOptions,
): Tensor {
  return quantileOf("quantile", floating(single(x)), q, dim, options);
}

/**
 * As {@link quantile}, of the elements that are not NaN; NaN where there are no others.
 *
 * @throws {ArgumentError} when q is outside [0, 1] or the interpolation unknown.
 * @throws {ShapeError} when q has more than one dim.
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { nanquantile, tensor } from "@minitensor/minitensor";
 * console.assert(nanquantile(tensor([1, NaN, 3]), 0.5).item() === 2);
 * ```
 */
export function nanquantile(
  x: TensorLike,
  q: QuantileLevels,
  dim?: number | QuantileOptions,
  options?: QuantileOptions,
): Tensor {
  return quantileOf("nanquantile", floating(single(x)), q, dim, options);
}

function quantileOf(
  op: Name,
  x: Tensor,
  q: QuantileLevels,
  dim: number | QuantileOptions | undefined,
  options: QuantileOptions | undefined,
): Tensor {
  const given = splitArguments(dim, options, known, op);
  const { interpolation = "linear", keepdim = false } = given.options;
  if (!interpolations.includes(interpolation)) {
    throw new ArgumentError(
      `Cannot ${op} with interpolation ${interpolation}: known are ${interpolations.join(", ")}`,
      { op },
    );
  }
  const shares = sharesOf(q, op);
  const place = given.dim === undefined
    ? null
    : dimAndOptions(x, given.dim, undefined, known, op).dim;
  const rows = place === null || x.ndim === 0 ? x.reshape([-1]) : x.movedim(place, -1);
  const found = alongRows(op, rows, shares.reshape([-1]), interpolation);
  const kept = keepdim ? x.shape.map((extent, i) => place === null || i === place ? 1 : extent) : [
    ...rows.shape.slice(0, -1),
  ];
  return found.movedim(-1, 0).reshape([...shares.shape, ...kept]);
}

/** q as float64, rank 0 or 1, within [0, 1]. */
function sharesOf(q: QuantileLevels, op: string): Tensor {
  const given = isTensor(q) ? q.detach() : tensor(q, { dtype: "float64" });
  if (!given.isFloatingPoint()) {
    throw new DTypeError(`Cannot ${op} at q of dtype ${given.dtype}: it takes floating-point q`, {
      op,
    });
  }
  if (given.ndim > 1) {
    throw new ShapeError(
      `Cannot ${op} at q of shape ${text(given.shape)}: it is a number or 1-D`,
      { op },
    );
  }
  const outside = logicalNot(given.ge(0).logicalAnd(given.le(1)));
  if (everything(outside).any().item() === true) {
    throw new ArgumentError(`Cannot ${op} at q = ${given.toString()}: it must be in [0, 1]`, {
      op,
    });
  }
  return given.to("float64");
}

/** Quantiles of the rows of [.., n] as [.., q]. */
function alongRows(op: Name, rows: Tensor, shares: Tensor, interpolation: Interpolation): Tensor {
  const count = rows.shape.at(-1)!;
  const shape = [...rows.shape.slice(0, -1), shares.shape[0]!];
  if (count === 0) return rows.newFull(shape, NaN);
  const sorted = sort(rows).values;
  const ranks = ranksOf(op, sorted.detach(), shares).expand(shape);
  const at = (places: Tensor): Tensor => sorted.gather(rows.ndim - 1, places.to("int64"));
  if (interpolation === "nearest") return at(ranks.round());
  if (interpolation === "lower") return at(ranks.floor());
  if (interpolation === "higher") return at(ranks.ceil());
  const weight = interpolation === "midpoint"
    ? ranks.newFull(shape, 0.5)
    : ranks.sub(ranks.floor());
  return between(at(ranks.floor()), at(ranks.ceil()), weight.to(rows.dtype));
}

/** Fractional places of the quantiles in sorted rows; NaN stands last in them. */
function ranksOf(op: Name, sorted: Tensor, shares: Tensor): Tensor {
  const last = sorted.ndim - 1;
  const count = sorted.shape[last]!;
  if (op === "nanquantile") {
    const numbers = sum(logicalNot(isnan(sorted)), last, { keepdim: true });
    return numbers.sub(1).clamp(0).to("float64").mul(shares);
  }
  const hasNan = isnan(sorted.narrow(last, count - 1, 1));
  return where(hasNan, count - 1, shares.mul(count - 1));
}

/** From the nearer side, so that both ends are exact; equal ends, infinite ones too, stay. */
function between(low: Tensor, high: Tensor, weight: Tensor): Tensor {
  const isFlat = low.eq(high);
  const step = where(isFlat, 0, high).sub(where(isFlat, 0, low));
  const fromLow = low.add(step.mul(weight));
  const fromHigh = high.sub(step.mul(weight.neg().add(1)));
  return where(weight.lt(0.5), fromLow, fromHigh);
}
