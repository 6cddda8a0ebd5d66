//! Conversions between dtypes' elements, whole vectors at a time, defined for every value.
const std = @import("std");

/// Float to integer truncates toward zero, saturates, and makes NaN 0; integer to integer wraps.
pub inline fn convert(comptime To: type, x: anytype) @Vector(@typeInfo(@TypeOf(x)).vector.len, To) {
    const From = @typeInfo(@TypeOf(x)).vector.child;
    const n = @typeInfo(@TypeOf(x)).vector.len;
    const from_float = @typeInfo(From) == .float;
    const to_float = @typeInfo(To) == .float;
    if (From == To) return x;
    if (from_float and to_float) return @floatCast(x);
    if (to_float) return @floatFromInt(x);
    if (from_float) return saturate(To, From, n, x);
    const Unsigned = std.meta.Int(.unsigned, @bitSizeOf(From));
    if (@sizeOf(To) < @sizeOf(From)) {
        const low: @Vector(n, std.meta.Int(.unsigned, @bitSizeOf(To))) = @truncate(@as(@Vector(n, Unsigned), @bitCast(x)));
        return @bitCast(low);
    }
    return @intCast(x);
}

/// The float just below 2^31 or 2^63 is the largest that an integer holds: anything above is the integer's maximum.
inline fn saturate(comptime To: type, comptime From: type, comptime n: comptime_int, x: @Vector(n, From)) @Vector(n, To) {
    const V = @Vector(n, From);
    // Bytes go through int32: only that conversion is one instruction.
    const Wide = if (@sizeOf(To) < 4) i32 else To;
    const low: V = @splat(std.math.minInt(To));
    const beyond: V = @splat(@as(From, std.math.maxInt(To) + 1));
    const highest: V = @splat(comptime below(From, std.math.maxInt(To) + 1));
    const number = @select(From, x == x, x, @as(V, @splat(0)));
    const inside = @select(From, number < low, low, @select(From, number < beyond, number, highest));
    const wide: @Vector(n, Wide) = @intFromFloat(inside);
    const capped = @select(Wide, number < beyond, wide, @as(@Vector(n, Wide), @splat(std.math.maxInt(To))));
    return convert(To, capped);
}

/// The largest float under a power of two.
fn below(comptime T: type, comptime power: comptime_int) T {
    return std.math.nextAfter(T, @as(T, power), 0);
}

fn Halves(comptime V: type) type {
    return @Vector(@typeInfo(V).vector.len, u16);
}

/// The upper half of the bits, rounded to nearest even; NaN becomes the quiet one.
pub inline fn toBfloat16(x: anytype) Halves(@TypeOf(x)) {
    const U = @Vector(@typeInfo(@TypeOf(x)).vector.len, u32);
    const bits: U = @bitCast(x);
    const upper: U = @splat(16);
    const odd = (bits >> @intCast(upper)) & @as(U, @splat(1));
    const rounded = (bits +% @as(U, @splat(0x7fff)) +% odd) >> @intCast(upper);
    return @truncate(@select(u32, x == x, rounded, @as(U, @splat(0x7fc0))));
}

pub inline fn fromBfloat16(x: anytype) @Vector(@typeInfo(@TypeOf(x)).vector.len, f32) {
    const U = @Vector(@typeInfo(@TypeOf(x)).vector.len, u32);
    return @bitCast(@as(U, x) << @intCast(@as(U, @splat(16))));
}

pub inline fn convertOne(comptime To: type, x: anytype) To {
    return convert(To, @as(@Vector(1, @TypeOf(x)), .{x}))[0];
}

test "convert: float to integer truncates, saturates, makes NaN 0" {
    const inf = std.math.inf(f64);
    const values = [_]f64{ 3.7, -3.7, inf, -inf, std.math.nan(f64), 1e20, -1e20, 255.5, 256, 2147483647.0, 2147483648.0 };
    const int32 = [_]i32{ 3, -3, 2147483647, -2147483648, 0, 2147483647, -2147483648, 255, 256, 2147483647, 2147483647 };
    const bytes = [_]u8{ 3, 0, 255, 0, 0, 255, 0, 255, 255, 255, 255 };
    const max = std.math.maxInt(i64);
    const int64 = [_]i64{ 3, -3, max, -max - 1, 0, max, -max - 1, 255, 256, 2147483647, 2147483648 };
    for (values, int32, bytes, int64) |x, i, b, l| {
        try std.testing.expectEqual(i, convertOne(i32, x));
        try std.testing.expectEqual(b, convertOne(u8, x));
        try std.testing.expectEqual(l, convertOne(i64, x));
        if (x < 2147483647.0 or x > 2147483648.0) try std.testing.expectEqual(i, convertOne(i32, @as(f32, @floatCast(x))));
    }
    try std.testing.expectEqual(@as(i32, -1), convertOne(i32, @as(i64, 0x1_ffff_ffff)));
    try std.testing.expectEqual(@as(u8, 44), convertOne(u8, @as(i32, 300)));
    try std.testing.expectEqual(@as(f32, -7), convertOne(f32, @as(i64, -7)));
}
