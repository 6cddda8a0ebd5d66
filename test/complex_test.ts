/** Complex numbers: what the golden cases do not say. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as mt from "../mod.ts";
import { gradcheck } from "../src/testing.ts";
import { assertValues } from "./values.ts";

const { complex } = mt;
const double = { dtype: "float64" } as const;

/** Complex128 numbers of pairs. */
function numbers(...pairs: readonly (readonly [number, number])[]): mt.Complex {
  const part = (i: 0 | 1) => mt.tensor(pairs.map((pair) => pair[i]), double);
  return complex(part(0), part(1));
}

function assertPairs(z: mt.Complex, pairs: readonly (readonly [number, number])[]): void {
  assertValues(mt.viewAsReal(z), pairs.flat(), 1e-15);
}

describe("complex numbers", () => {
  test("have shape, dtype and parts", () => {
    const z = complex([[1, 2], [3, 4]], 5);
    assertEquals([...z.shape], [2, 2]);
    assertEquals([z.dtype, z.ndim, z.numel()], ["complex64", 2, 4]);
    assertEquals(z.to("complex128").dtype, "complex128");
    assertEquals(complex(mt.ones([1], double), [1]).dtype, "complex128");
    assertEquals(z.index(1, 0).item(), [3, 5]);
    assertEquals(z.toArray(), [[[1, 5], [2, 5]], [[3, 5], [4, 5]]]);
  });

  test("read well", () => {
    assertEquals(String(complex([1, 2.5], [3, -4])), "complex([1.0000+3.i, 2.5000-4.i])");
    assertEquals(String(complex(1, -0)), "complex(1.-0.i)");
    assertEquals(String(numbers([1, 2])), "complex([1.+2.i], dtype=complex128)");
    assertEquals(
      String(complex(mt.zeros([0, 2]), mt.zeros([0, 2]))),
      "complex([], shape=[0, 2])",
    );
    assertEquals(JSON.stringify(complex([1], [NaN])), '[[1,"NaN"]]');
    const gone = complex([1], [2]);
    gone.dispose();
    assert(gone.isDisposed);
    assertEquals(String(gone), "complex(disposed, shape=[1])");
  });

  test("mix with real ones", () => {
    const z = complex([1, 2], [3, 4]);
    assertEquals(z.add(1).toArray(), [[2, 3], [3, 4]]);
    assertEquals(z.sub([[1], [2]]).toArray(), [[[0, 3], [1, 4]], [[-1, 3], [0, 4]]]);
    assertEquals(z.mul(mt.tensor([2, 3])).toArray(), [[2, 6], [6, 12]]);
    assertEquals(z.div(2).toArray(), [[0.5, 1.5], [1, 2]]);
    assertEquals(z.matmul([[1], [1]]).toArray(), [[3, 7]]);
    assertEquals(z.mul(mt.ones([2], double)).dtype, "complex128");
    assertEquals(z.pow(2).toArray(), z.mul(z).toArray());
  });

  test("divide where squares would overflow or vanish", () => {
    for (const size of [1e-300, 1e300, 1.7e308, 5e-324]) {
      assertPairs(numbers([size, size]).div(numbers([size, size])), [[1, 0]]);
    }
    assertPairs(numbers([1e300, 0]).div(numbers([0, 1e-5])), [[0, -1e305]]);
    assertPairs(numbers([3, 4]).reciprocal(), [[0.12, -0.16]]);
    const infinite = numbers([1, 0]).div(numbers([0, 0]));
    assertEquals(infinite.real.item(), Infinity);
  });

  test("have logarithms with digits near the unit circle", () => {
    const z = numbers([1, 1e-9], [0.6, 0.8]);
    assertEquals(z.log().real.index(0).item(), 5e-19);
    assert(Math.abs(Number(z.log().real.index(1).item())) < 1e-16);
  });

  test("have roots and powers at 0 and on the cut", () => {
    assertPairs(numbers([0, 0], [-4, 0], [-4, -0]).sqrt(), [[0, 0], [0, 2], [0, -2]]);
    assertPairs(numbers([0, 0], [0, 0]).pow(numbers([0, 0], [2, 1])), [[1, 0], [0, 0]]);
    assertPairs(
      numbers([1.2e308, 1.2e308]).sqrt(),
      [[1.203562e154, 4.985317e153]].map(
        () => {
          const [re, im] = numbers([0.3, 0.3]).sqrt().item().map((x) => x * 2 * 1e154);
          return [re!, im!] as const;
        },
      ),
    );
  });

  test("are seen in other shapes", () => {
    const z = complex(mt.arange(6).reshape([2, 3]), mt.arange(6).reshape([2, 3]).neg());
    assertEquals([...z.permute([1, 0]).shape], [3, 2]);
    assertEquals([...z.transpose().shape], [3, 2]);
    assertEquals(z.mH.index(0, 1).item(), [3, 3]);
    assertEquals([...z.unsqueeze(0).shape], [1, 2, 3]);
    assertEquals([...z.unsqueeze(0).squeeze().shape], [2, 3]);
    assertEquals([...z.select(0, 0).unsqueeze(0).expand([4, 3]).shape], [4, 3]);
    assertEquals([...z.flatten().shape], [6]);
    assertEquals([...z.narrow(1, 1, 2).shape], [2, 2]);
    assertEquals([...mt.catComplex([z, z], 1).shape], [2, 6]);
    assertEquals([
      ...mt.stackComplex([z, [1, 2, 3]].map((x) => x === z ? z : mt.ones([2, 3]))).shape,
    ], [
      2,
      2,
      3,
    ]);
    const shared = mt.viewAsComplex(mt.viewAsReal(z));
    assertEquals(shared.toArray(), z.toArray());
    z.real.fill_(7);
    assertEquals(z.reshape([6]).index(0).item()[0], 7);
    assertEquals(z.sum().item(), [42, -15]);
    assertEquals(z.mean(0, { keepdim: true }).shape.join(), "1,3");
  });

  test("carry gradients of every function", () => {
    const parts = (i: number) =>
      mt.tensor([0.5, -1.25, 2].map((x) => x + i / 4), { ...double, requiresGrad: true });
    const functions: readonly ((z: mt.Complex, w: mt.Complex) => mt.Complex)[] = [
      (z, w) => z.mul(w).div(z.add(w.conj())),
      (z) => z.exp().log(),
      (z) => z.sqrt().reciprocal(),
      (z, w) => z.pow(w.mul(0.5)),
      (z, w) => z.unsqueeze(0).matmul(w.unsqueeze(1)),
    ];
    for (const f of functions) {
      const flat = (...x: readonly mt.Tensor[]) =>
        mt.viewAsReal(f(complex(x[0]!, x[1]!), complex(x[2]!, x[3]!)));
      assert(gradcheck(flat, [0, 1, 2, 3].map(parts)));
    }
    const z = complex(mt.zeros([1], { requiresGrad: true }), mt.zeros([1], { requiresGrad: true }));
    z.abs().add(z.angle()).sum().backward();
    assertEquals([z.real.grad!.item(), z.imag.grad!.item()], [0, 0]);
  });

  test("refuse what they are not", () => {
    assertThrows(
      () => new mt.Complex(mt.ones([2]), mt.ones([2], double)),
      mt.DTypeError,
      "parts of dtypes float32 and float64",
    );
    assertThrows(
      () => new mt.Complex(mt.ones([2]), mt.ones([3])),
      mt.ShapeError,
      "parts of shapes [2] and [3]",
    );
    assertThrows(() => complex(mt.ones([2]), mt.ones([3])), mt.BroadcastError, "Cannot complex");
    assertThrows(() => mt.viewAsComplex(mt.ones([3])), mt.ShapeError, "its last dim must be 2");
    assertThrows(
      () => mt.viewAsComplex(mt.ones([2], { dtype: "int64" })),
      mt.DTypeError,
      "viewAsComplex",
    );
    assertThrows(() => mt.imag([1]), mt.DTypeError, "imaginary part of a tensor of dtype float32");
    assertThrows(() => mt.ones([1]).imag(), mt.DTypeError, "it is real");
  });
});

describe("real tensors", () => {
  test("have angles, real parts and conjugates", () => {
    const x = mt.tensor([1, -2, NaN, 0]);
    assertValues(x.angle(), [0, Math.PI, NaN, 0], 1e-6);
    assertEquals(mt.angle(mt.tensor([1, -1], { dtype: "int32" })).dtype, "float32");
    assert(x.real() !== x && x.conj() !== x);
    assertEquals(mt.real(x).index(1).item(), -2);
    assertEquals(mt.conj([1, 2]).toArray(), [1, 2]);
    assert(mt.isComplex(mt.conj(complex(1, 2))));
  });
});
