/**
 * Modules one after the other.
 *
 * @module
 */
import { ArgumentError, IndexError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";

/**
 * Each module's output is the next one's input.
 *
 * @example
 * ```ts
 * import { ones } from "@minitensor/minitensor";
 * import { Linear, ReLU, Sequential } from "@minitensor/minitensor/nn";
 * const model = new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 2));
 * console.assert(model.forward(ones([3, 4])).shape.join() === "3,2");
 * ```
 */
export class Sequential extends Module {
  readonly #layers = new Map<string, Module>();

  /** From modules, an array of them, or an object that names them. */
  constructor(
    ...modules:
      | readonly Module[]
      | readonly [readonly Module[]]
      | readonly [Readonly<Record<string, Module>>]
  ) {
    super();
    const [first] = modules;
    if (first !== undefined && !(first instanceof Module) && !Array.isArray(first)) {
      for (const [name, module] of Object.entries(first as Record<string, Module>)) {
        this.addModule(name, module);
      }
    } else {
      for (const module of modules.flat() as Module[]) this.append(module);
    }
  }

  /** Adds a module under a name, and returns this one. */
  addModule(name: string, module: Module): this {
    if (this.#layers.has(name) || name in this) {
      throw new ArgumentError(`Cannot add a module as ${name} to Sequential: the name is taken`);
    }
    if (!(module instanceof Module)) {
      throw new ArgumentError(`Cannot add ${String(module)} to Sequential: it is no module`);
    }
    this.#layers.set(name, module);
    Object.defineProperty(this, name, { value: module, enumerable: true }); // a field, so that it is found and named
    return this;
  }

  /** Adds a module at the end, and returns this one. */
  append(module: Module): this {
    return this.addModule(String(this.#layers.size), module);
  }

  /** The module at a position; negative counts from the end. */
  at(index: number): Module {
    const found = [...this.#layers.values()].at(index);
    if (found === undefined) {
      throw new IndexError(
        `Cannot take module ${index} of Sequential: it has ${this.#layers.size}`,
      );
    }
    return found;
  }

  /** Number of modules. */
  get length(): number {
    return this.#layers.size;
  }

  /** The modules in order. */
  [Symbol.iterator](): IterableIterator<Module> {
    return this.#layers.values();
  }

  /** Runs the input through all modules. */
  forward(x: Tensor): Tensor {
    let result = x;
    for (const module of this.#layers.values()) result = module.forward(result);
    return result;
  }
}
