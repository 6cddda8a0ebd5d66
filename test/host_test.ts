import { describe, test } from "node:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { pathToFileURL } from "node:url";
import { assertEquals, assertThrows } from "@std/assert";
import { columns, environment, readFile, writeFileAtomic } from "../src/host.ts";

/** Runs with a folder that is gone afterwards. */
function inFolder(run: (folder: string) => void): void {
  const folder = mkdtempSync(`${tmpdir()}/host-`);
  try {
    run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("writeFileAtomic()", () => {
  test("writes pieces, and replaces what was there", () => {
    inFolder((folder) => {
      const path = `${folder}/ä b.bin`;
      writeFileAtomic(path, [new Uint8Array(100)]);
      writeFileAtomic(path, [new Uint8Array([1, 2]), new Uint8Array(), new Uint8Array([3])]);
      assertEquals([...readFile(path)], [1, 2, 3]);
      writeFileAtomic(pathToFileURL(path), []);
      assertEquals(readFile(pathToFileURL(path)).length, 0);
      assertEquals(readdirSync(folder), ["ä b.bin"]);
    });
  });

  test("leaves nothing behind when it fails", () => {
    inFolder((folder) => {
      mkdirSync(`${folder}/taken/inner`, { recursive: true });
      assertThrows(() => writeFileAtomic(`${folder}/taken`, [new Uint8Array(3)]));
      assertThrows(() => writeFileAtomic(`${folder}/none/file`, [new Uint8Array(3)]));
      assertEquals(readdirSync(folder), ["taken"]);
    });
  });
});

test("readFile() gives bytes of their own", () => {
  inFolder((folder) => {
    writeFileAtomic(`${folder}/a`, [new Uint8Array([7])]);
    const first = readFile(`${folder}/a`);
    first[0] = 0;
    assertEquals([...readFile(`${folder}/a`)], [7]);
  });
});

test("environment() and columns() answer without asking", () => {
  assertEquals(environment("MINITENSOR_NO_SUCH_VARIABLE"), undefined);
  assertEquals(Number.isInteger(columns()) && columns() > 0, true);
});
