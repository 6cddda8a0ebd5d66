//! The three kernels of a convolution against the definition in plain f64 loops.
const std = @import("std");
const abi = @import("abi");
const convolution = @import("../convolution.zig");
const testing = @import("../testing.zig");

const allocator = std.testing.allocator;

const Case = struct {
    images: usize,
    channels: usize,
    outputs: usize,
    height: usize,
    width: usize,
    kernel: [2]usize,
    stride: [2]usize = .{ 1, 1 },
    padding: [2]usize = .{ 0, 0 },
    dilation: [2]usize = .{ 1, 1 },
    groups: usize = 1,
    relu: bool = false,
    bias: bool = false,

    fn outExtent(case: Case, axis: usize) ?usize {
        const size = if (axis == 0) case.height else case.width;
        const span = case.dilation[axis] * (case.kernel[axis] - 1) + 1;
        if (size + 2 * case.padding[axis] < span) return null;
        return (size + 2 * case.padding[axis] - span) / case.stride[axis] + 1;
    }

    fn attributes(case: Case) [8]f64 {
        return .{
            @floatFromInt(case.stride[0]),   @floatFromInt(case.stride[1]),
            @floatFromInt(case.padding[0]),  @floatFromInt(case.padding[1]),
            @floatFromInt(case.dilation[0]), @floatFromInt(case.dilation[1]),
            @floatFromInt(case.groups),      @floatFromInt(@intFromBool(case.relu)),
        };
    }
};

/// How an operand lies in memory.
const Layout = enum { contiguous, sliced, reversed, channels_last };

fn Array(comptime T: type) type {
    return struct {
        memory: []align(64) T,
        first: usize,
        shape: [4]usize,
        strides: [4]isize,

        fn init(shape: [4]usize, layout: Layout, random: std.Random) !Array(T) {
            const order: [4]usize = if (layout == .channels_last) .{ 1, 3, 2, 0 } else .{ 3, 2, 1, 0 };
            var array: Array(T) = .{ .memory = undefined, .first = 0, .shape = shape, .strides = undefined };
            var step: usize = if (layout == .sliced) 2 else 1;
            for (order) |axis| {
                array.strides[axis] = @intCast(step);
                step *= @max(1, shape[axis]) + @intFromBool(layout == .sliced);
            }
            array.memory = try allocator.alignedAlloc(T, .@"64", step + 1);
            for (array.memory) |*value| value.* = @floatCast(random.float(f64) - 0.5);
            if (layout == .sliced) array.first = 1;
            if (layout == .reversed) for (0..4) |axis| {
                if (shape[axis] == 0) continue;
                array.first += (shape[axis] - 1) * @as(usize, @intCast(array.strides[axis]));
                array.strides[axis] = -array.strides[axis];
            };
            return array;
        }
        fn deinit(array: Array(T)) void {
            allocator.free(array.memory);
        }
        fn count(array: *const Array(T)) usize {
            return array.shape[0] * array.shape[1] * array.shape[2] * array.shape[3];
        }
        fn view(array: *const Array(T)) abi.View {
            return testing.strided(T, &array.memory[array.first], &array.shape, &array.strides);
        }
        fn at(array: *const Array(T), index: [4]usize) *T {
            var offset: isize = @intCast(array.first);
            for (index, array.strides) |i, stride| offset += @as(isize, @intCast(i)) * stride;
            return &array.memory[@intCast(offset)];
        }
    };
}

fn check(comptime T: type, case: Case, layouts: [2]Layout, random: std.Random) !void {
    const out_height = case.outExtent(0) orelse return;
    const out_width = case.outExtent(1) orelse return;
    const x_shape = [4]usize{ case.images, case.channels, case.height, case.width };
    const w_shape = [4]usize{ case.outputs, case.channels / case.groups, case.kernel[0], case.kernel[1] };
    const y_shape = [4]usize{ case.images, case.outputs, out_height, out_width };
    const x = try Array(T).init(x_shape, layouts[0], random);
    defer x.deinit();
    const w = try Array(T).init(w_shape, layouts[1], random);
    defer w.deinit();
    const bias = try Array(T).init(.{ 1, 1, 1, case.outputs }, layouts[1], random);
    defer bias.deinit();
    const gradient = try Array(T).init(y_shape, layouts[0], random);
    defer gradient.deinit();
    const y = try Array(T).init(y_shape, .contiguous, random);
    defer y.deinit();
    const dx = try Array(T).init(x_shape, .contiguous, random);
    defer dx.deinit();
    const dw = try Array(T).init(w_shape, .contiguous, random);
    defer dw.deinit();

    const attributes = case.attributes();
    const bias_view = testing.strided(T, &bias.memory[bias.first], &.{case.outputs}, &.{bias.strides[3]});
    const inputs = [_]abi.View{ x.view(), w.view(), bias_view };
    try testing.run(&convolution.kernels.conv2d, &.{y.view()}, inputs[0..if (case.bias) 3 else 2], &attributes);
    try testing.run(&convolution.kernels.conv2dInputGradient, &.{dx.view()}, &.{ gradient.view(), w.view() }, attributes[0..7]);
    try testing.run(&convolution.kernels.conv2dWeightGradient, &.{dw.view()}, &.{ gradient.view(), x.view() }, attributes[0..7]);

    const want_y = try allocator.alloc(f64, case.images * case.outputs * out_height * out_width);
    defer allocator.free(want_y);
    const want_dx = try allocator.alloc(f64, dx.memory.len);
    defer allocator.free(want_dx);
    @memset(want_dx, 0);
    const want_dw = try allocator.alloc(f64, dw.memory.len);
    defer allocator.free(want_dw);
    @memset(want_dw, 0);
    const group_channels = case.channels / case.groups;
    const group_outputs = case.outputs / case.groups;
    var index: usize = 0;
    for (0..case.images) |n| for (0..case.outputs) |o| for (0..out_height) |oh| for (0..out_width) |ow| {
        var total: f64 = if (case.bias) bias.at(.{ 0, 0, 0, o }).* else 0;
        const flow: f64 = gradient.at(.{ n, o, oh, ow }).*;
        for (0..group_channels) |c| for (0..case.kernel[0]) |i| for (0..case.kernel[1]) |j| {
            const h = oh * case.stride[0] + i * case.dilation[0];
            const v = ow * case.stride[1] + j * case.dilation[1];
            if (h < case.padding[0] or h - case.padding[0] >= case.height) continue;
            if (v < case.padding[1] or v - case.padding[1] >= case.width) continue;
            const channel = o / group_outputs * group_channels + c;
            const at = [4]usize{ n, channel, h - case.padding[0], v - case.padding[1] };
            const weight: f64 = w.at(.{ o, c, i, j }).*;
            const value: f64 = x.at(at).*;
            total += weight * value;
            want_dx[((n * case.channels + channel) * case.height + at[2]) * case.width + at[3]] += weight * flow;
            want_dw[((o * group_channels + c) * case.kernel[0] + i) * case.kernel[1] + j] += value * flow;
        };
        want_y[index] = if (case.relu) @max(0, total) else total;
        index += 1;
    };
    errdefer std.debug.print("{s} {any} {any}\n", .{ @typeName(T), case, layouts });
    const sum_length = case.images * out_height * out_width;
    try expectClose(T, want_y, y.memory, group_channels * case.kernel[0] * case.kernel[1]);
    try expectClose(T, want_dx[0..dx.count()], dx.memory, group_outputs * case.kernel[0] * case.kernel[1]);
    try expectClose(T, want_dw[0..dw.count()], dw.memory, sum_length);
}

/// Terms are at most 1/4 and of both signs: their partial sums grow as the square root of their
/// number, and so the error of adding one after the other as the number itself, with a small
/// factor.
fn expectClose(comptime T: type, want: []const f64, have: []const T, terms: usize) !void {
    const n: f64 = @floatFromInt(terms);
    const tolerance = std.math.floatEps(T) * (2 + @sqrt(n) + n / 8);
    for (want, have[0..want.len], 0..) |expected, actual, i| {
        if (!(@abs(expected - actual) <= tolerance * (1 + @abs(expected)))) {
            std.debug.print("element {d}: want {d} have {d} tolerance {e}\n", .{ i, expected, actual, tolerance });
            return error.TestExpectedApproxEqAbs;
        }
    }
}

test "convolution: random small shapes agree with the definition" {
    var prng = std.Random.DefaultPrng.init(20);
    const random = prng.random();
    for (0..400) |_| {
        const groups = [_]usize{ 1, 1, 2, 4 };
        var case: Case = .{
            .images = random.intRangeAtMost(usize, 1, 3),
            .channels = random.intRangeAtMost(usize, 1, 6),
            .outputs = random.intRangeAtMost(usize, 1, 20),
            .height = random.intRangeAtMost(usize, 1, 20),
            .width = random.intRangeAtMost(usize, 1, 40),
            .kernel = .{ random.intRangeAtMost(usize, 1, 4), random.intRangeAtMost(usize, 1, 4) },
            .stride = .{ random.intRangeAtMost(usize, 1, 3), random.intRangeAtMost(usize, 1, 3) },
            .padding = .{ random.intRangeAtMost(usize, 0, 2), random.intRangeAtMost(usize, 0, 2) },
            .dilation = .{ random.intRangeAtMost(usize, 1, 2), random.intRangeAtMost(usize, 1, 2) },
            .groups = groups[random.uintLessThan(usize, groups.len)],
            .relu = random.boolean(),
            .bias = random.boolean(),
        };
        if (random.boolean()) case.stride = .{ 1, 1 };
        if (case.groups == 4) {
            case.groups = case.channels;
            case.outputs = case.channels * random.intRangeAtMost(usize, 1, 5);
        } else {
            case.channels *= case.groups;
            case.outputs *= case.groups;
        }
        const layouts = [2]Layout{ random.enumValue(Layout), random.enumValue(Layout) };
        if (random.boolean()) try check(f32, case, layouts, random) else try check(f64, case, layouts, random);
    }
}

test "convolution: shapes at the edges" {
    var prng = std.Random.DefaultPrng.init(21);
    const random = prng.random();
    const cases = [_]Case{
        .{ .images = 0, .channels = 2, .outputs = 3, .height = 5, .width = 5, .kernel = .{ 3, 3 } },
        .{ .images = 2, .channels = 3, .outputs = 17, .height = 5, .width = 7, .kernel = .{ 5, 7 } },
        .{ .images = 70, .channels = 2, .outputs = 5, .height = 4, .width = 4, .kernel = .{ 4, 4 } },
        .{ .images = 2, .channels = 2, .outputs = 3, .height = 2, .width = 3, .kernel = .{ 2, 2 }, .padding = .{ 4, 5 } },
        .{ .images = 1, .channels = 3, .outputs = 4, .height = 1, .width = 50, .kernel = .{ 1, 9 }, .padding = .{ 0, 4 } },
        .{ .images = 2, .channels = 3, .outputs = 4, .height = 9, .width = 9, .kernel = .{ 1, 1 }, .stride = .{ 3, 2 } },
        .{ .images = 3, .channels = 33, .outputs = 40, .height = 7, .width = 7, .kernel = .{ 1, 1 } },
        .{ .images = 1, .channels = 3, .outputs = 8, .height = 40, .width = 40, .kernel = .{ 7, 7 }, .stride = .{ 2, 2 }, .padding = .{ 3, 3 } },
        .{ .images = 2, .channels = 16, .outputs = 32, .height = 14, .width = 14, .kernel = .{ 3, 3 }, .padding = .{ 1, 1 } },
        .{ .images = 3, .channels = 24, .outputs = 24, .height = 11, .width = 35, .kernel = .{ 3, 3 }, .padding = .{ 1, 1 }, .groups = 24 },
        .{ .images = 2, .channels = 70, .outputs = 33, .height = 30, .width = 34, .kernel = .{ 3, 3 }, .padding = .{ 1, 1 } },
        .{ .images = 1, .channels = 4, .outputs = 4, .height = 6, .width = 6, .kernel = .{ 2, 2 }, .stride = .{ 3, 3 }, .dilation = .{ 2, 2 } },
    };
    for (cases) |case| for (std.enums.values(Layout)) |layout| {
        try check(f32, case, .{ layout, layout }, random);
        try check(f64, case, .{ layout, .contiguous }, random);
    };
}
