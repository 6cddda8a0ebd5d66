/**
 * Line charts of a report, as SVG inside the page.
 *
 * @module
 */
import { escapeHtml } from "./report_html.ts";

/** Place of a value: x, y. */
export type Point = readonly [number, number];

/** A line of a chart. */
export interface Series {
  /** Its name in the legend. */
  readonly name: string;
  /**
   * Points from left to right, or values at 1, 2, 3...; a value that is not finite leaves a gap.
   */
  readonly points: readonly Point[] | readonly number[];
}

/** What a chart shows. */
export interface Chart {
  readonly title: string;
  readonly series: readonly Series[];
  readonly xLabel?: string;
  readonly yLabel?: string;
  readonly isLogarithmic?: boolean;
}

const WIDTH = 520;
const HEIGHT = 300;
const LEFT = 52;
const RIGHT = 20;
const TOP = 10;
const BOTTOM = 40;
const PLOT_WIDTH = WIDTH - LEFT - RIGHT;
const PLOT_HEIGHT = HEIGHT - TOP - BOTTOM;
/** Colours in the style sheet; further lines begin again. */
const COLORS = 6;
/** Points that show their value when pointed at, at most, for each line. */
const HINTS = 60;
/** More points than this are thinned: no screen shows them. */
const POINTS_MAX = 800;

/** An axis: its ticks, and the place of a value between 0 and 1. */
interface Axis {
  readonly ticks: readonly number[];
  place(value: number): number;
}

/** The chart as SVG with its legend below. */
export function renderChart(chart: Chart): string {
  const lines = chart.series.map(({ points }) => toPoints(points));
  const isShown = ([x, y]: Point) => Number.isFinite(x) && isOnAxis(y, chart.isLogarithmic);
  const shown = lines.flat().filter(isShown);
  if (shown.length === 0) return `<p class="empty">No values.</p>`;
  const xAxis = linearAxis(shown.map(([x]) => x), 6);
  const ys = shown.map(([, y]) => y);
  const yAxis = chart.isLogarithmic ? logarithmicAxis(ys) : linearAxis(ys, 5, 0.04);
  const place = ([x, y]: Point): Point => [
    round(LEFT + xAxis.place(x) * PLOT_WIDTH),
    round(TOP + (1 - yAxis.place(y)) * PLOT_HEIGHT),
  ];
  const drawn = lines.map((points, i) =>
    renderLine(thin(points), chart.series[i]!.name, i, isShown, place)
  );
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(chart.title)}">
${renderAxes(xAxis, yAxis, chart)}
${drawn.join("\n")}
</svg>
${renderLegend(chart.series, lines, isShown)}`;
}

function toPoints(points: Series["points"]): readonly Point[] {
  return points.map((point, i) => typeof point === "number" ? [i + 1, point] as const : point);
}

function isOnAxis(y: number, isLogarithmic: boolean | undefined): boolean {
  return Number.isFinite(y) && (!isLogarithmic || y > 0);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Lowest and highest without spreading a long array over the stack. */
function extremes(values: readonly number[]): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** An axis with about `count` ticks at 1, 2 or 5 times a power of ten. */
function linearAxis(values: readonly number[], count: number, margin = 0): Axis {
  let [low, high] = extremes(values);
  if (low === high) {
    [low, high] = [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  }
  const room = (high - low) * margin;
  const isNearZero = low >= 0 && low <= (high - low) / 5;
  if (margin > 0) low = isNearZero ? 0 : low - room;
  high += room;
  const step = niceStep((high - low) / count);
  const first = Math.ceil(low / step);
  const last = Math.floor(high / step);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  return { ticks, place: (value) => (value - low) / (high - low) };
}

/** The step not below `least` that a reader counts in. */
export function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * (([1, 2, 5].find((factor) => factor * power >= least * (1 - 1e-9))) ?? 10);
}

/** An axis with a tick at each power of ten, and between them where those are few. */
function logarithmicAxis(values: readonly number[]): Axis {
  const [low, high] = extremes(values).map(Math.log10) as [number, number];
  const room = low === high ? 0.5 : (high - low) * 0.04;
  const [bottom, top] = [low - room, high + room];
  const factors = top - bottom < 1.5 ? [1, 2, 5] : top - bottom < 3 ? [1, 3] : [1];
  const stride = Math.ceil((top - bottom) / 8);
  const ticks: number[] = [];
  for (let power = Math.floor(bottom); power <= top; power += stride) {
    ticks.push(...factors.map((factor) => factor * 10 ** power));
  }
  const place = (value: number) => (Math.log10(value) - bottom) / (top - bottom);
  return { ticks: ticks.filter((tick) => place(tick) >= 0 && place(tick) <= 1), place };
}

function tickText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6 || (size > 0 && size < 1e-4)) return value.toExponential().replace("e+", "e");
  if (size >= 1e4) return `${Number((value / 1000).toPrecision(4))}k`;
  return String(Number(value.toPrecision(6)));
}

/** A value for the legend and the hints: four digits that count. */
function valueText(value: number): string {
  return tickText(Number(value.toPrecision(4)));
}

function renderAxes(xAxis: Axis, yAxis: Axis, { xLabel, yLabel }: Chart): string {
  const bottom = HEIGHT - BOTTOM;
  const horizontal = yAxis.ticks.map((tick) => {
    const y = round(TOP + (1 - yAxis.place(tick)) * PLOT_HEIGHT);
    return `<line class="rule" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/>` +
      `<text x="${LEFT - 7}" y="${y + 4}" text-anchor="end">${tickText(tick)}</text>`;
  });
  const vertical = xAxis.ticks.map((tick) => {
    const x = round(LEFT + xAxis.place(tick) * PLOT_WIDTH);
    return `<line class="tick" x1="${x}" x2="${x}" y1="${bottom}" y2="${bottom + 4}"/>` +
      `<text x="${x}" y="${bottom + 17}" text-anchor="middle">${tickText(tick)}</text>`;
  });
  const names = [
    xLabel === undefined
      ? ""
      : `<text class="name" x="${LEFT + PLOT_WIDTH / 2}" y="${HEIGHT - 6}" ` +
        `text-anchor="middle">${escapeHtml(xLabel)}</text>`,
    yLabel === undefined
      ? ""
      : `<text class="name" transform="translate(12 ${TOP + PLOT_HEIGHT / 2}) ` +
        `rotate(-90)" text-anchor="middle">${escapeHtml(yLabel)}</text>`,
  ];
  const axis = `<line class="axis" x1="${LEFT}" x2="${
    WIDTH - RIGHT
  }" y1="${bottom}" y2="${bottom}"/>`;
  return [...horizontal, axis, ...vertical, ...names].join("\n");
}

/** Keeps the lowest and the highest of each run of points, so that no peak is lost. */
function thin(points: readonly Point[]): readonly Point[] {
  if (points.length <= POINTS_MAX) return points;
  const run = Math.ceil(2 * points.length / POINTS_MAX);
  const kept: Point[] = [];
  for (let start = 0; start < points.length; start += run) {
    const part = points.slice(start, start + run);
    const low = part.reduce((x, y) => y[1] < x[1] ? y : x);
    const high = part.reduce((x, y) => y[1] > x[1] ? y : x);
    kept.push(...(low === high ? [low] : low[0] < high[0] ? [low, high] : [high, low]));
  }
  return kept;
}

function renderLine(
  points: readonly Point[],
  name: string,
  index: number,
  isShown: (point: Point) => boolean,
  place: (point: Point) => Point,
): string {
  let path = "";
  let isPenDown = false;
  for (const point of points) {
    if (isShown(point)) path += `${isPenDown ? "L" : "M"}${place(point).join(" ")}`;
    isPenDown = isShown(point);
  }
  const color = `c${index % COLORS}`;
  const shown = points.filter(isShown);
  const isSparse = shown.length <= HINTS / 2;
  const stride = Math.ceil(shown.length / HINTS);
  const hints = shown.filter((_, i) => i % stride === 0).map((point) => {
    const [x, y] = place(point);
    const hint = escapeHtml(`${name}: ${valueText(point[1])} at ${valueText(point[0])}`);
    const dot = isSparse ? `<circle class="dot" cx="${x}" cy="${y}" r="2.5"/>` : "";
    return `<g>${dot}<circle class="target" cx="${x}" cy="${y}" r="8"/><title>${hint}</title></g>`;
  });
  const weight = points.length > POINTS_MAX / 2 ? ` class="dense"` : "";
  return `<g class="${color}"><path${weight} d="${path}"/>${hints.join("")}</g>`;
}

/** Each line's name and its last value. */
function renderLegend(
  series: readonly Series[],
  lines: readonly (readonly Point[])[],
  isShown: (point: Point) => boolean,
): string {
  const items = series.map(({ name }, i) => {
    const last = lines[i]!.findLast(isShown);
    const value = last === undefined ? "" : ` <b>${valueText(last[1])}</b>`;
    return `<li class="c${i % COLORS}">${escapeHtml(name)}${value}</li>`;
  });
  return `<ul class="legend">${items.join("")}</ul>`;
}
