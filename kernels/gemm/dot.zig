//! Products in which both operands run along the depth (x W^T with few rows): dot products, several
//! rows of A against several columns of B at once. Nothing is packed, each column of B is read once
//! per six rows.
const std = @import("std");
const simd = @import("../simd.zig");
const tile = @import("tile.zig");
const assert = std.debug.assert;
const Block = tile.Block;
const at = tile.at;

const rows_max = if (simd.avx512 or simd.arm) 6 else if (simd.avx2) 3 else 2;
/// Up to so many rows, eight columns at a time: fewer loads of A per multiplication, more streams
/// of B.
const wide_rows = if (simd.avx512 or simd.arm) 3 else 1;

/// Computes rows x (1..width) elements of C; column j of B is `b_column` behind column j - 1.
fn Kernel(comptime T: type) type {
    return *const fn (
        block: *const Block(T),
        a: [*]const T,
        b: [*]const T,
        b_column: isize,
        c: [*]T,
        bias: [*]const T,
        columns: usize,
    ) void;
}

fn Dot(comptime T: type, comptime rows: comptime_int, comptime width: comptime_int) type {
    const L = simd.lanes(T);
    const V = simd.Vector(T);
    return struct {
        noinline fn kernel(
            block: *const Block(T),
            a: [*]const T,
            b: [*]const T,
            b_column: isize,
            c: [*]T,
            bias: [*]const T,
            columns: usize,
        ) void {
            assert(columns >= 1 and columns <= width);
            var b_columns: [width][*]const T = undefined;
            // Columns that do not exist repeat the last one; their sums are not stored.
            inline for (0..width) |j| b_columns[j] = at(b, @min(j, columns - 1), b_column);
            var sums: [rows][width]V = @splat(@splat(@splat(0)));
            var p: usize = 0;
            while (p + L <= block.depth) : (p += L) {
                var av: [rows]V = undefined;
                inline for (0..rows) |i| av[i] = simd.load(T, at(a, i, block.a_row) + p);
                inline for (0..width) |j| {
                    const bv = simd.load(T, b_columns[j] + p);
                    inline for (0..rows) |i| sums[i][j] = simd.mulAdd(av[i], bv, sums[i][j]);
                }
            }
            if (p < block.depth) {
                const rest = block.depth - p;
                var av: [rows]V = undefined;
                inline for (0..rows) |i| av[i] = simd.loadPart(T, at(a, i, block.a_row) + p, rest);
                inline for (0..width) |j| {
                    const bv = simd.loadPart(T, b_columns[j] + p, rest);
                    inline for (0..rows) |i| sums[i][j] = simd.mulAdd(av[i], bv, sums[i][j]);
                }
            }
            inline for (0..rows) |i| inline for (0..width / 4) |group| {
                if (columns > 4 * group) {
                    const four = horizontal(T, sums[i][4 * group ..][0..4].*);
                    const row_bias = at(bias, i, block.bias_row) + if (block.bias == .elements) 4 * group else 0;
                    finish(T, block, four, c + i * block.c_row + 4 * group, row_bias, @min(columns - 4 * group, 4));
                }
            };
        }
    };
}

/// The four sums over lanes, as one vector.
inline fn horizontal(comptime T: type, sums: [4]simd.Vector(T)) @Vector(4, T) {
    if (simd.lanes(T) == 2) {
        const first = @shuffle(T, sums[0], sums[1], [2]i32{ 0, -1 }) + @shuffle(T, sums[0], sums[1], [2]i32{ 1, -2 });
        const second = @shuffle(T, sums[2], sums[3], [2]i32{ 0, -1 }) + @shuffle(T, sums[2], sums[3], [2]i32{ 1, -2 });
        return std.simd.join(first, second);
    }
    var q: [4]@Vector(4, T) = undefined;
    inline for (&q, sums) |*to, from| to.* = foldToFour(from);
    const low = [4]i32{ 0, -1, 1, -2 };
    const high = [4]i32{ 2, -3, 3, -4 };
    const first = @shuffle(T, q[0], q[1], low) + @shuffle(T, q[0], q[1], high);
    const second = @shuffle(T, q[2], q[3], low) + @shuffle(T, q[2], q[3], high);
    return @shuffle(T, first, second, [4]i32{ 0, 1, -1, -2 }) + @shuffle(T, first, second, [4]i32{ 2, 3, -3, -4 });
}

fn foldToFour(v: anytype) @Vector(4, @typeInfo(@TypeOf(v)).vector.child) {
    const n = @typeInfo(@TypeOf(v)).vector.len;
    if (n == 4) return v;
    return foldToFour(std.simd.extract(v, 0, n / 2) + std.simd.extract(v, n / 2, n / 2));
}

inline fn finish(comptime T: type, block: *const Block(T), sums: @Vector(4, T), c: [*]T, bias: [*]const T, count: usize) void {
    const Four = @Vector(4, T);
    var v = sums * @as(Four, @splat(block.alpha));
    switch (block.bias) {
        .none => {},
        .per_row => v += @as(Four, @splat(bias[0])),
        .elements => v += loadFour(T, bias, count),
    }
    if (block.accumulate) v += loadFour(T, c, count);
    v = tile.clamp(T, v, @as(Four, @splat(block.floor)));
    if (count == 4) {
        c[0..4].* = v;
    } else {
        const values: [4]T = v;
        @memcpy(c[0..count], values[0..count]);
    }
}

inline fn loadFour(comptime T: type, p: [*]const T, count: usize) @Vector(4, T) {
    if (count == 4) return p[0..4].*;
    var values: [4]T = @splat(0);
    @memcpy(values[0..count], p[0..count]);
    return values;
}

fn Dots(comptime T: type) type {
    return struct {
        const regular: [rows_max]Kernel(T) = blk: {
            var table: [rows_max]Kernel(T) = undefined;
            for (&table, 1..) |*entry, rows| entry.* = &Dot(T, rows, 4).kernel;
            break :blk table;
        };
        const wide: [wide_rows]Kernel(T) = blk: {
            var table: [wide_rows]Kernel(T) = undefined;
            for (&table, 1..) |*entry, rows| entry.* = &Dot(T, rows, 8).kernel;
            break :blk table;
        };
    };
}

/// rows x columns of C from A (depth adjacent, rows a_row apart) and B (depth adjacent, columns
/// b_column apart).
pub fn sweep(
    comptime T: type,
    block: *const Block(T),
    rows: usize,
    columns: usize,
    a: [*]const T,
    b: [*]const T,
    b_column: isize,
    c: [*]T,
    bias: [*]const T,
) void {
    assert(block.a_step == 1 and block.b_step == 1);
    if (rows == 0) return;
    const width: usize = if (rows <= wide_rows) 8 else 4;
    const panels = (rows + rows_max - 1) / rows_max;
    const height = rows / panels;
    const taller = rows % panels;
    var j: usize = 0;
    while (j < columns) : (j += width) {
        const bp = at(b, j, b_column);
        const bias_at = if (block.bias == .elements) bias + j else bias;
        const count = @min(columns - j, width);
        if (rows <= wide_rows) {
            Dots(T).wide[rows - 1](block, a, bp, b_column, c + j, bias_at, count);
            continue;
        }
        var i: usize = 0;
        for (0..panels) |p| {
            const panel_rows = height + @intFromBool(p < taller);
            Dots(T).regular[panel_rows - 1](
                block,
                at(a, i, block.a_row),
                bp,
                b_column,
                c + i * block.c_row + j,
                at(bias_at, i, block.bias_row),
                count,
            );
            i += panel_rows;
        }
    }
}
