/**
 * Gradients against differences, for functions that are no ops.
 *
 * @module
 */
import { enableGrad, grad, noGrad } from "./autograd.ts";
import { jacobian, type TensorFunction, type Tensors } from "./autograd/functional.ts";
import { tensor } from "./create.ts";
import { DTypeError, GradientError } from "./errors.ts";
import { checkOptions } from "./ops/front.ts";
import { text } from "./shape.ts";
import { isTensor } from "./tensor/is_tensor.ts";
import type { Tensor } from "./tensor/tensor.ts";

/** How far from each input differences are taken, and how near the gradient must be. */
export interface GradcheckOptions {
  /** Step. Default 1e-6. */
  readonly eps?: number;
  /** Allowed difference. Default 1e-5. */
  readonly atol?: number;
  /** Allowed difference per size of the value. Default 1e-3. */
  readonly rtol?: number;
}

function listOf(x: Tensors): readonly Tensor[] {
  return isTensor(x) ? [x] : x as readonly Tensor[];
}

/**
 * Compares the gradients of `fn` with central differences, for every element of every result and
 * of every floating-point input, all of which must be float64.
 *
 * @returns true; what does not agree is thrown.
 * @throws {GradientError} naming result, input and element, with both values.
 * @throws {DTypeError} when a floating-point input is not float64.
 *
 * @example
 * ```ts
 * import { rand } from "@minitensor/minitensor";
 * import { gradcheck } from "@minitensor/minitensor/testing";
 * console.assert(gradcheck((x) => x.sin().mul(x), rand([3], { dtype: "float64" })));
 * ```
 */
export function gradcheck(
  fn: TensorFunction,
  inputs: Tensors,
  options: GradcheckOptions = {},
): boolean {
  checkOptions(options, ["eps", "atol", "rtol"], "gradcheck");
  const { eps = 1e-6, atol = 1e-5, rtol = 1e-3 } = options;
  const given = listOf(inputs);
  const varied = given.flatMap((x, i) => x.isFloatingPoint() ? [i] : []);
  for (const i of varied) {
    if (given[i]!.dtype === "float64") continue;
    throw new DTypeError(
      `Cannot check gradients of input ${i} of dtype ${given[i]!.dtype}: it takes float64`,
      { op: "gradcheck" },
    );
  }
  const apply = (...leaves: Tensor[]) => {
    const all = [...given];
    varied.forEach((place, i) => all[place] = leaves[i]!);
    return [...listOf(fn(...all))].filter((y) => y.isFloatingPoint());
  };
  const leaves = varied.map((i) => given[i]!.detach().clone());
  const exact = jacobian(apply, leaves) as readonly (readonly Tensor[])[];
  leaves.forEach((x, i) => {
    const differences = noGrad(() => differencesOf(apply, leaves, i, eps));
    differences.forEach((expected, y) => {
      const actual = exact[y]![i]!.reshape([-1, x.numel()]);
      compare(actual, expected, atol, rtol, `result ${y} by input ${varied[i]}`);
    });
  });
  return true;
}

/** Central differences of every result by input `which`: [elements of the result, of the input]. */
function differencesOf(
  apply: (...leaves: Tensor[]) => Tensor[],
  leaves: readonly Tensor[],
  which: number,
  eps: number,
): Float64Array[] {
  const base = leaves[which]!.toTypedArray() as Float64Array;
  const results = apply(...leaves).map((y) => new Float64Array(y.numel() * base.length));
  for (let i = 0; i < base.length; i++) {
    const at = (shift: number) => {
      const moved = base.slice();
      moved[i]! += shift;
      const x = tensor(moved).reshape(leaves[which]!.shape);
      return apply(...leaves.map((other, k) => k === which ? x : other))
        .map((y) => y.toTypedArray() as Float64Array);
    };
    const [high, low] = [at(eps), at(-eps)];
    results.forEach((values, y) => {
      const count = high[y]!.length;
      for (let k = 0; k < count; k++) {
        values[k * base.length + i] = (high[y]![k]! - low[y]![k]!) / (2 * eps);
      }
    });
  }
  return results;
}

function compare(
  actual: Tensor,
  expected: Float64Array,
  atol: number,
  rtol: number,
  what: string,
): void {
  const values = actual.toTypedArray() as Float64Array;
  const columns = actual.shape[1]!;
  for (let i = 0; i < values.length; i++) {
    if (Math.abs(values[i]! - expected[i]!) <= atol + rtol * Math.abs(expected[i]!)) continue;
    const place = text([Math.floor(i / columns), i % columns]);
    throw new GradientError(
      `The gradient of ${what} is ${values[i]} at elements ${place}, differences say ${
        expected[i]
      }`,
      { op: "gradcheck" },
    );
  }
}

/**
 * As {@link gradcheck}, for the gradients of `fn`: checks its second derivatives.
 *
 * @param gradOutputs gradients of the results; uniform random numbers where left out.
 *
 * @example
 * ```ts
 * import { rand } from "@minitensor/minitensor";
 * import { gradgradcheck } from "@minitensor/minitensor/testing";
 * console.assert(gradgradcheck((x) => x.exp(), rand([3], { dtype: "float64" })));
 * ```
 */
export function gradgradcheck(
  fn: TensorFunction,
  inputs: Tensors,
  options: GradcheckOptions & { readonly gradOutputs?: Tensors } = {},
): boolean {
  const { gradOutputs, ...rest } = options;
  const given = listOf(inputs);
  const outputs = noGrad(() => listOf(fn(...given)));
  const grads = gradOutputs === undefined
    ? outputs.map((y, i) => y.newTensor(weights(y.numel(), i)).reshape(y.shape))
    : listOf(gradOutputs);
  // The gradients as a function of the inputs and of the results' gradients.
  const slope: TensorFunction = (...all) => {
    const leaves = all.slice(0, given.length).map((x) =>
      x.isFloatingPoint() && !x.requiresGrad ? x.detach().requiresGrad_() : x
    );
    const wanted = leaves.filter((x) => x.requiresGrad);
    const found = enableGrad(() =>
      grad(listOf(fn(...leaves)), wanted, {
        gradOutputs: all.slice(given.length),
        createGraph: true,
        allowUnused: true,
      })
    );
    return found.map((x, i) => x ?? wanted[i]!.mul(0));
  };
  return gradcheck(slope, [...given, ...grads], rest);
}

/** Weights that are not all alike, the same ones each time. */
function weights(count: number, seed: number): number[] {
  return Array.from({ length: count }, (_, i) => ((i * 37 + seed * 11) % 17) / 8 - 1);
}
