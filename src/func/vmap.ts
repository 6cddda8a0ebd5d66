/**
 * Functions of one example turned into functions of a batch.
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../errors.ts";
import { checkOptions } from "../ops/front.ts";
import { checkDim } from "../shape.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import "../vmap/apply.ts"; // how ops run on batches
import {
  alias,
  batchAt,
  type Level,
  takeValue,
  type VmapRandomness,
  withLevel,
  wrap,
} from "../vmap/batch.ts";

export type { VmapRandomness } from "../vmap/batch.ts";
import { describe, leavesOf, spreadOver, withLeaves } from "./tree.ts";

/** A dim, null for none, or arrays and objects of them in the form of arguments or results. */
export type Dims = number | null | readonly Dims[] | { readonly [key: string]: Dims };

/** Options of {@link vmap}. */
export interface VmapOptions {
  /**
   * The dim of each argument along which examples lie; null: it is the same for all examples. One
   * for all arguments, or an array with one for each, which for arrays and objects of tensors may
   * be an array or object itself. Default 0.
   */
  readonly inDims?: Dims;
  /** The dim of each result along which examples are put. Default 0. */
  readonly outDims?: Dims;
  /** "error" (default) refuses random numbers; "different": drawn for each; "same": for all. */
  readonly randomness?: VmapRandomness;
}

/**
 * Turns a function of one example into one of a batch, which it runs once, on all examples
 * together: inside, tensors have the shape of one example, and every op works on the whole batch.
 * Calls may be nested, and be inside or around gradients: `vmap(grad(loss))` gives one gradient per
 * example.
 *
 * The function is run by ordinary code, so it cannot branch on the elements of an example: reading
 * them is an ArgumentError. Ops without a rule for batches run example by example: ops of plugins,
 * and a loss whose class weights differ between examples.
 * Changes in place are made in all examples; to a tensor that they share, they are refused.
 *
 * @returns a function of the same arguments, each with a dim more where `inDims` says so; results
 * have one more, where `outDims` says.
 * @throws {ArgumentError} when an argument with a dim is no tensor, none has one, the function
 * answers something else than tensors, reads an example's elements, or draws random numbers while
 * `randomness` is "error".
 * @throws {ShapeError} when the sizes of the dims differ.
 *
 * @example
 * ```ts
 * import { dot, tensor, vmap } from "@minitensor/minitensor";
 * const rows = vmap(dot)(tensor([[1, 2], [3, 4]]), tensor([[1, 1], [1, 2]]));
 * console.assert(rows.toArray().toString() === "3,11");
 * ```
 */
export function vmap<Arguments extends unknown[], Result>(
  fn: (...given: Arguments) => Result,
  options: VmapOptions = {},
): (...given: Arguments) => Result {
  checkOptions(options, ["inDims", "outDims", "randomness"], "vmap");
  const { inDims = 0, outDims = 0, randomness = "error" } = options;
  if (!["error", "different", "same"].includes(randomness)) {
    throw new ArgumentError(
      `Cannot vmap with randomness ${randomness}: it is "error", "different" or "same"`,
      { op: "vmap" },
    );
  }
  return (...given) => {
    const leaves = leavesOf(given);
    const dims = spreadOver(inDims, given, "inDims", "vmap");
    const moved = leaves.map((leaf, i) => toFront(leaf, dims[i]));
    const size = sizeOf(moved, dims);
    return withLevel(size, randomness, (level) => {
      const inside = moved.map((leaf, i) =>
        dims[i] === null ? leaf : wrap(leaf as Tensor, level, true)
      );
      const result = fn(...withLeaves(given, inside) as Arguments);
      return leave(result, outDims, level, leaves) as Result;
    });
  };
}

/** An argument with its examples along dim 0. */
function toFront(leaf: unknown, dim: unknown): unknown {
  if (dim === null) return leaf;
  if (!isTensor(leaf)) {
    throw new ArgumentError(`Cannot vmap over ${describe(leaf)}: it is no tensor`, {
      op: "vmap",
      suggestion: "Give it null in inDims",
    });
  }
  if (leaf.ndim === 0) {
    throw new ShapeError("Cannot vmap over a tensor of rank 0: it has no dim of examples", {
      op: "vmap",
    });
  }
  const place = placeOf(dim, leaf.ndim, "inDims");
  return place === 0 ? leaf : leaf.movedim(place, 0);
}

function placeOf(dim: unknown, rank: number, what: string): number {
  if (typeof dim === "number") return checkDim(dim, rank, "vmap");
  throw new ArgumentError(`Cannot vmap with ${describe(dim)} in ${what}: a dim is a number`, {
    op: "vmap",
  });
}

function sizeOf(moved: readonly unknown[], dims: readonly unknown[]): number {
  const sizes = moved.flatMap((leaf, i) => dims[i] === null ? [] : [(leaf as Tensor).shape[0]!]);
  const [first] = sizes;
  if (first === undefined) {
    throw new ArgumentError("Cannot vmap without a batch: no argument has a dim of examples", {
      op: "vmap",
    });
  }
  if (sizes.every((size) => size === first)) return first;
  throw new ShapeError(`Cannot vmap over batches of ${[...new Set(sizes)].join(" and ")}`, {
    op: "vmap",
  });
}

/** The results of all examples. */
function leave(
  result: unknown,
  outDims: Dims,
  level: Level,
  given: readonly unknown[],
): unknown {
  const dims = spreadOver(outDims, result, "outDims", "vmap");
  const outside = leavesOf(result).map((leaf, i) => {
    if (isTensor(leaf)) return outOf(leaf, dims[i], level, given);
    throw new ArgumentError(
      `Cannot vmap a function that answers ${describe(leaf)}: its results are tensors`,
      { op: "vmap" },
    );
  });
  return withLeaves(result, outside);
}

function outOf(x: Tensor, dim: unknown, level: Level, given: readonly unknown[]): Tensor {
  const batch = batchAt(x, level);
  const value = batch === null ? x : takeValue(x);
  if (dim === null) {
    if (batch?.batched === true) {
      throw new ArgumentError("Cannot vmap with null in outDims: the result differs by example", {
        op: "vmap",
      });
    }
    return given.includes(value) ? alias(value) : value;
  }
  const place = placeOf(dim, x.ndim + 1, "outDims");
  const whole = batch?.batched === true ? value : value.expand([level.size, ...value.shape]);
  if (place !== 0) return whole.movedim(0, place);
  return given.includes(whole) ? whole.view(whole.shape) : whole;
}
