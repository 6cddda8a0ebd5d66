import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  arange,
  ArgumentError,
  AxisError,
  chainMatmul,
  cholesky,
  cross,
  det,
  DTypeError,
  einsum,
  eye,
  grad,
  GradientError,
  IndexError,
  inv,
  linalg,
  LinAlgError,
  lu,
  matrixPower,
  mm,
  norm,
  ones,
  ParseError,
  qr,
  randn,
  ShapeError,
  slogdet,
  solve,
  svd,
  type Tensor,
  tensor,
  tensordot,
  trace,
  zeros,
} from "../mod.ts";
import { Generator } from "../src/random.ts";
import { assertValues, values } from "./values.ts";

const singular = () => tensor([[1, 2], [2, 4]], { dtype: "float64" });
const zeroPivot = () => tensor([[[2, 1], [1, 1]], [[1, 2], [2, 4]]], { dtype: "float64" });

function random(...shape: number[]): Tensor {
  return randn(shape, { dtype: "float64", generator: new Generator(7) });
}

/** Largest difference of two tensors. */
function distance(x: Tensor, y: Tensor): number {
  return Number(x.sub(y).abs().max().item());
}

describe("a matrix that cannot be worked with is a LinAlgError", () => {
  test("of solve and inv, when singular, with its place in the batch", () => {
    assertThrows(
      () => solve(singular(), ones([2])),
      LinAlgError,
      "the matrix is singular: pivot 2",
    );
    assertThrows(() => inv(singular()), LinAlgError, "Cannot invert");
    assertThrows(() => inv(zeroPivot()), LinAlgError, "matrix 1 of the batch");
    assertThrows(() => solve([[NaN, 1], [1, 2]], [1, 1]), LinAlgError);
    assertThrows(() => solve([[1, 0], [0, 1]], [Infinity, 1]), LinAlgError, "not finite");
    assertThrows(() => matrixPower(singular(), -1), LinAlgError);
  });

  test("of cholesky, when not positive definite", () => {
    assertThrows(() => cholesky([[1, 2], [2, 1]]), LinAlgError, "minor of order 2");
    assertThrows(() => cholesky([[NaN]]), LinAlgError);
    assertEquals(values(linalg.choleskyEx([[[1, 2], [2, 1]], [[1, 0], [0, 1]]]).info), [2, 0]);
  });

  test("of eigh and svd, when not finite", () => {
    assertThrows(() => linalg.eigh([[NaN]]), LinAlgError, "not finite");
    assertThrows(() => svd([[Infinity, 1]]), LinAlgError, "not finite");
  });

  test("but det is 0, slogdet minus infinity and cond infinite", () => {
    assertEquals(det(singular()).item(), 0);
    const { sign, logabsdet } = slogdet(singular());
    assertEquals([sign.item(), logabsdet.item()], [0, -Infinity]);
    assertEquals(linalg.cond(singular(), { p: 1 }).item(), Infinity);
  });
});

describe("wrong arguments are refused", () => {
  test("by shape", () => {
    assertThrows(() => solve(ones([2, 3]), ones([2])), ShapeError, "not square");
    assertThrows(() => solve(eye(2), ones([3])), ShapeError, "needs 2 rows");
    assertThrows(() => inv(ones([2])), ShapeError, "no matrix");
    assertThrows(() => mm(ones([2]), ones([2, 2])), ShapeError, "2 and 2 dims");
    assertThrows(() => cross(ones([2]), ones([2])), ShapeError, "not 3");
    assertThrows(() => chainMatmul(ones([2]), ones([2, 2]), ones([1, 2, 2])), ShapeError);
    assertThrows(() => trace(ones([3])), AxisError);
  });

  test("by option", () => {
    assertThrows(() => norm([1], { ord: 2 } as never), ArgumentError, "ord");
    assertThrows(() => qr(eye(2), { mode: "r" as never }), ArgumentError, "reduced, complete");
    assertThrows(() => linalg.eigh(eye(2), { UPLO: "X" as never }), ArgumentError);
    assertThrows(() => cross(ones([3]), ones([3]), 0, { dim: 0 }), ArgumentError, "twice");
    assertThrows(() => tensordot(ones([2]), ones([2]), 2), ArgumentError);
    assertThrows(() => matrixPower(eye(2), 0.5), ArgumentError);
  });

  test("by pivot", () => {
    const pivots = tensor([1, 3], { dtype: "int32" });
    assertThrows(() => linalg.luSolve(ones([2, 1]), eye(2), pivots), IndexError, "pivot 3");
    assertThrows(() => linalg.luSolve(ones([2, 1]), eye(2), ones([2])), DTypeError);
  });

  test("by equation", () => {
    const x = ones([2, 3]);
    for (const equation of ["ij", "ij,jk,kl", "i,jk"]) {
      assertThrows(() => einsum(equation, x, ones([3, 2])), ArgumentError, "Cannot einsum");
    }
    const malformed: readonly (readonly [string, number, string])[] = [
      ["ij,jk->il", 9, "no tensor has the result's label l"],
      ["ij,jk->ii", 9, "the result has label i twice"],
      ["i1,jk", 2, '"1" is no label'],
      ["ij->,", 5, "the result is one term"],
      ["ij, jk -> i -> k", 13, "it has two arrows"],
      ["...i...,jk", 5, "a term has two ellipses"],
      ["i.,jk", 2, '"." is no label'],
      ["ij-k", 3, '"-" is no label'],
    ];
    for (const [equation, column, why] of malformed) {
      const error = assertThrows(() => einsum(equation, x, ones([3, 2])), ParseError, why);
      assertEquals([error.line, error.column, error.op], [1, column, "einsum"]);
    }
    assertThrows(() => einsum("ij,ij", x, ones([3, 2])), ShapeError, "label i is 2 and 3");
    assertThrows(() => einsum("ii", x), ShapeError, "label i is 2 and 3");
  });
});

describe("factors multiply to the matrix", () => {
  for (const [rows, columns] of [[60, 60], [130, 70], [70, 130], [200, 3]] as const) {
    test(`of ${rows} x ${columns}`, () => {
      const a = random(2, columns, rows).mT; // not contiguous
      const { Q, R } = qr(a);
      assert(distance(Q.matmul(R), a) < 1e-12);
      const complete = qr(a, { mode: "complete" }).Q;
      assert(distance(complete.mT.matmul(complete), eye(rows, rows, { dtype: "float64" })) < 1e-12);
      const { P, L, U } = lu(a);
      assert(distance(P.matmul(L).matmul(U), a) < 1e-12);
      const { U: u, S, Vh } = svd(a, { fullMatrices: false });
      assert(distance(u.mul(S.unsqueeze(-2)).matmul(Vh), a) < 1e-12);
      const full = svd(a);
      assert(distance(full.U.mT.matmul(full.U), eye(rows, rows, { dtype: "float64" })) < 1e-12);
      assert(
        distance(full.Vh.matmul(full.Vh.mT), eye(columns, columns, { dtype: "float64" })) < 1e-12,
      );
    });
  }

  test("also of repeated and zero singular values", () => {
    for (const a of [zeros([4, 3]), ones([3, 5]), eye(4), arange(12).reshape([3, 4])]) {
      const { U, S, Vh } = svd(a, { fullMatrices: false });
      assert(distance(U.mul(S).matmul(Vh), a) < 1e-5);
      assert(distance(Vh.matmul(Vh.T), eye(S.numel())) < 1e-5);
    }
  });

  test("of symmetric ones with equal eigenvalues", () => {
    for (const a of [eye(5), ones([6, 6]), zeros([3, 3])]) {
      const { eigenvalues, eigenvectors } = linalg.eigh(a);
      assert(distance(eigenvectors.mul(eigenvalues).matmul(eigenvectors.T), a) < 1e-5);
    }
  });
});

describe("ill-conditioned matrices", () => {
  /** Hilbert's matrix. */
  const hilbert = (n: number) => {
    const i = arange(n).to("float64");
    return i.unsqueeze(1).add(i).add(1).reciprocal();
  };

  test("leave small residuals", () => {
    const a = hilbert(10);
    const b = ones([10, 1], { dtype: "float64" });
    assert(distance(a.matmul(solve(a, b)), b) < 1e-3);
    const L = cholesky(a);
    assert(distance(L.matmul(L.T), a) < 1e-15);
  });

  test("keep small singular values", () => {
    const S = values(linalg.svdvals(hilbert(10)));
    assert(Math.abs(S[9]! / 1.0931538193796e-13 - 1) < 1e-3, `${S[9]}`);
  });

  test("of every scale", () => {
    for (const factor of [1e-200, 1e200]) {
      const a = random(4, 4).mul(factor);
      assert(distance(solve(a, a), eye(4, 4, { dtype: "float64" })) < 1e-10);
      const { Q, R } = qr(a);
      assert(distance(Q.matmul(R.div(factor)), a.div(factor)) < 1e-12);
      const { U, S, Vh } = svd(a);
      assert(distance(U.mul(S.div(factor)).matmul(Vh), a.div(factor)) < 1e-12);
    }
  });
});

describe("gradients", () => {
  test("of det reach singular matrices", () => {
    const a = singular().requiresGrad_();
    assertValues(grad([det(a)], [a])[0]!, [4, -2, -2, 1], 1e-12);
    const b = zeros([3, 3], { dtype: "float64", requiresGrad: true });
    assertValues(grad([det(b)], [b])[0]!, new Array<number>(9).fill(0), 1e-12);
  });

  test("of norms and distances are 0 where these are 0", () => {
    const x = zeros([3], { requiresGrad: true });
    for (const p of [1, 2, 3, 0.5]) assertValues(grad([norm(x, { p })], [x])[0]!, [0, 0, 0]);
  });

  test("of full singular vectors of oblong matrices are refused", () => {
    const a = random(3, 2).requiresGrad_();
    assertThrows(() => svd(a).U.sum().backward(), GradientError, "do not determine");
    assertThrows(() => qr(a, { mode: "complete" }).Q.sum().backward(), GradientError);
    svd(a).S.sum().backward();
    assert(a.grad !== null);
  });

  test("of solve in second order, with broadcast batches", () => {
    const a = random(3, 3).add(eye(3, 3, { dtype: "float64" }).mul(5)).detach().requiresGrad_();
    const x = solve(a, random(2, 3, 1));
    const [first] = grad([x.square().sum()], [a], { createGraph: true });
    const [second] = grad([first!.square().sum()], [a]);
    assertEquals(second!.shape, [3, 3]);
  });
});

describe("matrices without elements", () => {
  test("have the results that remain", () => {
    assertEquals(values(linalg.svd(zeros([0, 2])).Vh), [1, 0, 0, 1]);
    assertEquals(values(qr(zeros([2, 0]), { mode: "complete" }).Q), [1, 0, 0, 1]);
    assertEquals([det(zeros([0, 0])).item(), linalg.cond(zeros([0, 0])).item()], [1, 0]);
    assertEquals(linalg.matrixRank(zeros([0, 3])).item(), 0);
    assertEquals(linalg.pinv(zeros([0, 3])).shape, [3, 0]);
  });
});

describe("methods and the namespace", () => {
  test("are the same functions", () => {
    const a = tensor([[2, 1], [1, 3]], { dtype: "float64" });
    assertEquals(a.det().item(), 5);
    assertValues(a.inv().matmul(a), [1, 0, 0, 1]);
    assertValues(a.solve([3, 4]), [1, 1]);
    assertEquals(linalg.diagonal(ones([2, 3, 4])).shape, [2, 3]);
    assertEquals(a.trace().item(), 5);
    assertEquals(trace(tensor([[1, 2], [3, 4]], { dtype: "int32" })).dtype, "int64");
    assertEquals(linalg.multiDot([ones([2]), ones([2, 3]), ones([3])]).shape, []);
  });

  test("lstsq takes vectors of right sides, and matrices whose batches broadcast", () => {
    const a = tensor([[[2, 0], [0, 4]], [[1, 0], [0, 1]]]);
    const { solution } = linalg.lstsq(a, [[2, 4], [5, 6]]);
    assertEquals([solution.shape, solution.round().toArray()], [[2, 2], [[1, 1], [5, 6]]]);
    const shapes = linalg.lstsq(randn([2, 1, 2, 3]), randn([3, 2, 2])).solution.shape;
    assertEquals(shapes, [2, 3, 3, 2]);
  });

  test("lstsq tells rank, residuals and singular values", () => {
    const { residuals, rank, singularValues } = linalg.lstsq([[1], [1]], [[1], [3]]);
    assertValues(residuals, [2], 1e-5);
    assertEquals([rank.item(), rank.dtype], [1, "int64"]);
    assertValues(singularValues, [Math.SQRT2]);
  });

  test("luSolve and choleskySolve take factors", () => {
    const a = random(5, 5).add(eye(5, 5, { dtype: "float64" }).mul(4));
    const b = random(5, 2);
    const { LU, pivots } = linalg.luFactor(a);
    assert(distance(a.matmul(linalg.luSolve(b, LU, pivots)), b) < 1e-12);
    const turned = linalg.luSolve(b, LU, pivots, { adjoint: true });
    assert(distance(a.T.matmul(turned), b) < 1e-12);
    const left = linalg.luSolve(b.T, LU, pivots, { left: false });
    assert(distance(left.matmul(a), b.T) < 1e-12);
    const s = a.matmul(a.T);
    assert(distance(s.matmul(linalg.choleskySolve(b, cholesky(s))), b) < 1e-10);
    assert(distance(linalg.choleskyInverse(cholesky(s)), inv(s)) < 1e-10);
  });
});
