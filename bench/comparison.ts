/**
 * Rows measured beside PyTorch, slice by slice in turn. The method is described in timing.ts.
 *
 * @module
 */
import { emptyCache, setNumThreads } from "../mod.ts";
import type { Row } from "./rows.ts";
import { calibrate, median, timeSlice } from "./timing.ts";
import type { TorchProcess } from "./torch_process.ts";
import { prepare, type PreparedWork } from "./works.ts";

/** How long and how often. */
export interface Schedule {
  readonly threads: readonly number[];
  /** Milliseconds of a slice. */
  readonly milliseconds: number;
  /** Pairs of slices. */
  readonly pairs: number;
}

/** A row at one number of threads. */
export interface Comparison {
  readonly row: Row;
  readonly threads: number;
  /** Nanoseconds a call, median of the slices. */
  readonly torch: number;
  /** Nanoseconds a call, median of the slices. */
  readonly ours: number;
  /** Nanoseconds a call of the best slice. */
  readonly torchBest: number;
  /** Nanoseconds a call of the best slice. */
  readonly oursBest: number;
  /** PyTorch's time over ours: median, lowest and highest of the pairs. */
  readonly ratio: number;
  readonly ratioMin: number;
  readonly ratioMax: number;
  readonly bytes: number;
}

/** A row that could not be compared, and why. */
export interface Failure {
  readonly row: Row;
  readonly reason: string;
}

/** Milliseconds after which libgomp's threads no longer spin. */
const SETTLE = 15;

/** A pair of slices longer than this, in milliseconds, is not repeated as often. */
const LONG_PAIR = 200;

/** Sums in another order differ by this much at most, relative to the mean. */
const AGREEMENT = 1e-3;

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function compareAt(
  row: Row,
  { loop, bytes }: PreparedWork,
  torch: TorchProcess,
  threads: number,
  { milliseconds, pairs }: Schedule,
): Promise<Comparison> {
  setNumThreads(threads);
  await torch.setThreads(threads);
  const torchCalls = await torch.calibrate(milliseconds);
  if (threads > 1) await pause(SETTLE);
  const ownCalls = calibrate(loop, milliseconds);
  const theirs: number[] = [];
  const ours: number[] = [];
  const start = performance.now();
  for (let pair = 0; pair < pairs; pair++) {
    theirs.push(await torch.timeSlice(torchCalls, milliseconds));
    if (threads > 1) await pause(SETTLE);
    ours.push(timeSlice(loop, ownCalls, milliseconds));
    const elapsed = performance.now() - start;
    if (pair >= 2 && elapsed / (pair + 1) > LONG_PAIR) break;
  }
  const ratios = theirs.map((time, i) => time / ours[i]!);
  return {
    row,
    threads,
    torch: median(theirs),
    ours: median(ours),
    torchBest: Math.min(...theirs),
    oursBest: Math.min(...ours),
    ratio: median(ratios),
    ratioMin: Math.min(...ratios),
    ratioMax: Math.max(...ratios),
    bytes,
  };
}

function checkAgreement(ours: number | null, theirs: number | null): string | null {
  if (ours === null || theirs === null) return null;
  const isClose = Math.abs(ours - theirs) <= AGREEMENT * Math.max(Math.abs(theirs), 1e-6);
  return isClose ? null : `the results differ: mean size ${ours} here, ${theirs} in PyTorch`;
}

/** Compares one row at each number of threads, or says why it cannot be compared. */
export async function compareRow(
  row: Row,
  torch: TorchProcess,
  schedule: Schedule,
): Promise<readonly Comparison[] | Failure> {
  try {
    const prepared = prepare(row.work);
    const found = await torch.prepare(row.work);
    const problem = checkAgreement(prepared.fingerprint, found);
    if (problem !== null) return { row, reason: problem };
    const comparisons: Comparison[] = [];
    for (const threads of schedule.threads) {
      comparisons.push(await compareAt(row, prepared, torch, threads, schedule));
    }
    return comparisons;
  } catch (error) {
    return { row, reason: String(error) }; // the other rows are measured all the same
  } finally {
    emptyCache();
  }
}

/** How a row stands to its bar: a spread around the bar leaves it open. */
export type Verdict = "reached" | "open" | "under" | "none";

/** Whether a comparison reaches its row's bar. */
export function verdictOf({ row, ratio, ratioMin, ratioMax }: Comparison): Verdict {
  if (row.bar === null) return "none";
  if (ratio >= row.bar) return ratioMin >= row.bar ? "reached" : "open";
  return ratioMax < row.bar ? "under" : "open";
}
