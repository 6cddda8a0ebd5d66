//! Rows chosen by index: read (indexSelect), and added to (indexAdd).
const std = @import("std");
const abi = @import("abi");
const indices = @import("../indices.zig");
const runtime = @import("../runtime.zig");
const simd = @import("../simd.zig");
const strided = @import("../strided.zig");
const View = abi.View;
const chunk_size = indices.chunk_size;

pub fn select(comptime T: type, call: *abi.Call, dim: usize) abi.Status {
    const x = call.input(0);
    const index = call.input(1);
    const inner = strided.part(x, dim + 1, x.dims());
    const row_size = abi.toUsize(inner.size);
    const size = abi.toUsize(call.output(0).size);
    if (size == 0) return .ok;
    const rows = size / row_size;
    const job: Select(T) = .{
        .out = call.output(0).pointer(T),
        .x = x.pointer(T),
        .index = index,
        .outer = strided.part(x, 0, dim),
        .inner = inner,
        .inner_direct = strided.isContiguous(&inner),
        .stride = x.stride(dim),
        .row_size = row_size,
        .row_count = rows,
        .rows_in_chunk = @max(1, chunk_size / row_size),
    };
    const chunks = std.math.divCeil(usize, rows, job.rows_in_chunk) catch unreachable;
    const cost = @as(f64, @floatFromInt(rows)) * (2 + @as(f64, @floatFromInt(row_size * @sizeOf(T))) * 0.05);
    runtime.parallelFor(chunks, cost, &job, Select(T).chunk);
    return .ok;
}

fn Select(comptime T: type) type {
    return struct {
        out: [*]T,
        x: [*]T,
        index: *const View,
        /// The dims of x before and after that of the index.
        outer: View,
        inner: View,
        inner_direct: bool,
        stride: isize,
        row_size: usize,
        row_count: usize,
        rows_in_chunk: usize,

        fn chunk(job: *const @This(), number: usize) void {
            const end = @min((number + 1) * job.rows_in_chunk, job.row_count);
            const period = abi.toUsize(job.index.size);
            const step = indices.axisStride(job.index, 0);
            var row = number * job.rows_in_chunk;
            var block: indices.Block = undefined;
            while (row < end) {
                const k = row % period;
                const run = @min(period - k, end - row, indices.block_size);
                const chosen = indices.read(job.index, @as(isize, @intCast(k)) * step, step, run, &block);
                const base = strided.at(T, job.x, strided.offsetOf(&job.outer, row / period));
                const out = job.out + row * job.row_size;
                if (job.row_size == 1) {
                    indices.pick(T, out, base, 0, chosen, job.stride, run);
                } else if (job.inner_direct) {
                    job.copyRows(out, base, chosen[0..run]);
                } else {
                    job.gatherRows(out, base, chosen[0..run]);
                }
                row += run;
            }
        }

        inline fn rowOf(job: *const @This(), base: [*]T, index: i64) [*]T {
            return strided.at(T, base, @as(isize, @intCast(index)) * job.stride);
        }

        fn copyRows(job: *const @This(), out: [*]T, base: [*]T, chosen: []const i64) void {
            const ahead = 6;
            const bytes = job.row_size * @sizeOf(T);
            for (chosen, 0..) |index, i| {
                // Rows of a large table are in no cache, and their addresses in no order that the
                // processor guesses.
                if (i + ahead < chosen.len) {
                    const next: [*]const u8 = @ptrCast(job.rowOf(base, chosen[i + ahead]));
                    var line: usize = 0;
                    while (line < @min(bytes, 512)) : (line += 64) @prefetch(next + line, .{});
                }
                copy(@ptrCast(out + i * job.row_size), @ptrCast(job.rowOf(base, index)), bytes);
            }
        }

        fn gatherRows(job: *const @This(), out: [*]T, base: [*]T, chosen: []const i64) void {
            var row = job.inner;
            for (chosen, 0..) |index, i| {
                row.data = @floatFromInt(@intFromPtr(job.rowOf(base, index)));
                strided.gather(T, &row, 0, job.row_size, out + i * job.row_size);
            }
        }
    };
}

/// memcpy for rows: those of a few vectors are copied here, with the last vector over the end of
/// the one before. A call costs as much as 256 bytes.
inline fn copy(out: [*]u8, from: [*]const u8, bytes: usize) void {
    inline for (.{ 32, 16, 8, 4 }) |width| {
        if (bytes >= width and bytes < 2 * width) {
            const V = @Vector(width, u8);
            const first: V = from[0..width].*;
            const last: V = (from + bytes - width)[0..width].*;
            out[0..width].* = first;
            (out + bytes - width)[0..width].* = last;
            return;
        }
    }
    if (bytes < 4) {
        for (0..bytes) |i| out[i] = from[i];
    } else if (bytes <= 1024) {
        const V = @Vector(64, u8);
        var i: usize = 0;
        while (i + 64 < bytes) : (i += 64) out[i..][0..64].* = @as(V, from[i..][0..64].*);
        const last: V = (from + bytes - 64)[0..64].*;
        (out + bytes - 64)[0..64].* = last;
    } else @memcpy(out[0..bytes], from);
}

/// Widest segment of a row that a chunk adds.
const segment_max = 1024;

pub fn addRows(comptime T: type, call: *abi.Call) abi.Status {
    const out = call.output(0);
    const index = call.input(1);
    const source = call.input(2);
    const dim = abi.toUsize(call.attribute(0));
    if (indices.check(call, index, out.extent(dim))) |status| return status;
    strided.copyAll(T, out, call.input(0));
    const inner = strided.part(source, dim + 1, source.dims());
    const outer = strided.part(source, 0, dim);
    const row_size = abi.toUsize(inner.size);
    const count = abi.toUsize(index.size);
    const outer_size = abi.toUsize(outer.size);
    if (row_size == 0 or count == 0 or outer_size == 0) return .ok;
    // Chunks are columns of rows: no two of them write the same element.
    const wanted = if (outer_size >= 8) segment_max else std.mem.alignForward(usize, row_size / 8, 16);
    const width = @min(std.math.clamp(wanted, 64, segment_max), row_size);
    const segments = std.math.divCeil(usize, row_size, width) catch unreachable;
    const job: AddRows(T) = .{
        .out = out.pointer(T),
        .source = source.pointer(T),
        .index = index,
        .outer = outer,
        .inner = inner,
        .inner_direct = strided.isContiguous(&inner),
        .stride = source.stride(dim),
        .extent = out.extent(dim),
        .row_size = row_size,
        .alpha = if (@typeInfo(T) == .int) @intFromFloat(call.attribute(1)) else @floatCast(call.attribute(1)),
        .width = width,
        .segments = segments,
        .items = outer_size * segments,
        .items_in_chunk = @max(1, chunk_size / (width * count)),
    };
    const chunks = std.math.divCeil(usize, job.items, job.items_in_chunk) catch unreachable;
    const cost = @as(f64, @floatFromInt(outer_size * count)) * (4 + @as(f64, @floatFromInt(row_size)) * 0.2);
    runtime.parallelFor(chunks, cost, &job, AddRows(T).chunk);
    return .ok;
}

fn AddRows(comptime T: type) type {
    return struct {
        out: [*]T,
        source: [*]T,
        index: *const View,
        /// The dims of the source before and after that of the index.
        outer: View,
        inner: View,
        inner_direct: bool,
        /// Of the index's dim in the source; its extent in the output.
        stride: isize,
        extent: usize,
        row_size: usize,
        alpha: T,
        /// Rows are cut into segments of this width. An item is one segment of all rows of one
        /// outer index.
        width: usize,
        segments: usize,
        items: usize,
        items_in_chunk: usize,

        fn chunk(job: *const @This(), number: usize) void {
            const first = number * job.items_in_chunk;
            for (first..@min(first + job.items_in_chunk, job.items)) |item| {
                job.add(item / job.segments, item % job.segments);
            }
        }

        fn add(job: *const @This(), outer: usize, segment: usize) void {
            const column = segment * job.width;
            const width = @min(job.width, job.row_size - column);
            const out = job.out + outer * job.extent * job.row_size + column;
            const source = strided.at(T, job.source, strided.offsetOf(&job.outer, outer));
            const count = abi.toUsize(job.index.size);
            const step = indices.axisStride(job.index, 0);
            var block: indices.Block = undefined;
            var gathered: [segment_max]T = undefined;
            var row = job.inner;
            var k: usize = 0;
            while (k < count) {
                const run = @min(count - k, indices.block_size);
                const chosen = indices.read(job.index, @as(isize, @intCast(k)) * step, step, run, &block);
                for (chosen[0..run], k..) |index, row_number| {
                    const from = strided.at(T, source, @as(isize, @intCast(row_number)) * job.stride);
                    var values: [*]const T = from + column;
                    if (!job.inner_direct) {
                        row.data = @floatFromInt(@intFromPtr(from));
                        strided.gather(T, &row, column, width, &gathered);
                        values = &gathered;
                    }
                    addRow(T, out + @as(usize, @intCast(index)) * job.row_size, values, job.alpha, width);
                }
                k += run;
            }
        }
    };
}

inline fn addRow(comptime T: type, out: [*]T, values: [*]const T, alpha: T, count: usize) void {
    const lanes = simd.lanes(T);
    const factor: simd.Vector(T) = @splat(alpha);
    var i: usize = 0;
    while (i + lanes <= count) : (i += lanes) {
        simd.store(T, out + i, plus(simd.load(T, out + i), factor, simd.load(T, values + i)));
    }
    while (i < count) : (i += 1) out[i] = plus(out[i], alpha, values[i]);
}

/// x + factor * y. Integers wrap around.
inline fn plus(x: anytype, factor: @TypeOf(x), y: @TypeOf(x)) @TypeOf(x) {
    const T = @TypeOf(x);
    const Child = if (@typeInfo(T) == .vector) @typeInfo(T).vector.child else T;
    return if (@typeInfo(Child) == .int) x +% factor *% y else simd.mulAdd(factor, y, x);
}
