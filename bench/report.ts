/**
 * The comparison with PyTorch as Markdown and as a page.
 *
 * @module
 */
import { type ReportSection, writeReport } from "../src/debug/mod.ts";
import { type Comparison, type Failure, verdictOf } from "./comparison.ts";
import type { Machine } from "./machine.ts";
import { digits, duration, markdownTable, rate } from "./table.ts";
import { geometricMean } from "./timing.ts";

/** Everything that a run has found. */
export interface Outcome {
  readonly machine: Machine;
  /** PyTorch's version and CPU level. */
  readonly torch: { readonly version: string; readonly level: string };
  readonly comparisons: readonly Comparison[];
  readonly failures: readonly Failure[];
  /** GFLOP/s of float32 by number of threads. */
  readonly peak: ReadonlyMap<number, number>;
  /** Set when other processes wanted the cores. */
  readonly warning: string | null;
}

/** Machine and software in one line. */
export function headline({ machine, torch }: Outcome): string {
  const { cpu, cores, level, runtime, load } = machine;
  return `${cpu}, ${cores} cores, kernels ${level}; ${runtime}; ` +
    `PyTorch ${torch.version} (${torch.level}); load ${load.toFixed(1)}`;
}

/** Share of the FMA peak, for float32 work counted in operations. */
export function peakShare(
  { row, ours, threads }: Comparison,
  peak: ReadonlyMap<number, number>,
): number | null {
  const limit = peak.get(threads);
  if (limit === undefined || row.work.kind !== "call" || row.work.flops === undefined) return null;
  if (row.work.inputs[0]!.dtype === "float64") return null;
  return row.work.flops / ours / limit;
}

/** The rate of our side of a comparison. */
export function rateOf({ row, ours, bytes }: Comparison): string {
  return rate(ours, bytes, row.work.kind === "call" ? row.work.flops ?? 0 : 0);
}

/** `3.1 (2.9-3.3)`: median and spread. */
export function ratioText({ ratio, ratioMin, ratioMax }: Comparison): string {
  return `${digits(ratio)} (${digits(ratioMin)}-${digits(ratioMax)})`;
}

function groupsOf(comparisons: readonly Comparison[]): ReadonlyMap<string, Comparison[]> {
  return Map.groupBy(comparisons, ({ row }) => row.group);
}

function threadsOf(comparisons: readonly Comparison[]): readonly number[] {
  return [...new Set(comparisons.map(({ threads }) => threads))];
}

function threadText(threads: number): string {
  return threads === 1 ? "1 thread" : `${threads} threads`;
}

/** Geometric mean, lowest and highest of some rows' ratios. */
function span(comparisons: readonly Comparison[]): string {
  const ratios = comparisons.map(({ ratio }) => ratio);
  if (ratios.length === 0) return "";
  const [low, high] = [Math.min(...ratios), Math.max(...ratios)];
  return `${digits(geometricMean(ratios))} (${digits(low)}-${digits(high)})`;
}

/** Two tables for a README: the groups, and the rows folded away. */
export function markdown(outcome: Outcome): string {
  const { comparisons, warning } = outcome;
  const threads = threadsOf(comparisons);
  const heads = threads.map(threadText);
  const groups = [...groupsOf(comparisons)].map(([group, list]) => [
    group,
    String(new Set(list.map(({ row }) => row.name)).size),
    ...threads.map((count) => span(list.filter((comparison) => comparison.threads === count))),
  ]);
  const byRow = Map.groupBy(comparisons, ({ row }) => row.name);
  const lines = [...byRow].map(([name, list]) => [
    name,
    duration(list[0]!.torch),
    duration(list[0]!.ours),
    ...list.map(ratioText),
  ]);
  const first = threads[0] ?? 1;
  const columns = [`PyTorch, ${threadText(first)}`, `minitensor, ${threadText(first)}`];
  return `PyTorch's time divided by minitensor's: geometric mean of the rows (lowest-highest).
${headline(outcome)}.
${warning === null ? "" : `\n**${warning}**\n`}
${markdownTable(["Group", "Rows", ...heads], groups)}

<details><summary>All rows: median of the pairs (lowest-highest)</summary>

${markdownTable(["Row", ...columns, ...heads], lines)}

</details>`;
}

const marks = { reached: "", none: "", open: " (around the bar)", under: " (under the bar)" };

/** A group as a table of the page: each row's ratios, rate and verdict. */
function groupSection(group: string, list: readonly Comparison[]): ReportSection {
  const byRow = Map.groupBy(list, ({ row }) => row.name);
  const rows = [...byRow].map(([name, same]) => {
    const texts = same.map((comparison) =>
      `${ratioText(comparison)} at ${threadText(comparison.threads)}, ` +
      `${duration(comparison.ours)}${marks[verdictOf(comparison)]}`
    );
    return [name, texts.join(" · ")] as const;
  });
  const bars = new Set(list.map(({ row }) => row.bar).filter((bar) => bar !== null));
  const goal = bars.size === 0 ? "" : `, to reach: ${[...bars].sort((x, y) => x - y).join(" to ")}`;
  return { kind: "table", title: `${group}${goal}`, rows };
}

/** GFLOP/s of square products over their size. */
function matmulSection({ comparisons, peak }: Outcome): ReportSection[] {
  const points = (threads: number, side: "ours" | "torch") =>
    comparisons.flatMap((comparison) => {
      const size = /^matmul (\d+)$/.exec(comparison.row.name)?.[1];
      const { work } = comparison.row;
      if (size === undefined || work.kind !== "call" || comparison.threads !== threads) return [];
      return [[Number(size), work.flops! / comparison[side]] as const];
    });
  const series = threadsOf(comparisons).flatMap((threads) => {
    const ours = points(threads, "ours");
    const limit = peak.get(threads);
    const top = ours.map(([size]) => [size, limit ?? NaN] as const);
    const name = threadText(threads);
    return [
      { name: `minitensor, ${name}`, points: ours },
      { name: `PyTorch, ${name}`, points: points(threads, "torch") },
      ...(limit === undefined ? [] : [{ name: `FMA peak, ${name}`, points: top }]),
    ];
  });
  if (series.every(({ points }) => points.length < 2)) return [];
  const title = "Products of square matrices";
  return [{ kind: "chart", title, series, xLabel: "rows", yLabel: "GFLOP/s" }];
}

/** Text at the end of the page. */
function methodSection({ failures }: Outcome): ReportSection {
  const missing = failures.map(({ row, reason }) => `${row.name}: ${reason}`);
  const text = `Times are wall times a call. PyTorch and minitensor take turns, slice by slice;
a ratio is PyTorch's time over minitensor's within a pair of slices: median (lowest-highest).
Both make their results anew in each call. How exactly: bench/timing.ts.
${missing.length === 0 ? "" : `\nNot compared:\n${missing.join("\n")}`}`;
  return { kind: "text", title: "Method", text: text.trim() };
}

/** Writes the page. */
export function writePage(path: string, outcome: Outcome): void {
  const { comparisons } = outcome;
  const withBar = comparisons.filter((comparison) => verdictOf(comparison) !== "none");
  const good = withBar.filter(({ row, ratio }) => ratio >= row.bar!);
  const figures = threadsOf(comparisons).map((threads) => {
    const list = comparisons.filter((comparison) => comparison.threads === threads);
    const mean = geometricMean(list.map(({ ratio }) => ratio));
    return [`times PyTorch's speed, ${threadText(threads)}`, digits(mean)] as const;
  });
  writeReport(path, {
    title: "minitensor beside PyTorch",
    subtitle: outcome.warning === null
      ? headline(outcome)
      : `${headline(outcome)}. ${outcome.warning}`,
    figures: [...figures, ["measurements at their goal", `${good.length} of ${withBar.length}`]],
    sections: [
      ...matmulSection(outcome),
      ...[...groupsOf(comparisons)].map(([group, list]) => groupSection(group, list)),
      methodSection(outcome),
    ],
  });
}
