/**
 * The laws of gradients: they are what central differences say, twice, and read what they declare.
 *
 * @module
 */
import { grad, noGrad } from "./autograd.ts";
import { tensor } from "./create.ts";
import { GradientError } from "./errors.ts";
import { call, type Case, difference, numbers, randomSource, refuses } from "./law_case.ts";
import { text } from "./shape.ts";
import type { Tensor } from "./tensor/tensor.ts";

interface Projection {
  readonly leaves: readonly Tensor[];
  readonly value: Tensor;
}

/** A random combination of all outputs: one number, whose gradient shows all of the op's. */
function project(c: Case, inputs: readonly Tensor[]): Tensor | null {
  const outputs = call(c.op, c.sample, inputs).filter((out) => out.isFloatingPoint());
  let total: Tensor | null = null;
  outputs.forEach((out, i) => {
    if (out.numel() === 0) return;
    const random = randomSource(`${c.op.name} weights ${i}`);
    const weights = tensor(Array.from({ length: out.numel() }, () => random() * 2 - 1), {
      dtype: out.dtype,
    });
    const part = out.mul(weights.reshape(out.shape)).sum();
    total = total === null ? part : total.add(part);
  });
  return total;
}

function projection(c: Case): Projection | null {
  const leaves = c.inputs.map((x) => {
    const copy = x.detach().clone();
    return x.isFloatingPoint() ? copy.requiresGrad_() : copy;
  });
  const value = project(c, leaves);
  return value === null || !value.requiresGrad ? null : { leaves, value };
}

const STEP = 1e-5;

/** Central differences of a function of float64 tensors, for every element of every input. */
function differences(
  inputs: readonly Tensor[],
  f: (inputs: readonly Tensor[]) => number,
): number[][] {
  return inputs.map((x, which) => {
    if (!x.isFloatingPoint()) return [];
    const base = numbers(x);
    return base.map((value, i) => {
      const at = (shifted: number): number => {
        const moved = tensor(base.with(i, shifted), { dtype: x.dtype }).reshape(x.shape);
        return f(inputs.map((other, k) => k === which ? moved : other));
      };
      return (at(value + STEP) - at(value - STEP)) / (2 * STEP);
    });
  });
}

/** Steps of 1e-5 leave an error of order 1e-10 in float64; the rest is the function's curvature. */
const DIFFERENCE_TOLERANCE = 2e-6;

/**
 * Differences need the precision of float64 in every input that is varied. An op without a gradient
 * of its own may be made of others that have one.
 */
function differentiable({ op, inputs }: Case): boolean {
  return (op.gradient !== null || "composite" in op.kernel) &&
    inputs.every((x) => !x.isFloatingPoint() || x.dtype === "float64");
}

/** The gradient is what central differences say. */
export function gradientLaw(c: Case): string | null {
  if (!differentiable(c)) return null;
  const made = projection(c);
  if (made === null) return null;
  const { leaves, value } = made;
  const wanted = leaves.filter((x) => x.requiresGrad);
  const actual = grad([value], wanted, { allowUnused: true });
  const expected = noGrad(() =>
    differences(c.inputs, (inputs) => Number(project(c, inputs)!.item()))
  );
  return compareGradients(leaves, wanted, actual, expected);
}

function compareGradients(
  leaves: readonly Tensor[],
  wanted: readonly Tensor[],
  actual: readonly (Tensor | null)[],
  expected: readonly (readonly number[])[],
): string | null {
  for (let i = 0; i < leaves.length; i++) {
    const at = wanted.indexOf(leaves[i]!);
    if (at < 0) continue;
    const gradient = actual[at] ?? null;
    if (gradient !== null && text(gradient.shape) !== text(leaves[i]!.shape)) {
      return `gradient ${i} has shape ${text(gradient.shape)}, the input ${text(leaves[i]!.shape)}`;
    }
    const values = gradient === null ? expected[i]!.map(() => 0) : numbers(gradient);
    const found = difference(values, expected[i]!, DIFFERENCE_TOLERANCE);
    if (found !== null) return `gradient ${i}: ${found}`;
  }
  return null;
}

/** A random combination of the gradients: its gradient is the second derivative. */
function slopeOf(c: Case, inputs: readonly Tensor[]): { value: Tensor | null; leaves: Tensor[] } {
  const leaves = inputs.map((x) => x.isFloatingPoint() ? x.detach().clone().requiresGrad_() : x);
  const wanted = leaves.filter((x) => x.requiresGrad);
  const out = project(c, leaves);
  if (out === null || !out.requiresGrad) return { value: null, leaves };
  const gradients = grad([out], wanted, { createGraph: true, allowUnused: true });
  let value: Tensor | null = null;
  gradients.forEach((gradient, i) => {
    if (gradient === null) return;
    const random = randomSource(`${c.op.name} slopes ${i}`);
    const weights = tensor(Array.from({ length: gradient.numel() }, () => random() * 2 - 1), {
      dtype: gradient.dtype,
    });
    const part = gradient.mul(weights.reshape(gradient.shape)).sum();
    value = value === null ? part : value.add(part);
  });
  return { value, leaves };
}

/** The gradient's own gradient is what central differences say. */
export function secondLaw(c: Case): string | null {
  if (!differentiable(c)) return null;
  if (c.op.once === true) return onceLaw(c);
  const { value, leaves } = slopeOf(c, c.inputs);
  if (value === null) return null;
  const wanted = leaves.filter((x) => x.requiresGrad);
  const actual = value.requiresGrad
    ? grad([value], wanted, { allowUnused: true })
    : wanted.map(() => null);
  const expected = differences(c.inputs, (inputs) => Number(slopeOf(c, inputs).value?.item() ?? 0));
  return compareGradients(leaves, wanted, actual, expected);
}

/** A gradient that cannot be differentiated says so when that is tried. */
function onceLaw(c: Case): string | null {
  const made = projection(c);
  if (made === null) return null;
  const wanted = made.leaves.filter((x) => x.requiresGrad);
  const options = { allowUnused: true };
  // Squared, so that the incoming gradient depends on the inputs even where the op's own does not.
  const squared = made.value.square();
  return refuses(() => {
    const gradients = grad([squared], wanted, { ...options, createGraph: true });
    const tracked = gradients.filter((x) => x?.requiresGrad === true) as Tensor[];
    if (tracked.length > 0) grad(tracked.map((x) => x.sum()), wanted, options);
  }, GradientError);
}

/** What the gradient does not declare to read may be overwritten after the forward pass. */
export function savesLaw(c: Case): string | null {
  if (!differentiable(c) || !["none", "output"].includes(c.op.saves)) return null;
  if ("view" in c.op.kernel) return null; // a view's result is the input's memory
  const clean = projection(c);
  const poisoned = projection(c);
  if (clean === null || poisoned === null) return null;
  for (const x of poisoned.leaves) {
    if (x.isFloatingPoint()) (x.asTypedArray() as Float64Array).fill(NaN);
  }
  const gradients = ({ leaves, value }: Projection) =>
    grad([value], leaves.filter((x) => x.requiresGrad), { allowUnused: true }).flatMap((x) =>
      x === null ? [] : numbers(x)
    );
  return difference(gradients(poisoned), gradients(clean), 0);
}
