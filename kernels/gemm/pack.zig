//! Copies of matmul's operands in the order in which the micro-kernels read them: B in strips, A in
//! padded rows.
const std = @import("std");
const simd = @import("../simd.zig");
const at = @import("tile.zig").at;
const assert = std.debug.assert;

/// Depth x columns of B (strides `step`, `column`) as one strip: rows of `width` elements, with
/// zeros from `columns` to the end of the vector; vectors without a column are not read by the
/// micro-kernels and not written.
pub fn packStrip(
    comptime T: type,
    comptime width: comptime_int,
    depth: usize,
    columns: usize,
    b: [*]const T,
    step: isize,
    column: isize,
    target: [*]T,
) void {
    assert(columns >= 1 and columns <= width);
    if (column == 1) return packRows(T, width, depth, columns, b, step, target);
    if (step == 1) return packColumns(T, width, depth, columns, b, column, target);
    for (0..depth) |p| {
        const row = target + p * width;
        const source = at(b, p, step);
        for (0..columns) |j| row[j] = at(source, j, column)[0];
        @memset(row[columns..width], 0);
    }
}

/// The columns of B are adjacent: its rows are copied.
fn packRows(comptime T: type, comptime width: comptime_int, depth: usize, columns: usize, b: [*]const T, step: isize, target: [*]T) void {
    const L = simd.lanes(T);
    for (0..depth) |p| {
        const source = at(b, p, step);
        const row = target + p * width;
        if (columns == width) {
            inline for (0..width / L) |v| simd.store(T, row + v * L, simd.load(T, source + v * L));
        } else inline for (0..width / L) |v| {
            if (columns > v * L) {
                const count = @min(columns - v * L, L);
                simd.store(T, row + v * L, simd.loadPart(T, source + v * L, count));
            }
        }
    }
}

/// B's columns run along the depth: squares of lanes x lanes are transposed in registers.
fn packColumns(comptime T: type, comptime width: comptime_int, depth: usize, columns: usize, b: [*]const T, column: isize, target: [*]T) void {
    const L = simd.lanes(T);
    inline for (0..width / L) |v| {
        const count = @min(columns -| v * L, L);
        const source = at(b, v * L, column);
        var p: usize = if (count == 0) depth else 0;
        while (p < depth) : (p += L) {
            const steps = @min(depth - p, L);
            var square: [L]simd.Vector(T) = @splat(@splat(0));
            if (steps == L and count == L) {
                inline for (0..L) |j| square[j] = simd.load(T, at(source, j, column) + p);
            } else inline for (0..L) |j| {
                if (j < count) square[j] = simd.loadPart(T, at(source, j, column) + p, steps);
            }
            transpose(T, &square);
            inline for (0..L) |i| {
                if (i < steps) simd.store(T, target + (p + i) * width + v * L, square[i]);
            }
        }
    }
}

/// Each stage interleaves row i with row i + L/2. An element's index, its row's bits followed by
/// its column's, rotates by one bit; after log2(L) stages row and column have changed places.
pub inline fn transpose(comptime T: type, square: *[simd.lanes(T)]simd.Vector(T)) void {
    const L = simd.lanes(T);
    const low = comptime interleaved(L, 0);
    const high = comptime interleaved(L, L / 2);
    inline for (0..comptime std.math.log2_int(usize, L)) |_| {
        const before = square.*;
        inline for (0..L / 2) |i| {
            square[2 * i] = @shuffle(T, before[i], before[i + L / 2], low);
            square[2 * i + 1] = @shuffle(T, before[i], before[i + L / 2], high);
        }
    }
}

/// Mask of a @shuffle that takes lanes of both vectors in turn.
fn interleaved(comptime L: comptime_int, first: i32) [L]i32 {
    var mask: [L]i32 = undefined;
    for (&mask, 0..) |*lane, i| {
        const from = first + @as(i32, i / 2);
        lane.* = if (i % 2 == 0) from else ~from;
    }
    return mask;
}

/// A block of A copied out of the way of cache set conflicts: its new strides.
pub const Placed = struct { row: isize, step: isize };

/// Elements that `copyBlock` may write for a block of A.
pub fn copyElements(rows: usize, depth: usize) usize {
    return @max(rows * pitch(depth), depth * pitch(rows));
}

/// An odd number of 16 elements: consecutive rows start in different cache sets, whatever their
/// length. (One line more than the row would put rows of 1000 elements exactly 4 KiB apart: 82
/// instead of 106 GFLOP/s.)
fn pitch(length: usize) usize {
    return ((length + 15) / 16 | 1) * 16;
}

/// Copies rows x depth of A (strides `row`, `step`) and keeps its direction: adjacent elements stay
/// adjacent.
pub fn copyBlock(comptime T: type, rows: usize, depth: usize, a: [*]const T, row: isize, step: isize, target: [*]T) Placed {
    if (row == 1) {
        for (0..depth) |p| copyLine(T, rows, at(a, p, step), target + p * pitch(rows));
        return .{ .row = 1, .step = @intCast(pitch(rows)) };
    }
    for (0..rows) |i| {
        const line = target + i * pitch(depth);
        const source = at(a, i, row);
        if (step == 1) copyLine(T, depth, source, line) else for (0..depth) |p| line[p] = at(source, p, step)[0];
    }
    return .{ .row = @intCast(pitch(depth)), .step = 1 };
}

/// The same, always with the depth adjacent. Returns the distance between rows.
pub fn copyAlongDepth(comptime T: type, rows: usize, depth: usize, a: [*]const T, row: isize, step: isize, target: [*]T) isize {
    for (0..rows) |i| {
        const line = target + i * pitch(depth);
        const source = at(a, i, row);
        if (step == 1) copyLine(T, depth, source, line) else for (0..depth) |p| line[p] = at(source, p, step)[0];
    }
    return @intCast(pitch(depth));
}

inline fn copyLine(comptime T: type, count: usize, source: [*]const T, target: [*]T) void {
    const L = simd.lanes(T);
    var i: usize = 0;
    while (i + L <= count) : (i += L) simd.store(T, target + i, simd.load(T, source + i));
    if (i < count) simd.storePart(T, target + i, simd.loadPart(T, source + i, count - i), count - i);
}

test "transpose swaps rows and columns" {
    inline for (.{ f32, f64, i32, i64 }) |T| {
        const L = simd.lanes(T);
        var square: [L]simd.Vector(T) = undefined;
        inline for (0..L) |i| {
            var row: [L]T = undefined;
            for (&row, 0..) |*x, j| x.* = if (@typeInfo(T) == .int) @intCast(i * L + j) else @floatFromInt(i * L + j);
            square[i] = row;
        }
        transpose(T, &square);
        inline for (0..L) |i| {
            const row: [L]T = square[i];
            for (row, 0..) |x, j| {
                const want: T = if (@typeInfo(T) == .int) @intCast(j * L + i) else @floatFromInt(j * L + i);
                try std.testing.expectEqual(want, x);
            }
        }
    }
}
