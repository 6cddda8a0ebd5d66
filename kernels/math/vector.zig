//! Steps that the functions of math_*.zig share, for vectors of f32 or f64 of any length.
const std = @import("std");
const simd = @import("../simd.zig");

pub fn Child(comptime V: type) type {
    return @typeInfo(V).vector.child;
}

pub fn length(comptime V: type) comptime_int {
    return @typeInfo(V).vector.len;
}

/// Unsigned integers as wide as the floats.
pub fn Bits(comptime V: type) type {
    return @Vector(length(V), Word(Child(V)));
}

fn Word(comptime T: type) type {
    return std.meta.Int(.unsigned, @bitSizeOf(T));
}

pub fn mantissaBits(comptime V: type) comptime_int {
    return std.math.floatMantissaBits(Child(V));
}

pub inline fn splat(comptime V: type, value: Child(V)) V {
    return @splat(value);
}

pub inline fn toBits(x: anytype) Bits(@TypeOf(x)) {
    return @bitCast(x);
}

pub inline fn splatBits(comptime V: type, value: Word(Child(V))) Bits(V) {
    return @splat(value);
}

pub inline fn select(mask: anytype, x: anytype, y: @TypeOf(x)) @TypeOf(x) {
    return @select(@typeInfo(@TypeOf(x)).vector.child, mask, x, y);
}

fn signBit(comptime V: type) Bits(V) {
    return @splat(@as(Word(Child(V)), 1) << (@bitSizeOf(Child(V)) - 1));
}

pub inline fn abs(x: anytype) @TypeOf(x) {
    return @abs(x);
}

/// x with the sign of `sign`; x is not negative, or has that sign already.
pub inline fn withSign(x: anytype, sign: @TypeOf(x)) @TypeOf(x) {
    return @bitCast(toBits(x) | (toBits(sign) & signBit(@TypeOf(x))));
}

/// x, negated where the lowest bit of n is 1.
pub inline fn negateIfOdd(x: anytype, n: Bits(@TypeOf(x))) @TypeOf(x) {
    return @bitCast(toBits(x) ^ (n << @splat(@bitSizeOf(Child(@TypeOf(x))) - 1)));
}

pub inline fn isOdd(comptime V: type, n: Bits(V)) @Vector(length(V), bool) {
    return (n & splatBits(V, 1)) != splatBits(V, 0);
}

/// The smaller of x and limit; NaN stays. In this order of operands it is one instruction on x86.
pub inline fn atMost(x: anytype, limit: Child(@TypeOf(x))) @TypeOf(x) {
    const bound = splat(@TypeOf(x), limit);
    return select(bound < x, bound, x);
}

/// The larger of x and limit; NaN stays.
pub inline fn atLeast(x: anytype, limit: Child(@TypeOf(x))) @TypeOf(x) {
    const bound = splat(@TypeOf(x), limit);
    return select(bound > x, bound, x);
}

/// c[0] + c[1] x + c[2] x^2 ...
pub inline fn polynomial(x: anytype, comptime c: anytype) @TypeOf(x) {
    // Inlined calls and loops count for the function that they end up in, which may use several
    // functions of math.zig.
    @setEvalBranchQuota(100_000);
    const V = @TypeOf(x);
    var sum = splat(V, c[c.len - 1]);
    comptime var i = c.len - 1;
    inline while (i > 0) {
        i -= 1;
        sum = simd.mulAdd(sum, x, splat(V, c[i]));
    }
    return sum;
}

/// x * y + z for a constant y.
pub inline fn mulAdd(x: anytype, y: Child(@TypeOf(x)), z: @TypeOf(x)) @TypeOf(x) {
    return simd.mulAdd(x, splat(@TypeOf(x), y), z);
}

/// An integer as a float, and the same 1.5 * 2^mantissa higher, where the low bits are the integer.
pub fn Rounded(comptime V: type) type {
    return struct {
        value: V,
        shifted: V,

        pub inline fn bits(n: @This()) Bits(V) {
            return toBits(n.shifted);
        }

        /// factor * 2^n, where that is a normal number.
        pub inline fn scaled(n: @This(), factor: Child(V)) V {
            return @bitCast((n.bits() << @splat(mantissaBits(V))) +% toBits(splat(V, factor)));
        }
    };
}

fn shift(comptime T: type) T {
    return 1.5 * @as(T, 1 << std.math.floatMantissaBits(T));
}

/// The integer next to x * y, for results below 2^(mantissa - 1).
pub inline fn roundProduct(x: anytype, y: Child(@TypeOf(x))) Rounded(@TypeOf(x)) {
    const V = @TypeOf(x);
    const shifted = mulAdd(x, y, splat(V, shift(Child(V))));
    return .{ .value = shifted - splat(V, shift(Child(V))), .shifted = shifted };
}

/// p * 2^n, rounded once, denormals included; p is near 1, n within twice the range of exponents.
pub inline fn scale(p: anytype, n: Rounded(@TypeOf(p))) @TypeOf(p) {
    const V = @TypeOf(p);
    const T = Child(V);
    const lanes = simd.lanes(T);
    if (comptime simd.avx512 and length(V) == lanes) return simd.scale(T, p, n.value);
    if (comptime simd.avx512 and length(V) == 2 * lanes) {
        return std.simd.join(
            simd.scale(T, std.simd.extract(p, 0, lanes), std.simd.extract(n.value, 0, lanes)),
            simd.scale(T, std.simd.extract(p, lanes, lanes), std.simd.extract(n.value, lanes, lanes)),
        );
    }
    // Two factors of half the exponent: the first product is exact, the second rounds.
    const bias = std.math.floatExponentMax(T);
    const offset = splatBits(V, 2 * bias) -% toBits(splat(V, shift(T)));
    const sum = n.bits() +% offset;
    const half = sum >> @splat(1);
    const first: V = @bitCast(half << @splat(mantissaBits(V)));
    const second: V = @bitCast((sum -% half) << @splat(mantissaBits(V)));
    return p * first * second;
}

/// x with the lower half of its mantissa cleared, so that products of two such are exact.
pub inline fn upperHalf(x: anytype) @TypeOf(x) {
    const V = @TypeOf(x);
    return @bitCast(toBits(x) & ~splatBits(V, (1 << (mantissaBits(V) + 3) / 2) - 1));
}

/// x * y - product, exactly, where product is x * y rounded.
pub inline fn productError(x: anytype, y: @TypeOf(x), product: @TypeOf(x)) @TypeOf(x) {
    if (simd.has_fma) return @mulAdd(@TypeOf(x), x, y, -product);
    const x_high = upperHalf(x);
    const y_high = upperHalf(y);
    const x_low = x - x_high;
    const y_low = y - y_high;
    return (((x_high * y_high - product) + x_high * y_low) + x_low * y_high) + x_low * y_low;
}

/// A number as an unevaluated sum, high being the sum rounded.
pub fn Sum(comptime V: type) type {
    return struct { high: V, low: V };
}

/// x + y for |x| >= |y| or x = 0.
pub inline fn add(x: anytype, y: @TypeOf(x)) Sum(@TypeOf(x)) {
    const high = x + y;
    return .{ .high = high, .low = (x - high) + y };
}
