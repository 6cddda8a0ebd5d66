//! Selecting, gathering and scattering against the definition, element by element.
const std = @import("std");
const abi = @import("abi");
const frames = @import("../testing.zig");
const kernels = @import("../indexing.zig").kernels;
const strided = @import("../strided.zig");
const testing = std.testing;
const View = abi.View;

const Style = enum { plain, transposed, reversed, spread };

/// A view of random small values in one of the styles, with memory of its own.
fn Sample(comptime T: type) type {
    return struct {
        memory: []T,
        view: View,

        fn init(source: std.Random, shape: []const usize, style: Style, limit: usize) !@This() {
            const gap: isize = if (style == .spread) 3 else 1;
            var strides: [abi.rank_max]isize = undefined;
            var first: isize = 0;
            var step: isize = gap;
            for (0..shape.len) |i| {
                const axis = if (style == .transposed) i else shape.len - 1 - i;
                strides[axis] = if (style == .reversed) -step else step;
                if (style == .reversed) first += step * (@as(isize, @intCast(shape[axis])) - 1);
                step *= @intCast(shape[axis]);
            }
            const memory = try testing.allocator.alloc(T, @max(@as(usize, @intCast(step)), 1));
            for (memory) |*x| {
                const value = source.uintLessThan(usize, limit);
                x.* = switch (@typeInfo(T)) {
                    .int => @intCast(value),
                    .float => @floatFromInt(value),
                    else => @enumFromInt(value % 2),
                };
            }
            const start = &memory[@intCast(@max(first, 0))];
            return .{ .memory = memory, .view = frames.strided(T, start, shape, strides[0..shape.len]) };
        }

        fn deinit(sample: @This()) void {
            testing.allocator.free(sample.memory);
        }

        /// Element by its place in row-major order.
        fn get(sample: @This(), number: usize) T {
            return strided.at(T, sample.view.pointer(T), strided.offsetOf(&sample.view, number))[0];
        }
    };
}

fn product(shape: []const usize) usize {
    var size: usize = 1;
    for (shape) |extent| size *= extent;
    return size;
}

/// Place in row-major order of `to` of the element `number` of `from`, with another index in one
/// dim.
fn moved(from: []const usize, to: []const usize, number: usize, dim: usize, index: usize) usize {
    var rest = number;
    var target: usize = 0;
    var step: usize = 1;
    var axis = from.len;
    while (axis > 0) {
        axis -= 1;
        target += step * (if (axis == dim) index else rest % from[axis]);
        rest /= from[axis];
        step *= to[axis];
    }
    return target;
}

const Case = struct { shape: []const usize, dim: usize, count: usize };
const cases = [_]Case{
    .{ .shape = &.{5}, .dim = 0, .count = 9 },
    .{ .shape = &.{300}, .dim = 0, .count = 700 },
    .{ .shape = &.{ 7, 3 }, .dim = 0, .count = 11 },
    .{ .shape = &.{ 7, 3 }, .dim = 1, .count = 2 },
    .{ .shape = &.{ 4, 1 }, .dim = 1, .count = 1 },
    .{ .shape = &.{ 50, 129 }, .dim = 0, .count = 300 },
    .{ .shape = &.{ 3, 50, 40 }, .dim = 1, .count = 77 },
    .{ .shape = &.{ 20, 3, 31 }, .dim = 2, .count = 600 },
    .{ .shape = &.{ 4, 5, 6 }, .dim = 0, .count = 0 },
    .{ .shape = &.{ 4, 0, 6 }, .dim = 0, .count = 3 },
    .{ .shape = &.{ 2, 70_000 }, .dim = 0, .count = 3 },
};

/// Worth several threads; one layout shows that.
fn isLarge(case: Case) bool {
    return case.shape.len == 2 and case.shape[1] == 70_000;
}

fn outShape(case: Case, buffer: *[3]usize) []usize {
    @memcpy(buffer[0..case.shape.len], case.shape);
    buffer[case.dim] = case.count;
    return buffer[0..case.shape.len];
}

test "indexSelect and gather read what the indices say, in every layout" {
    var generator: std.Random.DefaultPrng = .init(3);
    const source = generator.random();
    inline for (.{ f32, i64, abi.Bool }) |T| inline for (.{ i32, i64 }) |I| for (cases) |case| {
        for (std.enums.values(Style)) |style| for ([_]Style{ .plain, .reversed }) |index_style| {
            if (isLarge(case) and style != .plain) continue;
            const x: Sample(T) = try .init(source, case.shape, style, 100);
            defer x.deinit();
            var buffer: [3]usize = undefined;
            const shape = outShape(case, &buffer);
            const out = try testing.allocator.alloc(T, product(shape));
            defer testing.allocator.free(out);
            const view = frames.contiguous(T, out, shape);
            const dim = [1]f64{@floatFromInt(case.dim)};

            const rows: Sample(I) = try .init(source, &.{case.count}, index_style, case.shape[case.dim]);
            defer rows.deinit();
            try frames.run(kernels.indexSelect, &.{view}, &.{ x.view, rows.view }, &dim);
            for (out, 0..) |value, i| {
                const k = i / product(shape[case.dim + 1 ..]) % case.count;
                const from = moved(shape, case.shape, i, case.dim, @intCast(rows.get(k)));
                try testing.expectEqual(x.get(from), value);
            }

            const each: Sample(I) = try .init(source, shape, index_style, case.shape[case.dim]);
            defer each.deinit();
            try frames.run(kernels.gather, &.{view}, &.{ x.view, each.view }, &dim);
            for (out, 0..) |value, i| {
                const from = moved(shape, case.shape, i, case.dim, @intCast(each.get(i)));
                try testing.expectEqual(x.get(from), value);
            }
        };
    };
}

test "indexAdd, scatterAdd and scatter write where the indices say, in order" {
    var generator: std.Random.DefaultPrng = .init(4);
    const source = generator.random();
    inline for (.{ f32, f64, i32, i64 }) |T| for (cases) |case| for (std.enums.values(Style)) |style| {
        if (isLarge(case) and style != .plain) continue;
        const x: Sample(T) = try .init(source, case.shape, style, 100);
        defer x.deinit();
        var buffer: [3]usize = undefined;
        const shape = outShape(case, &buffer);
        const added: Sample(T) = try .init(source, shape, style, 100);
        defer added.deinit();
        const rows: Sample(i64) = try .init(source, &.{case.count}, .reversed, case.shape[case.dim]);
        defer rows.deinit();
        const each: Sample(i32) = try .init(source, shape, style, case.shape[case.dim]);
        defer each.deinit();
        const out = try testing.allocator.alloc(T, product(case.shape));
        defer testing.allocator.free(out);
        const expected = try testing.allocator.alloc(T, out.len);
        defer testing.allocator.free(expected);
        const view = frames.contiguous(T, out, case.shape);
        const attributes = [_]f64{ @floatFromInt(case.dim), 3 };

        inline for (.{ "indexAdd", "scatterAdd", "scatter" }) |name| {
            const by_row = comptime std.mem.eql(u8, name, "indexAdd");
            for (expected, 0..) |*value, i| value.* = x.get(i);
            for (0..product(shape)) |i| {
                const k = i / product(shape[case.dim + 1 ..]) % case.count;
                const index: usize = @intCast(if (by_row) rows.get(k) else each.get(i));
                const target = &expected[moved(shape, case.shape, i, case.dim, index)];
                const value = added.get(i);
                const adds = comptime std.mem.endsWith(u8, name, "Add");
                target.* = if (by_row) target.* + 3 * value else if (adds) target.* + value else value;
            }
            const index = if (by_row) rows.view else each.view;
            try frames.run(&@field(kernels, name), &.{view}, &.{ x.view, index, added.view }, &attributes);
            try testing.expectEqualSlices(T, expected, out);
        }
    };
}

test "indices out of range are reported, the first of them, and nothing is written" {
    var out: [50_000]f32 = @splat(-1);
    const x: [10]f32 = @splat(1);
    const index = try testing.allocator.alloc(i64, out.len);
    defer testing.allocator.free(index);
    const view = frames.contiguous(f32, &out, &.{out.len});
    const views = [_]View{ frames.contiguous(f32, &x, &.{10}), frames.contiguous(i64, index, &.{out.len}) };
    const wrongs = [_]i64{ -1, 10, std.math.minInt(i64), std.math.maxInt(i64) };
    for (wrongs) |wrong| for ([_]usize{ 0, 3, 777, 49_999 }) |wrong_place| {
        @memset(index, 9);
        index[wrong_place] = wrong;
        index[49_999] = -5;
        if (wrong_place == 49_999) index[wrong_place] = wrong;
        for ([_]abi.Kernel{ kernels.indexSelect, kernels.gather }) |kernel| {
            var call = frames.frame(&.{view}, &views, &.{0});
            try testing.expectEqual(abi.Status.bad_index, kernel(&call));
            try testing.expectEqual(@as(f64, @floatFromInt(wrong)), call.detail[0]);
            try testing.expectEqual(@as(f64, 10), call.detail[1]);
        }
        for ([_]abi.Kernel{ kernels.indexAdd, kernels.scatterAdd, kernels.scatter }) |kernel| {
            const result = frames.contiguous(f32, out[0..10], &.{10});
            var call = frames.frame(&.{result}, &.{ views[0], views[1], view }, &.{ 0, 1 });
            try testing.expectEqual(abi.Status.bad_index, kernel(&call));
        }
        for (out) |value| try testing.expectEqual(@as(f32, -1), value);
    };
    var call = frames.frame(&.{view}, &.{ views[0], view }, &.{0});
    try testing.expectEqual(abi.Status.bad_dtype, kernels.gather(&call));
}

test "gather and scatter of a scalar" {
    const x = [1]f64{5};
    const index = [1]i64{0};
    var out: [1]f64 = undefined;
    const views = [_]View{ frames.contiguous(f64, &x, &.{}), frames.contiguous(i64, &index, &.{}) };
    const result = frames.contiguous(f64, &out, &.{});
    try frames.run(kernels.gather, &.{result}, &views, &.{0});
    try testing.expectEqual(@as(f64, 5), out[0]);
    try frames.run(kernels.scatterAdd, &.{result}, &.{ views[0], views[1], views[0] }, &.{0});
    try testing.expectEqual(@as(f64, 10), out[0]);
}
