/**
 * How the benchmarks measure.
 *
 * A slice is as many calls as fill some milliseconds, one after the other, and its time is the wall
 * time of all of them divided by their number: garbage collection, page faults and the call itself
 * are in it. Before a slice the same calls run unmeasured for 2 ms, so that the caches hold what
 * the calls use and not what another process left. A row is several slices: best and median.
 *
 * Beside PyTorch the slices of both sides alternate, A B A B, so that both see the same clock rate
 * and the same neighbours; a ratio is taken within each pair, and the row's ratio is their median,
 * its spread their lowest and highest; beside it stands the ratio of the best slices, which other
 * processes disturb least. The side that does not measure waits for a message and uses
 * no core; after PyTorch's slices on several threads it is given time to stop spinning, which
 * libgomp does for several milliseconds after each parallel region.
 *
 * @module
 */

/** Milliseconds of unmeasured calls before each slice. */
const WARM_UP = 2;

/** Milliseconds of calls before the first slice at least: the runtime compiles what runs often. */
const COMPILE = 40;

/** Work that is timed: runs it `calls` times. */
export type Loop = (calls: number) => void;

/** Nanoseconds a call, slice by slice. */
export type Slices = readonly number[];

/** Milliseconds of `calls` calls. */
function timeOf(loop: Loop, calls: number): number {
  const start = performance.now();
  loop(calls);
  return performance.now() - start;
}

/** Number of calls that fill a slice, found by doubling; the calls compile the code on the way. */
export function calibrate(loop: Loop, milliseconds: number): number {
  const enough = Math.max(milliseconds, COMPILE) / 2;
  let calls = 1;
  let elapsed = timeOf(loop, calls);
  while (elapsed < enough) {
    calls *= 2;
    elapsed = timeOf(loop, calls);
  }
  return Math.max(1, Math.round(calls * milliseconds / elapsed));
}

/** Nanoseconds a call of one slice. `milliseconds` is how long it should take. */
export function timeSlice(loop: Loop, calls: number, milliseconds: number): number {
  // A single call that fills a slice is longer than what it finds in the caches could save.
  if (calls > 1) loop(Math.ceil(WARM_UP * calls / milliseconds));
  return timeOf(loop, calls) * 1e6 / calls;
}

/** Several slices. */
export function timeSlices(loop: Loop, milliseconds: number, count: number): Slices {
  const calls = calibrate(loop, milliseconds);
  return Array.from({ length: count }, () => timeSlice(loop, calls, milliseconds));
}

/** The middle value, or the mean of the two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((x, y) => x - y);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Geometric mean. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
