/**
 * Padding: a tensor with more elements around it.
 *
 * @module
 */
import { arange, full } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { part, type Shape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { clone } from "./copy.ts";
import { checkOptions } from "./front.ts";
import { indexSelect } from "./gather.ts";
import { replacePart } from "./replace.ts";
import { narrow } from "./view.ts";

/** What the added elements are. */
export type PadMode = "constant" | "reflect" | "replicate" | "circular";

/** Options of {@link pad}. */
export interface PadOptions {
  /** A value, the elements mirrored at the edge, the edge itself, or those of the other end. */
  readonly mode?: PadMode;
  /** The value of mode `constant`. Default 0. */
  readonly value?: number;
}

/** Elements that one dim gets before and after its own. */
interface Margin {
  readonly dim: number;
  readonly before: number;
  readonly after: number;
}

const modes: readonly string[] = ["constant", "reflect", "replicate", "circular"];

/**
 * The tensor with elements added at both ends of dims; negative numbers take some away. A copy.
 *
 * @param padding Before and after the last dim, then the one before it, and so on, as in PyTorch.
 * @throws {ArgumentError} when the padding does not have two whole numbers for each padded dim.
 * @throws {ShapeError} when a dim is too small for its mode, or nothing would be left.
 *
 * @example
 * ```ts
 * import { pad, tensor } from "@minitensor/minitensor";
 * const x = tensor([1, 2, 3]);
 * console.assert(pad(x, [1, 2]).toArray().toString() === "0,1,2,3,0,0");
 * console.assert(pad(x, [2, 0], { mode: "reflect" }).toArray().toString() === "3,2,1,2,3");
 * ```
 */
export function pad(x: Tensor, padding: readonly number[], options: PadOptions = {}): Tensor {
  checkOptions(options, ["mode", "value"], "pad");
  const { mode = "constant", value } = options;
  if (!modes.includes(mode)) {
    throw new ArgumentError(`Cannot pad in mode ${mode}: it is one of ${modes.join(", ")}`, {
      op: "pad",
    });
  }
  if (mode !== "constant" && value !== undefined) {
    throw new ArgumentError(`Cannot pad in mode ${mode} with a value: it has none`, { op: "pad" });
  }
  const margins = marginsOf(x, padding).filter(({ before, after }) => before !== 0 || after !== 0);
  if (margins.length === 0) return clone(x);
  if (mode === "constant") return padConstant(x, margins, value ?? 0);
  return margins.reduce((padded, margin) => padDim(padded, margin, mode), x);
}

function marginsOf(x: Tensor, padding: readonly number[]): Margin[] {
  const even = padding.length % 2 === 0 && padding.length <= 2 * x.ndim;
  if (!even || !padding.every(Number.isInteger)) {
    throw new ArgumentError(
      `Cannot pad a tensor of shape ${text(x.shape)} by ${text(padding)}: ` +
        "there are two whole numbers for each dim, the last dim first",
      { op: "pad" },
    );
  }
  return Array.from({ length: padding.length / 2 }, (_, i) => {
    const margin = { dim: x.ndim - 1 - i, before: padding[2 * i]!, after: padding[2 * i + 1]! };
    const extent = x.shape[margin.dim]!;
    const least = Math.min(margin.before, margin.after, margin.before + margin.after);
    if (extent + least < 0) {
      throw new ShapeError(
        `Cannot pad a tensor of shape ${text(x.shape)} by ${text(padding)}: nothing is left of ` +
          `dim ${margin.dim}`,
        { op: "pad" },
      );
    }
    return margin;
  });
}

function padConstant(x: Tensor, margins: readonly Margin[], value: number): Tensor {
  const shape = part(x.shape, 0, x.ndim);
  let kept = x;
  for (const { dim, before, after } of margins) {
    const cropped = Math.max(shape[dim]! + Math.min(before, 0) + Math.min(after, 0), 0);
    kept = narrow(kept, dim, Math.min(Math.max(-before, 0), shape[dim]!), cropped);
    shape[dim]! += before + after;
  }
  const growing = margins.filter(({ before, after }) => before > 0 || after > 0);
  if (growing.length === 0) return clone(kept);
  const inner: Shape = kept.shape;
  const place = (whole: Tensor) =>
    growing.reduce(
      (view, { dim, before }) => narrow(view, dim, Math.max(before, 0), inner[dim]!),
      whole,
    );
  return replacePart(full(shape, value, { dtype: x.dtype }), kept, place);
}

/** One dim padded by elements of its own. */
function padDim(x: Tensor, { dim, before, after }: Margin, mode: PadMode): Tensor {
  const extent = x.shape[dim]!;
  const kept = extent + Math.min(before, 0) + Math.min(after, 0); // what circular mode repeats
  const most = mode === "reflect" ? extent - 1 : mode === "circular" ? kept : Infinity;
  if (extent === 0 || Math.max(before, after) > most) {
    throw new ShapeError(
      `Cannot pad dim ${dim} of ${extent} by ${before} and ${after} in mode ${mode}: ` +
        "it has too few elements",
      { op: "pad" },
    );
  }
  const places = arange(-before, extent + after, 1, { dtype: "int64" });
  if (mode === "replicate") return indexSelect(x, dim, places.clamp(0, extent - 1));
  if (mode === "circular") {
    if (kept === 0) return narrow(x, dim, 0, 0).clone();
    const first = Math.max(-before, 0);
    return indexSelect(x, dim, places.sub(first).remainder(kept).add(first));
  }
  const last = extent - 1; // |p| mirrors at the first element, last - |last - p| at the last
  return indexSelect(x, dim, places.abs().neg().add(last).abs().neg().add(last));
}
