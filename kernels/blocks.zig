//! Moves of two-dimensional blocks between any two layouts, by element size: row copies, splats,
//! strided gathers and scatters, and transposes in registers. Elements are only moved, so unsigned
//! integers of their size stand for them.
const std = @import("std");
const simd = @import("simd.zig");

/// One operand of a move: the first element, and the distances in bytes to the next row and the
/// next column.
pub const Side = struct {
    pointer: [*]u8,
    row: isize,
    column: isize,

    inline fn at(side: Side, r: usize, c: usize) [*]u8 {
        return offset(side.pointer, side.row * @as(isize, @intCast(r)) + side.column * @as(isize, @intCast(c)));
    }
};

/// Where normal stores would read the output's lines first, only to overwrite them: non-temporal
/// ones do not.
pub const Store = enum { normal, stream };

pub inline fn offset(pointer: [*]u8, bytes: isize) [*]u8 {
    return @ptrFromInt(@intFromPtr(pointer) +% @as(usize, @bitCast(bytes)));
}

/// to[r, c] = from[r, c] for elements of `size` bytes (1, 2, 4, 8). `stream` needs `to` aligned to
/// a vector in every row.
pub fn move(size: usize, rows: usize, columns: usize, to: Side, from: Side, store: Store) void {
    switch (size) {
        1 => moveOf(u8, rows, columns, to, from, store),
        2 => moveOf(u16, rows, columns, to, from, store),
        4 => moveOf(u32, rows, columns, to, from, store),
        8 => moveOf(u64, rows, columns, to, from, store),
        else => unreachable,
    }
}

/// Edge of the square that is transposed in registers: one vector, except that 64 vectors of bytes
/// or 32 of two would not fit.
fn Edge(comptime T: type) comptime_int {
    return @min(if (@sizeOf(T) < 4) 16 else 64, simd.lanes(T));
}

fn moveOf(comptime T: type, rows: usize, columns: usize, to: Side, from: Side, store: Store) void {
    const unit = @sizeOf(T);
    if (to.column == unit and from.column == unit) {
        for (0..rows) |r| copyRow(T, columns, to.at(r, 0), from.at(r, 0), store);
    } else if (to.column == unit and from.column == 0) {
        for (0..rows) |r| splatRow(T, columns, to.at(r, 0), from.at(r, 0), store);
    } else if (to.column == unit and from.row == unit and rows >= Edge(T) and columns >= Edge(T)) {
        switch (store) {
            .normal => transpose(T, .normal, rows, columns, to, from),
            .stream => transpose(T, .stream, rows, columns, to, from),
        }
    } else for (0..rows) |r| stepRow(T, columns, to.at(r, 0), to.column, from.at(r, 0), from.column);
}

fn copyRow(comptime T: type, columns: usize, to: [*]u8, from: [*]const u8, store: Store) void {
    const bytes = columns * @sizeOf(T);
    // A call of memcpy costs more than so short a row.
    if (bytes < 32) return stepRow(T, columns, to, @sizeOf(T), @constCast(from), @sizeOf(T));
    if (store == .stream) return copyStream(bytes, to, from);
    @memcpy(to[0..bytes], from[0..bytes]);
}

/// Copy past the caches; `to` aligned to a vector.
fn copyStream(bytes: usize, to: [*]u8, from: [*]const u8) void {
    const L = simd.vector_bytes;
    std.debug.assert(@intFromPtr(to) % L == 0);
    var i: usize = 0;
    while (i + 4 * L <= bytes) : (i += 4 * L) {
        var v: [4]@Vector(L, u8) = undefined;
        inline for (&v, 0..) |*x, u| x.* = simd.load(u8, from + i + u * L);
        inline for (v, 0..) |x, u| simd.storeStream(u8, to + i + u * L, x);
    }
    @memcpy(to[i..bytes], from[i..bytes]);
}

fn splatRow(comptime T: type, columns: usize, to: [*]u8, from: [*]const u8, store: Store) void {
    const L = simd.lanes(T);
    const out: [*]align(1) T = @ptrCast(to);
    const value = @as(*align(1) const T, @ptrCast(from)).*;
    if (columns < L) {
        for (0..columns) |c| out[c] = value;
        return;
    }
    const v: simd.Vector(T) = @splat(value);
    const last = columns - L;
    var c: usize = 0;
    if (store == .stream) {
        while (c < last) : (c += L) simd.storeStream(T, @ptrCast(@alignCast(out + c)), v);
    } else {
        while (c + 3 * L < last) : (c += 4 * L) inline for (0..4) |u| {
            out[c + u * L ..][0..L].* = v;
        };
        while (c < last) : (c += L) out[c..][0..L].* = v;
    }
    out[last..][0..L].* = v;
}

/// One row element by element: loads of four before their stores, so that they overlap.
fn stepRow(comptime T: type, columns: usize, to: [*]u8, to_step: isize, from: [*]u8, from_step: isize) void {
    var o = to;
    var x = from;
    var c: usize = 0;
    while (c + 4 <= columns) : (c += 4) {
        var v: [4]T = undefined;
        inline for (&v, 0..) |*e, u| e.* = @as(*align(1) const T, @ptrCast(offset(x, from_step * u))).*;
        inline for (v, 0..) |e, u| @as(*align(1) T, @ptrCast(offset(o, to_step * u))).* = e;
        x = offset(x, 4 * from_step);
        o = offset(o, 4 * to_step);
    }
    while (c < columns) : (c += 1) {
        @as(*align(1) T, @ptrCast(o)).* = @as(*align(1) const T, @ptrCast(x)).*;
        x = offset(x, from_step);
        o = offset(o, to_step);
    }
}

/// Block by block down the rows, so that reads run along the source's unit stride. The last block
/// of each direction overlaps the one before it.
fn transpose(comptime T: type, comptime store: Store, rows: usize, columns: usize, to: Side, from: Side) void {
    const n = Edge(T);
    std.debug.assert(rows >= n);
    std.debug.assert(columns >= n);
    var c: usize = 0;
    while (c < columns) : (c += n) {
        const column = @min(c, columns - n);
        var r: usize = 0;
        while (r < rows) : (r += n) {
            const row = @min(r, rows - n);
            transposeBlock(T, store, to.at(row, column), to.row, from.at(row, column), from.column);
        }
    }
}

inline fn transposeBlock(comptime T: type, comptime store: Store, to: [*]u8, to_row: isize, from: [*]u8, from_column: isize) void {
    const n = Edge(T);
    var v: [n]@Vector(n, T) = undefined;
    inline for (&v, 0..) |*x, i| x.* = whole(@Vector(n, T), @as(*align(1) const [n]T, @ptrCast(offset(from, from_column * i))).*);
    transposeVectors(T, n, &v);
    inline for (v, 0..) |x, i| {
        const target = offset(to, to_row * i);
        if (store == .stream and n == comptime simd.lanes(T)) {
            simd.storeStream(T, @ptrCast(@alignCast(target)), x);
        } else @as(*align(1) [n]T, @ptrCast(target)).* = x;
    }
}

/// A vector that must have been loaded as one. LLVM would otherwise fold the first shuffles into
/// loads of pieces, which takes three times as long (0.30 instead of 0.10 ns an element with 16 x
/// 16 blocks in L1).
inline fn whole(comptime V: type, v: V) V {
    if (simd.x86) return asm (""
        : [o] "=v" (-> V),
        : [v] "0" (v),
    );
    return v;
}

/// Swaps the off-diagonal squares of half the size, then of a quarter and so on: in the end lane j
/// of vector i is what was lane i of vector j.
inline fn transposeVectors(comptime T: type, comptime n: comptime_int, v: *[n]@Vector(n, T)) void {
    @setEvalBranchQuota(10_000);
    comptime var s = n / 2;
    inline while (s > 0) : (s /= 2) {
        const low, const high = comptime masks: {
            var lanes: [2][n]i32 = undefined;
            for (0..n) |j| {
                lanes[0][j] = if (j & s == 0) j else ~@as(i32, j - s);
                lanes[1][j] = if (j & s == 0) j + s else ~@as(i32, j);
            }
            break :masks lanes;
        };
        inline for (0..n) |i| if (i & s == 0) {
            const a = v[i];
            const b = v[i + s];
            v[i] = @shuffle(T, a, b, low);
            v[i + s] = @shuffle(T, a, b, high);
        };
    }
}

test "move: every pair of layouts" {
    const sizes = [_]usize{ 1, 2, 3, 7, 16, 17, 33, 40 };
    inline for (.{ u8, u16, u32, u64 }) |T| {
        var source: [200 * 200]T = undefined;
        for (&source, 0..) |*x, i| x.* = @truncate(i *% 2654435761);
        const target = try std.testing.allocator.alloc(T, 200 * 200);
        defer std.testing.allocator.free(target);
        const unit: isize = @sizeOf(T);
        const layouts = [_][2]isize{ .{ 45, 1 }, .{ 1, 45 }, .{ 97, 2 }, .{ 2, 97 }, .{ 0, 1 }, .{ 1, 0 }, .{ -50, -1 }, .{ -1, 50 } };
        for (sizes) |rows| for (sizes) |columns| for (layouts, 0..) |from, k| for (layouts[0..4]) |to| {
            @memset(target, 0);
            const first: [*]u8 = @ptrCast(&source[if (k >= 6) 5000 else 0]);
            const first_out: [*]u8 = @ptrCast(target.ptr);
            const a: Side = .{ .pointer = first_out, .row = to[0] * unit, .column = to[1] * unit };
            const b: Side = .{ .pointer = first, .row = from[0] * unit, .column = from[1] * unit };
            move(@sizeOf(T), rows, columns, a, b, .normal);
            for (0..rows) |r| for (0..columns) |c| {
                const want = @as(*align(1) const T, @ptrCast(b.at(r, c))).*;
                try std.testing.expectEqual(want, @as(*align(1) const T, @ptrCast(a.at(r, c))).*);
            };
        };
    }
}

test "move: streaming" {
    inline for (.{ u8, u16, u32, u64 }) |T| {
        var source: [64 * 64]T align(64) = undefined;
        var target: [64 * 64]T align(64) = undefined;
        for (&source, 0..) |*x, i| x.* = @truncate(i *% 40503);
        const unit: isize = @sizeOf(T);
        const to: Side = .{ .pointer = @ptrCast(&target), .row = 64 * unit, .column = unit };
        for ([_][2]isize{ .{ 64, 1 }, .{ 1, 64 } }) |from| {
            const side: Side = .{ .pointer = @ptrCast(&source), .row = from[0] * unit, .column = from[1] * unit };
            move(@sizeOf(T), 64, 64, to, side, .stream);
            simd.fence();
            for (0..64) |r| for (0..64) |c| {
                const i: usize = @intCast(from[0] * @as(isize, @intCast(r)) + from[1] * @as(isize, @intCast(c)));
                try std.testing.expectEqual(source[i], target[r * 64 + c]);
            };
        }
    }
}
