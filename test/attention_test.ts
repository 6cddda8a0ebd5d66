/** Several heads, recurrent cells, positions, bags: what the golden cases do not show. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as mt from "../mod.ts";
import { type Tensor, tensor } from "../mod.ts";
import { gradcheck, gradgradcheck } from "../src/testing.ts";

const generator = new mt.Generator(5);
const double = (shape: readonly number[]) => mt.randn(shape, { dtype: "float64", generator });

function assertClose(actual: Tensor, expected: Tensor, most = 1e-12): void {
  assertEquals(actual.shape, expected.shape);
  assert(Number(actual.sub(expected).abs().max().item()) <= most);
}

describe("recurrent cells", () => {
  const cell = (gates: number) => ({
    weightIh: double([gates * 2, 3]),
    weightHh: double([gates * 2, 2]),
    biasIh: double([gates * 2]),
  });
  const x = double([2, 3]);
  const h = double([2, 2]);
  const c = double([2, 2]);
  const lstm = (x: Tensor, h: Tensor, c: Tensor, weightIh: Tensor, weightHh: Tensor) => {
    const next = mt.lstmCell(x, { h, c }, { weightIh, weightHh });
    return mt.lstmCell(x, next, { weightIh, weightHh }).h;
  };
  const four = cell(4);
  const three = cell(3);

  test("have first derivatives over several steps", () => {
    assert(gradcheck(lstm, [x, h, c, four.weightIh, four.weightHh]));
    const gru = (x: Tensor, h: Tensor) => mt.gruCell(x, mt.gruCell(x, h, three), three);
    assert(gradcheck(gru, [x, h]));
  });

  test("have second derivatives over several steps", () => {
    assert(gradgradcheck(lstm, [x, h, c, four.weightIh, four.weightHh]));
    const gru = (x: Tensor, h: Tensor) => mt.gruCell(x, mt.gruCell(x, h, three), three);
    assert(gradgradcheck(gru, [x, h]));
  });

  test("have the same gradients with and without a graph of their own", () => {
    const take = (createGraph: boolean) => {
      const leaves = [x, h, c].map((each) => each.detach().clone().requiresGrad_());
      const y = lstm(leaves[0]!, leaves[1]!, leaves[2]!, four.weightIh, four.weightHh);
      return mt.grad(y.sum(), leaves, { createGraph }) as Tensor[];
    };
    take(false).forEach((gradient, i) => assertClose(take(true)[i]!.detach(), gradient));
  });

  test("take strided states and weights of another float dtype", () => {
    const weights = { weightIh: four.weightIh.to("float32"), weightHh: four.weightHh };
    const wide = double([2, 4]);
    const states = { h: wide.narrow(1, 0, 2), c: wide.narrow(1, 2, 2) };
    const off = mt.lstmCell(x, states, weights);
    const packed = mt.lstmCell(x, { h: states.h.clone(), c: states.c.clone() }, weights);
    assertEquals(off.c.dtype, "float64");
    assertClose(off.c, packed.c);
  });
});

describe("multiHeadAttentionForward()", () => {
  const weights = {
    inProjWeight: double([12, 4]),
    inProjBias: double([12]),
    outProjWeight: double([4, 4]),
    outProjBias: double([4]),
  };
  const q = double([2, 3, 4]);
  const k = double([2, 5, 4]);
  const attend = mt.multiHeadAttentionForward;

  test("is each head's attention, side by side", () => {
    const { inProjWeight, inProjBias, outProjWeight, outProjBias } = weights;
    const parts = [q, k, k].map((x, i) =>
      mt.linear(x, inProjWeight.narrow(0, 4 * i, 4), { bias: inProjBias.narrow(0, 4 * i, 4) })
    );
    const each = [0, 2].map((first) => {
      const [a, b, c] = parts.map((x) => x.narrow(-1, first, 2)) as [Tensor, Tensor, Tensor];
      return mt.scaledDotProductAttention(a, b, c);
    });
    const expected = mt.linear(mt.cat(each, -1), outProjWeight, { bias: outProjBias });
    assertClose(attend(q, k, k, 2, weights).output, expected);
  });

  test("takes one tensor for all three in a single product", () => {
    const expected = attend(q, q.clone(), q.clone(), 2, weights);
    assertClose(attend(q, q, q, 2, weights).output, expected.output);
  });

  test("takes tokens first", () => {
    const turned = attend(q.transpose(0, 1), k.transpose(0, 1), k.transpose(0, 1), 2, weights, {
      batchFirst: false,
      needWeights: true,
    });
    const plain = attend(q, k, k, 2, weights, { needWeights: true });
    assertClose(turned.output.transpose(0, 1), plain.output);
    assertClose(turned.weights!, plain.weights!);
  });

  test("has causal masks of its own, which a mask may join", () => {
    const attnMask = mt.causalMask(3, { keys: 5 }).logicalNot();
    const keyPaddingMask = tensor([[true, false, false, false, false], [
      false,
      false,
      true,
      true,
      true,
    ]]);
    for (const needWeights of [true, false]) {
      const own = attend(q, k, k, 2, weights, { isCausal: true, keyPaddingMask, needWeights });
      const given = attend(q, k, k, 2, weights, { attnMask, keyPaddingMask, needWeights });
      assertClose(own.output, given.output);
    }
  });

  test("attends to nothing where nothing is left", () => {
    const leaf = q.detach().clone().requiresGrad_();
    const keyPaddingMask = mt.ones([2, 5], { dtype: "bool" });
    for (const needWeights of [true, false]) {
      const { output } = attend(leaf, k, k, 2, weights, { keyPaddingMask, needWeights });
      assertClose(output.detach(), weights.outProjBias.expand([2, 3, 4]).clone());
      output.sum().backward();
      assertEquals(leaf.grad!.abs().max().item(), 0);
    }
  });

  test("drops weights in training, the same for the same generator", () => {
    const run = (training: boolean) => {
      const options = {
        dropoutP: 0.5,
        training,
        generator: new mt.Generator(1),
        needWeights: true,
      };
      return attend(q, k, k, 2, weights, { ...options, averageAttnWeights: false }).weights!;
    };
    assertEquals(run(true).toArray(), run(true).toArray());
    assert(Number(run(true).eq(0).sum().item()) > 0 && Number(run(false).eq(0).sum().item()) === 0);
  });

  test("has second derivatives", () => {
    const keyPaddingMask = tensor([[false, true, false, false, true], [
      false,
      false,
      true,
      false,
      false,
    ]]);
    assert(gradgradcheck((a, b, w) => {
      const given = { ...weights, inProjWeight: w };
      return attend(a, b, b, 2, given, { keyPaddingMask }).output;
    }, [q, k, weights.inProjWeight]));
  });
});

describe("positions", () => {
  test("rotaryEmbedding() turns pairs, in either layout", () => {
    const x = double([2, 3, 6]);
    const y = mt.rotaryEmbedding(x);
    const z = mt.rotaryEmbedding(x, { interleaved: true });
    const at = (of: Tensor, ...place: readonly number[]) => Number(of.index(...place).item());
    for (let s = 0; s < 3; s++) {
      for (let i = 0; i < 3; i++) {
        const t = s * 10000 ** (-2 * i / 6);
        for (const [out, p, q] of [[y, i, i + 3], [z, 2 * i, 2 * i + 1]] as const) {
          const [a, b] = [at(x, 1, s, p), at(x, 1, s, q)];
          assert(Math.abs(at(out, 1, s, p) - (a * Math.cos(t) - b * Math.sin(t))) < 1e-12);
          assert(Math.abs(at(out, 1, s, q) - (b * Math.cos(t) + a * Math.sin(t))) < 1e-12);
        }
      }
    }
  });

  test("rotaryEmbedding() makes products depend on distances, also far out in float32", () => {
    const [q, k] = [double([1, 8]), double([1, 8])];
    const product = (from: number, to: number, dtype: mt.DType) => {
      const [a, b] = [mt.rotaryEmbedding(q.to(dtype), { positions: [from] }), k.to(dtype)];
      return Number(a.mul(mt.rotaryEmbedding(b, { positions: [to] })).sum().item());
    };
    assert(Math.abs(product(3, 7, "float64") - product(100, 104, "float64")) < 1e-10);
    assert(Math.abs(product(3, 7, "float32") - product(1000003, 1000007, "float32")) < 1e-5);
  });

  test("rotaryEmbedding() takes positions of each sample, and has derivatives", () => {
    const x = double([2, 4, 3, 2]);
    const positions = tensor([[[0n, 1n, 2n]], [[5n, 6n, 7n]]]);
    const y = mt.rotaryEmbedding(x, { positions });
    assertClose(y.select(0, 1), mt.rotaryEmbedding(x.select(0, 1), { positions: [5, 6, 7] }));
    assert(gradgradcheck((a) => mt.rotaryEmbedding(a, { positions, base: 100 }).square(), x));
  });

  test("alibiBias() has Press's slopes, also between powers of two", () => {
    const slopes = (heads: number) =>
      mt.alibiBias(heads, 2, { dtype: "float64" }).index(
        mt.ellipsis,
        1,
        0,
      ).neg().toArray();
    assertEquals(slopes(4), [0.25, 0.0625, 0.015625, 0.00390625]);
    assertEquals(slopes(3), [0.0625, 0.00390625, 0.25]);
    const both = mt.alibiBias(1, 2, { keys: 3, offset: 1, isCausal: false });
    assertEquals(both.mul(256).toArray(), [[[-1, -0, -1], [-2, -1, -0]]]);
  });

  test("masks see the window", () => {
    const rows = (mask: Tensor) => mask.to("int32").toArray();
    assertEquals(rows(mt.causalMask(2, { keys: 3, offset: 1 })), [[1, 1, 0], [1, 1, 1]]);
    assertEquals(rows(mt.slidingWindowMask(2, 2, { keys: 4, offset: 2 })), [[0, 1, 1, 0], [
      0,
      0,
      1,
      1,
    ]]);
    assertEquals(rows(mt.slidingWindowMask(3, 2, { isCausal: false })), [[1, 1, 0], [1, 1, 1], [
      0,
      1,
      1,
    ]]);
  });
});

describe("embeddingBag()", () => {
  test("takes a NaN as the largest, the first of equals, and gives zeros for nothing", () => {
    const weight = tensor([[1, NaN], [1, 3]], { dtype: "float64", requiresGrad: true });
    const y = mt.embeddingBag(tensor([1n, 0n]), weight, { offsets: [0, 2], mode: "max" });
    assertEquals(y.toArray(), [[1, NaN], [0, 0]]);
    y.select(1, 0).sum().backward();
    assertEquals(weight.grad!.toArray(), [[0, 0], [1, 0]]);
  });

  test("keeps infinite gradients away from rows that pad", () => {
    const weight = mt.ones([3, 2], { requiresGrad: true });
    mt.embeddingBag(tensor([[0n, 1n]]), weight, { paddingIdx: 0 }).mul(Infinity).sum().backward();
    assertEquals(weight.grad!.toArray(), [[0, 0], [Infinity, Infinity], [0, 0]]);
  });

  test("of many bags is the sum of rows", () => {
    const weight = double([50, 37]);
    const index = mt.randint(50, [400, 7], { generator });
    const rows = mt.embedding(index, weight);
    assertClose(mt.embeddingBag(index, weight), rows.mean(1));
    assertClose(mt.embeddingBag(index, weight, { mode: "max" }), rows.amax(1), 0);
    const factors = double([400, 7]);
    const options = { mode: "sum", perSampleWeights: factors } as const;
    assertClose(mt.embeddingBag(index, weight, options), rows.mul(factors.unsqueeze(-1)).sum(1));
  });
});

const w = mt.ones([4, 2]);
const i = tensor([0n, 1n]);
const square = { inProjWeight: mt.ones([12, 4]), outProjWeight: mt.ones([4, 4]) };
const tokens = mt.ones([2, 3, 4]);
const heads = (options: mt.MultiHeadOptions, weights: mt.MultiHeadWeights = square) => () =>
  mt.multiHeadAttentionForward(tokens, tokens, tokens, 2, weights, options);

const refusals: readonly (readonly [call: () => unknown, kind: string, message: string])[] = [
  [
    () =>
      mt.lstmCell(mt.ones([2, 3]), { h: mt.ones([2, 2]), c: mt.ones([2, 3]) }, {
        weightIh: mt.ones([8, 3]),
        weightHh: mt.ones([8, 2]),
      }),
    "ShapeError",
    "Cannot lstmCell with c of shape [2, 3]: expected [2, 2]",
  ],
  [
    () =>
      mt.gruCell(mt.ones([3]), mt.ones([2]), {
        weightIh: mt.ones([4, 3]),
        weightHh: mt.ones([6, 2]),
      }),
    "ShapeError",
    "Cannot gruCell with weightIh of shape [4, 3]: expected [6, 3]",
  ],
  [
    () =>
      mt.rnnCell(mt.ones([3]), mt.ones([2]), {
        weightIh: mt.ones([2, 3]),
        weightHh: mt.ones([2, 2]),
      }, {
        nonlinearity: "gelu" as never,
      }),
    "ArgumentError",
    "Cannot rnnCell with nonlinearity gelu: it is tanh or relu",
  ],
  [
    () => mt.multiHeadAttentionForward(tokens, tokens, tokens, 3, square),
    "ShapeError",
    "Cannot multiHeadAttentionForward of 4 features in 3 heads",
  ],
  [
    () => mt.multiHeadAttentionForward(tokens, mt.ones([3, 4]), tokens, 2, square),
    "ShapeError",
    "Cannot multiHeadAttentionForward with q, k and v of shapes [2, 3, 4], [3, 4] and [2, 3, 4]: " +
    "expected [N, L, E], [N, S, ...] and [N, S, ...], or all without N",
  ],
  [
    heads({}, { outProjWeight: mt.ones([4, 4]) }),
    "ArgumentError",
    "Cannot multiHeadAttentionForward without projections: give inProjWeight, or one each for q, " +
    "k and v",
  ],
  [
    heads({}, { ...square, biasK: mt.ones([1, 1, 4]) }),
    "ArgumentError",
    "Cannot multiHeadAttentionForward with one of biasK and biasV: they go together",
  ],
  [
    heads({ attnMask: mt.ones([3, 4], { dtype: "bool" }) }),
    "ShapeError",
    "Cannot multiHeadAttentionForward with attnMask of shape [3, 4]: expected [3, 3] or [4, 3, 3]",
  ],
  [
    heads({ keyPaddingMask: mt.ones([2, 3], { dtype: "int32" }) }),
    "DTypeError",
    "Cannot multiHeadAttentionForward with keyPaddingMask of dtype int32: use bool or a float",
  ],
  [
    () => mt.rotaryEmbedding(mt.ones([2, 3])),
    "ArgumentError",
    "Cannot rotaryEmbedding of 3 elements: it takes pairs",
  ],
  [
    () => mt.rotaryEmbedding(mt.ones([2, 4]), { positions: mt.ones([3, 2]) }),
    "ShapeError",
    "Cannot rotaryEmbedding a tensor of shape [2, 4] with positions of shape [3, 2]: they do not " +
    "broadcast to [2]",
  ],
  [
    () => mt.ropeFrequencies(4, { base: 0 }),
    "ArgumentError",
    "Cannot ropeFrequencies with base 0: it is above 0",
  ],
  [
    () => mt.alibiBias(0, 2),
    "ArgumentError",
    "Cannot alibiBias for 0 heads: it is a whole number above 0",
  ],
  [
    () => mt.slidingWindowMask(2, 0),
    "ArgumentError",
    "Cannot make a slidingWindowMask with window 0: it is a whole number of 1 or more",
  ],
  [
    () => mt.embeddingBag(i, w),
    "ShapeError",
    "Cannot embeddingBag an index of shape [2] without offsets: it takes [N, L], or [T] and " +
    "offsets [N]",
  ],
  [
    () => mt.embeddingBag(i, w, { offsets: [1] }),
    "ArgumentError",
    "Cannot embeddingBag by offsets [1] of 2 indices: they start with 0, never fall, and end " +
    "within",
  ],
  [
    () => mt.embeddingBag(i, w, { offsets: [0], mode: "mean", perSampleWeights: mt.ones([2]) }),
    "ArgumentError",
    "Cannot embeddingBag with perSampleWeights in mode mean: use sum",
  ],
  [
    () => mt.embeddingBag(i.to("float32"), w, { offsets: [0] }),
    "DTypeError",
    "Cannot embeddingBag an index of dtype float32: it takes int32 or int64",
  ],
  [
    () => mt.bilinear(mt.ones([2, 3]), mt.ones([2, 2]), mt.ones([4, 2, 2])),
    "ShapeError",
    "Cannot bilinear tensors of shapes [2, 3] and [2, 2] with a weight of [4, 2, 2]: it takes " +
    "[..., I], [..., J], [out, I, J] and [out]",
  ],
];

describe("refusals", () => {
  for (const [call, kind, message] of refusals) {
    test(message, () => {
      const error = assertThrows(call) as Error;
      assertEquals([error.name, error.message], [kind, message]);
    });
  }

  test("an index outside the table", () => {
    assertThrows(() => mt.embeddingBag(tensor([[4n]]), w), mt.IndexError, "4");
  });
});
