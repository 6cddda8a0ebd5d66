//! x to the power y.
const std = @import("std");
const abi = @import("abi");
const loops = @import("loops.zig");
const math = @import("math.zig");

const Child = loops.Child;
const splat = loops.splat;

/// out <- x, y. Exponents that a model uses as constants need no logarithm.
pub fn pow(call: *abi.Call) callconv(.c) abi.Status {
    if (constantExponent(call)) |exponent| {
        if (exponent == 2) return square(call);
        if (exponent == 3) return cube(call);
        if (exponent == 0.5) return squareRoot(call);
        if (exponent == -1) return inverse(call);
        if (exponent == 1) return identity(call);
    }
    return switch (call.input(1).kind()) {
        .int32, .int64 => powInts(call),
        else => powFloats(call),
    };
}

/// The value of a float exponent that is one number for all elements.
fn constantExponent(call: *const abi.Call) ?f64 {
    if (call.flat >= 0) return null;
    const view = call.input(1);
    if (view.size == 0) return null;
    for (0..view.dims()) |axis| {
        if (view.extent(axis) != 1 and view.stride(axis) != 0) return null;
    }
    return switch (view.kind()) {
        .float32 => view.pointer(f32)[0],
        .float64 => view.pointer(f64)[0],
        else => null,
    };
}

const square = loops.Unary(loops.floats, struct {
    pub inline fn f(x: anytype) @TypeOf(x) {
        return x * x;
    }
});

const cube = loops.Unary(loops.floats, struct {
    pub inline fn f(x: anytype) @TypeOf(x) {
        return x * x * x;
    }
});

const squareRoot = loops.Unary(loops.floats, struct {
    pub inline fn f(x: anytype) @TypeOf(x) {
        return @sqrt(x);
    }
});

const inverse = loops.Unary(loops.floats, struct {
    pub inline fn f(x: anytype) @TypeOf(x) {
        return splat(@TypeOf(x), 1) / x;
    }
});

const identity = loops.Unary(loops.floats, struct {
    pub inline fn f(x: anytype) @TypeOf(x) {
        return x;
    }
});

const powFloats = loops.Binary(loops.floats, struct {
    pub const cost = 1.0;
    pub inline fn f(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
        return math.pow(x, y);
    }
});

/// Repeated squaring, wrapping. A negative exponent leaves an integer only of the bases 1 and -1; else 0.
const powInts = loops.Binary(loops.integers, struct {
    pub const cost = 1.0;
    pub inline fn f(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
        const V = @TypeOf(x);
        const T = Child(V);
        const zero = splat(V, 0);
        const one = splat(V, 1);
        var result = one;
        var base = x;
        var rest = @max(y, zero);
        while (@reduce(.Or, rest != zero)) {
            result = @select(T, rest & one != zero, result *% base, result);
            base *%= base;
            rest >>= @splat(1);
        }
        const odd = y & one != zero;
        const unit = @select(T, x == one, one, @select(T, x == -one, @select(T, odd, -one, one), zero));
        return @select(T, y < zero, unit, result);
    }
});
