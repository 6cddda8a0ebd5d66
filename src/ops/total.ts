/**
 * The dtype that sums, means and products are asked to compute in.
 *
 * @module
 */
import type { DType } from "../dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { cast } from "./cast.ts";
import type { ReduceOptions } from "./infer.ts";

/** Options of sums, means and products. */
export interface TotalOptions extends ReduceOptions {
  /** Dtype that the elements are converted to first; the result has it too. */
  readonly dtype?: DType;
}

/** Their names. */
export const totalOptions: readonly string[] = ["dim", "keepdim", "dtype"];

/** The dtype that the options ask for. */
export function askedDtype(
  dims: number | readonly number[] | TotalOptions | undefined,
  options: TotalOptions | undefined,
): DType | undefined {
  const given = options ??
    (typeof dims === "object" && !Array.isArray(dims) ? dims as TotalOptions : undefined);
  return given?.dtype;
}

/** Computes in a dtype, and gives the result in it; as it comes where none is asked for. */
export function computeIn(
  dtype: DType | undefined,
  x: Tensor,
  compute: (x: Tensor) => Tensor,
): Tensor {
  return dtype === undefined ? compute(x) : cast(compute(cast(x, dtype)), dtype);
}
