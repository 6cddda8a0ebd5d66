/**
 * Attention in one kernel: blocks of queries against blocks of keys, the weights never kept.
 *
 * @module
 */
import { modes } from "../graph.ts";
import { defineOp, type Op } from "../op.ts";
import { specOf, type TensorSpec } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { matmul } from "./linalg.ts";
import { where } from "./select.ts";

/** What attention needs to know besides its operands. */
export interface AttentionAttributes {
  /** Factor of the scores. */
  readonly scale: number;
  /** A query sees the keys up to its own position. */
  readonly isCausal: boolean;
}

const encode = ({ scale, isCausal }: AttentionAttributes): readonly number[] => [
  scale,
  Number(isCausal),
];

/**
 * softmax(scores), where -inf is a key that is not seen; rows that are masked whole become zeros,
 * and pass no gradient.
 */
export function maskedWeights(scores: Tensor, mask: Tensor): Tensor {
  const masked = mask.dtype === "bool" ? where(mask, scores, -Infinity) : scores.add(mask);
  const alive = masked.detach().ne(-Infinity).any(-1, { keepdim: true });
  return where(alive, where(alive, masked, 0).softmax(-1), 0);
}

/** True where a query of [..., L, S] sees a key. */
export function causalMask(q: Tensor, k: Tensor): Tensor {
  return q.newOnes([q.shape.at(-2)!, k.shape.at(-2)!], { dtype: "bool" }).tril();
}

const attentionGradient: Op<
  (inputs: readonly Tensor[], attributes: AttentionAttributes) => Tensor[],
  AttentionAttributes
> = defineOp({
  name: "attentionGradient",
  summary: "Gradients of q, k and v, from weights computed again.",
  infer: ([, , , q, k, v]) => [q!.spec, k!.spec, v!.spec],
  kernel: { native: "attentionGradient", encode },
  saves: "none",
  gradient: null,
  samples: [{
    shapes: [[2, 3, 2], [2, 3, 2], [2, 3], [2, 3, 4], [2, 5, 4], [2, 5, 2]],
    ranges: [[-1, 1], [-1, 1], [2, 3]],
    arguments: (inputs) => [inputs, { scale: 0.5, isCausal: false }],
  }],
  front: (run) => ([grad, out, ...rest], attributes) =>
    run.all(
      [grad!.contiguous(), out!.contiguous(), rest[0]!.contiguous(), ...rest.slice(1)],
      attributes,
    ),
});

/** The same gradients as tensor code, for derivatives of higher order. */
function recordedGradient(
  grad: Tensor,
  [q, k, v, mask]: readonly Tensor[],
  { scale, isCausal }: AttentionAttributes,
): Tensor[] {
  const scores = matmul(q!.mul(scale), k!.mT);
  const seen = isCausal ? causalMask(q!, k!) : mask;
  const weights = seen === undefined ? scores.softmax(-1) : maskedWeights(scores, seen);
  const slope = matmul(grad, v!.mT);
  const level = slope.mul(weights).sum(-1, { keepdim: true });
  const inner = weights.mul(slope.sub(level)).mul(scale);
  return [matmul(inner, k!), matmul(inner.mT, q!), matmul(weights.mT, grad)];
}

function results([q, , v]: readonly Tensor[]): TensorSpec[] {
  const rows = q!.shape.slice(0, -1);
  return [specOf([...rows, v!.shape.at(-1)!], q!.dtype), specOf(rows, q!.dtype)];
}

/**
 * softmax(scale q k^T + mask) v of operands with the same leading dims, none of them empty. The
 * mask gets no gradient.
 */
export const fusedAttention: Op<
  (
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | null,
    attributes: AttentionAttributes,
  ) => Tensor,
  AttentionAttributes
> = defineOp({
  name: "fusedAttention",
  summary: "softmax(scale q k^T + mask) v, block by block.",
  infer: results,
  kernel: { native: "attention", encode },
  saves: "both",
  gradient: ({ grad, inputs, outputs, attributes }) => {
    const [dq, dk, dv] = modes.gradients
      ? recordedGradient(grad, inputs, attributes)
      : attentionGradient([grad, ...outputs, ...inputs], attributes);
    return inputs.length === 3 ? [dq!, dk!, dv!] : [dq!, dk!, dv!, null];
  },
  samples: [
    {
      shapes: [[2, 3, 4], [2, 5, 4], [2, 5, 2]],
      rest: [null, { scale: 0.5, isCausal: false }],
    },
    {
      shapes: [[1, 5, 2], [1, 3, 2], [1, 3, 3]],
      rest: [null, { scale: -1.5, isCausal: true }],
    },
    {
      shapes: [[3, 4], [6, 4], [6, 2], [3, 6]],
      dtypes: ["float", "float", "float", "bool"],
      rest: [{ scale: 0.5, isCausal: false }],
    },
  ],
  front: (run) => (q, k, v, mask, attributes) =>
    run.all(mask === null ? [q, k, v] : [q, k, v, mask.detach()], attributes)[0]!,
});
