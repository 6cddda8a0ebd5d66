/**
 * Writes through a view where gradients are recorded: the tensor that it shows learns of them.
 *
 * @module
 */
import { makeOp, type Op } from "../op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { contiguous } from "./copy.ts";
import { same } from "./infer.ts";
import { type Part, replaceGradient } from "./replace.ts";
import { asStrided } from "./strided.ts";

/**
 * `x` as it is once `source` has been written to a part of its memory: another handle on that
 * memory, which the caller writes to. It is in no registry, since it computes nothing that a law
 * could look at; the gradient is that of replacing the part.
 */
export const written: Op<
  (x: Tensor, source: Tensor, part: Part) => Tensor,
  { readonly part: Part }
> = makeOp({
  name: "write",
  summary: "x after source was written to a part of its memory.",
  infer: same,
  kernel: { view: (x) => ({ spec: x.spec, strides: x.strides, offset: x.offset }) },
  saves: "none",
  gradient: replaceGradient,
  samples: [],
  front: (run) => (x: Tensor, source: Tensor, part: Part) => run([x, source], { part }),
});

/** What a view shows of a contiguous tensor, as a function that shows the same of others. */
export function partOf(view: Tensor, base: Tensor): Part {
  const { shape, strides } = view;
  const start = view.offset - base.offset;
  return (x) => {
    const whole = contiguous(x);
    return asStrided(whole, shape, strides, whole.offset + start);
  };
}
