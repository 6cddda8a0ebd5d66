/**
 * Functions that are no ops, made of ops, put to the laws of ops.
 *
 * @module
 */
import type { Op, Sample, Tensor } from "../mod.ts";
import { checkOp, lawReport } from "../src/testing.ts";

/** What laws a function of tensors breaks on the samples, as text; empty when none. */
export function brokenLaws(
  name: string,
  run: (...tensors: readonly Tensor[]) => Tensor,
  samples: readonly Sample[],
): string {
  const record = {
    name,
    summary: name,
    infer: () => null,
    kernel: { composite: (inputs: readonly Tensor[]) => run(...inputs) },
    saves: "both",
    gradient: null, // that of what it is made of
    samples,
  };
  const op = (...tensors: readonly Tensor[]): Tensor => run(...tensors);
  for (const [key, value] of Object.entries(record)) Object.defineProperty(op, key, { value });
  return lawReport(checkOp(op as unknown as Op, { samples }));
}
