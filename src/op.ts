/**
 * How any op is run: built-in, custom and plugin ops are the same thing.
 *
 * @module
 */
import { type DType, dtypes } from "./dtype.ts";
import { ArgumentError, DisposedError, GradientError } from "./errors.ts";
import { VIEW_MAX } from "./ffi/abi.ts";
import {
  callElementwise,
  callFlat1,
  callFlat2,
  callKernel,
  callKernel1,
  putAttributes,
} from "./ffi/call.ts";
import { kernelAddress, onLevelChange } from "./ffi/library.ts";
import { leafNode, modes, Node } from "./graph.ts";
import type {
  KernelOwner,
  NativeKernel,
  Op,
  OpDefinition,
  OpRecord,
  OpRunner,
  ViewResult,
} from "./op_record.ts";
import { isContiguous, NARROW, type TensorSpec } from "./shape.ts";
import { allocate, type Storage } from "./storage.ts";
import type { Tensor } from "./tensor/tensor.ts";

export type * from "./op_record.ts";

const enum Route {
  elementwise,
  native,
  script,
  view,
  composite,
}

/** State bits of a tensor: what apply asks of all inputs in one test. */
export const TRACKED = 1;
/** The tensor was disposed of. */
export const DISPOSED = 2;
/** The tensor shows another one's memory. The bit above it is shape.ts's NARROW. */
export const VIEW = 4;
/** The tensor stands for a batch of tensors inside vmap: ops go another way. */
export const BATCHED = 16;

/** Both are looked for at once: most tensors are neither. */
const UNUSUAL = DISPOSED | BATCHED;

const UNRESOLVED = 0;

/** A record prepared for running. */
export class BoundOp {
  /** Address of the native kernel, found when the op first runs: defining ops opens no library. */
  address: number = UNRESOLVED;
  readonly name: string;
  readonly route: Route;
  readonly encode: NativeKernel<unknown>["encode"] | null;
  readonly owner: KernelOwner | null;
  readonly differentiable: boolean;
  /** Codes of the small dtypes that it takes as they are. */
  readonly narrow: number;
  /** What the last recorded call was given: calls alike share one array, see {@link specsOf}. */
  specs: readonly TensorSpec[] = [];

  constructor(readonly record: OpRecord<unknown>) {
    const { kernel } = record;
    this.name = record.name;
    this.encode = "native" in kernel ? kernel.encode ?? null : null;
    this.owner = "native" in kernel ? kernel.owner ?? null : null;
    this.differentiable = record.gradient !== null;
    this.narrow = "view" in kernel ? ~0 : "script" in kernel ? 0 : kernel.narrow ?? 0;
    if ("native" in kernel) {
      this.route = kernel.elementwise === true ? Route.elementwise : Route.native;
    } else if ("script" in kernel) this.route = Route.script;
    else this.route = "view" in kernel ? Route.view : Route.composite;
  }

  resolve(): number {
    const { native } = this.record.kernel as NativeKernel<unknown>;
    if (typeof native !== "string") return this.address = native();
    resolved.push(this);
    return this.address = kernelAddress(native);
  }
}

/** The ops that have an address of the library's: it changes with the CPU level. */
const resolved: BoundOp[] = [];
onLevelChange(() => {
  for (const op of resolved.splice(0)) op.address = UNRESOLVED;
});

/** Every op by name: built-in, custom, from plugins. */
const registry = new Map<string, Op>();

/**
 * Every op record: built-in, custom, plugin.
 *
 * @example
 * ```ts
 * import { ops } from "@minitensor/minitensor";
 * console.assert(ops.get("relu")!.summary.startsWith("max(x, 0)") && !ops.has("nothing"));
 * ```
 */
export const ops: ReadonlyMap<string, Op> = registry;

/** `name`, or `owner/name`. */
const NAME = /^[A-Za-z_][\w.-]*(\/[A-Za-z_][\w.-]*)?$/;

/**
 * Makes an op from its record and registers it.
 *
 * @throws {ArgumentError} when the name is empty, taken, or not `name` or `owner/name`.
 *
 * @example
 * ```ts
 * import { defineOp, type Tensor, tensor } from "@minitensor/minitensor";
 * const cube = defineOp<undefined, (x: Tensor) => Tensor>({
 *   name: "example/cube",
 *   summary: "x^3.",
 *   infer: ([x]) => x!.spec,
 *   kernel: { composite: ([x]) => x!.mul(x!).mul(x!) },
 *   saves: "inputs",
 *   gradient: ({ grad, inputs: [x] }) => [grad.mul(x!.square()).mul(3)],
 *   samples: [],
 *   front: (run) => (x) => run([x], undefined),
 * });
 * const x = tensor(2, { requiresGrad: true });
 * cube(x).backward();
 * console.assert(x.grad!.item() === 12);
 * ```
 */
export function defineOp<A, F extends object>(
  record: OpRecord<NoInfer<A>> & { readonly front: (run: OpRunner<NoInfer<A>>) => NoInfer<F> },
): Op<F, A> {
  const op = makeOp<A, F>(record);
  registerOp(op as Op);
  return op;
}

/** Makes an op that is in no registry. */
export function makeOp<A, F extends object>({ front, ...fields }: OpDefinition<A, F>): Op<F, A> {
  const { name } = fields;
  if (name === "") throw new ArgumentError("Cannot define an op: its name is empty");
  if (!NAME.test(name)) {
    throw new ArgumentError(
      `Cannot define op ${JSON.stringify(name)}: a name is letters, digits, _ . -, or owner/name`,
    );
  }
  const bound = new BoundOp(fields as OpRecord<unknown>);
  const run: OpRunner<A> = Object.assign(
    (inputs: readonly Tensor[], attributes: A) => apply(bound, inputs, attributes),
    { all: (inputs: readonly Tensor[], attributes: A) => applyAll(bound, inputs, attributes) },
  );
  const op = front(run);
  for (const [name, value] of Object.entries(fields)) Object.defineProperty(op, name, { value });
  return op as Op<F, A>;
}

/** Puts an op into the registry. */
export function registerOp(op: Op): void {
  if (registry.has(op.name)) {
    throw new ArgumentError(`Cannot define op ${op.name}: the name is taken`);
  }
  registry.set(op.name, op);
}

/** Takes an op out of the registry; who holds it may go on using it. False when there is none. */
export function undefineOp(name: string): boolean {
  return registry.delete(name);
}

/**
 * Class of the tensors that ops make; set once by the module that defines it, so that ops need not
 * import it.
 */
let TensorClass: new (
  storage: Storage,
  offset: number,
  spec: TensorSpec,
  strides: readonly number[],
) => Tensor;

/** Tells which class ops make. */
export function setTensorClass(made: typeof TensorClass): void {
  TensorClass = made;
}

/** A tensor over memory of its own, contents unspecified. */
export function emptyOf(spec: TensorSpec): Tensor {
  return new TensorClass(allocate(spec.bytes), 0, spec, spec.strides);
}

/** A tensor that shows `storage` as `result` says. */
export function viewOf(storage: Storage, result: ViewResult): Tensor {
  const { spec, strides } = result;
  const dense = isContiguous(spec, strides) ? spec.strides : strides;
  const view = new TensorClass(storage, result.offset, spec, dense);
  view.state |= VIEW;
  return view;
}

/**
 * A result that is a view only inside: nobody else has the tensor it shows, so it may be changed in
 * place.
 */
export function owned(result: Tensor): Tensor {
  result.state &= ~VIEW;
  result.base = null;
  return result;
}

/** Runs an op of one output. */
export function apply(op: BoundOp, inputs: readonly Tensor[], attributes: unknown): Tensor {
  const state = stateOf(inputs);
  if ((state & UNUSUAL) !== 0) return applyUnusual(op, inputs, attributes, state, apply)[0]!;
  if (op.route > Route.native || (state & NARROW) !== 0) {
    return applyOther(op, inputs, attributes, state)[0]!;
  }
  const spec = op.record.infer(inputs, attributes, op.name) as TensorSpec;
  const out = new TensorClass(allocate(spec.bytes), 0, spec, spec.strides);
  if (spec.size !== 0) {
    if (op.route === Route.elementwise) runElementwise(op, out, inputs, attributes);
    else {
      if (op.encode) putAttributes(op.encode(attributes, inputs));
      callKernel1(op.name, op.address || op.resolve(), out, inputs);
    }
  }
  if ((state & TRACKED) !== 0 && modes.gradients) record(op, inputs, attributes, [out]);
  return out;
}

/** Runs an op of several outputs. */
export function applyAll(op: BoundOp, inputs: readonly Tensor[], attributes: unknown): Tensor[] {
  const state = stateOf(inputs);
  if ((state & UNUSUAL) !== 0) return applyUnusual(op, inputs, attributes, state, applyAll);
  return applyOther(op, inputs, attributes, state);
}

/** All state bits of the inputs together: whether any is tracked, disposed of, a batch. */
function stateOf(inputs: readonly Tensor[]): number {
  let state = 0;
  for (let i = 0; i < inputs.length; i++) state |= inputs[i]!.state;
  return state;
}

/** Runs an op on batches, given what would run it on tensors; set once by what knows how. */
export type BatchedApply = (
  op: BoundOp,
  inputs: readonly Tensor[],
  attributes: unknown,
  plain: typeof apply | typeof applyAll,
) => Tensor[];

let applyBatched: BatchedApply;

/** Tells how ops are run on batches. */
export function setBatchedApply(apply: BatchedApply): void {
  applyBatched = apply;
}

function applyUnusual(
  op: BoundOp,
  inputs: readonly Tensor[],
  attributes: unknown,
  state: number,
  plain: typeof apply | typeof applyAll,
): Tensor[] {
  if ((state & DISPOSED) !== 0) refuseDisposed(op, inputs);
  return applyBatched(op, inputs, attributes, plain);
}

function refuseDisposed(op: BoundOp, inputs: readonly Tensor[]): never {
  const at = inputs.findIndex((x) => (x.state & DISPOSED) !== 0);
  throw new DisposedError(`Cannot ${op.name}: input ${at} was disposed of`, {
    op: op.name,
    suggestion: "Use keep() for a tensor that must outlive its scope",
  });
}

function applyOther(
  op: BoundOp,
  inputs: readonly Tensor[],
  attributes: unknown,
  state: number,
): Tensor[] {
  if ((state & NARROW) !== 0 && !takes(op, inputs)) return widened(op, inputs, attributes);
  const outputs = compute(op, inputs, attributes);
  if ((state & TRACKED) !== 0 && modes.gradients) record(op, inputs, attributes, outputs);
  return outputs;
}

/** Bit mask of all small dtypes: for what moves elements and computes nothing. */
export const ANY_NARROW: number = Object.values(dtypes).reduce(
  (mask, { wide, code }) => wide === null ? mask : mask | 1 << code,
  0,
);

/** Bit mask of uint8 alone: for what takes bytes that are places, not numbers. */
export const UINT8: number = 1 << dtypes.uint8.code;

/** True unless an input has a small dtype that the op does not compute with. */
function takes(op: BoundOp, inputs: readonly Tensor[]): boolean {
  return (inputs.reduce((mask, x) => mask | 1 << x.spec.code, 0) & ANY_NARROW & ~op.narrow) === 0;
}

/**
 * Runs an op in the dtypes that arithmetic is done in, and rounds its results once, or wraps them.
 * The conversions are recorded, so that gradients arrive in the small dtypes too.
 */
function widened(op: BoundOp, inputs: readonly Tensor[], attributes: unknown): Tensor[] {
  const cast = registry.get("cast") as unknown as (x: Tensor, dtype: DType) => Tensor;
  const back = new Map<DType, DType>();
  for (const { dtype, spec } of inputs) {
    if (spec.info.wide !== null) back.set(spec.info.wide, dtype);
  }
  for (const { dtype } of inputs) back.delete(dtype); // it is wide already
  const wide = inputs.map((x) => x.spec.info.wide === null ? x : cast(x, x.spec.info.wide));
  return applyAll(op, wide, attributes).map((result) => {
    const small = back.get(result.dtype);
    return small === undefined ? result : cast(result, small);
  });
}

function compute(op: BoundOp, inputs: readonly Tensor[], attributes: unknown): Tensor[] {
  const { kernel } = op.record;
  if ("view" in kernel) {
    const x = inputs[0]!;
    const view = viewOf(x.storage, kernel.view(x, attributes));
    // A write through the view has to tell the tensor it shows, where that has a graph.
    if (modes.gradients) view.base = (x.state & VIEW) === 0 ? x : x.base;
    return [view];
  }
  const inferred = op.record.infer(inputs, attributes, op.name);
  if ("composite" in kernel) {
    const results = unrecorded(() => kernel.composite(inputs, attributes));
    return Array.isArray(results) ? results : [results as Tensor];
  }
  const specs = Array.isArray(inferred) ? inferred as TensorSpec[] : [inferred as TensorSpec];
  const outputs = specs.map(emptyOf);
  if (outputs.every((out) => out.spec.size === 0)) return outputs;
  if ("script" in kernel) {
    const arrays = inputs.map((x) => x.toTypedArray());
    const views = outputs.map((out) => out.asTypedArray());
    kernel.script(views, arrays, attributes, inputs.map((x) => x.spec));
  } else {
    const kernel = op.address || op.resolve();
    if (op.encode) putAttributes(op.encode(attributes, inputs));
    if (op.route === Route.elementwise) callElementwise(op.name, kernel, outputs, inputs);
    else callKernel(op.name, kernel, outputs, inputs);
  }
  return outputs;
}

/** Runs an elementwise op's kernel into `out`, which may be one of the inputs. */
export function runElementwise(
  op: BoundOp,
  out: Tensor,
  inputs: readonly Tensor[],
  attributes: unknown,
): void {
  const kernel = op.address || op.resolve();
  if (op.encode) putAttributes(op.encode(attributes, inputs));
  const x = inputs[0]!;
  if (inputs.length === 1) {
    if (isDense(x, out) && out.strides === out.spec.strides) {
      return callFlat1(op.name, kernel, out, x);
    }
  } else if (inputs.length === 2 && out.strides === out.spec.strides) {
    const y = inputs[1]!;
    if (isDense(x, out)) {
      if (isDense(y, out)) return callFlat2(op.name, kernel, out, x, y, 0);
      if (y.spec.size === 1) return callFlat2(op.name, kernel, out, x, y, 2);
    } else if (x.spec.size === 1 && isDense(y, out)) {
      return callFlat2(op.name, kernel, out, x, y, 1);
    }
  }
  callElementwise(op.name, kernel, [out], inputs);
}

/**
 * Contiguous and of the output's shape. Equal shapes are one object but for rare collisions, which
 * take the long way.
 */
function isDense(x: Tensor, out: Tensor): boolean {
  return x.strides === x.spec.strides && x.spec.shape === out.spec.shape;
}

function unrecorded<T>(fn: () => T): T {
  const before = modes.gradients;
  modes.gradients = false;
  try {
    return fn();
  } finally {
    modes.gradients = before;
  }
}

/** Output indices of inputs that are all first outputs: for as many as a kernel takes. */
const FIRSTS: readonly number[] = new Array<number>(VIEW_MAX).fill(0);

/**
 * Shapes and dtypes of the inputs: the array of the op's last call where they are the same, as in
 * a loop they mostly are. Arrays not made are 35 ns of a recorded call's 170 in Bun.
 */
function specsOf(op: BoundOp, inputs: readonly Tensor[]): readonly TensorSpec[] {
  const last = op.specs;
  let same = last.length === inputs.length;
  for (let i = 0; same && i < inputs.length; i++) same = last[i] === inputs[i]!.spec;
  return same ? last : op.specs = inputs.map((x) => x.spec);
}

/** Adds the node of a call that needs gradients. */
export function record(
  op: BoundOp,
  inputs: readonly Tensor[],
  attributes: unknown,
  outputs: readonly Tensor[],
): void {
  if (!op.differentiable) return;
  const first = outputs[0]!;
  if (!first.spec.info.isFloat) return;
  const edges = new Array<Node | null>(inputs.length);
  let firsts = inputs.length <= VIEW_MAX;
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i]!;
    edges[i] = (x.state & TRACKED) === 0 ? null : x.node ??= leafNode(x);
    if (x.node !== null && x.node.op !== null && x.nodeVersion !== x.storage.version) {
      refuseStale(op);
    }
    firsts &&= x.outputIndex === 0;
  }
  const node = new Node(
    op,
    attributes,
    edges,
    firsts ? FIRSTS : inputs.map((x) => x.outputIndex),
    specsOf(op, inputs),
    outputs.length === 1 ? first.spec.alone : outputs.map((out) => out.spec),
  );
  if (op.owner !== null) op.owner.retain();
  const { saves } = op.record;
  if (saves !== "none") {
    const results = saves === "rest" ? outputs.slice(1) : outputs;
    node.save(saves === "output" ? null : inputs, saves === "inputs" ? null : results);
  }
  for (let i = 0; i < outputs.length; i++) {
    const out = outputs[i]!;
    if (!out.spec.info.isFloat) continue;
    out.node = node;
    out.nodeVersion = out.storage.version;
    out.outputIndex = i;
    out.state |= TRACKED;
  }
}

function refuseStale(op: BoundOp): never {
  throw new GradientError(
    `Cannot record ${op.name}: an input's memory was changed through a view, its graph does not know`,
    { op: op.name, suggestion: "Use the form of the in-place operation without _" },
  );
}
