/**
 * A custom op from its parts.
 *
 * @module
 */
import type { TensorLike } from "./create.ts";
import { checkCount, type CustomFunction, type CustomOp } from "./custom.ts";
import {
  type CustomBackward,
  type CustomForward,
  type CustomParts,
  type CustomRule,
  describe,
  runBackward,
  runForward,
  runRecorded,
  validate,
} from "./custom_run.ts";
import type { DType } from "./dtype.ts";
import { ArgumentError } from "./errors.ts";
import type { Attributes, OpDefinition, OpRecord } from "./op.ts";
import { operand, single } from "./ops/front.ts";
import type { Shape } from "./shape.ts";
import { isTensor } from "./tensor/is_tensor.ts";
import type { Tensor } from "./tensor/tensor.ts";

/** What an op's record says for readers and for the laws. */
export type CustomDescription = Partial<
  Pick<OpRecord, "summary" | "reference" | "samples" | "once">
>;

type Parts<N extends number, A> = {
  -readonly [Key in keyof CustomParts<N, A>]: CustomParts<N, A>[Key] | null;
};

/**
 * Makes a custom op, part by part; only `forward` is required.
 *
 * Without `backward`, gradients flow through the ops inside forward. With it, forward runs
 * unrecorded and the rule alone says what flows: to the inputs only, so what is to be trained must
 * be an input. The result is a tensor of its own with memory of its own: one that forward was
 * given, or had from elsewhere, is copied.
 *
 * A rule that is tensor code over `inputs` and `output` can be differentiated again. One that reads
 * `saved` cannot: differentiating it is a GradientError.
 *
 * @example
 * ```ts
 * import { CustomOpBuilder, executeCustomOp } from "@minitensor/minitensor";
 * import { registerCustomOp, tensor } from "@minitensor/minitensor";
 * const softsign = new CustomOpBuilder("my/softsign", 1)
 *   .forward(([x]) => x.div(x.abs().add(1)))
 *   .backward(({ grad, inputs: [x] }) => [grad.div(x.abs().add(1).square())])
 *   .outputShape(([x]) => x.shape)
 *   .build();
 * registerCustomOp(softsign);
 * const x = tensor([1, -3], { requiresGrad: true });
 * executeCustomOp("my/softsign", [x]).sum().backward();
 * console.assert(x.grad!.toArray().toString() === "0.25,0.0625");
 * ```
 */
export class CustomOpBuilder<N extends number = number, A extends object = Attributes> {
  readonly #parts: Parts<N, A>;
  #description: CustomDescription = {};

  /**
   * Begins an op of that name (`name`, or `owner/name`) that takes `numInputs` tensors.
   *
   * @throws {ArgumentError} when the name is empty, or the number not a whole one.
   */
  constructor(readonly name: string, readonly numInputs: N) {
    if (typeof name !== "string" || name === "") {
      throw new ArgumentError("Cannot define an op: its name is empty");
    }
    if (!Number.isInteger(numInputs) || numInputs < 0) {
      throw new ArgumentError(
        `Cannot define op ${name} of ${numInputs} inputs: it is a whole number of 0 or more`,
        { op: name },
      );
    }
    this.#parts = {
      name,
      forward: null,
      backward: null,
      validate: null,
      outputShape: null,
      outputDtype: null,
      outputDevice: null,
    };
  }

  /** How the output is computed; `context.save` keeps tensors for the gradient rule. */
  forward(compute: CustomForward<N, A>): this {
    return this.#set("forward", compute);
  }

  /** The gradient rule: a tensor, or null, for each input. */
  backward(rule: CustomBackward<N, A>): this {
    return this.#set("backward", rule);
  }

  /** A check before forward runs: it throws, or answers false or the text of the problem. */
  validate(check: CustomRule<N, A, boolean | string | void>): this {
    return this.#set("validate", check);
  }

  /** Shape of the output; forward is held to it. */
  outputShape(rule: CustomRule<N, A, Shape>): this {
    return this.#set("outputShape", rule);
  }

  /** Dtype of the output; forward is held to it. */
  outputDtype(rule: CustomRule<N, A, DType>): this {
    return this.#set("outputDtype", rule);
  }

  /** Device of the output; forward is held to it. */
  outputDevice(rule: CustomRule<N, A, string>): this {
    return this.#set("outputDevice", rule);
  }

  /** What the record says besides: a summary, and samples and a reference for the laws. */
  describe(description: CustomDescription): this {
    this.#description = { ...this.#description, ...description };
    return this;
  }

  /**
   * The op; later changes of the builder do not reach it.
   *
   * @throws {ArgumentError} when there is no forward.
   */
  build(): CustomOp {
    const { name, numInputs } = this;
    const { forward } = this.#parts;
    if (forward === null) {
      throw new ArgumentError(`Cannot build op ${name}: it has no forward`, { op: name });
    }
    const parts = { ...this.#parts, name, forward } as CustomParts<N, A>;
    const definition = define(parts, numInputs, this.#description);
    return Object.freeze({ name, numInputs, definition });
  }

  #set<Key extends keyof Parts<N, A>>(part: Key, value: Parts<N, A>[Key]): this {
    if (typeof value !== "function") {
      throw new ArgumentError(
        `Cannot define ${part} of op ${this.name}: ${describe(value)} is no function`,
        { op: this.name },
      );
    }
    this.#parts[part] = value;
    return this;
  }
}

function define<N extends number, A extends object>(
  parts: CustomParts<N, A>,
  numInputs: number,
  description: CustomDescription,
): OpDefinition<Attributes, CustomFunction> {
  const { name, backward } = parts;
  const definition: OpDefinition<A, CustomFunction> = {
    name,
    summary: `A custom op of ${numInputs} input${numInputs === 1 ? "" : "s"}.`,
    samples: [],
    ...description,
    infer: (inputs, attributes) => {
      validate(parts, inputs, attributes);
      return null;
    },
    kernel: { composite: (inputs, attributes) => runForward(parts, inputs, attributes) },
    saves: "both",
    gradient: backward === null ? null : (context) => runBackward(parts, context),
    front: (run) => (...given) => {
      const { inputs, attributes } = takeArguments<A>(name, numInputs, given);
      return backward === null ? runRecorded(parts, inputs, attributes) : run(inputs, attributes);
    },
  };
  // The registry erases attribute types.
  return definition as unknown as OpDefinition<Attributes, CustomFunction>;
}

/** The arguments of an op's public function: its inputs as tensors, and its attributes. */
function takeArguments<A>(
  name: string,
  numInputs: number,
  given: readonly unknown[],
): { readonly inputs: readonly Tensor[]; readonly attributes: A } {
  const last = given.at(-1);
  const isLeftOut = last === undefined && given.length === numInputs + 1;
  const count = isLeftOut || isRecord(last) ? given.length - 1 : given.length;
  checkCount(name, count, numInputs);
  const likes = given.slice(0, numInputs);
  likes.forEach((x, i) => {
    if (isTensorLike(x)) return;
    throw new ArgumentError(`Cannot run ${name}: input ${i} is ${describe(x)}, not a tensor`, {
      op: name,
    });
  });
  const first = likes.find(isTensor);
  const inputs = (likes as TensorLike[]).map((x) =>
    first === undefined ? single(x) : operand(x, first.dtype)
  );
  return { inputs, attributes: (given[numInputs] ?? {}) as A };
}

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !isTensorLike(value);
}

function isTensorLike(value: unknown): value is TensorLike {
  return isTensor(value) || Array.isArray(value) || ArrayBuffer.isView(value) ||
    typeof value === "number" || typeof value === "boolean" || typeof value === "bigint";
}
