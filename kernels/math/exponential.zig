//! exp and what is made of it: expm1, sigmoid and the hyperbolic functions.
//!
//! x = n ln 2 + r with |r| <= ln 2 / 2, e^x = 2^n (1 + p(r)).
const std = @import("std");
const simd = @import("../simd.zig");
const vector = @import("vector.zig");
const coefficients = @import("coefficients.zig");
const splat = vector.splat;
const select = vector.select;

/// Below `least` e^x rounds to 0, above `most` to infinity; between them scale() is in its range.
const Range = struct { least: comptime_float, most: comptime_float };

fn range(comptime T: type) Range {
    return if (T == f32) .{ .least = -104.0, .most = 89.0 } else .{ .least = -746.0, .most = 710.0 };
}

fn Reduced(comptime V: type) type {
    return struct { n: vector.Rounded(V), r: V };
}

/// x = n ln 2 + r. ln 2 is in two parts; the first is short enough for n times it to be exact.
pub inline fn reduce(x: anytype) Reduced(@TypeOf(x)) {
    const c = coefficients.of(vector.Child(@TypeOf(x)));
    const n = vector.roundProduct(x, c.log2_e);
    const r = vector.mulAdd(n.value, -c.ln2[1], vector.mulAdd(n.value, -c.ln2[0], x));
    return .{ .n = n, .r = r };
}

/// e^r - 1 for |r| <= ln 2 / 2.
pub inline fn expm1Near(r: anytype) @TypeOf(r) {
    const c = coefficients.of(vector.Child(@TypeOf(r)));
    return simd.mulAdd(r * r, vector.polynomial(r, c.exponential), r);
}

pub inline fn exp(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const bounds = comptime range(vector.Child(V));
    return expBounded(vector.atMost(vector.atLeast(x, bounds.least), bounds.most));
}

inline fn expBounded(x: anytype) @TypeOf(x) {
    const reduced = reduce(x);
    return vector.scale(splat(@TypeOf(x), 1) + expm1Near(reduced.r), reduced.n);
}

/// e^x for x <= 0 (and up to the edge of overflow), to 2.3 ulp. For softmax and the like; f64 has
/// no faster form.
pub inline fn expFast(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const c = coefficients.of(vector.Child(V));
    const bounded = vector.atLeast(x, comptime range(vector.Child(V)).least);
    if (vector.Child(V) == f64) return expBounded(bounded);
    const reduced = reduce(bounded);
    const p = vector.polynomial(reduced.r, c.exponential_fast);
    return vector.scale(simd.mulAdd(p, reduced.r, splat(V, 1)), reduced.n);
}

pub inline fn exp2(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const T = vector.Child(V);
    const c = coefficients.of(T);
    const bounded = vector.atMost(vector.atLeast(x, if (T == f32) -151 else -1076), if (T == f32) 129 else 1025);
    const n = vector.roundProduct(bounded, 1);
    const r = bounded - n.value;
    return vector.scale(simd.mulAdd(vector.polynomial(r, c.exponential2), r, splat(V, 1)), n);
}

pub inline fn expm1(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const T = vector.Child(V);
    const bounded = vector.atMost(vector.atLeast(x, if (T == f32) -18 else -38), comptime range(T).most);
    const reduced = reduce(bounded);
    // Half of 2^n, because 2^n overflows before the result does.
    const half = reduced.n.scaled(0.5);
    const result = simd.mulAdd(half, expm1Near(reduced.r), half - splat(V, 0.5));
    const tiny = comptime std.math.floatEps(T) / 4; // x + x^2 / 2 rounds to x; keeps -0 and denormals as well
    return select(vector.abs(x) < splat(V, tiny), x, result + result);
}

pub inline fn sigmoid(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const one = splat(V, 1);
    // e^-|x| cannot overflow, and underflows where the result does.
    const e = expBounded(vector.atLeast(-vector.abs(x), comptime range(vector.Child(V)).least));
    return select(x < splat(V, 0), e, one) / (one + e);
}

pub inline fn tanh(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const T = vector.Child(V);
    const a = vector.abs(x);
    const reduced = reduce(vector.atMost(a + a, if (T == f32) 18.5 else 39));
    const power = reduced.n.scaled(1);
    const p = expm1Near(reduced.r);
    if (T == f64) {
        const e = simd.mulAdd(power, p, power - splat(V, 1)); // e^2|x| - 1
        return vector.withSign(e / (e + splat(V, 2)), x);
    }
    // That is 2.3 ulp near 0 for f32, and 0.29 ns an element; with a polynomial there it is 1.2 ulp
    // and 0.38 ns.
    const z = a * a;
    const near = simd.mulAdd(a * z, vector.polynomial(z, coefficients.of(T).hyperbolic_tangent), a);
    const e = simd.mulAdd(power, p, power + splat(V, 1)); // e^2|x| + 1
    const far = splat(V, 1) - splat(V, 2) / e;
    return vector.withSign(select(a < splat(V, 0.625), near, far), x);
}

/// tanh to about 6 ulp. f64 has no faster form.
pub inline fn tanhFast(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const T = vector.Child(V);
    if (T == f64) return tanh(x);
    const c = coefficients.of(T);
    const bounded = vector.atMost(vector.atLeast(x, -c.hyperbolic_tangent_limit), c.hyperbolic_tangent_limit);
    const z = bounded * bounded;
    const over = bounded * vector.polynomial(z, c.hyperbolic_tangent_over);
    return over / vector.polynomial(z, c.hyperbolic_tangent_under);
}

/// e^|x| / 2, which overflows only where sinh and cosh do.
inline fn halfExp(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const reduced = reduce(vector.atMost(vector.abs(x), comptime range(vector.Child(V)).most + 1));
    const p = splat(V, 1) + expm1Near(reduced.r);
    return vector.scale(splat(V, 0.5) * p, reduced.n);
}

pub inline fn cosh(x: anytype) @TypeOf(x) {
    const half = halfExp(x);
    return half + splat(@TypeOf(x), 0.25) / half;
}

pub inline fn sinh(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const c = coefficients.of(vector.Child(V));
    const half = halfExp(x);
    const far = vector.withSign(half - splat(V, 0.25) / half, x);
    const z = x * x;
    const near = simd.mulAdd(x * z, vector.polynomial(z, c.hyperbolic_sine), x);
    return select(vector.abs(x) < splat(V, 1), near, far);
}
