//! Softmax and its relatives, and cross entropy, against plain loops in float64.
const std = @import("std");
const abi = @import("abi");
const simd = @import("simd.zig");
const testing = @import("testing.zig");
const kernels = @import("rows.zig").kernels;
const allocator = std.testing.allocator;

const Layout = enum { contiguous, transposed, negative, stepped, broadcast, unaligned };
const layouts = std.enums.values(Layout);

/// A matrix-like view [outer, n, inner] with its values also in logical order.
fn Sample(comptime T: type) type {
    return struct {
        const SampleOf = @This();
        items: []T,
        values: []f64,
        view: abi.View,

        fn init(layout: Layout, shape: []const usize, seed: u64, scale: f64) !SampleOf {
            var strides: [abi.rank_max]isize = undefined;
            var reach: usize = 1;
            for (0..shape.len) |k| {
                const axis = if (layout == .transposed) k else shape.len - 1 - k;
                strides[axis] = @intCast(if (layout == .stepped) 2 * reach else reach);
                reach *= if (layout == .stepped) 2 * shape[axis] else shape[axis];
                if (layout == .negative) strides[axis] = -strides[axis];
            }
            const items = try allocator.alloc(T, reach + 2);
            var random = std.Random.DefaultPrng.init(seed);
            for (items) |*x| x.* = @floatCast(scale * random.random().floatNorm(f64));
            if (layout == .broadcast) strides[0] = 0;
            var first: usize = if (layout == .unaligned) 1 else 0;
            if (layout == .negative) for (shape, strides[0..shape.len]) |extent, stride| {
                if (extent > 0) first += (extent - 1) * @abs(stride);
            };
            var count: usize = 1;
            for (shape) |extent| count *= extent;
            const values = try allocator.alloc(f64, count);
            for (values, 0..) |*x, i| {
                var rest = i;
                var place: isize = @intCast(first);
                var axis = shape.len;
                while (axis > 0) {
                    axis -= 1;
                    place += @as(isize, @intCast(rest % shape[axis])) * strides[axis];
                    rest /= shape[axis];
                }
                x.* = items[@intCast(place)];
            }
            return .{ .items = items, .values = values, .view = testing.strided(T, &items[first], shape, strides[0..shape.len]) };
        }

        fn deinit(sample: SampleOf) void {
            allocator.free(sample.items);
            allocator.free(sample.values);
        }
    };
}

fn expectClose(comptime T: type, want: f64, found: T, scale: f64) !void {
    if (want != want) return std.testing.expect(found != found);
    const tolerance: f64 = if (T == f32) 4e-6 else 1e-13;
    if (@abs(want - found) <= tolerance * @max(@abs(want), scale)) return;
    std.debug.print("expected {d}, found {d}\n", .{ want, found });
    return error.TestExpectedClose;
}

fn product(shape: []const usize) usize {
    var size: usize = 1;
    for (shape) |extent| size *= extent;
    return size;
}

fn checkSoftmax(comptime T: type, layout: Layout, shape: []const usize, axis: usize) !void {
    const size = product(shape);
    const n = if (shape.len == 0) 1 else shape[axis];
    const inner = if (shape.len == 0) 1 else product(shape[axis + 1 ..]);
    const x = try Sample(T).init(layout, shape, 1, 3);
    defer x.deinit();
    const grad = try Sample(T).init(layout, shape, 2, 1);
    defer grad.deinit();
    var buffers: [4][]T = undefined;
    for (&buffers) |*buffer| buffer.* = try allocator.alloc(T, size);
    defer for (buffers) |buffer| allocator.free(buffer);
    var views: [4]abi.View = undefined;
    for (&views, buffers) |*view, buffer| view.* = testing.contiguous(T, buffer, shape);
    const attributes = [_]f64{@floatFromInt(axis)};
    try testing.run(&kernels.softmax, &.{views[0]}, &.{x.view}, &attributes);
    try testing.run(&kernels.logSoftmax, &.{views[1]}, &.{x.view}, &attributes);
    try testing.run(&kernels.softmaxGradient, &.{views[2]}, &.{ grad.view, views[0] }, &attributes);
    try testing.run(&kernels.logSoftmaxGradient, &.{views[3]}, &.{ grad.view, views[1] }, &attributes);
    for (0..size / @max(n, 1)) |line| {
        const first = line / inner * inner * n + line % inner;
        var peak = -std.math.inf(f64);
        for (0..n) |i| peak = @max(peak, x.values[first + i * inner]);
        var total: f64 = 0;
        for (0..n) |i| total += @exp(x.values[first + i * inner] - peak);
        var dot: f64 = 0;
        var sum: f64 = 0;
        var magnitude: f64 = 0;
        for (0..n) |i| {
            const place = first + i * inner;
            dot += grad.values[place] * @exp(x.values[place] - peak) / total;
            sum += grad.values[place];
            magnitude += @abs(grad.values[place]);
        }
        for (0..n) |i| {
            const place = first + i * inner;
            const logarithm = x.values[place] - peak - @log(total);
            const y = @exp(logarithm);
            try expectClose(T, y, buffers[0][place], 1e-3);
            try expectClose(T, logarithm, buffers[1][place], 1);
            try expectClose(T, y * (grad.values[place] - dot), buffers[2][place], 1);
            try expectClose(T, grad.values[place] - y * sum, buffers[3][place], @max(magnitude, 1));
        }
    }
}

test "softmax of every layout and dim" {
    inline for (.{ f32, f64 }) |T| {
        for (layouts) |layout| for (0..3) |axis| {
            for ([_][]const usize{ &.{ 5, 7, 19 }, &.{ 3, 1, 40 }, &.{ 2, 33, 1 }, &.{ 2, 3, 700 }, &.{ 700, 3, 2 } }) |shape|
                try checkSoftmax(T, layout, shape, axis);
        };
        for (1..4 * simd.lanes(T) + 4) |n| try checkSoftmax(T, .unaligned, &.{ 3, n }, 1);
        for ([_]usize{ 1023, 1024, 5001 }) |n| try checkSoftmax(T, .contiguous, &.{ 2, n }, 1);
        try checkSoftmax(T, .contiguous, &.{ 0, 3 }, 1);
        try checkSoftmax(T, .contiguous, &.{ 3, 0 }, 1);
        try checkSoftmax(T, .contiguous, &.{}, 0);
    }
}

test "softmax of infinities and NaN" {
    const inf = std.math.inf(f32);
    const nan = std.math.nan(f32);
    inline for (.{ 3, 50 }) |n| inline for (.{ 0, 1 }) |axis| {
        const shape = if (axis == 1) [2]usize{ 4, n } else [2]usize{ n, 4 };
        var data: [4 * n]f32 = @splat(1);
        var out: [4 * n]f32 = undefined;
        var logs: [4 * n]f32 = undefined;
        const step = if (axis == 1) 1 else 4;
        const line = if (axis == 1) n else 1;
        for (0..n) |i| data[i * step] = -inf;
        data[line] = nan;
        data[2 * line] = inf;
        data[3 * line] = -inf;
        try testing.run(&kernels.softmax, &.{testing.contiguous(f32, &out, &shape)}, &.{testing.contiguous(f32, &data, &shape)}, &.{axis});
        try testing.run(&kernels.logSoftmax, &.{testing.contiguous(f32, &logs, &shape)}, &.{testing.contiguous(f32, &data, &shape)}, &.{axis});
        for (0..3) |row| {
            try std.testing.expect(std.math.isNan(out[row * line]));
            try std.testing.expect(std.math.isNan(logs[row * line]));
        }
        try std.testing.expect(std.math.isNan(out[step]) and std.math.isNan(out[line + step]));
        try std.testing.expectEqual(0, out[3 * line]);
        try std.testing.expectEqual(-inf, logs[3 * line]);
        try expectClose(f32, 1.0 / (@as(f64, n) - 1), out[3 * line + step], 0);
    };
}

const Case = struct { layout: Layout, shape: []const usize, smoothing: f64 = 0, weighted: bool = false };

fn checkEntropy(comptime T: type, case: Case) !void {
    const shape = case.shape;
    const classes = shape[1];
    const inner = product(shape[2..]);
    const samples = shape[0] * inner;
    const x = try Sample(T).init(case.layout, shape, 3, 3);
    defer x.deinit();
    var sample_shape: [abi.rank_max]usize = undefined;
    sample_shape[0] = shape[0];
    @memcpy(sample_shape[1 .. shape.len - 1], shape[2..]);
    const kept = sample_shape[0 .. shape.len - 1];
    const grad = try Sample(T).init(case.layout, kept, 4, 1);
    defer grad.deinit();
    const targets = try allocator.alloc(i64, samples);
    defer allocator.free(targets);
    var random = std.Random.DefaultPrng.init(7);
    for (targets, 0..) |*target, i| target.* = if (i % 5 == 3) -100 else random.random().intRangeLessThan(i64, 0, @intCast(classes));
    const weight = try allocator.alloc(T, classes);
    defer allocator.free(weight);
    for (weight) |*w| w.* = if (case.weighted) random.random().float(T) + 0.5 else 1;
    var outputs: [3][]T = undefined;
    for (&outputs) |*buffer| buffer.* = try allocator.alloc(T, samples);
    defer for (outputs) |buffer| allocator.free(buffer);
    const gradient = try allocator.alloc(T, samples * classes);
    defer allocator.free(gradient);
    const target_view = testing.contiguous(i64, targets, kept);
    const weight_view = testing.contiguous(T, weight, &.{classes});
    var views: [3]abi.View = undefined;
    for (&views, outputs) |*view, buffer| view.* = testing.contiguous(T, buffer, kept);
    const attributes = [_]f64{ -100, case.smoothing };
    const forward = [_]abi.View{ x.view, target_view, weight_view };
    const backward = [_]abi.View{ grad.view, x.view, target_view, views[1], weight_view };
    const fewer: usize = if (case.weighted) 0 else 1;
    try testing.run(&kernels.crossEntropy, &views, forward[0 .. 3 - fewer], &attributes);
    try testing.run(&kernels.crossEntropyGradient, &.{testing.contiguous(T, gradient, shape)}, backward[0 .. 5 - fewer], &attributes);

    const s = case.smoothing;
    var total_weight: f64 = 0;
    for (weight) |w| total_weight += w;
    for (0..samples) |i| {
        const first = i / inner * inner * classes + i % inner;
        var peak = -std.math.inf(f64);
        for (0..classes) |c| peak = @max(peak, x.values[first + c * inner]);
        var total: f64 = 0;
        for (0..classes) |c| total += @exp(x.values[first + c * inner] - peak);
        const logsumexp = peak + @log(total);
        try expectClose(T, logsumexp, outputs[1][i], 1);
        const ignored = targets[i] == -100;
        const class: usize = if (ignored) 0 else @intCast(targets[i]);
        const own = (1 - s) * weight[class];
        var loss = own * (logsumexp - x.values[first + class * inner]);
        for (0..classes) |c| loss += s / @as(f64, @floatFromInt(classes)) * weight[c] * (logsumexp - x.values[first + c * inner]);
        try expectClose(T, if (ignored) 0 else loss, outputs[0][i], 2);
        try expectClose(T, if (ignored) 0 else weight[class], outputs[2][i], 0);
        for (0..classes) |c| {
            const place = first + c * inner;
            const share = s / @as(f64, @floatFromInt(classes));
            var want = (own + share * total_weight) * @exp(x.values[place] - logsumexp) - share * weight[c];
            if (c == class) want -= own;
            try expectClose(T, if (ignored) 0 else want * grad.values[i], gradient[place], 2);
        }
    }
}

test "cross entropy of every layout" {
    inline for (.{ f32, f64 }) |T| {
        for (layouts) |layout| for ([_][]const usize{ &.{ 9, 10 }, &.{ 3, 41, 20 }, &.{ 2, 5, 3, 7 }, &.{ 4, 1, 5 }, &.{ 300, 3, 1 } }) |shape| {
            for ([_]f64{ 0, 0.1 }) |smoothing| for ([_]bool{ false, true }) |weighted|
                try checkEntropy(T, .{ .layout = layout, .shape = shape, .smoothing = smoothing, .weighted = weighted });
        };
        for (1..3 * simd.lanes(T)) |n| {
            try checkEntropy(T, .{ .layout = .unaligned, .shape = &.{ 3, n }, .smoothing = 0.2, .weighted = true });
            try checkEntropy(T, .{ .layout = .contiguous, .shape = &.{ 2, 4, n } });
        }
        try checkEntropy(T, .{ .layout = .contiguous, .shape = &.{ 70, 3000 } });
        try checkEntropy(T, .{ .layout = .contiguous, .shape = &.{ 2, 3, 900 } });
        try checkEntropy(T, .{ .layout = .contiguous, .shape = &.{ 0, 3 } });
    }
}

test "cross entropy at large margins and of ignored NaN" {
    const nan = std.math.nan(f32);
    const logits = [_]f32{ 1e4, -1e4, 0, -1e4, 1e4, 0, nan, nan, nan };
    const targets = [_]i64{ 1, 1, -1 };
    const ones = [_]f32{1};
    var out: [3][3]f32 = undefined;
    var gradient: [9]f32 = undefined;
    var views: [3]abi.View = undefined;
    for (&views, &out) |*view, *buffer| view.* = testing.contiguous(f32, buffer, &.{3});
    const target = testing.contiguous(i64, &targets, &.{3});
    const grad = testing.strided(f32, &ones[0], &.{3}, &.{0});
    // As rows, and with the classes strided.
    for ([_][2]isize{ .{ 3, 1 }, .{ 1, 3 } }) |strides| {
        var data: [9]f32 = undefined;
        for (0..3) |i| for (0..3) |c| {
            data[i * @as(usize, @intCast(strides[0])) + c * @as(usize, @intCast(strides[1]))] = logits[3 * i + c];
        };
        const x = testing.strided(f32, &data[0], &.{ 3, 3 }, &strides);
        try testing.run(&kernels.crossEntropy, &views, &.{ x, target }, &.{ -1, 0 });
        try std.testing.expectEqual([3]f32{ 2e4, 0, 0 }, out[0]);
        try testing.run(&kernels.crossEntropyGradient, &.{testing.contiguous(f32, &gradient, &.{ 3, 3 })}, &.{ grad, x, target, views[1] }, &.{ -1, 0 });
        try std.testing.expectEqual([9]f32{ 1, -1, 0, 0, 0, 0, 0, 0, 0 }, gradient);
    }
}

test "cross entropy names a bad target" {
    const logits: [12]f32 = @splat(0);
    const targets = [_]i64{ 0, 2, 3, -7 };
    var out: [3][4]f32 = undefined;
    var views: [3]abi.View = undefined;
    for (&views, &out) |*view, *buffer| view.* = testing.contiguous(f32, buffer, &.{4});
    var call = testing.frame(&views, &.{ testing.contiguous(f32, &logits, &.{ 4, 3 }), testing.contiguous(i64, &targets, &.{4}) }, &.{ -100, 0 });
    try std.testing.expectEqual(abi.Status.bad_index, kernels.crossEntropy(&call));
    try std.testing.expectEqual([2]f64{ 3, 3 }, call.detail);
}
