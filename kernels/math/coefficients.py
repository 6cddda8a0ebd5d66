"""Computes the constants of kernels/math_*.zig and prints them as a Zig file:

    python3 -m venv venv && venv/bin/pip install mpmath gmpy2
    venv/bin/python kernels/math/coefficients.py > kernels/math/coefficients.zig

Every polynomial is a minimax fit (Lawson's iterated least squares on Chebyshev points), weighted so that what is small is
the relative error of the function it serves. Coefficients are rounded to the type one at a time, from the lowest power
up, and the rest is fitted anew after each, so that the rounding of one is made good by the others. The comment over each
table has the largest error that is left: rounded coefficients, exact arithmetic. Takes about a minute.
"""

import struct
from mpmath import mp, mpf

mp.prec = 300
LN2 = mp.log(2)


def nearest(value, kind):
    """The f32 or f64 next to value, exactly."""
    number = float(value)
    return mpf(struct.unpack("f", struct.pack("f", number))[0] if kind == "f32" else number)


def literal(value):
    """Hexadecimal literal of a value that a double holds."""
    mantissa, exponent = float(value).hex().split("p")
    return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}p{exponent}"


def leading(value, bits, cut):
    """value cut or rounded to so many bits: its product with a small integer is exact."""
    fraction, exponent = mp.frexp(value)
    return mp.ldexp(cut(mp.ldexp(fraction, bits)), exponent - bits)


def chebyshev(low, high, count):
    low, high = mpf(low), mpf(high)
    middle, half = (low + high) / 2, (high - low) / 2
    return [middle - half * mp.cos(mp.pi * (2 * i + 1) / (2 * count)) for i in range(count)]


def leastSquares(columns, values, weights):
    """Coefficients of the columns whose sum is nearest to the values, by the normal equations: 300 bits leave enough."""
    scaled = [[x * w for x, w in zip(column, weights)] for column in columns]
    target = [x * w for x, w in zip(values, weights)]
    system = mp.matrix([[mp.fdot(a, b) for a in scaled] for b in scaled])
    return list(mp.lu_solve(system, mp.matrix([mp.fdot(a, target) for a in scaled])))


def evaluate(columns, coefficients):
    return [mp.fdot(coefficients, row) for row in zip(*columns)]


def emphasize(emphasis, errors):
    """Lawson's step: the weights of the squares grow with the error, until the largest errors are equal."""
    mean = sum(e * w for e, w in zip(errors, emphasis)) / sum(emphasis)
    return [w * (e / mean + mpf("0.001")) for e, w in zip(errors, emphasis)]


def fit(kind, function, weight, low, high, degree):
    """(coefficients from the constant up, rounded to kind; log2 of the largest weighted error)."""
    points = chebyshev(low, high, 12 * (degree + 3))
    values = [function(x) for x in points]
    weights = [abs(weight(x)) for x in points]
    columns = [[x**power for x in points] for power in range(degree + 1)]
    emphasis = [mpf(1)] * len(points)
    for _ in range(40):
        both = [mp.sqrt(e) * w for e, w in zip(emphasis, weights)]
        fitted = evaluate(columns, leastSquares(columns, values, both))
        emphasis = emphasize(emphasis, [abs(f - v) * w for f, v, w in zip(fitted, values, weights)])
    rounded, rest = [], list(values)
    for power in range(degree + 1):
        rounded.append(nearest(leastSquares(columns[power:], rest, both)[0], kind))
        rest = [value - rounded[-1] * x for value, x in zip(rest, columns[power])]
    return rounded, mp.log(max(abs(value * w) for value, w in zip(rest, weights)), 2)


def fitRational(kind, function, low, high, upper, lower):
    """Numerator and denominator (whose constant is 1), from the constant up, and log2 of the largest relative error."""
    points = chebyshev(low, high, 200)
    values = [function(x) for x in points]
    columns = [[x**j for x in points] for j in range(upper + 1)]
    columns += [[-v * x ** (j + 1) for x, v in zip(points, values)] for j in range(lower)]
    emphasis, under = [mpf(1)] * len(points), [mpf(1)] * len(points)
    for _ in range(80):
        weights = [mp.sqrt(e) / (v * d) for e, v, d in zip(emphasis, values, under)]
        solution = leastSquares(columns, values, weights)
        over = [mp.polyval(solution[upper::-1], x) for x in points]
        under = [mp.polyval(solution[: upper : -1] + [1], x) for x in points]
        emphasis = emphasize(emphasis, [abs(o / u / v - 1) for o, u, v in zip(over, under, values)])
    rounded = [nearest(c, kind) for c in solution]
    over, under = rounded[: upper + 1], [mpf(1)] + rounded[upper + 1 :]
    errors = [abs(mp.polyval(over[::-1], x) / mp.polyval(under[::-1], x) / v - 1) for x, v in zip(points, values)]
    return over, under, mp.log(max(errors), 2)


def printTable(name, kind, coefficients, error, summary):
    print(f"    /// {summary}: 2^{float(error):.1f}.")
    print(f"    pub const {name} = [_]{kind}{{")
    for c in coefficients:
        print(f"        {literal(c)},")
    print("    };")


def printConstant(name, kind, value):
    print(f"    pub const {name}: {kind} = {literal(nearest(value, kind))};")


def printParts(name, kind, value, bits, count, cut=mp.nint):
    """value as a sum of parts of `bits` bits each, the last one as long as the type allows."""
    parts = []
    for i in range(count):
        part = nearest(value, kind) if i == count - 1 else leading(value, bits, cut)
        assert part == nearest(part, kind)
        parts.append(part)
        value -= part
    print(f"    pub const {name} = [_]{kind}{{ {', '.join(map(literal, parts))} }};")


def scaledErfc(x):
    """exp(x^2) erfc(x)"""
    return mp.exp(x * x) * mp.erfc(x)


def root(function):
    """g(z) with z = x^2: the even function x -> function(x) / x - 1, over z."""

    def value(z):
        x = mp.sqrt(z)
        return (function(x) / x - 1) / z

    return value


def rootWeight(function):
    return lambda z: z * mp.sqrt(z) / function(mp.sqrt(z))


def main():
    print("//! Generated by `python3 kernels/math/coefficients.py > kernels/math/coefficients.zig`; do not edit.")
    print("//! Polynomials start with the constant. The figure of a table is its largest error relative to the\n//! function.")
    print()
    print("pub fn of(comptime T: type) type {")
    print("    return if (T == f32) single else double;")
    print("}")
    for kind in ("f32", "f64"):
        print()
        print(f"pub const {'single' if kind == 'f32' else 'double'} = struct {{")
        printType(kind, kind == "f64")
        print("};")
    print()
    print("/// For what f32 computes through f64: to a few parts in 2^29, and no more.")
    print("pub const single_in_double = struct {")
    c, e = fit("f64", lambda z: 2 * mp.atanh(mp.sqrt(z)) / mp.sqrt(z) / LN2, lambda z: LN2 / 2, "1e-12", "0.029438", 4)
    printTable("logarithm2", "f64", c, e, "log2((1 + s) / (1 - s)) / s in s^2")
    c, e = fit("f64", lambda r: mp.power(2, r), lambda r: mp.power(2, -r), -0.5, 0.5, 6)
    printTable("exponential2", "f64", c, e, "2^r")
    printConstant("log2_e", "f64", 1 / LN2)
    printComplement(mpf("10.2"), 3, 9)
    print("};")


def printType(kind, wide):
    mantissa = 53 if wide else 24
    printConstant("log2_e", kind, 1 / LN2)
    printParts("ln2", kind, LN2, mantissa - (11 if wide else 8), 2)
    printParts("log10_2", kind, mp.log10(2), mantissa - (11 if wide else 8), 2)
    printParts("log2_e_parts", kind, 1 / LN2, mantissa // 2 - 2, 2)
    printParts("log10_e_parts", kind, 1 / mp.ln(10), mantissa // 2 - 2, 2)
    printConstant("sqrt_half", kind, mp.sqrt(mpf(1) / 2))
    # All positive: then 0 times any of them, subtracted from -0, leaves -0.
    printParts("pi_exact", kind, mp.pi, mantissa, 3, mp.floor)
    if wide:
        printParts("pi_short", kind, mp.pi, 29, 4, mp.floor)
    printParts("half_pi", kind, mp.pi / 2, mantissa, 2)
    half = LN2 / 2

    c, e = fit(kind, lambda r: (mp.exp(r) - 1 - r) / r**2, lambda r: r * r / mp.expm1(r), -half, half, 9 if wide else 4)
    printTable("exponential", kind, c, e, "(e^r - 1 - r) / r^2")
    if not wide:
        c, e = fit(kind, lambda r: mp.expm1(r) / r, lambda r: r / mp.exp(r), -half, half, 4)
        printTable("exponential_fast", kind, c, e, "(e^r - 1) / r")
    c, e = fit(kind, lambda r: (mp.power(2, r) - 1) / r, lambda r: r / mp.power(2, r), -0.5, 0.5, 11 if wide else 5)
    printTable("exponential2", kind, c, e, "(2^r - 1) / r")

    top = mpf("0.029438")
    c, e = fit(kind, lambda z: (2 * mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 2) / z, lambda z: z / 2, "1e-12", top, 6 if wide else 2)
    printTable("logarithm", kind, c, e, "(2 atanh(s) / s - 2) / s^2 in s^2")

    square = (mp.pi / 2) ** 2
    c, e = fit(kind, root(mp.sin), rootWeight(mp.sin), "1e-12", square, 7 if wide else 3)
    printTable("sine", kind, c, e, "(sin(r) / r - 1) / r^2 in r^2, to pi / 2")
    c, e = fit(kind, root(mp.sin), rootWeight(mp.sin), "1e-12", square / 4, 5 if wide else 2)
    printTable("sine_short", kind, c, e, "the same to pi / 4")
    c, e = fit(kind, lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2, lambda z: z * z / mp.cos(mp.sqrt(z)), "1e-8", square / 4, 5 if wide else 2)
    printTable("cosine_short", kind, c, e, "(cos(r) - 1 + r^2 / 2) / r^4 in r^2, to pi / 4")
    c, e = fit(kind, root(mp.atan), rootWeight(mp.atan), "1e-12", (mp.sqrt(2) - 1) ** 2 * mpf("1.0001"), 10 if wide else 4)
    printTable("arctangent", kind, c, e, "(atan(t) / t - 1) / t^2 in t^2, to sqrt(2) - 1")
    c, e = fit(kind, root(mp.asin), rootWeight(mp.asin), "1e-12", 0.25, 12 if wide else 4)
    printTable("arcsine", kind, c, e, "(asin(t) / t - 1) / t^2 in t^2, to 1 / 2")
    c, e = fit(kind, root(mp.sinh), rootWeight(mp.sinh), "1e-12", 1, 6 if wide else 3)
    printTable("hyperbolic_sine", kind, c, e, "(sinh(x) / x - 1) / x^2 in x^2, to 1")
    if not wide:
        c, e = fit(kind, root(mp.tanh), rootWeight(mp.tanh), "1e-12", mpf("0.625") ** 2, 4)
        printTable("hyperbolic_tangent", kind, c, e, "(tanh(x) / x - 1) / x^2 in x^2, to 0.625")
        limit = mpf("8.4")
        p, q, e = fitRational(kind, lambda z: mp.tanh(mp.sqrt(z)) / mp.sqrt(z), mpf("1e-6"), limit**2, 4, 4)
        printConstant("hyperbolic_tangent_limit", kind, limit)
        printTable("hyperbolic_tangent_over", kind, p, e, "tanh(x) / x in x^2, to the limit, numerator")
        printTable("hyperbolic_tangent_under", kind, q, e, "its denominator")

    limit = mpf(1) if wide else mpf("0.921875")
    erfRatio = lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z)
    printConstant("error_limit", kind, limit)
    c, e = fit(kind, lambda z: erfRatio(z) - 1, lambda z: 1 / erfRatio(z), "1e-12", limit**2, 12 if wide else 6)
    printTable("error_near", kind, c, e, "erf(x) / x - 1 in x^2, to " + mp.nstr(limit, 10))
    if not wide:
        most = mpf("3.95")
        printConstant("error_most", kind, most)
        c, e = fit(kind, lambda x: mp.log(mp.erfc(x)), lambda x: mp.erfc(x) / mp.erf(x), limit, most, 6)
        printTable("error_tail", kind, c, e, "log(erfc(x)) for use in 1 - erfc(x), to error_most")
        lower = lambda x: mp.erfc(x / mp.sqrt(2)) / 2
        # What matters is the product with x. Beyond 5.5 the polynomial falls as fast as it must.
        weight = lambda x: max(lower(x) * max(x, mpf("0.3")), mpf("3e-4"))
        c, e = fit(kind, lambda x: mp.log(lower(x)), weight, 0, mpf("5.5"), 8)
        printTable("normal_tail", kind, c, e, "log of the normal distribution function at -x, to 5.5")
    if wide:
        third = mpf(2) / 3
        printParts("two_thirds", kind, third, mantissa, 2)
        c, e = fit(kind, lambda z: ((2 * mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 2) / z - third) / z, lambda z: z * z / 2, "1e-10", top, 7)
        printTable("logarithm_wide", kind, c, e, "((2 atanh(s) / s - 2) / s^2 - 2/3) / s^2 in s^2")
        printComplement(mpf("27.3"), 4, 20)


def printComplement(most, offset, degree):
    """With u = 1 / (x + offset), e^(x^2) erfc(x) is u times a slow function of u. The middle is that of the range of u."""
    least = mpf("0.5")
    middle = nearest((1 / (least + offset) + 1 / (most + offset)) / 2, "f64")
    printConstant("complement_offset", "f64", offset)
    printConstant("complement_middle", "f64", middle)
    printConstant("complement_most", "f64", most)
    position = lambda x: 1 / (x + offset) - middle
    inverse = lambda v: 1 / (v + middle) - offset
    scaled = lambda v: scaledErfc(inverse(v)) / (v + middle)
    c, e = fit("f64", scaled, lambda v: 1 / scaled(v), position(most), position(least), degree)
    printTable("complement", "f64", c, e, f"e^(x^2) erfc(x) / u in u - complement_middle, for x from 0.5 to {mp.nstr(most, 5)}")


main()
