/**
 * The classes that {@link Tensor} is made of, as types: where its methods are documented. And what
 * their signatures mention.
 *
 * @module
 */
export type { TensorActivation } from "./activation.ts";
export type { TensorArrangement } from "./arrangement.ts";
export type { TensorComplex } from "./complex.ts";
export type { TensorCore } from "./core.ts";
export type { TensorElementwise } from "./elementwise.ts";
export type { TensorHooks } from "./hooks.ts";
export type { TensorIndexed } from "./indexed.ts";
export type { TensorInPlace } from "./inplace.ts";
export type { TensorLayout } from "./layout.ts";
export type { TensorLinalg } from "./linalg.ts";
export type { TensorMath } from "./math.ts";
export type { DrawOptions, TensorRandom } from "./random.ts";
export type { TensorReduction } from "./reduction.ts";
export type { TensorSorting } from "./sorting.ts";
export type { TensorSpecial } from "./special.ts";
export type { DimsOrOptions, TensorStatistics } from "./statistics.ts";
export type { ConvertOptions, ConvertTarget } from "../ops/convert.ts";
export type { GradientHook, LeafHook } from "../graph.ts";
