/**
 * Modules as functions of their parameters.
 *
 * @module
 */
import { ArgumentError } from "../errors.ts";
import type { Module } from "../nn/module.ts";
import { checkOptions } from "../ops/front.ts";
import { stack } from "../ops/join.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Tensors by name, as a module's state dict names them. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** Options of {@link functionalCall}. */
export interface FunctionalCallOptions {
  /** True: every parameter and buffer must be given, and nothing else. Default false. */
  readonly strict?: boolean;
}

/** A place of a module that holds a parameter or buffer. */
interface Slot {
  readonly holder: Record<string, unknown>;
  readonly key: string;
  readonly value: Tensor;
  /** As a state dict names it; tensors that are shared have several. */
  readonly name: string;
}

/** Where modules hold their state: in fields, and in arrays and plain objects there. */
function slotsOf(module: Module<never[], unknown>): Slot[] {
  const state = new Set<unknown>([...module.parameters(), ...module.buffers()]);
  const slots: Slot[] = [];
  const walk = (holder: Record<string, unknown>, path: (key: string) => string): void => {
    for (const [key, value] of Object.entries(holder)) {
      const name = path(key);
      if (isTensor(value)) {
        if (state.has(value)) slots.push({ holder, key, value, name });
      } else if (Array.isArray(value) || isPlain(value)) {
        walk(value as Record<string, unknown>, (key) => `${name}.${key}`);
      }
    }
  };
  for (const [prefix, part] of module.namedModules()) {
    const own = prefix === "" ? "" : `${prefix}.`;
    walk(part as unknown as Record<string, unknown>, (key) => own + stateName(part, key));
  }
  return slots;
}

/** A field's name in a state dict, which is for modules to say and theirs alone. */
function stateName(module: unknown, field: string): string {
  return (module as { stateName(field: string): string }).stateName(field);
}

function isPlain(value: unknown): boolean {
  return value !== null && typeof value === "object" &&
    Object.getPrototypeOf(value) === Object.prototype;
}

/** What takes the place of each tensor, whichever of its names was given. */
function replacementsOf(slots: readonly Slot[], given: NamedTensors): Map<Tensor, Tensor> {
  const found = new Map<Tensor, Tensor>();
  for (const { name, value } of slots) {
    const replacement = given[name];
    if (replacement === undefined) continue;
    if (found.has(value) && found.get(value) !== replacement) {
      throw new ArgumentError(
        `Cannot functionalCall with two tensors for ${name}: it is shared, under another name too`,
        { op: "functionalCall" },
      );
    }
    found.set(value, replacement);
  }
  return found;
}

/**
 * Runs a module with other tensors in the place of its parameters and buffers, which it has back
 * afterwards: the module as a function of its state, as {@link grad} and {@link vmap} take it. A
 * shared parameter is replaced wherever it stands.
 *
 * @param state By name, or several such objects, parameters and buffers for instance. What is left
 * out stays as it is.
 * @param inputs The arguments of `forward`; an array if there are several.
 * @throws {ArgumentError} with `strict`, for names that are missing or unknown.
 *
 * @example
 * ```ts
 * import { ones } from "@minitensor/minitensor";
 * import { functionalCall } from "@minitensor/minitensor/func";
 * import { Linear } from "@minitensor/minitensor/nn";
 * const state = { weight: ones([1, 2]), bias: ones([1]) };
 * const y = functionalCall(new Linear(2, 1), state, ones([1, 2]));
 * console.assert(y.item() === 3);
 * ```
 */
export function functionalCall<Inputs extends unknown[], Output>(
  module: Module<Inputs, Output>,
  state: NamedTensors | readonly NamedTensors[],
  inputs: Inputs | Inputs[0],
  options: FunctionalCallOptions = {},
): Output {
  checkOptions(options, ["strict"], "functionalCall");
  const given = Object.assign({}, ...[state].flat()) as NamedTensors;
  const slots = slotsOf(module as unknown as Module<never[], unknown>);
  const replacements = replacementsOf(slots, given);
  if (options.strict === true) requireAll(slots, replacements, given);
  try {
    for (const { holder, key, value } of slots) holder[key] = replacements.get(value) ?? value;
    return module.forward(...(Array.isArray(inputs) ? inputs : [inputs]) as Inputs);
  } finally {
    for (const { holder, key, value } of slots) holder[key] = value;
  }
}

function requireAll(
  slots: readonly Slot[],
  replacements: ReadonlyMap<Tensor, Tensor>,
  given: NamedTensors,
): void {
  const missing = slots.flatMap(({ name, value }) => replacements.has(value) ? [] : [name]);
  const own = new Set(slots.map(({ name }) => name));
  const unknown = Object.keys(given).filter((name) => !own.has(name));
  if (missing.length === 0 && unknown.length === 0) return;
  throw new ArgumentError(
    `Cannot functionalCall: missing are ${missing.join(", ") || "none"}, unknown ${
      unknown.join(", ") || "none"
    }`,
    { op: "functionalCall" },
  );
}

/** What {@link stackModuleState} gives. */
export interface StackedState {
  /** Parameters of all modules, stacked along dim 0: leaves, which may be trained. */
  readonly params: Record<string, Tensor>;
  /** Buffers of all modules, stacked along dim 0. */
  readonly buffers: Record<string, Tensor>;
}

/**
 * The states of modules that are alike, stacked: {@link vmap} over it runs all of them at once, by
 * {@link functionalCall} of any of them. Copies.
 *
 * @throws {ArgumentError} when there are no modules, or they are of different classes or states.
 * @throws {ShapeError} when tensors of one name have different shapes.
 *
 * @example
 * ```ts
 * import { ones, type Tensor, vmap } from "@minitensor/minitensor";
 * import { functionalCall, stackModuleState } from "@minitensor/minitensor/func";
 * import { Linear } from "@minitensor/minitensor/nn";
 * const models = [new Linear(3, 2), new Linear(3, 2)];
 * const { params } = stackModuleState(models);
 * const run = (state: typeof params, x: Tensor) => functionalCall(models[0]!, state, x);
 * const y = vmap(run, { inDims: [0, null] })(params, ones([5, 3]));
 * console.assert(y.shape.join() === "2,5,2");
 * ```
 */
export function stackModuleState(models: readonly Module<never[], unknown>[]): StackedState {
  const [first] = models;
  if (first === undefined) {
    throw new ArgumentError("Cannot stackModuleState of no modules: the list is empty", {
      op: "stackModuleState",
    });
  }
  for (const model of models) {
    if (model.constructor === first.constructor && model.training === first.training) continue;
    throw new ArgumentError(
      `Cannot stackModuleState of a ${first.constructor.name} and a ${model.constructor.name}: ` +
        "they must be of one class, and all in training or none",
      { op: "stackModuleState" },
    );
  }
  const params = stackAll(models.map((model) => model.namedParameters()));
  const trained = new Set(
    first.namedParameters().flatMap(([name, x]) => x.requiresGrad ? [name] : []),
  );
  for (const [name, x] of Object.entries(params)) if (trained.has(name)) x.requiresGrad_();
  return { params, buffers: stackAll(models.map((model) => model.namedBuffers())) };
}

function stackAll(lists: readonly (readonly [string, Tensor][])[]): Record<string, Tensor> {
  const names = lists[0]!.map(([name]) => name);
  for (const list of lists) {
    if (list.length === names.length && list.every(([name], i) => name === names[i])) continue;
    throw new ArgumentError(
      `Cannot stackModuleState of modules with ${names.join(", ")} and with ${
        list.map(([name]) => name).join(", ")
      }: the names differ`,
      { op: "stackModuleState" },
    );
  }
  return Object.fromEntries(
    names.map((name, i) => [name, stack(lists.map((list) => list[i]![1].detach()))]),
  );
}
