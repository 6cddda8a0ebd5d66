//! Attention and its gradient against their definition, written out in float64.
const std = @import("std");
const abi = @import("abi");
const attention = @import("../attention.zig");
const testing = @import("../testing.zig");

/// Heads, queries, keys, depth, width of the values.
const shapes = [_][5]usize{ .{ 2, 5, 7, 3, 4 }, .{ 1, 70, 300, 16, 20 }, .{ 3, 140, 130, 33, 16 } };

test "attention and its gradient against the definition in float64" {
    inline for (.{ f32, f64 }) |T| for (shapes) |shape| {
        try check(T, shape, false, false);
        try check(T, shape, true, false);
        try check(T, shape, false, true);
    };
}

fn check(comptime T: type, shape: [5]usize, is_causal: bool, is_masked: bool) !void {
    const heads, const queries, const keys, const depth, const width = shape;
    var arena: std.heap.ArenaAllocator = .init(std.testing.allocator);
    defer arena.deinit();
    const allocator = arena.allocator();
    var random = std.Random.DefaultPrng.init(2);
    // q, k, v, grad; out, logarithms, dq, dk, dv
    const extents = [_][2]usize{
        .{ queries, depth },
        .{ keys, depth },
        .{ keys, width },
        .{ queries, width },
        .{ queries, width },
        .{ queries, 1 },
        .{ queries, depth },
        .{ keys, depth },
        .{ keys, width },
    };
    var arrays: [9][]T = undefined;
    var views: [9]abi.View = undefined;
    var sizes: [9]usize = undefined;
    for (&arrays, &views, &sizes, extents) |*array, *view, *size, extent| {
        size.* = extent[0] * extent[1];
        array.* = try allocator.alloc(T, heads * size.*);
        for (array.*) |*x| x.* = random.random().floatNorm(T);
        view.* = testing.contiguous(T, array.*, &.{ heads, extent[0], extent[1] });
    }
    const mask = try allocator.alloc(abi.Bool, queries * keys);
    // The first query has no key.
    for (mask, 0..) |*x, i| x.* = if (i >= keys and random.random().float(f32) < 0.4) .yes else .no;
    const mask_view = testing.strided(
        abi.Bool,
        &mask[0],
        &.{ heads, queries, keys },
        &.{ 0, @intCast(keys), 1 },
    );
    const scale = 0.7;
    const attributes = [_]f64{ scale, @floatFromInt(@intFromBool(is_causal)) };
    const count: usize = if (is_masked) 4 else 3;
    try testing.run(
        &attention.attention,
        views[4..6],
        (&[_]abi.View{ views[0], views[1], views[2], mask_view })[0..count],
        &attributes,
    );
    try testing.run(
        &attention.attentionGradient,
        views[6..9],
        (&[_]abi.View{
            views[3], views[4], views[5], views[0], views[1], views[2], mask_view,
        })[0 .. 3 + count],
        &attributes,
    );

    const weights = try allocator.alloc(f64, keys);
    for (0..heads) |head| {
        const dk = try allocator.alloc(f64, keys * depth);
        const dv = try allocator.alloc(f64, keys * width);
        @memset(dk, 0);
        @memset(dv, 0);
        const q = arrays[0][head * sizes[0] ..];
        const k = arrays[1][head * sizes[1] ..];
        const v = arrays[2][head * sizes[2] ..];
        const grad = arrays[3][head * sizes[3] ..];
        for (0..queries) |i| {
            var total: f64 = 0;
            for (weights, 0..) |*weight, j| {
                var score: f64 = 0;
                for (0..depth) |e| score += @as(f64, q[i * depth + e]) * k[j * depth + e] * scale;
                const seen = (!is_causal or j <= i) and (!is_masked or mask[i * keys + j] == .yes);
                weight.* = if (seen) @exp(score) else 0;
                total += weight.*;
            }
            for (weights) |*weight| weight.* /= if (total == 0) 1 else total;
            var level: f64 = 0;
            for (0..width) |e| {
                var sum: f64 = 0;
                for (weights, 0..) |weight, j| sum += weight * v[j * width + e];
                level += sum * grad[i * width + e];
                try close(T, sum, arrays[4][head * sizes[4] + i * width + e]);
            }
            for (weights, 0..) |weight, j| {
                var slope: f64 = -level;
                for (0..width) |e| {
                    slope += @as(f64, grad[i * width + e]) * v[j * width + e];
                    dv[j * width + e] += weight * grad[i * width + e];
                }
                for (0..depth) |e| dk[j * depth + e] += weight * slope * scale * q[i * depth + e];
                weights[j] = weight * slope * scale;
            }
            for (0..depth) |e| {
                var sum: f64 = 0;
                for (weights, 0..) |weight, j| sum += weight * k[j * depth + e];
                try close(T, sum, arrays[6][head * sizes[6] + i * depth + e]);
            }
        }
        const found_k = arrays[7][head * sizes[7] ..][0 .. keys * depth];
        const found_v = arrays[8][head * sizes[8] ..][0 .. keys * width];
        for (dk, found_k) |want, found| try close(T, want, found);
        for (dv, found_v) |want, found| try close(T, want, found);
    }
}

fn close(comptime T: type, want: f64, found: T) !void {
    const tolerance: f64 = if (T == f32) 2e-4 else 1e-11;
    if (@abs(want - found) <= tolerance * @max(1, @abs(want))) return;
    std.debug.print("expected {d}, found {d}\n", .{ want, found });
    return error.TestExpectedClose;
}
