/**
 * Rows of pooling, recurrent cells, attention and bags of embeddings.
 *
 * @module
 */
import type { Row } from "./rows.ts";
import type { CallInput, CallWork } from "./works.ts";

/** A row forward, and one of its gradients. */
function both(
  group: string,
  name: string,
  op: string,
  inputs: readonly CallInput[],
  { numbers = [], bar = 1 }: { numbers?: readonly number[]; bar?: number } = {},
): Row[] {
  const work: CallWork = { kind: "call", op, inputs, numbers };
  return [
    { group, name, work, bar },
    { group, name: `${name}, gradient`, work: { ...work, pass: "gradient" }, bar },
  ];
}

/** Pooling of one to three dims, with indices, and to a size. */
export function poolingRows(): Row[] {
  const row = (
    op: string,
    name: string,
    shape: readonly number[],
    numbers: readonly number[],
    bar = 5,
  ) => both("pooling", `${op} ${name}`, op, [{ shape }], { numbers, bar });
  return [
    ...row("maxPool2d", "2 32x64x32x32", [32, 64, 32, 32], [2, 2]),
    ...row("avgPool2d", "2 32x64x32x32", [32, 64, 32, 32], [2, 2]),
    ...row("maxPool2d", "3 / 2 8x64x56x56", [8, 64, 56, 56], [3, 2]),
    ...row("avgPool2d", "3 / 2 8x64x56x56", [8, 64, 56, 56], [3, 2]),
    ...row("maxPool2dIndices", "2 32x64x32x32", [32, 64, 32, 32], [2, 2]).slice(0, 1),
    ...row("maxPool1d", "2 32x64x1024", [32, 64, 1024], [2, 2], 1),
    ...row("avgPool1d", "3 / 2 32x64x1024", [32, 64, 1024], [3, 2], 1),
    ...row("maxPool3d", "2 4x32x16x32x32", [4, 32, 16, 32, 32], [2, 2], 1),
    ...row("avgPool3d", "2 4x32x16x32x32", [4, 32, 16, 32, 32], [2, 2]),
    ...row("adaptiveAvgPool2d", "5 32x64x28x28", [32, 64, 28, 28], [5], 1),
    ...row("adaptiveMaxPool2d", "5 32x64x28x28", [32, 64, 28, 28], [5], 1),
    ...row("lpPool2d", "2 8x64x56x56", [8, 64, 56, 56], [2, 2], 1),
    ...row("fractionalMaxPool2d", "2 8x64x56x56 to 30", [8, 64, 56, 56], [2, 30], 1),
  ];
}

function cellInputs(gates: number, states: number): CallInput[] {
  const [batch, hidden] = [32, 256];
  const range = [-0.1, 0.1] as const;
  return [
    ...Array.from({ length: 1 + states }, () => ({ shape: [batch, hidden] })),
    { shape: [gates * hidden, hidden], range },
    { shape: [gates * hidden, hidden], range },
    { shape: [gates * hidden] },
    { shape: [gates * hidden] },
  ];
}

/** Steps of recurrent networks, several heads, bags, and norms of samples. */
export function networkRows(): Row[] {
  const index = { shape: [1024, 20], dtype: "int64", range: [0, 10000] } as const;
  const table = { shape: [10000, 64] };
  const images = { shape: [8, 64, 32, 32] };
  const tokens = { shape: [8, 128, 256] };
  const projections = [[768, 256], [768], [256, 256], [256]].map((shape) => ({
    shape,
    range: [-0.1, 0.1] as const,
  }));
  return [
    ...both("recurrent", "lstmCell 32x256", "lstmCell", cellInputs(4, 2)),
    ...both("recurrent", "gruCell 32x256", "gruCell", cellInputs(3, 1)),
    ...both("recurrent", "rnnCell 32x256", "rnnCell", cellInputs(1, 1)),
    ...both("attention", "4 heads 8x128x256", "multiHeadAttention", [tokens, ...projections]),
    ...["sum", "mean", "max"].flatMap((mode, i) =>
      both("embeddingBag", `${mode} 1024 bags of 20`, "embeddingBag", [index, table], {
        numbers: [i],
      })
    ),
    ...both("norms", "instanceNorm 8x64x32x32", "instanceNorm", [images]),
    ...both("norms", "localResponseNorm 5 8x64x32x32", "localResponseNorm", [images]),
    ...both("linear", "bilinear 128 of 64 and 64", "bilinear", [
      { shape: [128, 64] },
      { shape: [128, 64] },
      { shape: [32, 64, 64] },
    ]),
  ];
}
