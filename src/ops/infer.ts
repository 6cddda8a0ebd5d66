/**
 * Rules that tell an op's result from its inputs: shape, dtype, or a typed error. Most ops use one of these.
 *
 * @module
 */
import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import {
  broadcastPair,
  checkDims,
  reducedShape,
  type Shape,
  specOf,
  type TensorSpec,
  text,
} from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions } from "./front.ts";

type Inputs = readonly Tensor[];

/** Shape and dtype of the first input. */
export function same(inputs: Inputs): TensorSpec {
  return inputs[0]!.spec;
}

/** The inputs broadcast together; they have one dtype, which the result keeps. */
export function broadcast(inputs: Inputs, _attributes: unknown, op: string): TensorSpec {
  const x = inputs[0]!.spec;
  const y = inputs[1]!.spec;
  if (x === y && inputs.length === 2) return x;
  let shape = x.shape;
  for (let i = 1; i < inputs.length; i++) {
    const next = inputs[i]!.spec.shape;
    if (next !== shape) shape = broadcastPair(shape, next, op);
  }
  return specOf(shape, x.dtype);
}

/** The inputs broadcast together, as bool. */
export function broadcastBool(inputs: Inputs, attributes: unknown, op: string): TensorSpec {
  return inputs.length === 1
    ? inputs[0]!.spec.as("bool")
    : broadcast(inputs, attributes, op).as("bool");
}

/** As `rule`, for floating-point inputs only. */
export function floats(
  rule: (inputs: Inputs, attributes: never, op: string) => TensorSpec,
): (inputs: Inputs, attributes: unknown, op: string) => TensorSpec {
  return (inputs, attributes, op) => {
    for (const x of inputs) requireFloat(x, op);
    return rule(inputs, attributes as never, op);
  };
}

/** Throws unless the tensor has a floating-point dtype. */
export function requireFloat(x: Tensor, op: string): void {
  if (!x.spec.info.isFloat) {
    throw new DTypeError(
      `Cannot ${op} a tensor of dtype ${x.dtype}: it takes floating-point tensors`,
      {
        op,
        suggestion: 'Convert it with to("float32")',
      },
    );
  }
}

/** Throws unless the tensor has `rank` dims. */
export function requireRank(x: Tensor, rank: number, op: string, what: string): void {
  if (x.ndim !== rank) {
    throw new ShapeError(
      `Cannot ${op}: the ${what} has shape ${text(x.shape)}, it needs ${rank} dims`,
      { op },
    );
  }
}

/** Attributes of an op that works along one dim. */
export interface DimAttributes {
  /** The dim, counted from the front. */
  readonly dim: number;
}

/** Attributes of an op that reduces dims. */
export interface ReduceAttributes {
  /** The reduced dims, counted from the front. */
  readonly dims: readonly number[];
  /** Keeps them with size 1. */
  readonly keepdim: boolean;
}

/** The input without the reduced dims. */
export function reduced(inputs: Inputs, { dims, keepdim }: ReduceAttributes): TensorSpec {
  const x = inputs[0]!.spec;
  return specOf(reducedShape(x.shape, dims, keepdim), x.dtype);
}

/** As {@link reduced}, but refuses to reduce nothing to something: a maximum of no elements does not exist. */
export function reducedNonEmpty(
  inputs: Inputs,
  attributes: ReduceAttributes,
  op: string,
): TensorSpec {
  const { shape } = inputs[0]!.spec;
  const result = reduced(inputs, attributes);
  if (result.size > 0 && inputs[0]!.spec.size === 0) {
    throw new ShapeError(
      `Cannot ${op} a tensor of shape ${text(shape)}: there are no elements to choose from`,
      { op },
    );
  }
  return result;
}

/** The dims as a bit mask, the form kernels take them in. */
export function dimMask({ dims }: ReduceAttributes): readonly number[] {
  let mask = 0;
  for (const dim of dims) mask |= 1 << dim;
  return [mask];
}

/** The gradient or result in the input's shape: reduced dims are put back with size 1. */
export function back(x: Tensor, spec: TensorSpec, { dims, keepdim }: ReduceAttributes): Tensor {
  if (keepdim) return x;
  return x.reshape(spec.shape.map((extent, i) => dims.includes(i) ? 1 : extent));
}

/** Number of elements that each result is made of. */
export function elementCount(shape: Shape, { dims }: ReduceAttributes): number {
  return dims.reduce((count, dim) => count * shape[dim]!, 1);
}

/** Options that every reduction takes. */
export interface ReduceOptions {
  /** The dims, where they do not stand before the options. */
  readonly dim?: number | readonly number[];
  /** Keeps the reduced dims with size 1. Default false. */
  readonly keepdim?: boolean;
}

const reduceOptions: readonly string[] = ["dim", "keepdim"];

/** Attributes from `sum(x, dims, options)` or `sum(x, { dim, keepdim })`. */
export function reduceArguments(
  x: Tensor,
  dims: number | readonly number[] | ReduceOptions | undefined,
  options: ReduceOptions | undefined,
  op: string,
  known: readonly string[] = reduceOptions,
): ReduceAttributes {
  const positional = typeof dims === "number" || Array.isArray(dims);
  const given = positional ? options ?? {} : (dims as ReduceOptions | undefined) ?? options ?? {};
  checkOptions(given, known, op);
  if (positional && given.dim !== undefined) {
    throw new ArgumentError(`Cannot ${op} along dims given twice: before the options and in them`, {
      op,
    });
  }
  const chosen = positional ? dims as number | readonly number[] : given.dim;
  return { dims: checkDims(chosen, x.ndim, op), keepdim: given.keepdim ?? false };
}
