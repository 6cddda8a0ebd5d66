"""Writes special.jsonl: special functions.

    python3 test/golden/make_special.py
"""

import torch
from torch import special as S

from golden import INF, NAN, case, grid, rows, write


def gammas():
    for x in [grid(2, 5, low=1, high=20) - 0.03125, rows(0.03125, 0.5, 1.0, 1.5, 2.0, 2.5, 3.5, 7.75, 8.25, 200.0), torch.zeros(0, 2).double()]:
        case("lgamma", torch.lgamma, [x])
        # PyTorch's trigamma is right to ten digits only.
        case("digamma", torch.digamma, [x], gradient=False)
        case("polygamma", torch.digamma, [x], 0, gradient=False)
        case("polygamma", lambda x: S.zeta(2, x), [x], 1)
        for n in (2, 3):
            case("polygamma", lambda x: torch.polygamma(n, x), [x], n)
        case("mvlgamma", lambda x: torch.mvlgamma(x + 2, 3), [x])
    below = rows(-0.25, -0.5, -1.25, -2.75, -7.625)
    case("lgamma", torch.lgamma, [below])
    case("digamma", torch.digamma, [below], gradient=False)
    case("lgamma", torch.lgamma, [rows(0.0, -0.0, -1.0, -2.0, -INF, INF, NAN)], gradient=False)
    case("digamma", torch.digamma, [rows(0.0, -0.0, -1.0, -2.0, -INF, INF, NAN)], gradient=False)


def bessels():
    for x in [grid(3, 4, low=-9, high=9), rows(0.0, -0.0, 8.0, 8.0625, -20.0, 0.0625)]:
        for name in ("i0", "i0e", "i1", "i1e"):
            case(name, getattr(S, name), [x])
    case("i0e", S.i0e, [rows(INF, -INF, NAN, 700.0)], gradient=False)


def shares():
    a, x = grid(3, 4, low=1, high=9), grid(3, 4, low=1, high=9)
    wide = rows(0.0625, 0.5, 15.0, 18.0, 12.0), rows(0.5, 0.03125, 12.0, 30.0, 12.0)
    for pair in [(a, x), wide, (rows(0.0, 1.0, 2.0, INF, 1.0, -1.0, 1.0), rows(1.0, 0.0, INF, 1.0, NAN, 1.0, -1.0))]:
        for name in ("gammainc", "gammaincc"):
            case(name, getattr(S, name), list(pair), gradient=False)
    case("gammaincBy", lambda x: S.gammainc(torch.tensor(2.5, dtype=torch.float64), x), [x], 2.5)
    case("zeta", S.zeta, [rows(2.0, 1.5, 3.0, 1.0, 0.5, 30.0, 2.0, 2.5), rows(1.0, 2.5, 0.25, 2.0, 2.0, 4.0, -1.5, -1.5)], gradient=False)
    case("zetaBy", lambda q: S.zeta(torch.tensor(2.5, dtype=torch.float64), q), [x], 2.5)


def normals():
    x = grid(3, 4, low=-6, high=6)
    for name, ours in [("ndtr", "ndtr"), ("log_ndtr", "logNdtr"), ("erfcx", "erfcx")]:
        case(ours, getattr(S, name), [x / 2 if name == "erfcx" else x])
        case(ours, getattr(S, name), [rows(0.0, 30.0, INF, -INF, NAN)], gradient=False)
    case("logNdtr", S.log_ndtr, [rows(-15.0, -19.5, -20.5, -30.0)])
    case("ndtri", S.ndtri, [torch.arange(1, 16).double() / 16])
    case("ndtri", S.ndtri, [rows(0.0, 1.0, -0.5, 1.5, NAN, 2.0**-30)], gradient=False)


def products():
    x = rows(0.0, 0.5, 1.0, 3.0)
    case("entr", S.entr, [x])
    case("entr", S.entr, [rows(-1.0, INF, NAN)], gradient=False)
    case("xlog1py", S.xlog1py, [grid(2, 3), grid(2, 3, low=0)])
    case("xlog1py", S.xlog1py, [rows(0.0, 0.0, 0.0, 1.0), rows(-1.0, -2.0, NAN, -1.0)], gradient=False)


def scatters():
    x, source = grid(4, 3) / 2 + 0.03125, grid(6, 3) + 0.03125
    index = torch.randint(0, 4, (6, 3))
    for reduce in ("sum", "prod", "mean", "amax", "amin"):
        for include in (True, False):
            run = lambda x, i, s: torch.scatter_reduce(x, 0, i, s, reduce, include_self=include)
            options = [0, reduce, {"includeSelf": include}]
            case("scatterReduce", run, [x, index, source], *options)
            whole = [torch.tensor([7, -7, 3, 5]), torch.tensor([0, 0, 1, 3]), torch.tensor([-4, 2, -8, 2])]
            case("scatterReduce", run, whole, *options)
    zeros = [rows(0.0, 2.0, 0.0), torch.tensor([0, 1, 1, 2]), rows(3.0, 0.0, 5.0, 0.0)]
    case("scatterReduce", lambda x, i, s: torch.scatter_reduce(x, 0, i, s, "prod"), zeros, 0, "prod")
    ties = [rows(2.0, 0.0, NAN), torch.tensor([0, 0, 1, 2]), rows(2.0, 2.0, NAN, 1.0)]
    case("scatterReduce", lambda x, i, s: torch.scatter_reduce(x, 0, i, s, "amax"), ties, 0, "amax", gradient=False)
    case("scatterReduce", lambda x, i, s: torch.scatter_reduce(x, 0, i, s, "amin"), [rows(2.0, 1.0), torch.tensor([0, 0, 0]), rows(2.0, 2.0, 3.0)], 0, "amin")
    part = torch.randint(0, 3, (3,))
    for reduce in ("prod", "mean", "amax", "amin"):
        for include in (True, False):
            run = lambda x, i, s: torch.index_reduce(x, 1, i, s, reduce, include_self=include)
            case("indexReduce", run, [x, part, grid(4, 3) + 0.03125], 1, reduce, {"includeSelf": include})


write("special", (gammas, bessels, shares, normals, products, scatters))
