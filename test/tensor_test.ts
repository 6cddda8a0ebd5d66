import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  arange,
  ArgumentError,
  asTensor,
  DTypeError,
  empty,
  emptyLike,
  eye,
  fromBuffer,
  fromTypedArray,
  full,
  fullLike,
  isTensor,
  linspace,
  logspace,
  ones,
  onesLike,
  ShapeError,
  Tensor,
  tensor,
  zeros,
  zerosLike,
} from "../mod.ts";
import { values } from "./values.ts";

/** Dtype, shape and elements at once. */
function facts(x: Tensor): unknown[] {
  return [x.dtype, [...x.shape], x.toArray()];
}

describe("tensor()", () => {
  test("takes numbers, booleans and bigints of any nesting", () => {
    assertEquals(facts(tensor(3)), ["float32", [], 3]);
    assertEquals(facts(tensor([1, 2])), ["float32", [2], [1, 2]]);
    assertEquals(facts(tensor([[true], [false]])), ["bool", [2, 1], [[true], [false]]]);
    assertEquals(facts(tensor([5n, -7n])), ["int64", [2], [5, -7]]);
    assertEquals(facts(tensor([[[1]]])), ["float32", [1, 1, 1], [[[1]]]]);
    assertEquals(facts(tensor([true, 2])), ["float32", [2], [1, 2]]);
    assertEquals(facts(tensor([])), ["float32", [0], []]);
    assertEquals(facts(tensor([[], []])), ["float32", [2, 0], [[], []]]);
  });

  test("keeps the dtype of typed arrays and copies them", () => {
    const source = Float64Array.of(1, 2);
    const x = tensor(source);
    source[0] = 9;
    assertEquals(facts(x), ["float64", [2], [1, 2]]);
    assertEquals(tensor(Int32Array.of(-1)).dtype, "int32");
    assertEquals(tensor(Uint8Array.of(255)).dtype, "uint8");
    assertEquals(facts(tensor(BigInt64Array.of(-3n))), ["int64", [1], [-3]]);
    assertEquals(facts(tensor(Int32Array.of(3), { dtype: "float64" })), ["float64", [1], [3]]);
    assertEquals(values(tensor(new Float32Array([0, 1, 2, 3]).subarray(1, 3))), [1, 2]);
  });

  test("converts to the dtype that is asked for", () => {
    assertEquals(facts(tensor([1.9, -1.9], { dtype: "int32" })), ["int32", [2], [1, -1]]);
    assertEquals(facts(tensor([0, 0.5], { dtype: "bool" })), ["bool", [2], [false, true]]);
    const wide = tensor([2 ** 53, -1], { dtype: "int64" });
    assertEquals([wide.dtype, wide.toTypedArray()], ["int64", BigInt64Array.of(2n ** 53n, -1n)]);
    assertEquals(tensor(0.1, { dtype: "float64" }).item(), 0.1);
    assertEquals(tensor(0.1).item(), Math.fround(0.1));
  });

  test("copies tensors", () => {
    const x = tensor([[1, 2], [3, 4]]);
    const copy = tensor(x.T);
    x.fill_(0);
    assertEquals(copy.toArray(), [[1, 3], [2, 4]]);
    assertEquals(tensor(copy, { dtype: "int64" }).dtype, "int64");
    assertEquals(tensor(ones([2], { requiresGrad: true })).requiresGrad, false);
  });

  test("refuses ragged arrays and what is no number", () => {
    assertThrows(
      () => tensor([[1, 2], [3]]),
      ShapeError,
      "Cannot make a tensor of ragged arrays: dim 1 is 2 and 1",
    );
    assertThrows(
      () => tensor([[1], 2]),
      ShapeError,
      "Cannot make a tensor of ragged arrays: dim 1 is 1 and no array",
    );
    assertThrows(() => tensor([1, [2]]), ShapeError, "Cannot make a tensor of ragged arrays");
    for (const [value, name] of [[undefined, "undefined"], [null, "null"], ["1", "1"]] as const) {
      assertThrows(
        () => tensor([value as unknown as number]),
        ArgumentError,
        `Cannot make a tensor element of ${name}: it is not a number`,
      );
    }
    assertThrows(() => tensor(new Array<number>(3)), ArgumentError, "element of undefined");
    assertThrows(
      () => tensor([1], { dtype: "float8" as "float32" }),
      DTypeError,
      "Cannot use dtype float8",
    );
    assertThrows(
      () => tensor(new Uint32Array(2) as unknown as Int32Array),
      DTypeError,
      "Cannot make a tensor of a Uint32Array: no dtype holds its elements",
    );
  });
});

describe("other makers", () => {
  test("fromTypedArray() and asTensor()", () => {
    assertEquals(facts(fromTypedArray(Float32Array.of(1, 2, 3, 4), [2, 2])), ["float32", [2, 2], [[
      1,
      2,
    ], [3, 4]]]);
    assertThrows(
      () => fromTypedArray(Float32Array.of(1, 2, 3), [2, 2]),
      ShapeError,
      "Cannot make a tensor of shape [2, 2]: the array has 3 elements",
    );
    const x = tensor([1]);
    assertEquals(asTensor(x) === x, true);
    assertEquals(asTensor(x, { dtype: "float64" }).dtype, "float64");
    assertEquals(asTensor([1, 2]).shape, [2]);
  });

  test("fromBuffer() shares memory", () => {
    const buffer = new ArrayBuffer(32);
    const x = fromBuffer(buffer, { dtype: "float32", shape: [2, 2], byteOffset: 8 });
    new Float32Array(buffer)[2] = 5;
    assertEquals(x.toArray(), [[5, 0], [0, 0]]);
    x.add_(1);
    assertEquals([...new Float32Array(buffer)], [0, 0, 6, 1, 1, 1, 0, 0]);
    assertEquals(x.mul(2).toArray(), [[12, 2], [2, 2]]);
    assertThrows(
      () => fromBuffer(buffer, { dtype: "float64", shape: [1], byteOffset: 4 }),
      ArgumentError,
      "Cannot view a buffer from byte 4: it is no multiple of 8",
    );
    assertThrows(
      () => fromBuffer(buffer, { dtype: "float32", shape: [9] }),
      ArgumentError,
      "Cannot view 36 bytes from byte 0: the buffer has 32",
    );
  });

  test("zeros, ones, empty, full and their likes", () => {
    assertEquals(facts(zeros([2, 1])), ["float32", [2, 1], [[0], [0]]]);
    assertEquals(facts(ones([2], { dtype: "int64" })), ["int64", [2], [1, 1]]);
    assertEquals(facts(ones([2], { dtype: "bool" })), ["bool", [2], [true, true]]);
    assertEquals(empty([3, 0]).shape, [3, 0]);
    assertEquals(facts(full([2], 7)), ["float32", [2], [7, 7]]);
    assertEquals(facts(full([1], true)), ["bool", [1], [true]]);
    assertEquals(full([1], 2n ** 62n + 1n).item(), 2n ** 62n + 1n);
    assertEquals(full([1], -(2n ** 63n)).item(), -(2n ** 63n));
    assertEquals(facts(full([], 2.5, { dtype: "int32" })), ["int32", [], 2]);
    const x = zeros([2], { dtype: "float64", requiresGrad: true });
    for (const like of [zerosLike(x), onesLike(x), emptyLike(x), fullLike(x, 3)]) {
      assertEquals([like.dtype, like.shape, like.requiresGrad], ["float64", [2], false]);
    }
    assertEquals(fullLike(x, 3).toArray(), [3, 3]);
    assertEquals(facts(x.newFull([1], 4)), ["float64", [1], [4]]);
    assertEquals(facts(x.newTensor([1, 2])), ["float64", [2], [1, 2]]);
    assertEquals(
      [x.newZeros([3]), x.newOnes([3]), x.newEmpty([3])].map((y) => y.dtype),
      Array(3).fill("float64"),
    );
    assertThrows(
      () => zeros([2, -1]),
      ShapeError,
      "Cannot use shape [2, -1]: sizes are whole numbers of 0 or more",
    );
    assertThrows(() => zeros([1.5]), ShapeError, "Cannot use shape [1.5]");
    assertThrows(() => zeros(Array(40).fill(1)), ShapeError, "it has more than");
    assertThrows(() => zeros([2 ** 40, 2 ** 40]), ShapeError, "its elements cannot be counted");
  });

  test("eye()", () => {
    assertEquals(eye(2).toArray(), [[1, 0], [0, 1]]);
    assertEquals(facts(eye(2, 3, { dtype: "int64" })), ["int64", [2, 3], [[1, 0, 0], [0, 1, 0]]]);
    assertEquals(eye(3, 1).toArray(), [[1], [0], [0]]);
    assertEquals([eye(0).shape, eye(2, 0).shape], [[0, 0], [2, 0]]);
    assertEquals(eye(2, 2, { requiresGrad: true }).requiresGrad, true);
  });

  test("arange() counts as ceil((end - start) / step)", () => {
    assertEquals(arange(4).toArray(), [0, 1, 2, 3]);
    assertEquals(arange(1, 2, 0.3, { dtype: "float64" }).numel(), 4);
    assertEquals(arange(5, 0, -2).toArray(), [5, 3, 1]);
    assertEquals(facts(arange(0, 3, 1, { dtype: "int64" })), ["int64", [3], [0, 1, 2]]);
    assertEquals([arange(0).shape, arange(3, 3).shape], [[0], [0]]);
    assertEquals(
      arange(0, 1, 0.1, { dtype: "float64" }).toArray(),
      Array.from({ length: 10 }, (_, i) => i * 0.1),
    );
    for (
      const [start, end, step] of [[0, 1, 0], [0, 1, -1], [0, Infinity, 1], [0, NaN, 1], [
        1,
        0,
        1,
      ]] as const
    ) {
      assertThrows(() => arange(start, end, step), ArgumentError, "it never arrives");
    }
  });

  test("linspace() and logspace() are exact at both ends", () => {
    assertEquals(linspace(0, 1, 5).toArray(), [0, 0.25, 0.5, 0.75, 1]);
    assertEquals([linspace(3, 9, 1).toArray(), linspace(3, 9, 0).toArray()], [[3], []]);
    const third = linspace(0.1, 0.7, 7, { dtype: "float64" }).toArray() as number[];
    assertEquals([third[0], third[6]], [0.1, 0.7]);
    assertEquals(linspace(5, -5, 3, { dtype: "int64" }).toArray(), [5, 0, -5]);
    assertEquals(logspace(0, 3, 4).toArray(), [1, 10, 100, 1000]);
    assertEquals(logspace(0, 3, 4, { base: 2, dtype: "float64" }).toArray(), [1, 2, 4, 8]);
  });
});

describe("conversion", () => {
  test("item() is a number, boolean or bigint", () => {
    assertEquals(tensor([[7]]).item(), 7);
    assertEquals(tensor(true).item(), true);
    assertEquals(tensor(3n).item(), 3);
    assertEquals(tensor(2n ** 60n).item(), 2n ** 60n);
    assertEquals(tensor([1, 2, 3]).index(1).item(), 2);
    assertThrows(
      () => tensor([1, 2]).item(),
      ShapeError,
      "Cannot take the item of a tensor of shape [2]: it has 2",
    );
    assertThrows(() => tensor([]).item(), ShapeError, "it has 0");
  });

  test("toArray(), tolist() and toTypedArray() read any layout row by row", () => {
    const x = arange(6).reshape([2, 3]);
    for (const view of [x.T, x.T.contiguous()]) {
      assertEquals(view.toArray(), [[0, 3], [1, 4], [2, 5]]);
    }
    assertEquals(x.index("::-1", "::-2").tolist(), [[5, 3], [2, 0]]);
    assertEquals([...x.T.toTypedArray()], [0, 3, 1, 4, 2, 5]);
    assertEquals(tensor(1).expand([2, 2]).toArray(), [[1, 1], [1, 1]]);
    assertEquals(tensor(4).toArray(), 4);
    assertEquals(tensor([true]).toTypedArray(), Uint8Array.of(1));
    assertEquals(tensor([2n]).toTypedArray(), BigInt64Array.of(2n));
  });

  test("toTypedArray() copies, asTypedArray() does not", () => {
    const x = tensor([1, 2, 3]);
    (x.toTypedArray() as Float32Array)[0] = 9;
    assertEquals(x.toArray(), [1, 2, 3]);
    const shared = x.asTypedArray() as Float32Array;
    shared[0] = 9;
    assertEquals(x.add(0).toArray(), [9, 2, 3]);
    assertEquals(x.index("1:").asTypedArray(), Float32Array.of(2, 3));
    assertThrows(
      () => zeros([2, 3]).T.asTypedArray(),
      ArgumentError,
      "Cannot view the elements of a tensor that is not contiguous: they are not in order",
    );
  });

  test("JSON, primitives and iteration", () => {
    assertEquals(
      JSON.stringify({ x: tensor([[1, NaN], [Infinity, -Infinity]]) }),
      '{"x":[[1,"NaN"],["Infinity","-Infinity"]]}',
    );
    assertEquals(JSON.stringify(tensor(2n ** 60n)), `"${2n ** 60n}"`);
    assertEquals([Number(tensor(2.5)), +tensor([3]), Number(tensor(true))], [2.5, 3, 1]);
    assertEquals(`${tensor(2.5)}`, "tensor(2.5000)");
    assertEquals([...arange(4).reshape([2, 2])].map((row) => row.toArray()), [[0, 1], [2, 3]]);
    assertThrows(
      () => [...tensor(1)],
      TypeError,
      "Cannot iterate over a tensor of rank 0: it has no dims",
    );
  });

  test("properties tell shape, memory and kind", () => {
    const x = zeros([2, 3], { dtype: "float64" });
    assertEquals([x.ndim, x.numel(), x.itemsize, x.nbytes, x.device], [2, 6, 8, 48, "cpu"]);
    assertEquals([x.size(), x.size(1), x.size(-2)], [[2, 3], 3, 2]);
    assertThrows(
      () => x.size(2),
      ArgumentError,
      "Cannot give the size of dim 2: the tensor has 2 dims",
    );
    assertEquals([x.strides, x.T.strides, x.isContiguous(), x.T.isContiguous()], [
      [3, 1],
      [1, 3],
      true,
      false,
    ]);
    assertEquals([x.isFloatingPoint(), zeros([1], { dtype: "int32" }).isFloatingPoint()], [
      true,
      false,
    ]);
    assertEquals(x.index(1).storageOffset(), 3);
    assert(Object.isFrozen(x.shape));
    assert(x instanceof Tensor && isTensor(x));
    assertEquals([isTensor(null), isTensor([1]), isTensor({})], [false, false, false]);
    assertEquals([tensor(1).shape, tensor(1).ndim, tensor(1).numel()], [[], 0, 1]);
  });
});

describe("in-place methods", () => {
  test("change the memory and give the tensor back", () => {
    const x = tensor([1, 2, 3]);
    assertEquals(x.add_(1) === x, true);
    assertEquals(x.sub_([1, 1, 1]).mul_(tensor([2])).div_(4).toArray(), [0.5, 1, 1.5]);
    assertEquals(x.clamp_(0.75, 1.25).toArray(), [0.75, 1, 1.25]);
    assertEquals(x.fill_(7).zero_().toArray(), [0, 0, 0]);
    assertEquals(x.copy_(5).toArray(), [5, 5, 5]);
    assertEquals(tensor([1, 2], { dtype: "int32" }).copy_([1.9, NaN]).toArray(), [1, 0]);
  });

  test("write through views, whatever their strides", () => {
    const x = zeros([2, 3]);
    x.index(":", "::-2").copy_([[1, 2], [3, 4]]);
    assertEquals(x.toArray(), [[2, 0, 1], [4, 0, 3]]);
    x.T.index(1).add_(tensor([10, 20]));
    assertEquals(x.toArray(), [[2, 10, 1], [4, 20, 3]]);
  });

  test("read a source that overlaps before they write", () => {
    const x = arange(6);
    x.index("1:").copy_(x.index(":-1"));
    assertEquals(x.toArray(), [0, 0, 1, 2, 3, 4]);
    const y = arange(4);
    y.copy_(y.index("::-1"));
    assertEquals(y.toArray(), [3, 2, 1, 0]);
    const z = arange(4);
    z.index("1:").add_(z.index(":-1"));
    assertEquals(z.toArray(), [0, 1, 3, 5]);
  });

  test("refuse what would not fit", () => {
    const x = tensor([1, 2], { dtype: "int32" });
    assertThrows(
      () => x.add_(1.5),
      DTypeError,
      "Cannot add_ into a int32 tensor: the result is float32",
    );
    assertThrows(
      () => x.div_(2),
      DTypeError,
      "Cannot div_ into a int32 tensor: the result is float32",
    );
    assertThrows(
      () => x.add_(zeros([3, 2], { dtype: "int32" })),
      ShapeError,
      "Cannot add_ into a tensor of shape [2]: the result is [3, 2]",
    );
    assertThrows(
      () => x.copy_(zeros([3])),
      ShapeError,
      "Cannot copy_ tensors of shapes [2] and [3]: axis 0 is 2 and 3",
    );
    assertThrows(
      () => x.copy_(zeros([1, 2])),
      ShapeError,
      "Cannot copy_ a tensor of shape [1, 2] into one of [2]",
    );
    assertThrows(
      () => zeros([1]).expand([3]).add_(1),
      ArgumentError,
      "Cannot add_ an expanded tensor: several elements share one place in memory",
    );
    assertEquals(x.toArray(), [1, 2]);
  });
});
