//! What the factorisations do to rows: sums, products, rotations.
const std = @import("std");
const simd = @import("../simd.zig");

/// y += factor x.
pub inline fn addScaled(comptime T: type, y: [*]T, x: [*]const T, count: usize, factor: T) void {
    const L = simd.lanes(T);
    const f: simd.Vector(T) = @splat(factor);
    var i: usize = 0;
    while (i + L <= count) : (i += L) {
        simd.store(T, y + i, simd.mulAdd(f, simd.load(T, x + i), simd.load(T, y + i)));
    }
    const left = count - i;
    if (isMasked(left)) {
        const sum = simd.mulAdd(f, simd.loadPart(T, x + i, left), simd.loadPart(T, y + i, left));
        simd.storePart(T, y + i, sum, left);
    } else while (i < count) : (i += 1) y[i] = simd.mulAdd(factor, x[i], y[i]);
}

/// x *= factor.
pub inline fn scale(comptime T: type, x: [*]T, count: usize, factor: T) void {
    const L = simd.lanes(T);
    var i: usize = 0;
    while (i + L <= count) : (i += L) {
        simd.store(T, x + i, simd.load(T, x + i) * @as(simd.Vector(T), @splat(factor)));
    }
    while (i < count) : (i += 1) x[i] *= factor;
}

/// x *= 2^exponent, exactly where the result is no denormal.
pub fn scaleByPower(comptime T: type, x: [*]T, count: usize, exponent: i32) void {
    // In two steps: the power alone may be none of T.
    const half = @divTrunc(exponent, 2);
    scale(T, x, count, std.math.ldexp(@as(T, 1), half));
    scale(T, x, count, std.math.ldexp(@as(T, 1), exponent - half));
}

/// x /= divisor: where its inverse may overflow.
pub inline fn divide(comptime T: type, x: [*]T, count: usize, divisor: T) void {
    const L = simd.lanes(T);
    var i: usize = 0;
    while (i + L <= count) : (i += L) {
        simd.store(T, x + i, simd.load(T, x + i) / @as(simd.Vector(T), @splat(divisor)));
    }
    while (i < count) : (i += 1) x[i] /= divisor;
}

/// y += the sum of rows of x, `step` apart, each times its factor.
pub fn addRows(
    comptime T: type,
    y: [*]T,
    x: [*]const T,
    step: usize,
    factors: []const T,
    count: usize,
) void {
    var k: usize = 0;
    while (k + 4 <= factors.len) : (k += 4) addFour(T, y, x + k * step, step, factors[k..], count);
    while (k < factors.len) : (k += 1) addScaled(T, y, x + k * step, count, factors[k]);
}

fn addFour(
    comptime T: type,
    y: [*]T,
    x: [*]const T,
    step: usize,
    factors: []const T,
    count: usize,
) void {
    const L = simd.lanes(T);
    var f: [4]simd.Vector(T) = undefined;
    inline for (0..4) |k| f[k] = @splat(factors[k]);
    var i: usize = 0;
    while (i + L <= count) : (i += L) {
        var sum = simd.load(T, y + i);
        inline for (0..4) |k| sum = simd.mulAdd(f[k], simd.load(T, x + k * step + i), sum);
        simd.store(T, y + i, sum);
    }
    if (has_masks) {
        const left = count - i;
        if (left == 0) return;
        var sum = simd.loadPart(T, y + i, left);
        inline for (0..4) |k| {
            sum = simd.mulAdd(f[k], simd.loadPart(T, x + k * step + i, left), sum);
        }
        simd.storePart(T, y + i, sum, left);
    } else while (i < count) : (i += 1) {
        inline for (0..4) |k| y[i] = simd.mulAdd(factors[k], x[k * step + i], y[i]);
    }
}

/// sums <- the rows of x, `step` apart, times y.
pub fn dotRows(
    comptime T: type,
    sums: []T,
    x: [*]const T,
    step: usize,
    y: [*]const T,
    count: usize,
) void {
    var k: usize = 0;
    while (k + 4 <= sums.len) : (k += 4) dotFour(T, sums[k..], x + k * step, step, y, count);
    while (k < sums.len) : (k += 1) sums[k] = dot(T, x + k * step, y, count);
}

fn dotFour(
    comptime T: type,
    sums: []T,
    x: [*]const T,
    step: usize,
    y: [*]const T,
    count: usize,
) void {
    const L = simd.lanes(T);
    var parts: [4]simd.Vector(T) = @splat(@splat(0));
    var i: usize = 0;
    while (i + L <= count) : (i += L) {
        const v = simd.load(T, y + i);
        inline for (0..4) |k| parts[k] = simd.mulAdd(simd.load(T, x + k * step + i), v, parts[k]);
    }
    if (has_masks and i < count) {
        const v = simd.loadPart(T, y + i, count - i);
        inline for (0..4) |k| {
            parts[k] = simd.mulAdd(simd.loadPart(T, x + k * step + i, count - i), v, parts[k]);
        }
        i = count;
    }
    inline for (0..4) |k| sums[k] = @reduce(.Add, parts[k]);
    while (i < count) : (i += 1) {
        inline for (0..4) |k| sums[k] = simd.mulAdd(x[k * step + i], y[i], sums[k]);
    }
}

/// Sum of x y, in an order that depends on the count alone.
pub inline fn dot(comptime T: type, x: [*]const T, y: [*]const T, count: usize) T {
    const L = simd.lanes(T);
    if (count < 6) {
        var sum: T = 0;
        for (x[0..count], y) |a, b| sum = simd.mulAdd(a, b, sum);
        return sum;
    }
    var sums: [2]simd.Vector(T) = @splat(@splat(0));
    var i: usize = 0;
    while (i + 2 * L <= count) : (i += 2 * L) {
        inline for (&sums, 0..) |*sum, k| {
            sum.* = simd.mulAdd(simd.load(T, x + i + k * L), simd.load(T, y + i + k * L), sum.*);
        }
    }
    while (i + L <= count) : (i += L) {
        sums[0] = simd.mulAdd(simd.load(T, x + i), simd.load(T, y + i), sums[0]);
    }
    const left = count - i;
    if (isMasked(left)) {
        const xs = simd.loadPart(T, x + i, left);
        sums[1] = simd.mulAdd(xs, simd.loadPart(T, y + i, left), sums[1]);
        i = count;
    }
    var sum = @reduce(.Add, sums[0] + sums[1]);
    while (i < count) : (i += 1) sum = simd.mulAdd(x[i], y[i], sum);
    return sum;
}

/// x, y <- c x - s y, s x + c y.
pub inline fn rotate(comptime T: type, x: [*]T, y: [*]T, count: usize, c: T, s: T) void {
    const L = simd.lanes(T);
    const cs: simd.Vector(T) = @splat(c);
    const ss: simd.Vector(T) = @splat(s);
    var i: usize = 0;
    while (i + L <= count) : (i += L) {
        const a = simd.load(T, x + i);
        const b = simd.load(T, y + i);
        simd.store(T, x + i, cs * a - ss * b);
        simd.store(T, y + i, ss * a + cs * b);
    }
    const left = count - i;
    if (isMasked(left)) {
        const a = simd.loadPart(T, x + i, left);
        const b = simd.loadPart(T, y + i, left);
        simd.storePart(T, x + i, cs * a - ss * b, left);
        simd.storePart(T, y + i, ss * a + cs * b, left);
    } else while (i < count) : (i += 1) {
        const a = x[i];
        x[i] = c * a - s * y[i];
        y[i] = s * a + c * y[i];
    }
}

/// Largest magnitude; NaN when an element is NaN.
pub fn largest(comptime T: type, x: []const T) T {
    const L = simd.lanes(T);
    var mosts: simd.Vector(T) = @splat(0);
    // 0 for finite elements, else NaN.
    var zeros: simd.Vector(T) = @splat(0);
    var i: usize = 0;
    while (i + L <= x.len) : (i += L) {
        const v = simd.load(T, x.ptr + i);
        mosts = @select(T, @abs(v) > mosts, @abs(v), mosts);
        zeros += v * @as(simd.Vector(T), @splat(0));
    }
    var most = @reduce(.Max, mosts);
    var zero = @reduce(.Add, zeros);
    while (i < x.len) : (i += 1) {
        most = @max(most, @abs(x[i]));
        zero += x[i] * 0;
    }
    if (zero == 0 or std.math.isInf(most)) {
        // An infinity hides a NaN: rare enough to look again.
        if (zero != 0) for (x) |value| if (std.math.isNan(value)) return value;
        return most;
    }
    return std.math.nan(T);
}

/// Turns a vector's sign so that its largest element is positive, the first of equal ones; true
/// when it turned.
pub fn pointUp(comptime T: type, x: []T) bool {
    var most: T = 0;
    for (x) |value| {
        // Elements that differ by rounding alone count as equal: the sign should not depend on it.
        if (@abs(value) > @abs(most) * 1.000001) most = value;
    }
    if (most >= 0) return false;
    for (x) |*value| value.* = -value.*;
    return true;
}

/// Whether so many elements, the end of a row, are taken as one masked vector: a masked store is
/// not forwarded to the loads that follow, which costs more than a few single elements.
inline fn isMasked(count: usize) bool {
    return has_masks and count >= 6;
}

const has_masks = simd.avx2;
