/**
 * Calls of pooling, recurrent cells, attention and bags of embeddings.
 *
 * @module
 */
import * as mt from "../mod.ts";

type Call = (inputs: readonly mt.Tensor[], numbers: readonly number[]) => () => mt.Tensor | object;

const cellWeights = ([weightIh, weightHh, biasIh, biasHh]: readonly mt.Tensor[]) => ({
  weightIh: weightIh!,
  weightHh: weightHh!,
  biasIh: biasIh!,
  biasHh: biasHh!,
});

const attention: Call = ([x, inProjWeight, inProjBias, outProjWeight, outProjBias]) => {
  const weights = {
    inProjWeight: inProjWeight!,
    inProjBias: inProjBias!,
    outProjWeight: outProjWeight!,
    outProjBias: outProjBias!,
  };
  return () => mt.multiHeadAttentionForward(x!, x!, x!, 4, weights).output;
};

/** By the op's name. */
export const networkCalls: Readonly<Record<string, Call>> = {
  adaptiveAvgPool2d: ([x], [size]) => () => mt.adaptiveAvgPool2d(x!, size!),
  adaptiveMaxPool2d: ([x], [size]) => () => mt.adaptiveMaxPool2d(x!, size!),
  avgPool1d: ([x], [size, stride]) => () => mt.avgPool1d(x!, size!, { stride: stride! }),
  avgPool2d: ([x], [size, stride]) => () => mt.avgPool2d(x!, size!, { stride: stride! }),
  avgPool3d: ([x], [size, stride]) => () => mt.avgPool3d(x!, size!, { stride: stride! }),
  bilinear: ([x, y, weight]) => () => mt.bilinear(x!, y!, weight!),
  embeddingBag: ([index, table], [mode]) => {
    const options = { mode: (["sum", "mean", "max"] as const)[mode!]! };
    return () => mt.embeddingBag(index!, table!, options);
  },
  fractionalMaxPool2d: ([x], [size, out]) => () =>
    mt.fractionalMaxPool2d(x!, size!, { outputSize: out! }),
  gruCell: ([x, h, ...weights]) => () => mt.gruCell(x!, h!, cellWeights(weights)),
  instanceNorm: ([x]) => () => mt.instanceNorm(x!),
  localResponseNorm: ([x]) => () => mt.localResponseNorm(x!, 5),
  lpPool2d: ([x], [p, size]) => () => mt.lpPool2d(x!, p!, size!),
  lstmCell: ([x, h, c, ...weights]) => () =>
    mt.lstmCell(x!, { h: h!, c: c! }, cellWeights(weights)).h,
  maxPool1d: ([x], [size, stride]) => () => mt.maxPool1d(x!, size!, { stride: stride! }),
  maxPool2d: ([x], [size, stride]) => () => mt.maxPool2d(x!, size!, { stride: stride! }),
  maxPool2dIndices: ([x], [size, stride]) => () =>
    mt.maxPool2d(x!, size!, { stride: stride!, returnIndices: true }).values,
  maxPool3d: ([x], [size, stride]) => () => mt.maxPool3d(x!, size!, { stride: stride! }),
  multiHeadAttention: attention,
  rnnCell: ([x, h, ...weights]) => () => mt.rnnCell(x!, h!, cellWeights(weights)),
};
