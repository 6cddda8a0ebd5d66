/**
 * Writes src/data/digits_data.ts and src/data/iris_data.ts from the files named:
 *
 *     deno run -A .ci/bundle_data.ts digits <images.idx> <labels.idx>
 *     deno run -A .ci/bundle_data.ts iris <iris.csv>
 *
 * The digits are sorted by label and stored pixel by pixel, all images' first pixel first: equal
 * neighbours compress better (35 KB; image by image 43 KB).
 *
 * @module
 */
import { deflateRawSync } from "node:zlib";
import { parseIdx } from "../src/data/idx.ts";
import { fail, root } from "./tools.ts";

const PIXELS = 64;

function literal(bytes: Uint8Array): string {
  return bytes.toBase64().replace(/.{1,98}/g, "$&\n");
}

function moduleText(comment: string, name: string, what: string, bytes: Uint8Array): string {
  const lines = comment.split("\n").map((line) => ` * ${line}`.trimEnd());
  const doc = `/**\n${lines.join("\n")}\n *\n * @module\n */\n`;
  return `${doc}\n/** ${what} */\nexport const ${name} = \`\n${literal(bytes)}\`;\n`;
}

function digits(imagesPath: string, labelsPath: string): void {
  const images = parseIdx(Deno.readFileSync(imagesPath)).data;
  const labels = parseIdx(Deno.readFileSync(labelsPath)).data as Uint8Array;
  const order = [...labels.keys()].sort((i, j) => labels[i]! - labels[j]!); // stable
  const planes = Uint8Array.from(
    { length: images.length },
    (_, at) => images[order[at % labels.length]! * PIXELS + Math.floor(at / labels.length)]!,
  );
  const packed = new Uint8Array(labels.length + planes.length);
  packed.set(labels);
  packed.set(planes, labels.length);
  const compressed = new Uint8Array(deflateRawSync(packed, { level: 9, memLevel: 9, strategy: 1 }));
  const comment = `The test set of "Optical Recognition of Handwritten Digits" by E. Alpaydin and
C. Kaynak, UCI Machine Learning Repository, licence CC BY 4.0: 1797 images of 8x8 pixels,
values 0 to 16, and their digits, in the order of the original. Changed in form only. Written by
.ci/bundle_data.ts; digits.ts reads it.`;
  const what = "Labels and sorted pixel planes, deflated, in base64.";
  Deno.writeTextFileSync(
    `${root}src/data/digits_data.ts`,
    moduleText(comment, "DIGITS", what, compressed),
  );
}

function iris(path: string): void {
  const rows = Deno.readTextFileSync(path).trim().split("\n").slice(1);
  const species = rows.map((row) => row.split(",")[4]);
  if (
    species.some((name, i) => name !== ["setosa", "versicolor", "virginica"][Math.floor(i / 50)])
  ) {
    fail("Cannot bundle iris: its species are not in order, 50 each");
  }
  const tenths = rows.flatMap((row) => row.split(",").slice(0, 4).map((x) => Math.round(+x * 10)));
  const comment =
    `"Iris" by R. A. Fisher (1936), UCI Machine Learning Repository, licence CC BY 4.0; where the
repository's copy differs from the paper in two rows, the paper's values. 150 flowers, 50 of each
species in turn, four lengths each. Changed in form only. Written by .ci/bundle_data.ts; iris.ts
reads it.`;
  Deno.writeTextFileSync(
    `${root}src/data/iris_data.ts`,
    moduleText(
      comment,
      "IRIS",
      "The lengths in millimetres, a byte each, in base64.",
      Uint8Array.from(tenths),
    ),
  );
}

const [what, first, second] = Deno.args;
if (what === "digits" && first !== undefined && second !== undefined) digits(first, second);
else if (what === "iris" && first !== undefined) iris(first);
else fail("Cannot bundle data: name digits with two files, or iris with one");
