/**
 * How an op is run on batches: by the rule of its record, on all examples at once.
 *
 * @module
 */
import { modes } from "../graph.ts";
import {
  type apply,
  type applyAll,
  type BoundOp,
  ops,
  record,
  setBatchedApply,
  TRACKED,
} from "../op.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { batchOf, levelOf, lift, valueOf, wrap } from "./batch.ts";
import { composite } from "./composite.ts";
import { rules } from "./rules.ts";
import { type BatchCall, broadcasting, loop, type Rule } from "./rule.ts";

setBatchedApply((op, inputs, attributes, plain): Tensor[] => {
  const level = levelOf(op.name, inputs);
  const lifted = inputs.map((x) => lift(x, level));
  const flags = lifted.map((x) => batchOf(x).batched);
  const values = lifted.map(valueOf);
  const some = flags.includes(true);
  const again = rerun(op, plain);
  const call: BatchCall = { op, level, inputs: lifted, values, flags, attributes, again };
  const made = some ? ruleOf(op)(call) : again(values, attributes);
  const outputs = made.map((value) => wrap(value, level, some));
  if (modes.gradients && lifted.some((x) => (x.state & TRACKED) !== 0)) {
    record(op, lifted, attributes, outputs);
  }
  return outputs;
});

function rerun(op: BoundOp, plain: typeof apply | typeof applyAll): BatchCall["again"] {
  return (values, attributes) => {
    const result = plain(op, values, attributes);
    return Array.isArray(result) ? result : [result];
  };
}

/** The rule of an op; custom ops may have the names of built-in ones, but not their kernels. */
function ruleOf(op: BoundOp): Rule {
  const { kernel, reference } = op.record;
  const named = rules[op.name];
  if (named !== undefined && ops.get(op.name)?.kernel === kernel) return named;
  if ("native" in kernel && kernel.elementwise === true) return broadcasting;
  if (!("native" in kernel) && reference !== undefined) return broadcasting;
  return "composite" in kernel ? composite : loop;
}
