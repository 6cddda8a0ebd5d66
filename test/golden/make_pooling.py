"""Writes pooling.jsonl: pooling of all kinds, and its inverses.

    python3 test/golden/make_pooling.py
"""

import torch
import torch.nn.functional as F

from golden import INF, NAN, case, grid, rows, write

OPTIONS = {
    "stride": "stride",
    "padding": "padding",
    "dilation": "dilation",
    "ceilMode": "ceil_mode",
    "countIncludePad": "count_include_pad",
    "divisorOverride": "divisor_override",
    "returnIndices": "return_indices",
}


def pool(op, function, x, size, **options):
    """A case of our `op`, with the options under both names."""
    theirs = {OPTIONS[key]: value for key, value in options.items()}
    case(op, lambda x: function(x, size, **theirs), [x], size, *([options] if options else []))


def distinct(*shape):
    """Values without ties, since PyTorch's choice among them is not ours everywhere."""
    count = torch.Size(shape).numel()
    return (torch.randperm(count).double() - count // 2).reshape(shape) / 16


def maxima():
    for function, op, shape in [
        (F.max_pool1d, "maxPool1d", (2, 3, 11)),
        (F.max_pool2d, "maxPool2d", (2, 2, 7, 6)),
        (F.max_pool3d, "maxPool3d", (1, 2, 5, 4, 4)),
    ]:
        x = distinct(*shape)
        for given in (x, x[0]):
            pool(op, function, given, 2)
            pool(op, function, given, 2, returnIndices=True)
        pool(op, function, x, 3, stride=2, padding=1, returnIndices=True)
        pool(op, function, x, 3, stride=2, ceilMode=True, returnIndices=True)
        pool(op, function, x, 2, stride=1, dilation=2, padding=1, returnIndices=True)
        pool(op, function, x[:0], 2)
    pool("maxPool2d", F.max_pool2d, distinct(1, 2, 7, 6), [3, 2], stride=[1, 2], padding=[1, 0], returnIndices=True)
    pool("maxPool3d", F.max_pool3d, distinct(1, 2, 5, 6, 4), [3, 2, 1], stride=[1, 2, 3], returnIndices=True)
    pool("maxPool3d", F.max_pool3d, distinct(1, 5, 6, 4), [1, 2, 3], padding=[0, 1, 1])
    pool("maxPool1d", F.max_pool1d, distinct(1, 300), 280, returnIndices=True)
    corner = rows(NAN, 1, -INF, -INF, INF, 2, 3, 3).reshape(1, 1, 8)
    pool("maxPool1d", F.max_pool1d, corner, 2)
    pool("maxPool1d", F.max_pool1d, torch.ones(1, 1, 8).double(), 3, returnIndices=True)
    pool("maxPool3d", F.max_pool3d, corner.reshape(1, 2, 2, 2), [1, 2, 1])


def means():
    for function, op, shape in [
        (F.avg_pool1d, "avgPool1d", (2, 3, 11)),
        (F.avg_pool2d, "avgPool2d", (2, 2, 7, 6)),
        (F.avg_pool3d, "avgPool3d", (1, 2, 5, 4, 4)),
    ]:
        x = grid(*shape)
        pool(op, function, x, 2)
        pool(op, function, x[0], 3, stride=1)
        pool(op, function, x, 3, stride=2, padding=1)
        pool(op, function, x, 3, stride=2, padding=1, countIncludePad=False)
        pool(op, function, x, 2, stride=3, ceilMode=True, padding=1)
        pool(op, function, x, 3, stride=2, ceilMode=True, countIncludePad=False)
        if op != "avgPool1d":
            pool(op, function, x, 2, divisorOverride=3)
            pool(op, function, x, 3, stride=2, padding=1, ceilMode=True, divisorOverride=-5)
        pool(op, function, x[:0], 2)
    pool("avgPool3d", F.avg_pool3d, grid(1, 2, 5, 6, 4), [3, 2, 1], stride=[1, 2, 3], padding=[1, 0, 0])
    pool("avgPool1d", F.avg_pool1d, rows(INF, 1, NAN, 2, 3, 4).reshape(1, 6), 2)


def powers():
    for function, op, shape in [(F.lp_pool1d, "lpPool1d", (2, 3, 7)), (F.lp_pool2d, "lpPool2d", (2, 2, 7, 6))]:
        x = grid(*shape)
        x[0] = x[0].abs() + 0.5
        for p in (2, 4):
            case(op, lambda x: function(x, p, 2), [x], p, 2)
        case(op, lambda x: function(x, 2, 3, 2, True), [x], 2, 3, {"stride": 2, "ceilMode": True})
        case(op, lambda x: function(x, 3, 2, 1), [x[0]], 3, 2, {"stride": 1})
        case(op, lambda x: function(x, 1.5, 2), [x[0]], 1.5, 2)
        case(op, lambda x: function(x, 2, 2), [torch.zeros_like(x[0])], 2, 2)


def parts():
    shapes = [((2, 2, 7), [3, 7, 5, [4]]), ((1, 2, 5, 6), [1, [5, 4], [2, None], [3, 3]]), ((1, 2, 4, 3, 5), [2, [3, 1, 5]])]
    for (shape, targets), suffix in zip(shapes, ["1d", "2d", "3d"]):
        mean = getattr(F, f"adaptive_avg_pool{suffix}")
        maximum = getattr(F, f"adaptive_max_pool{suffix}")
        x = distinct(*shape)
        for size in targets:
            case(f"adaptiveAvgPool{suffix}", lambda x: mean(x, size), [x], size)
            case(f"adaptiveMaxPool{suffix}", lambda x: maximum(x, size), [x[0]], size)
            both = lambda x: maximum(x, size, return_indices=True)
            case(f"adaptiveMaxPool{suffix}", both, [x], size, {"returnIndices": True})
        case(f"adaptiveAvgPool{suffix}", lambda x: mean(x, 0), [x], 0, gradient=False)
    corner = rows(1, INF, 2, NAN, 3, 4, 5).reshape(1, 7)
    case("adaptiveAvgPool1d", lambda x: F.adaptive_avg_pool1d(x, 5), [corner], 5, gradient=False)
    case("adaptiveMaxPool1d", lambda x: F.adaptive_max_pool1d(x, 5), [-corner], 5, gradient=False)


def unpooling():
    for shape, suffix in [((2, 2, 8), "1d"), ((1, 2, 6, 4), "2d"), ((1, 2, 4, 4, 2), "3d")]:
        down = getattr(F, f"max_pool{suffix}")
        up = getattr(F, f"max_unpool{suffix}")
        op = f"maxUnpool{suffix}"
        x = distinct(*shape)
        y, at = down(x, 2, return_indices=True)
        case(op, lambda y, at: up(y, at, 2), [y, at], 2)
        case(op, lambda y, at: up(y, at, 2), [y[0], at[0]], 2)
        size = [extent + 1 for extent in shape[2:]]
        odd = torch.nn.functional.pad(x, [0, 1] * len(size), value=-9)
        y, at = down(odd, 2, return_indices=True)
        case(op, lambda y, at: up(y, at, 2, output_size=size), [y, at], 2, {"outputSize": size})
        y, at = down(x, 2, 2, 1, return_indices=True)
        options = {"stride": 2, "padding": 1}
        case(op, lambda y, at: up(y, at, 2, 2, 1), [y, at], 2, options)


def fractions():
    x = distinct(2, 2, 7, 6)
    samples = torch.tensor([[[0.1, 0.9], [0.45, 0.3]], [[0.7, 0.6], [0.0, 0.25]]]).double()
    run = lambda x, u, **rest: F.fractional_max_pool2d(x, _random_samples=u.detach(), **rest)
    for kernel, size in [(2, 3), ([3, 2], [4, 2]), (1, 6), (2, 1)]:
        both = lambda x, u: run(x, u, kernel_size=kernel, output_size=size, return_indices=True)
        options = {"outputSize": size, "returnIndices": True}
        case("fractionalMaxPool2d", both, [x, samples], kernel, options)
    ratio = lambda x, u: run(x, u, kernel_size=2, output_ratio=(0.5, 0.7))
    case("fractionalMaxPool2d", ratio, [x, samples], 2, {"outputRatio": [0.5, 0.7]})


write("pooling", [maxima, means, powers, parts, unpooling, fractions])
