/**
 * Where a token stands, told to attention: rotations of queries and keys, and biases of scores.
 *
 * @module
 */
import { arange, tensor } from "../create.ts";
import { type DType, getDefaultDtype } from "../dtype.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { broadcastPair, sameShape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, floating } from "./front.ts";
import { cat, stack } from "./join.ts";
import { causalMask } from "./position_masks.ts";

/** Options of {@link ropeFrequencies}. */
export interface RopeFrequenciesOptions {
  /** What the frequencies are powers of. Default 10000. */
  readonly base?: number;
  /** Default: the default dtype. */
  readonly dtype?: DType;
}

/** Options of {@link rotaryEmbedding}. */
export interface RotaryEmbeddingOptions {
  /**
   * Positions of the tokens, [S], or to broadcast with x's dims before the last. Default 0 to S -
   * 1.
   */
  readonly positions?: Tensor | readonly number[];
  /** What the frequencies are powers of. Default 10000. */
  readonly base?: number;
  /** Pairs are neighbours, 2 i and 2 i + 1. Default false: element i is paired with i + D / 2. */
  readonly interleaved?: boolean;
}

/** Options of {@link alibiBias}. */
export interface AlibiBiasOptions {
  /** Number of keys. Default: that of the queries. */
  readonly keys?: number;
  /** Position of the first query among the keys. Default 0. */
  readonly offset?: number;
  /**
   * -infinity for keys after the query; else their distance counts like that before. Default true.
   */
  readonly isCausal?: boolean;
  /** Default: the default dtype. */
  readonly dtype?: DType;
}

/**
 * Angles in radians by which rotary embeddings turn each pair from a position to the next:
 * base^(-2 i / dim) for i = 0 to dim / 2 - 1 (Su et al. 2021, section 3.2.2).
 *
 * @returns [dim / 2].
 * @throws {ArgumentError} when dim is not an even number above 0, or the base is not above 0.
 *
 * @example
 * ```ts
 * import { ropeFrequencies } from "@minitensor/minitensor";
 * const angles = ropeFrequencies(4, { dtype: "float64" });
 * console.assert(angles.toArray().toString() === "1,0.01");
 * ```
 */
export function ropeFrequencies(dim: number, options: RopeFrequenciesOptions = {}): Tensor {
  checkOptions(options, ["base", "dtype"], "ropeFrequencies");
  const { base = 10000, dtype = getDefaultDtype() } = options;
  checkRotation(dim, base, "ropeFrequencies");
  return tensor(frequencies(dim, base), { dtype });
}

function checkRotation(dim: number, base: number, op: string): void {
  if (!(Number.isInteger(dim) && dim > 0 && dim % 2 === 0)) {
    throw new ArgumentError(`Cannot ${op} of ${dim} elements: it takes pairs`, { op });
  }
  if (!(base > 0 && Number.isFinite(base))) {
    throw new ArgumentError(`Cannot ${op} with base ${base}: it is above 0`, { op });
  }
}

function frequencies(dim: number, base: number): Float64Array {
  return Float64Array.from({ length: dim / 2 }, (_, i) => base ** (-2 * i / dim));
}

/**
 * Turns pairs of elements by angles in proportion to the position, so that products of queries and
 * keys depend on their distance (Su et al. 2021): (a, b) becomes
 * (a cos t - b sin t, b cos t + a sin t) with t = position * base^(-2 i / D).
 *
 * @param x queries or keys, [..., S, D].
 * @returns As x; float. Angles are computed in float64, whatever x is.
 * @throws {ShapeError} when x has less than 2 dims, or the positions do not broadcast to [..., S].
 * @throws {ArgumentError} when D is odd, or the base is not above 0.
 *
 * @example
 * ```ts
 * import { rotaryEmbedding, tensor } from "@minitensor/minitensor";
 * const x = tensor([[1, 0], [1, 0]]);
 * const y = rotaryEmbedding(x, { positions: [0, Math.PI / 2] });
 * console.assert(y.round().abs().toArray().toString() === "1,0,0,1");
 * ```
 */
export function rotaryEmbedding(x: Tensor, options: RotaryEmbeddingOptions = {}): Tensor {
  const op = "rotaryEmbedding";
  checkOptions(options, ["positions", "base", "interleaved"], op);
  const { base = 10000, interleaved = false } = options;
  if (x.ndim < 2) {
    throw new ShapeError(`Cannot ${op} a tensor of shape ${text(x.shape)}: it takes [..., S, D]`, {
      op,
    });
  }
  const dim = x.shape.at(-1)!;
  checkRotation(dim, base, op);
  const input = floating(x);
  const angles = positionsOf(input, options, op).mul(tensor(frequencies(dim, base)));
  const [cos, sin] = [angles.cos().to(input.dtype), angles.sin().to(input.dtype)];
  const [a, b] = interleaved
    ? [
      input.unflatten(-1, [dim / 2, 2]).select(-1, 0),
      input.unflatten(-1, [dim / 2, 2]).select(-1, 1),
    ]
    : [input.narrow(-1, 0, dim / 2), input.narrow(-1, dim / 2, dim / 2)];
  const turned = [a.mul(cos).sub(b.mul(sin)), b.mul(cos).add(a.mul(sin))];
  return interleaved ? stack(turned, -1).reshape(input.shape) : cat(turned, -1);
}

/** Positions as a column in float64: float32 would round the angles of far ones. */
function positionsOf(x: Tensor, { positions }: RotaryEmbeddingOptions, op: string): Tensor {
  const length = x.shape.at(-2)!;
  if (positions === undefined) return arange(0, length, 1, { dtype: "float64" }).unsqueeze(-1);
  const given = Array.isArray(positions)
    ? tensor(Float64Array.from(positions))
    : positions as Tensor;
  const tokens = x.shape.slice(0, -1);
  const fits = given.ndim >= 1 && given.ndim <= tokens.length &&
    sameShape(broadcastPair(tokens, given.shape, op), tokens);
  if (!fits) {
    throw new ShapeError(
      `Cannot ${op} a tensor of shape ${text(x.shape)} with positions of shape ${
        text(given.shape)
      }: they do not broadcast to ${text(tokens)}`,
      { op },
    );
  }
  return given.detach().to("float64").unsqueeze(-1);
}

/**
 * Terms for attention scores that grow more negative with distance: -m |i - j| for query i and key
 * j, with a slope m of its own for each head (Press et al. 2022). For n heads, a power of two, the
 * slopes are 2^(-8 k / n) for k = 1 to n; other numbers take every other slope of twice the power
 * below them for the rest.
 *
 * @param queries Number of queries.
 * @returns [numHeads, queries, keys], to be given as `attnMask`.
 * @throws {ArgumentError} when a number is not a whole one above 0.
 *
 * @example
 * ```ts
 * import { alibiBias } from "@minitensor/minitensor";
 * const bias = alibiBias(8, 3).index(0, 2); // the first slope, the last query
 * console.assert(bias.toArray().toString() === "-1,-0.5,0");
 * ```
 */
export function alibiBias(
  numHeads: number,
  queries: number,
  options: AlibiBiasOptions = {},
): Tensor {
  const op = "alibiBias";
  checkOptions(options, ["keys", "offset", "isCausal", "dtype"], op);
  const { keys = queries, offset = 0, isCausal = true, dtype = getDefaultDtype() } = options;
  if (!(Number.isInteger(numHeads) && numHeads > 0)) {
    throw new ArgumentError(`Cannot ${op} for ${numHeads} heads: it is a whole number above 0`, {
      op,
    });
  }
  const mask = causalMask(queries, { keys, offset }); // checks the other numbers
  const row = arange(offset, offset + queries, 1, { dtype }).unsqueeze(1);
  const distance = row.sub(arange(0, keys, 1, { dtype })).abs().neg();
  const near = isCausal ? distance.maskedFill(mask.logicalNot(), -Infinity) : distance;
  return near.mul(tensor(slopes(numHeads), { dtype }).reshape([numHeads, 1, 1]));
}

function slopes(heads: number): readonly number[] {
  const power = 2 ** Math.floor(Math.log2(heads));
  const of = (count: number) =>
    Array.from({ length: count }, (_, k) => 2 ** (-8 * (k + 1) / count));
  const between = of(2 * power).filter((_, k) => k % 2 === 0);
  return [...of(power), ...between.slice(0, heads - power)];
}
