/**
 * What ops along one dim share: reading the dim from the arguments, and bringing it to the end.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { ArgumentError } from "../errors.ts";
import { checkDim } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { ValuesIndices } from "./extreme.ts";
import { checkOptions, single } from "./front.ts";

/** The option of functions along a dim. */
export interface DimOption {
  /** The dim, where it does not stand before the options. Default the last. */
  readonly dim?: number;
}

/** Options of functions that take one dim away. */
export interface DimReduceOptions extends DimOption {
  /** Keeps the dim with size 1. Default false. */
  readonly keepdim?: boolean;
}

/** A choice among the elements: of all, or along a dim with the place of what was chosen. */
export interface Choice {
  /** Along a dim. */
  (x: TensorLike, dim: number, options?: DimReduceOptions): ValuesIndices;
  /** Along the dim of the options. */
  (x: TensorLike, options: DimReduceOptions & { readonly dim: number }): ValuesIndices;
  /** Of all elements. */
  (x: TensorLike, options?: { readonly keepdim?: boolean }): Tensor;
}

/** What stands after the tensor in a call of a {@link Choice}. */
export type ChoiceArguments = readonly [
  dim?: number | DimReduceOptions,
  options?: DimReduceOptions,
];

/** A choice by a function that is given its arguments as they came. */
export function choiceOf(
  choose: (x: Tensor, rest: ChoiceArguments) => Tensor | ValuesIndices,
): Choice {
  // What is answered depends on the arguments, which the interface tells and a function cannot.
  return ((x: TensorLike, ...rest: ChoiceArguments) => choose(single(x), rest)) as Choice;
}

/** The dim as it was given, and the options, from `f(x, dim, options)` or `f(x, { dim })`. */
export function splitArguments<O extends DimOption>(
  dim: number | O | undefined,
  options: O | undefined,
  known: readonly string[],
  op: string,
): { readonly dim: number | undefined; readonly options: Partial<O> } {
  const positional = typeof dim === "number";
  const given: Partial<O> = positional ? options ?? {} : dim ?? options ?? {};
  checkOptions(given, known, op);
  if (positional && given.dim !== undefined) {
    throw new ArgumentError(
      `Cannot ${op} along a dim given twice: before the options and in them`,
      { op },
    );
  }
  return { dim: positional ? dim : given.dim, options: given };
}

/** As {@link splitArguments}, with the dim counted from the front; the last when none is given. */
export function dimAndOptions<O extends DimOption>(
  x: Tensor,
  dim: number | O | undefined,
  options: O | undefined,
  known: readonly string[],
  op: string,
): { readonly dim: number; readonly options: Partial<O> } {
  const given = splitArguments(dim, options, known, op);
  return { dim: checkDim(given.dim ?? -1, x.ndim, op), options: given.options };
}

/**
 * Runs on the last dim what is asked for along another. The copy that brings the dim there costs
 * less than walking columns; results are contiguous.
 */
export function alongLast(
  x: Tensor,
  dim: number,
  run: (rows: Tensor) => readonly Tensor[],
): readonly Tensor[] {
  if (x.ndim === 0) return run(x.reshape([1])).map((result) => result.reshape([]));
  if (dim === x.ndim - 1) return run(x);
  const rows = x.movedim(dim, -1).contiguous();
  return run(rows).map((result) => result.movedim(-1, dim).contiguous());
}
