//! Transforms against the sum that they are, for lengths of every kind.
const std = @import("std");
const planning = @import("plan.zig");
const stage = @import("stage.zig");

fn turn(numerator: usize, denominator: usize) [2]f64 {
    const whole: f64 = @floatFromInt(denominator);
    const angle = -2 * std.math.pi * @as(f64, @floatFromInt(numerator % denominator)) / whole;
    return .{ @cos(angle), @sin(angle) };
}

/// A table of passes, as src/fft/plan.ts makes it.
fn fillTable(comptime T: type, table: [*]T, n: usize, radices: []const usize) void {
    var left = n;
    var start: usize = 0;
    for (radices) |radix| {
        const m = left / radix;
        for (1..radix) |k| for (0..m) |p| {
            const w = turn(p * k, left);
            table[start + (k - 1) * m + p] = @floatCast(w[0]);
            table[start + (radix - 2 + k) * m + p] = @floatCast(w[1]);
        };
        start += stage.tableSize(radix, m);
        left = m;
    }
}

fn expectTransform(comptime T: type, n: usize, radices: []const usize, s: usize) !void {
    const allocator = std.testing.allocator;
    var plan: planning.Plan(T) = .{
        .n = n,
        .chirp = 0,
        .count = radices.len,
        .radices = undefined,
        .table = undefined,
    };
    @memcpy(plan.radices[0..radices.len], radices);
    const table = try allocator.alloc(T, 4 * n + 16);
    defer allocator.free(table);
    fillTable(T, table.ptr, n, radices);
    plan.table = table.ptr;
    const block = try allocator.alloc(T, 4 * planning.rounded(n * s) + plan.scratchSize(s));
    defer allocator.free(block);
    const x = planning.pairAt(block.ptr, 0, n * s);
    const y = planning.pairAt(block.ptr, 1, n * s);
    for (0..n * s) |i| {
        x.re[i] = @floatFromInt(i * 7 % 11);
        x.im[i] = @floatFromInt(i * 5 % 13);
    }
    plan.run(x, y, block.ptr + 4 * planning.rounded(n * s), s);
    for (0..n) |k| for ([_]usize{ 0, s - 1 }) |q| {
        var re: f64 = 0;
        var im: f64 = 0;
        for (0..n) |j| {
            const w = turn(j * k, n);
            re += x.re[j * s + q] * w[0] - x.im[j * s + q] * w[1];
            im += x.re[j * s + q] * w[1] + x.im[j * s + q] * w[0];
        }
        const bound = 200 * @sqrt(@as(f64, @floatFromInt(n))) * std.math.floatEps(T);
        try std.testing.expectApproxEqAbs(re, @as(f64, y.re[k * s + q]), bound);
        try std.testing.expectApproxEqAbs(im, @as(f64, y.im[k * s + q]), bound);
    };
}

test "fourier: passes of every radix, alone and side by side" {
    inline for (.{ f32, f64 }) |T| {
        for ([_]usize{ 1, 3, 16 }) |s| {
            try expectTransform(T, 1, &.{}, s);
            try expectTransform(T, 8, &.{8}, s);
            try expectTransform(T, 30, &.{ 2, 3, 5 }, s);
            try expectTransform(T, 28, &.{ 4, 7 }, s);
            try expectTransform(T, 128, &.{ 4, 4, 8 }, s);
        }
    }
}

test "fourier: real transforms through half their length, there and back" {
    const half = @import("half.zig");
    inline for (.{ f32, f64 }) |T| for ([_]usize{ 1, 3, 40 }) |h| {
        var parts: [8][41]T = undefined;
        const x: stage.Pair(T) = .{ .re = &parts[0], .im = &parts[1] };
        const y: stage.Pair(T) = .{ .re = &parts[2], .im = &parts[3] };
        const z: stage.Pair(T) = .{ .re = &parts[4], .im = &parts[5] };
        const turns: stage.Pair(T) = .{ .re = &parts[6], .im = &parts[7] };
        for (0..h) |k| {
            x.re[k] = @floatFromInt(k * 7 % 11);
            x.im[k] = @floatFromInt(k * 5 % 13);
            const w = turn(k, 2 * h);
            turns.re[k] = @floatCast(w[0]);
            turns.im[k] = @floatCast(w[1]);
        }
        half.untangle(T, .forward, x, y, turns, h, 1, 1);
        try std.testing.expectEqual(x.re[0] + x.im[0], y.re[0]);
        try std.testing.expectEqual(x.re[0] - x.im[0], y.re[h]);
        // The two are inverse but for a factor of 2.
        half.untangle(T, .backward, y, z, turns, h, 1, 0.5);
        for (0..h) |k| {
            try std.testing.expectApproxEqAbs(x.re[k], z.re[k], 100 * std.math.floatEps(T));
            try std.testing.expectApproxEqAbs(x.im[k], z.im[k], 100 * std.math.floatEps(T));
        }
    };
}
