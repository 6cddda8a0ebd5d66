"""Writes math.jsonl: functions of one and several tensors, element by element, as PyTorch answers.

    python3 test/golden/make_math.py
"""

import math

import torch

from golden import INF, NAN, case, grid, rows, write

CORNERS = [NAN, INF, -INF, 0.0, -0.0, 1, -1, 0.5, -0.5, 1.5, -2.5, 1e-20, -1e-20, 20, -20, 1e10]

UNARY = {
    "asin": (torch.asin, -0.9, 0.9), "acos": (torch.acos, -0.9, 0.9), "atan": (torch.atan, -9, 9),
    "sinh": (torch.sinh, -9, 9), "cosh": (torch.cosh, -9, 9), "asinh": (torch.asinh, -9, 9),
    "acosh": (torch.acosh, 1.1, 9), "atanh": (torch.atanh, -0.9, 0.9), "erfc": (torch.erfc, -4, 4),
    "logit": (torch.logit, 0.01, 0.99), "frac": (torch.frac, -9, 9), "fix": (torch.fix, -9, 9),
    "deg2rad": (torch.deg2rad, -360, 360), "rad2deg": (torch.rad2deg, -4, 4), "sgn": (torch.sgn, -9, 9),
    "absolute": (torch.absolute, -9, 9), "negative": (torch.negative, -9, 9), "positive": (torch.positive, -9, 9),
    "sinc": (torch.sinc, -4, 4),
}
TESTS = {"signbit": torch.signbit, "isposinf": torch.isposinf, "isneginf": torch.isneginf, "isreal": torch.isreal}


def one_input():
    for op, (function, low, high) in UNARY.items():
        wild = op in ("sinh", "cosh", "sinc")
        values = [value for value in CORNERS if not (wild and value == 1e10)]
        for dtype in (torch.float32, torch.float64):
            case(op, function, [rows(*values, dtype=dtype)], gradient=False, exact=True)
        steps = torch.linspace(low, high, 29).double()
        case(op, function, [steps.mul(64).round().div(64).clamp(low, high)], gradient=op not in ("sgn", "fix"))
    for op, function in TESTS.items():
        for dtype in (torch.float32, torch.float64, torch.int32):
            values = [value for value in CORNERS if math.isfinite(value) and value < 1e6] if dtype == torch.int32 else CORNERS
            case(op, function, [rows(*values, dtype=dtype)], gradient=False, exact=True)
    for eps in (0, 0.125, 0.5):
        case("logit", lambda x: torch.logit(x, eps), [rows(-0.5, 0, 0.0625, 0.125, 0.5, 0.875, 1, 1.5)], {"eps": eps}, gradient=eps > 0)
    case("logit", torch.logit, [rows(0.25, 0.5, 0.75)])


def bounds():
    x = rows(NAN, INF, -INF, -2, -1, -0.5, 0, 0.5, 1, 2)
    low, high = rows(-1, -1, -1, -1, -1, 3, NAN, -1, -1, 3), rows(1, 1, 1, 1, 1, 1, 1, NAN, 1, 1)
    edges = torch.where(x.abs() == 1, 1.25 * x, x)  # at the bounds themselves our gradient is 1
    tame, tame_low, tame_high = grid(4, 3), grid(3), grid(4, 1)
    case("clampMin", lambda x: x.clamp_min(-1), [edges], -1)
    case("clampMax", lambda x: x.clamp_max(1), [edges], 1)
    case("clip", lambda x: x.clip(-1, 1), [edges], -1, 1)
    case("clampMin", torch.clamp_min, [x, low], gradient=False)
    case("clampMax", torch.clamp_max, [x, high], gradient=False)
    case("clamp", torch.clamp, [x, low, high], gradient=False)
    case("clamp", torch.clamp, [tame, tame_low, tame_high])
    case("clampMin", torch.clamp_min, [tame, tame_low])
    case("clampMax", torch.clamp_max, [tame, tame_high])
    case("clampMin", torch.clamp_min, [rows(-2, 3, dtype=torch.int32), rows(-1, 7, dtype=torch.int64)])
    for dtype in (torch.float32, torch.float64):
        case("nanToNum", torch.nan_to_num, [rows(*CORNERS, dtype=dtype)], exact=True)
    run = lambda x: torch.nan_to_num(x, 7, 8, -9)
    case("nanToNum", run, [x], {"nan": 7, "posinf": 8, "neginf": -9})
    case("nanToNum", torch.nan_to_num, [rows(1, 2, dtype=torch.int64)])


BINARY = {
    "atan2": torch.atan2, "arctan2": torch.arctan2, "copysign": torch.copysign, "logaddexp": torch.logaddexp,
    "logaddexp2": torch.logaddexp2, "xlogy": torch.xlogy, "fmax": torch.fmax, "fmin": torch.fmin,
    "subtract": torch.subtract, "multiply": torch.multiply, "divide": torch.divide, "trueDivide": torch.true_divide,
    "ldexp": lambda x, y: torch.ldexp(x, y), "floatPower": torch.float_power, "heaviside": torch.heaviside,
    "greater": torch.greater, "greaterEqual": torch.greater_equal, "less": torch.less, "lessEqual": torch.less_equal,
    "notEqual": torch.not_equal, "nextafter": torch.nextafter,
}
FLAT = ("heaviside", "greater", "greaterEqual", "less", "lessEqual", "notEqual", "nextafter")


def two_inputs():
    corners = [NAN, INF, -INF, 0.0, -0.0, 1, -1, 0.5, -2.5, 100, -100]
    square = torch.tensor(corners).double()
    left, right = square.repeat_interleave(len(corners)), square.repeat(len(corners))
    for op, function in BINARY.items():
        for dtype in (torch.float32, torch.float64):
            if op != "floatPower":
                case(op, function, [left.to(dtype), right.to(dtype)], gradient=False, exact=True)
        if op == "floatPower":
            case(op, function, [grid(4, low=1), grid(4)], gradient=False, exact=True)
            case(op, function, [rows(1, 2, 3, dtype=torch.int32), rows(-1, 0, 2, dtype=torch.int64)])
            continue
        if op == "nextafter":
            continue
        positive = op == "xlogy"
        gradient = op not in FLAT
        case(op, function, [grid(2, 3), grid(2, 3, low=1 if positive else -3).clamp(min=0.25 if positive else -9)], gradient=gradient)
        case(op, function, [grid(2, 1, 3), grid(4, 1, low=1)], gradient=gradient)
    case("xlogy", torch.xlogy, [rows(0, 0, 0, 2), rows(3, -1, 0.5, 4)])
    case("fmax", torch.fmax, [rows(1, NAN, 3, 2, NAN), rows(1, 2, NAN, 4, NAN)])
    case("fmin", torch.fmin, [rows(1, NAN, 3, 2, NAN), rows(1, 2, NAN, 4, NAN)])
    case("copysign", torch.copysign, [rows(1, -2, 0, -0.0, 3), rows(-1, -1, -1, 1, -0.0)])
    case("logaddexp", torch.logaddexp, [rows(1e4, -1e4, 0, 5, -INF), rows(-1e4, -1e4, 0, INF, 2)])
    case("logaddexp2", torch.logaddexp2, [rows(1e4, -1e4, 0, -INF), rows(-1e4, -1e4, 0, 2)])
    case("atan2", torch.atan2, [rows(0, 1, -1, 3e-12), rows(1, 0, -1, 4)])
    for op, function in (("fmax", torch.fmax), ("fmin", torch.fmin), ("heaviside", torch.heaviside)):
        case(op, function, [rows(-3, 0, 5, dtype=torch.int32), rows(2, 7, 5, dtype=torch.int32)])


def three_inputs():
    for shapes in (([2, 3], [2, 3], [2, 3]), ([4, 1, 3], [2, 1], []), ([3], [2, 3], [1])):
        x, y, z = (grid(*shape, low=1) for shape in shapes)
        case("fma", lambda x, y, z: x * y + z, [x, y, z])
        case("lerp", lambda x, y, z: torch.lerp(*torch.broadcast_tensors(x, y, z)), [x, y, z])
        for value in (1, -0.5):
            case("addcmul", lambda x, y, z: torch.addcmul(x, y, z, value=value), [x, y, z], {"value": value})
            case("addcdiv", lambda x, y, z: torch.addcdiv(x, y, z, value=value), [x, y, z], {"value": value})
    for weight in (0, 0.25, 0.5, 1, -2, 3):
        case("lerp", lambda x, y: torch.lerp(x, y, weight), [grid(5), grid(5)], weight)
    ints = [torch.randint(-9, 9, (5,), dtype=torch.int32) for _ in range(3)]
    case("addcmul", lambda x, y, z: torch.addcmul(x, y, z, value=3), ints, {"value": 3})
    case("fma", lambda x, y, z: x * y + z, ints)


def closeness():
    odd = rows(1, 1, 0, NAN, INF, INF, -INF, 1e10, 1e-9)
    near = rows(1 + 2**-18, 1.0001, 1e-9, NAN, INF, -INF, 3, INF, 0)
    for options in ({}, {"equalNan": True}, {"rtol": 0, "atol": 0}, {"rtol": 0.5}, {"atol": 1}, {"rtol": 0, "atol": 0, "equalNan": True}):
        keywords = {"equal_nan" if name == "equalNan" else name: value for name, value in options.items()}
        case("isclose", lambda x, y: torch.isclose(x, y, **keywords), [odd, near], options, gradient=False)
    case("isclose", lambda x, y: torch.isclose(x, y, rtol=0.1), [rows(10, 20, dtype=torch.int32), rows(11, 30, dtype=torch.int32)], {"rtol": 0.1})
    case("isclose", torch.isclose, [torch.tensor([True, False]), torch.tensor([True, True])])
    x, elements = torch.randint(0, 9, (4, 5)), torch.tensor([[1, 7], [3, 3]])
    for invert in (False, True):
        case("isin", lambda x, y: torch.isin(x, y, invert=invert), [x, elements], {"invert": invert})
        case("isin", lambda x, y: torch.isin(x, y, invert=invert), [rows(NAN, 1, 2), rows(NAN, 2)], {"invert": invert}, gradient=False)
        case("isin", lambda x, y: torch.isin(x, y, invert=invert), [x, torch.zeros(0, dtype=torch.int64)], {"invert": invert})


def bits():
    for dtype in (torch.bool, torch.int32, torch.int64):
        low, high = (0, 2) if dtype == torch.bool else (-(2**31), 2**31 - 1)
        x, y = (torch.randint(low, high, (9,)).to(dtype) for _ in range(2))
        case("bitwiseAnd", torch.bitwise_and, [x, y])
        case("bitwiseOr", torch.bitwise_or, [x, y])
        case("bitwiseXor", torch.bitwise_xor, [x, y])
        case("bitwiseNot", torch.bitwise_not, [x])
        if dtype != torch.bool:
            width = 32 if dtype == torch.int32 else 64
            shifts = torch.tensor([-1, 0, 1, 5, width - 2, width - 1, width, 99, 3]).to(dtype)
            case("bitwiseLeftShift", torch.bitwise_left_shift, [x, shifts])
            case("bitwiseRightShift", torch.bitwise_right_shift, [x, shifts])
            case("bitwiseRightShift", torch.bitwise_right_shift, [x[:1], shifts])
            case("gcd", torch.gcd, [x // 4096, y // 4096])
            case("lcm", torch.lcm, [x // 2**18, y // 2**18])
            case("gcd", torch.gcd, [rows(0, 0, 12, -8, dtype=dtype), rows(0, 5, 0, -12, dtype=dtype)])
            case("lcm", torch.lcm, [rows(0, 0, 12, -8, dtype=dtype), rows(0, 5, 0, -12, dtype=dtype)])


def differences():
    x = grid(3, 4)
    for dim in (0, 1, -1):
        for n in (0, 1, 2, 5):
            case("diff", lambda x: torch.diff(x, n, dim), [x], {"n": n, "dim": dim})
        for dx in (1, 0.5):
            case("trapezoid", lambda x: torch.trapezoid(x, dx=dx, dim=dim), [x], {"dx": dx, "dim": dim})
            case("cumulativeTrapezoid", lambda x: torch.cumulative_trapezoid(x, dx=dx, dim=dim), [x], {"dx": dx, "dim": dim})
    case("diff", torch.diff, [torch.tensor([True, False, False])])
    case("diff", torch.diff, [rows(1, 5, 3, dtype=torch.int32)])
    for op, function in (("trapezoid", torch.trapezoid), ("cumulativeTrapezoid", torch.cumulative_trapezoid)):
        case(op, function, [x, rows(0, 1, 3, 3.5)])
        case(op, lambda y, x: function(y, x, dim=0), [x, rows(0, 1, 3)], {"dim": 0})
        case(op, function, [x, grid(3, 4)])
        case(op, function, [grid(3, 1)])
    for p in (0, 0.5, 1, 2, 3):
        gradient = p not in (0,)
        case("dist", lambda x, y: torch.dist(x, y, p), [grid(3, 2), grid(2) + 7], p, gradient=gradient)
    case("dist", torch.dist, [rows(1, 2), rows(1, 2)])


FAMILIES = [one_input, bounds, two_inputs, three_inputs, closeness, bits, differences]

if __name__ == "__main__":
    write("math", FAMILIES)
