"""Writes golden.jsonl: what PyTorch answers where no plain formula can serve as the reference.

    python3 test/golden/make_golden.py

Needs torch, on the CPU. Another area is another script beside this one, and a file of its own.
"""

import itertools
import math

import torch
import torch.nn.functional as F

from golden import INF, NAN, case, cases, grid, number, rows, store, write


def prod(x, dims, keepdim):
    for dim in sorted((dim % x.ndim for dim in dims), reverse=True):
        x = x.prod(dim, keepdim=keepdim)
    return x


def truth(function):
    def run(x, dims, keepdim):
        for dim in sorted((dim % x.ndim for dim in dims), reverse=True):
            x = function(x, dim, keepdim=keepdim)
        return x

    return run


REDUCTIONS = {
    "sum": lambda x, dims, keepdim: x.sum(dims, keepdim=keepdim),
    "mean": lambda x, dims, keepdim: x.mean(dims, keepdim=keepdim),
    "prod": prod,
    "amax": lambda x, dims, keepdim: x.amax(dims, keepdim=keepdim),
    "amin": lambda x, dims, keepdim: x.amin(dims, keepdim=keepdim),
    "logsumexp": lambda x, dims, keepdim: x.logsumexp(dims, keepdim=keepdim),
    "all": truth(torch.all),
    "any": truth(torch.any),
}


def reductions():
    x = grid(2, 3, 4)
    for op, function in REDUCTIONS.items():
        gradient = op not in ("all", "any")
        case(op, lambda x: function(x, [0, 1, 2], False), [x], gradient=gradient)
        for dims in [[0], [1], [-1], [0, 1], [2, 0], [1, 2], [0, 1, 2]]:
            for keepdim in (False, True):
                run = lambda x: function(x, dims, keepdim)
                case(op, run, [x], dims, {"keepdim": keepdim}, gradient=gradient)
    for op in ("argmax", "argmin", "max", "min"):
        for dim, keepdim in itertools.product((0, 1, -1), (False, True)):
            run = lambda x: tuple(getattr(x, op)(dim, keepdim=keepdim)) if op in ("max", "min") else getattr(x, op)(dim, keepdim=keepdim)
            case(op, run, [x], dim, {"keepdim": keepdim}, gradient=op in ("max", "min"))
        case(op, lambda x: getattr(x, op)(), [x], gradient=op in ("max", "min"))


def reduction_corners():
    odd = rows([1, NAN, 3, NAN], [INF, 2, INF, -1], [-INF, -1, 0.5, 0], [INF, 1, -INF, 2], [-INF, -INF, -INF, -INF])
    ties = rows([1, 3, 3, 2], [2, 2, 2, 2], [0, -1, 0, -1])
    for op, function in REDUCTIONS.items():
        for dims in ([0], [1], [0, 1]):
            case(op, lambda x: function(x, dims, False), [odd], dims, gradient=False)
    for op in ("amax", "amin"):
        for dims in ([0], [1], [0, 1]):
            case(op, lambda x: REDUCTIONS[op](x, dims, False), [ties], dims)
    for op in ("argmax", "argmin"):
        for x in (odd, ties):
            for dim in (0, 1):
                case(op, lambda x: getattr(x, op)(dim), [x], dim)
            case(op, lambda x: getattr(x, op)(), [x])
    for op in ("max", "min"):
        case(op, lambda x: getattr(x, op)(), [ties])
        for dim in (0, 1):
            case(op, lambda x: tuple(getattr(x, op)(dim)), [odd], dim, gradient=False)
            case(op, lambda x: tuple(getattr(x, op)(dim)), [ties], dim)
    for shape, dims in [([0], [0]), ([2, 0, 3], [1]), ([2, 0, 3], [0]), ([2, 0, 3], [0, 1]), ([0, 0], [0, 1])]:
        for op in ("sum", "mean", "prod", "logsumexp", "all", "any"):
            case(op, lambda x: REDUCTIONS[op](x, dims, False), [torch.zeros(shape).double()], dims, gradient=False)
    for op in ("amax", "argmax"):
        case(op, lambda x: getattr(x, op)(1), [torch.zeros(0, 3).double()], 1, gradient=False)
    for dtype in (torch.bool, torch.int32, torch.int64):
        x = torch.tensor([[0, 1, 1], [1, 1, 0]]).to(dtype)
        for op in ("sum", "prod", "all", "any"):
            case(op, lambda x: getattr(x, op)(1), [x], 1)
    zeros = rows([2, 3, 4], [0, 3, 4], [0, 3, 0], [-1, 0, 2])
    case("prod", lambda x: x.prod(1), [zeros], 1)
    case("prod", lambda x: x.prod(0), [zeros], 0)
    case("prod", lambda x: x.prod(), [rows(2, 0, -3)])


def variances():
    x = grid(3, 4, 2)
    for op in ("variance", "std"):
        function = {"variance": torch.var, "std": torch.std}[op]
        for correction in (0, 1, 2, 0.5):
            for dims in ([0], [1, 2], [0, 1, 2]):
                run = lambda x: function(x, dims, correction=correction)
                case(op, run, [x], dims, {"correction": correction})
        case(op, lambda x: function(x, 1, correction=1, keepdim=True), [x], 1, {"keepdim": True})
        case(op, lambda x: function(x, [0, 1, 2], correction=0), [x], {"unbiased": False})
        case(op, lambda x: function(x, 0, correction=1), [grid(1, 3)], 0, gradient=False)
        case(op, lambda x: function(x, 0, correction=5), [grid(3, 2)], 0, {"correction": 5}, gradient=False)
        case(op, lambda x: function(x, 0, correction=0), [torch.zeros(0, 2).double()], 0, {"correction": 0}, gradient=False)
        case(op, lambda x: function(x, 0, correction=1), [grid(64, 2) + 4096], 0)
        case(op, lambda x: function(x, 1, correction=1), [rows([2, 2, 2], [1, 2, 3])], 1)
        case(op, lambda x: function(x, 1, correction=1), [rows([NAN, 2, 2], [INF, 2, 3])], 1, gradient=False)


def softmaxes():
    x = grid(2, 3, 4)
    far = rows([1e4, 0, -1e4], [-INF, 0, 1], [-INF, -INF, 2], [1e4, 1e4, 1e4], [-1e4, -1e4 + 1, 1e4])
    dead = rows([-INF, -INF, -INF], [INF, 1, 2], [NAN, 1, 2])
    for op, function in (("softmax", torch.softmax), ("logSoftmax", torch.log_softmax)):
        for dim in (0, 1, 2, -1):
            case(op, lambda x: function(x, dim), [x], dim)
        case(op, lambda x: function(x, 1), [far], 1)
        case(op, lambda x: function(x, 0), [far.T.contiguous()], 0)
        case(op, lambda x: function(x, 1), [dead], 1, gradient=False)
        case(op, lambda x: function(x, 1), [torch.zeros(2, 0).double()], 1, gradient=False)
        case(op, lambda x: function(x, 0), [torch.tensor(3.0).double()], 0)
        case(op, lambda x: function(x, 1), [grid(3, 1)], 1)


def cross_entropies():
    logits, target, weight = grid(5, 4), torch.tensor([0, 3, 1, 1, 2]), torch.tensor([0.5, 1, 2, 0.25]).double()
    deep, places = grid(2, 3, 2, 2), torch.randint(0, 3, (2, 2, 2))
    for reduction in ("mean", "sum", "none"):
        for smoothing in (0, 0.25):
            options = {"reduction": reduction, "labelSmoothing": smoothing}
            keywords = {"reduction": reduction, "label_smoothing": smoothing}
            case("crossEntropy", lambda x, t: F.cross_entropy(x, t, **keywords), [logits, target], options)
            ignoring = lambda x, t: F.cross_entropy(x, t, ignore_index=1, **keywords)
            case("crossEntropy", ignoring, [logits, target], {**options, "ignoreIndex": 1})
            weighted = lambda x, t, w: F.cross_entropy(x, t, w.detach(), ignore_index=1, **keywords)
            case("crossEntropy", weighted, [logits, target, weight], {**options, "ignoreIndex": 1})
            case("crossEntropy", lambda x, t: F.cross_entropy(x, t, **keywords), [deep, places], options)
            negative = torch.where(places == 2, -100, places)
            case("crossEntropy", lambda x, t: F.cross_entropy(x, t, **keywords), [deep, negative], options)
            soft = torch.softmax(grid(5, 4) * 4, 1).mul(64).round() / 64
            case("crossEntropy", lambda x, t: F.cross_entropy(x, t, **keywords), [logits, soft], options)
            both = lambda x, t, w: F.cross_entropy(x, t, w.detach(), **keywords)
            case("crossEntropy", both, [logits, soft, weight], options)
    case("crossEntropy", F.cross_entropy, [grid(4), torch.tensor(2)])
    far = rows([1e4, 0, -1e4], [-1e4, 1e4, 0])
    for classes in ([0, 1], [2, 0]):
        case("crossEntropy", F.cross_entropy, [far, torch.tensor(classes)])
    case("crossEntropy", F.cross_entropy, [logits, torch.full((5,), -100)], gradient=False)
    for op, function in (("mseLoss", F.mse_loss), ("l1Loss", F.l1_loss)):
        for reduction in ("mean", "sum", "none"):
            run = lambda x, y: function(x, y, reduction=reduction)
            case(op, run, [rows([1, 2, 3], [0, -1, 5]), rows([1, 0, 4], [0.5, -1, 2])], {"reduction": reduction})


def matrices():
    shapes = [
        ([2, 3], [3, 4]), ([3], [3]), ([3], [3, 2]), ([2, 3], [3]), ([2, 2, 3], [3, 2]), ([2, 2, 3], [3]),
        ([3], [2, 3, 2]), ([2, 3], [2, 3, 2]), ([2, 1, 2, 3], [3, 3, 2]), ([2, 2, 3], [1, 3, 2]), ([1, 2, 3], [2, 3, 1]),
        ([2, 0], [0, 3]), ([0, 3], [3, 2]), ([2, 3], [3, 0]), ([0, 2, 3], [3, 2]), ([3, 0, 2], [2, 2]), ([1, 1], [1, 1]),
    ]
    for left, right in shapes:
        case("matmul", torch.matmul, [grid(*left), grid(*right)])
    case("matmul", lambda x, y: x.T @ y.T, [grid(3, 2), grid(4, 3)], gradient=True)
    cases[-1]["op"] = "matmulTransposed"
    case("dot", torch.dot, [grid(5), grid(5)])
    case("bmm", torch.bmm, [grid(3, 2, 4), grid(3, 4, 2)])
    for dtype in (torch.int32, torch.int64):
        left, right = (torch.randint(-99999, 99999, shape, dtype=dtype) for shape in ([3, 5], [5, 2]))
        case("matmul", torch.matmul, [left, right])
    for shape in ([4], [3, 4], [2, 3, 4]):
        case("linear", F.linear, [grid(*shape), grid(5, 4), grid(5)])
        case("linear", F.linear, [grid(*shape), grid(5, 4)])


def convolutions():
    for n, c, out, size, kernel, options in [
        (2, 3, 4, (5, 6), (3, 3), {}),
        (1, 2, 2, (6, 5), (3, 2), {"stride": 2}),
        (2, 2, 3, (5, 5), (3, 3), {"padding": 1}),
        (1, 2, 2, (7, 6), (3, 3), {"stride": [2, 1], "padding": [1, 2], "dilation": [2, 1]}),
        (2, 4, 6, (4, 5), (3, 3), {"groups": 2, "padding": 1}),
        (1, 4, 4, (5, 5), (3, 3), {"groups": 4, "stride": 2, "padding": 1}),
        (1, 2, 4, (5, 4), (2, 2), {"groups": 2, "dilation": 2}),
        (2, 3, 4, (3, 3), (1, 1), {}),
        (1, 1, 1, (4, 4), (4, 4), {}),
        (1, 2, 3, (5, 5), (3, 3), {"padding": "same"}),
        (1, 2, 3, (5, 6), (1, 3), {"padding": "same", "dilation": [1, 2]}),
        (1, 2, 3, (5, 5), (3, 3), {"padding": "valid"}),
    ]:
        inputs = [grid(n, c, *size), grid(out, c // options.get("groups", 1), *kernel), grid(out)]
        keywords = {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}
        case("conv2d", lambda x, w, b: F.conv2d(x, w, b, **keywords), inputs, options)
    case("conv2d", F.conv2d, [grid(2, 4, 4), grid(3, 2, 3, 3)], {})


def pools():
    x = grid(2, 2, 5, 6)
    flat = torch.tensor([[1, 1, 2, 2], [1, 1, 2, 0], [3, 0, 0, 3], [0, 3, 3, 0]]).double().reshape(1, 1, 4, 4)
    holes = flat.clone()
    holes[0, 0, 1, 1] = NAN
    holes[0, 0, 2] = -INF
    for kernel, options in [
        (2, {}), (3, {"stride": 2}), (3, {"stride": 2, "padding": 1}), (2, {"stride": 2, "ceilMode": True}),
        ([3, 2], {"stride": [2, 3], "padding": [1, 0]}), (2, {"dilation": 2, "stride": 1}),
        (3, {"stride": 2, "padding": 1, "ceilMode": True}),
    ]:
        keywords = {"ceil_mode" if name == "ceilMode" else name: value for name, value in options.items()}
        case("maxPool2d", lambda x: F.max_pool2d(x, kernel, **keywords), [x], kernel, options)
        if "dilation" not in options:
            case("avgPool2d", lambda x: F.avg_pool2d(x, kernel, **keywords), [x], kernel, options)
    case("maxPool2d", lambda x: F.max_pool2d(x, 2, 1), [flat], 2, {"stride": 1})
    case("maxPool2d", lambda x: F.max_pool2d(x, 3, 1, 1), [flat], 3, {"stride": 1, "padding": 1})
    case("maxPool2d", lambda x: F.max_pool2d(x, 2, 1), [holes], 2, {"stride": 1})
    case("maxPool2d", lambda x: F.max_pool2d(x, 2, 2, 1), [holes], 2, {"stride": 2, "padding": 1})
    case("maxPool2d", lambda x: F.max_pool2d(x, 2), [grid(2, 4, 4)], 2)
    for options in ({"countIncludePad": False}, {"divisorOverride": 3}, {"countIncludePad": False, "ceilMode": True}):
        names = {"countIncludePad": "count_include_pad", "divisorOverride": "divisor_override", "ceilMode": "ceil_mode"}
        keywords = {names[name]: value for name, value in options.items()}
        run = lambda x: F.avg_pool2d(x, 3, 2, 1, **keywords)
        case("avgPool2d", run, [x], 3, {"stride": 2, "padding": 1, **options})


UNARY = {
    "abs": torch.abs, "neg": torch.neg, "sign": torch.sign, "square": torch.square, "floor": torch.floor,
    "ceil": torch.ceil, "trunc": torch.trunc, "round": torch.round, "reciprocal": torch.reciprocal, "sqrt": torch.sqrt,
    "rsqrt": torch.rsqrt, "exp": torch.exp, "exp2": torch.exp2, "expm1": torch.expm1, "log": torch.log,
    "log2": torch.log2, "log10": torch.log10, "log1p": torch.log1p, "sin": torch.sin, "cos": torch.cos, "tan": torch.tan,
    "erf": torch.erf, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "isnan": torch.isnan,
    "isinf": torch.isinf, "isfinite": torch.isfinite, "logicalNot": torch.logical_not,
}


def unaries():
    corners = [NAN, INF, -INF, 0.0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 1e-20, -1e-20, 20, -20, 80, -80, 100, -100, 1e10, 0.49999997]
    for dtype in (torch.float32, torch.float64):
        for op, function in UNARY.items():
            wild = {"sin", "cos", "tan"}
            values = [value for value in corners if not (op in wild and value == 1e10)]
            flat = {"floor", "ceil", "trunc", "round", "sign"}
            tame = [value for value in values if math.isfinite(value)]
            case(op, function, [rows(*values, dtype=dtype)], gradient=False, exact=True)
            if op in ("reciprocal", "sqrt", "rsqrt", "log", "log2", "log10", "log1p"):
                tame = [value for value in tame if value > 1e-6]
            if op not in ("isnan", "isinf", "isfinite", "logicalNot") and op not in flat:
                tame = [value for value in tame if abs(value) <= 80]
                case(op, function, [rows(*tame, dtype=dtype)], exact=True)
            elif op in flat:
                case(op, function, [rows(*tame, dtype=dtype)], exact=True)
        steep = rows(NAN, 0.0, -0.0, 1, -1, 3, -3, 8, -8, 30, -30, 1e4, -1e4, 1e-20, dtype=dtype)
        activations = {
            "silu": (F.silu, {}, F.silu), "gelu": (F.gelu, {}, F.gelu),
            "geluTanh": (None, {}, lambda x: F.gelu(x, approximate="tanh")),
            "elu": (None, {"alpha": 1.5}, lambda x: F.elu(x, 1.5)),
            "leakyRelu": (None, {"negativeSlope": 0.25}, lambda x: F.leaky_relu(x, 0.25)),
            "softplus": (None, {"beta": 2, "threshold": 10}, lambda x: F.softplus(x, 2, 10)),
        }
        for op, (_, options, function) in activations.items():
            case(op, function, [steep], options, gradient=False, exact=True)
            case(op, function, [steep[1:]], options, exact=True)
    case("sqrt", torch.sqrt, [rows(0.0, 4)])
    case("abs", torch.abs, [rows(0.0, -2, 2)])


BINARY = {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "maximum": torch.maximum,
    "minimum": torch.minimum, "floorDivide": torch.floor_divide, "remainder": torch.remainder, "fmod": torch.fmod,
    "pow": torch.pow, "eq": torch.eq, "ne": torch.ne, "lt": torch.lt, "le": torch.le, "gt": torch.gt, "ge": torch.ge,
    "logicalAnd": torch.logical_and, "logicalOr": torch.logical_or, "logicalXor": torch.logical_xor,
}


def binaries():
    ends = [NAN, INF, -INF, 0.0, -0.0, 1, -1, 2.5, -2.5, 3]
    left, right = zip(*itertools.product(ends, ends))
    for dtype in (torch.float32, torch.float64):
        for op, function in BINARY.items():
            case(op, function, [rows(*left, dtype=dtype), rows(*right, dtype=dtype)], gradient=False, exact=True)
    x, y = rows(1, 2, 3, -1, 0, 0.0), rows(2, 2, 1, -1, -0.0, 5)
    for op in ("maximum", "minimum", "sub", "mul"):
        case(op, BINARY[op], [x, y])
        case(op, BINARY[op], [grid(2, 1, 3), grid(4, 1)])
    case("div", torch.div, [x, rows(2, -4, 8, 0.5, 1, 3)])
    case("pow", torch.pow, [rows(0.0, 0, 0, 2, 2, -2, -2, 1, 4), rows(0.0, 1, 2, 0, 3, 2, 3, 7, 0.5)])
    case("fmod", torch.fmod, [rows(5.5, -5.5, 5.5, -5.5), rows(2, 2, -2, -2)])
    case("remainder", torch.remainder, [rows(5.5, -5.5, 5.5, -5.5), rows(2, 2, -2, -2)])


def choices():
    x = rows(NAN, -5, -1, 0, 0.5, 1, 7, INF, -INF)
    inside = rows(-5, -0.5, 0.25, 0.75, 7)  # PyTorch changed its mind about the gradient on the bounds
    for low, high in ((-1, 1), (None, 0.5), (0, None), (2, -2)):
        case("clamp", lambda x: torch.clamp(x, low, high), [x], low, high, gradient=False)
        case("clamp", lambda x: torch.clamp(x, low, high), [inside], low, high)
    case("where", torch.where, [torch.tensor([[True], [False]]), grid(2, 3), grid(3)])
    index = torch.tensor([2, 0, 2, 2])
    case("indexSelect", lambda x, i: x.index_select(0, i), [grid(3, 2), index], 0)
    case("indexSelect", lambda x, i: x.index_select(1, i), [grid(2, 3), index], 1)
    table = torch.tensor([[0, 1, 2], [2, 2, 0]])
    case("gather", lambda x, i: x.gather(0, i), [grid(3, 3), table], 0)
    case("gather", lambda x, i: x.gather(1, i), [grid(2, 4), table], 1)
    case("scatterAdd", lambda x, i, s: x.scatter_add(0, i, s), [grid(3, 3), table, grid(2, 3)], 0)
    case("scatterAdd", lambda x, i, s: x.scatter_add(1, i, s), [grid(2, 4), table, grid(2, 3)], 1)
    case("indexAdd", lambda x, i, s: x.index_add(0, i, s), [grid(3, 2), index, grid(4, 2)], 0)
    case("cat", lambda *parts: torch.cat(parts, 1), [grid(2, 1), grid(2, 0), grid(2, 3)], 1)
    case("stack", lambda *parts: torch.stack(parts, 1), [grid(2, 2), grid(2, 2)], 1)
    case("triu", lambda x: x.triu(-1), [grid(2, 3, 3)], -1)
    case("tril", lambda x: x.tril(1), [grid(4, 3)], 1)


def scans():
    zeros = rows([1, 0, 3, 4], [0, 2, 0, 5], [2, -1, 3, 0], [0, 0, 0, 0])
    for x in (grid(3, 4), zeros, grid(2, 3, 2), torch.zeros(2, 0).double()):
        for dim in range(x.ndim):
            case("cumsum", lambda x: x.cumsum(dim), [x], dim)
            case("cumprod", lambda x: x.cumprod(dim), [x], dim)
    for dtype in (torch.int32, torch.int64, torch.bool):
        x = torch.tensor([[3, 0, 2], [1, 5, 1]]).to(dtype)
        case("cumsum", lambda x: x.cumsum(1), [x], 1)
        case("cumprod", lambda x: x.cumprod(1), [x], 1)
    case("cumsum", lambda x: x.cumsum(0), [rows(1, INF, 2, -INF, 3)], 0, gradient=False)


def integers():
    for dtype in (torch.int32, torch.int64):
        info = torch.iinfo(dtype)
        ends = [info.min, info.min + 1, -7, -3, -1, 0, 1, 2, 3, 7, info.max - 1, info.max]
        left, right = (torch.tensor(list(side), dtype=dtype) for side in zip(*itertools.product(ends, ends)))
        for op in ("add", "sub", "mul", "maximum", "minimum", "eq", "ne", "lt", "le", "gt", "ge", "logicalAnd"):
            case(op, BINARY[op], [left, right])
        small = torch.tensor([-7, -6, -5, -1, 0, 1, 5, 6, 7, info.max, info.min], dtype=dtype)
        divisors = torch.tensor([3, -3, 2, -2, 1, 7, -7], dtype=dtype)
        for op in ("floorDivide", "remainder", "fmod", "div"):
            case(op, BINARY[op], [small.unsqueeze(1), divisors])
        case("pow", torch.pow, [torch.tensor([[-3], [-1], [0], [1], [2], [7]], dtype=dtype), torch.tensor([0, 1, 2, 5, 31, 40], dtype=dtype)])
        for op in ("neg", "abs", "sign", "square"):
            case(op, UNARY[op], [torch.tensor(ends, dtype=dtype)])
        case("sum", torch.sum, [torch.tensor([info.max, info.max, 1], dtype=dtype)])
        case("prod", torch.prod, [torch.tensor([info.max, 3], dtype=dtype)])
    bits = torch.tensor([[False], [True]])
    for op in ("add", "mul", "maximum", "minimum", "eq", "lt", "logicalAnd", "logicalOr", "logicalXor"):
        case(op, BINARY[op], [bits, bits.T])


DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64"]


def promotions():
    """Result dtypes of add and div: tensors with dims and of rank 0, in all pairs, and plain numbers."""
    table = []
    one = lambda name, rank: torch.ones([1] * rank, dtype=getattr(torch, name))
    for (a, b), ranks in itertools.product(itertools.product(DTYPES, DTYPES), ((1, 1), (1, 0), (0, 1), (0, 0))):
        x, y = one(a, ranks[0]), one(b, ranks[1])
        table.append([a, ranks[0], b, ranks[1], *(str((x + y).dtype)[6:], str((x / y).dtype)[6:])])
    plain = []
    for name, rank, value in itertools.product(DTYPES, (1, 0), (True, 2, 2.5)):
        x = one(name, rank)
        plain.append([name, rank, value, str((x + value).dtype)[6:], str((x / value).dtype)[6:]])
    types = [[a, b, str(torch.promote_types(getattr(torch, a), getattr(torch, b)))[6:]] for a in DTYPES for b in DTYPES]
    return {"tensors": table, "numbers": plain, "types": types}


OPTIMIZERS = [
    ("SGD", {"lr": 0.1}), ("SGD", {"lr": 0.1, "momentum": 0.9}), ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}),
    ("SGD", {"lr": 0.1, "momentum": 0.8, "nesterov": True}), ("SGD", {"lr": 0.1, "weightDecay": 0.25}),
    ("SGD", {"lr": 0.05, "momentum": 0.5, "weightDecay": 0.125, "nesterov": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "maximize": True}),
    ("Adam", {"lr": 0.05}), ("Adam", {"lr": 0.05, "betas": [0.5, 0.75], "eps": 0.001}), ("Adam", {"lr": 0.05, "weightDecay": 0.25}),
    ("Adam", {"lr": 0.05, "amsgrad": True}), ("Adam", {"lr": 0.05, "maximize": True}),
    ("AdamW", {"lr": 0.05}), ("AdamW", {"lr": 0.05, "weightDecay": 0.25, "amsgrad": True, "betas": [0.5, 0.75]}),
]
STEPS = 10


def optimizers():
    """Parameters after each of ten steps along given gradients."""
    start = [grid(3), grid(2, 2)]
    # Some steps are small, so that amsgrad's largest moment differs from the current one.
    flow = [[grid(3) / 2 ** (step % 4), grid(2, 2) / 2 ** (step % 3)] for step in range(STEPS)]
    paths = []
    for name, options in OPTIMIZERS:
        params = [x.clone().requires_grad_() for x in start]
        keywords = {{"weightDecay": "weight_decay"}.get(key, key): value for key, value in options.items()}
        optimizer = getattr(torch.optim, name)(params, **keywords)
        path = []
        for grads in flow:
            for x, grad in zip(params, grads):
                x.grad = grad.clone()
            optimizer.step()
            path.append([store(x) for x in params])
        paths.append({"optimizer": name, "options": options, "path": path})
    return {"start": [store(x) for x in start], "gradients": [[store(x) for x in grads] for grads in flow], "runs": paths}


def schedules():
    made = torch.optim.lr_scheduler
    runs = [
        ("StepLR", [3], {"gamma": 0.5}, lambda o: made.StepLR(o, 3, 0.5)),
        ("StepLR", [1], {}, lambda o: made.StepLR(o, 1)),
        ("CosineAnnealingLR", [10], {"etaMin": 0.01}, lambda o: made.CosineAnnealingLR(o, 10, 0.01)),
        ("CosineAnnealingLR", [7], {}, lambda o: made.CosineAnnealingLR(o, 7)),
    ]
    found = []
    for name, arguments, options, make in runs:
        optimizer = torch.optim.SGD([{"params": [torch.zeros(1)]}, {"params": [torch.ones(1)], "lr": 0.5}], lr=0.1)
        scheduler = make(optimizer)
        rates = []
        for _ in range(8):
            rates.append([number(group["lr"]) for group in optimizer.param_groups])
            optimizer.step()
            scheduler.step()
        found.append({"scheduler": name, "arguments": arguments, "options": options, "rates": rates[: min(8, arguments[0] + 1) if name.startswith("Cos") else 8]})
    return found


FAMILIES = (
    reductions, reduction_corners, variances, softmaxes, cross_entropies, matrices, convolutions, pools, unaries, binaries,
    choices, scans, integers,
)
write("golden", FAMILIES, [("promotion", promotions()), ("optimizers", optimizers()), ("schedules", schedules())])
