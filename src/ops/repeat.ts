/**
 * Repeating, rolling and turning the elements: copies made of views.
 *
 * @module
 */
import { tensor } from "../create.ts";
import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import { owned } from "../op.ts";
import { checkDim, checkDims, type Shape, text } from "../shape.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { clone } from "./copy.ts";
import { checkOptions } from "./front.ts";
import { indexSelect, type Indices } from "./gather.ts";
import { cat, flip, repeat } from "./join.ts";
import { narrow, reshape, transpose, unsqueeze } from "./view.ts";

/** Options of {@link repeatInterleave}. */
export interface RepeatInterleaveOptions {
  /** The dim, where it does not stand before the options. */
  readonly dim?: number;
  /** Elements that the result must have along the dim. */
  readonly outputSize?: number;
}

/**
 * Each element repeated in place, `repeats` times all or by its own number: `[1, 2]` by 2 is
 * `[1, 1, 2, 2]`. Along a dim, or of all elements in one. A copy.
 *
 * @throws {ShapeError} when there is not one number for each element.
 * @throws {ArgumentError} when a number is negative, or `outputSize` is not what results.
 *
 * @example
 * ```ts
 * import { repeatInterleave, tensor } from "@minitensor/minitensor";
 * console.assert(repeatInterleave(tensor([1, 2]), [1, 3]).toArray().toString() === "1,2,2,2");
 * ```
 */
export function repeatInterleave(
  x: Tensor,
  repeats: number | Indices,
  dim?: number | RepeatInterleaveOptions,
  options?: RepeatInterleaveOptions,
): Tensor {
  const op = "repeatInterleave";
  const given = typeof dim === "object" ? dim : options ?? {};
  checkOptions(given, ["dim", "outputSize"], op);
  if (typeof dim === "number" && given.dim !== undefined) {
    throw new ArgumentError(`Cannot ${op} along dims given twice: before the options and in them`);
  }
  const along = typeof dim === "number" ? dim : given.dim;
  const whole = along === undefined || x.ndim === 0 ? reshape(x, [-1]) : x;
  const place = checkDim(along ?? 0, whole.ndim, op);
  const result = typeof repeats === "number"
    ? repeatAll(whole, repeats, place)
    : repeatEach(whole, repeats, place);
  if (given.outputSize !== undefined && given.outputSize !== result.shape[place]) {
    throw new ArgumentError(
      `Cannot ${op} to an outputSize of ${given.outputSize}: there are ${result.shape[place]}`,
      { op },
    );
  }
  return result;
}

function refuseRepeats(repeats: number): never {
  throw new ArgumentError(
    `Cannot repeatInterleave ${repeats} times: it is a whole number of 0 or more`,
    { op: "repeatInterleave" },
  );
}

function repeatAll(x: Tensor, repeats: number, dim: number): Tensor {
  if (!Number.isInteger(repeats) || repeats < 0) refuseRepeats(repeats);
  const spread = unsqueeze(x, dim + 1);
  const grown = spread.expand(spread.shape.map((extent, i) => i === dim + 1 ? repeats : extent));
  const shape: Shape = x.shape.map((extent, i) => i === dim ? extent * repeats : extent);
  return owned(clone(grown).reshape(shape));
}

function repeatEach(x: Tensor, repeats: Indices, dim: number): Tensor {
  const op = "repeatInterleave";
  const counts = (isTensor(repeats) ? repeats : wholeNumbers(repeats)).detach();
  if (!counts.spec.info.isInt) {
    throw new DTypeError(`Cannot ${op} by ${counts.dtype} numbers: use integers`, { op });
  }
  const extent = x.shape[dim]!;
  if (counts.numel() === 1) return repeatAll(x, Number(counts.item()), dim);
  if (counts.ndim !== 1 || counts.numel() !== extent) {
    throw new ShapeError(
      `Cannot ${op} dim ${dim} of ${extent} by numbers of shape ${text(counts.shape)}: ` +
        "each element needs one",
      { op },
    );
  }
  if (extent === 0) return clone(x);
  const least = Number(counts.min().item());
  if (least < 0) refuseRepeats(least);
  // Place p shows the element before which p repeats have ended: the number of ends up to p.
  const ends = counts.long().cumsum(0);
  const total = Number(ends.index(-1).item());
  const passed = ends.newZeros([total + 1]).scatterAdd(0, ends, ends.newOnes([extent])).cumsum(0);
  return indexSelect(x, dim, narrow(passed, 0, 0, total));
}

function wholeNumbers(repeats: readonly number[]): Tensor {
  for (const times of repeats) if (!Number.isInteger(times)) refuseRepeats(times);
  return tensor(repeats, { dtype: "int64" });
}

/**
 * The tensor repeated along each dim, by NumPy's rule: missing numbers are ones in front. A copy.
 *
 * @throws {ShapeError} when a number is negative or not whole.
 *
 * @example
 * ```ts
 * import { tensor, tile } from "@minitensor/minitensor";
 * console.assert(tile(tensor([[1, 2]]), [2]).toArray().toString() === "1,2,1,2");
 * ```
 */
export function tile(x: Tensor, dims: readonly number[]): Tensor {
  const lead = Math.max(x.ndim - dims.length, 0);
  return repeat(x, [...new Array<number>(lead).fill(1), ...dims]);
}

/**
 * The elements moved along dims, those that fall off the end back to the front; without dims along
 * all elements in order. A copy.
 *
 * @throws {ArgumentError} when there are not as many shifts as dims, or one is not whole.
 *
 * @example
 * ```ts
 * import { arange, roll } from "@minitensor/minitensor";
 * console.assert(roll(arange(5), 2).toArray().toString() === "3,4,0,1,2");
 * ```
 */
export function roll(
  x: Tensor,
  shifts: number | readonly number[],
  dims?: number | readonly number[],
): Tensor {
  const steps = typeof shifts === "number" ? [shifts] : shifts;
  const along = dims === undefined ? [0] : typeof dims === "number" ? [dims] : dims;
  if (steps.length !== along.length || steps.some((step) => !Number.isInteger(step))) {
    throw new ArgumentError(
      `Cannot roll by ${text(steps)} along ${dims === undefined ? "all elements" : text(along)}: ` +
        "there is one whole number for each dim",
      { op: "roll" },
    );
  }
  const places = along.map((dim) => checkDim(dim, x.ndim, "roll"));
  if (dims === undefined && x.ndim !== 1) {
    return owned(reshape(rollDim(reshape(x, [-1]), 0, steps[0]!), x.shape));
  }
  if (places.length === 0 || x.ndim === 0) return clone(x);
  return places.reduce((rolled, dim, i) => rollDim(rolled, dim, steps[i]!), x);
}

function rollDim(x: Tensor, dim: number, shift: number): Tensor {
  const extent = x.shape[dim]!;
  const step = extent === 0 ? 0 : ((shift % extent) + extent) % extent;
  if (step === 0) return clone(x);
  return cat([narrow(x, dim, extent - step, step), narrow(x, dim, 0, extent - step)], dim);
}

/**
 * The columns in reverse order. A copy.
 *
 * @throws {ShapeError} for fewer than two dims.
 *
 * @example
 * ```ts
 * import { fliplr, tensor } from "@minitensor/minitensor";
 * console.assert(fliplr(tensor([[1, 2], [3, 4]])).toArray().toString() === "2,1,4,3");
 * ```
 */
export function fliplr(x: Tensor): Tensor {
  requireDims(x, 2, "fliplr");
  return flip(x, 1);
}

/**
 * The rows in reverse order. A copy.
 *
 * @throws {ShapeError} for a tensor of rank 0.
 *
 * @example
 * ```ts
 * import { flipud, tensor } from "@minitensor/minitensor";
 * console.assert(flipud(tensor([[1, 2], [3, 4]])).toArray().toString() === "3,4,1,2");
 * ```
 */
export function flipud(x: Tensor): Tensor {
  requireDims(x, 1, "flipud");
  return flip(x, 0);
}

function requireDims(x: Tensor, rank: number, op: string): void {
  if (x.ndim < rank) {
    throw new ShapeError(
      `Cannot ${op} a tensor of shape ${text(x.shape)}: it needs ${rank} dims or more`,
      { op },
    );
  }
}

/**
 * The tensor turned by `k` quarters in the plane of two dims, from the first towards the second. A
 * copy.
 *
 * @throws {ArgumentError} when `k` is not whole or there are not two dims.
 *
 * @example
 * ```ts
 * import { rot90, tensor } from "@minitensor/minitensor";
 * console.assert(rot90(tensor([[1, 2], [3, 4]])).toArray().toString() === "2,4,1,3");
 * ```
 */
export function rot90(x: Tensor, k = 1, dims: readonly number[] = [0, 1]): Tensor {
  requireDims(x, 2, "rot90");
  const [first, second] = checkDims(dims, x.ndim, "rot90");
  if (!Number.isInteger(k) || dims.length !== 2) {
    throw new ArgumentError(
      `Cannot rot90 ${k} times in dims ${text(dims)}: it is a whole number, and two dims`,
      { op: "rot90" },
    );
  }
  const quarters = ((k % 4) + 4) % 4;
  if (quarters === 0) return clone(x);
  if (quarters === 2) return flip(x, [first!, second!]);
  return owned(transpose(flip(x, quarters === 1 ? second! : first!), first, second));
}
