/**
 * How the cases of complex.jsonl are called: complex numbers are given as two tensors, and answered
 * as one whose last dim is 2.
 */
import * as mt from "../../mod.ts";

type Call = (inputs: readonly mt.Tensor[], rest: readonly unknown[]) => unknown;
type Named = Readonly<Record<string, (...given: readonly unknown[]) => unknown>>;

const out = (x: unknown): unknown => mt.isComplex(x) ? mt.viewAsReal(x) : x;

/** Methods of complex numbers. */
const methods = [
  ...["add", "sub", "mul", "div", "pow", "matmul"],
  ...["abs", "angle", "conj", "exp", "log", "neg", "reciprocal", "sqrt", "sum", "mean"],
];

function method(name: string): Call {
  return ([a, b, c, d]) => {
    const z = mt.complex(a!, b!) as unknown as Named;
    return out(z[name]!(...(c === undefined ? [] : [mt.complex(c, d!)])));
  };
}

const transforms = mt.fft as unknown as Named;

function sparseOf(values: mt.Tensor, [indices, shape]: readonly unknown[]): mt.sparse.SparseTensor {
  return mt.sparse.sparseCooTensor(indices as number[][], values, shape as number[]);
}

/** By the name of the case. */
export const complexCalls: Readonly<Record<string, Call>> = {
  ...Object.fromEntries(methods.map((name) => [`complex_${name}`, method(name)])),
  complex_polar: ([size, turn]) => out(mt.polar(size!, turn!)),
  fourier_complex: ([re, im], [name, options]) =>
    out(transforms[name as string]!(mt.complex(re!, im!), options)),
  fourier_real: ([x], [name, options]) => out(transforms[name as string]!(x!, options)),
  fourier_frequencies: (_, [name, n, options]) => transforms[name as string]!(n, options),
  fourier_stft: ([x, window], [n, options]) =>
    out(mt.fft.stft(x!, n as number, { ...options as object, window: window! })),
  fourier_istft: ([re, im, window], [n, options]) =>
    out(
      mt.fft.istft(mt.complex(re!, im!), n as number, { ...options as object, window: window! }),
    ),
  eigWeighted: ([a]) => {
    const { eigenvalues, eigenvectors } = mt.linalg.eig(a!);
    return eigenvectors.abs().square().mul(eigenvalues.abs().unsqueeze(-2)).sum(-1);
  },
  eigMoments: ([a]) => {
    const found = mt.linalg.eigvals(a!);
    return mt.stack([
      found.abs().sum(-1),
      found.real.exp().sum(-1),
      found.imag.square().sum(-1),
    ], -1);
  },
  sparse_matmul: ([values, dense], rest) => sparseOf(values!, rest).matmul(dense!),
  sparse_transposed: ([values, dense], rest) => sparseOf(values!, rest).transpose().matmul(dense!),
  sparse_dense: ([values], rest) => sparseOf(values!, rest).toDense(),
};
