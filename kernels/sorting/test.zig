//! The sorting kernels against plain loops, on strided views, in one thread's rows and in all
//! threads' chunks.
const std = @import("std");
const abi = @import("abi");
const testing = @import("../testing.zig");
const kernels = @import("../sorting.zig").kernels;

fn isBefore(comptime T: type, a: T, b: T) bool {
    if (@typeInfo(T) == .float and (a != a or b != b)) return a == a and b != b;
    return a < b;
}

fn fill(comptime T: type, data: []T, seed: u64) void {
    var random: std.Random.DefaultPrng = .init(seed);
    for (data) |*x| {
        const wide = random.random().intRangeAtMost(i32, -90, 100);
        x.* = if (@typeInfo(T) == .float)
            (if (wide == 100) std.math.nan(T) else @as(T, @floatFromInt(wide)) / 4)
        else
            @as(T, wide) * 3000;
    }
}

/// Every row of `x` is in stable order.
fn expectSorted(
    comptime T: type,
    x: anytype,
    values: []const T,
    indices: []const i64,
    descending: bool,
) !void {
    for (values, indices, 0..) |value, index, i| {
        const source = x[@intCast(index)];
        try std.testing.expect(source == value or (source != source and value != value));
        if (i == 0) continue;
        const a = if (descending) value else values[i - 1];
        const b = if (descending) values[i - 1] else value;
        try std.testing.expect(!isBefore(T, b, a));
        if (!isBefore(T, a, b)) try std.testing.expect(indices[i - 1] < index);
    }
}

test "sort orders rows of every dtype and length, stably" {
    inline for (.{ f32, f64, i32, i64 }) |T| {
        for ([_]usize{ 1, 2, 19, 40, 130, 1000 }) |n| for ([_]bool{ false, true }) |descending| {
            var x: [3000]T = undefined;
            var values: [3000]T = undefined;
            var indices: [3000]i64 = undefined;
            fill(T, &x, n);
            const shape = [_]usize{ 3, n };
            try testing.run(kernels.sort, &.{
                testing.contiguous(T, &values, &shape),
                testing.contiguous(i64, &indices, &shape),
            }, &.{testing.contiguous(T, &x, &shape)}, &.{@floatFromInt(@intFromBool(descending))});
            for (0..3) |row| {
                const first = row * n;
                const sorted = values[first..][0..n];
                try expectSorted(T, x[first..], sorted, indices[first..][0..n], descending);
            }
        };
    }
}

test "sort of a long row is the same by chunks, and reads strided rows" {
    const n = (1 << 18) + 77;
    const gpa = std.testing.allocator;
    inline for (.{ f32, i64 }) |T| {
        const x = try gpa.alloc(T, 2 * n);
        defer gpa.free(x);
        const values = try gpa.alloc(T, n);
        defer gpa.free(values);
        const indices = try gpa.alloc(i64, n);
        defer gpa.free(indices);
        const packed_row = try gpa.alloc(T, n);
        defer gpa.free(packed_row);
        fill(T, x, 3);
        for (packed_row, 0..) |*element, i| element.* = x[2 * n - 1 - 2 * i];
        try testing.run(kernels.sort, &.{
            testing.contiguous(T, values, &.{n}),
            testing.contiguous(i64, indices, &.{n}),
        }, &.{testing.strided(T, &x[2 * n - 1], &.{n}, &.{-2})}, &.{0});
        try expectSorted(T, packed_row, values, indices, false);
    }
}

test "topk is the start of the sorted row; sort of selectRank agrees" {
    inline for (.{ f32, f64, i32, i64 }) |T| {
        const sizes = [_]usize{ 1, 30, 500, 1000 };
        for (sizes) |n| for ([_]usize{ 1, 5, 28, 450 }) |k| for ([_]f64{ 0, 1 }) |largest| {
            if (k > n) continue;
            var x: [1000]T = undefined;
            var values: [1000]T = undefined;
            var indices: [1000]i64 = undefined;
            var top: [450]T = undefined;
            var places: [450]i64 = undefined;
            fill(T, &x, n + k);
            const input = testing.contiguous(T, &x, &.{n});
            try testing.run(kernels.sort, &.{
                testing.contiguous(T, &values, &.{n}),
                testing.contiguous(i64, &indices, &.{n}),
            }, &.{input}, &.{largest});
            try testing.run(kernels.topk, &.{
                testing.contiguous(T, &top, &.{k}),
                testing.contiguous(i64, &places, &.{k}),
            }, &.{input}, &.{largest});
            try std.testing.expectEqualSlices(i64, indices[0..k], places[0..k]);
            if (largest != 0) continue;
            try testing.run(kernels.selectRank, &.{
                testing.contiguous(T, &top, &.{1}),
                testing.contiguous(i64, &places, &.{1}),
            }, &.{input}, &.{ @floatFromInt(k - 1), 0 });
            try std.testing.expectEqual(indices[k - 1], places[0]);
        };
    }
}

test "sorting median, nanmedian and mode" {
    const nan = std.math.nan(f32);
    const x = [_]f32{ 5, nan, 1, 4, 1, 5, 2, nan };
    const cases = [_]struct { f64, i64 }{ .{ 1, 1 }, .{ 2, 6 }, .{ 3, 4 } };
    for (cases) |entry| {
        var value: [1]f32 = undefined;
        var place: [1]i64 = undefined;
        try testing.run(kernels.selectRank, &.{
            testing.contiguous(f32, &value, &.{1}),
            testing.contiguous(i64, &place, &.{1}),
        }, &.{testing.contiguous(f32, &x, &.{8})}, &.{ 0, entry[0] });
        try std.testing.expectEqual(entry[1], place[0]);
    }
}

test "sorting: searchsorted and running extremes" {
    const sorted = [_]f32{ 1, 2, 2, 5 };
    const x = [_]f32{ 0, 2, 5, std.math.nan(f32), 3 };
    var places: [5]i64 = undefined;
    const out = testing.contiguous(i64, &places, &.{5});
    const inputs = [_]abi.View{
        testing.contiguous(f32, &sorted, &.{4}),
        testing.contiguous(f32, &x, &.{5}),
    };
    try testing.run(kernels.searchsorted, &.{out}, &inputs, &.{0});
    try std.testing.expectEqual([5]i64{ 0, 1, 3, 4, 3 }, places);
    try testing.run(kernels.searchsorted, &.{out}, &inputs, &.{1});
    try std.testing.expectEqual([5]i64{ 0, 3, 4, 4, 3 }, places);
    var values: [5]f32 = undefined;
    const best = testing.contiguous(f32, &values, &.{5});
    try testing.run(kernels.cummax, &.{ best, out }, inputs[1..], &.{});
    try std.testing.expectEqual([5]i64{ 0, 1, 2, 3, 3 }, places);
}
