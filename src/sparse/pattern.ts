/**
 * Where the elements of a sparse matrix are: row by row, as the kernels read it.
 *
 * @module
 */
import { IndexError } from "../errors.ts";
import { emptyOf } from "../op.ts";
import { unscoped } from "../ops/front.ts";
import { specOf } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Whole numbers as an int64 tensor that outlives scopes. */
function indexTensor(values: Int32Array): Tensor {
  return unscoped(() => {
    const x = emptyOf(specOf([values.length], "int64"));
    const elements = x.asTypedArray() as BigInt64Array;
    for (let i = 0; i < values.length; i++) elements[i] = BigInt(values[i]!);
    return x;
  });
}

/** Another order of a pattern's elements. */
export interface Reordered {
  /** The elements row by row. */
  readonly pattern: Pattern;
  /** For each of its elements the place that it had. */
  readonly order: Tensor;
}

/**
 * Places of elements, sorted by rows: those of row i are the places crow[i] to crow[i + 1], in the
 * columns col. Immutable: kernels trust it.
 */
export class Pattern {
  #rows: Int32Array | null = null;
  #transposed: Reordered | null = null;
  /** Of the rows' beginnings; int64, [rows + 1]. */
  readonly crow: Tensor;
  /** Columns; int64, [elements]. */
  readonly col: Tensor;

  /** Takes places that were checked. */
  constructor(
    readonly shape: readonly [rows: number, columns: number],
    readonly starts: Int32Array,
    readonly columns: Int32Array,
  ) {
    this.crow = indexTensor(starts);
    this.col = indexTensor(columns);
  }

  /** The row of each element. */
  get rows(): Int32Array {
    if (this.#rows === null) {
      this.#rows = new Int32Array(this.columns.length);
      for (let row = 0; row < this.shape[0]; row++) {
        this.#rows.fill(row, this.starts[row]!, this.starts[row + 1]!);
      }
    }
    return this.#rows;
  }

  /** The pattern of the transposed matrix; made once. */
  get transposed(): Reordered {
    const [rows, columns] = this.shape;
    return this.#transposed ??= sorted([columns, rows], this.columns, this.rows);
  }
}

/** Elements at rows and columns, brought in the order of rows; those of one row keep theirs. */
export function sorted(
  shape: readonly [number, number],
  rows: Int32Array,
  columns: Int32Array,
): Reordered {
  const starts = new Int32Array(shape[0] + 1);
  for (const row of rows) starts[row + 1]!++;
  for (let row = 0; row < shape[0]; row++) starts[row + 1]! += starts[row]!;
  const next = starts.slice();
  const order = new Int32Array(rows.length);
  const ordered = new Int32Array(rows.length);
  for (let place = 0; place < rows.length; place++) {
    const to = next[rows[place]!]!++;
    order[to] = place;
    ordered[to] = columns[place]!;
  }
  return { pattern: new Pattern(shape, starts, ordered), order: indexTensor(order) };
}

/** Indices as plain numbers. */
export function numbersOf(index: Tensor): Float64Array {
  return index.to("float64").toTypedArray() as Float64Array;
}

/**
 * Indices within 0 to `extent`, as 32-bit numbers.
 *
 * @throws {IndexError} for one outside.
 */
export function checkedIndices(index: Tensor, extent: number, what: string): Int32Array {
  const values = numbersOf(index);
  for (let i = 0; i < values.length; i++) {
    if (!(values[i]! >= 0 && values[i]! < extent)) {
      throw new IndexError(
        `Cannot make a sparse matrix with ${what} ${values[i]} at place ${i}: ` +
          `there are ${extent} ${what}s`,
      );
    }
  }
  return Int32Array.from(values);
}
