/**
 * Sparse matrices and their products with dense ones.
 *
 * @module
 */
import "../tensor/tensor.ts"; // defines the class of tensors for whoever imports this part alone

export * from "./sparse_tensor.ts";
