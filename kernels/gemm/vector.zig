//! One row times a matrix whose columns are adjacent: c += x[p] * b[p], eight rows of b at a time.
//!
//! The matrix is read once, in long runs; tiles would read 256 bytes of every row and touch a page
//! for each of them.
const std = @import("std");
const runtime = @import("../runtime.zig");
const simd = @import("../simd.zig");
const tile = @import("tile.zig");
const gemm = @import("../gemm.zig");
const assert = std.debug.assert;
const at = tile.at;

/// Long runs for the hardware's prefetcher; the row of c still stays in the first-level cache.
const columns_min = 2048;

/// c + the sum of x[i] * b[i] over `steps` rows of b.
inline fn addRows(comptime T: type, comptime steps: comptime_int, x: [steps]T, b: [*]const T, b_step: isize, c: []T) void {
    const L = simd.lanes(T);
    const V = simd.Vector(T);
    var factors: [steps]V = undefined;
    var rows: [steps][*]const T = undefined;
    inline for (0..steps) |i| {
        factors[i] = @splat(x[i]);
        rows[i] = at(b, i, b_step);
    }
    var j: usize = 0;
    while (j + 2 * L <= c.len) : (j += 2 * L) {
        var first = simd.load(T, c.ptr + j);
        var second = simd.load(T, c.ptr + j + L);
        inline for (0..steps) |i| {
            first = simd.mulAdd(factors[i], simd.load(T, rows[i] + j), first);
            second = simd.mulAdd(factors[i], simd.load(T, rows[i] + j + L), second);
        }
        simd.store(T, c.ptr + j, first);
        simd.store(T, c.ptr + j + L, second);
    }
    while (j < c.len) : (j += L) {
        const count = @min(c.len - j, L);
        var sums = simd.loadPart(T, c.ptr + j, count);
        inline for (0..steps) |i| sums = simd.mulAdd(factors[i], simd.loadPart(T, rows[i] + j, count), sums);
        simd.storePart(T, c.ptr + j, sums, count);
    }
}

fn Job(comptime T: type) type {
    return struct {
        problem: *const gemm.Problem(T),
        per_chunk: usize,

        const steps_max = 8;

        fn run(job: *@This(), chunk: usize) void {
            const p = job.problem;
            const first = chunk * job.per_chunk;
            const c = p.c[first..@min(first + job.per_chunk, p.columns)];
            start(p, first, c);
            const b = p.b + first;
            var step: usize = 0;
            while (step + steps_max <= p.depth) : (step += steps_max) addSteps(p, steps_max, step, b, c);
            while (step < p.depth) : (step += 1) addSteps(p, 1, step, b, c);
            if (p.floor != tile.lowest(T)) {
                for (c) |*value| value.* = tile.clamp(T, value.*, p.floor);
            }
        }

        fn start(p: *const gemm.Problem(T), first: usize, c: []T) void {
            if (!p.accumulate) @memset(c, 0);
            const bias = p.bias orelse return;
            const source = at(bias, first, p.bias_column);
            for (c, 0..) |*value, j| value.* += at(source, j, p.bias_column)[0];
        }

        noinline fn addSteps(p: *const gemm.Problem(T), comptime steps: comptime_int, step: usize, b: [*]const T, c: []T) void {
            var x: [steps]T = undefined;
            inline for (0..steps) |i| x[i] = p.alpha * at(p.a, step + i, p.a_step)[0];
            addRows(T, steps, x, at(b, step, p.b_step), p.b_step, c);
        }
    };
}

pub fn multiply(comptime T: type, p: *const gemm.Problem(T), threads: gemm.Threads) @import("abi").Status {
    assert(p.rows == 1 and p.b_column == 1);
    const steps: f64 = @floatFromInt(@max(p.depth, 1));
    const wanted: usize = @intFromFloat(@min(1e9, @max(columns_min, 0.5e6 / steps)));
    const columns = (@min(wanted, p.columns) + 63) / 64 * 64;
    var job: Job(T) = .{ .problem = p, .per_chunk = columns };
    const bytes = steps * @as(f64, @floatFromInt(p.columns * @sizeOf(T)));
    gemm.forEach(threads, (p.columns + columns - 1) / columns, bytes / 40, &job, Job(T).run);
    return .ok;
}
