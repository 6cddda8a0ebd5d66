/**
 * Random weights whose variance suits the number of inputs and outputs of a unit ("fans").
 *
 * @module
 */
import { normal, type RandomOptions, uniform } from "./random.ts";
import { like } from "./random_like.ts";
import type { Shape } from "./shape.ts";
import type { Tensor } from "./tensor/tensor.ts";

/**
 * Inputs and outputs of a unit with a weight of that shape: [out, in, ...window] from rank 2 on,
 * (n, n) for rank 1, (1, 1) for rank 0.
 *
 * @example
 * ```ts
 * import { fansOf } from "@minitensor/minitensor";
 * const { fanIn, fanOut } = fansOf([16, 3, 5, 5]); // a convolution of 3 to 16 channels
 * console.assert(fanIn === 75 && fanOut === 400);
 * ```
 */
export function fansOf(shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  if (shape.length < 2) return { fanIn: shape[0] ?? 1, fanOut: shape[0] ?? 1 };
  const window = shape.slice(2).reduce((product, extent) => product * extent, 1);
  return { fanIn: shape[1]! * window, fanOut: shape[0]! * window };
}

/** Variance by the fans, as the papers have it; no units, no variance. */
const variances = {
  xavier: ({ fanIn, fanOut }: { fanIn: number; fanOut: number }) => 2 / (fanIn + fanOut),
  he: ({ fanIn }: { fanIn: number }) => 2 / fanIn,
  lecun: ({ fanIn }: { fanIn: number }) => 1 / fanIn,
};

function deviation(rule: keyof typeof variances, shape: Shape): number {
  const variance = variances[rule](fansOf(shape));
  return Number.isFinite(variance) ? Math.sqrt(variance) : 0;
}

/** Uniform numbers of a variance v lie within sqrt(3 v). */
function uniformBy(rule: keyof typeof variances, shape: Shape, options: RandomOptions): Tensor {
  const bound = Math.sqrt(3) * deviation(rule, shape);
  return uniform(shape, { ...options, low: -bound, high: bound });
}

function normalBy(rule: keyof typeof variances, shape: Shape, options: RandomOptions): Tensor {
  return normal(0, deviation(rule, shape), shape, options);
}

/**
 * Uniform numbers of variance 2 / (fanIn + fanOut) (Glorot and Bengio 2010).
 *
 * @example
 * ```ts
 * import { xavierUniform } from "@minitensor/minitensor";
 * console.assert(xavierUniform([3, 3]).abs().le(1).all().item() === true); // within sqrt(6 / 6)
 * ```
 */
export function xavierUniform(shape: Shape, options: RandomOptions = {}): Tensor {
  return uniformBy("xavier", shape, options);
}

/**
 * Normal numbers of variance 2 / (fanIn + fanOut) (Glorot and Bengio 2010).
 *
 * @example
 * ```ts
 * import { Generator, xavierNormal } from "@minitensor/minitensor";
 * const w = xavierNormal([100, 100], { generator: new Generator(1) });
 * console.assert(Math.abs(Number(w.std().item()) - 0.1) < 0.01); // sqrt(2 / 200)
 * ```
 */
export function xavierNormal(shape: Shape, options: RandomOptions = {}): Tensor {
  return normalBy("xavier", shape, options);
}

/**
 * Uniform numbers of variance 2 / fanIn, for layers before a relu (He et al. 2015).
 *
 * @example
 * ```ts
 * import { heUniform } from "@minitensor/minitensor";
 * console.assert(heUniform([8, 6]).abs().le(1).all().item() === true); // within sqrt(6 / 6)
 * ```
 */
export function heUniform(shape: Shape, options: RandomOptions = {}): Tensor {
  return uniformBy("he", shape, options);
}

/**
 * Normal numbers of variance 2 / fanIn, for layers before a relu (He et al. 2015).
 *
 * @example
 * ```ts
 * import { Generator, heNormal } from "@minitensor/minitensor";
 * const w = heNormal([50, 200], { generator: new Generator(1) });
 * console.assert(Math.abs(Number(w.std().item()) - 0.1) < 0.01); // sqrt(2 / 200)
 * ```
 */
export function heNormal(shape: Shape, options: RandomOptions = {}): Tensor {
  return normalBy("he", shape, options);
}

/**
 * Uniform numbers of variance 1 / fanIn (LeCun et al. 1998), as selu wants them.
 *
 * @example
 * ```ts
 * import { lecunUniform } from "@minitensor/minitensor";
 * console.assert(lecunUniform([8, 12]).abs().le(0.5).all().item() === true); // within sqrt(3 / 12)
 * ```
 */
export function lecunUniform(shape: Shape, options: RandomOptions = {}): Tensor {
  return uniformBy("lecun", shape, options);
}

/**
 * Normal numbers of variance 1 / fanIn (LeCun et al. 1998), as selu wants them.
 *
 * @example
 * ```ts
 * import { Generator, lecunNormal } from "@minitensor/minitensor";
 * const w = lecunNormal([100, 100], { generator: new Generator(1) });
 * console.assert(Math.abs(Number(w.std().item()) - 0.1) < 0.01); // sqrt(1 / 100)
 * ```
 */
export function lecunNormal(shape: Shape, options: RandomOptions = {}): Tensor {
  return normalBy("lecun", shape, options);
}

/**
 * {@link xavierUniform} of the shape and dtype of `x`.
 *
 * @example
 * ```ts
 * import { xavierUniformLike, zeros } from "@minitensor/minitensor";
 * console.assert(xavierUniformLike(zeros([3, 3])).abs().le(1).all().item() === true);
 * ```
 */
export function xavierUniformLike(x: Tensor, options: RandomOptions = {}): Tensor {
  return xavierUniform(x.shape, like(x, options));
}

/**
 * {@link xavierNormal} of the shape and dtype of `x`.
 *
 * @example
 * ```ts
 * import { xavierNormalLike, zeros } from "@minitensor/minitensor";
 * console.assert(xavierNormalLike(zeros([3, 2], { dtype: "float64" })).dtype === "float64");
 * ```
 */
export function xavierNormalLike(x: Tensor, options: RandomOptions = {}): Tensor {
  return xavierNormal(x.shape, like(x, options));
}

/**
 * {@link heUniform} of the shape and dtype of `x`.
 *
 * @example
 * ```ts
 * import { heUniformLike, zeros } from "@minitensor/minitensor";
 * console.assert(heUniformLike(zeros([2, 24])).abs().le(0.5).all().item() === true);
 * ```
 */
export function heUniformLike(x: Tensor, options: RandomOptions = {}): Tensor {
  return heUniform(x.shape, like(x, options));
}

/**
 * {@link heNormal} of the shape and dtype of `x`.
 *
 * @example
 * ```ts
 * import { heNormalLike, zeros } from "@minitensor/minitensor";
 * console.assert(heNormalLike(zeros([16, 3, 5, 5])).shape.join() === "16,3,5,5");
 * ```
 */
export function heNormalLike(x: Tensor, options: RandomOptions = {}): Tensor {
  return heNormal(x.shape, like(x, options));
}

/**
 * {@link lecunUniform} of the shape and dtype of `x`.
 *
 * @example
 * ```ts
 * import { lecunUniformLike, zeros } from "@minitensor/minitensor";
 * console.assert(lecunUniformLike(zeros([2, 3])).abs().le(1).all().item() === true);
 * ```
 */
export function lecunUniformLike(x: Tensor, options: RandomOptions = {}): Tensor {
  return lecunUniform(x.shape, like(x, options));
}

/**
 * {@link lecunNormal} of the shape and dtype of `x`.
 *
 * @example
 * ```ts
 * import { lecunNormalLike, zeros } from "@minitensor/minitensor";
 * console.assert(lecunNormalLike(zeros([2, 3]), { dtype: "float16" }).dtype === "float16");
 * ```
 */
export function lecunNormalLike(x: Tensor, options: RandomOptions = {}): Tensor {
  return lecunNormal(x.shape, like(x, options));
}
