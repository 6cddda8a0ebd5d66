/**
 * Finds what JSON.parse accepts and a careful reader does not: a key that an object has twice, and
 * nesting so deep that whatever walks the value next would run out of stack.
 *
 * @module
 */

/** Far more than any header needs; other readers have the same limit. */
const DEPTH_MAX = 128;

/** What is wrong with `text`, which JSON.parse has accepted; null if nothing is. */
export function jsonFault(text: string): string | null {
  const open: (Set<string> | null)[] = []; // keys so far of each open object, null for an array
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (open.length > DEPTH_MAX) return `it is nested deeper than ${DEPTH_MAX}`;
    if (character === "{") open.push(new Set());
    else if (character === "[") open.push(null);
    else if (character === "}" || character === "]") open.pop();
    else if (character === '"') {
      const end = stringEnd(text, at);
      const keys = open.at(-1);
      if (keys && isFollowedByColon(text, end)) {
        const key: string = JSON.parse(text.slice(at, end)); // "a" and "\u0061" are the same key
        if (keys.has(key)) return `it has the key ${JSON.stringify(key)} twice`;
        keys.add(key);
      }
      at = end - 1;
    }
  }
  return null;
}

/** Position after the string that begins at `start`. */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1;; at++) {
    const character = text[at];
    if (character === '"') return at + 1;
    if (character === "\\") at++;
  }
}

function isFollowedByColon(text: string, start: number): boolean {
  let at = start;
  while (text[at] === " " || text[at] === "\n" || text[at] === "\r" || text[at] === "\t") at++;
  return text[at] === ":";
}
