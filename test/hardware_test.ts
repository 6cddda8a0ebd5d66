/** What is said of the machine must be true; what is not known is null. */
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { ArgumentError, getNumThreads, memory, ones } from "../mod.ts";
import {
  cpuInfo,
  cpuLevel,
  HardwareProfiler,
  measureBandwidth,
  memoryInfo,
  SystemHardware,
} from "../src/debug/mod.ts";

describe("the machine", () => {
  test("has a processor whose features agree with the level in use", () => {
    const { arch, cores, features, caches, simdLevel, threads } = cpuInfo();
    assertEquals(simdLevel, cpuLevel());
    assertEquals(threads, getNumThreads());
    assert(cores >= 1);
    if (existsSync("/proc/cpuinfo") && arch === "x64") {
      if (simdLevel === "v4") assert(features["avx512f"] && features["avx512bw"]);
      if (simdLevel !== "v2") assert(features["avx2"] && features["fma"]);
    }
    for (const { bytes, level } of caches) assert(bytes >= 4096 && level >= 1);
  });

  test("has memory, of which tensors use some", () => {
    const x = ones([1000]);
    const { total, available, used } = memoryInfo();
    assert(total !== null && available !== null && available <= total && used <= total);
    assertEquals(used, memory().bytes);
    assertEquals(x.numel(), 1000);
    assertEquals(SystemHardware.detect().devices, ["cpu"]);
  });

  test("is measured, and reported as text", { timeout: 60_000 }, () => {
    assertThrows(() => measureBandwidth({ bytes: 10 }), ArgumentError, "10 bytes");
    const threads = getNumThreads();
    const profiler = new HardwareProfiler();
    const { flops, bandwidth } = profiler.profileSystem();
    assertEquals(getNumThreads(), threads);
    assert(flops.single > 1e8 && flops.all > 1e8);
    assertEquals(bandwidth.at(-1)!.name, "memory");
    const report = profiler.generateReport();
    assert(/float32, 1 thread +\d+\.\d GFLOP\/s/.test(report), report);
  });
});
