/**
 * Tensors as text, in the layout that PyTorch users read.
 *
 * @module
 */
import { ArgumentError } from "./errors.ts";
import { bfloat16Value, type DataArray, type DType, dtypes } from "./dtype.ts";
import type { Shape } from "./shape.ts";
import type { Tensor } from "./tensor/tensor.ts";

/** How tensors are printed. */
export interface PrintOptions {
  /** Digits after the point. */
  precision: number;
  /** From how many elements on the middle is left out. */
  threshold: number;
  /** Elements shown at each end of a dim then. */
  edgeitems: number;
  /** Columns of a line. */
  linewidth: number;
}

const options: PrintOptions = { precision: 4, threshold: 1000, edgeitems: 3, linewidth: 80 };

/**
 * Changes how tensors are printed; what is not named stays.
 *
 * @example
 * ```ts
 * import { setPrintOptions, tensor } from "@minitensor/minitensor";
 * setPrintOptions({ precision: 2 });
 * console.assert(String(tensor([0.125, 2])) === "tensor([0.13, 2.00])");
 * setPrintOptions({ precision: 4 });
 * ```
 */
export function setPrintOptions(changes: Partial<PrintOptions>): void {
  for (const [name, value] of Object.entries(changes)) {
    if (!(name in options) || !Number.isInteger(value) || value < 0) {
      throw new ArgumentError(
        `Cannot print with ${name} ${value}: options are ${Object.keys(options).join(", ")}, ` +
          "whole numbers from 0",
      );
    }
  }
  Object.assign(options, changes);
}

/**
 * How tensors are printed now; a copy, so that it can be given back to {@link setPrintOptions}.
 *
 * @example
 * ```ts
 * import { getPrintOptions } from "@minitensor/minitensor";
 * console.assert(getPrintOptions().linewidth === 80);
 * ```
 */
export function getPrintOptions(): PrintOptions {
  return { ...options };
}

/** An element that is printed. */
export type Value = number | bigint;

/**
 * The tensor as `tensor([[1., 2.]], dtype=..., requiresGrad=true)`; the default dtypes are not
 * named.
 */
export function format(x: Tensor): string {
  const shortened = x.numel() > options.threshold;
  const shown = shortened ? corners(x) : x.detach();
  const elements = plain(shown.toTypedArray(), x.dtype);
  const write = formatter(elements, x.dtype);
  const notes: string[] = [];
  if (x.numel() === 0 && x.ndim !== 1) notes.push(`shape=[${x.shape.join(", ")}]`);
  if (!["float32", "int64", "bool"].includes(x.dtype)) notes.push(`dtype=${x.dtype}`);
  if (x.gradFn !== null) notes.push(`gradFn=${x.gradFn.name}`);
  else if (x.requiresGrad) notes.push("requiresGrad=true");
  let at = 0;
  const body = x.numel() === 0
    ? "[]"
    : nested(shown.shape, x.shape, 0, "tensor(".length, () => write(elements[at++]!));
  const suffix = notes.map((note) => `, ${note}`).join("");
  return `tensor(${body}${suffix})`;
}

/** The numbers, where the elements are the bits of numbers. */
function plain(elements: DataArray, dtype: DType): readonly Value[] {
  const list: readonly Value[] = [...elements];
  return dtype === "bfloat16" ? list.map((bits) => bfloat16Value(bits as number)) : list;
}

/** The elements that a shortened print shows. */
export function corners(x: Tensor): Tensor {
  let result = x.detach();
  for (let dim = 0; dim < x.ndim; dim++) {
    const extent = x.shape[dim]!;
    if (extent <= 2 * options.edgeitems) continue;
    const edges = Array.from({ length: options.edgeitems }, (_, i) => i);
    result = result.indexSelect(dim, [
      ...edges,
      ...edges.map((i) => extent - options.edgeitems + i),
    ]);
  }
  return result;
}

/** Writes every element in the same width. */
export function formatter(values: readonly Value[], dtype: DType): (value: Value) => string {
  const write = writer(values, dtype);
  const width = values.reduce<number>((widest, value) => Math.max(widest, write(value).length), 0);
  return (value) => write(value).padStart(width);
}

function writer(values: readonly Value[], dtype: DType): (value: Value) => string {
  if (dtype === "bool") return (value) => value ? "true" : "false";
  if (!dtypes[dtype].isFloat) return String;
  const finite = (values as number[]).filter((value) => Number.isFinite(value));
  const sizes = finite.filter((value) => value !== 0).map(Math.abs);
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0);
  const smallest = sizes.reduce((a, b) => Math.min(a, b), Infinity);
  const special = (value: number): string =>
    Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  if (finite.every(Number.isInteger) && largest < 1e8) {
    return (value) =>
      Number.isFinite(value) ? `${Object.is(value, -0) ? "-0" : value}.` : special(value as number);
  }
  const scientific = largest >= 1e8 || smallest < 1e-4 || largest / smallest > 1000;
  return (value) => {
    const number = value as number;
    if (!Number.isFinite(number)) return special(number);
    if (!scientific) return number.toFixed(options.precision);
    const [digits, exponent] = number.toExponential(options.precision).split("e") as [
      string,
      string,
    ];
    return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
  };
}

/** Brackets, commas and line breaks; `full` tells where elements were left out. */
export function nested(
  shape: Shape,
  full: Shape,
  dim: number,
  indent: number,
  next: () => string,
): string {
  if (dim === shape.length) return next();
  const parts = Array.from(
    { length: shape[dim]! },
    () => nested(shape, full, dim + 1, indent + 1, next),
  );
  if (shape[dim] !== full[dim]) {
    parts.splice(options.edgeitems, 0, dim === shape.length - 1 ? " ..." : "...");
  }
  if (dim === shape.length - 1) return `[${wrap(parts, indent + 1)}]`;
  const gap = `,${"\n".repeat(shape.length - dim - 1)}${" ".repeat(indent + 1)}`;
  return `[${parts.join(gap)}]`;
}

/** Elements of the innermost dim, in lines of the allowed width. */
function wrap(parts: readonly string[], indent: number): string {
  const lines: string[] = [];
  let line = "";
  for (const part of parts) {
    const longer = line === "" ? part : `${line}, ${part}`;
    if (line !== "" && indent + longer.length > options.linewidth - 2) {
      lines.push(line);
      line = part;
    } else {
      line = longer;
    }
  }
  lines.push(line);
  return lines.join(",\n" + " ".repeat(indent));
}
