/**
 * The text of an equation of Einstein's summation.
 *
 * @module
 */
import { ParseError } from "../errors.ts";

function refuse(equation: string, at: number, why: string): never {
  throw new ParseError(`Cannot einsum ${JSON.stringify(equation)}: ${why}`, {
    op: "einsum",
    line: 1,
    column: at + 1,
  });
}

/** What an equation is made of, each piece matched in turn. */
const PIECE = /[A-Za-z]|\.\.\.|->|,|\s/y;

/**
 * Throws unless the text is an equation: terms of letters and at most one `...` each, separated by
 * commas, then perhaps `->` and a term whose letters stand before it, each once.
 *
 * @throws {ParseError} with the column where it stops to be one.
 */
export function checkEquation(equation: string): void {
  let arrow = -1;
  let dots = false;
  const seen = new Set<string>();
  for (PIECE.lastIndex = 0; PIECE.lastIndex < equation.length;) {
    const at = PIECE.lastIndex;
    const piece = PIECE.exec(equation)?.[0];
    if (piece === undefined) {
      refuse(equation, at, `${JSON.stringify(equation[at])} is no label`);
    }
    if (piece === "...") {
      if (dots) refuse(equation, at, "a term has two ellipses");
      dots = true;
    } else if (piece === "->") {
      if (arrow >= 0) refuse(equation, at, "it has two arrows");
      [arrow, dots] = [at, false];
    } else if (piece === ",") {
      if (arrow >= 0) refuse(equation, at, "the result is one term");
      dots = false;
    } else if (arrow < 0) seen.add(piece);
    else if (piece.trim() !== "") checkResult(equation, at, arrow, seen);
  }
}

/** A letter of the result stands in a term, and in the result once. */
function checkResult(
  equation: string,
  at: number,
  arrow: number,
  seen: ReadonlySet<string>,
): void {
  const label = equation[at]!;
  if (!seen.has(label)) refuse(equation, at, `no tensor has the result's label ${label}`);
  if (equation.slice(arrow, at).includes(label)) {
    refuse(equation, at, `the result has label ${label} twice`);
  }
}
