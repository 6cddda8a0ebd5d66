import { describe, test } from "node:test";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { decodeBase64 } from "../src/data/base64.ts";
import { decodeDigits } from "../src/data/digits.ts";
import { decodeIris } from "../src/data/iris.ts";

/** SHA-256 of bytes, to compare with that of the original files. */
async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

describe("bundled data", () => {
  test("decodeBase64() ignores line breaks", () => {
    assertEquals([...decodeBase64("AAEC\n/w==\n")], [0, 1, 2, 255]);
  });

  test("decodeDigits() gives the original's bytes", async () => {
    const { images, labels } = decodeDigits();
    assertEquals(
      await sha256(images),
      "8f26b2bd9d135c256808f68f14fdabddde6d9c7f869ae419704b051f0f14b3b3",
    );
    assertEquals(
      await sha256(labels),
      "8ba4f891220f5e4c9c819638d1602d74b83618f167043c6da52a2a247841ddf0",
    );
    const counts = Array(10).fill(0);
    for (const label of labels) counts[label]++;
    assertEquals(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    assertEquals(images.reduce((most, value) => Math.max(most, value), 0), 16);
  });

  test("decodeIris() gives the original's values", () => {
    const { features, labels, names } = decodeIris();
    assertEquals([...features.slice(0, 4)], [5.1, 3.5, 1.4, 0.2].map(Math.fround));
    assertEquals([...features.slice(-4)], [5.9, 3.0, 5.1, 1.8].map(Math.fround));
    const means = [0, 1, 2, 3].map((column) =>
      features.reduce((sum, x, i) => i % 4 === column ? sum + x / 150 : sum, 0)
    );
    [5.843333, 3.057333, 3.758, 1.199333].forEach((mean, i) =>
      assertAlmostEquals(means[i]!, mean, 1e-5)
    );
    assertEquals([features.length, labels.length, names.length], [600, 150, 3]);
    assertEquals([labels[49], labels[50], labels[149]], [0, 1, 2]);
  });
});
