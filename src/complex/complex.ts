/**
 * Complex numbers as a pair of real tensors.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { full, zeros } from "../create.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { promote, single } from "../ops/front.ts";
import type { ViewItem } from "../ops/index.ts";
import type { ReduceOptions } from "../ops/infer.ts";
import { sameShape, type Shape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import * as parts from "./parts.ts";
import { magnitude, phase } from "./polar_parts.ts";
import { multiply } from "./product.ts";
import type { ComplexParts } from "./parts.ts";
import { formatComplex, type NestedPairs, nestPairs } from "./text.ts";

/** Names of the dtypes of complex numbers, by those of their parts. */
export type ComplexDType = "complex64" | "complex128";

/** What stands for complex numbers: themselves, or real ones. */
export type ComplexLike = Complex | TensorLike;

/**
 * An n-dimensional array of complex numbers: two real tensors of one shape and dtype.
 *
 * It is a pair, not a dtype of Tensor, for three reasons. Kernels work on real and imaginary parts
 * in vectors of their own, without shuffling neighbours apart. The gradient of a complex function
 * is that of its two real parts, as calculus has it, so that no second convention is needed (the
 * `real` and `imag` parts of PyTorch's complex gradient are the gradients of ours). And functions
 * that are defined for real numbers alone, most of them, cannot be given others by mistake.
 *
 * Views share memory with it, as those of tensors do: `real` and `imag` are its parts themselves.
 *
 * @example
 * ```ts
 * import { complex } from "@minitensor/minitensor";
 * const z = complex([3, 0], [4, 1]);
 * console.assert(z.abs().toArray().toString() === "5,1");
 * console.assert(z.mul(z).toArray().toString() === "-7,24,-1,0");
 * ```
 */
export class Complex implements ComplexParts {
  /** The real parts. */
  readonly real: Tensor;
  /** The imaginary parts. */
  readonly imag: Tensor;

  /**
   * Takes the parts as they are; {@link complex} converts and broadcasts them.
   *
   * @throws {ShapeError} when their shapes differ.
   * @throws {DTypeError} when they are not both float32 or both float64.
   */
  constructor(real: Tensor, imag: Tensor) {
    if (!(real.dtype === "float32" || real.dtype === "float64") || real.dtype !== imag.dtype) {
      throw new DTypeError(
        `Cannot make complex numbers of parts of dtypes ${real.dtype} and ${imag.dtype}: ` +
          "both must be float32, or both float64",
      );
    }
    if (!sameShape(real.shape, imag.shape)) {
      throw new ShapeError(
        `Cannot make complex numbers of parts of shapes ${text(real.shape)} and ${
          text(imag.shape)
        }: ` +
          "they must be equal",
      );
    }
    this.real = real;
    this.imag = imag;
  }

  /** Sizes of the dims. */
  get shape(): Shape {
    return this.real.shape;
  }

  /** Number of dims. */
  get ndim(): number {
    return this.real.ndim;
  }

  /** complex64 of float32 parts, complex128 of float64 parts. */
  get dtype(): ComplexDType {
    return this.real.dtype === "float32" ? "complex64" : "complex128";
  }

  /** True when operations on a part are recorded. */
  get requiresGrad(): boolean {
    return this.real.requiresGrad || this.imag.requiresGrad;
  }

  /** True after {@link dispose}. */
  get isDisposed(): boolean {
    return this.real.isDisposed || this.imag.isDisposed;
  }

  /** Number of elements. */
  numel(): number {
    return this.real.numel();
  }

  /** The numbers in another precision: of a complex dtype, or that of the parts. */
  to(dtype: ComplexDType | "float32" | "float64"): Complex {
    const target = dtype === "complex64" || dtype === "float32" ? "float32" : "float64";
    return this.each((x) => x.to(target));
  }

  // Arithmetic.

  /** The sum. */
  add(other: ComplexLike): Complex {
    const [a, b] = pairOf(this, other);
    return of({ real: a.real.add(b.real), imag: a.imag.add(b.imag) });
  }

  /** The difference. */
  sub(other: ComplexLike): Complex {
    const [a, b] = pairOf(this, other);
    return of({ real: a.real.sub(b.real), imag: a.imag.sub(b.imag) });
  }

  /** The product; with real numbers, part by part. */
  mul(other: ComplexLike): Complex {
    const [a, b] = pairOf(this, other);
    if (other instanceof Complex) return of(multiply(a, b));
    return of({ real: a.real.mul(b.real), imag: a.imag.mul(b.real) });
  }

  /** The quotient, which overflows only where it is too large itself. */
  div(other: ComplexLike): Complex {
    const [a, b] = pairOf(this, other);
    if (other instanceof Complex) return of(parts.divide(a, b));
    return of({ real: a.real.div(b.real), imag: a.imag.div(b.real) });
  }

  /** The negative. */
  neg(): Complex {
    return this.each((x) => x.neg());
  }

  /** The conjugate: the imaginary part with the other sign. */
  conj(): Complex {
    return new Complex(this.real, this.imag.neg());
  }

  /** 1 over it. */
  reciprocal(): Complex {
    return of(parts.divide(realParts(1, this.real), this));
  }

  /** The magnitude, a real tensor; its gradient is 0 at 0. */
  abs(): Tensor {
    return magnitude(this.real, this.imag);
  }

  /** The angle from -π to π, a real tensor; its gradient is 0 at 0. */
  angle(): Tensor {
    return phase(this.imag, this.real);
  }

  /** The exponential function. */
  exp(): Complex {
    return of(parts.exponential(this));
  }

  /** The logarithm whose imaginary part is the angle. */
  log(): Complex {
    return of(parts.logarithm(this));
  }

  /** The square root whose real part is not negative. */
  sqrt(): Complex {
    return of(parts.squareRoot(this));
  }

  /** exp(exponent log z). The square is the product with itself. */
  pow(exponent: ComplexLike): Complex {
    if (exponent === 2) return this.mul(this);
    const [a, b] = pairOf(this, exponent);
    return of(parts.power(a, b));
  }

  /** The matrix product, as {@link Tensor.matmul} defines it for batches and vectors. */
  matmul(other: ComplexLike): Complex {
    const [a, b] = pairOf(this, other);
    if (other instanceof Complex) return of(parts.matrixProduct(a, b));
    return of({ real: a.real.matmul(b.real), imag: a.imag.matmul(b.real) });
  }

  /** The sum of all elements, or along dims. */
  sum(dims?: number | readonly number[] | ReduceOptions, options: ReduceOptions = {}): Complex {
    return this.each((x) => x.sum(dims, options));
  }

  /** The mean of all elements, or along dims. */
  mean(dims?: number | readonly number[] | ReduceOptions, options: ReduceOptions = {}): Complex {
    return this.each((x) => x.mean(dims, options));
  }

  // Views.

  /** The elements in another shape. */
  reshape(shape: Shape): Complex {
    return this.each((x) => x.reshape(shape));
  }

  /** The dims in another order. */
  permute(dims: readonly number[]): Complex {
    return this.each((x) => x.permute(dims));
  }

  /** Two dims exchanged. */
  transpose(dim0 = 0, dim1 = 1): Complex {
    return this.each((x) => x.transpose(dim0, dim1));
  }

  /** The last two dims exchanged. */
  get mT(): Complex {
    return this.each((x) => x.mT);
  }

  /** The last two dims exchanged, conjugated. */
  get mH(): Complex {
    return this.mT.conj();
  }

  /** Elements by index, slice or ellipsis, as of a tensor. */
  index(...items: readonly ViewItem[]): Complex {
    return this.each((x) => x.index(...items));
  }

  /** One index of a dim. */
  select(dim: number, index: number): Complex {
    return this.each((x) => x.select(dim, index));
  }

  /** A range of a dim. */
  narrow(dim: number, start: number, length: number): Complex {
    return this.each((x) => x.narrow(dim, start, length));
  }

  /** A dim of size 1 more. */
  unsqueeze(dim: number): Complex {
    return this.each((x) => x.unsqueeze(dim));
  }

  /** Without dims of size 1. */
  squeeze(dims?: number | readonly number[]): Complex {
    return this.each((x) => dims === undefined ? x.squeeze() : x.squeeze(dims));
  }

  /** Dims of size 1 repeated, without a copy. */
  expand(shape: Shape): Complex {
    return this.each((x) => x.expand(shape));
  }

  /** The dims from one to another as one dim. */
  flatten(startDim = 0, endDim = -1): Complex {
    return this.each((x) => x.flatten(startDim, endDim));
  }

  // Conversion and lifetime.

  /** The same numbers without a graph. */
  detach(): Complex {
    return this.each((x) => x.detach());
  }

  /** A copy. */
  clone(): Complex {
    return this.each((x) => x.clone());
  }

  /**
   * The one element as [re, im].
   *
   * @throws {ShapeError} when there is not exactly one.
   */
  item(): [number, number] {
    return [Number(this.real.item()), Number(this.imag.item())];
  }

  /** The elements as nested arrays of pairs [re, im]; one pair for rank 0. */
  toArray(): NestedPairs {
    return nestPairs(this);
  }

  /** For JSON.stringify: as {@link toArray}; what JSON has no number for becomes a string. */
  toJSON(): unknown {
    const json = (x: unknown): unknown =>
      Array.isArray(x) ? x.map(json) : Number.isFinite(x) ? x : String(x);
    return json(this.toArray());
  }

  /** The numbers as text, as `complex([1.+2.i])`. */
  toString(): string {
    return this.isDisposed
      ? `complex(disposed, shape=${text(this.shape)})`
      : formatComplex(this, this.dtype);
  }

  /** What console.log shows in Deno, Bun and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** What console.log shows in Deno. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /** Frees both parts now, unless views or a graph still need them. */
  dispose(): void {
    this.real.dispose();
    this.imag.dispose();
  }

  /** Same as {@link dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The same done to both parts. */
  private each(of: (x: Tensor) => Tensor): Complex {
    return new Complex(of(this.real), of(this.imag));
  }
}

function of({ real, imag }: ComplexParts): Complex {
  return new Complex(real, imag);
}

/** A real number beside a tensor. */
function realParts(value: number, beside: Tensor): ComplexParts {
  const like = { dtype: beside.dtype };
  return { real: full([], value, like), imag: zeros([], like) };
}

/** Both in one dtype. The imaginary parts of real numbers are zeros that take no memory. */
function pairOf(a: Complex, b: ComplexLike): [ComplexParts, ComplexParts] {
  if (b instanceof Complex) {
    if (a.real.dtype === b.real.dtype) return [a, b];
    return [a.to("float64"), b.to("float64")];
  }
  const [real, other] = typeof b === "number"
    ? [a.real, full([], b, { dtype: a.real.dtype })]
    : promote([a.real, single(b)], true) as [Tensor, Tensor];
  const imag = a.imag.to(real.dtype as "float32");
  const zero = zeros([], { dtype: other.dtype }).expand(other.shape);
  return [{ real, imag }, { real: other, imag: zero }];
}

/** The argument as complex numbers: real ones have imaginary parts 0, which take no memory. */
export function complexOf(x: ComplexLike): Complex {
  if (x instanceof Complex) return x;
  const real = parts.partOf(x);
  return new Complex(real, zeros([], { dtype: real.dtype }).expand(real.shape));
}
