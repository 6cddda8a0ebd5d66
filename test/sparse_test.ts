/** Sparse matrices and their products. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as mt from "../mod.ts";
import { gradcheck } from "../src/testing.ts";

const { sparse } = mt;

/** A matrix of which about a part is not 0. */
function scattered(rows: number, columns: number, part: number): mt.Tensor {
  const generator = new mt.Generator(rows * 31 + columns);
  const x = mt.randn([rows, columns], { dtype: "float64", generator });
  const kept = mt.rand([rows, columns], { generator }).lt(part);
  return mt.where(kept, x, 0);
}

/** The largest magnitude. */
function largest(x: mt.Tensor): number {
  return Number(x.abs().max().item());
}

describe("sparse matrices", () => {
  test("multiply as dense ones do", () => {
    for (const [rows, columns] of [[1, 1], [5, 7], [40, 3], [3, 40], [200, 150]] as const) {
      const dense = scattered(rows, columns, 0.2);
      for (const layout of ["coo", "csr"] as const) {
        const a = sparse.fromDense(dense, { layout });
        for (const width of [1, 2, 8, 17, 70]) {
          const x = mt.randn([columns, width], { dtype: "float64" });
          for (const y of [x, x.t().contiguous().t(), mt.cat([x, x], 1).narrow(1, 0, width)]) {
            assert(largest(a.matmul(y).sub(dense.matmul(y))) < 1e-12);
          }
          const z = mt.randn([rows, width], { dtype: "float64" });
          assert(largest(a.transpose().matmul(z).sub(dense.t().matmul(z))) < 1e-12);
        }
        const v = mt.randn([columns], { dtype: "float64" });
        assertEquals(a.matmul(v).shape.join(), String(rows));
        assert(largest(sparse.matmul(a, v).sub(dense.matmul(v))) < 1e-12);
        assertEquals(a.toDense().toArray(), dense.toArray());
        assertEquals(a.transpose().toDense().toArray(), dense.t().toArray());
      }
    }
  });

  test("are one in both layouts", () => {
    const a = sparse.sparseCooTensor([[1, 0, 1, 1], [2, 1, 0, 2]], [1, 2, 3, 4], [2, 3]);
    assertEquals([a.nnz, a.layout, a.dtype], [4, "coo", "float32"]);
    assertEquals(String(a), "sparse(layout=coo, shape=[2, 3], nnz=4)");
    assertEquals(a.toDense().toArray(), [[0, 2, 0], [3, 0, 5]]);
    const rows = a.toCsr();
    assertEquals(rows.crowIndices.toArray(), [0, 1, 4]);
    assertEquals(rows.colIndices.toArray(), [1, 2, 0, 2]);
    assertEquals(rows.values.toArray(), [2, 1, 3, 4]);
    assertEquals(rows.toCoo().indices.toArray(), [[0, 1, 1, 1], [1, 2, 0, 2]]);
    assert(rows.toCsr() === rows && a.toCoo() === a);
    const one = a.coalesce();
    assertEquals(one.indices.toArray(), [[0, 1, 1], [1, 0, 2]]);
    assertEquals(one.values.toArray(), [2, 3, 5]);
    const again = sparse.sparseCsrTensor(rows.crowIndices, rows.colIndices, rows.values);
    assertEquals(again.toDense().toArray(), a.toDense().toArray());
    assertEquals([...sparse.sparseCooTensor([[3], [1]], [1]).shape], [4, 2]);
  });

  test("may have no elements", () => {
    const none = sparse.fromDense(mt.zeros([3, 2]));
    assertEquals(none.nnz, 0);
    assertEquals(none.matmul(mt.ones([2, 2])).toArray(), [[0, 0], [0, 0], [0, 0]]);
    assertEquals(none.matmul([1, 2]).toArray(), [0, 0, 0]);
    assertEquals(none.coalesce().nnz, 0);
    assertEquals([...sparse.fromDense(mt.zeros([0, 2])).matmul(mt.ones([2, 4])).shape], [0, 4]);
    assertEquals([...sparse.fromDense(mt.eye(2)).matmul(mt.ones([2, 0])).shape], [2, 0]);
  });

  test("keep indices that nobody changes", () => {
    const index = mt.tensor([[0, 1], [1, 0]], { dtype: "int64" });
    const a = sparse.sparseCooTensor(index, [1, 2]).toCsr();
    index.fill_(1000);
    a.crowIndices.fill_(1000);
    a.colIndices.fill_(1000);
    assertEquals(a.matmul([1, 10]).toArray(), [10, 2]);
  });

  test("outlive the scope in which they were first used", () => {
    const a = sparse.fromDense(mt.eye(3));
    mt.tidy(() => a.matmul(mt.ones([3, 2])).sum());
    assertEquals(a.matmul([1, 2, 3]).toArray(), [1, 2, 3]);
  });

  test("carry gradients to values and dense matrices", () => {
    const values = mt.tensor([1, -2, 3, 0.5], { dtype: "float64", requiresGrad: true });
    const x = mt.randn([3, 2], { dtype: "float64" }).requiresGrad_();
    const index = [[1, 0, 1, 1], [2, 1, 0, 2]];
    const f = (v: mt.Tensor, y: mt.Tensor) =>
      sparse.sparseCooTensor(index, v, [2, 3]).coalesce().toCsr().matmul(y);
    assert(gradcheck(f as (...x: readonly mt.Tensor[]) => mt.Tensor, [values, x]));
    const dense = mt.tensor([[0, 2], [3, 0]], { requiresGrad: true });
    sparse.fromDense(dense).matmul([1, 10]).sum().backward();
    assertEquals(dense.grad!.toArray(), [[0, 10], [1, 0]]);
  });

  test("refuse indices outside, and shapes that do not fit", () => {
    const { sparseCooTensor, sparseCsrTensor } = sparse;
    assertThrows(
      () => sparseCooTensor([[0, 2], [0, 0]], [1, 1], [2, 2]),
      mt.IndexError,
      "row 2 at place 1: there are 2 rows",
    );
    assertThrows(() => sparseCooTensor([[0], [-1]], [1], [2, 2]), mt.IndexError, "column -1");
    assertThrows(() => sparseCooTensor([[0], [0]], [1, 2]), mt.ShapeError, "2 values");
    assertThrows(() => sparseCooTensor([[0]], [1]), mt.ShapeError, "it is [2, nnz]");
    assertThrows(() => sparseCooTensor([[0], [0]], [1], [2]), mt.ShapeError, "it is a matrix");
    assertThrows(() => sparseCooTensor(mt.zeros([2, 1]), [1]), mt.DTypeError, "must be integers");
    assertThrows(() => sparseCsrTensor([0, 2, 1], [0], [1]), mt.IndexError, "row 1 begins at 2");
    assertThrows(() => sparseCsrTensor([0, 2], [0], [1]), mt.IndexError, "from 0 to 1");
    assertThrows(() => sparseCsrTensor([0, 1], [5], [1], [1, 3]), mt.IndexError, "column 5");
    const a = sparse.fromDense(mt.eye(2));
    assertThrows(() => a.matmul(mt.ones([3])), mt.ShapeError, "it needs 2 rows");
    assertThrows(() => a.matmul(mt.ones([2, 1, 1])), mt.ShapeError, "[2, 1, 1]");
    assertThrows(() => sparse.fromDense(mt.ones([2])), mt.ShapeError, "2 dims");
    const layout = "csc" as never;
    assertThrows(() => sparse.fromDense(mt.eye(2), { layout }), mt.ArgumentError, "layout csc");
  });
});
