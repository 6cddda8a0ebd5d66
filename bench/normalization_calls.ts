/**
 * Calls of normalisation, of fused attention, and of masks.
 *
 * @module
 */
import * as mt from "../mod.ts";

type Call = (inputs: readonly mt.Tensor[], numbers: readonly number[]) => () => mt.Tensor;

/** By name, as works.ts has them. */
export const normalizationCalls: Readonly<Record<string, Call>> = {
  batchNorm: ([x, weight, bias]) => () =>
    mt.batchNorm(x!, { weight: weight!, bias: bias!, training: true }),
  batchNormEvaluation: ([x, weight, bias]) => {
    const runningMean = mt.full(weight!.shape, 0.25);
    const runningVar = mt.full(weight!.shape, 2);
    return () => mt.batchNorm(x!, { weight: weight!, bias: bias!, runningMean, runningVar });
  },
  groupNorm: ([x, weight, bias], [groups]) => () =>
    mt.groupNorm(x!, groups!, { weight: weight!, bias: bias! }),
  layerNorm: ([x, weight, bias]) => () =>
    mt.layerNorm(x!, weight!.shape, { weight: weight!, bias: bias! }),
  maskedSelect: ([x, mask]) => () => mt.maskedSelect(x!, mask!),
  nonzero: ([x]) => () => mt.nonzero(x!),
  rmsNorm: ([x, weight]) => () => mt.rmsNorm(x!, weight!.shape, { weight: weight! }),
  scaledDotProductAttention: ([q, k, v], [causal]) => () =>
    mt.scaledDotProductAttention(q!, k!, v!, { isCausal: causal === 1 }),
};
