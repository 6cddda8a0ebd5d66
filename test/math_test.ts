import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as mt from "../mod.ts";
import { functional } from "../src/nn/mod.ts";
import { assertValues, values } from "./values.ts";

const { F } = mt;
const ints = mt.tensor([6, -7, 0], { dtype: "int32" });

describe("dtypes of results", () => {
  test("float functions take integers and bools", () => {
    const float = ["asin", "sinh", "erfc", "logit", "sinc", "deg2rad", "frac", "softsign"] as const;
    for (const name of float) {
      assertEquals([name, mt[name](ints).dtype], [name, "float32"]);
      assertEquals([name, mt[name](mt.tensor([true])).dtype], [name, "float32"]);
    }
    assertEquals(mt.atan2(ints, ints).dtype, "float32");
    assertEquals(mt.floatPower(ints, 2).dtype, "float64");
    assertEquals(mt.lerp(ints, 4, 0.5).dtype, "float32");
  });

  test("integers stay integers where the function allows", () => {
    assertEquals(values(mt.fma(ints, 2, 1)), [13, -13, 1]);
    assertEquals(mt.fma(ints, 2, 1).dtype, "int32");
    assertEquals(mt.clampMin(ints, 0).dtype, "int32");
    assertEquals(mt.clampMin(ints, 0.5).dtype, "float32");
    assertEquals(mt.relu6(ints).dtype, "int32");
    assertEquals(mt.fmax(ints, 0).dtype, "int32");
    assertEquals(values(mt.nanToNum(ints)), [6, -7, 0]);
  });

  test("functions take numbers and arrays", () => {
    assertEquals(mt.hypot(3, 4).item(), 5);
    assertEquals(mt.fma(2, 3, 4).item(), 10);
    assertEquals(mt.isclose(1, 1).item(), true);
    assertEquals(values(mt.copysign([1, 2], -0)), [-1, -2]);
    assertEquals(values(mt.heaviside([-1, 0, 1], [5, 6, 7])), [0, 6, 1]);
  });
});

describe("bits", () => {
  test("signbit() knows -0 in strided tensors too", () => {
    const x = mt.tensor([[0, -0, 1], [-1, -2, -0]]);
    assertEquals(values(mt.signbit(x.T)), [0, 1, 1, 1, 0, 1]);
    assertEquals(values(mt.signbit(x.to("float64").index(":", "::2"))), [0, 0, 1, 1]);
    assertEquals(values(mt.signbit(mt.tensor([true, false]))), [0, 0]);
  });

  test("frexp() takes numbers of every size apart", () => {
    const x = [0, 1, -12, 2 ** -149, 3.4e38, 2 ** -126, Infinity, -0.3, 5e-324, 1.7e308];
    const { mantissa, exponent } = mt.frexp(mt.tensor(x, { dtype: "float64" }));
    assertEquals(exponent.dtype, "int32");
    const [m, e] = [values(mantissa), values(exponent)];
    x.forEach((value, i) => {
      const [half, rest] = [Math.trunc(e[i]! / 2), e[i]! - Math.trunc(e[i]! / 2)];
      assertEquals(m[i]! * 2 ** half * 2 ** rest, value);
      assert(value === 0 || value === Infinity || (Math.abs(m[i]!) >= 0.5 && Math.abs(m[i]!) < 1));
    });
    const single = mt.frexp(mt.tensor([2 ** -149, 3.4e38, 0.75]));
    assertEquals(values(single.exponent), [-148, 128, 0]);
  });

  test("shifts refuse floats", () => {
    assertThrows(
      () => mt.bitwiseLeftShift(mt.tensor([1.5]), 1),
      mt.DTypeError,
      "Cannot bitwiseLeftShift tensors of dtype float32: it takes integers",
    );
    assertThrows(
      () => mt.bitwiseXor(mt.tensor([1.5]), 1),
      mt.DTypeError,
      "Cannot bitwiseXor tensors of dtype float32: only integers and bools have bits",
    );
    assertThrows(() => mt.gcd(mt.tensor([1.5]), 1), mt.DTypeError);
  });
});

describe("bounds", () => {
  test("NaN among the bounds gives NaN", () => {
    const low = mt.tensor([NaN, 0]);
    assertValues(mt.clamp([1, -1], low, null), [NaN, 0]);
    assertValues(mt.clamp([1, -1], NaN, 3), [NaN, NaN]);
  });

  test("the gradient on a bound is 1, of a number and of a tensor", () => {
    for (const bound of [2, mt.tensor([2, 2])]) {
      const x = mt.tensor([2, 1], { requiresGrad: true });
      assertValues(mt.grad([mt.clampMin(x, bound).sum()], [x])[0]!, [1, 0]);
    }
  });

  test("a minimum above the maximum gives the maximum", () => {
    assertValues(mt.clamp([0, 5], mt.tensor([4]), mt.tensor([3])), [3, 3]);
    assertValues(mt.clip([0, 5], 4, 3), [3, 3]);
  });
});

describe("membership and closeness", () => {
  test("isin() works through many elements in blocks", () => {
    const x = mt.arange(3000);
    const found = mt.isin(x, mt.arange(0, 6000, 2));
    assertEquals(found.to("int64").sum().item(), 1500);
    assertEquals(mt.isin(x, mt.tensor([])).any().item(), false);
    assertEquals(values(mt.isin(mt.zeros([2, 0]), [1])), []);
  });

  test("isclose() of large int64 is exact", () => {
    const big = mt.tensor([2n ** 53n + 1n]);
    assertEquals(mt.isclose(big, mt.tensor([2n ** 53n]), { rtol: 0, atol: 0 }).item(), false);
    assertThrows(() => mt.isclose(1, 1, { rtol: -1 }), mt.ArgumentError);
  });
});

describe("random activations", () => {
  test("gumbelSoftmax() draws with the probabilities", () => {
    const logits = mt.tensor([0.2, 0.5, 0.3]).log().expand([20000, 3]);
    const generator = new mt.Generator(7);
    const drawn = mt.gumbelSoftmax(logits, { hard: true, generator });
    assertEquals(values(mt.isin(drawn, [0, 1])).includes(0), false);
    assertValues(drawn.mean(0), [0.2, 0.5, 0.3], 0.02);
    assertValues(drawn.sum(1).amax(), [1]);
    const x = mt.randn([4, 3]).requiresGrad_();
    const weights = mt.tensor([1, 2, 3]);
    const [slope] = mt.grad([mt.gumbelSoftmax(x, { hard: true }).mul(weights).sum()], [x]);
    assertValues(slope!.sum(1), [0, 0, 0, 0], 1e-5);
  });

  test("the same seed draws the same", () => {
    const draw = () => [
      values(mt.gumbelSoftmax(mt.zeros([5]), { generator: new mt.Generator(3) })),
      values(mt.rrelu(mt.ones([5]).neg(), { training: true, generator: new mt.Generator(3) })),
    ];
    assertEquals(draw(), draw());
  });

  test("rrelu() draws slopes between its bounds while training", () => {
    const x = mt.ones([1000]).neg();
    const out = mt.rrelu(x, { lower: 0.25, upper: 0.5, training: true });
    assertEquals(out.ge(-0.5).logicalAnd(out.le(-0.25)).all().item(), true);
    assert(new Set(values(out)).size > 900);
  });
});

describe("refusals", () => {
  const x = mt.zeros([2, 3]);
  const calls: readonly (readonly [() => unknown, string])[] = [
    [() => mt.glu(mt.zeros([3])), "Cannot glu a tensor of shape [3]: dim 0 has no two halves"],
    [
      () => mt.prelu(x, mt.zeros([2])),
      "Cannot prelu a tensor of shape [2, 3] with weights of shape [2]: " +
      "there is one weight, or one for each of 3 channels",
    ],
    [
      () => mt.maskedSoftmax(x, mt.zeros([2, 3])),
      "Cannot maskedSoftmax with a mask of dtype float32: it must be bool",
    ],
    [
      () => mt.trapezoid(x, mt.zeros([2])),
      "Cannot trapezoid values of shape [2, 3] at places of shape [2]: dim 1 of the values has 3",
    ],
    [() => mt.diff(x, { n: -1 }), "Cannot diff -1 times: n is 0, 1, 2 and so on"],
    [
      () => mt.huberLoss(x, mt.zeros([3])),
      "Cannot huberLoss tensors of shapes [2, 3] and [3]: they must be equal",
    ],
    [() => mt.huberLoss(x, x, { delta: 0 }), "Cannot huberLoss with delta 0: it is above 0"],
    [
      () => mt.klDiv(x, x, { reduction: "all" as never }),
      "Cannot klDiv with reduction all: it is mean, sum or none",
    ],
    [
      () => mt.smoothL1Loss(x, x, { delta: 1 } as never),
      "Cannot smoothL1Loss with option delta: its options are beta, reduction",
    ],
    [
      () => mt.nllLoss(x, mt.tensor([0n])),
      "Cannot nllLoss scores of shape [2, 3] with targets of shape [1]: " +
      "scores are [N, C, ...], class indices [N, ...]",
    ],
    [() => mt.nllLoss(x, mt.tensor([0n, 3n])), "index 3 is outside 0 to 2"],
    [
      () => mt.marginRankingLoss(mt.zeros([2]), mt.zeros([3]), mt.zeros([2])),
      "Cannot marginRankingLoss tensors of shapes [2] and [3]: axis 0 is 2 and 3",
    ],
    [
      () => mt.gaussianNllLoss(x, x, -1),
      "Cannot gaussianNllLoss with a negative variance",
    ],
    [
      () => mt.tripletMarginLoss(x, x, x, { margin: 0 }),
      "Cannot tripletMarginLoss with margin 0: it is above 0",
    ],
  ];
  for (const [call, message] of calls) {
    test(message, () => {
      assertThrows(call, Error, message);
    });
  }
});

describe("functional", () => {
  test("has the functions of the main module, as F too", () => {
    assertEquals(Object.keys(F).toSorted(), Object.keys(functional).toSorted());
    assertEquals(F.relu, mt.relu);
    assertEquals(F.swish, mt.silu);
    assertEquals(F.denseLayer, mt.linear);
  });

  test("relu_() changes the tensor", () => {
    const x = mt.tensor([-1, 2]);
    assertEquals(F.relu_(x), x);
    assertEquals(values(x), [0, 2]);
    const y = mt.tensor([-1, 2], { requiresGrad: true });
    const z = y.mul(3);
    assertValues(mt.grad([z.relu_().sum()], [y])[0]!, [0, 3]);
  });
});

describe("options of arithmetic", () => {
  test("alpha is a factor of the second", () => {
    const x = mt.tensor([1, 2], { requiresGrad: true });
    const y = mt.tensor([[3], [4]], { requiresGrad: true });
    const out = x.sub(y, { alpha: 2 });
    assertValues(out, [-5, -4, -7, -6]);
    const [first, second] = mt.grad([out.sum()], [x, y]);
    assertValues(first!, [2, 2]);
    assertValues(second!, [-4, -4]);
    assertValues(mt.add(ints, 2, { alpha: 3 }), [12, -1, 6]);
    assertEquals(mt.add(ints, 2, { alpha: 3 }).dtype, "int32");
    assertThrows(
      () => mt.add(ints, ints, { alpha: 0.5 }),
      mt.ArgumentError,
      "Cannot add tensors of dtype int32 with alpha 0.5: it is no integer",
    );
  });

  test("quotients are rounded, integers among them", () => {
    const divisors = mt.tensor([4, 2, 3], { dtype: "int32" });
    const floor = ints.div(divisors, { roundingMode: "floor" });
    const trunc = ints.div(divisors, { roundingMode: "trunc" });
    assertEquals([floor.dtype, trunc.dtype], ["int32", "int32"]);
    assertEquals([values(floor), values(trunc)], [[1, -4, 0], [1, -3, 0]]);
    assertValues(mt.div([7, -7], 2, { roundingMode: "floor" }), [3, -4]);
    assertValues(mt.div([7, -7], 2, { roundingMode: "trunc" }), [3, -3]);
    assertValues(mt.div([7], 2, { roundingMode: null }), [3.5]);
    assertThrows(() => mt.div(1, 2, { roundingMode: "up" as never }), mt.ArgumentError);
  });

  test("round() keeps decimals", () => {
    const x = mt.tensor([1.2345, -1250, 0.5], { dtype: "float64" });
    assertValues(x.round({ decimals: 2 }), [1.23, -1250, 0.5]);
    assertValues(x.round({ decimals: -2 }), [0, -1200, 0]);
    assertThrows(() => x.round({ decimals: 0.5 }), mt.ArgumentError);
  });

  test("softmax() converts first, and takes the dim in its options", () => {
    const x = mt.tensor([[1, 2], [3, 5]]);
    assertEquals(x.softmax(0, { dtype: "float64" }).dtype, "float64");
    assertEquals(values(x.logSoftmax({ dim: 0 })), values(x.logSoftmax(0)));
    assertThrows(() => x.softmax(0, { dim: 0 }), mt.ArgumentError);
  });

  test("crossEntropy() takes the classes along another dim", () => {
    const logits = mt.randn([2, 3, 4]);
    const target = mt.randint(0, 4, [2, 3]);
    assertValues(
      mt.crossEntropy(logits, target, { dim: -1, reduction: "none" }),
      values(mt.crossEntropy(logits.transpose(1, 2), target, { reduction: "none" })),
    );
    const soft = mt.softmax(mt.randn([2, 3, 4]), -1);
    const swapped = mt.crossEntropy(logits.transpose(1, 2), soft.transpose(1, 2));
    assertValues(mt.crossEntropy(logits, soft, { dim: 2 }), values(swapped));
  });
});

describe("gradient()", () => {
  test("is exact for parabolas at any places", () => {
    const places = mt.tensor([0, 1, 3, 3.5, 7], { dtype: "float64" });
    const samples = places.square().add(places);
    const [inner] = mt.gradient(samples, { spacing: [places], edgeOrder: 2 });
    assertValues(inner!, values(places.mul(2).add(1)));
    const [ends] = mt.gradient(samples, { spacing: [places] });
    assertValues(ends!, [2, 3, 7, 8, 11.5]);
  });

  test("names what does not fit", () => {
    assertThrows(() => mt.gradient(mt.zeros([1])), mt.ShapeError, "it needs 2 samples");
    assertThrows(() => mt.gradient(mt.zeros([3]), { spacing: [1, 2] }), mt.ArgumentError);
    assertThrows(() => mt.gradient(mt.zeros([3]), { spacing: [mt.zeros([2])] }), mt.ShapeError);
  });
});

test("vmapElementwise() broadcasts, and promotes integers", () => {
  const grid = mt.tensor([[1, 2], [3, 4]]).T;
  assertValues(mt.vmapElementwise((x, y) => 10 * x + y, grid, [5, 6]), [15, 36, 25, 46]);
  assertEquals(mt.vmapElementwise((x) => x / 4, ints).dtype, "float32");
  assertValues(mt.vmapElementwise((x) => x / 4, ints), [1.5, -1.75, 0]);
  assertValues(mt.vmapElementwise(() => 7), [7]);
  assertEquals(mt.vmapElementwise((x) => x, mt.zeros([0, 2])).shape, [0, 2]);
});
