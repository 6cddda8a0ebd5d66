/**
 * The networks of the training rows, with parameters that torch_rows.py gives its own too.
 *
 * @module
 */
import type { Shape } from "../mod.ts";
import { Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential } from "../src/nn/mod.ts";
import { fillInput } from "./inputs.ts";

/** Name of a network. */
export type ModelName = "mlp" | "digits" | "lenet";

/** A network and the shape of one of its images. */
interface Model {
  readonly model: Sequential;
  readonly shape: Shape;
}

const makers: Readonly<Record<ModelName, () => Model>> = {
  mlp: () => ({
    model: new Sequential(new Linear(784, 256), new ReLU(), new Linear(256, 10)),
    shape: [784],
  }),
  digits: () => ({
    model: new Sequential(
      new Conv2d(1, 16, 3, { padding: 1 }),
      new ReLU(),
      new MaxPool2d(2),
      new Conv2d(16, 32, 3, { padding: 1 }),
      new ReLU(),
      new MaxPool2d(2),
      new Flatten(),
      new Linear(128, 10),
    ),
    shape: [1, 8, 8],
  }),
  lenet: () => ({
    model: new Sequential(
      new Conv2d(1, 6, 5, { padding: 2 }),
      new ReLU(),
      new MaxPool2d(2),
      new Conv2d(6, 16, 5),
      new ReLU(),
      new MaxPool2d(2),
      new Flatten(),
      new Linear(400, 120),
      new ReLU(),
      new Linear(120, 84),
      new ReLU(),
      new Linear(84, 10),
    ),
    shape: [1, 28, 28],
  }),
};

/** A network whose parameters are always the same. */
export function makeModel(name: ModelName): Model {
  const made = makers[name]();
  made.model.parameters().forEach((x, i) => {
    const bound = x.ndim > 1 ? Math.sqrt(x.shape[0]! / x.numel()) : 0.1;
    fillInput(x, [-bound, bound], i + 1);
  });
  return made;
}
