//! Unit tests of matmul: every path against plain f64 (or wrapping integer) loops.
const std = @import("std");
const abi = @import("abi");
const testing = @import("../testing.zig");
const gemm = @import("../gemm.zig");
const runtime = @import("../runtime.zig");
const tile = @import("tile.zig");
const expect = std.testing.expect;
const allocator = std.testing.allocator;

const Layout = enum { rows, columns, sliced_rows, sliced_columns, spread, negative, zero_row, zero_column };
const BiasForm = enum { none, per_column, per_row, full, reversed, transposed };

const Case = struct {
    batch: []const usize = &.{},
    m: usize,
    n: usize,
    k: usize,
    a: Layout = .rows,
    b: Layout = .rows,
    a_broadcast: bool = false,
    b_broadcast: bool = false,
    bias: BiasForm = .none,
    alpha: f64 = 1,
    relu: bool = false,
    accumulate: bool = false,
    special: bool = false,
};

/// An operand with its memory; elements are read back through the view's strides.
fn Operand(comptime T: type) type {
    return struct {
        memory: []T,
        view: abi.View,

        fn make(random: std.Random, batch: []const usize, rows: usize, columns: usize, layout: Layout, broadcast: bool) !@This() {
            var shape: [8]usize = undefined;
            var strides: [8]isize = undefined;
            const r: isize = @intCast(rows);
            const c: isize = @intCast(columns);
            const matrix: isize = (r + 3) * (c + 5) * 2;
            var start: isize = 1; // never aligned
            const pair: [2]isize = switch (layout) {
                .rows => .{ c, 1 },
                .columns => .{ 1, r },
                .sliced_rows => .{ c + 5, 1 },
                .sliced_columns => .{ 1, r + 3 },
                .spread => .{ 2 * c, 2 },
                .negative => .{ -c, -1 },
                .zero_row => .{ 0, 1 },
                .zero_column => .{ 1, 0 },
            };
            if (layout == .negative) start += @max(r * c - 1, 0);
            var step: isize = if (layout == .rows) r * c else matrix;
            var axis = batch.len;
            while (axis > 0) {
                axis -= 1;
                shape[axis] = batch[axis];
                strides[axis] = if (broadcast) 0 else step;
                step *= @intCast(batch[axis]);
            }
            shape[batch.len] = rows;
            shape[batch.len + 1] = columns;
            strides[batch.len..][0..2].* = pair;
            const memory = try allocator.alloc(T, @intCast(@max(step, matrix) + 8));
            for (memory) |*x| x.* = if (@typeInfo(T) == .float) random.float(T) - 0.5 else random.int(T);
            const rank = batch.len + 2;
            return .{ .memory = memory, .view = testing.strided(T, &memory[@intCast(start)], shape[0..rank], strides[0..rank]) };
        }

        fn free(operand: @This()) void {
            allocator.free(operand.memory);
        }
    };
}

fn element(comptime T: type, view: *const abi.View, batch_index: usize, i: usize, j: usize) T {
    return first(T, view, batch_index, i, j)[0];
}

fn first(comptime T: type, view: *const abi.View, batch_index: usize, i: usize, j: usize) [*]const T {
    const rank = view.dims();
    var p: [*]const T = tile.at(tile.at(view.pointer(T), i, view.stride(rank - 2)), j, view.stride(rank - 1));
    var rest = batch_index;
    var axis = rank - 2;
    while (axis > 0) {
        axis -= 1;
        p = tile.at(p, rest % view.extent(axis), view.stride(axis));
        rest /= view.extent(axis);
    }
    return p;
}

fn biasLayout(form: BiasForm) Layout {
    return switch (form) {
        .none, .full => .rows,
        .per_column => .zero_row,
        .per_row => .zero_column,
        .reversed => .negative,
        .transposed => .columns,
    };
}

fn check(comptime T: type, case: Case) !void {
    var generator: std.Random.DefaultPrng = .init(case.m * 10007 + case.n * 101 + case.k);
    const random = generator.random();
    const a: Operand(T) = try .make(random, case.batch, case.m, case.k, case.a, case.a_broadcast);
    defer a.free();
    const b: Operand(T) = try .make(random, case.batch, case.k, case.n, case.b, case.b_broadcast);
    defer b.free();
    const bias: Operand(T) = try .make(random, case.batch, case.m, case.n, biasLayout(case.bias), case.bias != .full);
    defer bias.free();
    if (case.special and @typeInfo(T) == .float) {
        a.memory[@min(3, a.memory.len - 1)] = std.math.inf(T);
        b.memory[@min(5, b.memory.len - 1)] = 0;
        b.memory[b.memory.len / 2] = std.math.nan(T);
    }
    var count: usize = 1;
    for (case.batch) |extent| count *= extent;
    const size = count * case.m * case.n;
    // A frame of 16 elements around the output shows stores beyond it.
    const memory = try allocator.alignedAlloc(T, .@"64", size + 32);
    defer allocator.free(memory);
    const before = try allocator.alloc(T, size + 32);
    defer allocator.free(before);
    for (memory) |*x| x.* = if (@typeInfo(T) == .float) random.float(T) else random.int(T);
    @memcpy(before, memory);
    var shape: [8]usize = undefined;
    @memcpy(shape[0..case.batch.len], case.batch);
    shape[case.batch.len..][0..2].* = .{ case.m, case.n };
    const out = testing.contiguous(T, memory[16..], shape[0 .. case.batch.len + 2]);
    const inputs = [_]abi.View{ a.view, b.view, bias.view };
    const attributes = [_]f64{ case.alpha, @floatFromInt(@intFromBool(case.relu)), @floatFromInt(@intFromBool(case.accumulate)) };
    try testing.run(gemm.kernels.matmul, &.{out}, inputs[0..if (case.bias == .none) 2 else 3], &attributes);

    try std.testing.expectEqualSlices(T, before[0..16], memory[0..16]);
    try std.testing.expectEqualSlices(T, before[size + 16 ..], memory[size + 16 ..]);
    // Large results are sampled.
    const stride: usize = if (size * case.k > 4_000_000) 37 else 1;
    var index: usize = 0;
    while (index < size) : (index += stride) {
        const matrix = index / (case.m * case.n);
        const i = index / case.n % case.m;
        const j = index % case.n;
        try checkElement(T, case, &inputs, matrix, i, j, before[16 + index], memory[16 + index]);
    }
}

fn checkElement(comptime T: type, case: Case, inputs: []const abi.View, matrix: usize, i: usize, j: usize, old: T, found: T) !void {
    if (@typeInfo(T) == .int) {
        var want: T = 0;
        for (0..case.k) |p| want +%= element(T, &inputs[0], matrix, i, p) *% element(T, &inputs[1], matrix, p, j);
        want *%= @intFromFloat(case.alpha);
        if (case.bias != .none) want +%= element(T, &inputs[2], matrix, i, j);
        if (case.accumulate) want +%= old;
        if (case.relu) want = @max(want, 0);
        return std.testing.expectEqual(want, found);
    }
    var want: f64 = 0;
    var magnitude: f64 = 1;
    const rank = inputs[0].dims();
    const row = first(T, &inputs[0], matrix, i, 0);
    const column = first(T, &inputs[1], matrix, 0, j);
    const row_step = inputs[0].stride(rank - 1);
    const column_step = inputs[1].stride(rank - 2);
    for (0..case.k) |p| {
        const product = @as(f64, tile.at(row, p, row_step)[0]) * tile.at(column, p, column_step)[0];
        want += product;
        magnitude += @abs(product * case.alpha);
    }
    want *= case.alpha;
    if (case.bias != .none) want += element(T, &inputs[2], matrix, i, j);
    if (case.accumulate) want += old;
    if (case.relu and want < 0) want = 0;
    if (std.math.isNan(want)) return expect(std.math.isNan(found));
    if (std.math.isInf(want)) return std.testing.expectEqual(@as(T, @floatCast(want)), found);
    const depth: f64 = @floatFromInt(case.k + 4);
    // Rounding errors of random terms grow like the square root of the depth, those of equal terms
    // with it.
    const equal_terms = case.a == .zero_column and case.b == .zero_row;
    const tolerance = std.math.floatEps(T) * magnitude * if (equal_terms) depth else 2 * @sqrt(depth);
    if (@abs(want - found) <= tolerance) return;
    std.debug.print("{any}: [{d}, {d}, {d}] {d} is not {d}\n", .{ case, matrix, i, j, found, want });
    return error.TestUnexpectedResult;
}

test "matmul of all small sizes" {
    var generator: std.Random.DefaultPrng = .init(1);
    const random = generator.random();
    inline for (.{ f32, f64 }) |T| {
        for (1..41) |m| for (1..41) |n| {
            if (T == f64 and (m + n) % 4 != 0) continue;
            try check(T, .{ .m = m, .n = n, .k = random.uintLessThan(usize, 40), .b = if (random.boolean()) .rows else .columns });
        };
    }
}

test "matmul of every layout" {
    const layouts = comptime std.enums.values(Layout);
    inline for (.{ f32, f64, i32, i64 }) |T| {
        for (layouts) |a| for (layouts) |b| {
            for ([_][3]usize{ .{ 3, 5, 7 }, .{ 37, 41, 43 }, .{ 130, 67, 70 }, .{ 7, 90, 210 }, .{ 1, 70, 300 }, .{ 75, 1, 90 }, .{ 1, 1, 9 } }) |size| {
                try check(T, .{ .m = size[0], .n = size[1], .k = size[2], .a = a, .b = b });
            }
        };
    }
}

test "matmul with bias, alpha, relu and accumulation" {
    const forms = comptime std.enums.values(BiasForm);
    inline for (.{ f32, f64, i32, i64 }) |T| {
        for (forms) |bias| for ([_]bool{ false, true }) |relu| for ([_]bool{ false, true }) |accumulate| {
            for ([_]Layout{ .rows, .columns }) |b| {
                // Small, one row, one column, dot products, split depth, several blocks of depth.
                for ([_][3]usize{ .{ 5, 6, 4 }, .{ 17, 37, 9 }, .{ 1, 300, 500 }, .{ 200, 1, 300 }, .{ 9, 70, 400 }, .{ 10, 20, 2100 }, .{ 130, 150, 1100 } }) |size| {
                    const is_deep = size[2] > 1000; // which integers are not cut by
                    if (is_deep and (relu != accumulate or @typeInfo(T) == .int)) continue;
                    try check(T, .{ .m = size[0], .n = size[1], .k = size[2], .b = b, .bias = bias, .alpha = 3, .relu = relu, .accumulate = accumulate });
                }
            }
        };
    }
}

test "matmul where strides collide, and beyond one block" {
    inline for (.{ f32, f64 }) |T| {
        for ([_]Layout{ .rows, .columns }) |a| for ([_]Layout{ .rows, .columns }) |b| {
            for ([_][3]usize{ .{ 130, 1024, 70 }, .{ 1024, 130, 70 }, .{ 70, 130, 1024 }, .{ 70, 2100, 1100 } }) |size| {
                try check(T, .{ .m = size[0], .n = size[1], .k = size[2], .a = a, .b = b });
            }
        };
    }
}

test "matmul in batches" {
    inline for (.{ f32, f64, i32 }) |T| {
        for ([_][]const usize{ &.{3}, &.{ 2, 3 }, &.{ 2, 1, 4 }, &.{0}, &.{1} }) |batch| {
            for ([_][3]usize{ .{ 4, 5, 6 }, .{ 33, 20, 35 }, .{ 1, 30, 40 }, .{ 30, 1, 40 }, .{ 70, 80, 200 } }) |size| {
                if (size[0] == 70 and (batch.len == 3 or T == i32)) continue; // others have seen it
                for ([_]Layout{ .rows, .columns }) |b| for ([_]bool{ false, true }) |a_broadcast| for ([_]bool{ false, true }) |b_broadcast| {
                    try check(T, .{
                        .batch = batch,
                        .m = size[0],
                        .n = size[1],
                        .k = size[2],
                        .b = b,
                        .a_broadcast = a_broadcast,
                        .b_broadcast = b_broadcast,
                        .bias = if (b == .rows) .per_column else .full,
                    });
                };
            }
        }
    }
    // Matrices that are divided among the threads themselves.
    try check(f32, .{ .batch = &.{2}, .m = 140, .n = 130, .k = 150 });
    try check(f32, .{ .batch = &.{2}, .m = 140, .n = 130, .k = 150, .b = .columns, .a = .columns });
}

test "matmul of empty extents" {
    inline for (.{ f32, i64 }) |T| {
        for ([_]BiasForm{ .none, .per_column, .full }) |bias| for ([_]bool{ false, true }) |accumulate| {
            for ([_]Layout{ .rows, .columns }) |b| {
                try check(T, .{ .m = 5, .n = 70, .k = 0, .b = b, .bias = bias, .accumulate = accumulate });
                try check(T, .{ .m = 1, .n = 9, .k = 0, .b = b, .bias = bias, .accumulate = accumulate });
                try check(T, .{ .m = 0, .n = 7, .k = 3, .b = b, .bias = bias });
                try check(T, .{ .m = 4, .n = 0, .k = 3, .b = b, .bias = bias });
            }
        };
    }
}

test "matmul propagates NaN and infinity" {
    inline for (.{ f32, f64 }) |T| {
        for ([_]Layout{ .rows, .columns }) |a| for ([_]Layout{ .rows, .columns }) |b| {
            for ([_][3]usize{ .{ 3, 4, 5 }, .{ 20, 45, 33 }, .{ 1, 100, 300 }, .{ 9, 33, 250 }, .{ 4, 8, 2100 }, .{ 150, 100, 100 } }) |size| {
                for ([_]bool{ false, true }) |relu| {
                    try check(T, .{ .m = size[0], .n = size[1], .k = size[2], .a = a, .b = b, .relu = relu, .special = true });
                }
            }
        };
    }
}

/// What a chunk starts runs on its thread alone.
fn runInside(call: *abi.Call, index: usize) void {
    if (index == 0) std.debug.assert(gemm.kernels.matmul(call) == .ok);
}

test "matmul gives the same bits for any number of threads" {
    // Tiles, dot products, one row, a split depth, a batch.
    for ([_][4]usize{ .{ 1, 300, 200, 150 }, .{ 1, 40, 900, 400 }, .{ 1, 1, 5000, 300 }, .{ 1, 60, 60, 4096 }, .{ 90, 40, 40, 40 } }) |size| {
        for ([_]Layout{ .rows, .columns }) |layout| {
            var generator: std.Random.DefaultPrng = .init(7);
            const a: Operand(f32) = try .make(generator.random(), size[0..1], size[1], size[3], .rows, false);
            defer a.free();
            const b: Operand(f32) = try .make(generator.random(), size[0..1], size[3], size[2], layout, false);
            defer b.free();
            const count = size[0] * size[1] * size[2];
            const results = try allocator.alloc(f32, 2 * count);
            defer allocator.free(results);
            for ([_]bool{ false, true }, 0..) |alone, i| {
                const out = testing.contiguous(f32, results[i * count ..], size[0..3]);
                var call = testing.frame(&.{out}, &.{ a.view, b.view }, &.{ 1, 0, 0 });
                if (alone) {
                    runtime.parallelFor(2, 1e6, &call, runInside);
                } else try std.testing.expectEqual(abi.Status.ok, gemm.kernels.matmul(&call));
            }
            try std.testing.expectEqualSlices(u32, @ptrCast(results[0..count]), @ptrCast(results[count..]));
        }
    }
}

test "matmul refuses dtypes without arithmetic" {
    const byte = [_]u8{1};
    const view = testing.contiguous(u8, &byte, &.{ 1, 1 });
    var call = testing.frame(&.{view}, &.{ view, view }, &.{ 1, 0, 0 });
    try std.testing.expectEqual(abi.Status.bad_dtype, gemm.kernels.matmul(&call));
}
