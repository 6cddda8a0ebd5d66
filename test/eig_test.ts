/** Eigenvalues of matrices that need not be symmetric. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as mt from "../mod.ts";
import { gradcheck } from "../src/testing.ts";

const { linalg } = mt;

/** The largest element of A V - V diag(L), relative to the norm of A, in units of eps. */
function residual(a: mt.Tensor): number {
  const { eigenvalues, eigenvectors: v } = linalg.eig(a);
  const scaled = v.mul(eigenvalues.unsqueeze(-2));
  const real = a.matmul(v.real).sub(scaled.real).abs().max().item();
  const imag = a.matmul(v.imag).sub(scaled.imag).abs().max().item();
  const norm = Math.max(largest(a) * Math.sqrt(a.shape[0]!), 1e-300);
  return Math.max(Number(real), Number(imag)) / norm / mt.dtypeInfo(a.dtype).eps;
}

/** Eigenvalues in order of their parts. */
function sorted(z: mt.Complex): number[][] {
  return (z.toArray() as [number, number][]).map((pair) =>
    pair.map((x) => Math.round(x * 1e6) / 1e6)
  )
    .sort((a, b) => a[0]! - b[0]! || a[1]! - b[1]!);
}

/** The largest magnitude. */
function largest(x: mt.Tensor): number {
  return Number(x.abs().max().item());
}

describe("eig", () => {
  for (const dtype of ["float32", "float64"] as const) {
    test(`gives A V = V diag(L) in ${dtype}`, () => {
      const generator = new mt.Generator(3);
      for (const n of [1, 2, 3, 4, 7, 16, 33, 60]) {
        const a = mt.randn([n, n], { dtype, generator });
        const steps = mt.arange(n).to(dtype).mul(0.5).exp2();
        const shapes: Readonly<Record<string, mt.Tensor>> = {
          random: a,
          symmetric: a.add(a.mT),
          skew: a.sub(a.mT),
          triangular: a.tril(),
          badlyScaled: a.mul(steps).div(steps.unsqueeze(1)),
          rotation: mt.eye(n, n, { dtype }).roll(1, 0),
          companion: mt.eye(n, n, { dtype }).roll(1, 0).add(a.mul(mt.eye(n, n, { dtype }))),
          defective: mt.eye(n, n, { dtype }).add(mt.eye(n, n, { dtype }).roll(1, 1).triu()),
          zero: mt.zeros([n, n], { dtype }),
          huge: a.mul(dtype === "float32" ? 1e36 : 1e300),
          tiny: a.mul(dtype === "float32" ? 1e-24 : 1e-280),
        };
        for (const [name, matrix] of Object.entries(shapes)) {
          const off = residual(matrix);
          assert(off < 10 + n, `${name} of ${n}: ${off} eps`);
        }
      }
    });
  }

  test("knows the eigenvalues of known matrices", () => {
    assertEquals(sorted(linalg.eigvals([[0, 1], [-1, 0]])), [[0, -1], [0, 1]]);
    assertEquals(sorted(linalg.eigvals([[2, 0], [5, 3]])), [[2, 0], [3, 0]]);
    // The companion matrix of x^3 - 6 x^2 + 11 x - 6.
    const companion = mt.tensor([[6, -11, 6], [1, 0, 0], [0, 1, 0]], { dtype: "float64" });
    assertEquals(sorted(linalg.eigvals(companion)), [[1, 0], [2, 0], [3, 0]]);
    // Roots of unity.
    const shift = mt.eye(4).to("float64").roll(1, 0);
    assertEquals(sorted(linalg.eigvals(shift)).map((pair) => pair.map((x) => x + 0)), [
      [-1, 0],
      [0, -1],
      [0, 1],
      [1, 0],
    ]);
  });

  test("fixes lengths and phases", () => {
    const a = mt.randn([5, 6, 6], { dtype: "float64", generator: new mt.Generator(4) });
    const { eigenvalues, eigenvectors: v } = linalg.eig(a);
    assert(largest(v.abs().square().sum(-2).sub(1)) < 1e-14);
    const top = v.abs().max(-2).values;
    const real = mt.where(v.imag.eq(0), v.real, 0).max(-2).values;
    assert(largest(real.sub(top)) < 2e-6);
    // A pair is exactly conjugate, the positive imaginary part first.
    const pairs = eigenvalues.imag.toArray() as number[][];
    for (const row of pairs) {
      const nonreal = row.filter((x) => x !== 0);
      nonreal.forEach((x, i) =>
        assertEquals(i % 2 === 0 ? x > 0 : x, i % 2 === 0 || -nonreal[i - 1]!)
      );
    }
    assertEquals(
      linalg.eigvals(a).abs().sum().item(),
      eigenvalues.abs().sum().item(),
    );
  });

  test("has gradients through the vectors, twice", () => {
    const a = mt.tensor([[6, 4, 0.5], [-4, 6, 0.25], [0.125, 1, -6]], {
      dtype: "float64",
      requiresGrad: true,
    });
    const parts = (x: mt.Tensor) => {
      const { eigenvalues, eigenvectors } = linalg.eig(x);
      const sizes = eigenvalues.abs().unsqueeze(0);
      return mt.cat([sizes, eigenvectors.real, eigenvectors.imag], 0);
    };
    assert(gradcheck(parts, [a]));
    linalg.eigvals(a).real.sum().backward();
    assert(largest(a.grad!.sub(mt.eye(3, 3, { dtype: "float64" }))) < 1e-14);
  });

  test("refuses what has no eigenvalues", () => {
    assertThrows(() => linalg.eig(mt.ones([2, 3])), mt.ShapeError, "its matrices are not square");
    assertThrows(() => linalg.eigvals(mt.ones([2])), mt.ShapeError, "it is no matrix");
    assertThrows(() => linalg.eig([[1, NaN], [0, 1]]), mt.LinAlgError, "not finite");
    assertThrows(() => linalg.eigvals([[1, Infinity], [0, 1]]), mt.LinAlgError, "not finite");
    assertEquals([...linalg.eig(mt.zeros([0, 0])).eigenvectors.shape], [0, 0]);
    assertEquals([...linalg.eigvals(mt.zeros([0, 3, 3])).shape], [0, 3]);
  });
});
