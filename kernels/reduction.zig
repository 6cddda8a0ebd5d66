//! Reductions over any set of dims. Attribute 0 is the bit mask of the reduced dims; input and outputs: x -> one
//! element per index of the kept dims, row-major. The scans cumsum and cumprod have the dim itself as attribute 0.
const std = @import("std");
const abi = @import("abi");
const argument = @import("argument.zig");
const fold = @import("fold.zig");
const reduce = @import("reduce.zig");
const scan = @import("scan.zig");
const simd = @import("simd.zig");

const floats = [_]abi.DType{ .float32, .float64 };
const numbers = [_]abi.DType{ .float32, .float64, .int32, .int64, .bool, .uint8 };

pub const kernels = struct {
    /// Floats stay what they are; integers and bool give int64 and wrap around.
    pub const sum = Reduction(Sum, &numbers, 0);
    pub const prod = Reduction(Product, &numbers, 0);
    pub const mean = Reduction(Sum, &floats, 1);
    pub const amax = Reduction(Largest, &numbers, 0);
    pub const amin = Reduction(Smallest, &numbers, 0);
    /// Index within the reduced dims, flattened in logical order.
    pub const argmax = Reduction(FirstLargest, &numbers, 0);
    pub const argmin = Reduction(FirstSmallest, &numbers, 0);
    /// Outputs: the extremes, their int64 indices. The mask has one dim.
    pub const maxIndex = Reduction(FirstLargest, &numbers, 0);
    pub const minIndex = Reduction(FirstSmallest, &numbers, 0);
    pub const all = Reduction(All, &numbers, 0);
    pub const any = Reduction(Any, &numbers, 0);
    /// Outputs: variance, mean. Attribute 1: what to take off the count before dividing.
    pub const variance = Reduction(fold.Variance, &floats, null);
    pub const logsumexp = Reduction(fold.LogSumExp, &floats, 0);
    pub const sumSquares = Reduction(SumSquares, &floats, 0);
    pub const cumsum = Scanning(.sum);
    pub const cumprod = Scanning(.product);
};

/// Bool is stored as a byte of 0 or 1, and reduces as one.
fn Stored(comptime dtype: abi.DType) type {
    return if (dtype == .bool) u8 else dtype.Type();
}

/// The parameter is a constant of the kernel, or attribute 1.
fn Reduction(
    comptime OpOf: fn (type) type,
    comptime dtypes: []const abi.DType,
    comptime constant: ?f64,
) fn (*abi.Call) callconv(.c) abi.Status {
    return struct {
        fn kernel(call: *abi.Call) callconv(.c) abi.Status {
            const mask: u32 = @intFromFloat(call.attribute(0));
            const dtype = call.input(0).kind();
            const parameter = constant orelse call.attribute(1);
            inline for (dtypes) |candidate| {
                if (dtype == candidate) return reduce.reduce(OpOf(Stored(candidate)), call, mask, parameter);
            }
            return .bad_dtype;
        }
    }.kernel;
}

fn Scanning(comptime operation: scan.Operation) fn (*abi.Call) callconv(.c) abi.Status {
    return struct {
        fn kernel(call: *abi.Call) callconv(.c) abi.Status {
            const axis = abi.toUsize(call.attribute(0));
            const dtype = call.input(0).kind();
            inline for (numbers) |candidate| {
                if (dtype == candidate) return scan.Scan(Stored(candidate), operation).run(call, axis);
            }
            return .bad_dtype;
        }
    }.kernel;
}

fn FirstLargest(comptime T: type) type {
    return argument.Argument(T, .largest);
}

fn FirstSmallest(comptime T: type) type {
    return argument.Argument(T, .smallest);
}

fn Largest(comptime T: type) type {
    return fold.Fold(argument.Extreme(T, .largest));
}

fn Smallest(comptime T: type) type {
    return fold.Fold(argument.Extreme(T, .smallest));
}

fn Sum(comptime T: type) type {
    return fold.Fold(Total(T, .sum));
}

fn Product(comptime T: type) type {
    return fold.Fold(Total(T, .product));
}

fn SumSquares(comptime T: type) type {
    return fold.Fold(Total(T, .squares));
}

fn Total(comptime T: type, comptime what: enum { sum, product, squares }) type {
    const is_float = @typeInfo(T) == .float;
    const adds = what != .product;
    return struct {
        pub const Element = T;
        /// A block of bytes adds up to less than 2^31. Products and squares of float32 can leave its range.
        pub const Lane = switch (T) {
            f32 => if (what == .sum) f32 else f64,
            f64 => f64,
            u8 => if (adds) i32 else i64,
            else => i64,
        };
        pub const Total = if (is_float) f64 else i64;
        pub const Result = if (is_float) T else i64;
        pub const Parameter = void;
        pub const heavy = false;
        pub const identity = if (adds) 0 else 1;
        pub inline fn step(total: anytype, x: anytype, _: void) @TypeOf(total) {
            const wide: @TypeOf(total) = if (is_float) @floatCast(x) else @intCast(x);
            return if (what == .squares) simd.mulAdd(wide, wide, total) else combine(total, wide);
        }
        pub inline fn combine(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
            if (is_float) return if (adds) x + y else x * y;
            return if (adds) x +% y else x *% y;
        }
        pub inline fn finish(totals: anytype, divisor: f64) @Vector(@typeInfo(@TypeOf(totals)).vector.len, Result) {
            if (!is_float) return totals;
            return @floatCast(if (what == .sum) totals / @as(@TypeOf(totals), @splat(divisor)) else totals);
        }
    };
}

fn All(comptime T: type) type {
    return fold.Fold(Truth(T, true));
}

fn Any(comptime T: type) type {
    return fold.Fold(Truth(T, false));
}

fn Truth(comptime T: type, comptime all: bool) type {
    return struct {
        pub const Element = T;
        pub const Lane = std.meta.Int(.unsigned, 8 * @sizeOf(T));
        pub const Total = Lane;
        pub const Result = u8;
        pub const Parameter = void;
        pub const heavy = false;
        pub const identity = if (all) 1 else 0;
        pub inline fn step(truth: anytype, x: anytype, _: void) @TypeOf(truth) {
            const is_true = x != @as(@TypeOf(x), @splat(0));
            return combine(truth, @select(Lane, is_true, @as(@TypeOf(truth), @splat(1)), @as(@TypeOf(truth), @splat(0))));
        }
        pub inline fn combine(x: anytype, y: @TypeOf(x)) @TypeOf(x) {
            return if (all) x & y else x | y;
        }
        pub inline fn finish(truths: anytype, _: f64) @Vector(@typeInfo(@TypeOf(truths)).vector.len, u8) {
            return @truncate(truths);
        }
    };
}

test {
    _ = @import("geometry.zig");
    _ = @import("reduction_test.zig");
}
