/**
 * Complex numbers.
 *
 * @module
 */
export { Complex, type ComplexDType, type ComplexLike } from "./complex.ts";
export {
  angle,
  catComplex,
  complex,
  conj,
  imag,
  isComplex,
  polar,
  real,
  stackComplex,
  viewAsComplex,
  viewAsReal,
} from "./make.ts";
export type { ComplexParts } from "./parts.ts";
export type { NestedPairs } from "./text.ts";
