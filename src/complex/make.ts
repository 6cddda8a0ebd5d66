/**
 * How complex numbers are made of real tensors, and taken apart again.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { clone } from "../ops/copy.ts";
import { floating, promote, single } from "../ops/front.ts";
import { requireFloat } from "../ops/infer.ts";
import { cat, stack } from "../ops/join.ts";
import { where } from "../ops/select.ts";
import { broadcastPair, sameShape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Complex, type ComplexLike, complexOf } from "./complex.ts";
import { partOf } from "./parts.ts";

/** Both broadcast to one shape: views. */
function together(x: TensorLike, y: TensorLike, op: string): [Tensor, Tensor] {
  const [a, b] = promote([partOf(x), partOf(y)]) as [Tensor, Tensor];
  const shape = broadcastPair(a.shape, b.shape, op);
  const spread = (each: Tensor): Tensor => sameShape(each.shape, shape) ? each : each.expand(shape);
  return [spread(a), spread(b)];
}

/**
 * Complex numbers of real and imaginary parts, which broadcast and take the higher of their dtypes.
 *
 * @throws {ShapeError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { complex } from "@minitensor/minitensor";
 * console.assert(String(complex([1, 2], [3, -4])) === "complex([1.+3.i, 2.-4.i])");
 * ```
 */
export function complex(real: TensorLike, imag: TensorLike): Complex {
  return new Complex(...together(real, imag, "complex"));
}

/**
 * Complex numbers of magnitudes and angles: abs cos(angle) + i abs sin(angle).
 *
 * @throws {ShapeError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { polar } from "@minitensor/minitensor";
 * console.assert(polar([2], [0]).item().join() === "2,0");
 * ```
 */
export function polar(abs: TensorLike, angle: TensorLike): Complex {
  const [size, turn] = together(abs, angle, "polar");
  return new Complex(size.mul(turn.cos()), size.mul(turn.sin()));
}

/**
 * Real tensor [..., 2] of the parts: a copy, since they lie in tensors of their own.
 *
 * @example
 * ```ts
 * import { complex, viewAsReal } from "@minitensor/minitensor";
 * console.assert(viewAsReal(complex([1], [2])).toArray().toString() === "1,2");
 * ```
 */
export function viewAsReal(z: Complex): Tensor {
  return stack([z.real, z.imag], -1);
}

/**
 * Complex numbers whose parts lie along the last dim of a floating-point tensor [..., 2]: views.
 *
 * @throws {ShapeError} when the last dim is not 2.
 * @throws {DTypeError} when the tensor is not floating-point.
 *
 * @example
 * ```ts
 * import { tensor, viewAsComplex } from "@minitensor/minitensor";
 * const z = viewAsComplex(tensor([[1, 2], [3, 4]]));
 * console.assert(z.imag.toArray().toString() === "2,4");
 * ```
 */
export function viewAsComplex(x: Tensor): Complex {
  requireFloat(x, "viewAsComplex");
  if (x.ndim === 0 || x.shape.at(-1) !== 2) {
    throw new ShapeError(
      `Cannot viewAsComplex a tensor of shape ${text(x.shape)}: its last dim must be 2`,
      { op: "viewAsComplex" },
    );
  }
  const wide = partOf(x);
  return new Complex(wide.select(-1, 0), wide.select(-1, 1));
}

/**
 * True for complex numbers.
 *
 * @example
 * ```ts
 * import { complex, isComplex, ones } from "@minitensor/minitensor";
 * console.assert(isComplex(complex(1, 2)) && !isComplex(ones([1])));
 * ```
 */
export function isComplex(value: unknown): value is Complex {
  return value instanceof Complex;
}

/**
 * The angle of complex numbers from -π to π, with gradient 0 at 0; of real ones 0, π where they
 * are negative, and NaN of NaN. Integers become the default dtype.
 *
 * @example
 * ```ts
 * import { angle, complex } from "@minitensor/minitensor";
 * console.assert(angle([1, 0]).sum().item() === 0);
 * console.assert(Math.abs(Number(angle(complex(0, 2)).item()) - Math.PI / 2) < 1e-6);
 * ```
 */
export function angle(x: ComplexLike): Tensor {
  if (x instanceof Complex) return x.angle();
  const value = floating(single(x));
  // Times 0, so that a gradient of 0 arrives, as in PyTorch.
  const none = where(value.isfinite(), value, 0).mul(0);
  return where(value.isnan(), value.detach(), where(value.lt(0), Math.PI, none));
}

/**
 * The real parts; of a real tensor a copy.
 *
 * @example
 * ```ts
 * import { complex, real } from "@minitensor/minitensor";
 * console.assert(real(complex([1], [2])).item() === 1);
 * ```
 */
export function real(x: ComplexLike): Tensor {
  return x instanceof Complex ? x.real : clone(single(x));
}

/**
 * The imaginary parts.
 *
 * @throws {DTypeError} for real tensors, which have none, as in PyTorch.
 *
 * @example
 * ```ts
 * import { complex, imag } from "@minitensor/minitensor";
 * console.assert(imag(complex([1], [2])).item() === 2);
 * ```
 */
export function imag(x: ComplexLike): Tensor {
  if (x instanceof Complex) return x.imag;
  throw new DTypeError(
    `Cannot take the imaginary part of a tensor of dtype ${single(x).dtype}: it is real`,
    { op: "imag", suggestion: "Use zerosLike() for zeros" },
  );
}

/**
 * The conjugate of complex numbers; of a real tensor a copy.
 *
 * @example
 * ```ts
 * import { complex, conj } from "@minitensor/minitensor";
 * console.assert(conj(complex([1], [2])).imag.item() === -2);
 * ```
 */
export function conj(x: Complex): Complex;
/**
 * A copy of a real tensor.
 *
 * @example
 * ```ts
 * import { conj, tensor } from "@minitensor/minitensor";
 * const x = tensor([1, 2]);
 * console.assert(conj(x) !== x && conj(x).equal(x));
 * ```
 */
export function conj(x: TensorLike): Tensor;
export function conj(x: ComplexLike): Complex | Tensor {
  return x instanceof Complex ? x.conj() : clone(single(x));
}

/**
 * Complex numbers one behind the other along a dim; real tensors among them count as complex.
 *
 * @throws {ShapeError} when the other dims differ.
 *
 * @example
 * ```ts
 * import { catComplex, complex } from "@minitensor/minitensor";
 * console.assert(catComplex([complex([1], [2]), [3]]).shape[0] === 2);
 * ```
 */
export function catComplex(list: readonly ComplexLike[], dim = 0): Complex {
  return joined(list, (each) => cat(each, dim));
}

/**
 * Complex numbers of one shape along a new dim; real tensors among them count as complex.
 *
 * @throws {ShapeError} when the shapes differ.
 *
 * @example
 * ```ts
 * import { complex, stackComplex } from "@minitensor/minitensor";
 * console.assert(stackComplex([complex(1, 2), complex(3, 4)]).shape[0] === 2);
 * ```
 */
export function stackComplex(list: readonly ComplexLike[], dim = 0): Complex {
  return joined(list, (each) => stack(each, dim));
}

function joined(list: readonly ComplexLike[], join: (each: readonly Tensor[]) => Tensor): Complex {
  const all = list.map(complexOf);
  return new Complex(join(all.map((z) => z.real)), join(all.map((z) => z.imag)));
}
