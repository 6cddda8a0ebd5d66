/**
 * Ops of one's own by name: a registry for them, and the one that is shared with all other ops.
 *
 * @module
 */
import type { TensorLike } from "./create.ts";
import { ArgumentError } from "./errors.ts";
import { nearest } from "./nearest.ts";
import {
  type Attributes,
  makeOp,
  type Op,
  type OpDefinition,
  ops,
  registerOp,
  undefineOp,
} from "./op.ts";
import type { Tensor } from "./tensor/tensor.ts";

/** What an op's function answers: one tensor, several, or several by name. */
export type CustomResult = Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>>;

/** An op's public function: takes the inputs, and then its attributes, which may be left out. */
export type CustomFunction = (
  ...given: readonly (TensorLike | Attributes | undefined)[]
) => CustomResult;

/** An op that can be registered: made by {@link CustomOpBuilder}, or by a plugin. */
export interface CustomOp {
  /** `name`, or `owner/name`. */
  readonly name: string;
  /** How many tensors it needs; an op of a plugin may take more. */
  readonly numInputs: number;
  /** Its record, as `defineOp` takes it. */
  readonly definition: OpDefinition<Attributes, CustomFunction>;
}

interface Entry {
  readonly custom: CustomOp;
  readonly op: Op;
}

/**
 * Custom ops by name. A registry made with `new` has ops of its own; {@link registerCustomOp} adds
 * to the global one.
 *
 * @example
 * ```ts
 * import { CustomOpBuilder, CustomOpRegistry } from "@minitensor/minitensor";
 * const registry = new CustomOpRegistry();
 * registry.register(new CustomOpBuilder("twice", 1).forward(([x]) => x.mul(2)).build());
 * console.assert(registry.execute("twice", [[1, 2]]).toArray().toString() === "2,4");
 * ```
 */
export class CustomOpRegistry {
  readonly #entries = new Map<string, Entry>();

  /**
   * Adds an op.
   *
   * @throws {ArgumentError} when its name is empty, taken, or not `name` or `owner/name`.
   */
  register(custom: CustomOp): void {
    checkOp(custom);
    const op = makeOp<Attributes, CustomFunction>(custom.definition) as Op;
    if (this.#entries.has(custom.name)) {
      throw new ArgumentError(`Cannot register op ${custom.name}: the name is taken`, {
        op: custom.name,
      });
    }
    this.added(op);
    this.#entries.set(custom.name, { custom, op });
  }

  /**
   * Takes an op out; who holds it may go on using it, and graphs that have it go on working.
   *
   * @throws {ArgumentError} when there is no such custom op.
   */
  unregister(name: string): void {
    if (!this.#entries.delete(name)) {
      throw this.#unknown("unregister", name, this.#entries.keys());
    }
    this.removed(name);
  }

  /**
   * The op of that name.
   *
   * @throws {ArgumentError} when there is no such custom op.
   */
  get(name: string): CustomOp {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw this.#unknown("get", name, this.#entries.keys());
    return entry.custom;
  }

  /** Names of the ops, in the order of their registration. */
  listOperations(): string[] {
    return [...this.#entries.keys()];
  }

  /** True when `register` has added an op of that name, and nobody has taken it out. */
  isRegistered(name: string): boolean {
    return this.#entries.has(name);
  }

  /** True when no op of that name can be registered: in the global registry built-in ops count. */
  isTaken(name: string): boolean {
    return this.#entries.has(name) || this.other(name) !== undefined;
  }

  /**
   * Runs an op. The result is a tensor, unless the op says otherwise: then `Result` names its type.
   *
   * @throws {ArgumentError} when there is no such op, or it takes another number of inputs.
   */
  execute<Result = Tensor>(
    name: string,
    inputs: readonly TensorLike[],
    attributes?: Attributes,
  ): Result {
    const entry = this.#entries.get(name);
    const op = entry?.op ?? this.other(name);
    if (op === undefined) throw this.#unknown("run", name, this.runnable());
    if (!Array.isArray(inputs)) {
      throw new ArgumentError(`Cannot run ${name}: its inputs are no array`, { op: name });
    }
    const given = attributes === undefined ? inputs : [...inputs, attributes];
    return (op as unknown as (...given: readonly unknown[]) => Result)(...given);
  }

  /** Called with an op before it is entered; may refuse it. */
  protected added(_op: Op): void {}

  /** Called with the name of an op that is no longer entered. */
  protected removed(_name: string): void {}

  /** An op that can be run although it was not registered here. */
  protected other(_name: string): Op | undefined {
    return undefined;
  }

  /** Names of everything that can be run. */
  protected runnable(): Iterable<string> {
    return this.#entries.keys();
  }

  #unknown(action: string, name: string, names: Iterable<string>): ArgumentError {
    const near = nearest(String(name), names);
    const details = near === undefined ? {} : { suggestion: `Did you mean ${near}?` };
    const text = near === undefined ? "" : `, the nearest is ${near}`;
    return new ArgumentError(
      `Cannot ${action} op ${JSON.stringify(name)}: there is no custom op of that name${text}`,
      details,
    );
  }
}

function checkOp(custom: CustomOp): void {
  const { name, numInputs, definition } = custom ?? {};
  const fits = typeof name === "string" && Number.isInteger(numInputs) && numInputs >= 0 &&
    typeof definition?.front === "function" && definition.name === name;
  if (!fits) {
    throw new ArgumentError(`Cannot register ${String(name ?? custom)}: it is no custom op`, {
      suggestion: "Make it with CustomOpBuilder",
    });
  }
}

/** Throws unless an op is given as many inputs as it takes. */
export function checkCount(name: string, given: number, taken: number): void {
  if (given === taken) return;
  const count = `${given} input${given === 1 ? "" : "s"}`;
  throw new ArgumentError(`Cannot run ${name} with ${count}: it takes ${taken}`, { op: name });
}

/** The ops of `ops`: what is registered here is found there, and everything there can be run. */
class GlobalRegistry extends CustomOpRegistry {
  protected override added(op: Op): void {
    registerOp(op);
  }

  protected override removed(name: string): void {
    undefineOp(name);
  }

  protected override other(name: string): Op | undefined {
    return ops.get(name);
  }

  protected override runnable(): Iterable<string> {
    return ops.keys();
  }
}

/** The global registry: {@link registerCustomOp} and plugins add to it. */
export const customOps: CustomOpRegistry = new GlobalRegistry();

/**
 * Adds an op to those that exist, beside the built-in ones.
 *
 * @throws {ArgumentError} when its name is empty, taken (also by a built-in op), or not `name` or
 * `owner/name`.
 *
 * @example
 * ```ts
 * import { CustomOpBuilder, executeCustomOp } from "@minitensor/minitensor";
 * import { registerCustomOp, tensor } from "@minitensor/minitensor";
 * const cube = new CustomOpBuilder("cube", 1)
 *   .forward(([x]) => x.mul(x).mul(x))
 *   .backward(({ grad, inputs: [x] }) => [grad.mul(x).mul(x).mul(3)])
 *   .build();
 * registerCustomOp(cube);
 * const x = tensor([2], { requiresGrad: true });
 * executeCustomOp("cube", [x]).sum().backward();
 * console.assert(x.grad!.item() === 12);
 * ```
 */
export function registerCustomOp(op: CustomOp): void {
  customOps.register(op);
}

/**
 * Takes out an op that {@link registerCustomOp} added.
 *
 * @throws {ArgumentError} when there is no such custom op; built-in ops stay.
 *
 * @example
 * ```ts
 * import { CustomOpBuilder, isCustomOpRegistered } from "@minitensor/minitensor";
 * import { registerCustomOp, unregisterCustomOp } from "@minitensor/minitensor";
 * registerCustomOp(new CustomOpBuilder("quarter", 1).forward(([x]) => x.mul(0.25)).build());
 * unregisterCustomOp("quarter");
 * console.assert(!isCustomOpRegistered("quarter"));
 * ```
 */
export function unregisterCustomOp(name: string): void {
  customOps.unregister(name);
}

/**
 * Runs any op by name: custom, from a plugin, or built in.
 *
 * @throws {ArgumentError} when there is no such op; the message names the nearest.
 *
 * @example
 * ```ts
 * import { executeCustomOp } from "@minitensor/minitensor";
 * console.assert(executeCustomOp("add", [[1, 2], 3]).toArray().toString() === "4,5");
 * ```
 */
export function executeCustomOp<Result = Tensor>(
  name: string,
  inputs: readonly TensorLike[],
  attributes?: Attributes,
): Result {
  return customOps.execute<Result>(name, inputs, attributes);
}

/**
 * Names of the ops that {@link registerCustomOp} or a plugin added; `ops` has all.
 *
 * @example
 * ```ts
 * import { listCustomOps, registerExampleCustomOps } from "@minitensor/minitensor";
 * registerExampleCustomOps();
 * console.assert(listCustomOps().includes("swish"));
 * ```
 */
export function listCustomOps(): string[] {
  return customOps.listOperations();
}

/**
 * True when {@link registerCustomOp} or a plugin added an op of that name.
 *
 * @example
 * ```ts
 * import { isCustomOpRegistered } from "@minitensor/minitensor";
 * console.assert(!isCustomOpRegistered("mul")); // it is built in
 * ```
 */
export function isCustomOpRegistered(name: string): boolean {
  return customOps.isRegistered(name);
}
