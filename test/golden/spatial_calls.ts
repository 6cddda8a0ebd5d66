/** How the cases of spatial.jsonl are called: the bias among the options. */
import * as mt from "../../mod.ts";

type Call = (inputs: readonly mt.Tensor[], rest: readonly unknown[]) => unknown;
type Convolution = (x: mt.Tensor, weight: mt.Tensor, options: object) => mt.Tensor;

const withBias = (convolution: Convolution): Call => ([x, weight, bias], [options]) =>
  convolution(x!, weight!, { ...options as object, bias: bias ?? null });

/** By the name of the case. */
export const spatialCalls: Readonly<Record<string, Call>> = {
  conv1d: withBias(mt.conv1d),
  conv3d: withBias(mt.conv3d),
  convTranspose1d: withBias(mt.convTranspose1d),
  convTranspose2d: withBias(mt.convTranspose2d),
  convTranspose3d: withBias(mt.convTranspose3d),
};
