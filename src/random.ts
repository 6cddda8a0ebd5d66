/**
 * Seeded random numbers: Philox 4x32-10 (Salmon et al. 2011), a function of seed and position. The
 * same seed gives the same numbers whatever the threads, the CPU and the runtime.
 *
 * @module
 */
import { type DType, dtypeInfo, getDefaultDtype } from "./dtype.ts";
import { ArgumentError, DTypeError } from "./errors.ts";
import { callKernel, putAttributes } from "./ffi/call.ts";
import type { TensorOptions } from "./create.ts";
import type { KernelName } from "./ffi/abi.ts";
import { emptyOf } from "./op.ts";
import { cast } from "./ops/cast.ts";
import { copyInto } from "./ops/copy.ts";
import { kernel } from "./ops/fill.ts";
import { checkOptions } from "./ops/front.ts";
import { type Shape, specOf } from "./shape.ts";
import type { Tensor } from "./tensor/tensor.ts";
import { drawn, isBatched } from "./vmap/batch.ts";

/** A stream of random numbers. */
export class Generator {
  #seed = 0n;
  #offset = 0;

  /** Starts a stream; without a seed, one of the runtime's own random numbers is taken. */
  constructor(seed?: number | bigint) {
    if (seed === undefined) this.seed();
    else this.manualSeed(seed);
  }

  /**
   * Starts again from a seed, and returns the generator.
   *
   * @throws {ArgumentError} when the seed is not a whole number from -2^63 to 2^64 - 1.
   */
  manualSeed(seed: number | bigint): this {
    if (typeof seed === "number" && !Number.isSafeInteger(seed)) {
      throw new ArgumentError(`Cannot seed with ${seed}: a seed is a whole number`);
    }
    this.#seed = BigInt.asUintN(64, BigInt(seed));
    this.#offset = 0;
    return this;
  }

  /** Starts again from a random seed, and returns it. */
  seed(): bigint {
    const [low, high] = crypto.getRandomValues(new Uint32Array(2));
    this.manualSeed(BigInt(high!) << 32n | BigInt(low!));
    return this.#seed;
  }

  /** The seed the stream started from. */
  initialSeed(): bigint {
    return this.#seed;
  }

  /** Seed and position, to continue later: 16 bytes, the lowest first. */
  getState(): Uint8Array {
    const state = new DataView(new ArrayBuffer(16));
    state.setBigUint64(0, this.#seed, true);
    state.setBigUint64(8, BigInt(this.#offset), true);
    return new Uint8Array(state.buffer);
  }

  /**
   * Continues from what {@link getState} gave.
   *
   * @throws {ArgumentError} when it is something else; then the generator is as it was.
   */
  setState(state: Uint8Array): void {
    if (!(state instanceof Uint8Array) || state.length !== 16) {
      throw new ArgumentError(
        "Cannot set the state of a generator: it is not what getState() gave",
      );
    }
    const view = new DataView(state.buffer, state.byteOffset, 16);
    const offset = view.getBigUint64(8, true);
    if (offset > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new ArgumentError(`Cannot set the state of a generator: its position is ${offset}`);
    }
    this.#seed = view.getBigUint64(0, true);
    this.#offset = Number(offset);
  }

  /**
   * Generators whose streams have nothing to do with this one's or each other's, for workers: their
   * seeds are drawn from this stream.
   *
   * @throws {ArgumentError} unless n is a whole number from 1 on.
   *
   * @example
   * ```ts
   * import { Generator, rand } from "@minitensor/minitensor";
   * const [a, b] = new Generator(1).split();
   * console.assert(!rand([4], { generator: a! }).equal(rand([4], { generator: b! })));
   * ```
   */
  split(n = 2): Generator[] {
    if (!Number.isSafeInteger(n) || n < 1) {
      throw new ArgumentError(`Cannot split a generator into ${n}: it is a whole number from 1 on`);
    }
    const halves = drawIntegers(0, 2 ** 32, [n, 2], { generator: this }).toTypedArray();
    return Array.from({ length: n }, (_, i) => {
      return new Generator((halves[2 * i] as bigint) << 32n | (halves[2 * i + 1] as bigint));
    });
  }

  /**
   * Takes `blocks` blocks of four 32-bit numbers from the stream: seed halves and position, as
   * kernels read them.
   */
  take(blocks: number): readonly [number, number, number] {
    const start = this.#offset;
    this.#offset += blocks;
    return [Number(this.#seed & 0xffffffffn), Number(this.#seed >> 32n), start];
  }
}

/**
 * The generator used where none is given.
 *
 * @example
 * ```ts
 * import { defaultGenerator, getRngState } from "@minitensor/minitensor";
 * console.assert(defaultGenerator.getState().join() === getRngState().join());
 * ```
 */
export const defaultGenerator: Generator = new Generator();

/**
 * Seeds the default generator, and returns it: the same seed gives the same numbers everywhere,
 * whatever the CPU and the number of threads.
 *
 * @throws {ArgumentError} when the seed is not a whole number.
 *
 * @example
 * ```ts
 * import { manualSeed, rand } from "@minitensor/minitensor";
 * const first = rand([3], { generator: manualSeed(7) });
 * console.assert(rand([3], { generator: manualSeed(7) }).equal(first));
 * ```
 */
export function manualSeed(seed: number | bigint): Generator {
  return defaultGenerator.manualSeed(seed);
}

/**
 * State of the default generator, for {@link setRngState}.
 *
 * @example
 * ```ts
 * import { getRngState, rand, setRngState } from "@minitensor/minitensor";
 * const state = getRngState();
 * const first = rand([1]).item();
 * setRngState(state);
 * console.assert(rand([1]).item() === first);
 * ```
 */
export function getRngState(): Uint8Array {
  return defaultGenerator.getState();
}

/**
 * Sets the default generator to a state that {@link getRngState} gave.
 *
 * @throws {ArgumentError} when it is something else.
 *
 * @example
 * ```ts
 * import { getRngState, randn, setRngState } from "@minitensor/minitensor";
 * const state = getRngState();
 * const first = randn([3]);
 * setRngState(state);
 * console.assert(randn([3]).equal(first));
 * ```
 */
export function setRngState(state: Uint8Array): void {
  defaultGenerator.setState(state);
}

/**
 * Runs `fn`, and then sets the default generator back to where it was, also after an error. An
 * async function is not waited for.
 *
 * @example
 * ```ts
 * import { forkRng, manualSeed, rand } from "@minitensor/minitensor";
 * manualSeed(1);
 * console.assert(forkRng(() => rand([2])).equal(rand([2]))); // as if nothing had been drawn
 * ```
 */
export function forkRng<T>(fn: () => T): T {
  const state = getRngState();
  try {
    return fn();
  } finally {
    setRngState(state);
  }
}

/** Options of random tensors. */
export interface RandomOptions extends TensorOptions {
  /** Where the numbers come from. Default: the generator that {@link manualSeed} seeds. */
  readonly generator?: Generator;
}

/** Blocks that elements take: four 32-bit draws a block, or two of 64 bits. */
function blocksFor(count: number, wide: boolean): number {
  return Math.ceil(count / (wide ? 2 : 4));
}

function draw(
  name: KernelName,
  shape: Shape,
  dtype: DType,
  wide: boolean,
  parameters: readonly number[],
  options: RandomOptions,
): Tensor {
  checkOptions(options, ["dtype", "requiresGrad", "generator"], `draw ${name} numbers`);
  const x = drawn(shape, (whole) => {
    const made = emptyOf(specOf(whole, dtypeInfo(dtype).wide ?? dtype));
    const generator = options.generator ?? defaultGenerator;
    const several = name === "permutation" && whole.length > 1 && made.numel() > 0;
    const rows = several ? made.view([-1, shape[0]!]) : [made];
    for (const row of rows) drawInto(row, name, wide, parameters, generator);
    return cast(made, dtype);
  });
  return options.requiresGrad === true ? x.requiresGrad_() : x;
}

function drawInto(
  x: Tensor,
  name: KernelName,
  wide: boolean,
  parameters: readonly number[],
  generator: Generator,
): void {
  const stream = generator.take(blocksFor(x.spec.size, wide));
  if (x.spec.size === 0) return;
  const { wide: drawn } = x.spec.info;
  const target = drawn === null ? x : emptyOf(x.spec.as(drawn));
  putAttributes([...stream, ...parameters]);
  callKernel(name, kernel(name), [target], []);
  if (target !== x) copyInto(x, target);
}

function floatDtype(options: RandomOptions, what: string): DType {
  const dtype = options.dtype ?? getDefaultDtype();
  if (!dtypeInfo(dtype).isFloat) {
    throw new DTypeError(
      `Cannot draw ${what} numbers of dtype ${dtype}: use a floating-point dtype`,
    );
  }
  return dtype;
}

/**
 * Uniform numbers in [0, 1), with 24 random bits in float32 and 53 in float64.
 *
 * @example
 * ```ts
 * import { rand } from "@minitensor/minitensor";
 * console.assert(rand([2, 3]).lt(1).all().item() === true);
 * ```
 */
export function rand(shape: Shape, options: RandomOptions = {}): Tensor {
  const dtype = floatDtype(options, "uniform");
  return draw("uniform", shape, dtype, dtype === "float64", [0, 1], options);
}

/** Options of {@link uniform}. */
export interface UniformOptions extends RandomOptions {
  /** Least value. Default 0. */
  readonly low?: number;
  /** What the values stay below. Default 1. */
  readonly high?: number;
}

/**
 * Uniform numbers in [low, high).
 *
 * @throws {ArgumentError} when low exceeds high.
 *
 * @example
 * ```ts
 * import { uniform } from "@minitensor/minitensor";
 * console.assert(uniform([4], { low: -1, high: 1 }).abs().le(1).all().item() === true);
 * ```
 */
export function uniform(shape: Shape, options: UniformOptions = {}): Tensor {
  const { low = 0, high = 1, ...rest } = options;
  if (!(low <= high)) {
    throw new ArgumentError(`Cannot draw uniform numbers from ${low} to ${high}: there are none`);
  }
  const dtype = floatDtype(rest, "uniform");
  return draw("uniform", shape, dtype, dtype === "float64", [low, high], rest);
}

/**
 * {@link normal} numbers of mean 0 and variance 1.
 *
 * @example
 * ```ts
 * import { Generator, randn } from "@minitensor/minitensor";
 * const mean = randn([10000], { generator: new Generator(1) }).mean();
 * console.assert(Math.abs(Number(mean.item())) < 0.05);
 * ```
 */
export function randn(shape: Shape, options: RandomOptions = {}): Tensor {
  return normal(0, 1, shape, options);
}

/**
 * Numbers of the normal distribution with this mean and standard deviation.
 *
 * @throws {ArgumentError} when the standard deviation is negative or NaN.
 * @throws {DTypeError} for a dtype that is not floating-point.
 *
 * @example
 * ```ts
 * import { normal } from "@minitensor/minitensor";
 * console.assert(normal(3, 0, [2]).toArray().toString() === "3,3");
 * ```
 */
export function normal(
  mean: number,
  std: number,
  shape: Shape,
  options: RandomOptions = {},
): Tensor {
  if (!(std >= 0)) {
    throw new ArgumentError(
      `Cannot draw normal numbers with standard deviation ${std}: it is negative`,
    );
  }
  const dtype = floatDtype(options, "normal");
  return draw("normal", shape, dtype, dtype === "float64", [mean, std], options);
}

/**
 * Whole numbers from 0 to high - 1, int64 unless another dtype is given; all equally likely.
 *
 * @throws {ArgumentError} when there are none, or the bounds are no whole numbers.
 *
 * @example
 * ```ts
 * import { randint } from "@minitensor/minitensor";
 * console.assert(randint(6, [10]).add(1).le(6).all().item() === true);
 * ```
 */
export function randint(high: number, shape: Shape, options?: RandomOptions): Tensor;
/** Whole numbers from low to high - 1. */
export function randint(low: number, high: number, shape: Shape, options?: RandomOptions): Tensor;
export function randint(
  first: number,
  second: number | Shape,
  third: Shape | RandomOptions = {},
  fourth: RandomOptions = {},
): Tensor {
  return typeof second === "number"
    ? drawIntegers(first, second, third as Shape, fourth)
    : drawIntegers(0, first, second, third as RandomOptions);
}

function drawIntegers(low: number, high: number, shape: Shape, options: RandomOptions): Tensor {
  if (!(Number.isSafeInteger(low) && Number.isSafeInteger(high) && low < high)) {
    throw new ArgumentError(`Cannot draw whole numbers from ${low} to ${high} - 1: there are none`);
  }
  const wanted = options.dtype ?? "int64";
  const x = draw("integers", shape, wanted === "int32" ? "int32" : "int64", true, [low, high], {
    ...options,
    requiresGrad: false,
  });
  return x.to(wanted);
}

/**
 * The numbers 0 to n - 1 in random order, int64; all orders equally likely.
 *
 * @example
 * ```ts
 * import { randperm } from "@minitensor/minitensor";
 * console.assert(randperm(5).sum().item() === 10);
 * ```
 */
export function randperm(n: number, options: RandomOptions = {}): Tensor {
  return draw("permutation", [n], "int64", true, [], options);
}

/**
 * 1 with probability `p`, else 0, in a floating-point dtype.
 *
 * @throws {ArgumentError} when p is not 0 to 1.
 *
 * @example
 * ```ts
 * import { bernoulli } from "@minitensor/minitensor";
 * console.assert(bernoulli(1, [3]).sum().item() === 3 && bernoulli(0, [3]).sum().item() === 0);
 * ```
 */
export function bernoulli(p: number, shape: Shape, options: RandomOptions = {}): Tensor {
  if (!(p >= 0 && p <= 1)) {
    throw new ArgumentError(`Cannot draw with probability ${p}: it is 0 to 1`);
  }
  return draw("bernoulli", shape, floatDtype(options, "bernoulli"), false, [p], options);
}

/**
 * Numbers of the exponential distribution with this rate: the density is rate e^(-rate x).
 *
 * @throws {ArgumentError} when the rate is not above 0.
 *
 * @example
 * ```ts
 * import { exponential } from "@minitensor/minitensor";
 * console.assert(exponential(2, [10]).ge(0).all().item() === true);
 * ```
 */
export function exponential(rate: number, shape: Shape, options: RandomOptions = {}): Tensor {
  if (!(rate > 0)) {
    throw new ArgumentError(`Cannot draw exponential numbers of rate ${rate}: it is not above 0`);
  }
  const dtype = floatDtype(options, "exponential");
  return draw("exponential", shape, dtype, dtype === "float64", [rate], options);
}

/**
 * Fills a contiguous floating-point tensor with uniform numbers in [low, high). Internal: see
 * `init.uniform_`.
 *
 * @example
 * ```ts
 * import { empty, uniformInto } from "@minitensor/minitensor";
 * const x = empty([100]);
 * uniformInto(x, 2, 3);
 * console.assert(x.ge(2).logicalAnd(x.lt(3)).all().item() === true);
 * ```
 */
export function uniformInto(
  x: Tensor,
  low: number,
  high: number,
  generator: Generator = defaultGenerator,
): void {
  if (isBatched(x)) return void x.copy_(uniform(x.shape, { low, high, dtype: x.dtype, generator }));
  drawInto(x, "uniform", x.dtype === "float64", [low, high], generator);
}

/**
 * Fills a contiguous floating-point tensor with normal numbers. Internal: see `init.normal_`.
 *
 * @example
 * ```ts
 * import { empty, normalInto } from "@minitensor/minitensor";
 * const x = empty([]);
 * normalInto(x, 5, 0);
 * console.assert(x.item() === 5);
 * ```
 */
export function normalInto(
  x: Tensor,
  mean: number,
  std: number,
  generator: Generator = defaultGenerator,
): void {
  if (isBatched(x)) return void x.copy_(normal(mean, std, x.shape, { dtype: x.dtype, generator }));
  drawInto(x, "normal", x.dtype === "float64", [mean, std], generator);
}
