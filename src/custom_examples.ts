/**
 * Custom ops to read and to try: what their names say, with exact gradients.
 *
 * @module
 */
import { type CustomOp, customOps } from "./custom.ts";
import { CustomOpBuilder } from "./custom_builder.ts";
import { ArgumentError, ShapeError } from "./errors.ts";
import { ops } from "./op.ts";
import { checkOptions } from "./ops/front.ts";
import { logistic, normalDistribution } from "./ops/reference.ts";
import { pairsWithin, singlesWithin } from "./ops/samples.ts";
import { text } from "./shape.ts";
import type { Tensor } from "./tensor/tensor.ts";

/** x sigmoid(x), which is built in as silu. */
function swish(name: string): CustomOp {
  return new CustomOpBuilder(name, 1)
    .forward(([x]) => x.mul(x.sigmoid()))
    .backward(({ grad, inputs: [x], output }) => {
      const s = x.sigmoid();
      return [grad.mul(s.add(output.mul(s.neg().add(1))))];
    })
    .outputShape(([x]) => x.shape)
    .describe({
      summary: "x * sigmoid(x).",
      reference: (x) => x! * logistic(x!),
      samples: singlesWithin([-6, 6]),
    })
    .build();
}

/** x Φ(x), with the normal distribution Φ. */
function gelu(name: string): CustomOp {
  const distribution = (x: Tensor) => x.mul(Math.SQRT1_2).erf().add(1).mul(0.5);
  const density = (x: Tensor) => x.square().mul(-0.5).exp().mul(1 / Math.sqrt(2 * Math.PI));
  return new CustomOpBuilder(name, 1)
    .forward(([x]) => x.mul(distribution(x)))
    .backward(({ grad, inputs: [x] }) => [grad.mul(distribution(x).add(x.mul(density(x))))])
    .outputShape(([x]) => x.shape)
    .describe({
      summary: "x * Phi(x), Phi the normal distribution.",
      reference: (x) => x! * normalDistribution(x!),
      samples: singlesWithin([-3, 3]),
    })
    .build();
}

/** x tanh(ln(1 + eˣ)) (Misra 2019). */
function mish(name: string): CustomOp {
  return new CustomOpBuilder(name, 1)
    .forward(([x]) => x.mul(x.softplus().tanh()))
    .backward(({ grad, inputs: [x] }) => {
      const t = x.softplus().tanh();
      const slope = t.square().neg().add(1).mul(x.sigmoid());
      return [grad.mul(t.add(x.mul(slope)))];
    })
    .outputShape(([x]) => x.shape)
    .describe({
      summary: "x * tanh(log(1 + exp(x))).",
      reference: (x) => x! * Math.tanh(Math.log1p(Math.exp(x!))),
      samples: singlesWithin([-6, 6]),
    })
    .build();
}

/** xʸ. At x = 0 the gradients are those of pow: 0 where the formula is 0 times infinity. */
function power(name: string): CustomOp {
  return new CustomOpBuilder(name, 2)
    .forward(([x, y]) => x.pow(y))
    .backward(({ grad, inputs: [x, y], output, needs }) => {
      const isZero = x.eq(0);
      const slope = () => y.mul(x.pow(y.sub(1).maskedFill(isZero.logicalAnd(y.eq(0)), 0)));
      const growth = () => output.mul(x.maskedFill(isZero.logicalAnd(y.ge(0)), 1).log());
      return [needs[0] ? grad.mul(slope()) : null, needs[1] ? grad.mul(growth()) : null];
    })
    .describe({
      summary: "x to the power of y, broadcast.",
      reference: (x, y) => x! ** y!,
      samples: pairsWithin([0.25, 2], [-2, 2]),
    })
    .build();
}

type Normalization = { readonly eps?: number };

/** Mean 0 and variance 1 along the last dim (Ba, Kiros and Hinton 2016). */
function layerNorm(name: string): CustomOp {
  const centered = (x: Tensor) => x.sub(x.mean(-1, { keepdim: true }));
  const scale = (c: Tensor, { eps = 1e-5 }: Normalization) =>
    c.square().mean(-1, { keepdim: true }).add(eps).rsqrt();
  return new CustomOpBuilder<1, Normalization>(name, 1)
    .validate(([x], attributes) => checkNormalization(name, x, attributes))
    .forward(([x], attributes) => {
      const c = centered(x);
      return c.mul(scale(c, attributes));
    })
    .backward(({ grad, inputs: [x], output, attributes }) => {
      const along = output.mul(grad.mul(output).mean(-1, { keepdim: true }));
      return [centered(grad).sub(along).mul(scale(centered(x), attributes))];
    })
    .outputShape(([x]) => x.shape)
    .describe({
      summary: "(x - mean) / sqrt(variance + eps) along the last dim; eps is 1e-5 by default.",
      samples: [
        { shapes: [[2, 5]] },
        { shapes: [[3, 2, 4]], rest: [{ eps: 0.1 }] },
        { shapes: [[7]] },
        { shapes: [[0, 3]] },
      ],
    })
    .build();
}

function checkNormalization(name: string, x: Tensor, attributes: Normalization): void {
  checkOptions(attributes, ["eps"], name);
  const { eps = 0 } = attributes;
  if (!(eps >= 0 && eps < Infinity)) {
    throw new ArgumentError(`Cannot run ${name} with eps ${eps}: it is a number of 0 or more`, {
      op: name,
    });
  }
  if (x.ndim === 0) {
    throw new ShapeError(`Cannot run ${name} on shape ${text(x.shape)}: there is no last dim`, {
      op: name,
    });
  }
}

const examples = { swish, gelu, mish, power, layer_norm: layerNorm };

/** What {@link registerExampleCustomOps} has registered, by the example's own name. */
const registered = new Map<string, CustomOp>();

/**
 * Registers five custom ops: `swish`, `gelu`, `mish`, `power` (of two inputs) and `layer_norm`
 * (along the last dim, with the attribute `eps`). One whose name is taken, as that of `gelu` by the
 * built-in op, is registered as `example/NAME`. Calling it again changes nothing.
 *
 * @returns the names, in the order above.
 *
 * @example
 * ```ts
 * import { executeCustomOp, registerExampleCustomOps } from "@minitensor/minitensor";
 * console.assert(registerExampleCustomOps().includes("example/gelu"));
 * console.assert(executeCustomOp("power", [2, 3]).item() === 8);
 * executeCustomOp("layer_norm", [[[1, 2], [3, 5]]], { eps: 1e-6 });
 * ```
 */
export function registerExampleCustomOps(): readonly string[] {
  return Object.entries(examples).map(([example, make]) => {
    const before = registered.get(example);
    if (before !== undefined && isStill(before)) return before.name;
    const custom = make(ops.has(example) ? `example/${example}` : example);
    customOps.register(custom);
    registered.set(example, custom);
    return custom.name;
  });
}

/** False once somebody has unregistered it. */
function isStill(custom: CustomOp): boolean {
  return customOps.isRegistered(custom.name) && customOps.get(custom.name) === custom;
}
