/**
 * A plugin in TypeScript: two activations with exact gradients, and a layer over one of them.
 *
 * @module
 */
import {
  ArgumentError,
  CustomOpBuilder,
  type CustomOpRegistry,
  ones,
  PluginError,
  ShapeError,
  type Tensor,
} from "@minitensor/minitensor";
import { CustomLayer, type CustomPlugin, PluginBuilder } from "@minitensor/minitensor/plugin";

/**
 * x + sin²(a x) / a: grows and still repeats, so that networks learn what is periodic (Ziyin,
 * Hartwig and Ueda 2020). The gradients are
 *
 *     d/dx = 1 + sin(2 a x)
 *     d/da = (a x sin(2 a x) - sin²(a x)) / a²
 */
const snake = new CustomOpBuilder("snake", 2)
  .forward(([x, a]) => x.add(x.mul(a).sin().square().div(a)))
  .backward(({ grad, inputs: [x, a], needs }) => {
    const angle = x.mul(a);
    const double = angle.mul(2).sin(); // sin(2 a x), which is 2 sin(a x) cos(a x)
    const slope = () => double.add(1);
    const bend = () => angle.mul(double).sub(angle.sin().square()).div(a.square());
    return [needs[0] ? grad.mul(slope()) : null, needs[1] ? grad.mul(bend()) : null];
  })
  .validate(([x, a]) => {
    if (x.isFloatingPoint() && a.isFloatingPoint()) return;
    throw new ArgumentError(`Cannot snake dtypes ${x.dtype} and ${a.dtype}: it takes floats`);
  })
  .describe({
    summary: "x + sin(a x)^2 / a.",
    reference: (x, a) => x! + Math.sin(a! * x!) ** 2 / a!,
    samples: [
      { shapes: [[2, 3], [2, 3]], ranges: [[-3, 3], [0.5, 2]] },
      { shapes: [[4, 3], [3]], ranges: [[-3, 3], [0.5, 2]] },
      { shapes: [[], []], ranges: [[-3, 3], [0.5, 2]] },
      { shapes: [[0, 3], [3]], ranges: [[-3, 3], [0.5, 2]] },
    ],
  })
  .build();

/** exp(-x²), whose gradient -2 x exp(-x²) reads the output instead of computing it again. */
const bell = new CustomOpBuilder("bell", 1)
  .forward(([x]) => x.square().neg().exp())
  .backward(({ grad, inputs: [x], output }) => [grad.mul(x).mul(output).mul(-2)])
  .outputShape(([x]) => x.shape)
  .describe({
    summary: "exp(-x^2).",
    reference: (x) => Math.exp(-x! * x!),
    samples: [{ shapes: [[2, 3]] }, { shapes: [[17]] }, { shapes: [[]] }, { shapes: [[0, 2]] }],
  })
  .build();

/** The ops while the plugin is in use: set by its initialize, taken away by its cleanup. */
let registry: CustomOpRegistry | null = null;

/** The op snake with a frequency to be learned for each feature of the last dim. */
export class Snake extends CustomLayer {
  /** A layer whose frequencies begin at `frequency`. */
  constructor(features: number, frequency = 1) {
    super("Snake");
    this.addParameter("frequency", ones([features]).mul(frequency));
  }

  /** [..., features] to the same shape. */
  override forward(x: Tensor): Tensor {
    const frequency = this.getParameter("frequency");
    if (registry === null) {
      throw new PluginError("Cannot run layer Snake: its plugin is not registered");
    }
    if (x.shape.at(-1) !== frequency.numel()) {
      throw new ShapeError(
        `Cannot run layer Snake of ${frequency.numel()} features on shape [${x.shape.join(", ")}]`,
      );
    }
    return registry.execute("snake", [x, frequency]);
  }
}

/** The plugin: `registerPlugin(plugin)` brings it, `unloadPlugin("typescript_example")` ends it. */
export const plugin: CustomPlugin = new PluginBuilder()
  .name("typescript_example")
  .version("1.0.0")
  .description("Activations for periodic data.")
  .author("minitensor")
  .minMinitensorVersion("0.1.0")
  .build()
  .setInitializeFn((given) => {
    registry = given;
  })
  .setCleanupFn(() => {
    registry = null;
  })
  .setCustomOperationsFn(() => [snake, bell])
  .setCustomLayersFn(() => ({
    Snake: (features: number, frequency?: number) => new Snake(features, frequency),
  }));
