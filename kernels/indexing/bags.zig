//! Sums, means and maxima of rows of a table, each over a bag of indices.
const std = @import("std");
const abi = @import("abi");
const indices = @import("../indices.zig");
const runtime = @import("../runtime.zig");
const simd = @import("../simd.zig");

const Mode = enum { sum, mean, max };

/// Vectors of a row that are added up together.
const block = 4;

/// out [bags, width], and with max the row that each element is from (-1: none) <- table
/// [rows, width], index, offsets [bags + 1], perhaps a factor of each index. All row-major.
pub fn embeddingBag(comptime T: type, call: *abi.Call) abi.Status {
    const out = call.output(0);
    const table = call.input(0);
    const index = call.input(1);
    if (table.kind() != out.kind() or index.kind() != .int64) return .bad_dtype;
    if (call.input(2).kind() != .int64) return .bad_dtype;
    if (indices.check(call, index, table.extent(0))) |status| return status;
    if (out.size == 0) return .ok;
    var job: Job(T) = .{
        .mode = @enumFromInt(abi.toUsize(call.attribute(0))),
        .out = out.pointer(T),
        .table = table.pointer(T),
        .index = index.pointer(i64),
        .offsets = call.input(2).pointer(i64),
        .width = table.extent(1),
        .bags = out.extent(0),
    };
    if (call.input_count > 3) job.factors = call.input(3).pointer(T);
    if (job.mode == .max) job.chosen = call.output(1).pointer(i64);
    std.debug.assert(job.offsets[0] == 0);
    std.debug.assert(job.offsets[job.bags] == @as(i64, @intFromFloat(index.size)));
    const work = @as(f64, index.size) * table.shape[1] + out.size;
    const bags_in_chunk = indices.chunk_size * out.shape[0] / work;
    job.group = @max(1, @as(usize, @intFromFloat(bags_in_chunk)));
    runtime.parallelFor((job.bags + job.group - 1) / job.group, 0.2 * work, &job, Job(T).run);
    return .ok;
}

fn Job(comptime T: type) type {
    const lanes: usize = simd.lanes(T);
    const V = simd.Vector(T);
    return struct {
        const Self = Job(T);

        mode: Mode,
        out: [*]T,
        chosen: [*]i64 = undefined,
        table: [*]const T,
        index: [*]const i64,
        offsets: [*]const i64,
        factors: ?[*]const T = null,
        width: usize,
        bags: usize,
        /// Bags of a job.
        group: usize = 1,

        fn run(job: *Self, number: usize) void {
            const first = number * job.group;
            for (first..@min(first + job.group, job.bags)) |bag| {
                const from: usize = @intCast(job.offsets[bag]);
                const to: usize = @intCast(job.offsets[bag + 1]);
                var column: usize = 0;
                const step = if (job.mode == .max) lanes else block * lanes;
                while (column < job.width) : (column += step) switch (job.mode) {
                    .max => job.largest(bag, from, to, column),
                    .sum, .mean => job.total(bag, from, to, column),
                };
            }
        }

        inline fn at(job: *const Self, item: usize, column: usize) [*]const T {
            return job.table + @as(usize, @intCast(job.index[item])) * job.width + column;
        }

        inline fn read(p: [*]const T, left: usize) V {
            return if (left >= lanes) simd.load(T, p) else simd.loadPart(T, p, left);
        }

        inline fn write(p: [*]T, v: V, left: usize) void {
            if (left >= lanes) simd.store(T, p, v) else simd.storePart(T, p, v, left);
        }

        fn total(job: *const Self, bag: usize, from: usize, to: usize, column: usize) void {
            const left = job.width - column;
            var sums: [block]V = @splat(@splat(0));
            for (from..to) |item| {
                const row = job.at(item, column);
                const factor: V = @splat(if (job.factors) |factors| factors[item] else 1);
                inline for (&sums, 0..) |*sum, k| {
                    if (left > k * lanes) {
                        const values = read(row + k * lanes, left - k * lanes);
                        sum.* = simd.mulAdd(values, factor, sum.*);
                    }
                }
            }
            const count: T = @floatFromInt(if (job.mode == .mean) @max(1, to - from) else 1);
            inline for (sums, 0..) |sum, k| {
                const out = job.out + bag * job.width + column + k * lanes;
                if (left > k * lanes) write(out, sum / @as(V, @splat(count)), left - k * lanes);
            }
        }

        /// The largest of each column, the first of equals; NaN counts as the largest.
        fn largest(job: *const Self, bag: usize, from: usize, to: usize, column: usize) void {
            const left = job.width - column;
            var best: V = @splat(0);
            var rows: @Vector(lanes, i64) = @splat(-1);
            const yes: @Vector(lanes, bool) = @splat(true);
            const no: @Vector(lanes, bool) = @splat(false);
            for (from..to) |item| {
                const values = read(job.at(item, column), left);
                const is_number = best == best;
                const is_better = @select(bool, is_number, !(values <= best), no);
                const take = if (item == from) yes else is_better;
                best = @select(T, take, values, best);
                const row: @Vector(lanes, i64) = @splat(job.index[item]);
                rows = @select(i64, take, row, rows);
            }
            const place = bag * job.width + column;
            write(job.out + place, best, left);
            const list: [lanes]i64 = rows;
            @memcpy(job.chosen[place..][0..@min(left, lanes)], list[0..@min(left, lanes)]);
        }
    };
}

// Tests
// -------------------------------------------------------------------------------------------------

const testing = @import("../testing.zig");

test "bags of no, one and several rows, of widths around a block's" {
    const indexing = @import("../indexing.zig");
    inline for (.{ f32, f64 }) |T| for ([_]usize{ 1, 3, 16, 17, 64, 70 }) |width| {
        var table: [5 * 70]T = undefined;
        for (&table, 0..) |*v, i| v.* = @floatFromInt((i * 37) % 101);
        const index = [_]i64{ 4, 0, 2, 2, 1 };
        const offsets = [_]i64{ 0, 3, 3, 5 };
        var out: [3 * 70]T = undefined;
        var chosen: [3 * 70]i64 = undefined;
        for ([_]Mode{ .sum, .mean, .max }) |mode| {
            const shape = [2]usize{ 3, width };
            const both = [_]abi.View{
                testing.contiguous(T, &out, &shape),
                testing.contiguous(i64, &chosen, &shape),
            };
            try testing.run(&indexing.kernels.embeddingBag, both[0..if (mode == .max) 2 else 1], &.{
                testing.contiguous(T, &table, &.{ 5, width }),
                testing.contiguous(i64, &index, &.{5}),
                testing.contiguous(i64, &offsets, &.{4}),
            }, &.{@floatFromInt(@intFromEnum(mode))});
            for (0..width) |column| {
                const a = table[4 * width + column];
                const b = table[column];
                const c = table[2 * width + column];
                const want = switch (mode) {
                    .sum => a + b + c,
                    .mean => (a + b + c) / 3,
                    .max => @max(a, b, c),
                };
                try std.testing.expectApproxEqAbs(want, out[column], 1e-4);
                try std.testing.expectEqual(@as(T, 0), out[width + column]);
                if (mode == .max) try std.testing.expectEqual(@as(i64, -1), chosen[width + column]);
            }
        }
    };
}
