/**
 * Losses of how near two or three vectors are to each other, or how two scores are ordered.
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../errors.ts";
import { broadcastPair, sameShape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { minimum } from "./arithmetic.ts";
import { pairwiseDistance } from "./distance.ts";
import { floating, promote } from "./front.ts";
import { checkLossOptions, type LossOptions, reduceLoss } from "./loss_reduction.ts";
import { where } from "./select.ts";

/** Options of losses with a margin. */
export interface MarginOptions extends LossOptions {
  /** How much is not enough. */
  readonly margin?: number;
}

/** Keeps the cosine of vectors of length 0 finite. */
const LENGTH_MIN = 1e-12;

/**
 * 1 - cos for pairs of target 1, max(0, cos - margin) for those of target -1, cos being the cosine
 * of the angle between two vectors.
 *
 * @param x1 [N, D] or [D].
 * @param x2 Of x1's shape.
 * @param target 1 and -1, [N] or [].
 * @param options margin: -1 to 1, default 0.
 * @throws {ShapeError} when the shapes do not fit.
 *
 * @example
 * ```ts
 * import { cosineEmbeddingLoss, tensor } from "@minitensor/minitensor";
 * const loss = cosineEmbeddingLoss(tensor([[1, 0]]), tensor([[0, 1]]), tensor([1]));
 * console.assert(loss.item() === 1);
 * ```
 */
export function cosineEmbeddingLoss(
  x1: Tensor,
  x2: Tensor,
  target: Tensor,
  options: MarginOptions = {},
): Tensor {
  checkLossOptions(options, ["margin"], "cosineEmbeddingLoss");
  const { margin = 0, reduction = "mean" } = options;
  if (
    !sameShape(x1.shape, x2.shape) || x1.ndim < 1 || x1.ndim > 2 ||
    !sameShape(target.shape, x1.shape.slice(0, -1))
  ) {
    throw new ShapeError(
      `Cannot cosineEmbeddingLoss tensors of shapes ${text(x1.shape)} and ${
        text(x2.shape)
      } with targets of shape ${text(target.shape)}: they are [N, D], [N, D] and [N]`,
      { op: "cosineEmbeddingLoss" },
    );
  }
  const [a, b] = promote([x1, x2], true);
  const length = (x: Tensor): Tensor => x.square().sum(-1).add(LENGTH_MIN).sqrt();
  const cosine = a!.mul(b!).sum(-1).div(length(a!)).div(length(b!));
  const apart = where(target.eq(-1), cosine.sub(margin).relu(), 0);
  const losses = where(target.eq(1), cosine.neg().add(1), apart);
  return reduceLoss(losses, reduction, "cosineEmbeddingLoss");
}

/**
 * x where the target is 1, max(0, margin - x) where it is -1.
 *
 * @param target 1 and -1; broadcasts with x.
 * @param options margin: default 1.
 * @throws {ShapeError} unless the shapes broadcast.
 *
 * @example
 * ```ts
 * import { hingeEmbeddingLoss, tensor } from "@minitensor/minitensor";
 * const losses = hingeEmbeddingLoss(tensor([3, 0.25]), tensor([1, -1]), { reduction: "none" });
 * console.assert(losses.toArray().toString() === "3,0.75");
 * ```
 */
export function hingeEmbeddingLoss(
  x: Tensor,
  target: Tensor,
  options: MarginOptions = {},
): Tensor {
  checkLossOptions(options, ["margin"], "hingeEmbeddingLoss");
  const { margin = 1, reduction = "mean" } = options;
  broadcastPair(x.shape, target.shape, "hingeEmbeddingLoss");
  const value = floating(x);
  const near = where(target.ne(-1), value, 0);
  const far = where(target.ne(1), value.neg().add(margin).relu(), 0);
  return reduceLoss(near.add(far), reduction, "hingeEmbeddingLoss");
}

/**
 * max(0, margin - target (x1 - x2)): x1 should be the larger one where the target is 1, x2 where it
 * is -1.
 *
 * @param target 1 and -1; all three broadcast.
 * @param options margin: default 0.
 * @throws {ShapeError} unless the shapes broadcast.
 *
 * @example
 * ```ts
 * import { marginRankingLoss, tensor } from "@minitensor/minitensor";
 * console.assert(marginRankingLoss(tensor([1]), tensor([3]), tensor([1])).item() === 2);
 * ```
 */
export function marginRankingLoss(
  x1: Tensor,
  x2: Tensor,
  target: Tensor,
  options: MarginOptions = {},
): Tensor {
  checkLossOptions(options, ["margin"], "marginRankingLoss");
  const { margin = 0, reduction = "mean" } = options;
  const shape = broadcastPair(x1.shape, x2.shape, "marginRankingLoss");
  broadcastPair(shape, target.shape, "marginRankingLoss");
  const [a, b, order] = promote([x1, x2, target], true);
  const losses = b!.sub(a!).mul(order!).add(margin).relu();
  return reduceLoss(losses, reduction, "marginRankingLoss");
}

/** A distance of two batches of vectors. */
export type DistanceFunction = (x: Tensor, y: Tensor) => Tensor;

/** Options of {@link tripletMarginWithDistanceLoss}. */
export interface TripletMarginWithDistanceLossOptions extends MarginOptions {
  /** Default: {@link pairwiseDistance}. */
  readonly distanceFunction?: DistanceFunction | null;
  /** True: the negative counts as far as from anchor or positive, the nearer one. Default false. */
  readonly swap?: boolean;
}

/** Options of {@link tripletMarginLoss}. */
export interface TripletMarginLossOptions extends MarginOptions {
  /** Which norm measures distances. Default 2. */
  readonly p?: number;
  /** Added to each difference. Default 1e-6. */
  readonly eps?: number;
  /** True: the negative counts as far as from anchor or positive, the nearer one. Default false. */
  readonly swap?: boolean;
}

/**
 * max(0, d(anchor, positive) - d(anchor, negative) + margin), d the p-norm of the difference.
 *
 * @param anchor [N, D] or [D]; all three broadcast.
 * @param options margin: above 0, default 1.
 * @throws {ShapeError} unless the shapes broadcast.
 * @throws {ArgumentError} unless the margin is above 0.
 *
 * @example
 * ```ts
 * import { tensor, tripletMarginLoss } from "@minitensor/minitensor";
 * const loss = tripletMarginLoss(tensor([[0, 0]]), tensor([[0, 3]]), tensor([[0, 2]]));
 * console.assert(Math.abs(Number(loss.item()) - 2) < 1e-5);
 * ```
 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletMarginLossOptions = {},
): Tensor {
  checkLossOptions(options, ["margin", "p", "eps", "swap"], "tripletMarginLoss");
  const { p = 2, eps = 1e-6, ...rest } = options;
  const distanceFunction: DistanceFunction = (x, y) => pairwiseDistance(x, y, { p, eps });
  return triplets(anchor, positive, negative, { ...rest, distanceFunction }, "tripletMarginLoss");
}

/**
 * As {@link tripletMarginLoss}, with any distance.
 *
 * @throws {ArgumentError} unless the margin is above 0.
 *
 * @example
 * ```ts
 * import { tensor, tripletMarginWithDistanceLoss } from "@minitensor/minitensor";
 * const [a, p, n] = [tensor([[0, 0]]), tensor([[0, 3]]), tensor([[0, 2]])];
 * const loss = tripletMarginWithDistanceLoss(a, p, n, {
 *   distanceFunction: (x, y) => x.sub(y).abs().sum(-1),
 * });
 * console.assert(loss.item() === 2);
 * ```
 */
export function tripletMarginWithDistanceLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletMarginWithDistanceLossOptions = {},
): Tensor {
  const op = "tripletMarginWithDistanceLoss";
  checkLossOptions(options, ["margin", "distanceFunction", "swap"], op);
  return triplets(anchor, positive, negative, options, op);
}

function triplets(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletMarginWithDistanceLossOptions,
  op: string,
): Tensor {
  const { margin = 1, swap = false, reduction = "mean" } = options;
  if (!(margin > 0)) {
    throw new ArgumentError(`Cannot ${op} with margin ${margin}: it is above 0`, { op });
  }
  broadcastPair(broadcastPair(anchor.shape, positive.shape, op), negative.shape, op);
  const [a, p, n] = promote([anchor, positive, negative], true);
  const distance = options.distanceFunction ?? pairwiseDistance;
  const direct = distance(a!, n!);
  const apart = swap ? minimum(direct, distance(p!, n!)) : direct;
  return reduceLoss(distance(a!, p!).sub(apart).add(margin).relu(), reduction, op);
}
