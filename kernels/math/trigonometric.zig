//! sin, cos, tan and their inverses.
const std = @import("std");
const simd = @import("../simd.zig");
const vector = @import("vector.zig");
const coefficients = @import("coefficients.zig");
const splat = vector.splat;
const select = vector.select;

const Function = enum { sin, cos, tan };

/// The largest argument that is reduced with vectors: beyond, the quotient by pi is not exact
/// enough.
fn limit(comptime T: type) T {
    return if (T == f32) 20_000 else 2_000_000;
}

/// The parts of pi to subtract one after the other: with FMA in full length, without it so short
/// that n times a part is exact. All are positive, so that 0 times any of them, subtracted from -0,
/// leaves -0.
fn partsOfPi(comptime T: type) []const T {
    return if (simd.has_fma) &coefficients.of(T).pi_exact else &coefficients.double.pi_short;
}

/// x - n c pi, where n c pi is near x.
inline fn subtractPi(x: anytype, n: @TypeOf(x), comptime c: comptime_float) @TypeOf(x) {
    const V = @TypeOf(x);
    const T = vector.Child(V);
    if (comptime T == f32 and !simd.has_fma) return @floatCast(subtractPi(widen(x), widen(n), c));
    if (comptime !simd.has_fma) {
        const r = subtractPiExactly(x, n, c);
        return r.high - r.excess;
    }
    var r = x;
    inline for (comptime partsOfPi(T)) |part| r = vector.mulAdd(n, -c * part, r);
    return r;
}

fn Remainder(comptime V: type) type {
    return struct { high: V, excess: V };
}

/// The same as a difference, whose second term is what rounding put into the first.
inline fn subtractPiExactly(x: anytype, n: @TypeOf(x), comptime c: comptime_float) Remainder(@TypeOf(x)) {
    const V = @TypeOf(x);
    const T = vector.Child(V);
    if (comptime T == f32 and !simd.has_fma) {
        const wide = subtractPi(widen(x), widen(n), c);
        const high: V = @floatCast(wide);
        return .{ .high = high, .excess = @floatCast(widen(high) - wide) };
    }
    const parts = comptime partsOfPi(T);
    var high = vector.mulAdd(n, -c * parts[0], x);
    var excess = splat(V, 0);
    inline for (parts[1 .. parts.len - 1]) |part| {
        const factor = splat(V, c * part);
        const product = n * factor;
        const next = high - product;
        excess += product - (high - next);
        if (simd.has_fma) excess += vector.productError(n, factor, product);
        high = next;
    }
    return .{ .high = high, .excess = vector.mulAdd(n, c * parts[parts.len - 1], excess) };
}

inline fn widen(x: anytype) @Vector(vector.length(@TypeOf(x)), f64) {
    return @floatCast(x);
}

/// sin r for |r| <= pi / 2.
inline fn sinNear(r: anytype) @TypeOf(r) {
    const z = r * r;
    const c = coefficients.of(vector.Child(@TypeOf(r)));
    return vector.withSign(simd.mulAdd(r * z, vector.polynomial(z, c.sine), r), r); // for r = -0
}

pub inline fn sin(x: anytype) @TypeOf(x) {
    const n = vector.roundProduct(x, 1.0 / std.math.pi);
    const r = subtractPi(x, n.value, 1);
    return orScalar(.sin, x, sinNear(vector.negateIfOdd(r, n.bits())));
}

pub inline fn cos(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const c = coefficients.of(vector.Child(V));
    // By quarters of a turn: as a shifted sine it would be 20 % faster, but 2.1 ulp, and cos 0
    // would not be 1.
    const n = vector.roundProduct(x, 2.0 / std.math.pi);
    const r = subtractPi(x, n.value, 0.5);
    const z = r * r;
    const sine = simd.mulAdd(r * z, vector.polynomial(z, c.sine_short), r);
    const cosine = simd.mulAdd(z * z, vector.polynomial(z, c.cosine_short), vector.mulAdd(z, -0.5, splat(V, 1)));
    const half_turns = (n.bits() +% vector.splatBits(V, 1)) >> @splat(1);
    return orScalar(.cos, x, vector.negateIfOdd(select(vector.isOdd(V, n.bits()), sine, cosine), half_turns));
}

pub inline fn tan(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const c = coefficients.of(vector.Child(V));
    const n = vector.roundProduct(x, 2.0 / std.math.pi);
    const remainder = subtractPiExactly(x, n.value, 0.5);
    const r = remainder.high;
    const z = r * r;
    // sin(r - excess) = sin r - excess, cos(r - excess) = cos r + r excess, each with what its last
    // sum rounds off: a plain quotient of the two is off by up to 2.7 units in f32.
    const sine = vector.add(r, simd.mulAdd(r * z, vector.polynomial(z, c.sine_short), -remainder.excess));
    const tail = simd.mulAdd(z * z, vector.polynomial(z, c.cosine_short), r * remainder.excess);
    const cosine = vector.add(splat(V, 1), vector.mulAdd(z, -0.5, tail));
    const odd = vector.isOdd(V, n.bits());
    const over = select(odd, -cosine.high, sine.high);
    const under = select(odd, sine.high, cosine.high);
    const inverse = splat(V, 1) / under;
    const quotient = over * inverse;
    const product = quotient * under;
    const over_low = select(odd, -cosine.low, sine.low);
    const under_low = select(odd, sine.low, cosine.low);
    const rest = ((over - product) - vector.productError(quotient, under, product)) + (over_low - quotient * under_low);
    const result = simd.mulAdd(rest, inverse, quotient);
    return orScalar(.tan, x, select(x == splat(V, 0), x, result));
}

/// result, or the C library's function for the lanes whose x is large or not finite.
inline fn orScalar(comptime function: Function, x: anytype, result: @TypeOf(x)) @TypeOf(x) {
    const V = @TypeOf(x);
    const T = vector.Child(V);
    const near = vector.abs(x) <= splat(V, limit(T));
    if (!@reduce(.And, near)) {
        @branchHint(.unlikely);
        return select(near, result, scalar(function, vector.length(V), T, x));
    }
    return result;
}

/// In f64, with Payne and Hanek's reduction: exact enough for f32 too. Out of line, it is rarely
/// called.
noinline fn scalar(comptime function: Function, comptime n: comptime_int, comptime T: type, x: @Vector(n, T)) @Vector(n, T) {
    const in: [n]T = x;
    var out: [n]T = undefined;
    for (in, &out) |value, *result| {
        const wide: f64 = value;
        result.* = @floatCast(switch (function) {
            .sin => @sin(wide),
            .cos => @cos(wide),
            .tan => @tan(wide),
        });
    }
    return out;
}

pub inline fn atan(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const a = vector.abs(x);
    const one = splat(V, 1);
    const c = coefficients.of(vector.Child(V));
    // atan a = base + atan t with |t| <= sqrt(2) - 1, by one division for the three ranges.
    const middle = a > splat(V, std.math.sqrt2 - 1.0);
    const far = a > splat(V, std.math.sqrt2 + 1.0);
    const over = select(far, -one, select(middle, a - one, a));
    const under = select(far, a, select(middle, a + one, one));
    const t = over / under;
    const turns = select(far, one, select(middle, splat(V, 0.5), splat(V, 0))); // of pi / 2
    const z = t * t;
    const tail = simd.mulAdd(t * z, vector.polynomial(z, c.arctangent), turns * splat(V, c.half_pi[1]));
    return vector.withSign(simd.mulAdd(turns, splat(V, c.half_pi[0]), t + tail), x);
}

fn Half(comptime V: type) type {
    return struct { root: V, angle: V, near: @Vector(vector.length(V), bool) };
}

/// For |x| < 1/2 angle = asin |x|; for the others the root of (1 - |x|) / 2, whose asin is half of
/// acos |x|.
inline fn halfAngle(x: anytype) Half(@TypeOf(x)) {
    const V = @TypeOf(x);
    const a = vector.abs(x);
    const c = coefficients.of(vector.Child(V));
    const near = a < splat(V, 0.5);
    const square = select(near, a * a, vector.mulAdd(a, -0.5, splat(V, 0.5)));
    const root = select(near, a, @sqrt(square));
    return .{ .root = root, .angle = root * square * vector.polynomial(square, c.arcsine), .near = near };
}

pub inline fn asin(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const c = coefficients.of(vector.Child(V));
    const half = halfAngle(x);
    const angle = half.root + half.angle;
    // pi / 2 - 2 angle, with the small terms first.
    const far = splat(V, c.half_pi[0]) - (vector.mulAdd(half.root, 2, vector.mulAdd(half.angle, 2, splat(V, -c.half_pi[1]))));
    return vector.withSign(select(half.near, angle, far), x);
}

pub inline fn acos(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    const c = coefficients.of(vector.Child(V));
    const half = halfAngle(x);
    const negative = x < splat(V, 0);
    // |x| < 1/2: pi / 2 - asin x. Else 2 angle, or pi - 2 angle for negative x.
    const root = select(negative, -half.root, half.root);
    const tail = select(negative, -half.angle, half.angle);
    const near = splat(V, c.half_pi[0]) - (root + (tail - splat(V, c.half_pi[1])));
    const twice = vector.mulAdd(root, 2, tail + tail);
    const reflected = splat(V, 2 * c.half_pi[0]) + (twice + splat(V, 2 * c.half_pi[1]));
    return select(half.near, near, select(negative, reflected, twice));
}
