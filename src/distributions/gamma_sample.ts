/**
 * Gamma numbers that are differentiable by their shape.
 *
 * @module
 */
import { makeOp, type Op } from "../op.ts";
import { gammaLogSlope, gammaSlope } from "../ops/gamma_share.ts";
import { floats, same } from "../ops/infer.ts";
import type { Generator } from "../random.ts";
import { gammaVariates } from "../random_variates.ts";
import type { Tensor } from "../tensor/tensor.ts";

type Attach = Op<(shape: Tensor, sample: Tensor) => Tensor, undefined>;

/** The sample, with the gradient that moves it while its share of the distribution stays. */
function attached(name: string, slope: typeof gammaSlope): Attach {
  return makeOp({
    name,
    summary: "A gamma sample whose gradient is implicit (Figurnov, Mohamed and Mnih 2018).",
    infer: floats(same),
    kernel: { composite: ([, sample]) => sample!.clone() },
    saves: "inputs",
    gradient: ({ grad, inputs: [shape, sample] }) => [grad.mul(slope(shape!, sample!)), null],
    samples: [],
    front: (run) => (shape, sample) => run([shape, sample], undefined),
  });
}

const sampled = attached("gammaSample", gammaSlope);
const logSampled = attached("gammaLogSample", gammaLogSlope);

/** Gamma numbers of scale 1 for each shape. */
export function gammaSample(shape: Tensor, generator?: Generator): Tensor {
  const dense = shape.contiguous();
  return sampled(dense, gammaVariates(dense, false, generator));
}

/** Their logarithms, also where the numbers themselves are too small to be any. */
export function gammaLogSample(shape: Tensor, generator?: Generator): Tensor {
  const dense = shape.contiguous();
  return logSampled(dense, gammaVariates(dense, true, generator));
}
