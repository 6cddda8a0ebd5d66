/**
 * Whether elements are nearly equal, or among others.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { ArgumentError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, pair } from "./front.ts";

/** Options of {@link isclose}. */
export interface CloseOptions {
  /** Difference allowed, as a share of |y|. Default 1e-5. */
  readonly rtol?: number;
  /** Difference allowed beside that. Default 1e-8. */
  readonly atol?: number;
  /** Whether NaN equals NaN. Default false. */
  readonly equalNan?: boolean;
}

/**
 * True where |x - y| <= atol + rtol |y|. Infinities are close to themselves alone.
 *
 * @param x Any shape that broadcasts with y's; integers and bools too.
 * @returns bool, of the broadcast shape.
 * @throws {ArgumentError} for a negative rtol or atol.
 *
 * @example
 * ```ts
 * import { isclose, tensor } from "@minitensor/minitensor";
 * const close = isclose(tensor([1, 2]), tensor([1.000001, 2.1]));
 * console.assert(close.toArray().toString() === "true,false");
 * ```
 */
export function isclose(x: TensorLike, y: TensorLike, options: CloseOptions = {}): Tensor {
  checkOptions(options, ["rtol", "atol", "equalNan"], "isclose");
  const { rtol = 1e-5, atol = 1e-8, equalNan = false } = options;
  if (!(rtol >= 0 && atol >= 0)) {
    throw new ArgumentError(
      `Cannot isclose with rtol ${rtol} and atol ${atol}: they must not be negative`,
      { op: "isclose" },
    );
  }
  const [a, b] = pair(x, y, false).map((side) => side.detach());
  const same = a!.eq(b!);
  const close = equalNan ? same.logicalOr(a!.isnan().logicalAnd(b!.isnan())) : same;
  if (rtol === 0 && atol === 0) return close;
  const [left, right] = a!.spec.info.isFloat ? [a!, b!] : [a!.to("float64"), b!.to("float64")];
  const gap = left.sub(right).abs();
  return close.logicalOr(gap.isfinite().logicalAnd(gap.le(right.abs().mul(rtol).add(atol))));
}

/** Options of {@link isin}. */
export interface IsinOptions {
  /** True: where the element is not among them. Default false. */
  readonly invert?: boolean;
}

/** Comparisons made at once, which bounds the memory. */
const COMPARISONS = 1 << 22;

/**
 * True where the element of x equals one of `elements`. NaN equals nothing. The time grows with the
 * product of both sizes.
 *
 * @param x Any shape, which the result has.
 * @param elements Any shape.
 *
 * @example
 * ```ts
 * import { isin, tensor } from "@minitensor/minitensor";
 * console.assert(isin(tensor([1, 2, 3]), [3, 1]).toArray().toString() === "true,false,true");
 * ```
 */
export function isin(x: TensorLike, elements: TensorLike, options: IsinOptions = {}): Tensor {
  checkOptions(options, ["invert"], "isin");
  const [value, list] = pair(x, elements, false).map((side) => side.detach());
  const wanted = list!.reshape([-1]);
  const block = Math.max(1, Math.floor(COMPARISONS / Math.max(1, value!.numel())));
  const column = value!.unsqueeze(-1);
  let found = column.eq(wanted.narrow(0, 0, 0)).any(-1);
  for (let start = 0; start < wanted.numel(); start += block) {
    const some = wanted.narrow(0, start, Math.min(block, wanted.numel() - start));
    found = found.logicalOr(column.eq(some).any(-1));
  }
  return options.invert === true ? found.logicalNot() : found;
}
