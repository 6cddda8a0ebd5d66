import { test } from "node:test";
import { assertEquals } from "@std/assert";

test("tests run", () => {
  assertEquals(1 + 1, 2);
});
