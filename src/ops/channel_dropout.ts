/**
 * Dropout of whole channels, and dropout that keeps mean and variance.
 *
 * @module
 */
import { ones } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { dropout, type DropoutOptions } from "./dropout.ts";
import { checkOptions, floating } from "./front.ts";

function checkDropout(options: DropoutOptions, op: string): void {
  checkOptions(options, ["p", "training", "generator"], op);
  const { p = 0.5 } = options;
  if (!(p >= 0 && p <= 1)) {
    throw new ArgumentError(`Cannot ${op} with p ${p}: it is 0 to 1`, { op });
  }
}

/** Dropout of the channels of [N, C, ...] or [C, ...], with `rank` dims behind them. */
function dropChannels(x: Tensor, rank: number, options: DropoutOptions): Tensor {
  const op = `dropout${rank}d`;
  checkDropout(options, op);
  if (x.ndim !== rank + 1 && x.ndim !== rank + 2) {
    throw new ShapeError(
      `Cannot ${op} a tensor of shape ${text(x.shape)}: it needs ${rank + 1} or ${rank + 2} dims`,
      { op },
    );
  }
  const input = floating(x);
  const channels = [...x.shape.slice(0, -rank), ...new Array<number>(rank).fill(1)];
  const kept = dropout(ones(channels, { dtype: input.dtype }), options);
  return options.training === false ? input.view(input.shape) : input.mul(kept);
}

/**
 * Sets whole channels of [N, C, L] or [C, L] to 0 with probability p, and scales the others by
 * 1 / (1 - p) (Tompson et al. 2015).
 *
 * @throws {ShapeError} when x has neither 2 nor 3 dims.
 * @throws {ArgumentError} when p is not within 0 and 1.
 *
 * @example
 * ```ts
 * import { dropout1d, ones } from "@minitensor/minitensor";
 * console.assert(dropout1d(ones([2, 3, 4]), { p: 1 }).sum().item() === 0);
 * ```
 */
export function dropout1d(x: Tensor, options: DropoutOptions = {}): Tensor {
  return dropChannels(x, 1, options);
}

/**
 * Sets whole channels of [N, C, H, W] or [C, H, W] to 0 with probability p, and scales the others
 * by 1 / (1 - p) (Tompson et al. 2015).
 *
 * @throws {ShapeError} when x has neither 3 nor 4 dims.
 * @throws {ArgumentError} when p is not within 0 and 1.
 *
 * @example
 * ```ts
 * import { dropout2d, ones } from "@minitensor/minitensor";
 * console.assert(dropout2d(ones([2, 3, 4, 4]), { p: 1 }).sum().item() === 0);
 * ```
 */
export function dropout2d(x: Tensor, options: DropoutOptions = {}): Tensor {
  return dropChannels(x, 2, options);
}

/**
 * Sets whole channels of [N, C, D, H, W] or [C, D, H, W] to 0 with probability p, and scales the
 * others by 1 / (1 - p) (Tompson et al. 2015).
 *
 * @throws {ShapeError} when x has neither 4 nor 5 dims.
 * @throws {ArgumentError} when p is not within 0 and 1.
 *
 * @example
 * ```ts
 * import { dropout3d, ones } from "@minitensor/minitensor";
 * console.assert(dropout3d(ones([2, 3, 4, 4, 4]), { p: 1 }).sum().item() === 0);
 * ```
 */
export function dropout3d(x: Tensor, options: DropoutOptions = {}): Tensor {
  return dropChannels(x, 3, options);
}

/** The value of selu far below 0, -scale * alpha (Klambauer et al. 2017, equation 14). */
const SATURATION = -1.7580993408473766;

/** Factor and term after which mean 0 and variance 1 are kept. */
function affine(p: number): readonly [factor: number, term: number] {
  const factor = 1 / Math.sqrt((1 - p) * (1 + p * SATURATION ** 2));
  return [factor, -factor * p * SATURATION];
}

/** Saturated where the mask drops; the mask is 1 / (1 - p) where it keeps. */
function saturate(x: Tensor, p: number, drop: (centred: Tensor) => Tensor): Tensor {
  const [factor, term] = affine(p);
  return drop(x.sub(SATURATION)).mul(factor * (1 - p)).add(term + factor * SATURATION);
}

/**
 * Dropout for selu: elements become its negative saturation with probability p, and then all are
 * scaled and shifted so that mean 0 and variance 1 are kept (Klambauer et al. 2017).
 *
 * @returns As x; float.
 * @throws {ArgumentError} when p is not within 0 and 1.
 *
 * @example
 * ```ts
 * import { alphaDropout, manualSeed, randn } from "@minitensor/minitensor";
 * manualSeed(0);
 * const y = alphaDropout(randn([10000]), { p: 0.3 });
 * console.assert(Math.abs(Number(y.var().item()) - 1) < 0.1);
 * ```
 */
export function alphaDropout(x: Tensor, options: DropoutOptions = {}): Tensor {
  checkDropout(options, "alphaDropout");
  const { p = 0.5, training = true } = options;
  const input = floating(x);
  if (!training || p === 0) return input.view(input.shape);
  if (p === 1) return input.mul(0);
  return saturate(input, p, (centred) => dropout(centred, options));
}

/**
 * {@link alphaDropout} of whole channels of [N, C, ...].
 *
 * @returns As x; float.
 * @throws {ShapeError} when x has less than 2 dims.
 * @throws {ArgumentError} when p is not within 0 and 1.
 *
 * @example
 * ```ts
 * import { featureAlphaDropout, ones } from "@minitensor/minitensor";
 * const y = featureAlphaDropout(ones([1, 2, 3]), { p: 0.5 });
 * console.assert(y.std(-1).sum().item() === 0);
 * ```
 */
export function featureAlphaDropout(x: Tensor, options: DropoutOptions = {}): Tensor {
  const op = "featureAlphaDropout";
  checkDropout(options, op);
  if (x.ndim < 2) {
    throw new ShapeError(`Cannot ${op} a tensor of shape ${text(x.shape)}: it has no channels`, {
      op,
    });
  }
  const { p = 0.5, training = true } = options;
  const input = floating(x);
  if (!training || p === 0) return input.view(input.shape);
  if (p === 1) return input.mul(0);
  const channels = x.shape.map((extent, dim) => dim < 2 ? extent : 1);
  const kept = dropout(ones(channels, { dtype: input.dtype }), options);
  return saturate(input, p, (centred) => centred.mul(kept));
}
