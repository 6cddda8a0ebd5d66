/**
 * The large algorithms of linear algebra: residuals and orthogonality at the scale of rounding, for
 * matrices that are hard in several ways, and the same bits for any number of threads.
 */
import { describe, test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import {
  arange,
  cholesky,
  diag,
  dtypeInfo,
  eye,
  getNumThreads,
  inv,
  linalg,
  lu,
  ones,
  qr,
  randn,
  setNumThreads,
  solve,
  svd,
  type Tensor,
  tensor,
  where,
  zeros,
} from "../mod.ts";
import { Generator } from "../src/random.ts";

type Float = "float32" | "float64";
const dtypes: readonly Float[] = ["float32", "float64"];

function random(shape: readonly number[], dtype: Float, seed = 7): Tensor {
  return randn(shape, { dtype, generator: new Generator(seed) });
}

function most(x: Tensor): number {
  return x.numel() === 0 ? 0 : Number(x.abs().max().item());
}

/** Length of all elements together: no less than the largest singular value. */
function size(x: Tensor): number {
  const largest = most(x);
  return largest === 0 ? 0 : largest * Math.sqrt(Number(x.div(largest).square().sum().item()));
}

/** Element i is f(i). */
function list(count: number, dtype: Float, f: (i: number) => number): Tensor {
  return tensor(Array.from({ length: count }, (_, i) => f(i)), { dtype });
}

function orthogonal(n: number, dtype: Float): Tensor {
  return qr(random([n, n], "float64", 3)).Q.to(dtype);
}

/** Square matrices, each hard in its own way. */
function matrices(n: number, dtype: Float): Readonly<Record<string, Tensor>> {
  const plain = random([n, n], dtype);
  const falling = list(n, dtype, (i) => 10 ** (-(dtype === "float32" ? 6 : 14) * i / n));
  const Q = orthogonal(n, dtype);
  const i = arange(n).to(dtype);
  const beside = diag(ones([n - 1], { dtype }), 1);
  const middle = i.sub((n - 1) / 2).abs();
  return {
    random: plain,
    hilbert: i.unsqueeze(1).add(i).add(1).reciprocal(),
    graded: plain.mul(falling).mul(falling.unsqueeze(1)),
    "of rank 3": random([n, 3], dtype).matmul(random([3, n], dtype, 8)),
    "of three values": Q.mul(list(n, dtype, (k) => k % 3)).matmul(Q.T),
    "of values nearly equal": Q.mul(list(n, dtype, (k) => 1 + k % 7 * 1e-9)).matmul(Q.T),
    wilkinson: diag(middle).add(beside).add(beside.T), // pairs that agree in all digits
    ones: ones([n, n], { dtype }),
    identity: eye(n, n, { dtype }),
    zero: zeros([n, n], { dtype }),
    "very small": plain.mul(dtype === "float32" ? 1e-37 : 1e-307),
    "very large": plain.mul(dtype === "float32" ? 1e35 : 1e304),
  };
}

/** Largest difference of x and y, in units of rounding of matrices of that size. */
function rounding(x: Tensor, y: Tensor, scale: number): number {
  const n = Math.max(1, ...x.shape.slice(-2));
  const eps = dtypeInfo(x.dtype).eps!;
  const difference = most(x.double().sub(y.double()).div(scale === 0 ? 1 : scale));
  return difference / (n * eps);
}

function assertOrthonormal(columns: Tensor, what: string): void {
  const wide = columns.double();
  const n = columns.shape.at(-1)!;
  const off = rounding(
    wide.mT.matmul(wide).to(columns.dtype),
    eye(n, n, { dtype: columns.dtype }),
    1,
  );
  assert(off < 4, `${what}: columns are orthonormal to ${off} units`);
}

/** x y in float64, without overflow: x is divided by the scale first. */
function product(x: Tensor, y: Tensor, scale: number): Tensor {
  return x.double().div(scale === 0 ? 1 : scale).matmul(y.double());
}

function assertDescending(S: Tensor, what: string): void {
  const values = Array.from(S.toTypedArray(), Number);
  for (let i = 0; i + 1 < values.length; i++) assert(values[i]! >= values[i + 1]!, what);
  assert(values.every((value) => value >= 0), what);
}

// Below, at and above the sizes where QL steps, Jacobi rotations and single panels end.
const sizes = [2, 16, 17, 33, 70, 150];

describe("eigh", () => {
  for (const dtype of dtypes) {
    for (const n of sizes) {
      test(`of hard matrices of ${n} rows in ${dtype}`, () => {
        for (const [name, given] of Object.entries(matrices(n, dtype))) {
          const a = given.tril().add(given.tril(-1).mT);
          const scale = size(a);
          const { eigenvalues, eigenvectors } = linalg.eigh(given);
          assertOrthonormal(eigenvectors, name);
          const left = product(a, eigenvectors, scale);
          const w = eigenvalues.double().div(scale === 0 ? 1 : scale);
          const off = rounding(left.to(dtype), eigenvectors.double().mul(w).to(dtype), 1);
          assert(off < 4, `${name}: residual of ${off} units`);
          assertDescending(eigenvalues.flip(0).sub(eigenvalues.min()), name);
          const alone = rounding(linalg.eigvalsh(given), eigenvalues, scale);
          assert(alone < 4, `${name}: values alone differ by ${alone} units`);
        }
      });
    }
  }

  test("reads one triangle", () => {
    const a = random([40, 40], "float64");
    const below = ones([40, 40]).tril(-1).ne(0);
    const upper = linalg.eigvalsh(where(below, NaN, a), { UPLO: "U" });
    assertEquals(most(linalg.eigvalsh(a.mT).sub(upper)), 0);
  });
});

describe("svd", () => {
  for (const dtype of dtypes) {
    for (const n of sizes) {
      test(`of hard matrices of ${n} rows and columns, and halves, in ${dtype}`, () => {
        for (const [name, square] of Object.entries(matrices(n, dtype))) {
          const half = Math.ceil(n / 2);
          for (const a of [square, square.narrow(1, 0, half), square.narrow(0, 0, half)]) {
            const what = `${name} ${a.shape.join()}`;
            const scale = size(a);
            const { U, S, Vh } = svd(a, { fullMatrices: false });
            assertOrthonormal(U, what);
            assertOrthonormal(Vh.mT, what);
            assertDescending(S, what);
            const S1 = S.double().div(scale === 0 ? 1 : scale);
            const back = U.double().mul(S1).matmul(Vh.double());
            const off = rounding(back.to(dtype), product(a, eye(a.shape[1]!), scale).to(dtype), 1);
            assert(off < 4, `${what}: residual of ${off} units`);
            const alone = rounding(linalg.svdvals(a), S, scale);
            assert(alone < 4, `${what}: values alone differ by ${alone} units`);
          }
        }
      });
    }
  }

  test("completes the vectors of oblong matrices", () => {
    for (const shape of [[60, 20], [20, 60], [60, 3], [3, 60]]) {
      const { U, Vh } = svd(random(shape, "float32"));
      assertOrthonormal(U, shape.join());
      assertOrthonormal(Vh.mT, shape.join());
    }
  });

  test("of a zero matrix has values of exactly 0", () => {
    assertEquals(most(svd(zeros([50, 50])).S), 0);
    assertEquals(most(linalg.svdvals(zeros([50, 30]))), 0);
  });
});

describe("factorisations of all sizes", () => {
  for (const dtype of dtypes) {
    test(`multiply to the matrix in ${dtype}`, () => {
      for (const n of [1, 5, 16, 17, 48, 65, 130]) {
        const a = random([n, n], dtype);
        const positive = a.matmul(a.T).add(eye(n, n, { dtype }).mul(n));
        const L = cholesky(positive);
        assert(rounding(L.matmul(L.T), positive, size(positive)) < 4, `cholesky ${n}`);
        assertEquals(most(L.triu(1)), 0);
        const factors = lu(a);
        assert(rounding(factors.P.matmul(factors.L).matmul(factors.U), a, size(a)) < 4, `lu ${n}`);
        const { Q, R } = qr(a);
        assertOrthonormal(Q, `qr ${n}`);
        assert(rounding(Q.matmul(R), a, size(a)) < 4, `qr ${n}`);
        const symmetric = a.add(a.T).mul(eye(n, n, { dtype }).rsub(1)); // zeros on the diagonal
        if (n === 1) continue;
        const { LD, pivots } = linalg.ldlFactor(symmetric);
        const x = linalg.ldlSolve(LD, pivots, a);
        const off = rounding(symmetric.matmul(x), a, size(symmetric) * size(x));
        assert(off < 4, `ldl ${n}: ${off}`);
      }
    });
  }
});

test("results do not depend on the number of threads", () => {
  const threads = getNumThreads();
  try {
    for (const dtype of dtypes) {
      const a = random([200, 200], dtype);
      const batch = random([9, 20, 20], dtype);
      const results = [1, 2, 3].map((count) => {
        setNumThreads(count);
        const { eigenvalues, eigenvectors } = linalg.eigh(a);
        const { U, S, Vh } = svd(a.narrow(1, 0, 150));
        const positive = a.matmul(a.T).add(eye(200, 200, { dtype }).mul(200));
        return [
          ...[eigenvalues, eigenvectors, U, S, Vh, linalg.eigvalsh(a), linalg.svdvals(a)],
          ...[
            cholesky(positive),
            qr(a).Q,
            linalg.luFactor(a).LU,
            solve(positive, a),
            inv(positive),
          ],
          ...[svd(batch).U, linalg.eigh(batch).eigenvectors],
        ];
      });
      for (const other of results.slice(1)) {
        other.forEach((x, i) => assertEquals(x.toTypedArray(), results[0]![i]!.toTypedArray()));
      }
    }
  } finally {
    setNumThreads(threads);
  }
});
