/**
 * How far elements lie from their mean: variance, std, and both with the mean itself.
 *
 * @module
 */
import { ArgumentError } from "../errors.ts";
import { defineOp, type Op } from "../op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { floating, unary, type UnaryFunction } from "./front.ts";
import {
  back,
  dimMask,
  elementCount,
  floats,
  reduceArguments,
  type ReduceAttributes,
  reduced,
  type ReduceOptions,
  same,
} from "./infer.ts";
import { singlesWithin } from "./samples.ts";

/** Options of variance and standard deviation. */
export interface VarianceOptions extends ReduceOptions {
  /** Subtracted from the number of elements; 1 by default, 0 for the population. */
  readonly correction?: number;
  /** The same as a switch: false is correction 0. */
  readonly unbiased?: boolean;
}

/** A reduction with {@link VarianceOptions}. */
export type VarianceReduction = (
  x: Tensor,
  dims?: number | readonly number[] | VarianceOptions,
  options?: VarianceOptions,
) => Tensor;

interface VarianceAttributes extends ReduceAttributes {
  readonly correction: number;
}

/** Variance and mean at once: var, std and their gradient read both. */
const varianceMean: Op<
  (x: Tensor, attributes: VarianceAttributes) => Tensor[],
  VarianceAttributes
> = defineOp({
  name: "varianceMean",
  summary: "Variance and mean of the elements, along dims.",
  infer: (inputs, attributes, name) => {
    const spec = floats(reduced)(inputs, attributes, name);
    return [spec, spec];
  },
  kernel: {
    native: "variance",
    encode: (attributes) => [...dimMask(attributes), attributes.correction],
  },
  saves: "both",
  gradient: ({ grads, inputs: [x], outputs: [, center], attributes }) => {
    const count = elementCount(x!.shape, attributes);
    const [variance, middle] = grads;
    const centered = x!.sub(back(center!, x!.spec, attributes));
    const spread = variance === null
      ? null
      : back(variance!, x!.spec, attributes).mul(centered).mul(
        2 / Math.max(count - attributes.correction, 0),
      );
    if (middle === null || middle === undefined) return [spread];
    const level = back(middle, x!.spec, attributes).div(count).expand(x!.shape);
    return [spread === null ? level : spread.add(level)];
  },
  samples: [
    { shapes: [[3, 4, 5]], rest: [{ dims: [1], keepdim: false, correction: 1 }] },
    { shapes: [[3, 4]], rest: [{ dims: [0, 1], keepdim: false, correction: 0 }] },
  ],
  front: (run) => (x: Tensor, attributes: VarianceAttributes) => run.all([floating(x)], attributes),
});

const varianceOptions: readonly string[] = ["dim", "keepdim", "correction", "unbiased"];

function varianceAttributes(
  x: Tensor,
  dims: number | readonly number[] | VarianceOptions | undefined,
  options: VarianceOptions | undefined,
  op: string,
): VarianceAttributes {
  const attributes = reduceArguments(x, dims, options, op, varianceOptions);
  const given =
    (typeof dims === "object" && !Array.isArray(dims) ? dims as VarianceOptions : options) ?? {};
  if (given.correction !== undefined && given.unbiased !== undefined) {
    throw new ArgumentError(
      `Cannot ${op} with both correction and unbiased: they are one`,
      { op },
    );
  }
  const correction = given.correction ?? (given.unbiased === false ? 0 : 1);
  return { ...attributes, correction };
}

/**
 * Variance of the elements, of all or along dims: the mean of squared distances to the mean, with
 * Bessel's correction by default. Also exported as `var`. Integers become the default dtype; fewer
 * elements than the correction needs give NaN.
 *
 * @throws {ArgumentError} when both correction and unbiased are given.
 * @throws {AxisError} when there is no such dim, or one is named twice.
 *
 * @example
 * ```ts
 * import { tensor, variance } from "@minitensor/minitensor";
 * console.assert(variance(tensor([1, 2, 3])).item() === 1);
 * console.assert(variance(tensor([1, 3]), { correction: 0 }).item() === 1);
 * ```
 */
export const variance: VarianceReduction = (x, dims, options): Tensor =>
  varianceMean(x, varianceAttributes(x, dims, options, "take the variance"))[0]!;

/**
 * Root of a mean of squares: the gradient is 0 where it is 0, which is its minimum, as in PyTorch.
 */
export const rootOfSquares: Op<UnaryFunction, undefined> = defineOp({
  name: "rootOfSquares",
  summary: "Square root, with gradient 0 at 0.",
  infer: same,
  kernel: { native: "sqrt", elementwise: true },
  saves: "output",
  gradient: ({ grad, outputs: [y] }) => [grad.div(y!.mul(2)).maskedFill(y!.eq(0), 0)],
  reference: (x) => Math.sqrt(x!),
  samples: singlesWithin([0.2, 4]),
  front: unary,
});

/**
 * Standard deviation: root of the {@link variance}, whose arguments it takes.
 *
 * @example
 * ```ts
 * import { std, tensor } from "@minitensor/minitensor";
 * console.assert(std(tensor([1, 2, 3])).item() === 1);
 * ```
 */
export const std: VarianceReduction = (x, dims, options): Tensor =>
  rootOfSquares(variance(x, dims, options));

/**
 * {@link variance} and mean at once, from one pass over the elements: `{ variance, mean }`.
 *
 * @throws {ArgumentError} when both correction and unbiased are given.
 * @throws {AxisError} when there is no such dim, or one is named twice.
 *
 * @example
 * ```ts
 * import { tensor, varMean } from "@minitensor/minitensor";
 * const { variance, mean } = varMean(tensor([1, 2, 3]));
 * console.assert(variance.item() === 1 && mean.item() === 2);
 * ```
 */
export function varMean(
  x: Tensor,
  dims?: number | readonly number[] | VarianceOptions,
  options?: VarianceOptions,
): { readonly variance: Tensor; readonly mean: Tensor } {
  const attributes = varianceAttributes(x, dims, options, "take the variance");
  const [spread, middle] = varianceMean(x, attributes);
  return { variance: spread!, mean: middle! };
}

/**
 * {@link std} and mean at once: `{ std, mean }`.
 *
 * @throws {ArgumentError} when both correction and unbiased are given.
 * @throws {AxisError} when there is no such dim, or one is named twice.
 *
 * @example
 * ```ts
 * import { stdMean, tensor } from "@minitensor/minitensor";
 * const { std, mean } = stdMean(tensor([1, 2, 3]));
 * console.assert(std.item() === 1 && mean.item() === 2);
 * ```
 */
export function stdMean(
  x: Tensor,
  dims?: number | readonly number[] | VarianceOptions,
  options?: VarianceOptions,
): { readonly std: Tensor; readonly mean: Tensor } {
  const attributes = varianceAttributes(x, dims, options, "take the standard deviation");
  const [spread, middle] = varianceMean(x, attributes);
  return { std: rootOfSquares(spread!), mean: middle! };
}
