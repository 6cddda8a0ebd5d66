import { describe, test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { ArgumentError, CustomOpBuilder, ops, type Tensor } from "../mod.ts";
import { makeOp, type OpRecord } from "../src/op.ts";
import { assertOp, checkOp, lawReport } from "../src/testing.ts";

const samples = [{ shapes: [[2, 3]] }, { shapes: [[]] }, { shapes: [[0, 2]] }];

const square = () => new CustomOpBuilder("square2", 1).forward(([x]) => x.mul(x));
const right = () => square().backward(({ grad, inputs: [x] }) => [grad.mul(x).mul(2)]);

/** The laws that an op breaks. */
function broken(op: Parameters<typeof checkOp>[0], options: Parameters<typeof checkOp>[1]) {
  const failed = checkOp(op, options).filter(({ problem }) => problem !== null);
  return [...new Set(failed.map(({ law }) => law))];
}

describe("checkOp()", () => {
  test("takes samples and a reference for an op without", () => {
    assertEquals(broken(right().build(), { samples, reference: (x) => x! * x! }), []);
    assertEquals(broken(right().build(), { samples, reference: (x) => x! }), ["reference"]);
    assertEquals(broken(square().build(), { samples, reference: (x) => x! * x! }), []);
  });

  test("refuses an op that no law would be checked on", () => {
    const refused = () => checkOp(right().build());
    assertThrows(refused, ArgumentError, "Cannot check op square2: it has no samples");
    assertThrows(() => checkOp(ops.get("mul")!, { samples: [] }), ArgumentError, "no samples");
  });

  test("finds a wrong gradient", () => {
    const wrong = square().backward(({ grad }) => [grad]).build();
    assertEquals(broken(wrong, { samples }), ["gradient"]);
  });

  test("holds an op of two inputs to broadcasting by its reference", () => {
    const pair = new CustomOpBuilder("pair", 2).forward(([x, y]) => x.mul(y));
    const wide = [{ shapes: [[2, 3], [3]] }, { shapes: [[], []] }];
    assertEquals(broken(pair.build(), { samples: wide, reference: (x, y) => x! * y! }), []);
  });

  test("asks a gradient that works once to refuse the second time", () => {
    const saving = () =>
      new CustomOpBuilder("saving", 1).forward(([x], _attributes, { save }) => {
        const y = x.mul(x);
        save(y.mul(2));
        return y.mul(x);
      }).backward(({ grad, saved: [twice] }) => [grad.mul(twice!).mul(1.5)]);
    assertEquals(broken(saving().build(), { samples }), ["second derivative"]);
    assertEquals(broken(saving().describe({ once: true }).build(), { samples }), []);
    const lying = right().describe({ once: true }).build();
    assertEquals(broken(lying, { samples }), ["second derivative"]);
    assert(lawReport(checkOp(lying, { samples })).includes("instead of GradientError"));
  });

  test("finds a gradient that is silently a constant for the second derivative", () => {
    const record: Omit<OpRecord<undefined>, "once"> & { once: true } = {
      name: "silent",
      summary: "x^2, its gradient detached.",
      infer: () => null,
      kernel: { composite: ([x]) => x!.mul(x!) },
      saves: "inputs",
      gradient: ({ grad, inputs: [x] }) => [grad.mul(x!).mul(2).detach()],
      samples,
      once: true,
    };
    const op = makeOp({ ...record, front: (run) => (x: Tensor) => run([x], undefined) });
    assertEquals(broken(op as Parameters<typeof checkOp>[0], {}), ["second derivative"]);
  });

  test("checks ops of several results, in an array or by name", () => {
    const record: OpRecord<undefined> = {
      name: "both",
      summary: "x^2 and x^3.",
      infer: () => null,
      kernel: { composite: ([x]) => [x!.mul(x!), x!.mul(x!).mul(x!)] },
      saves: "inputs",
      gradient: ({ grads: [two, three], inputs: [x] }) => {
        const parts = [two?.mul(x!).mul(2), three?.mul(x!).mul(x!).mul(3)];
        return [parts.filter((part) => part !== undefined).reduce((sum, part) => sum.add(part))];
      },
      samples,
    };
    const array = makeOp({ ...record, front: (run) => (x: Tensor) => run.all([x], undefined) });
    const named = makeOp({
      ...record,
      front: (run) => (x: Tensor) => {
        const [two, three] = run.all([x], undefined);
        return { two: two!, three: three! };
      },
    });
    for (const op of [array, named]) {
      assertEquals(lawReport(checkOp(op as Parameters<typeof checkOp>[0])), "");
    }
  });
});

describe("assertOp()", () => {
  test("is silent when all laws hold, and else tells which do not", () => {
    assertOp(ops.get("mul")!);
    assertOp(right().build(), { samples: [{ shapes: [[2]], ranges: [[0, 1]] }] });
  });

  test("throws with the report", () => {
    const wrong = square().backward(({ grad }) => [grad]).build();
    const error = assertThrows(() => assertOp(wrong, { samples }), ArgumentError);
    assert(error.message.startsWith("Cannot accept op square2: it breaks laws\nsquare2: gradient"));
  });
});
