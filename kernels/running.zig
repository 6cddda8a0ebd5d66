//! Running results along the last dim that carry more than a total: extremes with their places, log
//! of sums of exp.
const std = @import("std");
const abi = @import("abi");
const runtime = @import("runtime.zig");
const strided = @import("strided.zig");

/// Elements of a job.
const grain = 1 << 14;

/// Largest or smallest so far, and where it is: the last of equal ones; NaN stays.
pub fn Extreme(comptime T: type, comptime side: enum { largest, smallest }) type {
    return struct {
        const ExtremeOf = @This();
        pub const Element = T;
        pub const nanoseconds = 1.5;

        best: T = undefined,
        place: usize = 0,

        pub inline fn step(extreme: *ExtremeOf, x: T, i: usize) T {
            if (i == 0 or extreme.isBeaten(x)) extreme.* = .{ .best = x, .place = i };
            return extreme.best;
        }

        inline fn isBeaten(extreme: *const ExtremeOf, x: T) bool {
            if (@typeInfo(T) == .float and x != x) return true;
            return if (side == .largest) x >= extreme.best else x <= extreme.best;
        }
    };
}

/// log of the sum of exponentials so far: the largest, and the sum relative to it.
pub fn LogSumExp(comptime T: type) type {
    return struct {
        const Sum = @This();
        pub const Element = T;
        pub const nanoseconds = 15;

        largest: f64 = -std.math.inf(f64),
        total: f64 = 0,

        pub inline fn step(sum: *Sum, element: T, _: usize) T {
            const x: f64 = element;
            if (x == sum.largest) {
                sum.total += 1;
            } else if (x < sum.largest) {
                sum.total += @exp(x - sum.largest);
            } else {
                sum.total = sum.total * @exp(sum.largest - x) + 1;
                sum.largest = x;
            }
            return @floatCast(sum.largest + @log(sum.total));
        }
    };
}

/// Rows: results, and places where there is a second output.
pub fn run(comptime State: type, call: *abi.Call) abi.Status {
    const T = State.Element;
    const Job = struct {
        values: [*]T,
        places: ?[*]i64,
        x: [*]T,
        outer: abi.View,
        stride: isize,
        extent: usize,
        rows: usize,
        group: usize,

        fn job(work: *const @This(), number: usize) void {
            const first = number * work.group;
            for (first..@min(first + work.group, work.rows)) |row| {
                var from = strided.at(T, work.x, strided.offsetOf(&work.outer, row));
                var state: State = .{};
                const values = work.values + row * work.extent;
                for (0..work.extent) |i| {
                    values[i] = state.step(from[0], i);
                    from = strided.at(T, from, work.stride);
                    if (@hasField(State, "place"))
                        work.places.?[row * work.extent + i] = @intCast(state.place);
                }
            }
        }
    };
    const view = call.input(0);
    const last = view.dims() - 1;
    const extent = view.extent(last);
    const work: Job = .{
        .values = call.output(0).pointer(T),
        .places = if (call.output_count > 1) call.output(1).pointer(i64) else null,
        .x = view.pointer(T),
        .outer = strided.part(view, 0, last),
        .stride = view.stride(last),
        .extent = extent,
        .rows = abi.toUsize(view.size) / @max(extent, 1),
        .group = @max(1, grain / @max(extent, 1)),
    };
    const jobs = std.math.divCeil(usize, work.rows, work.group) catch unreachable;
    runtime.parallelFor(jobs, State.nanoseconds * view.size, &work, Job.job);
    return .ok;
}
