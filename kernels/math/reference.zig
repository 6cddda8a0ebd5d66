//! Slow, plain definitions of the functions of math.zig in f128, good to about 100 bits: what the
//! tests compare f64 with. Built from +, -, *, / alone, so that they do not depend on the
//! platform's library.
const std = @import("std");

const ln2: f128 = 0.693147180559945309417232121458176568075500134360255254120680009;
const pi: f128 = 3.14159265358979323846264338327950288419716939937510582097494459;
/// What f128 loses of pi.
const pi_rest: f128 = 8.67181013012378102479704402604335227e-35;
const terms_max = 400;

pub fn sqrt(x: f128) f128 {
    if (!(x > 0) or x == std.math.inf(f128)) return if (x < 0) std.math.nan(f128) else x;
    // The exponent is halved first, for what f64 cannot hold.
    const parts = std.math.frexp(x);
    const even: i32 = parts.exponent & ~@as(i32, 1);
    const m = std.math.ldexp(parts.significand, parts.exponent - even);
    var y: f128 = @sqrt(@as(f64, @floatCast(m)));
    for (0..2) |_| y = (y + m / y) / 2;
    return std.math.ldexp(y, @divExact(even, 2));
}

pub fn expm1(x: f128) f128 {
    if (@abs(x) > 0.5) return exp(x) - 1;
    var term = x;
    var sum = x;
    var i: f128 = 2;
    while (i < 40) : (i += 1) {
        term *= x / i;
        sum += term;
    }
    return sum;
}

pub fn exp(x: f128) f128 {
    if (!(@abs(x) < 11000)) return if (x > 0) std.math.inf(f128) else if (x < 0) 0 else x;
    const n = @round(x / ln2);
    return std.math.ldexp(1 + expm1(x - n * ln2), @intFromFloat(n));
}

pub fn exp2(x: f128) f128 {
    if (!(@abs(x) < 11000)) return if (x > 0) std.math.inf(f128) else if (x < 0) 0 else x;
    const n = @round(x);
    return std.math.ldexp(1 + expm1((x - n) * ln2), @intFromFloat(n));
}

pub fn sigmoid(x: f128) f128 {
    return 1 / (1 + exp(-x));
}

pub fn sinh(x: f128) f128 {
    if (@abs(x) > 1) return (exp(x) - exp(-x)) / 2;
    const e = expm1(x);
    return (e + e / (e + 1)) / 2;
}

pub fn cosh(x: f128) f128 {
    return (exp(x) + exp(-x)) / 2;
}

pub fn tanh(x: f128) f128 {
    if (@abs(x) > 50) return std.math.sign(x);
    const e = expm1(2 * x);
    return e / (e + 2);
}

/// log((1 + s) / (1 - s))
fn atanhTwice(s: f128) f128 {
    const z = s * s;
    var power = s;
    var sum: f128 = 0;
    var i: f128 = 1;
    while (i < 60) : (i += 2) {
        sum += power / i;
        power *= z;
    }
    return 2 * sum;
}

pub fn log(x: f128) f128 {
    if (!(x > 0)) return if (x == 0) -std.math.inf(f128) else std.math.nan(f128);
    if (x == std.math.inf(f128)) return x;
    const parts = std.math.frexp(x);
    const low = parts.significand < 0.7;
    const m = if (low) 2 * parts.significand else parts.significand;
    const k: f128 = @floatFromInt(if (low) parts.exponent - 1 else parts.exponent);
    return k * ln2 + atanhTwice((m - 1) / (m + 1));
}

pub fn log1p(x: f128) f128 {
    return if (@abs(x) < 0.25) atanhTwice(x / (2 + x)) else log(1 + x);
}

pub fn log2(x: f128) f128 {
    return log(x) / ln2;
}

pub fn log10(x: f128) f128 {
    return log(x) / (ln2 + log(5));
}

pub fn asinh(x: f128) f128 {
    const a = @abs(x);
    return std.math.copysign(log1p(a + a * (a / (1 + sqrt(1 + a * a)))), x);
}

pub fn acosh(x: f128) f128 {
    const t = x - 1;
    return if (x < 1) std.math.nan(f128) else log1p(t + sqrt(t * (t + 2)));
}

pub fn atanh(x: f128) f128 {
    return log1p(2 * x / (1 - x)) / 2;
}

/// x - n pi / 2 with its n.
fn quarter(x: f128) struct { r: f128, n: i64 } {
    std.debug.assert(@abs(x) < 1 << 40);
    const n = @round(x / (pi / 2));
    return .{ .r = remainder(x, n), .n = @intFromFloat(n) };
}

/// x - n pi / 2, pi in three parts: two of 60 bits, whose products with n are exact.
fn remainder(x: f128, n: f128) f128 {
    const first: f128 = comptime @floatFromInt(@as(i128, @intFromFloat(pi * (1 << 58))));
    const high = first / (1 << 58);
    return ((x - n * (high / 2)) - n * ((pi - high) / 2)) - n * (pi_rest / 2);
}

fn sinNear(r: f128) f128 {
    return alternating(r, r, 1);
}

fn cosNear(r: f128) f128 {
    return alternating(1, r, 0);
}

fn alternating(first: f128, r: f128, index: f128) f128 {
    var term = first;
    var sum = first;
    var i = index;
    while (i < 40) : (i += 2) {
        term *= -r * r / ((i + 1) * (i + 2));
        sum += term;
    }
    return sum;
}

pub fn sin(x: f128) f128 {
    const q = quarter(x);
    const value = if (q.n & 1 == 0) sinNear(q.r) else cosNear(q.r);
    return if (q.n & 2 == 0) value else -value;
}

pub fn cos(x: f128) f128 {
    const q = quarter(x);
    const value = if (q.n & 1 == 0) cosNear(q.r) else sinNear(q.r);
    return if ((q.n + 1) & 2 == 0) value else -value;
}

pub fn tan(x: f128) f128 {
    return sin(x) / cos(x);
}

pub fn atan(x: f128) f128 {
    if (@abs(x) > 1) return std.math.copysign(pi / 2, x) - atan(1 / x);
    var t = x;
    for (0..3) |_| t = t / (1 + sqrt(1 + t * t)); // halves the angle
    var power = t;
    var sum: f128 = 0;
    var i: f128 = 1;
    while (i < 60) : (i += 2) {
        sum += power / i;
        power *= -t * t;
    }
    return 8 * sum;
}

pub fn asin(x: f128) f128 {
    return if (@abs(x) == 1) x * (pi / 2) else atan(x / sqrt((1 - x) * (1 + x)));
}

pub fn acos(x: f128) f128 {
    return if (x == -1) pi else 2 * atan(sqrt((1 - x) / (1 + x)));
}

pub fn erf(x: f128) f128 {
    const a = @abs(x);
    if (a > 5) return std.math.copysign(1 - erfc(a), x);
    var term = x;
    var sum = x;
    var i: f128 = 3;
    while (i < terms_max and @abs(term) > @abs(sum) * 1e-36) : (i += 2) {
        term *= 2 * x * x / i;
        sum += term;
    }
    return 2 / sqrt(pi) * exp(-x * x) * sum;
}

pub fn erfc(x: f128) f128 {
    if (x < 5) return 1 - erf(x);
    if (x > 100) return 0;
    // Laplace's continued fraction from the far end.
    var fraction: f128 = x;
    var i: f128 = terms_max;
    while (i > 0) : (i -= 1) fraction = x + i / 2 / fraction;
    return exp(-x * x) / (sqrt(pi) * fraction);
}

/// For positive x.
pub fn pow(x: f128, y: f128) f128 {
    return exp(y * log(x));
}
