/**
 * What losses share: how many numbers become one, and what their inputs must be.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { sameShape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, operand, promote } from "./front.ts";

/** How a loss of each element or sample becomes one number. */
export type ReductionName = "mean" | "sum" | "none";

/** Options that every loss takes. */
export interface LossOptions {
  /** Default "mean": over all elements. */
  readonly reduction?: ReductionName;
}

const reductions: readonly string[] = ["mean", "sum", "none"];

/** Throws for options that a loss does not have, `reduction` among those it has. */
export function checkLossOptions(options: LossOptions, known: readonly string[], op: string): void {
  checkOptions(options, [...known, "reduction"], op);
  checkReduction(options.reduction ?? "mean", op);
}

function checkReduction(reduction: string, op: string): void {
  if (!reductions.includes(reduction)) {
    throw new ArgumentError(
      `Cannot ${op} with reduction ${String(reduction)}: it is mean, sum or none`,
      { op },
    );
  }
}

/** The losses as they are, their sum or their mean. */
export function reduceLoss(losses: Tensor, reduction: ReductionName, op: string): Tensor {
  checkReduction(reduction, op);
  if (reduction === "none") return losses;
  return reduction === "sum" ? losses.sum() : losses.mean();
}

/** Input and target in one floating-point dtype. They must have one shape. */
export function lossPair(x: Tensor, target: Tensor, op: string): [x: Tensor, target: Tensor] {
  if (!sameShape(x.shape, target.shape)) {
    throw new ShapeError(
      `Cannot ${op} tensors of shapes ${text(x.shape)} and ${
        text(target.shape)
      }: they must be equal`,
      { op, suggestion: "Reshape or expand one of them first" },
    );
  }
  const [a, b] = promote([x, target], true);
  return [a!, b!];
}

/** The losses times their weights, where there are any. */
export function weighted(losses: Tensor, weight: TensorLike | null | undefined): Tensor {
  if (weight === null || weight === undefined) return losses;
  return losses.mul(operand(weight, losses.dtype));
}
