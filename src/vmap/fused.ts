/**
 * Kernels that read whole memory on batches: normalisation, attention, places of a mask.
 *
 * @module
 */
import type { Sets } from "../ops/standardize.ts";
import { type BatchCall, leading, loop, merging, type Rule, spreadAll } from "./rule.ts";

/** These kernels read whole memory: what is strided is copied first. */
function dense(call: BatchCall): BatchCall {
  return { ...call, values: call.values.map((x) => x.contiguous()) };
}

/** Sets of one outer index are neighbours; those of whole channels have examples between them. */
function standardized(count: number, isPerExample: (call: BatchCall) => boolean): Rule {
  return (call) => (isPerExample(call) ? loop : merging(count))(dense(call));
}

const isOfChannels = ({ attributes }: BatchCall): boolean => (attributes as Sets).groups === 0;

const attentionGradient: Rule = (call) =>
  call.again(spreadAll(call).map((x, i) => i < 3 ? x.contiguous() : x), call.attributes);

/** Rules by op. */
export const fusedRules: readonly (readonly [string, Rule])[] = [
  ["standardize", standardized(1, isOfChannels)],
  ["standardizeGiven", standardized(1, () => false)],
  // Gradients of weights are sums over the examples' own outer indices.
  ["standardizeGradient", standardized(4, (call) => isOfChannels(call) || call.values.length > 4)],
  ["fusedAttention", leading],
  ["attentionGradient", attentionGradient],
  ["offsetsOfTrue", (call) => loop(dense(call))],
  ["placesOfTrue", (call) => loop(dense(call))],
];
