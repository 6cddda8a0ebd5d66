//! Where values belong in sorted rows, by bisection.
const std = @import("std");
const abi = @import("abi");
const runtime = @import("../runtime.zig");
const strided = @import("../strided.zig");

/// Values of a job.
const grain = 1 << 12;
/// Searches side by side.
const batch = 8;

/// One sorted row for all values, or one for each row of values. NaN as a value belongs behind all.
pub fn search(comptime T: type, call: *abi.Call) abi.Status {
    const Search = struct {
        places: [*]i64,
        sorted: *const abi.View,
        outer: abi.View,
        values: *const abi.View,
        size: usize,
        behind: bool,

        fn job(work: *const @This(), number: usize) void {
            const end = @min((number + 1) * grain, work.size);
            var done = number * grain;
            var walk: strided.Walk = .init(work.values, done);
            const extent = work.values.extent(work.values.dims() - 1);
            while (done < end) {
                const count = @min(walk.left(), end - done);
                const row = work.rowOf(done / extent);
                const x = strided.at(T, work.values.pointer(T), walk.offset);
                var i: usize = 0;
                while (i + batch <= count) : (i += batch)
                    work.find(batch, row, x, walk.step(), i, work.places + done);
                while (i < count) : (i += 1)
                    work.find(1, row, x, walk.step(), i, work.places + done);
                done += count;
                walk.advance(count);
            }
        }

        fn rowOf(work: *const @This(), row: usize) [*]T {
            const first = work.sorted.pointer(T);
            if (work.sorted.dims() == 1) return first;
            return strided.at(T, first, strided.offsetOf(&work.outer, row));
        }

        /// Places of the values from `start` on: how many elements come before each. Half of what
        /// is left goes at every step, whatever the comparisons say: there is no branch to guess,
        /// and several searches run side by side.
        inline fn find(
            work: *const @This(),
            comptime count: comptime_int,
            row: [*]T,
            x: [*]T,
            step: isize,
            start: usize,
            places: [*]i64,
        ) void {
            const last = work.sorted.dims() - 1;
            const stride = work.sorted.stride(last);
            var values: [count]T = undefined;
            inline for (&values, 0..) |*value, k|
                value.* = strided.at(T, x, @as(isize, @intCast(start + k)) * step)[0];
            var firsts: [count]usize = @splat(0);
            var left = work.sorted.extent(last);
            while (left > 0) {
                const half = (left + 1) / 2;
                inline for (&firsts, values) |*first, value| {
                    const at: isize = @intCast(first.* + half - 1);
                    const y = strided.at(T, row, at * stride)[0];
                    const is_before = if (work.behind) !(y > value) else !(y >= value);
                    first.* += half * @intFromBool(is_before);
                }
                left -= half;
            }
            inline for (firsts, 0..) |first, k| places[start + k] = @intCast(first);
        }
    };
    const sorted = call.input(0);
    const values = call.input(1);
    const work: Search = .{
        .places = call.output(0).pointer(i64),
        .sorted = sorted,
        .outer = strided.part(sorted, 0, sorted.dims() - 1),
        .values = values,
        .size = abi.toUsize(values.size),
        .behind = call.attribute(0) != 0,
    };
    const steps = @log2(@as(f64, @floatFromInt(sorted.extent(sorted.dims() - 1) + 2)));
    const jobs = std.math.divCeil(usize, work.size, grain) catch unreachable;
    runtime.parallelFor(jobs, values.size * steps * 3, &work, Search.job);
    return .ok;
}
