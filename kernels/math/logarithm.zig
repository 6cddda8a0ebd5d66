//! Logarithms and the inverse hyperbolic functions, which are logarithms.
//!
//! x = 2^k m with m = 1 + f in [sqrt(1/2), sqrt(2)). With s = f / (2 + f), log(1 + f) = 2 atanh(s),
//! written as f - (f^2 / 2 - s (f^2 / 2 + R(s^2))), so that the largest term, f, is exact.
const std = @import("std");
const simd = @import("../simd.zig");
const vector = @import("vector.zig");
const coefficients = @import("coefficients.zig");
const splat = vector.splat;
const select = vector.select;

fn Split(comptime V: type) type {
    return struct { k: V, f: V };
}

/// Takes a positive normal x apart.
pub inline fn split(x: anytype) Split(@TypeOf(x)) {
    const V = @TypeOf(x);
    const c = coefficients.of(vector.Child(V));
    const one = vector.toBits(splat(V, 1));
    const low = vector.toBits(splat(V, c.sqrt_half));
    const moved = vector.toBits(x) -% low +% one; // its exponent field is k + bias
    const field = moved >> @splat(vector.mantissaBits(V));
    const m: V = @bitCast((moved & mantissaMask(V)) +% low);
    return .{ .k = fieldToFloat(V, field), .f = m - splat(V, 1) };
}

fn mantissaMask(comptime V: type) vector.Bits(V) {
    return vector.splatBits(V, (1 << vector.mantissaBits(V)) - 1);
}

/// A biased exponent as a float without the bias: as the low bits of 2^mantissa. (f64 has no
/// conversion below AVX-512.)
inline fn fieldToFloat(comptime V: type, field: vector.Bits(V)) V {
    const unit: vector.Child(V) = 1 << vector.mantissaBits(V);
    const raised: V = @bitCast(field | vector.toBits(splat(V, unit)));
    return raised - splat(V, unit + std.math.floatExponentMax(vector.Child(V)));
}

/// The same for any positive finite x: a denormal is scaled up first.
pub inline fn splitAny(x: anytype) Split(@TypeOf(x)) {
    const V = @TypeOf(x);
    const T = vector.Child(V);
    const bits = vector.mantissaBits(V) + 1;
    const small = x < splat(V, std.math.floatMin(T));
    var parts = split(select(small, x * splat(V, 1 << bits), x));
    parts.k = select(small, parts.k - splat(V, bits), parts.k);
    return parts;
}

/// What the rounded series leaves of log(1 + f): log(1 + f) = f - (square - rest), square = f^2 /
/// 2.
fn Series(comptime V: type) type {
    return struct { square: V, s: V, factor: V };
}

inline fn series(f: anytype) Series(@TypeOf(f)) {
    const V = @TypeOf(f);
    const c = coefficients.of(vector.Child(V));
    const s = f / (splat(V, 2) + f);
    const z = s * s;
    const square = splat(V, 0.5) * f * f;
    return .{ .square = square, .s = s, .factor = simd.mulAdd(z, vector.polynomial(z, c.logarithm), square) };
}

/// k ln 2 + log(1 + f)
inline fn join(k: anytype, f: @TypeOf(k)) @TypeOf(k) {
    const c = coefficients.of(vector.Child(@TypeOf(k)));
    const part = series(f);
    const small = part.square - simd.mulAdd(part.s, part.factor, k * splat(@TypeOf(k), c.ln2[1]));
    return vector.mulAdd(k, c.ln2[0], f - small);
}

/// Puts the values for infinity, 0, negative numbers and NaN into the logarithm of x.
inline fn special(x: anytype, logarithm: @TypeOf(x)) @TypeOf(x) {
    const V = @TypeOf(x);
    const T = vector.Child(V);
    const infinity = splat(V, std.math.inf(T));
    const outside = select(x == splat(V, 0), -infinity, splat(V, std.math.nan(T)));
    return select(x > splat(V, 0), select(x == infinity, x, logarithm), outside);
}

/// Whether every x is from the smallest normal number up to, not including, the limit: one
/// comparison of integers.
inline fn isUsual(x: anytype, limit: vector.Child(@TypeOf(x))) bool {
    const V = @TypeOf(x);
    const low = vector.toBits(splat(V, std.math.floatMin(vector.Child(V))));
    return @reduce(.And, vector.toBits(x) -% low < vector.toBits(splat(V, limit)) -% low);
}

const Base = enum { e, two, ten };

pub inline fn log(x: anytype) @TypeOf(x) {
    return toBase(.e, x);
}

pub inline fn log2(x: anytype) @TypeOf(x) {
    return toBase(.two, x);
}

pub inline fn log10(x: anytype) @TypeOf(x) {
    return toBase(.ten, x);
}

/// Denormals and special values are looked at only where there are any: 0.29 instead of 0.39 ns an
/// element (f32, AVX-512).
inline fn toBase(comptime base: Base, x: anytype) @TypeOf(x) {
    if (!isUsual(x, std.math.inf(vector.Child(@TypeOf(x))))) {
        @branchHint(.unlikely);
        return toBaseAny(base, x);
    }
    return joinBase(base, split(x));
}

noinline fn toBaseAny(comptime base: Base, x: anytype) @TypeOf(x) {
    return special(x, joinBase(base, splitAny(x)));
}

inline fn joinBase(comptime base: Base, parts: anytype) @TypeOf(parts.f) {
    const V = @TypeOf(parts.f);
    const c = coefficients.of(vector.Child(V));
    return switch (base) {
        .e => join(parts.k, parts.f),
        .two => joinScaled(parts.f, c.log2_e_parts, parts.k, splat(V, 0)),
        .ten => joinScaled(parts.f, c.log10_e_parts, parts.k * splat(V, c.log10_2[0]), parts.k * splat(V, c.log10_2[1])),
    };
}

/// high + low + factor log(1 + f). What is multiplied by the factor's short first part is short
/// too: the product is exact.
inline fn joinScaled(f: anytype, comptime factor: anytype, high: @TypeOf(f), low: @TypeOf(f)) @TypeOf(f) {
    const part = series(f);
    const upper = vector.upperHalf(f - part.square);
    const lower = simd.mulAdd(part.s, part.factor, (f - upper) - part.square);
    const product = upper * splat(@TypeOf(f), factor[0]);
    const sum = high + product;
    const lost = (high - sum) + product;
    const rest = vector.mulAdd(lower, factor[0], vector.mulAdd(upper + lower, factor[1], low));
    return sum + (rest + lost);
}

pub inline fn log1p(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const T = vector.Child(V);
    const one = splat(V, 1);
    const u = x + one;
    const limit = 4.0 / std.math.floatEps(T); // from here on log(1 + x) = log x
    if (!isUsual(u, limit)) {
        @branchHint(.unlikely);
        return log1pAny(V, x, u, limit);
    }
    return vector.withSign(log1pJoin(u, select(x < one, x - (u - one), one - (u - x))), x); // for x = -0
}

/// log(u + lost), where lost is below a unit of u, which is normal and below 4 / epsilon.
inline fn log1pJoin(u: anytype, lost: @TypeOf(u)) @TypeOf(u) {
    const V = @TypeOf(u);
    const one = splat(V, 1);
    const parts = split(u);
    // 2^-k: u and m = 1 + f differ in the exponent alone.
    const power: V = @bitCast(vector.toBits(one + parts.f) -% vector.toBits(u) +% vector.toBits(one));
    return join(parts.k, simd.mulAdd(lost, power, parts.f));
}

noinline fn log1pAny(comptime V: type, x: V, u: V, limit: vector.Child(V)) V {
    const one = splat(V, 1);
    const large = u >= splat(V, limit);
    const lost = select(x < one, x - (u - one), one - (u - x));
    const parts = split(u);
    const result = select(large, join(parts.k, parts.f), log1pJoin(u, lost));
    return vector.withSign(special(u, result), x);
}

/// Beyond this x^2 + 1 rounds to x^2, and log(2 x) is asinh and acosh.
fn squareLimit(comptime T: type) T {
    return if (T == f32) 1 << 14 else 1 << 30;
}

pub inline fn asinh(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const a = vector.abs(x);
    const square = a * a;
    const one = splat(V, 1);
    const near = log1p(a + square / (one + @sqrt(square + one)));
    return vector.withSign(logTwiceBeyond(a, near), x);
}

pub inline fn acosh(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const t = x - splat(V, 1);
    const near = log1p(t + @sqrt(simd.mulAdd(t, t, t + t)));
    const result = logTwiceBeyond(x, near);
    return select(x >= splat(V, 1), result, splat(V, std.math.nan(vector.Child(V))));
}

inline fn logTwiceBeyond(x: anytype, near: @TypeOf(x)) @TypeOf(x) {
    const V = @TypeOf(x);
    const T = vector.Child(V);
    const far = x > splat(V, squareLimit(T));
    if (@reduce(.Or, far)) {
        @branchHint(.unlikely);
        const parts = split(x);
        return select(far, special(x, join(parts.k + splat(V, 1), parts.f)), near);
    }
    return near;
}

pub inline fn atanh(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const a = vector.abs(x);
    return vector.withSign(splat(V, 0.5) * log1p((a + a) / (splat(V, 1) - a)), x);
}
