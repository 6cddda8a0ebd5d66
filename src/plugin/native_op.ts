/**
 * From the description of a plugin's op to an op record like any other: shapes and dtypes by its
 * rule, its kernels called through the same frame as the library's own.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import type { CustomFunction, CustomOp, CustomResult } from "../custom.ts";
import { type DType, dtypeByCode } from "../dtype.ts";
import { ArgumentError, DTypeError, GradientError, KernelError } from "../errors.ts";
import { callInfer, putAttributes, putNeeds } from "../ffi/call.ts";
import {
  applyAll,
  type Attributes,
  BoundOp,
  emptyOf,
  type GradientContext,
  type NativeKernel,
  type OpDefinition,
  type OpRecord,
  type OpRunner,
} from "../op.ts";
import { operand, promote, single } from "../ops/front.ts";
import { broadcastShapes, canBroadcast, type Shape, type TensorSpec, text } from "../shape.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { ELEMENTWISE, type ManifestOp, SAVES_INPUTS, SAVES_OUTPUTS } from "./manifest.ts";
import { rules } from "./native_rules.ts";
import type { PluginFile } from "./plugin_file.ts";

/** The op of a plugin's description, ready to be registered. */
export function nativeOp(op: ManifestOp, all: readonly ManifestOp[], file: PluginFile): CustomOp {
  const record = recordOf(op, all, file);
  const definition: OpDefinition<Attributes, CustomFunction> = {
    ...record,
    front: (run) => frontOf(op, file, run),
  };
  return { name: op.name, numInputs: op.inputs, definition };
}

function recordOf(
  op: ManifestOp,
  all: readonly ManifestOp[],
  file: PluginFile,
): OpRecord<Attributes> {
  return {
    name: op.name,
    summary: op.summary,
    infer: inferOf(op),
    kernel: kernelOf(op, op.forward, file),
    saves: savesOf(op),
    gradient: gradientOf(op, all, file),
    ...(op.backward === 0 ? {} : { once: true }),
    samples: [],
  };
}

const saves = ["none", "inputs", "output", "both"] as const;

function savesOf({ saves: bits }: ManifestOp): typeof saves[number] {
  return saves[(bits & SAVES_INPUTS) | (bits & SAVES_OUTPUTS)]!;
}

function kernelOf(op: ManifestOp, address: number, file: PluginFile): NativeKernel<Attributes> {
  const kernel = {
    native: () => address,
    owner: file,
    narrow: op.dtypes,
    elementwise: (op.flags & ELEMENTWISE) !== 0,
  };
  return op.attributes.length === 0 ? kernel : {
    ...kernel,
    encode: (attributes) => valuesOf(op, attributes),
  };
}

function valuesOf(op: ManifestOp, attributes: Attributes): number[] {
  return op.attributes.map(({ name }) => attributes[name] as number);
}

// Shapes and dtypes.

type Infer = (
  inputs: readonly Tensor[],
  attributes: Attributes,
) => TensorSpec | readonly TensorSpec[];

function inferOf(op: ManifestOp): Infer {
  if (op.infer === null) return (inputs, attributes) => inferByPlugin(op, inputs, attributes);
  const { infer } = rules[op.infer]!;
  return (inputs, attributes) => {
    checkDtypes(op, inputs);
    const spec = infer(inputs, attributes, op.name);
    return op.outputs === 1 ? spec : Array.from({ length: op.outputs }, () => spec);
  };
}

function inferByPlugin(
  op: ManifestOp,
  inputs: readonly Tensor[],
  attributes: Attributes,
): TensorSpec | readonly TensorSpec[] {
  checkDtypes(op, inputs);
  if (op.attributes.length > 0) putAttributes(valuesOf(op, attributes));
  const specs = callInfer(op.name, op.inferAddress, op.outputs, inputs);
  if ((op.flags & ELEMENTWISE) !== 0) checkElementwise(op, inputs, specs);
  return op.outputs === 1 ? specs[0]! : specs;
}

function checkDtypes(op: ManifestOp, inputs: readonly Tensor[]): void {
  for (let i = 0; i < inputs.length; i++) {
    if ((op.dtypes >>> inputs[i]!.spec.code & 1) === 0) refuseDtype(op, inputs[i]!.dtype);
  }
}

function refuseDtype(op: ManifestOp, dtype: DType): never {
  const known = dtypeByCode.filter((info) => (op.dtypes >>> info.code & 1) !== 0);
  throw new DTypeError(
    `Cannot ${op.name} a tensor of dtype ${dtype}: it takes ${
      known.map(({ name }) => name).join(", ")
    }`,
    { op: op.name },
  );
}

/** A kernel that is called element by element reads every input at every place of the outputs. */
function checkElementwise(
  op: ManifestOp,
  inputs: readonly Tensor[],
  specs: readonly TensorSpec[],
): void {
  const { shape } = specs[0]!;
  const isWrong = specs.some((spec) => text(spec.shape) !== text(shape)) ||
    inputs.some((x) => !expands(x.shape, shape));
  if (!isWrong) return;
  throw new KernelError(
    `Cannot ${op.name}: its plugin inferred ${specs.map((spec) => text(spec.shape)).join(", ")} ` +
      `for inputs of shapes ${inputs.map((x) => text(x.shape)).join(", ")}`,
    { op: op.name },
  );
}

/** True if `shape` broadcasts to `target` as it is. */
function expands(shape: Shape, target: Shape): boolean {
  return canBroadcast(shape, target) && text(broadcastShapes(shape, target)) === text(target);
}

// Gradients.

function gradientOf(
  op: ManifestOp,
  all: readonly ManifestOp[],
  file: PluginFile,
): OpRecord<Attributes>["gradient"] {
  const backward = op.backward !== 0 ? backwardOf(op, file) : null;
  const named = op.gradient === null
    ? null
    : recordOf(all.find(({ name }) => name === op.gradient)!, all, file);
  if (backward === null && named === null) return null;
  let bound: BoundOp | null = null; // made when first needed, as kernels are
  return (context) => {
    bound ??= new BoundOp((backward ?? named) as OpRecord<unknown>);
    const { inputs, outputs, attributes } = context;
    const given = [...gradientsOf(context), ...inputs, ...outputs];
    const results = applyAll(bound, given, backward === null ? attributes : context);
    return results.map((result, i) => context.specs[i]!.info.isFloat ? result : null);
  };
}

/** Gradients of all outputs: zeros where none arrived. */
function gradientsOf({ grads, outputSpecs }: GradientContext<Attributes>): Tensor[] {
  return outputSpecs.map((spec, i) => grads[i] ?? zeros(spec));
}

function zeros(spec: TensorSpec): Tensor {
  const x = emptyOf(spec);
  new Uint8Array(x.storage.buffer, x.storage.byteOffset, spec.bytes).fill(0);
  return x;
}

/** The backward kernel as an op that has no gradient of its own. */
function backwardOf(
  op: ManifestOp,
  file: PluginFile,
): OpRecord<GradientContext<Attributes>> {
  const elementwise = (op.flags & ELEMENTWISE) !== 0;
  return {
    name: op.name,
    summary: `Gradient of ${op.name}.`,
    // Elementwise gradients have the outputs' shape: what was expanded is summed later.
    infer: (_inputs, { specs, outputSpecs }) =>
      specs.map((spec) => elementwise ? outputSpecs[0]!.as(spec.dtype) : spec),
    kernel: {
      ...kernelOf(op, op.backward, file),
      encode: ({ attributes, needs }) => {
        putNeeds(needs);
        return valuesOf(op, attributes);
      },
    },
    saves: "none",
    gradient: () => {
      throw new GradientError(
        `Cannot differentiate ${op.name} twice: its plugin gives no second derivative`,
        { op: op.name },
      );
    },
    samples: [],
  };
}

// The public function.

function frontOf(op: ManifestOp, file: PluginFile, run: OpRunner<Attributes>): CustomFunction {
  const defaults = defaultsOf(op);
  const promotes = op.infer !== null && rules[op.infer]!.promotes;
  const most = op.inputs + op.optional;
  const answer = op.outputs === 1 ? run : (inputs: readonly Tensor[], attributes: Attributes) => {
    const results = run.all(inputs, attributes);
    return op.outputNames === null
      ? results
      : Object.fromEntries(results.map((result, i) => [op.outputNames![i]!, result]));
  };
  return (...given) => {
    if (!file.isOpen) file.refuse(op.name);
    if (given.length === op.inputs && defaults !== null && areReady(given, promotes)) {
      return answer(given, defaults) as CustomResult;
    }
    const last = given[given.length - 1];
    const count = given.length > 0 && isAttributes(last) ? given.length - 1 : given.length;
    if (count < op.inputs || count > most) refuseCount(op, count);
    const attributes = count === given.length ? defaults : merged(op, defaults, last as Attributes);
    if (attributes === null) return refuseMissing(op, {});
    const inputs = tensorsOf(given as readonly TensorLike[], count, promotes);
    return answer(inputs, attributes) as CustomResult;
  };
}

/** True if the arguments are the inputs as they are: the common case, and the one to be fast. */
function areReady(given: readonly unknown[], promotes: boolean): given is readonly Tensor[] {
  for (let i = 0; i < given.length; i++) {
    const x = given[i];
    if (!isTensor(x)) return false;
    if (promotes && x.spec.code !== (given[0] as Tensor).spec.code) return false;
  }
  return true;
}

function isAttributes(x: unknown): boolean {
  return x === undefined ||
    (typeof x === "object" && x !== null && !isTensor(x) && !Array.isArray(x) &&
      !ArrayBuffer.isView(x));
}

/** The inputs as tensors, in one dtype where the op wants that. */
function tensorsOf(given: readonly TensorLike[], count: number, promotes: boolean): Tensor[] {
  const inputs = new Array<Tensor>(count);
  let beside: Tensor | null = null; // plain numbers take the dtype of the first tensor
  for (let i = 0; i < count; i++) {
    const x = given[i]!;
    if (!isTensor(x)) continue;
    inputs[i] = x;
    beside ??= x;
  }
  let mixed = false;
  for (let i = 0; i < count; i++) {
    const x = given[i]!;
    inputs[i] ??= beside === null ? single(x) : operand(x, beside.dtype);
    mixed ||= inputs[i]!.spec.code !== inputs[0]!.spec.code;
  }
  return promotes && mixed ? promote(inputs) : inputs;
}

/** The attributes of a call without any; null when there has to be one. */
function defaultsOf(op: ManifestOp): Attributes | null {
  if (op.attributes.some(({ required }) => required)) return null;
  return Object.freeze(Object.fromEntries(op.attributes.map((x) => [x.name, x.default])));
}

function merged(
  op: ManifestOp,
  defaults: Attributes | null,
  given: Attributes | undefined,
): Attributes | null {
  if (given === undefined) return defaults;
  const known = op.attributes.map(({ name }) => name);
  const result: Record<string, number> = {};
  for (const { name, default: value } of op.attributes) result[name] = value;
  for (const [name, value] of Object.entries(given)) {
    if (!known.includes(name)) refuseAttribute(op, name, known);
    if (value === undefined) continue;
    if (typeof value !== "number" && typeof value !== "boolean") refuseValue(op, name, value);
    result[name] = Number(value);
  }
  return op.attributes.some(({ name, required }) => required && given[name] === undefined)
    ? refuseMissing(op, given)
    : result;
}

function refuseCount(op: ManifestOp, count: number): never {
  const most = op.inputs + op.optional;
  const wanted = op.optional === 0 ? `${op.inputs}` : `${op.inputs} to ${most}`;
  throw new ArgumentError(`Cannot ${op.name} ${count} tensors: it takes ${wanted}`, {
    op: op.name,
  });
}

function refuseAttribute(op: ManifestOp, name: string, known: readonly string[]): never {
  const has = known.length === 0 ? "it has none" : `its attributes are ${known.join(", ")}`;
  throw new ArgumentError(`Cannot ${op.name} with attribute ${name}: ${has}`, { op: op.name });
}

function refuseValue(op: ManifestOp, name: string, value: unknown): never {
  throw new ArgumentError(
    `Cannot ${op.name} with ${name} of type ${typeof value}: it takes a number`,
    { op: op.name },
  );
}

function refuseMissing(op: ManifestOp, given: Attributes): never {
  const missing = op.attributes.find(({ name, required }) => required && given[name] === undefined);
  throw new ArgumentError(`Cannot ${op.name} without attribute ${missing!.name}`, {
    op: op.name,
  });
}
