/**
 * Differences of neighbours along a dim, and integrals of samples.
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../errors.ts";
import { checkDim, text } from "../shape.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, floating } from "./front.ts";
import { cat } from "./join.ts";

/** Options of {@link diff}. */
export interface DiffOptions {
  /** How often differences are taken. Default 1. */
  readonly n?: number;
  /** Default -1. */
  readonly dim?: number;
  /** Put before x along the dim. */
  readonly prepend?: Tensor | null;
  /** Put behind x along the dim. */
  readonly append?: Tensor | null;
}

/** The elements from `from` on, and those up to as many places before the end. */
function neighbours(x: Tensor, dim: number): [before: Tensor, after: Tensor] {
  const count = Math.max(0, x.shape[dim]! - 1);
  return [x.narrow(dim, 0, count), x.narrow(dim, Math.min(1, x.shape[dim]!), count)];
}

/**
 * x[i + 1] - x[i] along a dim, n times; of bools, whether they differ.
 *
 * @returns As x, the dim n shorter but not below 0.
 * @throws {ArgumentError} when n is negative or no integer.
 *
 * @example
 * ```ts
 * import { diff, tensor } from "@minitensor/minitensor";
 * console.assert(diff(tensor([1, 4, 9])).toArray().toString() === "3,5");
 * ```
 */
export function diff(x: Tensor, options: DiffOptions = {}): Tensor {
  checkOptions(options, ["n", "dim", "prepend", "append"], "diff");
  const { n = 1, prepend = null, append = null } = options;
  if (!(Number.isInteger(n) && n >= 0)) {
    throw new ArgumentError(`Cannot diff ${n} times: n is 0, 1, 2 and so on`, { op: "diff" });
  }
  if (x.ndim === 0) {
    throw new ShapeError("Cannot diff a tensor of shape []: it has no dims", { op: "diff" });
  }
  const dim = checkDim(options.dim ?? -1, x.ndim, "diff");
  const parts = [prepend, x, append].filter((part) => part !== null);
  let result = parts.length === 1 ? x.clone() : cat(parts, dim);
  for (let i = 0; i < n; i++) {
    const [before, after] = neighbours(result, dim);
    result = result.dtype === "bool" ? after.ne(before) : after.sub(before);
  }
  return result;
}

/** Options of {@link trapezoid} and {@link cumulativeTrapezoid}. */
export interface TrapezoidOptions {
  /** Distance of neighbours, where there are no places. Default 1. */
  readonly dx?: number;
  /** Default -1. */
  readonly dim?: number;
}

/** Areas between neighbours: their mean times their distance. */
function areas(
  y: Tensor,
  x: Tensor | TrapezoidOptions | undefined,
  given: TrapezoidOptions | undefined,
  op: string,
): { parts: Tensor; dim: number } {
  const places = isTensor(x) ? x : null;
  const options = given ?? (isTensor(x) ? {} : x ?? {});
  checkOptions(options, ["dx", "dim"], op);
  if (places !== null && options.dx !== undefined) {
    throw new ArgumentError(`Cannot ${op} with places and dx: one of them tells the distances`, {
      op,
    });
  }
  const values = floating(y);
  const dim = checkDim(options.dim ?? -1, values.ndim, op);
  const [before, after] = neighbours(values, dim);
  const heights = before.add(after).mul(0.5);
  if (places === null) return { parts: heights.mul(options.dx ?? 1), dim };
  return { parts: heights.mul(distances(places, values, dim, op)), dim };
}

function distances(places: Tensor, y: Tensor, dim: number, op: string): Tensor {
  const own = places.ndim === 1 ? 0 : dim - y.ndim + places.ndim;
  if (places.ndim > y.ndim || places.shape[own] !== y.shape[dim]) {
    throw new ShapeError(
      `Cannot ${op} values of shape ${text(y.shape)} at places of shape ${text(places.shape)}: ` +
        `dim ${dim} of the values has ${y.shape[dim]}`,
      { op },
    );
  }
  const [before, after] = neighbours(floating(places), own);
  const steps = after.sub(before);
  if (places.ndim !== 1) return steps;
  return steps.reshape([-1, ...new Array<number>(y.ndim - 1 - dim).fill(1)]);
}

/**
 * Integral along a dim by trapezoids.
 *
 * @param x Places of the values: [n], or as y; absent: `dx` apart.
 * @returns As y without the dim.
 * @throws {ShapeError} when the places do not fit the values.
 * @throws {ArgumentError} for places and dx at once.
 *
 * @example
 * ```ts
 * import { tensor, trapezoid } from "@minitensor/minitensor";
 * console.assert(trapezoid(tensor([1, 2, 3]), tensor([0, 1, 3])).item() === 6.5);
 * console.assert(trapezoid(tensor([1, 2, 3]), { dx: 2 }).item() === 8);
 * ```
 */
export function trapezoid(
  y: Tensor,
  x?: Tensor | TrapezoidOptions,
  options?: TrapezoidOptions,
): Tensor {
  const { parts, dim } = areas(y, x, options, "trapezoid");
  return parts.sum(dim);
}

/**
 * Running integral along a dim by trapezoids, which is one element shorter.
 *
 * @param x Places of the values: [n], or as y; absent: `dx` apart.
 * @throws {ShapeError} when the places do not fit the values.
 * @throws {ArgumentError} for places and dx at once.
 *
 * @example
 * ```ts
 * import { cumulativeTrapezoid, tensor } from "@minitensor/minitensor";
 * console.assert(cumulativeTrapezoid(tensor([1, 2, 3])).toArray().toString() === "1.5,4");
 * ```
 */
export function cumulativeTrapezoid(
  y: Tensor,
  x?: Tensor | TrapezoidOptions,
  options?: TrapezoidOptions,
): Tensor {
  const { parts, dim } = areas(y, x, options, "cumulativeTrapezoid");
  return parts.cumsum(dim);
}
