/**
 * Where elements are not zero, and the elements at such places.
 *
 * @module
 */
import { DTypeError } from "../errors.ts";
import { defineOp, type Op } from "../op.ts";
import { broadcastPair, specOf } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkOptions } from "./front.ts";
import { indexSelect } from "./gather.ts";
import { expand, reshape } from "./view.ts";

/** Options of {@link nonzero}. */
export interface NonzeroOptions {
  /** One tensor of indices for each dim, instead of a row for each place. Default false. */
  readonly asTuple?: boolean;
}

/** Elements whose true ones are counted together; kernels/indexing/mask.zig has the same. */
const CHUNK = 1 << 14;

/** How many true elements a mask has in front of each chunk, and in all. */
const offsetsOfTrue: Op<(mask: Tensor) => Tensor> = defineOp({
  name: "offsetsOfTrue",
  summary: "Counts of the true elements in front of each chunk of a mask, and of all.",
  infer: ([mask]) => specOf([Math.ceil(mask!.numel() / CHUNK) + 1], "int64"),
  kernel: { native: "offsetsOfTrue" },
  saves: "none",
  gradient: null,
  samples: [{ shapes: [[37]], dtypes: ["bool"] }, { shapes: [[3, 0]], dtypes: ["bool"] }],
  front: (run) => (mask) => run([mask.contiguous()], undefined),
});

interface Places {
  /** How many there are: the mask's values tell, not its shape. */
  readonly count: number;
}

/** Coordinates of the true elements in row-major order; numbers for a mask of one dim. */
const placesOfTrue: Op<(mask: Tensor, offsets: Tensor, count: number) => Tensor, Places> = defineOp(
  {
    name: "placesOfTrue",
    summary: "Coordinates of the true elements of a mask.",
    infer: ([mask], { count }) => specOf(mask!.ndim === 1 ? [count] : [count, mask!.ndim], "int64"),
    kernel: { native: "placesOfTrue" },
    saves: "none",
    gradient: null,
    samples: [[9], [2, 3, 2]].map((shape) => ({
      shapes: [shape],
      arguments: ([x]: readonly Tensor[]) => {
        const mask = x!.eq(x!);
        return [mask, offsetsOfTrue(mask), mask.numel()];
      },
    })),
    front: (run) => (mask, offsets, count) => run([mask.contiguous(), offsets], { count }),
  },
);

function coordinates(x: Tensor): Tensor {
  const mask = x.dtype === "bool" ? x.detach() : x.detach().ne(0);
  const offsets = offsetsOfTrue(mask);
  return placesOfTrue(mask, offsets, Number(offsets.index(-1).item()));
}

/** Places of the nonzero elements in row-major order, int64. */
export function flatNonzero(x: Tensor): Tensor {
  return coordinates(reshape(x, [-1]));
}

/**
 * Indices of the elements that are not zero, in row-major order: int64 `[n, rank]`, or a vector for
 * each dim. NaN is not zero.
 *
 * @example
 * ```ts
 * import { nonzero, tensor } from "@minitensor/minitensor";
 * console.assert(nonzero(tensor([[0, 5], [6, 0]])).toArray().toString() === "0,1,1,0");
 * ```
 */
export function nonzero(x: Tensor): Tensor;
/**
 * A vector of indices for each dim; one of zeros for a tensor of rank 0.
 *
 * @example
 * ```ts
 * import { nonzero, tensor } from "@minitensor/minitensor";
 * const [rows, columns] = nonzero(tensor([[0, 5], [6, 0]]), { asTuple: true });
 * console.assert(rows!.toArray().toString() === "0,1" && columns!.toArray().toString() === "1,0");
 * ```
 */
export function nonzero(x: Tensor, options: { readonly asTuple: true }): Tensor[];
/**
 * A row for each place, or a vector for each dim, as the options say.
 *
 * @example
 * ```ts
 * import { nonzero, tensor } from "@minitensor/minitensor";
 * const places = (asTuple: boolean) => nonzero(tensor([0, 5]), { asTuple });
 * console.assert(Array.isArray(places(true)) && !Array.isArray(places(false)));
 * ```
 */
export function nonzero(x: Tensor, options: NonzeroOptions): Tensor | Tensor[];
export function nonzero(x: Tensor, options: NonzeroOptions = {}): Tensor | Tensor[] {
  checkOptions(options, ["asTuple"], "nonzero");
  const tuple = options.asTuple === true;
  if (x.ndim < 2) {
    const places = flatNonzero(x);
    if (tuple) return [places];
    return x.ndim === 0 ? places.newEmpty([places.numel(), 0]) : places.unsqueeze(1);
  }
  const rows = coordinates(x);
  if (!tuple) return rows;
  return x.shape.map((_, dim) => rows.select(1, dim).contiguous());
}

/**
 * Same as {@link nonzero}: a row of indices for each element that is not zero.
 *
 * @example
 * ```ts
 * import { argwhere, tensor } from "@minitensor/minitensor";
 * console.assert(argwhere(tensor([0, 5, 6])).toArray().toString() === "1,2");
 * ```
 */
export function argwhere(x: Tensor): Tensor {
  return nonzero(x);
}

/**
 * The elements where a mask holds, in one dim; both are broadcast. A copy.
 *
 * @throws {DTypeError} when the mask is not bool.
 * @throws {ShapeError} when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { maskedSelect, tensor } from "@minitensor/minitensor";
 * const x = tensor([1, -2, 3]);
 * console.assert(maskedSelect(x, x.gt(0)).toArray().toString() === "1,3");
 * ```
 */
export function maskedSelect(x: Tensor, mask: Tensor): Tensor {
  requireMask(mask, "maskedSelect");
  const shape = broadcastPair(x.shape, mask.shape, "maskedSelect");
  return indexSelect(reshape(expand(x, shape), [-1]), 0, flatNonzero(expand(mask, shape)));
}

/** Throws unless the mask is bool. */
export function requireMask(mask: Tensor, op: string): void {
  if (mask.dtype !== "bool") {
    throw new DTypeError(`Cannot ${op} by a mask of dtype ${mask.dtype}: it must be bool`, { op });
  }
}
