/**
 * Embeddings of bags: sums, means and maxima of rows by number.
 *
 * @module
 */
import { arange, tensor } from "../create.ts";
import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../op.ts";
import { sameShape, specOf, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { isBatched } from "../vmap/batch.ts";
import { checkOptions, floating } from "./front.ts";
import { indexAdd, indexSelect, scatterAdd } from "./gather.ts";
import { requireFloat } from "./infer.ts";
import { searchsorted } from "./search.ts";
import { where } from "./select.ts";

/** What a bag's rows become. */
export type BagMode = "sum" | "mean" | "max";

/** Options of {@link embeddingBag}. */
export interface EmbeddingBagOptions {
  /**
   * Where each bag starts in an index of one dim, int64 or int32: the first at 0, none before the
   * last.
   */
  readonly offsets?: Tensor | readonly number[] | null;
  /** Default "mean". */
  readonly mode?: BagMode;
  /** Factors of the rows, of the index's shape; with mode "sum" only. */
  readonly perSampleWeights?: Tensor | null;
  /** A row that no bag counts, and that gets no gradient. */
  readonly paddingIdx?: number | null;
  /** The offsets end with the length of the index. Default false. */
  readonly includeLastOffset?: boolean;
}

const op = "embeddingBag";
const modes: readonly string[] = ["sum", "mean", "max"];

/** The bag of each index. */
function bagsOf(offsets: Tensor, count: number): Tensor {
  if (isBatched(offsets)) { // within vmap: by ops, since its elements are those of each example
    const ends = offsets.narrow(0, 1, offsets.shape[0]! - 1);
    return searchsorted(ends, arange(0, count, 1, { dtype: offsets.dtype }), { side: "right" });
  }
  const ends = offsets.asTypedArray() as BigInt64Array;
  const bags = new Int32Array(count);
  for (let bag = 0; bag + 1 < ends.length; bag++) {
    bags.fill(bag, Number(ends[bag]), Number(ends[bag + 1]));
  }
  return tensor(bags);
}

/** The numbers of indices in the bags, at least 1, as a column. */
function divisors(offsets: Tensor, like: Tensor): Tensor {
  const bags = offsets.shape[0]! - 1;
  const counts = offsets.narrow(0, 1, bags).sub(offsets.narrow(0, 0, bags));
  return counts.clamp(1, null).to(like.dtype).unsqueeze(1);
}

interface Bag {
  readonly mode: BagMode;
}

const bagOp: Op<
  (
    weight: Tensor,
    index: Tensor,
    offsets: Tensor,
    factors: Tensor | null,
    mode: BagMode,
  ) => Tensor[],
  Bag
> = defineOp({
  name: "embeddingBag",
  summary: "Sums, means or maxima of the rows of a table that bags of indices name.",
  infer: ([weight, , offsets], { mode }, name) => {
    requireFloat(weight!, name);
    const spec = specOf([offsets!.shape[0]! - 1, weight!.shape[1]!], weight!.dtype);
    return mode === "max" ? [spec, spec.as("int64")] : [spec];
  },
  kernel: { native: "embeddingBag", encode: ({ mode }) => [modes.indexOf(mode)] },
  saves: "both",
  gradient: ({ grad, inputs, outputs, attributes: { mode }, needs }) => {
    const [weight, index, offsets, factors] = inputs as readonly [Tensor, Tensor, Tensor, Tensor?];
    const zeros = () => grad.newZeros(weight.shape);
    if (mode === "max") {
      const rows = outputs[1]!;
      const share = where(rows.ge(0), grad, 0); // an empty bag is from no row
      return [scatterAdd(zeros(), 0, rows.clamp(0, null), share), null, null];
    }
    const each = mode === "mean" ? grad.div(divisors(offsets, grad)) : grad;
    const shares = indexSelect(each, 0, bagsOf(offsets, index.shape[0]!));
    const scaled = factors === undefined ? shares : shares.mul(factors.unsqueeze(1));
    const toWeight = needs[0] ? indexAdd(zeros(), 0, index, scaled) : null;
    if (factors === undefined) return [toWeight, null, null];
    return [toWeight, null, null, shares.mul(indexSelect(weight, 0, index)).sum(1)];
  },
  samples: (["sum", "mean", "max"] as const).flatMap((mode) =>
    [null, 5].filter((count) => mode === "sum" || count === null).map((count) => ({
      shapes: count === null ? [[4, 3]] : [[4, 3], [count]],
      arguments: ([weight, factors]: readonly Tensor[]) => [
        weight,
        tensor([3n, 0n, 3n, 1n, 2n]),
        tensor([0n, 3n, 3n, 5n]),
        factors ?? null,
        mode,
      ],
    }))
  ),
  front: (run) => (weight, index, offsets, factors, mode) => {
    const inputs = [weight, index, offsets, ...(factors === null ? [] : [factors])];
    return run.all(inputs.map((x) => x.contiguous()), { mode });
  },
});

/**
 * Bags as the kernel takes them: indices in a line, and where each bag starts and the last ends.
 */
interface Bags {
  readonly index: Tensor;
  readonly offsets: Tensor;
  readonly factors: Tensor | null;
}

function offsetsOf(index: Tensor, options: EmbeddingBagOptions): Tensor {
  const { offsets = null, includeLastOffset = false } = options;
  if ((offsets === null) !== (index.ndim === 2) || index.ndim > 2 || index.ndim === 0) {
    throw new ShapeError(
      `Cannot ${op} an index of shape ${text(index.shape)} ${
        offsets === null ? "without" : "with"
      } offsets: it takes [N, L], or [T] and offsets [N]`,
      { op },
    );
  }
  const count = index.numel();
  if (offsets === null) {
    const [bags, length] = index.shape as readonly [number, number];
    return arange(0, bags + 1, 1, { dtype: "int64" }).mul(length);
  }
  const given = Array.isArray(offsets)
    ? offsets as readonly number[]
    : Array.from((offsets as Tensor).toTypedArray(), Number);
  const starts = includeLastOffset ? given : [...given, count];
  const isWrong = starts.length === 0 || starts[0] !== 0 || starts.at(-1)! > count ||
    starts.some((start, i) => !Number.isInteger(start) || (i > 0 && start < starts[i - 1]!));
  if (isWrong && !(given.length === 0 && !includeLastOffset && count === 0)) {
    throw new ArgumentError(
      `Cannot ${op} by offsets ${
        text(given)
      } of ${count} indices: they start with 0, never fall, ` +
        "and end within",
      { op },
    );
  }
  return tensor(Float64Array.from(starts)).to("int64");
}

function bagsFrom(index: Tensor, rows: number, options: EmbeddingBagOptions): Bags {
  if (index.dtype !== "int64" && index.dtype !== "int32") {
    throw new DTypeError(`Cannot ${op} an index of dtype ${index.dtype}: it takes int32 or int64`, {
      op,
    });
  }
  const offsets = offsetsOf(index, options);
  const { paddingIdx = null, perSampleWeights: factors = null } = options;
  const used = Number(offsets.index(-1).item());
  const line = (x: Tensor) => x.reshape([-1]).narrow(0, 0, used);
  const bags = {
    index: line(index).to("int64"),
    offsets,
    factors: factors === null ? null : line(factors),
  };
  if (paddingIdx === null) return bags;
  return withoutPadding(bags, paddingIdx < 0 ? paddingIdx + rows : paddingIdx);
}

function withoutPadding({ index, offsets, factors }: Bags, padding: number): Bags {
  const numbers = index.toTypedArray() as BigInt64Array;
  const kept: number[] = [];
  const starts = Array.from(offsets.toTypedArray() as BigInt64Array, Number);
  const moved = starts.slice(1).map((end, bag) => {
    for (let i = starts[bag]!; i < end; i++) if (Number(numbers[i]) !== padding) kept.push(i);
    return kept.length;
  });
  const places = tensor(Int32Array.from(kept));
  return {
    index: indexSelect(index, 0, places),
    offsets: tensor(Float64Array.from([0, ...moved])).to("int64"),
    factors: factors === null ? null : indexSelect(factors, 0, places),
  };
}

/**
 * Sums, means or maxima of the rows of `weight` [V, D] that each bag of indices names. A bag
 * without any gives zeros. The rows are never written apart from one another.
 *
 * @param index [N, L]: N bags of L indices; or [T] with `offsets`.
 * @returns [N, D]; float.
 * @throws {ShapeError} when the shapes do not fit.
 * @throws {ArgumentError} when the offsets fall, there are factors without mode "sum", or the mode
 * is unknown.
 * @throws {IndexError} when an index is not 0 to V - 1.
 * @throws {DTypeError} when the indices are not int32 or int64.
 *
 * @example
 * ```ts
 * import { embeddingBag, tensor } from "@minitensor/minitensor";
 * const weight = tensor([[1, 2], [3, 4], [5, 6]]);
 * const index = tensor([0n, 1n, 2n]);
 * const y = embeddingBag(index, weight, { offsets: [0, 2] });
 * console.assert(y.toArray().toString() === "2,3,5,6");
 * ```
 */
export function embeddingBag(
  index: Tensor,
  weight: Tensor,
  options: EmbeddingBagOptions = {},
): Tensor {
  const known = ["offsets", "mode", "perSampleWeights", "paddingIdx", "includeLastOffset"];
  checkOptions(options, known, op);
  const { mode = "mean", perSampleWeights = null } = options;
  if (!modes.includes(mode)) {
    throw new ArgumentError(`Cannot ${op} in mode ${mode}: it is one of ${modes.join(", ")}`, {
      op,
    });
  }
  if (perSampleWeights !== null && mode !== "sum") {
    throw new ArgumentError(`Cannot ${op} with perSampleWeights in mode ${mode}: use sum`, { op });
  }
  const fits = weight.ndim === 2 &&
    (perSampleWeights === null || sameShape(perSampleWeights.shape, index.shape));
  if (!fits) {
    throw new ShapeError(
      `Cannot ${op} an index of shape ${text(index.shape)} with a weight of ${text(weight.shape)}` +
        (perSampleWeights === null ? "" : ` and factors of ${text(perSampleWeights.shape)}`) +
        ": the weight has 2 dims, and there is a factor for each index",
      { op },
    );
  }
  const table = floating(weight);
  const bags = bagsFrom(index, weight.shape[0]!, options);
  const factors = bags.factors === null ? null : bags.factors.to(table.dtype);
  return bagOp(table, bags.index, bags.offsets, factors, mode)[0]!;
}
