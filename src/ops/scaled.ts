/**
 * Sums with a factor, and quotients that are rounded: what options make of add, sub and div.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { ArgumentError } from "../errors.ts";
import { defineOp, type Op } from "../op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, pair } from "./front.ts";
import { broadcast } from "./infer.ts";
import { pairs } from "./samples.ts";

/** Options of {@link add} and {@link sub}. */
export interface AlphaOptions {
  /** Factor of the second tensor. Default 1. */
  readonly alpha?: number;
}

/** Options of {@link div}. */
export interface RoundingOptions {
  /** "floor" and "trunc" round the quotient, and keep integers; null (default) does not. */
  readonly roundingMode?: "floor" | "trunc" | null;
}

interface Factor {
  readonly alpha: number;
}

const addScaled: Op<(inputs: readonly Tensor[], factor: Factor) => Tensor, Factor> = defineOp({
  name: "addScaled",
  summary: "x + alpha * y.",
  infer: broadcast,
  kernel: { native: "addScaled", elementwise: true, encode: ({ alpha }) => [alpha] },
  saves: "none",
  gradient: ({ grad, attributes: { alpha }, needs }) => [grad, needs[1] ? grad.mul(alpha) : null],
  reference: (x, y) => x! - 1.5 * y!,
  samples: pairs.map((sample) => ({
    ...sample,
    arguments: (inputs) => [inputs, { alpha: -1.5 }],
  })),
  front: (run) => (inputs, factor) => run(inputs, factor),
});

/** x + sign alpha y; null where alpha is 1 and nothing special is asked for. */
export function scaledSum(
  x: TensorLike,
  y: TensorLike,
  options: AlphaOptions,
  sign: 1 | -1,
  op: string,
): Tensor | null {
  checkOptions(options, ["alpha"], op);
  const { alpha = 1 } = options;
  if (alpha === 1) return null;
  const inputs = pair(x, y, false);
  if (!inputs[0]!.spec.info.isFloat && !Number.isInteger(alpha)) {
    throw new ArgumentError(
      `Cannot ${op} tensors of dtype ${inputs[0]!.dtype} with alpha ${alpha}: it is no integer`,
      { op },
    );
  }
  return addScaled(inputs, { alpha: sign * alpha });
}

/** The quotient rounded as the options say; null where they say nothing. */
export function roundedQuotient(
  x: TensorLike,
  y: TensorLike,
  options: RoundingOptions,
): Tensor | null {
  checkOptions(options, ["roundingMode"], "div");
  const { roundingMode = null } = options;
  if (roundingMode === null) return null;
  if (roundingMode !== "floor" && roundingMode !== "trunc") {
    throw new ArgumentError(
      `Cannot div with roundingMode ${String(roundingMode)}: it is floor, trunc or null`,
      { op: "div" },
    );
  }
  const [a, b] = pair(x, y, false);
  if (roundingMode === "floor") return a!.floorDivide(b!);
  return a!.spec.info.isFloat ? a!.div(b!).trunc() : a!.sub(a!.fmod(b!)).floorDivide(b!);
}
