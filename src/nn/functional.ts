/**
 * The functions of neural networks under one name, in PyTorch's manner: `F.relu`, `F.crossEntropy`.
 *
 * @example
 * ```ts
 * import { F, tensor } from "@minitensor/minitensor";
 * console.assert(F.relu(tensor([-1, 2])).toArray().toString() === "0,2");
 * ```
 *
 * @module
 */
export {
  avgPool2d,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  celu,
  conv2d,
  cosineEmbeddingLoss,
  cosineSimilarity,
  crossEntropy,
  dropout,
  elu,
  focalLoss,
  gaussianNllLoss,
  geglu,
  gelu,
  glu,
  gumbelSoftmax,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  hingeEmbeddingLoss,
  huberLoss,
  klDiv,
  l1Loss,
  leakyRelu,
  linear,
  logCoshLoss,
  logsigmoid,
  logSoftmax,
  marginRankingLoss,
  maskedLogSoftmax,
  maskedSoftmax,
  maxPool2d,
  mish,
  mseLoss,
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
  multiMarginLoss,
  nllLoss,
  normalize,
  oneHot,
  pairwiseDistance,
  pdist,
  poissonNllLoss,
  prelu,
  reglu,
  relu,
  relu6,
  relu_,
  rrelu,
  selu,
  sigmoid,
  sigmoidFocalLoss,
  silu,
  smoothL1Loss,
  softMarginLoss,
  softmax,
  softmin,
  softplus,
  softshrink,
  softsign,
  swiglu,
  tanh,
  tanhshrink,
  threshold,
  tripletMarginLoss,
  tripletMarginWithDistanceLoss,
} from "../ops/mod.ts";
/** Same as {@link linear}. */
export { linear as denseLayer } from "../ops/mod.ts";
/** Same as {@link silu}. */
export { silu as swish } from "../ops/mod.ts";
