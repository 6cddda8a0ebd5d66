/**
 * What the ops on matrices share: checks of shapes, batches that broadcast, reports of the kernels.
 *
 * @module
 */
import { eye } from "../create.ts";
import { LinAlgError, ShapeError } from "../errors.ts";
import { broadcastPair, sameShape, type Shape, text } from "../shape.ts";
import type { TensorLike } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { floating, single } from "./front.ts";
import { expand } from "./view.ts";
import { everything } from "../vmap/batch.ts";

/** The argument as a floating-point tensor of matrices. */
export function matrixOf(x: TensorLike, op: string): Tensor {
  const matrix = floating(single(x));
  if (matrix.ndim < 2) {
    throw new ShapeError(`Cannot ${op} a tensor of shape ${text(matrix.shape)}: it is no matrix`, {
      op,
    });
  }
  return matrix;
}

/** The argument as a floating-point tensor of square matrices. */
export function squareOf(x: TensorLike, op: string): Tensor {
  const matrix = matrixOf(x, op);
  if (matrix.shape.at(-1) !== matrix.shape.at(-2)) {
    throw new ShapeError(
      `Cannot ${op} a tensor of shape ${text(matrix.shape)}: its matrices are not square`,
      { op },
    );
  }
  return matrix;
}

/** The dims before the last two. */
export function batchOf(x: Tensor): Shape {
  return x.shape.slice(0, -2);
}

/** Both tensors with their batch dims broadcast together: views. */
export function alignBatches(x: Tensor, y: Tensor, op: string): [Tensor, Tensor] {
  const batch = broadcastPair(batchOf(x), batchOf(y), op);
  return [inBatch(x, batch), inBatch(y, batch)];
}

/** The matrices repeated to batch dims. */
export function inBatch(x: Tensor, batch: Shape): Tensor {
  const shape = [...batch, ...x.shape.slice(-2)];
  return sameShape(shape, x.shape) ? x : expand(x, shape);
}

/** Identity matrices of the size and dtype of square ones. */
export function identityLike(x: Tensor): Tensor {
  return eye(x.shape.at(-1)!, undefined, { dtype: x.dtype });
}

/** The first number of a kernel's report that is not 0, and its matrix; null when all went well. */
export function trouble(info: Tensor): { readonly place: number; readonly code: number } | null {
  const codes = everything(info).toTypedArray();
  for (let place = 0; place < codes.length; place++) {
    if (Number(codes[place]!) !== 0) return { place, code: Number(codes[place]!) };
  }
  return null;
}

/** Throws when a kernel's report tells of a matrix that it could not go on with. */
export function requireSound(op: string, info: Tensor, why: (code: number) => string): void {
  const found = trouble(info);
  if (found === null) return;
  const which = info.numel() === 1 ? "the matrix" : `matrix ${found.place} of the batch`;
  throw new LinAlgError(`Cannot ${op}: ${which} ${why(found.code)}`, {
    op,
    context: { matrix: found.place, code: found.code },
  });
}

/** What eigh and svd report. */
export function spectralTrouble(code: number): string {
  return code === 1 ? "has elements that are not finite" : "did not converge";
}
