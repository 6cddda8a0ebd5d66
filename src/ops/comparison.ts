/**
 * Comparisons and logic; the result is bool.
 *
 * @module
 */
import { defineOp, type Op } from "../op.ts";
import type { TensorLike } from "../create.ts";
import { binary, type BinaryFunction, single, type UnaryFunction } from "./front.ts";
import { broadcastBool } from "./infer.ts";
import { pairs, singles } from "./samples.ts";
import type { KernelName } from "../ffi/abi.ts";

function comparison(
  name: KernelName,
  summary: string,
  reference: (x: number, y: number) => boolean,
): Op<BinaryFunction, undefined> {
  return defineOp({
    name,
    summary,
    infer: broadcastBool,
    kernel: { native: name, elementwise: true },
    saves: "none",
    gradient: null,
    reference: (x, y) => Number(reference(x!, y!)),
    samples: pairs,
    front: binary,
  });
}

/**
 * x = y, compared in the higher of the two dtypes; NaN equals nothing, 0 equals -0.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { eq } from "@minitensor/minitensor";
 * console.assert(String(eq([1, NaN, 0], [1, NaN, -0]).toArray()) === "true,false,true");
 * ```
 */
export const eq: Op<BinaryFunction, undefined> = comparison(
  "eq",
  "True where equal.",
  (x, y) => x === y,
);
/**
 * x ≠ y, compared in the higher of the two dtypes; true where either is NaN.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { ne } from "@minitensor/minitensor";
 * console.assert(String(ne([1, NaN, 0], [1, NaN, -0]).toArray()) === "false,true,false");
 * ```
 */
export const ne: Op<BinaryFunction, undefined> = comparison(
  "ne",
  "True where not equal.",
  (x, y) => x !== y,
);
/**
 * x < y, compared in the higher of the two dtypes; false where either is NaN.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { lt } from "@minitensor/minitensor";
 * console.assert(String(lt([1, 2, NaN], 2).toArray()) === "true,false,false");
 * ```
 */
export const lt: Op<BinaryFunction, undefined> = comparison(
  "lt",
  "True where less.",
  (x, y) => x < y,
);
/**
 * x ≤ y, compared in the higher of the two dtypes; false where either is NaN.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { le } from "@minitensor/minitensor";
 * console.assert(String(le([1, 2, NaN], 2).toArray()) === "true,true,false");
 * ```
 */
export const le: Op<BinaryFunction, undefined> = comparison(
  "le",
  "True where less or equal.",
  (x, y) => x <= y,
);
/**
 * x > y, compared in the higher of the two dtypes; false where either is NaN.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { gt } from "@minitensor/minitensor";
 * console.assert(String(gt([[1], [2]], [0, 1]).toArray()) === "true,false,true,true");
 * ```
 */
export const gt: Op<BinaryFunction, undefined> = comparison(
  "gt",
  "True where greater.",
  (x, y) => x > y,
);
/**
 * x ≥ y, compared in the higher of the two dtypes; false where either is NaN.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { ge } from "@minitensor/minitensor";
 * console.assert(String(ge([1, 2, NaN], 2).toArray()) === "false,true,false");
 * ```
 */
export const ge: Op<BinaryFunction, undefined> = comparison(
  "ge",
  "True where greater or equal.",
  (x, y) => x >= y,
);

const truth = (x: number): boolean => x !== 0;

/**
 * Both are nonzero; NaN counts as nonzero.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { logicalAnd } from "@minitensor/minitensor";
 * console.assert(String(logicalAnd([0, 2, NaN], [1, 3, 1]).toArray()) === "false,true,true");
 * ```
 */
export const logicalAnd: Op<BinaryFunction, undefined> = comparison(
  "logicalAnd",
  "True where both are nonzero.",
  (x, y) => truth(x) && truth(y),
);
/**
 * One or both are nonzero; NaN counts as nonzero.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { logicalOr } from "@minitensor/minitensor";
 * console.assert(String(logicalOr([0, 2, NaN], 0).toArray()) === "false,true,true");
 * ```
 */
export const logicalOr: Op<BinaryFunction, undefined> = comparison(
  "logicalOr",
  "True where one or both are nonzero.",
  (x, y) => truth(x) || truth(y),
);
/**
 * Exactly one is nonzero; NaN counts as nonzero.
 *
 * @throws {BroadcastError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { logicalXor } from "@minitensor/minitensor";
 * console.assert(String(logicalXor([0, 2, 2], [1, 0, 3]).toArray()) === "true,true,false");
 * ```
 */
export const logicalXor: Op<BinaryFunction, undefined> = comparison(
  "logicalXor",
  "True where exactly one is nonzero.",
  (x, y) => truth(x) !== truth(y),
);

/**
 * The element is zero; NaN is not.
 *
 * @example
 * ```ts
 * import { logicalNot } from "@minitensor/minitensor";
 * console.assert(String(logicalNot([0, 2, NaN]).toArray()) === "true,false,false");
 * ```
 */
export const logicalNot: Op<UnaryFunction, undefined> = defineOp({
  name: "logicalNot",
  summary: "True where zero.",
  infer: broadcastBool,
  kernel: { native: "logicalNot", elementwise: true },
  saves: "none",
  gradient: null,
  reference: (x) => Number(x === 0),
  samples: singles,
  front: (run) => (x: TensorLike) => run([single(x)], undefined),
});
