//! Micro-kernels of matmul: one tile of C lives in registers while the depth runs.
//!
//! Vectors run along the columns of C, elements of A are broadcast. A is therefore read in place at
//! any strides, and B wherever its columns are adjacent: packing is a matter of cache sets
//! (gemm/pack.zig), not of the kernel. Every row count has a kernel of its own, so that rows are
//! split evenly (100 rows are 8 panels of 12 or 13, never 14 and a remainder of 2), and alpha,
//! bias, accumulation and relu are applied before the tile leaves the registers.
const std = @import("std");
const simd = @import("../simd.zig");
const assert = std.debug.assert;

/// Tile shapes of a level: as many accumulators as its registers hold beside a row of B and a
/// broadcast.
pub fn Limits(comptime T: type) type {
    return struct {
        const float = @typeInfo(T) == .float;
        pub const lanes = simd.lanes(T);
        pub const rows = if (!float) 4 else if (simd.avx512) 14 else if (simd.arm) 8 else 6;
        pub const vectors = if (float and simd.arm) 3 else 2;
        /// Columns of a strip, the unit in which B is packed.
        pub const width = vectors * lanes;
        /// With so few rows a tile of `vectors` has too few accumulators to hide the latency of an
        /// FMA.
        pub const wide_rows = if (!float) 0 else if (simd.avx512) 6 else if (simd.arm) 4 else 2;
        pub const wide_vectors = 4;
        /// On cores that run 64-byte vectors in two halves, up to half a vector of columns costs
        /// half.
        pub const narrow_lanes = if (float and simd.avx512) lanes / 2 else 0;
    };
}

/// Without masks the last, partial vector of a row of B is read whole: such columns must come
/// packed with padding.
pub const has_masks = simd.avx2;

pub const Bias = enum(u8) { none, per_row, elements };

/// What all tiles of a block share. C's rows are `c_row` apart, its columns adjacent.
pub fn Block(comptime T: type) type {
    return struct {
        depth: usize,
        a_row: isize,
        a_step: isize,
        b_step: isize,
        c_row: usize,
        alpha: T = 1,
        /// The smallest result: 0 for relu.
        floor: T = lowest(T),
        accumulate: bool = false,
        bias: Bias = .none,
        bias_row: isize = 0,

        fn isPlain(block: *const @This()) bool {
            return block.alpha == 1 and !block.accumulate and block.bias == .none and block.floor == lowest(T);
        }
    };
}

pub fn lowest(comptime T: type) T {
    return if (@typeInfo(T) == .float) -std.math.inf(T) else std.math.minInt(T);
}

/// The element `index` strides behind p; the stride may be negative.
pub inline fn at(p: anytype, index: usize, stride: isize) @TypeOf(p) {
    return p + index *% @as(usize, @bitCast(stride));
}

pub inline fn mulAdd(comptime T: type, x: anytype, y: @TypeOf(x), z: @TypeOf(x)) @TypeOf(x) {
    return if (@typeInfo(T) == .float) simd.mulAdd(x, y, z) else z +% x *% y;
}

pub inline fn add(comptime T: type, x: anytype, y: @TypeOf(x)) @TypeOf(x) {
    return if (@typeInfo(T) == .float) x + y else x +% y;
}

pub inline fn mul(comptime T: type, x: anytype, y: @TypeOf(x)) @TypeOf(x) {
    return if (@typeInfo(T) == .float) x * y else x *% y;
}

/// x, or the floor where x is less; a NaN stays. One instruction: the second operand of x86's max
/// wins over a NaN.
pub inline fn clamp(comptime T: type, x: anytype, floor: @TypeOf(x)) @TypeOf(x) {
    if (@typeInfo(@TypeOf(x)) == .vector) return @select(T, floor > x, floor, x);
    return if (floor > x) floor else x;
}

/// One vector of a row: `L` lanes, of which the first `count` exist when `partial`.
fn Lanes(comptime T: type, comptime L: comptime_int, comptime partial: bool) type {
    return struct {
        const V = @Vector(L, T);
        const whole = L == simd.lanes(T);
        const name = if (T == f32) "ps" else "pd";

        inline fn load(p: [*]const T, count: usize) V {
            if (!partial) return p[0..L].*;
            if (comptime whole) return simd.loadPart(T, p, count);
            return asm volatile ("vmovu" ++ name ++ " (%[p]), %[o]{%[k]}{z}"
                : [o] "=v" (-> V),
                : [p] "r" (p),
                  [k] "^Yk" (mask(count)),
                : .{ .memory = true });
        }

        inline fn store(p: [*]T, v: V, count: usize) void {
            if (!partial) {
                p[0..L].* = v;
            } else if (comptime whole) {
                simd.storePart(T, p, v, count);
            } else asm volatile ("vmovu" ++ name ++ " %[v], (%[p]){%[k]}"
                :
                : [v] "v" (v),
                  [p] "r" (p),
                  [k] "^Yk" (mask(count)),
                : .{ .memory = true });
        }

        /// v + p[0..count]. Load and add are one statement: volatile loads would all be issued
        /// ahead of the adds, and a tile that fills the register file spills.
        inline fn plus(v: V, p: [*]const T, count: usize) V {
            if (comptime !partial or !simd.avx512 or @typeInfo(T) != .float) return add(T, v, load(p, count));
            return asm volatile ("vadd" ++ name ++ " (%[p]), %[o], %[o]{%[k]}"
                : [o] "=v" (-> V),
                : [p] "r" (p),
                  [k] "^Yk" (mask(count)),
                  [v] "0" (v),
                : .{ .memory = true });
        }

        inline fn mask(count: usize) u16 {
            return @truncate((@as(u32, 1) << @intCast(count)) - 1);
        }
    };
}

/// Computes one tile; `tail` is the count of columns in its last vector.
pub fn Kernel(comptime T: type) type {
    return *const fn (block: *const Block(T), a: [*]const T, b: [*]const T, c: [*]T, bias: [*]const T, tail: usize) void;
}

/// Never inlined: each shape once in the object, under a name of its own.
fn Tile(
    comptime T: type,
    comptime L: comptime_int,
    comptime rows: comptime_int,
    comptime vectors: comptime_int,
    comptime partial: bool,
) type {
    return struct {
        const V = @Vector(L, T);
        const Accumulators = [rows][vectors]V;

        inline fn column(comptime j: comptime_int) type {
            return Lanes(T, L, partial and j == vectors - 1);
        }
        inline fn sourceColumn(comptime j: comptime_int) type {
            return Lanes(T, L, partial and has_masks and j == vectors - 1);
        }

        noinline fn kernel(block: *const Block(T), a: [*]const T, b: [*]const T, c: [*]T, bias: [*]const T, tail: usize) void {
            if (block.depth >= 64) prefetch(c, block.c_row);
            var sums: Accumulators = @splat(@splat(@splat(0)));
            const a_row = block.a_row;
            const a_step = block.a_step;
            const b_step = block.b_step;
            var ap = a;
            var bp = b;
            for (0..block.depth) |_| {
                var bv: [vectors]V = undefined;
                inline for (0..vectors) |j| bv[j] = sourceColumn(j).load(bp + L * j, tail);
                inline for (0..rows) |i| {
                    const av: V = @splat(at(ap, i, a_row)[0]);
                    inline for (0..vectors) |j| sums[i][j] = mulAdd(T, av, bv[j], sums[i][j]);
                }
                ap = at(ap, 1, a_step);
                bp = at(bp, 1, b_step);
            }
            if (!block.isPlain()) finish(block, &sums, c, bias, tail);
            inline for (0..rows) |i| inline for (0..vectors) |j| {
                column(j).store(c + i * block.c_row + L * j, sums[i][j], tail);
            };
        }

        /// alpha * sums + bias + what C held, not less than the floor. Tests stay outside the
        /// unrolled loops.
        inline fn finish(block: *const Block(T), sums: *Accumulators, c: [*]const T, bias: [*]const T, tail: usize) void {
            if (block.alpha != 1) {
                const alpha: V = @splat(block.alpha);
                inline for (0..rows) |i| inline for (0..vectors) |j| {
                    sums[i][j] = mul(T, sums[i][j], alpha);
                };
            }
            switch (block.bias) {
                .none => {},
                .per_row => inline for (0..rows) |i| {
                    const value: V = @splat(at(bias, i, block.bias_row)[0]);
                    inline for (0..vectors) |j| sums[i][j] = add(T, sums[i][j], value);
                },
                .elements => inline for (0..rows) |i| inline for (0..vectors) |j| {
                    sums[i][j] = column(j).plus(sums[i][j], at(bias, i, block.bias_row) + L * j, tail);
                },
            }
            if (block.accumulate) inline for (0..rows) |i| inline for (0..vectors) |j| {
                sums[i][j] = column(j).plus(sums[i][j], c + i * block.c_row + L * j, tail);
            };
            const floor: V = @splat(block.floor);
            inline for (0..rows) |i| inline for (0..vectors) |j| {
                sums[i][j] = clamp(T, sums[i][j], floor);
            };
        }

        inline fn prefetch(c: [*]T, c_row: usize) void {
            inline for (0..rows) |i| inline for (0..vectors * L * @sizeOf(T) / 64) |line| {
                @prefetch(c + i * c_row + line * 64 / @sizeOf(T), .{ .rw = .write, .locality = 3, .cache = .data });
            };
        }
    };
}

fn Tiles(comptime T: type) type {
    const limits = Limits(T);
    return struct {
        /// By rows - 1, vectors - 1, partial.
        const regular: [limits.rows][limits.vectors][2]Kernel(T) = blk: {
            @setEvalBranchQuota(100_000);
            var table: [limits.rows][limits.vectors][2]Kernel(T) = undefined;
            for (&table, 1..) |*row, rows| for (row, 1..) |*pair, vectors| {
                pair.* = .{
                    &Tile(T, limits.lanes, rows, vectors, false).kernel,
                    &Tile(T, limits.lanes, rows, vectors, true).kernel,
                };
            };
            break :blk table;
        };
        const wide: [limits.wide_rows]Kernel(T) = blk: {
            var table: [limits.wide_rows]Kernel(T) = undefined;
            for (&table, 1..) |*entry, rows| entry.* = &Tile(T, limits.lanes, rows, limits.wide_vectors, false).kernel;
            break :blk table;
        };
        const narrow: [limits.rows]Kernel(T) = blk: {
            var table: [limits.rows]Kernel(T) = undefined;
            for (&table, 1..) |*entry, rows| entry.* = &Tile(T, limits.narrow_lanes, rows, 1, true).kernel;
            break :blk table;
        };
    };
}

/// rows x columns of C. `strip` is the distance between two strips of B: Limits.width when B is
/// read in place, more when it is packed. Strips are the outer loop: one stays in the first-level
/// cache while the rows of A pass.
pub fn sweep(
    comptime T: type,
    block: *const Block(T),
    rows: usize,
    columns: usize,
    a: [*]const T,
    b: [*]const T,
    strip: usize,
    c: [*]T,
    bias: [*]const T,
) void {
    const limits = Limits(T);
    const L = limits.lanes;
    if (rows == 0) return;
    var panels: Panels(T) = .{ .block = block, .rows = rows, .a = a };
    panels.count = (rows + limits.rows - 1) / limits.rows;
    panels.height = rows / panels.count;
    panels.taller = rows % panels.count;

    var j: usize = 0;
    var bp = b;
    if (limits.wide_rows > 0 and rows <= limits.wide_rows and strip == limits.width) {
        const width = limits.wide_vectors * L;
        while (j + width <= columns) : (j += width) {
            Tiles(T).wide[rows - 1](block, a, bp, c + j, biasAt(T, block, bias, j), L);
            bp += width;
        }
    }
    while (j < columns) : (j += limits.width) {
        const rest = @min(columns - j, limits.width);
        // One vector and a half: two tiles, of which the narrow one costs half, rather than one of
        // two vectors.
        const first = if (limits.narrow_lanes > 0 and rest > L and rest <= L + limits.narrow_lanes) L else rest;
        panels.run(first, bp, c + j, biasAt(T, block, bias, j));
        if (first < rest) panels.run(rest - first, bp + first, c + j + first, biasAt(T, block, bias, j + first));
        bp += strip;
    }
}

inline fn biasAt(comptime T: type, block: *const Block(T), bias: [*]const T, column: usize) [*]const T {
    return if (block.bias == .elements) bias + column else bias;
}

/// The row panels of a sweep: `taller` of height + 1, then the others.
fn Panels(comptime T: type) type {
    const limits = Limits(T);
    return struct {
        block: *const Block(T),
        rows: usize,
        a: [*]const T,
        count: usize = 0,
        height: usize = 0,
        taller: usize = 0,

        inline fn run(panels: *const @This(), columns: usize, b: [*]const T, c: [*]T, bias: [*]const T) void {
            assert(columns >= 1 and columns <= limits.width);
            const vectors = (columns + limits.lanes - 1) / limits.lanes;
            const tail = columns - (vectors - 1) * limits.lanes;
            const partial = tail != limits.lanes;
            const block = panels.block;
            var i: usize = 0;
            for (0..panels.count) |p| {
                const height = panels.height + @intFromBool(p < panels.taller);
                const is_narrow = limits.narrow_lanes > 0 and columns <= limits.narrow_lanes;
                const kernel = if (is_narrow) Tiles(T).narrow[height - 1] else Tiles(T).regular[height - 1][vectors - 1][@intFromBool(partial)];
                kernel(block, at(panels.a, i, block.a_row), b, c + i * block.c_row, at(bias, i, block.bias_row), tail);
                i += height;
            }
        }
    };
}
