//! Planes and windows of a pooling, and the way back from windows to a plane.
const std = @import("std");
const abi = @import("abi");
const runtime = @import("../runtime.zig");
const simd = @import("../simd.zig");
const sources = @import("../convolution/source.zig");
const Axis = sources.Axis;

/// Element operations of a job, roughly 50 us.
const job_work = 1 << 18;
/// Bytes of a plane's copy made at a time: it stays in the L1 cache, or near it.
const copy_bytes = 32 * 1024;

/// Windows of the outputs `out` over a plane of x's last two dims; dilation is 1 without attributes
/// 6 and 7.
pub fn axes(call: *const abi.Call, x: *const abi.View, out: *const abi.View, dilated: bool) [2]Axis {
    std.debug.assert(x.dims() == 4);
    std.debug.assert(out.dims() == 4);
    var result: [2]Axis = undefined;
    for (&result, 0..) |*axis, i| {
        axis.* = .forward(
            x.extent(2 + i),
            out.extent(2 + i),
            abi.toUsize(call.attribute(i)),
            abi.toUsize(call.attribute(2 + i)),
            abi.toUsize(call.attribute(4 + i)),
            if (dilated) abi.toUsize(call.attribute(6 + i)) else 1,
        );
    }
    return result;
}

pub fn Planes(comptime T: type) type {
    const lanes: usize = simd.lanes(T);
    return struct {
        source: sources.Source(T),
        channels: usize,
        count: usize,
        /// Rows of a band of outputs; the bands of a plane are copied one after the other.
        band: usize,
        jobs: usize,
        /// Nanoseconds of all jobs.
        cost: f64,

        pub fn init(view: *const abi.View, windows: [2]Axis, fill: T, banded: bool) Planes(T) {
            var source: sources.Source(T) = .{
                .data = view.pointer(T),
                .strides = .{
                    .image = view.stride(0),
                    .channel = view.stride(1),
                    .row = view.stride(2),
                    .column = view.stride(3),
                },
                .rows = windows[0],
                .columns = windows[1],
                .fill = fill,
            };
            const rows = windows[0].targets;
            const row_bytes = @sizeOf(T) * source.columns.extent(source.columns.targets) * source.columns.phases() *
                source.rows.phases();
            const fitting = @max(4 * source.rows.extent(1), copy_bytes / @max(1, row_bytes));
            const band = if (banded) @min(@max(1, rows), fitting) else rows;
            source.init(band, 1);
            const count = view.extent(0) * view.extent(1);
            const work = @max(rows * windows[1].targets * (windows[0].taps * windows[1].taps + 2), windows[0].size * windows[1].size);
            const jobs = @min(count, 1 + count * work / job_work);
            return .{
                .source = source,
                .channels = view.extent(1),
                .count = count,
                .band = band,
                .jobs = jobs,
                // A vector operation a third of a nanosecond.
                .cost = @as(f64, @floatFromInt(count * work)) / @as(f64, @floatFromInt(3 * lanes)),
            };
        }

        pub fn taps(planes: *const Planes(T)) usize {
            return planes.source.rows.taps * planes.source.columns.taps;
        }
        pub fn first(planes: *const Planes(T), job: usize) usize {
            return job * planes.count / planes.jobs;
        }
        pub fn fillOffsets(planes: *const Planes(T), offsets: [*]isize) void {
            const columns = planes.source.columns.taps;
            for (0..planes.taps()) |tap| offsets[tap] = planes.source.offset(0, tap / columns, tap % columns);
        }
        pub fn copy(planes: *const Planes(T), target: [*]T, plane: usize, row: usize) void {
            planes.source.copyChannel(target, plane / planes.channels, plane % planes.channels, row);
        }
        pub fn pitch(planes: *const Planes(T)) usize {
            return @intCast(planes.source.row_pitch);
        }
        /// Elements of a copy.
        pub fn copySize(planes: *const Planes(T)) usize {
            const round = 64 / @sizeOf(T);
            return (planes.source.elements(1) + round - 1) / round * round;
        }

        /// Whether every window is 2 columns wide and starts where the last one ended, all inside
        /// the image.
        pub fn isPairs(planes: *const Planes(T)) bool {
            const columns = planes.source.columns;
            return columns.taps == 2 and columns.stride == 2 and columns.origin == 0 and columns.position_step == 1 and
                columns.inside() and planes.source.rows.inside();
        }

        /// Taps first..last of a window along an axis that are inside the image; at least one, so
        /// that a window with none still names a tap.
        pub fn inside(axis: Axis, target: usize) [2]usize {
            const start = axis.origin + @as(isize, @intCast(target * axis.stride));
            const step = axis.position_step;
            const size: isize = @intCast(axis.size);
            const low = if (start >= 0) 0 else @divFloor(step - 1 - start, step);
            const high = if (start >= size) 0 else @divFloor(size - start + step - 1, step);
            const count: isize = @intCast(axis.taps);
            const first_tap: usize = @intCast(@min(low, count - 1));
            return .{ first_tap, @intCast(@max(@min(high, count), @as(isize, @intCast(first_tap)))) };
        }

        /// Row `row + tap` of a plane, before its first column; the window's tap must be inside.
        pub fn line(planes: *const Planes(T), plane: usize, row: usize, tap: usize) [*]const T {
            const source = &planes.source;
            const base = source.at(plane / planes.channels, plane % planes.channels, row);
            const distance = @as(isize, @intCast(source.rows.position(tap))) * source.strides.row -
                source.columns.origin * source.strides.column;
            return sources.advance(T, base, distance);
        }
    };
}

/// A gradient as input: its strides once as integers, and whether it is row-major.
pub fn Rows(comptime T: type) type {
    return struct {
        data: [*]const T,
        strides: [4]isize,
        contiguous: bool,

        pub fn init(view: *const abi.View) Rows(T) {
            var rows: Rows(T) = .{ .data = view.pointer(T), .strides = undefined, .contiguous = true };
            var step: isize = 1;
            for (0..4) |i| {
                rows.strides[3 - i] = view.stride(3 - i);
                rows.contiguous = rows.contiguous and rows.strides[3 - i] == step;
                step *= @intCast(view.extent(3 - i));
            }
            return rows;
        }
        pub fn plane(rows: *const Rows(T), image: usize, channel: usize) [*]const T {
            return sources.advance(T, rows.data, @as(isize, @intCast(image)) * rows.strides[0] +
                @as(isize, @intCast(channel)) * rows.strides[1]);
        }
        pub fn row(rows: *const Rows(T), first: [*]const T, index: usize) [*]const T {
            return sources.advance(T, first, @as(isize, @intCast(index)) * rows.strides[2]);
        }
    };
}

/// even[0], odd[0], even[1], ...: at most a vector of pairs.
pub inline fn storeTurns(comptime T: type, target: [*]T, even: simd.Vector(T), odd: simd.Vector(T), count: usize) void {
    const lanes = simd.lanes(T);
    const low = @shuffle(T, even, odd, sources.turns(lanes, false));
    const high = @shuffle(T, even, odd, sources.turns(lanes, true));
    if (count >= lanes) {
        simd.store(T, target, low);
        simd.store(T, target + lanes, high);
    } else if (2 * count <= lanes) {
        simd.storePart(T, target, low, 2 * count);
    } else {
        simd.store(T, target, low);
        simd.storePart(T, target + lanes, high, 2 * count - lanes);
    }
}

/// The next `count` pairs, at most a vector of them: first and second elements apart.
pub inline fn loadPairs(comptime T: type, from: [*]const T, count: usize) [2]simd.Vector(T) {
    const lanes = simd.lanes(T);
    var low: simd.Vector(T) = undefined;
    var high: simd.Vector(T) = @splat(0);
    if (count >= lanes) {
        low = simd.load(T, from);
        high = simd.load(T, from + lanes);
    } else {
        low = simd.loadPart(T, from, @min(2 * count, lanes));
        if (2 * count > lanes) high = simd.loadPart(T, from + lanes, 2 * count - lanes);
    }
    return .{
        @shuffle(T, low, high, sources.evens(lanes)),
        @shuffle(T, low, high, sources.odds(lanes)),
    };
}
