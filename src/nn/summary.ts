/**
 * The table that tells what a module is made of.
 *
 * @module
 */
import { noGrad } from "../autograd.ts";
import { zeros } from "../create.ts";
import { tidy } from "../scope.ts";
import { text } from "../shape.ts";
import { isTensor } from "../tensor/is_tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Module } from "./module.ts";

type AnyModule = Module<never[], unknown>;

/** Shapes that the modules gave for zeros of the input shape. */
function outputShapes(
  model: Module<[Tensor], unknown>,
  inputShape: readonly number[],
): Map<AnyModule, string> {
  const shapes = new Map<AnyModule, string>();
  const spied: AnyModule[] = [];
  const training = model.modules().map((module) => module.training);
  for (const module of model.modules()) {
    const forward = module.forward.bind(module);
    Object.defineProperty(module, "forward", {
      configurable: true,
      enumerable: false,
      value: (...inputs: never[]) => {
        const output = forward(...inputs);
        if (isTensor(output)) shapes.set(module, text(output.shape));
        return output;
      },
    });
    spied.push(module);
  }
  try {
    model.eval();
    tidy(() => noGrad(() => void model.forward(zeros(inputShape))));
  } finally {
    for (const module of spied) delete (module as { forward?: unknown }).forward;
    model.modules().forEach((module, i) => module.training = training[i]!);
  }
  return shapes;
}

/** A line for each module: its place, its class, its output shape and its own parameters. */
export function summarize(
  model: Module<[Tensor], unknown>,
  inputShape?: readonly number[],
): string {
  const shapes = inputShape === undefined ? null : outputShapes(model, inputShape);
  const rows = model.namedModules().map(([name, module]) => {
    const depth = name === "" ? 0 : name.split(".").length;
    const own = module.parameters({ recurse: false }).reduce(
      (sum, parameter) => sum + parameter.numel(),
      0,
    );
    const label = name === ""
      ? module.constructor.name
      : `${name.split(".").at(-1)}: ${module.constructor.name}`;
    return [
      "  ".repeat(depth) + label,
      shapes?.get(module) ?? "",
      own === 0 ? "-" : own.toLocaleString("en-US"),
    ];
  });
  const header = ["Layer", shapes === null ? "" : "Output shape", "Parameters"];
  const widths = header.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]!.length))
  );
  const line = ([layer, shape, count]: readonly string[]): string => {
    const middle = shapes === null ? "" : `  ${shape!.padEnd(widths[1]!)}`;
    return `${layer!.padEnd(widths[0]!)}${middle}  ${count!.padStart(widths[2]!)}`;
  };
  const rule = "-".repeat(line(header).length);
  const trainable = model.numParameters({ trainableOnly: true }).toLocaleString("en-US");
  const total = `${
    model.numParameters().toLocaleString("en-US")
  } parameters, ${trainable} trainable`;
  return [line(header), rule, ...rows.map(line), rule, total].join("\n");
}
