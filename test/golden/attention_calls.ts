/** How the cases of attention.jsonl are called: weights, states and masks by name. */
import * as mt from "../../mod.ts";

type Call = (inputs: readonly mt.Tensor[], rest: readonly unknown[]) => unknown;

function named(names: readonly string[], tensors: readonly mt.Tensor[]): Record<string, mt.Tensor> {
  return Object.fromEntries(tensors.map((x, i) => [names[i]!, x]));
}

const cellWeights = (tensors: readonly mt.Tensor[]): mt.CellWeights =>
  named(["weightIh", "weightHh", "biasIh", "biasHh"], tensors) as unknown as mt.CellWeights;

const lstm: Call = ([x, h, c, ...weights]) =>
  mt.lstmCell(x!, { h: h!, c: c! }, cellWeights(weights));

/** By the name of the case. */
export const attentionCalls: Readonly<Record<string, Call>> = {
  multiHeadAttention: ([q, k, v, ...rest], [heads, weightNames, maskNames, options]) => {
    const names = weightNames as readonly string[];
    const weights = named(names, rest.slice(0, names.length)) as unknown as mt.MultiHeadWeights;
    const masks = named(maskNames as readonly string[], rest.slice(names.length));
    const { output, weights: shares } = mt.multiHeadAttentionForward(
      q!,
      k!,
      v!,
      heads as number,
      weights,
      { ...options as object, ...masks },
    );
    return shares === null ? output : [output, shares];
  },
  lstmCell: lstm,
  lstmCellState: (inputs, rest) => (lstm(inputs, rest) as mt.LstmState).c,
  gruCell: ([x, h, ...weights]) => mt.gruCell(x!, h!, cellWeights(weights)),
  rnnCell: ([x, h, ...weights], [options]) =>
    mt.rnnCell(x!, h!, cellWeights(weights), (options ?? {}) as object),
  embeddingBag: ([index, weight, perSampleWeights], [options]) =>
    mt.embeddingBag(index!, weight!, {
      ...options as object,
      ...(perSampleWeights ? { perSampleWeights } : {}),
    }),
  bilinear: ([x1, x2, weight, bias]) => mt.bilinear(x1!, x2!, weight!, { bias: bias ?? null }),
};
