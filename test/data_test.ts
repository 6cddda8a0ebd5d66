import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  arange,
  ArgumentError,
  Generator,
  IndexError,
  manualSeed,
  SerializationError,
  type Tensor,
  tensor,
  zeros,
} from "../mod.ts";
import {
  DataLoader,
  Dataset,
  loadDigits,
  loadIris,
  MNIST,
  parseIdxImages,
  parseIdxLabels,
  TensorDataset,
} from "../src/data/mod.ts";
import { values } from "./values.ts";

/** An IDX file of bytes. */
function idx(shape: readonly number[], elements: readonly number[], code = 0x08): Uint8Array {
  const extents = shape.flatMap((n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]);
  return new Uint8Array([0, 0, code, shape.length, ...extents, ...elements]);
}

const ten = () =>
  new TensorDataset(arange(20).reshape([10, 2]), arange(0, 10, 1, { dtype: "int64" }));

/** The numbers of the samples, batch by batch. */
function order(loader: DataLoader): number[][] {
  return [...loader].map(([, labels]) => values(labels!));
}

describe("TensorDataset", () => {
  test("cuts tensors along the first dim", () => {
    const set = ten();
    assertEquals(set.length, 10);
    assertEquals(set.get(3).map((x) => x.toArray()), [[6, 7], 3]);
    assertEquals(set.getBatch(tensor([2n, 0n])).map((x) => x.toArray()), [[[4, 5], [0, 1]], [
      2,
      0,
    ]]);
    assertThrows(() => set.get(10), IndexError, "Cannot take sample 10: there are 10");
    assertThrows(() => set.get(-1), IndexError, "Cannot take sample -1");
    assertThrows(
      () => new TensorDataset(zeros([2]), zeros([3])),
      ArgumentError,
      "Cannot make TensorDataset of tensors of 2, 3 samples: sizes differ",
    );
    assertThrows(() => new TensorDataset(), ArgumentError);
    assertThrows(() => new TensorDataset(tensor(1)), ArgumentError);
  });
});

describe("DataLoader", () => {
  test("gives batches in order, the last one smaller, again each time", () => {
    const loader = new DataLoader(ten(), { batchSize: 4 });
    const expected = [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]];
    assertEquals([loader.length, order(loader), order(loader)], [3, expected, expected]);
    assertEquals([...loader].map(([x]) => x!.shape), [[4, 2], [4, 2], [2, 2]]);
    assertEquals(new DataLoader(ten()).length, 10);
    assertEquals(order(new DataLoader(ten(), { batchSize: 99 })), [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]);
  });

  test("leaves the last batch out with dropLast", () => {
    const loader = new DataLoader(ten(), { batchSize: 4, dropLast: true });
    assertEquals([loader.length, order(loader).length], [2, 2]);
    assertEquals(order(new DataLoader(ten(), { batchSize: 5, dropLast: true })).length, 2);
    assertEquals(order(new DataLoader(ten(), { batchSize: 11, dropLast: true })), []);
  });

  test("shuffles all samples, anew each time, the same for the same seed", () => {
    const make = () =>
      new DataLoader(ten(), { batchSize: 3, shuffle: true, generator: new Generator(7) });
    const loader = make();
    const [first, second] = [order(loader), order(loader)];
    assertEquals(first.flat().toSorted(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert(String(first) !== String(second));
    const again = make();
    assertEquals([order(again), order(again)], [first, second]);
    const pairs = [...make()].flatMap(([x, labels]) =>
      values(x!.select(1, 0)).map((v, i) => v - 2 * values(labels!)[i]!)
    );
    assertEquals(pairs, Array(10).fill(0));
    manualSeed(5);
    const one = order(new DataLoader(ten(), { shuffle: true }));
    manualSeed(5);
    assertEquals(order(new DataLoader(ten(), { shuffle: true })), one);
  });

  test("stacks the samples of a dataset that has no batches of its own", () => {
    class Squares extends Dataset {
      readonly length = 5;
      get(index: number): readonly Tensor[] {
        return [tensor([index, index * index]), tensor(BigInt(index))];
      }
    }
    const batches = [...new DataLoader(new Squares(), { batchSize: 2 })];
    assertEquals(batches.map(([x]) => x!.toArray()), [[[0, 0], [1, 1]], [[2, 4], [3, 9]], [[
      4,
      16,
    ]]]);
    assertEquals(batches.map(([, y]) => [y!.dtype, y!.toArray()]), [
      ["int64", [0, 1]],
      ["int64", [2, 3]],
      ["int64", [4]],
    ]);
  });

  test("gives the same asynchronously, with turns of the event loop between", async () => {
    const loader = new DataLoader(ten(), { batchSize: 4 });
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const found: number[][] = [];
    for await (const [, labels] of loader) {
      found.push(values(labels!));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    clearInterval(timer);
    assertEquals(found, order(loader));
    assert(turns > 0);
  });

  test("may be left early", () => {
    const loader = new DataLoader(ten(), { batchSize: 4 });
    for (const [x] of loader) {
      assertEquals(x!.shape, [4, 2]);
      break;
    }
    assertEquals(order(loader).length, 3);
  });

  test("refuses batches of nothing and options that do not exist", () => {
    assertThrows(
      () => new DataLoader(ten(), { batchSize: 0 }),
      ArgumentError,
      "Cannot make DataLoader with batchSize 0: it is 1 or more",
    );
    assertThrows(
      () => new DataLoader(ten(), { batch_size: 4 } as never),
      ArgumentError,
      "Cannot make DataLoader with option batch_size",
    );
  });
});

describe("bundled data", () => {
  test("loadDigits() has the original's images and labels", async () => {
    const { images, labels, names, license } = await loadDigits();
    assertEquals([images.shape, images.dtype, labels.shape, labels.dtype], [
      [1797, 1, 8, 8],
      "float32",
      [1797],
      "int64",
    ]);
    assertEquals([values(images.amin())[0], values(images.amax())[0]], [0, 1]);
    assertEquals(values(images.mul(16).sum()), [561718]);
    assertEquals(values(labels.sum()), [8070]);
    assertEquals(values(images.index(0, 0, 0).mul(16)), [0, 0, 5, 13, 9, 1, 0, 0]);
    assertEquals(values(labels.index(":10")), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assertEquals([names.length, license], [10, "CC BY 4.0"]);
  });

  test("loadIris() has the original's measurements", async () => {
    const { features, labels, names, columns } = await loadIris();
    assertEquals([features.shape, labels.shape, names.length, columns.length], [
      [150, 4],
      [150],
      3,
      4,
    ]);
    values(features.mean(0)).forEach((mean, i) =>
      assertAlmostEquals(mean, [5.8433333, 3.0573333, 3.758, 1.1993333][i]!, 1e-5)
    );
    assertEquals(values(labels.sum()), [150]);
  });

  test("are split into parts that together are all, by seed", async () => {
    const [train, held, other] = [
      await loadIris({ train: true }),
      await loadIris({ train: false }),
      await loadIris({ train: false, seed: 1 }),
    ];
    assertEquals([train.features.shape, held.features.shape], [[120, 4], [30, 4]]);
    const rows = (x: Tensor) => (x.toArray() as number[][]).map(String);
    const all = rows((await loadIris()).features).toSorted();
    assertEquals([...rows(train.features), ...rows(held.features)].toSorted(), all);
    assert(String(rows(held.features)) !== String(rows(other.features)));
    assertEquals(rows((await loadIris({ train: false })).features), rows(held.features));
    await assertRejects(
      () => loadDigits({ train: 1 as unknown as boolean }),
      ArgumentError,
      "train=1",
    );
  });
});

describe("files of images", () => {
  const folder = mkdtempSync(join(tmpdir(), "minitensor-data-"));
  after(() => rmSync(folder, { recursive: true }));
  const write = (name: string, bytes: Uint8Array) => writeFileSync(join(folder, name), bytes);

  test("parseIdxImages() and parseIdxLabels() give tensors", () => {
    const images = parseIdxImages(idx([2, 1, 2], [0, 255, 51, 102]));
    assertEquals([images.dtype, images.shape, values(images)], [
      "float32",
      [2, 1, 1, 2],
      [0, 1, 0.2, 0.4].map(Math.fround),
    ]);
    const labels = parseIdxLabels(new Uint8Array(gzipSync(idx([3], [7, 0, 255]))));
    assertEquals([labels.dtype, values(labels)], ["int64", [7, 0, 255]]);
    assertThrows(
      () => parseIdxImages(idx([3], [1, 2, 3]), "a.idx"),
      SerializationError,
      "Cannot read images of a.idx: it holds uint8 of rank 1, not bytes of rank 3",
    );
    assertThrows(
      () => parseIdxLabels(idx([1], [0, 0], 0x0b)),
      SerializationError,
      "it holds int16 of rank 1",
    );
    assertThrows(() => parseIdxLabels(idx([4], [1])), SerializationError);
  });

  test("MNIST reads both parts, plain or compressed", () => {
    write("train-images-idx3-ubyte", idx([3, 2, 2], Array.from({ length: 12 }, (_, i) => i)));
    write("train-labels-idx1-ubyte.gz", new Uint8Array(gzipSync(idx([3], [5, 6, 7]))));
    write("t10k-images-idx3-ubyte.gz", new Uint8Array(gzipSync(idx([1, 2, 2], [255, 0, 0, 0]))));
    write("t10k-labels-idx1-ubyte", idx([1], [9]));
    const train = new MNIST(folder);
    assertEquals([train.length, train.images.shape, values(train.labels)], [3, [3, 1, 2, 2], [
      5,
      6,
      7,
    ]]);
    const [image, label] = train.get(2);
    assertEquals([image!.shape, label!.item()], [[1, 2, 2], 7]);
    const held = new MNIST(folder, { train: false });
    assertEquals([values(held.images), values(held.labels)], [[1, 0, 0, 0], [9]]);
    assertEquals([...new DataLoader(train, { batchSize: 2 })].map(([x]) => x!.shape), [
      [2, 1, 2, 2],
      [1, 1, 2, 2],
    ]);
  });

  test("MNIST names what is missing or does not fit", () => {
    write("t10k-labels-idx1-ubyte", idx([2], [9, 9]));
    assertThrows(
      () => new MNIST(folder, { train: false }),
      SerializationError,
      "there are 1 images and 2 labels",
    );
    const missing = join(folder, "nothing");
    const error = assertThrows(() => new MNIST(missing), SerializationError);
    assert(
      error.message.startsWith(`Cannot read ${missing}/train-images-idx3-ubyte`),
      error.message,
    );
  });
});
