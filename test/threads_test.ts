/** Results do not depend on the number of threads, to the last bit. */
import { after, describe, test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import {
  ArgumentError,
  avgPool2d,
  batchNorm,
  conv2d,
  crossEntropy,
  dropout,
  Generator,
  getNumThreads,
  grad,
  groupNorm,
  layerNorm,
  logSoftmax,
  maxPool2d,
  normal,
  rand,
  randn,
  randperm,
  scaledDotProductAttention,
  setNumThreads,
  softmax,
  type Tensor,
  tensor,
} from "../mod.ts";
import { library } from "../src/ffi/library.ts";
import { Adam, SGD } from "../src/optim/mod.ts";

const generator = () => new Generator(11);
const matrix = randn([700, 900], { generator: generator() });
const other = randn([900, 500], { generator: generator() });
const images = randn([8, 16, 40, 40], { generator: generator() });
const kernels = randn([32, 16, 3, 3], { generator: generator() });
const rows = tensor(Array.from({ length: 5000 }, (_, i) => BigInt((i * 7919) % 700)));
const classes = tensor(Array.from({ length: 700 }, (_, i) => BigInt((i * 31) % 900)));

/** Output and gradients. */
function both(f: (inputs: readonly Tensor[]) => Tensor, ...inputs: readonly Tensor[]): Tensor[] {
  const leaves = inputs.map((x) => x.detach().clone().requiresGrad_());
  const out = f(leaves);
  return [out, ...grad(out.mul(out).sum(), leaves) as Tensor[]];
}

/** A step of an optimizer on many elements. */
function trained(make: (params: readonly Tensor[]) => Adam | SGD): Tensor[] {
  const x = matrix.clone().requiresGrad_();
  const optimizer = make([x]);
  for (let i = 0; i < 3; i++) {
    x.grad = matrix.mul(0.5 + i);
    optimizer.step();
  }
  return [x];
}

const computations: Readonly<Record<string, () => Tensor[]>> = {
  add: () => [matrix.add(matrix.mul(3))],
  exp: () => both(([x]) => x!.exp(), matrix),
  "gelu of a transposed matrix": () => both(([x]) => x!.T.gelu(), matrix),
  sum: () => [matrix.sum(), matrix.sum(0), matrix.sum(1), matrix.T.sum(1)],
  "mean and variance": () => [matrix.mean(0), matrix.var(), matrix.std(1)],
  "prod, amax and argmax":
    () => [matrix.mul(0.01).add(1).prod(1), matrix.amax(0), matrix.argmax(1), matrix.argmax()],
  cumsum: () => [matrix.cumsum(0), matrix.cumsum(1)],
  softmax:
    () => [...both(([x]) => softmax(x!), matrix), ...both(([x]) => logSoftmax(x!, 0), matrix)],
  crossEntropy: () => both(([x]) => crossEntropy(x!, classes), matrix),
  "layerNorm and its channels": () =>
    both(([x, weight]) => layerNorm(x!, 900, { weight: weight! }), matrix, matrix.select(0, 0)),
  "groupNorm and batchNorm, in few large sets and in many": () =>
    [2, 8].flatMap((groups) => [
      ...both(([x]) => groupNorm(x!, groups), images.narrow(0, 0, 2)),
      ...both(([x]) => batchNorm(x!, { training: true }), images.reshape([-1, groups, 40, 40])),
    ]),
  attention: () =>
    [700, 70].flatMap((length) => {
      const x = matrix.narrow(0, 0, length).reshape([length, -1, 36]).transpose(0, 1);
      const run = ([q, k, v]: readonly Tensor[]) =>
        scaledDotProductAttention(q!, k!, v!, { isCausal: length === 700 });
      const head = x.narrow(0, 0, length === 700 ? 3 : 25);
      return both(run, head, head.mul(0.5), head.add(1));
    }),
  matmul: () => both(([x, y]) => x!.matmul(y!), matrix, other),
  "matmul in float64": () => both(([x, y]) => x!.matmul(y!), matrix.double(), other.double()),
  "matmul with a vector": () => both(([x, y]) => x!.matmul(y!), matrix, other.select(1, 0)),
  conv2d: () => both(([x, w]) => conv2d(x!, w!, { padding: 1, stride: 2 }), images, kernels),
  pools:
    () => [...both(([x]) => maxPool2d(x!, 2), images), ...both(([x]) => avgPool2d(x!, 3), images)],
  "nonzero and maskedSelect":
    () => [matrix.gt(0.5).nonzero() as Tensor, matrix.maskedSelect(matrix.gt(0.5))],
  indexSelect: () => both(([x]) => x!.indexSelect(0, rows), matrix),
  "contiguous copies and casts":
    () => [matrix.T.contiguous(), matrix.to("int32"), matrix.T.to("float64")],
  random: () => [
    rand([300_000], { generator: generator() }),
    normal(0, 1, [300_001], { generator: generator(), dtype: "float64" }),
    randperm(100_000, { generator: generator() }),
    dropout(matrix, { generator: generator() }),
  ],
  SGD: () => trained((params) => new SGD(params, { lr: 0.1, momentum: 0.9 })),
  Adam: () => trained((params) => new Adam(params, { lr: 0.1 })),
};

/** The bits of a tensor, summed up so that a difference shows and the test stays quick. */
function bits(x: Tensor): Uint8Array {
  const elements = x.toTypedArray();
  return new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return i;
  return -1;
}

describe("results are the same to the last bit with 1, 2 and 3 threads", () => {
  const native = library();
  const before = native.threads();
  after(() => native.setThreads(before));

  for (const [name, compute] of Object.entries(computations)) {
    test(name, () => {
      native.setThreads(1);
      const expected = compute().map(bits);
      for (const count of [2, 3]) {
        native.setThreads(count);
        compute().map(bits).forEach((found, i) => {
          assertEquals(
            firstDifference(found, expected[i]!),
            -1,
            `result ${i} with ${count} threads`,
          );
        });
      }
    });
  }
});

describe("setNumThreads()", () => {
  test("sets what getNumThreads() tells, and refuses what is no count", () => {
    const before = getNumThreads();
    setNumThreads(3);
    assertEquals(getNumThreads(), 3);
    setNumThreads(before);
    for (const count of [0, 1.5, 1025, NaN]) {
      assertThrows(() => setNumThreads(count), ArgumentError, `Cannot use ${count} threads`);
    }
  });
});
