//! Division that rounds: truncated and floored quotients and remainders of integers and floats.
const std = @import("std");
const simd = @import("simd.zig");
const loops = @import("loops.zig");

const Child = loops.Child;
const splat = loops.splat;

/// A quotient toward zero and what it leaves.
fn Division(comptime V: type) type {
    return struct { quotient: V, remainder: V };
}

/// Divisors 0 and -1 are taken as 1: the first is reported by the kernel, the second would overflow at the minimum and
/// is put right by negating.
inline fn divideInts(x: anytype, y: @TypeOf(x)) Division(@TypeOf(x)) {
    const V = @TypeOf(x);
    const T = Child(V);
    const minus = y == splat(V, -1);
    const safe = @select(T, y == splat(V, 0), splat(V, 1), @select(T, minus, splat(V, 1), y));
    const quotient = divideSafe(x, safe);
    return .{
        .quotient = @select(T, minus, splat(V, 0) -% x, quotient),
        .remainder = @select(T, minus, splat(V, 0), x -% quotient *% safe),
    };
}

/// There is no vector division of integers; a quotient of 32-bit integers is exact in f64, a vector at a time.
inline fn divideSafe(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
    const n = @typeInfo(@TypeOf(x)).vector.len;
    if (Child(@TypeOf(x)) == i32) {
        const quotient = @as(@Vector(n, f64), @floatFromInt(x)) / @as(@Vector(n, f64), @floatFromInt(y));
        return @intFromFloat(quotient);
    }
    return @divTrunc(x, y);
}

/// Where a remainder toward zero has not the divisor's sign.
inline fn isUnlike(remainder: anytype, y: @TypeOf(remainder)) @Vector(@typeInfo(@TypeOf(remainder)).vector.len, bool) {
    const V = @TypeOf(remainder);
    const zero = splat(V, 0);
    const positive = @select(bool, remainder > zero, y < zero, @as(@Vector(@typeInfo(V).vector.len, bool), @splat(false)));
    return @select(bool, remainder < zero, y > zero, positive);
}

/// x - trunc(x / y) * y, exact. With FMA a quotient under 2^22 (f32) leaves its remainder exactly, at worst one divisor
/// off because the division rounded up. Other lanes take the library's loop.
inline fn remainderFloats(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
    const V = @TypeOf(x);
    const T = Child(V);
    if (!simd.has_fma) return remainderLanes(x, y);
    const quotient = @trunc(x / y);
    const limit: T = @as(T, 1 << (std.math.floatMantissaBits(T) - 1));
    const exact = @select(bool, @abs(quotient) < splat(V, limit), @abs(y) < splat(V, std.math.inf(T)), @as(@TypeOf(x == y), @splat(false)));
    if (!@reduce(.And, exact)) return remainderLanes(x, y);
    const rest = @mulAdd(V, -quotient, y, x);
    const over = @select(bool, x < splat(V, 0), rest > splat(V, 0), rest < splat(V, 0));
    const toward = loops.copySign(y, x);
    const whole = @select(T, over, rest + toward, rest);
    return loops.copySign(whole, x);
}

noinline fn remainderLanes(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
    const n = @typeInfo(@TypeOf(x)).vector.len;
    const T = Child(@TypeOf(x));
    var result: [n]T = x;
    const divisors: [n]T = y;
    for (&result, divisors) |*r, d| {
        if (d == 0 or !std.math.isFinite(r.*) or std.math.isNan(d)) {
            r.* = std.math.nan(T);
        } else if (!std.math.isInf(d)) r.* = @rem(r.*, d);
    }
    return result;
}

fn isZero(y: anytype) @Vector(@typeInfo(@TypeOf(y)).vector.len, bool) {
    return y == splat(@TypeOf(y), 0);
}

/// Rounds toward minus infinity; a float quotient is built from the exact remainder, so that it never exceeds x / y.
pub const FloorDivide = struct {
    pub const cost = 0.5;

    pub inline fn f(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
        const V = @TypeOf(x);
        const T = Child(V);
        if (@typeInfo(T) == .int) {
            const d = divideInts(x, y);
            return @select(T, isUnlike(d.remainder, y), d.quotient -% splat(V, 1), d.quotient);
        }
        const rest = remainderFloats(x, y);
        const exact = (x - rest) / y;
        const quotient = @select(T, isUnlike(rest, y), exact - splat(V, 1), exact);
        const floor = @floor(quotient);
        const nearest = @select(T, quotient - floor > splat(V, 0.5), floor + splat(V, 1), floor);
        const signed = @select(T, quotient == splat(V, 0), loops.copySign(splat(V, 0), x / y), nearest);
        return @select(T, y == splat(V, 0), x / y, signed);
    }
};

/// Remainder of the floored quotient: the divisor's sign.
pub const Remainder = struct {
    pub const cost = 0.5;

    pub inline fn f(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
        const T = Child(@TypeOf(x));
        const rest = if (@typeInfo(T) == .int) divideInts(x, y).remainder else remainderFloats(x, y);
        return @select(T, isUnlike(rest, y), if (@typeInfo(T) == .int) rest +% y else rest + y, rest);
    }
};

/// Remainder of the quotient toward zero: the dividend's sign.
pub const Fmod = struct {
    pub const cost = 0.5;

    pub inline fn f(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
        if (@typeInfo(Child(@TypeOf(x))) == .int) return divideInts(x, y).remainder;
        return remainderFloats(x, y);
    }
};

/// An op of this file with its check: integers must not be divided by zero.
pub fn Checked(comptime Op: type) type {
    return struct {
        pub const cost = Op.cost;
        pub const fault = .division_by_zero;
        pub const f = Op.f;
        pub const isFault = isZero;
    };
}
