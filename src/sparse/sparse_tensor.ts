/**
 * Sparse matrices: only the elements that are stored take memory and time.
 *
 * @module
 */
import { tensor, type TensorLike, zeros } from "../create.ts";
import { ArgumentError, DTypeError, IndexError, ShapeError } from "../errors.ts";
import { clone } from "../ops/copy.ts";
import { checkOptions, pair, single } from "../ops/front.ts";
import { indexAdd, indexSelect } from "../ops/gather.ts";
import { requireRank } from "../ops/infer.ts";
import { stack } from "../ops/join.ts";
import { nonzero } from "../ops/nonzero.ts";
import { sparseMatmul } from "../ops/sparse_product.ts";
import { unique } from "../ops/unique.ts";
import { type Shape, text } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkedIndices, numbersOf, Pattern, sorted } from "./pattern.ts";

/** Coordinates of each element, or compressed rows. */
export type SparseLayout = "coo" | "csr";

/** Sizes of a matrix. */
export type MatrixShape = readonly [rows: number, columns: number];

/**
 * A sparse matrix: "coo" by rows and columns of its elements, in any order, those at one place
 * added up; "csr" by columns, sorted by rows, and where each row begins. Indices are checked and
 * copied when it is made. Its values are a tensor, to which gradients flow.
 *
 * @example
 * ```ts
 * import { sparse } from "@minitensor/minitensor";
 * const a = sparse.sparseCooTensor([[0, 1], [1, 0]], [2, 3], [2, 2]);
 * console.assert(a.matmul([[1], [10]]).toArray().toString() === "20,3");
 * ```
 */
export class SparseTensor {
  /** Which layout. */
  readonly layout: SparseLayout;
  /** Rows and columns. */
  readonly shape: MatrixShape;
  /** The stored elements, in the order in which they were given. */
  readonly values: Tensor;
  /** The row of each value. */
  readonly #rows: Int32Array;
  /** The column of each value. */
  readonly #columns: Int32Array;
  /** The elements by rows, and the places that they had; none where they were given so. */
  #sorted: { readonly pattern: Pattern; readonly order: Tensor | null } | null;

  /** Made by {@link sparseCooTensor}, {@link sparseCsrTensor} and {@link fromDense}. */
  constructor(
    layout: SparseLayout,
    shape: MatrixShape,
    values: Tensor,
    rows: Int32Array,
    columns: Int32Array,
    pattern: Pattern | null = null,
  ) {
    this.layout = layout;
    this.shape = Object.freeze([...shape]) as MatrixShape;
    this.values = values;
    this.#rows = rows;
    this.#columns = columns;
    this.#sorted = pattern === null ? null : { pattern, order: null };
  }

  /** Name of the values' dtype. */
  get dtype(): Tensor["dtype"] {
    return this.values.dtype;
  }

  /** Number of stored elements. */
  get nnz(): number {
    return this.#rows.length;
  }

  /** Rows and columns of the elements, int64 [2, nnz]: a copy. */
  get indices(): Tensor {
    return stack([int64(this.#rows), int64(this.#columns)]);
  }

  /** Where each row begins, int64 [rows + 1]: a copy. In "coo" that of {@link toCsr}. */
  get crowIndices(): Tensor {
    return clone(this.#csr().pattern.crow);
  }

  /** Columns of the elements by rows, int64 [nnz]: a copy. In "coo" those of {@link toCsr}. */
  get colIndices(): Tensor {
    return clone(this.#csr().pattern.col);
  }

  #csr(): { readonly pattern: Pattern; readonly order: Tensor | null } {
    return this.#sorted ??= sorted(this.shape, this.#rows, this.#columns);
  }

  /** The values by rows. */
  #ordered(): Tensor {
    const { order } = this.#csr();
    return order === null ? this.values : indexSelect(this.values, 0, order);
  }

  /**
   * The product with a dense matrix [columns, K] or a vector [columns]. Integers are taken as
   * floating-point numbers.
   *
   * @throws {ShapeError} when the dense tensor has other rows, or another rank.
   */
  matmul(dense: TensorLike): Tensor {
    const [values, other] = pair(this.#ordered(), dense, true) as [Tensor, Tensor];
    if ((other.ndim !== 1 && other.ndim !== 2) || other.shape[0] !== this.shape[1]) {
      throw new ShapeError(
        `Cannot matmul a sparse matrix of shape ${text(this.shape)} and a tensor of shape ${
          text(other.shape)
        }: it needs ${this.shape[1]} rows`,
        { op: "matmul", context: { shapes: [this.shape, other.shape] } },
      );
    }
    const matrix = other.ndim === 1 ? other.unsqueeze(1) : other;
    const product = this.nnz === 0
      ? zeros([this.shape[0], matrix.shape[1]!], { dtype: values.dtype })
      : sparseMatmul(this.#csr().pattern, values, matrix);
    return other.ndim === 1 ? product.squeeze(1) : product;
  }

  /** The matrix with all its elements; those at one place are added up. */
  toDense(): Tensor {
    const [rows, columns] = this.shape;
    const flat = zeros([rows * columns], { dtype: this.dtype });
    return indexAdd(flat, 0, this.#places(), this.values).reshape([rows, columns]);
  }

  /** Places of the elements in the whole matrix, row by row. */
  #places(): Tensor {
    const places = new Float64Array(this.nnz);
    for (let i = 0; i < places.length; i++) {
      places[i] = this.#rows[i]! * this.shape[1] + this.#columns[i]!;
    }
    return tensor(places).to("int64");
  }

  /** Sorted by rows and columns, one element a place, in layout "coo". */
  coalesce(): SparseTensor {
    const { values: places, inverse } = unique(this.#places(), { returnInverse: true });
    const values = indexAdd(
      zeros([places.numel()], { dtype: this.dtype }),
      0,
      inverse!,
      this.values,
    );
    const kept = numbersOf(places);
    const columns = Math.max(1, this.shape[1]);
    const rows = Int32Array.from(kept, (place) => Math.floor(place / columns));
    return new SparseTensor(
      "coo",
      this.shape,
      values,
      rows,
      Int32Array.from(kept, (place) => place % columns),
    );
  }

  /** Rows for columns. The layout stays. */
  transpose(): SparseTensor {
    const [rows, columns] = this.shape;
    const flipped = new SparseTensor(
      "coo",
      [columns, rows],
      this.values,
      this.#columns,
      this.#rows,
    );
    return this.layout === "csr" ? flipped.toCsr() : flipped;
  }

  /** Layout "csr": sorted by rows. Elements at one place stay several. */
  toCsr(): SparseTensor {
    if (this.layout === "csr") return this;
    const { pattern } = this.#csr();
    const { rows, columns } = pattern;
    return new SparseTensor("csr", this.shape, this.#ordered(), rows, columns, pattern);
  }

  /** Layout "coo". */
  toCoo(): SparseTensor {
    if (this.layout === "coo") return this;
    return new SparseTensor("coo", this.shape, this.values, this.#rows, this.#columns);
  }

  /** A line of shape, layout and number of elements. */
  toString(): string {
    const kind = this.dtype === "float32" ? "" : `, dtype=${this.dtype}`;
    return `sparse(layout=${this.layout}, shape=${text(this.shape)}, nnz=${this.nnz}${kind})`;
  }

  /** What console.log shows in Deno, Bun and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** What console.log shows in Deno. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }
}

function int64(values: Int32Array): Tensor {
  return tensor(values).to("int64");
}

/** Indices given as arrays of numbers, or as an int32 or int64 tensor. */
function indexOf(index: TensorLike): Tensor {
  if (Array.isArray(index)) return tensor(index, { dtype: "int64" });
  const given = single(index);
  if (given.dtype !== "int64" && given.dtype !== "int32") {
    throw new DTypeError(
      `Cannot make a sparse matrix with indices of dtype ${given.dtype}: they must be integers`,
    );
  }
  return given;
}

function checkSize(shape: Shape): MatrixShape {
  const isSize = (extent: number) => Number.isInteger(extent) && extent >= 0 && extent < 2 ** 31;
  if (shape.length === 2 && shape.every(isSize)) return shape as MatrixShape;
  throw new ShapeError(`Cannot make a sparse tensor of shape ${text(shape)}: it is a matrix`);
}

function checkCount(values: Tensor, count: number): void {
  requireRank(values, 1, "make a sparse matrix", "vector of values");
  if (values.numel() !== count) {
    throw new ShapeError(
      `Cannot make a sparse matrix of ${values.numel()} values: there are indices of ${count}`,
    );
  }
}

/**
 * A sparse matrix of layout "coo".
 *
 * @param indices Rows and columns, [2, nnz].
 * @param values [nnz].
 * @param shape Rows and columns; by default as many as the indices need.
 * @throws {IndexError} when an index lies outside.
 * @throws {ShapeError} when the numbers of indices and values differ, or it is no matrix.
 * @throws {DTypeError} when the indices are no integers.
 *
 * @example
 * ```ts
 * import { sparse } from "@minitensor/minitensor";
 * const a = sparse.sparseCooTensor([[0, 1], [2, 0]], [3, 4]);
 * console.assert(a.toDense().toArray().toString() === "0,0,3,4,0,0");
 * ```
 */
export function sparseCooTensor(
  indices: TensorLike,
  values: TensorLike,
  shape?: Shape,
): SparseTensor {
  const [index, elements] = [indexOf(indices), single(values)];
  if (index.ndim !== 2 || index.shape[0] !== 2) {
    throw new ShapeError(
      `Cannot make a sparse matrix with indices of shape ${text(index.shape)}: it is [2, nnz]`,
    );
  }
  checkCount(elements, index.shape[1]!);
  const size = shape ??
    [0, 1].map((dim) => index.shape[1] === 0 ? 0 : Number(index.select(0, dim).max().item()) + 1);
  const [rows, columns] = checkSize(size);
  return new SparseTensor(
    "coo",
    [rows, columns],
    elements,
    checkedIndices(index.select(0, 0), rows, "row"),
    checkedIndices(index.select(0, 1), columns, "column"),
  );
}

/**
 * A sparse matrix of layout "csr".
 *
 * @param crowIndices Where each row begins among the values, and their number: [rows + 1].
 * @param colIndices Columns, [nnz].
 * @param values [nnz].
 * @param shape Rows and columns; by default as many as the indices need.
 * @throws {IndexError} when a column lies outside, or rows do not follow each other.
 * @throws {ShapeError} when the numbers of indices and values differ, or it is no matrix.
 * @throws {DTypeError} when the indices are no integers.
 *
 * @example
 * ```ts
 * import { sparse } from "@minitensor/minitensor";
 * const a = sparse.sparseCsrTensor([0, 1, 2], [1, 0], [5, 6], [2, 2]);
 * console.assert(a.toDense().toArray().toString() === "0,5,6,0");
 * ```
 */
export function sparseCsrTensor(
  crowIndices: TensorLike,
  colIndices: TensorLike,
  values: TensorLike,
  shape?: Shape,
): SparseTensor {
  const [crow, col, elements] = [indexOf(crowIndices), indexOf(colIndices), single(values)];
  requireRank(crow, 1, "make a sparse matrix", "vector of rows");
  requireRank(col, 1, "make a sparse matrix", "vector of columns");
  checkCount(elements, col.numel());
  const size = shape ?? [
    crow.numel() - 1,
    col.numel() === 0 ? 0 : Number(col.max().item()) + 1,
  ];
  const [rows, columns] = checkSize(size);
  const pattern = new Pattern(
    [rows, columns],
    checkedStarts(crow, rows, col.numel()),
    checkedIndices(col, columns, "column"),
  );
  return new SparseTensor("csr", [rows, columns], elements, pattern.rows, pattern.columns, pattern);
}

function checkedStarts(crow: Tensor, rows: number, count: number): Int32Array {
  const starts = numbersOf(crow);
  const fits = starts.length === rows + 1 && starts[0] === 0 && starts[rows] === count;
  if (!fits) {
    throw new IndexError(
      `Cannot make a sparse matrix of ${rows} rows and ${count} values with ${starts.length} ` +
        `beginnings of rows: they are ${rows + 1}, from 0 to ${count}`,
    );
  }
  for (let row = 0; row < rows; row++) {
    if (!(starts[row]! <= starts[row + 1]!)) {
      throw new IndexError(
        `Cannot make a sparse matrix whose row ${row} begins at ${starts[row]}: ` +
          `the next begins at ${starts[row + 1]}`,
      );
    }
  }
  return Int32Array.from(starts);
}

/** Options of {@link fromDense}. */
export interface FromDenseOptions {
  /** Default "coo". */
  readonly layout?: SparseLayout;
}

/**
 * The elements of a matrix that are not 0.
 *
 * @throws {ShapeError} when the tensor is no matrix.
 * @throws {ArgumentError} when there is no such layout.
 *
 * @example
 * ```ts
 * import { sparse } from "@minitensor/minitensor";
 * console.assert(sparse.fromDense([[0, 2], [0, 3]]).nnz === 2);
 * ```
 */
export function fromDense(x: TensorLike, options: FromDenseOptions = {}): SparseTensor {
  checkOptions(options, ["layout"], "fromDense");
  const { layout = "coo" } = options;
  if (layout !== "coo" && layout !== "csr") {
    throw new ArgumentError(
      `Cannot make a sparse matrix of layout ${String(layout)}: it is coo or csr`,
    );
  }
  const dense = single(x);
  requireRank(dense, 2, "make a sparse matrix", "tensor");
  const [rows, columns] = nonzero(dense.detach(), { asTuple: true }) as [Tensor, Tensor];
  const places = rows.mul(dense.shape[1]!).add(columns);
  const values = indexSelect(dense.reshape([-1]), 0, places);
  const made = sparseCooTensor(stack([rows, columns]), values, dense.shape);
  return layout === "csr" ? made.toCsr() : made;
}

/**
 * The product of a sparse matrix and a dense matrix or vector; the gradient flows to the values and
 * to the dense one.
 *
 * @throws {ShapeError} when the dense tensor has other rows, or another rank.
 *
 * @example
 * ```ts
 * import { sparse } from "@minitensor/minitensor";
 * const a = sparse.fromDense([[0, 2], [1, 0]]);
 * console.assert(sparse.matmul(a, [10, 20]).toArray().toString() === "40,10");
 * ```
 */
export function matmul(a: SparseTensor, dense: TensorLike): Tensor {
  return a.matmul(dense);
}
