/**
 * Rows of functions that work element by element and have the same name in PyTorch: all those that
 * other rows do not measure.
 *
 * @module
 */
import type { Row } from "./rows.ts";
import type { CallWork } from "./works.ts";

const M = 1024 * 1024;

type Range = readonly [number, number];

/** Functions of one tensor by the range of what they are given. */
const singles: readonly (readonly [names: string, range: Range])[] = [
  ["asin acos atanh erfinv", [-0.99, 0.99]],
  ["atan sinh cosh asinh tan erfc expm1 exp2 sinc", [-3, 3]],
  ["acosh", [1, 9]],
  ["log2 log10 log1p sqrt rsqrt reciprocal", [0.1, 9]],
  ["abs neg sign floor round trunc square isnan", [-9, 9]],
  ["mish softplus elu softsign hardswish hardtanh hardsigmoid relu6", [-5, 5]],
];

/** Functions of two tensors. */
const pairs: readonly (readonly [names: string, range: Range])[] = [
  ["sub div maximum fmax atan2 hypot copysign nextafter eq lt", [-3, 3]],
  ["fmod remainder logaddexp xlogy", [0.1, 5]],
];

function row(op: string, inputs: CallWork["inputs"]): Row {
  return { group: "elements", name: `${op} 1M`, work: { kind: "call", op, inputs }, bar: 1 };
}

/** All of them. */
export function elementRows(): Row[] {
  const each = (names: string) => names.split(" ");
  return [
    ...singles.flatMap(([names, range]) =>
      each(names).map((op) => row(op, [{ shape: [M], range }]))
    ),
    ...pairs.flatMap(([names, range]) =>
      each(names).map((op) => row(op, [{ shape: [M], range }, { shape: [M], range, seed: 2 }]))
    ),
  ];
}
