"""Writes rejections.json: calls, and whether PyTorch refuses them.

    python3 test/golden/make_rejections.py

A line is [op, inputs, arguments, refused]. Inputs are [dtype, shape] of tensors that count 1, 2, 3, 1, 2, 3..., or
[dtype, shape, elements].
"""

import itertools
import json
import pathlib

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
lines = []


def build(entry):
    dtype, shape, *given = entry
    count = 1
    for extent in shape:
        count *= extent
    values = given[0] if given else [i % 3 + 1 for i in range(count)]
    return torch.tensor(values, dtype=torch.float64).to(getattr(torch, dtype)).reshape(shape)


def attempt(op, function, inputs, *arguments):
    """`function` takes the tensors, then the arguments as our function does."""
    try:
        function(*(build(entry) for entry in inputs), *arguments)
        refused = False
    except (RuntimeError, IndexError, ValueError, TypeError, NotImplementedError, AssertionError, ArithmeticError):
        refused = True
    lines.append([op, inputs, list(arguments), refused])


def floats(*shapes):
    return [["float32", list(shape)] for shape in shapes]


def broadcasting():
    pairs = [([2, 3], [3]), ([2, 3], [2]), ([2, 3], [4]), ([0, 3], [3]), ([0, 3], [2, 3]), ([0, 3], [1, 3]), ([2, 1], [1, 3]), ([], [2]), ([2, 3], [3, 2]), ([0], [2])]
    ops = {
        "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "pow": torch.pow, "maximum": torch.maximum, "atan2": torch.atan2,
        "eq": torch.eq, "lt": torch.lt, "logicalAnd": torch.logical_and, "hypot": torch.hypot, "remainder": torch.remainder, "fmod": torch.fmod,
        "floorDivide": torch.floor_divide, "xlogy": torch.xlogy, "logaddexp": torch.logaddexp, "copysign": torch.copysign, "fmax": torch.fmax,
        "heaviside": torch.heaviside, "nextafter": torch.nextafter, "ldexp": torch.ldexp, "addcmul": lambda x, y: torch.addcmul(x, y, y),
    }
    for (op, function), (a, b) in itertools.product(ops.items(), pairs):
        attempt(op, function, floats(a, b))
    for a, b in pairs:
        attempt("lerp", torch.lerp, floats(a, b), 0.5)
        attempt("where", torch.where, [["bool", [2, 3]], *floats(a, b)])
        attempt("broadcastTo", torch.broadcast_to, floats(a), b)
        attempt("expand", lambda x, s: x.expand(s), floats(a), b)
        attempt("maskedFill", torch.masked_fill, [["float32", a], ["bool", b]], 1)
        attempt("maskedSelect", torch.masked_select, [["float32", a], ["bool", b]])


def dtypes():
    unary = {
        "abs": torch.abs, "neg": torch.neg, "exp": torch.exp, "floor": torch.floor, "sign": torch.sign, "relu": torch.relu, "bitwiseNot": torch.bitwise_not,
        "logicalNot": torch.logical_not, "isnan": torch.isnan, "square": torch.square, "sum": torch.sum, "prod": torch.prod, "all": torch.all, "amax": torch.amax,
        "argmax": torch.argmax, "max": torch.max, "cumsum": lambda x: x.cumsum(0), "sort": torch.sort, "unique": torch.unique, "clone": torch.clone,
        "tril": lambda x: torch.tril(x.reshape(2, 2)), "flip": lambda x: x.flip(0), "round": torch.round, "trunc": torch.trunc, "frac": torch.frac, "sigmoid": torch.sigmoid,
        "erf": torch.erf, "isfinite": torch.isfinite, "signbit": torch.signbit, "nanToNum": torch.nan_to_num, "bincount": torch.bincount, "median": torch.median,
        "logsumexp": lambda x: torch.logsumexp(x, 0), "cumprod": lambda x: x.cumprod(0), "nansum": torch.nansum, "countNonzero": torch.count_nonzero,
    }
    rest = {"cumsum": (0,), "flip": (0,), "logsumexp": (0,), "cumprod": (0,)}
    for (op, function), dtype in itertools.product(unary.items(), ("bool", "uint8", "int32", "int64", "float16", "float32")):
        if op == "tril":
            attempt(op, torch.tril, [[dtype, [2, 2]]])
        elif op in rest:
            attempt(op, lambda x, d: function(x), [[dtype, [4]]], *rest[op])
        else:
            attempt(op, function, [[dtype, [4]]])
    binary = {
        "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "pow": torch.pow, "bitwiseAnd": torch.bitwise_and, "bitwiseOr": torch.bitwise_or,
        "bitwiseXor": torch.bitwise_xor, "bitwiseLeftShift": torch.bitwise_left_shift, "logicalOr": torch.logical_or, "gcd": torch.gcd, "lcm": torch.lcm,
        "maximum": torch.maximum, "remainder": torch.remainder, "floorDivide": torch.floor_divide, "gt": torch.gt, "matmul": torch.matmul, "hypot": torch.hypot,
    }
    for (op, function), a, b in itertools.product(binary.items(), ("bool", "int32", "int64", "float32"), ("bool", "int64", "float32")):
        attempt(op, function, [[a, [3]], [b, [3]]])
    for a in ("bool", "uint8", "int32", "int64", "float32"):
        attempt("gather", lambda x, i, d: x.gather(d, i), [["float32", [3]], [a, [2], [0, 1]]], 0)
        attempt("indexSelect", lambda x, i, d: x.index_select(d, i), [["float32", [3]], [a, [2], [0, 1]]], 0)
        attempt("take", torch.take, [["float32", [3]], [a, [2], [0, 1]]])
        attempt("embedding", lambda i, w: F.embedding(i, w), [[a, [2], [0, 1]], ["float32", [3, 2]]])
        attempt("oneHot", lambda x, n: F.one_hot(x, n), [[a, [2], [0, 1]]], 3)
        attempt("where", torch.where, [[a, [3]], *floats([3], [3])])


def dims():
    along = {
        "sum": lambda x, d: x.sum(d), "mean": lambda x, d: x.mean(d), "amax": lambda x, d: x.amax(d), "max": lambda x, d: x.max(d), "argmax": lambda x, d: x.argmax(d),
        "argmin": lambda x, d: x.argmin(d), "prod": lambda x, d: x.prod(d), "softmax": lambda x, d: x.softmax(d), "logSoftmax": lambda x, d: x.log_softmax(d),
        "cumsum": lambda x, d: x.cumsum(d), "cumprod": lambda x, d: x.cumprod(d), "cummax": lambda x, d: x.cummax(d), "sort": lambda x, d: x.sort(d),
        "argsort": lambda x, d: x.argsort(d), "flip": lambda x, d: x.flip(d), "squeeze": lambda x, d: x.squeeze(d), "unsqueeze": lambda x, d: x.unsqueeze(d),
        "unbind": lambda x, d: x.unbind(d), "logsumexp": lambda x, d: x.logsumexp(d), "std": lambda x, d: x.std(d), "variance": lambda x, d: x.var(d),
        "all": lambda x, d: x.all(d), "any": lambda x, d: x.any(d), "median": lambda x, d: x.median(d), "mode": lambda x, d: x.mode(d), "aminmax": lambda x, d: torch.aminmax(x, dim=d),
        "flatten": lambda x, d: x.flatten(d), "logcumsumexp": lambda x, d: x.logcumsumexp(d), "nansum": lambda x, d: x.nansum(d), "uniqueConsecutive": lambda x, d: None,
        "diff": lambda x, d: x.diff(1, d), "roll": None, "glu": lambda x, d: F.glu(x, d), "countNonzero": lambda x, d: torch.count_nonzero(x, d),
    }
    for op in ("roll", "uniqueConsecutive", "aminmax", "diff", "argsort"):
        along.pop(op)
    for (op, function), shape, dim in itertools.product(along.items(), ([2, 3], [], [0, 3], [3, 0]), (-3, -2, -1, 0, 1, 2)):
        attempt(op, function, floats(shape), dim)
    for shape, a, b in itertools.product(([2, 3], [], [4]), (-3, -2, -1, 0, 1, 2), (-1, 0, 1)):
        attempt("transpose", lambda x, a, b: x.transpose(a, b), floats(shape), a, b)
        attempt("movedim", lambda x, a, b: x.movedim(a, b), floats(shape), a, b)
        attempt("select", lambda x, a, b: x.select(a, b), floats(shape), a, b)
    for start, length in itertools.product((-3, -1, 0, 1, 2, 3), (-1, 0, 1, 2, 3)):
        attempt("narrow", lambda x, d, s, n: x.narrow(d, s, n), floats([2, 3]), 1, start, length)
    for k, dim in itertools.product((-1, 0, 1, 3, 4), (0, 1, 2)):
        attempt("topk", lambda x, k, d: x.topk(k, d), floats([2, 3]), k, dim)
        attempt("kthvalue", lambda x, k, d: x.kthvalue(k, d), floats([2, 3]), k, dim)
        attempt("chunk", lambda x, k, d: x.chunk(k, d), floats([2, 3]), k, dim)
        attempt("split", lambda x, k, d: x.split(k, d), floats([2, 3]), k, dim)
    for q in (-0.1, 0, 0.5, 1, 1.5):
        attempt("quantile", torch.quantile, floats([4]), q)


def views():
    for shape in ([6], [3, 2], [-1], [-1, 2], [4], [-1, 4], [-1, -1], [2, -2], [0], [0, -1], [1, 6, 1], []):
        for base in ([2, 3], [0, 3], [1]):
            attempt("reshape", lambda x, s: x.reshape(s), floats(base), shape)
    attempt("view", lambda x, s: x.view(s), floats([2, 3]), [3, 2])
    for order in ([0, 1], [1, 0], [0], [0, 0], [0, 2], [-1, -2], [-3, 0], [0, 1, 2]):
        attempt("permute", lambda x, o: x.permute(o), floats([2, 3]), order)
    for sizes in ([2, 2], [4], [-1, 2], [3, 2], [-1, 3]):
        attempt("unflatten", lambda x, d, s: x.unflatten(d, s), floats([4]), 0, sizes)
    for repeats in ([2], [2, 1], [0, 1], [-1, 1], [1, 2, 3]):
        attempt("repeat", lambda x, r: x.repeat(r), floats([2, 3]), repeats)
        attempt("tile", lambda x, r: x.tile(r), floats([2, 3]), repeats)
    for shapes in (([2, 3], [1, 3]), ([2, 3], [2, 2]), ([2, 3], [3]), ([], []), ([2], [0])):
        for dim in (0, 1, -1, 2):
            attempt("cat", lambda a, b, d: torch.cat([a, b], d), floats(*shapes), dim)
            attempt("stack", lambda a, b, d: torch.stack([a, b], d), floats(*shapes), dim)
        attempt("hstack", lambda a, b: torch.hstack([a, b]), floats(*shapes))
        attempt("vstack", lambda a, b: torch.vstack([a, b]), floats(*shapes))
    for pads in ([1, 1], [1, 1, 1, 1], [1], [-1, 1], [-4, 1], [1, 1, 1, 1, 1, 1]):
        for mode in ("constant", "reflect", "replicate", "circular"):
            attempt("pad", lambda x, p, o: F.pad(x, p, **o), floats([1, 2, 3]), pads, {"mode": mode})
    for shape, size, step in itertools.product(([5],), (0, 1, 5, 6, -1), (0, 1, 2)):
        attempt("unfoldDim", lambda x, d, s, t: x.unfold(d, s, t), floats(shape), 0, size, step)
    for offset in (-4, -2, 0, 2, 4):
        attempt("diagonal", lambda x, o: x.diagonal(o["offset"]), floats([2, 3]), {"offset": offset})
        attempt("diag", lambda x, o: x.diag(o), floats([3]), offset)
        attempt("tril", lambda x, o: x.tril(o), floats([3]), offset)


def products():
    shapes = ([3], [2], [2, 3], [3, 2], [3, 3], [4, 2, 3], [4, 3, 2], [1, 3, 2], [5, 3, 2], [], [0, 3], [3, 0])
    for a, b in itertools.product(shapes, shapes):
        attempt("matmul", torch.matmul, floats(a, b))
    for op, function in {"dot": torch.dot, "mm": torch.mm, "mv": torch.mv, "bmm": torch.bmm, "outer": torch.outer, "vdot": torch.vdot, "inner": torch.inner, "kron": torch.kron}.items():
        for a, b in itertools.product(([3], [2], [2, 3], [3, 2], [4, 2, 3], [4, 3, 2]), repeat=2):
            attempt(op, function, floats(a, b))
    for equation in ("ij,jk->ik", "ij,ij", "ij,jk", "i,j->ij", "ii->i", "ij->k", "ij,jk->iik", "ij", "...i,...i->...", "ij,kl,m", "i1,j", "ij,j->", "->", "ij,,", "i j, j k -> i k"):
        attempt("einsum", lambda a, b, e: torch.einsum(e, a, b), floats([2, 3], [3, 2]), equation)
    for a, b in (([2, 3], [4, 3]), ([2, 3], [4, 2]), ([3], [3]), ([1, 2, 3], [5, 4, 3])):
        attempt("cdist", torch.cdist, floats(a, b))
    for dims in (1, 2, 0, 3, [[1], [0]], [[0], [0]], [[0, 1], [1, 0]], [[0], [0, 1]]):
        attempt("tensordot", lambda a, b, d: torch.tensordot(a, b, d), floats([2, 3], [3, 2]), dims)
    for a, b in (([3], [3]), ([2, 3], [2, 3]), ([2], [2]), ([2, 3], [3]), ([3, 2], [3, 2])):
        attempt("cross", lambda a, b: torch.linalg.cross(a, b), floats(a, b))


def indexing():
    for indices in ([0, 2], [3], [-1], [-4], []):
        index = ["int64", [len(indices)], indices]
        attempt("gather", lambda x, i, d: x.gather(d, i), [["float32", [3]], index], 0)
        attempt("indexSelect", lambda x, i, d: x.index_select(d, i), [["float32", [3, 2]], index], 0)
        attempt("take", torch.take, [["float32", [3]], index])
        attempt("embedding", lambda i, w: F.embedding(i, w), [index, ["float32", [3, 2]]])
        attempt("oneHot", lambda x, n: F.one_hot(x, n), [index], 3)
        source = ["float32", [len(indices)]]
        attempt("scatterAdd", lambda x, i, s, d: x.scatter_add(d, i, s), [["float32", [3]], index, source], 0)
        attempt("indexAdd", lambda x, i, s, d: x.index_add(d, i, s), [["float32", [3]], index, source], 0)
        attempt("indexCopy", lambda x, i, s, d: x.index_copy(d, i, s), [["float32", [3]], index, source], 0)
        attempt("indexFill", lambda x, i, v, d: x.index_fill(d, i, v), [["float32", [3]], index, ["float32", []]], 0)
    for shape in ([2], [1, 3], [3, 1], [2, 2], [4, 1], [1, 1, 1]):
        index = ["int64", shape, [0] * torch.Size(shape).numel()]
        attempt("gather", lambda x, i, d: x.gather(d, i), [["float32", [3, 2]], index], 0)
        attempt("scatterAdd", lambda x, i, s, d: x.scatter_add(d, i, s), [["float32", [3, 2]], index, ["float32", shape]], 0)
        attempt("indexSelect", lambda x, i, d: x.index_select(d, i), [["float32", [3, 2]], index], 0)
    attempt("bincount", torch.bincount, [["int64", [2], [-1, 2]]])
    attempt("bincount", torch.bincount, [["int64", [2, 2]]])
    attempt("searchsorted", torch.searchsorted, floats([2, 3], [4]))
    attempt("searchsorted", torch.searchsorted, floats([3], [2, 4]))
    attempt("searchsorted", torch.searchsorted, floats([2, 3], [2, 4]))


def networks():
    conv = lambda x, w, o={}: F.conv2d(x, w, **o)
    for x, w in itertools.product(([2, 3, 5, 5], [3, 5, 5], [2, 4, 5, 5], [5, 5], [2, 3, 2, 2], [0, 3, 5, 5], [2, 3, 0, 5]), ([4, 3, 3, 3], [4, 3, 6, 3], [3, 3], [0, 3, 3, 3])):
        attempt("conv2d", conv, floats(x, w))
    for options in ({"stride": 0}, {"stride": -1}, {"stride": [1, 2, 3]}, {"padding": -1}, {"dilation": 0}, {"groups": 2}, {"groups": 0}, {"groups": 3}, {"padding": "same"}, {"padding": "valid"}, {"padding": "full"}, {"padding": [1, 1]}):
        attempt("conv2d", conv, floats([2, 3, 5, 5], [3, 3, 3, 3]), options)
    for op, function in (("maxPool2d", F.max_pool2d), ("avgPool2d", F.avg_pool2d)):
        for shape, kernel in itertools.product(([2, 3, 5, 5], [3, 5, 5], [5, 5], [1, 1, 2, 2], [0, 3, 5, 5], [2, 0, 5, 5]), (2, 3, [2, 3], 0, -1, [1, 2, 3])):
            attempt(op, lambda x, k: function(x, k), floats(shape), kernel)
        for options in ({"stride": 0}, {"padding": 1}, {"padding": 2}, {"stride": [1, 2]}):
            attempt(op, lambda x, k, o: function(x, k, **o), floats([1, 1, 5, 5]), 2, options)
    for shape, dims in itertools.product(([2, 3], [4, 2, 3], [3]), ([3], [2, 3], [2], [], [4])):
        attempt("layerNorm", lambda x, d: F.layer_norm(x, d), floats(shape), dims)
    for shape, groups in itertools.product(([2, 4, 3], [2, 4], [4], [2, 3, 3]), (1, 2, 3, 0, 4)):
        attempt("groupNorm", lambda x, g: F.group_norm(x, g), floats(shape), groups)
    for p in (-0.1, 0, 1, 1.5):
        attempt("dropout", lambda x, o: F.dropout(x, **o), floats([3]), {"p": p})
    losses = {"mseLoss": F.mse_loss, "l1Loss": F.l1_loss, "smoothL1Loss": F.smooth_l1_loss, "huberLoss": F.huber_loss, "binaryCrossEntropy": lambda x, y: F.binary_cross_entropy(x / 3, y / 3), "binaryCrossEntropyWithLogits": F.binary_cross_entropy_with_logits, "klDiv": F.kl_div}
    for (op, function), (a, b) in itertools.product(losses.items(), (([2, 3], [2, 3]), ([2, 3], [3]), ([2, 3], [2]), ([2, 3], [2, 1]), ([0], [0]), ([], []))):
        attempt(op, function, floats(a, b))
    for op, function in (("crossEntropy", F.cross_entropy), ("nllLoss", F.nll_loss)):
        for x, (t, values) in itertools.product(([2, 3], [3], [2, 3, 4]), (([2], [0, 2]), ([2], [0, 3]), ([2], [-1, 0]), ([2], [-100, 0]), ([], [1]), ([3], [0, 1, 2]), ([2, 4], [0] * 8))):
            attempt(op, function, [["float32", x], ["int64", t, values]])
    attention = F.scaled_dot_product_attention
    for q, k, v in (([2, 3, 4], [2, 5, 4], [2, 5, 4]), ([2, 3, 4], [2, 5, 3], [2, 5, 4]), ([2, 3, 4], [2, 5, 4], [2, 4, 4]), ([3, 4], [5, 4], [5, 4]), ([4], [4], [4])):
        attempt("scaledDotProductAttention", attention, floats(q, k, v))
    for x, w in (([2, 3], [4, 3]), ([3], [4, 3]), ([2, 4], [4, 3]), ([2, 3], [3])):
        attempt("linear", F.linear, floats(x, w))
    for x, y in (([2, 3], [2, 3]), ([2, 3], [3]), ([2, 3], [4])):
        attempt("cosineSimilarity", F.cosine_similarity, floats(x, y))


def windows():
    dims = {1: [2, 3, 9], 2: [2, 3, 6, 7], 3: [1, 3, 5, 6, 4]}
    for n, base in dims.items():
        conv, transposed = getattr(F, f"conv{n}d"), getattr(F, f"conv_transpose{n}d")
        kernel = [2] * n
        for options in ({}, {"stride": 2}, {"stride": 0}, {"padding": -1}, {"padding": [1] * (n + 1)}, {"dilation": 0}, {"groups": 3}, {"groups": 2}, {"padding": "same"}, {"padding": "valid"}, {"stride": 2, "padding": "same"}):
            attempt(f"conv{n}d", lambda x, w, o: conv(x, w, **o), floats(base, [3, 3, *kernel]), options)
        for w in ([4, 3, *kernel], [4, 2, *kernel], [4, 3, *kernel, 2], [4, 3, *([20] * n)], [3, 4, *kernel]):
            attempt(f"conv{n}d", conv, floats(base, w))
            attempt(f"convTranspose{n}d", transposed, floats(base, w))
        attempt(f"conv{n}d", conv, floats(base[1:], [4, 3, *kernel]))
        attempt(f"conv{n}d", conv, floats(base[2:], [4, 3, *kernel]))
        for options in ({"stride": 2, "outputPadding": 1}, {"stride": 2, "outputPadding": 2}, {"outputPadding": 1}, {"outputPadding": -1}, {"padding": 30}, {"padding": -1}, {"groups": 3}, {"groups": 2}, {"dilation": 2, "outputPadding": 1}):
            given = {"output_padding" if key == "outputPadding" else key: value for key, value in options.items()}
            attempt(f"convTranspose{n}d", lambda x, w, o: transposed(x, w, **given), floats(base, [3, 2, *kernel]), options)
        for name, function in ((f"maxPool{n}d", getattr(F, f"max_pool{n}d")), (f"avgPool{n}d", getattr(F, f"avg_pool{n}d"))):
            for size in (1, 2, 20, 0, -1, [2] * n, [2] * (n + 1)):
                attempt(name, lambda x, k: function(x, k), floats(base), size)
            attempt(name, lambda x, k: function(x, k), floats(base[1:]), 2)
            attempt(name, lambda x, k: function(x, k), floats(base[2:]), 2)
            for options in ({"stride": 0}, {"padding": 2}, {"padding": -1}, {"padding": 1}):
                attempt(name, lambda x, k, o: function(x, k, **o), floats(base), 2, options)
        for name, function in ((f"adaptiveMaxPool{n}d", getattr(F, f"adaptive_max_pool{n}d")), (f"adaptiveAvgPool{n}d", getattr(F, f"adaptive_avg_pool{n}d"))):
            for size in (1, 3, 20, 0, -1, [2] * n, [2] * (n + 1)):
                attempt(name, lambda x, k: function(x, k), floats(base), size)
        attempt(f"dropout{n}d", lambda x, o: getattr(F, f"dropout{n}d")(x, **o), floats(base), {"p": 2})


def sampling():
    for shape, options in itertools.product(([1, 2, 4], [1, 2, 4, 5], [2, 4], [1, 2, 3, 4, 5]), ({"size": 3}, {"size": 0}, {"size": [3, 3]}, {"scaleFactor": 2}, {"scaleFactor": 0}, {"size": 3, "scaleFactor": 2}, {}, {"size": 3, "mode": "linear"}, {"size": 3, "mode": "bilinear"}, {"size": 3, "mode": "bicubic"}, {"size": 3, "mode": "trilinear"}, {"size": 3, "mode": "area"}, {"size": 3, "mode": "cubic"}, {"size": 3, "alignCorners": True}, {"size": 3, "mode": "bilinear", "antialias": True}, {"size": 3, "antialias": True})):
        names = {"scaleFactor": "scale_factor", "alignCorners": "align_corners"}
        given = {names.get(key, key): value for key, value in options.items()}
        attempt("interpolate", lambda x, o: F.interpolate(x, **given), floats(shape), options)
    for x, grid in (([1, 2, 4, 5], [1, 3, 3, 2]), ([1, 2, 4, 5], [2, 3, 3, 2]), ([1, 2, 4, 5], [1, 3, 3, 3]), ([1, 2, 3, 4, 5], [1, 2, 2, 2, 3]), ([2, 4, 5], [2, 3, 2]), ([1, 2, 0, 5], [1, 3, 3, 2]), ([0, 2, 4, 5], [0, 3, 3, 2])):
        attempt("gridSample", lambda x, g: F.grid_sample(x, g, align_corners=False), floats(x, grid))
    for shape, r in itertools.product(([1, 4, 2, 3], [4, 2, 3], [4, 3], [1, 3, 2, 2]), (1, 2, 0, -1, 3)):
        attempt("pixelShuffle", lambda x, r: F.pixel_shuffle(x, r), floats(shape), r)
        attempt("channelShuffle", lambda x, r: F.channel_shuffle(x, r), floats(shape), r)
    for shape, r in itertools.product(([1, 2, 4, 6], [2, 4, 6], [4, 6], [1, 2, 3, 3]), (1, 2, 0, -1, 3)):
        attempt("pixelUnshuffle", lambda x, r: F.pixel_unshuffle(x, r), floats(shape), r)
    for shape, size in itertools.product(([1, 2, 4, 6], [2, 4, 6], [4, 6]), (2, [2, 3], 7, 0, [1, 2, 3])):
        attempt("im2col", lambda x, k: F.unfold(x, k), floats(shape), size)
    for shape, out, size in (([1, 8, 6], [3, 4], 2), ([1, 8, 5], [3, 4], 2), ([1, 7, 6], [3, 4], 2), ([8, 6], [3, 4], 2), ([8, 6], [3, 4], 5)):
        attempt("fold", lambda x, s, k: F.fold(x, s, k), floats(shape), out, size)
    for size in ([1, 2, 3, 4], [1, 2, 3], [2, 2, 3, 4], [1, 2, 3, 4, 5]):
        attempt("affineGrid", lambda t, s: F.affine_grid(t, s, align_corners=False), floats([1, 2, 3]), size)
    for index, offsets in itertools.product(([4], [2, 2]), ([0, 2], [1, 2], [0, 5], [0, 3, 2], None)):
        given = [["int64", index, [0, 1, 1, 0]], ["float32", [3, 2]]]
        attempt("embeddingBag", lambda i, w, o: F.embedding_bag(i, w, None if o is None else torch.tensor(o)), given, offsets)
    for x, y in (([2, 3], [2, 4]), ([2, 3], [3, 4]), ([3], [4]), ([2, 2], [2, 4])):
        attempt("bilinear", F.bilinear, floats(x, y, [5, 3, 4]))
    for n in (0, -1, 3, 6):
        for name in ("fft", "rfft", "irfft", "ifft", "hfft"):
            attempt(f"fft.{name}", lambda x, o: getattr(torch.fft, name)(x, **o), floats([4]), {"n": n})
    for dim in (-3, -2, 0, 1, 2):
        attempt("fft.fft", lambda x, o: torch.fft.fft(x, **o), floats([2, 3]), {"dim": dim})
        attempt("fft.fftshift", lambda x, o: torch.fft.fftshift(x, **o), floats([2, 3]), {"dim": dim})
    attempt("fft.fft", lambda x, o: torch.fft.fft(x, **o), floats([4]), {"norm": "none"})
    attempt("fft.fft", lambda x: torch.fft.fft(x), floats([]))
    attempt("fft.fft2", lambda x: torch.fft.fft2(x), floats([4]))
    attempt("fft.fftn", lambda x, o: torch.fft.fftn(x, **o), floats([2, 3]), {"dim": [0, 0]})
    for reduce in ("sum", "prod", "mean", "amax", "amin", "max"):
        for index in ([0, 2], [0, 3], [-1, 0]):
            attempt("scatterReduce", lambda x, i, s, d, r: x.scatter_reduce(d, i, s, r), [["float32", [3]], ["int64", [2], index], ["float32", [2]]], 0, reduce)
    for p, count, options in (([1, 1], 1, {}), ([1, 1], 3, {}), ([1, 1], 3, {"replacement": True}), ([0, 0], 1, {}), ([-1, 1], 1, {}), ([1, 1], 0, {}), ([0, 1], 2, {})):
        attempt("multinomial", lambda x, n, o: torch.multinomial(x, n, **o), [["float32", [2], p]], count, options)


def algebra():
    shapes = ([3], [2, 3], [3, 3], [0, 0], [2, 2, 2], [2, 0, 0], [])
    L = torch.linalg
    ops = {"det": L.det, "inv": L.inv, "slogdet": L.slogdet, "qr": L.qr, "svd": L.svd, "eigh": L.eigh, "matrixExp": L.matrix_exp, "pinv": L.pinv, "matrixRank": L.matrix_rank, "cond": L.cond, "lu": L.lu, "trace": torch.trace}
    for (op, function), shape in itertools.product(ops.items(), shapes):
        attempt(op, function, [["float32", shape, [2.0 if i % 4 == 0 else 0.5 for i in range(torch.Size(shape).numel())]]])
    for dtype in ("int64", "bool"):
        for op, function in ops.items():
            attempt(op, function, [[dtype, [2, 2], [1, 0, 0, 1]]])
    singular, negative = ["float32", [2, 2], [1, 2, 2, 4]], ["float32", [2, 2], [-1, 0, 0, -1]]
    attempt("inv", L.inv, [singular])
    attempt("cholesky", L.cholesky, [singular])
    attempt("cholesky", L.cholesky, [negative])
    for b in ([3], [3, 2], [2], [2, 3], []):
        attempt("solve", L.solve, [["float32", [3, 3], [4, 1, 0, 1, 4, 1, 0, 1, 4]], ["float32", b]])
        attempt("lstsq", L.lstsq, [["float32", [3, 3], [4, 1, 0, 1, 4, 1, 0, 1, 4]], ["float32", b]])
    for power in (-1, 0, 2):
        for shape in ([2, 3], [2, 2]):
            attempt("matrixPower", L.matrix_power, [["float32", shape, [2.0 if i % 3 == 0 else 0.5 for i in range(shape[0] * shape[1])]]], power)


def creation():
    for arguments in ([0, 5, 0], [5, 0, 1], [0, 5, -1], [5, 0, -1], [0, 0, 1]):
        attempt("arange", lambda *a: torch.arange(*a), [], *arguments)
    for steps in (-1, 0, 1):
        attempt("linspace", torch.linspace, [], 0, 1, steps)
    for size in (-1, 0, 2):
        attempt("eye", torch.eye, [], size)
        attempt("zeros", torch.zeros, [], [size, 2])
        attempt("randperm", torch.randperm, [], size)
        attempt("hannWindow", torch.hann_window, [], size)
        attempt("trilIndices", torch.tril_indices, [], size, 2)
    for low, high in ((0, 0), (3, 1), (-2, 2)):
        attempt("randint", torch.randint, [], low, high, [2])
    for p in (-0.5, 0.5, 1.5):
        attempt("bernoulli", lambda p, s: torch.bernoulli(torch.full(s, p)), [], p, [2])
    for std in (-1, 0, 1):
        attempt("normal", lambda m, s, n: torch.normal(m, s, n), [], 0.0, float(std), [2])


for family in (broadcasting, dtypes, dims, views, products, indexing, networks, windows, sampling, algebra, creation):
    family()
unique = list(dict.fromkeys(json.dumps(line, separators=(",", ":")) for line in lines))
path = pathlib.Path(__file__).with_name("rejections.json")
path.write_text("[\n" + ",\n".join(unique) + "\n]\n")
print(f"{path.name}: {len(unique)} calls, {sum(json.loads(line)[3] for line in unique)} refused, {path.stat().st_size} bytes")
