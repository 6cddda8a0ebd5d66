/**
 * Frequencies that belong to the elements of a transform, and their order.
 *
 * @module
 */
import { Complex } from "../complex/complex.ts";
import { arange, type TensorLike, type TensorOptions } from "../create.ts";
import { getDefaultDtype } from "../dtype.ts";
import { ArgumentError } from "../errors.ts";
import { checkOptions, single } from "../ops/front.ts";
import { roll } from "../ops/repeat.ts";
import { checkDims } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Options of {@link fftfreq} and {@link rfftfreq}. */
export interface FrequencyOptions extends TensorOptions {
  /** Distance of samples. Default 1. */
  readonly d?: number;
}

function frequencies(
  n: number,
  [start, end]: readonly [number, number],
  options: FrequencyOptions,
  op: string,
): Tensor {
  checkOptions(options, ["d", "dtype", "device", "requiresGrad"], op);
  if (!Number.isInteger(n) || n < 0) {
    throw new ArgumentError(`Cannot ${op} of ${n} elements: it is a whole number of 0 or more`, {
      op,
    });
  }
  const { d = 1, dtype = getDefaultDtype(), requiresGrad = false } = options;
  const places = n === 0 && op === "fftfreq" ? arange(0) : arange(start, end);
  const made = places.to("float64").mul(1 / (n * d)).to(dtype);
  return requiresGrad ? made.requiresGrad_() : made;
}

/**
 * Frequencies of the elements of {@link fft}: 0, 1, ..., then the negative ones, divided by n d.
 *
 * @throws {ArgumentError} when n is not a whole number of 0 or more.
 *
 * @example
 * ```ts
 * import { fft } from "@minitensor/minitensor";
 * console.assert(fft.fftfreq(4).toArray().toString() === "0,0.25,-0.5,-0.25");
 * ```
 */
export function fftfreq(n: number, options: FrequencyOptions = {}): Tensor {
  const negative = Math.floor(n / 2);
  const ascending = frequencies(n, [-negative, n - negative], options, "fftfreq");
  return n === 0 ? ascending : roll(ascending, -negative, 0);
}

/**
 * Frequencies of the elements of {@link rfft}: 0, 1, ..., n / 2, divided by n d.
 *
 * @throws {ArgumentError} when n is not a whole number of 0 or more.
 *
 * @example
 * ```ts
 * import { fft } from "@minitensor/minitensor";
 * console.assert(fft.rfftfreq(4).toArray().toString() === "0,0.25,0.5");
 * ```
 */
export function rfftfreq(n: number, options: FrequencyOptions = {}): Tensor {
  return frequencies(n, [0, Math.floor(n / 2) + 1], options, "rfftfreq");
}

/** Options of {@link fftshift} and {@link ifftshift}. */
export interface ShiftOptions {
  /** The dims. Default: all. */
  readonly dim?: number | readonly number[];
}

function shifted<T extends Tensor | Complex>(
  x: T,
  options: ShiftOptions,
  by: (extent: number) => number,
  op: string,
): T {
  checkOptions(options, ["dim"], op);
  const dims = checkDims(options.dim, x.ndim, op);
  const moves = dims.map((dim) => by(x.shape[dim]!));
  const move = (part: Tensor) => dims.length === 0 ? part.clone() : roll(part, moves, dims);
  return (x instanceof Complex ? new Complex(move(x.real), move(x.imag)) : move(x)) as T;
}

/**
 * Brings the element of frequency 0 to the middle: each dim is turned by half its size.
 *
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { fft } from "@minitensor/minitensor";
 * console.assert(fft.fftshift([0, 1, -2, -1]).toArray().toString() === "-2,-1,0,1");
 * ```
 */
export function fftshift(x: Complex, options?: ShiftOptions): Complex;
/**
 * Of real numbers.
 *
 * @example
 * ```ts
 * import { fft } from "@minitensor/minitensor";
 * const rows = fft.fftshift([[1, 2, 3], [4, 5, 6]], { dim: 1 });
 * console.assert(rows.toArray().toString() === "3,1,2,6,4,5");
 * ```
 */
export function fftshift(x: TensorLike, options?: ShiftOptions): Tensor;
export function fftshift(x: TensorLike | Complex, options: ShiftOptions = {}): Tensor | Complex {
  const value = x instanceof Complex ? x : single(x);
  return shifted(value, options, (extent) => Math.floor(extent / 2), "fftshift");
}

/**
 * The inverse of {@link fftshift}: the middle goes to the front.
 *
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { fft } from "@minitensor/minitensor";
 * console.assert(fft.ifftshift([-1, 0, 1]).toArray().toString() === "0,1,-1");
 * ```
 */
export function ifftshift(x: Complex, options?: ShiftOptions): Complex;
/**
 * Of real numbers.
 *
 * @example
 * ```ts
 * import { fft } from "@minitensor/minitensor";
 * const frequencies = fft.ifftshift(fft.fftshift([0, 1, 2, -2, -1])); // of odd and even lengths
 * console.assert(frequencies.toArray().toString() === "0,1,2,-2,-1");
 * ```
 */
export function ifftshift(x: TensorLike, options?: ShiftOptions): Tensor;
export function ifftshift(x: TensorLike | Complex, options: ShiftOptions = {}): Tensor | Complex {
  const value = x instanceof Complex ? x : single(x);
  return shifted(value, options, (extent) => -Math.floor(extent / 2), "ifftshift");
}
