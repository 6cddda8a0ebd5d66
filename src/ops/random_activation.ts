/**
 * Activations that draw random numbers.
 *
 * @module
 */
import { zerosLike } from "../create.ts";
import { ArgumentError } from "../errors.ts";
import { defaultGenerator, type Generator, uniform } from "../random.ts";
import { checkDim } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { leakyRelu } from "./bent_activation.ts";
import { checkOptions, floating } from "./front.ts";
import { softmax } from "./loss.ts";
import { where } from "./select.ts";

/** Options of {@link gumbelSoftmax}. */
export interface GumbelSoftmaxOptions {
  /** Temperature, above 0: low ones come near to a choice of one. Default 1. */
  readonly tau?: number;
  /** True: exactly one 1 in each row, with the gradient of the soft result. Default false. */
  readonly hard?: boolean;
  /** Default -1. */
  readonly dim?: number;
  /** Where the noise comes from. */
  readonly generator?: Generator;
}

/**
 * A random choice along a dim with the probabilities softmax(logits), softened so that it has a
 * gradient (Jang, Gu and Poole 2016).
 *
 * @returns As the logits; float.
 * @throws {ArgumentError} unless tau is above 0.
 *
 * @example
 * ```ts
 * import { gumbelSoftmax, tensor } from "@minitensor/minitensor";
 * const choice = gumbelSoftmax(tensor([0, 1, 2]), { hard: true });
 * console.assert(choice.sum().item() === 1);
 * ```
 */
export function gumbelSoftmax(logits: Tensor, options: GumbelSoftmaxOptions = {}): Tensor {
  checkOptions(options, ["tau", "hard", "dim", "generator"], "gumbelSoftmax");
  const { tau = 1, hard = false, dim = -1, generator = defaultGenerator } = options;
  if (!(tau > 0)) {
    throw new ArgumentError(`Cannot gumbelSoftmax with tau ${tau}: it is above 0`, {
      op: "gumbelSoftmax",
    });
  }
  const scores = floating(logits);
  const along = checkDim(dim, scores.ndim, "gumbelSoftmax");
  const soft = softmax(scores.add(gumbelNoise(scores, generator)).div(tau), along);
  if (!hard) return soft;
  const plain = soft.detach();
  const chosen = plain.argmax(along, { keepdim: true });
  const ones = plain.newOnes(chosen.shape);
  const choice = zerosLike(plain).scatterAdd(along, chosen, ones);
  // 1 exactly where chosen: the soft result minus itself is 0 before the choice is added.
  return soft.sub(plain).add(choice);
}

/** -log(-log(u)) of uniform u, which never is infinite. */
function gumbelNoise(like: Tensor, generator: Generator): Tensor {
  const draws = uniform(like.shape, { dtype: like.dtype, generator });
  const exponential = draws.neg().log1p().neg(); // u = 0 gives 0
  return exponential.clamp(like.dtype === "float32" ? 2 ** -25 : 2 ** -54, null).log().neg();
}

/** Options of {@link rrelu}. */
export interface RreluOptions {
  /** Lowest slope. Default 1/8. */
  readonly lower?: number;
  /** Highest slope. Default 1/3. */
  readonly upper?: number;
  /** True: each slope is drawn; false: all are the mean of both. Default false. */
  readonly training?: boolean;
  /** Where the slopes come from. */
  readonly generator?: Generator;
}

/**
 * x above 0, a random slope times x elsewhere.
 *
 * @returns As x; float.
 * @throws {ArgumentError} when lower is above upper.
 *
 * @example
 * ```ts
 * import { rrelu, tensor } from "@minitensor/minitensor";
 * const out = rrelu(tensor([-2, 2]), { lower: 0.25, upper: 0.75 });
 * console.assert(out.toArray().toString() === "-1,2");
 * ```
 */
export function rrelu(x: Tensor, options: RreluOptions = {}): Tensor {
  checkOptions(options, ["lower", "upper", "training", "generator"], "rrelu");
  const { lower = 1 / 8, upper = 1 / 3, training = false, generator = defaultGenerator } = options;
  if (!(lower <= upper && Number.isFinite(upper - lower))) {
    throw new ArgumentError(
      `Cannot rrelu with slopes from ${lower} to ${upper}: the lower one stands first`,
      { op: "rrelu" },
    );
  }
  const value = floating(x);
  if (!training) return leakyRelu(value, { negativeSlope: (lower + upper) / 2 });
  const { shape, dtype } = value;
  const slopes = uniform(shape, { low: lower, high: upper, dtype, generator });
  return where(value.gt(0), value, value.mul(slopes));
}
