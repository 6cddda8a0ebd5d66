/**
 * Ops computed by tensor code, on a batch: the same code and the same gradient rule, within vmap.
 *
 * @module
 */
import {
  applyAll,
  BoundOp,
  type CompositeKernel,
  type GradientRule,
  type OpRecord,
} from "../op.ts";
import { specOf, type TensorSpec } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  batchOf,
  type Level,
  lift,
  spread,
  takeValue,
  TogetherError,
  withLevel,
  wrap,
} from "./batch.ts";
import { loop, type Rule, spreadAll } from "./rule.ts";

/**
 * Runs an op on the batch by a record made of its own: its gradient rule holds outside too. Code
 * that reads elements, or writes into tensors that it has made for one example, goes example by
 * example.
 */
export const composite: Rule = (call) => {
  const together = new BoundOp(recordOf(call.op.record, call.level));
  try {
    return applyAll(together, spreadAll(call), call.attributes);
  } catch (error) {
    if (error instanceof TogetherError) return loop(call);
    throw error;
  }
};

function recordOf(record: OpRecord<unknown>, level: Level): OpRecord<unknown> {
  const { name, summary, saves, gradient } = record;
  const kernel = record.kernel as CompositeKernel<unknown>;
  return {
    name,
    summary,
    infer: () => null,
    kernel: {
      ...(kernel.narrow === undefined ? {} : { narrow: kernel.narrow }),
      composite: (values, attributes) =>
        withLevel(level.size, level.randomness, (inner) => {
          const results = kernel.composite(values.map((x) => wrap(x, inner, true)), attributes);
          const list = Array.isArray(results) ? results as Tensor[] : [results as Tensor];
          return list.map((x) => whole(x, inner));
        }),
    },
    saves,
    gradient: gradient === null ? null : gradientOf(gradient, level),
    samples: [],
  };
}

function gradientOf(gradient: GradientRule<unknown>, { size }: Level): GradientRule<unknown> {
  return ({ grad, grads, inputs, outputs, specs, outputSpecs, attributes, needs }) =>
    withLevel(size, "error", (inner) => {
      const inside = (x: Tensor) => wrap(x, inner, true);
      const results = gradient({
        grad: inside(grad),
        grads: grads.map((x) => x === null ? null : inside(x)),
        inputs: inputs.map(inside),
        outputs: outputs.map(inside),
        specs: specs.map(ofExample),
        outputSpecs: outputSpecs.map(ofExample),
        attributes,
        needs,
      });
      return results.map((x) => x === null ? null : whole(x, inner));
    });
}

function ofExample({ shape, dtype }: TensorSpec): TensorSpec {
  return specOf(shape.slice(1), dtype);
}

/** The batch that a tensor stands for, also where the examples came to share it. */
function whole(x: Tensor, level: Level): Tensor {
  const lifted = lift(x, level);
  return spread(takeValue(lifted), batchOf(lifted).batched, level);
}
