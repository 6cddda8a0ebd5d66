/**
 * Special functions by the names of PyTorch's `torch.special`.
 *
 * @example
 * ```ts
 * import { special } from "@minitensor/minitensor";
 * console.assert(special.entr([0, 1]).sum().item() === 0);
 * ```
 *
 * @module
 */
import "../tensor/tensor.ts"; // defines the class of tensors for whoever imports this part alone

export { i0, i0e, i1, i1e } from "../ops/bessel.ts";
export { erfinv } from "../ops/error_inverse.ts";
export {
  digamma,
  digamma as psi,
  lgamma as gammaln,
  mvlgamma as multigammaln,
} from "../ops/gamma.ts";
export { polygamma } from "../ops/gamma.ts";
export { gammainc, gammaincc, zeta } from "../ops/gamma_share.ts";
export { logit, xlogy } from "../ops/logarithms.ts";
export {
  erf,
  erfc,
  exp2,
  expm1,
  log1p,
  logSoftmax,
  logsumexp,
  round,
  sigmoid as expit,
  sinc,
  softmax,
} from "../ops/mod.ts";
export { erfcx, logNdtr, ndtr, ndtri } from "../ops/normal_share.ts";
export { entr, xlog1py } from "./entropy.ts";
