/** How the cases of func.jsonl are called: the functions that make_func.py makes, made again. */
import * as mt from "../../mod.ts";
import type { Tensor } from "../../mod.ts";

const { grad, gradAndValue, hessian, jacfwd, jacrev, jvp, vjp, vmap } = mt.func;

type Call = (inputs: readonly Tensor[], rest: readonly unknown[]) => unknown;

const loss = (w: Tensor, b: Tensor, x: Tensor, t: Tensor) =>
  x.matmul(w).tanh().add(b).sub(t).square().mean();
const each = { inDims: [null, null, 0, 0] };
const whole = (w: Tensor, b: Tensor, x: Tensor, t: Tensor) => vmap(loss, each)(w, b, x, t).mean();
const wave = (x: Tensor) => x.sin().mul(x);
const models = vmap(vmap(grad(loss), each), { inDims: [0, 0, null, null] });

const small = (w: Tensor, x: Tensor) =>
  mt.conv2d(x, w, { padding: 1, stride: [1, 2] }).tanh().square().sum();
const pool = (w: Tensor, x: Tensor) =>
  mt.maxPool2d(mt.conv2d(x, w), 2).sum().add(mt.avgPool2d(x, 2).square().sum());
const entropy = (s: Tensor, t: Tensor) => mt.crossEntropy(s, t, { labelSmoothing: 0.1 });

const f = (x: Tensor, y: Tensor) => mt.outer(x, y).sin().sum(1).mul(y.sum());
const energy = (x: Tensor, y: Tensor) => f(x, y).square().sum();

const pairs = vmap(vmap(mt.dot, { inDims: [null, 0] }), { inDims: [0, null] });
const attend = (q: Tensor) => mt.softmax(q.matmul(q.mT).div(2), -1).matmul(q);
const rank = (x: Tensor) => [
  x.sort(-1, { descending: true }).values,
  x.max(0).values,
  x.norm(),
  mt.layerNorm(x, [3]),
];
const solve = (a: Tensor, x: Tensor) => [
  mt.linalg.solve(a, x),
  mt.linalg.det(a),
  mt.linalg.cholesky(a),
];

/** A case whose function takes the inputs one by one. */
const of = (fn: (...given: [Tensor, Tensor, Tensor, Tensor]) => unknown): Call => (inputs) =>
  fn(...inputs as [Tensor, Tensor, Tensor, Tensor]);

/** By the name of the case. */
export const funcCalls: Readonly<Record<string, Call>> = {
  funcGrad: of(grad(loss, { argnums: [0, 1] })),
  funcEach: of(vmap(grad(loss, { argnums: [0, 1] }), each)),
  funcEachValue: of((...given) => {
    const { grad, value } = vmap(gradAndValue(loss, { argnums: 1 }), each)(...given);
    return [grad, value];
  }),
  funcWhole: of(grad(whole)),
  funcThird: of((x) => vmap(grad(grad(grad(wave))))(x)),
  funcModels: of(models),
  funcConvEach: of((w, x) => vmap(grad(small), { inDims: [null, 0] })(w, x)),
  funcConvOwn: of((w, x) => vmap((w: Tensor, x: Tensor) => mt.conv2d(x, w, { padding: 1 }))(w, x)),
  funcPoolEach: of((w, x) => vmap(grad(pool, { argnums: [0, 1] }), { inDims: [null, 0] })(w, x)),
  funcEntropy: of((s, t) => vmap(grad(entropy))(s, t)),
  funcJacrev: ([x, y], [argnums]) => jacrev(f, { argnums: argnums as number })(x!, y!),
  funcJacfwd: ([x, y], [argnums]) => jacfwd(f, { argnums: argnums as number })(x!, y!),
  funcHessian: ([x, y], [argnums]) => {
    const found: unknown = hessian(energy, { argnums: argnums as number })(x!, y!);
    return Array.isArray(found) ? found.flat() : found;
  },
  funcHessianEach: of((x, y) => vmap(hessian(energy), { inDims: [0, null] })(x, y)),
  funcJvp: of((x, y, v, u) => {
    const at = jvp(f, [x, y], [v, u]);
    return [at.output, at.jvp];
  }),
  funcVjp: of((x, y, v) => {
    const at = vjp(f, [x, y]);
    return [at.output, ...at.vjp(v)];
  }),
  funcPairs: of((a, b) => pairs(a, b)),
  funcDims: of((x, y) =>
    vmap((a: Tensor, b: Tensor) => [a.add(b), a.cumsum(0)], {
      inDims: [1, null],
      outDims: [-1, 0],
    })(
      x,
      y,
    )
  ),
  funcAttend: of((q) => vmap(attend)(q)),
  funcRank: of((x) => vmap(rank)(x)),
  funcSelect: of((x, i) => vmap((x: Tensor, i: Tensor) => x.indexSelect(0, i))(x, i)),
  funcSelectShared: of((x, i) => vmap((i: Tensor) => x.indexSelect(0, i))(i)),
  funcSolve: of((a, x) => vmap(solve)(a, x)),
};
