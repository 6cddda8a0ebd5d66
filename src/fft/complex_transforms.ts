/**
 * Transforms of complex numbers.
 *
 * @module
 */
import type { Complex, ComplexLike } from "../complex/complex.ts";
import { along, alongAll, type FourierOptions, type FourierOptionsN } from "./transform.ts";

/**
 * The discrete Fourier transform along a dim: Y[k] is the sum over j of X[j] e^(-2 pi i j k / n).
 * Real numbers are taken as complex ones; {@link rfft} computes half of theirs.
 *
 * @throws {ShapeError} when the length is 0.
 * @throws {ArgumentError} when the norm is none.
 *
 * @example
 * ```ts
 * import { fft } from "@minitensor/minitensor";
 * console.assert(fft.fft([1, 0, 0, 0]).real.toArray().toString() === "1,1,1,1");
 * ```
 */
export function fft(x: ComplexLike, options: FourierOptions = {}): Complex {
  return along(x, options, false, "fft");
}

/**
 * The inverse of {@link fft}: X[j] is the sum over k of Y[k] e^(2 pi i j k / n), divided by n.
 *
 * @throws {ShapeError} when the length is 0.
 * @throws {ArgumentError} when the norm is none.
 *
 * @example
 * ```ts
 * import { fft } from "@minitensor/minitensor";
 * const x = fft.ifft(fft.fft([1, 2, 3]));
 * console.assert(Math.abs(x.real.toTypedArray()[2] as number - 3) < 1e-6);
 * ```
 */
export function ifft(x: ComplexLike, options: FourierOptions = {}): Complex {
  return along(x, options, true, "ifft");
}

/**
 * {@link fft} along several dims: all of them, the last ones that `s` has lengths for, or `dim`.
 *
 * @throws {ShapeError} when a length is 0, or `s` has more than the tensor has dims.
 * @throws {ArgumentError} when `s` and `dim` differ in length, or the norm is none.
 *
 * @example
 * ```ts
 * import { fft, ones } from "@minitensor/minitensor";
 * console.assert(fft.fftn(ones([2, 2])).real.toArray().toString() === "4,0,0,0");
 * ```
 */
export function fftn(x: ComplexLike, options: FourierOptionsN = {}): Complex {
  return alongAll(x, options, false, "fftn");
}

/**
 * The inverse of {@link fftn}.
 *
 * @throws {ShapeError} when a length is 0, or `s` has more than the tensor has dims.
 * @throws {ArgumentError} when `s` and `dim` differ in length, or the norm is none.
 *
 * @example
 * ```ts
 * import { fft, ones } from "@minitensor/minitensor";
 * console.assert(fft.ifftn(ones([2, 2])).real.toArray().toString() === "1,0,0,0");
 * ```
 */
export function ifftn(x: ComplexLike, options: FourierOptionsN = {}): Complex {
  return alongAll(x, options, true, "ifftn");
}

/**
 * {@link fftn} along the last two dims, or those named.
 *
 * @throws {AxisError} when there are no such dims.
 * @throws {ShapeError} when a length is 0.
 *
 * @example
 * ```ts
 * import { fft, ones } from "@minitensor/minitensor";
 * console.assert(fft.fft2(ones([3, 2, 2])).shape.join() === "3,2,2");
 * ```
 */
export function fft2(x: ComplexLike, options: FourierOptionsN = {}): Complex {
  return alongAll(x, { dim: [-2, -1], ...options }, false, "fft2");
}

/**
 * The inverse of {@link fft2}.
 *
 * @throws {AxisError} when there are no such dims.
 * @throws {ShapeError} when a length is 0.
 *
 * @example
 * ```ts
 * import { fft, ones } from "@minitensor/minitensor";
 * console.assert(fft.ifft2(ones([2, 2])).real.sum().item() === 1);
 * ```
 */
export function ifft2(x: ComplexLike, options: FourierOptionsN = {}): Complex {
  return alongAll(x, { dim: [-2, -1], ...options }, true, "ifft2");
}
