/**
 * Differentiable functions with a rule of their own, in the form that PyTorch's users know.
 *
 * @module
 */
import { handleOn, isOwn, isSamePlace } from "../custom_run.ts";
import { ArgumentError, GradientError } from "../errors.ts";
import { modes } from "../graph.ts";
import { applyAll, BoundOp, emptyOf, type GradientContext, TRACKED } from "../op.ts";
import { clone } from "../ops/copy.ts";
import type { TensorSpec } from "../shape.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Tensors } from "./functional.ts";

/**
 * What a function's forward and backward share. A program may add fields of its own.
 *
 * @example
 * ```ts
 * import { type Tensor, tensor } from "@minitensor/minitensor";
 * import { Function, type FunctionContext } from "@minitensor/minitensor/autograd";
 * class Reversal extends Function {
 *   static forward(context: FunctionContext, x: Tensor, strength: number): Tensor {
 *     context["strength"] = strength;
 *     return x.clone();
 *   }
 *   static backward(context: FunctionContext, grad: Tensor): (Tensor | null)[] {
 *     return [grad.mul(-(context["strength"] as number)), null];
 *   }
 * }
 * const x = tensor(1, { requiresGrad: true });
 * Reversal.apply(x, 2).backward();
 * console.assert(x.grad!.item() === -2);
 * ```
 */
export class FunctionContext {
  /** Which arguments of forward need a gradient; false for those that are no tensors. */
  needsInputGrad: readonly boolean[] = [];
  /** What forward saved, in that order. For backward. */
  savedTensors: readonly Tensor[] = [];
  /** Anything that forward leaves for backward and is no tensor. */
  [field: string]: unknown;

  readonly #saved: Tensor[] = [];
  readonly #constant = new Set<Tensor>();

  /** Keeps tensors for backward; changing one of them in place before that is a GradientError. */
  saveForBackward(...tensors: readonly Tensor[]): void {
    this.#saved.push(...tensors);
  }

  /** Says of outputs that nothing flows back through them. */
  markNonDifferentiable(...outputs: readonly Tensor[]): void {
    for (const output of outputs) this.#constant.add(output);
  }

  /** What forward left, for {@link Function.apply}. */
  static left(context: FunctionContext): { saved: readonly Tensor[]; constant: Set<Tensor> } {
    return { saved: context.#saved, constant: context.#constant };
  }
}

/** What a class must have to be applied. */
export interface FunctionClass<Arguments extends unknown[], Result extends Tensors> {
  /** The name that messages show. */
  readonly name: string;
  /** Computes the outputs; nothing in it is recorded. */
  forward(context: FunctionContext, ...given: Arguments): Result;
  /** Gradients of the arguments in their order, null where there is none; alone if one. */
  backward(
    context: FunctionContext,
    ...grads: Tensor[]
  ): Tensor | null | readonly (Tensor | null)[];
}

type AnyFunction = FunctionClass<never[], Tensors>;

/** One call: what its node keeps. */
interface Call {
  readonly context: FunctionContext;
  readonly given: readonly unknown[];
  /** Outputs of forward; those of the node behind them are handles on what was saved. */
  count: number;
  /** True once forward was called: what it left belongs to that call alone. */
  isRun: boolean;
}

const bound = new WeakMap<AnyFunction, BoundOp>();

/**
 * Base of differentiable functions whose gradient is written by hand: a subclass has static methods
 * `forward` and `backward` (see {@link FunctionClass}) and is run by `apply`.
 *
 * @example
 * ```ts
 * import { type Tensor, tensor } from "@minitensor/minitensor";
 * import { Function, type FunctionContext } from "@minitensor/minitensor/autograd";
 * class Cube extends Function {
 *   static forward(context: FunctionContext, x: Tensor): Tensor {
 *     context.saveForBackward(x);
 *     return x.mul(x).mul(x);
 *   }
 *   static backward({ savedTensors: [x] }: FunctionContext, grad: Tensor): Tensor {
 *     return grad.mul(x!.mul(x!).mul(3));
 *   }
 * }
 * const x = tensor([2], { requiresGrad: true });
 * Cube.apply(x).sum().backward();
 * console.assert(x.grad!.item() === 12);
 * ```
 */
export abstract class Function {
  /**
   * Runs forward on the arguments, any of which may be no tensor. Backward is then its gradient;
   * differentiating twice works where backward uses inputs, outputs and gradients only.
   */
  static apply<Arguments extends unknown[], Result extends Tensors>(
    this: FunctionClass<Arguments, Result>,
    ...given: Arguments
  ): Result {
    const type = this as unknown as AnyFunction;
    const op = bound.get(type) ?? new BoundOp(recordOf(type));
    bound.set(type, op);
    const inputs = given.filter(isTensor);
    const context = new FunctionContext();
    context.needsInputGrad = given.map((x) => isTensor(x) && modes.gradients && x.requiresGrad);
    const call: Call = { context, given, count: -1, isRun: false };
    const all = applyAll(op, inputs, call);
    const { constant } = FunctionContext.left(context);
    const outputs = all.slice(0, Math.abs(call.count));
    for (const output of outputs) {
      if (!constant.has(output)) continue;
      output.node = null;
      output.state &= ~TRACKED;
    }
    return (call.count < 0 ? outputs[0]! : outputs) as Result;
  }
}

function recordOf(type: AnyFunction) {
  return {
    name: type.name,
    summary: `The function ${type.name}.`,
    infer: () => null,
    kernel: {
      composite: (inputs: readonly Tensor[], call: unknown) => run(type, inputs, call as Call),
    },
    saves: "both" as const,
    gradient: (context: GradientContext<unknown>) => gradients(type, context),
    samples: [],
  };
}

/** Runs forward: its outputs, then handles on what it saved. A single output counts as -1. */
function run(type: AnyFunction, inputs: readonly Tensor[], call: Call): readonly Tensor[] {
  if (call.isRun) {
    throw new ArgumentError(
      `Cannot apply ${type.name} within vmap: its forward reads elements of examples`,
      { op: type.name },
    );
  }
  call.isRun = true;
  const scope = modes.made;
  const made: Tensor[] = [];
  modes.made = made;
  try {
    // Within vmap the inputs are not those that were given.
    const rest = [...inputs];
    const given = call.given.map((x) => isTensor(x) ? rest.shift() : x);
    const result: unknown = type.forward(call.context, ...given as never[]);
    const outputs = Array.isArray(result) ? result as unknown[] : [result];
    if (outputs.length === 0 || !outputs.every(isTensor)) {
      throw new ArgumentError(`Cannot apply ${type.name}: its forward gave no tensor`, {
        op: type.name,
      });
    }
    call.count = Array.isArray(result) ? outputs.length : -1;
    const { saved, constant } = FunctionContext.left(call.context);
    const own = outputs.map((x, i) => {
      const isFirst = outputs.indexOf(x) === i;
      const kept = isFirst && isOwn(x, inputs, made) ? x : clone(x);
      if (constant.has(x)) constant.add(kept);
      return kept;
    });
    const moved = (x: Tensor) => own[outputs.indexOf(x)] ?? x;
    return [...own, ...saved.map((x) => handleOn(moved(x), type.name))];
  } finally {
    modes.made = scope;
    if (scope !== null) { for (const x of made) scope.push(x); }
  }
}

function gradients(
  type: AnyFunction,
  { grads, inputs, outputs, outputSpecs, attributes }: GradientContext<unknown>,
): (Tensor | null)[] {
  const { context, given, count } = attributes as Call;
  const real = Math.abs(count);
  if (grads.some((gradient, i) => i >= real && gradient !== null)) {
    throw new GradientError(
      `Cannot differentiate the gradient of ${type.name}: it reads a saved tensor that is ` +
        "neither an input nor an output",
      { op: type.name },
    );
  }
  const known = [...inputs, ...outputs.slice(0, real)];
  context.savedTensors = outputs.slice(real).map((handle) =>
    known.find((x) => isSamePlace(x, handle)) ?? handle
  );
  const flowing = outputSpecs.slice(0, real).map((spec, i) => grads[i] ?? zeros(spec));
  const answer = type.backward(context, ...flowing);
  const list = Array.isArray(answer) ? answer as readonly (Tensor | null)[] : [answer];
  if (list.length !== given.length) {
    throw new GradientError(
      `Cannot use the backward of ${type.name}: it gave ${list.length} gradients for ` +
        `${given.length} arguments`,
      { op: type.name },
    );
  }
  return given.flatMap((x, i) => isTensor(x) ? [list[i] as Tensor | null] : []);
}

function zeros(spec: TensorSpec): Tensor {
  return emptyOf(spec).zero_();
}
