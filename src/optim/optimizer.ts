/**
 * The base of all optimizers.
 *
 * @module
 */
import { enableGrad } from "../autograd.ts";
import { empty } from "../create.ts";
import { dtypes } from "../dtype.ts";
import { ArgumentError, GradientError } from "../errors.ts";
import { callKernel, putAttributes } from "../ffi/call.ts";
import type { KernelName } from "../ffi/abi.ts";
import { cast } from "../ops/cast.ts";
import { copyInto } from "../ops/copy.ts";
import { kernel } from "../ops/fill.ts";
import { keep } from "../scope.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Parameters with options of their own. */
export type ParameterGroup<Options> = Partial<Options> & { readonly params: readonly Tensor[] };

/** What an optimizer trains: tensors, groups of them with options, or named pairs. */
export type Parameters<Options> =
  | readonly Tensor[]
  | readonly ParameterGroup<Options>[]
  | readonly (readonly [string, Tensor])[];

/** A group as the optimizer keeps it: every option has a value. */
export type Group<Options> = Options & { params: readonly Tensor[] };

/** The saved state of an optimizer. */
export interface OptimizerState {
  /** State tensors and numbers of each parameter, by its position. */
  readonly state: readonly Readonly<Record<string, Tensor | number>>[];
  /** Options of each group. */
  readonly groups: readonly Readonly<Record<string, unknown>>[];
}

/** The tensor in the dtype that updates are computed in: itself, or a copy noted in `made`. */
function widened(x: Tensor, made: Map<Tensor, Tensor>): Tensor {
  const { wide } = x.spec.info;
  if (wide === null) return x;
  const copy = made.get(x) ?? cast(x.detach(), wide);
  made.set(x, copy);
  return copy;
}

/**
 * Changes parameters by their gradients. Extend it to write another optimizer.
 *
 * @example
 * ```ts
 * import { tensor, type Tensor } from "@minitensor/minitensor";
 * import { type Group, Optimizer } from "@minitensor/minitensor/optim";
 * class SignDescent extends Optimizer {
 *   protected update(params: readonly Tensor[], { lr }: Group<{ lr: number }>): void {
 *     for (const x of params) x.detach().sub_(x.grad!.sign().mul(lr));
 *   }
 * }
 * const w = tensor([3, -2], { requiresGrad: true });
 * w.square().sum().backward();
 * new SignDescent([w], { lr: 1 }).step();
 * console.assert(w.toArray().toString() === "2,-1");
 * ```
 */
export abstract class Optimizer<Options extends { lr: number } = { lr: number }> {
  readonly #groups: Group<Options>[] = [];
  readonly #defaults: Options;
  /** What the optimizer remembers of each parameter. */
  protected readonly state: Map<Tensor, Record<string, Tensor | number>> = new Map();
  #jobs: Tensor | null = null;

  /** Takes parameters or groups, and the options for all that do not have their own. */
  constructor(params: Parameters<Options>, defaults: Options) {
    this.#defaults = defaults;
    const list: readonly (Tensor | ParameterGroup<Options> | readonly [string, Tensor])[] = params;
    if (list.length === 0) {
      throw new ArgumentError(`Cannot make ${this.constructor.name}: there are no parameters`);
    }
    const single: Tensor[] = [];
    for (const item of list) {
      if (isTensor(item)) single.push(item);
      else if ("params" in item) this.addParamGroup(item);
      else single.push(item[1]);
    }
    if (single.length > 0) {
      this.addParamGroup({ params: single } as unknown as ParameterGroup<Options>); // no option set
    }
  }

  /**
   * Adds parameters with options of their own.
   *
   * @throws {ArgumentError} for a tensor that is there already or requires no gradient.
   */
  addParamGroup(group: ParameterGroup<Options>): void {
    const known = new Set(this.#groups.flatMap((other) => other.params));
    for (const x of group.params) {
      if (!x.isLeaf || !x.isFloatingPoint()) {
        throw new ArgumentError("Cannot optimize a tensor that is not a floating-point leaf");
      }
      if (known.has(x)) {
        throw new ArgumentError("Cannot optimize a tensor twice: it is in a group already");
      }
      known.add(x);
    }
    this.#groups.push({ ...this.#defaults, ...group });
  }

  /** The groups, whose options may be changed between steps. */
  get paramGroups(): readonly Group<Options>[] {
    return this.#groups;
  }

  /** Learning rate of the first group. */
  get lr(): number {
    return this.#groups[0]!.lr;
  }

  /** Sets the learning rate of all groups. */
  set lr(lr: number) {
    for (const group of this.#groups) group.lr = lr;
  }

  /** Forgets the gradients of all parameters. */
  zeroGrad(options: { readonly setToNone?: boolean } = {}): void {
    for (const group of this.#groups) for (const x of group.params) x.zeroGrad(options);
  }

  /**
   * Changes the parameters by their gradients; those without one stay.
   *
   * @param closure Computes the loss again; its result is returned.
   */
  step(closure?: () => Tensor): Tensor | undefined {
    const loss = closure === undefined ? undefined : enableGrad(closure);
    for (const group of this.#groups) {
      const ready = group.params.filter((x) => x.hasGrad);
      if (ready.length > 0) this.update(ready, group);
    }
    return loss;
  }

  /** Changes `params`, all of which have gradients. */
  protected abstract update(params: readonly Tensor[], group: Group<Options>): void;

  /** A tensor that the optimizer remembers for a parameter: zeros at first. */
  protected remembered(x: Tensor, name: string): Tensor {
    const state = this.stateOf(x);
    const found = state[name];
    if (isTensor(found)) return found;
    return state[name] = keep(x.newZeros(x.shape));
  }

  /** Everything remembered for a parameter. */
  protected stateOf(x: Tensor): Record<string, Tensor | number> {
    let state = this.state.get(x);
    if (state === undefined) this.state.set(x, state = {});
    return state;
  }

  /**
   * Runs a native update on all parameters at once. `row` gives the numbers of a parameter's job,
   * in which tensors stand for their addresses.
   */
  protected runJobs(
    name: KernelName,
    params: readonly Tensor[],
    attributes: readonly number[],
    row: (x: Tensor, grad: Tensor) => readonly (Tensor | number | null)[],
  ): void {
    const copies: Tensor[] = [];
    const wide = new Map<Tensor, Tensor>();
    const rows = params.map((x) => {
      if (!x.isContiguous()) {
        throw new GradientError("Cannot optimize a tensor that is not contiguous");
      }
      const gradient = x.gradient()!;
      if (gradient.isContiguous()) return row(x, gradient);
      const copy = gradient.contiguous();
      copies.push(copy);
      return row(x, copy);
    });
    const width = rows[0]!.length;
    if (this.#jobs === null || this.#jobs.shape[0] !== rows.length) {
      this.#jobs = keep(empty([rows.length, width], { dtype: "float64" }));
    }
    const words = this.#jobs.asTypedArray();
    rows.flat().forEach((value, i) =>
      words[i] = value === null
        ? 0
        : typeof value === "number"
        ? value
        : address(widened(value, wide))
    );
    putAttributes(attributes);
    callKernel(name, kernel(name), [], [this.#jobs]);
    for (const [x, made] of wide) {
      copyInto(x, made);
      made.dispose();
    }
    for (const x of params) x.storage.version++;
    for (const copy of copies) copy.dispose();
  }

  /** Code of the dtype that the update of a parameter is computed in. */
  protected codeOf(x: Tensor): number {
    return dtypes[x.spec.info.wide ?? x.dtype].code;
  }

  /**
   * What is needed to continue later: remembered tensors and numbers by position, and the groups'
   * options.
   */
  stateDict(): OptimizerState {
    const params = this.#groups.flatMap((group) => group.params);
    return {
      state: params.map((x) => ({ ...this.state.get(x) })),
      groups: this.#groups.map(({ params: _, ...options }) => ({ ...options })),
    };
  }

  /** Continues from what {@link stateDict} gave; the tensors are copied. */
  loadStateDict(saved: OptimizerState): void {
    const params = this.#groups.flatMap((group) => group.params);
    if (saved.state.length !== params.length || saved.groups.length !== this.#groups.length) {
      throw new ArgumentError(
        `Cannot load the optimizer's state: it has ${saved.state.length} parameters in ${saved.groups.length} groups, ` +
          `not ${params.length} in ${this.#groups.length}`,
      );
    }
    params.forEach((x, i) => {
      const copies = Object.entries(saved.state[i]!).map(([name, value]) =>
        [name, isTensor(value) ? keep(value.detach().clone()) : value] as const
      );
      this.state.set(x, Object.fromEntries(copies));
    });
    this.#groups.forEach((group, i) => Object.assign(group, saved.groups[i]));
  }
}

function address(x: Tensor): number {
  return x.storage.address + x.offset * x.itemsize;
}

/** Throws unless the value is within the bounds. */
export function checkRange(name: string, value: number, low: number, high = Infinity): void {
  if (!(value >= low && value <= high)) {
    throw new ArgumentError(`Cannot optimize with ${name} ${value}: it is ${low} to ${high}`);
  }
}
