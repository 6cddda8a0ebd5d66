//! Views of indices, int32 or int64, of any strides: reading and checking them.
const std = @import("std");
const abi = @import("abi");
const runtime = @import("runtime.zig");
const simd = @import("simd.zig");
const strided = @import("strided.zig");
const View = abi.View;

/// Indices read at a time.
pub const block_size = 256;
pub const Block = [block_size]i64;

/// Indices, or elements, of one chunk of a job: 10 to 50 us.
pub const chunk_size = 16 << 10;

/// The extent of a dim; a scalar counts as one dim of 1.
pub fn axisExtent(view: *const View, axis: usize) usize {
    return if (view.dims() == 0) 1 else view.extent(axis);
}

/// The stride of a dim, likewise.
pub fn axisStride(view: *const View, axis: usize) isize {
    return if (view.dims() == 0) 0 else view.stride(axis);
}

/// `count` indices, `step` apart: where they are if they are a run of int64, else in the block.
pub fn read(index: *const View, offset: isize, step: isize, count: usize, block: *Block) [*]const i64 {
    if (index.kind() == .int64) {
        const first = strided.at(i64, index.pointer(i64), offset);
        if (step == 1) return first;
        for (block[0..count], 0..) |*value, i| value.* = strided.at(i64, first, @as(isize, @intCast(i)) * step)[0];
    } else {
        const first = strided.at(i32, index.pointer(i32), offset);
        for (block[0..count], 0..) |*value, i| value.* = strided.at(i32, first, @as(isize, @intCast(i)) * step)[0];
    }
    return block;
}

/// out[i] = x[i * step + chosen[i] * stride]
pub fn pick(
    comptime T: type,
    out: [*]T,
    x: [*]T,
    step: isize,
    chosen: [*]const i64,
    stride: isize,
    count: usize,
) void {
    var from = x;
    for (chosen[0..count], out[0..count]) |index, *element| {
        element.* = strided.at(T, from, index *% stride)[0];
        from = strided.at(T, from, step);
    }
}

/// Null if all indices are in 0..limit.
pub fn check(call: *abi.Call, index: *const View, limit: usize) ?abi.Status {
    if (index.kind() != .int64 and index.kind() != .int32) return .bad_dtype;
    var first_wrong: std.atomic.Value(usize) = .init(std.math.maxInt(usize));
    const size = abi.toUsize(index.size);
    if (size == 0) return null;
    const checking: Check = .{ .index = promoted(index), .size = size, .limit = limit, .first_wrong = &first_wrong };
    const chunks = std.math.divCeil(usize, size, chunk_size) catch unreachable;
    runtime.parallelFor(chunks, @as(f64, @floatFromInt(size)) * 0.3, &checking, Check.chunk);
    const wrong = first_wrong.load(.monotonic);
    if (wrong == std.math.maxInt(usize)) return null;
    var block: Block = undefined;
    const value = read(index, strided.offsetOf(index, wrong), 1, 1, &block)[0];
    return call.fail(.bad_index, @floatFromInt(value), @floatFromInt(limit));
}

const Check = struct {
    index: View,
    size: usize,
    limit: usize,
    first_wrong: *std.atomic.Value(usize),

    fn chunk(checking: *const Check, number: usize) void {
        const end = @min((number + 1) * chunk_size, checking.size);
        var done = number * chunk_size;
        var walk: strided.Walk = .init(&checking.index, done);
        var block: Block = undefined;
        while (done < end) {
            const run = @min(walk.left(), end - done, block_size);
            const values = read(&checking.index, walk.offset, walk.step(), run, &block);
            if (anyWrong(values, run, checking.limit)) {
                for (values[0..run], 0..) |value, i| {
                    if (value >= 0 and value < checking.limit) continue;
                    _ = checking.first_wrong.fetchMin(done + i, .monotonic);
                    return;
                }
            }
            done += run;
            walk.advance(run);
        }
    }

    fn anyWrong(values: [*]const i64, count: usize, limit: usize) bool {
        const lanes = simd.lanes(u64);
        const unsigned: [*]const u64 = @ptrCast(values);
        const limits: simd.Vector(u64) = @splat(limit);
        var wrong: @Vector(lanes, bool) = @splat(false);
        var i: usize = 0;
        while (i + lanes <= count) : (i += lanes) wrong = wrong | (simd.load(u64, unsigned + i) >= limits);
        while (i < count) : (i += 1) if (unsigned[i] >= limit) return true;
        return @reduce(.Or, wrong);
    }
};

/// A view of rank 0 as one of rank 1.
pub fn promoted(view: *const View) View {
    var result = view.*;
    if (view.dims() > 0) return result;
    result.rank = 1;
    result.shape[0] = 1;
    result.strides[0] = 0;
    return result;
}
