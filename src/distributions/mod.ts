/**
 * Probability distributions: samples, also differentiable ones, densities, entropies, divergences.
 *
 * @example
 * ```ts
 * import { distributions, tensor } from "@minitensor/minitensor";
 * const mean = tensor(0, { requiresGrad: true });
 * const x = new distributions.Normal(mean, 1).rsample([10]);
 * x.sum().backward();
 * console.assert(mean.grad!.item() === 10);
 * ```
 *
 * @module
 */
import "../tensor/tensor.ts"; // defines the class of tensors for whoever imports this part alone

export { Bernoulli } from "./bernoulli.ts";
export { Beta } from "./beta.ts";
export { Binomial } from "./binomial.ts";
export { Categorical } from "./categorical.ts";
export { Dirichlet } from "./dirichlet.ts";
export { Distribution } from "./distribution.ts";
export { Exponential } from "./exponential.ts";
export { Gamma } from "./gamma.ts";
export { klDivergence } from "./kl_divergence.ts";
export { Laplace } from "./laplace.ts";
export { LogNormal } from "./log_normal.ts";
export { MultivariateNormal, type Spread } from "./multivariate_normal.ts";
export { Normal } from "./normal.ts";
export { Poisson } from "./poisson.ts";
export type { Chances } from "./probabilities.ts";
export { StudentT } from "./student_t.ts";
export { Uniform } from "./uniform.ts";
