/**
 * Less memory for more work: what a part of a network computes is not kept for backward, but
 * computed again there (Chen et al. 2016, "Training deep nets with sublinear memory cost").
 *
 * @module
 */
import { gradientsAt, type Slot } from "../autograd.ts";
import { ArgumentError, GradientError } from "../errors.ts";
import { modes, nextSequence, type Node } from "../graph.ts";
import {
  applyAll,
  BoundOp,
  emptyOf,
  type GradientContext,
  type OpRecord,
  owned,
  TRACKED,
  VIEW,
  viewOf,
} from "../op.ts";
import { clone } from "../ops/copy.ts";
import { forkRng, getRngState, setRngState } from "../random.ts";
import { enableGrad } from "../recording.ts";
import { specOf } from "../shape.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { currentLevel } from "../vmap/batch.ts";
import type { Tensors } from "./functional.ts";

/** One tensor or several. */
interface Call {
  readonly fn: (...inputs: Tensor[]) => Tensors;
  /** The default generator's state when fn first ran: dropout drops the same elements again. */
  readonly state: Uint8Array;
  /** Inputs of the op that stand for what fn knows from outside: they come first. */
  readonly known: number;
  /** Results of fn. */
  readonly count: number;
  /** The results themselves, until the op has been run. */
  results: readonly Tensor[];
}

/** fn run once, with a graph of its own. */
interface Run {
  /** True when fn answered an array. */
  readonly isList: boolean;
  readonly outputs: readonly Tensor[];
  /** What the graph was given: fn's inputs, without the graph behind them. */
  readonly leaves: readonly Tensor[];
  /** Nodes that the run recorded. */
  readonly nodes: ReadonlySet<Node>;
  /** Where its graph goes on outside: at parameters, and at results that fn knows. */
  readonly outside: readonly Slot[];
}

const record: OpRecord<Call> = {
  name: "checkpoint",
  summary: "A function whose intermediate results are computed again in backward.",
  infer: () => null,
  kernel: { composite: (_, { results }) => results.map(released) },
  saves: "inputs",
  gradient: recompute,
  samples: [],
};

/** A result without its graph; a copy where its memory is somebody else's. */
function released(y: Tensor): Tensor {
  return (y.state & VIEW) !== 0 || y.isLeaf ? clone(y) : owned(y.detach());
}

const op = new BoundOp(record as OpRecord<unknown>);

function run(fn: Call["fn"], inputs: readonly Tensor[], connected: boolean): Run {
  const start = nextSequence();
  const leaves = inputs.map((x) => {
    if (!x.requiresGrad) return x;
    return connected ? x.view(x.shape) : x.detach().requiresGrad_();
  });
  const own = new Set(leaves.map((x) => x.requiresGrad ? x.graphNode() : null));
  const result: unknown = enableGrad(() => fn(...leaves));
  const isList = Array.isArray(result);
  const outputs = (isList ? result : [result]) as Tensor[];
  if (outputs.length === 0 || !outputs.every(isTensor)) {
    throw new ArgumentError("Cannot checkpoint a function that answers no tensor", {
      op: "checkpoint",
    });
  }
  const nodes = new Set<Node>();
  const outside = new Map<Node, Map<number, Slot>>();
  const visit = (node: Node, output: number): void => {
    if (own.has(node)) return;
    if (node.op !== null && node.sequence >= start) nodes.add(node);
    else {
      const slots = outside.get(node) ?? new Map<number, Slot>();
      outside.set(node, slots.set(output, { node, output }));
    }
  };
  for (const y of outputs) if (y.requiresGrad) visit(y.graphNode(), y.outputIndex);
  for (const node of nodes) { // visits what is added on the way
    node.edges.forEach((edge, i) => edge !== null && visit(edge, node.edgeOutputs[i]!));
  }
  const slots = [...outside.values()].flatMap((found) => [...found.values()]);
  return { isList, outputs, leaves, nodes, outside: slots };
}

/** Stands in the graph for a tensor that fn knows: its place alone, not its elements. */
function standIn({ node, output }: Slot): Tensor {
  const { shape, dtype } = node.outputSpecs[output]!;
  const spec = specOf(shape, dtype);
  const { storage } = emptyOf(specOf([], dtype));
  const x = viewOf(storage, { spec, strides: shape.map(() => 0), offset: 0 });
  x.node = node;
  x.outputIndex = output;
  x.state |= TRACKED;
  return x;
}

function recompute(
  { grads, inputs, needs, attributes: { fn, state, known, count } }: GradientContext<Call>,
): (Tensor | null)[] {
  const { outputs, leaves, outside, nodes } = forkRng(() => {
    setRngState(state);
    return run(fn, inputs.slice(known), modes.gradients);
  });
  if (outside.length !== known || outputs.length !== count) {
    throw new GradientError(
      "Cannot run backward through a checkpoint: its function did something else the second time",
      { op: "checkpoint" },
    );
  }
  const flowing = outputs.flatMap((y, i) => {
    const grad = grads[i] ?? null;
    return grad !== null && y.requiresGrad ? [{ y, grad }] : [];
  });
  const slots = [...outside];
  const places = leaves.map((x, i) => {
    return needs[known + i] ? slots.push({ node: x.graphNode(), output: x.outputIndex }) - 1 : null;
  });
  const found = gradientsAt(
    flowing.map(({ y }) => y),
    flowing.map(({ grad }) => grad),
    slots,
    nodes,
    { createGraph: modes.gradients },
  );
  return [
    ...found.slice(0, known),
    ...places.map((place) => place === null ? null : found[place]!),
  ];
}

/**
 * Runs `fn(...inputs)` without keeping what it computes on the way; backward runs it again, with
 * the same random numbers of the default generator. Whatever fn uses gets its gradients as usual:
 * inputs, parameters and results that it knows from outside, in backward and in grad, once or
 * several times differentiated. fn may answer several tensors, and hold checkpoints itself. It must
 * do the same both times. Within vmap it is run as it is, and keeps everything.
 *
 * @throws {ArgumentError} when fn answers something else than tensors.
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
export function checkpoint<Result extends Tensors>(
  fn: (...inputs: Tensor[]) => Result,
  ...inputs: Tensor[]
): Result {
  // Within vmap fn's results have graphs on two storeys, of which only one would be looked at.
  if (!modes.gradients || currentLevel() !== null) return fn(...inputs);
  const state = getRngState();
  const { isList, outputs, nodes, outside } = run(fn, inputs, false);
  for (const node of nodes) node.drop();
  const stand = outside.map(standIn);
  const [known, count] = [stand.length, outputs.length];
  const call: Call = { fn, state, known, count, results: outputs };
  const results = applyAll(op, [...stand, ...inputs], call);
  call.results = [];
  return (isList ? results : results[0]) as Result;
}

/** Something that computes a tensor from one, as modules do. */
export interface Stage {
  /** The result for a tensor. */
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
