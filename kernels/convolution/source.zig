//! What a convolution reads: the image padded with zeros, one plane a stride phase, so that every
//! tap of the kernel is a unit-stride run at a fixed distance. Images that need no padding are read
//! where they are.
const std = @import("std");
const simd = @import("../simd.zig");

/// One axis of a pass. Target i of the pass is output index `first + i * step`; through its tap m
/// it reads source index `origin + i * stride + position(m)`; indices outside 0..size are zeros.
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

    /// Its input gradient at the input indices residue, residue + stride, ...: a convolution of
    /// stride 1 over the output gradient, with those taps t for which t * dilation = index +
    /// padding modulo the stride.
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
            if (plane * @sizeOf(T) > 1024 and plane * @sizeOf(T) % 2048 < 256) plane += 256 / @sizeOf(T);
            source.row_pitch = @intCast(width);
            source.channel_pitch = @intCast(plane);
            source.image_pitch = @intCast(plane * channels);
        }

        /// Elements of a copy of so many images, and what vector loads read past its end.
        pub fn elements(source: *const Self, images: usize) usize {
            if (source.in_place) return 0;
            return @as(usize, @intCast(source.image_pitch)) * images + 2 * simd.lanes(T);
        }

        /// Distance in bytes of (channel, row tap, column tap) from a target's first source
        /// element.
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
            const columns = source.columns;
            const step = source.strides.column * @as(isize, @intCast(columns.stride));
            fillValue(T, target, source.fill, source.rows.phases() * columns.phases() * source.extent * width);
            var to = target;
            for (0..source.rows.phases()) |row_phase| for (0..columns.phases()) |column_phase| {
                const first = columns.origin + @as(isize, @intCast(column_phase));
                const low = firstInside(first, columns.stride, 0, width);
                const high = @max(low, firstInside(first, columns.stride, columns.size, width));
                const from = first + @as(isize, @intCast(low * columns.stride));
                const top = source.rows.origin + @as(isize, @intCast(row * source.rows.stride + row_phase));
                const row_low = firstInside(top, source.rows.stride, 0, source.extent);
                const row_high = @max(row_low, firstInside(top, source.rows.stride, source.rows.size, source.extent));
                const row_step = source.strides.row * @as(isize, @intCast(source.rows.stride));
                var line = advance(T, plane, top * source.strides.row + @as(isize, @intCast(row_low)) * row_step +
                    from * source.strides.column);
                for (row_low..row_high) |i| {
                    copyStrided(T, to + i * width + low, line, step, high - low);
                    line = advance(T, line, row_step);
                }
                to += source.extent * width;
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
        // The second load ends with the last element wanted, never behind it.
        const mask = comptime evensThenOdds(lanes);
        while (i < count) : (i += lanes) {
            if (i + lanes > count) {
                const left = count - i;
                if (i > 0) {
                    i = count - lanes;
                } else {
                    const low = loadPartOrZero(T, source, @min(lanes, 2 * left - 1));
                    const high = loadPartOrZero(T, source + lanes, 2 * left - 1 -| lanes);
                    return simd.storePart(T, target, @shuffle(T, low, high, evens(lanes)), left);
                }
            }
            const low = simd.load(T, source + 2 * i);
            const high = simd.load(T, source + 2 * i + lanes - 1);
            simd.store(T, target + i, @shuffle(T, low, high, mask));
        }
        return;
    }
    while (i < count) : (i += 1) target[i] = advance(T, source, @as(isize, @intCast(i)) * stride)[0];
}

inline fn loadPartOrZero(comptime T: type, source: [*]const T, count: usize) simd.Vector(T) {
    return if (count == 0) @splat(0) else simd.loadPart(T, source, count);
}

/// The even elements of one vector, then the odd ones of another.
fn evensThenOdds(comptime lanes: comptime_int) [lanes]i32 {
    var mask: [lanes]i32 = undefined;
    for (&mask, 0..) |*m, i| m.* = if (2 * i < lanes) 2 * i else ~@as(i32, 2 * i - lanes + 1);
    return mask;
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

/// Mask of @shuffle for the elements of two vectors by turns: the first half of the result, or the
/// second.
pub fn turns(comptime lanes: comptime_int, comptime second: bool) [lanes]i32 {
    var mask: [lanes]i32 = undefined;
    for (&mask, 0..) |*m, i| {
        const at = i / 2 + if (second) lanes / 2 else 0;
        m.* = if (i % 2 == 0) at else ~@as(i32, at);
    }
    return mask;
}
