/**
 * The work of a row: what is timed, described as data, so that torch_rows.py can do the same.
 *
 * @module
 */
import {
  bernoulli,
  cat,
  type Complex,
  complex,
  conv2d,
  crossEntropy,
  dropout,
  fft,
  gelu,
  grad,
  linalg,
  linear,
  linspace,
  matmul,
  ops,
  rand,
  randn,
  scope,
  sparse,
  Tensor,
  tidy,
  where,
} from "../mod.ts";
import { Parameter } from "../src/nn/mod.ts";
import { Adam, SGD } from "../src/optim/mod.ts";
import { fingerprint, type Input, input } from "./inputs.ts";
import { linalgCalls } from "./linalg_calls.ts";
import { makeModel, type ModelName } from "./models.ts";
import { networkCalls } from "./network_calls.ts";
import { normalizationCalls } from "./normalization_calls.ts";
import { specialCalls } from "./special_rows.ts";
import type { Loop } from "./timing.ts";
import { spatialCalls } from "./works_spatial.ts";
import { transformCalls } from "./transforms.ts";

/** An input of a call; `isTransposed` gives its transpose, without moving an element. */
export interface CallInput extends Input {
  readonly isTransposed?: boolean;
}

/** A call of one op. */
export interface CallWork {
  readonly kind: "call";
  /** A name of {@link calls}, or of an op that takes the inputs alone. */
  readonly op: string;
  readonly inputs: readonly CallInput[];
  /** Numbers of the call: a dim, a shape, a window. */
  readonly numbers?: readonly number[];
  /**
   * What is timed: the op without a graph (default); with a graph; the gradient alone, of all
   * floating-point inputs; or op, sum and backward.
   */
  readonly pass?: "recorded" | "gradient" | "both";
  /** Calls in a scope (default 1); 0 leaves the results to the garbage collector. */
  readonly callsPerScope?: number;
  /** Floating-point operations of a call, where they are what limits it. */
  readonly flops?: number;
}

/** A step of an optimizer, gradients given. */
export interface OptimizerWork {
  readonly kind: "optimizer";
  readonly optimizer: "adam" | "sgd";
  readonly tensors: number;
  /** Elements of each tensor. */
  readonly size: number;
  /** PyTorch's fused form; otherwise the one that it takes by default. */
  readonly isFused: boolean;
}

/** A training step: forward, loss, backward, update, and the loss as a number. */
export interface TrainingWork {
  readonly kind: "training";
  readonly model: ModelName;
  readonly optimizer: "adam" | "sgd";
  readonly batch: number;
}

/** All that is known about a row's work. */
export type Work = CallWork | OptimizerWork | TrainingWork;

/** Work that is ready to be timed. */
export interface PreparedWork {
  readonly loop: Loop;
  /** Of the first call; null where the results are random. */
  readonly fingerprint: number | null;
  /** Bytes read and written by a call. */
  readonly bytes: number;
}

type Result = Tensor | number | object;
type Body = () => Result;
type Numbers = readonly number[];
type Call = (inputs: readonly Tensor[], numbers: Numbers) => Body;

/** Calls that are more than an op's name and its inputs. */
const calls: Readonly<Record<string, Call>> = {
  ...networkCalls,
  ...normalizationCalls,
  ...transformCalls,
  ...specialCalls,
  ...linalgCalls,
  bernoulli: (_, [size]) => () => bernoulli(0.5, [size!]),
  cat: (inputs, [dim]) => () => cat(inputs, dim),
  contiguous: ([x]) => () => x!.contiguous(),
  conv2d: ([x, weight, bias], [stride, padding, groups]) => () =>
    conv2d(x!, weight!, { bias: bias!, stride: stride!, padding: padding!, groups: groups! }),
  crossEntropy: ([x, target]) => () => crossEntropy(x!, target!),
  dropout: ([x]) => () => dropout(x!, { p: 0.5 }),
  gather: ([x, index], [dim]) => () => x!.gather(dim!, index!),
  gelu: ([x]) => () => gelu(x!),
  indexSelect: ([x, index], [dim]) => () => x!.indexSelect(dim!, index!),
  linear: ([x, weight, bias]) => () => linear(x!, weight!, { bias: bias! }),
  matmul: ([x, y]) => () => matmul(x!, y!),
  rand: (_, [size]) => () => rand([size!]),
  randn: (_, [size]) => () => randn([size!]),
  argmax: ([x], [dim]) => () => dim === undefined ? x!.argmax() : x!.argmax(dim),
  max: ([x], [dim]) => () => dim === undefined ? x!.max() : x!.max(dim),
  mean: ([x], [dim]) => () => dim === undefined ? x!.mean() : x!.mean(dim),
  sum: ([x], [dim]) => () => dim === undefined ? x!.sum() : x!.sum(dim),
  var: ([x], [dim]) => () => dim === undefined ? x!.var() : x!.var(dim),
  cumsum: ([x], [dim]) => () => x!.cumsum(dim!),
  fft: ([re, im], [dim]) => {
    const z = complex(re!, im!);
    return () => partsOf(fft.fft(z, { dim: dim! }));
  },
  fft2: ([re, im]) => {
    const z = complex(re!, im!);
    return () => partsOf(fft.fft2(z));
  },
  rfft: ([x]) => () => partsOf(fft.rfft(x!)),
  irfft: ([re, im]) => {
    const z = complex(re!, im!);
    return () => fft.irfft(z);
  },
  eig: ([x]) => () => linalg.eig(x!).eigenvalues.abs(),
  eigvals: ([x]) => () => linalg.eigvals(x!).abs(),
  sparseMatmul: ([dense, x], [share]) => {
    const kept = where(dense!.abs().lt(share!), dense!, 0);
    const a = sparse.fromDense(kept, { layout: "csr" });
    return () => a.matmul(x!);
  },
  sort: ([x], [dim]) => () => x!.sort(dim!).values,
  topk: ([x], [k, dim]) => () => x!.topk(k!, dim!).values,
  median: ([x], [dim]) => () => dim === undefined ? x!.median() : x!.median(dim).values,
  searchsorted: ([x], [count]) => {
    const sorted = linspace(-1, 1, count!);
    return () => sorted.searchsorted(x!);
  },
  ...spatialCalls,
};

const random: ReadonlySet<string> = new Set([
  "bernoulli",
  "dropout",
  "fractionalMaxPool2d",
  "multinomial",
  "poisson",
  "rand",
  "randn",
]);

/** A call by the op's name: elementwise ops, softmax and others that take the inputs alone. */
function plainCall(name: string, inputs: readonly Tensor[]): Body {
  // The registry does not know the types of the functions.
  const op = ops.get(name) as unknown as (...inputs: readonly Tensor[]) => Result;
  return () => op(...inputs);
}

/** Both parts of complex numbers, which PyTorch's side takes apart too. */
function partsOf({ real, imag }: Complex): Tensor[] {
  return [real, imag];
}

function tensorsOf(result: Result): Tensor[] {
  if (result instanceof Tensor) return [result];
  return Object.values(result).filter((value) => value instanceof Tensor);
}

function bytesOf(tensors: readonly Tensor[]): number {
  return tensors.reduce((sum, x) => sum + x.nbytes, 0);
}

/** Runs calls inside scopes of `count` calls each; without a scope where that is 0. */
function scoped(body: Body, count: number): Loop {
  if (count === 0) {
    return (calls) => {
      for (let i = 0; i < calls; i++) body();
    };
  }
  return (calls) => {
    for (let done = 0; done < calls; done += count) {
      using _ = scope();
      const end = Math.min(count, calls - done);
      for (let i = 0; i < end; i++) body();
    }
  };
}

/** The op and then what `pass` adds to it. */
function bodyOf(work: CallWork, inputs: readonly Tensor[]): Body {
  const leaves = inputs.filter((x) => x.isFloatingPoint());
  if (work.pass !== undefined) { for (const x of leaves) x.requiresGrad_(); }
  const call = calls[work.op]?.(inputs, work.numbers ?? []) ?? plainCall(work.op, inputs);
  if (work.pass === "gradient") {
    const output = call() as Tensor;
    const gradOutputs = [input({ shape: output.shape, dtype: output.dtype, seed: 9 })];
    return () => grad([output], leaves, { gradOutputs, retainGraph: true });
  }
  if (work.pass !== "both") return call;
  return () => {
    for (const x of leaves) x.zeroGrad();
    (call() as Tensor).sum().backward();
    return leaves.map((x) => x.gradient()!);
  };
}

function prepareCall(work: CallWork): PreparedWork {
  const inputs = work.inputs.map(({ isTransposed, ...given }, i) => {
    const x = input({ seed: i + 1, ...given });
    return isTransposed === true ? x.transpose(-1, -2) : x;
  });
  const body = bodyOf(work, inputs);
  const first = tidy(() => {
    const results = tensorsOf(body());
    const value = random.has(work.op) ? null : fingerprint(results);
    return { value, bytes: bytesOf(inputs) + bytesOf(results) };
  });
  return {
    loop: scoped(body, work.callsPerScope ?? 1),
    fingerprint: first.value,
    bytes: first.bytes,
  };
}

function makeOptimizer(name: "adam" | "sgd", parameters: readonly Tensor[]): Adam | SGD {
  return name === "adam" ? new Adam(parameters, { lr: 1e-3 }) : new SGD(parameters, { lr: 1e-3 });
}

function prepareOptimizer({ optimizer, tensors, size }: OptimizerWork): PreparedWork {
  const parameters = Array.from({ length: tensors }, (_, i) => {
    const x = new Parameter(input({ shape: [size], range: [0, 0] }));
    x.grad = input({ shape: [size], seed: i + 1 });
    return x;
  });
  const updater = makeOptimizer(optimizer, parameters);
  updater.step();
  return {
    loop: (calls) => {
      for (let i = 0; i < calls; i++) updater.step();
    },
    fingerprint: fingerprint(parameters),
    // Parameter read and written, gradient read; Adam also reads and writes two moments.
    bytes: bytesOf(parameters) * (optimizer === "adam" ? 7 : 3),
  };
}

function prepareTraining({ model: name, optimizer, batch }: TrainingWork): PreparedWork {
  const { model, shape } = makeModel(name);
  const updater = makeOptimizer(optimizer, model.parameters());
  const images = input({ shape: [batch, ...shape] });
  const labels = input({ shape: [batch], dtype: "int64", range: [0, 10], seed: 2 });
  const step = (): number => {
    const loss = tidy(() => {
      const loss = crossEntropy(model.forward(images), labels);
      updater.zeroGrad();
      loss.backward();
      return Number(loss.item());
    });
    updater.step();
    return loss;
  };
  const first = step();
  return { loop: scoped(step, 0), fingerprint: first, bytes: 0 };
}

/** Makes the inputs of a row's work and runs it once. */
export function prepare(work: Work): PreparedWork {
  switch (work.kind) {
    case "call":
      return prepareCall(work);
    case "optimizer":
      return prepareOptimizer(work);
    case "training":
      return prepareTraining(work);
  }
}
