//! Standardised values and their gradient against their definition, written out in float64.
const std = @import("std");
const abi = @import("abi");
const standard = @import("../standardize.zig");
const testing = @import("../testing.zig");

/// outer, channels, inner, groups.
const shapes = [_][4]usize{
    .{ 5, 19, 1, 1 }, .{ 40, 70, 1, 1 }, .{ 3, 6, 1, 2 }, .{ 2, 6, 35, 3 }, .{ 3, 4, 130, 0 },
    .{
        2, 1, 9000, 1,
    },
};

test "standardize and its gradient: a shifted sample against the definition in float64" {
    inline for (.{ f32, f64 }) |T| for (shapes) |shape| for (0..3) |kind| try check(T, shape, kind);
}

fn check(comptime T: type, shape: [4]usize, kind: usize) !void {
    const outer, const channels, const inner, const groups = shape;
    const size = outer * channels * inner;
    const sets = if (groups == 0) channels else outer * groups;
    const is_rms = kind == 1;
    const has_weight = kind != 2;
    const allocator = std.testing.allocator;
    const values = try allocator.alloc(T, 4 * size + 4 * channels);
    defer allocator.free(values);
    const statistics = try allocator.alloc(f64, 2 * sets);
    defer allocator.free(statistics);
    const x = values[0..size];
    const grad = values[size..][0..size];
    const y = values[2 * size ..][0..size];
    const dx = values[3 * size ..][0..size];
    const rest = values[4 * size ..];
    const weight = rest[0..channels];
    const bias = rest[channels..][0..channels];
    const d_weight = rest[2 * channels ..][0..channels];
    const d_bias = rest[3 * channels ..][0..channels];
    var random = std.Random.DefaultPrng.init(1);
    for ([_][]T{
        x, grad, weight, bias,
    }, [_]T{ 100, 0, 1, 0 }) |slice, shift| for (slice) |*value| {
        value.* = shift + random.random().floatNorm(T);
    };
    const eps = 1e-5;
    var attributes: [6]f64 = .{ 0, 0, 0, eps, @floatFromInt(@intFromBool(is_rms)), 0 };
    const layout = [_]usize{ channels, inner, groups };
    for (attributes[0..3], layout) |*to, from| to.* = @floatFromInt(from);
    const all = [_]usize{size};
    const views = .{
        testing.contiguous(T, x, &all),
        testing.contiguous(T, weight, &.{channels}),
        testing.contiguous(T, bias, &.{channels}),
    };
    const moments = .{
        testing.contiguous(f64, statistics, &.{sets}),
        testing.contiguous(f64, statistics[sets..], &.{sets}),
    };
    const given: usize = if (has_weight) 3 else 1;
    try testing.run(
        &standard.standardize,
        &.{ testing.contiguous(T, y, &all), moments[0], moments[1] },
        (&[_]abi.View{ views[0], views[1], views[2] })[0..given],
        &attributes,
    );
    const outputs = [_]abi.View{
        testing.contiguous(T, dx, &all),
        testing.contiguous(T, d_weight, &.{channels}),
        testing.contiguous(T, d_bias, &.{channels}),
    };
    const inputs = [_]abi.View{
        testing.contiguous(T, grad, &all), views[0], moments[0], moments[1], views[1],
    };
    try testing.run(
        &standard.standardizeGradient,
        outputs[0..given],
        inputs[0 .. 4 + given / 3],
        &attributes,
    );

    const tolerance: f64 = if (T == f32) 3e-5 else 1e-12;
    const expected_weight = try allocator.alloc(f64, 2 * channels);
    defer allocator.free(expected_weight);
    @memset(expected_weight, 0);
    for (0..sets) |set| {
        var m: f64 = 0;
        var v: f64 = 0;
        var count: f64 = 0;
        for (x, 0..) |value, i| if (setOf(shape, i) == set) {
            m += value;
            count += 1;
        };
        m = if (is_rms) 0 else m / count;
        for (x, 0..) |value, i| if (setOf(shape, i) == set) {
            v += (value - m) * (value - m) / count;
        };
        const scale = 1 / @sqrt(v + eps);
        var sums: [2]f64 = .{ 0, 0 };
        for (x, grad, 0..) |value, g, i| if (setOf(shape, i) == set) {
            const channel = i / inner % channels;
            const h = (value - m) * scale;
            const factor: f64 = if (has_weight) weight[channel] else 1;
            const want = h * factor + if (has_weight) bias[channel] else 0;
            try std.testing.expectApproxEqAbs(want, y[i], tolerance * 10);
            sums[0] += g * factor / count;
            sums[1] += g * factor * h / count;
            expected_weight[channel] += g * h;
            expected_weight[channels + channel] += g;
        };
        for (x, grad, 0..) |value, g, i| if (setOf(shape, i) == set) {
            const factor: f64 = if (has_weight) weight[i / inner % channels] else 1;
            const h = (value - m) * scale;
            const want = scale * (g * factor - (if (is_rms) 0 else sums[0]) - h * sums[1]);
            try std.testing.expectApproxEqAbs(want, dx[i], tolerance * 10);
        };
    }
    if (has_weight) for (d_weight, d_bias, 0..) |w, b, channel| {
        try std.testing.expectApproxEqAbs(expected_weight[channel], w, tolerance * 100);
        try std.testing.expectApproxEqAbs(expected_weight[channels + channel], b, tolerance * 10);
    };
}

fn setOf(shape: [4]usize, index: usize) usize {
    const channel = index / shape[2] % shape[1];
    if (shape[3] == 0) return channel;
    return index / (shape[1] * shape[2]) * shape[3] + channel / (shape[1] / shape[3]);
}
