/**
 * All built-in ops.
 *
 * @module
 */
export * from "../complex/mod.ts";
export {
  type FusedGradient,
  relu,
  reluGradient,
  sigmoid,
  sigmoidGradient,
  silu,
  siluGradient,
  tanh,
  tanhGradient,
} from "./activation.ts";
export * from "./adaptive.ts";
export { adaptiveMaxPool1d, adaptiveMaxPool2d, adaptiveMaxPool3d } from "./adaptive_max.ts";
export type { AdaptiveSize } from "./adaptive_window.ts";
export { affineGrid, type AffineGridOptions } from "./affine_grid.ts";
export * from "./aliases.ts";
export type { Choice, DimOption, DimReduceOptions } from "./along.ts";
export * from "./arithmetic.ts";
export * from "./arrange.ts";
export * from "./attention.ts";
export * from "./bent_activation.ts";
export { i0 } from "./bessel.ts";
export {
  avgPool1d,
  type AvgPool1dOptions,
  avgPool2d,
  type AvgPool2dOptions,
  avgPool3d,
  type AvgPoolOptions,
  lpPool1d,
  lpPool2d,
  type LpPoolOptions,
} from "./avg_pool.ts";
export { bilinear, type BilinearOptions } from "./bilinear.ts";
export {
  binaryCrossEntropy,
  type BinaryCrossEntropyOptions,
  binaryCrossEntropyWithLogits,
  type BinaryCrossEntropyWithLogitsOptions,
  multilabelSoftMarginLoss,
  type MultilabelSoftMarginLossOptions,
  sigmoidFocalLoss,
  type SigmoidFocalLossOptions,
  softMarginLoss,
} from "./binary_loss.ts";
export * from "./bits.ts";
export * from "./blend.ts";
export * from "./cast.ts";
export * from "./channel_dropout.ts";
export {
  focalLoss,
  type FocalLossOptions,
  klDiv,
  type KlDivOptions,
  multilabelMarginLoss,
  multiMarginLoss,
  type MultiMarginLossOptions,
  nllLoss,
  type NllLossOptions,
} from "./class_loss.ts";
export * from "./closeness.ts";
export * from "./comparison.ts";
export * from "./contrast_loss.ts";
export { conv2d, type Conv2dOptions } from "./convolution.ts";
export type { ConvolutionOptions, Sizes } from "./convolution_arguments.ts";
export {
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  type ConvTransposeOptions,
} from "./convolution_transposed.ts";
export { conv1d, conv3d } from "./convolution_volume.ts";
export { clone, contiguous } from "./copy.ts";
export { cholesky, type CholeskyOptions, qr, type QrOptions, type QrResult } from "./decompose.ts";
export { det, logdet, slogdet, type SlogdetResult } from "./determinant.ts";
export * from "./diagonal.ts";
export * from "./diagonal_matrix.ts";
export * from "./differences.ts";
export {
  cosineSimilarity,
  type CosineSimilarityOptions,
  dist,
  normalize,
  type NormalizeOptions,
  pairwiseDistance,
  type PairwiseDistanceOptions,
  pdist,
  type PdistOptions,
} from "./distance.ts";
export * from "./divisors.ts";
export * from "./dropout.ts";
export { einsum } from "./einsum.ts";
export { type BagMode, embeddingBag, type EmbeddingBagOptions } from "./embedding_bag.ts";
export * from "./error_inverse.ts";
export * from "./exponential.ts";
export * from "./extreme.ts";
export { fold, type FoldOptions, im2col } from "./fold.ts";
export { frexp, type MantissaExponent, nextafter } from "./float_bits.ts";
export { type BinaryFunction, operand, type UnaryFunction } from "./front.ts";
export { fractionalMaxPool2d, type FractionalMaxPoolOptions } from "./fractional_pool.ts";
export * from "./gamma.ts";
export {
  gather,
  indexAdd,
  type IndexAddAttributes,
  type IndexAddOptions,
  indexSelect,
  type Indices,
  scatterAdd,
} from "./gather.ts";
export * from "./gelu.ts";
export * from "./grid.ts";
export { gridSample, type GridSampleOptions } from "./grid_sample.ts";
export * from "./hard_activation.ts";
export * from "./histogram.ts";
export { ellipsis, newaxis, Slice, slice, type ViewItem } from "./index.ts";
export { index, type IndexItem, indexPut, type IndexPutOptions } from "./index_arrays.ts";
export type { DimAttributes, ReduceAttributes, ReduceOptions } from "./infer.ts";
export * from "./instance_norm.ts";
export { interpolate, type InterpolateMode, type InterpolateOptions } from "./interpolate.ts";
export * from "./join.ts";
export { pinverse, type RankOptions } from "./least_squares.ts";
export * from "./limits.ts";
export * from "./linalg.ts";
export * from "./logarithms.ts";
export * from "./loss.ts";
export type { LossOptions, ReductionName } from "./loss_reduction.ts";
export * from "./low_rank.ts";
export { inv, lu, type LuResult, solve } from "./lu.ts";
export * from "./margin_loss.ts";
export * from "./masked_softmax.ts";
export * from "./math.ts";
export {
  chainMatmul,
  cross,
  type CrossOptions,
  type DiagonalOptions,
  matrixPower,
  trace,
} from "./matrix.ts";
export { matrixExp } from "./matrix_function.ts";
export {
  maxPool1d,
  maxPool2d,
  type MaxPool2dOptions,
  maxPool3d,
  type MaxPoolOptions,
  type MaxPoolResult,
  type WithIndices,
  type WithoutIndices,
} from "./max_pool.ts";
export {
  multiHeadAttentionForward,
  type MultiHeadOptions,
  type MultiHeadResult,
  type MultiHeadWeights,
} from "./multi_head_attention.ts";
export * from "./nan_reduction.ts";
export { argwhere, maskedSelect, nonzero, type NonzeroOptions } from "./nonzero.ts";
export { cdist, type CdistOptions, norm, type NormOptions } from "./norm.ts";
export { renorm } from "./vector_norm.ts";
export * from "./normalization.ts";
export * from "./one_hot.ts";
export * from "./pad.ts";
export type { PoolOptions, PoolSize } from "./pool_window.ts";
export * from "./position_masks.ts";
export * from "./positions.ts";
export {
  addbmm,
  addmm,
  addmv,
  type AddProductOptions,
  addr,
  baddbmm,
  inner,
  kron,
  mm,
  mv,
  outer,
  tensordot,
  vdot,
} from "./product.ts";
export { vmapElementwise } from "./prototype.ts";
export * from "./quantile.ts";
export * from "./random_activation.ts";
export * from "./rank.ts";
export {
  type CellWeights,
  gruCell,
  lstmCell,
  type LstmState,
  rnnCell,
  type RnnCellOptions,
} from "./recurrent.ts";
export * from "./reduction.ts";
export * from "./regression_loss.ts";
export * from "./repeat.ts";
export { diagonalScatter, selectScatter, sliceScatter } from "./replace.ts";
export * from "./running.ts";
export type { AlphaOptions, RoundingOptions } from "./scaled.ts";
export * from "./scan.ts";
export { indexCopy, indexFill, scatter } from "./scatter.ts";
export {
  indexReduce,
  scatterReduce,
  type ScatterReduceOptions,
  type ScatterReduction,
} from "./scatter_reduce.ts";
export * from "./search.ts";
export * from "./select.ts";
export { ctcLoss, type CtcLossOptions, type Lengths } from "./sequence_loss.ts";
export { channelShuffle, pixelShuffle, pixelUnshuffle } from "./shuffle.ts";
export * from "./signs.ts";
export { gradient, type GradientOptions } from "./slope.ts";
export * from "./smooth_activation.ts";
export {
  argsort,
  lexsort,
  msort,
  sort,
  type SortAttributes,
  type SortFunction,
  type SortOptions,
  topk,
  type TopkAttributes,
  type TopkOptions,
} from "./sort.ts";
export { svd, type SvdOptions, type SvdResult } from "./spectral.ts";
export * from "./stacking.ts";
export * from "./statistics.ts";
export { asStrided, type AsStridedAttributes, type StridedLayout } from "./strided.ts";
export { maskedScatter, put, take, takeAlongDim } from "./take.ts";
export type { TotalOptions } from "./total.ts";
export * from "./trigonometry.ts";
export * from "./unique.ts";
export * from "./unpool.ts";
export {
  std,
  stdMean,
  variance,
  variance as var,
  type VarianceOptions,
  type VarianceReduction,
  varMean,
} from "./variance.ts";
export * from "./view.ts";
export * from "./whole.ts";
export type { Pair } from "./window.ts";
