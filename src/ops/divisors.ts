/**
 * Greatest common divisors and least common multiples of integers.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { DTypeError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { pair } from "./front.ts";
import { where } from "./select.ts";
import { everything } from "../vmap/batch.ts";

function integers(x: TensorLike, y: TensorLike, op: string): Tensor[] {
  const inputs = pair(x, y, false);
  if (!inputs[0]!.spec.info.isInt) {
    throw new DTypeError(
      `Cannot ${op} tensors of dtype ${inputs[0]!.dtype}: it takes integers`,
      { op },
    );
  }
  return inputs;
}

/** Greatest common divisors of numbers of one shape, by Euclid's steps until all are done. */
function euclid(x: Tensor, y: Tensor): Tensor {
  let [divisor, rest] = [x, y];
  for (;;) {
    const done = rest.eq(0);
    if (everything(done).all().item() === true) return divisor.abs();
    const safe = where(done, 1, rest);
    [divisor, rest] = [where(done, divisor, rest), where(done, 0, divisor.fmod(safe))];
  }
}

/**
 * Greatest common divisors, which are not negative; of two zeros 0.
 *
 * @throws {DTypeError} unless both are integers.
 *
 * @example
 * ```ts
 * import { gcd, tensor } from "@minitensor/minitensor";
 * console.assert(gcd(tensor([12, -8], { dtype: "int32" }), 18).toArray().toString() === "6,2");
 * ```
 */
export function gcd(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = integers(x, y, "gcd");
  return euclid(a!, b!);
}

/**
 * Least common multiples, which are not negative unless they overflow; 0 where one is 0.
 *
 * @throws {DTypeError} unless both are integers.
 *
 * @example
 * ```ts
 * import { lcm, tensor } from "@minitensor/minitensor";
 * console.assert(lcm(tensor([4, 0], { dtype: "int32" }), 6).toArray().toString() === "12,0");
 * ```
 */
export function lcm(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = integers(x, y, "lcm");
  const common = euclid(a!, b!);
  return a!.floorDivide(common.maskedFill(common.eq(0), 1)).mul(b!).abs();
}
