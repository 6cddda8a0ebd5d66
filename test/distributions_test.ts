/** Samples of distributions, their gradients, and errors. Densities are in distributions.jsonl. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  ArgumentError,
  distributions as D,
  eye,
  full,
  Generator,
  LinAlgError,
  NotImplementedError,
  ShapeError,
  type Tensor,
  tensor,
} from "../mod.ts";

const f64 = { dtype: "float64" } as const;
const COUNT = 20000;
const one = (value: number) => tensor(value, f64);
const number = (x: Tensor) => Number(x.item());

/** One of each, with moments. */
const all: Readonly<Record<string, () => D.Distribution>> = {
  Normal: () => new D.Normal(one(1), 2),
  LogNormal: () => new D.LogNormal(one(0.3), 0.4),
  Uniform: () => new D.Uniform(one(-1), 3),
  Exponential: () => new D.Exponential(one(2.5)),
  Laplace: () => new D.Laplace(one(1), 0.5),
  Gamma: () => new D.Gamma(one(0.6), 2),
  Beta: () => new D.Beta(one(0.4), 2),
  StudentT: () => new D.StudentT(one(9), 1, 2),
  Bernoulli: () => new D.Bernoulli({ logits: one(0.7) }),
  Poisson: () => new D.Poisson(one(3.5)),
  Binomial: () => new D.Binomial(one(12), { probs: 0.3 }),
};

describe("samples", () => {
  for (const [name, make] of Object.entries(all)) {
    test(`of ${name} have its mean and variance`, () => {
      const distribution = make();
      const x = distribution.sample([COUNT], { generator: new Generator(11) });
      assertEquals([x.shape, x.dtype, x.requiresGrad], [[COUNT], "float64", false]);
      const [mean, variance] = [number(distribution.mean), number(distribution.variance)];
      assert(Math.abs(number(x.mean()) - mean) < 4.5 * Math.sqrt(variance / COUNT));
      assert(Math.abs(number(x.var()) / variance - 1) < 0.15);
      assert(distribution.logProb(x).isfinite().all().item() === true);
    });
  }

  for (const name of ["Normal", "LogNormal", "Uniform", "Exponential", "Laplace", "Gamma"]) {
    test(`of ${name} follow its distribution function`, () => {
      const distribution = all[name]!();
      const x = distribution.sample([COUNT], { generator: new Generator(12) });
      const shares = distribution.cdf(x).sort(0).values;
      const ranks = full([COUNT], 1, f64).cumsum(0).sub(0.5).div(COUNT);
      assert(number(shares.sub(ranks).abs().max()) * Math.sqrt(COUNT) < 1.9);
      if (name !== "Gamma") {
        const p = tensor([0.01, 0.3, 0.5, 0.99], f64);
        assert(distribution.cdf(distribution.icdf(p)).allclose(p, { rtol: 1e-12 }));
      }
    });
  }

  test("of Dirichlet and Categorical have their shares", () => {
    const generator = new Generator(3);
    const shares = new D.Dirichlet(tensor([0.01, 1, 3], f64));
    const x = shares.sample([COUNT], { generator });
    assertEquals(x.shape, [COUNT, 3]);
    assert(x.sum(-1).allclose(1) && x.isnan().any().item() === false);
    assert(x.mean(0).allclose(shares.mean, { rtol: 0, atol: 0.01 }));
    const dice = new D.Categorical({ probs: tensor([[1, 0, 3], [2, 2, 0]]) });
    const places = dice.sample([COUNT, 1], { generator });
    assertEquals([places.shape, places.dtype], [[COUNT, 1, 2], "int64"]);
    const third = places.select(2, 0).eq(2).to("float64").mean();
    assert(Math.abs(number(third) - 0.75) < 0.02);
    assertEquals(places.eq(tensor([1, 2])).any().item(), false);
  });

  test("of MultivariateNormal have its covariances", () => {
    const covarianceMatrix = tensor([[2, 0.6], [0.6, 1]], f64);
    const normal = new D.MultivariateNormal(tensor([1, -1], f64), { covarianceMatrix });
    const x = normal.sample([COUNT], { generator: new Generator(4) });
    assert(x.T.cov().allclose(covarianceMatrix, { rtol: 0, atol: 0.06 }));
    assert(normal.covarianceMatrix.allclose(covarianceMatrix));
    const precisionMatrix = covarianceMatrix.inv();
    const same = new D.MultivariateNormal(tensor([1, -1], f64), { precisionMatrix });
    assert(same.logProb(x).allclose(normal.logProb(x)));
    assert(normal.variance.allclose([2, 1]));
  });

  test("take the shape of the batch, and a generator", () => {
    const normal = new D.Normal([[0], [1]], [1, 2, 3]);
    assertEquals([normal.batchShape, normal.sample().shape], [[2, 3], [2, 3]]);
    const draw = () => normal.sample([4], { generator: new Generator(1) });
    assertEquals(draw().shape, [4, 2, 3]);
    assert(draw().equal(draw()));
    assertEquals(new D.Dirichlet(full([2, 3], 1)).eventShape, [3]);
  });
});

/** d E[f(x)] / d parameter by samples, beside its true value. */
const slopes: readonly (readonly [string, (p: Tensor) => D.Distribution, number, number])[] = [
  ["Normal", (p) => new D.Normal(p, 1), 0.5, 1],
  ["Uniform", (p) => new D.Uniform(0, p), 2, 0.5],
  ["Exponential", (p) => new D.Exponential(p), 2, -0.25],
  ["Gamma by its shape", (p) => new D.Gamma(p, 2), 0.3, 0.5],
  ["Gamma by its rate", (p) => new D.Gamma(3, p), 2, -0.75],
  ["Beta", (p) => new D.Beta(p, 2), 0.5, 2 / 2.5 ** 2],
  ["Beta by the other", (p) => new D.Beta(2, p), 0.5, -2 / 2.5 ** 2],
  ["Laplace", (p) => new D.Laplace(p, 1), 0.5, 1],
];

describe("rsample()", () => {
  for (const [name, make, value, expected] of slopes) {
    test(`of ${name} moves the mean as its formula does`, () => {
      const p = one(value).requiresGrad_();
      const generator = new Generator(21);
      make(p).rsample([COUNT], { generator }).mean().backward();
      assert(Math.abs(number(p.grad!) - expected) < 0.03 * Math.max(1, Math.abs(expected)));
    });
  }

  test("of Dirichlet is differentiable where its parts are too small to be numbers", () => {
    const a = tensor([0.001, 0.002, 5], f64).requiresGrad_();
    const x = new D.Dirichlet(a).rsample([100], { generator: new Generator(1) });
    x.select(1, 2).sum().backward();
    assert(x.isfinite().all().item() === true && a.grad!.isfinite().all().item() === true);
  });

  test("is refused where samples are no smooth function", () => {
    for (const name of ["Bernoulli", "Poisson", "Binomial"]) {
      assertThrows(() => all[name]!().rsample(), NotImplementedError, "differentiable samples");
    }
  });
});

describe("distributions", () => {
  test("Binomial sums its entropy over what is possible, with the gradient", () => {
    const [counts, p] = [tensor([7, 3], f64), tensor([0.3, 0.5], f64).requiresGrad_()];
    const entropy = new D.Binomial(counts, { probs: p }).entropy();
    entropy.sum().backward();
    // From PyTorch 2.15, which takes batches of one count only.
    assert(entropy.allclose(tensor([1.59269725532191, 1.2554823251787537], f64)));
    assert(p.grad!.allclose(tensor([1.144298690413996, 0], f64), { atol: 1e-12 }));
    assertEquals(new D.Binomial(5, { probs: [0, 1] }).entropy().toArray(), [0, 0]);
  });

  test("of certain events have no NaN", () => {
    const sure = new D.Bernoulli({ probs: [0, 1] });
    assertEquals(sure.logProb([0, 1]).toArray(), [0, 0]);
    assertEquals(sure.entropy().toArray(), [0, 0]);
    assertEquals(sure.logProb([1, 0]).toArray(), [-Infinity, -Infinity]);
    const dice = new D.Categorical({ probs: [0, 1] });
    assertEquals(dice.entropy().item(), 0);
    assertEquals(
      D.klDivergence(dice, new D.Categorical({ probs: [1, 1] })).item() as number - Math.log(2) <
        1e-6,
      true,
    );
    const narrow = new D.Uniform(0, 1);
    assertEquals(D.klDivergence(new D.Uniform(0, 2), narrow).item(), Infinity);
    assertEquals(new D.StudentT([1, 2, 4]).variance.toArray(), [NaN, Infinity, 2]);
    assertEquals(new D.Poisson(2).cdf(-1).item(), 0);
  });

  test("refuse parameters that are none", () => {
    assertThrows(
      () => new D.Normal(0, 0),
      ArgumentError,
      "Cannot make a Normal distribution: a scale",
    );
    assertThrows(() => new D.Uniform(1, 1), ArgumentError, "a lower end is not below");
    assertThrows(() => new D.Gamma(1, -1), ArgumentError, "a rate is not above 0");
    assertThrows(() => new D.Gamma(NaN, 1), ArgumentError, "a concentration is not above 0");
    assertThrows(() => new D.Beta(1, 0), ArgumentError, "a concentration is not above 0");
    assertThrows(() => new D.Bernoulli({}), ArgumentError, "either probs or logits");
    assertThrows(() => new D.Bernoulli({ probs: 2 }), ArgumentError, "a probability is above 1");
    assertThrows(() => new D.Bernoulli({ p: 1 } as never), ArgumentError, "option p");
    assertThrows(() => new D.Categorical({ probs: [0, 0] }), ArgumentError, "are 0");
    assertThrows(() => new D.Categorical({ probs: 1 }), ShapeError, "of one number");
    assertThrows(() => new D.Dirichlet(1), ShapeError, "single concentration");
    assertThrows(() => new D.Binomial(1.5, { probs: 0.5 }), ArgumentError, "no whole number");
    assertThrows(() => new D.Poisson(-1), ArgumentError, "a rate is negative");
    assertThrows(() => new D.StudentT(0), ArgumentError, "degrees of freedom");
    const make = (matrix: Tensor) => new D.MultivariateNormal([0, 0], { covarianceMatrix: matrix });
    assertThrows(() => make(eye(3)), ShapeError, "they are [.., k] and [.., k, k]");
    assertThrows(() => make(eye(2).neg()), LinAlgError);
    assertThrows(() => new D.MultivariateNormal([0], {}), ArgumentError, "it takes one of");
  });

  test("refuse values outside the support, and what has no formula", () => {
    assertThrows(() => new D.Gamma(1, 1).logProb(-1), ArgumentError, "outside its support");
    assertThrows(() => new D.Poisson(1).logProb(0.5), ArgumentError, "of a Poisson distribution");
    assertThrows(() => new D.Categorical({ probs: [1, 1] }).logProb(2), ArgumentError, "support");
    assertThrows(() => new D.Dirichlet([1, 1]).logProb([0.5, 0.6]), ArgumentError, "support");
    assertThrows(() => new D.Dirichlet([1, 1]).logProb([1, 0, 0]), ShapeError, "do not end in [2]");
    assertThrows(() => new D.Beta(1, 1).cdf(0.5), NotImplementedError, "the distribution function");
    assertThrows(() => new D.Poisson(1).entropy(), NotImplementedError, "the entropy");
    const pair = () => D.klDivergence(new D.Normal(0, 1), new D.Laplace(0, 1));
    assertThrows(pair, NotImplementedError, "the divergence of Normal from Laplace");
  });
});
