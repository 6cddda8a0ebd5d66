/**
 * Less memory for more work: what a part of a network computes is not kept for backward, but
 * computed again there (Chen et al. 2016, "Training deep nets with sublinear memory cost").
 *
 * @module
 */
import { backward, enableGrad } from "../autograd.ts";
import { ones } from "../create.ts";
import { ArgumentError, GradientError } from "../errors.ts";
import { modes } from "../graph.ts";
import { applyAll, BoundOp, type GradientContext, type OpRecord } from "../op.ts";
import { clone } from "../ops/copy.ts";
import { getRngState, setRngState } from "../random.ts";
import { keep } from "../scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { currentLevel } from "../vmap/batch.ts";

interface Call {
  readonly fn: (...inputs: Tensor[]) => Tensor;
  /** The default generator's state when fn first ran: dropout drops the same elements again. */
  readonly state: Uint8Array;
}

const record: OpRecord<Call> = {
  name: "checkpoint",
  summary: "A function whose intermediate results are computed again in backward.",
  infer: () => null,
  kernel: {
    composite: (inputs, { fn }) => {
      const result = fn(...inputs.slice(1));
      return inputs.includes(result) || result.requiresGrad ? clone(result) : result;
    },
  },
  saves: "inputs",
  gradient: recompute,
  samples: [],
};

function recompute(
  { grad, inputs, needs, attributes: { fn, state } }: GradientContext<Call>,
): (Tensor | null)[] {
  if (modes.gradients) {
    throw new GradientError("Cannot differentiate a checkpoint twice: its graph is not kept", {
      op: "checkpoint",
    });
  }
  const leaves = inputs.slice(1).map((x, i) => {
    const copy = x.detach();
    return needs[i + 1] ? copy.requiresGrad_() : copy;
  });
  const now = getRngState();
  setRngState(state);
  try {
    const output = enableGrad(() => fn(...leaves));
    // The parameters that fn uses gather their gradients here; the inputs' are handed on.
    if (output.requiresGrad) backward(output, grad, {});
  } finally {
    setRngState(now);
  }
  return [null, ...leaves.map((x) => x.gradient())];
}

const op = new BoundOp(record as OpRecord<unknown>);
let anchor: Tensor | null = null;

/**
 * Runs `fn(...inputs)` without keeping what it computes on the way; backward runs it again, with
 * the same random numbers. Parameters that fn uses get their gradients as usual. Second derivatives
 * are a GradientError.
 *
 * @example
 * ```ts
 * import { ones } from "@minitensor/minitensor";
 * import { checkpoint } from "@minitensor/minitensor/autograd";
 * const x = ones([3], { requiresGrad: true });
 * checkpoint((y) => y.exp().mul(y), x).sum().backward();
 * console.assert(Math.abs(Number(x.grad!.index(0).item()) - 2 * Math.E) < 1e-5);
 * ```
 */
export function checkpoint(fn: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]): Tensor {
  // Within vmap parameters are known to another graph than the one that backward would make.
  if (currentLevel() !== null) return fn(...inputs);
  // Recorded even where no input requires a gradient: parameters inside fn may.
  anchor ??= keep(ones([], { requiresGrad: true }));
  return applyAll(op, [anchor, ...inputs], { fn, state: getRngState() })[0]!;
}

/** Something that computes a tensor from one, as modules do. */
export interface Stage {
  forward(x: Tensor): Tensor;
}

/**
 * Runs stages one after the other, cut into `segments` of which each is a {@link checkpoint}; the
 * last one is run as usual, since backward begins with it.
 *
 * @throws {ArgumentError} when there are fewer stages than segments, or none.
 *
 * @example
 * ```ts
 * import { ones } from "@minitensor/minitensor";
 * import { checkpointSequential } from "@minitensor/minitensor/autograd";
 * import { Linear, ReLU } from "@minitensor/minitensor/nn";
 * const stages = [new Linear(4, 8), new ReLU(), new Linear(8, 2), new ReLU()];
 * checkpointSequential(stages, 2, ones([1, 4])).sum().backward();
 * console.assert(stages.length === 4);
 * ```
 */
export function checkpointSequential(
  stages: readonly Stage[],
  segments: number,
  input: Tensor,
): Tensor {
  if (!(Number.isInteger(segments) && segments >= 1 && segments <= stages.length)) {
    throw new ArgumentError(
      `Cannot run ${stages.length} stages in ${segments} segments: 1 to ${stages.length} can be`,
      { op: "checkpointSequential" },
    );
  }
  const size = Math.floor(stages.length / segments);
  const run = (part: readonly Stage[]) => (x: Tensor) =>
    part.reduce((value, stage) => stage.forward(value), x);
  let x = input;
  for (let i = 0; i < segments - 1; i++) {
    x = checkpoint(run(stages.slice(i * size, (i + 1) * size)), x);
  }
  return run(stages.slice((segments - 1) * size))(x);
}
