/** How the cases of distributions.jsonl are called: `Normal.logProb`, the parameters, the value. */
import { distributions as D, type Tensor } from "../../mod.ts";

type Call = (inputs: readonly Tensor[], rest: readonly unknown[]) => unknown;
type Made = D.Distribution & Readonly<Record<string, unknown>>;

const classes = D as unknown as Readonly<Record<string, new (...given: unknown[]) => Made>>;

/** A distribution; `option` names its last parameter. */
function make(kind: string, inputs: readonly Tensor[], option: unknown): Made {
  const given: unknown[] = [...inputs];
  if (typeof option === "string") given.push({ [option]: given.pop() });
  return new classes[kind]!(...given);
}

function call(kind: string, method: string): Call {
  return (inputs, [option]) => {
    if (method === "klDivergence") {
      const half = inputs.length / 2;
      const p = make(kind, inputs.slice(0, half), option);
      return D.klDivergence(p, make(kind, inputs.slice(half), option));
    }
    const valued = ["logProb", "cdf", "icdf"].includes(method);
    const made = make(kind, valued ? inputs.slice(0, -1) : inputs, option);
    const member = made[method];
    if (typeof member !== "function") return member;
    return valued ? member.call(made, inputs.at(-1)) : member.call(made);
  };
}

const methods = ["mean", "variance", "stddev", "entropy", "logProb", "cdf", "icdf", "klDivergence"];

/** By the name of the case. */
export const distributionsCalls: Readonly<Record<string, Call>> = {
  ...Object.fromEntries(
    Object.keys(D).flatMap((kind) =>
      methods.map((method) => [`${kind}.${method}`, call(kind, method)] as const)
    ),
  ),
  "Binomial.logProbOf": ([probs, x], [counts]) =>
    new D.Binomial(counts as number[], { probs: probs! }).logProb(x!),
};
