/**
 * The main job: trains a small convolutional network on handwritten digits, saves it, loads it again and proves that it
 * still answers the same, and writes a report to look at.
 *
 *   npx -y deno task demo                    the 1,797 digits that come along
 *   npx -y deno task demo --data DIR         files in MNIST's format
 *
 * @module
 */
import { parseArgs } from "node:util";
import process from "node:process";
import {
  getNumThreads,
  isMinitensorError,
  manualSeed,
  noGrad,
  scope,
  setNumThreads,
  type Tensor,
  tidy,
} from "../mod.ts";
import { DataLoader, loadDigits, MNIST, TensorDataset } from "../src/data/mod.ts";
import { Progress, type ReportSection, writeReport } from "../src/debug/mod.ts";
import { cpuLevel } from "../src/debug/mod.ts";
import {
  Conv2d,
  CrossEntropyLoss,
  Dropout,
  Flatten,
  Linear,
  MaxPool2d,
  ReLU,
  Sequential,
} from "../src/nn/mod.ts";
import { AdamW, CosineAnnealingLR } from "../src/optim/mod.ts";
import { loadSafetensors, saveSafetensors } from "../src/serialize/mod.ts";
import { onInterrupt } from "../src/host.ts";

const HELP = `Trains a small convolutional network on handwritten digits.

  --data DIR     files in MNIST's format (idx, plain or .gz); default: the 1,797 digits that come along
  --epochs N     passes over the training images; default 20, or 3 with --data
  --batch N      images in a batch; default 32, or 64 with --data
  --lr RATE      first learning rate; default 0.005, or 0.003 with --data
  --seed N       seed of everything random; default 1
  --threads N    threads; default: as many as cores
  --out DIR      where model.safetensors and report.html go; default .
  --help         this text`;

interface Settings {
  readonly data: string | undefined;
  readonly epochs: number;
  readonly batch: number;
  readonly lr: number;
  readonly seed: number;
  readonly out: string;
}

interface Split {
  readonly train: TensorDataset;
  readonly test: TensorDataset;
  readonly name: string;
}

/** What was measured after an epoch. */
interface EpochResult {
  readonly loss: number;
  readonly accuracy: number;
}

interface History {
  readonly losses: number[];
  readonly epochs: EpochResult[];
  seconds: number;
  images: number;
  interrupted: boolean;
}

function readSettings(): Settings | null {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: process.argv.slice(2).filter((argument) => argument !== "--"),
    options: {
      data: text,
      epochs: text,
      batch: text,
      lr: text,
      seed: text,
      threads: text,
      out: text,
      help: { type: "boolean" },
    },
  });
  if (values.help === true) return null;
  const number = (
    name: "epochs" | "batch" | "lr" | "seed" | "threads",
    fallback: number,
    least: number,
  ): number => {
    const value = values[name] === undefined ? fallback : Number(values[name]);
    if (!(value >= least) || (name !== "lr" && !Number.isInteger(value))) {
      throw new RangeError(
        `Cannot use --${name} ${values[name]}: it is a number of ${least} or more`,
      );
    }
    return value;
  };
  const threads = number("threads", 0, 0);
  if (threads > 0) setNumThreads(threads);
  const large = values.data !== undefined;
  return {
    data: values.data,
    epochs: number("epochs", large ? 3 : 20, 1),
    batch: number("batch", large ? 64 : 32, 1),
    lr: number("lr", large ? 0.003 : 0.005, 0),
    seed: number("seed", 1, 0),
    out: values.out ?? ".",
  };
}

async function loadData({ data }: Settings): Promise<Split> {
  if (data !== undefined) {
    return { train: new MNIST(data), test: new MNIST(data, { train: false }), name: data };
  }
  const [train, test] = await Promise.all([
    loadDigits({ train: true }),
    loadDigits({ train: false }),
  ]);
  return {
    train: new TensorDataset(train.images, train.labels),
    test: new TensorDataset(test.images, test.labels),
    name: "UCI handwritten digits",
  };
}

/** Two rounds of convolution and pooling, then dropout and one linear layer; for square images of a side divisible by 4. */
function makeModel(side: number): Sequential {
  return new Sequential(
    new Conv2d(1, 32, 3, { padding: 1 }),
    new ReLU(),
    new MaxPool2d(2),
    new Conv2d(32, 64, 3, { padding: 1 }),
    new ReLU(),
    new MaxPool2d(2),
    new Flatten(),
    new Dropout(0.3),
    new Linear(64 * (side / 4) ** 2, 10),
  );
}

/** The class that the model gives each image of a set. */
function predict(model: Sequential, images: Tensor): number[] {
  model.eval();
  const classes: number[] = [];
  for (const part of images.split(500)) {
    using _ = scope();
    classes.push(
      ...noGrad(() => model.forward(part).argmax(1)).toTypedArray() as unknown as number[],
    );
  }
  model.train();
  return classes.map(Number);
}

function accuracyOf(predicted: readonly number[], labels: readonly number[]): number {
  return predicted.filter((label, i) => label === labels[i]).length / labels.length;
}

function labelsOf(dataset: TensorDataset): number[] {
  return Array.from(dataset.tensors[1]!.toTypedArray() as BigInt64Array, Number);
}

/** Trains until the epochs are over or the user interrupts. */
async function train(
  model: Sequential,
  { train, test }: Split,
  settings: Settings,
): Promise<History> {
  const loader = new DataLoader(train, { batchSize: settings.batch, shuffle: true });
  const steps = settings.epochs * loader.length;
  const optimizer = new AdamW(model.parameters(), { lr: settings.lr });
  const scheduler = new CosineAnnealingLR(optimizer, steps);
  const criterion = new CrossEntropyLoss();
  const history: History = { losses: [], epochs: [], seconds: 0, images: 0, interrupted: false };
  const stop = onInterrupt(() => history.interrupted = true);
  const bar = new Progress({ total: steps, label: "training" });
  let step = 0;
  let status = "";
  for (let epoch = 0; epoch < settings.epochs && !history.interrupted; epoch++) {
    let sum = 0;
    let count = 0;
    const started = performance.now();
    for await (const [images, labels] of loader) {
      if (history.interrupted) break;
      const loss = tidy(() => {
        const loss = criterion.forward(model.forward(images!), labels!);
        optimizer.zeroGrad();
        loss.backward();
        return Number(loss.item());
      });
      optimizer.step();
      scheduler.step();
      images!.dispose();
      labels!.dispose();
      history.losses.push(loss);
      sum += loss;
      count++;
      history.images += settings.batch;
      bar.update(++step, `loss ${loss.toFixed(3)}${status}`);
    }
    history.seconds += (performance.now() - started) / 1000;
    if (count === 0) break;
    const accuracy = accuracyOf(predict(model, test.tensors[0]!), labelsOf(test));
    status = `, test ${(100 * accuracy).toFixed(1)} %`;
    history.epochs.push({ loss: sum / count, accuracy });
  }
  bar.done();
  stop();
  return history;
}

/** Rows are the true classes, columns the predicted ones. */
function confusion(predicted: readonly number[], labels: readonly number[]): number[][] {
  const counts = Array.from({ length: 10 }, () => new Array<number>(10).fill(0));
  labels.forEach((label, i) => counts[label]![predicted[i]!]!++);
  return counts;
}

/** The pictures that the model took for something else. */
function mistakes(
  test: TensorDataset,
  predicted: readonly number[],
  labels: readonly number[],
): ReportSection {
  const images = test.tensors[0]!;
  const [height, width] = images.shape.slice(2) as [number, number];
  const wrong = labels.map((_, i) => i).filter((i) => predicted[i] !== labels[i]).slice(0, 60);
  return {
    kind: "pictures",
    title: `Mistakes (${
      labels.filter((label, i) => predicted[i] !== label).length
    } of ${labels.length})`,
    pictures: wrong.map((i) => ({
      width,
      height,
      pixels: Array.from(images.select(0, i).toTypedArray() as Float32Array, (ink) => 1 - ink),
      caption: `${labels[i]} taken for ${predicted[i]}`,
    })),
  };
}

/** Loss and accuracy over the epochs. */
function charts(history: History): ReportSection[] {
  const perEpoch = history.losses.length / Math.max(history.epochs.length, 1);
  return [
    {
      kind: "chart",
      title: "Loss",
      xLabel: "epoch",
      isLogarithmic: true,
      series: [
        {
          name: "each batch",
          points: history.losses.map((loss, i) => [(i + 1) / perEpoch, loss] as const),
        },
        {
          name: "mean of the epoch",
          points: history.epochs.map(({ loss }, i) => [i + 1, loss] as const),
        },
      ],
    },
    {
      kind: "chart",
      title: "Accuracy on held-back images",
      xLabel: "epoch",
      yLabel: "%",
      series: [{
        name: "test",
        points: history.epochs.map(({ accuracy }, i) => [i + 1, 100 * accuracy] as const),
      }],
    },
  ];
}

/** With what the model was trained. */
function runTable(split: Split, history: History, settings: Settings): ReportSection {
  return {
    kind: "table",
    title: "Run",
    rows: [
      ["training images", split.train.length],
      ["test images", split.test.length],
      ["epochs", history.epochs.length],
      ["batch size", settings.batch],
      ["first learning rate", settings.lr],
      ["seed", settings.seed],
      ["CPU level", cpuLevel()],
      ["threads", getNumThreads()],
    ],
  };
}

function report(
  model: Sequential,
  split: Split,
  history: History,
  predicted: readonly number[],
  settings: Settings,
): void {
  const labels = labelsOf(split.test);
  const parameters = model.numParameters().toLocaleString("en-US");
  const speed = Math.round(history.images / history.seconds);
  writeReport(`${settings.out}/report.html`, {
    title: "Handwritten digits",
    subtitle: `A convolutional network of ${parameters} parameters, trained on ${split.name}`,
    figures: [
      ["test accuracy", `${(100 * accuracyOf(predicted, labels)).toFixed(2)} %`],
      ["training time", `${history.seconds.toFixed(1)} s`],
      ["images a second", speed.toLocaleString("en-US")],
    ],
    sections: [
      ...charts(history),
      {
        kind: "confusion",
        title: "True digit (row) and prediction (column)",
        labels: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
        counts: confusion(predicted, labels),
      },
      mistakes(split.test, predicted, labels),
      {
        kind: "text",
        title: "Model",
        text: model.summary([1, ...split.test.tensors[0]!.shape.slice(1)]),
      },
      runTable(split, history, settings),
    ],
  });
}

async function main(): Promise<void> {
  const settings = readSettings();
  if (settings === null) return console.log(HELP);
  const split = await loadData(settings);
  manualSeed(settings.seed);
  const side = split.train.tensors[0]!.shape.at(-1)!;
  const model = makeModel(side);
  console.log(
    `${split.train.length} training images, ${split.test.length} test images of ${side} x ${side}: ${split.name}`,
  );
  console.log(
    `${
      model.numParameters().toLocaleString("en-US")
    } parameters, CPU level ${cpuLevel()}, threads ${getNumThreads()}`,
  );

  const history = await train(model, split, settings);
  const labels = labelsOf(split.test);
  const predicted = predict(model, split.test.tensors[0]!);
  const accuracy = accuracyOf(predicted, labels);

  const path = `${settings.out}/model.safetensors`;
  saveSafetensors(model.stateDict(), path, {
    metadata: { seed: String(settings.seed), epochs: String(history.epochs.length) },
  });
  const restored = makeModel(side);
  restored.loadStateDict(loadSafetensors(path));
  const again = accuracyOf(predict(restored, split.test.tensors[0]!), labels);
  report(model, split, history, predicted, settings);

  if (history.interrupted) console.log(`interrupted after ${history.losses.length} batches`);
  console.log(
    `test accuracy ${(100 * accuracy).toFixed(2)} %, after reloading the checkpoint ${
      (100 * again).toFixed(2)
    } %`,
  );
  console.log(
    `trained in ${history.seconds.toFixed(1)} s, ${
      Math.round(history.images / history.seconds).toLocaleString("en-US")
    } images a second`,
  );
  console.log(`wrote ${path} and ${settings.out}/report.html`);
  if (again !== accuracy) throw new Error("the reloaded model does not answer the same");
}

try {
  await main();
} catch (error) {
  // What the user can mend is a line; anything else is a fault, with its trace.
  const isUsers = isMinitensorError(error) || error instanceof RangeError ||
    (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
  if (!isUsers) throw error;
  const { message, suggestion } = error as { message: string; suggestion?: string };
  console.error(`digits: ${message}${suggestion === undefined ? "" : `. ${suggestion}`}`);
  process.exitCode = 1;
}
