//! Views of any strides, read in row-major order.
const std = @import("std");
const abi = @import("abi");
const runtime = @import("runtime.zig");

pub fn isContiguous(view: *const abi.View) bool {
    var step: isize = 1;
    var axis = view.dims();
    while (axis > 0) {
        axis -= 1;
        const extent: isize = @intCast(view.extent(axis));
        if (extent == 0) return true;
        if (extent != 1 and view.stride(axis) != step) return false;
        step *= extent;
    }
    return true;
}

/// Elements first..first + count of the view, in row-major order, into `out`.
pub fn gather(comptime T: type, view: *const abi.View, first: usize, count: usize, out: [*]T) void {
    const data = view.pointer(T);
    if (count == 0) return;
    if (isContiguous(view)) return @memcpy(out[0..count], data[first..]);
    var walk: Walk = .init(view, first);
    var done: usize = 0;
    while (done < count) {
        const run = @min(walk.left(), count - done);
        const from = at(T, data, walk.offset);
        const step = walk.step();
        if (step == 1) {
            @memcpy(out[done..][0..run], from);
        } else if (step == 0) {
            @memset(out[done..][0..run], from[0]);
        } else for (out[done..][0..run], 0..) |*element, i| {
            element.* = at(T, from, @as(isize, @intCast(i)) * step)[0];
        }
        done += run;
        walk.advance(run);
    }
}

/// Address of an element `offset` elements away, either way.
pub inline fn at(comptime T: type, data: [*]T, offset: isize) [*]T {
    return @ptrFromInt(@intFromPtr(data) +% @as(usize, @bitCast(offset *% @sizeOf(T))));
}

/// The view of some of a view's dims, from its first element on.
pub fn part(view: *const abi.View, first: usize, end: usize) abi.View {
    std.debug.assert(first <= end and end <= view.dims());
    var result: abi.View = .{
        .data = view.data,
        .dtype = view.dtype,
        .rank = @floatFromInt(end - first),
        .size = 1,
        .shape = undefined,
        .strides = undefined,
    };
    for (first..end, 0..) |from, axis| {
        result.shape[axis] = view.shape[from];
        result.strides[axis] = view.strides[from];
        result.size *= view.shape[from];
    }
    return result;
}

/// Offset of an element, by its number in row-major order, from the first.
pub fn offsetOf(view: *const abi.View, number: usize) isize {
    if (view.dims() == 0) return 0;
    return Walk.init(view, number).offset;
}

/// A place in a view of rank 1 or more, moved along in row-major order.
pub const Walk = struct {
    view: *const abi.View,
    /// Of the current element, from that at index 0 of every dim.
    offset: isize = 0,
    index: [abi.rank_max]usize = undefined,

    pub fn init(view: *const abi.View, first: usize) Walk {
        var walk: Walk = .{ .view = view };
        var rest = first;
        var axis = view.dims();
        std.debug.assert(axis > 0);
        while (axis > 0) {
            axis -= 1;
            const extent = view.extent(axis);
            walk.index[axis] = rest % extent;
            rest /= extent;
            walk.offset += @as(isize, @intCast(walk.index[axis])) * view.stride(axis);
        }
        return walk;
    }

    inline fn last(walk: *const Walk) usize {
        return walk.view.dims() - 1;
    }

    /// Elements up to the end of the last dim.
    pub fn left(walk: *const Walk) usize {
        return walk.view.extent(walk.last()) - walk.index[walk.last()];
    }

    /// Stride of the last dim.
    pub fn step(walk: *const Walk) isize {
        return walk.view.stride(walk.last());
    }

    /// Moves on by `count`, at most left().
    pub fn advance(walk: *Walk, count: usize) void {
        std.debug.assert(count <= walk.left());
        var axis = walk.last();
        walk.index[axis] += count;
        walk.offset += @as(isize, @intCast(count)) * walk.step();
        while (axis > 0 and walk.index[axis] == walk.view.extent(axis)) : (axis -= 1) {
            walk.offset -= @as(isize, @intCast(walk.index[axis])) * walk.view.stride(axis);
            walk.index[axis] = 0;
            walk.index[axis - 1] += 1;
            walk.offset += walk.view.stride(axis - 1);
        }
    }
};

/// out <- x of any strides; out is contiguous.
pub fn copyAll(comptime T: type, out: *const abi.View, x: *const abi.View) void {
    const Job = struct {
        out: [*]T,
        x: *const abi.View,
        size: usize,

        fn chunk(job: *const @This(), number: usize) void {
            const first = number * copy_chunk;
            gather(T, job.x, first, @min(copy_chunk, job.size - first), job.out + first);
        }
    };
    const size = abi.toUsize(out.size);
    if (size == 0) return;
    const job: Job = .{ .out = out.pointer(T), .x = x, .size = size };
    const chunks = std.math.divCeil(usize, size, copy_chunk) catch unreachable;
    runtime.parallelFor(chunks, @as(f64, @floatFromInt(size * @sizeOf(T))) * 0.05, &job, Job.chunk);
}

const copy_chunk = 128 << 10;

test "gather reads transposed, reversed and broadcast views in row-major order" {
    const testing = @import("testing.zig");
    var data: [60]i32 = undefined;
    for (&data, 0..) |*x, i| x.* = @intCast(i);
    const view = testing.strided(i32, &data[4], &.{ 3, 2, 5, 2 }, &.{ 10, 30, -1, 0 });
    var expected: [60]i32 = undefined;
    for (0..3) |a| for (0..2) |b| for (0..5) |c| for (0..2) |d| {
        expected[((a * 2 + b) * 5 + c) * 2 + d] = @intCast(4 + 10 * a + 30 * b - c);
    };
    for (0..60) |first| for (0..60 - first + 1) |count| {
        var out: [60]i32 = undefined;
        gather(i32, &view, first, count, &out);
        try std.testing.expectEqualSlices(i32, expected[first..][0..count], out[0..count]);
    };
}
