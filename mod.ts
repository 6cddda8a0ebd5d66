/**
 * minitensor: tensors with automatic differentiation for Deno and Bun, on native SIMD kernels.
 *
 * @example
 * ```ts
 * import { tensor } from "@minitensor/minitensor";
 * const x = tensor([1, 2, 3], { requiresGrad: true });
 * x.mul(x).sum().backward();
 * console.log(x.grad); // tensor([2., 4., 6.])
 * ```
 *
 * @module
 */
export { Tensor } from "./src/tensor/tensor.ts";
export type * from "./src/tensor/methods.ts";
export { isTensor } from "./src/tensor/is_tensor.ts";
export type { NestedArray } from "./src/tensor/elements.ts";
export * from "./src/create.ts";
export * from "./src/create_more.ts";
export * from "./src/random.ts";
export * from "./src/random_fans.ts";
export * from "./src/random_like.ts";
export * from "./src/random_truncated.ts";
export {
  type GeneratorOptions,
  multinomial,
  type MultinomialOptions,
  poisson,
} from "./src/random_variates.ts";
export * from "./src/ops/mod.ts";
export * as F from "./src/nn/functional.ts";
export * as fft from "./src/fft/mod.ts";
export * as linalg from "./src/linalg/mod.ts";
export * from "./src/errors.ts";
export { backward, type BackwardOptions, grad, type LeafBackwardOptions } from "./src/autograd.ts";
export * from "./src/recording.ts";
export * from "./src/graph_state.ts";
export * as autograd from "./src/autograd/mod.ts";
export {
  type AxisSizes,
  type Einops,
  einops,
  rearrange,
  type Reduction,
} from "./src/einops/mod.ts";
export * as func from "./src/func/mod.ts";
export { type Dims, vmap, type VmapOptions, type VmapRandomness } from "./src/func/vmap.ts";
export { keep, scope, tidy } from "./src/scope.ts";
export { emptyCache, memory, type MemoryStatistics, setPoolLimit } from "./src/storage.ts";
export { broadcastShapes, canBroadcast, type Shape, specOf, type TensorSpec } from "./src/shape.ts";
export * from "./src/shape_functions.ts";
export { cpu, cuda, Device, device, type DeviceType, isDeviceAvailable } from "./src/device.ts";
export * from "./src/deterministic.ts";
export * from "./src/dtype_limits.ts";
export * from "./src/windows.ts";
export {
  type DataArray,
  type DataArrayConstructor,
  defaultDtype,
  type DType,
  type DTypeInfo,
  dtypeInfo,
  getDefaultDtype,
  promoteTypes,
  setDefaultDtype,
} from "./src/dtype.ts";
export { getPrintOptions, type PrintOptions, setPrintOptions } from "./src/print.ts";
export {
  type Attributes,
  type CompositeKernel,
  defineOp,
  type GradientContext,
  type GradientRule,
  type KernelOwner,
  type NativeKernel,
  type Op,
  type OpDefinition,
  type OpKernel,
  type OpRecord,
  type OpRunner,
  ops,
  type Sample,
  type ScriptKernel,
  type ViewKernel,
  type ViewResult,
} from "./src/op.ts";
export type { KernelName, KERNELS } from "./src/ffi/abi.ts";
export {
  type CustomFunction,
  type CustomOp,
  CustomOpRegistry,
  type CustomResult,
  executeCustomOp,
  isCustomOpRegistered,
  listCustomOps,
  registerCustomOp,
  unregisterCustomOp,
} from "./src/custom.ts";
export { type CustomDescription, CustomOpBuilder } from "./src/custom_builder.ts";
export { registerExampleCustomOps } from "./src/custom_examples.ts";
export type {
  BackwardContext,
  CustomBackward,
  CustomForward,
  CustomInputs,
  CustomRule,
  ForwardContext,
} from "./src/custom_run.ts";
export { openLibrary } from "./src/ffi/library.ts";
export { getNumThreads, setNumThreads } from "./src/threads.ts";
export { VERSION as version } from "./src/version.ts";
export * from "./src/introspection.ts";
export * as data from "./src/data/mod.ts";
export * as debug from "./src/debug/mod.ts";
export * as distributions from "./src/distributions/mod.ts";
export * as nn from "./src/nn/mod.ts";
export * as numpy from "./src/numpy/mod.ts";
export * as optim from "./src/optim/mod.ts";
export * as plugin from "./src/plugin/mod.ts";
export * as serialize from "./src/serialize/mod.ts";
export * as special from "./src/special/mod.ts";
export * as sparse from "./src/sparse/mod.ts";
