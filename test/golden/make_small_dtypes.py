"""Writes small_dtypes.jsonl: arithmetic and conversions of the dtypes that are for storage.

    python3 test/golden/make_small_dtypes.py

Results are computed in the dtype itself: PyTorch too computes in float32 and rounds once, integers wrap.
"""

import torch
import torch.nn.functional as F

from golden import INF, NAN, case, grid, write

FLOATS = (torch.float16, torch.bfloat16)
INTEGERS = (torch.uint8, torch.int8, torch.int16)


def name(dtype):
    return str(dtype).removeprefix("torch.")


def conversions():
    wild = torch.tensor([0.0, -0.0, 1.5, -2.75, 1 / 3, 65504, 65520, 1e-7, 6e-8, 3e38, NAN, INF, -INF], dtype=torch.float64)
    for dtype in FLOATS:
        for source in (wild, wild.float(), torch.tensor([1, -7, 2049, 70000, 2**40]), torch.tensor([True, False])):
            case("to", lambda x: x.to(dtype), [source], name(dtype), gradient=False, exact=True)
        small = wild.to(dtype)
        for target in (torch.float32, torch.float64, torch.bool, *FLOATS):
            case("to", lambda x: x.to(target), [small], name(target), gradient=False, exact=True)
        whole = torch.tensor([0, -0.0, 1.5, -2.75, 100, 127], dtype=dtype)
        for target in (torch.int8, torch.int16, torch.int32, torch.int64):
            case("to", lambda x: x.to(target), [whole], name(target), gradient=False, exact=True)
    for dtype in INTEGERS:
        for source in (torch.tensor([0, 1, -1, 127, 128, 255, 256, 32768, -32769, 2**40 + 5]), torch.tensor([300, -300]).int()):
            case("to", lambda x: x.to(dtype), [source], name(dtype), gradient=False)
        for target in (torch.bool, torch.int64, torch.float16, torch.float32, *INTEGERS):
            small = torch.arange(-128, 130, 43).to(dtype)
            case("to", lambda x: x.to(target), [small], name(target), gradient=False)


def arithmetic():
    binary = {
        "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "maximum": torch.maximum, "lt": torch.lt,
        "eq": torch.eq, "pow": torch.pow, "remainder": torch.remainder, "fmod": torch.fmod,
    }
    for dtype in FLOATS:
        x, y = grid(2, 3).to(dtype), (grid(2, 3, low=1) / 3).to(dtype)
        for op, function in binary.items():
            a = x.abs() if op == "pow" else x
            case(op, function, [a, y], exact=True, gradient=op in ("add", "sub", "mul", "div"))
        big = torch.tensor([60000, -60000, 1], dtype=dtype)
        case("add", torch.add, [big, big], exact=True)
        case("mul", torch.mul, [big, torch.tensor(1e-4, dtype=dtype)], exact=True, gradient=False)
        for op in ("exp", "log1p", "sqrt", "rsqrt", "sigmoid", "tanh", "sin", "erf", "abs", "floor", "round", "relu", "silu"):
            function = getattr(F, op, None) or getattr(torch, op)
            case(op, function, [grid(2, 4, low=1, high=3).to(dtype)], exact=True, gradient=False)
    for dtype in INTEGERS:
        info = torch.iinfo(dtype)
        x = torch.tensor([info.min, info.max, 3, 100, 7, 2], dtype=dtype)
        y = torch.tensor([5, 2, info.max, 99, 3, 3], dtype=dtype)
        for op in ("add", "sub", "mul", "maximum", "lt", "eq", "remainder", "div"):
            case(op, binary[op], [x, y])
        case("floorDivide", torch.floor_divide, [x, y])
        case("bitwiseAnd", torch.bitwise_and, [x, y])
        case("bitwiseXor", torch.bitwise_xor, [x, y])
        case("bitwiseNot", torch.bitwise_not, [x])
        case("bitwiseLeftShift", torch.bitwise_left_shift, [x, torch.tensor([1, 2, 3, 1, 0, 4], dtype=dtype)])
        case("neg", torch.neg, [x])
        case("abs", torch.abs, [x])
        case("square", torch.square, [x])
    mixed = [torch.tensor([1, 200], dtype=torch.uint8), torch.tensor([-1, -100], dtype=torch.int8), torch.tensor([300, -5], dtype=torch.int16),
             torch.tensor([0.1, 2], dtype=torch.float16), torch.tensor([0.1, 2], dtype=torch.bfloat16), torch.tensor([1, 2]), torch.tensor([0.5, 2])]
    for i, x in enumerate(mixed):
        for y in mixed[:i]:
            case("add", torch.add, [x, y], gradient=False, exact=True)


def reductions():
    for dtype in (*FLOATS, *INTEGERS):
        x = (grid(3, 4) * 8).to(dtype) if dtype in FLOATS else torch.randint(torch.iinfo(dtype).min, torch.iinfo(dtype).max, (3, 4), dtype=dtype)
        case("sum", torch.sum, [x], exact=True)
        case("sum", lambda x: x.sum(0), [x], 0, exact=True, gradient=False)
        case("prod", lambda x: x.prod(1), [x], 1, exact=True, gradient=False)
        case("cumsum", lambda x: x.cumsum(1), [x], 1, exact=True, gradient=False)
        case("amax", lambda x: x.amax(1), [x], 1, exact=True, gradient=False)
        case("argmin", lambda x: x.argmin(0), [x], 0, gradient=False)
        case("sort", lambda x: x.sort(stable=True, dim=1), [x], 1, exact=True, gradient=False)
        if dtype in FLOATS:
            case("mean", lambda x: x.mean(1), [x], 1, exact=True)
            case("std", lambda x: x.std(1), [x], 1, exact=True, gradient=False)
            case("softmax", lambda x: x.softmax(-1), [x / 8], exact=True)
            case("logsumexp", lambda x: x.logsumexp(1), [x], 1, exact=True, gradient=False)
    nans = torch.tensor([1, NAN, 3], dtype=torch.float16)
    case("amax", torch.amax, [nans], exact=True, gradient=False)


def products():
    for dtype in FLOATS:
        case("matmul", torch.matmul, [grid(5, 67).to(dtype), grid(67, 3).to(dtype)], exact=True)
        case("matmul", torch.matmul, [grid(2, 3, 4).to(dtype), grid(2, 4, 2).to(dtype)], exact=True)
        case("linear", F.linear, [grid(2, 4).to(dtype), grid(3, 4).to(dtype), grid(3).to(dtype)], exact=True)
        case("bmm", torch.bmm, [grid(2, 0, 4).to(dtype), grid(2, 4, 2).to(dtype)], exact=True)
    for dtype in INTEGERS:
        info = torch.iinfo(dtype)
        a = torch.randint(info.min, info.max, (3, 9), dtype=dtype)
        b = torch.randint(info.min, info.max, (9, 2), dtype=dtype)
        case("matmul", torch.matmul, [a, b])


def moves():
    for dtype in (*FLOATS, *INTEGERS):
        x = (grid(3, 4) * 4).abs().to(dtype)
        index = torch.tensor([2, 0])
        case("indexSelect", lambda x, i: x.index_select(0, i), [x, index], 0, exact=True)
        case("gather", lambda x, i: x.gather(1, i), [x, torch.tensor([[3, 0], [1, 1], [2, 0]])], 1, exact=True)
        case("cat", lambda a, b: torch.cat([a, b], 1), [x, x.flip(0)], 1, exact=True)
        case("where", torch.where, [x > 4, x, x.flip(1)], exact=True)
        case("tril", torch.tril, [x], exact=True)
        case("flip", lambda x: x.flip(1), [x], 1, exact=True)


write("small_dtypes", (conversions, arithmetic, reductions, products, moves))
