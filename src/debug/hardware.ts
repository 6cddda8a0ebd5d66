/**
 * What the library runs on: only what is known for sure, null where the system does not tell.
 *
 * @module
 */
import { library } from "../ffi/library.ts";
import { machineFacts, processor, textFile } from "../host.ts";
import { memory } from "../storage.ts";
import { getNumThreads } from "../threads.ts";

/**
 * The CPU level whose kernels run: `v2`, `v3`, `v4` (x86-64) or `neon`.
 *
 * @example
 * ```ts
 * import { cpuLevel } from "@minitensor/minitensor/debug";
 * console.assert(["v2", "v3", "v4", "neon"].includes(cpuLevel()));
 * ```
 */
export function cpuLevel(): string {
  return library().level();
}

/** One cache of a core. */
export interface CacheInfo {
  /** 1 is the nearest. */
  readonly level: number;
  /** What it holds. */
  readonly type: "data" | "instruction" | "unified";
  /** Its size. */
  readonly bytes: number;
}

/** What {@link cpuInfo} knows. */
export interface CpuInfo {
  /** Who made the processor. */
  readonly vendor: string | null;
  /** Its name. */
  readonly model: string | null;
  /** Its architecture: `x64` or `arm64`. */
  readonly arch: string;
  /** Cores that the process may use. */
  readonly cores: number;
  /** Threads that kernels use now. */
  readonly threads: number;
  /** Instruction sets that kernels are written for, and whether the processor has them. */
  readonly features: Readonly<Record<string, boolean>>;
  /** Caches of the first core, the nearest first; empty where the system does not tell. */
  readonly caches: readonly CacheInfo[];
  /** The level of kernels in use. */
  readonly simdLevel: string;
}

/** Instruction sets by architecture, as Linux names them. */
const sets: Readonly<Record<string, readonly string[]>> = {
  x64: ["sse4_2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512_vnni", "amx_tile"],
  arm64: ["asimd", "asimdhp", "asimddp", "bf16", "i8mm", "sve"],
};

/**
 * What is known of the processor. In Deno, `--allow-sys` and `--allow-read` let it tell more.
 *
 * @example
 * ```ts
 * import { cpuInfo } from "@minitensor/minitensor/debug";
 * console.assert(cpuInfo().cores >= 1);
 * ```
 */
export function cpuInfo(): CpuInfo {
  const text = textFile("/proc/cpuinfo") ?? "";
  const field = (name: string) => new RegExp(`^${name}\\s*:\\s*(.*)$`, "m").exec(text)?.[1] ?? null;
  const flags = new Set((field("flags") ?? field("Features") ?? "").split(" "));
  const arch = processor();
  return {
    vendor: field("vendor_id") ?? field("CPU implementer"),
    model: machineFacts().model ?? field("model name"),
    arch,
    cores: globalThis.navigator.hardwareConcurrency,
    threads: getNumThreads(),
    features: text === ""
      ? {}
      : Object.fromEntries((sets[arch] ?? []).map((name) => [name, flags.has(name)])),
    caches: caches(),
    simdLevel: cpuLevel(),
  };
}

const types: Readonly<Record<string, CacheInfo["type"]>> = {
  Data: "data",
  Instruction: "instruction",
  Unified: "unified",
};

function caches(): CacheInfo[] {
  const found: CacheInfo[] = [];
  for (let i = 0; i < 8; i++) {
    const read = (name: string) =>
      textFile(`/sys/devices/system/cpu/cpu0/cache/index${i}/${name}`)?.trim() ?? "";
    const type = types[read("type")];
    const size = /^(\d+)([KM]?)$/.exec(read("size"));
    if (type === undefined || size === null) break;
    const unit = { "": 1, K: 1024, M: 1024 ** 2 }[size[2] as "" | "K" | "M"];
    found.push({ level: Number(read("level")), type, bytes: Number(size[1]) * unit });
  }
  return found;
}

/** What {@link memoryInfo} knows, in bytes. */
export interface MemoryInfo {
  /** Of the machine; null where the program may not ask. */
  readonly total: number | null;
  /** Not in use; null where the program may not ask. */
  readonly available: number | null;
  /** In tensors, the pool's included. */
  readonly used: number;
}

/**
 * The machine's memory, and what tensors use of it.
 *
 * @example
 * ```ts
 * import { memoryInfo } from "@minitensor/minitensor/debug";
 * console.assert(memoryInfo().used >= 0);
 * ```
 */
export function memoryInfo(): MemoryInfo {
  const facts = machineFacts().memory;
  const { total, available } = facts ?? { total: null, available: null };
  return { total, available, used: memory().bytes };
}

/**
 * What is known of the machine as a whole.
 *
 * @example
 * ```ts
 * import { SystemHardware } from "@minitensor/minitensor/debug";
 * const { cpu, devices } = SystemHardware.detect();
 * console.assert(cpu.threads >= 1 && devices[0] === "cpu");
 * ```
 */
export class SystemHardware {
  private constructor(
    /** The processor. */
    readonly cpu: CpuInfo,
    /** Its memory. */
    readonly memory: MemoryInfo,
    /** Devices that tensors can be on. */
    readonly devices: readonly string[],
  ) {}

  /** Looks at the machine. */
  static detect(): SystemHardware {
    return new SystemHardware(cpuInfo(), memoryInfo(), ["cpu"]);
  }
}
