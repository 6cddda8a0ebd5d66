/**
 * What LSTM and GRU do with the sums of their gates, in one pass.
 *
 * @module
 */
import { isGradEnabled } from "../autograd.ts";
import { ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../op.ts";
import { sameShape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { requireFloat } from "./infer.ts";
import { cat } from "./join.ts";

/** The kernels read row-major memory. */
const packed = (tensors: readonly Tensor[]) => tensors.map((x) => x.contiguous());

/** Throws unless the gates are `count` times as wide as the state, [N, H]. */
function checkGates(inputs: readonly Tensor[], count: number, op: string): void {
  const [gatesX, gatesH, state] = inputs as readonly [Tensor, Tensor, Tensor];
  for (const x of inputs) requireFloat(x, op);
  const [rows, hidden] = state.shape;
  const shape = [rows!, count * hidden!];
  if (state.ndim === 2 && sameShape(gatesX.shape, shape) && sameShape(gatesH.shape, shape)) return;
  throw new ShapeError(
    `Cannot ${op} gates of shapes ${text(gatesX.shape)} and ${text(gatesH.shape)} and a state of ` +
      `${text(state.shape)}: the gates are ${count} times as wide`,
    { op },
  );
}

/** Gates side by side, each as wide as the state. */
function gatesOf(x: Tensor, count: number): readonly Tensor[] {
  const hidden = x.shape[1]! / count;
  return Array.from({ length: count }, (_, i) => x.narrow(1, i * hidden, hidden));
}

/** The slope of the logistic function where its value is y. */
const slope = (y: Tensor) => y.sub(y.square());

/** The slope of tanh where its value is y. */
const tanhSlope = (y: Tensor) => y.square().neg().add(1);

const lstmGatesGradient: Op<(...inputs: readonly Tensor[]) => Tensor[], undefined> = defineOp({
  name: "lstmGatesGradient",
  summary: "From gradients of h and c: those of an LSTM's sums of gates, and of the c before.",
  infer: ([, , gates, , before]) => [gates!.spec, before!.spec],
  kernel: { native: "lstmGatesGradient" },
  saves: "none",
  gradient: null,
  samples: [{ shapes: [[3, 2], [3, 2], [3, 8], [3, 2], [3, 2]] }],
  front: (run) => (...inputs) => run.all(packed(inputs), undefined),
});

/** What {@link lstmGatesGradient} computes, as tensor code that can be differentiated. */
function lstmShares(
  [gradH, gradC, gradGates]: readonly Tensor[],
  gates: Tensor,
  after: Tensor,
  before: Tensor,
): readonly [Tensor, Tensor] {
  const [i, f, g, o] = gatesOf(gates, 4) as [Tensor, Tensor, Tensor, Tensor];
  const [gi, gf, gg, go] = gatesOf(gradGates!, 4) as [Tensor, Tensor, Tensor, Tensor];
  const bent = after.tanh();
  const grad = gradC!.add(gradH!.mul(o).mul(tanhSlope(bent)));
  const sums = [
    grad.mul(g).add(gi).mul(slope(i)),
    grad.mul(before).add(gf).mul(slope(f)),
    grad.mul(i).add(gg).mul(tanhSlope(g)),
    gradH!.mul(bent).add(go).mul(slope(o)),
  ];
  return [cat(sums, 1), grad.mul(f)];
}

/**
 * h' = o tanh(c') and c' = f c + i g, and the gates i, f, g, o, from the input's and the state's
 * parts of their sums, [N, 4 H], and c.
 */
export const lstmGates: Op<
  (gatesX: Tensor, gatesH: Tensor, c: Tensor) => Tensor[],
  undefined
> = defineOp({
  name: "lstmGates",
  summary: "The states h and c after a step of an LSTM, and its gates, from the sums of the gates.",
  infer: (inputs, _, name) => {
    checkGates(inputs, 4, name);
    return [inputs[2]!.spec, inputs[2]!.spec, inputs[0]!.spec];
  },
  kernel: { native: "lstmGates" },
  saves: "both",
  gradient: ({ grads, inputs: [, , before], outputs: [, after, gates] }) => {
    const [gradH, gradC] = [grads[0], grads[1]].map((grad) =>
      grad ?? after!.newZeros(after!.shape)
    );
    const isPlain = !isGradEnabled() && grads[2] === null;
    const [sums, toBefore] = isPlain
      ? lstmGatesGradient(gradH!, gradC!, gates!, after!, before!)
      : lstmShares(
        [gradH!, gradC!, grads[2] ?? gates!.newZeros(gates!.shape)],
        gates!,
        after!,
        before!,
      );
    return [sums!, sums!, toBefore!];
  },
  samples: [{ shapes: [[3, 8], [3, 8], [3, 2]] }, { shapes: [[2, 36], [2, 36], [2, 9]] }],
  front: (run) => (gatesX, gatesH, c) => run.all(packed([gatesX, gatesH, c]), undefined),
});

const gruGatesGradient: Op<(...inputs: readonly Tensor[]) => Tensor[], undefined> = defineOp({
  name: "gruGatesGradient",
  summary: "From the gradient of h: those of both parts of a GRU's gates, and of the h before.",
  infer: ([, gates, , before]) => [gates!.spec, gates!.spec, before!.spec],
  kernel: { native: "gruGatesGradient" },
  saves: "none",
  gradient: null,
  samples: [{ shapes: [[3, 2], [3, 6], [3, 6], [3, 2]] }],
  front: (run) => (...inputs) => run.all(packed(inputs), undefined),
});

/** What {@link gruGatesGradient} computes, as tensor code that can be differentiated. */
function gruShares(
  [grad, gradGates]: readonly Tensor[],
  gates: Tensor,
  gatesH: Tensor,
  before: Tensor,
): readonly [Tensor, Tensor, Tensor] {
  const [r, z, n] = gatesOf(gates, 3) as [Tensor, Tensor, Tensor];
  const [gr, gz, gn] = gatesOf(gradGates!, 3) as [Tensor, Tensor, Tensor];
  const toN = grad!.mul(z.neg().add(1)).add(gn).mul(tanhSlope(n));
  const toZ = grad!.mul(before.sub(n)).add(gz).mul(slope(z));
  const toR = toN.mul(gatesOf(gatesH, 3)[2]!).add(gr).mul(slope(r));
  return [cat([toR, toZ, toN], 1), cat([toR, toZ, toN.mul(r)], 1), grad!.mul(z)];
}

/**
 * h' = (1 - z) n + z h, and the gates r, z, n, from the input's and the state's parts of the gates,
 * [N, 3 H], and h.
 */
export const gruGates: Op<
  (gatesX: Tensor, gatesH: Tensor, h: Tensor) => Tensor[],
  undefined
> = defineOp({
  name: "gruGates",
  summary: "The state after a step of a GRU, and its gates, from the parts of the gates.",
  infer: (inputs, _, name) => {
    checkGates(inputs, 3, name);
    return [inputs[2]!.spec, inputs[0]!.spec];
  },
  kernel: { native: "gruGates" },
  saves: "both",
  gradient: ({ grads, inputs: [, gatesH, before], outputs: [, gates] }) => {
    const grad = grads[0] ?? before!.newZeros(before!.shape);
    if (!isGradEnabled() && grads[1] === null) {
      return gruGatesGradient(grad, gates!, gatesH!, before!);
    }
    const gradGates = grads[1] ?? gates!.newZeros(gates!.shape);
    return gruShares([grad, gradGates], gates!, gatesH!, before!);
  },
  samples: [{ shapes: [[3, 6], [3, 6], [3, 2]] }, { shapes: [[2, 27], [2, 27], [2, 9]] }],
  front: (run) => (gatesX, gatesH, h) => run.all(packed([gatesX, gatesH, h]), undefined),
});
