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

/**
 * Sets all elements to a value.
 *
 * @example
 * ```ts
 * import { zeros } from "@minitensor/minitensor";
 * import { init } from "@minitensor/minitensor/nn";
 * console.assert(init.constant_(zeros([2], { requiresGrad: true }), 3).sum().item() === 6);
 * ```
 */
export function constant_(x: Tensor, value: number): Tensor {
  return noGrad(() => x.fill_(value));
}

/**
 * Sets all elements to 0, as biases start.
 *
 * @example
 * ```ts
 * import { init, Linear } from "@minitensor/minitensor/nn";
 * const layer = new Linear(3, 2);
 * console.assert(init.zeros_(layer.bias!) === layer.bias && layer.bias.sum().item() === 0);
 * ```
 */
export function zeros_(x: Tensor): Tensor {
  return constant_(x, 0);
}

/**
 * Sets all elements to 1, as the scales of normalizations start.
 *
 * @example
 * ```ts
 * import { zeros } from "@minitensor/minitensor";
 * import { init } from "@minitensor/minitensor/nn";
 * console.assert(init.ones_(zeros([2])).toArray().toString() === "1,1");
 * ```
 */
export function ones_(x: Tensor): Tensor {
  return constant_(x, 1);
}

/**
 * Uniform numbers in [a, b), by default [0, 1).
 *
 * @throws {ArgumentError} when x is not contiguous and floating-point.
 * @throws {DisposedError} when x was disposed of.
 *
 * @example
 * ```ts
 * import { zeros } from "@minitensor/minitensor";
 * import { init } from "@minitensor/minitensor/nn";
 * const x = init.uniform_(zeros([100]), { a: 2, b: 3 });
 * console.assert(x.ge(2).logicalAnd(x.lt(3)).all().item() === true);
 * ```
 */
export function uniform_(
  x: Tensor,
  options: InitOptions & { readonly a?: number; readonly b?: number } = {},
): Tensor {
  uniformInto(writable(x), options.a ?? 0, options.b ?? 1, options.generator);
  x.storage.version++;
  return x;
}

/**
 * Normal numbers, by default of mean 0 and standard deviation 1.
 *
 * @throws {ArgumentError} when x is not contiguous and floating-point.
 * @throws {DisposedError} when x was disposed of.
 *
 * @example
 * ```ts
 * import { zeros } from "@minitensor/minitensor";
 * import { init } from "@minitensor/minitensor/nn";
 * console.assert(init.normal_(zeros([2]), { mean: 5, std: 0 }).toArray().toString() === "5,5");
 * ```
 */
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

/**
 * The factor that keeps the variance through a nonlinearity (He et al. 2015, and PyTorch's table):
 * for relu sqrt(2), for leakyRelu sqrt(2 / (1 + parameter^2)), the parameter being its slope below
 * 0.
 *
 * @example
 * ```ts
 * import { init } from "@minitensor/minitensor/nn";
 * console.assert(init.calculateGain("relu") === Math.SQRT2 && init.calculateGain("selu") === 0.75);
 * console.assert(init.calculateGain("leakyRelu", 1) === 1);
 * ```
 */
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

/**
 * Uniform numbers of variance gain² / fan (He et al. 2015): within gain sqrt(3 / fan).
 *
 * @throws {ShapeError} when x has fewer than 2 dims.
 *
 * @example
 * ```ts
 * import { zeros } from "@minitensor/minitensor";
 * import { init } from "@minitensor/minitensor/nn";
 * const w = init.kaimingUniform_(zeros([8, 24]), { nonlinearity: "relu" });
 * console.assert(w.abs().le(0.5).all().item() === true); // sqrt(6 / 24)
 * ```
 */
export function kaimingUniform_(x: Tensor, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * kaimingStd(x, options);
  return uniform_(x, { ...options, a: -bound, b: bound });
}

/**
 * Normal numbers of variance gain² / fan (He et al. 2015).
 *
 * @throws {ShapeError} when x has fewer than 2 dims.
 *
 * @example
 * ```ts
 * import { Generator, zeros } from "@minitensor/minitensor";
 * import { init } from "@minitensor/minitensor/nn";
 * const w = zeros([200, 50]);
 * init.kaimingNormal_(w, { mode: "fanOut", nonlinearity: "relu", generator: new Generator(1) });
 * console.assert(Math.abs(Number(w.std().item()) - 0.1) < 0.01); // sqrt(2 / 200)
 * ```
 */
export function kaimingNormal_(x: Tensor, options: KaimingOptions = {}): Tensor {
  return normal_(x, { ...options, mean: 0, std: kaimingStd(x, options) });
}

/**
 * Uniform numbers of variance 2 gain² / (fanIn + fanOut) (Glorot and Bengio 2010): within gain
 * sqrt(6 / (fanIn + fanOut)).
 *
 * @throws {ShapeError} when x has fewer than 2 dims.
 *
 * @example
 * ```ts
 * import { zeros } from "@minitensor/minitensor";
 * import { init } from "@minitensor/minitensor/nn";
 * const w = init.xavierUniform_(zeros([8, 16]), { gain: init.calculateGain("linear") });
 * console.assert(w.abs().le(0.5).all().item() === true); // sqrt(6 / 24)
 * ```
 */
export function xavierUniform_(
  x: Tensor,
  options: InitOptions & { readonly gain?: number } = {},
): Tensor {
  const { fanIn, fanOut } = fans(x);
  const bound = (options.gain ?? 1) * Math.sqrt(6 / (fanIn + fanOut));
  return uniform_(x, { ...options, a: -bound, b: bound });
}

/**
 * Normal numbers of variance 2 gain² / (fanIn + fanOut) (Glorot and Bengio 2010).
 *
 * @throws {ShapeError} when x has fewer than 2 dims.
 *
 * @example
 * ```ts
 * import { Generator, zeros } from "@minitensor/minitensor";
 * import { init } from "@minitensor/minitensor/nn";
 * const w = init.xavierNormal_(zeros([100, 100]), { generator: new Generator(1) });
 * console.assert(Math.abs(Number(w.std().item()) - 0.1) < 0.01); // sqrt(2 / 200)
 * ```
 */
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

/**
 * Weight and bias as PyTorch's Linear and Conv start: uniform within 1 / sqrt(fanIn).
 *
 * @example
 * ```ts
 * import { zeros } from "@minitensor/minitensor";
 * import { init } from "@minitensor/minitensor/nn";
 * const bias = zeros([5]);
 * init.defaultLayer(zeros([5, 4]), bias, {});
 * console.assert(bias.abs().le(0.5).all().item() === true); // 1 / sqrt(4)
 * ```
 */
export function defaultLayer(weight: Tensor, bias: Tensor | null, options: InitOptions): void {
  kaimingUniform_(weight, { ...options, a: Math.sqrt(5) });
  if (bias === null) return;
  const bound = 1 / Math.sqrt(fans(weight).fanIn);
  uniform_(bias, { ...options, a: -bound, b: bound });
}
