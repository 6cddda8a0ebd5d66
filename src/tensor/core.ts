/**
 * What every tensor is: a storage seen through a shape, a dtype and strides, and its place in the
 * graph. The methods stand in the other files of this folder, by family.
 *
 * @module
 */
import { backward, type LeafBackwardOptions } from "../autograd.ts";
import type { DataArray, DType } from "../dtype.ts";
import { ArgumentError, DisposedError, GradientError, ShapeError } from "../errors.ts";
import { leafNode, modes, type Node } from "../graph.ts";
import { BATCHED, DISPOSED, TRACKED, VIEW, viewOf } from "../op.ts";
import { add } from "../ops/arithmetic.ts";
import { contiguousCopy, copyInto } from "../ops/copy.ts";
import { format } from "../print.ts";
import { sameShape, type Shape, type TensorSpec, text } from "../shape.ts";
import { release, type Storage } from "../storage.ts";
import { nest, type NestedArray, toItem } from "./elements.ts";
import { tensorBrand } from "./is_tensor.ts";
import { type Fields, TensorObject } from "./object.ts";
import { isBatched, mapBatch, TogetherError } from "../vmap/batch.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Base of {@link Tensor}: memory, properties, conversion, graph. Its private members are
 * TypeScript's: those with # are installed anew in each object, and there are millions.
 */
export class TensorCore {
  /** @internal The memory: use {@link asTypedArray}. */
  declare readonly storage: Storage;
  /** Position of the first element in the storage, in elements. */
  declare readonly offset: number;
  /** Shape and dtype. */
  declare readonly spec: TensorSpec;
  /** Steps between neighbours along each dim, in elements. */
  declare readonly strides: readonly number[];
  /** @internal State bits that ops test at once. */
  declare state: number;
  /** @internal The graph node that made it, or its own leaf node. */
  declare node: Node | null;
  /** @internal Which of the node's outputs it is. */
  declare outputIndex: number;
  /** @internal The storage's version when the node was recorded. */
  declare nodeVersion: number;
  /** @internal The tensor that a view shows, if made where gradients are recorded. */
  declare base: Tensor | null;
  declare private leafGradient: Tensor | null;
  /** True once the user has had a hold of the gradient: then only the runtime may free it. */
  declare private gradientSeen: boolean;

  /** Made by ops and by the functions of creation only. */
  constructor(storage: Storage, offset: number, spec: TensorSpec, strides: readonly number[]) {
    TensorObject.call(this as unknown as Fields, storage, offset, spec, strides);
  }

  /** @internal This tensor as the full class: all instances are. */
  protected get self(): Tensor {
    return this as unknown as Tensor;
  }

  /** What {@link isTensor} looks for. */
  get [tensorBrand](): true {
    return true;
  }

  /** Sizes of the dims; frozen. */
  get shape(): Shape {
    return this.spec.shape;
  }

  /** Number of dims. */
  get ndim(): number {
    return this.spec.shape.length;
  }

  /** Name of the dtype. */
  get dtype(): DType {
    return this.spec.dtype;
  }

  /** Where the elements are: always `cpu`. */
  get device(): "cpu" {
    return "cpu";
  }

  /** Bytes of one element. */
  get itemsize(): number {
    return this.spec.info.size;
  }

  /** Bytes of all elements. */
  get nbytes(): number {
    return this.spec.bytes;
  }

  /** Number of elements. */
  numel(): number {
    return this.spec.size;
  }

  /** The shape, or the size of one dim. */
  size(): Shape;
  /** The size of one dim. */
  size(dim: number): number;
  size(dim?: number): Shape | number {
    return dim === undefined ? this.shape : this.shape.at(dim) ?? this.noDim(dim);
  }

  /** Refuses a dim that there is not. */
  private noDim(dim: number): never {
    throw new ArgumentError(`Cannot give the size of dim ${dim}: the tensor has ${this.ndim} dims`);
  }

  /** Position of the first element in the storage, in elements. */
  storageOffset(): number {
    return this.offset;
  }

  /** True when the elements lie one after the other in row-major order. */
  isContiguous(): boolean {
    return this.strides === this.spec.strides;
  }

  /** True for floating-point dtypes. */
  isFloatingPoint(): boolean {
    return this.spec.info.isFloat;
  }

  /** Changes of the storage so far, shared by all views. */
  get version(): number {
    return this.storage.version;
  }

  // Conversion.

  /** The elements in row-major order: a copy. */
  toTypedArray(): DataArray {
    this.refuseUnreadable();
    if (this.isContiguous()) return this.asTypedArray().slice();
    const copy = contiguousCopy(this.self);
    const elements = copy.asTypedArray().slice();
    copy.dispose();
    return elements;
  }

  /**
   * The elements themselves, without a copy. Writes are seen by every view and noticed by nobody:
   * no version changes.
   *
   * @throws {ArgumentError} when the tensor is not contiguous.
   */
  asTypedArray(): DataArray {
    this.refuseUnreadable();
    if (!this.isContiguous()) {
      throw new ArgumentError(
        "Cannot view the elements of a tensor that is not contiguous: they are not in order",
        {
          suggestion: "Use contiguous() first, or toTypedArray()",
        },
      );
    }
    const { array, size } = this.spec.info;
    return new array(
      this.storage.buffer,
      this.storage.byteOffset + this.offset * size,
      this.spec.size,
    );
  }

  /**
   * The one element: a boolean for bool, a bigint for an int64 beyond 2^53, otherwise a number.
   *
   * @throws {ShapeError} when there is not exactly one.
   */
  item(): number | bigint | boolean {
    if (this.spec.size !== 1) {
      throw new ShapeError(
        `Cannot take the item of a tensor of shape ${text(this.shape)}: it has ${this.spec.size}`,
      );
    }
    this.refuseUnreadable();
    const { array, size } = this.spec.info;
    const at = this.storage.byteOffset + this.offset * size;
    return toItem(new array(this.storage.buffer, at, 1)[0]!, this.dtype);
  }

  /** The elements as nested arrays; the element itself for rank 0. */
  toArray(): NestedArray {
    return nest(this.toTypedArray(), this.shape, this.dtype);
  }

  /** Same as {@link toArray}. */
  tolist(): NestedArray {
    return this.toArray();
  }

  /** For JSON.stringify: nested arrays; what JSON has no number for becomes a string. */
  toJSON(): unknown {
    const plain = (value: NestedArray): unknown =>
      Array.isArray(value)
        ? value.map(plain)
        : typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value))
        ? String(value)
        : value;
    return plain(this.toArray());
  }

  /** The tensor as text, in the manner of PyTorch; long ones are shortened. */
  toString(): string {
    const unreadable = (this.state & DISPOSED) !== 0
      ? "disposed"
      : isBatched(this.self)
      ? "an example of vmap"
      : null;
    if (unreadable !== null) return `tensor(${unreadable}, shape=${text(this.shape)})`;
    return format(this.self);
  }

  /** What console.log shows in Deno, Bun and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** What console.log shows in Deno. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /** A number where one is wanted and there is one element; else the text. */
  [Symbol.toPrimitive](hint: string): number | bigint | string {
    if (hint === "string" || this.spec.size !== 1) return this.toString();
    const value = this.item();
    return typeof value === "boolean" ? Number(value) : value;
  }

  /** Views along the first dim. */
  *[Symbol.iterator](): IterableIterator<Tensor> {
    if (this.ndim === 0) {
      throw new TypeError("Cannot iterate over a tensor of rank 0: it has no dims");
    }
    for (let i = 0; i < this.shape[0]!; i++) yield this.self.select(0, i);
  }

  // Graph.

  /** True when operations on it are recorded. */
  get requiresGrad(): boolean {
    return (this.state & TRACKED) !== 0;
  }

  /** Only leaves can be switched, and only floating-point ones can be switched on. */
  set requiresGrad(on: boolean) {
    this.requiresGrad_(on);
  }

  /**
   * Switches recording of operations on it, and returns it.
   *
   * @throws {GradientError} when it is no leaf, or not a floating-point tensor.
   */
  requiresGrad_(on = true): Tensor {
    if (on && !this.spec.info.isFloat) {
      throw new GradientError(
        `Cannot require a gradient of a ${this.dtype} tensor: only floating-point ones have it`,
      );
    }
    if (!on && !this.isLeaf) {
      throw new GradientError("Cannot stop requiring the gradient of a result: it is not a leaf", {
        suggestion: "Use detach()",
      });
    }
    if (on) this.state |= TRACKED;
    else if (this.requiresGrad) {
      this.state &= ~TRACKED;
      this.node = null;
    }
    return this.self;
  }

  /** True unless a recorded operation made it. */
  get isLeaf(): boolean {
    return this.node === null || this.node.op === null;
  }

  /** Name of the operation that made it, or null for a leaf. */
  get gradFn(): { readonly name: string; readonly inputs: readonly (string | null)[] } | null {
    if (this.node === null || this.node.op === null) return null;
    return {
      name: this.node.name,
      inputs: this.node.edges.map((edge) => edge === null ? null : edge.name),
    };
  }

  /** What backward has added up for this leaf; null before. */
  get grad(): Tensor | null {
    this.gradientSeen = true;
    return this.leafGradient;
  }

  /** Sets or clears the gradient; shape and dtype must be the tensor's. */
  set grad(gradient: Tensor | null) {
    if (
      gradient !== null && !(sameShape(gradient.shape, this.shape) && gradient.dtype === this.dtype)
    ) {
      throw new ShapeError(
        `Cannot set a gradient of shape ${text(gradient.shape)} and dtype ${gradient.dtype}: ` +
          `the tensor has ${text(this.shape)} and ${this.dtype}`,
      );
    }
    this.zeroGrad();
    this.leafGradient = gradient;
    this.gradientSeen = gradient !== null;
  }

  /** True when there is a gradient; does not count as looking at it. */
  get hasGrad(): boolean {
    return this.leafGradient !== null;
  }

  /** @internal The gradient for the library's own use, without marking it as seen. */
  gradient(): Tensor | null {
    return this.leafGradient;
  }

  /** Forgets the gradient, or fills it with zeros when `setToNone` is false. */
  zeroGrad(options: { readonly setToNone?: boolean } = {}): void {
    const gradient = this.leafGradient;
    if (gradient === null) return;
    if (options.setToNone === false) {
      gradient.zero_();
      return;
    }
    if (!this.gradientSeen) gradient.dispose();
    this.leafGradient = null;
    this.gradientSeen = false;
  }

  /** @internal Adds what backward brings; takes the handle over. */
  accumulate(gradient: Tensor, recorded: boolean): void {
    if (isBatched(gradient) && !isBatched(this.self)) refuseShared();
    const before = this.leafGradient;
    if (before === null) {
      const own = recorded || (gradient.isContiguous() && gradient.storage.users === 1);
      this.leafGradient = own ? gradient : contiguousCopy(gradient);
      if (!own) gradient.dispose();
      this.gradientSeen = false;
    } else if (recorded) {
      this.leafGradient = add(before, gradient);
    } else {
      addInto(before, gradient);
      gradient.dispose();
    }
  }

  /** @internal The node gradients arrive at. */
  graphNode(): Node {
    return this.node ??= leafNode(this.self);
  }

  /**
   * Carries gradients from this tensor to the leaves behind it, where they add up in `grad`.
   *
   * @param gradient Gradient of this tensor; may be left out for a single element, where it is 1.
   * @throws {GradientError} when nothing behind it requires a gradient, or the graph was used up.
   *
   * @example
   * ```ts
   * import { tensor } from "@minitensor/minitensor";
   * const x = tensor([1, 2, 3], { requiresGrad: true });
   * x.mul(x).sum().backward();
   * console.assert(x.grad!.toArray().toString() === "2,4,6");
   * ```
   */
  backward(gradient?: Tensor, options: LeafBackwardOptions = {}): void {
    backward(this.self, gradient, options);
  }

  /** A view of the same elements without a graph. */
  detach(): Tensor {
    this.refuseDisposed("detach");
    if (isBatched(this.self)) return mapBatch(this.self, (value) => value.detach());
    return viewOf(this.storage, this);
  }

  /**
   * Takes this tensor out of the graph that made it, and returns it: a leaf from then on.
   *
   * @throws {GradientError} when it is a view: others see its memory, and know the graph.
   */
  detach_(): Tensor {
    this.refuseDisposed("detach");
    if ((this.state & VIEW) !== 0) {
      throw new GradientError("Cannot detach a view in place: its memory is another tensor's", {
        suggestion: "Use detach()",
      });
    }
    this.node = null;
    this.state &= ~TRACKED;
    return this.self;
  }

  // Lifetime.

  /** True after {@link dispose}. */
  get isDisposed(): boolean {
    return (this.state & DISPOSED) !== 0;
  }

  /**
   * Frees the memory now, unless views or a graph still need it. Using the tensor afterwards is a
   * DisposedError.
   */
  dispose(): void {
    if ((this.state & DISPOSED) !== 0) return;
    this.state |= DISPOSED;
    if (this.leafGradient !== null && !this.gradientSeen) this.leafGradient.dispose();
    this.leafGradient = null;
    release(this.storage);
  }

  /** Same as {@link dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Refuses a tensor whose elements cannot be read: disposed of, or a batch. */
  private refuseUnreadable(): void {
    if ((this.state & (DISPOSED | BATCHED)) === 0) return;
    this.refuseDisposed("read");
    throw new TogetherError(
      `Cannot read the elements of a tensor within vmap: each example has others, its shape is ${
        text(this.shape)
      }`,
      { suggestion: "Use where() in place of a branch, or read the result of vmap" },
    );
  }

  /** Refuses a tensor that was disposed of. */
  private refuseDisposed(action: string): void {
    if ((this.state & DISPOSED) !== 0) {
      throw new DisposedError(`Cannot ${action} a tensor that was disposed of`);
    }
  }
}

function refuseShared(): never {
  throw new GradientError(
    "Cannot add up the gradient of a tensor that the examples of vmap share: each has its own",
    { op: "backward", suggestion: "Use grad() of ./func, which gives them as the result" },
  );
}

/** Adds `y` into `x`'s memory; no graph sees it. */
function addInto(x: Tensor, y: Tensor): void {
  const before = modes.gradients;
  modes.gradients = false;
  try {
    copyInto(x, add(x, y));
  } finally {
    modes.gradients = before;
  }
}
