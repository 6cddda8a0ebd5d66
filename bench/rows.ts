/**
 * The rows: what is measured at real sizes, and the speed to reach beside PyTorch.
 *
 * @module
 */
import { linalgRows as linalgCases } from "./linalg_calls.ts";
import { elementRows } from "./element_rows.ts";
import { networkRows, poolingRows } from "./network_rows.ts";
import { fusedAttentionRows, normalizationRows } from "./normalization_rows.ts";
import { specialRows } from "./special_rows.ts";
import type { CallWork, Work } from "./works.ts";
import type { CallInput } from "./works.ts";
import { spatialRows } from "./rows_spatial.ts";

/** A line of the tables. */
export interface Row {
  readonly group: string;
  readonly name: string;
  readonly work: Work;
  /** PyTorch's time over ours that is the least to reach; null where there is no such goal. */
  readonly bar: number | null;
  /** Share of the machine's FMA peak on one thread that is the least to reach. */
  readonly peakBar?: number;
}

const K = 1024;
const M = 1024 * 1024;

function sizeName(size: number): string {
  return size >= M ? `${size / M}M` : size >= K ? `${size / K}K` : String(size);
}

function call(
  op: string,
  inputs: readonly CallInput[],
  rest: Partial<CallWork> = {},
): CallWork {
  return { kind: "call", op, inputs, ...rest };
}

/** Calls whose cost is the call itself: results stay in a scope as long as a training step's. */
function smallRows(): Row[] {
  const ops = ["add", "mul", "exp", "sum", "softmax"];
  const passes = [
    { suffix: "", pass: {} },
    { suffix: ", recorded", pass: { pass: "recorded" } },
  ] as const;
  const rows: Row[] = [];
  for (const { suffix, pass } of passes) {
    for (const op of ops) {
      for (const size of [8, 100, 1000]) {
        const one = { shape: [size] };
        const inputs = op === "add" || op === "mul" ? [one, one] : [one];
        const work = call(op, inputs, { callsPerScope: 32, ...pass });
        rows.push({ group: "small", name: `${op} ${size}${suffix}`, work, bar: 5 });
      }
    }
  }
  for (const size of [8, 1000]) {
    const one = { shape: [size] };
    const work = call("mul", [one, one], { callsPerScope: 8, pass: "both" });
    rows.push({ group: "small", name: `mul ${size}, sum, backward`, work, bar: 5 });
  }
  return rows;
}

function elementwiseRows(): Row[] {
  const rows: Row[] = [];
  for (const op of ["add", "mul", "relu"]) {
    for (const size of [64 * K, M, 16 * M]) {
      const one = { shape: [size] };
      const work = call(op, op === "relu" ? [one] : [one, one]);
      const bar = size === 16 * M ? 1.2 : 1;
      rows.push({ group: "elementwise", name: `${op} ${sizeName(size)}`, work, bar });
    }
  }
  const eager = call("add", [{ shape: [M] }, { shape: [M] }], { callsPerScope: 0 });
  rows.push({ group: "elementwise", name: "add 1M without a scope", work: eager, bar: null });
  return rows;
}

function smallDtypeRows(): Row[] {
  return (["bfloat16", "float16"] as const).flatMap((dtype) => {
    const vector = { shape: [M], dtype };
    const matrix = { shape: [512, 512], dtype };
    const works = {
      [`add 1M ${dtype}`]: call("add", [vector, vector]),
      [`exp 1M ${dtype}`]: call("exp", [vector]),
      [`matmul 512 ${dtype}`]: call("matmul", [matrix, matrix], { flops: 2 * 512 ** 3 }),
    };
    return Object.entries(works).map(([name, work]): Row => (
      { group: "small dtypes", name, work, bar: null }
    ));
  });
}

function mathRows(): Row[] {
  const ranges: Readonly<Record<string, readonly [number, number]>> = {
    exp: [-5, 5],
    log: [0.01, 100],
    tanh: [-4, 4],
    erf: [-3, 3],
    gelu: [-4, 4],
    sigmoid: [-6, 6],
    silu: [-6, 6],
    sin: [-10, 10],
    cos: [-10, 10],
    pow: [0.1, 4],
  };
  return Object.entries(ranges).flatMap(([op, range]) =>
    [64 * K, M].map((size) => {
      const x = { shape: [size], range };
      const y = { shape: [size], range: [-2, 2] as const };
      const work = call(op, op === "pow" ? [x, y] : [x]);
      return { group: "math", name: `${op} ${sizeName(size)}`, work, bar: 2 };
    })
  );
}

function reductionRows(): Row[] {
  const x = { shape: [4096, 1024] };
  const places = [
    { name: "first", inputs: [x], numbers: [0] },
    { name: "last", inputs: [x], numbers: [1] },
    { name: "all", inputs: [x], numbers: [] },
  ];
  const ops = ["sum", "mean", "max", "argmax", "var", "cumsum"];
  return ops.flatMap((op) =>
    places.map(({ name, inputs, numbers }) => {
      const isFlat = op === "cumsum" && name === "all";
      const work = isFlat
        ? call(op, [{ shape: [4 * M] }], { numbers: [0] })
        : call(op, inputs, { numbers });
      const bar = op === "sum" ? 1 : 2;
      return { group: "reductions", name: `${op} 4096x1024, ${name}`, work, bar };
    })
  );
}

function softmaxRows(): Row[] {
  const x = { shape: [4096, 1024], range: [-4, 4] as const };
  const target = { shape: [4096], dtype: "int64", range: [0, 1024] } as const;
  const inputs = { softmax: [x], logSoftmax: [x], crossEntropy: [x, target] };
  const passes = [{ suffix: "", pass: {} }, { suffix: ", gradient", pass: { pass: "gradient" } }];
  return Object.entries(inputs).flatMap(([op, list]) =>
    passes.map(({ suffix, pass }) => {
      const work = call(op, list, pass as Partial<CallWork>);
      return { group: "softmax", name: `${op} 4096x1024${suffix}`, work, bar: 1.5 };
    })
  );
}

/** Product of an [m, k] and a [k, n] matrix; T is a matrix that lies transposed in memory. */
function product(
  [m, k, n]: readonly [number, number, number],
  layout: string,
  rest: Partial<CallInput> = {},
  batch: readonly number[] = [],
): CallWork {
  const lie = (rows: number, columns: number, isTransposed: boolean): CallInput => ({
    shape: [...batch, ...(isTransposed ? [columns, rows] : [rows, columns])],
    isTransposed,
    ...rest,
  });
  const inputs = [lie(m, k, layout[0] === "T"), lie(k, n, layout[1] === "T")];
  const count = batch.reduce((product, extent) => product * extent, 1);
  return call("matmul", inputs, { flops: 2 * m * k * n * count });
}

function matmulRows(): Row[] {
  const group = "matmul";
  const square = (n: number) => [n, n, n] as const;
  const bar = (n: number) => n < 128 ? 1.3 : 1;
  const sizes = [32, 64, 100, 127, 128, 256, 512, 1000, 1023, 1024, 2048];
  const rows: Row[] = sizes.map((n) => ({
    group,
    name: `matmul ${n}`,
    work: product(square(n), "NN"),
    bar: bar(n),
    ...(n >= 128 && n <= 512 ? { peakBar: 0.9 } : {}),
  }));
  for (const layout of ["NT", "TN"]) {
    for (const n of [64, 128, 512, 1000]) {
      const work = product(square(n), layout);
      rows.push({ group, name: `matmul ${n} ${layout}`, work, bar: bar(n) });
    }
  }
  const double = product(square(512), "NN", { dtype: "float64" });
  rows.push({ group, name: "matmul 512 float64", work: double, bar: 1 });
  const many = product(square(64), "NN", {}, [64]);
  rows.push({ group, name: "matmul 64 of 64x64", work: many, bar: 1.3 });
  const heads = product([128, 64, 128], "NT", {}, [48]);
  rows.push({ group, name: "matmul 48 of 128x64x128 NT", work: heads, bar: 1 });
  return rows;
}

function linearRows(): Row[] {
  return ([[784, 256], [768, 3072]] as const).flatMap(([from, to]) =>
    [1, 16, 64, 256].map((batch) => {
      const inputs = [{ shape: [batch, from] }, { shape: [to, from] }, { shape: [to] }];
      const work = call("linear", inputs, { flops: 2 * batch * from * to });
      return { group: "linear", name: `linear ${from} to ${to}, batch ${batch}`, work, bar: 1.2 };
    })
  );
}

/** A convolution: images [n, c, side, side] to o channels by windows of `size`. */
interface Convolution {
  readonly name: string;
  readonly images: readonly [n: number, c: number, side: number];
  readonly o: number;
  readonly size: number;
  readonly stride?: number;
  readonly padding?: number;
  readonly groups?: number;
}

const convolutions: readonly Convolution[] = [
  { name: "3x3 32x64x32x32", images: [32, 64, 32], o: 64, size: 3, padding: 1 },
  { name: "3x3 8x64x56x56", images: [8, 64, 56], o: 64, size: 3, padding: 1 },
  { name: "3x3 8x128x28x28", images: [8, 128, 28], o: 128, size: 3, padding: 1 },
  { name: "3x3 8x256x14x14", images: [8, 256, 14], o: 256, size: 3, padding: 1 },
  { name: "3x3 first 32x3x32x32 to 64", images: [32, 3, 32], o: 64, size: 3, padding: 1 },
  { name: "7x7 / 2 first 2x3x224x224", images: [2, 3, 224], o: 64, size: 7, stride: 2, padding: 3 },
  { name: "3x3 / 2 8x128x28x28", images: [8, 128, 28], o: 128, size: 3, stride: 2, padding: 1 },
  { name: "1x1 8x256x14x14 to 1024", images: [8, 256, 14], o: 1024, size: 1 },
  { name: "depthwise 8x128x28x28", images: [8, 128, 28], o: 128, size: 3, padding: 1, groups: 128 },
  { name: "MNIST 3x3 64x1x28x28 to 32", images: [64, 1, 28], o: 32, size: 3, padding: 1 },
  { name: "digits 3x3 32x1x8x8 to 16", images: [32, 1, 8], o: 16, size: 3, padding: 1 },
  { name: "digits 3x3 32x16x4x4 to 32", images: [32, 16, 4], o: 32, size: 3, padding: 1 },
];

function convolutionRows(): Row[] {
  return convolutions.flatMap((given) => {
    const { name, images: [n, c, side], o, size, stride = 1, padding = 0, groups = 1 } = given;
    const inputs = [
      { shape: [n, c, side, side] },
      { shape: [o, c / groups, size, size] },
      { shape: [o] },
    ];
    const out = Math.floor((side + 2 * padding - size) / stride) + 1;
    const flops = 2 * n * out * out * o * (c / groups) * size * size;
    const numbers = [stride, padding, groups];
    const forward = call("conv2d", inputs, { numbers, flops });
    // Gradients of images and weights are as much work each as the convolution.
    const gradient = call("conv2d", inputs, { numbers, flops: 2 * flops, pass: "gradient" });
    return [
      { group: "conv2d", name: `conv ${name}`, work: forward, bar: 0.9 },
      { group: "conv2d", name: `conv ${name}, gradients`, work: gradient, bar: 0.9 },
    ];
  });
}

function randomRows(): Row[] {
  const work = (op: string): CallWork =>
    op === "dropout" ? call(op, [{ shape: [M] }]) : call(op, [], { numbers: [M] });
  return ["rand", "randn", "dropout", "bernoulli"].map((op) => (
    { group: "random", name: `${op} 1M`, work: work(op), bar: 3 }
  ));
}

function indexRows(): Row[] {
  const indices = (shape: readonly number[], end: number) =>
    ({ shape, dtype: "int64", range: [0, end] }) as const;
  const square = { shape: [K, K] };
  const mask = { ...square, dtype: "bool", range: [0, 2] } as const;
  const works: Readonly<Record<string, CallWork>> = {
    "indexSelect 4096 rows of 10000x512": call(
      "indexSelect",
      [{ shape: [10000, 512] }, indices([4096], 10000)],
      { numbers: [0] },
    ),
    "gather 4096x256 of 4096x1024": call(
      "gather",
      [{ shape: [4096, K] }, indices([4096, 256], K)],
      { numbers: [1] },
    ),
    "transposed copy 4096x1024": call("contiguous", [{ shape: [K, 4096], isTransposed: true }]),
    "cat 2 of 1024x1024, first": call("cat", [square, square], { numbers: [0] }),
    "cat 2 of 1024x1024, last": call("cat", [square, square], { numbers: [1] }),
    "nonzero 1024x1024, half": call("nonzero", [mask]),
    "maskedSelect 1024x1024, half": call("maskedSelect", [square, mask]),
  };
  return Object.entries(works).map(([name, work]) => ({ group: "indexing", name, work, bar: 1 }));
}

function sortingRows(): Row[] {
  const matrix = { shape: [4096, K] };
  const list = { shape: [M] };
  const works: Readonly<Record<string, CallWork>> = {
    "sort 4096x1024, last": call("sort", [matrix], { numbers: [1] }),
    "sort 4096x1024, first": call("sort", [matrix], { numbers: [0] }),
    "sort 65536x16": call("sort", [{ shape: [64 * K, 16] }], { numbers: [1] }),
    "sort 1M": call("sort", [list], { numbers: [0] }),
    "sort 1M float64": call("sort", [{ ...list, dtype: "float64" }], { numbers: [0] }),
    "topk 8 of 4096x1024": call("topk", [matrix], { numbers: [8, 1] }),
    "topk 100 of 4096x1024": call("topk", [matrix], { numbers: [100, 1] }),
    "median 4096x1024, last": call("median", [matrix], { numbers: [1] }),
    "median 1M": call("median", [list]),
    "searchsorted 1M in 1000": call("searchsorted", [list], { numbers: [1000] }),
  };
  return Object.entries(works).map(([name, work]) => ({ group: "sorting", name, work, bar: 1 }));
}

function fourierRows(): Row[] {
  const pair = (...shape: number[]) => [{ shape }, { shape }];
  const double = pair(K, K).map((part) => ({ ...part, dtype: "float64" } as const));
  const works: Readonly<Record<string, readonly [work: CallWork, bar: number]>> = {
    "fft 1024x1024": [call("fft", pair(K, K), { numbers: [1] }), 1],
    "fft 1024x1024 float64": [call("fft", double, { numbers: [1] }), 1],
    "fft 1024x1024, first": [call("fft", pair(K, K), { numbers: [0] }), 1],
    "fft 1M": [call("fft", pair(M), { numbers: [0] }), 0.5],
    "fft 1000x1000": [call("fft", pair(1000, 1000), { numbers: [1] }), 0.5],
    "fft 1000x1009": [call("fft", pair(1000, 1009), { numbers: [1] }), 0.5],
    "fft2 512x512": [call("fft2", pair(512, 512)), 1],
    "rfft 1024x1024": [call("rfft", [{ shape: [K, K] }]), 1],
    "irfft 1024x513": [call("irfft", pair(K, 513)), 1],
  };
  return Object.entries(works).map(([name, [work, bar]]) => ({
    group: "fourier",
    name,
    work,
    bar,
  }));
}

function spectralRows(): Row[] {
  const group = "spectral";
  const dense = { shape: [2000, 2000] };
  const products = [1, 64].map((width): Row => ({
    group,
    name: `sparse 2000x2000, 5 of 100, times ${width}`,
    work: call("sparseMatmul", [dense, { shape: [2000, width] }], { numbers: [0.05] }),
    bar: 1,
  }));
  const values = [64, 256].flatMap((size) =>
    ["eig", "eigvals"].map((op): Row => ({
      group,
      name: `${op} ${size}`,
      work: call(op, [{ shape: [size, size] }]),
      bar: 0.5,
    }))
  );
  return [...values, ...products];
}

function linalgRows(): Row[] {
  return linalgCases.map(({ name, op, shape }) => (
    { group: "linalg", name, work: call(op, [{ shape }]), bar: 1 }
  ));
}

function optimizerRows(): Row[] {
  const rows: Row[] = [];
  for (const optimizer of ["adam", "sgd"] as const) {
    const row = (tensors: number, size: number, isFused: boolean, bar: number | null): Row => ({
      group: "optimizers",
      name: `${optimizer} ${tensors} of ${sizeName(size)}${isFused ? ", torch fused" : ""}`,
      work: { kind: "optimizer", optimizer, tensors, size, isFused },
      bar,
    });
    rows.push(row(1, M, true, 1), row(200, 64, false, 20), row(200, 64, true, null));
  }
  return rows;
}

function trainingRows(): Row[] {
  const group = "training";
  const mlp = { kind: "training", model: "mlp", batch: 64 } as const;
  const step = { kind: "training", optimizer: "adam" } as const;
  return [
    { group, name: "MLP batch 64, SGD", work: { ...mlp, optimizer: "sgd" }, bar: 2 },
    { group, name: "MLP batch 64, Adam", work: { ...mlp, optimizer: "adam" }, bar: 2 },
    {
      group,
      name: "digits CNN batch 32, Adam",
      work: { ...step, model: "digits", batch: 32 },
      bar: 1.2,
    },
    { group, name: "LeNet batch 64, Adam", work: { ...step, model: "lenet", batch: 64 }, bar: 1.2 },
  ];
}

/** Gradients of each example, and all rows of jacobians, in one pass. */
function transformRows(): Row[] {
  const group = "transforms";
  const image = { shape: [64, 1, 3, 16, 16] };
  const square = [{ shape: [64] }, { shape: [64, 64] }];
  const network = [{ shape: [128, 64] }, { shape: [64, 10] }, { shape: [64, 128] }];
  const works = {
    "vmap of dot, 64 of 128": call("vmapDot", [{ shape: [64, 128] }, { shape: [64, 128] }]),
    "gradients of 64 examples, MLP": call("gradEach", network),
    "gradients of 64 images, conv2d": call("gradEachImage", [{ shape: [16, 3, 3, 3] }, image]),
    "jacrev 64 by 64": call("jacrev", square),
    "jacfwd 64 by 64": call("jacfwd", square),
    "hessian of 64": call("hessian", square),
  };
  return Object.entries(works).map(([name, work]) => ({ group, name, work, bar: 1 }));
}

/** All rows, group by group. */
export const rows: readonly Row[] = [
  ...smallRows(),
  ...elementwiseRows(),
  ...mathRows(),
  ...elementRows(),
  ...smallDtypeRows(),
  ...reductionRows(),
  ...softmaxRows(),
  ...normalizationRows(),
  ...fusedAttentionRows(),
  ...matmulRows(),
  ...linearRows(),
  ...convolutionRows(),
  ...poolingRows(),
  ...networkRows(),
  ...spatialRows(),
  ...randomRows(),
  ...indexRows(),
  ...sortingRows(),
  ...fourierRows(),
  ...spectralRows(),
  ...transformRows(),
  ...specialRows(),
  ...linalgRows(),
  ...optimizerRows(),
  ...trainingRows(),
];
