/**
 * Convolutions of batches: examples are more images where they share the weight, and groups of
 * channels that do not see each other where each has its own.
 *
 * @module
 */
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { spread } from "./batch.ts";
import { type BatchCall, type Rule, spreadAll } from "./rule.ts";

interface Grouped {
  readonly groups: number;
  readonly shape: Shape;
}

/** [B, N, ...] as [B N, ...]. */
function asImages(x: Tensor): Tensor {
  const [size, count, ...rest] = x.shape;
  return x.reshape([size! * count!, ...rest]);
}

/** [B, N, C, ...] as [N, B C, ...]. */
function asChannels(x: Tensor): Tensor {
  const [size, count, channels, ...rest] = x.shape;
  return x.movedim(0, 1).reshape([count!, size! * channels!, ...rest]);
}

/** The reverse of {@link asImages}. */
function ofImages(x: Tensor, size: number, count: number): Tensor {
  return x.reshape([size, count, ...x.shape.slice(1)]);
}

/** The reverse of {@link asChannels}. */
function ofChannels(x: Tensor, size: number, channels: number): Tensor {
  const [count, , ...rest] = x.shape;
  return x.reshape([count!, size, channels, ...rest]).movedim(1, 0);
}

function grouped(attributes: unknown, size: number, shape?: Shape): Grouped {
  const given = attributes as Grouped;
  return { ...given, groups: given.groups * size, ...(shape === undefined ? {} : { shape }) };
}

/** The batch of an input, repeated where the examples share it. */
function input({ values, flags, level }: BatchCall, i: number): Tensor {
  return spread(values[i]!, flags[i]!, level);
}

/** conv2d: images, weight, perhaps bias. */
export const convolution: Rule = (call) => {
  const { inputs, values, flags, level: { size }, attributes, again } = call;
  if (flags[1] !== true && flags[2] !== true) {
    const y = again([asImages(values[0]!), ...values.slice(1)], attributes)[0]!;
    return [ofImages(y, size, inputs[0]!.shape[0]!)];
  }
  const [x, weight, bias] = spreadAll(call);
  const list = [asChannels(x!), asImages(weight!), ...(bias ? [asImages(bias)] : [])];
  const y = again(list, grouped(attributes, size))[0]!;
  return [ofChannels(y, size, inputs[1]!.shape[0]!)];
};

/** conv2dInputGradient: gradient, weight. */
export const inputGradient: Rule = (call) => {
  const { values, flags, level: { size }, attributes, again } = call;
  const [count, channels, ...rest] = (attributes as Grouped).shape;
  if (!flags[1]) {
    const shape = [size * count!, channels!, ...rest];
    const whole = { ...attributes as object, shape };
    const x = again([asImages(input(call, 0)), values[1]!], whole)[0]!;
    return [ofImages(x, size, count!)];
  }
  const [grad, weight] = spreadAll(call);
  const whole = grouped(attributes, size, [count!, size * channels!, ...rest]);
  const x = again([asChannels(grad!), asImages(weight!)], whole)[0]!;
  return [ofChannels(x, size, channels!)];
};

/** conv2dWeightGradient: gradient, images. */
export const weightGradient: Rule = (call) => {
  const { level: { size }, attributes, again } = call;
  const [grad, x] = spreadAll(call);
  const [count, ...rest] = (attributes as Grouped).shape;
  const whole = grouped(attributes, size, [size * count!, ...rest]);
  return [ofImages(again([asChannels(grad!), asChannels(x!)], whole)[0]!, size, count!)];
};
