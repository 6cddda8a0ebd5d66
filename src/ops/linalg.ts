/**
 * Products of matrices.
 *
 * @module
 */
import { ShapeError } from "../errors.ts";
import { defineOp, type Op, owned } from "../op.ts";
import {
  broadcastPair,
  canBroadcast,
  dimsOf,
  replaced,
  sameShape,
  specOf,
  text,
} from "../shape.ts";
import type { TensorLike } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, pair, promote } from "./front.ts";
import { expand, permute, reshape } from "./view.ts";

/** What the kernel does to each element before it is stored. */
interface Epilogue {
  /** Applies max(x, 0). */
  readonly relu: boolean;
}

const plain: Epilogue = { relu: false };

function encode({ relu }: Epilogue): readonly number[] {
  return [1, relu ? 1 : 0, 0];
}

/**
 * The last two dims exchanged: each matrix of a batch transposed. A view.
 *
 * @throws {ShapeError} when the tensor has fewer than two dims.
 *
 * @example
 * ```ts
 * import { arange, mT } from "@minitensor/minitensor";
 * const x = mT(arange(6).reshape([1, 2, 3]));
 * console.assert(x.shape.join() === "1,3,2" && x.toArray().toString() === "0,3,1,4,2,5");
 * ```
 */
export function mT(x: Tensor): Tensor {
  const last = x.ndim - 1;
  if (last < 1) {
    throw new ShapeError(`Cannot transpose a matrix of shape ${text(x.shape)}: it has no rows`);
  }
  return permute(x, replaced(replaced(dimsOf(x.ndim), last, last - 1), last - 1, last));
}

/** Batches of matrices, whose batch dims are equal already. */
const matrixProduct: Op<(x: Tensor, y: Tensor) => Tensor, Epilogue> = defineOp({
  name: "matmul",
  summary:
    "Product of matrices; leading dims are batches, broadcast together; a vector is a row or a column.",
  infer: ([x, y]) => specOf(replaced(x!.shape, x!.ndim - 1, y!.shape[y!.ndim - 1]!), x!.dtype),
  kernel: { native: "matmul", encode },
  saves: "inputs",
  gradient: ({ grad, inputs: [x, y], needs }) => [
    needs[0] ? matrixProduct(grad, mT(y!)) : null,
    needs[1] ? matrixProduct(mT(x!), grad) : null,
  ],
  samples: [
    { shapes: [[3, 4], [4, 5]] },
    { shapes: [[17, 33], [33, 9]] },
    { shapes: [[2, 3, 4], [2, 4, 5]] },
    { shapes: [[2, 0], [0, 3]] },
  ],
  front: (run) => (x: Tensor, y: Tensor) => run([x, y], plain),
});

function refuse(x: Tensor, y: Tensor, why: string): never {
  throw new ShapeError(
    `Cannot matmul tensors of shapes ${text(x.shape)} and ${text(y.shape)}: ${why}`,
    {
      op: "matmul",
      context: { shapes: [x.shape, y.shape] },
    },
  );
}

/**
 * Matrix product, as in PyTorch: a vector on the left is a row, on the right a column, and goes
 * away again; leading dims are batches and broadcast without a copy. Dtypes meet in the higher;
 * integers stay integers.
 *
 * @throws {ShapeError} when the inner sizes differ, the batches do not broadcast, or a tensor has
 * rank 0.
 * @throws {DTypeError} when both are bool.
 *
 * @example
 * ```ts
 * import { matmul, ones, tensor } from "@minitensor/minitensor";
 * const x = tensor([[1, 2], [3, 4]]);
 * console.assert(matmul(x, tensor([10, 1])).toArray().toString() === "12,34");
 * console.assert(matmul(ones([5, 1, 2, 3]), ones([4, 3, 6])).shape.join() === "5,4,2,6");
 * ```
 */
export function matmul(x: TensorLike, y: TensorLike): Tensor {
  const [a, b] = pair(x, y, false) as [Tensor, Tensor];
  if (a.ndim === 2 && b.ndim === 2) {
    if (a.shape[1] !== b.shape[0]) refuse(a, b, `inner sizes are ${a.shape[1]} and ${b.shape[0]}`);
    return matrixProduct(a, b);
  }
  if (a.ndim === 0 || b.ndim === 0) refuse(a, b, "a tensor of rank 0 is no matrix");
  const left = a.ndim === 1 ? a.unsqueeze(0) : a;
  const right = b.ndim === 1 ? b.unsqueeze(1) : b;
  if (left.shape.at(-1) !== right.shape.at(-2)) {
    refuse(a, b, `inner sizes are ${left.shape.at(-1)} and ${right.shape.at(-2)}`);
  }
  let product = batched(left, right);
  if (b.ndim === 1) product = owned(product.squeeze(-1));
  return a.ndim === 1 ? owned(product.squeeze(b.ndim === 1 ? -1 : -2)) : product;
}

function batched(x: Tensor, y: Tensor): Tensor {
  // One matrix on the right serves all batches: they are then simply more rows.
  if (y.ndim === 2 && x.ndim > 2 && x.isContiguous()) {
    const rows = reshape(x, [-1, x.shape.at(-1)!]);
    if (x.numel() > 0) {
      return owned(reshape(matrixProduct(rows, y), [...x.shape.slice(0, -1), y.shape[1]!]));
    }
  }
  const [left, right] = [x.shape.slice(0, -2), y.shape.slice(0, -2)];
  if (!canBroadcast(left, right)) refuse(x, y, `batches are ${text(left)} and ${text(right)}`);
  const batch = broadcastPair(left, right, "matmul");
  const spread = (matrix: Tensor): Tensor => {
    const shape = [...batch, ...matrix.shape.slice(-2)];
    return sameShape(shape, matrix.shape) ? matrix : expand(matrix, shape);
  };
  return matrixProduct(spread(x), spread(y));
}

/** Options of {@link linear}. */
export interface LinearOptions {
  /** Added to every row, of shape [out]. */
  readonly bias?: Tensor | null;
}

/** x Wᵀ + b on rows, in one kernel. */
const affine: Op<(x: Tensor, weight: Tensor, bias: Tensor | null) => Tensor, Epilogue> = defineOp({
  name: "linear",
  summary: "x times the transposed weight, plus the bias: weight is [out, in], bias [out].",
  infer: ([x, weight]) => specOf([x!.shape[0]!, weight!.shape[1]!], x!.dtype),
  kernel: { native: "matmul", encode },
  saves: "inputs",
  gradient: ({ grad, inputs: [x, weight], needs }) => [
    needs[0] ? matrixProduct(grad, mT(weight!)) : null,
    needs[1] ? matrixProduct(mT(x!), grad) : null,
    needs[2] ? grad : null,
  ],
  samples: [{ shapes: [[3, 4], [5, 4], [5]] }, { shapes: [[17, 40], [9, 40], [9]] }],
  front: (run) => (x: Tensor, weight: Tensor, bias: Tensor | null) => {
    if (bias === null) return matrixProduct(x, mT(weight));
    return run([x, mT(weight), expand(bias, [x.shape[0]!, weight.shape[0]!])], plain);
  },
});

/**
 * Affine map of the last dim: `x` times the transposed weight, plus the bias, x Wᵀ + b. Dtypes meet
 * in the highest; integers stay integers.
 *
 * @param weight Of shape [out, in]; or [in], with which the last dim goes away.
 * @throws {ShapeError} when the last dim of `x` is not `in`, or the bias is not [out].
 *
 * @example
 * ```ts
 * import { linear, tensor } from "@minitensor/minitensor";
 * const weight = tensor([[3, 4], [5, 6]]);
 * const y = linear(tensor([1, 2]), weight, { bias: tensor([100, 200]) });
 * console.assert(y.toArray().toString() === "111,217");
 * ```
 */
export function linear(x: Tensor, weight: Tensor, options: LinearOptions = {}): Tensor {
  checkOptions(options, ["bias"], "linear");
  const bias = options.bias ?? null;
  if (weight.ndim === 1) {
    const row = bias === null ? null : bias.reshape([1]);
    return owned(linear(x, weight.unsqueeze(0), { bias: row }).squeeze(-1));
  }
  if (weight.ndim !== 2 || x.ndim === 0 || x.shape.at(-1) !== weight.shape[1]) {
    throw new ShapeError(
      `Cannot apply a linear map with weight of shape ${text(weight.shape)} to a tensor of shape ${
        text(x.shape)
      }: ` +
        "the last dim must be the weight's second",
      { op: "linear" },
    );
  }
  if (bias !== null && (bias.ndim !== 1 || bias.shape[0] !== weight.shape[0])) {
    throw new ShapeError(
      `Cannot add a bias of shape ${text(bias.shape)} to ${weight.shape[0]} features`,
      {
        op: "linear",
      },
    );
  }
  const [input, matrix, offset] = promote(bias === null ? [x, weight] : [x, weight, bias]);
  const rows = x.ndim === 2 ? input! : reshape(input!, [-1, weight.shape[1]!]);
  const result = affine(rows, matrix!, offset ?? null);
  if (x.ndim === 2) return result;
  return owned(reshape(result, [...x.shape.slice(0, -1), weight.shape[0]!]));
}

/**
 * Product of two vectors, Σ xᵢ yᵢ, of rank 0. Dtypes meet in the higher; integers stay integers.
 *
 * @throws {ShapeError} unless both are vectors of one size.
 *
 * @example
 * ```ts
 * import { dot, tensor } from "@minitensor/minitensor";
 * console.assert(dot(tensor([1, 2, 3]), tensor([4, 5, 6])).item() === 32);
 * ```
 */
export function dot(x: Tensor, y: Tensor): Tensor {
  if (x.ndim !== 1 || y.ndim !== 1 || x.shape[0] !== y.shape[0]) {
    throw new ShapeError(
      `Cannot dot tensors of shapes ${text(x.shape)} and ${
        text(y.shape)
      }: they must be two vectors of one size`,
      { op: "dot" },
    );
  }
  return matmul(x, y);
}

/**
 * Products of matrices pair by pair, [B, n, m] with [B, m, p] to [B, n, p]: {@link matmul} without
 * broadcasting.
 *
 * @throws {ShapeError} when a tensor does not have rank 3, or batches or inner sizes differ.
 *
 * @example
 * ```ts
 * import { bmm, tensor } from "@minitensor/minitensor";
 * const rows = tensor([[[1, 2]], [[3, 4]]]);
 * const columns = tensor([[[10], [1]], [[10], [1]]]);
 * console.assert(bmm(rows, columns).toArray().toString() === "12,34");
 * ```
 */
export function bmm(x: Tensor, y: Tensor): Tensor {
  if (x.ndim !== 3 || y.ndim !== 3 || x.shape[0] !== y.shape[0]) {
    throw new ShapeError(
      `Cannot bmm tensors of shapes ${text(x.shape)} and ${
        text(y.shape)
      }: they must be two batches of matrices`,
      { op: "bmm" },
    );
  }
  return matmul(x, y);
}

/**
 * The matrix with rows and columns exchanged; tensors of rank 0 and 1 stay as they are. A view.
 *
 * @throws {ShapeError} when the tensor has more than two dims.
 *
 * @example
 * ```ts
 * import { tensor, transposed } from "@minitensor/minitensor";
 * console.assert(transposed(tensor([[1, 2], [3, 4]])).toArray().toString() === "1,3,2,4");
 * ```
 */
export function transposed(x: Tensor): Tensor {
  if (x.ndim > 2) {
    throw new ShapeError(`Cannot transpose a tensor of shape ${text(x.shape)}: it is no matrix`, {
      op: "t",
      suggestion: "Use mT for batches of matrices, or permute()",
    });
  }
  return x.ndim === 2 ? mT(x) : x.view(x.shape);
}
