//! Reductions and scans against plain loops, over layouts that reach every path.
const std = @import("std");
const abi = @import("abi");
const reduction = @import("reduction.zig");
const simd = @import("simd.zig");
const testing = @import("testing.zig");
const kernels = reduction.kernels;
const allocator = std.testing.allocator;

/// A view of `T` filled with small varied values, in one of several layouts.
const Sample = struct {
    bytes: []align(64) u8,
    view: abi.View,

    const Layout = enum { contiguous, transposed, negative, stepped, broadcast, unaligned };

    fn init(comptime T: type, layout: Layout, shape: []const usize, seed: u64) !Sample {
        var strides: [abi.rank_max]isize = undefined;
        var reach: usize = 1;
        for (0..shape.len) |k| {
            const axis = if (layout == .transposed) k else shape.len - 1 - k;
            strides[axis] = @intCast(reach);
            if (layout == .stepped) {
                strides[axis] *= 2;
                reach *= 2;
            }
            reach *= @max(shape[axis], 1);
            if (layout == .negative) strides[axis] = -strides[axis];
        }
        const count = reach + 8;
        const bytes = try allocator.alignedAlloc(u8, .@"64", count * @sizeOf(T));
        const items: []T = @as([*]T, @ptrCast(bytes.ptr))[0..count];
        var random = std.Random.DefaultPrng.init(seed);
        for (items) |*x| x.* = value(T, random.random());
        if (layout == .broadcast and shape.len > 0) strides[0] = 0;
        var first: usize = if (layout == .unaligned) 1 else 0;
        if (layout == .negative) for (shape, strides[0..shape.len]) |extent, stride| {
            if (extent > 0) first += (extent - 1) * @abs(stride);
        };
        return .{ .bytes = bytes, .view = testing.strided(T, &items[first], shape, strides[0..shape.len]) };
    }

    fn deinit(sample: Sample) void {
        allocator.free(sample.bytes);
    }

    fn value(comptime T: type, random: std.Random) T {
        return switch (T) {
            f32, f64 => @as(T, @floatFromInt(random.intRangeAtMost(i32, -40, 40))) / 16,
            abi.Bool => if (random.uintLessThan(u8, 8) == 0) .no else .yes,
            u8 => random.int(u8),
            else => random.intRangeAtMost(T, -50, 50),
        };
    }
};

/// The elements of one output in logical order.
fn collect(comptime T: type, view: *const abi.View, mask: u32, output: usize, list: *std.ArrayList(T)) !void {
    list.clearRetainingCapacity();
    const rank = view.dims();
    var offset: isize = 0;
    var rest = output;
    var axis = rank;
    var count: usize = 1;
    while (axis > 0) {
        axis -= 1;
        const extent = view.extent(axis);
        if (mask >> @intCast(axis) & 1 != 0) {
            count *= extent;
        } else {
            offset += @as(isize, @intCast(rest % extent)) * view.stride(axis);
            rest /= extent;
        }
    }
    for (0..count) |i| {
        var place = offset;
        var left = i;
        axis = rank;
        while (axis > 0) {
            axis -= 1;
            if (mask >> @intCast(axis) & 1 == 0) continue;
            const extent = view.extent(axis);
            place += @as(isize, @intCast(left % extent)) * view.stride(axis);
            left /= extent;
        }
        const address: isize = @intCast(@intFromPtr(view.pointer(T)));
        const p: *const T = @ptrFromInt(@as(usize, @intCast(address + place * @sizeOf(T))));
        try list.append(allocator, p.*);
    }
}

fn number(x: anytype) f64 {
    return switch (@typeInfo(@TypeOf(x))) {
        .float => x,
        .@"enum" => @floatFromInt(@intFromEnum(x)),
        else => @floatFromInt(x),
    };
}

const What = enum { sum, prod, mean, amax, amin, argmax, argmin, all, any, variance, logsumexp, sumSquares };

fn expected(what: What, list: anytype) f64 {
    const count: f64 = @floatFromInt(list.len);
    var result: f64 = switch (what) {
        .prod => 1,
        .all => 1,
        .amax => -std.math.inf(f64),
        .amin => std.math.inf(f64),
        else => 0,
    };
    var place: usize = 0;
    for (list, 0..) |item, i| {
        const x = number(item);
        switch (what) {
            .sum, .mean, .variance => result += x,
            .sumSquares => result += x * x,
            .prod => result *= x,
            .amax => result = if (x != x or result != result) std.math.nan(f64) else @max(result, x),
            .amin => result = if (x != x or result != result) std.math.nan(f64) else @min(result, x),
            .all => result = if (x == 0) 0 else result,
            .any => result = if (x != 0) 1 else result,
            .logsumexp => result += @exp(x),
            .argmax, .argmin => {
                const best = number(list[place]);
                const wins = if (what == .argmax) x > best else x < best;
                if (best == best and (wins or x != x)) place = i;
            },
        }
    }
    switch (what) {
        .mean => return result / count,
        .logsumexp => return @log(result),
        .argmax, .argmin => return @floatFromInt(place),
        .variance => {
            const mean = result / count;
            result = 0;
            for (list) |item| result += (number(item) - mean) * (number(item) - mean);
            return result / @max(count - 1, 0);
        },
        else => return result,
    }
}

fn check(comptime T: type, comptime Result: type, comptime what: What, layout: Sample.Layout, shape: []const usize, mask: u32) !void {
    const sample = try Sample.init(T, layout, shape, shape.len * 31 + mask);
    defer sample.deinit();
    var outputs: usize = 1;
    for (shape, 0..) |extent, axis| {
        if (mask >> @intCast(axis) & 1 == 0) outputs *= extent;
    }
    const out = try allocator.alloc(Result, outputs);
    defer allocator.free(out);
    const second = try allocator.alloc(Result, outputs);
    defer allocator.free(second);
    const views = [_]abi.View{ testing.contiguous(Result, out, &.{outputs}), testing.contiguous(Result, second, &.{outputs}) };
    const attributes = [_]f64{ @floatFromInt(mask), 1 };
    try testing.run(&@field(kernels, @tagName(what)), views[0..if (what == .variance) 2 else 1], &.{sample.view}, &attributes);
    var list: std.ArrayList(T) = .empty;
    defer list.deinit(allocator);
    for (out, 0..) |found, i| {
        try collect(T, &sample.view, mask, i, &list);
        try close(Result, expected(what, list.items), found, list.items.len);
        if (what == .variance) try close(Result, expected(.mean, list.items), second[i], list.items.len);
    }
}

fn close(comptime Result: type, want: f64, found: Result, count: usize) !void {
    const have = number(found);
    if (want != want) return std.testing.expect(have != have);
    if (want == have) return;
    if (@typeInfo(Result) != .float) return std.testing.expectEqual(want, have);
    const tolerance: f64 = if (Result == f32) 3e-6 else 1e-13;
    // Sums of numbers of both signs: the error is relative to what was added, at most 2.5 each.
    const scale = @max(@abs(want), 0.1 * @as(f64, @floatFromInt(count)));
    try std.testing.expect(@abs(want - have) <= tolerance * @max(scale, 1e-3));
}

const layouts = std.enums.values(Sample.Layout);

test "reductions of every layout and mask" {
    const shapes = [_][]const usize{ &.{ 5, 7, 19 }, &.{ 3, 1, 40 }, &.{ 37, 2, 3 }, &.{ 2, 33, 5 } };
    inline for (.{ What.sum, .mean, .amax, .amin, .argmax, .argmin, .all, .any, .variance, .logsumexp, .sumSquares }) |what| {
        for (layouts) |layout| for (shapes) |shape| for (0..8) |mask| {
            inline for (.{ f32, f64 }) |T| {
                const Result = switch (what) {
                    .argmax, .argmin => i64,
                    .all, .any => abi.Bool,
                    else => T,
                };
                try check(T, Result, what, layout, shape, @intCast(mask));
            }
        };
    }
}

test "reductions of integers and bool" {
    inline for (.{ i32, i64, u8, abi.Bool }) |T| {
        for (layouts) |layout| for (0..8) |mask| {
            const shape = [_]usize{ 5, 6, 71 };
            try check(T, i64, .sum, layout, &shape, @intCast(mask));
            try check(T, T, .amax, layout, &shape, @intCast(mask));
            try check(T, T, .amin, layout, &shape, @intCast(mask));
            try check(T, i64, .argmax, layout, &shape, @intCast(mask));
            try check(T, i64, .argmin, layout, &shape, @intCast(mask));
            try check(T, abi.Bool, .all, layout, &shape, @intCast(mask));
            try check(T, abi.Bool, .any, layout, &shape, @intCast(mask));
        };
    }
}

test "reductions of every length" {
    const L = simd.lanes(f32);
    for (0..10 * L + 4) |n| {
        inline for (.{ What.sum, .mean, .sumSquares, .variance, .all, .any, .prod }) |what| {
            const Result = if (what == .all or what == .any) abi.Bool else f32;
            // Longer products leave the range of float32.
            if (what != .prod or n < 20) {
                try check(f32, Result, what, .contiguous, &.{n}, 1);
                try check(f32, Result, what, .contiguous, &.{ n, 3 }, 1);
                try check(f32, Result, what, .unaligned, &.{ 3, n }, 1);
            }
        }
        if (n == 0) continue;
        inline for (.{ What.amax, .amin, .logsumexp }) |what| {
            try check(f32, f32, what, .contiguous, &.{n}, 1);
            try check(f32, f32, what, .contiguous, &.{ n, 3 }, 1);
            try check(f32, f32, what, .unaligned, &.{ 3, n }, 1);
        }
        inline for (.{ f32, i32, u8 }) |T| {
            try check(T, i64, .argmax, .contiguous, &.{n}, 1);
            try check(T, i64, .argmin, .negative, &.{ n, 3 }, 1);
            try check(T, i64, .argmax, .unaligned, &.{ 3, n }, 1);
        }
    }
}

test "reductions split into chunks" {
    inline for (.{ What.sum, .variance, .logsumexp, .argmax, .amin }) |what| {
        const Result = if (what == .argmax) i64 else f32;
        try check(f32, Result, what, .contiguous, &.{ 3, 100_003 }, 3);
        try check(f32, Result, what, .transposed, &.{ 300_001, 2 }, 1);
        try check(f32, Result, what, .contiguous, &.{ 290, 1031 }, 1);
        try check(f32, Result, what, .stepped, &.{300_007}, 1);
    }
}

test "reductions of nothing" {
    const none: [1]f32 = .{5};
    var out: [2]f32 = .{ 9, 9 };
    var index: [2]i64 = .{ 9, 9 };
    var truth: [2]abi.Bool = .{ .no, .yes };
    const empty = testing.contiguous(f32, &none, &.{ 2, 0 });
    const floats = testing.contiguous(f32, &out, &.{2});
    try testing.run(&kernels.sum, &.{floats}, &.{empty}, &.{2});
    try std.testing.expectEqual([2]f32{ 0, 0 }, out);
    try testing.run(&kernels.prod, &.{floats}, &.{empty}, &.{2});
    try std.testing.expectEqual([2]f32{ 1, 1 }, out);
    try testing.run(&kernels.logsumexp, &.{floats}, &.{empty}, &.{2});
    try std.testing.expectEqual([2]f32{ -std.math.inf(f32), -std.math.inf(f32) }, out);
    try testing.run(&kernels.mean, &.{floats}, &.{empty}, &.{2});
    try std.testing.expect(std.math.isNan(out[0]) and std.math.isNan(out[1]));
    try testing.run(&kernels.all, &.{testing.contiguous(abi.Bool, &truth, &.{2})}, &.{empty}, &.{2});
    try std.testing.expectEqual([2]abi.Bool{ .yes, .yes }, truth);
    try testing.run(&kernels.any, &.{testing.contiguous(abi.Bool, &truth, &.{2})}, &.{empty}, &.{2});
    try std.testing.expectEqual([2]abi.Bool{ .no, .no }, truth);
    // No outputs either.
    out = .{ 7, 7 };
    try testing.run(&kernels.sum, &.{testing.contiguous(f32, out[0..0], &.{0})}, &.{empty}, &.{1});
    try testing.run(&kernels.argmax, &.{testing.contiguous(i64, index[0..0], &.{0})}, &.{empty}, &.{1});
    try std.testing.expectEqual([2]f32{ 7, 7 }, out);
}

test "reductions of rank 0" {
    const x = [_]f64{3.5};
    var out: [1]f64 = undefined;
    try testing.run(&kernels.sum, &.{testing.contiguous(f64, &out, &.{})}, &.{testing.contiguous(f64, &x, &.{})}, &.{0});
    try std.testing.expectEqual(3.5, out[0]);
}

test "NaN and infinities" {
    const nan = std.math.nan(f32);
    const inf = std.math.inf(f32);
    // Long rows, short rows and columns see the same special values.
    inline for (.{ 1, 5, 300 }) |width| inline for (.{ 9, 100, 5000 }) |n| {
        const data = try allocator.alloc(f32, n * width);
        defer allocator.free(data);
        const view = testing.contiguous(f32, data, &.{ n, width });
        var out: [width]f32 = undefined;
        var index: [width]i64 = undefined;
        const floats = testing.contiguous(f32, &out, &.{width});
        const indices = testing.contiguous(i64, &index, &.{width});
        @memset(data, -inf);
        try testing.run(&kernels.logsumexp, &.{floats}, &.{view}, &.{1});
        try std.testing.expectEqual(-inf, out[width - 1]);
        try testing.run(&kernels.argmax, &.{indices}, &.{view}, &.{1});
        try std.testing.expectEqual(0, index[width - 1]);
        data[6 * width ..][width - 1] = inf;
        try testing.run(&kernels.logsumexp, &.{floats}, &.{view}, &.{1});
        try std.testing.expectEqual(inf, out[width - 1]);
        data[4 * width ..][width - 1] = nan;
        data[8 * width ..][width - 1] = nan;
        inline for (.{ "amax", "amin", "logsumexp", "sum" }) |name| {
            try testing.run(&@field(kernels, name), &.{floats}, &.{view}, &.{1});
            try std.testing.expect(std.math.isNan(out[width - 1]));
        }
        inline for (.{ "argmax", "argmin" }) |name| {
            try testing.run(&@field(kernels, name), &.{indices}, &.{view}, &.{1});
            try std.testing.expectEqual(4, index[width - 1]);
        }
    };
}

test "the first of equals wins" {
    inline for (.{ 1, 3, 70 }) |width| {
        var data: [5000 * width]i32 = @splat(1);
        const view = testing.contiguous(i32, &data, &.{ 5000, width });
        var index: [width]i64 = undefined;
        var best: [width]i32 = undefined;
        for ([_]usize{ 4321, 17, 4096 }) |place| data[place * width ..][0] = 9;
        const outputs = [_]abi.View{ testing.contiguous(i32, &best, &.{width}), testing.contiguous(i64, &index, &.{width}) };
        try testing.run(&kernels.maxIndex, &outputs, &.{view}, &.{1});
        try std.testing.expectEqual(17, index[0]);
        try std.testing.expectEqual(9, best[0]);
        try testing.run(&kernels.minIndex, &outputs, &.{view}, &.{1});
        try std.testing.expectEqual(0, index[0]);
        try std.testing.expectEqual(1, best[width - 1]);
    }
}

test "variance far from zero" {
    var data: [40_000]f32 = undefined;
    for (&data, 0..) |*x, i| x.* = 100_000 + @as(f32, @floatFromInt(i % 2)) * 2;
    var out: [2][1]f32 = undefined;
    const outputs = [_]abi.View{ testing.contiguous(f32, &out[0], &.{1}), testing.contiguous(f32, &out[1], &.{1}) };
    const inputs = [_]abi.View{testing.contiguous(f32, &data, &.{data.len})};
    try testing.run(&kernels.variance, &outputs, &inputs, &.{ 1, 0 });
    try std.testing.expectEqual([2][1]f32{ .{1}, .{100_001} }, out);
    // One element: 0 / 0.
    try testing.run(&kernels.variance, &outputs, &.{testing.contiguous(f32, data[0..1], &.{1})}, &.{ 1, 1 });
    try std.testing.expect(std.math.isNan(out[0][0]));
    try testing.run(&kernels.variance, &outputs, &.{testing.contiguous(f32, data[0..2], &.{2})}, &.{ 1, 2 });
    try std.testing.expectEqual(std.math.inf(f32), out[0][0]);
}

fn checkScan(comptime T: type, comptime product: bool, layout: Sample.Layout, shape: []const usize, axis: usize) !void {
    const Result = if (@typeInfo(T) == .float) T else i64;
    const Wide = if (@typeInfo(T) == .float) f64 else i64;
    const sample = try Sample.init(T, layout, shape, 5);
    defer sample.deinit();
    var size: usize = 1;
    for (shape) |extent| size *= extent;
    const out = try allocator.alloc(Result, size);
    defer allocator.free(out);
    const name = if (product) "cumprod" else "cumsum";
    try testing.run(&@field(kernels, name), &.{testing.contiguous(Result, out, shape)}, &.{sample.view}, &.{@floatFromInt(axis)});
    const mask: u32 = if (shape.len == 0) 0 else @as(u32, 1) << @intCast(axis);
    var inner: usize = 1;
    if (shape.len > 0) for (shape[axis + 1 ..]) |extent| {
        inner *= extent;
    };
    const extent = if (shape.len == 0) 1 else shape[axis];
    var list: std.ArrayList(T) = .empty;
    defer list.deinit(allocator);
    for (0..if (extent == 0) 0 else size / extent) |line| {
        try collect(T, &sample.view, mask, line, &list);
        var total: Wide = if (product) 1 else 0;
        for (list.items, 0..) |item, i| {
            const x: Wide = switch (@typeInfo(T)) {
                .float => item,
                .@"enum" => @intFromEnum(item),
                else => @intCast(item),
            };
            total = if (Wide == f64) (if (product) total * x else total + x) else (if (product) total *% x else total +% x);
            const found = out[line / inner * inner * extent + i * inner + line % inner];
            if (Wide == i64) try std.testing.expectEqual(total, found) else try close(Result, total, found, i);
        }
    }
}

test "scans of every layout and dim" {
    inline for (.{ f32, f64, i32, i64, u8, abi.Bool }) |T| inline for (.{ false, true }) |product| {
        for (layouts) |layout| for (0..3) |axis| {
            for ([_][]const usize{ &.{ 5, 7, 19 }, &.{ 3, 1, 40 }, &.{ 2, 33, 1 }, &.{ 0, 2, 3 } }) |shape|
                try checkScan(T, product, layout, shape, axis);
        };
        for (0..4 * simd.lanes(f64) + 3) |n| try checkScan(T, product, .unaligned, &.{ 2, n }, 1);
    };
    try checkScan(f32, false, .contiguous, &.{}, 0);
}

test "scans split into chunks" {
    try checkScan(f32, false, .contiguous, &.{ 2, 270_001 }, 1);
    try checkScan(i32, false, .stepped, &.{270_001}, 0);
    try checkScan(u8, true, .negative, &.{270_001}, 0);
}
