//! What a convolution reads: the image padded with zeros, one plane a stride phase, so that every tap of the kernel is
//! a unit-stride run at a fixed distance. Images that need no padding are read where they are.
const std = @import("std");
const simd = @import("simd.zig");

/// One axis of a pass. Target i of the pass is output index `first + i * step`; through its tap m it reads source
/// index `origin + i * stride + position(m)`; indices outside 0..size are zeros.
pub const Axis = struct {
    targets: usize,
    first: usize = 0,
    step: usize = 1,
    size: usize,
    stride: usize,
    origin: isize,
    taps: usize,
    /// Kernel index of tap m: tap_first + m * tap_step.
    tap_first: usize = 0,
    tap_step: usize = 1,
    position_first: usize = 0,
    position_step: isize,

    /// The convolution itself.
    pub fn forward(size: usize, targets: usize, taps: usize, stride: usize, padding: usize, dilation: usize) Axis {
        return .{
            .targets = targets,
            .size = size,
            .stride = stride,
            .origin = -@as(isize, @intCast(padding)),
            .taps = taps,
            .position_step = @intCast(dilation),
        };
    }

    /// Its input gradient at the input indices residue, residue + stride, ...: a convolution of stride 1 over the
    /// output gradient, with those taps t for which t * dilation = index + padding modulo the stride.
    pub fn gradient(size: usize, targets: usize, kernel: usize, stride: usize, padding: usize, dilation: usize, residue: usize) Axis {
        const step = stride / std.math.gcd(stride, dilation);
        var tap: usize = 0;
        while (tap < @min(step, kernel) and tap * dilation % stride != (residue + padding) % stride) tap += 1;
        const taps = if (tap < @min(step, kernel)) (kernel - tap + step - 1) / step else 0;
        const distance = dilation * step / stride;
        var axis: Axis = .{
            .targets = if (size > residue) (size - residue + stride - 1) / stride else 0,
            .first = residue,
            .step = stride,
            .size = targets,
            .stride = 1,
            .origin = 0,
            .taps = taps,
            .tap_first = tap,
            .tap_step = step,
            .position_step = -@as(isize, @intCast(distance)),
        };
        if (taps == 0) return axis;
        axis.position_first = (taps - 1) * distance;
        const last: isize = @intCast((tap + (taps - 1) * step) * dilation);
        axis.origin = @divExact(@as(isize, @intCast(residue + padding)) - last, @as(isize, @intCast(stride)));
        return axis;
    }

    pub fn position(axis: Axis, tap: usize) usize {
        return @intCast(@as(isize, @intCast(axis.position_first)) + @as(isize, @intCast(tap)) * axis.position_step);
    }
    pub fn reach(axis: Axis) usize {
        return if (axis.taps == 0) 0 else @max(axis.position(0), axis.position(axis.taps - 1));
    }
    /// Phases that some tap reads, at most the stride.
    pub fn phases(axis: Axis) usize {
        return @min(axis.stride, axis.reach() + 1);
    }
    /// Extent of a phase plane that serves `targets` targets.
    pub fn extent(axis: Axis, targets: usize) usize {
        return targets + axis.reach() / axis.stride;
    }
    /// Every target's every tap is inside the source.
    pub fn inside(axis: Axis) bool {
        if (axis.targets == 0 or axis.origin < 0) return axis.targets == 0;
        const last = @as(usize, @intCast(axis.origin)) + (axis.targets - 1) * axis.stride + axis.reach();
        return last < axis.size;
    }
};

pub const Strides = struct { image: isize, channel: isize, row: isize, column: isize };

pub fn Source(comptime T: type) type {
    return struct {
        const Self = Source(T);

        data: [*]const T,
        strides: Strides,
        rows: Axis,
        columns: Axis,
        in_place: bool = false,
        /// What lies outside the image.
        fill: T = 0,
        /// Distances in the copy, or in place.
        row_pitch: isize = 0,
        channel_pitch: isize = 0,
        image_pitch: isize = 0,
        /// Rows of a phase plane of the copy.
        extent: usize = 0,

        /// `targets`: target rows of a unit; `channels`: those copied for it.
        pub fn init(source: *Self, targets: usize, channels: usize) void {
            if (source.in_place) {
                source.row_pitch = source.strides.row * @as(isize, @intCast(source.rows.stride));
                source.channel_pitch = source.strides.channel;
                source.image_pitch = source.strides.image;
                source.extent = 0;
                return;
            }
            source.extent = source.rows.extent(targets);
            const width = source.columns.extent(source.columns.targets);
            var plane = source.rows.phases() * source.columns.phases() * source.extent * width;
            // Planes a multiple of 2 KB apart would share a few sets of the L1 cache.
            if (plane * @sizeOf(T) % 2048 < 256) plane += 256 / @sizeOf(T);
            source.row_pitch = @intCast(width);
            source.channel_pitch = @intCast(plane);
            source.image_pitch = @intCast(plane * channels);
        }

        /// Elements of a copy of so many images, and what vector loads read past its end.
        pub fn elements(source: *const Self, images: usize) usize {
            if (source.in_place) return 0;
            return @as(usize, @intCast(source.image_pitch)) * images + 2 * simd.lanes(T);
        }

        /// Distance in bytes of (channel, row tap, column tap) from a target's first source element.
        pub fn offset(source: *const Self, channel: usize, row_tap: usize, column_tap: usize) isize {
            const row: isize = @intCast(source.rows.position(row_tap));
            const column: isize = @intCast(source.columns.position(column_tap));
            const base = @as(isize, @intCast(channel)) * source.channel_pitch;
            if (source.in_place) return @sizeOf(T) * (base + row * source.strides.row + column * source.strides.column);
            const row_stride: isize = @intCast(source.rows.stride);
            const column_stride: isize = @intCast(source.columns.stride);
            const phase = @mod(row, row_stride) * @as(isize, @intCast(source.columns.phases())) + @mod(column, column_stride);
            const at_row = phase * @as(isize, @intCast(source.extent)) + @divFloor(row, row_stride);
            return @sizeOf(T) * (base + at_row * source.row_pitch + @divFloor(column, column_stride));
        }

        /// In place: where target row `row` of a channel starts.
        pub fn at(source: *const Self, image: usize, channel: usize, row: usize) [*]const T {
            const index = source.rows.origin + @as(isize, @intCast(row * source.rows.stride));
            const distance = @as(isize, @intCast(image)) * source.strides.image +
                @as(isize, @intCast(channel)) * source.strides.channel +
                index * source.strides.row + source.columns.origin * source.strides.column;
            return advance(T, source.data, distance);
        }

        /// Copies one channel for the target rows from `row` on: `extent` rows of every phase.
        pub fn copyChannel(source: *const Self, target: [*]T, image: usize, channel: usize, row: usize) void {
            const plane = advance(T, source.data, @as(isize, @intCast(image)) * source.strides.image +
                @as(isize, @intCast(channel)) * source.strides.channel);
            const width: usize = @intCast(source.row_pitch);
            var to = target;
            for (0..source.rows.phases()) |row_phase| for (0..source.columns.phases()) |column_phase| {
                const axis = source.columns;
                const first = axis.origin + @as(isize, @intCast(column_phase));
                const low = firstInside(first, axis.stride, 0, width);
                const high = @max(low, firstInside(first, axis.stride, axis.size, width));
                const from = first + @as(isize, @intCast(low * axis.stride));
                for (0..source.extent) |i| {
                    const index = source.rows.origin + @as(isize, @intCast((row + i) * source.rows.stride + row_phase));
                    if (index < 0 or index >= source.rows.size) {
                        fillValue(T, to, source.fill, width);
                    } else {
                        fillValue(T, to, source.fill, low);
                        const line = advance(T, plane, index * source.strides.row + from * source.strides.column);
                        copyStrided(T, to + low, line, source.strides.column * @as(isize, @intCast(axis.stride)), high - low);
                        fillValue(T, to + high, source.fill, width - high);
                    }
                    to += width;
                }
            };
        }
    };
}

/// Smallest i in 0..limit with first + i * stride >= bound, else limit.
fn firstInside(first: isize, stride: usize, bound: usize, limit: usize) usize {
    const missing = @as(isize, @intCast(bound)) - first;
    if (missing <= 0) return 0;
    return @min(limit, (@as(usize, @intCast(missing)) + stride - 1) / stride);
}

pub inline fn advance(comptime T: type, pointer: [*]const T, distance: isize) [*]const T {
    return @ptrFromInt(@intFromPtr(pointer) +% @as(usize, @bitCast(distance *% @sizeOf(T))));
}

pub inline fn fillValue(comptime T: type, target: [*]T, value: T, count: usize) void {
    const lanes = simd.lanes(T);
    const values: simd.Vector(T) = @splat(value);
    if (count < lanes) {
        for (0..count) |i| target[i] = value;
        return;
    }
    var i: usize = 0;
    while (i + lanes <= count) : (i += lanes) simd.store(T, target + i, values);
    simd.store(T, target + count - lanes, values);
}

/// Copies `count` elements that lie `stride` apart into a run.
pub inline fn copyStrided(comptime T: type, target: [*]T, source: [*]const T, stride: isize, count: usize) void {
    const lanes = simd.lanes(T);
    var i: usize = 0;
    if (stride == 1) {
        if (count < lanes) {
            if (count > 0) simd.storePart(T, target, simd.loadPart(T, source, count), count);
            return;
        }
        while (i + lanes <= count) : (i += lanes) simd.store(T, target + i, simd.load(T, source + i));
        if (i < count) simd.store(T, target + count - lanes, simd.load(T, source + count - lanes));
        return;
    }
    if (stride == 2) {
        // The second load stops at the last element wanted, one short of the pair's end.
        while (i + lanes < count) : (i += lanes) {
            const low = simd.load(T, source + 2 * i);
            const high = simd.load(T, source + 2 * i + lanes);
            simd.store(T, target + i, @shuffle(T, low, high, evens(lanes)));
        }
    }
    while (i < count) : (i += 1) target[i] = advance(T, source, @as(isize, @intCast(i)) * stride)[0];
}

/// Mask of @shuffle for the even elements of two vectors.
pub fn evens(comptime lanes: comptime_int) [lanes]i32 {
    return everySecond(lanes, 0);
}
pub fn odds(comptime lanes: comptime_int) [lanes]i32 {
    return everySecond(lanes, 1);
}

fn everySecond(comptime lanes: comptime_int, comptime first: comptime_int) [lanes]i32 {
    var mask: [lanes]i32 = undefined;
    for (&mask, 0..) |*m, i| {
        const at = 2 * i + first;
        m.* = if (at < lanes) at else ~@as(i32, at - lanes);
    }
    return mask;
}

/// Mask of @shuffle for the elements of two vectors by turns: the first half of the result, or the second.
pub fn turns(comptime lanes: comptime_int, comptime second: bool) [lanes]i32 {
    var mask: [lanes]i32 = undefined;
    for (&mask, 0..) |*m, i| {
        const at = i / 2 + if (second) lanes / 2 else 0;
        m.* = if (i % 2 == 0) at else ~@as(i32, at);
    }
    return mask;
}
