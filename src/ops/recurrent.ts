/**
 * One step of recurrent networks. Weights have PyTorch's layout: those of all gates above one
 * another, so that each step is two matrix products and one pass over the gates.
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../errors.ts";
import { sameShape, type Shape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, promote } from "./front.ts";
import { linear } from "./linalg.ts";
import { gruGates, lstmGates } from "./recurrent_gates.ts";

/** Weights of a cell with state size H, input size I and G gates (LSTM 4, GRU 3, plain 1). */
export interface CellWeights {
  /** For the input, [G H, I]. */
  readonly weightIh: Tensor;
  /** For the state, [G H, H]. */
  readonly weightHh: Tensor;
  /** Added to the input's part, [G H]. */
  readonly biasIh?: Tensor | null;
  /** Added to the state's part, [G H]. */
  readonly biasHh?: Tensor | null;
}

/** State of an LSTM cell. */
export interface LstmState {
  /** What the cell shows, [N, H] or [H]. */
  readonly h: Tensor;
  /** What it keeps, of the same shape. */
  readonly c: Tensor;
}

/**
 * The step of a plain recurrent network (Elman 1990): tanh(Wx + b + Wh + b'), or relu of that.
 *
 * @param x [N, I] or [I].
 * @param h the state, [N, H] or [H].
 * @returns the next state, as h; float.
 * @throws {ShapeError} when the shapes do not fit.
 * @throws {ArgumentError} for another nonlinearity.
 *
 * @example
 * ```ts
 * import { rnnCell, tensor } from "@minitensor/minitensor";
 * const weights = { weightIh: tensor([[2]]), weightHh: tensor([[1]]) };
 * const h = rnnCell(tensor([3]), tensor([1]), weights, { nonlinearity: "relu" });
 * console.assert(h.item() === 7);
 * ```
 */
export function rnnCell(
  x: Tensor,
  h: Tensor,
  weights: CellWeights,
  options: RnnCellOptions = {},
): Tensor {
  checkOptions(options, ["nonlinearity"], "rnnCell");
  const { nonlinearity = "tanh" } = options;
  if (nonlinearity !== "tanh" && nonlinearity !== "relu") {
    throw new ArgumentError(
      `Cannot rnnCell with nonlinearity ${nonlinearity}: it is tanh or relu`,
      { op: "rnnCell" },
    );
  }
  const { fromInput, fromState, shape } = partsOf(x, [h], weights, 1, "rnnCell");
  const sum = fromInput.add(fromState);
  return (nonlinearity === "tanh" ? sum.tanh() : sum.relu()).reshape(shape);
}

/** Options of {@link rnnCell}. */
export interface RnnCellOptions {
  /** What is applied to the sum. Default "tanh". */
  readonly nonlinearity?: "tanh" | "relu";
}

/**
 * The step of a long short-term memory (Hochreiter and Schmidhuber 1997) with forget gates (Gers et
 * al. 2000). With gates i, f, o = sigmoid and g = tanh of their parts of Wx + b + Wh + b', in the
 * order i, f, g, o: c' = f c + i g, h' = o tanh(c').
 *
 * @param x [N, I] or [I].
 * @param state h and c, [N, H] or [H].
 * @returns the next state; float.
 * @throws {ShapeError} when the shapes do not fit.
 *
 * @example
 * ```ts
 * import { lstmCell, ones, zeros } from "@minitensor/minitensor";
 * const weights = { weightIh: zeros([8, 3]), weightHh: zeros([8, 2]) };
 * const { c } = lstmCell(ones([1, 3]), { h: zeros([1, 2]), c: ones([1, 2]) }, weights);
 * console.assert(c.toArray().toString() === "0.5,0.5"); // every gate is half open
 * ```
 */
export function lstmCell(x: Tensor, state: LstmState, weights: CellWeights): LstmState {
  checkOptions(state, ["h", "c"], "lstmCell");
  const parts = partsOf(x, [state.h, state.c], weights, 4, "lstmCell");
  const [h, c] = lstmGates(parts.fromInput, parts.fromState, parts.states[1]!);
  return { h: h!.reshape(parts.shape), c: c!.reshape(parts.shape) };
}

/**
 * The step of a gated recurrent unit (Cho et al. 2014). With r, z = sigmoid of their parts of
 * Wx + b + Wh + b', in the order r, z, n: n = tanh(nx + r nh), h' = (1 - z) n + z h.
 *
 * @param x [N, I] or [I].
 * @param h the state, [N, H] or [H].
 * @returns the next state, as h; float.
 * @throws {ShapeError} when the shapes do not fit.
 *
 * @example
 * ```ts
 * import { gruCell, ones, zeros } from "@minitensor/minitensor";
 * const weights = { weightIh: zeros([6, 3]), weightHh: zeros([6, 2]) };
 * const h = gruCell(ones([1, 3]), ones([1, 2]), weights);
 * console.assert(h.toArray().toString() === "0.5,0.5");
 * ```
 */
export function gruCell(x: Tensor, h: Tensor, weights: CellWeights): Tensor {
  const { fromInput, fromState, states, shape } = partsOf(x, [h], weights, 3, "gruCell");
  return gruGates(fromInput, fromState, states[0]!)[0]!.reshape(shape);
}

const weightNames: readonly string[] = ["weightIh", "weightHh", "biasIh", "biasHh"];

/** The input's and the states' parts of all gates, [N, G H] each, and the states as [N, H]. */
interface Parts {
  readonly fromInput: Tensor;
  readonly fromState: Tensor;
  readonly states: readonly Tensor[];
  /** The shape of a state, as it was given. */
  readonly shape: Shape;
}

function partsOf(
  x: Tensor,
  states: readonly Tensor[],
  weights: CellWeights,
  gates: number,
  op: string,
): Parts {
  checkOptions(weights, weightNames, op);
  checkShapes(x, states, weights, gates, op);
  const { weightIh, weightHh, biasIh, biasHh } = weights;
  const biases = [biasIh, biasHh].filter((bias) => bias !== null && bias !== undefined);
  const all = promote([x, weightIh, weightHh, ...states, ...biases], true);
  const [input, ih, hh] = all as [Tensor, Tensor, Tensor];
  const rows = (tensor: Tensor) => tensor.ndim === 1 ? tensor.unsqueeze(0) : tensor;
  const given = all.slice(3, 3 + states.length).map(rows);
  const biasOf = (given: Tensor | null | undefined) => ({ bias: given?.to(input.dtype) ?? null });
  return {
    fromInput: linear(rows(input), ih, biasOf(biasIh)),
    fromState: linear(given[0]!, hh, biasOf(biasHh)),
    states: given,
    shape: states[0]!.shape,
  };
}

function checkShapes(
  x: Tensor,
  states: readonly Tensor[],
  { weightIh, weightHh, biasIh, biasHh }: CellWeights,
  gates: number,
  op: string,
): void {
  const hidden = weightHh.shape.at(-1)!;
  const wide = gates * hidden;
  const input = x.shape.at(-1)!;
  const expected: readonly (readonly [string, Tensor | null | undefined, Shape])[] = [
    ...states.map((state, i) =>
      [i === 0 ? "h" : "c", state, [...x.shape.slice(0, -1), hidden]] as const
    ),
    ["weightIh", weightIh, [wide, input]],
    ["weightHh", weightHh, [wide, hidden]],
    ["biasIh", biasIh, [wide]],
    ["biasHh", biasHh, [wide]],
  ];
  if (x.ndim !== 1 && x.ndim !== 2) {
    throw new ShapeError(`Cannot ${op} a tensor of shape ${text(x.shape)}: it takes [N, I]`, {
      op,
    });
  }
  for (const [name, given, shape] of expected) {
    if (!given || sameShape(given.shape, shape)) continue;
    throw new ShapeError(
      `Cannot ${op} with ${name} of shape ${text(given.shape)}: expected ${text(shape)}`,
      { op },
    );
  }
}
