/**
 * Eigenvalues and eigenvectors of square matrices that need not be symmetric: complex numbers.
 *
 * @module
 */
import { Complex } from "../complex/complex.ts";
import { partOf } from "../complex/parts.ts";
import { type TensorLike, zeros } from "../create.ts";
import { modes } from "../graph.ts";
import { defineOp, type GradientContext, type Op, type Sample } from "../op.ts";
import { specOf } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { cat } from "./join.ts";
import { mT } from "./linalg.ts";
import { solve } from "./lu.ts";
import { batchOf, identityLike, requireSound, spectralTrouble, squareOf } from "./matrices.ts";
import { oneHot } from "./one_hot.ts";
import { where } from "./select.ts";
import { narrow } from "./view.ts";

/** Eigenvalues of square matrices and their vectors. */
export interface EigResult {
  /** In no order, [..., N]; complex ones in pairs, that with a positive imaginary part first. */
  readonly eigenvalues: Complex;
  /** In the columns, [..., N, N]: of length 1, the largest element of each real and positive. */
  readonly eigenvectors: Complex;
}

/** A matrix of eigenvalues far from each other, among them a complex pair, and a little of x. */
function apart(x: Tensor): Tensor {
  const size = x.shape.at(-1)!;
  const base = Array.from({ length: size * size }, (_, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    if (i === j) return i < 2 ? 6 : -6 * (i - 1);
    return i + j === 1 ? 4 * (j - i) : 0;
  });
  return x.mul(0.5).add(x.newTensor(base).reshape([size, size]));
}

function samplesOf(shapes: readonly (readonly number[])[]): readonly Sample[] {
  return shapes.map((shape) => ({ shapes: [shape], arguments: ([x]) => [apart(x!)] }));
}

type Decomposition = (a: Tensor) => readonly Tensor[];

/** Eigenvalues, vectors, and a report of what went wrong. */
const decomposition: Op<Decomposition, undefined> = defineOp({
  name: "eig",
  summary: "Eigenvalues and eigenvectors of square matrices: real and imaginary parts of both.",
  infer: ([a]) => {
    const values = specOf(a!.shape.slice(0, -1), a!.dtype);
    return [values, values, a!.spec, a!.spec, specOf(batchOf(a!), "int32")];
  },
  kernel: { native: "eig" },
  saves: "output",
  gradient: (context) => [backward(context)],
  samples: samplesOf([[3, 3], [2, 4, 4], [2, 2], [0, 0]]),
  front: (run): Decomposition => (a) => run.all([a], undefined),
});

/**
 * With v_k = u_k + α_k v_k, u_k the sum over i ≠ k of v_i (V^-1 dA V)_ik / (λ_k - λ_i), where α_k
 * keeps the length 1 and the largest element real (Boeddeker et al. 2017, "On the computation of
 * complex-valued gradients", 4.8, without the latter). A loss to which the phases of the vectors do
 * not matter has the gradient that PyTorch gives it; for others PyTorch has none.
 */
function backward({ grads, outputs }: GradientContext<undefined>): Tensor {
  const [wr, wi, vr, vi] = outputs as readonly Tensor[];
  const values = new Complex(wr!, wi!);
  const vectors = new Complex(vr!, vi!);
  const identity = identityLike(vr!);
  const ofValues = gradientOf(grads[0], grads[1], wr!);
  const ofVectors = gradientOf(grads[2], grads[3], vr!);
  let inner: Complex | null = null;
  if (ofVectors !== null) {
    const gaps = values.unsqueeze(-2).sub(values.unsqueeze(-1)).conj().add(identity);
    inner = vectors.mH.matmul(constrained(ofVectors, vectors)).div(gaps).mul(identity.rsub(1));
  }
  if (ofValues !== null) {
    const turned = ofValues.unsqueeze(-1).mul(identity);
    inner = inner === null ? turned : inner.add(turned);
  }
  return realSolution(vectors.mH, inner!.matmul(vectors.mH));
}

function gradientOf(
  real: Tensor | null | undefined,
  imag: Tensor | null | undefined,
  like: Tensor,
): Complex | null {
  if (!real && !imag) return null;
  const none = zeros([], { dtype: like.dtype }).expand(like.shape);
  return new Complex(real ?? none, imag ?? none);
}

/** The gradient of u of that of v: what changes lengths and phases goes another way. */
function constrained(grad: Complex, vectors: Complex): Complex {
  const { real, imag } = vectors;
  const along = vectors.conj().mul(grad).sum(-2, { keepdim: true });
  const { indices } = where(imag.eq(0), real, -Infinity).detach().max(-2);
  const largest = mT(oneHot(indices, real.shape.at(-1)!, { dtype: real.dtype }));
  const size = real.mul(largest).sum(-2, { keepdim: true });
  return new Complex(
    grad.real.sub(real.mul(along.real)),
    grad.imag.sub(imag.mul(along.real)).sub(largest.mul(along.imag.div(size))),
  );
}

/** The real part of X in A X = B, by real matrices of twice the size. */
function realSolution(a: Complex, b: Complex): Tensor {
  const size = a.shape.at(-1)!;
  const whole = cat([cat([a.real, a.imag.neg()], -1), cat([a.imag, a.real], -1)], -2);
  return narrow(solve(whole, cat([b.real, b.imag], -2)), -2, 0, size);
}

/** Eigenvalues alone, where no gradient is asked for: it needs the vectors. */
const values: Op<Decomposition, undefined> = defineOp({
  name: "eigvals",
  summary: "Eigenvalues of square matrices: real and imaginary parts.",
  infer: ([a]) => {
    const spec = specOf(a!.shape.slice(0, -1), a!.dtype);
    return [spec, spec, specOf(batchOf(a!), "int32")];
  },
  kernel: { native: "eigvals" },
  saves: "none",
  gradient: null,
  // Few eigenvalues, whose order does not hang on rounding.
  samples: samplesOf([[3, 3], [2, 2], [0, 0]]),
  front: (run): Decomposition => (a) => run.all([a], undefined),
});

/**
 * Eigenvalues and eigenvectors of square matrices [..., N, N]: A V = V diag(L). Vectors have length
 * 1 and a largest element that is real and positive. Equal eigenvalues may share vectors; there the
 * gradient is infinite or NaN. It is that of vectors whose phase is fixed in this way, so that any
 * loss has one; one to which the phases do not matter has PyTorch's.
 *
 * @throws {LinAlgError} when an element is not finite, or the iteration does not converge.
 * @throws {ShapeError} when the matrices are not square.
 *
 * @example
 * ```ts
 * import { linalg } from "@minitensor/minitensor";
 * const { eigenvalues } = linalg.eig([[0, 1], [-1, 0]]);
 * console.assert(eigenvalues.imag.toArray().toString() === "1,-1");
 * ```
 */
export function eig(A: TensorLike): EigResult {
  const [wr, wi, vr, vi, info] = decomposition(squareOf(partOf(A), "eig"));
  requireSound("eig", info!, spectralTrouble);
  return { eigenvalues: new Complex(wr!, wi!), eigenvectors: new Complex(vr!, vi!) };
}

/**
 * Eigenvalues of square matrices [..., N, N], in no order. Differentiable where they are simple.
 *
 * @throws {LinAlgError} when an element is not finite, or the iteration does not converge.
 * @throws {ShapeError} when the matrices are not square.
 *
 * @example
 * ```ts
 * import { linalg } from "@minitensor/minitensor";
 * console.assert(linalg.eigvals([[2, 1], [0, 3]]).real.toArray().toString() === "2,3");
 * ```
 */
export function eigvals(A: TensorLike): Complex {
  const a = squareOf(partOf(A), "eigvals");
  if (a.requiresGrad && modes.gradients) return eig(a).eigenvalues;
  const [wr, wi, info] = values(a);
  requireSound("eigvals", info!, spectralTrouble);
  return new Complex(wr!, wi!);
}
