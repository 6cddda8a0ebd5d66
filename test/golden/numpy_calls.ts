/** How the cases of numpy.jsonl are called: as NumPy's functions are. */
import * as np from "../../src/numpy/mod.ts";
import type { Tensor } from "../../mod.ts";

type Call = (inputs: readonly Tensor[], rest: readonly unknown[]) => unknown;

const functions = Object.entries(np as unknown as Record<string, unknown>).filter(
  (entry): entry is [string, (...given: readonly unknown[]) => unknown] =>
    typeof entry[1] === "function",
);

/** By the name of the case: the tensors, then what stands with it. */
export const numpyCalls: Readonly<Record<string, Call>> = Object.fromEntries(
  functions.map(([name, call]) => [`np.${name}`, (inputs, rest) => call(...inputs, ...rest)]),
);
