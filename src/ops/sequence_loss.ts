/**
 * Connectionist temporal classification: a loss of label sequences without their places in time.
 *
 * @module
 */
import { tensor } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { text } from "../shape.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { floating } from "./front.ts";
import { cat, stack } from "./join.ts";
import { checkLossOptions, type LossOptions, reduceLoss } from "./loss_reduction.ts";
import { where } from "./select.ts";

/** Lengths of the sequences of a batch. */
export type Lengths = Tensor | readonly number[];

/** Options of {@link ctcLoss}. */
export interface CtcLossOptions extends LossOptions {
  /** Class of "no label". Default 0. */
  readonly blank?: number;
  /** True: sequences too short for their labels count 0, not infinity. Default false. */
  readonly zeroInfinity?: boolean;
}

/** Labels with a blank before, between and behind: [N, 2 S + 1]. */
function withBlanks(labels: Tensor, blank: number): Tensor {
  const blanks = labels.newFull(labels.shape, blank);
  const pairs = stack([blanks, labels], 2).reshape([labels.shape[0]!, labels.shape[1]! * 2]);
  return cat([pairs, labels.newFull([labels.shape[0]!, 1], blank)], 1);
}

/** Each row moved `places` to the right, -inf following. */
function shifted(rows: Tensor, places: number): Tensor {
  const [count, width] = [rows.shape[0]!, rows.shape[1]!];
  const kept = Math.max(0, width - places);
  const gap = rows.detach().newFull([count, width - kept], -Infinity);
  return cat([gap, rows.narrow(1, 0, kept)], 1);
}

/** True where the label two before is another, so that the blank between may be left out. */
function skipping(extended: Tensor, blank: number): Tensor {
  const width = extended.shape[1]!;
  const none = extended.newZeros([extended.shape[0]!, Math.min(2, width)]).ne(0);
  if (width <= 2) return none;
  const labels = extended.narrow(1, 2, width - 2);
  const other = labels.ne(extended.narrow(1, 0, width - 2));
  return cat([none, other.logicalAnd(labels.ne(blank))], 1);
}

/** Log-probabilities of all ways to have come so far in the labels by the end of each sequence. */
function forwardScores(
  logs: Tensor,
  extended: Tensor,
  lengths: readonly number[],
  blank: number,
): Tensor {
  const [steps, count, width] = [logs.shape[0]!, logs.shape[1]!, extended.shape[1]!];
  const may = skipping(extended, blank);
  const places = extended.newOnes([count, width]).cumsum(1).sub(1);
  const nothing = logs.detach().newZeros([count, width]);
  const begun = nothing.maskedFill(places.gt(1), -Infinity);
  const ends = tensor(lengths).reshape([count, 1]);
  let scores = nothing.maskedFill(places.gt(0), -Infinity);
  for (let step = 0; step < steps; step++) {
    const emitted = logs.select(0, step).gather(1, extended);
    const ways = [
      scores,
      shifted(scores, 1),
      shifted(scores, 2).maskedFill(may.logicalNot(), -Infinity),
    ];
    const next = (step === 0 ? begun : stack(ways).logsumexp(0)).add(emitted);
    scores = where(ends.gt(step), next, scores);
  }
  return scores;
}

function lengthsOf(lengths: Lengths, count: number, most: number, what: string): number[] {
  const list = isTensor(lengths)
    ? Array.from(lengths.toTypedArray() as ArrayLike<number | bigint>, Number)
    : [...lengths];
  const bad = list.find((length) => !(Number.isInteger(length) && length >= 0 && length <= most));
  if (list.length !== count || bad !== undefined) {
    throw new ArgumentError(
      `Cannot ctcLoss with ${what} lengths ${list.join(", ")}: ` +
        `they are ${count}, each 0 to ${most}`,
      { op: "ctcLoss" },
    );
  }
  return list;
}

/** Labels as [N, S]: from rows, or from all of them one after the other. */
function labelRows(targets: Tensor, lengths: readonly number[]): Tensor {
  if (targets.ndim === 2) return targets.to("int64");
  const most = Math.max(0, ...lengths);
  let start = 0;
  const rows = lengths.map((length) => {
    const row = targets.narrow(0, start, length).to("int64");
    start += length;
    return cat([row, row.newZeros([most - length])]);
  });
  return stack(rows);
}

/**
 * Negative log-probability of label sequences, over all the ways to place them in time (Graves et
 * al. 2006). "mean" divides each by its number of labels first. The gradient is that of the loss in
 * the log-probabilities as they are given.
 *
 * @param logProbs [T, N, C] as logSoftmax gives them, or [T, C].
 * @param targets Labels [N, S], or [sum of the lengths]; not the blank. [S] for [T, C].
 * @param inputLengths Steps of each sequence, up to T.
 * @param targetLengths Labels of each sequence, up to S.
 * @returns [N] where the reduction is "none", else []; infinite where there are too few steps.
 * @throws {ShapeError} when the log-probabilities have neither 2 nor 3 dims.
 * @throws {ArgumentError} when the lengths do not fit.
 * @throws {IndexError} for a label that does not exist.
 *
 * @example
 * ```ts
 * import { ctcLoss, tensor, zeros } from "@minitensor/minitensor";
 * const even = zeros([2, 1, 2]).sub(Math.LN2); // 2 steps of 2 equally likely classes
 * const loss = ctcLoss(even, tensor([[1n]]), [2], [1]);
 * console.assert(Math.abs(Number(loss.item()) - Math.log(4 / 3)) < 1e-6);
 * ```
 */
export function ctcLoss(
  logProbs: Tensor,
  targets: Tensor,
  inputLengths: Lengths,
  targetLengths: Lengths,
  options: CtcLossOptions = {},
): Tensor {
  checkLossOptions(options, ["blank", "zeroInfinity"], "ctcLoss");
  const { blank = 0, zeroInfinity = false, reduction = "mean" } = options;
  if (logProbs.ndim === 2) {
    const loss = ctcLoss(
      logProbs.unsqueeze(1),
      targets.reshape([1, -1]),
      inputLengths,
      targetLengths,
      options,
    );
    return reduction === "none" ? loss.squeeze(0) : loss;
  }
  if (logProbs.ndim !== 3 || logProbs.shape[0] === 0) {
    throw new ShapeError(
      `Cannot ctcLoss log-probabilities of shape ${
        text(logProbs.shape)
      }: they are [T, N, C], T > 0`,
      { op: "ctcLoss" },
    );
  }
  const count = logProbs.shape[1]!;
  const steps = lengthsOf(inputLengths, count, logProbs.shape[0]!, "input");
  const most = targets.ndim === 2 ? targets.shape[1]! : targets.numel();
  const labels = lengthsOf(targetLengths, count, most, "target");
  const losses = sequenceLosses(floating(logProbs), targets, steps, labels, blank);
  const finite = zeroInfinity ? losses.maskedFill(losses.eq(Infinity), 0) : losses;
  if (reduction !== "mean") return reduceLoss(finite, reduction, "ctcLoss");
  const shares = tensor(labels.map((length) => Math.max(1, length)), { dtype: losses.dtype });
  return finite.div(shares).mean();
}

function sequenceLosses(
  logs: Tensor,
  targets: Tensor,
  steps: readonly number[],
  labels: readonly number[],
  blank: number,
): Tensor {
  const extended = withBlanks(labelRows(targets, labels), blank);
  const scores = forwardScores(logs, extended, steps, blank);
  const index = (offset: number): Tensor =>
    tensor(labels.map((length) => BigInt(Math.max(0, 2 * length - offset)))).unsqueeze(1);
  const last = scores.gather(1, index(0));
  const alone = tensor(labels.map((length) => length === 0)).unsqueeze(1);
  const before = scores.gather(1, index(1)).maskedFill(alone, -Infinity);
  return cat([last, before], 1).logsumexp(1).neg();
}
