/**
 * Products of a function's jacobian with vectors.
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../errors.ts";
import { modes } from "../graph.ts";
import { checkOptions } from "../ops/front.ts";
import { enableGrad } from "../recording.ts";
import { sameShape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { open, type Opened, parted, type Region, slopes, zerosOf } from "./leaves.ts";
import { tensorsOf, withLeaves } from "./tree.ts";

/** Options of {@link vjp} and {@link jvp}. */
export interface ProductOptions {
  /** True: the function answers `[output, aux]`, and aux is handed on. Default false. */
  readonly hasAux?: boolean;
}

/** A function at a place where it is differentiated. */
export interface Linearized extends Opened {
  /** Tensors of the result, in order. */
  readonly outputs: readonly Tensor[];
  /** The result as the graph around knows it. */
  readonly output: unknown;
  readonly aux: unknown;
  /** True when derivatives must have a graph, since something outside took part. */
  readonly createGraph: boolean;
  /** Puts what belongs to the outputs in the form of the result. */
  readonly asResult: (list: readonly unknown[]) => unknown;
}

/** Runs a function on leaves. */
export function linearize(
  fn: (...given: never[]) => unknown,
  opened: Opened,
  hasAux: boolean,
  op: string,
): Linearized {
  const recorded = modes.gradients;
  const result = enableGrad(() => fn(...opened.given as never[]));
  const [output, aux] = parted(result, hasAux, op);
  const outputs = tensorsOf(output, "the result", op);
  const { region } = opened;
  return {
    ...opened,
    outputs,
    output: region.leaveAll(output),
    aux: region.leaveAll(aux),
    createGraph: recorded && outputs.some((y) => region.isKnownOutside(y)),
    asResult: (list) => withLeaves(output, list),
  };
}

/** Vectors for a product: tensors in the form and of the shapes of what they are for. */
function vectorsFor(
  tree: unknown,
  targets: readonly Tensor[],
  what: string,
  op: string,
): readonly Tensor[] {
  const list = tensorsOf(tree, what, op);
  if (list.length !== targets.length) {
    throw new ArgumentError(
      `Cannot ${op} with ${list.length} tensors in ${what}: expected ${targets.length}`,
      { op },
    );
  }
  for (const [i, x] of list.entries()) {
    if (sameShape(x.shape, targets[i]!.shape)) continue;
    throw new ShapeError(
      `Cannot ${op} with a tensor of shape ${text(x.shape)} in ${what}: expected ${
        text(targets[i]!.shape)
      }`,
      { op },
    );
  }
  return list;
}

/** What {@link vjp} gives. */
export interface VjpResult<Arguments extends unknown[], Result> {
  /** What the function answered. */
  readonly output: Result;
  /** Gradients of all arguments, from those of the output, in its form. May be repeated. */
  readonly vjp: (cotangents: Result) => Arguments;
  /** What the function answered besides, with `hasAux`. */
  readonly aux?: unknown;
}

/**
 * A function's result, and the function that multiplies a vector with its jacobian: v^T J. The
 * function runs once, however many vectors there are; under {@link vmap} they are multiplied
 * together.
 *
 * @param primals The arguments, all of them tensors, or arrays and objects of tensors.
 * @throws {DTypeError} for an argument that is not floating-point.
 * @throws {ArgumentError} for arguments or results that have something else than tensors.
 *
 * @example
 * ```ts
 * import { type Tensor, tensor } from "@minitensor/minitensor";
 * import { vjp } from "@minitensor/minitensor/func";
 * const at = vjp((x: Tensor) => x.square(), [tensor([1, 2])]);
 * console.assert(at.vjp(tensor([1, 10]))[0].toArray().toString() === "2,40");
 * ```
 */
export function vjp<Arguments extends unknown[], Result>(
  fn: (...given: Arguments) => Result,
  primals: Arguments,
  options: ProductOptions = {},
): VjpResult<Arguments, Result> {
  checkOptions(options, ["hasAux"], "vjp");
  const hasAux = options.hasAux === true;
  const opened = open(primals, primals.map((_, i) => i), "vjp");
  const at = linearize(fn as (...given: never[]) => unknown, opened, hasAux, "vjp");
  const multiply = (cotangents: unknown): unknown => {
    const list = vectorsFor(cotangents, at.outputs, "the cotangents", "vjp");
    const createGraph = modes.gradients && (at.createGraph || knownOutside(at.region, list));
    return at.formed(freed(at.region, slopes(at.outputs, at.leaves, list, { createGraph })));
  };
  const result = { output: at.output as Result, vjp: multiply as (v: Result) => Arguments };
  return hasAux ? { ...result, aux: at.aux } : result;
}

/** What {@link jvp} gives. */
export interface JvpResult<Result> {
  /** What the function answered. */
  readonly output: Result;
  /** How the output changes, in its form. */
  readonly jvp: Result;
  /** What the function answered besides, with `hasAux`. */
  readonly aux?: unknown;
}

/**
 * A function's result, and the product of its jacobian with a vector, J v: how the result changes
 * when the arguments change by `tangents`.
 *
 * There is no forward mode: v^T J is linear in v, so differentiating it by v gives J (Townsend
 * 2017, "A new trick for calculating Jacobian vector products"). It costs two backward passes and
 * the memory of one, whatever the number of arguments, and works for every op that can be
 * differentiated twice.
 *
 * @param primals The arguments, all of them tensors, or arrays and objects of tensors.
 * @param tangents In the form of the arguments.
 * @throws {ShapeError} when a tangent has not the shape of its argument.
 * @throws {DTypeError} for an argument that is not floating-point.
 * @throws {ArgumentError} for arguments or results that have something else than tensors.
 *
 * @example
 * ```ts
 * import { type Tensor, tensor } from "@minitensor/minitensor";
 * import { jvp } from "@minitensor/minitensor/func";
 * const at = jvp((x: Tensor) => x.prod(), [tensor([2, 3])], [tensor([1, 0])]);
 * console.assert(at.output.item() === 6 && at.jvp.item() === 3);
 * ```
 */
export function jvp<Arguments extends unknown[], Result>(
  fn: (...given: Arguments) => Result,
  primals: Arguments,
  tangents: Arguments,
  options: ProductOptions = {},
): JvpResult<Result> {
  checkOptions(options, ["hasAux"], "jvp");
  const hasAux = options.hasAux === true;
  const opened = open(primals, primals.map((_, i) => i), "jvp");
  const list = vectorsFor(tangents, opened.leaves, "the tangents", "jvp");
  const at = linearize(fn as (...given: never[]) => unknown, opened, hasAux, "jvp");
  const createGraph = modes.gradients && (at.createGraph || knownOutside(at.region, list));
  const { linear, vectors } = transposed(at);
  const raw = slopes(linear, vectors, list, { createGraph });
  const product = freed(at.region, raw);
  at.region.release([...at.outputs, ...linear, ...raw]);
  const result = { output: at.output as Result, jvp: at.asResult(product) as Result };
  return hasAux ? { ...result, aux: at.aux } : result;
}

/** v^T J by each leaf, as a function of the v that stand beside it: they are zeros. */
export function transposed(
  at: Linearized,
): { readonly linear: readonly Tensor[]; readonly vectors: readonly Tensor[] } {
  const vectors = at.outputs.map((y) => at.region.leaf(zerosOf(y)));
  return { linear: slopes(at.outputs, at.leaves, vectors, { createGraph: true }), vectors };
}

function knownOutside(region: Region, list: readonly Tensor[]): boolean {
  return list.some((x) => region.isKnownOutside(x));
}

/** Derivatives as the graph around knows them. */
export function freed(region: Region, list: readonly Tensor[]): Tensor[] {
  return list.map((x) => region.leave(x));
}
