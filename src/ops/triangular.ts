/**
 * Triangular systems.
 *
 * @module
 */
import { ShapeError } from "../errors.ts";
import { defineOp, type Op, type Sample } from "../op.ts";
import { specOf, text } from "../shape.ts";
import type { TensorLike } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions, pair } from "./front.ts";
import { tril, triu } from "./join.ts";
import { matmul, mT } from "./linalg.ts";
import { alignBatches, squareOf } from "./matrices.ts";

interface Triangle {
  readonly upper: boolean;
  readonly unit: boolean;
}

const shapes: readonly Sample["shapes"][] = [[[3, 3], [3, 2]], [[2, 4, 4], [2, 4, 1]], [[0, 0], [
  0,
  2,
]]];

/** A diagonal that is far from 0, so that differences are exact enough. */
function dominant(x: Tensor): Tensor {
  const size = x.shape.at(-1)!;
  const places = Array.from({ length: size * size }, (_, i) => i % (size + 1) === 0 ? 4 : 0);
  return x.add(x.newTensor(places).reshape([size, size]));
}

/** Systems of one batch whose matrices are read in one triangle. */
const triangularSolve: Op<(a: Tensor, b: Tensor, triangle: Triangle) => Tensor, Triangle> =
  defineOp({
    name: "solveTriangular",
    summary: "x of a x = b, where one triangle of a is read.",
    infer: ([, b]) => specOf(b!.shape, b!.dtype),
    kernel: {
      native: "solveTriangular",
      encode: ({ upper, unit }) => [Number(upper), Number(unit)],
    },
    saves: "both",
    // a x = b: da x + a dx = db (Giles 2008, 2.3.1), within the triangle.
    gradient: ({ grad, inputs: [a], outputs: [x], attributes: { upper, unit }, needs }) => {
      const right = triangularSolve(mT(a!), grad, { upper: !upper, unit });
      if (!needs[0]) return [null, right];
      const whole = matmul(right, mT(x!)).neg();
      const edge = unit ? 1 : 0;
      return [upper ? triu(whole, edge) : tril(whole, -edge), right];
    },
    samples: shapes.flatMap((each) =>
      [true, false].flatMap((upper) =>
        [true, false].map((unit): Sample => ({
          shapes: each,
          arguments: ([a, b]) => [dominant(a!), b!, { upper, unit }],
        }))
      )
    ),
    front: (run) => (a: Tensor, b: Tensor, triangle: Triangle) => run([a, b], triangle),
  });

/** Options of {@link solveTriangular}. */
export interface SolveTriangularOptions {
  /** Whether the upper triangle is meant; PyTorch asks for it, so there is no default. */
  readonly upper: boolean;
  /** Solves A X = B; false: X A = B. Default true. */
  readonly left?: boolean;
  /** Takes the diagonal as ones, without reading it. Default false. */
  readonly unitriangular?: boolean;
}

/**
 * X of A X = B for triangular matrices A [..., N, N] and B [..., N, K], whose batch dims
 * broadcast; the other triangle is not read. A 0 on the diagonal gives infinities, as in PyTorch.
 *
 * @throws {ShapeError} when A is not square or B does not fit.
 *
 * @example
 * ```ts
 * import { linalg } from "@minitensor/minitensor";
 * const x = linalg.solveTriangular([[2, 0], [1, 1]], [[2], [3]], { upper: false });
 * console.assert(x.toTypedArray().join() === "1,2");
 * ```
 */
export function solveTriangular(
  A: TensorLike,
  B: TensorLike,
  options: SolveTriangularOptions,
): Tensor {
  checkOptions(options, ["upper", "left", "unitriangular"], "solveTriangular");
  const { upper, left = true, unitriangular: unit = false } = options;
  const [a, b] = pair(A, B, true) as [Tensor, Tensor];
  squareOf(a, "solveTriangular");
  const size = a.shape.at(-1)!;
  if (b.ndim < 2 || b.shape.at(left ? -2 : -1) !== size) {
    throw new ShapeError(
      `Cannot solveTriangular tensors of shapes ${text(a.shape)} and ${text(b.shape)}: ` +
        `the right side needs ${size} ${left ? "rows" : "columns"}`,
      { op: "solveTriangular", context: { shapes: [a.shape, b.shape] } },
    );
  }
  const [first, second] = alignBatches(a, b, "solveTriangular");
  if (left) return triangularSolve(first, second, { upper, unit });
  return mT(triangularSolve(mT(first), mT(second), { upper: !upper, unit }));
}
