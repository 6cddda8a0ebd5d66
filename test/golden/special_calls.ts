/** How the cases of special.jsonl are called: by the names of the namespace. */
import * as mt from "../../mod.ts";

type Call = (inputs: readonly mt.Tensor[], rest: readonly unknown[]) => unknown;

const named = ["i0e", "i1", "i1e", "gammainc", "gammaincc", "zeta", "ndtr", "logNdtr", "erfcx"]
  .concat(["ndtri", "entr", "xlog1py"]);

const special = mt.special as unknown as Readonly<
  Record<string, (...given: readonly unknown[]) => unknown>
>;

/** By the name of the case. */
export const specialCalls: Readonly<Record<string, Call>> = {
  ...Object.fromEntries(
    named.map((name) => [name, (inputs) => special[name]!(...inputs)] as const),
  ),
  polygamma: ([x], [n]) => x!.polygamma(n as number),
  mvlgamma: ([x]) => x!.add(2).mvlgamma(3),
  gammaincBy: ([x], [a]) => mt.special.gammainc(a as number, x!),
  scatterReduce: ([x, index, source], [dim, reduce, options]) =>
    x!.scatterReduce(
      dim as number,
      index!,
      source!,
      reduce as mt.ScatterReduction,
      options as object,
    ),
  indexReduce: ([x, index, source], [dim, reduce, options]) =>
    x!.indexReduce(dim as number, index!, source!, reduce as "prod", options as object),
  zetaBy: ([q], [s]) => mt.special.zeta(s as number, q!),
};
