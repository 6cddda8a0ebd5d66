/**
 * Patterns of axes: `b (h w) c -> b c h w`.
 *
 * @module
 */
import { ParseError } from "../errors.ts";

/** The name of the dims that a pattern leaves open. */
export const ELLIPSIS = "...";
/** The same within parentheses, where they are merged to one dim. */
export const MERGED = "(...)";

/** One axis of a pattern. */
export interface Axis {
  /** Its name; a number is the name of an axis of that size, unlike all others. */
  readonly name: string;
  /** Its size where the pattern says it. */
  readonly size: number | null;
  /** Where it stands in the pattern, from 0 on. */
  readonly at: number;
}

/** One side of a pattern: for each dim, the axes it is made of. */
export type Side = readonly (readonly Axis[])[];

/** A pattern taken apart. */
export interface Pattern {
  /** What the tensor has. */
  readonly left: Side;
  /** What the result has. */
  readonly right: Side;
}

/** Throws a {@link ParseError} about a place of a pattern. */
export function refuse(op: string, pattern: string, at: number, why: string): never {
  const before = pattern.slice(0, at);
  throw new ParseError(`Cannot ${op} by ${JSON.stringify(pattern)}: ${why}`, {
    op,
    line: before.split("\n").length,
    column: at - before.lastIndexOf("\n"),
  });
}

const TOKEN = /\s+|->|\.\.\.|[A-Za-z_][A-Za-z_0-9]*|[0-9]+|[()]/y;

/** Reads one side at a time. */
class Reader {
  readonly sides: Axis[][][] = [[]];
  #group: Axis[] | null = null;
  #opened = 0;
  #names = new Set<string>();

  constructor(readonly op: string, readonly pattern: string) {}

  take(token: string, at: number): void {
    if (token === "->") this.#turn(at);
    else if (token === "(") this.#open(at);
    else if (token === ")") this.#close(at);
    else this.#axis(token, at);
  }

  finish(): Pattern {
    this.#balanced();
    const [left, right] = this.sides;
    if (right === undefined) this.#refuse(this.pattern.length, "it has no arrow");
    return { left: left!, right };
  }

  #refuse(at: number, why: string): never {
    return refuse(this.op, this.pattern, at, why);
  }

  #balanced(): void {
    if (this.#group !== null) this.#refuse(this.#opened, "a parenthesis is not closed");
  }

  #turn(at: number): void {
    this.#balanced();
    if (this.sides.length === 2) this.#refuse(at, "it has two arrows");
    this.sides.push([]);
    this.#names = new Set();
  }

  #open(at: number): void {
    if (this.#group !== null) this.#refuse(at, "parentheses stand within parentheses");
    this.#group = [];
    this.#opened = at;
  }

  #close(at: number): void {
    if (this.#group === null) this.#refuse(at, "a parenthesis is closed that is not open");
    this.sides.at(-1)!.push(this.#group);
    this.#group = null;
  }

  #axis(token: string, at: number): void {
    const number = /^[0-9]/.test(token);
    const size = number ? Number(token) : null;
    if (size === 0) this.#refuse(at, "an axis has size 0");
    if (!number && this.#names.has(token)) this.#refuse(at, `${token} stands on one side twice`);
    if (token === ELLIPSIS && this.#group !== null && this.sides.length === 1) {
      this.#refuse(at, "an ellipsis stands within parentheses on the left");
    }
    this.#names.add(token);
    const name = number ? `${token}@${at}` : token;
    if (this.#group === null) this.sides.at(-1)!.push([{ name, size, at }]);
    else this.#group.push({ name: name === ELLIPSIS ? MERGED : name, size, at });
  }
}

/**
 * Takes a pattern apart.
 *
 * @throws {ParseError} when it is none, with the place.
 */
export function parsePattern(op: string, pattern: string): Pattern {
  const reader = new Reader(op, pattern);
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < pattern.length;) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(pattern)?.[0];
    if (token === undefined) {
      refuse(op, pattern, at, `${JSON.stringify(pattern[at])} does not belong there`);
    }
    if (token.trim() !== "") reader.take(token, at);
  }
  return reader.finish();
}
