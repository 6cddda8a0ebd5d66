//! Pooling against the definition in plain loops.
const std = @import("std");
const abi = @import("abi");
const pooling = @import("../pooling.zig");
const testing = @import("../testing.zig");

const allocator = std.testing.allocator;

const Case = struct {
    images: usize,
    channels: usize,
    size: [2]usize,
    kernel: [2]usize,
    stride: [2]usize,
    padding: [2]usize,
    dilation: [2]usize = .{ 1, 1 },
    ceil: bool = false,

    fn random(r: std.Random, dilated: bool) Case {
        var case: Case = undefined;
        case.images = r.intRangeAtMost(usize, 1, 3);
        case.channels = r.intRangeAtMost(usize, 1, 4);
        for (0..2) |i| {
            case.size[i] = r.intRangeAtMost(usize, 1, if (i == 0) 12 else 70);
            case.kernel[i] = r.intRangeAtMost(usize, 1, 4);
            case.stride[i] = r.intRangeAtMost(usize, 1, 3);
            case.padding[i] = r.intRangeAtMost(usize, 0, case.kernel[i] / 2);
            case.dilation[i] = if (dilated) r.intRangeAtMost(usize, 1, 2) else 1;
        }
        case.ceil = r.boolean();
        if (r.boolean()) {
            case.kernel = .{ 2, 2 };
            case.stride = .{ 2, 2 };
            case.padding = .{ 0, 0 };
            case.dilation = .{ 1, 1 };
        }
        return case;
    }

    fn out(case: Case) ?[2]usize {
        var result: [2]usize = undefined;
        for (&result, 0..) |*extent, i| {
            const span = case.dilation[i] * (case.kernel[i] - 1) + 1;
            const padded = case.size[i] + 2 * case.padding[i];
            if (padded < span) return null;
            extent.* = (padded - span) / case.stride[i] + 1;
            if (case.ceil and (padded - span) % case.stride[i] != 0 and
                extent.* * case.stride[i] < case.size[i] + case.padding[i]) extent.* += 1;
        }
        return result;
    }

    /// Input index of a tap, if it is inside.
    fn at(case: Case, axis: usize, target: usize, tap: usize) ?usize {
        const index = target * case.stride[axis] + tap * case.dilation[axis];
        if (index < case.padding[axis] or index - case.padding[axis] >= case.size[axis]) return null;
        return index - case.padding[axis];
    }
};

/// Random values of few kinds, so that ties, infinities and NaN are frequent.
fn draw(comptime T: type, r: std.Random, special: bool) T {
    if (!special) return @floatCast(r.float(f64) - 0.5);
    return switch (r.uintLessThan(u32, 8)) {
        0 => std.math.nan(T),
        1 => std.math.inf(T),
        2, 3 => -std.math.inf(T),
        else => @floatFromInt(r.uintLessThan(u32, 3)),
    };
}

/// x as [images, channels, h, w] of a buffer: transposed (w slower than h) or padded rows.
fn layOut(comptime T: type, memory: []T, case: Case, transposed: bool) abi.View {
    const h = case.size[0];
    const w = case.size[1];
    const shape = [4]usize{ case.images, case.channels, h, w };
    const plane: isize = @intCast((h + 1) * (w + 1));
    const planes: isize = @intCast(case.channels);
    const strides: [4]isize = if (transposed)
        .{ planes * plane, plane, 1, @intCast(h + 1) }
    else
        .{ planes * plane, plane, @intCast(w + 1), 1 };
    return testing.strided(T, &memory[0], &shape, &strides);
}

fn value(comptime T: type, view: abi.View, n: usize, c: usize, i: usize, j: usize) T {
    var offset: isize = 0;
    for ([_]usize{ n, c, i, j }, 0..) |index, axis| offset += @as(isize, @intCast(index)) * view.stride(axis);
    return view.pointer(T)[@intCast(offset)];
}

fn checkMaximum(comptime T: type, comptime Index: type, case: Case, r: std.Random) !void {
    const out = case.out() orelse return;
    const planes = case.images * case.channels;
    const memory = try allocator.alloc(T, 1 + planes * (case.size[0] + 1) * (case.size[1] + 1));
    defer allocator.free(memory);
    const special = r.boolean();
    for (memory) |*v| v.* = draw(T, r, special);
    const x = layOut(T, memory, case, r.uintLessThan(u32, 4) == 0);
    const count = planes * out[0] * out[1];
    const values = try allocator.alloc(T, count);
    defer allocator.free(values);
    const indices = try allocator.alloc(Index, count);
    defer allocator.free(indices);
    const grad = try allocator.alloc(T, count);
    defer allocator.free(grad);
    for (grad) |*v| v.* = draw(T, r, false);
    const dx = try allocator.alloc(T, planes * case.size[0] * case.size[1]);
    defer allocator.free(dx);
    const want_dx = try allocator.alloc(f64, dx.len);
    defer allocator.free(want_dx);
    @memset(want_dx, 0);

    var attributes: [8]f64 = undefined;
    for ([_][2]usize{ case.kernel, case.stride, case.padding, case.dilation }, 0..) |pair, i| for (pair, 0..) |v, j| {
        attributes[2 * i + j] = @floatFromInt(v);
    };
    const shape = [4]usize{ case.images, case.channels, out[0], out[1] };
    const x_shape = [4]usize{ case.images, case.channels, case.size[0], case.size[1] };
    const index_view = testing.contiguous(Index, indices, &shape);
    try testing.run(&pooling.kernels.maxPool2d, &.{ testing.contiguous(T, values, &shape), index_view }, &.{x}, &attributes);
    const inputs = [_]abi.View{ testing.contiguous(T, grad, &shape), index_view };
    try testing.run(&pooling.kernels.maxPool2dGradient, &.{testing.contiguous(T, dx, &x_shape)}, &inputs, &attributes);

    var at: usize = 0;
    for (0..case.images) |n| for (0..case.channels) |c| for (0..out[0]) |oh| for (0..out[1]) |ow| {
        var best: T = -std.math.inf(T);
        var found: ?[3]usize = null;
        for (0..case.kernel[0]) |i| for (0..case.kernel[1]) |j| {
            const h = case.at(0, oh, i) orelse continue;
            const w = case.at(1, ow, j) orelse continue;
            const v = value(T, x, n, c, h, w);
            if (found == null or v > best or (std.math.isNan(v) and !std.math.isNan(best))) {
                best = v;
                found = .{ i * case.kernel[1] + j, h, w };
            }
        };
        if (std.math.isNan(best)) {
            try std.testing.expect(std.math.isNan(values[at]));
        } else try std.testing.expectEqual(best, values[at]);
        if (found) |place| {
            try std.testing.expectEqual(place[0], @as(usize, @intCast(indices[at])));
            want_dx[((n * case.channels + c) * case.size[0] + place[1]) * case.size[1] + place[2]] += grad[at];
        }
        at += 1;
    };
    for (want_dx, dx) |want, have| try std.testing.expectApproxEqAbs(want, have, 16 * std.math.floatEps(T));
}

fn checkAverage(comptime T: type, case: Case, r: std.Random) !void {
    const out = case.out() orelse return;
    const planes = case.images * case.channels;
    const memory = try allocator.alloc(T, 1 + planes * (case.size[0] + 1) * (case.size[1] + 1));
    defer allocator.free(memory);
    for (memory) |*v| v.* = draw(T, r, false);
    const x = layOut(T, memory, case, r.uintLessThan(u32, 4) == 0);
    const count = planes * out[0] * out[1];
    const values = try allocator.alloc(T, count);
    defer allocator.free(values);
    const grad = try allocator.alloc(T, count);
    defer allocator.free(grad);
    for (grad) |*v| v.* = draw(T, r, false);
    const dx = try allocator.alloc(T, planes * case.size[0] * case.size[1]);
    defer allocator.free(dx);
    const want_dx = try allocator.alloc(f64, dx.len);
    defer allocator.free(want_dx);
    @memset(want_dx, 0);

    const include = r.boolean();
    const override: f64 = if (r.uintLessThan(u32, 4) == 0) 3 else 0;
    var attributes: [8]f64 = undefined;
    for ([_][2]usize{ case.kernel, case.stride, case.padding }, 0..) |pair, i| for (pair, 0..) |v, j| {
        attributes[2 * i + j] = @floatFromInt(v);
    };
    attributes[6] = @floatFromInt(@intFromBool(include));
    attributes[7] = override;
    const shape = [4]usize{ case.images, case.channels, out[0], out[1] };
    const x_shape = [4]usize{ case.images, case.channels, case.size[0], case.size[1] };
    try testing.run(&pooling.kernels.avgPool2d, &.{testing.contiguous(T, values, &shape)}, &.{x}, &attributes);
    try testing.run(
        &pooling.kernels.avgPool2dGradient,
        &.{testing.contiguous(T, dx, &x_shape)},
        &.{testing.contiguous(T, grad, &shape)},
        &attributes,
    );

    var at: usize = 0;
    for (0..case.images) |n| for (0..case.channels) |c| for (0..out[0]) |oh| for (0..out[1]) |ow| {
        var sum: f64 = 0;
        var inside: f64 = 0;
        var sides: [2]f64 = undefined;
        for (&sides, [_]usize{ oh, ow }, 0..) |*side, o, axis| {
            const start = o * case.stride[axis];
            side.* = @floatFromInt(@min(start + case.kernel[axis], case.size[axis] + 2 * case.padding[axis]) - start);
        }
        for (0..2) |turn| for (0..case.kernel[0]) |i| for (0..case.kernel[1]) |j| {
            const h = case.at(0, oh, i) orelse continue;
            const w = case.at(1, ow, j) orelse continue;
            const divisor = if (override != 0) override else if (include) sides[0] * sides[1] else inside;
            if (turn == 0) {
                sum += value(T, x, n, c, h, w);
                inside += 1;
            } else want_dx[((n * case.channels + c) * case.size[0] + h) * case.size[1] + w] += grad[at] / divisor;
        };
        const divisor = if (override != 0) override else if (include) sides[0] * sides[1] else @max(1, inside);
        try std.testing.expectApproxEqAbs(sum / divisor, values[at], 8 * std.math.floatEps(T));
        at += 1;
    };
    for (want_dx, dx) |want, have| try std.testing.expectApproxEqAbs(want, have, 32 * std.math.floatEps(T));
}

test "pooling: maxima, ties, NaN and their gradients" {
    var prng = std.Random.DefaultPrng.init(30);
    const r = prng.random();
    for (0..300) |_| {
        try checkMaximum(f32, u8, Case.random(r, true), r);
        try checkMaximum(f32, i32, Case.random(r, true), r);
        try checkMaximum(f64, u8, Case.random(r, true), r);
    }
    const big: Case = .{ .images = 1, .channels = 2, .size = .{ 40, 41 }, .kernel = .{ 17, 18 }, .stride = .{ 5, 4 }, .padding = .{ 8, 9 } };
    try checkMaximum(f32, i32, big, r);
    const tall: Case = .{ .images = 1, .channels = 1, .size = .{ 300, 100 }, .kernel = .{ 3, 3 }, .stride = .{ 2, 2 }, .padding = .{ 1, 1 } };
    try checkMaximum(f64, u8, tall, r);
    const none: Case = .{ .images = 0, .channels = 2, .size = .{ 4, 4 }, .kernel = .{ 2, 2 }, .stride = .{ 2, 2 }, .padding = .{ 0, 0 } };
    try checkMaximum(f32, u8, none, r);
}

test "pooling: averages, divisors and their gradients" {
    var prng = std.Random.DefaultPrng.init(31);
    const r = prng.random();
    for (0..300) |_| {
        try checkAverage(f32, Case.random(r, false), r);
        try checkAverage(f64, Case.random(r, false), r);
    }
    const whole: Case = .{ .images = 3, .channels = 5, .size = .{ 7, 7 }, .kernel = .{ 7, 7 }, .stride = .{ 7, 7 }, .padding = .{ 0, 0 } };
    try checkAverage(f32, whole, r);
}
