/**
 * Random numbers with parameters of their own for each element: Poisson, binomial, gamma, and
 * choices among categories.
 *
 * @module
 */
import type { TensorLike } from "./create.ts";
import { ArgumentError, ShapeError } from "./errors.ts";
import type { KernelName } from "./ffi/abi.ts";
import { callKernel, putAttributes } from "./ffi/call.ts";
import { noGrad } from "./autograd.ts";
import { emptyOf } from "./op.ts";
import { kernel } from "./ops/fill.ts";
import { checkOptions, floating, single } from "./ops/front.ts";
import * as ops from "./ops/mod.ts";
import { defaultGenerator, exponential, type Generator, rand } from "./random.ts";
import { text } from "./shape.ts";
import type { Tensor } from "./tensor/tensor.ts";

/** Where the numbers of a drawing come from. */
export interface GeneratorOptions {
  /** Default: the generator that `manualSeed` seeds. */
  readonly generator?: Generator;
}

/** One number for each element of the parameters, of one shape and dtype, which have no graph. */
function variates(
  name: KernelName,
  parameters: readonly Tensor[],
  generator: Generator = defaultGenerator,
  attributes: readonly number[] = [],
): Tensor {
  const { dtype } = parameters[0]!;
  const drawn = dtype === "float64" ? dtype : "float32"; // the smaller ones are for storage
  const inputs = parameters.map((x) => ops.contiguous(x.detach().to(drawn)));
  const out = emptyOf(inputs[0]!.spec);
  const stream = generator.take(out.spec.size);
  if (out.spec.size === 0) return out.to(dtype);
  putAttributes([...stream, ...attributes]);
  callKernel(name, kernel(name), [out], inputs);
  return out.to(dtype);
}

/** True when all elements hold. */
function every(mask: Tensor): boolean {
  return ops.all(mask).item() === true;
}

/**
 * A number of the Poisson distribution for each rate, in the rates' dtype: by inversion for rates
 * below 10, else by transformed rejection (Hörmann 1993, PTRS). Not differentiable.
 *
 * @throws {ArgumentError} when a rate is negative, infinite or NaN.
 *
 * @example
 * ```ts
 * import { full, poisson } from "@minitensor/minitensor";
 * console.assert(Math.abs(poisson(full([10000], 4)).mean().item() as number - 4) < 0.2);
 * ```
 */
export function poisson(rate: TensorLike, options: GeneratorOptions = {}): Tensor {
  checkOptions(options, ["generator"], "poisson");
  const rates = floating(single(rate)).detach();
  if (!every(rates.ge(0).logicalAnd(rates.lt(Infinity)))) {
    throw new ArgumentError("Cannot draw Poisson numbers: a rate is negative or not finite", {
      op: "poisson",
    });
  }
  return variates("poisson", [rates], options.generator);
}

/**
 * A number of successes for each count of trials and probability of each, of one shape and dtype
 * (Hörmann 1993, BTRS). Internal: see `distributions.Binomial`.
 */
export function binomialVariates(count: Tensor, p: Tensor, generator?: Generator): Tensor {
  return variates("binomial", [count, p], generator);
}

/**
 * A gamma number of scale 1 for each shape, or its logarithm (Marsaglia and Tsang 2000). Internal:
 * see `distributions.Gamma`.
 */
export function gammaVariates(shape: Tensor, logarithm: boolean, generator?: Generator): Tensor {
  return variates("gammaSample", [shape], generator, [Number(logarithm)]);
}

/** Zeros and ones with a probability of 1 for each element. Internal. */
export function bernoulliVariates(p: Tensor, generator?: Generator): Tensor {
  return noGrad(() => {
    const wide = p.dtype === "float64";
    return rand(p.shape, { dtype: wide ? "float64" : "float32", ...(generator && { generator }) })
      .lt(p.detach()).to(p.dtype);
  });
}

/** Options of {@link multinomial}. */
export interface MultinomialOptions extends GeneratorOptions {
  /** Whether a category may be drawn again. Default false. */
  readonly replacement?: boolean;
}

/**
 * Indices of `n` categories drawn for each row of weights [k] or [rows, k], int64 [n] or [rows, n].
 * Weights are at least 0 and need not sum to 1. Without replacement as if one after the other, each
 * among those that are left (Efraimidis and Spirakis 2006).
 *
 * @throws {ArgumentError} when a weight is negative or not finite, all of a row are 0, or, without
 * replacement, fewer than n are above 0.
 * @throws {ShapeError} when there are no categories, or the weights have other dims.
 *
 * @example
 * ```ts
 * import { multinomial } from "@minitensor/minitensor";
 * console.assert(multinomial([0, 1, 0], 3, { replacement: true }).sum().item() === 3);
 * console.assert(multinomial([1, 1, 1], 3).sum().item() === 3);
 * ```
 */
export function multinomial(
  weights: TensorLike,
  n: number,
  options: MultinomialOptions = {},
): Tensor {
  checkOptions(options, ["replacement", "generator"], "multinomial");
  const { replacement = false, generator } = options;
  const p = floating(single(weights)).detach().to("float64");
  checkWeights(p, n, replacement);
  return noGrad(() => replacement ? withReplacement(p, n, generator) : without(p, n, generator));
}

function checkWeights(p: Tensor, n: number, replacement: boolean): void {
  const op = "multinomial";
  if (p.ndim < 1 || p.ndim > 2 || p.shape.at(-1) === 0) {
    throw new ShapeError(
      `Cannot ${op} with weights of shape ${text(p.shape)}: it is [k] or [rows, k], k above 0`,
      { op },
    );
  }
  if (!Number.isSafeInteger(n) || n < 1) {
    throw new ArgumentError(`Cannot ${op} draw ${n} categories: it is a whole number from 1 on`, {
      op,
    });
  }
  if (!every(p.ge(0).logicalAnd(p.lt(Infinity)))) {
    throw new ArgumentError(`Cannot ${op} with weights that are negative or not finite`, { op });
  }
  const positive = ops.sum(p.gt(0), -1);
  const needed = replacement ? 1 : n;
  if (!every(positive.ge(needed))) {
    const least = Number(ops.amin(positive).item());
    throw new ArgumentError(
      `Cannot ${op} draw ${n} categories: a row has ${least} weights above 0, it needs ${needed}`,
      { op },
    );
  }
}

/** The first category up to which the weights sum to more than a uniform share of all. */
function withReplacement(p: Tensor, n: number, generator?: Generator): Tensor {
  const sums = ops.cumsum(p, -1);
  const shares = rand([...p.shape.slice(0, -1), n], {
    dtype: "float64",
    ...(generator && { generator }),
  });
  const total = ops.narrow(sums, -1, p.shape.at(-1)! - 1, 1);
  return ops.searchsorted(sums, shares.mul(total), { side: "right" });
}

/** Those whose exponential numbers, divided by their weights, are the smallest. */
function without(p: Tensor, n: number, generator?: Generator): Tensor {
  const times = exponential(1, p.shape, { dtype: "float64", ...(generator && { generator }) });
  return ops.topk(times.log().sub(p.log()).maskedFill(p.eq(0), Infinity), n, -1, { largest: false })
    .indices;
}
