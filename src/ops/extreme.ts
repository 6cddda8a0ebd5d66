/**
 * Where the largest and smallest elements are: max, min, argmax, argmin.
 *
 * @module
 */
import type { KernelName } from "../ffi/abi.ts";
import { defineOp, type Op } from "../op.ts";
import { checkDim } from "../shape.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type DimReduceOptions, splitArguments } from "./along.ts";
import { maximum, minimum } from "./arithmetic.ts";
import { checkOptions } from "./front.ts";
import {
  back,
  dimMask,
  reduceArguments,
  type ReduceAttributes,
  reducedNonEmpty,
  type ReduceOptions,
} from "./infer.ts";
import { amax, amin } from "./reduction.ts";

/** An index of an extreme element. */
export type ArgReduction = (
  x: Tensor,
  dim?: number | ReduceOptions,
  options?: ReduceOptions,
) => Tensor;

function argument(name: "argmax" | "argmin", summary: string): Op<ArgReduction, ReduceAttributes> {
  return defineOp({
    name,
    summary,
    infer: (inputs, attributes, op) => reducedNonEmpty(inputs, attributes, op).as("int64"),
    kernel: { native: name, encode: dimMask },
    saves: "none",
    gradient: null,
    samples: [{ shapes: [[3, 4]] }, { shapes: [[3, 4]], rest: [1] }, {
      shapes: [[3, 4]],
      rest: [0, { keepdim: true }],
    }],
    front: (run): ArgReduction => (x, dim, options) =>
      run([x], reduceArguments(x, dim, options, name)),
  });
}

/**
 * Index of the largest element, int64: within the dim, or of the flattened tensor. The first of
 * ties, and the first NaN before all.
 *
 * @throws {ShapeError} when there are no elements to choose from.
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { argmax, tensor } from "@minitensor/minitensor";
 * console.assert(argmax(tensor([1, 3, 2])).item() === 1);
 * ```
 */
export const argmax: Op<ArgReduction, ReduceAttributes> = argument(
  "argmax",
  "Index of the largest element.",
);
/**
 * Index of the smallest element, int64: within the dim, or of the flattened tensor. The first of
 * ties, and the first NaN before all.
 *
 * @throws {ShapeError} when there are no elements to choose from.
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { argmin, tensor } from "@minitensor/minitensor";
 * console.assert(argmin(tensor([1, 3, 2])).item() === 0);
 * ```
 */
export const argmin: Op<ArgReduction, ReduceAttributes> = argument(
  "argmin",
  "Index of the smallest element.",
);

/** Extreme elements along a dim, and where they are. */
export interface ValuesIndices {
  /** The elements. */
  readonly values: Tensor;
  /** Their int64 indices within the dim. */
  readonly indices: Tensor;
}

interface OneDim extends ReduceAttributes {
  readonly dim: number;
}

type WithIndices = (x: Tensor, dim: number, options?: ReduceOptions) => ValuesIndices;

function withIndices(name: "maxIndex" | "minIndex", summary: string): Op<WithIndices, OneDim> {
  return defineOp({
    name,
    summary,
    infer: (inputs, attributes, op) => {
      const spec = reducedNonEmpty(inputs, attributes, op);
      return [spec, spec.as("int64")];
    },
    kernel: { native: name as KernelName, encode: dimMask },
    saves: "output",
    gradient: ({ grad, outputs: [, indices], specs: [x], attributes }) => {
      const places = back(indices!, x!, attributes);
      const zeros = grad.newZeros(x!.shape);
      return [zeros.scatterAdd(attributes.dim, places, back(grad, x!, attributes))];
    },
    samples: [{ shapes: [[3, 4]], rest: [1] }, { shapes: [[3, 4]], rest: [0, { keepdim: true }] }],
    front: (run): WithIndices => (x, dim, options = {}) => {
      checkOptions(options, ["keepdim"], name);
      const place = checkDim(dim, x.ndim, name);
      const dims = x.ndim === 0 ? [] : [place];
      const [values, indices] = run.all([x], {
        dims,
        dim: place,
        keepdim: options.keepdim ?? false,
      });
      return { values: values!, indices: indices! };
    },
  });
}

const maxIndex: Op<WithIndices, OneDim> = withIndices(
  "maxIndex",
  "Largest elements along a dim, and where they are.",
);
const minIndex: Op<WithIndices, OneDim> = withIndices(
  "minIndex",
  "Smallest elements along a dim, and where they are.",
);

type ExtremeArguments = readonly [dim?: number | DimReduceOptions, options?: DimReduceOptions];

function extremeOf(
  name: "max" | "min",
  x: Tensor,
  ...[dim, rest]: ExtremeArguments
): Tensor | ValuesIndices {
  const given = splitArguments(dim, rest, ["dim", "keepdim"], name);
  const keepdim = given.options.keepdim ?? false;
  if (given.dim === undefined) return (name === "max" ? amax : amin)(x, { keepdim });
  return (name === "max" ? maxIndex : minIndex)(x, given.dim, { keepdim });
}

/**
 * Largest element of all, ties sharing the gradient. NaN wins.
 *
 * @throws {ShapeError} when there are no elements to choose from.
 *
 * @example
 * ```ts
 * import { max, tensor } from "@minitensor/minitensor";
 * const x = tensor([[1, 5], [7, 3]]);
 * console.assert(max(x).item() === 7);
 * ```
 */
export function max(x: Tensor, options?: { readonly keepdim?: boolean }): Tensor;
/**
 * Largest elements along a dim, and their indices, the first of ties; the gradient goes to those.
 * NaN wins.
 *
 * @throws {ShapeError} when there are no elements to choose from.
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { max, tensor } from "@minitensor/minitensor";
 * const x = tensor([[1, 5], [7, 3]]);
 * const { values, indices } = max(x, 1);
 * console.assert(String([values.toArray(), indices.toArray()]) === "5,7,1,0");
 * ```
 */
export function max(x: Tensor, dim: number, options?: DimReduceOptions): ValuesIndices;
/**
 * Largest elements along the dim of the options, and their indices.
 *
 * @throws {ShapeError} when there are no elements to choose from.
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { max, tensor } from "@minitensor/minitensor";
 * console.assert(max(tensor([[1, 5], [7, 3]]), { dim: 0 }).values.equal([7, 5]));
 * ```
 */
export function max(
  x: Tensor,
  options: DimReduceOptions & { readonly dim: number },
): ValuesIndices;
/**
 * Largest of two, element by element: see {@link maximum}.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { max, tensor } from "@minitensor/minitensor";
 * console.assert(max(tensor([1, 5]), tensor([2, 4])).equal([2, 5]));
 * ```
 */
export function max(x: Tensor, y: Tensor): Tensor;
export function max(x: Tensor, ...rest: readonly unknown[]): Tensor | ValuesIndices {
  if (isTensor(rest[0])) return maximum(x, rest[0]);
  return extremeOf("max", x, ...rest as ExtremeArguments);
}

/**
 * Smallest element of all, ties sharing the gradient. NaN wins.
 *
 * @throws {ShapeError} when there are no elements to choose from.
 *
 * @example
 * ```ts
 * import { min, tensor } from "@minitensor/minitensor";
 * const x = tensor([[1, 5], [7, 3]]);
 * console.assert(min(x).item() === 1);
 * ```
 */
export function min(x: Tensor, options?: { readonly keepdim?: boolean }): Tensor;
/**
 * Smallest elements along a dim, and their indices, the first of ties; the gradient goes to those.
 * NaN wins.
 *
 * @throws {ShapeError} when there are no elements to choose from.
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { min, tensor } from "@minitensor/minitensor";
 * const x = tensor([[1, 5], [7, 3]]);
 * const { values, indices } = min(x, 1);
 * console.assert(String([values.toArray(), indices.toArray()]) === "1,3,0,1");
 * ```
 */
export function min(x: Tensor, dim: number, options?: DimReduceOptions): ValuesIndices;
/**
 * Smallest elements along the dim of the options, and their indices.
 *
 * @throws {ShapeError} when there are no elements to choose from.
 * @throws {AxisError} when there is no such dim.
 *
 * @example
 * ```ts
 * import { min, tensor } from "@minitensor/minitensor";
 * console.assert(min(tensor([[1, 5], [7, 3]]), { dim: 0 }).values.equal([1, 3]));
 * ```
 */
export function min(
  x: Tensor,
  options: DimReduceOptions & { readonly dim: number },
): ValuesIndices;
/**
 * Smallest of two, element by element: see {@link minimum}.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { min, tensor } from "@minitensor/minitensor";
 * console.assert(min(tensor([1, 5]), tensor([2, 4])).equal([1, 4]));
 * ```
 */
export function min(x: Tensor, y: Tensor): Tensor;
export function min(x: Tensor, ...rest: readonly unknown[]): Tensor | ValuesIndices {
  if (isTensor(rest[0])) return minimum(x, rest[0]);
  return extremeOf("min", x, ...rest as ExtremeArguments);
}
