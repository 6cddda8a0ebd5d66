//! erf and erfc.
const std = @import("std");
const simd = @import("../simd.zig");
const vector = @import("vector.zig");
const exponential = @import("exponential.zig");
const coefficients = @import("coefficients.zig");
const splat = vector.splat;
const select = vector.select;

pub inline fn erf(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const c = coefficients.of(vector.Child(V));
    const a = vector.abs(x);
    const far = splat(V, 1) - complementRough(a);
    return select(a < splat(V, c.error_limit), erfNear(x), vector.withSign(far, x));
}

/// erf x for |x| < error_limit.
inline fn erfNear(x: anytype) @TypeOf(x) {
    const c = coefficients.of(vector.Child(@TypeOf(x)));
    return simd.mulAdd(x, vector.polynomial(x * x, c.error_near), x);
}

/// erfc a for a >= error_limit, exact enough to be taken from 1.
inline fn complementRough(a: anytype) @TypeOf(a) {
    const V = @TypeOf(a);
    const c = coefficients.of(vector.Child(V));
    if (vector.Child(V) == f64) return complement(vector.atMost(a, 6));
    const logarithm = vector.polynomial(vector.atMost(a, c.error_most), c.error_tail);
    const reduced = exponential.reduce(logarithm);
    const power = reduced.n.scaled(1);
    return simd.mulAdd(power, exponential.expm1Near(reduced.r), power);
}

/// The normal distribution function, to some 1e-7 of 1: what its product with x needs.
pub inline fn normal(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const c = coefficients.of(vector.Child(V));
    if (vector.Child(V) == f64) {
        return splat(V, 0.5) * (splat(V, 1) + erf(x * splat(V, @sqrt(0.5))));
    }
    const tail = vector.polynomial(vector.atMost(vector.abs(x), 14), c.normal_tail);
    const lower = exponential.expFast(tail);
    return select(x < splat(V, 0), lower, splat(V, 1) - lower);
}

pub inline fn erfc(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const c = coefficients.of(vector.Child(V));
    const a = vector.abs(x);
    const half = splat(V, 0.5);
    const near = half - simd.mulAdd(x, vector.polynomial(x * x, c.error_near), x - half);
    const tail = if (vector.Child(V) == f32) complementSingle(a) else complement(vector.atMost(a, c.complement_most));
    const far = select(x < splat(V, 0), splat(V, 2) - tail, tail);
    return select(a < splat(V, if (vector.Child(V) == f32) 0.5 else 0.75), near, far);
}

/// erfc a for 1/2 <= a <= complement_most: e^(-a^2) u p(u) with u = 1 / (a + offset).
inline fn complement(a: anytype) @TypeOf(a) {
    const V = @TypeOf(a);
    const c = coefficients.of(f64);
    const offset = splat(V, c.complement_offset);
    const sum = a + offset;
    const moved = sum - a;
    const sum_low = (a - (sum - moved)) + (offset - moved);
    const u = splat(V, 1) / sum;
    // p is steep: u needs its low part, which the sum and the division lost.
    const lost = -simd.mulAdd(u, sum_low, vector.productError(u, sum, splat(V, 1)));
    const position = simd.mulAdd(u, lost, u - splat(V, c.complement_middle));
    // So does the polynomial: with plain sums the whole is off by up to 3.3 units.
    const first = splat(V, c.complement[0]);
    const slope = vector.polynomial(position, c.complement[1..]);
    const step = position * slope;
    const p = first + step;
    const step_taken = p - first;
    const p_low = ((first - (p - step_taken)) + (step - step_taken)) + vector.productError(position, slope, step);
    const factor = u * p;
    const factor_low = simd.mulAdd(factor, lost, simd.mulAdd(u, p_low, vector.productError(u, p, factor)));
    // The rounding error of a^2, times the result, would be many units: it is taken from the
    // exponent.
    const square = a * a;
    const reduced = exponential.reduce(-square);
    const near = exponential.expm1Near(reduced.r - vector.productError(a, a, square));
    return vector.scale(factor + simd.mulAdd(factor, near, factor_low), reduced.n);
}

/// The same for f32, through f64, which needs none of that care.
inline fn complementSingle(a: anytype) @TypeOf(a) {
    const W = @Vector(vector.length(@TypeOf(a)), f64);
    const c = coefficients.single_in_double;
    const wide = vector.atMost(@as(W, @floatCast(a)), c.complement_most);
    const u = splat(W, 1) / (wide + splat(W, c.complement_offset));
    const p = vector.polynomial(u - splat(W, c.complement_middle), c.complement);
    const exponent = wide * wide * splat(W, -c.log2_e);
    const n = vector.roundProduct(exponent, 1);
    const power = vector.polynomial(exponent - n.value, c.exponential2) * n.scaled(1);
    return @floatCast(u * p * power);
}
