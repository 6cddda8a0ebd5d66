/**
 * How a custom op runs: its forward function with what that answers checked, and its gradient rule.
 *
 * @module
 */
import type { DType } from "./dtype.ts";
import {
  ArgumentError,
  DeviceError,
  DisposedError,
  DTypeError,
  GradientError,
  ShapeError,
} from "./errors.ts";
import { modes } from "./graph.ts";
import { DISPOSED, type GradientContext, TRACKED, VIEW, viewOf } from "./op.ts";
import { clone } from "./ops/copy.ts";
import { sameShape, type Shape, text } from "./shape.ts";
import { isTensor } from "./tensor/is_tensor.ts";
import type { Tensor } from "./tensor/tensor.ts";
import { isBatched, mapBatch } from "./vmap/batch.ts";

/** The inputs of an op that takes `N`: a tuple, so that taking it apart gives tensors. */
export type CustomInputs<N extends number> = N extends 0 ? readonly []
  : N extends 1 ? readonly [Tensor]
  : N extends 2 ? readonly [Tensor, Tensor]
  : N extends 3 ? readonly [Tensor, Tensor, Tensor]
  : N extends 4 ? readonly [Tensor, Tensor, Tensor, Tensor]
  : readonly Tensor[];

/** What a forward function can do besides. */
export interface ForwardContext {
  /** Keeps tensors for the gradient rule, which finds them in `saved`. */
  save(...tensors: readonly Tensor[]): void;
}

/** What the gradient rule of a custom op is given. */
export interface BackwardContext<N extends number = number, A = unknown> {
  /** Gradient of the output. */
  readonly grad: Tensor;
  /** The inputs. */
  readonly inputs: CustomInputs<N>;
  /** The output. */
  readonly output: Tensor;
  /** What forward saved, in that order. */
  readonly saved: readonly Tensor[];
  /** The call's attributes. */
  readonly attributes: A;
  /** Which inputs need a gradient: what is computed for the others is thrown away. */
  readonly needs: readonly boolean[];
}

/** Computes the output. */
export type CustomForward<N extends number, A> = (
  inputs: CustomInputs<N>,
  attributes: A,
  context: ForwardContext,
) => Tensor;

/** Computes the gradients of the inputs, in their order; null where there is none. */
export type CustomBackward<N extends number, A> = (
  context: BackwardContext<N, A>,
) => readonly (Tensor | null)[];

/** Tells something from the inputs and attributes. */
export type CustomRule<N extends number, A, Answer> = (
  inputs: CustomInputs<N>,
  attributes: A,
) => Answer;

/** Parts of a custom op; what is null was not given. */
export interface CustomParts<N extends number, A> {
  readonly name: string;
  readonly forward: CustomForward<N, A>;
  readonly backward: CustomBackward<N, A> | null;
  readonly validate: CustomRule<N, A, boolean | string | void> | null;
  readonly outputShape: CustomRule<N, A, Shape> | null;
  readonly outputDtype: CustomRule<N, A, DType> | null;
  readonly outputDevice: CustomRule<N, A, string> | null;
}

/** Throws unless the op's own check finds the inputs and attributes right. */
export function validate<N extends number, A>(
  parts: CustomParts<N, A>,
  inputs: readonly Tensor[],
  attributes: A,
): void {
  const answer = parts.validate?.(inputs as CustomInputs<N>, attributes);
  if (answer === undefined || answer === true) return;
  const problem = typeof answer === "string" ? answer : "its validation refuses the inputs";
  throw new ArgumentError(`Cannot run ${parts.name}: ${problem}`, { op: parts.name });
}

/** Runs forward. Answers the output and handles on what was saved: further outputs of the node. */
export function runForward<N extends number, A>(
  parts: CustomParts<N, A>,
  inputs: readonly Tensor[],
  attributes: A,
): readonly Tensor[] {
  const expected = {
    shape: parts.outputShape?.(inputs as CustomInputs<N>, attributes),
    dtype: parts.outputDtype?.(inputs as CustomInputs<N>, attributes),
    device: parts.outputDevice?.(inputs as CustomInputs<N>, attributes),
  };
  const scope = modes.made;
  const versions = inputs.map((x) => x.storage.version);
  const made: Tensor[] = [];
  const saved: Tensor[] = [];
  const context: ForwardContext = {
    save: (...tensors) => saved.push(...tensors.map((x) => handleOn(x, parts.name))),
  };
  modes.made = made;
  try {
    const result = parts.forward(inputs as CustomInputs<N>, attributes, context);
    checkInputs(parts.name, inputs, versions);
    checkResult(parts.name, result, expected);
    const output = isOwn(result, inputs, made) ? result : clone(result);
    return [output, ...saved];
  } finally {
    modes.made = scope;
    if (scope !== null) { for (const x of [...made, ...saved]) scope.push(x); }
  }
}

/** Runs forward as a part of the program: what it does is recorded where that is on. */
export function runRecorded<N extends number, A>(
  parts: CustomParts<N, A>,
  inputs: readonly Tensor[],
  attributes: A,
): Tensor {
  const at = inputs.findIndex((x) => (x.state & DISPOSED) !== 0);
  if (at >= 0) {
    throw new DisposedError(`Cannot ${parts.name}: input ${at} was disposed of`, {
      op: parts.name,
      suggestion: "Use keep() for a tensor that must outlive its scope",
    });
  }
  validate(parts, inputs, attributes);
  return runForward(parts, inputs, attributes)[0]!;
}

/** Another tensor over the same memory, that no scope inside forward frees. */
export function handleOn(x: Tensor, op: string): Tensor {
  if (!isTensor(x)) {
    throw new ArgumentError(`Cannot save ${describe(x)} in ${op}: it is no tensor`, { op });
  }
  if ((x.state & DISPOSED) !== 0) {
    throw new DisposedError(`Cannot save a tensor in ${op}: it was disposed of`, { op });
  }
  const made = modes.made;
  modes.made = null;
  const place = { spec: x.spec, strides: x.strides, offset: x.offset };
  const handle = isBatched(x) ? mapBatch(x, (value) => value) : viewOf(x.storage, place);
  modes.made = made;
  return handle;
}

/** Throws when forward wrote into an input: no op changes memory. */
function checkInputs(op: string, inputs: readonly Tensor[], versions: readonly number[]): void {
  const at = inputs.findIndex((x, i) => x.storage.version !== versions[i]);
  if (at < 0) return;
  throw new ArgumentError(`Cannot run ${op}: forward changed input ${at} in place`, {
    op,
    suggestion: "Use the form of the operation without _",
  });
}

interface Expected {
  readonly shape: Shape | undefined;
  readonly dtype: DType | undefined;
  readonly device: string | undefined;
}

function checkResult(op: string, result: unknown, expected: Expected): asserts result is Tensor {
  if (!isTensor(result)) {
    throw new ArgumentError(`Cannot run ${op}: forward gave ${describe(result)}, not a tensor`, {
      op,
    });
  }
  if ((result.state & DISPOSED) !== 0) {
    throw new DisposedError(`Cannot run ${op}: forward gave a tensor that it had disposed of`, {
      op,
    });
  }
  const { shape, dtype, device } = expected;
  if (shape !== undefined && !(Array.isArray(shape) && sameShape(shape, result.shape))) {
    const said = Array.isArray(shape) ? text(shape) : describe(shape);
    throw new ShapeError(
      `Cannot run ${op}: forward gave shape ${text(result.shape)}, outputShape says ${said}`,
      { op },
    );
  }
  if (dtype !== undefined && dtype !== result.dtype) {
    throw new DTypeError(
      `Cannot run ${op}: forward gave dtype ${result.dtype}, outputDtype says ${String(dtype)}`,
      { op },
    );
  }
  if (device !== undefined && device !== result.device) {
    throw new DeviceError(
      `Cannot run ${op}: forward gave device ${result.device}, outputDevice says ${String(device)}`,
      { op },
    );
  }
}

/** What a value is, for messages. */
export function describe(value: unknown): string {
  if (value === null || typeof value !== "object") {
    return typeof value === "function" ? "a function" : String(value);
  }
  return Array.isArray(value) ? "an array" : `a ${value.constructor?.name ?? "null"} object`;
}

/** True when the result was made in this call, of memory that nobody else has. */
export function isOwn(result: Tensor, inputs: readonly Tensor[], made: readonly Tensor[]): boolean {
  if (!made.includes(result) || inputs.some((x) => x.storage === result.storage)) return false;
  if (!modes.gradients && (result.state & TRACKED) !== 0) return false;
  if ((result.state & VIEW) === 0) return true;
  return made.some((x) => x.storage === result.storage && (x.state & VIEW) === 0);
}

/** Runs the op's gradient rule. */
export function runBackward<N extends number, A>(
  { name, backward }: CustomParts<N, A>,
  { grad, grads, inputs, outputs, attributes, needs }: GradientContext<A>,
): readonly (Tensor | null)[] {
  if (grads.some((gradient, i) => i > 0 && gradient !== null)) {
    throw new GradientError(
      `Cannot differentiate the gradient of ${name}: it reads a saved tensor, unknown to the graph`,
      {
        op: name,
        suggestion: "Compute it in backward from the inputs and the output, or save it as bool",
      },
    );
  }
  const [output, ...handles] = outputs as [Tensor, ...Tensor[]];
  const known = [...inputs, output];
  const saved = handles.map((handle) => known.find((x) => isSamePlace(x, handle)) ?? handle);
  const given = { grad, inputs: inputs as CustomInputs<N>, output, saved, attributes, needs };
  const results: unknown = backward!(given);
  const count = Array.isArray(results) ? `${results.length} gradients` : describe(results);
  const fits = Array.isArray(results) && results.length === inputs.length &&
    results.every((x) => x === null || isTensor(x));
  if (!fits) {
    throw new GradientError(
      `Cannot use the gradient rule of ${name}: it gave ${count}, ` +
        `not an array of ${inputs.length} tensors or nulls`,
      { op: name },
    );
  }
  return results as (Tensor | null)[];
}

/** True when two tensors show the same elements. */
export function isSamePlace(x: Tensor, y: Tensor): boolean {
  return x.storage === y.storage && x.offset === y.offset && x.spec === y.spec &&
    x.strides.every((stride, i) => stride === y.strides[i]);
}
