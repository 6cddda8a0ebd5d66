//! Products of sparse matrices, given row by row: row i has the elements values[crow[i]..crow[i +
//! 1]], in the columns col[..] of the same places. Indices were checked.
const std = @import("std");
const abi = @import("abi");
const floats = @import("floats.zig");
const geometry = @import("geometry.zig");
const runtime = @import("runtime.zig");
const simd = @import("simd.zig");

pub const kernels = struct {
    /// out [M, K] <- values [Z], dense [N, K], crow int64 [M + 1], col int64 [Z].
    pub const sparseMatmul = floats.kernel(Product);

    /// out [Z] <- x [M, K], y [N, K], crow int64 [M + 1], col int64 [Z]: the elements of x y^T at
    /// the places of a sparse matrix.
    pub const sparseSample = floats.kernel(Sample);
};

/// Multiplications of a job, roughly.
const grain = 1 << 14;

/// Rows of any strides, and a vector of any stride.
fn Rows(comptime T: type) type {
    return struct {
        data: [*]T,
        step: isize,
        column: isize,
        width: usize,

        fn of(view: *const abi.View) @This() {
            return .{
                .data = view.pointer(T),
                .step = view.stride(0),
                .column = view.stride(1),
                .width = view.extent(1),
            };
        }

        inline fn row(rows: @This(), i: usize) [*]T {
            return geometry.shift(rows.data, rows.step * @as(isize, @intCast(i)));
        }
    };
}

/// The rows' elements by a view of numbers that lie side by side.
const Pattern = struct {
    crow: [*]const i64,
    col: [*]const i64,
    count: usize,
    rows_per_job: usize,

    fn of(crow: *const abi.View, col: *const abi.View, width: usize) Pattern {
        const count = crow.extent(0) - 1;
        const work = (abi.toUsize(col.size) * @max(width, 1)) / @max(count, 1) + width + 1;
        return .{
            .crow = crow.pointer(i64),
            .col = col.pointer(i64),
            .count = count,
            .rows_per_job = @max(1, grain / work),
        };
    }

    fn places(pattern: *const Pattern, row: usize) [2]usize {
        return .{ @intCast(pattern.crow[row]), @intCast(pattern.crow[row + 1]) };
    }

    fn run(
        pattern: *const Pattern,
        work: anytype,
        size: f64,
        comptime body: fn (@TypeOf(work), usize) void,
    ) void {
        const jobs = std.math.divCeil(usize, pattern.count, pattern.rows_per_job) catch unreachable;
        runtime.parallelFor(jobs, size, work, body);
    }
};

fn Product(comptime T: type) type {
    return struct {
        const Self = @This();
        const L = simd.lanes(T);
        const V = simd.Vector(T);
        /// Vectors of a row that are added up in registers.
        const together = 4;

        pattern: Pattern,
        out: [*]T,
        values: [*]const T,
        dense: Rows(T),

        pub fn run(call: *abi.Call) abi.Status {
            const dense: Rows(T) = .of(call.input(1));
            const work: Self = .{
                .pattern = .of(call.input(2), call.input(3), dense.width),
                .out = call.output(0).pointer(T),
                .values = call.input(0).pointer(T),
                .dense = dense,
            };
            const width: f64 = @floatFromInt(dense.width);
            work.pattern.run(&work, 0.3 * (call.input(0).size * width + call.output(0).size), job);
            return .ok;
        }

        fn job(work: *const Self, index: usize) void {
            const width = work.dense.width;
            const first = index * work.pattern.rows_per_job;
            for (first..@min(first + work.pattern.rows_per_job, work.pattern.count)) |row| {
                const out = work.out + row * width;
                var column: usize = 0;
                if (work.dense.column == 1 and width >= L) {
                    while (column + together * L <= width) : (column += together * L)
                        work.columns(together, row, out, column);
                    while (column + L <= width) : (column += L) work.columns(1, row, out, column);
                }
                while (column < width) : (column += 1) out[column] = work.element(row, column);
            }
        }

        inline fn columns(
            work: *const Self,
            comptime count: comptime_int,
            row: usize,
            out: [*]T,
            column: usize,
        ) void {
            var sums: [count]V = @splat(@splat(0));
            const start, const stop = work.pattern.places(row);
            for (start..stop) |place| {
                const value: V = @splat(work.values[place]);
                const from = work.dense.row(@intCast(work.pattern.col[place])) + column;
                inline for (&sums, 0..) |*sum, k| {
                    sum.* = simd.mulAdd(value, simd.load(T, from + k * L), sum.*);
                }
            }
            inline for (sums, 0..) |sum, k| simd.store(T, out + column + k * L, sum);
        }

        fn element(work: *const Self, row: usize, column: usize) T {
            const start, const stop = work.pattern.places(row);
            const offset = work.dense.column * @as(isize, @intCast(column));
            // Several sums, since each waits for its last addition.
            var sums: [4]T = @splat(0);
            var place = start;
            while (place + sums.len <= stop) : (place += sums.len) {
                inline for (&sums, 0..) |*sum, k| {
                    const line = work.dense.row(@intCast(work.pattern.col[place + k]));
                    const from = geometry.shift(line, offset);
                    sum.* = simd.mulAdd(work.values[place + k], from[0], sum.*);
                }
            }
            while (place < stop) : (place += 1) {
                const line = work.dense.row(@intCast(work.pattern.col[place]));
                const from = geometry.shift(line, offset);
                sums[0] = simd.mulAdd(work.values[place], from[0], sums[0]);
            }
            return (sums[0] + sums[1]) + (sums[2] + sums[3]);
        }
    };
}

fn Sample(comptime T: type) type {
    return struct {
        const Self = @This();
        const L = simd.lanes(T);
        const V = simd.Vector(T);

        pattern: Pattern,
        out: [*]T,
        x: Rows(T),
        y: Rows(T),

        pub fn run(call: *abi.Call) abi.Status {
            const x: Rows(T) = .of(call.input(0));
            const work: Self = .{
                .pattern = .of(call.input(2), call.input(3), x.width),
                .out = call.output(0).pointer(T),
                .x = x,
                .y = .of(call.input(1)),
            };
            const width: f64 = @floatFromInt(x.width + 1);
            work.pattern.run(&work, 0.3 * call.output(0).size * width, job);
            return .ok;
        }

        fn job(work: *const Self, index: usize) void {
            const first = index * work.pattern.rows_per_job;
            for (first..@min(first + work.pattern.rows_per_job, work.pattern.count)) |row| {
                const start, const stop = work.pattern.places(row);
                for (start..stop) |place| {
                    const y = work.y.row(@intCast(work.pattern.col[place]));
                    work.out[place] = work.dot(work.x.row(row), y);
                }
            }
        }

        inline fn dot(work: *const Self, x: [*]const T, y: [*]const T) T {
            var i: usize = 0;
            var sum: T = 0;
            if (work.x.column == 1 and work.y.column == 1) {
                var sums: V = @splat(0);
                while (i + L <= work.x.width) : (i += L) {
                    sums = simd.mulAdd(simd.load(T, x + i), simd.load(T, y + i), sums);
                }
                sum = @reduce(.Add, sums);
            }
            while (i < work.x.width) : (i += 1) {
                const at: isize = @intCast(i);
                const first = geometry.shift(x, work.x.column * at)[0];
                sum = simd.mulAdd(first, geometry.shift(y, work.y.column * at)[0], sum);
            }
            return sum;
        }
    };
}

test "sparse: products, and elements of products, by rows" {
    const testing = @import("testing.zig");
    const crow = [_]i64{ 0, 2, 2, 5 };
    const col = [_]i64{ 1, 0, 3, 2, 3 };
    const rows = [_]usize{ 0, 0, 2, 2, 2 };
    inline for (.{ f32, f64 }) |T| inline for (.{ 1, 3, 21, 70 }) |width| {
        const values = [_]T{ 1, -2, 3, 4, 5 };
        var dense: [4 * width]T = undefined;
        for (&dense, 0..) |*x, i| x.* = @floatFromInt(i % 7);
        var expected: [3 * width]T = @splat(0);
        for (rows, col, values) |row, column, value| for (0..width) |k| {
            expected[row * width + k] += value * dense[@as(usize, @intCast(column)) * width + k];
        };
        var out: [3 * width]T = undefined;
        const crows = testing.contiguous(i64, &crow, &.{4});
        const cols = testing.contiguous(i64, &col, &.{5});
        const y = testing.contiguous(T, &dense, &.{ 4, width });
        const product = testing.contiguous(T, &out, &.{ 3, width });
        const given = testing.contiguous(T, &values, &.{5});
        try testing.run(kernels.sparseMatmul, &.{product}, &.{ given, y, crows, cols }, &.{});
        try std.testing.expectEqualSlices(T, &expected, &out);
        var sampled: [5]T = undefined;
        const places = testing.contiguous(T, &sampled, &.{5});
        try testing.run(kernels.sparseSample, &.{places}, &.{ product, y, crows, cols }, &.{});
        for (rows, col, sampled) |row, column, found| {
            var sum: T = 0;
            for (0..width) |k| {
                sum += out[row * width + k] * dense[@as(usize, @intCast(column)) * width + k];
            }
            try std.testing.expectEqual(sum, found);
        }
    };
}
