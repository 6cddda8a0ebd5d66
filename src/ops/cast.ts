/**
 * Conversion between dtypes.
 *
 * @module
 */
import { type DType, type DTypeInfo, dtypeInfo } from "../dtype.ts";
import { ANY_NARROW, defineOp, type Op } from "../op.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * The dtype on the way from one to another, where there is no direct one: small dtypes are
 * converted from and to those they are computed in; only floats saturate in small integers at once.
 */
function between(from: DTypeInfo, to: DTypeInfo): DType | null {
  const start = stepOf(from);
  if (start !== null) return start === to.name ? null : start;
  const end = stepOf(to);
  return end === from.name || (end === "int32" && from.isFloat) ? null : end;
}

/** uint8 is converted from and to any other at once. */
function stepOf(info: DTypeInfo): DType | null {
  return info.name === "uint8" ? null : info.wide;
}

/**
 * Converts to a dtype; a tensor that has it already is returned as it is. From floats to integers
 * it truncates and saturates, NaN becoming 0; integers too large for the dtype wrap around; towards
 * bool it is x ≠ 0, so that NaN is true.
 *
 * @throws {DTypeError} for a dtype that does not exist.
 *
 * @example
 * ```ts
 * import { cast, tensor } from "@minitensor/minitensor";
 * console.assert(String(cast(tensor([300, -1.9, NaN]), "int8").toArray()) === "127,-1,0");
 * console.assert(cast(cast(tensor(300), "int32"), "int8").item() === 44);
 * ```
 */
export const cast: Op<(x: Tensor, dtype: DType) => Tensor, { dtype: DType }> = defineOp({
  name: "cast",
  summary:
    "The elements in another dtype: truncated and saturated towards integers, x != 0 towards bool.",
  infer: ([x], { dtype }) => x!.spec.as(dtype),
  kernel: { native: "cast", elementwise: true, narrow: ANY_NARROW },
  saves: "none",
  gradient: ({ grad, specs: [x] }) => [cast(grad, x!.dtype)],
  samples: [
    { shapes: [[2, 3]], dtypes: ["float32"], rest: ["float64"] },
    { shapes: [[4]], dtypes: ["int64"], rest: ["float32"] },
    { shapes: [[0, 2]], dtypes: ["int32"], rest: ["float32"] },
    { shapes: [[2, 3]], dtypes: ["float16"], rest: ["float32"] },
    { shapes: [[2, 3]], dtypes: ["int64"], rest: ["int8"] },
  ],
  front: (run) => (x: Tensor, dtype: DType) => {
    const to = dtypeInfo(dtype);
    if (to.name === x.dtype) return x;
    const small = to.wide !== null || x.spec.info.wide !== null;
    const middle = small ? between(x.spec.info, to) : null;
    return middle === null ? run([x], { dtype }) : cast(cast(x, middle), dtype);
  },
});
