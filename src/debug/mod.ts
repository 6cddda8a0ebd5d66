/**
 * Tools to watch a training run, a progress bar and a report page, and to look at the machine.
 *
 * @module
 */
export { debugLeaks, type Leak, type LeakReport } from "./leaks.ts";
export { Progress, type ProgressOptions, type ProgressOutput } from "./progress.ts";
export {
  type ChartSection,
  type ConfusionSection,
  type PicturesSection,
  renderReport,
  type Report,
  type ReportSection,
  type TableSection,
  type TextSection,
  writeReport,
} from "./report.ts";
export { type Point, type Series } from "./report_chart.ts";
export { type Picture } from "./report_picture.ts";
export {
  type CacheInfo,
  type CpuInfo,
  cpuInfo,
  cpuLevel,
  type MemoryInfo,
  memoryInfo,
  SystemHardware,
} from "./hardware.ts";
export { getSimdLevel, setSimdLevel, type SimdLevel } from "./simd_level.ts";
export { HardwareProfiler, measureBandwidth, type SystemProfile } from "./profiler.ts";
