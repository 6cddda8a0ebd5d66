/**
 * Plans of Fourier transforms: into which passes a length is divided, and the table of factors that
 * its kernel reads.
 *
 * @module
 */
import type { DType } from "../dtype.ts";
import { emptyOf } from "../op.ts";
import { specOf } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { unscoped } from "./front.ts";

/** How a length is transformed. */
export interface Plan {
  /** Numbers that are transformed. */
  readonly length: number;
  /** Length of the convolution with a chirp; 0 where the length has small factors only. */
  readonly chirp: number;
  /** The passes' radices; their product is the length, or the chirp's. */
  readonly radices: readonly number[];
  /** What the kernel reads, see kernels/fourier/plan.zig. */
  readonly table: Tensor;
}

/** The plan's numbers in the order that the kernel takes them. */
export function encodePlan({ length, chirp, radices }: Plan): readonly number[] {
  return [length, chirp, radices.length, ...radices];
}

/** Transforms numbers by a plan: how the table of a chirp is made. */
export type RunPlan = (re: Tensor, im: Tensor, plan: Plan) => readonly Tensor[];

/** Plans that were used of late, the latest last. Their tables take no more than `bytesMax`. */
const plans = new Map<string, Plan>();
const bytesMax = 32 * 2 ** 20;
let bytes = 0;

/**
 * The plan of a length.
 *
 * @param half The length is half of a real transform's: the table ends with e^(-pi i k / length).
 */
export function planOf(length: number, dtype: DType, half: boolean, run: RunPlan): Plan {
  const key = `${dtype} ${length} ${half}`;
  const found = plans.get(key);
  if (found !== undefined) {
    plans.delete(key);
    plans.set(key, found);
    return found;
  }
  const plan = makePlan(length, dtype, half, run);
  plans.set(key, plan);
  bytes += plan.table.nbytes;
  for (const [old, { table }] of plans) {
    if (bytes <= bytesMax || old === key) break;
    plans.delete(old);
    bytes -= table.nbytes;
  }
  return plan;
}

function makePlan(length: number, dtype: DType, half: boolean, run: RunPlan): Plan {
  const own = radicesOf(length);
  const chirp = own === null ? convolutionLength(2 * length - 1) : 0;
  const radices = own ?? radicesOf(chirp)!;
  const pieces = passTable(chirp || length, radices);
  if (chirp !== 0) pieces.push(...chirpTable(length, chirp, run));
  if (half) pieces.push(...turns(2 * length, length));
  return { length, chirp, radices, table: tableOf(pieces, dtype) };
}

/** The pieces one behind the other, in a tensor that outlives scopes. */
function tableOf(pieces: readonly Float64Array[], dtype: DType): Tensor {
  const count = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const table = unscoped(() => emptyOf(specOf([Math.max(1, count)], dtype)));
  const elements = table.asTypedArray() as Float64Array;
  let at = 0;
  for (const piece of pieces) {
    elements.set(piece, at);
    at += piece.length;
  }
  return table;
}

/**
 * Radices of a length, or null when it has a factor above 7. Two of 4 come first, where they can:
 * their kernel fills vectors although few transforms lie side by side there.
 */
function radicesOf(length: number): number[] | null {
  let twos = 0;
  let left = length;
  for (; left % 2 === 0; left /= 2) twos++;
  const radices: number[] = [];
  if (twos >= 4) {
    radices.push(4, 4);
    twos -= 4;
  }
  for (const radix of [7, 5, 3]) {
    for (; left % radix === 0; left /= radix) radices.push(radix);
  }
  if (left > 1) return null;
  if (twos % 3 === 1 && twos > 3) {
    radices.push(4, 4);
    twos -= 4;
  } else if (twos % 3 > 0) {
    radices.push(2 ** (twos % 3));
    twos -= twos % 3;
  }
  for (; twos > 0; twos -= 3) radices.push(8);
  return radices;
}

/** The least length from `least` on with factors 2 and at most one 3 or 5. */
function convolutionLength(least: number): number {
  const unit = least > 64 ? 64 : 1; // from 64 on vectors are full
  return Math.min(...[1, 3, 5].map((odd) => {
    let length = odd * unit;
    while (length < least) length *= 2;
    return length;
  }));
}

/** Real and imaginary parts of as many complex numbers. */
type Turns = readonly [re: Float64Array, im: Float64Array];

/** e^(-2 pi i k / n) for k < count: by angles of at most pi / 4, so that all digits are right. */
function turns(n: number, count: number): Turns {
  const [re, im] = [new Float64Array(count), new Float64Array(count)];
  for (let k = 0; k < count; k++) {
    if (2 * k > n) { // the mirror image, which may save the computation
      re[k] = re[n - k]!;
      im[k] = -im[n - k]!;
      continue;
    }
    const quarter = Math.round(4 * k / n);
    const angle = (4 * k - quarter * n) / n * (Math.PI / 2);
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    re[k] = quarter === 0 ? c : quarter === 1 ? -s : -c;
    im[k] = quarter === 0 ? -s : quarter === 1 ? -c : s;
  }
  return [re, im];
}

/** Of each pass w^(p k), k from 1 to below the radix, p below m: w = e^(-2 pi i / (m radix)). */
function passTable(length: number, radices: readonly number[]): Float64Array[] {
  const pieces: Float64Array[] = [];
  const [all, allImaginary] = turns(length, length);
  let left = length;
  for (const radix of radices) {
    const [step, m] = [length / left, left / radix];
    const [re, im] = [new Float64Array((radix - 1) * m), new Float64Array((radix - 1) * m)];
    for (let k = 1, at = 0; k < radix; k++) {
      for (let p = 0; p < m; p++, at++) {
        re[at] = all[p * k * step]!;
        im[at] = allImaginary[p * k * step]!;
      }
    }
    pieces.push(re, im);
    left = m;
  }
  return pieces;
}

/** c[j] = e^(-pi i j^2 / n), and the transform of 1 / c over the chirp's length m, divided by m. */
function chirpTable(n: number, m: number, run: RunPlan): Float64Array[] {
  const [all, allImaginary] = turns(2 * n, 2 * n);
  const [re, im] = [new Float64Array(n), new Float64Array(n)];
  for (let j = 0, square = 0; j < n; j++) { // square = j^2 mod 2n
    re[j] = all[square]!;
    im[j] = allImaginary[square]!;
    square = (square + 2 * j + 1) % (2 * n);
  }
  const plan = planOf(m, "float64", false, run);
  const inverse = [re, im].map((part, i) => {
    const padded = new Float64Array(m);
    for (let j = 0; j < n; j++) {
      const value = (i === 0 ? 1 : -1) * part[j]! / m;
      padded[j] = value;
      if (j > 0) padded[m - j] = value;
    }
    return tableOf([padded], "float64");
  });
  const spectrum = run(inverse[0]!, inverse[1]!, plan).map((x) => {
    const values = x.toTypedArray() as Float64Array;
    x.dispose();
    return values;
  });
  return [re, im, ...spectrum];
}
