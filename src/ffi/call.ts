/**
 * Fills the call frame and runs a kernel. This is the hot path of every op: no allocation here.
 *
 * @module
 */
import { DTypeError, IndexError, KernelError, MemoryError, ShapeError } from "../errors.ts";
import { dtypeByCode } from "../dtype.ts";
import { specOf, type TensorSpec, text } from "../shape.ts";
import { CALL, RANK_MAX, STATUS, VIEW } from "./abi.ts";
import { library, words } from "./library.ts";

/** What the frame needs to know of a tensor. */
export interface Operand {
  /** Where its elements are. */
  readonly storage: { readonly address: number };
  /** Position of its first element in the storage, in elements. */
  readonly offset: number;
  /** Shape and dtype. */
  readonly spec: TensorSpec;
  /** Strides in elements; the very array `spec.strides` when contiguous. */
  readonly strides: readonly number[];
}

let run: () => number = () => {
  run = library().run;
  return run();
};

const VIEWS = CALL.views;
const INPUT_1 = VIEWS + VIEW.words;
const INPUT_2 = VIEWS + 2 * VIEW.words;

function address(x: Operand): number {
  return x.storage.address + x.offset * x.spec.info.size;
}

/** An elementwise kernel on one contiguous input of the output's shape. */
export function callFlat1(op: string, kernel: number, out: Operand, x: Operand): void {
  words[CALL.kernel] = kernel;
  words[CALL.output_count] = 1;
  words[CALL.input_count] = 1;
  words[CALL.flat] = out.spec.size;
  words[CALL.splat] = 0;
  words[VIEWS] = address(out);
  words[VIEWS + VIEW.dtype] = out.spec.code;
  words[INPUT_1] = address(x);
  words[INPUT_1 + VIEW.dtype] = x.spec.code;
  const status = run();
  if (status !== STATUS.ok) fail(op, status, [x]);
}

/** Inputs that are a single element, as a bit mask. */
export type Splat = 0 | 1 | 2;

/**
 * An elementwise kernel on two inputs, each contiguous and of the output's shape, or in `splat`.
 */
export function callFlat2(
  op: string,
  kernel: number,
  out: Operand,
  x: Operand,
  y: Operand,
  splat: Splat,
): void {
  words[CALL.kernel] = kernel;
  words[CALL.output_count] = 1;
  words[CALL.input_count] = 2;
  words[CALL.flat] = out.spec.size;
  words[CALL.splat] = splat;
  words[VIEWS] = address(out);
  words[VIEWS + VIEW.dtype] = out.spec.code;
  words[INPUT_1] = address(x);
  words[INPUT_1 + VIEW.dtype] = x.spec.code;
  words[INPUT_2] = address(y);
  words[INPUT_2 + VIEW.dtype] = y.spec.code;
  const status = run();
  if (status !== STATUS.ok) fail(op, status, [x, y]);
}

/** Writes the attributes that the next call reads. */
export function putAttributes(values: readonly number[]): void {
  for (let i = 0; i < values.length; i++) words[CALL.attributes + i] = values[i]!;
}

/** Tells a plugin's backward kernel which inputs' gradients are wanted. */
export function putNeeds(needs: readonly boolean[]): void {
  let mask = 0;
  for (let i = 0; i < needs.length; i++) if (needs[i]!) mask |= 1 << i;
  words[CALL.needs] = mask;
}

/** Shapes and dtypes of the outputs, by a plugin's function; attributes have been put. */
export function callInfer(
  op: string,
  kernel: number,
  outputCount: number,
  inputs: readonly Operand[],
): TensorSpec[] {
  const first = VIEWS + outputCount * VIEW.words;
  for (let i = 0; i < inputs.length; i++) {
    putView(first + i * VIEW.words, inputs[i]!);
    words[first + i * VIEW.words] = 0;
  }
  for (let i = 0; i < outputCount; i++) {
    words.fill(0, VIEWS + i * VIEW.words, VIEWS + (i + 1) * VIEW.words);
    words[VIEWS + i * VIEW.words + VIEW.dtype] = inputs[0]?.spec.code ?? 0;
  }
  words[CALL.kernel] = kernel;
  words[CALL.output_count] = outputCount;
  words[CALL.input_count] = inputs.length;
  words[CALL.flat] = -1;
  const status = run();
  if (status !== STATUS.ok) fail(op, status, inputs);
  return Array.from({ length: outputCount }, (_, i) => readSpec(op, VIEWS + i * VIEW.words));
}

function readSpec(op: string, at: number): TensorSpec {
  const rank = words[at + VIEW.rank]!;
  const code = words[at + VIEW.dtype]!;
  const info = dtypeByCode[code];
  if (!Number.isInteger(rank) || rank < 0 || rank > RANK_MAX || info === undefined) {
    throw new KernelError(`Cannot ${op}: its plugin inferred rank ${rank} and dtype ${code}`, {
      op,
    });
  }
  const shape = Array.from(words.subarray(at + VIEW.shape, at + VIEW.shape + rank));
  try {
    return specOf(shape, info.name);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new KernelError(`Cannot ${op}: its plugin inferred the shape ${text(shape)}`, { op });
  }
}

/** An elementwise kernel: inputs are shown in the outputs' shape, whatever their strides. */
export function callElementwise(
  op: string,
  kernel: number,
  outputs: readonly Operand[],
  inputs: readonly Operand[],
): void {
  const target = outputs[0]!.spec;
  let flat = true;
  for (let i = 0; flat && i < outputs.length; i++) flat = isFlat(outputs[i]!, target);
  for (let i = 0; flat && i < inputs.length; i++) flat = isFlat(inputs[i]!, target);
  words[CALL.kernel] = kernel;
  words[CALL.output_count] = outputs.length;
  words[CALL.input_count] = inputs.length;
  words[CALL.flat] = flat ? target.size : -1;
  words[CALL.splat] = 0;
  let at = VIEWS;
  for (let i = 0; i < outputs.length; i++, at += VIEW.words) {
    if (flat) putFlat(at, outputs[i]!);
    else putView(at, outputs[i]!);
  }
  for (let i = 0; i < inputs.length; i++, at += VIEW.words) {
    if (flat) putFlat(at, inputs[i]!);
    else putExpanded(at, inputs[i]!, target);
  }
  const status = run();
  if (status !== STATUS.ok) fail(op, status, inputs);
}

function isFlat(x: Operand, target: TensorSpec): boolean {
  return x.strides === x.spec.strides && x.spec.shape === target.shape;
}

function putFlat(at: number, x: Operand): void {
  words[at] = address(x);
  words[at + VIEW.dtype] = x.spec.code;
}

/** Any other kernel of one output: every view as it is. */
export function callKernel1(
  op: string,
  kernel: number,
  out: Operand,
  inputs: readonly Operand[],
): void {
  words[CALL.kernel] = kernel;
  words[CALL.output_count] = 1;
  words[CALL.input_count] = inputs.length;
  words[CALL.flat] = -1;
  putView(VIEWS, out);
  for (let i = 0; i < inputs.length; i++) putView(INPUT_1 + i * VIEW.words, inputs[i]!);
  const status = run();
  if (status !== STATUS.ok) fail(op, status, inputs);
}

/** Any other kernel: every view as it is. */
export function callKernel(
  op: string,
  kernel: number,
  outputs: readonly Operand[],
  inputs: readonly Operand[],
): void {
  words[CALL.kernel] = kernel;
  words[CALL.output_count] = outputs.length;
  words[CALL.input_count] = inputs.length;
  words[CALL.flat] = -1;
  let at = VIEWS;
  for (let i = 0; i < outputs.length; i++, at += VIEW.words) putView(at, outputs[i]!);
  for (let i = 0; i < inputs.length; i++, at += VIEW.words) putView(at, inputs[i]!);
  const status = run();
  if (status !== STATUS.ok) fail(op, status, inputs);
}

function putView(at: number, x: Operand): void {
  const { shape } = x.spec;
  words[at] = address(x);
  words[at + VIEW.dtype] = x.spec.code;
  words[at + VIEW.rank] = shape.length;
  words[at + VIEW.size] = x.spec.size;
  for (let i = 0; i < shape.length; i++) {
    words[at + VIEW.shape + i] = shape[i]!;
    words[at + VIEW.strides + i] = x.strides[i]!;
  }
}

function putExpanded(at: number, x: Operand, target: TensorSpec): void {
  const { shape } = x.spec;
  const rank = target.shape.length;
  const lead = rank - shape.length;
  words[at] = address(x);
  words[at + VIEW.dtype] = x.spec.code;
  words[at + VIEW.rank] = rank;
  words[at + VIEW.size] = target.size;
  for (let i = 0; i < rank; i++) {
    const kept = i >= lead && shape[i - lead] !== 1;
    words[at + VIEW.shape + i] = target.shape[i]!;
    words[at + VIEW.strides + i] = kept ? x.strides[i - lead]! : 0;
  }
}

/** Turns a kernel's status into the error that fits. */
function fail(op: string, status: number, inputs: readonly Operand[]): never {
  const found = words[CALL.detail]!;
  const limit = words[CALL.detail + 1]!;
  switch (status) {
    case STATUS.bad_dtype: {
      const names = [...new Set(inputs.map((x) => dtypeByCode[x.spec.code]!.name))].join(" and ");
      throw new DTypeError(
        `Cannot ${op} tensors of dtype ${names}: the operation does not take it`,
        { op },
      );
    }
    case STATUS.bad_index:
      throw new IndexError(`Cannot ${op}: index ${found} is outside 0 to ${limit - 1}`, {
        op,
        context: { index: found, size: limit },
      });
    case STATUS.division_by_zero:
      throw new KernelError(`Cannot ${op} integers: the divisor is 0`, { op });
    case STATUS.out_of_memory:
      throw new MemoryError(`Cannot ${op}: no memory for ${found} bytes of scratch space`, { op });
    case STATUS.failed: {
      const reason = library().pluginError() || "its kernel failed and gave no reason";
      throw new KernelError(`Cannot ${op}: ${reason}`, { op });
    }
    case STATUS.bad_value:
      throw new KernelError(`Cannot ${op}: the value ${found} is not allowed`, { op });
    default:
      throw new KernelError(`Cannot ${op}: the kernel reported status ${status}`, {
        op,
        context: { status },
      });
  }
}
