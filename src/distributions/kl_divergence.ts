/**
 * How far distributions are from each other.
 *
 * @module
 */
import { NotImplementedError } from "../errors.ts";
import { digamma, lgamma } from "../ops/gamma.ts";
import { xlogy } from "../ops/logarithms.ts";
import { solveTriangular } from "../ops/triangular.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Bernoulli } from "./bernoulli.ts";
import { Beta } from "./beta.ts";
import { Binomial } from "./binomial.ts";
import { Categorical } from "./categorical.ts";
import { Dirichlet } from "./dirichlet.ts";
import type { Distribution } from "./distribution.ts";
import { Exponential } from "./exponential.ts";
import { Gamma } from "./gamma.ts";
import { Laplace } from "./laplace.ts";
import { LogNormal } from "./log_normal.ts";
import { MultivariateNormal } from "./multivariate_normal.ts";
import { Normal } from "./normal.ts";
import { Poisson } from "./poisson.ts";
import { Uniform } from "./uniform.ts";

type Rule = (p: Distribution, q: Distribution) => Tensor;

const rules = new Map<unknown, Rule>();

/** A formula for two distributions of one class. */
function rule<D extends Distribution>(
  kind: abstract new (...given: never[]) => D,
  formula: (p: D, q: D) => Tensor,
): void {
  rules.set(kind, formula as Rule); // looked up by the class of both
}

/**
 * Kullback and Leibler's divergence KL(p ‖ q) = E over p of log p(x) - log q(x), by formula.
 *
 * @throws {NotImplementedError} when there is none for the pair.
 *
 * @example
 * ```ts
 * import { distributions } from "@minitensor/minitensor";
 * const { klDivergence, Normal } = distributions;
 * console.assert(klDivergence(new Normal(1, 1), new Normal(0, 1)).item() === 0.5);
 * ```
 */
export function klDivergence(p: Distribution, q: Distribution): Tensor {
  const formula = p.constructor === q.constructor ? rules.get(p.constructor) : undefined;
  if (formula === undefined) {
    throw new NotImplementedError(
      `Cannot tell the divergence of ${p.constructor.name} from ${q.constructor.name}: ` +
        "there is no formula",
      { op: "klDivergence" },
    );
  }
  return formula(p, q);
}

function normals(p: Normal, q: Normal): Tensor {
  const ratio = p.scale.div(q.scale).square();
  const off = p.loc.sub(q.loc).div(q.scale).square();
  return ratio.add(off).sub(1).sub(ratio.log()).mul(0.5);
}

rule(Normal, normals);
rule(LogNormal, (p, q) => normals(p.base, q.base));

/** Σ p (log p - log q) for two outcomes, 0 where p is. */
function outcomes(p: Tensor, q: Tensor): Tensor {
  return xlogy(p, p).sub(xlogy(p, q));
}

function trials(p: Tensor, q: Tensor): Tensor {
  return outcomes(p, q).add(outcomes(p.neg().add(1), q.neg().add(1)));
}

rule(Bernoulli, (p, q) => trials(p.probs, q.probs));

rule(Binomial, (p, q) => {
  const infinite = p.totalCount.gt(q.totalCount);
  if (p.totalCount.lt(q.totalCount).any().item() === true) {
    throw new NotImplementedError(
      "Cannot tell the divergence of Binomial from Binomial of more trials: there is no formula",
      { op: "klDivergence" },
    );
  }
  return p.totalCount.mul(trials(p.probs, q.probs)).maskedFill(infinite, Infinity);
});

rule(Categorical, (p, q) => outcomes(p.probs, q.probs).sum(-1));

rule(Uniform, (p, q) => {
  const outside = q.low.gt(p.low).logicalOr(q.high.lt(p.high));
  return q.high.sub(q.low).div(p.high.sub(p.low)).log().maskedFill(outside, Infinity);
});

rule(Exponential, (p, q) => {
  const ratio = q.rate.div(p.rate);
  return ratio.sub(1).sub(ratio.log());
});

rule(Laplace, (p, q) => {
  const ratio = p.scale.div(q.scale);
  const off = p.loc.sub(q.loc).abs();
  const tail = ratio.mul(off.div(p.scale).neg().exp());
  return tail.add(off.div(q.scale)).sub(ratio.log()).sub(1);
});

rule(Poisson, (p, q) => outcomes(p.rate, q.rate).sub(p.rate.sub(q.rate)));

rule(Gamma, (p, q) => {
  const [a, b] = [p.concentration, q.concentration];
  const scales = b.mul(p.rate.div(q.rate).log());
  const shapes = lgamma(b).sub(lgamma(a)).add(a.sub(b).mul(digamma(a)));
  return scales.add(shapes).add(q.rate.sub(p.rate).mul(a.div(p.rate)));
});

rule(Beta, (p, q) => {
  const [a, b, c, d] = [p.concentration1, p.concentration0, q.concentration1, q.concentration0];
  const [first, second] = [a.add(b), c.add(d)];
  const normalizers = lgamma(first).sub(lgamma(a)).sub(lgamma(b))
    .add(lgamma(c)).add(lgamma(d)).sub(lgamma(second));
  const slopes = a.sub(c).mul(digamma(a)).add(b.sub(d).mul(digamma(b)));
  return normalizers.add(slopes).add(second.sub(first).mul(digamma(first)));
});

rule(Dirichlet, (p, q) => {
  const [a, b] = [p.concentration, q.concentration];
  const total = a.sum(-1);
  const normalizers = lgamma(total).sub(lgamma(b.sum(-1)))
    .sub(lgamma(a).sub(lgamma(b)).sum(-1));
  const slopes = a.sub(b).mul(digamma(a).sub(digamma(total).unsqueeze(-1))).sum(-1);
  return normalizers.add(slopes);
});

rule(MultivariateNormal, (p, q) => {
  const determinants = q.halfLogDeterminant.sub(p.halfLogDeterminant);
  const ratio = solveTriangular(q.scaleTril, p.scaleTril, { upper: false });
  const spread = ratio.square().sum([-2, -1]).add(q.distance(p.loc)).sub(p.eventShape[0]!);
  return determinants.add(spread.mul(0.5));
});
