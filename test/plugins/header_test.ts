/** minitensor_plugin.h is plain C99 and plain C++11, to the last warning. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { assertEquals } from "@std/assert";

const include = fileURLToPath(new URL("../../plugins/include", import.meta.url));

/** A program that uses all of the header: what is not used warns in C, and must not. */
const program = `#include <minitensor_plugin.h>
static minitensor_plugin plugin;
MINITENSOR_PLUGIN(plugin)
`;

/** A compiler's warnings on the program, or null where there is no such compiler. */
function warnings(compiler: string, standard: string, name: string): string | null {
  const folder = mkdtempSync(`${tmpdir()}/minitensor-header-`);
  try {
    writeFileSync(`${folder}/${name}`, program);
    const flags = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only", "-I", include];
    const args = [`-std=${standard}`, ...flags, `${folder}/${name}`];
    const result = spawnSync(compiler, args, { encoding: "utf8" });
    return result.error === undefined ? result.stderr : null;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("minitensor_plugin.h", () => {
  test("is C99 without a warning", (t) => {
    const found = warnings("cc", "c99", "header.c");
    if (found === null) return t.skip("there is no cc");
    assertEquals(found, "");
  });

  test("is C++11 without a warning", (t) => {
    const found = warnings("c++", "c++11", "header.cc");
    if (found === null) return t.skip("there is no c++");
    assertEquals(found, "");
  });
});
