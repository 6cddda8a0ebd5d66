//! Planes and windows of a pooling, and the way back from windows to a plane.
const std = @import("std");
const abi = @import("abi");
const runtime = @import("runtime.zig");
const simd = @import("simd.zig");
const sources = @import("convolution_source.zig");
const Axis = sources.Axis;

/// Element operations of a job, roughly 50 us.
const job_work = 1 << 18;
/// Bytes of a plane's copy made at a time: it stays in the L1 cache, or near it.
const copy_bytes = 32 * 1024;

/// Windows of the outputs `out` over a plane of x's last two dims; dilation is 1 without attributes 6 and 7.
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

        /// Whether every window is 2 columns wide and starts where the last one ended, all inside the image.
        pub fn isPairs(planes: *const Planes(T)) bool {
            const columns = planes.source.columns;
            return columns.taps == 2 and columns.stride == 2 and columns.origin == 0 and columns.position_step == 1 and
                columns.inside() and planes.source.rows.inside();
        }

        /// The plane of the phases in `from` (laid out as copies are), put together again: the inverse of copy().
        pub fn join(planes: *const Planes(T), target: [*]T, from: [*]const T) void {
            const rows = planes.source.rows;
            const columns = planes.source.columns;
            const width = planes.pitch();
            const extent = planes.source.extent;
            for (0..rows.size) |row| {
                const out = target + row * columns.size;
                const at = row + @as(usize, @intCast(-rows.origin));
                const index = at / rows.stride;
                if (at % rows.stride >= rows.phases() or index >= extent) {
                    sources.fillValue(T, out, 0, columns.size);
                    continue;
                }
                const line = from + (at % rows.stride * columns.phases() * extent + index) * width;
                joinLine(out, columns, line, extent * width, width);
            }
        }

        fn joinLine(out: [*]T, columns: Axis, line: [*]const T, phase_pitch: usize, width: usize) void {
            const shift: usize = @intCast(-columns.origin);
            var column: usize = 0;
            if (columns.stride == 1) {
                const covered = @min(columns.size, width - shift);
                sources.copyStrided(T, out, line + shift, 1, covered);
                sources.fillValue(T, out + covered, 0, columns.size - covered);
                return;
            }
            if (columns.stride == 2 and columns.phases() == 2) {
                const even = line + shift % 2 * phase_pitch + shift / 2;
                const odd = line + (1 - shift % 2) * phase_pitch + (shift + 1) / 2;
                const pairs = @min(columns.size / 2, width - (shift + 1) / 2);
                while (column / 2 + lanes <= pairs) : (column += 2 * lanes)
                    storeTurns(T, out + column, simd.load(T, even + column / 2), simd.load(T, odd + column / 2));
            }
            var phase = (shift + column) % columns.stride;
            var index = (shift + column) / columns.stride;
            while (column < columns.size) : (column += 1) {
                out[column] = if (phase < columns.phases() and index < width) line[phase * phase_pitch + index] else 0;
                phase += 1;
                if (phase == columns.stride) {
                    phase = 0;
                    index += 1;
                }
            }
        }
    };
}

/// even[0], odd[0], even[1], ...
pub inline fn storeTurns(comptime T: type, target: [*]T, even: simd.Vector(T), odd: simd.Vector(T)) void {
    const lanes = simd.lanes(T);
    simd.store(T, target, @shuffle(T, even, odd, sources.turns(lanes, false)));
    simd.store(T, target + lanes, @shuffle(T, even, odd, sources.turns(lanes, true)));
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
