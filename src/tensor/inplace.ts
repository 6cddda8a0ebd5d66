/**
 * Methods that change a tensor's memory. Their names end in _, and they return the tensor.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { dtypes } from "../dtype.ts";
import { ArgumentError, DisposedError, DTypeError, GradientError, ShapeError } from "../errors.ts";
import { modes } from "../graph.ts";
import { type OpRecord, TRACKED, VIEW } from "../op.ts";
import * as ops from "../ops/mod.ts";
import { copyInto } from "../ops/copy.ts";
import { fillInto } from "../ops/fill.ts";
import { partOf, written } from "../ops/write.ts";
import { broadcastPair, sameShape, text } from "../shape.ts";
import { copyBatch, isBatched, valueOf } from "../vmap/batch.ts";
import { isTensor } from "./is_tensor.ts";
import { TensorLinalg } from "./linalg.ts";
import type { Tensor } from "./tensor.ts";

/** Methods that change a tensor's memory. */
export class TensorInPlace extends TensorLinalg {
  /** Adds a tensor or number. */
  add_(y: TensorLike): Tensor {
    return this.update("add_", ops.add, y);
  }

  /** Subtracts a tensor or number. */
  sub_(y: TensorLike): Tensor {
    return this.update("sub_", ops.sub, y);
  }

  /** Multiplies by a tensor or number. */
  mul_(y: TensorLike): Tensor {
    return this.update("mul_", ops.mul, y);
  }

  /** Divides by a tensor or number; refused for integers. */
  div_(y: TensorLike): Tensor {
    return this.update("div_", ops.div, y);
  }

  /** Limits the elements to [min, max]. */
  clamp_(min?: number | null, max?: number | null): Tensor {
    return this.become("clamp_", () => ops.clamp(this.readable(ops.clamp.saves), min, max));
  }

  /** Sets what is below 0 to 0. */
  relu_(): Tensor {
    return this.become("relu_", () => ops.relu(this.self));
  }

  /** Sets every element to `value`. */
  fill_(value: number | bigint | boolean): Tensor {
    this.refuse("fill_");
    if (this.requiresGrad && modes.gradients) {
      return this.become(
        "fill_",
        () => ops.maskedFill(ops.clone(this.self), ops.operand(true, "bool"), value),
      );
    }
    if (isBatched(this.self)) valueOf(this.self).fill_(value);
    else {
      fillInto(this.self, value);
      this.storage.version++;
    }
    this.nodeVersion = this.storage.version;
    return this.self;
  }

  /** Sets every element to 0. */
  zero_(): Tensor {
    return this.fill_(0);
  }

  /** Copies another tensor's elements, broadcast and converted, into this one. */
  copy_(source: TensorLike): Tensor {
    return this.become("copy_", () => {
      const from = ops.operand(source, this.dtype);
      if (!sameShape(broadcastPair(this.shape, from.shape, "copy_"), this.shape)) {
        throw new ShapeError(
          `Cannot copy_ a tensor of shape ${text(from.shape)} into one of ${text(this.shape)}`,
          {
            op: "copy_",
          },
        );
      }
      return from;
    }, true);
  }

  /** Becomes the result of an op on itself and `y`. */
  private update(name: string, op: typeof ops.add, y: TensorLike): Tensor {
    return this.become(name, () => op(this.readable(op.saves, y), y));
  }

  /**
   * This tensor, or a copy where the graph will save it: it must not save memory that is about to
   * change.
   */
  protected readable(saves: OpRecord["saves"], y: TensorLike = 0): Tensor {
    const tracked = this.requiresGrad || (isTensor(y) && y.requiresGrad) || isBatched(this.self);
    const recorded = modes.gradients && tracked;
    return recorded && saves !== "none" ? ops.clone(this.self) : this.self;
  }

  /**
   * Takes over the elements, and the graph, of a result. `any` dtype converts when asked to: a copy
   * may, arithmetic must stay within its category.
   */
  protected become(op: string, compute: () => Tensor, converts = false): Tensor {
    this.refuse(op);
    const base = this.shown(op);
    const result = compute();
    if (!converts && dtypes[result.dtype].category > dtypes[this.dtype].category) {
      throw new DTypeError(
        `Cannot ${op} into a ${this.dtype} tensor: the result is ${result.dtype}`,
        { op },
      );
    }
    if (!converts && !sameShape(result.shape, this.shape)) {
      throw new ShapeError(
        `Cannot ${op} into a tensor of shape ${text(this.shape)}: the result is ${
          text(result.shape)
        }`,
        {
          op,
        },
      );
    }
    const recorded = modes.gradients && (result.state & TRACKED) !== 0 && this.spec.info.isFloat;
    if (base !== null && (recorded || this.requiresGrad || base.requiresGrad)) {
      return this.writeThrough(base, result);
    }
    if (recorded && (this.state & VIEW) !== 0) {
      throw new GradientError(
        `Cannot ${op} a view where gradients are recorded: the tensor it shows would not know`,
        { op, suggestion: "Do it within noGrad(), or use the form of the operation without _" },
      );
    }
    this.overwrite(result);
    if (recorded) this.follow(this.fitted(result));
    else if (converts && this.requiresGrad && modes.gradients) {
      this.node = null; // what was recorded before is overwritten
      this.state &= ~TRACKED;
    } else {
      this.nodeVersion = this.storage.version; // a change outside the graph, on purpose
    }
    return this.self;
  }

  /** A result in this dtype and shape. */
  private fitted(result: Tensor): Tensor {
    const whole = result.to(this.dtype);
    return sameShape(whole.shape, this.shape) ? whole : whole.expand(this.shape);
  }

  /** Copies a result into the memory. */
  private overwrite(result: Tensor): void {
    if (isBatched(this.self) || isBatched(result)) return copyBatch(this.self, result, "write to");
    // A source that overlaps this memory must be read in full before anything is written.
    const overlaps = result.storage === this.storage;
    const source = overlaps ? ops.clone(result.detach()) : result;
    copyInto(this.self, source.detach());
    this.storage.version++;
  }

  /** @internal Takes over a tensor's place in the graph. */
  follow(source: Tensor): void {
    this.node = source.graphNode();
    this.outputIndex = source.outputIndex;
    this.nodeVersion = this.storage.version;
    this.state |= TRACKED;
  }

  /** The tensor that a view shows, where writes are recorded and it can learn of them. */
  private shown(op: string): Tensor | null {
    const { base } = this;
    if (base === null || !modes.gradients || !this.spec.info.isFloat) return null;
    if (base.isDisposed || !base.isContiguous()) return null;
    base.refuse(op);
    const { version } = this.storage;
    const stale = this.requiresGrad && this.nodeVersion !== version;
    if (stale && base.requiresGrad && base.nodeVersion === version) {
      this.follow(partOf(this.self, base)(base));
    }
    return base;
  }

  /** Writes a result to the memory of a view, and records it in the tensor that it shows. */
  private writeThrough(base: Tensor, result: Tensor): Tensor {
    const part = partOf(this.self, base);
    const whole = written(base, this.fitted(result), part);
    this.overwrite(result);
    base.follow(whole);
    this.follow(part(base));
    return this.self;
  }

  /** @internal Throws where this tensor must not be changed. */
  refuse(op: string): void {
    if (this.isDisposed) {
      throw new DisposedError(`Cannot ${op} a tensor that was disposed of`, { op });
    }
    if (modes.gradients && this.requiresGrad && this.isLeaf) {
      throw new GradientError(
        `Cannot ${op} a leaf that requires a gradient: its value would change behind the graph`,
        {
          op,
          suggestion: "Do it within noGrad()",
        },
      );
    }
    for (let i = 0; i < this.strides.length; i++) {
      if (this.strides[i] === 0 && this.shape[i]! > 1) {
        throw new ArgumentError(
          `Cannot ${op} an expanded tensor: several elements share one place in memory`,
          {
            op,
            suggestion: "Use contiguous() first",
          },
        );
      }
    }
  }
}
