/**
 * Backward through the graph.
 *
 * @module
 */
import { toElement } from "./dtype.ts";
import { GradientError, ShapeError } from "./errors.ts";
import { modes, type Node } from "./graph.ts";
import { DISPOSED, emptyOf, TRACKED } from "./op.ts";
import { checkOptions } from "./ops/front.ts";
import { noGrad } from "./recording.ts";
import { sameShape, type TensorSpec, text } from "./shape.ts";
import type { Tensor } from "./tensor/tensor.ts";
import { alias, everything, isBatched } from "./vmap/batch.ts";

export * from "./recording.ts";

/** How backward treats the graph. */
export interface BackwardOptions {
  /** Keep what was saved, so that backward can run again. Default: `createGraph`. */
  readonly retainGraph?: boolean;
  /** Record the gradients' own graph, so that they can be differentiated again. Default false. */
  readonly createGraph?: boolean;
}

/** Gradients that have arrived at a node, by output. */
type Arrived = (Tensor | null)[];

const gradOptions = ["gradOutputs", "retainGraph", "createGraph", "allowUnused"];
const backwardOptions = ["retainGraph", "createGraph", "inputs"];

/**
 * Gradients of `outputs` with respect to `inputs`, without touching any `grad`: for each input the
 * sum over the outputs of gradOutput^T J, in the input's shape and dtype.
 *
 * @param options `gradOutputs`: gradients of the outputs, ones for a single element; `allowUnused`:
 * null instead of an error for an input that the outputs do not depend on.
 * @throws {GradientError} when an output has no graph, or an input is not part of it.
 *
 * @example
 * ```ts
 * import { grad, tensor } from "@minitensor/minitensor";
 * const x = tensor(3, { requiresGrad: true });
 * const [slope] = grad(x.pow(3), x, { createGraph: true }); // 3 x^2, with a graph of its own
 * const [curvature] = grad(slope!, x);
 * console.assert(slope!.item() === 27 && curvature!.item() === 18 && x.grad === null);
 * ```
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options: BackwardOptions & {
    readonly gradOutputs?: readonly Tensor[];
    readonly allowUnused?: boolean;
  } = {},
): (Tensor | null)[] {
  checkOptions(options, gradOptions, "grad");
  const roots = Array.isArray(outputs) ? outputs as readonly Tensor[] : [outputs as Tensor];
  const wanted = Array.isArray(inputs) ? inputs as readonly Tensor[] : [inputs as Tensor];
  const slots = slotsOf(wanted, "grad");
  const seeds = roots.map((root, i) => seed(root, options.gradOutputs?.[i]));
  const engine = new Engine(options);
  const found = engine.run(roots, seeds, slots);
  if (options.allowUnused !== true) {
    const missing = found.indexOf(null);
    if (missing >= 0) {
      throw new GradientError(
        `Cannot give the gradient of input ${missing}: the outputs do not depend on it`,
        {
          op: "grad",
          suggestion: "Pass { allowUnused: true } to get null",
        },
      );
    }
  }
  return found;
}

/**
 * Gradients of `outputs`, whose own are `grads`, at the edge of a part of their graph: only `part`
 * is gone through. Null where nothing arrives. Internal.
 */
export function gradientsAt(
  outputs: readonly Tensor[],
  grads: readonly Tensor[],
  slots: readonly Slot[],
  part: ReadonlySet<Node>,
  options: BackwardOptions,
): (Tensor | null)[] {
  return new Engine(options).run(outputs, outputs.map((y, i) => seed(y, grads[i])), slots, part);
}

/** How `Tensor.backward` treats the graph, and what it reaches. */
export interface LeafBackwardOptions extends BackwardOptions {
  /** Only the `grad` of these is added to. Default: that of every leaf behind the tensor. */
  readonly inputs?: readonly Tensor[];
}

/**
 * Backward from one tensor: adds its gradients to the `grad` of all leaves behind it, or of some
 * tensors.
 *
 * @param gradient that of `root`, in its shape; may be undefined for a single element, then it is
 * 1.
 * @throws {GradientError} when `root` has no graph, or backward went through it before without
 * `retainGraph`.
 *
 * @example
 * ```ts
 * import { backward, tensor } from "@minitensor/minitensor";
 * const x = tensor([1, 2], { requiresGrad: true });
 * backward(x.square(), tensor([1, 10]), {});
 * console.assert(x.grad!.toArray().toString() === "2,40");
 * ```
 */
export function backward(
  root: Tensor,
  gradient: Tensor | undefined,
  options: LeafBackwardOptions,
): void {
  checkOptions(options, backwardOptions, "backward");
  const seeds = [seed(root, gradient)];
  const { inputs } = options;
  const found = new Engine(options).run([root], seeds, inputs ? slotsOf(inputs, "backward") : null);
  inputs?.forEach((x, i) => {
    const gradient = found[i];
    if (gradient === null || gradient === undefined) return;
    x.accumulate(alias(gradient), options.createGraph === true);
    finish(x);
  });
}

/** Runs the hooks that wait for a leaf's gradient. */
function finish(leaf: Tensor): void {
  for (const hook of [...(leaf.node?.finished ?? [])]) hook(leaf);
}

function slotsOf(inputs: readonly Tensor[], op: string): Slot[] {
  if (inputs.length === 0) {
    throw new GradientError(`Cannot run ${op} for no inputs: the list is empty`, { op });
  }
  return inputs.map((x) => {
    if ((x.state & TRACKED) === 0) {
      throw new GradientError("Cannot give the gradient of a tensor that does not require one", {
        op,
      });
    }
    return { node: x.graphNode(), output: x.outputIndex };
  });
}

function seed(root: Tensor, gradient: Tensor | undefined): Tensor {
  if ((root.state & TRACKED) === 0) {
    throw new GradientError(
      "Cannot run backward: the tensor has no graph, nothing behind it requires a gradient",
      {
        op: "backward",
      },
    );
  }
  if (gradient === undefined) {
    if (root.spec.size !== 1) {
      throw new GradientError(
        `Cannot run backward from a tensor of shape ${
          text(root.shape)
        } without its gradient: it is not one element`,
        {
          op: "backward",
          suggestion: "Reduce it first, with sum() or mean(), or pass its gradient",
        },
      );
    }
    const one = emptyOf(root.spec);
    one.asTypedArray().fill(toElement(1, one.dtype) as never);
    return one;
  }
  if (!sameShape(gradient.shape, root.shape)) {
    throw new ShapeError(
      `Cannot run backward from shape ${text(root.shape)} with a gradient of shape ${
        text(gradient.shape)
      }`,
      { op: "backward" },
    );
  }
  if (gradient.requiresGrad) gradient.graphNode(); // what is computed from it leads back to it
  return alias(gradient);
}

/** A place of the graph that gradients arrive at. */
export interface Slot {
  /** The node. */
  readonly node: Node;
  /** Which of its outputs. */
  readonly output: number;
}

/** One walk through a graph. Never recursive: graphs of any depth are fine. */
class Engine {
  readonly #retain: boolean;
  readonly #create: boolean;
  readonly #arrived = new Map<Node, Arrived>();
  readonly #scope = modes.made;

  constructor(options: BackwardOptions) {
    this.#create = options.createGraph === true;
    this.#retain = options.retainGraph ?? this.#create;
  }

  /**
   * Carries `seeds` from `roots` to the leaves, or to `slots` when given: then their gradients are
   * the answer. With `part` it goes through no other nodes, and calls hooks of no others.
   */
  run(
    roots: readonly Tensor[],
    seeds: readonly Tensor[],
    slots: readonly Slot[] | null,
    part: ReadonlySet<Node> | null = null,
  ): (Tensor | null)[] {
    const nodes = reachable(roots.map((root) => root.graphNode()), part);
    const captured = part ?? (slots === null ? null : nodesBefore(nodes, slots));
    const answers: (Tensor | null)[] = slots === null ? [] : slots.map(() => null);
    const gradients = modes.gradients;
    modes.gradients = this.#create;
    try {
      roots.forEach((root, i) => this.#deliver(root.graphNode(), root.outputIndex, seeds[i]!));
      for (const node of nodes) {
        const grads = this.#arrived.get(node);
        if (grads === undefined) continue;
        this.#arrived.delete(node);
        if (part === null || part.has(node)) runHooks(node, grads);
        slots?.forEach((slot, i) => {
          if (slot.node === node) answers[i] = this.#share(grads[slot.output] ?? null);
        });
        if (captured !== null && !captured.has(node)) this.#discard(grads);
        else if (node.leaf !== null) this.#finishLeaf(node, grads, slots === null);
        else this.#step(node, grads);
      }
    } finally {
      modes.gradients = gradients;
      modes.made = this.#scope;
      for (const grads of this.#arrived.values()) this.#discard(grads);
    }
    // Recorded gradients are in the scope already, as anything the caller makes.
    if (!this.#create && this.#scope !== null) {
      for (const answer of answers) if (answer !== null) this.#scope.push(answer);
    }
    return answers;
  }

  /** Runs a node's rule, hands its results on, and frees everything else that the rule made. */
  #step(node: Node, grads: Arrived): void {
    node.check();
    const made: Tensor[] = [];
    modes.made = this.#create ? this.#scope : made;
    const op = node.op!;
    const results = op.record.gradient!({
      grad: grads[0] ?? zeros(node.outputSpecs[0]!),
      grads,
      inputs: alive(node.savedInputs),
      outputs: alive(node.savedOutputs),
      specs: node.inputSpecs,
      outputSpecs: node.outputSpecs,
      attributes: node.attributes,
      needs: node.edges.map((edge) => edge !== null),
    });
    if (results.length !== node.edges.length) {
      throw new GradientError(
        `Cannot use the gradient rule of ${op.name}: it gave ${results.length} gradients for ${node.edges.length} inputs`,
        { op: op.name },
      );
    }
    if (modes.anomaly) checkGradients(node, results);
    const given: Tensor[] = [];
    for (let i = 0; i < results.length; i++) {
      const edge = node.edges[i]!;
      const result = results[i];
      if (edge === null || result === null || result === undefined) continue;
      const fitted = fit(result, node.inputSpecs[i]!, op.name);
      // A gradient that is not the rule's own work, or goes two ways, is shared: each owner frees
      // its own handle.
      const own = made.includes(fitted) && !given.includes(fitted);
      const handle = own || this.#create ? fitted : alias(fitted);
      given.push(handle);
      modes.made = null;
      this.#deliver(edge, node.edgeOutputs[i]!, handle);
      modes.made = this.#create ? this.#scope : made;
    }
    modes.made = null;
    for (const x of made) if (!given.includes(x)) x.dispose();
    this.#discard(grads);
    if (!this.#retain) node.drop();
  }

  /** Adds a gradient to what has arrived at an output. */
  #deliver(node: Node, output: number, gradient: Tensor): void {
    let grads = this.#arrived.get(node);
    if (grads === undefined) {
      grads = node.outputSpecs.map(() => null);
      this.#arrived.set(node, grads);
    }
    const before = grads[output];
    if (before === null || before === undefined) {
      grads[output] = gradient;
      return;
    }
    grads[output] = isBatched(before) || isBatched(gradient)
      ? sumOfBatches(before, gradient)
      : before.add(gradient);
    if (!this.#create) {
      before.dispose();
      gradient.dispose();
    }
  }

  #finishLeaf(node: Node, grads: Arrived, accumulate: boolean): void {
    const gradient = grads[0];
    if (gradient === null || gradient === undefined || !accumulate) return this.#discard(grads);
    node.leaf!.accumulate(gradient, this.#create);
    finish(node.leaf!);
  }

  #share(gradient: Tensor | null): Tensor | null {
    return gradient === null || this.#create ? gradient : alias(gradient);
  }

  #discard(grads: Arrived): void {
    if (this.#create) return;
    for (const gradient of grads) gradient?.dispose();
  }
}

/** The sum of gradients within vmap; what is made on the way belongs to nobody and is freed. */
function sumOfBatches(x: Tensor, y: Tensor): Tensor {
  const around = modes.made;
  if (around !== null) return x.add(y);
  const made: Tensor[] = [];
  modes.made = made;
  const sum = x.add(y);
  modes.made = around;
  for (const other of made) if (other !== sum) other.dispose();
  return sum;
}

/** Throws when a gradient of a node's inputs has a NaN. */
function checkGradients(node: Node, results: readonly (Tensor | null)[]): void {
  for (let i = 0; i < results.length; i++) {
    const result = results[i];
    if (result === null || result === undefined || !result.isFloatingPoint()) continue;
    const all = everything(result);
    if (noGrad(() => all.ne(all).any().item()) !== true) continue;
    throw new GradientError(`The gradient of ${node.name} by its input ${i} has a NaN`, {
      op: node.name,
      context: { recorded: node.recorded ?? "before the search for NaN was on" },
    });
  }
}

/**
 * All nodes behind `roots`, or up to the edge of `part`, later ones first: a reverse topological
 * order, since inputs are older than outputs.
 */
function reachable(roots: readonly Node[], part: ReadonlySet<Node> | null): Node[] {
  const seen = new Set<Node>(roots);
  for (const node of seen) {
    if (part !== null && !part.has(node)) continue;
    for (const edge of node.edges) if (edge !== null) seen.add(edge); // a Set visits what is added on the way
  }
  return [...seen].sort((a, b) => b.sequence - a.sequence);
}

/** The nodes that lie between the roots and the slots: the only ones worth a step. */
function nodesBefore(nodes: readonly Node[], slots: readonly Slot[]): Set<Node> {
  const useful = new Set<Node>();
  const targets = new Set(slots.map((slot) => slot.node));
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]!;
    if (node.edges.some((edge) => edge !== null && (targets.has(edge) || useful.has(edge)))) {
      useful.add(node);
    }
  }
  return useful;
}

function runHooks(node: Node, grads: Arrived): void {
  for (const [output, hooks] of node.hooks ?? []) {
    for (const hook of [...hooks]) { // one may remove itself
      const gradient = grads[output];
      if (gradient === null || gradient === undefined) continue;
      const replaced = hook(gradient);
      if (replaced !== undefined) grads[output] = hooked(replaced, node.outputSpecs[output]!);
    }
  }
  for (const [output, kept] of node.retained ?? []) {
    const gradient = grads[output];
    if (gradient !== null && gradient !== undefined) {
      kept.accumulate(alias(gradient), modes.gradients);
    }
  }
}

/** What a hook put in a gradient's place. */
function hooked(gradient: Tensor, spec: TensorSpec): Tensor {
  if (sameShape(gradient.shape, spec.shape)) return fit(gradient, spec, "a hook");
  throw new GradientError(
    `Cannot use what a hook answered: its shape is ${text(gradient.shape)}, the gradient's ${
      text(spec.shape)
    }`,
    { op: "registerHook" },
  );
}

/** The gradient in the input's shape and dtype: the one place where broadcasting is undone. */
function fit(gradient: Tensor, spec: TensorSpec, name: string): Tensor {
  let fitted = gradient;
  if (fitted.spec === spec) return fitted;
  if (!sameShape(fitted.shape, spec.shape)) {
    const lead = fitted.shape.length - spec.shape.length;
    const fits = lead >= 0 &&
      spec.shape.every((extent, i) => extent === fitted.shape[i + lead] || extent === 1);
    if (!fits) {
      throw new GradientError(
        `Cannot use the gradient rule of ${name}: its shape is ${text(fitted.shape)}, the input's ${
          text(spec.shape)
        }`,
        { op: name },
      );
    }
    fitted = fitted.sumToSize(spec.shape);
  }
  return fitted.spec.code === spec.code ? fitted : fitted.to(spec.dtype);
}

/**
 * Saved tensors for the rule: one that the user has disposed of meanwhile is still there for the
 * graph.
 */
function alive(saved: readonly Tensor[] | null): readonly Tensor[] {
  if (saved === null) return [];
  return saved.map((x) => (x.state & DISPOSED) === 0 ? x : alias(x));
}

function zeros(spec: TensorSpec): Tensor {
  const made = emptyOf(spec);
  made.asTypedArray().fill(0 as never);
  return made;
}
