/**
 * The tensor.
 *
 * @module
 */
import { setTensorClass } from "../op.ts";
import { TensorComplex } from "./complex.ts";
import { TensorObject } from "./object.ts";

/**
 * An n-dimensional array of numbers of one dtype, with automatic differentiation. Made by {@link
 * tensor}, {@link zeros} and their like, never by `new`. Shape, dtype and strides never change; the
 * elements only by methods ending in _.
 */
export class Tensor extends TensorComplex {}

TensorObject.prototype = Tensor.prototype;
// TypeScript does not take a function for a class.
setTensorClass(TensorObject as unknown as typeof Tensor);
