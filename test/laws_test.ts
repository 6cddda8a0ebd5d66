import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { ops } from "../mod.ts";
import { checkOp, lawReport } from "../src/testing.ts";

for (const op of ops.values()) {
  test(`${op.name}() obeys the laws on its ${op.samples.length} samples`, () => {
    assertEquals(op.samples.length > 0, true, "an op without samples is an op without laws");
    assertEquals(lawReport(checkOp(op)), "");
  });
}
