"""Writes sorting.jsonl: sorting, searching and the statistics that rest on order.

    python3 test/golden/make_sorting.py
"""

import itertools

import torch

from golden import INF, NAN, case, grid, rows, write


def distinct(*shape):
    """Elements that all differ: which index PyTorch answers for equal ones is its own affair."""
    count = torch.tensor(shape).prod().item()
    return ((torch.randperm(count) - count // 2).double() / 8).reshape(shape)


TIES = rows([1, 3, 3, 2, 1], [2, 2, 2, 2, 2], [0, -1, 0, -1, 0])
ODD = rows([1, NAN, 3, INF], [INF, 2, -INF, -1], [-INF, -1, 0.5, 0])


def sorts():
    for x in (distinct(3, 4), distinct(2, 3, 5), distinct(140), TIES):
        for dim, descending in itertools.product(range(x.ndim), (False, True)):
            options = {"descending": descending}
            run = lambda x: tuple(x.sort(dim=dim, descending=descending, stable=True))
            case("sort", run, [x], dim, options)
            case("argsort", lambda x: run(x)[1], [x], dim, options, gradient=False)
    for descending in (False, True):
        run = lambda x: tuple(x.sort(descending=descending, stable=True))
        case("sort", run, [ODD], {"descending": descending}, gradient=False)
        case("sort", run, [torch.tensor([3, -1, 2**40, 3])], {"descending": descending})
        case("sort", run, [torch.tensor([True, False, True])], {"descending": descending})
        case("sort", run, [torch.tensor(2.5).double()], {"descending": descending})
    case("msort", lambda x: x.msort(), [distinct(4, 3)])


def chosen():
    for largest in (False, True):
        options = {"largest": largest}
        for x, k, dim in [(distinct(3, 6), 2, 1), (distinct(6, 3), 6, 0), (distinct(2, 3, 4), 1, 1), (distinct(90), 40, 0)]:
            case("topk", lambda x: tuple(x.topk(k, dim, largest)), [x], k, dim, options)
        case("topk", lambda x: tuple(x.topk(3, 1, largest)), [ODD], 3, 1, options, gradient=False)
        case("topk", lambda x: tuple(x.topk(2, 0, largest)), [torch.tensor([5, -7, 3, 2**40])], 2, 0, options)
    for x, k, dim in [(distinct(3, 6), 2, 1), (distinct(6, 3), 6, 0), (distinct(90), 40, 0), (ODD, 4, 1)]:
        case("kthvalue", lambda x: tuple(x.kthvalue(k, dim)), [x], k, dim, gradient=x is not ODD)
    case("kthvalue", lambda x: tuple(x.kthvalue(2, 0, keepdim=True)), [distinct(3, 2)], 2, 0, {"keepdim": True})
    for x in (TIES, TIES.long()):
        case("mode", lambda x: tuple(x.mode()), [x])
        case("mode", lambda x: tuple(x.mode(0, keepdim=True)), [x], 0, {"keepdim": True})


def medians():
    for op in ("median", "nanmedian"):
        for x in (distinct(3, 4), distinct(5, 3), distinct(2, 3, 2)):
            case(op, lambda x: getattr(x, op)(), [x])
            for dim, keepdim in itertools.product(range(x.ndim), (False, True)):
                run = lambda x: tuple(getattr(x, op)(dim, keepdim=keepdim))
                case(op, run, [x], dim, {"keepdim": keepdim})
        case(op, lambda x: getattr(x, op)(), [TIES])
        case(op, lambda x: getattr(x, op)(), [ODD], gradient=op == "nanmedian")
        case(op, lambda x: tuple(getattr(x, op)(1)), [ODD], 1, gradient=False)
        case(op, lambda x: tuple(getattr(x, op)(0)), [rows([NAN, 1], [NAN, NAN])], 0, gradient=False)
        case(op, lambda x: getattr(x, op)(), [torch.zeros(0).double()], gradient=False)
        case(op, lambda x: getattr(x, op)(), [torch.tensor([4, 1, 3, 2])])


def quantiles():
    x = distinct(3, 7)
    some_nan = x.clone()
    some_nan[0, 2] = some_nan[1, 0] = some_nan[1, 6] = some_nan[2] = NAN
    for op, mode in itertools.product(("quantile", "nanquantile"), ("linear", "lower", "higher", "midpoint", "nearest")):
        function = getattr(torch, op)
        options = {"interpolation": mode}
        case(op, lambda x: function(x, 0.3, interpolation=mode), [x], 0.3, options)
        q = [0, 0.25, 0.5, 0.8, 1]
        many = torch.tensor(q, dtype=torch.float64)
        for dim, keepdim in itertools.product((0, 1), (False, True)):
            run = lambda x: function(x, many, dim, keepdim=keepdim, interpolation=mode)
            case(op, run, [x], q, dim, {**options, "keepdim": keepdim})
        for dim in (0, 1):
            case(op, lambda x: function(x, many, dim, interpolation=mode), [some_nan], q, dim, options, gradient=False)
    case("quantile", lambda x: torch.quantile(x, 0.25), [rows(-INF, 1, INF)], 0.25, gradient=False)


def numbers():
    some_nan = grid(3, 4)
    some_nan[0, 2] = some_nan[1, 0] = some_nan[1, 3] = some_nan[2] = NAN
    for op in ("nansum", "nanmean"):
        case(op, lambda x: getattr(x, op)(), [some_nan])
        for dim, keepdim in itertools.product((0, 1), (False, True)):
            run = lambda x: getattr(x, op)(dim, keepdim=keepdim)
            case(op, run, [some_nan], dim, {"keepdim": keepdim}, gradient=op == "nansum")
    case("nansum", lambda x: x.nansum(), [torch.tensor([1, 2])])
    for op, fill in (("nanmax", -INF), ("nanmin", INF)):
        for x in (some_nan[:2], TIES):
            plain = lambda x: torch.where(x.isnan(), fill, x)
            reduce = op[3:]
            case(op, lambda x: getattr(plain(x), "a" + reduce)(), [x])
            for dim in (0, 1):
                if x is TIES or dim == 1:
                    case(op, lambda x: tuple(getattr(plain(x), reduce)(dim)), [x], dim)


def running():
    for x in (grid(3, 4), TIES, grid(9)):
        for op, dim in itertools.product(("cummax", "cummin", "logcumsumexp"), range(x.ndim)):
            function = getattr(torch, op)
            case(op, lambda x: tuple(function(x, dim)) if op[3] == "m" else function(x, dim), [x], dim)
    for op in ("cummax", "cummin", "logcumsumexp"):
        function = getattr(torch, op)
        run = lambda x: tuple(function(x, 1)) if op[3] == "m" else function(x, 1)
        case(op, run, [ODD], 1, gradient=False)
    low = rows([-INF, -INF, 1], [-1000, 0, 1000], [1000, 0, -1000])
    case("logcumsumexp", lambda x: x.logcumsumexp(1), [low], 1, gradient=False)
    case("logcumsumexp", lambda x: x.logcumsumexp(1), [low[1:] / 125], 1)


def searches():
    sorted_rows = rows([-1, 0, 0, 2, 5], [1, 1, 1, 1, 3])
    values = rows([-2, 0, 0.5, 9], [1, 2, 3, INF])
    for side in ("left", "right"):
        options = {"side": side}
        run = lambda s, v: torch.searchsorted(s, v, side=side)
        case("searchsorted", run, [sorted_rows, values], options, gradient=False)
        case("searchsorted", run, [sorted_rows[0].clone(), values], options, gradient=False)
        case("searchsorted", run, [sorted_rows[0].clone(), rows(NAN, 0)], options, gradient=False)
        case("searchsorted", run, [sorted_rows[0].long(), torch.tensor([2, 7, -9])], options)
        run = lambda x, s: torch.bucketize(x, s, right=side == "right")
        case("bucketize", run, [values, sorted_rows[0].clone()], {"right": side == "right"}, gradient=False)
    index = torch.tensor([[0, 5], [11, 23]])
    case("unravelIndex", lambda x: torch.unravel_index(x, (2, 3, 4)), [index], [2, 3, 4])


def distincts():
    asked = {"returnInverse": True, "returnCounts": True}
    both = {"return_inverse": True, "return_counts": True}
    x = torch.randint(0, 3, (4, 5)).double()
    pairs = torch.randint(0, 2, (6, 2)).double()
    for x in (x, x.long(), x > 1, TIES, rows(NAN, 1, NAN, 1), torch.zeros(0, 3).double()):
        case("unique", lambda x: x.unique(), [x], gradient=False)
        case("unique", lambda x: x.unique(**both), [x], asked, gradient=False)
        case("uniqueConsecutive", lambda x: x.unique_consecutive(**both), [x], asked, gradient=False)
    for x, dim in [(pairs, 0), (pairs.T.clone(), 1), (pairs.reshape(3, 2, 2), 0), (pairs.reshape(2, 2, 3), 2)]:
        case("unique", lambda x: x.unique(dim=dim, **both), [x], {**asked, "dim": dim}, gradient=False)
        run = lambda x: x.unique_consecutive(dim=dim, **both)
        case("uniqueConsecutive", run, [x], {**asked, "dim": dim}, gradient=False)


def statistics():
    for x in (grid(3, 4), grid(2, 3, 4)):
        for dim in (0, 1):
            case("varMean", lambda x: torch.var_mean(x, dim), [x], dim)
            case("stdMean", lambda x: torch.std_mean(x, dim, correction=0), [x], dim, {"correction": 0})
            case("aminmax", lambda x: tuple(x.aminmax(dim=dim)), [x], dim)
            case("countNonzero", lambda x: x.count_nonzero(dim), [x], dim, gradient=False)
            for p in (2, 1, 0, 3, 0.5, -1):
                case("norm", lambda x: torch.linalg.vector_norm(x, p, dim), [x], {"p": p, "dim": dim}, gradient=p != 0)
            for p, limit in ((2, 1.5), (1, 2), (3, 0.5)):
                case("renorm", lambda x: x.renorm(p, dim, limit), [x], p, dim, limit)
        case("aminmax", lambda x: tuple(x.aminmax()), [TIES])
        case("norm", lambda x: torch.linalg.vector_norm(x), [x])
    for p in (1, 2, 3):
        case("norm", lambda x: torch.linalg.vector_norm(x, p), [torch.zeros(3).double()], {"p": p})
    for x in (grid(3, 6), grid(5)):
        for correction in (0, 1):
            case("cov", lambda x: x.cov(correction=correction), [x], {"correction": correction})
    case("corrcoef", lambda x: x.corrcoef(), [grid(3, 6)])


def histograms():
    x = grid(40)
    case("histc", lambda x: torch.histc(x, 7), [x], {"bins": 7}, gradient=False)
    case("histc", lambda x: torch.histc(x, 8, -1, 1), [x], {"bins": 8, "min": -1, "max": 1}, gradient=False)
    case("histc", lambda x: torch.histc(x, 4), [torch.ones(3).double()], {"bins": 4}, gradient=False)
    case("histogram", lambda x: torch.histogram(x, 6), [x], 6, gradient=False)
    case("histogram", lambda x: torch.histogram(x, 6, density=True), [x], 6, {"density": True}, gradient=False)
    case("histogram", lambda x: torch.histogram(x, 4, range=(-1, 1)), [x], 4, {"range": [-1, 1]}, gradient=False)
    edges = [-1, -0.5, 0.25, 1.5]
    case("histogram", lambda x: torch.histogram(x, torch.tensor(edges).double()), [x], edges, gradient=False)
    case("histogram", lambda x: torch.histogram(x, 2), [torch.ones(3).double()], 2, gradient=False)


FAMILIES = [sorts, chosen, medians, quantiles, numbers, running, searches, distincts, statistics, histograms]

write("sorting", FAMILIES)
