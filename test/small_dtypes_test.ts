/** The dtypes that are for storage, beside arithmetic, which the laws and PyTorch's values test. */
import { describe, test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import * as mt from "../mod.ts";
import { type DType, maxPool2d, ones, tensor, zeros } from "../mod.ts";
import { Adam, SGD } from "../src/optim/mod.ts";
import { values } from "./values.ts";

const small: readonly DType[] = ["uint8", "int8", "int16", "float16", "bfloat16"];

describe("tensors of small dtypes", () => {
  test("are made, read and printed", () => {
    for (const dtype of small) {
      const x = tensor([[0, 1], [100, 2]], { dtype });
      assertEquals([x.dtype, x.toArray()], [dtype, [[0, 1], [100, 2]]]);
      assertEquals(x.select(0, 1).select(0, 0).item(), 100);
      const point = x.isFloatingPoint() ? "." : "";
      assertEquals(
        String(x.select(0, 1)),
        `tensor([100${point},   2${point}], dtype=${dtype})`,
      );
      assertEquals(x.nbytes, 4 * x.itemsize);
      assertEquals(JSON.stringify(x), "[[0,1],[100,2]]");
      assertEquals(values(mt.full([2], 3, { dtype })), [3, 3]);
      assertEquals(values(mt.arange(1, 7, 2, { dtype })), [1, 3, 5]);
      assertEquals(values(mt.linspace(0, 4, 3, { dtype })), [0, 2, 4]);
      assertEquals(values(mt.eye(2, 2, { dtype })), [1, 0, 0, 1]);
      assertEquals(values(mt.fromFunction([2], (i) => i + 1, { dtype })), [1, 2]);
    }
  });

  test("take typed arrays of their elements", () => {
    assertEquals(tensor(Int8Array.of(-1, 5)).dtype, "int8");
    assertEquals(tensor(Int16Array.of(-1, 5)).dtype, "int16");
    assertEquals(values(tensor(Float16Array.of(0.5, 70000))), [0.5, Infinity]);
    assertEquals(tensor([1, 2], { dtype: "float16" }).asTypedArray() instanceof Float16Array, true);
    assertEquals([...tensor([1, -2], { dtype: "bfloat16" }).toTypedArray()], [0x3f80, 0xc000]);
  });

  test("have methods that convert", () => {
    const x = tensor([1.5, -2]);
    const made = [x.half(), x.bfloat16(), x.char(), x.short(), x.byte()];
    assertEquals(made.map((y) => y.dtype), ["float16", "bfloat16", "int8", "int16", "uint8"]);
    assertEquals(made.map(values), [[1.5, -2], [1.5, -2], [1, -2], [1, -2], [1, 0]]);
  });

  test("saturate where floats become integers, and wrap where integers do", () => {
    const wild = tensor([300, -300, NaN, 1e9, -1e9, 127.9]);
    assertEquals(values(wild.char()), [127, -128, 0, 127, -128, 127]);
    assertEquals(values(wild.double().short()), [300, -300, 0, 32767, -32768, 127]);
    assertEquals(values(tensor([300n, -129n]).char()), [44, 127]);
  });

  test("change in place", () => {
    for (const dtype of small) {
      const x = tensor([1, 2, 3], { dtype });
      assertEquals(values(x.add_(2).mul_(3).copy_(x.add(1))), [10, 13, 16]);
      assertEquals(values(x.fill_(7)), [7, 7, 7]);
    }
    assertThrows(() => ones([1], { dtype: "int8" }).add_(0.5), mt.DTypeError);
  });

  test("are drawn at random, the same numbers rounded", () => {
    for (const dtype of ["float16", "bfloat16"] as const) {
      const draw = (dtype: DType) =>
        mt.randn([50], { dtype, generator: new mt.Generator(3) }).to("float32");
      assertEquals(values(draw(dtype)), values(draw("float32").to(dtype)));
    }
    assertEquals(mt.randint(-5, 5, [3], { dtype: "int8" }).dtype, "int8");
  });

  test("may be the default", () => {
    mt.defaultDtype("bfloat16", () => {
      assertEquals([tensor(1.5), mt.rand([2]), tensor(1n).div(2)].map((x) => x.dtype), [
        "bfloat16",
        "bfloat16",
        "bfloat16",
      ]);
    });
  });

  test("have limits", () => {
    const fields = (dtype: DType) => {
      const { bits, eps, max, tiny, resolution } = mt.finfo(dtype);
      return [bits, eps, max, tiny, resolution];
    };
    assertEquals(fields("float16"), [16, 2 ** -10, 65504, 2 ** -14, 1e-3]);
    assertEquals(fields("bfloat16"), [16, 2 ** -7, 255 * 2 ** 120, 2 ** -126, 1e-2]);
    assertEquals([mt.iinfo("int8").min, mt.iinfo("int16").max], [-128, 32767]);
  });

  test("have neighbours", () => {
    const after = (x: number, y: number, dtype: DType) =>
      mt.nextafter(tensor(x, { dtype }), tensor(y, { dtype })).item();
    assertEquals(after(1, 2, "float16"), 1 + 2 ** -10);
    assertEquals(after(-1, 0, "bfloat16"), -1 + 2 ** -8);
    assertEquals(after(0, 1, "float16"), 2 ** -24);
    const { mantissa, exponent } = mt.frexp(tensor([12], { dtype: "float16" }));
    assertEquals([mantissa.dtype, mantissa.item(), exponent.item()], ["float16", 0.75, 4]);
  });
});

describe("gradients of small dtypes", () => {
  test("have the leaf's dtype, through ops of float32", () => {
    const x = tensor([1, 2, 3], { dtype: "float16", requiresGrad: true });
    const w = tensor([1, 2, 3], { requiresGrad: true });
    x.mul(x).add(w).sum().backward();
    assertEquals([x.grad!.dtype, values(x.grad!)], ["float16", [2, 4, 6]]);
    assertEquals([w.grad!.dtype, values(w.grad!)], ["float32", [1, 1, 1]]);
  });

  test("add up over branches and backward calls", () => {
    const x = tensor([1, 2], { dtype: "bfloat16", requiresGrad: true });
    const y = x.mul(3);
    y.add(y).sum().backward();
    x.exp().mul(0).sum().backward();
    assertEquals([x.grad!.dtype, values(x.grad!)], ["bfloat16", [6, 6]]);
  });

  test("go through pooling, whose places are bytes", () => {
    const x = mt.arange(0, 16, 1, { dtype: "float16" }).reshape([1, 1, 4, 4]).requiresGrad_();
    const y = maxPool2d(x, 2);
    y.sum().backward();
    assertEquals([y.dtype, values(y), x.grad!.sum().item()], ["float16", [5, 7, 13, 15], 4]);
  });

  test("can be differentiated again", () => {
    const x = tensor(2, { dtype: "float16", requiresGrad: true });
    const [first] = mt.autograd.grad([x.pow(3)], [x], { createGraph: true });
    first!.backward();
    assertEquals([x.grad!.dtype, x.grad!.item()], ["float16", 12]);
  });
});

describe("optimizers of parameters of small dtypes", () => {
  for (const dtype of ["float16", "bfloat16"] as const) {
    test(`compute in float32 and keep ${dtype}`, () => {
      for (const make of [SGD, Adam]) {
        const start = [1, 2, 3];
        const half = tensor(start, { dtype, requiresGrad: true });
        const whole = tensor(start, { requiresGrad: true });
        half.grad = tensor([0.5, -0.25, 1], { dtype });
        whole.grad = tensor([0.5, -0.25, 1]);
        new make([half], { lr: 0.5 }).step();
        new make([whole], { lr: 0.5 }).step();
        assertEquals(half.dtype, dtype);
        assertEquals(values(half.detach()), values(whole.detach().to(dtype)));
      }
    });
  }

  test("train a linear layer in bfloat16", () => {
    const x = mt.rand([64, 4], { generator: new mt.Generator(1) });
    const target = x.matmul(tensor([[1], [2], [-1], [0.5]])).bfloat16();
    const w = zeros([4, 1], { dtype: "bfloat16", requiresGrad: true });
    const optimizer = new SGD([w], { lr: 0.25 });
    const loss = () => mt.mseLoss(x.bfloat16().matmul(w), target);
    const before = Number(loss().item());
    for (let step = 0; step < 100; step++) {
      optimizer.zeroGrad();
      loss().backward();
      optimizer.step();
    }
    assertEquals(Number(loss().item()) < before / 50, true);
  });
});
