/**
 * Rows of normalisation and of fused attention.
 *
 * @module
 */
import type { Row } from "./rows.ts";
import type { CallInput, CallWork } from "./works.ts";

/** The op alone, and with its sum and backward. */
function twice(
  group: string,
  name: string,
  work: Omit<CallWork, "kind">,
  bar: number,
): Row[] {
  const whole: CallWork = { kind: "call", ...work };
  return [
    { group, name, work: whole, bar },
    { group, name: `${name}, sum, backward`, work: { ...whole, pass: "both" }, bar },
  ];
}

/** Over rows, groups of channels and batches. */
export function normalizationRows(): Row[] {
  const images = [32, 64, 56, 56];
  const row = (
    op: string,
    shape: readonly number[],
    weight: CallInput,
    suffix = "",
    numbers: readonly number[] = [],
  ): Row[] => {
    const name = `${op.replace("Evaluation", "")} ${shape.join("x")}${suffix}`;
    const inputs = [{ shape }, weight, ...(op === "rmsNorm" ? [] : [weight])];
    return twice("normalization", name, { op, inputs, numbers }, 1.5);
  };
  const features = { shape: [768] };
  const channels = { shape: [64] };
  return [
    ...row("layerNorm", [512, 768], features),
    ...row("layerNorm", [4096, 768], features),
    ...row("rmsNorm", [4096, 768], features),
    ...row("groupNorm", [8, 64, 56, 56], channels, ", 32 groups", [32]),
    ...row("batchNorm", images, channels, ", training"),
    ...row("batchNormEvaluation", images, channels, ", evaluation"),
    ...row("batchNorm", [64, 256], { shape: [256] }, ", training"),
  ];
}

/** Twelve heads of 64, as in small language models. */
export function fusedAttentionRows(): Row[] {
  return [128, 512, 2048].flatMap((length) => {
    const one = { shape: [2, 12, length, 64] };
    return [0, 1].flatMap((causal) => {
      const name = `attention 2x12x${length}x64${causal ? ", causal" : ""}`;
      const work = { op: "scaledDotProductAttention", inputs: [one, one, one], numbers: [causal] };
      return twice("attention", name, work, 1);
    });
  });
}
