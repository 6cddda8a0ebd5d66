/**
 * Discrete Fourier transforms along one dim, as ops on real and imaginary parts. The functions of
 * `fft` are made of them.
 *
 * @module
 */
import { tensor, zeros } from "../create.ts";
import type { DType } from "../dtype.ts";
import { defineOp, type Op, type Sample } from "../op.ts";
import { replaced, specOf } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { cast } from "./cast.ts";
import { encodePlan, type Plan, planOf } from "./fourier_plan.ts";
import { floats, same } from "./infer.ts";

/** Which transform. */
export interface Direction {
  /** The dim, counted from the front. */
  readonly dim: number;
  /** The sign of the exponent: minus, or plus where inverse. */
  readonly inverse: boolean;
  /** Factor of the result; nothing else is divided by the length. */
  readonly scale: number;
}

interface Attributes extends Direction {
  /** Length of the real side; 0 where both are complex. */
  readonly length: number;
  readonly plan: Plan;
}

/** Real and imaginary parts of a result. */
export type PartsOf = readonly [real: Tensor, imag: Tensor];

function encode({ dim, inverse, scale, length, plan }: Attributes): readonly number[] {
  return [dim, Number(inverse), scale, length, ...encodePlan(plan)];
}

/** Zeros that take no memory, where no gradient arrives. */
function orZeros(grad: Tensor | null | undefined, like: Tensor): Tensor {
  return grad ?? zeros([], { dtype: like.dtype }).expand(like.shape);
}

/** Transforms numbers along their only dim, for the tables of other plans. */
function runPlan(re: Tensor, im: Tensor, plan: Plan): readonly Tensor[] {
  return fourier(re, im, { dim: 0, inverse: false, scale: 1, plan });
}

function planFor(length: number, dtype: DType): Plan {
  return planOf(length, dtype, false, runPlan);
}

/** The plan of real numbers: of half their length where it is even. */
function realPlanFor(length: number, dtype: DType): Plan {
  return length % 2 === 0
    ? planOf(length / 2, dtype, true, runPlan)
    : planOf(length, dtype, false, runPlan);
}

/** Small dtypes are transformed in the dtype that their arithmetic is done in, and rounded once. */
function widened<R extends readonly Tensor[]>(
  inputs: readonly Tensor[],
  transform: (...wide: readonly Tensor[]) => R,
): R {
  const { dtype, spec } = inputs[0]!;
  const { wide } = spec.info;
  if (wide === null) return transform(...inputs);
  const results = transform(...inputs.map((x) => cast(x, wide)));
  return results.map((x) => cast(x, dtype)) as readonly Tensor[] as R;
}

const complexSamples: readonly Sample[] = [
  { shapes: [[2, 6], [2, 6]], rest: [{ dim: 1, inverse: false, scale: 1 }] },
  { shapes: [[2, 11], [2, 11]], rest: [{ dim: 1, inverse: true, scale: 0.25 }] },
  { shapes: [[5, 3], [5, 3]], rest: [{ dim: 0, inverse: false, scale: 1 }] },
  { shapes: [[64], [64]], rest: [{ dim: 0, inverse: true, scale: 1 / 64 }] },
  { shapes: [[2, 1], [2, 1]], rest: [{ dim: 1, inverse: false, scale: 1 }] },
  { shapes: [[0, 4], [0, 4]], rest: [{ dim: 1, inverse: false, scale: 1 }] },
];

/** With a plan, where it is not that of the library. */
type Planned = Direction & { readonly plan?: Plan };

type Complexes = (re: Tensor, im: Tensor, direction: Planned) => PartsOf;

/**
 * Y[k] = scale times the sum over j of X[j] e^(-2 pi i j k / n), of real and imaginary parts of one
 * shape; e^(+2 pi i j k / n) where inverse.
 */
export const fourier: Op<Complexes, Attributes> = defineOp({
  name: "fourier",
  summary: "Discrete Fourier transform along a dim, of real and imaginary parts.",
  infer: (inputs, attributes, name) => {
    const spec = floats(same)(inputs, attributes, name);
    return [spec, spec];
  },
  kernel: { native: "fourier", encode },
  saves: "none",
  // The adjoint of a transform is the inverse one, both without a divisor.
  gradient: ({ grads: [re, im], attributes: { dim, inverse, scale } }) => {
    const like = (re ?? im)!;
    const direction = { dim, inverse: !inverse, scale };
    return [...fourier(orZeros(re, like), orZeros(im, like), direction), null];
  },
  samples: complexSamples,
  front: (run): Complexes => (re, im, direction) =>
    widened([re, im], (x, y) => {
      const plan = direction.plan ?? planFor(x!.shape[direction.dim]!, x!.dtype);
      const attributes = { ...direction, length: 0, plan };
      const [real, imag] = run.all([x!, y!, plan.table], attributes);
      return [real!, imag!] as const;
    }),
});

/** Factors of n / 2 + 1 elements of which the inner ones stand for two of the whole transform. */
function mirrored(x: Tensor, dim: number, length: number, inner: number): Tensor {
  const count = Math.floor(length / 2) + 1;
  const factors = new Array<number>(count).fill(inner);
  factors[0] = 1;
  if (length % 2 === 0) factors[count - 1] = 1;
  const shape = x.shape.map((_, i) => i === dim ? count : 1);
  return x.mul(tensor(factors, { dtype: x.dtype }).reshape(shape));
}

type Reals = (x: Tensor, dim: number, scale: number) => PartsOf;

/**
 * The first n / 2 + 1 elements of the transform of real numbers, times scale; the others are their
 * conjugates in reverse order.
 */
export const fourierReal: Op<Reals, Attributes> = defineOp({
  name: "fourierReal",
  summary: "Discrete Fourier transform of real numbers along a dim: the first half, and one.",
  infer: (inputs, attributes, name) => {
    const { shape, dtype } = floats(same)(inputs, attributes, name);
    const half = Math.floor(attributes.length / 2) + 1;
    const spec = specOf(replaced(shape, attributes.dim, half), dtype);
    return [spec, spec];
  },
  kernel: { native: "fourierReal", encode },
  saves: "none",
  // The sum over half a spectrum: of what fourierHalf counts twice, half.
  gradient: ({ grads: [re, im], attributes: { dim, length, scale } }) => {
    const like = (re ?? im)!;
    const [real, imag] = [re, im].map((grad) =>
      grad ? mirrored(grad, dim, length, 0.5) : orZeros(null, like)
    );
    return [fourierHalf(real!, imag!, { dim, length, scale }), null];
  },
  samples: [
    { shapes: [[2, 6]], rest: [1, 1] },
    { shapes: [[2, 11]], rest: [1, 0.5] },
    { shapes: [[5, 3]], rest: [0, 1] },
    { shapes: [[128]], rest: [0, 1] },
    { shapes: [[3, 1]], rest: [1, 1] },
    { shapes: [[2, 2]], rest: [1, 1] },
    { shapes: [[0, 4]], rest: [1, 1] },
  ],
  front: (run): Reals => (given, dim, scale) =>
    widened([given], (x) => {
      const length = x!.shape[dim]!;
      const plan = realPlanFor(length, x!.dtype);
      const attributes = { dim, inverse: false, scale, length, plan };
      const [real, imag] = run.all([x!, plan.table], attributes);
      return [real!, imag!] as const;
    }),
});

/** Which real transform. */
export interface HalfDirection {
  /** The dim, counted from the front. */
  readonly dim: number;
  /** Length of the real result. */
  readonly length: number;
  /** Factor of the result. */
  readonly scale: number;
}

type Halves = (re: Tensor, im: Tensor, direction: HalfDirection) => Tensor;

/**
 * The inverse transform of n numbers whose first n / 2 + 1 are given and whose others are their
 * conjugates in reverse order, times scale: real numbers. The imaginary parts of the first and, for
 * even n, of the last count as 0.
 */
export const fourierHalf: Op<Halves, Attributes> = defineOp({
  name: "fourierHalf",
  summary: "Real numbers along a dim, of the first half of their Fourier transform.",
  infer: (inputs, attributes, name) => {
    const { shape, dtype } = floats(same)(inputs, attributes, name);
    return specOf(replaced(shape, attributes.dim, attributes.length), dtype);
  },
  kernel: { native: "fourierHalf", encode },
  saves: "none",
  gradient: ({ grad, attributes: { dim, length, scale } }) => {
    const [re, im] = fourierReal(grad, dim, scale);
    return [mirrored(re, dim, length, 2), mirrored(im, dim, length, 2), null];
  },
  samples: [
    { shapes: [[2, 4], [2, 4]], rest: [{ dim: 1, length: 6, scale: 1 }] },
    { shapes: [[2, 4], [2, 4]], rest: [{ dim: 1, length: 7, scale: 0.5 }] },
    { shapes: [[2, 3], [2, 3]], rest: [{ dim: 0, length: 3, scale: 1 }] },
    { shapes: [[65], [65]], rest: [{ dim: 0, length: 128, scale: 1 }] },
    { shapes: [[2, 1], [2, 1]], rest: [{ dim: 1, length: 1, scale: 1 }] },
    { shapes: [[0, 3], [0, 3]], rest: [{ dim: 1, length: 4, scale: 1 }] },
  ],
  front: (run): Halves => (re, im, { dim, length, scale }) =>
    widened([re, im], (x, y) => {
      const plan = realPlanFor(length, x!.dtype);
      const attributes = { dim, inverse: true, scale, length, plan };
      return [run([x!, y!, plan.table], attributes)] as const;
    })[0],
});
