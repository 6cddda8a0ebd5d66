/**
 * The categorical distribution.
 *
 * @module
 */
import type { TensorLike } from "../create.ts";
import { ShapeError } from "../errors.ts";
import { checkOptions } from "../ops/front.ts";
import { gather } from "../ops/gather.ts";
import { logSoftmax } from "../ops/loss.ts";
import { type GeneratorOptions, multinomial } from "../random_variates.ts";
import { broadcastShapes, type Shape } from "../shape.ts";
import { entr } from "../special/entropy.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Distribution, require } from "./distribution.ts";
import { type Chances, chances } from "./probabilities.ts";

/**
 * Category numbers 0 to k - 1, int64. `probs` [.., k] need not sum to 1; `logits` [.., k] are their
 * logarithms.
 *
 * @example
 * ```ts
 * import { distributions } from "@minitensor/minitensor";
 * const dice = new distributions.Categorical({ probs: [1, 1, 1, 1, 1, 1] });
 * console.assert(dice.logProb(3).allclose(-Math.log(6)));
 * ```
 */
export class Categorical extends Distribution {
  /** Probabilities, which sum to 1. */
  readonly probs: Tensor;
  /** Their logarithms. */
  readonly logits: Tensor;

  /**
   * @throws {ArgumentError} unless one of both is given, or when all probabilities are 0.
   * @throws {ShapeError} when there is no dim of categories.
   */
  constructor(given: Chances) {
    const { x, logits } = chances(given, "Categorical");
    if (x.ndim === 0) throw new ShapeError("Cannot make a Categorical distribution of one number");
    super(x.shape.slice(0, -1));
    if (logits) {
      this.logits = logSoftmax(x, -1);
      this.probs = this.logits.exp();
    } else {
      const total = x.sum(-1, { keepdim: true });
      require(total.gt(0), "Categorical", "all probabilities are 0");
      this.probs = x.div(total);
      this.logits = this.probs.log();
    }
  }

  /** Number of categories. */
  private get count(): number {
    return this.probs.shape.at(-1)!;
  }

  override sample(shape: Shape = [], options: GeneratorOptions = {}): Tensor {
    checkOptions(options, ["generator"], "sample");
    const n = shape.reduce((product, extent) => product * extent, 1);
    const out = this.extended(shape);
    const rows = this.probs.detach().reshape([-1, this.count]);
    if (n === 0 || rows.shape[0] === 0) return this.probs.newZeros(out, { dtype: "int64" });
    return multinomial(rows, n, { replacement: true, ...options }).T.reshape(out);
  }

  override logProb(value: TensorLike): Tensor {
    const x = this.valued(value, (x) => {
      return x.ge(0).logicalAnd(x.lt(this.count)).logicalAnd(x.eq(x.floor()));
    }).to("int64");
    const shape = broadcastShapes(x.shape, this.batchShape);
    const logits = this.logits.expand([...shape, this.count]);
    return gather(logits, -1, x.expand(shape).unsqueeze(-1).contiguous()).squeeze(-1);
  }

  override entropy(): Tensor {
    return entr(this.probs).sum(-1);
  }
}
