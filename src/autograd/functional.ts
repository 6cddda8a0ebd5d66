/**
 * Derivatives of functions: matrices of them, and their products with vectors.
 *
 * @module
 */
import { enableGrad, grad } from "../autograd.ts";
import { eye } from "../create.ts";
import { toElement } from "../dtype.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { vmap } from "../func/vmap.ts";
import { emptyOf } from "../op.ts";
import { checkOptions } from "../ops/front.ts";
import { stack } from "../ops/mod.ts";
import { sameShape, text } from "../shape.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** One tensor, or several: results have the form of what they belong to. */
export type Tensors = Tensor | readonly Tensor[];

/** A function of tensors, called with one argument per input. */
export type TensorFunction = (...inputs: Tensor[]) => Tensors;

/** Options of all functions here. */
export interface DerivativeOptions {
  /** Records the derivatives, so that they can be differentiated again. Default false. */
  readonly createGraph?: boolean;
}

/** Options of {@link jacobian} and {@link hessian}. */
export interface VectorizeOptions extends DerivativeOptions {
  /** Runs the backward passes of all rows together, by vmap: more memory. Default false. */
  readonly vectorize?: boolean;
}

/** An evaluated function, ready to be differentiated. */
interface Evaluated {
  readonly leaves: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** What fn answered, without its graph unless that is wanted. */
  readonly output: Tensors;
}

const derivativeOptions = ["createGraph"];
const vectorizeOptions = ["createGraph", "vectorize"];

function listOf(x: Tensors): readonly Tensor[] {
  return isTensor(x) ? [x] : x as readonly Tensor[];
}

/** In the form of `like`: alone if that is one tensor. */
function formed<T>(list: readonly T[], like: Tensors): T | readonly T[] {
  return isTensor(like) ? list[0]! : list;
}

function evaluate(fn: TensorFunction, inputs: Tensors, create: boolean, op: string): Evaluated {
  const given = listOf(inputs);
  if (given.length === 0 || !given.every(isTensor)) {
    throw new ArgumentError(`Cannot give the ${op} of a function: its inputs are no tensors`, {
      op,
    });
  }
  const leaves = given.map((x) =>
    create && x.requiresGrad ? x.view(x.shape) : x.detach().requiresGrad_()
  );
  const result = enableGrad(() => fn(...leaves));
  const outputs = listOf(result);
  if (outputs.length === 0 || !outputs.every(isTensor)) {
    throw new ArgumentError(`Cannot give the ${op} of a function that answers no tensor`, { op });
  }
  const shown = create ? outputs : outputs.map((x) => x.detach());
  return { leaves, outputs, output: formed(shown, result) };
}

/** Gradients of `outputs` by `inputs`: zeros where there is no dependence. */
function gradients(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  gradOutputs: readonly Tensor[],
  createGraph: boolean,
): Tensor[] {
  const places = outputs.flatMap((x, i) => x.requiresGrad ? [i] : []);
  if (places.length === 0) return inputs.map(zerosOf);
  const found = grad(places.map((i) => outputs[i]!), inputs, {
    gradOutputs: places.map((i) => gradOutputs[i]!),
    retainGraph: true,
    createGraph,
    allowUnused: true,
  });
  return found.map((x, i) => x ?? zerosOf(inputs[i]!));
}

function zerosOf(x: Tensor): Tensor {
  return emptyOf(x.spec).zero_();
}

/** The vectors of a product: given, of the right shapes, or 1 for a single element. */
function vectors(
  v: Tensors | undefined,
  targets: readonly Tensor[],
  op: string,
): readonly Tensor[] {
  if (v === undefined) {
    const [only] = targets;
    if (targets.length > 1 || only!.numel() !== 1) {
      throw new ArgumentError(`Cannot give the ${op} without v: there is more than one element`, {
        op,
      });
    }
    return [only!.newOnes(only!.shape)];
  }
  const list = listOf(v);
  const fits = list.length === targets.length &&
    list.every((x, i) => sameShape(x.shape, targets[i]!.shape));
  if (fits) return list;
  const shapes = (tensors: readonly Tensor[]) => tensors.map((x) => text(x.shape)).join(" and ");
  throw new ShapeError(
    `Cannot give the ${op} with v of shapes ${shapes(list)}: expected ${shapes(targets)}`,
    { op },
  );
}

function only(outputs: readonly Tensor[], op: string): Tensor {
  const [first] = outputs;
  if (outputs.length !== 1 || first!.numel() !== 1) {
    throw new ShapeError(`Cannot give the ${op} of a function of more than one element`, { op });
  }
  return first!;
}

/** A derivative by each input of each output: a tensor, or arrays of them, in their form. */
export type Derivatives = Tensor | readonly (Tensor | readonly Tensor[])[];

/**
 * The derivative of every element of the result by every element of the inputs: for a result y and
 * an input x a tensor of shape [...y, ...x]. Several results or inputs give arrays, results first.
 *
 * @example
 * ```ts
 * import { tensor } from "@minitensor/minitensor";
 * import { jacobian } from "@minitensor/minitensor/autograd";
 * const j = jacobian((x) => x.mul(x), tensor([1, 2]));
 * console.assert(j.toString() === "tensor([[2., 0.],\n        [0., 4.]])");
 * ```
 */
export function jacobian(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: Tensor,
  options?: VectorizeOptions,
): Tensor;
/**
 * For several inputs or results: with both, j[i][k] is of result i by input k.
 *
 * @example
 * ```ts
 * import { type Tensor, tensor } from "@minitensor/minitensor";
 * import { jacobian } from "@minitensor/minitensor/autograd";
 * const j = jacobian((x, y) => x!.mul(y!), [tensor([1, 2]), tensor(3)]) as Tensor[];
 * console.assert(j[0]!.diagonal().toArray().toString() === "3,3"); // by x
 * console.assert(j[1]!.toArray().toString() === "1,2"); // by y
 * ```
 */
export function jacobian(
  fn: TensorFunction,
  inputs: Tensors,
  options?: VectorizeOptions,
): Derivatives;
export function jacobian(
  fn: TensorFunction,
  inputs: Tensors,
  options: VectorizeOptions = {},
): Derivatives {
  checkOptions(options, vectorizeOptions, "jacobian");
  const create = options.createGraph === true;
  const { leaves, outputs, output } = evaluate(fn, inputs, create, "jacobian");
  const rowsOf = options.vectorize === true ? rowsTogether : rowsInTurn;
  const rows = outputs.map((y) => formed(rowsOf(y, leaves, create), inputs));
  return formed(rows, output) as Derivatives;
}

/** The jacobian of one output, by each input. */
function rowsInTurn(y: Tensor, leaves: readonly Tensor[], create: boolean): Tensor[] {
  const count = y.numel();
  const units = Array.from({ length: count }, (_, i) => {
    const unit = zerosOf(y);
    unit.asTypedArray()[i] = toElement(1, unit.dtype);
    return gradients([y], leaves, [unit], create);
  });
  return leaves.map((x, i) => {
    const shape = [...y.shape, ...x.shape];
    if (count === 0) return x.newZeros(shape);
    return stack(units.map((row) => row[i]!)).reshape(shape);
  });
}

/** As {@link rowsInTurn}, all rows at once. */
function rowsTogether(y: Tensor, leaves: readonly Tensor[], create: boolean): Tensor[] {
  const count = y.numel();
  if (count === 0) return rowsInTurn(y, leaves, create);
  const units = eye(count, count, { dtype: y.dtype }).reshape([count, ...y.shape]);
  const rows = vmap((unit: Tensor) => gradients([y], leaves, [unit], create))(units);
  return leaves.map((x, i) => rows[i]!.reshape([...y.shape, ...x.shape]));
}

/**
 * Second derivatives of a function of one element by every pair of elements of the inputs: for one
 * input x a tensor of shape [...x, ...x]; for several, arrays of arrays.
 *
 * @throws {ShapeError} when the result has more than one element.
 *
 * @example
 * ```ts
 * import { tensor } from "@minitensor/minitensor";
 * import { hessian } from "@minitensor/minitensor/autograd";
 * const h = hessian((x) => x.pow(3).sum(), tensor([1, 2]));
 * console.assert(h.diagonal().toArray().toString() === "6,12");
 * ```
 */
export function hessian(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: Tensor,
  options?: VectorizeOptions,
): Tensor;
/**
 * For several inputs: h[i][j] by input i and input j.
 *
 * @example
 * ```ts
 * import { type Tensor, tensor } from "@minitensor/minitensor";
 * import { hessian } from "@minitensor/minitensor/autograd";
 * const h = hessian((x, y) => x!.mul(y!).sum(), [tensor([1, 2]), tensor(3)]) as Tensor[][];
 * console.assert(h[0]![1]!.toArray().toString() === "1,1");
 * ```
 */
export function hessian(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: Tensors,
  options?: VectorizeOptions,
): Derivatives;
export function hessian(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: Tensors,
  options: VectorizeOptions = {},
): Derivatives {
  checkOptions(options, vectorizeOptions, "hessian");
  const slope: TensorFunction = (...leaves) => {
    const y = only([fn(...leaves)], "hessian");
    const found = gradients([y], leaves, [y.newOnes(y.shape)], true);
    return formed(found, inputs) as Tensors;
  };
  return jacobian(slope, inputs, options);
}

/**
 * The product of a vector and the jacobian, v^T J: the gradients of the inputs when those of the
 * results are `v`.
 *
 * @param v of the results' shapes; may be left out for a single element.
 *
 * @example
 * ```ts
 * import { tensor } from "@minitensor/minitensor";
 * import { vjp } from "@minitensor/minitensor/autograd";
 * const { vjp: product } = vjp((x) => x.mul(x), tensor([1, 2]), tensor([1, 10]));
 * console.assert(String(product) === "tensor([ 2., 40.])");
 * ```
 */
export function vjp(
  fn: TensorFunction,
  inputs: Tensors,
  v?: Tensors,
  options: DerivativeOptions = {},
): { readonly output: Tensors; readonly vjp: Tensors } {
  checkOptions(options, derivativeOptions, "vjp");
  const create = options.createGraph === true;
  const { leaves, outputs, output } = evaluate(fn, inputs, create, "vjp");
  const product = gradients(outputs, leaves, vectors(v, outputs, "vjp"), create);
  return { output, vjp: formed(product, inputs) as Tensors };
}

/**
 * The product of the jacobian and a vector, J v: how the results change when the inputs change by
 * `v`. By differentiating v^T J, which is linear in v, once more.
 *
 * @param v of the inputs' shapes; may be left out for a single element.
 *
 * @example
 * ```ts
 * import { tensor } from "@minitensor/minitensor";
 * import { jvp } from "@minitensor/minitensor/autograd";
 * const { jvp: change } = jvp((x) => x.mul(x), tensor([1, 2]), tensor([1, 10]));
 * console.assert(String(change) === "tensor([ 2., 40.])");
 * ```
 */
export function jvp(
  fn: TensorFunction,
  inputs: Tensors,
  v?: Tensors,
  options: DerivativeOptions = {},
): { readonly output: Tensors; readonly jvp: Tensors } {
  checkOptions(options, derivativeOptions, "jvp");
  const create = options.createGraph === true;
  const { leaves, outputs, output } = evaluate(fn, inputs, create, "jvp");
  const change = vectors(v, leaves, "jvp");
  const dummies = outputs.map((y) => y.newZeros(y.shape).requiresGrad_());
  const linear = gradients(outputs, leaves, dummies, true);
  const product = gradients(linear, dummies, change, create);
  return { output, jvp: formed(product, output) as Tensors };
}

/** The gradient of a function of one element, multiplied by v and differentiated again. */
function curved(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: Tensors,
  v: Tensors | undefined,
  options: DerivativeOptions,
  op: string,
): { readonly output: Tensors; readonly product: Tensors } {
  checkOptions(options, derivativeOptions, op);
  const create = options.createGraph === true;
  const { leaves, outputs, output } = evaluate(fn, inputs, create, op);
  const y = only(outputs, op);
  const slope = gradients([y], leaves, [y.newOnes(y.shape)], true);
  const product = gradients(slope, leaves, vectors(v, leaves, op), create);
  return { output, product: formed(product, inputs) as Tensors };
}

/**
 * The product of the hessian of a function of one element and a vector, H v, without H itself: two
 * backward passes.
 *
 * @param v of the inputs' shapes; may be left out for a single element.
 * @throws {ShapeError} when the result has more than one element, or `v` other shapes.
 *
 * @example
 * ```ts
 * import { tensor } from "@minitensor/minitensor";
 * import { hvp } from "@minitensor/minitensor/autograd";
 * const { hvp: product } = hvp((x) => x.pow(3).sum(), tensor([1, 2]), tensor([1, 10]));
 * console.assert(String(product) === "tensor([  6., 120.])"); // H is diag(6 x)
 * ```
 */
export function hvp(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: Tensors,
  v?: Tensors,
  options: DerivativeOptions = {},
): { readonly output: Tensors; readonly hvp: Tensors } {
  const { output, product } = curved(fn, inputs, v, options, "hvp");
  return { output, hvp: product }; // the hessian is symmetric: v^T H is H v
}

/**
 * The product of a vector and the hessian, v^T H: the hessian is symmetric, see {@link hvp}.
 *
 * @example
 * ```ts
 * import { tensor } from "@minitensor/minitensor";
 * import { vhp } from "@minitensor/minitensor/autograd";
 * const { output, vhp: product } = vhp((x) => x.prod(), tensor([2, 5]), tensor([1, 0]));
 * console.assert(String(output) === "tensor(10.)" && String(product) === "tensor([0., 1.])");
 * ```
 */
export function vhp(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: Tensors,
  v?: Tensors,
  options: DerivativeOptions = {},
): { readonly output: Tensors; readonly vhp: Tensors } {
  const { output, product } = curved(fn, inputs, v, options, "vhp");
  return { output, vhp: product };
}
