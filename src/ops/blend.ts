/**
 * Arithmetic of two and three tensors at once, and the choices that pass over NaN.
 *
 * @module
 */
import { type TensorLike, zeros } from "../create.ts";
import { defineOp, type Op, type Sample } from "../op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import { add, div, mul, pow } from "./arithmetic.ts";
import { binary, type BinaryFunction, checkOptions, operand, promote, single } from "./front.ts";
import { broadcast } from "./infer.ts";
import { pairs } from "./samples.ts";
import { where } from "./select.ts";

const triples: readonly Sample[] = [
  { shapes: [[2, 3], [2, 3], [2, 3]] },
  { shapes: [[4, 1, 3], [2, 1], []] },
  { shapes: [[37], [37], [37]] },
  { shapes: [[], [], []] },
  { shapes: [[0, 3], [3], [1]] },
];

/** Three arguments as tensors of one dtype. */
function triple(values: readonly TensorLike[], float: boolean): Tensor[] {
  const beside = values.find(isTensor)?.dtype ?? single(values[0]!).dtype;
  return promote(values.map((value) => operand(value, beside)), float);
}

const fused: Op<(inputs: readonly Tensor[]) => Tensor, undefined> = defineOp({
  name: "fma",
  summary: "x * y + z, rounded once where the processor can.",
  infer: broadcast,
  kernel: { native: "fma", elementwise: true },
  saves: "inputs",
  gradient: ({ grad, inputs: [x, y], needs }) => [
    needs[0] ? grad.mul(y!) : null,
    needs[1] ? grad.mul(x!) : null,
    grad,
  ],
  reference: (x, y, z) => x! * y! + z!,
  samples: triples.map((sample) => ({ ...sample, arguments: (inputs) => [inputs] })),
  front: (run) => (inputs) => run(inputs, undefined),
});

/**
 * x y + z, rounded once where the processor can, as nearly all do; of integers and bools as mul and
 * add do it.
 *
 * @param x Broadcasts with y and z; the dtypes are promoted.
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { fma, tensor } from "@minitensor/minitensor";
 * console.assert(fma(tensor([2, 3]), 4, 1).toArray().toString() === "9,13");
 * ```
 */
export function fma(x: TensorLike, y: TensorLike, z: TensorLike): Tensor {
  const inputs = triple([x, y, z], false);
  if (inputs[0]!.spec.info.isFloat) return fused(inputs);
  return add(mul(inputs[0]!, inputs[1]!), inputs[2]!);
}

const interpolation: Op<(inputs: readonly Tensor[]) => Tensor, undefined> = defineOp({
  name: "lerp",
  summary: "x + weight * (end - x), exact at weights 0 and 1.",
  infer: broadcast,
  kernel: {
    composite: ([x, end, weight]) => {
      const way = end!.sub(x!);
      const back = way.mul(weight!.neg().add(1));
      return where(weight!.abs().lt(0.5), x!.add(way.mul(weight!)), end!.sub(back));
    },
  },
  saves: "inputs",
  gradient: ({ grad, inputs: [x, end, weight], needs }) => [
    needs[0] ? grad.mul(weight!.neg().add(1)) : null,
    needs[1] ? grad.mul(weight!) : null,
    needs[2] ? grad.mul(end!.sub(x!)) : null,
  ],
  reference: (x, end, weight) => x! + weight! * (end! - x!),
  samples: triples.map((sample) => ({ ...sample, arguments: (inputs) => [inputs] })),
  front: (run) => (inputs) => run(inputs, undefined),
});

/**
 * From x to end: x + weight (end - x), exact at weights 0 and 1; float result.
 *
 * @param weight 0 gives x, 1 gives end; a number or a tensor, outside of 0 to 1 too.
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { lerp, tensor } from "@minitensor/minitensor";
 * console.assert(lerp(tensor([0, 4]), tensor([8, 8]), 0.25).toArray().toString() === "2,5");
 * ```
 */
export function lerp(x: TensorLike, end: TensorLike, weight: TensorLike): Tensor {
  return interpolation(triple([x, end, weight], true));
}

/** Options of {@link addcmul} and {@link addcdiv}. */
export interface ScaledTermOptions {
  /** Factor of the product or quotient. Default 1. */
  readonly value?: number;
}

function scaled(term: Tensor, { value = 1 }: ScaledTermOptions): Tensor {
  return value === 1 ? term : mul(term, value);
}

/**
 * x + value t1 t2, broadcast together; the dtypes are promoted.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { addcmul } from "@minitensor/minitensor";
 * const x = addcmul([1, 2], [[10], [20]], [3, 4], { value: 0.5 });
 * console.assert(x.equal([[16, 22], [31, 42]]));
 * ```
 */
export function addcmul(
  x: TensorLike,
  t1: TensorLike,
  t2: TensorLike,
  options: ScaledTermOptions = {},
): Tensor {
  checkOptions(options, ["value"], "addcmul");
  return add(x, scaled(mul(t1, t2), options));
}

/**
 * x + value t1 / t2, broadcast together; float result.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { addcdiv } from "@minitensor/minitensor";
 * console.assert(addcdiv([1, 2], [3, 6], 4, { value: 2 }).equal([2.5, 5]));
 * ```
 */
export function addcdiv(
  x: TensorLike,
  t1: TensorLike,
  t2: TensorLike,
  options: ScaledTermOptions = {},
): Tensor {
  checkOptions(options, ["value"], "addcdiv");
  return add(x, scaled(div(t1, t2), options));
}

/** fmax or fmin: `wins` tells where x is taken. */
function present(
  name: "fmax" | "fmin",
  summary: string,
  wins: (x: Tensor, y: Tensor) => Tensor,
  reference: (x: number, y: number) => number,
): Op<BinaryFunction, undefined> {
  const taken = (x: Tensor, y: Tensor): Tensor => wins(x, y).logicalOr(y.ne(y));
  return defineOp({
    name,
    summary,
    infer: broadcast,
    kernel: { composite: ([x, y]) => where(taken(x!, y!), x!, y!) },
    saves: "inputs",
    gradient: ({ grad, inputs: [x, y] }) => {
      const choice = taken(x!, y!).to(grad.dtype);
      const first = grad.mul(where(x!.eq(y!), 0.5, choice));
      return [first, grad.sub(first)];
    },
    reference: (x, y) => reference(x!, y!),
    samples: pairs,
    front: binary,
  });
}

/**
 * Larger of two, or the one that is not NaN; ties share the gradient. See {@link maximum}, where
 * NaN wins.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { fmax } from "@minitensor/minitensor";
 * console.assert(String(fmax([1, NaN, NaN], [2, 3, NaN]).toArray()) === "2,3,NaN");
 * ```
 */
export const fmax: Op<BinaryFunction, undefined> = present(
  "fmax",
  "Larger of two tensors, element by element; a number wins over NaN.",
  (x, y) => x.gt(y),
  Math.max,
);

/**
 * Smaller of two, or the one that is not NaN; ties share the gradient. See {@link minimum}, where
 * NaN wins.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { fmin } from "@minitensor/minitensor";
 * console.assert(String(fmin([1, NaN, NaN], [2, 3, NaN]).toArray()) === "1,3,NaN");
 * ```
 */
export const fmin: Op<BinaryFunction, undefined> = present(
  "fmin",
  "Smaller of two tensors, element by element; a number wins over NaN.",
  (x, y) => x.lt(y),
  Math.min,
);

/**
 * x to the power y, computed and given in float64.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { floatPower } from "@minitensor/minitensor";
 * const x = floatPower([10], 20);
 * console.assert(x.dtype === "float64" && x.item() === 1e20);
 * ```
 */
export function floatPower(x: TensorLike, y: TensorLike): Tensor {
  const [base, exponent] = [x, y].map((value) => operand(value, "float64").to("float64"));
  return pow(base!, exponent!);
}

/**
 * x 2ʸ; float result. It overflows where 2ʸ does, however small x is. The reverse of {@link frexp}.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { frexp, ldexp } from "@minitensor/minitensor";
 * const { mantissa, exponent } = frexp([12, -0.3]);
 * console.assert(ldexp(mantissa, exponent).equal([12, -0.3]));
 * ```
 */
export function ldexp(x: TensorLike, y: TensorLike): Tensor {
  const [value, exponent] = triple([x, y], true);
  return mul(value!, pow(zeros([], { dtype: value!.dtype }).add(2), exponent!));
}
