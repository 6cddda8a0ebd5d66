/**
 * The base of all layers and models.
 *
 * @module
 */
import { noGrad } from "../autograd.ts";
import type { DType } from "../dtype.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { keep } from "../scope.ts";
import { StateDict } from "../serialize/state_dict.ts";
import { sameShape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Parameter } from "./parameter.ts";
import { summarize } from "./summary.ts";

/** What {@link Module.loadStateDict} found. */
export interface LoadResult {
  /** Names that the module has and the state lacks. */
  readonly missingKeys: readonly string[];
  /** Names that the state has and the module lacks. */
  readonly unexpectedKeys: readonly string[];
}

/** A field's name in a state dict: PyTorch's spelling, so that its checkpoints load as they are. */
function stateName(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** What a module's fields hold, found by walking them. */
type Member = Parameter | Module<never[], unknown>;

/**
 * A part of a network: parameters, buffers and other modules are its fields, and `forward` is what
 * it computes. Parameters are found by walking the fields in the order of their definition, through
 * arrays and plain objects, so their names are those of the code: `layers.0.weight`.
 *
 * @example
 * ```ts
 * import { ones, type Tensor } from "@minitensor/minitensor";
 * import { Linear, Module } from "@minitensor/minitensor/nn";
 * class Net extends Module {
 *   hidden = new Linear(4, 8);
 *   out = new Linear(8, 2);
 *   forward(x: Tensor): Tensor {
 *     return this.out.forward(this.hidden.forward(x).relu());
 *   }
 * }
 * console.assert(new Net().forward(ones([1, 4])).shape.join() === "1,2");
 * ```
 */
export abstract class Module<Inputs extends unknown[] = [Tensor], Output = Tensor> {
  /**
   * True while training: dropout drops, batch statistics are taken. Set by {@link train} and {@link
   * eval}.
   */
  training = true;
  readonly #buffers = new Map<string, { readonly persistent: boolean }>();

  /** Computes the output. */
  abstract forward(...inputs: Inputs): Output;

  /**
   * Own fields that are parameters or modules, with their names; arrays and plain objects are
   * walked through.
   */
  #members(): [string, Member][] {
    const found: [string, Member][] = [];
    const walk = (name: string, value: unknown): void => {
      if (value instanceof Parameter || value instanceof Module) found.push([name, value]);
      else if (Array.isArray(value)) value.forEach((item, i) => walk(`${name}.${i}`, item));
      else if (
        value !== null && typeof value === "object" &&
        Object.getPrototypeOf(value) === Object.prototype
      ) {
        for (const [key, item] of Object.entries(value)) walk(`${name}.${key}`, item);
      }
    };
    for (const [name, value] of Object.entries(this)) walk(this.stateName(name), value);
    return found;
  }

  /** This module and all modules in it, outermost first, each once; the own name is empty. */
  namedModules(): [string, Module<never[], unknown>][] {
    const seen = new Set<unknown>();
    const list: [string, Module<never[], unknown>][] = [];
    const walk = (name: string, module: Module<never[], unknown>): void => {
      if (seen.has(module)) return;
      seen.add(module);
      list.push([name, module]);
      for (const [key, child] of module.namedChildren()) {
        walk(name === "" ? key : `${name}.${key}`, child);
      }
    };
    walk("", this as unknown as Module<never[], unknown>);
    return list;
  }

  /** This module and all modules in it. */
  modules(): Module<never[], unknown>[] {
    return this.namedModules().map(([, module]) => module);
  }

  /** The modules directly in this one, with their names. */
  namedChildren(): [string, Module<never[], unknown>][] {
    return this.#members().filter((member): member is [string, Module<never[], unknown>] =>
      member[1] instanceof Module
    );
  }

  /** The modules directly in this one. */
  children(): Module<never[], unknown>[] {
    return this.namedChildren().map(([, module]) => module);
  }

  /** The parameters with their names; a shared one appears once, under its first name. */
  namedParameters(options: { readonly recurse?: boolean } = {}): [string, Parameter][] {
    const seen = new Set<Parameter>();
    const list: [string, Parameter][] = [];
    for (
      const [prefix, module] of options.recurse === false
        ? this.namedModules().slice(0, 1)
        : this.namedModules()
    ) {
      for (const [name, member] of module.#members()) {
        if (!(member instanceof Parameter) || seen.has(member)) continue;
        seen.add(member);
        list.push([prefix === "" ? name : `${prefix}.${name}`, member]);
      }
    }
    return list;
  }

  /** The parameters. */
  parameters(options: { readonly recurse?: boolean } = {}): Parameter[] {
    return this.namedParameters(options).map(([, parameter]) => parameter);
  }

  /**
   * Makes a tensor part of the state without being trained: `this[name]` is set to it, scopes leave
   * it alone.
   *
   * @param options `persistent`: part of the state dict. Default true.
   */
  registerBuffer(
    name: string,
    value: Tensor,
    options: { readonly persistent?: boolean } = {},
  ): void {
    this.#buffers.set(name, { persistent: options.persistent ?? true });
    (this as unknown as Record<string, Tensor>)[name] = keep(value);
  }

  /** The buffers with their names. */
  namedBuffers(): [string, Tensor][] {
    return this.#allBuffers().map(({ name, value }) => [name, value]);
  }

  /** The buffers. */
  buffers(): Tensor[] {
    return this.namedBuffers().map(([, buffer]) => buffer);
  }

  #allBuffers(): { name: string; value: Tensor; persistent: boolean }[] {
    return this.namedModules().flatMap(([prefix, module]) =>
      [...module.#buffers].map(([field, { persistent }]) => ({
        name: prefix === "" ? module.stateName(field) : `${prefix}.${module.stateName(field)}`,
        value: (module as unknown as Record<string, Tensor>)[field]!,
        persistent,
      }))
    );
  }

  /** Sets training mode here and in all modules within, and returns this module. */
  train(mode = true): this {
    for (const module of this.modules()) module.training = mode;
    return this;
  }

  /** Ends training mode here and in all modules within, and returns this module. */
  eval(): this {
    return this.train(false);
  }

  /** Forgets the gradients of all parameters. */
  zeroGrad(options: { readonly setToNone?: boolean } = {}): void {
    for (const parameter of this.parameters()) parameter.zeroGrad(options);
  }

  /** Switches the training of all parameters, and returns this module. */
  requiresGrad_(on = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad_(on);
    return this;
  }

  /** Number of elements of all parameters. */
  numParameters(options: { readonly trainableOnly?: boolean } = {}): number {
    return this.parameters()
      .filter((parameter) => options.trainableOnly !== true || parameter.requiresGrad)
      .reduce((sum, parameter) => sum + parameter.numel(), 0);
  }

  /** Parameters and persistent buffers by name, detached; the memory is shared. */
  stateDict(): StateDict {
    const state = new StateDict();
    for (const [name, parameter] of this.namedParameters()) state.set(name, parameter.detach());
    for (const { name, value, persistent } of this.#allBuffers()) {
      if (persistent) state.set(name, value.detach());
    }
    return state;
  }

  /**
   * Copies a state into the parameters and buffers.
   *
   * @param options `strict`: names must match exactly. Default true.
   * @throws {ArgumentError} when names do not match, with each of them.
   * @throws {ShapeError} when a shape differs; then nothing has been copied.
   */
  loadStateDict(
    state: ReadonlyMap<string, Tensor>,
    options: { readonly strict?: boolean } = {},
  ): LoadResult {
    const own = new Map<string, Tensor>([
      ...this.namedParameters(),
      ...this.#allBuffers().filter(({ persistent }) => persistent).map(({ name, value }) =>
        [name, value] as const
      ),
    ]);
    const given = new Map(
      [...state].map(([name, value]) => [own.has(name) ? name : stateName(name), value] as const),
    );
    const missingKeys = [...own.keys()].filter((name) => !given.has(name));
    const unexpectedKeys = [...given.keys()].filter((name) => !own.has(name));
    if (options.strict !== false && missingKeys.length + unexpectedKeys.length > 0) {
      const problems = [
        ...missingKeys.map((name) => `${name} is missing`),
        ...unexpectedKeys.map((name) => `${name} is unexpected`),
      ];
      throw new ArgumentError(`Cannot load the state: ${problems.join(", ")}`, {
        op: "loadStateDict",
        context: { missingKeys, unexpectedKeys },
        suggestion: "Pass { strict: false } to load what fits",
      });
    }
    const wrong = [...own].filter(([name, target]) =>
      given.has(name) && !sameShape(given.get(name)!.shape, target.shape)
    );
    if (wrong.length > 0) {
      const problems = wrong.map(([name, target]) =>
        `${name} is ${text(given.get(name)!.shape)}, not ${text(target.shape)}`
      );
      throw new ShapeError(`Cannot load the state: ${problems.join(", ")}`, {
        op: "loadStateDict",
      });
    }
    noGrad(() => {
      for (const [name, target] of own) if (given.has(name)) target.copy_(given.get(name)!);
    });
    return { missingKeys, unexpectedKeys };
  }

  /** Bytes of parameters and buffers, in all and by dtype. */
  memoryUsage(): {
    readonly total: number;
    readonly byDtype: Readonly<Partial<Record<DType, number>>>;
  } {
    const byDtype: Partial<Record<DType, number>> = {};
    for (const value of [...this.parameters(), ...this.buffers()]) {
      byDtype[value.dtype] = (byDtype[value.dtype] ?? 0) + value.nbytes;
    }
    return { total: Object.values(byDtype).reduce((sum, bytes) => sum + bytes, 0), byDtype };
  }

  /** Table of the layers and their parameters; with an input shape, of their output shapes too. */
  summary(inputShape?: readonly number[]): string {
    return summarize(this as unknown as Module<[Tensor], unknown>, inputShape);
  }

  /** A field's name in the state dict. */
  protected stateName(field: string): string {
    return stateName(field);
  }

  /** Options that tell this module from others of its class; shown by {@link toString}. */
  protected extraText(): string {
    return "";
  }

  /** The tree of modules, as PyTorch prints it. */
  toString(): string {
    const children = this.namedChildren();
    const head = `${this.constructor.name}(${this.extraText()}`;
    if (children.length === 0) return `${head})`;
    const lines = children.map(([name, child]) =>
      `  (${name}): ${child.toString().replaceAll("\n", "\n  ")}`
    );
    return `${head}\n${lines.join("\n")}\n)`;
  }

  /** What console.log shows. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** What console.log shows in Deno. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }
}
