/**
 * Functions of functions, as the rows call them.
 *
 * @module
 */
import { conv2d, dot, func, type Tensor } from "../mod.ts";

type Call = (inputs: readonly Tensor[]) => () => Tensor | object;

const { grad, hessian, jacfwd, jacrev, vmap } = func;

/** Mean square of what a network of two layers answers for one example. */
function loss(w: Tensor, v: Tensor, x: Tensor): Tensor {
  return x.matmul(w).tanh().matmul(v).square().mean();
}

function imageLoss(w: Tensor, x: Tensor): Tensor {
  return conv2d(x, w, { padding: 1 }).relu().mean();
}

const layer = (w: Tensor) => (x: Tensor) => x.matmul(w).tanh();

/** By the name of the row's op. */
export const transformCalls: Readonly<Record<string, Call>> = {
  vmapDot: ([x, y]) => () => vmap(dot)(x!, y!),
  gradEach: ([w, v, x]) => () =>
    vmap(grad(loss, { argnums: [0, 1] }), { inDims: [null, null, 0] })(w!, v!, x!),
  gradEachImage: ([w, x]) => () => vmap(grad(imageLoss), { inDims: [null, 0] })(w!, x!),
  jacrev: ([x, w]) => () => jacrev(layer(w!))(x!),
  jacfwd: ([x, w]) => () => jacfwd(layer(w!))(x!),
  hessian: ([x, w]) => () => hessian((y: Tensor) => layer(w!)(y).square().sum())(x!),
};
