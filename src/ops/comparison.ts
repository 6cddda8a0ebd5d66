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

/** x = y. */
export const eq: Op<BinaryFunction, undefined> = comparison(
  "eq",
  "True where equal.",
  (x, y) => x === y,
);
/** x ≠ y. */
export const ne: Op<BinaryFunction, undefined> = comparison(
  "ne",
  "True where not equal.",
  (x, y) => x !== y,
);
/** x < y. */
export const lt: Op<BinaryFunction, undefined> = comparison(
  "lt",
  "True where less.",
  (x, y) => x < y,
);
/** x ≤ y. */
export const le: Op<BinaryFunction, undefined> = comparison(
  "le",
  "True where less or equal.",
  (x, y) => x <= y,
);
/** x > y. */
export const gt: Op<BinaryFunction, undefined> = comparison(
  "gt",
  "True where greater.",
  (x, y) => x > y,
);
/** x ≥ y. */
export const ge: Op<BinaryFunction, undefined> = comparison(
  "ge",
  "True where greater or equal.",
  (x, y) => x >= y,
);

const truth = (x: number): boolean => x !== 0;

/** Both are nonzero. */
export const logicalAnd: Op<BinaryFunction, undefined> = comparison(
  "logicalAnd",
  "True where both are nonzero.",
  (x, y) => truth(x) && truth(y),
);
/** One or both are nonzero. */
export const logicalOr: Op<BinaryFunction, undefined> = comparison(
  "logicalOr",
  "True where one or both are nonzero.",
  (x, y) => truth(x) || truth(y),
);
/** Exactly one is nonzero. */
export const logicalXor: Op<BinaryFunction, undefined> = comparison(
  "logicalXor",
  "True where exactly one is nonzero.",
  (x, y) => truth(x) !== truth(y),
);

/** The element is zero. */
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
