/**
 * A report of a training run as one HTML file that needs nothing else: pictures, charts and styles
 * are inside. It follows the reader's light or dark setting and is readable on a phone.
 *
 * @module
 */
import { writeFileAtomic } from "../host.ts";
import { renderChart, type Series } from "./report_chart.ts";
import { escapeHtml } from "./report_html.ts";
import { type Picture, renderPicture } from "./report_picture.ts";
import { STYLE } from "./report_style.ts";

/** What a report says. */
export interface Report {
  /** Heading of the page, and its title in the browser. */
  readonly title: string;
  /** A sentence below the title. */
  readonly subtitle?: string;
  /** The few numbers that matter most, shown large: name and value. */
  readonly figures?: readonly (readonly [string, string])[];
  /** Its parts, one below the other. */
  readonly sections: readonly ReportSection[];
}

/** A part of a report. */
export type ReportSection =
  | ChartSection
  | ConfusionSection
  | PicturesSection
  | TableSection
  | TextSection;

/** Lines over a common horizontal axis. */
export interface ChartSection {
  /** Tells this section from others. */
  readonly kind: "chart";
  /** Heading of the section. */
  readonly title: string;
  /** The lines. */
  readonly series: readonly Series[];
  /** What the horizontal axis counts. */
  readonly xLabel?: string;
  /** What the vertical axis measures. */
  readonly yLabel?: string;
  /** A logarithmic vertical axis; values of 0 and less are left out. */
  readonly isLogarithmic?: boolean;
}

/** How often each class was taken for each. */
export interface ConfusionSection {
  /** Tells this section from others. */
  readonly kind: "confusion";
  /** Heading of the section. */
  readonly title: string;
  /** Names of the classes. */
  readonly labels: readonly string[];
  /** `counts[i][j]`: how many of class i were predicted as class j. */
  readonly counts: readonly (readonly number[])[];
}

/** Small pictures with a line below each. */
export interface PicturesSection {
  /** Tells this section from others. */
  readonly kind: "pictures";
  /** Heading of the section. */
  readonly title: string;
  /** The pictures, in rows. */
  readonly pictures: readonly Picture[];
}

/** Names and values. */
export interface TableSection {
  /** Tells this section from others. */
  readonly kind: "table";
  /** Heading of the section. */
  readonly title: string;
  /** A row for each: name and value. */
  readonly rows: readonly (readonly [string, string | number])[];
}

/** Text as it is, with its line breaks. */
export interface TextSection {
  /** Tells this section from others. */
  readonly kind: "text";
  /** Heading of the section. */
  readonly title: string;
  /** The text. */
  readonly text: string;
}

/**
 * Writes the page of {@link renderReport} to a file: whole, or not at all.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { writeReport } from "@minitensor/minitensor/debug";
 * const path = `${tmpdir()}/report-${crypto.randomUUID()}.html`;
 * writeReport(path, { title: "Run", figures: [["accuracy", "98 %"]], sections: [] });
 * console.assert(readFileSync(path, "utf8").includes("98 %"));
 * ```
 */
export function writeReport(path: string | URL, report: Report): void {
  writeFileAtomic(path, [new TextEncoder().encode(renderReport(report))]);
}

/**
 * The report's page, as HTML that needs nothing else; texts are escaped.
 *
 * @example
 * ```ts
 * import { renderReport } from "@minitensor/minitensor/debug";
 * const page = renderReport({ title: "Run <1>", sections: [] });
 * console.assert(page.includes("<title>Run &lt;1&gt;</title>"));
 * ```
 */
export function renderReport(report: Report): string {
  const { title, subtitle, figures = [], sections } = report;
  const name = escapeHtml(title);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${name}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${name}</h1>
${subtitle === undefined ? "" : `<p>${escapeHtml(subtitle)}</p>`}
${figures.length === 0 ? "" : renderFigures(figures)}
</header>
<main>
${sections.map(renderSection).join("\n")}
</main>
</body>
</html>
`;
}

function renderFigures(figures: readonly (readonly [string, string])[]): string {
  const items = figures.map(([name, value]) =>
    `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`
  );
  return `<dl class="figures">${items.join("")}</dl>`;
}

function renderSection(section: ReportSection): string {
  const title = `<h2>${escapeHtml(section.title)}</h2>`;
  return `<section class="${section.kind}">${title}\n${renderBody(section)}</section>`;
}

function renderBody(section: ReportSection): string {
  switch (section.kind) {
    case "chart":
      return renderChart(section);
    case "confusion":
      return renderConfusion(section);
    case "pictures":
      return `<div class="grid">${section.pictures.map(renderPicture).join("\n")}</div>`;
    case "table":
      return renderTable(section);
    case "text":
      return `<pre>${escapeHtml(section.text)}</pre>`;
  }
}

function renderTable({ rows }: TableSection): string {
  const lines = rows.map(([name, value]) =>
    `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(String(value))}</td></tr>`
  );
  return `<table>${lines.join("\n")}</table>`;
}

function renderConfusion({ labels, counts }: ConfusionSection): string {
  const heads = labels.map((label) => `<th scope="col">${escapeHtml(label)}</th>`).join("");
  const rows = counts.map((row, i) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const cells = row.map((count, j) =>
      renderCell(count, total, [labels[i]!, labels[j]!], i === j)
    );
    const recall = total === 0 ? "" : `${(100 * row[i]! / total).toFixed(1)} %`;
    const label = `<th scope="row">${escapeHtml(labels[i]!)}</th>`;
    return `<tr>${label}${cells.join("")}<td class="recall">${recall}</td></tr>`;
  });
  return `<div class="scroll"><table>
<thead>
<tr><th class="corner">predicted →<br>true ↓</th>${heads}<th class="recall">right</th></tr>
</thead>
<tbody>
${rows.join("\n")}
</tbody></table></div>`;
}

/**
 * A cell as strong in colour as its share of its row; faults are drawn stronger, or none would
 * show.
 */
function renderCell(
  count: number,
  total: number,
  [actual, predicted]: readonly [string, string],
  isRight: boolean,
): string {
  if (count === 0) return `<td class="none">·</td>`;
  const share = count / total;
  const strength = isRight ? 0.15 + 0.75 * share : Math.min(0.9, 0.2 + 1.4 * Math.sqrt(share / 2));
  const names = isRight ? "right" : "wrong";
  const contrast = strength > 0.55 ? " strong" : "";
  const hint = `${actual} taken for ${predicted}: ${count} (${(100 * share).toFixed(1)} %)`;
  const style = `style="--strength:${strength.toFixed(2)}"`;
  return `<td class="${names}${contrast}" ${style} title="${escapeHtml(hint)}">${count}</td>`;
}
