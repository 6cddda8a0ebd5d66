/**
 * Attention of several heads, with its projections.
 *
 * @module
 */
import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import type { Generator } from "../random.ts";
import { sameShape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { scaledDotProductAttention } from "./attention.ts";
import { dropout } from "./dropout.ts";
import { checkOptions } from "./front.ts";
import { cat } from "./join.ts";
import { linear, matmul } from "./linalg.ts";
import { maskedSoftmax } from "./masked_softmax.ts";
import { pad } from "./pad.ts";
import { causalMask } from "./position_masks.ts";
import { mean } from "./reduction.ts";

/** Weights of attention over E features. Either `inProjWeight` or the three others are given. */
export interface MultiHeadWeights {
  /** Projections of queries, keys and values above one another, [3 E, E]. */
  readonly inProjWeight?: Tensor | null;
  /** Of queries alone, [E, E]. */
  readonly qProjWeight?: Tensor | null;
  /** Of keys alone, [E, features of the keys]. */
  readonly kProjWeight?: Tensor | null;
  /** Of values alone, [E, features of the values]. */
  readonly vProjWeight?: Tensor | null;
  /** Added to the projections, [3 E]. */
  readonly inProjBias?: Tensor | null;
  /** Projection of the result, [E, E]. */
  readonly outProjWeight: Tensor;
  /** Added to it, [E]. */
  readonly outProjBias?: Tensor | null;
  /** A key behind all others, [1, 1, E]; with `biasV`. */
  readonly biasK?: Tensor | null;
  /** The value behind all others, [1, 1, E]; with `biasK`. */
  readonly biasV?: Tensor | null;
}

/** Options of {@link multiHeadAttentionForward}. */
export interface MultiHeadOptions {
  /** Bool: true = left out; floating-point: added to the scores. [L, S], or [N heads, L, S]. */
  readonly attnMask?: Tensor | null;
  /** Keys that are left out by all queries, likewise. [N, S], or [S] without a batch. */
  readonly keyPaddingMask?: Tensor | null;
  /** A query sees the keys up to its own position. Default false. */
  readonly isCausal?: boolean;
  /** Answers with the weights too. Default false. */
  readonly needWeights?: boolean;
  /** The mean of the heads' weights instead of each. Default true. */
  readonly averageAttnWeights?: boolean;
  /** Adds a key and a value of zeros behind all others. Default false. */
  readonly addZeroAttn?: boolean;
  /** Probability that a weight is dropped in training. Default 0. */
  readonly dropoutP?: number;
  /** Whether weights are dropped at all. Default true. */
  readonly training?: boolean;
  /** Where the draws come from. */
  readonly generator?: Generator;
  /** Tokens stand in dim 1, after the batch, instead of in dim 0. Default true. */
  readonly batchFirst?: boolean;
}

/** What {@link multiHeadAttentionForward} answers. */
export interface MultiHeadResult {
  /** As the queries. */
  readonly output: Tensor;
  /** [N, L, S], or [N, heads, L, S] without the mean; null unless asked for. */
  readonly weights: Tensor | null;
}

const op = "multiHeadAttentionForward";

const weightNames: readonly string[] = [
  "inProjWeight",
  "qProjWeight",
  "kProjWeight",
  "vProjWeight",
  "inProjBias",
  "outProjWeight",
  "outProjBias",
  "biasK",
  "biasV",
];

const optionNames: readonly string[] = [
  "attnMask",
  "keyPaddingMask",
  "isCausal",
  "needWeights",
  "averageAttnWeights",
  "addZeroAttn",
  "dropoutP",
  "training",
  "generator",
  "batchFirst",
];

/**
 * Attention of `numHeads` heads, each over its share of the E features of projected queries, keys
 * and values, side by side and projected again (Vaswani et al. 2017, section 3.2.2). In masks true
 * means left out, the reverse of `scaledDotProductAttention`, as in PyTorch. A query without any
 * key attends to nothing: its weights are zeros.
 *
 * @param q [N, L, E], or [L, E] without a batch.
 * @param k [N, S, E], or as many features as `kProjWeight` takes.
 * @param v [N, S, E], or as many features as `vProjWeight` takes.
 * @throws {ShapeError} when the shapes do not fit.
 * @throws {ArgumentError} when projections are missing.
 * @throws {DTypeError} when a mask is neither bool nor floating-point.
 *
 * @example
 * ```ts
 * import { eye, multiHeadAttentionForward, tensor } from "@minitensor/minitensor";
 * const x = tensor([[1, 2], [1, 2]]);
 * const [qProjWeight, kProjWeight, vProjWeight] = [eye(2), eye(2), eye(2)];
 * const weights = { qProjWeight, kProjWeight, vProjWeight, outProjWeight: eye(2) };
 * const { output } = multiHeadAttentionForward(x, x, x, 2, weights);
 * console.assert(output.toArray().toString() === "1,2,1,2");
 * ```
 */
export function multiHeadAttentionForward(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  numHeads: number,
  weights: MultiHeadWeights,
  options: MultiHeadOptions = {},
): MultiHeadResult {
  checkOptions(weights, weightNames, op);
  checkOptions(options, optionNames, op);
  const { batchFirst = true } = options;
  const isBatch = q.ndim === 3;
  const arranged = (x: Tensor) => !isBatch ? x.unsqueeze(0) : batchFirst ? x : x.transpose(0, 1);
  checkTokens(q, k, v, batchFirst);
  // One tensor stays one, so that its three projections are a single product.
  const query = arranged(q);
  const key = k === q ? query : arranged(k);
  const value = v === q ? query : v === k ? key : arranged(v);
  const { output, weights: shares } = attend(query, key, value, numHeads, weights, options);
  return {
    output: !isBatch ? output.squeeze(0) : batchFirst ? output : output.transpose(0, 1),
    weights: isBatch || shares === null ? shares : shares.squeeze(0),
  };
}

function checkTokens(q: Tensor, k: Tensor, v: Tensor, batchFirst: boolean): void {
  const lead = (x: Tensor) => x.shape.slice(0, -1);
  const batch = batchFirst ? 0 : 1;
  const fits = (q.ndim === 2 || q.ndim === 3) && k.ndim === q.ndim &&
    sameShape(lead(k), lead(v)) && (q.ndim === 2 || q.shape[batch] === k.shape[batch]);
  if (fits) return;
  throw new ShapeError(
    `Cannot ${op} with q, k and v of shapes ${text(q.shape)}, ${text(k.shape)} and ` +
      `${text(v.shape)}: expected ${
        batchFirst
          ? "[N, L, E], [N, S, ...] and [N, S, ...]"
          : "[L, N, E], [S, N, ...] and [S, N, ...]"
      }, or all without N`,
    { op },
  );
}

function attend(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  heads: number,
  weights: MultiHeadWeights,
  options: MultiHeadOptions,
): MultiHeadResult {
  const features = query.shape[2]!;
  if (!(Number.isInteger(heads) && heads > 0 && features % heads === 0)) {
    throw new ShapeError(`Cannot ${op} of ${features} features in ${heads} heads`, { op });
  }
  const [q, k, v] = projected(query, key, value, weights).map((x) => split(x, heads));
  const { addZeroAttn = false, needWeights = false, training = true } = options;
  const longer = (x: Tensor) => addZeroAttn ? pad(x, [0, 0, 0, 1]) : x;
  const [keys, values] = [longer(k!), longer(v!)];
  const extra = keys.shape[2]! - key.shape[1]!;
  const p = training ? options.dropoutP ?? 0 : 0;
  const masks = masksOf(q!, key.shape[1]!, extra, options);
  let shares: Tensor | null = null;
  let result: Tensor;
  if (needWeights || p > 0) {
    shares = sharesOf(q!, keys, masks);
    if (p > 0) {
      const { generator } = options;
      shares = dropout(shares, generator === undefined ? { p } : { p, generator });
    }
    result = matmul(shares, values);
  } else result = scaledDotProductAttention(q!, keys, values, { attnMask: takingPart(masks) });
  const { outProjWeight, outProjBias = null } = weights;
  const output = linear(result.transpose(1, 2).flatten(2), outProjWeight, { bias: outProjBias });
  if (!needWeights || shares === null) return { output, weights: null };
  return { output, weights: options.averageAttnWeights === false ? shares : mean(shares, 1) };
}

/** [N, L, E] as heads, [N, heads, L, E / heads]. */
function split(x: Tensor, heads: number): Tensor {
  const [batch, length, features] = x.shape as readonly [number, number, number];
  return x.reshape([batch, length, heads, features / heads]).transpose(1, 2);
}

/** Projections of queries, keys and values; the bias key and value are behind the others. */
function projected(q: Tensor, k: Tensor, v: Tensor, weights: MultiHeadWeights): readonly Tensor[] {
  const features = q.shape[2]!;
  const { inProjWeight, inProjBias = null, biasK = null, biasV = null } = weights;
  const part = (x: Tensor, i: number, count: number) => x.narrow(0, i * features, count * features);
  const biasOf = (i: number, count: number) => inProjBias && part(inProjBias, i, count);
  const rows = inProjWeight?.shape[0] ?? 3 * features;
  if (rows !== 3 * features || (inProjBias && inProjBias.shape[0] !== 3 * features)) {
    throw new ShapeError(
      `Cannot ${op} of ${features} features with projections to ${rows} and a bias of ${
        inProjBias?.shape[0]
      }: they are three times as many`,
      { op },
    );
  }
  const apart = [weights.qProjWeight, weights.kProjWeight, weights.vProjWeight];
  const project = (x: Tensor, i: number, count = 1): Tensor => {
    const weight = inProjWeight ? part(inProjWeight, i, count) : apart[i];
    if (!weight) {
      throw new ArgumentError(
        `Cannot ${op} without projections: give inProjWeight, or one each for q, k and v`,
        { op },
      );
    }
    return linear(x, weight, { bias: biasOf(i, count) });
  };
  const all = inProjWeight && q === k && k === v
    ? project(q, 0, 3).split(features, -1)
    : [project(q, 0), project(k, 1), project(v, 2)];
  if ((biasK === null) !== (biasV === null)) {
    throw new ArgumentError(`Cannot ${op} with one of biasK and biasV: they go together`, { op });
  }
  if (biasK === null || biasV === null) return all;
  const behind = (x: Tensor, last: Tensor) =>
    cat([x, last.reshape([1, 1, features]).expand([x.shape[0]!, 1, features])], 1);
  return [all[0]!, behind(all[1]!, biasK), behind(all[2]!, biasV)];
}

/** What is left out, and what is added to the scores: both broadcast to [N, heads, L, S]. */
interface Masks {
  readonly leftOut: Tensor | null;
  readonly added: Tensor | null;
}

function masksOf(q: Tensor, keys: number, extra: number, options: MultiHeadOptions): Masks {
  const [batch, heads, queries] = q.shape as readonly [number, number, number];
  const { attnMask = null, keyPaddingMask = null, isCausal = false } = options;
  const given: Tensor[] = [];
  if (attnMask !== null) given.push(headMask(attnMask, [batch, heads, queries, keys]));
  if (keyPaddingMask !== null) given.push(keyMask(keyPaddingMask, batch, keys));
  if (isCausal) given.push(causalMask(queries, { keys }).logicalNot());
  // Keys that were added behind the others are seen by all.
  const wide = given.map((mask) => extra === 0 ? mask : pad(mask, [0, extra]));
  const bools = wide.filter((mask) => mask.dtype === "bool");
  const floats = wide.filter((mask) => mask.dtype !== "bool");
  const merge = (masks: readonly Tensor[], both: (a: Tensor, b: Tensor) => Tensor) =>
    masks.length === 0 ? null : masks.reduce(both);
  return {
    leftOut: merge(bools, (a, b) => a.logicalOr(b)),
    added: merge(floats, (a, b) => a.add(b)),
  };
}

function checkMask(mask: Tensor, name: string): void {
  if (mask.dtype === "bool" || mask.isFloatingPoint()) return;
  throw new DTypeError(`Cannot ${op} with ${name} of dtype ${mask.dtype}: use bool or a float`, {
    op,
  });
}

function headMask(mask: Tensor, shape: readonly [number, number, number, number]): Tensor {
  checkMask(mask, "attnMask");
  const [batch, heads, queries, keys] = shape;
  if (sameShape(mask.shape, [queries, keys])) return mask;
  if (sameShape(mask.shape, [batch * heads, queries, keys])) return mask.reshape(shape);
  throw new ShapeError(
    `Cannot ${op} with attnMask of shape ${text(mask.shape)}: expected ${text([queries, keys])} ` +
      `or ${text([batch * heads, queries, keys])}`,
    { op },
  );
}

function keyMask(mask: Tensor, batch: number, keys: number): Tensor {
  checkMask(mask, "keyPaddingMask");
  const single = batch === 1 && sameShape(mask.shape, [keys]);
  if (single || sameShape(mask.shape, [batch, keys])) return mask.reshape([batch, 1, 1, keys]);
  throw new ShapeError(
    `Cannot ${op} with keyPaddingMask of shape ${text(mask.shape)}: expected ${
      text([batch, keys])
    }`,
    { op },
  );
}

/** The masks as one that {@link scaledDotProductAttention} takes. */
function takingPart({ leftOut, added }: Masks): Tensor | null {
  if (added === null) return leftOut === null ? null : leftOut.logicalNot();
  if (leftOut === null) return added;
  return added.add(added.newZeros(leftOut.shape).maskedFill(leftOut, -Infinity));
}

/** The weights of the keys, [N, heads, L, S]. */
function sharesOf(q: Tensor, keys: Tensor, { leftOut, added }: Masks): Tensor {
  const products = matmul(q.mul(1 / Math.sqrt(q.shape[3]!)), keys.transpose(-2, -1));
  const scores = added === null ? products : products.add(added);
  if (added === null && leftOut === null) return scores.softmax(-1);
  const gone = added === null ? null : scores.detach().eq(-Infinity);
  const mask = gone === null ? leftOut! : leftOut === null ? gone : gone.logicalOr(leftOut);
  return maskedSoftmax(scores, mask, -1);
}
