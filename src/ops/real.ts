/**
 * What makes ops of one floating-point input.
 *
 * @module
 */
import type { KernelName } from "../ffi/abi.ts";
import { defineOp, type GradientRule, type Op, type Sample } from "../op.ts";
import { unaryFloat, type UnaryFunction } from "./front.ts";
import { floats, same } from "./infer.ts";
import { singles } from "./samples.ts";

/** A function of floating-point values, by the parts in which such functions differ. */
export function real(
  name: KernelName,
  summary: string,
  saves: "none" | "inputs" | "output",
  gradient: GradientRule<undefined>,
  reference: (x: number) => number,
  samples: readonly Sample[] = singles,
): Op<UnaryFunction, undefined> {
  return defineOp({
    name,
    summary,
    infer: floats(same),
    kernel: { native: name, elementwise: true },
    saves,
    gradient,
    reference: reference as (...values: number[]) => number,
    samples,
    front: unaryFloat,
  });
}
