/**
 * Layers.
 *
 * @module
 */
import { empty } from "../create.ts";
import type { DType } from "../dtype.ts";
import { ArgumentError } from "../errors.ts";
import { conv2d, type Conv2dOptions } from "../ops/convolution.ts";
import { dropout } from "../ops/dropout.ts";
import { checkOptions } from "../ops/front.ts";
import { linear } from "../ops/linalg.ts";
import { maxPool2d, type MaxPool2dOptions } from "../ops/max_pool.ts";
import type { Pair } from "../ops/window.ts";
import type { Generator } from "../random.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { defaultLayer } from "./init.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

/** Options of layers with parameters. */
export interface LayerOptions {
  /** Dtype of the parameters. Default: the default dtype. */
  readonly dtype?: DType;
  /** Where first values come from. */
  readonly generator?: Generator;
}

function parameter(shape: readonly number[], { dtype }: LayerOptions): Parameter {
  return new Parameter(empty(shape, dtype === undefined ? {} : { dtype }));
}

function sizes(layer: string, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new ArgumentError(
        `Cannot make ${layer} with ${name} ${value}: it is a whole number of 1 or more`,
      );
    }
  }
}

/**
 * Affine map of the last dim, x Wᵀ + b, with weight [outFeatures, inFeatures].
 *
 * @example
 * ```ts
 * import { ones } from "@minitensor/minitensor";
 * import { Linear } from "@minitensor/minitensor/nn";
 * console.assert(new Linear(3, 2).forward(ones([5, 3])).shape.join() === "5,2");
 * ```
 */
export class Linear extends Module {
  /** [outFeatures, inFeatures]. */
  readonly weight: Parameter;
  /** [outFeatures]; null without one. */
  readonly bias: Parameter | null;

  /** A layer with PyTorch's first values: uniform within 1 / sqrt(inFeatures). */
  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    options: LayerOptions & { readonly bias?: boolean } = {},
  ) {
    super();
    checkOptions(options, ["bias", "dtype", "generator"], "make Linear");
    sizes("Linear", { inFeatures, outFeatures });
    this.weight = parameter([outFeatures, inFeatures], options);
    this.bias = options.bias === false ? null : parameter([outFeatures], options);
    defaultLayer(this.weight, this.bias, options);
  }

  /** [..., inFeatures] to [..., outFeatures]. */
  forward(x: Tensor): Tensor {
    return linear(x, this.weight, { bias: this.bias });
  }

  /** Sizes of input and output, and whether there is a bias. */
  protected override extraText(): string {
    return `${this.inFeatures}, ${this.outFeatures}, bias=${this.bias !== null}`;
  }
}

/** Options of {@link Conv2d}. */
export interface Conv2dLayerOptions extends LayerOptions, Omit<Conv2dOptions, "bias"> {
  /** Adds a bias to every output channel. Default true. */
  readonly bias?: boolean;
}

/**
 * Convolution of images with weight [outChannels, inChannels / groups, h, w].
 *
 * @example
 * ```ts
 * import { zeros } from "@minitensor/minitensor";
 * import { Conv2d } from "@minitensor/minitensor/nn";
 * const layer = new Conv2d(3, 8, 5, { stride: 2, padding: 2 });
 * console.assert(layer.forward(zeros([1, 3, 32, 32])).shape.join() === "1,8,16,16");
 * console.assert(layer.weight.shape.join() === "8,3,5,5");
 * ```
 */
export class Conv2d extends Module {
  /** [outChannels, inChannels / groups, h, w]. */
  readonly weight: Parameter;
  /** [outChannels]; null without one. */
  readonly bias: Parameter | null;
  readonly #window: Omit<Conv2dOptions, "bias">;
  readonly #text: string;

  /** A layer with PyTorch's first values. */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    options: Conv2dLayerOptions = {},
  ) {
    super();
    const { bias, dtype: _dtype, generator: _generator, ...window } = options;
    checkOptions(window, ["stride", "padding", "dilation", "groups"], "make Conv2d");
    const groups = options.groups ?? 1;
    sizes("Conv2d", { inChannels, outChannels, groups });
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new ArgumentError(
        `Cannot make Conv2d of ${inChannels} to ${outChannels} channels in ${groups} groups`,
      );
    }
    const list = typeof kernelSize === "number" ? [kernelSize] : kernelSize;
    const [height, width = height] = list as [number, number?];
    sizes("Conv2d", { kernelHeight: height, kernelWidth: width });
    this.weight = parameter([outChannels, inChannels / groups, height, width], options);
    this.bias = bias === false ? null : parameter([outChannels], options);
    this.#window = window;
    const extras = Object.entries(window).map(([name, value]) => `, ${name}=${String(value)}`).join(
      "",
    );
    this.#text = `${inChannels}, ${outChannels}, kernelSize=${height}x${width}${extras}`;
    defaultLayer(this.weight, this.bias, options);
  }

  /** [N, inChannels, H, W] to [N, outChannels, H', W']. */
  forward(x: Tensor): Tensor {
    return conv2d(x, this.weight, { ...this.#window, bias: this.bias });
  }

  /** Channels, and the options that are not the default. */
  protected override extraText(): string {
    return this.#text;
  }
}

/**
 * Largest element of each window of an image.
 *
 * @example
 * ```ts
 * import { arange } from "@minitensor/minitensor";
 * import { MaxPool2d } from "@minitensor/minitensor/nn";
 * const x = arange(16).reshape([1, 1, 4, 4]);
 * console.assert(new MaxPool2d(2).forward(x).toArray().toString() === "5,7,13,15");
 * ```
 */
export class MaxPool2d extends Module {
  readonly #options: MaxPool2dOptions;

  /** Windows of `kernelSize`, by default side by side. */
  constructor(readonly kernelSize: Pair, options: MaxPool2dOptions = {}) {
    super();
    checkOptions(options, ["stride", "padding", "dilation", "ceilMode"], "make MaxPool2d");
    this.#options = options;
  }

  /** [N, C, H, W] to [N, C, H', W']. */
  forward(x: Tensor): Tensor {
    return maxPool2d(x, this.kernelSize, this.#options);
  }

  /** Size of the windows. */
  protected override extraText(): string {
    return `kernelSize=${String(this.kernelSize)}`;
  }
}

/**
 * max(x, 0).
 *
 * @example
 * ```ts
 * import { tensor } from "@minitensor/minitensor";
 * import { Linear, ReLU, Sequential } from "@minitensor/minitensor/nn";
 * console.assert(new ReLU().forward(tensor([-1, 2])).toArray().toString() === "0,2");
 * console.assert(new Sequential(new Linear(4, 3), new ReLU()).length === 2);
 * ```
 */
export class ReLU extends Module {
  /** The same shape. */
  forward(x: Tensor): Tensor {
    return x.relu();
  }
}

/**
 * Sets elements to 0 with probability p while training, and divides the others by 1 - p; the
 * elements stay as they are after `eval()`.
 *
 * @example
 * ```ts
 * import { ones } from "@minitensor/minitensor";
 * import { Dropout } from "@minitensor/minitensor/nn";
 * const layer = new Dropout(0.5);
 * const y = layer.forward(ones([100]));
 * console.assert(y.eq(0).logicalOr(y.eq(2)).all().item() === true);
 * layer.eval();
 * console.assert(layer.forward(ones([100])).equal(ones([100])));
 * ```
 */
export class Dropout extends Module {
  /** Probability that an element becomes 0. */
  readonly p: number;
  readonly #generator: Generator | undefined;

  /** `new Dropout(0.5)` or `new Dropout({ p: 0.5 })`. */
  constructor(p: number | { readonly p?: number; readonly generator?: Generator } = {}) {
    super();
    const options = typeof p === "number" ? { p } : p;
    checkOptions(options, ["p", "generator"], "make Dropout");
    this.p = options.p ?? 0.5;
    this.#generator = "generator" in options ? options.generator : undefined;
    if (!(this.p >= 0 && this.p <= 1)) {
      throw new ArgumentError(`Cannot make Dropout with p ${this.p}: it is 0 to 1`);
    }
  }

  /** The same shape. */
  forward(x: Tensor): Tensor {
    const source = this.#generator === undefined ? {} : { generator: this.#generator };
    return dropout(x, { p: this.p, training: this.training, ...source });
  }

  /** The probability. */
  protected override extraText(): string {
    return `p=${this.p}`;
  }
}

/**
 * Merges dims into one, by default all but the first.
 *
 * @example
 * ```ts
 * import { zeros } from "@minitensor/minitensor";
 * import { Flatten } from "@minitensor/minitensor/nn";
 * console.assert(new Flatten().forward(zeros([5, 3, 2, 2])).shape.join() === "5,12");
 * ```
 */
export class Flatten extends Module {
  /** Dims `startDim` to `endDim` are merged. */
  constructor(readonly options: { readonly startDim?: number; readonly endDim?: number } = {}) {
    super();
    checkOptions(options, ["startDim", "endDim"], "make Flatten");
  }

  /** [N, ...] to [N, product]. */
  forward(x: Tensor): Tensor {
    return x.flatten(this.options.startDim ?? 1, this.options.endDim ?? -1);
  }
}
