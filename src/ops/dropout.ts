/**
 * Dropout.
 *
 * @module
 */
import { ArgumentError } from "../errors.ts";
import { defineOp, type Op } from "../op.ts";
import { bernoulli, defaultGenerator, type Generator } from "../random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { currentLevel } from "../vmap/batch.ts";
import { checkOptions, floating } from "./front.ts";
import { floats, same } from "./infer.ts";
import { where } from "./select.ts";

interface Stream {
  readonly p: number;
  /** Seed halves and position of the draws: the gradient draws the same ones again instead of keeping a mask. */
  readonly stream: readonly [number, number, number];
}

const encode = ({ stream, p }: Stream): readonly number[] => [...stream, p];

const dropoutGradient: Op<(grad: Tensor, attributes: Stream) => Tensor, Stream> = defineOp({
  name: "dropoutGradient",
  summary: "The gradient where dropout kept the element, scaled as it was.",
  infer: same,
  kernel: { native: "dropoutGradient", encode },
  saves: "none",
  gradient: ({ grad, attributes }) => [dropoutGradient(grad, attributes)],
  samples: [{ shapes: [[4, 5]], rest: [{ p: 0.3, stream: [7, 0, 0] }] }],
  front: (run) => (grad, attributes) => run([grad], attributes),
});

const dropoutOp: Op<(x: Tensor, attributes: Stream) => Tensor, Stream> = defineOp({
  name: "dropout",
  summary:
    "Elements set to 0 with probability p, the others scaled by 1 / (1 - p) (Srivastava et al. 2014).",
  infer: floats(same),
  kernel: { native: "dropout", encode },
  saves: "none",
  gradient: ({ grad, attributes }) => [dropoutGradient(grad, attributes)],
  samples: [{ shapes: [[4, 5]], rest: [{ p: 0.3, stream: [7, 0, 0] }] }],
  front: (run) => (x, attributes) => run([floating(x)], attributes),
});

/** Options of {@link dropout}. */
export interface DropoutOptions {
  /** Probability that an element becomes 0. Default 0.5. */
  readonly p?: number;
  /** False: the tensor passes unchanged. Default true. */
  readonly training?: boolean;
  /** Where the draws come from. */
  readonly generator?: Generator;
}

/**
 * Sets elements to 0 with probability `p` and scales the others by 1 / (1 - p), so that the mean
 * stays; float result (Srivastava et al. 2014). With `p` 0, or when not training, a view of x in
 * its own dtype.
 *
 * @throws {ArgumentError} when p is not within 0 and 1.
 *
 * @example
 * ```ts
 * import { dropout, ones } from "@minitensor/minitensor";
 * const y = dropout(ones([99]), { p: 0.75 });
 * console.assert(y.eq(0).logicalOr(y.eq(4)).all().item() === true);
 * console.assert(dropout(ones([2]), { training: false }).equal([1, 1]));
 * ```
 */
export function dropout(x: Tensor, options: DropoutOptions = {}): Tensor {
  checkOptions(options, ["p", "training", "generator"], "dropout");
  const { p = 0.5, training = true, generator = defaultGenerator } = options;
  if (!(p >= 0 && p <= 1)) {
    throw new ArgumentError(`Cannot dropout with p ${p}: it is 0 to 1`, { op: "dropout" });
  }
  if (!training || p === 0) return x.view(x.shape);
  if (currentLevel() !== null) return drawnDropout(x, p, generator);
  return dropoutOp(x, { p, stream: generator.take(Math.ceil(x.numel() / 4)) });
}

/** Within vmap: by random numbers as it wants them, those of each example or those of all. */
function drawnDropout(x: Tensor, p: number, generator: Generator): Tensor {
  const value = floating(x);
  const kept = bernoulli(1 - p, x.shape, { dtype: value.dtype, generator });
  return where(kept.ne(0), value.mul(p === 1 ? 0 : 1 / (1 - p)), 0);
}
