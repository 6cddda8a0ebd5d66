/**
 * Random tensors of the shape of another one.
 *
 * @module
 */
import type { DType } from "./dtype.ts";
import {
  rand,
  randint,
  randn,
  type RandomOptions,
  uniform,
  type UniformOptions,
} from "./random.ts";
import { truncatedNormal, type TruncatedNormalOptions } from "./random_truncated.ts";
import type { Tensor } from "./tensor/tensor.ts";

/**
 * The options with x's dtype where they name none. Internal.
 *
 * @example
 * ```ts
 * import { like, type RandomOptions, zeros } from "@minitensor/minitensor";
 * const options: RandomOptions = {};
 * console.assert(like(zeros([1], { dtype: "float64" }), options).dtype === "float64");
 * ```
 */
export function like<T extends { readonly dtype?: DType }>(x: Tensor, options: T): T {
  return options.dtype === undefined ? { ...options, dtype: x.dtype } : options;
}

/**
 * {@link rand} of the shape and dtype of `x`.
 *
 * @example
 * ```ts
 * import { ones, randLike } from "@minitensor/minitensor";
 * console.assert(randLike(ones([2, 3])).shape.join() === "2,3");
 * ```
 */
export function randLike(x: Tensor, options: RandomOptions = {}): Tensor {
  return rand(x.shape, like(x, options));
}

/**
 * {@link randn} of the shape and dtype of `x`.
 *
 * @example
 * ```ts
 * import { Generator, randn, randnLike, zeros } from "@minitensor/minitensor";
 * const drawn = randnLike(zeros([2, 3]), { generator: new Generator(1) });
 * console.assert(drawn.equal(randn([2, 3], { generator: new Generator(1) })));
 * ```
 */
export function randnLike(x: Tensor, options: RandomOptions = {}): Tensor {
  return randn(x.shape, like(x, options));
}

/**
 * {@link uniform} of the shape and dtype of `x`.
 *
 * @example
 * ```ts
 * import { uniformLike, zeros } from "@minitensor/minitensor";
 * const x = uniformLike(zeros([9]), { low: -1, high: 1 });
 * console.assert(x.abs().le(1).all().item() === true);
 * ```
 */
export function uniformLike(x: Tensor, options: UniformOptions = {}): Tensor {
  return uniform(x.shape, like(x, options));
}

/**
 * {@link truncatedNormal} of the shape and dtype of `x`.
 *
 * @example
 * ```ts
 * import { truncatedNormalLike, zeros } from "@minitensor/minitensor";
 * console.assert(truncatedNormalLike(zeros([2, 2])).shape.join() === "2,2");
 * ```
 */
export function truncatedNormalLike(x: Tensor, options: TruncatedNormalOptions = {}): Tensor {
  return truncatedNormal(x.shape, like(x, options));
}

/**
 * {@link randint} of the shape and dtype of `x`.
 *
 * @example
 * ```ts
 * import { randintLike, zeros } from "@minitensor/minitensor";
 * console.assert(randintLike(zeros([3]), -2, 2).abs().le(2).all().item() === true);
 * ```
 */
export function randintLike(x: Tensor, high: number, options?: RandomOptions): Tensor;
/**
 * {@link randint} of the shape and dtype of `x`, from low to high - 1.
 *
 * @example
 * ```ts
 * import { randintLike, zeros } from "@minitensor/minitensor";
 * const x = randintLike(zeros([2, 2]), 3, 4); // only 3 is possible
 * console.assert(x.dtype === "float32" && x.sum().item() === 12);
 * ```
 */
export function randintLike(x: Tensor, low: number, high: number, options?: RandomOptions): Tensor;
export function randintLike(
  x: Tensor,
  first: number,
  second: number | RandomOptions = {},
  third: RandomOptions = {},
): Tensor {
  return typeof second === "number"
    ? randint(first, second, x.shape, like(x, third))
    : randint(first, x.shape, like(x, second));
}
