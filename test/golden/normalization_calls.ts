/** How the cases of normalization.jsonl are called: tensors among the options. */
import * as mt from "../../mod.ts";

type Call = (inputs: readonly mt.Tensor[], rest: readonly unknown[]) => unknown;

const options = (x: unknown) => (x ?? {}) as object;

/** By the name of the case. */
export const normalizationCalls: Readonly<Record<string, Call>> = {
  layerNormAffine: ([x, weight, bias], [shape, rest]) =>
    x!.layerNorm(shape as number[], { weight: weight!, bias: bias!, ...options(rest) }),
  rmsNormAffine: ([x, weight], [shape, rest]) =>
    mt.rmsNorm(x!, shape as number[], { weight: weight!, ...options(rest) }),
  groupNormAffine: ([x, weight, bias], [groups, rest]) =>
    mt.groupNorm(x!, groups as number, { weight: weight!, bias: bias!, ...options(rest) }),
  batchNormTraining: ([x, weight, bias]) =>
    mt.batchNorm(x!, { weight: weight!, bias: bias!, training: true }),
  batchNormEvaluation: ([x, runningMean, runningVar, weight, bias], [rest]) =>
    mt.batchNorm(x!, {
      runningMean: runningMean!,
      runningVar: runningVar!,
      weight: weight!,
      bias: bias!,
      ...options(rest),
    }),
  batchNormStatistics: ([x, mean, variance], [rest]) => {
    const [runningMean, runningVar] = [mean!.clone(), variance!.clone()];
    mt.batchNorm(x!, { runningMean, runningVar, training: true, ...options(rest) });
    return [runningMean, runningVar];
  },
  instanceNormAffine: ([x, weight, bias], [rest]) =>
    mt.instanceNorm(x!, { weight: weight!, bias: bias!, ...options(rest) }),
  instanceNormRunning: ([x, runningMean, runningVar], [rest]) =>
    mt.instanceNorm(x!, { runningMean: runningMean!, runningVar: runningVar!, ...options(rest) }),
  instanceNormStatistics: ([x, mean, variance], [rest]) => {
    const [runningMean, runningVar] = [mean!.clone(), variance!.clone()];
    mt.instanceNorm(x!, { runningMean, runningVar, ...options(rest) });
    return [runningMean, runningVar];
  },
  fractionalMaxPool2d: ([x, randomSamples], [size, rest]) =>
    mt.fractionalMaxPool2d(x!, size as number, { randomSamples: randomSamples!, ...options(rest) }),
  batchNormFixed: ([x, weight, bias], [mean, variance]) =>
    mt.batchNorm(x!, {
      runningMean: mt.tensor(mean as number[], { dtype: x!.dtype }),
      runningVar: mt.tensor(variance as number[], { dtype: x!.dtype }),
      weight: weight!,
      bias: bias!,
    }),
  attentionMasked: ([q, k, v, attnMask], [rest]) =>
    mt.scaledDotProductAttention(q!, k!, v!, { attnMask: attnMask!, ...options(rest) }),
};
