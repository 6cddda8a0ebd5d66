/**
 * What the machine reaches with the library's own kernels, measured.
 *
 * @module
 */
import { ones } from "../create.ts";
import { ArgumentError } from "../errors.ts";
import { nowMilliseconds } from "../host.ts";
import { matmul } from "../ops/mod.ts";
import { randn } from "../random.ts";
import { scope } from "../scope.ts";
import "../tensor/tensor.ts"; // the class that ops make
import { getNumThreads, setNumThreads } from "../threads.ts";
import { SystemHardware } from "./hardware.ts";

/** Milliseconds that a measurement takes at least. */
const ENOUGH = 30;

/** Seconds of one call, the best of several runs: what disturbs only makes it longer. */
function secondsOf(fn: () => void): number {
  let calls = 1;
  let best = Infinity;
  for (let run = 0; run < 12; run++) {
    const start = nowMilliseconds();
    for (let i = 0; i < calls; i++) fn();
    const elapsed = nowMilliseconds() - start;
    best = Math.min(best, elapsed / calls / 1000);
    if (elapsed < ENOUGH) calls *= 2;
  }
  return best;
}

/**
 * Bytes a second that a copy reads and writes.
 *
 * @param options `bytes`: what is copied; choose a size that fits the cache to be measured. Default
 * 256 MiB, which none holds.
 * @throws {ArgumentError} when it is less than 1024.
 *
 * @example
 * ```ts
 * import { measureBandwidth } from "@minitensor/minitensor/debug";
 * console.assert(measureBandwidth({ bytes: 16 * 1024 }) > 1e8);
 * ```
 */
export function measureBandwidth(options: { readonly bytes?: number } = {}): number {
  const { bytes = 256 * 2 ** 20 } = options;
  if (!(Number.isFinite(bytes) && bytes >= 1024)) {
    throw new ArgumentError(`Cannot measure the bandwidth of ${bytes} bytes: take 1024 or more`);
  }
  using _ = scope();
  const from = ones([Math.floor(bytes / 4)]);
  const to = ones([Math.floor(bytes / 4)]);
  return 2 * from.nbytes / secondsOf(() => to.copy_(from));
}

/** Measured speeds. */
export interface SystemProfile {
  /** The machine. */
  readonly hardware: SystemHardware;
  /** Operations a second of a float32 matrix product, on one thread and on all. */
  readonly flops: { readonly single: number; readonly all: number };
  /** Bytes a second of a copy that fits each cache, and of one that fits none, on all threads. */
  readonly bandwidth: readonly { readonly name: string; readonly bytesPerSecond: number }[];
}

/**
 * Measures the machine. There is no example that runs: it would measure for two seconds. A program
 * says `console.log(new HardwareProfiler().generateReport())`.
 */
export class HardwareProfiler {
  #profile: SystemProfile | null = null;

  /** Measures for about two seconds; the numbers of threads in use is as before afterwards. */
  profileSystem(): SystemProfile {
    const hardware = SystemHardware.detect();
    const threads = getNumThreads();
    let single = 0;
    try {
      setNumThreads(1);
      single = productSpeed();
    } finally {
      setNumThreads(threads);
    }
    const levels = hardware.cpu.caches.filter(({ type }) => type !== "instruction");
    const sizes = levels.map(({ level, bytes }) => ({ name: `L${level}`, bytes: bytes / 4 }));
    return this.#profile = {
      hardware,
      flops: { single, all: productSpeed() },
      bandwidth: [...sizes, { name: "memory", bytes: 256 * 2 ** 20 }].map(({ name, bytes }) => ({
        name,
        bytesPerSecond: measureBandwidth({ bytes }),
      })),
    };
  }

  /** The last profile as text; measures first if there is none. */
  generateReport(): string {
    const { hardware: { cpu, memory }, flops, bandwidth } = this.#profile ?? this.profileSystem();
    const billions = (value: number) => (value / 1e9).toFixed(1);
    const gigabytes = memory.total === null
      ? "unknown"
      : `${(memory.total / 2 ** 30).toFixed(1)} GiB`;
    const rows: readonly (readonly [string, string])[] = [
      ["processor", cpu.model ?? cpu.arch],
      ["cores, threads", `${cpu.cores}, ${cpu.threads}`],
      ["kernels", cpu.simdLevel],
      ["memory", gigabytes],
      ["float32, 1 thread", `${billions(flops.single)} GFLOP/s`],
      [`float32, ${cpu.threads} threads`, `${billions(flops.all)} GFLOP/s`],
      ...bandwidth.map(({ name, bytesPerSecond }) =>
        [`copy in ${name}`, `${billions(bytesPerSecond)} GB/s`] as const
      ),
    ];
    const width = Math.max(...rows.map(([name]) => name.length));
    return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
  }
}

/** Operations a second of products of 512 x 512 matrices. */
function productSpeed(): number {
  using _ = scope();
  const x = randn([512, 512]);
  return 2 * 512 ** 3 / secondsOf(() => matmul(x, x).dispose());
}
