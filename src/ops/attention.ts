/**
 * Attention and embeddings.
 *
 * @module
 */
import { noGrad } from "../autograd.ts";
import { ones, zeros } from "../create.ts";
import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import { broadcastPair, sameShape, type Shape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { dropout } from "./dropout.ts";
import { checkOptions, promote } from "./front.ts";
import {
  type AttentionAttributes,
  causalMask,
  fusedAttention,
  maskedWeights,
} from "./fused_attention.ts";
import { indexSelect } from "./gather.ts";
import { matmul } from "./linalg.ts";
import { where } from "./select.ts";

/** Options of {@link scaledDotProductAttention}. */
export interface AttentionOptions {
  /** Bool: true where a key takes part; floating-point: added to the scores. [..., L, S]. */
  readonly attnMask?: Tensor | null;
  /** Probability that a weight is dropped. Default 0. */
  readonly dropoutP?: number;
  /** A query sees the keys up to its own position, counted from the start. Default false. */
  readonly isCausal?: boolean;
  /** Factor of the scores. Default 1 / sqrt(E). */
  readonly scale?: number;
  /** Fewer heads of keys and values than of queries: each serves several. Default false. */
  readonly enableGqa?: boolean;
}

/**
 * softmax(q k^T * scale + mask) v (Vaswani et al. 2017, equation 1), for q [..., L, E],
 * k [..., S, E] and v [..., S, V]: [..., L, V]. A query without any key gives zeros.
 *
 * @throws {ShapeError} when the shapes do not fit.
 * @throws {ArgumentError} when there is a mask and isCausal.
 *
 * @example
 * ```ts
 * import { ones, scaledDotProductAttention, tensor } from "@minitensor/minitensor";
 * const v = tensor([[1, 2], [3, 4]]);
 * const y = scaledDotProductAttention(ones([1, 2]), ones([2, 2]), v);
 * console.assert(y.toArray().toString() === "2,3"); // equal scores: the mean
 * ```
 */
export function scaledDotProductAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: AttentionOptions = {},
): Tensor {
  const op = "scaledDotProductAttention";
  checkOptions(options, ["attnMask", "dropoutP", "isCausal", "scale", "enableGqa"], op);
  const { attnMask, dropoutP = 0, isCausal = false, enableGqa = false } = options;
  checkAttention(q, k, v, op);
  if (attnMask && isCausal) {
    throw new ArgumentError(`Cannot ${op} with a mask and isCausal: give the mask alone`, { op });
  }
  if (attnMask && attnMask.dtype !== "bool" && !attnMask.isFloatingPoint()) {
    throw new DTypeError(
      `Cannot mask attention with dtype ${attnMask.dtype}: use bool or a float`,
      {
        op,
      },
    );
  }
  const scale = options.scale ?? 1 / Math.sqrt(q.shape.at(-1)!);
  const [query, key, value] = promote([q, k, v], true) as [Tensor, Tensor, Tensor];
  const heads = enableGqa ? groupedHeads(query, key, value, attnMask ?? null, op) : null;
  const operands = heads ?? [query, key, value, attnMask ?? null] as const;
  const isFused = dropoutP === 0 && attnMask?.requiresGrad !== true && query.numel() > 0 &&
    key.numel() > 0 && value.numel() > 0;
  const y = isFused
    ? fused(...operands, { scale, isCausal }, op)
    : composed(...operands, { scale, isCausal }, dropoutP);
  return heads === null ? y : y.flatten(-4, -3);
}

/** Leading dims are broadcast without copying, the mask's too. */
function fused(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  mask: Tensor | null,
  attributes: AttentionAttributes,
  op: string,
): Tensor {
  const scores = [q.shape.at(-2)!, k.shape.at(-2)!];
  let lead = [q, k, v].map((x) => x.shape.slice(0, -2)).reduce((a, b) => broadcastPair(a, b, op));
  if (mask !== null) {
    const whole = broadcastPair([...lead, ...scores], mask.shape, op);
    if (!sameShape(whole.slice(-2), scores)) {
      throw new ShapeError(
        `Cannot ${op} with a mask of shape ${text(mask.shape)} and scores of shape ${
          text([...lead, ...scores])
        }`,
        { op },
      );
    }
    lead = whole.slice(0, -2);
  }
  const spread = (x: Tensor, rest: Shape) => {
    const shape = [...lead, ...rest];
    return sameShape(x.shape, shape) ? x : x.expand(shape);
  };
  const [queries, keys, values] = [q, k, v].map((x) => spread(x, x.shape.slice(-2)));
  const added = mask === null || mask.dtype === "bool" ? mask : mask.to(q.dtype);
  const seen = added === null ? null : spread(added, scores);
  return fusedAttention(queries!, keys!, values!, seen, attributes);
}

/** With all weights at hand: for dropout, masks that are trained, and nothing at all. */
function composed(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  given: Tensor | null,
  { scale, isCausal }: AttentionAttributes,
  dropoutP: number,
): Tensor {
  const scores = matmul(q.mul(scale), k.transpose(-2, -1));
  const mask = isCausal ? causalMask(q, k) : given;
  const weights = mask === null ? scores.softmax(-1) : maskedWeights(scores, mask);
  return matmul(dropoutP > 0 ? dropout(weights, { p: dropoutP }) : weights, v);
}

function checkAttention(q: Tensor, k: Tensor, v: Tensor, op: string): void {
  const fits = q.ndim >= 2 && k.ndim >= 2 && v.ndim >= 2 && q.shape.at(-1) === k.shape.at(-1) &&
    k.shape.at(-2) === v.shape.at(-2);
  if (fits) return;
  throw new ShapeError(
    `Cannot ${op} with q, k and v of shapes ${text(q.shape)}, ${text(k.shape)} and ` +
      `${text(v.shape)}: expected [..., L, E], [..., S, E] and [..., S, V]`,
    { op },
  );
}

/** Heads of queries in groups, [..., heads, group, L, E]; keys and values repeat without a copy. */
function groupedHeads(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  mask: Tensor | null,
  op: string,
): readonly [Tensor, Tensor, Tensor, Tensor | null] {
  const own = k.shape.at(-3);
  const heads = q.shape.at(-3);
  const divides = heads !== undefined && own !== undefined && own > 0 && heads % own === 0;
  if (!divides || v.shape.at(-3) !== own) {
    throw new ShapeError(
      `Cannot ${op} with enableGqa and shapes ${text(q.shape)}, ${text(k.shape)} and ${
        text(v.shape)
      }: the heads do not divide`,
      { op },
    );
  }
  const grouped = (x: Tensor): Tensor => {
    const [count = 1, ...rest] = x.shape.slice(-3);
    const sizes = count === 1 ? [1, 1] : [own, heads / own];
    return x.reshape([...x.shape.slice(0, -3), ...sizes, ...rest]);
  };
  const hasHeads = mask !== null && mask.ndim >= 3;
  return [grouped(q), k.unsqueeze(-3), v.unsqueeze(-3), hasHeads ? grouped(mask) : mask];
}

/** Options of {@link embedding}. */
export interface EmbeddingOptions {
  /** A row that gets no gradient. */
  readonly paddingIdx?: number | null;
  /** Rows in use whose norm is larger are scaled to it first, in place. */
  readonly maxNorm?: number | null;
  /** Which norm. Default 2. */
  readonly normType?: number;
}

/**
 * Rows of `weight` [n, d] by number: [...index, d]. The gradient of a row adds up over its uses.
 *
 * @throws {IndexError} when an index is not 0 to n - 1.
 * @throws {DTypeError} when the indices are not int32 or int64.
 *
 * @example
 * ```ts
 * import { embedding, tensor } from "@minitensor/minitensor";
 * const weight = tensor([[1, 2], [3, 4]]);
 * console.assert(embedding(tensor([1n, 0n, 1n]), weight).toArray().toString() === "3,4,1,2,3,4");
 * ```
 */
export function embedding(index: Tensor, weight: Tensor, options: EmbeddingOptions = {}): Tensor {
  checkOptions(options, ["paddingIdx", "maxNorm", "normType"], "embedding");
  const { paddingIdx, maxNorm, normType = 2 } = options;
  if (weight.ndim !== 2) {
    throw new ShapeError(
      `Cannot take embeddings of a weight of shape ${text(weight.shape)}: it needs 2 dims`,
      { op: "embedding" },
    );
  }
  const flat = index.reshape([-1]);
  if (maxNorm !== undefined && maxNorm !== null) renorm(weight, flat, maxNorm, normType);
  const shape = [...index.shape, weight.shape[1]!];
  const rows = indexSelect(weight, 0, flat).reshape(shape);
  if (paddingIdx === undefined || paddingIdx === null) return rows;
  const row = paddingIdx < 0 ? paddingIdx + weight.shape[0]! : paddingIdx;
  return where(index.eq(row).unsqueeze(-1), rows.detach(), rows);
}

/** Scales the rows that are used and longer than `most`, as PyTorch does. */
function renorm(weight: Tensor, used: Tensor, most: number, p: number): void {
  noGrad(() => {
    const rows = weight.shape[0]!;
    const count = zeros([rows], { dtype: weight.dtype }).indexAdd(
      0,
      used,
      ones([used.numel()], { dtype: weight.dtype }),
    );
    const norm = weight.abs().pow(p).sum(1).pow(1 / p);
    const scale = where(
      count.gt(0).logicalAnd(norm.gt(most)),
      norm.add(1e-7).reciprocal().mul(most),
      1,
    );
    weight.mul_(scale.unsqueeze(1));
  });
}
