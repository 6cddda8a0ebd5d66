/**
 * How the golden cases of linear algebra are called, where that differs from a function of the
 * main module.
 *
 * @module
 */
import { einsum, linalg, lu, qr, slogdet, solve, type Tensor } from "../mod.ts";

type Call = (inputs: readonly Tensor[], rest: readonly unknown[]) => unknown;

const namespace = linalg as unknown as Readonly<
  Record<string, (...given: readonly unknown[]) => unknown>
>;

/** Options with the infinities that JSON has no numbers for. */
function revived(rest: readonly unknown[]): unknown[] {
  return rest.map((item) =>
    typeof item === "object" && item !== null && "p" in item && item.p === "Infinity"
      ? { ...item, p: Infinity }
      : item
  );
}

const names = [
  "solveTriangular",
  "pinv",
  "svdvals",
  "eigvalsh",
  "matrixRank",
  "cond",
  "tensorinv",
  "tensorsolve",
  "vecdot",
  "vectorNorm",
  "matrixNorm",
  "householderProduct",
];

/** Calls by the name of the case. */
export const linalgCalls: Readonly<Record<string, Call>> = {
  ...Object.fromEntries(
    names.map((name): [string, Call] => [
      name,
      (inputs, rest) => namespace[name]!(...inputs, ...revived(rest)),
    ]),
  ),
  solveTransposed: ([a, b]) => solve(a!.mT, b!.mT),
  slogdet: ([a]) => {
    const { sign, logabsdet } = slogdet(a!);
    return { logabsdet, sign };
  },
  qrQ: ([a]) => qr(a!).Q,
  qrR: ([a]) => qr(a!).R,
  luL: ([a]) => lu(a!).L,
  luU: ([a]) => lu(a!).U,
  eigvalshSum: ([a]) => linalg.eigvalsh(a!.add(a!.mT)),
  ldlFactor: ([a]) => linalg.ldlFactor(a!),
  ldlSolve: ([a, b]) => {
    const { LD, pivots } = linalg.ldlFactor(a!);
    return linalg.ldlSolve(LD, pivots, b!);
  },
  linalgVander: (inputs, rest) => namespace["vander"]!(...inputs, ...rest),
  lstsq: ([a, b]) => linalg.lstsq(a!, b!).solution,
  linalgNorm: (inputs, rest) => namespace["norm"]!(...inputs, ...rest),
  einsum: (inputs, [equation]) => einsum(equation as string, ...inputs),
};
