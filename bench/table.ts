/**
 * Tables and figures as text.
 *
 * @module
 */

/** Three digits that count. */
export function digits(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** A duration in the unit that suits it. */
export function duration(nanoseconds: number): string {
  if (nanoseconds < 1e3) return `${digits(nanoseconds)} ns`;
  if (nanoseconds < 1e6) return `${digits(nanoseconds / 1e3)} us`;
  return nanoseconds < 1e9 ? `${digits(nanoseconds / 1e6)} ms` : `${digits(nanoseconds / 1e9)} s`;
}

/** Below this a call's bytes are in the first cache, and its time is the call's own. */
const BYTES_MIN = 64 * 1024;

/** GFLOP/s where operations are counted, otherwise GB/s where bytes are many enough. */
export function rate(nanoseconds: number, bytes: number, flops = 0): string {
  if (flops > 0) return `${digits(flops / nanoseconds)} GFLOP/s`;
  return bytes >= BYTES_MIN ? `${digits(bytes / nanoseconds)} GB/s` : "";
}

/** A line with cells in columns of the given widths; all but the first are aligned to the right. */
export function line(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))
    .join("  ")
    .trimEnd();
}

/** A table in Markdown. */
export function markdownTable(
  head: readonly string[],
  body: readonly (readonly string[])[],
): string {
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [row(head), row(head.map((_, i) => i === 0 ? "---" : "--:")), ...body.map(row)].join("\n");
}
