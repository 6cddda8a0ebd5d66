/**
 * Elements combined where indices send them: sums, products, means, largest and smallest ones.
 *
 * @module
 */
import { onesLike } from "../create.ts";
import { type DType, dtypes } from "../dtype.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import type { KernelName } from "../ffi/abi.ts";
import { defineOp, type Op } from "../op.ts";
import { checkDim, sameShape, type Shape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { div, floorDivide } from "./arithmetic.ts";
import { checkOptions } from "./front.ts";
import { checkGather, crop, gather, indexTensor, type Indices, scatterAdd } from "./gather.ts";
import type { DimAttributes } from "./infer.ts";
import { converted, scatter, spread } from "./scatter.ts";
import { where } from "./select.ts";

type Combination = (x: Tensor, dim: number, index: Tensor, source: Tensor) => Tensor;
type Combine = Op<Combination, DimAttributes>;

interface Rule {
  readonly grad: Tensor;
  readonly x: Tensor;
  readonly index: Tensor;
  readonly source: Tensor;
  readonly out: Tensor;
  readonly dim: number;
}

/** An op like scatterAdd that combines otherwise. Internal: see {@link scatterReduce}. */
function combination(
  name: KernelName,
  summary: string,
  gradient: (rule: Rule) => readonly [Tensor, Tensor],
): Combine {
  return defineOp<DimAttributes, Combination>({
    name,
    summary,
    infer: ([x, index], { dim }, op) => {
      checkGather(x!, index!, dim, op);
      return x!.spec;
    },
    kernel: { native: name, encode: ({ dim }) => [dim] },
    saves: "both",
    gradient: ({ grad, inputs: [x, index, source], outputs: [out], attributes: { dim } }) => {
      const rule = { grad, x: x!, index: index!, source: source!, out: out!, dim };
      const [ofX, ofSource] = gradient(rule);
      return [ofX, null, ofSource];
    },
    samples: [[0, 4, [4, 3], [6, 3]] as const, [1, 3, [2, 3], [2, 5]] as const].map((
      [dim, limit, shape, part],
    ) => ({
      shapes: [shape, part, part],
      dtypes: ["float", "int64", "float"],
      ranges: [[0.5, 2], [0, limit], [0.5, 2]],
      arguments: ([x, index, source]) => [x, dim, index, source],
    })),
    front: (run) => (x, dim, index, source) =>
      run([x, index, crop(source, index.shape)], { dim: checkDim(dim, x.ndim, name) }),
  });
}

/** The gradient goes to what the result is equal to, in equal shares. */
function toEqual({ grad, x, index, source, out, dim }: Rule): readonly [Tensor, Tensor] {
  const own = x.eq(out).to(x.dtype);
  const others = source.eq(gather(out, dim, index)).to(x.dtype);
  const share = grad.div(scatterAdd(own, dim, index, others));
  return [own.mul(share), others.mul(gather(share, dim, index))];
}

/** The product of the other factors: the whole by this one, unless that is 0. */
function toFactors({ grad, x, index, source, out, dim }: Rule): readonly [Tensor, Tensor] {
  const [zero, zeros] = [x.eq(0), source.eq(0)];
  const count = scatterAdd(zero.to(x.dtype), dim, index, zeros.to(x.dtype));
  const rest = products(x.maskedFill(zero, 1), dim, index, source.maskedFill(zeros, 1));
  const alone = where(count.eq(1), rest, 0);
  const whole = where(count.eq(0), out, 0);
  const at = (places: Tensor) => gather(places, dim, index);
  return [
    grad.mul(where(zero, alone, whole.div(x.maskedFill(zero, 1)))),
    at(grad).mul(where(zeros, at(alone), at(whole).div(source.maskedFill(zeros, 1)))),
  ];
}

const products: Combine = combination(
  "scatterProd",
  "x, multiplied by the elements of source along a dim at the indices.",
  toFactors,
);

const largest: Combine = combination(
  "scatterAmax",
  "The larger ones of x and the elements of source along a dim at the indices.",
  toEqual,
);

const smallest: Combine = combination(
  "scatterAmin",
  "The smaller ones of x and the elements of source along a dim at the indices.",
  toEqual,
);

/** How elements are combined. */
export type ScatterReduction = "sum" | "prod" | "mean" | "amax" | "amin";

/** Options of {@link scatterReduce} and {@link indexReduce}. */
export interface ScatterReduceOptions {
  /** Whether the elements of x take part where others meet them. Default true. */
  readonly includeSelf?: boolean;
}

/** What changes nothing. */
function neutral(reduce: ScatterReduction, dtype: DType): number | bigint {
  if (reduce === "sum" || reduce === "mean") return 0;
  if (reduce === "prod") return 1;
  if (dtypes[dtype].isFloat) return reduce === "amax" ? -Infinity : Infinity;
  const top = 2n ** (dtype === "int64" ? 63n : 31n);
  return reduce === "amax" ? -top : top - 1n;
}

function checkReduction(reduce: string, known: readonly string[], op: string): void {
  if (!known.includes(reduce)) {
    throw new ArgumentError(
      `Cannot ${op} with reduction ${JSON.stringify(reduce)}: it is one of ${known.join(", ")}`,
      { op },
    );
  }
}

function reduceInto(
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Tensor,
  reduce: ScatterReduction,
  includeSelf: boolean,
): Tensor {
  const base = includeSelf ? x : scatter(x, dim, index, neutral(reduce, x.dtype));
  if (reduce === "sum") return scatterAdd(base, dim, index, source);
  if (reduce === "prod") return products(base, dim, index, source);
  if (reduce === "amax") return largest(base, dim, index, source);
  if (reduce === "amin") return smallest(base, dim, index, source);
  const sums = scatterAdd(base, dim, index, source);
  const own = includeSelf ? onesLike(x) : scatter(onesLike(x), dim, index, 0);
  const ones = onesLike(crop(source, index.shape));
  const counts = scatterAdd(own.detach(), dim, index, ones.detach());
  return x.spec.info.isFloat ? div(sums, counts) : floorDivide(sums, counts);
}

function checkSource(source: Tensor, shape: Shape, op: string): void {
  const fits = source.ndim === shape.length &&
    shape.every((extent, i) => extent <= source.shape[i]!);
  if (!fits) {
    throw new ShapeError(
      `Cannot ${op} a source of shape ${text(source.shape)} by an index of ${text(shape)}`,
      { op },
    );
  }
}

/**
 * `x` with the elements of `source` combined into it along a dim at the indices, as
 * {@link scatterAdd} does it with sums: `out[index[i][j]][j]` for dim 0. The mean of integers is
 * rounded down. Of equal largest or smallest elements each gets an equal share of the gradient.
 *
 * @throws {ArgumentError} when the reduction is another.
 * @throws {ShapeError} when the index does not fit x, or the source the index.
 * @throws {IndexError} for an index outside the dim.
 *
 * @example
 * ```ts
 * import { scatterReduce, tensor } from "@minitensor/minitensor";
 * const [x, index, source] = [tensor([1, 2]), tensor([0n, 0n]), tensor([5, 3])];
 * const most = scatterReduce(x, 0, index, source, "amax");
 * console.assert(most.toArray().toString() === "5,2");
 * const mean = scatterReduce(x, 0, index, source, "mean", { includeSelf: false });
 * console.assert(mean.toArray().toString() === "4,2");
 * ```
 */
export function scatterReduce(
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Tensor,
  reduce: ScatterReduction,
  options: ScatterReduceOptions = {},
): Tensor {
  checkOptions(options, ["includeSelf"], "scatterReduce");
  checkReduction(reduce, ["sum", "prod", "mean", "amax", "amin"], "scatterReduce");
  const place = checkDim(dim, x.ndim, "scatterReduce");
  const places = indexTensor(index, "scatterReduce");
  checkGather(x, places, place, "scatterReduce");
  checkSource(source, places.shape, "scatterReduce");
  const values = converted(source, x, "scatterReduce");
  return reduceInto(x, place, places, values, reduce, options.includeSelf ?? true);
}

/**
 * `x` with the slices of `source` combined into it at indices of a dim; see {@link scatterReduce}.
 *
 * @param reduce "prod", "mean", "amax" or "amin"; for sums see `indexAdd`.
 * @throws {ArgumentError} when the reduction is another.
 * @throws {ShapeError} when the source does not have a slice of x's shape for each index.
 * @throws {IndexError} for an index outside the dim.
 *
 * @example
 * ```ts
 * import { indexReduce, ones, tensor } from "@minitensor/minitensor";
 * const x = indexReduce(ones([2]), 0, [1, 1], tensor([2, 3]), "prod");
 * console.assert(x.toArray().toString() === "1,6");
 * ```
 */
export function indexReduce(
  x: Tensor,
  dim: number,
  index: Indices,
  source: Tensor,
  reduce: Exclude<ScatterReduction, "sum">,
  options: ScatterReduceOptions = {},
): Tensor {
  checkOptions(options, ["includeSelf"], "indexReduce");
  checkReduction(reduce, ["prod", "mean", "amax", "amin"], "indexReduce");
  const place = checkDim(dim, x.ndim, "indexReduce");
  const places = spread(x, place, index, "indexReduce");
  if (!sameShape(places.shape, source.shape)) {
    throw new ShapeError(
      `Cannot indexReduce a source of shape ${text(source.shape)}: it must be ${
        text(places.shape)
      }`,
      { op: "indexReduce" },
    );
  }
  const values = converted(source, x, "indexReduce");
  return reduceInto(x, place, places, values, reduce, options.includeSelf ?? true);
}
