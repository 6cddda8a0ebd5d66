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
export { isTensor } from "./src/tensor/is_tensor.ts";
export type { NestedArray } from "./src/tensor/core.ts";
export * from "./src/create.ts";
export * from "./src/random.ts";
export * from "./src/ops/mod.ts";
export * from "./src/errors.ts";
export * from "./src/autograd.ts";
export { keep, scope, tidy } from "./src/scope.ts";
export { emptyCache, memory, type MemoryStatistics, setPoolLimit } from "./src/storage.ts";
export { broadcastShapes, canBroadcast, type Shape } from "./src/shape.ts";
export {
  type DataArray,
  type DType,
  type DTypeInfo,
  dtypeInfo,
  getDefaultDtype,
  promoteTypes,
  setDefaultDtype,
} from "./src/dtype.ts";
export { getPrintOptions, type PrintOptions, setPrintOptions } from "./src/print.ts";
export { defineOp, type Op, type OpRecord, ops, type Sample } from "./src/op.ts";
export { openLibrary } from "./src/ffi/library.ts";
