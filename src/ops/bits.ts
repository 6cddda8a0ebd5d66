/**
 * Bits of integers, and logic of bools: no floating-point tensors here.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { DTypeError } from "../errors.ts";
import { defineOp, type Op, type Sample } from "../op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { binary, type BinaryFunction, pair, unary, type UnaryFunction } from "./front.ts";
import { broadcast, same } from "./infer.ts";
import { where } from "./select.ts";

function refuseFloats(x: Tensor, op: string): void {
  if (x.spec.info.isFloat) {
    throw new DTypeError(
      `Cannot ${op} tensors of dtype ${x.dtype}: only integers and bools have bits`,
      { op },
    );
  }
}

const pairSamples: readonly Sample[] = (["int32", "int64", "bool"] as const).flatMap((dtype) =>
  ([[[5, 7], [5, 7]], [[3, 1], [4]], [[], []], [[0], [1]]] as const).map((shapes) => ({
    shapes,
    dtypes: [dtype, dtype],
    ranges: dtype === "bool" ? [[0, 2], [0, 2]] as const : [[-99, 99], [-99, 99]] as const,
  }))
);

function bitwise(
  name: "bitwiseAnd" | "bitwiseOr" | "bitwiseXor",
  summary: string,
  reference: (x: number, y: number) => number,
): Op<BinaryFunction, undefined> {
  return defineOp({
    name,
    summary,
    infer: (inputs, attributes, op) => {
      refuseFloats(inputs[0]!, op);
      return broadcast(inputs, attributes, op);
    },
    kernel: { native: name, elementwise: true },
    saves: "none",
    gradient: null,
    reference: (x, y) => reference(x!, y!),
    samples: pairSamples,
    front: binary,
  });
}

/**
 * Bits that both integers have; of bools, their and.
 *
 * @throws {DTypeError} for floats, which have no bits.
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { bitwiseAnd } from "@minitensor/minitensor";
 * console.assert(bitwiseAnd([0b1100n], 0b1010).item() === 0b1000);
 * ```
 */
export const bitwiseAnd: Op<BinaryFunction, undefined> = bitwise(
  "bitwiseAnd",
  "Bits that both integers have; of bools, their and.",
  (x, y) => x & y,
);
/**
 * Bits that one or both integers have; of bools, their or.
 *
 * @throws {DTypeError} for floats, which have no bits.
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { bitwiseOr } from "@minitensor/minitensor";
 * console.assert(bitwiseOr([0b1100n], 0b1010).item() === 0b1110);
 * ```
 */
export const bitwiseOr: Op<BinaryFunction, undefined> = bitwise(
  "bitwiseOr",
  "Bits that one or both integers have; of bools, their or.",
  (x, y) => x | y,
);
/**
 * Bits that exactly one of the integers has; of bools, whether they differ.
 *
 * @throws {DTypeError} for floats, which have no bits.
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { bitwiseXor } from "@minitensor/minitensor";
 * console.assert(bitwiseXor([0b1100n], 0b1010).item() === 0b0110);
 * ```
 */
export const bitwiseXor: Op<BinaryFunction, undefined> = bitwise(
  "bitwiseXor",
  "Bits that exactly one of the integers has; of bools, whether they differ.",
  (x, y) => x ^ y,
);

/**
 * All bits turned round, which is -x - 1 of signed integers; of bools, not.
 *
 * @throws {DTypeError} for floats, which have no bits.
 *
 * @example
 * ```ts
 * import { bitwiseNot, tensor } from "@minitensor/minitensor";
 * const x = tensor([0, 5], { dtype: "int32" });
 * console.assert(String(bitwiseNot(x).toArray()) === "-1,-6");
 * console.assert(String(bitwiseNot([true, false]).toArray()) === "false,true");
 * ```
 */
export const bitwiseNot: Op<UnaryFunction, undefined> = defineOp({
  name: "bitwiseNot",
  summary: "All bits of the integers turned round; of bools, not.",
  infer: (inputs, _, op) => {
    refuseFloats(inputs[0]!, op);
    return same(inputs);
  },
  kernel: { native: "bitwiseNot", elementwise: true },
  saves: "none",
  gradient: null,
  reference: (x) => ~x!,
  samples: [[5, 7], [], [0]].map((shape) => ({
    shapes: [shape],
    dtypes: ["int32"],
    ranges: [[-99, 99]],
  })),
  front: unary,
});

/** The operands, the shifts within the width, and where they were beyond it. */
function shifting(x: TensorLike, shift: TensorLike, op: string): Tensor[] {
  const [value, places] = pair(x, shift, false);
  if (!value!.spec.info.isInt) {
    throw new DTypeError(`Cannot ${op} tensors of dtype ${value!.dtype}: it takes integers`, {
      op,
    });
  }
  const last = value!.itemsize * 8 - 1;
  return [value!, places!.clamp(0, last), places!.lt(0).logicalOr(places!.gt(last))];
}

/** 2 to the power of each shift, with the shifts' dtype. */
function powersOfTwo(shifts: Tensor): Tensor {
  return shifts.newOnes([]).mul(2).pow(shifts);
}

/**
 * Bits moved to higher places, zeros following; 0 where the shift is negative or reaches the width.
 *
 * @throws {DTypeError} unless both are integers.
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { bitwiseLeftShift, tensor } from "@minitensor/minitensor";
 * const x = tensor([1, 3], { dtype: "int32" });
 * console.assert(String(bitwiseLeftShift(x, 4).toArray()) === "16,48");
 * ```
 */
export function bitwiseLeftShift(x: TensorLike, shift: TensorLike): Tensor {
  const [value, shifts, beyond] = shifting(x, shift, "bitwiseLeftShift");
  return value!.mul(powersOfTwo(shifts!)).maskedFill(beyond!, 0);
}

/**
 * Bits moved to lower places, the sign following; 0 or -1, as the sign says, where the shift is
 * negative or reaches the width.
 *
 * @throws {DTypeError} unless both are integers.
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { bitwiseRightShift, tensor } from "@minitensor/minitensor";
 * const x = tensor([16, -5], { dtype: "int32" });
 * console.assert(String(bitwiseRightShift(x, 1).toArray()) === "8,-3");
 * ```
 */
export function bitwiseRightShift(x: TensorLike, shift: TensorLike): Tensor {
  const [value, shifts, beyond] = shifting(x, shift, "bitwiseRightShift");
  const last = value!.itemsize * 8 - 1;
  // 2 to the power of the last place is negative: there, too, nothing but the sign is left.
  const signs = value!.lt(0).to(value!.dtype).neg();
  const moved = value!.floorDivide(powersOfTwo(shifts!.clamp(0, last - 1)));
  return where(beyond!.logicalOr(shifts!.eq(last)), signs, moved);
}
