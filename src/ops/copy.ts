/**
 * Copies: to contiguous memory, and into memory that exists.
 *
 * @module
 */
import { callElementwise } from "../ffi/call.ts";
import { ANY_NARROW, defineOp, emptyOf, type Op } from "../op.ts";
import { same } from "./infer.ts";
import { cast } from "./cast.ts";
import { kernel } from "./fill.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { copyBatch, isBatched, mapBatch } from "../vmap/batch.ts";

/**
 * Copies the elements into contiguous memory of their own; the gradient passes through.
 *
 * @example
 * ```ts
 * import { clone, tensor } from "@minitensor/minitensor";
 * const x = tensor([1, 2]);
 * const y = clone(x);
 * x.fill_(0);
 * console.assert(y.equal([1, 2]));
 * ```
 */
export const clone: Op<(x: Tensor) => Tensor, undefined> = defineOp({
  name: "clone",
  summary: "A copy in memory of its own, contiguous, with the gradient passing through.",
  infer: same,
  kernel: { native: "copy", elementwise: true, narrow: ANY_NARROW },
  saves: "none",
  gradient: ({ grad }) => [grad],
  reference: (x) => x!,
  samples: [{ shapes: [[3, 4]] }, { shapes: [[]] }, { shapes: [[2, 0]] }],
  front: (run) => (x: Tensor) => run([x], undefined),
});

/**
 * The tensor itself when it is contiguous, else a copy that is.
 *
 * @example
 * ```ts
 * import { contiguous, tensor } from "@minitensor/minitensor";
 * const x = tensor([[1, 2], [3, 4]]);
 * console.assert(contiguous(x) === x && !x.t().isContiguous());
 * console.assert(contiguous(x.t()).isContiguous());
 * ```
 */
export function contiguous(x: Tensor): Tensor {
  return x.isContiguous() ? x : clone(x);
}

/** A contiguous copy that no graph knows. */
export function contiguousCopy(x: Tensor): Tensor {
  if (isBatched(x)) return mapBatch(x, contiguousCopy);
  const out = emptyOf(x.spec);
  if (x.spec.size !== 0) callElementwise("copy", kernel("copy"), [out], [x]);
  return out;
}

/** Copies `source`, broadcast and converted, into `target`'s memory. */
export function copyInto(target: Tensor, source: Tensor): void {
  if (isBatched(target) || isBatched(source)) return copyBatch(target, source, "copy_");
  if (target.spec.size === 0) return;
  const converted = cast(source, target.dtype);
  callElementwise("copy", kernel("copy"), [target], [converted]);
}
