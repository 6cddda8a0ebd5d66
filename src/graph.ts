/**
 * The graph behind tensors that require gradients: one node per recorded op, one per leaf. It
 * belongs to the tensors that point to it; there is no global tape.
 *
 * @module
 */
import { GradientError } from "./errors.ts";
import type { BoundOp } from "./op.ts";
import type { TensorSpec } from "./shape.ts";
import { release } from "./storage.ts";
import type { Tensor } from "./tensor/tensor.ts";

/** Called with a gradient that flows past; may answer another in its place. */
export type GradientHook = (grad: Tensor) => Tensor | void;

/** Called with a leaf once backward has added to its `grad`. */
export type LeafHook = (leaf: Tensor) => void;

/** Switches of the running program. */
export const modes = {
  /** False inside noGrad: nothing is recorded. */
  gradients: true,
  /** True inside inferenceMode: recording cannot be switched on. */
  inference: false,
  /** True while the search for NaN in gradients is on: nodes then remember who recorded them. */
  anomaly: false,
  /** Tensors made since the innermost scope began; null outside any. */
  made: null as Tensor[] | null,
};

let sequence = 0;

/** What the next node's sequence will be: nodes recorded from now on have no lower one. */
export function nextSequence(): number {
  return sequence;
}

/** Stacks of the calls that recorded nodes, where the search for NaN is on. */
const places = new WeakMap<Node, string>();

/** One recorded op, or a leaf. */
export class Node {
  /** Creation order: a node's inputs always have lower numbers. */
  declare readonly sequence: number;
  /** The tensor whose `grad` gathers what arrives; null for an op's node. */
  declare leaf: Tensor | null;
  /** Hooks by output. */
  declare hooks: Map<number, GradientHook[]> | null;
  /** Hooks of a leaf, for when its gradient is complete. */
  declare finished: LeafHook[] | null;
  /** Outputs whose gradient is to be kept in `grad`. */
  declare retained: Map<number, Tensor> | null;
  /** True when backward has been through and dropped what was saved. */
  declare consumed: boolean;
  declare savedInputs: readonly Tensor[] | null;
  declare savedOutputs: readonly Tensor[] | null;
  /** Sum of the saved storages' versions. */
  declare private version: number;
  declare readonly op: BoundOp | null;
  declare readonly attributes: unknown;
  /** Nodes of the inputs; null where no gradient is needed. */
  declare readonly edges: readonly (Node | null)[];
  /** Which output of the edge's node each input is. */
  declare readonly edgeOutputs: readonly number[];
  declare readonly inputSpecs: readonly TensorSpec[];
  declare readonly outputSpecs: readonly TensorSpec[];

  /** Made by apply and {@link leafNode}. Fields are set here alone: defining them first costs. */
  constructor(
    op: BoundOp | null,
    attributes: unknown,
    edges: readonly (Node | null)[],
    edgeOutputs: readonly number[],
    inputSpecs: readonly TensorSpec[],
    outputSpecs: readonly TensorSpec[],
  ) {
    this.sequence = sequence++;
    this.op = op;
    this.attributes = attributes;
    this.edges = edges;
    this.edgeOutputs = edgeOutputs;
    this.inputSpecs = inputSpecs;
    this.outputSpecs = outputSpecs;
    this.leaf = null;
    this.hooks = null;
    this.finished = null;
    this.retained = null;
    this.consumed = false;
    this.savedInputs = null;
    this.savedOutputs = null;
    this.version = 0;
    if (modes.anomaly) places.set(this, new Error("recorded here").stack ?? "");
  }

  /** The stack of the call that recorded it, if the search for NaN was on. */
  get recorded(): string | undefined {
    return places.get(this);
  }

  /** Name of the op, or `leaf`. */
  get name(): string {
    return this.op === null ? "leaf" : this.op.name;
  }

  /** Keeps what the gradient rule reads. */
  save(inputs: readonly Tensor[] | null, outputs: readonly Tensor[] | null): void {
    this.savedInputs = inputs;
    this.savedOutputs = outputs;
    this.version = hold(inputs) + hold(outputs);
  }

  /** Throws when a saved tensor has been changed in place since. */
  check(): void {
    if (this.consumed) {
      throw new GradientError(
        `Cannot run backward through ${this.name} again: its saved tensors were dropped by the first backward`,
        { op: this.name, suggestion: "Pass { retainGraph: true } to the first backward" },
      );
    }
    if (versions(this.savedInputs) + versions(this.savedOutputs) !== this.version) {
      throw new GradientError(
        `Cannot run backward through ${this.name}: a tensor that its gradient needs was changed in place`,
        { op: this.name, suggestion: "Use the form of the operation without _" },
      );
    }
  }

  /** Drops what was saved. */
  drop(): void {
    if (this.op !== null && this.op.owner !== null && !this.consumed) this.op.owner.release();
    this.consumed = true;
    releaseAll(this.savedInputs);
    releaseAll(this.savedOutputs);
    this.savedInputs = null;
    this.savedOutputs = null;
    this.version = 0;
  }
}

/** Keeps the tensors' memory from being used again, and answers the sum of its versions. */
function hold(saved: readonly Tensor[] | null): number {
  if (saved === null) return 0;
  for (let i = 0; i < saved.length; i++) saved[i]!.storage.users++;
  return versions(saved);
}

function versions(saved: readonly Tensor[] | null): number {
  let sum = 0;
  if (saved !== null) { for (let i = 0; i < saved.length; i++) sum += saved[i]!.storage.version; }
  return sum;
}

function releaseAll(saved: readonly Tensor[] | null): void {
  if (saved !== null) { for (let i = 0; i < saved.length; i++) release(saved[i]!.storage); }
}

const none: readonly never[] = Object.freeze([]);

/** The node of a tensor that requires a gradient and was not made by a recorded op. */
export function leafNode(x: Tensor): Node {
  const node = new Node(null, null, none, none, none, [x.spec]);
  node.leaf = x;
  return node;
}
