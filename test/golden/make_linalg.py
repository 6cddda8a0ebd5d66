"""Writes linalg.jsonl: what PyTorch answers for linear algebra.

    python3 test/golden/make_linalg.py

Results that are sensitive to rounding are compared in float64 alone.
"""

import math

import torch

from golden import INF, NAN, case, grid, write


def well(*shape):
    """Matrices that are far from singular."""
    return grid(*shape) + 8 * torch.eye(shape[-2], shape[-1], dtype=torch.float64)


def positive(*shape):
    """Symmetric positive definite matrices."""
    x = grid(*shape)
    return x + x.mT + 24 * torch.eye(shape[-1], dtype=torch.float64)


def hilbert(n):
    """Hilbert's matrix times the least number that makes its elements whole: nearly singular, and exact."""
    i = torch.arange(n)
    return (math.lcm(*range(1, 2 * n)) // (i[:, None] + i + 1)).double()


def solves():
    for a, b in (
        (well(3, 3), grid(3, 2)),
        (well(3, 3), grid(3)),
        (well(2, 4, 4), grid(2, 4, 3)),
        (well(2, 4, 4), grid(4, 3)),
        (well(2, 4, 4), grid(2, 4)),
        (well(2, 1, 3, 3), grid(5, 3, 2)),
        (well(3, 3), grid(2, 3, 1)),
        (torch.zeros(0, 0, dtype=torch.float64), torch.zeros(0, 2, dtype=torch.float64)),
        (torch.zeros(0, 3, 3, dtype=torch.float64), torch.zeros(0, 3, 2, dtype=torch.float64)),
    ):
        case("solve", torch.linalg.solve, [a, b])
    case("solve", torch.linalg.solve, [hilbert(4), grid(4, 2)], exact=True, gradient=False)
    case("solveTransposed", lambda a, b: torch.linalg.solve(a.mT, b.mT), [well(4, 4), grid(2, 4)])
    for upper, left, unit in ((False, True, False), (True, True, False), (True, False, False), (False, False, True), (True, True, True)):
        a = well(2, 3, 3)
        b = grid(3, 2) if left else grid(2, 3)
        function = lambda a, b: torch.linalg.solve_triangular(a, b, upper=upper, left=left, unitriangular=unit)
        case("solveTriangular", function, [a / 4 if unit else a, b], {"upper": upper, "left": left, "unitriangular": unit})


def inverses():
    for a in (well(3, 3), well(2, 4, 4), well(1, 1), torch.zeros(0, 0, dtype=torch.float64)):
        case("inv", torch.linalg.inv, [a])
        case("slogdet", lambda x: tuple(torch.linalg.slogdet(x))[::-1], [a])
        case("det", torch.linalg.det, [a / 4])
    turned = well(3, 3)[[1, 0, 2]]
    case("slogdet", lambda x: tuple(torch.linalg.slogdet(x))[::-1], [turned])
    case("logdet", torch.logdet, [well(2, 3, 3)])
    case("logdet", torch.logdet, [turned], gradient=False)
    singular = torch.tensor([[1.0, 2, 3], [2, 4, 6], [1, 0, 1]], dtype=torch.float64)
    case("det", torch.linalg.det, [singular], gradient=False)
    case("det", torch.linalg.det, [torch.zeros(2, 2, dtype=torch.float64)], gradient=False)
    case("inv", torch.linalg.inv, [hilbert(4)], exact=True, gradient=False)
    for n in (0, 1, 2, 5, -1, -2):
        case("matrixPower", lambda x: torch.linalg.matrix_power(x, n), [well(2, 3, 3) / 8], n, gradient=n != 0)
    for x in (grid(3, 3) / 4, grid(2, 4, 4), torch.zeros(0, 0, dtype=torch.float64)):
        case("matrixExp", torch.linalg.matrix_exp, [x / 2])
    case("tensorinv", lambda x: torch.linalg.tensorinv(x, 2), [well(6, 6).reshape(2, 3, 6)])
    case("tensorinv", lambda x: torch.linalg.tensorinv(x, 1), [well(6, 6).reshape(6, 3, 2)], {"ind": 1})
    case("tensorsolve", torch.linalg.tensorsolve, [well(6, 6).reshape(2, 3, 6), grid(2, 3)])
    turned = well(6, 6).reshape(2, 3, 3, 2).permute(0, 2, 1, 3).contiguous()
    case("tensorsolve", lambda a, b: torch.linalg.tensorsolve(a, b, dims=(1, 3)), [turned, grid(2, 3)], {"dims": [1, 3]})
    for shape in ((3, 3), (4, 2), (2, 3)):
        case("pinv", torch.linalg.pinv, [well(*shape)])


def factors():
    for shape in ((3, 3), (2, 4, 4), (1, 1), (0, 0)):
        case("cholesky", torch.linalg.cholesky, [positive(*shape)])
        case("cholesky", lambda x: torch.linalg.cholesky(x, upper=True), [positive(*shape)], {"upper": True})
    case("cholesky", torch.linalg.cholesky, [hilbert(4)], exact=True, gradient=False)
    for shape in ((3, 3), (5, 3), (3, 5), (2, 4, 3), (0, 3), (3, 0)):
        case("qrQ", lambda x: torch.linalg.qr(x).Q, [well(*shape)], gradient=0 not in shape)
        case("qrR", lambda x: torch.linalg.qr(x).R, [well(*shape)], gradient=0 not in shape)
        case("qr", lambda x: torch.linalg.qr(x, "complete"), [well(*shape)], {"mode": "complete"}, gradient=False)
        case("lu", torch.linalg.lu, [grid(*shape)], gradient=False)
        case("luL", lambda x: torch.linalg.lu(x).L, [well(*shape)], gradient=0 not in shape)
        case("luU", lambda x: torch.linalg.lu(x).U, [well(*shape)], gradient=0 not in shape)


def values():
    for shape in ((3, 3), (5, 3), (3, 5), (2, 4, 3), (0, 3)):
        case("svdvals", torch.linalg.svdvals, [grid(*shape)])
    case("svdvals", torch.linalg.svdvals, [hilbert(6)], gradient=False)
    case("svdvals", torch.linalg.svdvals, [torch.ones(4, 3, dtype=torch.float64)], gradient=False)
    lower = lambda x: torch.linalg.eigvalsh(x + x.mT)
    for shape in ((3, 3), (2, 5, 5), (1, 1), (0, 0)):
        case("eigvalshSum", lower, [grid(*shape)])
    case("eigvalsh", torch.linalg.eigvalsh, [hilbert(6)], gradient=False)
    case("eigvalsh", lambda x: torch.linalg.eigvalsh(x, UPLO="U"), [grid(4, 4)], {"UPLO": "U"}, gradient=False)
    for x in (grid(4, 3), hilbert(5), torch.ones(4, 3, dtype=torch.float64), torch.zeros(2, 3, 3, dtype=torch.float64)):
        case("matrixRank", torch.linalg.matrix_rank, [x], gradient=False)
    case("matrixRank", lambda x: torch.linalg.matrix_rank(x, atol=250), [hilbert(5)], {"atol": 250}, gradient=False)
    for p in (2, -2, 1, -1, "fro", "nuc"):
        case("cond", lambda x: torch.linalg.cond(x, p), [well(2, 3, 3)], {"p": p}, gradient=p in (2, -2))
    case("cond", lambda x: torch.linalg.cond(x, INF), [well(3, 3)], {"p": "Infinity"}, gradient=False)
    for a, b in ((well(5, 3), grid(5, 2)), (well(3, 5), grid(3, 2)), (well(2, 3, 3), grid(2, 3, 1))):
        case("lstsq", lambda a, b: torch.linalg.lstsq(a, b, driver="gelsd").solution, [a, b])


def indefinite():
    """Symmetric matrices: definite, indefinite, with zeros on the diagonal that call for blocks of 2."""
    for shape in ((3, 3), (2, 4, 4), (1, 1), (0, 0), (6, 6)):
        x = grid(*shape)
        case("ldlFactor", torch.linalg.ldl_factor, [x + x.mT], gradient=False)
    empty = grid(7, 7)
    empty = (empty + empty.mT) * (1 - torch.eye(7, dtype=torch.float64))
    case("ldlFactor", torch.linalg.ldl_factor, [empty], gradient=False)
    upper = grid(3, 3) + 8 * torch.eye(3, dtype=torch.float64)
    upper[0, 2] = NAN
    case("ldlFactor", torch.linalg.ldl_factor, [upper], gradient=False)
    solve = lambda a, b: torch.linalg.ldl_solve(*torch.linalg.ldl_factor(a), b)
    for a, b in ((empty, grid(7, 2)), (positive(2, 3, 3), grid(3, 1)), (positive(3, 3), grid(2, 3, 2))):
        case("ldlSolve", solve, [a, b], gradient=False)


def reflections():
    for shape, count in (((3, 3), 3), ((5, 3), 2), ((2, 4, 3), 3), ((4, 2), 0), ((1, 1), 1)):
        a = grid(*shape)
        tau = (512 / (1 + torch.tril(a, -1).square().sum(-2))).round()[..., :count] / 256
        case("householderProduct", torch.linalg.householder_product, [a, tau])
    case("householderProduct", torch.linalg.householder_product, [grid(4, 3), torch.tensor([0.5, 0, 0.25], dtype=torch.float64)])
    for shape in ((3,), (2, 3), (0, 3)):
        case("linalgVander", torch.linalg.vander, [grid(*shape)], gradient=0 not in shape)
    case("linalgVander", lambda x: torch.linalg.vander(x, N=2), [grid(3)], {"N": 2})
    case("linalgVander", torch.linalg.vander, [torch.tensor([2, 0, -3], dtype=torch.int32)], gradient=False)


def products():
    case("mm", torch.mm, [grid(2, 3), grid(3, 4)])
    case("mv", torch.mv, [grid(2, 3), grid(3)])
    case("outer", torch.outer, [grid(2), grid(3)])
    case("inner", torch.inner, [grid(2, 3), grid(4, 3)])
    case("inner", torch.inner, [grid(2, 3), grid(3)])
    case("inner", torch.inner, [grid(), grid(3)])
    case("vdot", torch.vdot, [grid(3), grid(3)])
    for a, b in ((grid(2, 3), grid(3, 2)), (grid(2), grid(2, 3)), (grid(2, 1, 2), grid(3)), (grid(0, 2), grid(2, 2))):
        case("kron", torch.kron, [a, b])
    options = {"beta": 0.5, "alpha": 2}
    for op, shapes in (
        ("addmm", ((2, 4), (2, 3), (3, 4))),
        ("addmm", ((4,), (2, 3), (3, 4))),
        ("addmv", ((2,), (2, 3), (3,))),
        ("addbmm", ((2, 4), (5, 2, 3), (5, 3, 4))),
        ("baddbmm", ((5, 2, 4), (5, 2, 3), (5, 3, 4))),
        ("baddbmm", ((2, 4), (5, 2, 3), (5, 3, 4))),
        ("addr", ((2, 3), (2,), (3,))),
    ):
        inputs = [grid(*shape) for shape in shapes]
        case(op, getattr(torch, op), inputs)
        case(op, lambda *x: getattr(torch, op)(*x, **options), inputs, options)
        case(op, lambda *x: getattr(torch, op)(*x, beta=0), [torch.full_like(inputs[0], NAN)] + inputs[1:], {"beta": 0})
    case("tensordot", lambda x, y: torch.tensordot(x, y, 2), [grid(2, 3, 4), grid(3, 4, 2)])
    for dims in (0, 1):
        case("tensordot", lambda x, y: torch.tensordot(x, y, dims), [grid(2, 3), grid(3, 2)], dims)
    case("tensordot", lambda x, y: torch.tensordot(x, y, [[2, 0], [1, 2]]), [grid(2, 3, 4), grid(5, 4, 2)], [[2, 0], [1, 2]])
    case("chainMatmul", torch.chain_matmul, [grid(2, 5), grid(5, 3), grid(3, 4)])
    case("vecdot", lambda x, y: torch.linalg.vecdot(x, y), [grid(2, 3), grid(3)])
    case("vecdot", lambda x, y: torch.linalg.vecdot(x, y, dim=0), [grid(3, 2), grid(3, 2)], {"dim": 0})
    case("trace", torch.trace, [grid(3, 4)])
    case("trace", torch.trace, [torch.tensor([[1, 2], [3, 4]], dtype=torch.int32)])
    case("trace", lambda x: x.diagonal(offset=1, dim1=-2, dim2=-1).sum(-1), [grid(2, 3, 4)], {"offset": 1})
    case("cross", lambda x, y: torch.linalg.cross(x, y.expand(2, 3)), [grid(2, 3), grid(3)])
    case("cross", lambda x, y: torch.linalg.cross(x, y, dim=1), [grid(2, 3, 4), grid(2, 3, 4)], 1)


EQUATIONS = (
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk", (2, 3), (3, 4)),
    ("ji", (2, 3)),
    ("ii->i", (3, 3)),
    ("ii", (3, 3)),
    ("ij->", (2, 3)),
    ("ij->j", (2, 3)),
    ("i,j->ij", (2,), (3,)),
    ("bij,bjk->bik", (2, 3, 4), (2, 4, 2)),
    ("...ij,...jk->...ik", (2, 1, 3, 4), (5, 4, 2)),
    ("...ij->...ji", (2, 3, 4)),
    ("i...,i...->...", (3, 2), (3, 2)),
    ("...i,...i", (2, 3), (3,)),
    ("bi,bj,bk->ijk", (2, 3), (2, 4), (2, 2)),
    ("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)),
    ("iij->ji", (3, 3, 2)),
    ("iji,j->i", (3, 2, 3), (2,)),
    ("ij,kl->", (2, 3), (2, 2)),
    ("i j, j -> i", (2, 3), (3,)),
    ("bA,Ab->bA", (2, 3), (3, 2)),
    ("ij,j->ij", (2, 3), (3,)),
    (",i->i", (), (3,)),
    ("ij,jk->ik", (2, 0), (0, 3)),
    ("ij,ij->i", (2, 3), (2, 1)),
)


def sums():
    for equation, *shapes in EQUATIONS:
        case("einsum", lambda *x: torch.einsum(equation, *x), [grid(*shape) for shape in shapes], equation)


def norms():
    x = grid(3, 4)
    x[1, 2] = 0
    for p in (2, 1, 3, 0.5, 0, -1):
        case("vectorNorm", lambda x: torch.linalg.vector_norm(x, p), [x if p > 0 else x + 4], {"ord": p}, gradient=p != 0)
        case("vectorNorm", lambda x: torch.linalg.vector_norm(x, p, dim=1, keepdim=True), [x if p > 0 else x + 4], {"ord": p, "dim": 1, "keepdim": True}, gradient=p != 0)
    case("vectorNorm", lambda x: torch.linalg.vector_norm(x), [torch.zeros(3, dtype=torch.float64)])
    case("vectorNorm", lambda x: torch.linalg.vector_norm(x), [torch.zeros(0, dtype=torch.float64)])
    for ord in ("fro", "nuc", 1, -1, 2, -2):
        case("matrixNorm", lambda x: torch.linalg.matrix_norm(x, ord), [grid(2, 3, 4)], {"ord": ord})
        case("matrixNorm", lambda x: torch.linalg.matrix_norm(x, ord, dim=(2, 0), keepdim=True), [grid(2, 3, 4)], {"ord": ord, "dim": [2, 0], "keepdim": True})
        case("linalgNorm", lambda x: torch.linalg.norm(x, ord), [grid(3, 4)], {"ord": ord})
    case("linalgNorm", lambda x: torch.linalg.norm(x), [grid(2, 3, 4)])
    case("linalgNorm", lambda x: torch.linalg.norm(x, 3, dim=1), [grid(2, 3)], {"ord": 3, "dim": 1})
    case("norm", lambda x: torch.norm(x), [grid(2, 3)])
    case("norm", lambda x: torch.norm(x, p=3, dim=1), [grid(2, 3)], {"p": 3, "dim": 1})
    case("norm", lambda x: torch.norm(x, p="nuc"), [grid(2, 3)], {"p": "nuc"})
    for p in (2, 1, 3):
        near = grid(4, 3)
        other = grid(2, 3)
        other[0] = near[1]
        case("cdist", lambda x, y: torch.cdist(x, y, p, compute_mode="donot_use_mm_for_euclid_dist"), [near, other], {"p": p})
    case("cdist", lambda x, y: torch.cdist(x, y), [grid(2, 4, 3), grid(5, 3)])


write("linalg", [solves, inverses, factors, values, products, sums, norms, indefinite, reflections])
