/**
 * Linear algebra that is timed: the calls, and the rows they are timed in. The matrices are made
 * so that a result depends little on rounding, as torch_rows.py makes them too.
 *
 * @module
 */
import {
  det,
  eye,
  inv,
  linalg,
  lu,
  matmul,
  matrixExp,
  qr,
  solve,
  svd,
  type Tensor,
} from "../mod.ts";

type Body = () => Tensor | object;

/** Identity plus a random part below 1; rows upside down, so that each pivot is another row. */
function regular(x: Tensor): Tensor {
  return near(x).flip(-2).contiguous();
}

function near(x: Tensor): Tensor {
  const size = x.shape.at(-1)!;
  return x.div(1.5 * Math.sqrt(size)).add(eye(size, size, { dtype: x.dtype }));
}

function symmetric(x: Tensor): Tensor {
  return x.add(x.mT);
}

function positive(x: Tensor): Tensor {
  return near(matmul(x, x.mT).div(Math.sqrt(x.shape.at(-1)!)));
}

type Make = (x: Tensor) => Body;

/** By name: from a random matrix to what is timed. */
const makers: Readonly<Record<string, Make>> = {
  cholesky: (x) => {
    const a = positive(x);
    return () => linalg.cholesky(a);
  },
  det: (x) => {
    const a = regular(x);
    return () => det(a);
  },
  eigh: (x) => {
    const a = symmetric(x);
    return () => linalg.eigh(a);
  },
  eigvalsh: (x) => {
    const a = symmetric(x);
    return () => linalg.eigvalsh(a);
  },
  inv: (x) => {
    const a = regular(x);
    return () => inv(a);
  },
  lstsq: (x) => {
    const [a, b] = [half(x), x.narrow(-1, 0, 4)];
    return () => linalg.lstsq(a, b).solution;
  },
  lu: (x) => {
    const a = regular(x);
    return () => lu(a);
  },
  luFactor: (x) => {
    const a = regular(x);
    return () => linalg.luFactor(a).LU;
  },
  matrixExp: (x) => {
    const a = near(x);
    return () => matrixExp(a);
  },
  pinv: (x) => {
    const a = regular(x);
    return () => linalg.pinv(a);
  },
  qr: (x) => () => qr(x),
  solve: (x) => {
    const a = regular(x);
    return () => solve(a, x);
  },
  solveTriangular: (x) => {
    const a = near(x).tril();
    return () => linalg.solveTriangular(a, x, { upper: false });
  },
  svd: (x) => () => svd(x),
  svdvals: (x) => () => linalg.svdvals(x),
};

/** The left half of the columns: twice as many rows as columns. */
function half(x: Tensor): Tensor {
  return x.narrow(-1, 0, x.shape.at(-1)! / 2).contiguous();
}

/** The calls for works.ts, of one input each. */
export const linalgCalls: Readonly<Record<string, (inputs: readonly Tensor[]) => Body>> = Object
  .fromEntries(
    Object.entries(makers).map(([name, make]) => [
      `linalg ${name}`,
      (inputs: readonly Tensor[]) => make(inputs[0]!),
    ]),
  );

/** A row of linear algebra. */
export interface LinalgRow {
  readonly name: string;
  /** A name of {@link linalgCalls}. */
  readonly op: string;
  readonly shape: readonly number[];
}

const shapes: Readonly<Record<string, readonly number[]>> = {
  "1024 of 4x4": [1024, 4, 4],
  "64x64": [64, 64],
  "512x512": [512, 512],
  "1000x1000": [1000, 1000],
};

/** The rows: every call at every size, the spectral ones at one size more. */
export const linalgRows: readonly LinalgRow[] = Object.keys(makers).flatMap((name) => {
  const isSpectral = name === "eigh" || name === "svd";
  return Object.entries(shapes).flatMap(([size, shape]) =>
    size === "1000x1000" && !isSpectral
      ? []
      : [{ name: `${name} ${size}`, op: `linalg ${name}`, shape }]
  );
});
