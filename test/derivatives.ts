/**
 * Laws for plain functions of tensors, which have no record: first and second derivatives against
 * differences, and results that do not depend on how the inputs lie in memory.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { grad, type Tensor, tensor } from "../mod.ts";
import { firstDifference, values } from "./values.ts";

/** A function of float64 tensors. */
export type Differentiable = (...inputs: Tensor[]) => Tensor;

const STEP = 1e-5;

/** Inputs of the given shapes: values that repeat late, none of them 0. */
export function inputsOf(shapes: readonly (readonly number[])[]): Tensor[] {
  return shapes.map((shape, which) => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    const elements = Array.from({ length: size }, (_, i) => ((i * 29 + which * 7) % 23) / 8 - 1.3);
    return tensor(elements, { dtype: "float64" }).reshape(shape);
  });
}

/** A number whose second derivatives are not 0 even where the function is linear. */
function lossOf(fn: Differentiable, inputs: readonly Tensor[]): Tensor {
  const out = fn(...inputs);
  const [weights] = inputsOf([out.shape]);
  return out.square().mul(weights!).sum();
}

/** Sum of the gradient's elements, weighted: a number that second derivatives are of. */
function slopeOf(fn: Differentiable, inputs: readonly Tensor[]): Tensor {
  const leaves = inputs.map((x) => x.requiresGrad ? x : x.detach().clone().requiresGrad_());
  const found = grad(lossOf(fn, leaves), leaves, { createGraph: true, allowUnused: true });
  const parts = found.filter((x) => x !== null).map((x) => x.mul(inputsOf([x.shape])[0]!).sum());
  return parts.reduce((sum, x) => sum.add(x));
}

/** Gradient of `rule` against differences of it, element by element. */
function compare(rule: (inputs: readonly Tensor[]) => Tensor, inputs: readonly Tensor[]): void {
  const leaves = inputs.map((x) => x.clone().requiresGrad_());
  const found = grad(rule(leaves), leaves, { allowUnused: true });
  inputs.forEach((x, which) => {
    const elements = values(x);
    const expected = elements.map((value, i) => {
      const at = (moved: number) =>
        Number(
          rule(inputs.map((other, j) =>
            j === which
              ? tensor(elements.with(i, moved), { dtype: "float64" }).reshape(x.shape)
              : other
          )).item(),
        );
      return (at(value + STEP) - at(value - STEP)) / (2 * STEP);
    });
    const actual = found[which] === null ? elements.map(() => 0) : values(found[which]!);
    const problem = firstDifference(actual, expected, 1e-6);
    assertEquals(problem, null, `gradient of input ${which}: ${problem}`);
  });
}

/** Fails unless first and second derivatives are right. */
export function assertDerivatives(
  fn: Differentiable,
  shapes: readonly (readonly number[])[],
): void {
  const inputs = inputsOf(shapes);
  compare((given) => lossOf(fn, given), inputs);
  compare((given) => slopeOf(fn, given), inputs);
}

const arrangements: readonly ((x: Tensor) => Tensor)[] = [
  (x) => x.ndim < 2 ? x : x.transpose(0, -1).contiguous().transpose(0, -1),
  (x) => x.ndim === 0 ? x : x.flip(-1).index("...", "::-1"),
  (x) => x.unsqueeze(-1).expand([...x.shape, 2]).contiguous().select(-1, 1),
];

/** Fails unless inputs that lie otherwise in memory give the same result. */
export function assertLayouts(fn: Differentiable, shapes: readonly (readonly number[])[]): void {
  const inputs = inputsOf(shapes);
  const expected = fn(...inputs);
  for (const arrange of arrangements) {
    const found = fn(...inputs.map(arrange));
    assertEquals([found.shape, values(found)], [expected.shape, values(expected)]);
  }
}
