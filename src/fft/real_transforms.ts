/**
 * Transforms of real numbers, whose other half is the mirror image, and of numbers that are their
 * own mirror image, whose transforms are real.
 *
 * @module
 */
import { Complex, type ComplexLike, complexOf } from "../complex/complex.ts";
import type { TensorLike } from "../create.ts";
import { ShapeError } from "../errors.ts";
import { fourierHalf, fourierReal } from "../ops/fourier.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  checkFourier,
  checkFourierDim,
  checkLength,
  extentsOf,
  type FourierNorm,
  type FourierOptions,
  type FourierOptionsN,
  inEach,
  realOf,
  resized,
  resizedComplex,
  scaleOf,
} from "./transform.ts";

function forward(x: Tensor, options: FourierOptions, scaled: boolean, op: string): Complex {
  checkFourier(options, op);
  const dim = checkFourierDim(options.dim ?? -1, x.ndim, op);
  const n = checkLength(options.n ?? x.shape[dim]!, op);
  return new Complex(
    ...fourierReal(resized(x, dim, n), dim, scaleOf(n, options.norm, scaled)),
  );
}

function backward(z: Complex, options: FourierOptions, scaled: boolean, op: string): Tensor {
  checkFourier(options, op);
  const dim = checkFourierDim(options.dim ?? -1, z.ndim, op);
  const length = checkLength(options.n ?? 2 * (z.shape[dim]! - 1), op);
  return fromHalf(z, dim, length, scaleOf(length, options.norm, scaled));
}

function fromHalf(z: Complex, dim: number, length: number, scale: number): Tensor {
  const { real, imag } = resizedComplex(z, dim, Math.floor(length / 2) + 1);
  return fourierHalf(real, imag, { dim, length, scale });
}

/**
 * The first n / 2 + 1 elements (rounded down) of the discrete Fourier transform of real numbers;
 * the others are their conjugates in reverse order.
 *
 * @throws {DTypeError} when the numbers are complex.
 * @throws {ShapeError} when the length is 0.
 *
 * @example
 * ```ts
 * import { fft } from "@minitensor/minitensor";
 * console.assert(fft.rfft([1, 2, 3, 4]).real.toArray().toString() === "10,-2,-2");
 * ```
 */
export function rfft(x: TensorLike, options: FourierOptions = {}): Complex {
  return forward(realOf(x, "rfft"), options, false, "rfft");
}

/**
 * The inverse of {@link rfft}: n real numbers, by default twice the input's less two.
 *
 * @throws {ShapeError} when the length is 0.
 *
 * @example
 * ```ts
 * import { fft } from "@minitensor/minitensor";
 * const x = fft.irfft(fft.rfft([1, 2, 4]), { n: 3 });
 * console.assert(Math.abs(x.toTypedArray()[2] as number - 4) < 1e-6);
 * ```
 */
export function irfft(x: ComplexLike, options: FourierOptions = {}): Tensor {
  return backward(complexOf(x), options, true, "irfft");
}

/**
 * The transform of numbers of which half are given, the others being their conjugates in reverse
 * order: n real numbers, by default twice the input's less two.
 *
 * @throws {ShapeError} when the length is 0.
 *
 * @example
 * ```ts
 * import { fft } from "@minitensor/minitensor";
 * console.assert(fft.hfft([1, 0, 0]).toArray().toString() === "1,1,1,1");
 * ```
 */
export function hfft(x: ComplexLike, options: FourierOptions = {}): Tensor {
  return backward(complexOf(x).conj(), options, false, "hfft");
}

/**
 * The inverse of {@link hfft}: n / 2 + 1 numbers of n real ones.
 *
 * @throws {DTypeError} when the numbers are complex.
 * @throws {ShapeError} when the length is 0.
 *
 * @example
 * ```ts
 * import { fft } from "@minitensor/minitensor";
 * console.assert(fft.ihfft([1, 1, 1, 1]).real.toArray().toString() === "1,0,0");
 * ```
 */
export function ihfft(x: TensorLike, options: FourierOptions = {}): Complex {
  return forward(realOf(x, "ihfft"), options, true, "ihfft").conj();
}

function forwardAll(x: Tensor, options: FourierOptionsN, op: string): Complex {
  checkFourier(options, op, ["s"]);
  const { dims, lengths } = extentsOf(x.shape, options, op);
  requireDims(dims, op);
  const last = dims.at(-1)!;
  const n = lengths.at(-1)!;
  const half = fourierReal(resized(x, last, n), last, scaleOf(n, options.norm, false));
  const rest = { dims: dims.slice(0, -1), lengths: lengths.slice(0, -1) };
  return inEach(new Complex(...half), rest, false, options.norm);
}

function backwardAll(z: Complex, options: FourierOptionsN, op: string): Tensor {
  checkFourier(options, op, ["s"]);
  const { norm }: { norm?: FourierNorm } = options;
  const { dims, lengths } = extentsOf(z.shape, options, op);
  requireDims(dims, op);
  const last = dims.at(-1)!;
  const given = options.s?.at(-1) ?? -1;
  const n = checkLength(given === -1 ? 2 * (z.shape[last]! - 1) : given, op);
  const rest = { dims: dims.slice(0, -1), lengths: lengths.slice(0, -1) };
  const needed = resizedComplex(z, last, Math.floor(n / 2) + 1);
  return fromHalf(inEach(needed, rest, true, norm), last, n, scaleOf(n, norm, true));
}

function requireDims(dims: readonly number[], op: string): void {
  if (dims.length === 0) {
    throw new ShapeError(`Cannot ${op} along no dims: at least one is needed`, { op });
  }
}

/**
 * {@link rfft} along the last of several dims, and {@link fft} along the others.
 *
 * @throws {DTypeError} when the numbers are complex.
 * @throws {ShapeError} when a length is 0, or there are no dims.
 * @throws {ArgumentError} when `s` and `dim` differ in length, or the norm is none.
 *
 * @example
 * ```ts
 * import { fft, ones } from "@minitensor/minitensor";
 * console.assert(fft.rfftn(ones([4, 4])).shape.join() === "4,3");
 * ```
 */
export function rfftn(x: TensorLike, options: FourierOptionsN = {}): Complex {
  return forwardAll(realOf(x, "rfftn"), options, "rfftn");
}

/**
 * The inverse of {@link rfftn}; the last length is by default twice the input's less two.
 *
 * @throws {ShapeError} when a length is 0, or there are no dims.
 * @throws {ArgumentError} when `s` and `dim` differ in length, or the norm is none.
 *
 * @example
 * ```ts
 * import { fft, ones } from "@minitensor/minitensor";
 * console.assert(fft.irfftn(fft.rfftn(ones([4, 4]))).sum().item() === 16);
 * ```
 */
export function irfftn(x: ComplexLike, options: FourierOptionsN = {}): Tensor {
  return backwardAll(complexOf(x), options, "irfftn");
}

/**
 * {@link rfftn} along the last two dims, or those named.
 *
 * @throws {DTypeError} when the numbers are complex.
 * @throws {AxisError} when there are no such dims.
 * @throws {ShapeError} when a length is 0.
 *
 * @example
 * ```ts
 * import { fft, ones } from "@minitensor/minitensor";
 * console.assert(fft.rfft2(ones([3, 2, 2])).shape.join() === "3,2,2");
 * ```
 */
export function rfft2(x: TensorLike, options: FourierOptionsN = {}): Complex {
  return forwardAll(realOf(x, "rfft2"), { dim: [-2, -1], ...options }, "rfft2");
}

/**
 * The inverse of {@link rfft2}.
 *
 * @throws {AxisError} when there are no such dims.
 * @throws {ShapeError} when a length is 0.
 *
 * @example
 * ```ts
 * import { fft, ones } from "@minitensor/minitensor";
 * console.assert(fft.irfft2(fft.rfft2(ones([2, 4]))).shape.join() === "2,4");
 * ```
 */
export function irfft2(x: ComplexLike, options: FourierOptionsN = {}): Tensor {
  return backwardAll(complexOf(x), { dim: [-2, -1], ...options }, "irfft2");
}
