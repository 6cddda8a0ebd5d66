/**
 * Joining and repeating tensors, and cutting them into parts.
 *
 * @module
 */
import { ArgumentError, AxisError, ShapeError } from "../errors.ts";
import { ANY_NARROW, defineOp, type Op, owned } from "../op.ts";
import { checkDim, checkDims, sameShape, type Shape, specOf, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { clone } from "./copy.ts";
import { promote } from "./front.ts";
import { type DimAttributes, same } from "./infer.ts";
import { cut, expand, narrow, reshape, unsqueeze } from "./view.ts";

/**
 * Tensors one after the other along a dim that they have; their dtypes meet in the highest. All
 * other sizes are equal: unlike in PyTorch, an empty vector beside matrices does not fit.
 *
 * @throws {ShapeError} when ranks or other sizes differ, or the tensors have rank 0.
 * @throws {ArgumentError} when there are no tensors.
 *
 * @example
 * ```ts
 * import { cat, ones, zeros } from "@minitensor/minitensor";
 * const rows = cat([zeros([1, 2]), ones([2, 2])]);
 * console.assert(rows.toArray().toString() === "0,0,1,1,1,1");
 * console.assert(cat([zeros([2, 1]), ones([2, 2])], 1).toArray().toString() === "0,1,1,0,1,1");
 * ```
 */
export const cat: Op<
  (tensors: readonly Tensor[], dim?: number) => Tensor,
  DimAttributes
> = defineOp({
  name: "cat",
  summary: "Tensors one after the other along a dim; all other sizes are equal.",
  infer: (inputs, { dim }, name) => {
    const first = inputs[0]!;
    let extent = 0;
    for (const x of inputs) {
      const fits = x.ndim === first.ndim &&
        x.shape.every((size, i) => i === dim || size === first.shape[i]);
      if (!fits) {
        throw new ShapeError(
          `Cannot ${name} tensors of shapes ${text(first.shape)} and ${
            text(x.shape)
          } along dim ${dim}: ` +
            "the other sizes differ",
          { op: name },
        );
      }
      extent += x.shape[dim]!;
    }
    return specOf(first.shape.with(dim, extent), first.dtype);
  },
  kernel: {
    narrow: ANY_NARROW,
    composite: (inputs, { dim }) => {
      const extent = inputs.reduce((sum, x) => sum + x.shape[dim]!, 0);
      const whole = inputs[0]!.newEmpty(inputs[0]!.shape.with(dim, extent));
      let start = 0;
      for (const x of inputs) {
        narrow(whole, dim, start, x.shape[dim]!).copy_(x);
        start += x.shape[dim]!;
      }
      return whole;
    },
  },
  saves: "none",
  gradient: ({ grad, specs, attributes: { dim } }) => {
    let start = 0;
    return specs.map((spec) => {
      const part = narrow(grad, dim, start, spec.shape[dim]!);
      start += spec.shape[dim]!;
      return part;
    });
  },
  samples: [
    { shapes: [[2, 3], [1, 3]], arguments: (tensors) => [tensors, 0] },
    { shapes: [[2, 3], [2, 0], [2, 2]], arguments: (tensors) => [tensors, -1] },
  ],
  front: (run) => (tensors: readonly Tensor[], dim = 0) => {
    if (tensors.length === 0) throw new ArgumentError("Cannot cat no tensors: there is no shape");
    if (tensors[0]!.ndim === 0) {
      throw new ShapeError("Cannot cat tensors of rank 0: they have no dim", { op: "cat" });
    }
    return run(promote(tensors), { dim: checkDim(dim, tensors[0]!.ndim, "cat") });
  },
});

/**
 * Tensors of one shape side by side along a new dim, which stands at `dim` of the result.
 *
 * @throws {ShapeError} when the shapes differ.
 * @throws {ArgumentError} when there are no tensors.
 *
 * @example
 * ```ts
 * import { stack, tensor } from "@minitensor/minitensor";
 * const points = stack([tensor([1, 2, 3]), tensor([4, 5, 6])], 1);
 * console.assert(points.shape.join() === "3,2");
 * console.assert(points.toArray().toString() === "1,4,2,5,3,6");
 * ```
 */
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  if (tensors.length === 0) throw new ArgumentError("Cannot stack no tensors: there is no shape");
  const place = checkDim(dim, tensors[0]!.ndim + 1, "stack");
  const other = tensors.find((x) => !sameShape(x.shape, tensors[0]!.shape));
  if (other !== undefined) {
    throw new ShapeError(
      `Cannot stack tensors of shapes ${text(tensors[0]!.shape)} and ${text(other.shape)}: ` +
        "they must be equal",
      { op: "stack" },
    );
  }
  return cat(tensors.map((x) => unsqueeze(x, place)), place);
}

/**
 * Parts of `sizes` elements along a dim, the last one smaller if need be; or parts of the given
 * sizes. Views. An empty dim and a tensor of rank 0 are one part.
 *
 * @throws {ArgumentError} when the size is not a whole number of 1 or more, or the sum of the sizes
 * is not the dim's.
 *
 * @example
 * ```ts
 * import { arange, split } from "@minitensor/minitensor";
 * const [head, rest] = split(arange(5), [1, 4]);
 * console.assert(head!.toArray().toString() === "0" && rest!.shape[0] === 4);
 * console.assert(split(arange(5), 2).map((part) => part.numel()).join() === "2,2,1");
 * ```
 */
export function split(x: Tensor, sizes: number | readonly number[], dim = 0): Tensor[] {
  const place = checkDim(dim, x.ndim, "split");
  const extent = x.shape[place] ?? 0;
  if (typeof sizes === "number" && !(Number.isInteger(sizes) && sizes >= 1)) {
    throw new ArgumentError(
      `Cannot split a dim into parts of ${sizes}: it is a whole number of 1 or more`,
      {
        op: "split",
      },
    );
  }
  const parts = typeof sizes === "number"
    ? Array.from(
      { length: Math.max(Math.ceil(extent / sizes), 1) },
      (_, i) => Math.min(sizes, extent - i * sizes),
    )
    : sizes;
  const isWhole = parts.every((size) => Number.isInteger(size) && size >= 0);
  if (!isWhole || parts.reduce((sum, size) => sum + size, 0) !== extent) {
    const problem = isWhole ? "the sum differs" : "sizes are whole numbers from 0";
    throw new ArgumentError(`Cannot split a dim of ${extent} into ${text(parts)}: ${problem}`, {
      op: "split",
    });
  }
  let start = 0;
  return parts.map((size) => {
    const part = narrow(x, place, start, size);
    start += size;
    return part;
  });
}

/**
 * At most `chunks` parts of equal size along a dim, the last one smaller if need be: of 6 elements,
 * 4 chunks are 3 parts of 2. Views.
 *
 * @throws {ArgumentError} when `chunks` is not a whole number of 1 or more.
 *
 * @example
 * ```ts
 * import { arange, chunk } from "@minitensor/minitensor";
 * console.assert(chunk(arange(5), 2).map((part) => part.numel()).join() === "3,2");
 * console.assert(chunk(arange(6), 4).length === 3);
 * ```
 */
export function chunk(x: Tensor, chunks: number, dim = 0): Tensor[] {
  if (!Number.isInteger(chunks) || chunks < 1) {
    throw new ArgumentError(`Cannot cut a tensor into ${chunks} chunks`);
  }
  const extent = x.shape[checkDim(dim, x.ndim, "chunk")] ?? 0;
  return split(x, Math.max(Math.ceil(extent / chunks), 1), dim);
}

/**
 * The slices along a dim, which goes away. Views.
 *
 * @throws {AxisError} when the tensor has rank 0, or no such dim.
 *
 * @example
 * ```ts
 * import { tensor, unbind } from "@minitensor/minitensor";
 * const [x, y] = unbind(tensor([[1, 2], [3, 4]]), 1);
 * console.assert(x!.toArray().toString() === "1,3");
 * console.assert(y!.toArray().toString() === "2,4");
 * ```
 */
export function unbind(x: Tensor, dim = 0): Tensor[] {
  if (x.ndim === 0) throw new AxisError("Cannot unbind a tensor of rank 0: it has no dims");
  const place = checkDim(dim, x.ndim, "unbind");
  return Array.from({ length: x.shape[place]! }, (_, i) => x.select(place, i));
}

/**
 * The whole tensor repeated along each dim, `repeats` times; more repeats than dims add leading
 * dims. A copy; see {@link expand} for a view.
 *
 * @throws {ShapeError} when there are fewer repeats than dims, or one is not a whole number.
 *
 * @example
 * ```ts
 * import { repeat, tensor } from "@minitensor/minitensor";
 * console.assert(repeat(tensor([1, 2]), [3]).toArray().toString() === "1,2,1,2,1,2");
 * console.assert(repeat(tensor([1, 2]), [2, 1]).shape.join() === "2,2");
 * ```
 */
export function repeat(x: Tensor, repeats: readonly number[]): Tensor {
  const lead = repeats.length - x.ndim;
  const isWhole = repeats.every((times) => Number.isInteger(times) && times >= 0);
  if (lead < 0 || !isWhole) {
    const problem = isWhole ? "dims are missing" : "they are whole numbers from 0";
    throw new ShapeError(
      `Cannot repeat a tensor of shape ${text(x.shape)} by ${text(repeats)}: ${problem}`,
      { op: "repeat" },
    );
  }
  const shape: Shape = [...new Array<number>(lead).fill(1), ...x.shape];
  const spread = reshape(x, shape.flatMap((extent) => [1, extent]));
  const grown = expand(spread, shape.flatMap((extent, i) => [repeats[i]!, extent]));
  return owned(reshape(clone(grown), shape.map((extent, i) => extent * repeats[i]!)));
}

/**
 * The elements in reverse order along dims. A copy.
 *
 * @throws {AxisError} when there is no such dim, or one is named twice.
 *
 * @example
 * ```ts
 * import { flip, tensor } from "@minitensor/minitensor";
 * const x = tensor([[1, 2], [3, 4]]);
 * console.assert(flip(x, 1).toArray().toString() === "2,1,4,3");
 * console.assert(flip(x, [0, 1]).toArray().toString() === "4,3,2,1");
 * ```
 */
export function flip(x: Tensor, dims: number | readonly number[]): Tensor {
  let result = x;
  for (const dim of checkDims(dims, x.ndim, "flip")) {
    const extent = x.shape[dim]!;
    if (extent > 0) result = cut(result, { dim, start: extent - 1, step: -1, count: extent });
  }
  return clone(result);
}

/** Attributes of {@link triu} and {@link tril}. */
export interface TriangleAttributes {
  /** The diagonal at the edge: 0 is the main one, above it are the positive. */
  readonly diagonal: number;
}

function triangle(
  name: "triu" | "tril",
  summary: string,
): Op<(x: Tensor, diagonal?: number) => Tensor, TriangleAttributes> {
  const upper = Number(name === "triu");
  const op: Op<(x: Tensor, diagonal?: number) => Tensor, TriangleAttributes> = defineOp({
    name,
    summary,
    infer: ([x]) => {
      if (x!.ndim < 2) {
        throw new ShapeError(`Cannot ${name} a tensor of shape ${text(x!.shape)}: it has no rows`);
      }
      return same([x!]);
    },
    kernel: { native: "triangle", narrow: ANY_NARROW, encode: ({ diagonal }) => [diagonal, upper] },
    saves: "none",
    gradient: ({ grad, attributes: { diagonal } }) => [op(grad, diagonal)],
    samples: [{ shapes: [[3, 4]] }, { shapes: [[2, 3, 3]], rest: [1] }, {
      shapes: [[4, 2]],
      rest: [-1],
    }],
    front: (run) => (x: Tensor, diagonal = 0) => {
      if (!Number.isInteger(diagonal)) {
        throw new ArgumentError(`Cannot ${name} at diagonal ${diagonal}: it is a whole number`, {
          op: name,
        });
      }
      return run([x], { diagonal });
    },
  });
  return op;
}

/**
 * The elements on and above a diagonal of the last two dims, zeros below; false in a bool tensor.
 * What is zeroed may be NaN.
 *
 * @throws {ShapeError} when the tensor has fewer than two dims.
 *
 * @example
 * ```ts
 * import { tensor, triu } from "@minitensor/minitensor";
 * const x = tensor([[1, 2], [3, 4]]);
 * console.assert(triu(x).toArray().toString() === "1,2,0,4");
 * console.assert(triu(x, 1).toArray().toString() === "0,2,0,0");
 * ```
 */
export const triu: Op<(x: Tensor, diagonal?: number) => Tensor, TriangleAttributes> = triangle(
  "triu",
  "The elements on and above a diagonal, zeros below.",
);

/**
 * The elements on and below a diagonal of the last two dims, zeros above; false in a bool tensor.
 * What is zeroed may be NaN.
 *
 * @throws {ShapeError} when the tensor has fewer than two dims.
 *
 * @example
 * ```ts
 * import { ones, tril } from "@minitensor/minitensor";
 * const causal = tril(ones([3, 3], { dtype: "bool" }));
 * console.assert(causal.sum(1).toArray().toString() === "1,2,3");
 * ```
 */
export const tril: Op<(x: Tensor, diagonal?: number) => Tensor, TriangleAttributes> = triangle(
  "tril",
  "The elements on and below a diagonal, zeros above.",
);
