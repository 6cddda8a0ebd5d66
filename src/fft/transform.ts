/**
 * What all transforms share: arguments, lengths, norms, one dim after the other.
 *
 * @module
 */
import { type Complex, type ComplexLike, complexOf } from "../complex/complex.ts";
import { Complex as ComplexNumbers } from "../complex/complex.ts";
import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import { fourier } from "../ops/fourier.ts";
import { partOf } from "../complex/parts.ts";
import { checkOptions } from "../ops/front.ts";
import { pad } from "../ops/pad.ts";
import { checkDim, checkDims, text } from "../shape.ts";
import type { TensorLike } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** How results are scaled: which direction is divided by the length, or both by its root. */
export type FourierNorm = "backward" | "ortho" | "forward";

/** Options of transforms along one dim. */
export interface FourierOptions {
  /** Length: longer inputs are cut, shorter ones filled with zeros. Default: the input's. */
  readonly n?: number;
  /** The dim. Default -1. */
  readonly dim?: number;
  /** "backward" divides the inverse by the length, "forward" the other. Default "backward". */
  readonly norm?: FourierNorm;
}

/** Options of transforms along several dims. */
export interface FourierOptionsN {
  /** Lengths along the dims; -1 leaves one as it is. Default: the input's. */
  readonly s?: readonly number[];
  /** The dims. Default: the last ones, as many as `s` has, or all. */
  readonly dim?: readonly number[];
  /** "backward" divides the inverse by the lengths, "forward" the other. Default "backward". */
  readonly norm?: FourierNorm;
}

/** Checks the options' names and that the norm is one. */
export function checkFourier(
  options: FourierOptions | FourierOptionsN,
  op: string,
  own: readonly string[] = ["n"],
): void {
  checkOptions(options, [...own, "dim", "norm"], op);
  const { norm = "backward" } = options;
  if (norm !== "backward" && norm !== "ortho" && norm !== "forward") {
    throw new ArgumentError(
      `Cannot ${op} with norm ${String(norm)}: it is backward, ortho or forward`,
      { op },
    );
  }
}

/** What a transform of `count` numbers is multiplied by. */
export function scaleOf(count: number, norm: FourierNorm | undefined, inverse: boolean): number {
  if (norm === "ortho") return 1 / Math.sqrt(count);
  return (norm === "forward") === inverse ? 1 : 1 / count;
}

/** The length of a transform, which is at least 1. */
export function checkLength(n: number, op: string): number {
  if (Number.isInteger(n) && n >= 1) return n;
  throw new ShapeError(`Cannot ${op} ${n} numbers: a transform has a length of 1 or more`, { op });
}

/** The dim of a transform, counted from the front: a tensor of rank 0 has none. */
export function checkFourierDim(dim: number, rank: number, op: string): number {
  if (rank > 0) return checkDim(dim, rank, op);
  throw new ShapeError(`Cannot ${op} a tensor of rank 0: it has no dims`, { op });
}

/** The tensor cut or filled with zeros to a length along a dim. */
export function resized(x: Tensor, dim: number, n: number): Tensor {
  const have = x.shape[dim]!;
  if (have === n) return x;
  if (have > n) return x.narrow(dim, 0, n);
  const padding = new Array<number>(2 * (x.ndim - dim)).fill(0);
  padding[padding.length - 1] = n - have; // pairs from the last dim on
  return pad(x, padding);
}

/** Both parts cut or filled with zeros. */
export function resizedComplex(z: Complex, dim: number, n: number): Complex {
  if (z.shape[dim] === n) return z;
  return new ComplexNumbers(resized(z.real, dim, n), resized(z.imag, dim, n));
}

/** The argument as a real tensor of floating-point dtype. */
export function realOf(x: ComplexLike, op: string): Tensor {
  if (x instanceof ComplexNumbers) {
    throw new DTypeError(`Cannot ${op} numbers of dtype ${x.dtype}: they must be real`, {
      op,
      suggestion: `Use ${op.replace(/^i?[rh]/, (found) => found.replace(/[rh]/, ""))}()`,
    });
  }
  return partOf(x as TensorLike);
}

/** A transform along one dim. */
export function along(
  x: ComplexLike,
  options: FourierOptions,
  inverse: boolean,
  op: string,
): Complex {
  checkFourier(options, op);
  const z = complexOf(x);
  const dim = checkFourierDim(options.dim ?? -1, z.ndim, op);
  const n = checkLength(options.n ?? z.shape[dim]!, op);
  return transformed(resizedComplex(z, dim, n), dim, inverse, scaleOf(n, options.norm, inverse));
}

/** The transform along a dim as it is. */
export function transformed(z: Complex, dim: number, inverse: boolean, scale: number): Complex {
  return new ComplexNumbers(...fourier(z.real, z.imag, { dim, inverse, scale }));
}

/** The dims of a transform, counted from the front, and the lengths along them. */
export interface Extents {
  /** The dims. */
  readonly dims: readonly number[];
  /** Their lengths. */
  readonly lengths: readonly number[];
}

/** Dims and lengths from the options. */
export function extentsOf(
  shape: readonly number[],
  { s, dim }: FourierOptionsN,
  op: string,
): Extents {
  const rank = shape.length;
  if (s !== undefined && dim !== undefined && s.length !== dim.length) {
    throw new ArgumentError(
      `Cannot ${op} with s ${text(s)} and dim ${text(dim)}: their lengths differ`,
      { op },
    );
  }
  if (s !== undefined && s.length > rank) {
    throw new ShapeError(`Cannot ${op} with s ${text(s)}: the tensor has ${rank} dims`, { op });
  }
  const dims = dim === undefined
    ? Array.from({ length: s?.length ?? rank }, (_, i) => rank - (s?.length ?? rank) + i)
    : dim.length === 0
    ? []
    : checkDims(dim, rank, op);
  const lengths = dims.map((at, i) => {
    const n = s?.[i] ?? -1;
    return checkLength(n === -1 ? shape[at]! : n, op);
  });
  return { dims, lengths };
}

/** A transform along several dims. */
export function alongAll(
  x: ComplexLike,
  options: FourierOptionsN,
  inverse: boolean,
  op: string,
): Complex {
  checkFourier(options, op, ["s"]);
  const z = complexOf(x);
  const extents = extentsOf(z.shape, options, op);
  return inEach(z, extents, inverse, options.norm);
}

/** One dim after the other, the last first. */
export function inEach(
  z: Complex,
  { dims, lengths }: Extents,
  inverse: boolean,
  norm: FourierNorm | undefined,
): Complex {
  return dims.reduceRight((result, dim, i) => {
    const n = lengths[i]!;
    return transformed(resizedComplex(result, dim, n), dim, inverse, scaleOf(n, norm, inverse));
  }, z);
}
