/**
 * Layers without a class of their own.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { ArgumentError, NotImplementedError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { Module } from "../nn/module.ts";
import { Parameter } from "../nn/parameter.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** What a layer computes from its inputs and itself. */
export type LayerForward = (inputs: readonly Tensor[], layer: CustomLayer) => Tensor;

/**
 * A layer put together from parameters and a function: a module as any other, in Sequential, in
 * optimizers and in state dicts. A class of one's own may extend it and define `forward`.
 *
 * @example
 * ```ts
 * import { ones } from "@minitensor/minitensor";
 * import { CustomLayer } from "@minitensor/minitensor/plugin";
 * const scale = new CustomLayer("scale");
 * scale.addParameter("factor", [1, 2, 3]);
 * scale.setForward(([x], layer) => x!.mul(layer.getParameter("factor")));
 * console.assert(scale.forward(ones([3])).toArray().toString() === "1,2,3");
 * ```
 */
export class CustomLayer extends Module<[inputs: Tensor | readonly Tensor[]]> {
  readonly #parameters = new Map<string, Parameter>();
  #forward: LayerForward | null = null;

  /**
   * A layer without parameters.
   *
   * @throws {ArgumentError} when the name is empty.
   */
  constructor(readonly name: string) {
    super();
    if (typeof name !== "string" || name === "") {
      throw new ArgumentError("Cannot make a layer: its name is empty");
    }
  }

  /** Sets what {@link forward} computes, and returns this layer. */
  setForward(fn: LayerForward): this {
    if (typeof fn !== "function") {
      throw new ArgumentError(`Cannot set the forward of layer ${this.name}: it is no function`);
    }
    this.#forward = fn;
    return this;
  }

  /**
   * Adds a parameter, which is called so in the state dict too. A tensor's memory is shared; a
   * Parameter is taken as it is, so that layers can have it in common.
   *
   * @throws {ArgumentError} when the name is taken, empty or has a dot.
   */
  addParameter(name: string, value: TensorLike): Parameter {
    const problem = typeof name !== "string" || name === ""
      ? "its name is empty"
      : name.includes(".")
      ? "its name has a dot, which stands between a layer and its parameters"
      : name in this
      ? "the name is taken"
      : null;
    if (problem !== null) {
      throw new ArgumentError(
        `Cannot add parameter ${JSON.stringify(name)} to layer ${this.name}: ${problem}`,
      );
    }
    const parameter = value instanceof Parameter ? value : new Parameter(value);
    this.#parameters.set(name, parameter);
    Object.defineProperty(this, name, { value: parameter, enumerable: true }); // a field, as others
    return parameter;
  }

  /**
   * The parameter of that name.
   *
   * @throws {ArgumentError} when there is none.
   */
  getParameter(name: string): Parameter {
    const parameter = this.#parameters.get(name);
    if (parameter !== undefined) return parameter;
    const near = nearest(String(name), this.#parameters.keys());
    const text = near === undefined ? "" : `, the nearest is ${near}`;
    throw new ArgumentError(
      `Cannot get parameter ${JSON.stringify(name)} of layer ${this.name}: it has none${text}`,
    );
  }

  /** Names of the parameters that were added. */
  listParameters(): string[] {
    return [...this.#parameters.keys()];
  }

  /**
   * Computes the output of one input, or of an array of them.
   *
   * @throws {NotImplementedError} when {@link setForward} was not called.
   */
  forward(inputs: Tensor | readonly Tensor[]): Tensor {
    if (this.#forward === null) {
      throw new NotImplementedError(`Cannot run layer ${this.name}: it has no forward`, {
        suggestion: "Call setForward, or define forward in a class that extends CustomLayer",
      });
    }
    return this.#forward(isTensor(inputs) ? [inputs] : inputs, this);
  }

  /** Parameters that were added keep the names that they were given. */
  protected override stateName(field: string): string {
    return this.#parameters.has(field) ? field : super.stateName(field);
  }

  /** The layer's name. */
  protected override extraText(): string {
    return this.name;
  }
}
