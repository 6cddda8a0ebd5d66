import { inspect } from "node:util";
import { afterEach, describe, test } from "node:test";
import { assertEquals } from "@std/assert";
import {
  arange,
  getPrintOptions,
  linspace,
  ones,
  setPrintOptions,
  type Tensor,
  tensor,
  zeros,
} from "../mod.ts";

const int64 = { dtype: "int64" } as const;

/** The text without the margin that makes it readable here. */
function lines(...text: readonly string[]): string {
  return text.join("\n");
}

/** Tensors and their text, most of it as PyTorch has it. */
const cases: readonly (readonly [name: string, x: () => Tensor, text: string])[] = [
  ["a whole number", () => tensor(3), "tensor(3.)"],
  ["an integer", () => tensor(-3n), "tensor(-3)"],
  ["a boolean", () => tensor(true), "tensor(true)"],
  ["a fraction", () => tensor(1 / 3), "tensor(0.3333)"],
  ["whole numbers", () => tensor([1, 2, 30]), "tensor([ 1.,  2., 30.])"],
  ["negative fractions", () => tensor([1.5, -2, 3.25]), "tensor([ 1.5000, -2.0000,  3.2500])"],
  [
    "integers",
    () => tensor([[1, 2], [-3, 40]], int64),
    lines("tensor([[ 1,  2],", "        [-3, 40]])"),
  ],
  ["booleans", () => tensor([[true, false]]), "tensor([[ true, false]])"],
  ["other dtypes", () => tensor([0.5], { dtype: "float64" }), "tensor([0.5000], dtype=float64)"],
  ["int32", () => tensor([1], { dtype: "int32" }), "tensor([1], dtype=int32)"],
  ["nothing", () => tensor([]), "tensor([])"],
  ["nothing, by shape", () => zeros([0, 3]), "tensor([], shape=[0, 3])"],
  ["nothing, inside", () => zeros([2, 0], int64), "tensor([], shape=[2, 0])"],
  ["nan and inf", () => tensor([NaN, Infinity, -Infinity, 1]), "tensor([ nan,  inf, -inf,   1.])"],
  ["nan beside fractions", () => tensor([NaN, 1.5, -Infinity]), "tensor([   nan, 1.5000,   -inf])"],
  ["minus zero", () => tensor([-0, 1]), "tensor([-0.,  1.])"],
  ["small numbers", () => tensor([1e-5, 1]), "tensor([1.0000e-05, 1.0000e+00])"],
  ["large numbers", () => tensor([1e10, 1]), "tensor([1.0000e+10, 1.0000e+00])"],
  ["numbers far apart", () => tensor([123456, 0.5]), "tensor([1.2346e+05, 5.0000e-01])"],
  ["signs and exponents", () => tensor([-1.5e-7, 2e-7]), "tensor([-1.5000e-07,  2.0000e-07])"],
  ["nan beside exponents", () => tensor([1e20, NaN]), "tensor([1.0000e+20,        nan])"],
  [
    "exponents of three digits",
    () => tensor([1e200], { dtype: "float64" }),
    "tensor([1.0000e+200], dtype=float64)",
  ],
  [
    "rank 3",
    () => arange(8).reshape([2, 2, 2]),
    lines(
      "tensor([[[0., 1.],",
      "         [2., 3.]],",
      "",
      "        [[4., 5.],",
      "         [6., 7.]]])",
    ),
  ],
  [
    "rank 4",
    () => zeros([2, 2, 1, 2]),
    lines(
      "tensor([[[[0., 0.]],",
      "",
      "         [[0., 0.]]],",
      "",
      "",
      "        [[[0., 0.]],",
      "",
      "         [[0., 0.]]]])",
    ),
  ],
  [
    "a long row",
    () => arange(25).div(7),
    lines(
      "tensor([0.0000, 0.1429, 0.2857, 0.4286, 0.5714, 0.7143, 0.8571, 1.0000, 1.1429,",
      "        1.2857, 1.4286, 1.5714, 1.7143, 1.8571, 2.0000, 2.1429, 2.2857, 2.4286,",
      "        2.5714, 2.7143, 2.8571, 3.0000, 3.1429, 3.2857, 3.4286])",
    ),
  ],
  [
    "wide rows",
    () => arange(0, 30, 1, int64).reshape([2, 15]).mul(1000),
    lines(
      "tensor([[    0,  1000,  2000,  3000,  4000,  5000,  6000,  7000,  8000,  9000,",
      "         10000, 11000, 12000, 13000, 14000],",
      "        [15000, 16000, 17000, 18000, 19000, 20000, 21000, 22000, 23000, 24000,",
      "         25000, 26000, 27000, 28000, 29000]])",
    ),
  ],
  [
    "1001 elements",
    () => arange(0, 1001, 1, int64),
    "tensor([   0,    1,    2,  ...,  998,  999, 1000])",
  ],
  [
    "a large matrix",
    () => arange(0, 2000, 1, int64).reshape([40, 50]),
    lines(
      "tensor([[   0,    1,    2,  ...,   47,   48,   49],",
      "        [  50,   51,   52,  ...,   97,   98,   99],",
      "        [ 100,  101,  102,  ...,  147,  148,  149],",
      "        ...,",
      "        [1850, 1851, 1852,  ..., 1897, 1898, 1899],",
      "        [1900, 1901, 1902,  ..., 1947, 1948, 1949],",
      "        [1950, 1951, 1952,  ..., 1997, 1998, 1999]])",
    ),
  ],
  [
    "a large and short matrix, in lines",
    () => linspace(0, 1, 1200).reshape([2, 600]),
    lines(
      "tensor([[0.0000e+00, 8.3403e-04, 1.6681e-03,  ..., 4.9791e-01, 4.9875e-01,",
      "         4.9958e-01],",
      "        [5.0042e-01, 5.0125e-01, 5.0209e-01,  ..., 9.9833e-01, 9.9917e-01,",
      "         1.0000e+00]])",
    ),
  ],
  [
    "a transposed view",
    () => arange(4).reshape([2, 2]).T,
    lines("tensor([[0., 2.],", "        [1., 3.]])"),
  ],
  ["leaves", () => ones([2], { requiresGrad: true }), "tensor([1., 1.], requiresGrad=true)"],
  [
    "results",
    () => ones([2], { requiresGrad: true }).exp(),
    "tensor([2.7183, 2.7183], gradFn=exp)",
  ],
  [
    "big integers",
    () => tensor([2n ** 62n, -1n]),
    "tensor([4611686018427387904,                  -1])",
  ],
];

describe("toString()", () => {
  const before = getPrintOptions();
  afterEach(() => setPrintOptions(before));

  for (const [name, make, text] of cases) {
    test(`shows ${name}`, () => assertEquals(String(make()), text));
  }

  test("is what inspecting shows", () => {
    const x = tensor([1, 2]);
    assertEquals(inspect(x), "tensor([1., 2.])");
    assertEquals(inspect({ x }), "{ x: tensor([1., 2.]) }");
  });

  test("follows the print options", () => {
    setPrintOptions({ precision: 2 });
    assertEquals(String(tensor([1 / 3, 2])), "tensor([0.33, 2.00])");
    setPrintOptions({ threshold: 5, edgeitems: 1 });
    assertEquals(String(arange(6)), "tensor([0.,  ..., 5.])");
    assertEquals(String(arange(5)), "tensor([0., 1., 2., 3., 4.])");
    setPrintOptions({ threshold: 1000, linewidth: 20 });
    assertEquals(String(arange(5)), lines("tensor([0., 1., 2.,", "        3., 4.])"));
  });

  test("leaves the tensor's graph and memory alone", () => {
    const x = arange(2000).requiresGrad_();
    String(x);
    assertEquals([x.grad, x.requiresGrad, x.numel()], [null, true, 2000]);
  });
});
