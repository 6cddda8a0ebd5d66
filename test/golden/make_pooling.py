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


write("pooling", [maxima, means, powers])
