/**
 * Gradients of functions, as functions.
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../errors.ts";
import { modes } from "../graph.ts";
import { checkOptions } from "../ops/front.ts";
import { enableGrad } from "../recording.ts";
import { text } from "../shape.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Argnums, open, parted, slopes } from "./leaves.ts";
import { describe } from "./tree.ts";

/** Options of {@link grad} and {@link gradAndValue}. */
export interface GradOptions<N extends Argnums = Argnums> {
  /** The argument to differentiate by, or several; negative ones count from the end. Default 0. */
  readonly argnums?: N;
  /** True: the function answers `[value, aux]`, and aux is handed on. Default false. */
  readonly hasAux?: boolean;
}

/** As {@link GradOptions}, for a function that answers a value alone. */
export interface PlainGradOptions<N extends Argnums> extends GradOptions<N> {
  /** The function answers the value alone. */
  readonly hasAux?: false;
}

/** As {@link GradOptions}, for a function that answers `[value, aux]`. */
export interface AuxGradOptions<N extends Argnums> extends GradOptions<N> {
  /** The function answers `[value, aux]`. */
  readonly hasAux: true;
}

/** The type of an argument, by its number. */
/** Type of the argument at an index, N; of all of them together where N is not known. */
export type ArgumentAt<Arguments extends unknown[], N> = `${N & number}` extends keyof Arguments
  ? Arguments[`${N & number}` & keyof Arguments]
  : Arguments[number];

/** In the form of the arguments that are asked for: of one, or an array with one for each. */
export type GradientOf<Arguments extends unknown[], N extends Argnums> = N extends readonly number[]
  ? { -readonly [K in keyof N]: ArgumentAt<Arguments, N[K]> }
  : ArgumentAt<Arguments, N>;

/**
 * The function that gives the gradient of `fn`, which answers one number: in the form of the
 * argument that it is by, a tensor or an array or object of tensors. Applied again it gives second
 * derivatives; under {@link vmap} the gradients of each example.
 *
 * The gradient is a value of its own: no `grad` is touched, and it has a graph where something
 * outside of `fn` that requires a gradient took part. Arguments that the result does not depend on
 * have zeros.
 *
 * @returns the gradient; with `hasAux` `{ grad, aux }`.
 * @throws {ShapeError} when `fn` answers a tensor of more than one element, or not of rank 0.
 * @throws {DTypeError} for an argument that is not floating-point.
 * @throws {ArgumentError} when there is no such argument, or it has something else than tensors.
 *
 * @example
 * ```ts
 * import { type Tensor, tensor, vmap } from "@minitensor/minitensor";
 * import { grad } from "@minitensor/minitensor/func";
 * const loss = (w: Tensor, x: Tensor) => w.mul(x).sum().square();
 * const each = vmap(grad(loss), { inDims: [null, 0] });
 * const g = each(tensor([1, 1]), tensor([[1, 2], [0, 1]]));
 * console.assert(g.toArray().toString() === "6,12,0,2");
 * ```
 */
export function grad<Arguments extends unknown[], const N extends Argnums = 0>(
  fn: (...given: Arguments) => Tensor,
  options?: PlainGradOptions<N>,
): (...given: Arguments) => GradientOf<Arguments, N>;
/**
 * With something besides the gradient: `fn` answers both.
 *
 * @example
 * ```ts
 * import { type Tensor, tensor } from "@minitensor/minitensor";
 * import { grad } from "@minitensor/minitensor/func";
 * const fn = (x: Tensor) => [x.square().sum(), x.numel()] as const;
 * const { grad: g, aux } = grad(fn, { hasAux: true })(tensor([1, 2]));
 * console.assert(g.toArray().toString() === "2,4" && aux === 2);
 * ```
 */
export function grad<Arguments extends unknown[], Aux, const N extends Argnums = 0>(
  fn: (...given: Arguments) => readonly [Tensor, Aux],
  options: AuxGradOptions<N>,
): (...given: Arguments) => { readonly grad: GradientOf<Arguments, N>; readonly aux: Aux };
export function grad<Arguments extends unknown[]>(
  fn: (...given: Arguments) => unknown,
  options: GradOptions = {},
): (...given: Arguments) => unknown {
  const both = evaluator(fn, options, "grad");
  return (...given) => {
    const { grad, aux } = both(given);
    return options.hasAux === true ? { grad, aux } : grad;
  };
}

/**
 * As {@link grad}, with the value of `fn` beside its gradient.
 *
 * @throws {ShapeError} when `fn` answers a tensor of more than one element, or not of rank 0.
 * @throws {DTypeError} for an argument that is not floating-point.
 * @throws {ArgumentError} when there is no such argument, or it has something else than tensors.
 *
 * @example
 * ```ts
 * import { type Tensor, tensor } from "@minitensor/minitensor";
 * import { gradAndValue } from "@minitensor/minitensor/func";
 * const { grad, value } = gradAndValue((x: Tensor) => x.square().sum())(tensor([1, 2]));
 * console.assert(value.item() === 5 && grad.toArray().toString() === "2,4");
 * ```
 */
export function gradAndValue<Arguments extends unknown[], const N extends Argnums = 0>(
  fn: (...given: Arguments) => Tensor,
  options?: PlainGradOptions<N>,
): (
  ...given: Arguments
) => { readonly grad: GradientOf<Arguments, N>; readonly value: Tensor };
/**
 * With something besides both.
 *
 * @example
 * ```ts
 * import { type Tensor, tensor } from "@minitensor/minitensor";
 * import { gradAndValue } from "@minitensor/minitensor/func";
 * const fn = (x: Tensor) => [x.square(), "squared"] as const;
 * const { grad, value, aux } = gradAndValue(fn, { hasAux: true })(tensor(3));
 * console.assert(grad.item() === 6 && value.item() === 9 && aux === "squared");
 * ```
 */
export function gradAndValue<Arguments extends unknown[], Aux, const N extends Argnums = 0>(
  fn: (...given: Arguments) => readonly [Tensor, Aux],
  options: AuxGradOptions<N>,
): (
  ...given: Arguments
) => { readonly grad: GradientOf<Arguments, N>; readonly value: Tensor; readonly aux: Aux };
export function gradAndValue<Arguments extends unknown[]>(
  fn: (...given: Arguments) => unknown,
  options: GradOptions = {},
): (...given: Arguments) => unknown {
  const both = evaluator(fn, options, "gradAndValue");
  return (...given) => {
    const { grad, value, aux } = both(given);
    return options.hasAux === true ? { grad, value, aux } : { grad, value };
  };
}

interface Evaluated {
  readonly grad: unknown;
  readonly value: Tensor;
  readonly aux: unknown;
}

function evaluator<Arguments extends unknown[]>(
  fn: (...given: Arguments) => unknown,
  options: GradOptions,
  op: string,
): (given: Arguments) => Evaluated {
  checkOptions(options, ["argnums", "hasAux"], op);
  const { argnums = 0, hasAux = false } = options;
  return (given) => {
    const recorded = modes.gradients;
    const { region, given: inside, leaves, formed } = open(given, argnums, op);
    const result = enableGrad(() => fn(...inside as Arguments));
    const [value, aux] = parted(result, hasAux, op);
    requireNumber(value, op);
    const createGraph = recorded && region.isKnownOutside(value);
    const one = [value.newOnes([])];
    const found = slopes([value], leaves, one, { createGraph, retainGraph: createGraph });
    const answer = {
      grad: formed(found.map((x) => region.leave(x))),
      value: region.leave(value),
      aux: region.leaveAll(aux),
    };
    region.release([value, ...found]);
    return answer;
  };
}

function requireNumber(value: unknown, op: string): asserts value is Tensor {
  if (!isTensor(value)) {
    throw new ArgumentError(
      `Cannot ${op} a function that answers ${describe(value)}: it is no tensor`,
      { op },
    );
  }
  if (value.ndim === 0) return;
  throw new ShapeError(
    `Cannot ${op} a function that answers a tensor of shape ${text(value.shape)}: ` +
      "it must have rank 0",
    { op, suggestion: "Use vjp() or jacrev()" },
  );
}
