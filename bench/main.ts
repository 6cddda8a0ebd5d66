/**
 * Measures: `deno task bench` times ours alone, `deno task bench:torch` beside PyTorch. timing.ts
 * says how. Runs in Deno and in Bun.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import os from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { emptyCache, setNumThreads } from "../mod.ts";
import { compareRow, type Comparison, type Failure, verdictOf } from "./comparison.ts";
import { describeMachine, measurePeak, watchQuiet } from "./machine.ts";
import { attempt, timeOps, type Timing, type Untimed } from "./op_timings.ts";
import { headline, markdown, type Outcome, peakShare, rateOf } from "./report.ts";
import { ratioText, writePage } from "./report.ts";
import { type Row, rows } from "./rows.ts";
import { digits, duration, line, rate } from "./table.ts";
import { geometricMean, median, timeSlices } from "./timing.ts";
import { TorchProcess } from "./torch_process.ts";
import { prepare } from "./works.ts";

const HELP = `Measures minitensor; with --torch beside PyTorch (deno task bench:torch).

  --filter TEXT    only rows whose group or name has the text (a regular expression)
  --quick          shorter and fewer slices: for a first look
  --threads LIST   numbers of threads; default 1 alone, 1,2 beside PyTorch
  --json FILE      writes everything as JSON too
  --markdown       prints tables in Markdown at the end (beside PyTorch)
  --torch PYTHON   a Python that has PyTorch
  --list           names the rows and ends
  --help           this text`;

interface Settings {
  readonly filter: RegExp;
  readonly isQuick: boolean;
  readonly threads: readonly number[];
  readonly json: string | undefined;
  readonly isMarkdown: boolean;
  readonly python: string | undefined;
}

function readSettings(): Settings | null {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const { values } = parseArgs({
    args: process.argv.slice(2).filter((argument) => argument !== "--"),
    options: {
      filter: text,
      quick: flag,
      threads: text,
      json: text,
      markdown: flag,
      torch: text,
      list: flag,
      help: flag,
    },
  });
  if (values.help) console.log(HELP);
  if (values.list) { for (const { group, name } of rows) console.log(`${group}: ${name}`); }
  if (values.help || values.list) return null;
  return {
    filter: new RegExp(values.filter ?? "", "i"),
    isQuick: values.quick,
    threads: readThreads(values.threads, values.torch !== undefined),
    json: values.json,
    isMarkdown: values.markdown,
    python: values.torch,
  };
}

function readThreads(text: string | undefined, isComparison: boolean): readonly number[] {
  const most = isComparison ? Math.min(2, os.availableParallelism()) : 1;
  if (text === undefined) return most === 1 ? [1] : [1, most];
  const threads = text.split(",").map(Number);
  if (threads.some((count) => !Number.isInteger(count) || count < 1)) {
    throw new RangeError(`Cannot use --threads ${text}: it is a list of whole numbers, as in 1,2`);
  }
  return threads;
}

function chosenRows({ filter }: Settings): readonly Row[] {
  return rows.filter(({ group, name }) => filter.test(name) || filter.test(group));
}

function writeJson({ json }: Settings, value: unknown): void {
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(value, null, 2)}\n`);
}

// Ours alone.

const timingWidths = [44, 10, 10, 14];

/** Rows of real sizes, ours alone. */
function* timeRows(settings: Settings, schedule: Schedule): Generator<Timing | Untimed> {
  for (const row of chosenRows(settings)) {
    const { name, work } = row;
    yield attempt(name, () => {
      const { loop, bytes } = prepare(work);
      const slices = timeSlices(loop, schedule.milliseconds, schedule.slices);
      const flops = work.kind === "call" ? work.flops ?? 0 : 0;
      return { name, slices, bytes, flops };
    });
    emptyCache();
  }
}

interface Schedule {
  readonly milliseconds: number;
  readonly slices: number;
}

function printTiming(timing: Timing | Untimed): void {
  if ("reason" in timing) return console.log(`${timing.name}: not timed, ${timing.reason}`);
  const { name, slices, bytes, flops } = timing;
  const best = Math.min(...slices);
  const cells = [name, duration(best), duration(median(slices)), rate(best, bytes, flops)];
  console.log(line(cells, timingWidths));
}

function benchAlone(settings: Settings): void {
  const machine = describeMachine();
  const isNoisy = watchQuiet();
  const schedule = settings.isQuick
    ? { milliseconds: 2, slices: 3 }
    : { milliseconds: 10, slices: 5 };
  const { cpu, cores, level, runtime, load } = machine;
  console.log(`${cpu}, ${cores} cores, kernels ${level}; ${runtime}; load ${load.toFixed(1)}`);
  const results: ((Timing | Untimed) & { readonly threads: number })[] = [];
  for (const threads of settings.threads) {
    setNumThreads(threads);
    const parts = {
      "samples of the ops": timeOps(settings.filter, schedule),
      "real sizes": timeRows(settings, schedule),
    };
    for (const [title, timings] of Object.entries(parts)) {
      const head = `${title}, ${threads === 1 ? "1 thread" : `${threads} threads`}`;
      console.log(`\n${line([head, "best", "median", "rate"], timingWidths)}`);
      for (const timing of timings) {
        printTiming(timing);
        results.push({ ...timing, threads });
      }
    }
  }
  const warning = isNoisy();
  if (warning !== null) console.log(`\n${warning}`);
  writeJson(settings, { machine, warning, results });
  if (results.some((result) => "reason" in result)) process.exitCode = 1;
}

// Beside PyTorch.

const comparisonWidths = [44, 2, 10, 10, 18, 6, 6, 14, 6, 9];
const comparisonHead = ["", "T", "PyTorch", "ours", "ratio", "best", "bar", "ours", "peak", ""];
const verdicts = { reached: "", none: "", open: "~ bar", under: "< BAR" };

function printComparison(comparison: Comparison, peak: ReadonlyMap<number, number>): void {
  const { row, threads, torch, ours } = comparison;
  const share = peakShare(comparison, peak);
  const isUnderPeak = share !== null && threads === 1 && share < (row.peakBar ?? 0);
  const cells = [
    row.name,
    String(threads),
    duration(torch),
    duration(ours),
    ratioText(comparison),
    digits(comparison.torchBest / comparison.oursBest),
    row.bar === null ? "" : String(row.bar),
    rateOf(comparison),
    share === null ? "" : `${(100 * share).toFixed(0)} %`,
    `${verdicts[verdictOf(comparison)]}${isUnderPeak ? " < PEAK" : ""}`.trim(),
  ];
  console.log(line(cells, comparisonWidths));
}

async function compareAll(
  settings: Settings,
  torch: TorchProcess,
  peak: ReadonlyMap<number, number>,
): Promise<Pick<Outcome, "comparisons" | "failures">> {
  const { threads, isQuick } = settings;
  const schedule = isQuick
    ? { threads, milliseconds: 5, pairs: 3 }
    : { threads, milliseconds: 20, pairs: 7 };
  const comparisons: Comparison[] = [];
  const failures: Failure[] = [];
  let group = "";
  for (const row of chosenRows(settings)) {
    if (row.group !== group) {
      group = row.group;
      console.log(`\n${line([group.toUpperCase(), ...comparisonHead.slice(1)], comparisonWidths)}`);
    }
    const found = await compareRow(row, torch, schedule);
    if ("reason" in found) {
      failures.push(found);
      console.log(`${row.name}: not compared, ${found.reason}`);
      continue;
    }
    comparisons.push(...found);
    for (const comparison of found) printComparison(comparison, peak);
  }
  return { comparisons, failures };
}

function printSummary({ comparisons, failures, warning }: Outcome): void {
  const groups = Map.groupBy(comparisons, ({ row, threads }) => `${row.group}, ${threads}`);
  const widths = [20, 8, 8, 8, 8, 6];
  console.log(
    `\n${line(["GROUP, threads", "mean", "lowest", "highest", "rows", "under"], widths)}`,
  );
  for (const [name, list] of groups) {
    const ratios = list.map(({ ratio }) => ratio);
    const under = list.filter(({ row, ratio }) => row.bar !== null && ratio < row.bar).length;
    const low = Math.min(...ratios);
    const figures = [geometricMean(ratios), low, Math.max(...ratios)].map(digits);
    console.log(line([name, ...figures, String(list.length), String(under)], widths));
  }
  if (failures.length > 0) {
    console.log(`\nnot compared: ${failures.map(({ row }) => row.name).join("; ")}`);
    process.exitCode = 1;
  }
  if (warning !== null) console.log(`\n${warning}`);
}

async function benchBesideTorch(settings: Settings, python: string): Promise<void> {
  const machine = describeMachine();
  const isNoisy = watchQuiet();
  const start = performance.now();
  const torch = await TorchProcess.start(python);
  try {
    const about = await torch.about();
    const peak = measurePeak(settings.threads);
    const known = { machine, torch: about, peak };
    console.log(headline({ ...known, comparisons: [], failures: [], warning: null }));
    const peaks = [...peak].map(([threads, rate]) => `${digits(rate)} GFLOP/s at ${threads}`);
    if (peaks.length > 0) console.log(`FMA peak by threads: ${peaks.join(", ")}`);
    const found = await compareAll(settings, torch, peak);
    const outcome: Outcome = { ...known, ...found, warning: isNoisy() };
    printSummary(outcome);
    writeJson(settings, { ...outcome, peak: Object.fromEntries(peak) });
    const page = fileURLToPath(new URL("report.html", import.meta.url));
    if (found.comparisons.length > 0) writePage(page, outcome);
    console.log(`\n${((performance.now() - start) / 1000).toFixed(0)} s; wrote ${page}`);
    if (settings.isMarkdown) console.log(`\n${markdown(outcome)}`);
  } finally {
    torch.stop();
  }
}

const settings = readSettings();
if (settings !== null) {
  if (settings.python === undefined) benchAlone(settings);
  else await benchBesideTorch(settings, settings.python);
}
