/**
 * What an op is: a record of everything that is known about it.
 *
 * @module
 */
import type { DataArray, DType } from "./dtype.ts";
import type { KernelName } from "./ffi/abi.ts";
import type { Shape, TensorSpec } from "./shape.ts";
import type { Tensor } from "./tensor/tensor.ts";

/** Numbers and switches of an op, by name. */
export type Attributes = Readonly<Record<string, unknown>>;

/** What a view op answers: the same storage, seen otherwise. */
export interface ViewResult {
  /** Shape and dtype of the view. */
  readonly spec: TensorSpec;
  /** Strides in elements. */
  readonly strides: readonly number[];
  /** Position of the first element in the storage, in elements. */
  readonly offset: number;
}

/** A plugin's library, which has to stay open while the graph may still call into it. */
export interface KernelOwner {
  /** A node was recorded. */
  retain(): void;
  /** A node was consumed: backward has been through it. */
  release(): void;
}

/** Computed by a kernel of the native library, or of a plugin. */
export interface NativeKernel<A> {
  /** The kernel's name, or what tells the address of one that a plugin has. */
  readonly native: KernelName | (() => number);
  /** Whose kernel it is; null or absent for the library's own. */
  readonly owner?: KernelOwner | null;
  /**
   * True when inputs are read element by element in the output's shape: broadcasting is then free.
   */
  readonly elementwise?: boolean;
  /**
   * Codes of the small dtypes that it takes as they are, as a bit mask. Inputs of the others are
   * converted to the dtype that their arithmetic is done in, and results back. Absent: none.
   */
  readonly narrow?: number;
  /** The attributes as the kernel's numbers. */
  readonly encode?: (attributes: A, inputs: readonly Tensor[]) => readonly number[];
}

/** Computed in TypeScript, from the inputs' elements to the outputs', row-major. */
export interface ScriptKernel<A> {
  /** Fills the outputs. */
  readonly script: (
    outputs: readonly DataArray[],
    inputs: readonly DataArray[],
    attributes: A,
    specs: readonly TensorSpec[],
  ) => void;
}

/** Not computed at all: the input is shown otherwise. */
export interface ViewKernel<A> {
  /** How the view lies in the input's storage. */
  readonly view: (input: Tensor, attributes: A) => ViewResult;
}

/** Tensor code that runs unrecorded; the op's own gradient stands for it. */
export interface CompositeKernel<A> {
  /** Computes the result, or all of them. */
  readonly composite: (inputs: readonly Tensor[], attributes: A) => Tensor | readonly Tensor[];
  /** As {@link NativeKernel.narrow}. */
  readonly narrow?: number;
}

/** How an op's result is computed. */
export type OpKernel<A> = NativeKernel<A> | ScriptKernel<A> | ViewKernel<A> | CompositeKernel<A>;

/** What a gradient rule is given. */
export interface GradientContext<A> {
  /** Gradient of the first output. */
  readonly grad: Tensor;
  /** Gradients of all outputs; null where nothing flows. */
  readonly grads: readonly (Tensor | null)[];
  /** The inputs; empty unless the op saves "inputs", "both" or "rest". */
  readonly inputs: readonly Tensor[];
  /** The outputs that the op saves; empty unless it saves "output", "both" or "rest". */
  readonly outputs: readonly Tensor[];
  /** Shapes and dtypes of the inputs, always there. */
  readonly specs: readonly TensorSpec[];
  /** Shapes and dtypes of the outputs. */
  readonly outputSpecs: readonly TensorSpec[];
  /** The call's attributes. */
  readonly attributes: A;
  /** Which inputs need a gradient: what is computed for the others is thrown away. */
  readonly needs: readonly boolean[];
}

/** Gradients of an op's inputs, in their order; null where there is none. */
export type GradientRule<A> = (context: GradientContext<A>) => readonly (Tensor | null)[];

/** One example for an op's laws and benchmarks. */
export interface Sample {
  /** Shapes of the tensor inputs. */
  readonly shapes: readonly Shape[];
  /** What the public function takes after the tensors. */
  readonly rest?: readonly unknown[];
  /** The public function's arguments, where they are not the tensors and then `rest`. */
  readonly arguments?: (tensors: readonly Tensor[]) => readonly unknown[];
  /** Range of the values of each input; [-2, 2] where absent. */
  readonly ranges?: readonly (readonly [number, number])[];
  /**
   * Dtypes of the inputs; "float" stands for each floating-point dtype in turn. Integers fill their
   * range.
   */
  readonly dtypes?: readonly (DType | "float")[];
}

/** Everything known about an op. */
export interface OpRecord<A = Attributes> {
  /** Its one name: function, method, kernel and tests are called the same. */
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  /**
   * Shapes and dtypes of the results, or a typed error; null from a composite, which then tells.
   */
  readonly infer: (
    inputs: readonly Tensor[],
    attributes: A,
    name: string,
  ) => TensorSpec | readonly TensorSpec[] | null;
  /** How it is computed. */
  readonly kernel: OpKernel<A>;
  /**
   * What the gradient reads; "rest": the inputs, and the outputs behind the first, which may then be
   * changed in place.
   */
  readonly saves: "none" | "inputs" | "output" | "both" | "rest";
  /**
   * Gradients of the inputs: tensor code, so that it can be differentiated again. Null: not
   * differentiable.
   */
  readonly gradient: GradientRule<A> | null;
  /** Meaning of one element in plain numbers, for the laws. */
  readonly reference?: (...values: number[]) => number;
  /** What the laws and the benchmarks run on. */
  readonly samples: readonly Sample[];
  /** Its gradient cannot be differentiated: trying it is a GradientError. */
  readonly once?: true;
}

/** Runs an op on tensors. */
export interface OpRunner<A> {
  /** The first result. */
  (inputs: readonly Tensor[], attributes: A): Tensor;
  /** All results. */
  all(inputs: readonly Tensor[], attributes: A): Tensor[];
}

/** An op: a function that is also its record. */
// deno-lint-ignore no-explicit-any -- the registry erases attribute types
export type Op<F = unknown, A = any> = F & OpRecord<A>;

/** A record and `front`, which turns the public arguments into tensors and attributes. */
export type OpDefinition<A, F> = OpRecord<A> & { readonly front: (run: OpRunner<A>) => F };
