//! Resampling against the definition in plain loops.
const std = @import("std");
const abi = @import("abi");
const resample = @import("../resample.zig");
const testing = @import("../testing.zig");

const allocator = std.testing.allocator;

fn fill(comptime T: type, r: std.Random, values: []T) void {
    for (values) |*value| value.* = @floatCast(r.float(f64) - 0.5);
}

/// Random places near each other, some of them none; a dim without a table keeps its size.
fn randomTable(r: std.Random, taps: usize, targets: usize, size: usize) ![]f64 {
    const table = try allocator.alloc(f64, @max(1, 2 * taps * targets));
    fill(f64, r, table);
    for (0..targets) |target| {
        const start = r.uintLessThan(usize, size);
        for (0..taps) |tap| {
            const place = if (r.uintLessThan(u32, 6) == 0) size else @min(start + tap, size - 1);
            table[tap * targets + target] = @floatFromInt(place);
        }
    }
    return table;
}

/// A dim's matrix, written out: [targets, size].
fn dense(table: []const f64, taps: usize, targets: usize, size: usize) ![]f64 {
    const matrix = try allocator.alloc(f64, targets * size);
    @memset(matrix, 0);
    if (taps == 0) for (0..size) |i| {
        matrix[i * size + i] = 1;
    };
    for (0..taps * targets) |i| {
        const place: usize = @intFromFloat(table[i]);
        if (place < size) matrix[i % targets * size + place] += table[taps * targets + i];
    }
    return matrix;
}

fn checkResample(comptime T: type, r: std.Random) !void {
    const planes = r.intRangeAtMost(usize, 1, 3);
    var sizes: [2]usize = undefined;
    var targets: [2]usize = undefined;
    var taps: [2]usize = undefined;
    var tables: [2][]f64 = undefined;
    var matrices: [2][]f64 = undefined;
    for (0..2) |i| {
        sizes[i] = r.intRangeAtMost(usize, 1, 40);
        taps[i] = r.uintLessThan(usize, 7);
        targets[i] = if (taps[i] == 0) sizes[i] else r.intRangeAtMost(usize, 1, 70);
        tables[i] = try randomTable(r, taps[i], targets[i], sizes[i]);
        matrices[i] = try dense(tables[i], taps[i], targets[i], sizes[i]);
    }
    defer for (0..2) |i| {
        allocator.free(tables[i]);
        allocator.free(matrices[i]);
    };
    const x = try allocator.alloc(T, planes * sizes[0] * sizes[1]);
    defer allocator.free(x);
    fill(T, r, x);
    const out = try allocator.alloc(T, planes * targets[0] * targets[1]);
    defer allocator.free(out);
    try testing.run(resample.kernels.resample, &.{
        testing.contiguous(T, out, &.{ planes, targets[0], targets[1] }),
    }, &.{
        testing.contiguous(T, x, &.{ planes, sizes[0], sizes[1] }),
        testing.contiguous(f64, tables[0], &.{ 2, taps[0], targets[0] }),
        testing.contiguous(f64, tables[1], &.{ 2, taps[1], targets[1] }),
    }, &.{});
    for (out, 0..) |found, i| {
        const plane = i / targets[0] / targets[1];
        const row = matrices[0][i / targets[1] % targets[0] * sizes[0] ..][0..sizes[0]];
        const column = matrices[1][i % targets[1] * sizes[1] ..][0..sizes[1]];
        var expected: f64 = 0;
        for (row, 0..) |a, y| for (column, 0..) |b, z| {
            expected += a * b * x[(plane * sizes[0] + y) * sizes[1] + z];
        };
        try std.testing.expectApproxEqAbs(expected, found, if (T == f32) 1e-5 else 1e-13);
    }
}

test "resample() multiplies rows and columns by sparse matrices" {
    var random = std.Random.DefaultPrng.init(1);
    for (0..150) |_| {
        try checkResample(f32, random.random());
        try checkResample(f64, random.random());
    }
}

fn checkTaps(comptime T: type, r: std.Random) !void {
    const n = r.intRangeAtMost(usize, 1, 2);
    const c = r.intRangeAtMost(usize, 1, 20);
    const elements = r.intRangeAtMost(usize, 1, if (r.boolean()) 40 else 4000);
    const taps = r.intRangeAtMost(usize, 1, 5);
    const places = r.intRangeAtMost(usize, 1, 300);
    const x = try allocator.alloc(T, n * c * elements);
    defer allocator.free(x);
    const y = try allocator.alloc(T, n * c * places);
    defer allocator.free(y);
    const weight = try allocator.alloc(T, n * taps * places);
    defer allocator.free(weight);
    const index = try allocator.alloc(i32, n * taps * places);
    defer allocator.free(index);
    fill(T, r, x);
    fill(T, r, weight);
    for (index) |*at| at.* = r.intRangeLessThan(i32, -1, @intCast(elements));

    const views = .{
        testing.contiguous(T, x, &.{ n, c, elements }),
        testing.contiguous(T, y, &.{ n, c, places }),
        testing.contiguous(i32, index, &.{ n, taps, places }),
        testing.contiguous(T, weight, &.{ n, taps, places }),
    };
    const inputs = [_]abi.View{ views[0], views[2], views[3] };
    try testing.run(resample.kernels.sampleTaps, &.{views[1]}, &inputs, &.{});
    // The three are one trilinear form: <y, sample(x, w)> = <x, dx(y, w)> = <w, dw(y, x)>.
    const dx = try allocator.alloc(T, x.len);
    defer allocator.free(dx);
    const dweight = try allocator.alloc(T, weight.len);
    defer allocator.free(dweight);
    for (0..n) |image| for (0..c) |channel| for (0..places) |place| {
        var expected: f64 = 0;
        for (0..taps) |tap| {
            const at = (image * taps + tap) * places + place;
            if (index[at] < 0) continue;
            const from: usize = @intCast(index[at]);
            expected += weight[at] * x[(image * c + channel) * elements + from];
        }
        const found = y[(image * c + channel) * places + place];
        try std.testing.expectApproxEqAbs(expected, found, 1e-5);
    };
    var form: f64 = 0;
    for (y) |value| form += value * value;
    try testing.run(resample.kernels.sampleTapsInputGradient, &.{
        testing.contiguous(T, dx, &.{ n, c, elements }),
    }, &.{ views[1], views[2], views[3] }, &.{});
    try testing.run(resample.kernels.sampleTapsWeightGradient, &.{
        testing.contiguous(T, dweight, &.{ n, taps, places }),
    }, &.{ views[1], views[0], views[2] }, &.{});
    for ([_][2][]const T{ .{ x, dx }, .{ weight, dweight } }) |both| {
        var found: f64 = 0;
        for (both[0], both[1]) |a, b| found += a * b;
        try std.testing.expectApproxEqRel(form, found, if (T == f32) 1e-4 else 1e-12);
    }
}

test "sampleTaps() and its gradients are one form" {
    var random = std.Random.DefaultPrng.init(2);
    for (0..100) |_| {
        try checkTaps(f32, random.random());
        try checkTaps(f64, random.random());
    }
}
