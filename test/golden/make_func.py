"""Writes func.jsonl: vmap, and gradients as functions.

    python3 test/golden/make_func.py
"""

import torch
import torch.nn.functional as F
from torch.func import grad, grad_and_value, hessian, jacfwd, jacrev, jvp, vjp, vmap

from golden import case, grid, write


def loss(w, b, x, t):
    return ((torch.tanh(x @ w) + b - t) ** 2).mean()


def gradients():
    w, b, x, t = grid(3, 2, low=-1, high=1), grid(2), grid(4, 3, low=-1, high=1), grid(4, 2)
    case("funcGrad", lambda *a: grad(loss, argnums=(0, 1))(*a), [w, b, x, t])
    case("funcEach", lambda *a: vmap(grad(loss, argnums=(0, 1)), in_dims=(None, None, 0, 0))(*a), [w, b, x, t])
    each = lambda *a: vmap(grad_and_value(loss, argnums=1), in_dims=(None, None, 0, 0))(*a)
    case("funcEachValue", each, [w, b, x, t])
    whole = lambda w, b, x, t: vmap(loss, in_dims=(None, None, 0, 0))(w, b, x, t).mean()
    case("funcWhole", lambda *a: grad(whole)(*a), [w, b, x, t])
    wave = lambda x: x.sin() * x
    case("funcThird", lambda x: vmap(grad(grad(grad(wave))))(x), [grid(5)])
    stacked = [grid(2, 3, 2, low=-1, high=1), grid(2, 2), x, t]
    models = lambda *a: vmap(vmap(grad(loss), in_dims=(None, None, 0, 0)), in_dims=(0, 0, None, None))(*a)
    case("funcModels", models, stacked)


def images():
    w, x = grid(2, 3, 3, 3, low=-1, high=1) / 8, grid(4, 2, 3, 5, 4, low=-1, high=1)
    small = lambda w, x: (F.conv2d(x, w, padding=1, stride=(1, 2)).tanh() ** 2).sum()
    case("funcConvEach", lambda w, x: vmap(grad(small), in_dims=(None, 0))(w, x), [w, x])
    own = grid(4, 2, 3, 3, 3, low=-1, high=1)
    case("funcConvOwn", lambda w, x: vmap(lambda w, x: F.conv2d(x, w, padding=1))(w, x), [own, x])
    pool = lambda w, x: F.max_pool2d(F.conv2d(x, w), 2).sum() + F.avg_pool2d(x, 2).pow(2).sum()
    case("funcPoolEach", lambda w, x: vmap(grad(pool, argnums=(0, 1)), in_dims=(None, 0))(w, x), [w, x])
    scores, target = grid(3, 4, 5), torch.tensor([[0, 1, 2, 3], [4, 4, 4, 4], [2, 0, 1, 2]])
    entropy = lambda s, t: F.cross_entropy(s, t, label_smoothing=0.1)
    case("funcEntropy", lambda s, t: vmap(grad(entropy))(s, t), [scores, target])


def jacobians():
    f = lambda x, y: torch.outer(x, y).sin().sum(1) * y.sum()
    x, y = grid(3, low=-1, high=1), grid(2, low=-1, high=1)
    for name, transform in [("funcJacrev", jacrev), ("funcJacfwd", jacfwd)]:
        case(name, lambda *a: transform(f)(*a), [x, y], 0)
        case(name, lambda *a: transform(f, argnums=1)(*a), [x, y], 1)
        case(name, lambda *a: transform(f, argnums=(1, 0))(*a), [x, y], [1, 0])
    energy = lambda x, y: f(x, y).pow(2).sum()
    case("funcHessian", lambda *a: hessian(energy)(*a), [x, y], 0)
    both = lambda *a: [block for row in hessian(energy, argnums=(0, 1))(*a) for block in row]
    case("funcHessian", both, [x, y], [0, 1])
    case("funcHessianEach", lambda x, y: vmap(hessian(energy), (0, None))(x, y), [grid(4, 3, low=-1, high=1), y])
    tangents = [grid(3), grid(2)]
    case("funcJvp", lambda x, y, v, u: jvp(f, (x, y), (v, u)), [x, y, *tangents])
    case("funcVjp", lambda x, y, v: (lambda out, pull: (out, *pull(v)))(*vjp(f, x, y)), [x, y, grid(3)])


def batches():
    a, b = grid(3, 4), grid(5, 4)
    pairs = vmap(vmap(torch.dot, in_dims=(None, 0)), in_dims=(0, None))
    case("funcPairs", lambda a, b: pairs(a, b), [a, b])
    dims = vmap(lambda x, y: (x + y, x.cumsum(0)), in_dims=(1, None), out_dims=(-1, 0))
    case("funcDims", lambda x, y: dims(x, y), [grid(2, 3), grid(2)])
    q = grid(2, 4, 3)
    attend = lambda q: F.softmax(q @ q.mT / 2, -1) @ q
    case("funcAttend", lambda q: vmap(attend)(q), [q])
    rank = lambda x: (x.sort(-1, descending=True)[0], x.max(0)[0], x.norm(), F.layer_norm(x, [3]))
    case("funcRank", lambda x: vmap(rank)(x), [q])
    index = torch.tensor([[0, 2], [1, 1]])
    case("funcSelect", lambda x, i: vmap(lambda x, i: x.index_select(0, i))(x, i), [q, index])
    case("funcSelectShared", lambda x, i: vmap(lambda i: x.index_select(0, i))(i), [q, index % 2])
    square = q[:, :3] @ q[:, :3].mT + 4 * torch.eye(3).double()
    solve = lambda a, x: (torch.linalg.solve(a, x), torch.linalg.det(a), torch.linalg.cholesky(a))
    case("funcSolve", lambda a, x: vmap(solve)(a, x), [square, grid(2, 3)])


if __name__ == "__main__":
    write("func", [gradients, images, jacobians, batches])
