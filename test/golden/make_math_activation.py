"""Writes math_activation.jsonl: activations beyond the first ones, as PyTorch answers.

    python3 test/golden/make_math_activation.py
"""

import torch
import torch.nn.functional as F

from golden import INF, NAN, case, grid, rows, write

PLAIN = {
    "selu": F.selu, "mish": F.mish, "softsign": F.softsign, "logsigmoid": F.logsigmoid, "tanhshrink": F.tanhshrink,
    "relu6": F.relu6, "hardsigmoid": lambda x: F.relu6(x + 3) / 6,  # its own gradient takes 1/6 in float32
    "hardswish": F.hardswish, "hardtanh": F.hardtanh,
    "hardshrink": F.hardshrink, "softshrink": F.softshrink, "celu": F.celu,
}
WITH_OPTIONS = [
    ("hardtanh", {"minVal": -2, "maxVal": 0.5}, lambda x: F.hardtanh(x, -2, 0.5)),
    ("hardshrink", {"lambd": 1.5}, lambda x: F.hardshrink(x, 1.5)),
    ("hardshrink", {"lambd": 0}, lambda x: F.hardshrink(x, 0)),
    ("softshrink", {"lambd": 1.5}, lambda x: F.softshrink(x, 1.5)),
    ("softshrink", {"lambd": 0}, lambda x: F.softshrink(x, 0)),
    ("celu", {"alpha": 0.5}, lambda x: F.celu(x, 0.5)),
    ("celu", {"alpha": -2}, lambda x: F.celu(x, -2)),
]


def curves():
    corners = rows(NAN, INF, -INF, 0.0, -0.0, 1000, -1000, 1e-3, -1e-3)
    borders = rows(-6, -3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 3, 6, 20, -20, 80, -80)
    x = grid(4, 7, low=-8, high=8)
    for op, function in PLAIN.items():
        case(op, function, [corners], gradient=False)
        case(op, function, [x])
        case(op, function, [borders])
    for op, options, function in WITH_OPTIONS:
        for inputs in (x, borders):
            case(op, function, [inputs], options)
    for limit, value in ((0.5, 20), (-1, 0)):
        for inputs in (corners, x, borders):
            case("threshold", lambda x: F.threshold(x, limit, value), [inputs], limit, value, gradient=inputs is not corners)
    case("relu6", F.relu6, [rows(-1, 3, 9, dtype=torch.int32)])
    case("hardtanh", F.hardtanh, [rows(-2, 0, 9, dtype=torch.int64)])


def gates():
    for shape, dim in (([6], -1), ([2, 4], 1), ([4, 3], 0), ([2, 6, 2], 1)):
        case("glu", lambda x: F.glu(x, dim), [grid(*shape)], dim)
    x, y = grid(3, 4), grid(3, 4)
    case("swiglu", lambda x, y: F.silu(x) * y, [x, y])
    case("geglu", lambda x, y: F.gelu(x) * y, [x, y])
    case("reglu", lambda x, y: F.relu(x) * y, [x, y])
    case("prelu", F.prelu, [grid(2, 3, 4), rows(0.5, -0.25, 2)])
    case("prelu", F.prelu, [grid(5, 3), rows(0.5, -0.25, 2)])
    case("prelu", F.prelu, [grid(2, 3), rows(0.5)])
    case("prelu", F.prelu, [rows(-1, 0, 1), rows(0.5)])
    case("rrelu", F.rrelu, [grid(9)], gradient=True)
    case("rrelu", lambda x: F.rrelu(x, 0.25, 0.5), [grid(9)], {"lower": 0.25, "upper": 0.5})


def masked(function, fill):
    """Softmax over what the mask leaves in; rows that it leaves empty are `fill`."""

    def run(x, mask, dim):
        left = mask.expand(x.shape)
        empty = left.all(dim, keepdim=True)
        scores = x.masked_fill(left, -INF).masked_fill(empty, 0)
        return function(scores, dim).masked_fill(left, fill)

    return run


def masks():
    x = grid(3, 4)
    whole = torch.tensor([[0, 1, 0, 1], [1, 1, 1, 1], [0, 0, 0, 0]]).bool()
    far = rows([1e4, 0, -1e4], [1e4, 1e4 - 1, 2e4], [-INF, 3, 5])
    last = torch.tensor([[0, 0, 1]]).bool()
    for op, function in (("maskedSoftmax", masked(torch.softmax, 0)), ("maskedLogSoftmax", masked(torch.log_softmax, -INF))):
        gradient = op == "maskedSoftmax"
        for dim in (1, 0, -1):
            case(op, lambda x, m: function(x, m, dim), [x, whole], dim, gradient=gradient)
            case(op, lambda x, m: function(x, m, dim), [x, whole[0]], dim, gradient=gradient)
        case(op, lambda x, m: function(x, m, -1), [far, last], gradient=gradient)
    for dim in (0, 1):
        case("softmin", lambda x: F.softmin(x, dim), [x], dim)


def lengths():
    x, y = grid(3, 4, 2), grid(3, 4, 2)
    zero = rows([0, 0], [3, 4])
    for p in (1, 2, 3, 0.5):
        for dim in (0, 1, 2):
            case("normalize", lambda x: F.normalize(x, p, dim), [x], {"p": p, "dim": dim})
        case("normalize", lambda x: F.normalize(x, p), [zero], {"p": p}, gradient=False)
        case("pairwiseDistance", lambda x, y: F.pairwise_distance(x, y, p), [x, y], {"p": p})
        case("pdist", lambda x: F.pdist(x, p), [grid(4, 3)], {"p": p})
    for dim in (0, 1, -1):
        case("cosineSimilarity", lambda x, y: F.cosine_similarity(x, y, dim), [x, y], {"dim": dim})
    case("cosineSimilarity", lambda x, y: F.cosine_similarity(x, y, eps=0.5), [grid(3, 4) / 8, grid(1, 4)], {"eps": 0.5}, gradient=False)
    case("cosineSimilarity", F.cosine_similarity, [zero, zero], gradient=False)
    case("pairwiseDistance", lambda x, y: F.pairwise_distance(x, y, keepdim=True), [zero, zero[:1]], {"keepdim": True})
    case("pdist", F.pdist, [rows([1, 2], [1, 2], [4, 6])])


FAMILIES = [curves, gates, masks, lengths]

if __name__ == "__main__":
    write("math_activation", FAMILIES)
