/**
 * What the figures were measured on, and whether it had anything else to do.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { cpuLevel } from "../src/debug/mod.ts";

/** The machine and the software that runs on it. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** CPU level of our kernels. */
  readonly level: string;
  readonly runtime: string;
  /** Processes that ran or wanted to, mean of the last minute. */
  readonly load: number;
}

/** The machine as it is now. */
export function describeMachine(): Machine {
  const { deno, bun, node } = process.versions as Readonly<Record<string, string | undefined>>;
  return {
    cpu: cpuName(),
    cores: os.availableParallelism(),
    level: cpuLevel(),
    runtime: deno !== undefined
      ? `Deno ${deno}`
      : bun !== undefined
      ? `Bun ${bun}`
      : `Node ${node}`,
    load: os.loadavg()[0]!,
  };
}

/** The model's name; clouds hide it, then family and model tell more. */
function cpuName(): string {
  const name = os.cpus()[0]?.model.trim() ?? "unknown CPU";
  const text = readText("/proc/cpuinfo");
  const field = (key: string) => new RegExp(`^${key}\\s*: (\\d+)$`, "m").exec(text)?.[1];
  const family = field("cpu family");
  return family === undefined ? name : `${name} (family ${family}, model ${field("model")})`;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // not Linux
  }
}

/** Microseconds in which some process waited for a core, since the machine started; Linux only. */
function stalled(): number | null {
  const total = /^some .*total=(\d+)$/m.exec(readText("/proc/pressure/cpu"))?.[1];
  return total === undefined ? null : Number(total);
}

/** Share of the time in which waiting for a core is the benchmark's own: its collector's threads. */
const STALL_MAX = 0.1;
/** Load that a quiet machine has at most before the benchmark starts. */
const LOAD_MAX = 0.5;

/** Watches whether other processes want the cores; the returned function says so, or null. */
export function watchQuiet(): () => string | null {
  const load = os.loadavg()[0]!;
  const before = stalled();
  const start = performance.now();
  return () => {
    const after = stalled();
    const elapsed = 1000 * (performance.now() - start);
    const share = before === null || after === null ? 0 : (after - before) / elapsed;
    if (load <= LOAD_MAX && share <= STALL_MAX) return null;
    return `The machine was not quiet: load ${load.toFixed(1)} at the start, and in ` +
      `${(100 * share).toFixed(0)} % of the time a process waited for a core. ` +
      "The figures below are worth little.";
  };
}

/**
 * GFLOP/s of float32 that fused multiply-adds on registers reach, by number of threads; empty where
 * there is no C compiler.
 */
export function measurePeak(threads: readonly number[]): ReadonlyMap<number, number> {
  const source = fileURLToPath(new URL("peak.c", import.meta.url));
  const folder = mkdtempSync(`${os.tmpdir()}/minitensor-peak-`);
  const program = `${folder}/peak`;
  const flags = ["-O3", "-march=native", "-ffp-contract=fast", "-pthread"];
  try {
    execFileSync("cc", [...flags, source, "-o", program], { stdio: "pipe" });
    return new Map(threads.map((count) => {
      const text = execFileSync(program, [String(count), "0.3"], { encoding: "utf8" });
      return [count, Number(text)];
    }));
  } catch {
    return new Map(); // no compiler, or one that does not know the machine: no share of the peak
  } finally {
    rmSync(folder, { recursive: true });
  }
}
