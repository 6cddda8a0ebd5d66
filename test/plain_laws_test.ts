/** Functions made of ops obey the laws of ops: layouts, gradients, second derivatives. */
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import * as mt from "../mod.ts";
import type { Sample, Tensor } from "../mod.ts";
import { brokenLaws } from "./plain_op.ts";

const one: readonly Sample[] = [{ shapes: [[3, 4]] }, { shapes: [[7]] }, { shapes: [[2, 0]] }];
const two: readonly Sample[] = [{ shapes: [[3, 4], [3, 4]] }, { shapes: [[5], [5]] }];
const wide: readonly Sample[] = [...two, { shapes: [[2, 1, 3], [4, 1]] }, { shapes: [[], []] }];
const three: readonly Sample[] = [
  { shapes: [[3, 4], [3, 4], [3, 4]] },
  { shapes: [[2, 1, 3], [4, 1], []] },
];
const rows: readonly Sample[] = [{ shapes: [[3, 4]] }, { shapes: [[2, 3, 2]] }];
const classes: readonly Sample[] = [
  { shapes: [[4, 5], [4]], dtypes: ["float", "int64"], ranges: [[-2, 2], [0, 5]] },
  { shapes: [[2, 3, 4], [2, 4]], dtypes: ["float", "int64"], ranges: [[-2, 2], [0, 3]] },
];

/** The samples with values in a range for each input. */
function within(
  samples: readonly Sample[],
  ...ranges: readonly (readonly [number, number])[]
): readonly Sample[] {
  return samples.map((sample) => ({ ...sample, ranges }));
}

type Run = (...tensors: readonly Tensor[]) => Tensor;

const signs = (x: Tensor): Tensor => mt.where(x.detach().gt(0), 1, -1).to(x.dtype);
const first = mt.tensor([[true, false, true, false]]);
const positive: readonly [number, number] = [0.3, 2];
const none = { reduction: "none" } as const;

const functions: Readonly<Record<string, readonly [Run, readonly Sample[]]>> = {
  deg2rad: [(x) => mt.deg2rad(x!), one],
  rad2deg: [(x) => mt.rad2deg(x!), one],
  frac: [(x) => mt.frac(x!), within(one, [0.1, 0.9])],
  nanToNum: [(x) => mt.nanToNum(x!), one],
  "clamp between tensors": [(x, low, high) => mt.clamp(x!, low, high), three],
  logit: [(x) => mt.logit(x!, { eps: 0.2 }), within(one, [-0.5, 1.5])],
  heaviside: [(x, y) => mt.heaviside(x!.detach().gt(0).to(y!.dtype), y!), wide],
  fma: [(x, y, z) => mt.fma(x!, y!, z!), three],
  lerp: [(x, y, z) => mt.lerp(x!, y!, z!), three],
  addcmul: [(x, y, z) => mt.addcmul(x!, y!, z!, { value: 3 }), three],
  addcdiv: [
    (x, y, z) => mt.addcdiv(x!, y!, z!, { value: 3 }),
    within(three, [-2, 2], [-2, 2], [0.5, 2]),
  ],
  frexp: [(x) => mt.frexp(x!).mantissa, within(one, [0.6, 0.9])],
  ldexp: [(x, y) => mt.ldexp(x!, y!), wide],
  diff: [(x) => mt.diff(x!, { n: 2 }), one],
  trapezoid: [(y, x) => mt.trapezoid(y!, x!), two],
  cumulativeTrapezoid: [(y) => mt.cumulativeTrapezoid(y!, { dim: 0 }), rows],
  dist: [(x, y) => mt.dist(x!, y!), two],
  "dist in the norm of 3": [(x, y) => mt.dist(x!, y!, 3), within(two, [1, 2], [-2, -1])],
  normalize: [(x) => mt.normalize(x!), rows],
  cosineSimilarity: [(x, y) => mt.cosineSimilarity(x!, y!), [{ shapes: [[3, 4], [1, 4]] }]],
  pairwiseDistance: [(x, y) => mt.pairwiseDistance(x!, y!), two],
  pdist: [(x) => mt.pdist(x!), [{ shapes: [[4, 3]] }, { shapes: [[1, 3]] }]],
  selu: [(x) => mt.selu(x!), one],
  celu: [(x) => mt.celu(x!, { alpha: 0.7 }), one],
  hardshrink: [(x) => mt.hardshrink(x!), one],
  softshrink: [(x) => mt.softshrink(x!), one],
  threshold: [(x) => mt.threshold(x!, 0.1, 5), one],
  prelu: [(x, weight) => mt.prelu(x!, weight!), [{ shapes: [[3, 4], [4]] }, {
    shapes: [[2, 3, 2], [1]],
  }]],
  glu: [(x) => mt.glu(x!, 1), [{ shapes: [[3, 4]] }, { shapes: [[2, 6, 2]] }]],
  swiglu: [(x, y) => mt.swiglu(x!, y!), wide],
  geglu: [(x, y) => mt.geglu(x!, y!), wide],
  reglu: [(x, y) => mt.reglu(x!, y!), wide],
  softmin: [(x) => mt.softmin(x!), rows],
  maskedSoftmax: [(x) => mt.maskedSoftmax(x!, first), [{ shapes: [[3, 4]] }]],
  maskedLogSoftmax: [
    (x) => mt.maskedLogSoftmax(x!, first).maskedFill(first, 0),
    [{ shapes: [[3, 4]] }],
  ],
  mseLoss: [
    (x, y, w) => mt.mseLoss(x!, y!, { weight: w! }),
    within(
      [{ shapes: [[3, 4], [3, 4], [4]] }],
      [-2, 2],
      [-2, 2],
      positive,
    ),
  ],
  smoothL1Loss: [(x, y) => mt.smoothL1Loss(x!, y!, { beta: 0.7 }), two],
  huberLoss: [(x, y) => mt.huberLoss(x!, y!, { delta: 0.7 }), two],
  logCoshLoss: [(x, y) => mt.logCoshLoss(x!, y!), two],
  poissonNllLoss: [(x, y) => mt.poissonNllLoss(x!, y!), two],
  gaussianNllLoss: [
    (x, y, v) => mt.gaussianNllLoss(x!, y!, v!),
    within([{ shapes: [[3, 4], [3, 4], [3, 4]] }], [-2, 2], [-2, 2], positive),
  ],
  binaryCrossEntropyWithLogits: [
    (x, t, w) => mt.binaryCrossEntropyWithLogits(x!, t!, { posWeight: w!, weight: w!.add(1) }),
    within([{ shapes: [[3, 4], [3, 4], [4]] }], [-2, 2], [0, 1], positive),
  ],
  sigmoidFocalLoss: [(x, t) => mt.sigmoidFocalLoss(x!, t!), within(two, [-2, 2], [0, 1])],
  softMarginLoss: [(x, t) => mt.softMarginLoss(x!, signs(t!)), two],
  multilabelSoftMarginLoss: [
    (x, t) => mt.multilabelSoftMarginLoss(x!, t!),
    within(two, [-2, 2], [0, 1]),
  ],
  nllLoss: [(x, t) => mt.nllLoss(x!, t!, none), classes],
  focalLoss: [(x, t) => mt.focalLoss(x!, t!, { ...none, gamma: 1.5 }), classes],
  multiMarginLoss: [(x, t) => mt.multiMarginLoss(x!, t!, none), classes.slice(0, 1)],
  klDiv: [(x, t) => mt.klDiv(x!, t!), within(two, [-2, -1], positive)],
  ctcLoss: [
    (x) => mt.ctcLoss(x!, mt.tensor([[1n, 1n], [2n, 3n]]), [5, 4], [2, 2]),
    [{ shapes: [[5, 2, 4]] }],
  ],
  diceLoss: [(x, t) => mt.diceLoss(x!, t!), within([{ shapes: [[2, 3], [2, 3]] }], [0, 1], [0, 1])],
  infoNceLoss: [(x, y) => mt.infoNceLoss(x!, y!, { temperature: 0.7 }), two.slice(0, 1)],
  cosineEmbeddingLoss: [
    (x, y, t) => mt.cosineEmbeddingLoss(x!, y!, signs(t!)),
    [{ shapes: [[4, 3], [4, 3], [4]] }],
  ],
  hingeEmbeddingLoss: [(x, t) => mt.hingeEmbeddingLoss(x!, signs(t!), { margin: 3 }), two],
  marginRankingLoss: [(x, y, t) => mt.marginRankingLoss(x!, y!, signs(t!)), three],
  tripletMarginLoss: [
    (a, p, n) => mt.tripletMarginLoss(a!, p!, n!, { margin: 5, swap: true }),
    [{ shapes: [[4, 3], [4, 3], [4, 3]] }],
  ],
};

for (const [name, [run, samples]] of Object.entries(functions)) {
  test(`${name} obeys the laws on its ${samples.length} samples`, () => {
    assertEquals(brokenLaws(name, run, samples), "");
  });
}
