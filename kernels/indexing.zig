//! Reading and writing by index tensors. Indices are checked before anything is written; they are data, not shapes.
const std = @import("std");
const abi = @import("abi");
const layout = @import("layout.zig");
const runtime = @import("runtime.zig");
const strided = @import("strided.zig");
const testing = @import("testing.zig");

pub const kernels = struct {
    /// out <- x, index (1-D or 0-D): slices of x along a dim; attribute: the dim.
    pub fn indexSelect(call: *abi.Call) callconv(.c) abi.Status {
        const x = call.input(0);
        if (x.dims() == 0) return layout.kernels.copy(call);
        const dim = abi.toUsize(call.attribute(0));
        if (checkIndices(call, call.input(1), x.extent(dim))) |status| return status;
        switch (x.kind()) {
            inline else => |dtype| selectSlices(Bits(dtype), call, dim),
        }
        return .ok;
    }

    /// out <- x, index, source: x with the slices of source, times alpha, added along a dim; attributes: dim, alpha.
    /// Repeated indices add up in their order.
    pub fn indexAdd(call: *abi.Call) callconv(.c) abi.Status {
        const dim = abi.toUsize(call.attribute(0));
        const x = call.input(0);
        if (x.dims() > 0) if (checkIndices(call, call.input(1), x.extent(dim))) |status| return status;
        switch (x.kind()) {
            inline .float32, .float64, .int32, .int64 => |dtype| {
                const status = copyInput(call);
                if (status != .ok) return status;
                addSlices(dtype.Type(), call, dim);
                return .ok;
            },
            else => return .bad_dtype,
        }
    }

    /// out (of index's shape) <- x, index: one element along a dim for each index; attribute: the dim.
    pub fn gather(call: *abi.Call) callconv(.c) abi.Status {
        const x = call.input(0);
        const dim = abi.toUsize(call.attribute(0));
        const limit = if (x.dims() == 0) 1 else x.extent(dim);
        if (checkIndices(call, call.input(1), limit)) |status| return status;
        switch (x.kind()) {
            inline else => |dtype| eachPlace(Bits(dtype), call, dim, call.output(0), x, .read),
        }
        return .ok;
    }

    /// out <- x, index, source: x with elements of source added along a dim, one for each index; attribute: the dim.
    pub fn scatterAdd(call: *abi.Call) callconv(.c) abi.Status {
        return scatterInto(call, .add);
    }

    /// out <- x, index, source: x with elements of source written along a dim; the last of equal indices stays.
    pub fn scatter(call: *abi.Call) callconv(.c) abi.Status {
        return scatterInto(call, .write);
    }
};

/// Selecting only moves: dtypes of one size share code.
fn Bits(comptime dtype: abi.DType) type {
    return std.meta.Int(.unsigned, 8 * @sizeOf(dtype.Type()));
}

/// Element of an index tensor at an offset.
inline fn indexAt(view: *const abi.View, offset: isize) i64 {
    return if (view.kind() == .int32)
        strided.at(i32, view.pointer(i32), offset).*
    else
        strided.at(i64, view.pointer(i64), offset).*;
}

/// The status of the first index outside 0..limit, or null.
fn checkIndices(call: *abi.Call, index: *const abi.View, limit: usize) ?abi.Status {
    const count = abi.toUsize(index.size);
    if (count == 0) return null;
    if (index.dims() == 0) return checkOne(call, indexAt(index, 0), limit);
    var walk: strided.Walk = .init(index, 0);
    var done: usize = 0;
    while (done < count) {
        const run = walk.left();
        for (0..run) |i| {
            const found = indexAt(index, walk.offset + @as(isize, @intCast(i)) * walk.step());
            if (checkOne(call, found, limit)) |status| return status;
        }
        done += run;
        walk.advance(run);
    }
    return null;
}

fn checkOne(call: *abi.Call, found: i64, limit: usize) ?abi.Status {
    if (found >= 0 and found < limit) return null;
    return call.fail(.bad_index, @floatFromInt(found), @floatFromInt(limit));
}

/// Copies input 0 into the output.
fn copyInput(call: *abi.Call) abi.Status {
    var inner = call.*;
    inner.input_count = 1;
    return layout.kernels.copy(&inner);
}

/// A tensor seen as [outer, extent, inner] around a dim.
const Around = struct {
    outer: usize = 1,
    extent: usize,
    inner: usize = 1,

    fn init(view: *const abi.View, dim: usize) Around {
        var around: Around = .{ .extent = view.extent(dim) };
        for (0..dim) |axis| around.outer *= view.extent(axis);
        for (dim + 1..view.dims()) |axis| around.inner *= view.extent(axis);
        return around;
    }
};

/// The part of a view from a dim on: its slices at one place of the dims before.
fn tail(view: *const abi.View, dim: usize) abi.View {
    var part = std.mem.zeroes(abi.View);
    part.dtype = view.dtype;
    part.size = 1;
    for (dim..view.dims(), 0..) |axis, i| {
        part.shape[i] = view.shape[axis];
        part.strides[i] = view.strides[axis];
        part.size *= view.shape[axis];
    }
    part.rank = @floatFromInt(view.dims() - dim);
    return part;
}

/// Offset of the outer-th place of the dims before `dim`.
fn outerOffset(view: *const abi.View, dim: usize, outer: usize) isize {
    var rest = outer;
    var offset: isize = 0;
    var axis = dim;
    while (axis > 0) {
        axis -= 1;
        offset += @as(isize, @intCast(rest % view.extent(axis))) * view.stride(axis);
        rest /= view.extent(axis);
    }
    return offset;
}

/// Bytes that one chunk of a parallel job moves.
const chunk_bytes = 256 * 1024;

fn selectSlices(comptime T: type, call: *abi.Call, dim: usize) void {
    const Job = struct {
        call: *abi.Call,
        dim: usize,
        around: Around,
        slice: abi.View,
        is_dense: bool,
        rows: usize,
        rows_per_chunk: usize,

        fn run(job: *const @This(), chunk: usize) void {
            const first = chunk * job.rows_per_chunk;
            for (first..@min(first + job.rows_per_chunk, job.rows)) |row| job.copyRow(row);
        }

        fn copyRow(job: *const @This(), row: usize) void {
            const x = job.call.input(0);
            const index = job.call.input(1);
            const count = abi.toUsize(index.size);
            const which: isize = @intCast(row % count);
            const step = if (index.dims() == 0) 0 else index.stride(0);
            const chosen: isize = @intCast(indexAt(index, which * step));
            const offset = outerOffset(x, job.dim, row / count) + chosen * x.stride(job.dim);
            const source: [*]T = @ptrCast(strided.at(T, x.pointer(T), offset));
            const target = job.call.output(0).pointer(T) + row * job.around.inner;
            if (job.is_dense) {
                @memcpy(target[0..job.around.inner], source[0..job.around.inner]);
            } else {
                var view = job.slice;
                view.data = @floatFromInt(@intFromPtr(source));
                strided.gather(T, &view, 0, job.around.inner, target);
            }
        }
    };
    const x = call.input(0);
    const around: Around = .init(x, dim);
    const rows = around.outer * abi.toUsize(call.input(1).size);
    if (rows == 0 or around.inner == 0) return;
    var slice = tail(x, dim + 1);
    const is_scalar = slice.dims() == 0;
    if (is_scalar) { // a rank of 1 is the least that walks go through
        slice.rank = 1;
        slice.shape[0] = 1;
        slice.strides[0] = 1;
    }
    const row_bytes = around.inner * @sizeOf(T);
    const rows_per_chunk = @max(chunk_bytes / row_bytes, 1);
    const job: Job = .{
        .call = call,
        .dim = dim,
        .around = around,
        .slice = slice,
        .is_dense = is_scalar or strided.isContiguous(&slice),
        .rows = rows,
        .rows_per_chunk = rows_per_chunk,
    };
    const nanoseconds = @as(f64, @floatFromInt(rows)) * (10 + @as(f64, @floatFromInt(row_bytes)) * 0.1);
    runtime.parallelFor((rows + rows_per_chunk - 1) / rows_per_chunk, nanoseconds, &job, Job.run);
}

/// Adds slices in the order of their indices. Chunks are strips of the slices' elements, so that no two add at one place.
fn addSlices(comptime T: type, call: *abi.Call, dim: usize) void {
    const Job = struct {
        call: *abi.Call,
        dim: usize,
        around: Around,
        strip: usize,
        strips: usize,

        fn run(job: *const @This(), chunk: usize) void {
            const outer = chunk / job.strips;
            const first = chunk % job.strips * job.strip;
            const last = @min(first + job.strip, job.around.inner);
            const index = job.call.input(1);
            const source = job.call.input(2);
            const step = if (index.dims() == 0) 0 else index.stride(0);
            const out = job.call.output(0).pointer(T) + outer * job.around.extent * job.around.inner;
            const source_offset = if (source.dims() == 0) 0 else outerOffset(source, job.dim, outer);
            var buffer: [strip_max]T = undefined;
            for (0..abi.toUsize(index.size)) |i| {
                const chosen: usize = @intCast(indexAt(index, @as(isize, @intCast(i)) * step));
                const along: isize = if (source.dims() == 0) 0 else @as(isize, @intCast(i)) * source.stride(job.dim);
                var slice = tailOrScalar(source, job.dim);
                slice.data = @floatFromInt(@intFromPtr(strided.at(T, source.pointer(T), source_offset + along)));
                strided.gather(T, &slice, first, last - first, &buffer);
                addRow(T, (out + chosen * job.around.inner + first)[0 .. last - first], buffer[0 .. last - first], job.call.attribute(1));
            }
        }
    };
    const x = call.input(0);
    const around: Around = if (x.dims() == 0) .{ .extent = 1 } else .init(x, dim);
    if (around.inner == 0 or around.outer == 0) return;
    const strips = (around.inner + strip_max - 1) / strip_max;
    const job: Job = .{ .call = call, .dim = dim, .around = around, .strip = strip_max, .strips = strips };
    const elements: f64 = @floatFromInt(around.outer * around.inner);
    runtime.parallelFor(around.outer * strips, elements * call.input(1).size * 0.3, &job, Job.run);
}

const strip_max = 512;

fn tailOrScalar(view: *const abi.View, dim: usize) abi.View {
    if (view.dims() > dim + 1) return tail(view, dim + 1);
    var one = std.mem.zeroes(abi.View);
    one.rank = 1;
    one.size = 1;
    one.shape[0] = 1;
    one.strides[0] = 1;
    return one;
}

fn addRow(comptime T: type, target: []T, source: []const T, alpha: f64) void {
    if (@typeInfo(T) == .int) {
        const factor: T = @intFromFloat(alpha);
        for (target, source) |*t, s| t.* +%= s *% factor;
    } else {
        const factor: T = @floatCast(alpha);
        for (target, source) |*t, s| t.* += s * factor;
    }
}

const Access = enum { read, write, add };

fn scatterInto(call: *abi.Call, comptime access: Access) abi.Status {
    const x = call.input(0);
    const dim = abi.toUsize(call.attribute(0));
    const limit = if (x.dims() == 0) 1 else x.extent(dim);
    if (checkIndices(call, call.input(1), limit)) |status| return status;
    switch (x.kind()) {
        inline else => |dtype| {
            if (access == .add and (dtype == .bool or dtype == .uint8)) return .bad_dtype;
            const status = copyInput(call);
            if (status != .ok) return status;
            const T = if (access == .add) dtype.Type() else Bits(dtype);
            eachPlace(T, call, dim, call.input(2), call.output(0), access);
            return .ok;
        },
    }
}

/// For each index, in row-major order: moves one element between `plain`, read at the index's own place, and `chosen`,
/// whose place along the dim is the index's value.
fn eachPlace(comptime T: type, call: *abi.Call, dim: usize, plain: *const abi.View, chosen: *const abi.View, comptime access: Access) void {
    const index = call.input(1);
    const count = abi.toUsize(index.size);
    if (count == 0) return;
    if (index.dims() == 0) return move(T, access, plain.pointer(T), chosen.pointer(T));
    const last = index.dims() - 1;
    const row = index.extent(last);
    // Along the last dim the chosen place moves by its own stride, unless that is the dim that the index decides.
    const chosen_step = if (last == dim) 0 else chosen.stride(last);
    var place: [abi.rank_max]usize = @splat(0);
    for (0..count / row) |_| {
        var index_offset: isize = 0;
        var plain_offset: isize = 0;
        var chosen_offset: isize = 0;
        for (0..last) |axis| {
            const at: isize = @intCast(place[axis]);
            index_offset += at * index.stride(axis);
            plain_offset += at * plain.stride(axis);
            if (axis != dim) chosen_offset += at * chosen.stride(axis);
        }
        for (0..row) |i| {
            const step: isize = @intCast(i);
            const value: isize = @intCast(indexAt(index, index_offset + step * index.stride(last)));
            move(
                T,
                access,
                @ptrCast(strided.at(T, plain.pointer(T), plain_offset + step * plain.stride(last))),
                @ptrCast(strided.at(T, chosen.pointer(T), chosen_offset + step * chosen_step + value * chosen.stride(dim))),
            );
        }
        var axis = last;
        while (axis > 0) {
            axis -= 1;
            place[axis] += 1;
            if (place[axis] < index.extent(axis)) break;
            place[axis] = 0;
        }
    }
}

inline fn move(comptime T: type, comptime access: Access, plain: [*]T, chosen: [*]T) void {
    switch (access) {
        .read => plain[0] = chosen[0],
        .write => chosen[0] = plain[0],
        .add => chosen[0] = if (@typeInfo(T) == .int) chosen[0] +% plain[0] else chosen[0] + plain[0],
    }
}

test "indexSelect copies rows, columns and elements of any layout" {
    const x = [_]f32{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };
    const index = [_]i64{ 2, 0, 2 };
    const indices = testing.contiguous(i64, &index, &.{3});
    var out: [12]f32 = undefined;
    try testing.run(kernels.indexSelect, &.{testing.contiguous(f32, &out, &.{ 3, 4 })}, &.{ testing.contiguous(f32, &x, &.{ 3, 4 }), indices }, &.{0});
    try std.testing.expectEqualSlices(f32, &.{ 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11 }, &out);
    try testing.run(kernels.indexSelect, &.{testing.contiguous(f32, &out, &.{ 3, 3 })}, &.{ testing.contiguous(f32, &x, &.{ 3, 4 }), indices }, &.{1});
    try std.testing.expectEqualSlices(f32, &.{ 2, 0, 2, 6, 4, 6, 10, 8, 10 }, out[0..9]);
    // The transposed matrix: rows of the result are columns of x, with a stride.
    try testing.run(kernels.indexSelect, &.{testing.contiguous(f32, &out, &.{ 3, 3 })}, &.{ testing.strided(f32, &x[0], &.{ 4, 3 }, &.{ 1, 4 }), indices }, &.{0});
    try std.testing.expectEqualSlices(f32, &.{ 2, 6, 10, 0, 4, 8, 2, 6, 10 }, out[0..9]);
}

test "an index outside its dim is reported before anything is written" {
    const x = [_]f32{ 1, 2, 3 };
    var out = [_]f32{ 7, 7 };
    for ([_]i64{ -1, 3 }) |bad| {
        const index = [_]i64{ 0, bad };
        var call = testing.frame(
            &.{testing.contiguous(f32, &out, &.{2})},
            &.{ testing.contiguous(f32, &x, &.{3}), testing.contiguous(i64, &index, &.{2}) },
            &.{0},
        );
        inline for (.{ kernels.indexSelect, kernels.gather }) |kernel| {
            try std.testing.expectEqual(abi.Status.bad_index, kernel(&call));
            try std.testing.expectEqual(@as(f64, @floatFromInt(bad)), call.detail[0]);
            try std.testing.expectEqual(@as(f64, 3), call.detail[1]);
        }
        try std.testing.expectEqualSlices(f32, &.{ 7, 7 }, &out);
    }
}

test "indexAdd and scatterAdd add repeated indices, gather and scatter are their reverses" {
    const x = [_]f64{ 1, 1, 1, 1, 1, 1 };
    const source = [_]f64{ 10, 20, 30, 40, 50, 60 };
    const rows = [_]i32{ 1, 1, 0 };
    var out: [6]f64 = undefined;
    try testing.run(kernels.indexAdd, &.{testing.contiguous(f64, &out, &.{ 3, 2 })}, &.{
        testing.contiguous(f64, &x, &.{ 3, 2 }),
        testing.contiguous(i32, &rows, &.{3}),
        testing.contiguous(f64, &source, &.{ 3, 2 }),
    }, &.{ 0, 2 });
    try std.testing.expectEqualSlices(f64, &.{ 101, 121, 81, 121, 1, 1 }, &out);

    const places = [_]i64{ 2, 0, 2, 1 };
    try testing.run(kernels.scatterAdd, &.{testing.contiguous(f64, &out, &.{ 2, 3 })}, &.{
        testing.contiguous(f64, &x, &.{ 2, 3 }),
        testing.contiguous(i64, &places, &.{ 2, 2 }),
        testing.strided(f64, &source[0], &.{ 2, 2 }, &.{ 2, 1 }),
    }, &.{1});
    try std.testing.expectEqualSlices(f64, &.{ 21, 1, 11, 1, 41, 31 }, &out);

    try testing.run(kernels.scatter, &.{testing.contiguous(f64, &out, &.{ 2, 3 })}, &.{
        testing.contiguous(f64, &x, &.{ 2, 3 }),
        testing.contiguous(i64, &places, &.{ 2, 2 }),
        testing.strided(f64, &source[0], &.{ 2, 2 }, &.{ 2, 1 }),
    }, &.{1});
    try std.testing.expectEqualSlices(f64, &.{ 20, 1, 10, 1, 40, 30 }, &out);

    var picked: [4]f64 = undefined;
    try testing.run(kernels.gather, &.{testing.contiguous(f64, &picked, &.{ 2, 2 })}, &.{
        testing.contiguous(f64, &out, &.{ 2, 3 }),
        testing.contiguous(i64, &places, &.{ 2, 2 }),
    }, &.{1});
    try std.testing.expectEqualSlices(f64, &.{ 10, 20, 30, 40 }, &picked);
}
