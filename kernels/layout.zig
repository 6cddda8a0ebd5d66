//! Moving, converting and writing elements in any layout.
const std = @import("std");
const abi = @import("abi");
const blocks = @import("blocks.zig");
const convert = @import("convert.zig").convert;
const convertOne = @import("convert.zig").convertOne;
const toBfloat16 = @import("convert.zig").toBfloat16;
const fromBfloat16 = @import("convert.zig").fromBfloat16;
const loops = @import("loops.zig");
const planning = @import("plan.zig");
const runtime = @import("runtime.zig");
const simd = @import("simd.zig");

pub const kernels = struct {
    /// out <- x of the same dtype; both may have any strides.
    pub fn copy(call: *abi.Call) callconv(.c) abi.Status {
        const size = sizeOf(call.output(0).kind());
        var plan = planning.Plan(2).init(call, @splat(size));
        return if (plan.pointers[0] == plan.pointers[1]) .ok else moveAll(&plan, size);
    }

    /// out <- x of any two dtypes that `converts` has; both may have any strides.
    pub fn cast(call: *abi.Call) callconv(.c) abi.Status {
        const to = call.output(0).kind();
        const from = call.input(0).kind();
        switch (to) {
            inline else => |To| switch (from) {
                inline else => |From| {
                    if (comptime To == From or (To == .uint8 and From == .bool)) return copy(call);
                    if (comptime !converts(From, To)) return .bad_dtype;
                    return Cast(From, To).run(call);
                },
            },
        }
    }

    /// out (any strides) <- attributes: the value; for int64 its high half, signed, in 1 and its
    /// low half in 2.
    pub fn fill(call: *abi.Call) callconv(.c) abi.Status {
        const bytes: [8]u8 = switch (call.output(0).kind()) {
            .int64 => @bitCast(int64Of(call.attribute(1), call.attribute(2))),
            .bool => @bitCast(@as(u64, @intFromBool(call.attribute(0) != 0))),
            .bfloat16, .float16 => |dtype| blk: {
                const single: @Vector(1, f32) = .{@floatCast(call.attribute(0))};
                const half: u16 = @bitCast(convert(f16, single)[0]);
                const bits: u64 = if (dtype == .float16) half else toBfloat16(single)[0];
                break :blk @bitCast(bits);
            },
            inline else => |dtype| blk: {
                var storage: [8]u8 = @splat(0);
                storage[0..@sizeOf(dtype.Type())].* = @bitCast(convertOne(dtype.Type(), call.attribute(0)));
                break :blk storage;
            },
        };
        const size = sizeOf(call.output(0).kind());
        const target = planning.Plan(1).init(call, .{size});
        var plan = target.withConstant(@constCast(&bytes));
        return moveAll(&plan, size);
    }

    /// out (contiguous)[i] <- start + i * step, computed in f64; attributes: start, step.
    pub fn arange(call: *abi.Call) callconv(.c) abi.Status {
        switch (call.output(0).kind()) {
            inline else => |dtype| {
                if (comptime dtype.wide() != null) return .bad_dtype;
                return Arange(dtype).run(call);
            },
        }
    }

    /// out (contiguous) <- x of rank 2 or more: its part on one side of a diagonal, zeros
    /// elsewhere; attributes: diagonal, 1 for the upper part or 0 for the lower.
    pub fn triangle(call: *abi.Call) callconv(.c) abi.Status {
        if (call.output(0).size == 0) return .ok;
        var job: Triangle = .init(call);
        const panels = std.math.divCeil(usize, job.rows, Triangle.panel) catch unreachable;
        const nanoseconds = 0.2 * call.output(0).size;
        runtime.parallelFor(job.matrices * panels, nanoseconds, &job, Triangle.run);
        return .ok;
    }
};

fn sizeOf(dtype: abi.DType) usize {
    return switch (dtype) {
        inline else => |d| @sizeOf(d.Type()),
    };
}

fn int64Of(high: f64, low: f64) i64 {
    return convertOne(i64, high) << 32 | convertOne(i64, low);
}

fn moveAll(plan: *planning.Plan(2), size: usize) abi.Status {
    const cost: f64 = if (plan.isTransposed(@splat(size))) 0.3 else 0.1;
    const job: planning.Job(2) = .{
        .sizes = @splat(size),
        .span = null,
        .splats = 0,
        .constants = &{},
        .cost = cost * @as(f64, @floatFromInt(size)) / 4.0,
    };
    return planning.walk(2, plan, &job);
}

/// A small dtype is converted from and to the one it is computed in, and from what does not pass
/// through that unchanged: a float that saturates. All other ways have two steps.
fn converts(comptime from: abi.DType, comptime to: abi.DType) bool {
    if (from.wide()) |wide| return to == wide;
    const wide = to.wide() orelse return true;
    return from == wide or (wide == .int32 and (from == .float32 or from == .float64));
}

fn Cast(comptime from: abi.DType, comptime to: abi.DType) type {
    const From = loops.Storage(from);
    const To = loops.Storage(to);
    return loops.Instance(struct {
        pub inline fn f(x: anytype) if (to == .bool) loops.Mask(@TypeOf(x)) else @Vector(@typeInfo(@TypeOf(x)).vector.len, To) {
            if (from == .bfloat16) return fromBfloat16(x);
            if (to == .bfloat16) return toBfloat16(x);
            return if (to == .bool) x != loops.splat(@TypeOf(x), 0) else convert(To, x);
        }
    }, [1]type{From}, To, 0.1);
}

fn Arange(comptime dtype: abi.DType) type {
    return struct {
        const T = loops.Storage(dtype);
        const L = simd.lanes(f64);
        const chunk = 1 << 16;

        out: [*]T,
        count: usize,
        start: f64,
        step: f64,

        fn run(call: *abi.Call) abi.Status {
            const view = call.output(0);
            const count = abi.toUsize(if (call.flat >= 0) call.flat else view.size);
            var job: @This() = .{ .out = view.pointer(T), .count = count, .start = call.attribute(0), .step = call.attribute(1) };
            const chunks = std.math.divCeil(usize, count, chunk) catch unreachable;
            runtime.parallelFor(chunks, 0.3 * @as(f64, @floatFromInt(count)), &job, part);
            return .ok;
        }

        fn part(job: *@This(), index: usize) void {
            const last = @min(job.count, (index + 1) * chunk);
            var i = index * chunk;
            while (i + L <= last) : (i += L) job.out[i..][0..L].* = job.values(i);
            const tail: [L]T = job.values(i);
            for (i..last) |k| job.out[k] = tail[k - i];
        }

        inline fn values(job: *const @This(), i: usize) @Vector(L, T) {
            const V = @Vector(L, f64);
            const index = @as(V, @splat(@floatFromInt(i))) + std.simd.iota(f64, L);
            const exact = @as(V, @splat(job.start)) + index * @as(V, @splat(job.step));
            if (dtype == .bool) return @intFromBool(exact != @as(V, @splat(0)));
            return convert(T, exact);
        }
    };
}

/// A panel of rows is copied, then zeroed on its other side while it is in the cache.
const Triangle = struct {
    const panel = 16;

    call: *const abi.Call,
    matrices: usize,
    rows: usize,
    columns: usize,
    size: usize,
    diagonal: f64,
    upper: bool,

    fn init(call: *const abi.Call) Triangle {
        const view = call.output(0);
        const rank = view.dims();
        std.debug.assert(rank >= 2);
        const rows = view.extent(rank - 2);
        const columns = view.extent(rank - 1);
        return .{
            .call = call,
            .matrices = abi.toUsize(view.size) / (rows * columns),
            .rows = rows,
            .columns = columns,
            .size = sizeOf(view.kind()),
            .diagonal = call.attribute(0),
            .upper = call.attribute(1) != 0,
        };
    }

    fn run(job: *Triangle, index: usize) void {
        const panels = std.math.divCeil(usize, job.rows, panel) catch unreachable;
        const first = index % panels * panel;
        const rows = @min(panel, job.rows - first);
        const unit: isize = @intCast(job.size);
        const width = job.columns * job.size;
        const out = job.call.output(0).pointer(u8) + (index / panels * job.rows + first) * width;
        const x = job.call.input(0);
        // Only the columns that some row of the panel keeps are read.
        const begin = if (job.upper) job.edge(first) else 0;
        const end = if (job.upper) job.columns else job.edge(first + rows - 1);
        const step = x.stride(x.dims() - 1) * unit;
        const from: blocks.Side = .{
            .pointer = blocks.offset(job.matrixOf(index / panels, first), step * @as(isize, @intCast(begin))),
            .row = x.stride(x.dims() - 2) * unit,
            .column = step,
        };
        const to: blocks.Side = .{ .pointer = out + begin * job.size, .row = @intCast(width), .column = unit };
        const zero: blocks.Side = .{ .pointer = @constCast(&[_]u8{0} ** 8), .row = 0, .column = 0 };
        if (begin < end) blocks.move(job.size, rows, end - begin, to, from, .normal);
        for (0..rows) |r| {
            const cut = job.edge(first + r);
            const start = if (job.upper) 0 else cut;
            const zeros: blocks.Side = .{ .pointer = out + r * width + start * job.size, .row = 0, .column = unit };
            // Not @memset: the library's own goes at 7 bytes a nanosecond, an eighth of this.
            blocks.move(job.size, 1, if (job.upper) cut else job.columns - cut, zeros, zero, .normal);
        }
    }

    /// The row's first column above the diagonal, or on it for the upper part.
    fn edge(job: *const Triangle, row: usize) usize {
        const position = @as(f64, @floatFromInt(row)) + job.diagonal + @as(f64, if (job.upper) 0 else 1);
        return abi.toUsize(@max(0, @min(position, @as(f64, @floatFromInt(job.columns)))));
    }

    /// Address of x at column 0 of a row of one of the matrices.
    fn matrixOf(job: *const Triangle, index: usize, row: usize) [*]u8 {
        const x = job.call.input(0);
        const unit: isize = @intCast(job.size);
        var rest = index;
        var axis = x.dims() - 2;
        var elements = x.stride(axis) * @as(isize, @intCast(row));
        while (axis > 0) {
            axis -= 1;
            elements += x.stride(axis) * @as(isize, @intCast(rest % x.extent(axis)));
            rest /= x.extent(axis);
        }
        return blocks.offset(x.pointer(u8), elements * unit);
    }
};

const testing = @import("testing.zig");
const expectEqual = std.testing.expectEqual;

test "copy: strides on both sides" {
    inline for (.{ f32, f64, i32, i64, u8, abi.Bool }) |T| {
        const shape = [_]usize{ 3, 18, 21 };
        const strides = [_][3]isize{ .{ 378, 21, 1 }, .{ 1, 3, 54 }, .{ 1000, 50, 2 }, .{ 1, 66, 3 } };
        var x: [3200]T = undefined;
        for (&x, 0..) |*e, i| e.* = if (T == abi.Bool) (if (i % 3 == 0) .yes else .no) else if (@typeInfo(T) == .int) @intCast(i % 251) else @floatFromInt(i);
        for (strides) |from| for (strides) |to| {
            var out: [3200]T = undefined;
            try testing.run(kernels.copy, &.{testing.strided(T, &out[0], &shape, &to)}, &.{testing.strided(T, &x[0], &shape, &from)}, &.{});
            for (0..3) |i| for (0..18) |j| for (0..21) |k| {
                const a = @as(isize, @intCast(i)) * from[0] + @as(isize, @intCast(j)) * from[1] + @as(isize, @intCast(k)) * from[2];
                const b = @as(isize, @intCast(i)) * to[0] + @as(isize, @intCast(j)) * to[1] + @as(isize, @intCast(k)) * to[2];
                try expectEqual(x[@intCast(a)], out[@intCast(b)]);
            };
        };
    }
}

test "copy: large transposes and broadcasts are streamed" {
    const n = 1536;
    const memory = try std.testing.allocator.alignedAlloc(f32, .@"64", 2 * n * n);
    defer std.testing.allocator.free(memory);
    const x = memory[0 .. n * n];
    const out = memory[n * n ..];
    for (x, 0..) |*e, i| e.* = @floatFromInt(i % 65536);
    for ([_][2]usize{ .{ 1, n }, .{ n, 1 }, .{ n, 0 }, .{ 0, 1 }, .{ 0, 0 } }) |steps| {
        const from = testing.strided(f32, &x[0], &.{ n, n }, &.{ @intCast(steps[0]), @intCast(steps[1]) });
        try testing.run(kernels.copy, &.{testing.contiguous(f32, out, &.{ n, n })}, &.{from}, &.{});
        for (0..n) |i| for (0..n) |j| {
            if (out[i * n + j] != x[i * steps[0] + j * steps[1]]) return error.TestUnexpectedResult;
        };
    }
}

test "cast: between any two dtypes, strided" {
    const dtypes = comptime std.enums.values(abi.DType);
    inline for (dtypes) |from| inline for (dtypes) |to| {
        if (comptime from == .bfloat16 or to == .bfloat16 or !converts(from, to)) continue;
        const From = from.Type();
        const To = to.Type();
        var x: [150]From = undefined;
        for (&x, 0..) |*e, i| e.* = if (From == abi.Bool) (if (i % 3 == 0) .yes else .no) else if (@typeInfo(From) == .int) @intCast(i % 7) else @floatFromInt(i % 7);
        var out: [150]To = undefined;
        for ([_]isize{ 1, 2, 0 }) |step| for (0..75) |n| {
            try testing.run(kernels.cast, &.{testing.contiguous(To, &out, &.{n})}, &.{testing.strided(From, &x[0], &.{n}, &.{step})}, &.{});
            for (0..n) |i| {
                const e = x[i * @as(usize, @intCast(step))];
                const value: u8 = if (From == abi.Bool) @intFromEnum(e) else if (@typeInfo(From) == .int) @intCast(e) else @intFromFloat(e);
                const want: To = if (To == abi.Bool) (if (value != 0) .yes else .no) else if (@typeInfo(To) == .int) @intCast(value) else @floatFromInt(value);
                try expectEqual(want, out[i]);
            }
        };
    };
}

fn convertOneTo(comptime To: type, x: anytype) !To {
    var out: [1]To = undefined;
    const source = [1]@TypeOf(x){x};
    const to = testing.contiguous(To, &out, &.{1});
    try testing.run(kernels.cast, &.{to}, &.{testing.contiguous(@TypeOf(x), &source, &.{1})}, &.{});
    return out[0];
}

fn filled(comptime T: type, x: f64) !T {
    var out: [1]T = undefined;
    try testing.run(kernels.fill, &.{testing.contiguous(T, &out, &.{1})}, &.{}, &.{x});
    return out[0];
}

test "cast: float16 and bfloat16 round to nearest even" {
    const Small = struct { x: f32, half: u16, brain: u16 };
    const inf = std.math.inf(f32);
    const cases = [_]Small{
        .{ .x = 1, .half = 0x3c00, .brain = 0x3f80 },
        .{ .x = -2.5, .half = 0xc100, .brain = 0xc020 },
        .{ .x = 1 + 0x1p-11, .half = 0x3c00, .brain = 0x3f80 },
        .{ .x = 1 + 0x3p-11, .half = 0x3c02, .brain = 0x3f80 },
        .{ .x = 1 + 0x1p-8, .half = 0x3c04, .brain = 0x3f80 },
        .{ .x = 1 + 0x3p-8, .half = 0x3c0c, .brain = 0x3f82 },
        .{ .x = 65520, .half = 0x7c00, .brain = 0x4780 },
        .{ .x = 0x1p-24, .half = 0x0001, .brain = 0x3380 },
        .{ .x = 3.4e38, .half = 0x7c00, .brain = 0x7f80 },
        .{ .x = -inf, .half = 0xfc00, .brain = 0xff80 },
        .{ .x = -0.0, .half = 0x8000, .brain = 0x8000 },
    };
    for (cases) |c| {
        try expectEqual(c.half, @as(u16, @bitCast(try convertOneTo(f16, c.x))));
        try expectEqual(c.half, @as(u16, @bitCast(try filled(f16, c.x))));
        const brain = try convertOneTo(abi.Bfloat16, c.x);
        try expectEqual(c.brain, @intFromEnum(brain));
        try expectEqual(c.brain, @intFromEnum(try filled(abi.Bfloat16, c.x)));
        const back = try convertOneTo(f32, brain);
        try expectEqual(@as(u32, c.brain) << 16, @as(u32, @bitCast(back)));
    }
    const nan = try convertOneTo(abi.Bfloat16, std.math.nan(f32));
    try expectEqual(@as(u16, 0x7fc0), @intFromEnum(nan));
}

test "fill and arange" {
    inline for (comptime std.enums.values(abi.DType)) |dtype| if (comptime dtype.wide() == null) {
        const T = dtype.Type();
        for (0..70) |n| {
            var out: [210]T = undefined;
            try testing.run(kernels.fill, &.{testing.strided(T, &out[0], &.{n}, &.{3})}, &.{}, &.{ 5, -1, 4294967291 });
            const want: T = if (T == abi.Bool) .yes else if (T == i64) -5 else 5;
            for (0..n) |i| try expectEqual(want, out[3 * i]);
            try testing.run(kernels.arange, &.{testing.contiguous(T, &out, &.{n})}, &.{}, &.{ 2, 1 });
            for (0..n) |i| try expectEqual(if (T == abi.Bool) .yes else if (@typeInfo(T) == .int) @as(T, @intCast(i + 2)) else @as(T, @floatFromInt(i + 2)), out[i]);
        }
    };
}

test "triangle: every diagonal" {
    const shape = [_]usize{ 2, 19, 23 };
    var x: [2 * 19 * 23]i32 = undefined;
    for (&x, 0..) |*e, i| e.* = @intCast(i + 1);
    var out: [2 * 19 * 23]i32 = undefined;
    for ([_][3]isize{ .{ 437, 23, 1 }, .{ 1, 2, 38 }, .{ 0, 1, 0 } }) |strides| {
        var diagonal: isize = -24;
        while (diagonal < 26) : (diagonal += 1) for ([_]f64{ 0, 1 }) |upper| {
            try testing.run(kernels.triangle, &.{testing.contiguous(i32, &out, &shape)}, &.{testing.strided(i32, &x[0], &shape, &strides)}, &.{ @floatFromInt(diagonal), upper });
            for (0..2) |b| for (0..19) |r| for (0..23) |c| {
                const row: isize = @intCast(r);
                const column: isize = @intCast(c);
                const kept = if (upper == 1) column - row >= diagonal else column - row <= diagonal;
                const from = @as(isize, @intCast(b)) * strides[0] + row * strides[1] + column * strides[2];
                try expectEqual(if (kept) x[@intCast(from)] else 0, out[(b * 19 + r) * 23 + c]);
            };
        };
    }
}
