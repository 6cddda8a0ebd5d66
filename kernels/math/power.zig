//! pow: e^(y log |x|) with more digits of the logarithm than its type has, and the special cases of
//! C99, F.9.4.4.
const std = @import("std");
const simd = @import("../simd.zig");
const vector = @import("vector.zig");
const exponential = @import("exponential.zig");
const logarithm = @import("logarithm.zig");
const coefficients = @import("coefficients.zig");
const splat = vector.splat;
const select = vector.select;
const Sum = vector.Sum;
const add = vector.add;

pub inline fn pow(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
    const V = @TypeOf(x);
    const T = vector.Child(V);
    const a = vector.abs(x);
    const result = if (T == f32) single(a, y) else double(a, y);
    const infinity = splat(V, std.math.inf(T));
    const zeros: @TypeOf(x > x) = @splat(false);
    const usual = select3(x > splat(V, 0), select3(x < infinity, vector.abs(y) < infinity, zeros), zeros);
    if (!@reduce(.And, usual)) {
        @branchHint(.unlikely);
        return special(x, y, a, result);
    }
    return result;
}

inline fn select3(mask: anytype, x: @TypeOf(mask), y: @TypeOf(mask)) @TypeOf(mask) {
    return @select(bool, mask, x, y);
}

/// f32 through f64, where log2 needs no second part: a^y for finite positive a, finite y.
inline fn single(a: anytype, y: @TypeOf(a)) @TypeOf(a) {
    const W = @Vector(vector.length(@TypeOf(a)), f64);
    const c = coefficients.single_in_double;
    const parts = logarithm.split(@as(W, @floatCast(a)));
    const s = parts.f / (splat(W, 2) + parts.f);
    const log2 = simd.mulAdd(s, vector.polynomial(s * s, c.logarithm2), parts.k);
    const exponent = vector.atMost(vector.atLeast(log2 * @as(W, @floatCast(y)), -160), 130);
    const n = vector.roundProduct(exponent, 1);
    return @floatCast(vector.polynomial(exponent - n.value, c.exponential2) * n.scaled(1));
}

inline fn multiply(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
    const high = x.high * y.high;
    return .{ .high = high, .low = vector.productError(x.high, y.high, high) + (x.high * y.low + x.low * y.high) };
}

/// a^y for finite positive a, finite y.
inline fn double(a: anytype, y: @TypeOf(a)) @TypeOf(a) {
    const V = @TypeOf(a);
    const log = logSum(a);
    const product = y * log.high;
    const inside = vector.abs(product) < splat(V, 1000);
    const low = vector.productError(y, log.high, product) + y * log.low;
    const reduced = exponential.reduce(vector.atMost(vector.atLeast(product, -746), 710.5));
    const r = reduced.r + select(inside, low, splat(V, 0));
    return vector.scale(splat(V, 1) + exponential.expm1Near(r), reduced.n);
}

/// log a to about 2^-66: 1 / 8 of a unit in the power when that is near overflow.
inline fn logSum(a: anytype) Sum(@TypeOf(a)) {
    const V = @TypeOf(a);
    const c = coefficients.of(f64);
    const parts = logarithm.splitAny(a);
    const s = quotient(parts.f, add(splat(V, 2), parts.f));
    const z = multiply(s, s);
    var factor = add(splat(V, c.two_thirds[0]), z.high * vector.polynomial(z.high, c.logarithm_wide));
    factor.low += splat(V, c.two_thirds[1]);
    const tail = multiply(multiply(s, z), factor);
    const near = add(s.high + s.high, tail.high);
    const low = near.low + (s.low + s.low + tail.low);
    const sum = add(parts.k * splat(V, c.ln2[0]), near.high);
    return .{ .high = sum.high, .low = sum.low + vector.mulAdd(parts.k, c.ln2[1], low) };
}

inline fn quotient(x: anytype, y: Sum(@TypeOf(x))) Sum(@TypeOf(x)) {
    const inverse = splat(@TypeOf(x), 1) / y.high;
    const high = x * inverse;
    const product = high * y.high;
    const rest = ((x - product) - vector.productError(high, y.high, product)) - high * y.low;
    return .{ .high = high, .low = rest * inverse };
}

/// What C99 asks for where x or y is zero, negative, infinite or NaN; `power` elsewhere.
inline fn special(x: anytype, y: @TypeOf(x), a: @TypeOf(x), power: @TypeOf(x)) @TypeOf(x) {
    const V = @TypeOf(x);
    const T = vector.Child(V);
    const zero = splat(V, 0);
    const one = splat(V, 1);
    const infinity = splat(V, std.math.inf(T));
    const nan = splat(V, std.math.nan(T));
    const down = y < zero;
    const steep = vector.abs(y) == infinity;
    var result = power;
    // 0 and infinity to any power, and anything to an infinite power, is 0, 1 or infinity.
    result = select(a == zero, select(down, infinity, zero), result);
    result = select(a == infinity, select(down, zero, infinity), result);
    result = select(steep, select(a == one, one, select(select3(a > one, down, y > zero), zero, infinity)), result);
    const whole = @trunc(y) == y;
    const half = y * splat(V, 0.5);
    const odd = select3(@trunc(half) == half, y != y, whole);
    result = select(odd, vector.withSign(result, x), result);
    const real = select3(x < zero, select3(a == infinity, a == a, whole), x == x);
    result = select(real, result, nan);
    result = select(y == y, result, nan);
    return select(y == zero, one, select(x == one, one, result));
}
