/**
 * Rows of special functions, elements combined by index, and numbers drawn by rejection.
 *
 * @module
 */
import { multinomial, poisson, type ScatterReduction, special, type Tensor } from "../mod.ts";
import type { Row } from "./rows.ts";
import type { CallWork } from "./works.ts";

const M = 1024 * 1024;

/** How the rows' works are called. */
export const specialCalls: Readonly<
  Record<string, (inputs: readonly Tensor[], numbers: readonly number[]) => () => Tensor>
> = {
  gammainc: ([a, x]) => () => special.gammainc(a!, x!),
  logNdtr: ([x]) => () => special.logNdtr(x!),
  ndtri: ([x]) => () => special.ndtri(x!),
  trigamma: ([x]) => () => x!.polygamma(1),
  zeta: ([s, q]) => () => special.zeta(s!, q!),
  poisson: ([rate]) => () => poisson(rate!),
  multinomial: ([weights], [n]) => () => multinomial(weights!, n!, { replacement: n! > 1 }),
  scatterReduce: ([x, index, source], [which]) => () =>
    x!.scatterReduce(0, index!, source!, (["prod", "amax", "mean"] as ScatterReduction[])[which!]!),
};

function call(op: string, inputs: CallWork["inputs"], numbers: readonly number[] = []): CallWork {
  return { kind: "call", op, inputs, numbers };
}

/** All of them. */
export function specialRows(): Row[] {
  const one = { shape: [M], range: [0.1, 12] as const };
  const two = { shape: [M], range: [1.1, 9] as const };
  const singles = ["lgamma", "digamma", "trigamma", "i0"].map((op) => ({ op, inputs: [one] }));
  const functions = [
    ...singles,
    { op: "ndtri", inputs: [{ shape: [M], range: [0.001, 0.999] as const }] },
    { op: "logNdtr", inputs: [{ shape: [M], range: [-10, 4] as const }] },
    { op: "gammainc", inputs: [one, two] },
    { op: "zeta", inputs: [two, one] },
  ].map(({ op, inputs }) => (
    { group: "special", name: `${op} 1M`, work: call(op, inputs), bar: 1 }
  ));
  const index = { shape: [4096, 256], dtype: "int64", range: [0, 1024] } as const;
  const combined = ["prod", "amax", "mean"].map((name, which) => {
    const inputs = [{ shape: [1024, 256] }, index, { shape: [4096, 256] }];
    const work = call("scatterReduce", inputs, [which]);
    return { group: "special", name: `scatterReduce ${name} 4096x256`, work, bar: 1 };
  });
  const drawn = [
    { name: "poisson 5, 1M", work: call("poisson", [{ shape: [M], range: [5, 5] }]) },
    { name: "poisson 50, 1M", work: call("poisson", [{ shape: [M], range: [50, 50] }]) },
    { name: "multinomial 1 of 1000x1000", work: call("multinomial", [row(1000, 1000)], [1]) },
    { name: "multinomial 100 of 100x1000", work: call("multinomial", [row(100, 1000)], [100]) },
  ].map(({ name, work }) => ({ group: "special", name, work, bar: 1 }));
  return [...functions, ...combined, ...drawn];
}

function row(...shape: readonly number[]): CallWork["inputs"][number] {
  return { shape, range: [0.5, 1.5] };
}
