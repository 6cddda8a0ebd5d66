/**
 * Sums of two products, as complex multiplication has them: one pass over memory each.
 *
 * @module
 */
import { defineOp, type Op, type Sample } from "../op.ts";
import { promote } from "../ops/front.ts";
import { broadcast } from "../ops/infer.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { ComplexParts } from "./parts.ts";

type Products = (x: Tensor, y: Tensor, z: Tensor, w: Tensor) => Tensor;

const samples: readonly Sample[] = [
  { shapes: [[2, 3], [2, 3], [2, 3], [2, 3]] },
  { shapes: [[37], [37], [37], [37]] },
  { shapes: [[4, 1, 3], [2, 1], [4, 1, 3], [2, 1]] },
  { shapes: [[], [], [], []] },
  { shapes: [[0, 3], [3], [0, 3], [3]] },
];

/** x y + sign z w. */
function products(
  name: "productSum" | "productDifference",
  summary: string,
  sign: 1 | -1,
): Op<Products, undefined> {
  return defineOp({
    name,
    summary,
    infer: broadcast,
    kernel: { native: name, elementwise: true },
    saves: "inputs",
    gradient: ({ grad, inputs: [x, y, z, w], needs }) => {
      const other = sign === 1 ? grad : grad.neg();
      return [
        needs[0] ? grad.mul(y!) : null,
        needs[1] ? grad.mul(x!) : null,
        needs[2] ? other.mul(w!) : null,
        needs[3] ? other.mul(z!) : null,
      ];
    },
    reference: (x, y, z, w) => x! * y! + sign * z! * w!,
    samples,
    front: (run): Products => (...inputs) => run(promote(inputs, true), undefined),
  });
}

const productSum = products("productSum", "x * y + z * w, element by element.", 1);
const productDifference = products("productDifference", "x * y - z * w, element by element.", -1);

/** The product of complex numbers. Each part is right up to about one rounding. */
export function multiply(a: ComplexParts, b: ComplexParts): ComplexParts {
  return {
    real: productDifference(a.real, b.real, a.imag, b.imag),
    imag: productSum(a.real, b.imag, a.imag, b.real),
  };
}
