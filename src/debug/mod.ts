/**
 * Tools to watch a training run: a progress bar and a report page.
 *
 * @module
 */
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
export { cpuLevel } from "./hardware.ts";
