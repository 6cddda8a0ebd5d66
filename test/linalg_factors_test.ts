import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  ArgumentError,
  DTypeError,
  eye,
  GradientError,
  IndexError,
  linalg,
  LinAlgError,
  ones,
  pcaLowrank,
  qr,
  randn,
  ShapeError,
  svd,
  svdLowrank,
  type Tensor,
  tensor,
  zeros,
} from "../mod.ts";
import { gradcheck } from "../src/gradcheck.ts";
import { Generator } from "../src/random.ts";
import { assertValues } from "./values.ts";

const options = { dtype: "float64" } as const;

function random(...shape: number[]): Tensor {
  return randn(shape, { ...options, generator: new Generator(5) });
}

function distance(x: Tensor, y: Tensor): number {
  return Number(x.sub(y).abs().max().item());
}

describe("ldlFactor and ldlSolve", () => {
  test("solve indefinite systems of every size, batched and with strides", () => {
    for (const n of [1, 2, 3, 10, 40]) {
      const x = random(2, n, n);
      const a = x.add(x.mT);
      const { LD, pivots } = linalg.ldlFactor(a);
      const b = random(3, n).mT;
      const found = linalg.ldlSolve(LD, pivots, b);
      assert(distance(a.matmul(found), b) < 1e-10, `${n}`);
      assert(distance(linalg.ldlSolve(LD.mT.contiguous().mT, pivots, b), found) === 0);
    }
  });

  test("refuse what they cannot do", () => {
    assertThrows(() => linalg.ldlFactor(zeros([2, 2])), LinAlgError, "block 1 of D is 0");
    assertThrows(() => linalg.ldlFactor([[[1]], [[NaN]]]), LinAlgError, "matrix 1 of the batch");
    assertThrows(() => linalg.ldlFactor(ones([2, 3])), ShapeError, "not square");
    const { LD, pivots } = linalg.ldlFactor(eye(2));
    assertThrows(() => linalg.ldlSolve(LD, pivots, ones([2])), ShapeError, "all need 2 rows");
    assertThrows(() => linalg.ldlSolve(LD, ones([2]), ones([2, 1])), DTypeError);
    const outside = tensor([1, -3], { dtype: "int32" });
    assertThrows(() => linalg.ldlSolve(LD, outside, ones([2, 1])), IndexError, "pivot -3");
    const leaf = LD.clone().requiresGrad_();
    const x = linalg.ldlSolve(leaf, pivots, ones([2, 1]));
    assertThrows(() => x.sum().backward(), GradientError, "by its factors");
    assertThrows(() => linalg.ldlFactor(eye(2), { upper: true } as never), ArgumentError, "upper");
  });

  test("take pivots of any integers, and pairs that end too early", () => {
    const { LD, pivots } = linalg.ldlFactor([[0, 2], [2, 0]]);
    assertValues(linalg.ldlSolve(LD, pivots.long(), [[2], [4]]), [2, 1]);
    const odd = tensor([1, -2], { dtype: "int32" });
    assertEquals(linalg.ldlSolve(eye(2), odd, ones([2, 1])).shape, [2, 1]);
  });
});

describe("householderProduct", () => {
  test("has orthonormal columns for the factors of reflections, and gradients", () => {
    const a = random(2, 7, 4);
    const tau = a.tril(-1).square().sum(-2).add(1).reciprocal().mul(2);
    const Q = linalg.householderProduct(a, tau);
    assert(distance(Q.mT.matmul(Q), eye(4, 4, options)) < 1e-13);
    assert(gradcheck(linalg.householderProduct, [random(4, 3), random(2)]));
  });

  test("refuses shapes that do not fit", () => {
    for (const [a, tau] of [[[2, 3], [2]], [[3, 2], [3]], [[3, 2], []], [[2, 3, 2], [2]]]) {
      assertThrows(
        () => linalg.householderProduct(ones(a!), ones(tau!)),
        ShapeError,
        "M >= N >= K",
      );
    }
  });
});

describe("linalg.vander", () => {
  test("needs two columns", () => {
    assertThrows(() => linalg.vander([1, 2], { N: 1 }), ArgumentError, "2 or more");
    assertThrows(() => linalg.vander(3), ArgumentError, "1 columns");
    assert(gradcheck((x) => linalg.vander(x, { N: 4 }), [random(2, 2)]));
  });
});

describe("svdLowrank and pcaLowrank", () => {
  const low = () => random(2, 30, 3).matmul(random(2, 3, 12));

  test("find a matrix of low rank again, tall and wide", () => {
    for (const a of [low(), low().mT]) {
      const { U, S, V } = svdLowrank(a, { q: 5, generator: new Generator(1) });
      assert(distance(U.mul(S.unsqueeze(-2)).matmul(V.mT), a) < 1e-12);
      assert(distance(S.narrow(-1, 0, 3), svd(a).S.narrow(-1, 0, 3)) < 1e-12);
      assert(distance(V.mT.matmul(V), eye(5, 5, options)) < 1e-12);
    }
  });

  test("find the largest of many values nearly", () => {
    const Q = qr(random(40, 40)).Q;
    const values = tensor(Array.from({ length: 40 }, (_, i) => 2 ** -i), options);
    const a = Q.mul(values).matmul(qr(random(40, 40).T).Q);
    const { S } = svdLowrank(a, { q: 8, niter: 3, generator: new Generator(2) });
    assert(distance(S, values.narrow(0, 0, 8)) < 1e-4);
  });

  test("center the columns, or subtract what is given", () => {
    const a = low().add(100);
    const mean = a.mean(-2, { keepdim: true });
    const given = svdLowrank(a, { M: mean, generator: new Generator(3) }).S;
    assert(distance(pcaLowrank(a, { generator: new Generator(3) }).S, given) === 0);
    const plain = pcaLowrank(a, { center: false, generator: new Generator(3) }).S;
    assert(distance(plain, given) > 1);
    assertEquals(svdLowrank(ones([4, 3])).S.shape, [3]);
    assertEquals(svdLowrank(ones([4, 3]), { q: 0 }).U.shape, [4, 0]);
  });

  test("are differentiable", () => {
    const a = random(5, 2).matmul(random(2, 4));
    const values = (x: Tensor) => svdLowrank(x, { q: 2, generator: new Generator(4) }).S;
    assert(gradcheck(values, [a]));
  });

  test("refuse numbers out of range", () => {
    assertThrows(() => svdLowrank(ones([4, 3]), { q: 4 }), ArgumentError, "0 to 3");
    assertThrows(() => pcaLowrank(ones([4, 3]), { niter: -1 }), ArgumentError, "niter -1");
    assertThrows(() => svdLowrank(ones([4])), ShapeError, "no matrix");
    assertThrows(() => svdLowrank(ones([3, 2]), { M: ones([2, 3, 2]) }), ShapeError, "less M");
    assertThrows(() => pcaLowrank([[NaN, 1], [1, 1]]), LinAlgError);
    assertThrows(() => svdLowrank(ones([3, 2]), { rank: 1 } as never), ArgumentError, "rank");
  });
});
