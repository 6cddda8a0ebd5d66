/**
 * Einstein's summation.
 *
 * @module
 */
import { ArgumentError, ShapeError } from "../errors.ts";
import { dimsOf, sameShape, text } from "../shape.ts";
import type { TensorLike } from "../create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkEquation } from "./einsum_equation.ts";
import { promote, single } from "./front.ts";
import { matmul } from "./linalg.ts";
import { sum } from "./reduction.ts";
import { diagonal } from "./diagonal.ts";
import { expand, permute, reshape } from "./view.ts";

/** A tensor and the label of each of its dims. */
interface Term {
  readonly x: Tensor;
  readonly labels: readonly string[];
}

function refuse(equation: string, why: string): never {
  throw new ArgumentError(`Cannot einsum ${JSON.stringify(equation)}: ${why}`, { op: "einsum" });
}

/**
 * Sums of products by Einstein's notation, with all of NumPy's: `"ij,jk->ik"` is the matrix
 * product, a label that the result lacks is summed, one that a tensor has twice is its diagonal,
 * `...` stands for dims that broadcast. Without `->` the result has the labels that occur once,
 * in alphabetical order, after the dims of `...`. Several tensors are multiplied two at a time,
 * those first that leave the smallest results.
 *
 * @throws {ParseError} when the text is no equation, with the column where it stops to be one.
 * @throws {ArgumentError} when it does not name each tensor's dims.
 * @throws {ShapeError} when a label stands for different sizes.
 *
 * @example
 * ```ts
 * import { einsum } from "@minitensor/minitensor";
 * console.assert(einsum("i,i->", [1, 2], [3, 4]).item() === 11);
 * ```
 */
export function einsum(equation: string, ...tensors: readonly TensorLike[]): Tensor {
  checkEquation(equation);
  const inputs = promote(tensors.map(single));
  const { terms, result } = parse(equation, inputs);
  const sizes = sizesOf(equation, terms);
  let left = terms.map((term) => spread(term, sizes));
  while (left.length > 1) {
    const [i, j] = cheapest(left, result, sizes);
    const others = left.filter((_, k) => k !== i && k !== j);
    const kept = new Set([...result, ...others.flatMap(({ labels }) => labels)]);
    left = [...others, multiply(left[i]!, left[j]!, kept, sizes)];
  }
  const { x, labels } = summed(left[0]!, new Set(result));
  const out = permute(x, result.map((label) => labels.indexOf(label)));
  return inputs.includes(out) ? out.clone() : out;
}

/**
 * The terms' labels and the result's; dims of an ellipsis are labelled by their number from the
 * right.
 */
function parse(
  equation: string,
  inputs: readonly Tensor[],
): { readonly terms: Term[]; readonly result: string[] } {
  const [left, right] = equation.replaceAll(/\s/g, "").split("->");
  const parts = left!.split(",");
  if (parts.length !== inputs.length || inputs.length === 0) {
    refuse(equation, `it names ${parts.length} tensors, ${inputs.length} are given`);
  }
  const named = parts.map((part) => part.replace("...", "").length);
  const hidden = Math.max(
    0,
    ...parts.map((part, i) => part.includes("...") ? inputs[i]!.ndim - named[i]! : 0),
  );
  const terms = parts.map((part, i) => {
    const x = inputs[i]!;
    const labels = labelsOf(equation, part, part.includes("...") ? x.ndim - named[i]! : 0);
    if (labels.length !== x.ndim) {
      refuse(equation, `${part} names ${labels.length} dims, tensor ${i} has ${x.ndim}`);
    }
    return unique({ x, labels });
  });
  const result = right === undefined
    ? implied(equation, left!, hidden)
    : labelsOf(equation, right, right.includes("...") ? hidden : 0);
  return { terms, result };
}

function labelsOf(equation: string, part: string, hidden: number): string[] {
  const pieces = part.split("...");
  if (hidden < 0) refuse(equation, `${part} names more dims than its tensor has`);
  const letters = pieces.map((piece) => [...piece]);
  if (pieces.length === 1) return letters[0]!;
  const dots = Array.from({ length: hidden }, (_, i) => `.${hidden - 1 - i}`);
  return [...letters[0]!, ...dots, ...letters[1]!];
}

/** The dims of the ellipsis, then the letters that occur once. */
function implied(equation: string, left: string, hidden: number): string[] {
  const letters = [...left.replaceAll(/[.,]/g, "")];
  const once = letters.filter((letter, _, all) => all.indexOf(letter) === all.lastIndexOf(letter));
  return labelsOf(equation, `...${once.toSorted().join("")}`, hidden);
}

/** The term with each label once: what stands twice is a diagonal. */
function unique({ x, labels }: Term): Term {
  const second = labels.findIndex((label, i) => labels.indexOf(label) < i);
  if (second < 0) return { x, labels };
  const label = labels[second]!;
  const first = labels.indexOf(label);
  if (x.shape[first] !== x.shape[second]) {
    throw new ShapeError(
      `Cannot einsum a tensor of shape ${text(x.shape)}: label ${label} is ${x.shape[first]} and ${
        x.shape[second]
      }`,
      { op: "einsum" },
    );
  }
  const rest = labels.filter((_, i) => i !== first && i !== second);
  return unique({ x: diagonal(x, { dim1: first, dim2: second }), labels: [...rest, label] });
}

type Sizes = ReadonlyMap<string, number>;

/** Size of each label: 1 broadcasts. */
function sizesOf(equation: string, terms: readonly Term[]): Sizes {
  const sizes = new Map<string, number>();
  for (const { x, labels } of terms) {
    labels.forEach((label, i) => {
      const [known, own] = [sizes.get(label) ?? 1, x.shape[i]!];
      if (known !== 1 && own !== 1 && known !== own) {
        const name = label.startsWith(".") ? "a dim of ..." : `label ${label}`;
        throw new ShapeError(
          `Cannot einsum ${JSON.stringify(equation)}: ${name} is ${known} and ${own}`,
          { op: "einsum", context: { shapes: terms.map((term) => term.x.shape) } },
        );
      }
      if (known === 1) sizes.set(label, own);
    });
  }
  return sizes;
}

function spread({ x, labels }: Term, sizes: Sizes): Term {
  const shape = labels.map((label) => sizes.get(label)!);
  return { x: sameShape(shape, x.shape) ? x : expand(x, shape), labels };
}

/** Sums over the labels that nobody needs. */
function summed({ x, labels }: Term, kept: ReadonlySet<string>): Term {
  const dims = dimsOf(x.ndim).filter((dim) => !kept.has(labels[dim]!));
  if (dims.length === 0) return { x, labels };
  return { x: sum(x, dims), labels: labels.filter((label) => kept.has(label)) };
}

function product(labels: readonly string[], sizes: Sizes): number {
  return labels.reduce((size, label) => size * sizes.get(label)!, 1);
}

/** The two terms whose product is the smallest beside them, of these those with the least work. */
function cheapest(
  terms: readonly Term[],
  result: readonly string[],
  sizes: Sizes,
): readonly [number, number] {
  let best: readonly [number, number] = [0, 1];
  if (terms.length === 2) return best;
  let least: readonly [number, number] = [Infinity, Infinity];
  for (let i = 0; i < terms.length; i++) {
    for (let j = i + 1; j < terms.length; j++) {
      const [a, b] = [terms[i]!.labels, terms[j]!.labels];
      const others = terms.flatMap(({ labels }, k) => k === i || k === j ? [] : labels);
      const both = [...new Set([...a, ...b])];
      const kept = both.filter((label) => result.includes(label) || others.includes(label));
      const growth = product(kept, sizes) - product(a, sizes) - product(b, sizes);
      const work = product(both, sizes);
      if (growth < least[0] || (growth === least[0] && work < least[1])) {
        least = [growth, work];
        best = [i, j];
      }
    }
  }
  return best;
}

/** The product of two terms, summed over what nobody else needs: one matmul. */
function multiply(first: Term, second: Term, kept: ReadonlySet<string>, sizes: Sizes): Term {
  const a = summed(first, new Set([...kept, ...second.labels]));
  const b = summed(second, new Set([...kept, ...first.labels]));
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => kept.has(label));
  const inner = shared.filter((label) => !kept.has(label));
  const rows = a.labels.filter((label) => !shared.includes(label));
  const columns = b.labels.filter((label) => !shared.includes(label));
  const arranged = ({ x, labels }: Term, ...groups: readonly (readonly string[])[]) => {
    const order = permute(x, groups.flat().map((label) => labels.indexOf(label)));
    return reshape(order, groups.map((group) => product(group, sizes)));
  };
  const out = matmul(arranged(a, batch, rows, inner), arranged(b, batch, inner, columns));
  const labels = [...batch, ...rows, ...columns];
  return { x: reshape(out, labels.map((label) => sizes.get(label)!)), labels };
}
