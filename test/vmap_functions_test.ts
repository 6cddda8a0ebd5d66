/** vmap of every function of the library that takes one tensor: compositions have no records. */
import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as mt from "../mod.ts";
import { ArgumentError, type Tensor, vmap } from "../mod.ts";

/** Functions whose shapes depend on elements. */
const dynamic = ["argwhere", "histc", "nonzero", "unique", "uniqueConsecutive"];

/** What is no function of tensors, or changes how the program runs. */
const others =
  /^([A-Z]|set|load|save|register|unload|is[A-Z]|noGrad|enableGrad|inferenceMode|scope|vmap)/;

type Function = (x: unknown) => unknown;

/** The tensors of a result, or null when it has something else. */
function tensorsIn(result: unknown): Tensor[] | null {
  if (mt.isTensor(result)) return [result];
  if (result === null || typeof result !== "object") return null;
  const parts = Object.values(result);
  return parts.length > 0 && parts.every(mt.isTensor) ? parts as Tensor[] : null;
}

/** What the function gives for each example; null when it takes none, or answers no tensors. */
function examplesOf(fn: Function, batch: Tensor): Tensor[][] | null {
  try {
    const results = [0, 1, 2].map((i) => tensorsIn(fn(batch.select(0, i))));
    return results.every((list) => list !== null) ? results : null;
  } catch {
    return null;
  }
}

mt.manualSeed(11);
const square = mt.rand([3, 4, 4]);
const batches = {
  matrices: mt.randn([3, 4, 5]),
  "positive matrices": square.matmul(square.mT).add(mt.eye(4).mul(4)),
  vectors: mt.rand([3, 5]),
};

const functions = { ...mt, ...mt.linalg, ...mt.F } as unknown as Record<string, Function>;
const names = Object.keys(functions).sort()
  .filter((name) => typeof functions[name] === "function" && !others.test(name));

describe("vmap of a function of one tensor", () => {
  let count = 0;
  for (const [form, batch] of Object.entries(batches)) {
    test(`is the function of each: ${form}`, () => {
      for (const name of names) {
        const fn = functions[name]!;
        const expected = examplesOf(fn, batch);
        if (expected === null) continue;
        count++;
        const mapped = vmap((x: Tensor) => tensorsIn(fn(x))!);
        // Functions that draw are refused unless vmap says how.
        const refused = dynamic.includes(name) || draws(fn, batch.select(0, 0));
        if (refused) {
          assertThrows(() => mapped(batch), ArgumentError, "within vmap", name);
          continue;
        }
        mapped(batch).forEach((actual, i) => {
          const whole = mt.stack(expected.map((list) => list[i]!));
          assertEquals(actual.shape, whole.shape, name);
          const alike = mt.allclose(actual.to("float64"), whole.to("float64"), {
            equalNan: true,
            rtol: 1e-4,
            atol: 1e-5,
          });
          assert(alike, name);
        });
      }
    });
  }

  test("is looked at for most of the library", () => assert(count > 400, String(count)));
});

/** True when the function takes random numbers. */
function draws(fn: Function, x: Tensor): boolean {
  const before = mt.getRngState();
  fn(x);
  return mt.getRngState().some((byte, i) => byte !== before[i]);
}
