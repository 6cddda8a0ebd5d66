/**
 * Probabilities, given as such or as the logarithms of their odds.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { ArgumentError } from "../errors.ts";
import { checkOptions } from "../ops/front.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { parameters, require } from "./distribution.ts";

/** One of the two. */
export interface Chances {
  /** Probabilities. */
  readonly probs?: TensorLike;
  /** Logarithms of the odds, or for categories of the weights. */
  readonly logits?: TensorLike;
}

/** The one that is given, beside other parameters. */
export function chances(
  given: Chances,
  what: string,
  ...others: readonly TensorLike[]
): { readonly x: Tensor; readonly logits: boolean; readonly others: readonly Tensor[] } {
  checkOptions(given, ["probs", "logits"], `make a ${what} distribution`);
  const { probs, logits } = given;
  if ((probs === undefined) === (logits === undefined)) {
    throw new ArgumentError(
      `Cannot make a ${what} distribution: it takes either probs or logits`,
      { op: what },
    );
  }
  const [x, ...rest] = parameters((probs ?? logits)!, ...others);
  if (probs !== undefined) {
    require(x!.ge(0), what, "a probability is negative or NaN");
  }
  return { x: x!, logits: logits !== undefined, others: rest };
}
