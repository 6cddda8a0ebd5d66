/**
 * Jacobians and hessians as functions, all rows or columns at once.
 *
 * @module
 */
import { eye } from "../create.ts";
import { ArgumentError } from "../errors.ts";
import { checkOptions } from "../ops/front.ts";
import { cat } from "../ops/join.ts";
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { GradientOf } from "./grad.ts";
import { type Argnums, open, slopes } from "./leaves.ts";
import { freed, linearize, type Linearized, transposed } from "./products.ts";
import { vmap } from "./vmap.ts";

/** Options of {@link jacrev} and {@link jacfwd}. */
export interface JacobianOptions<N extends Argnums = Argnums> {
  /** The argument to differentiate by, or several; negative ones count from the end. Default 0. */
  readonly argnums?: N;
  /** True: the function answers `[output, aux]`, and aux is handed on. Default false. */
  readonly hasAux?: boolean;
  /** How many rows, or columns, are computed at once: less memory. Default null: all. */
  readonly chunkSize?: number | null;
}

/** For each tensor of a result what it has by the arguments. */
export type JacobianOf<Result, Gradient> = Result extends Tensor ? Gradient
  : { readonly [K in keyof Result]: JacobianOf<Result[K], Gradient> };

const jacobianOptions = ["argnums", "hasAux", "chunkSize"];

/** Everything by everything: for each output and leaf a tensor [...output, ...leaf]. */
type Blocks = (at: Linearized, chunk: number | null) => Tensor[][];

function jacobian<Arguments extends unknown[]>(
  fn: (...given: Arguments) => unknown,
  options: JacobianOptions,
  op: string,
  blocks: Blocks,
): (...given: Arguments) => unknown {
  checkOptions(options, jacobianOptions, op);
  const { argnums = 0, hasAux = false, chunkSize = null } = options;
  if (chunkSize !== null && !(Number.isInteger(chunkSize) && chunkSize > 0)) {
    throw new ArgumentError(`Cannot ${op} in chunks of ${chunkSize}: it is 1 or more`, { op });
  }
  return (...given) => {
    const opened = open(given, argnums, op);
    const at = linearize(fn as (...given: never[]) => unknown, opened, hasAux, op);
    const raw = blocks(at, chunkSize);
    const rows = raw.map((row) => at.formed(freed(at.region, row)));
    at.region.release([...at.outputs, ...raw.flat()]);
    const found = at.asResult(rows);
    return hasAux ? { jacobian: found, aux: at.aux } : found;
  };
}

/** What `fn` makes of each unit vector of a shape, stacked along dim 0: [elements, ...result]. */
function ofUnits(
  like: Tensor,
  chunk: number | null,
  fn: (unit: Tensor) => Tensor[],
): Tensor[] | null {
  const count = like.numel();
  if (count === 0) return null;
  const units = eye(count, count, { dtype: like.dtype }).reshape([count, ...like.shape]);
  const step = chunk ?? count;
  const parts: Tensor[][] = [];
  for (let from = 0; from < count; from += step) {
    const some = units.narrow(0, from, Math.min(step, count - from));
    parts.push(vmap((unit: Tensor) => fn(unit))(some));
  }
  if (parts.length === 1) return parts[0]!;
  return parts[0]!.map((_, i) => cat(parts.map((part) => part[i]!), 0));
}

const byRows: Blocks = (at, chunk) => {
  const { createGraph } = at;
  return at.outputs.map((y) => {
    const rows = ofUnits(y, chunk, (unit) => slopes([y], at.leaves, [unit], { createGraph }));
    return at.leaves.map((x, i) => block(rows?.[i], y.shape, x.shape, x));
  });
};

const byColumns: Blocks = (at, chunk) => {
  const { createGraph } = at;
  const { linear, vectors } = transposed(at);
  const columns = at.leaves.map((x, i) =>
    ofUnits(x, chunk, (unit) => slopes([linear[i]!], vectors, [unit], { createGraph }))
  );
  const found = at.outputs.map((y, k) =>
    at.leaves.map((x, i) => block(columns[i]?.[k]?.movedim(0, -1), y.shape, x.shape, x))
  );
  if (!createGraph) at.region.release(linear);
  return found;
};

function block(found: Tensor | undefined, y: Shape, x: Shape, like: Tensor): Tensor {
  const shape = [...y, ...x];
  return found === undefined ? like.newZeros(shape) : found.reshape(shape);
}

/**
 * The function that gives the jacobian of `fn`: for a result y and an argument x, tensors or arrays
 * and objects of them, tensors of shape [...y, ...x]. By backward passes, one for each element of
 * the result, all run together by {@link vmap}: for functions with fewer results than arguments.
 *
 * @returns the jacobian: in the form of the result, for each of its tensors in the form of the
 * arguments asked for; with `hasAux` `{ jacobian, aux }`.
 * @throws {DTypeError} for an argument that is not floating-point.
 * @throws {ArgumentError} when there is no such argument, or it or a result has something else than
 * tensors.
 *
 * @example
 * ```ts
 * import { type Tensor, tensor } from "@minitensor/minitensor";
 * import { jacrev } from "@minitensor/minitensor/func";
 * const j = jacrev((x: Tensor) => x.square())(tensor([1, 2]));
 * console.assert(j.toArray().toString() === "2,0,0,4");
 * ```
 */
export function jacrev<Arguments extends unknown[], Result, const N extends Argnums = 0>(
  fn: (...given: Arguments) => Result,
  options: JacobianOptions<N> = {},
): (...given: Arguments) => JacobianOf<Result, GradientOf<Arguments, N>> {
  return jacobian(fn, options, "jacrev", byRows) as (
    ...given: Arguments
  ) => JacobianOf<Result, GradientOf<Arguments, N>>;
}

/**
 * As {@link jacrev}, by columns: for functions with fewer arguments than results. Columns are
 * products as {@link jvp} gives them, hence two backward passes, all run together by {@link vmap}.
 *
 * @throws {DTypeError} for an argument that is not floating-point.
 * @throws {ArgumentError} when there is no such argument, or it or a result has something else than
 * tensors.
 *
 * @example
 * ```ts
 * import { type Tensor, tensor } from "@minitensor/minitensor";
 * import { jacfwd } from "@minitensor/minitensor/func";
 * const j = jacfwd((x: Tensor) => x.mul(tensor([1, 2, 3])))(tensor(2));
 * console.assert(j.toArray().toString() === "1,2,3");
 * ```
 */
export function jacfwd<Arguments extends unknown[], Result, const N extends Argnums = 0>(
  fn: (...given: Arguments) => Result,
  options: JacobianOptions<N> = {},
): (...given: Arguments) => JacobianOf<Result, GradientOf<Arguments, N>> {
  return jacobian(fn, options, "jacfwd", byColumns) as (
    ...given: Arguments
  ) => JacobianOf<Result, GradientOf<Arguments, N>>;
}

/** Options of {@link hessian}. */
export interface HessianOptions<N extends Argnums = Argnums> {
  /** The argument to differentiate by, or several; negative ones count from the end. Default 0. */
  readonly argnums?: N;
}

/**
 * The function that gives second derivatives of `fn`: the jacobian of its jacobian, both by
 * {@link jacrev}, since forward mode would be two backward passes here. For a result y of rank 0
 * and an argument x a tensor [...x, ...x]; for several arguments an array of arrays.
 *
 * @throws {DTypeError} for an argument that is not floating-point.
 * @throws {ArgumentError} when there is no such argument, or it or a result has something else than
 * tensors.
 *
 * @example
 * ```ts
 * import { type Tensor, tensor } from "@minitensor/minitensor";
 * import { hessian } from "@minitensor/minitensor/func";
 * const h = hessian((x: Tensor) => x.pow(3).sum())(tensor([1, 2]));
 * console.assert(h.toArray().toString() === "6,0,0,12");
 * ```
 */
export function hessian<Arguments extends unknown[], Result, const N extends Argnums = 0>(
  fn: (...given: Arguments) => Result,
  options: HessianOptions<N> = {},
): (
  ...given: Arguments
) => JacobianOf<JacobianOf<Result, GradientOf<Arguments, N>>, GradientOf<Arguments, N>> {
  checkOptions(options, ["argnums"], "hessian");
  return jacrev(jacrev(fn, options), options);
}
