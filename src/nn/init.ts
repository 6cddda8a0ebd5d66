/**
 * First values of parameters. All work in place, outside the graph, and return the tensor.
 *
 * @module
 */
import { noGrad } from "../autograd.ts";
import { ArgumentError, DisposedError, ShapeError } from "../errors.ts";
import { type Generator, normalInto, uniformInto } from "../random.ts";
import { text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Where random values come from. */
export interface InitOptions {
  /** Default: the default generator. */
  readonly generator?: Generator;
}

/** Sets all elements to a value. */
export function constant_(x: Tensor, value: number): Tensor {
  return noGrad(() => x.fill_(value));
}

/** Sets all elements to 0. */
export function zeros_(x: Tensor): Tensor {
  return constant_(x, 0);
}

/** Sets all elements to 1. */
export function ones_(x: Tensor): Tensor {
  return constant_(x, 1);
}

/** Uniform numbers in [a, b). */
export function uniform_(
  x: Tensor,
  options: InitOptions & { readonly a?: number; readonly b?: number } = {},
): Tensor {
  uniformInto(writable(x), options.a ?? 0, options.b ?? 1, options.generator);
  x.storage.version++;
  return x;
}

/** Normal numbers. */
export function normal_(
  x: Tensor,
  options: InitOptions & { readonly mean?: number; readonly std?: number } = {},
): Tensor {
  normalInto(writable(x), options.mean ?? 0, options.std ?? 1, options.generator);
  x.storage.version++;
  return x;
}

function writable(x: Tensor): Tensor {
  if (x.isDisposed) throw new DisposedError("Cannot initialise a tensor that was disposed of");
  if (!x.isContiguous() || !x.isFloatingPoint()) {
    throw new ArgumentError("Cannot initialise a tensor that is not contiguous and floating-point");
  }
  return x;
}

/** Inputs and outputs of one unit: a weight is [out, in, ...window]. */
function fans(x: Tensor): { readonly fanIn: number; readonly fanOut: number } {
  if (x.ndim < 2) {
    throw new ShapeError(
      `Cannot tell the fans of a tensor of shape ${text(x.shape)}: it needs 2 dims or more`,
    );
  }
  const window = x.shape.slice(2).reduce((product, extent) => product * extent, 1);
  return { fanIn: x.shape[1]! * window, fanOut: x.shape[0]! * window };
}

/** What follows the layer: decides the gain. */
export type Nonlinearity = "linear" | "relu" | "leakyRelu" | "tanh" | "sigmoid" | "selu";

/** The factor that keeps the variance through a nonlinearity (He et al. 2015, and PyTorch's table). */
export function calculateGain(nonlinearity: Nonlinearity, parameter = 0.01): number {
  const gains: Readonly<Record<Nonlinearity, number>> = {
    linear: 1,
    sigmoid: 1,
    tanh: 5 / 3,
    relu: Math.SQRT2,
    leakyRelu: Math.sqrt(2 / (1 + parameter ** 2)),
    selu: 3 / 4,
  };
  return gains[nonlinearity];
}

/** Options of Kaiming initialisation. */
export interface KaimingOptions extends InitOptions {
  /** Slope of leakyRelu below 0. Default 0. */
  readonly a?: number;
  /** Keep the variance of the forward or of the backward pass. Default "fanIn". */
  readonly mode?: "fanIn" | "fanOut";
  /** Default "leakyRelu". */
  readonly nonlinearity?: Nonlinearity;
}

function kaimingStd(
  x: Tensor,
  { a = 0, mode = "fanIn", nonlinearity = "leakyRelu" }: KaimingOptions,
): number {
  return calculateGain(nonlinearity, a) / Math.sqrt(fans(x)[mode]);
}

/** Uniform numbers of variance gain² / fan (He et al. 2015). */
export function kaimingUniform_(x: Tensor, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * kaimingStd(x, options);
  return uniform_(x, { ...options, a: -bound, b: bound });
}

/** Normal numbers of variance gain² / fan (He et al. 2015). */
export function kaimingNormal_(x: Tensor, options: KaimingOptions = {}): Tensor {
  return normal_(x, { ...options, mean: 0, std: kaimingStd(x, options) });
}

/** Uniform numbers of variance 2 gain² / (fanIn + fanOut) (Glorot and Bengio 2010). */
export function xavierUniform_(
  x: Tensor,
  options: InitOptions & { readonly gain?: number } = {},
): Tensor {
  const { fanIn, fanOut } = fans(x);
  const bound = (options.gain ?? 1) * Math.sqrt(6 / (fanIn + fanOut));
  return uniform_(x, { ...options, a: -bound, b: bound });
}

/** Normal numbers of variance 2 gain² / (fanIn + fanOut) (Glorot and Bengio 2010). */
export function xavierNormal_(
  x: Tensor,
  options: InitOptions & { readonly gain?: number } = {},
): Tensor {
  const { fanIn, fanOut } = fans(x);
  return normal_(x, {
    ...options,
    mean: 0,
    std: (options.gain ?? 1) * Math.sqrt(2 / (fanIn + fanOut)),
  });
}

/** Weight and bias as PyTorch's Linear and Conv start: uniform within 1 / sqrt(fanIn). */
export function defaultLayer(weight: Tensor, bias: Tensor | null, options: InitOptions): void {
  kaimingUniform_(weight, { ...options, a: Math.sqrt(5) });
  if (bias === null) return;
  const bound = 1 / Math.sqrt(fans(weight).fanIn);
  uniform_(bias, { ...options, a: -bound, b: bound });
}
