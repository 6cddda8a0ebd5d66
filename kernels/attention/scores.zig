//! What attention and its gradient share: the operands, and blocks of scores.
const std = @import("std");
const abi = @import("abi");
const geometry = @import("../geometry.zig");
const grid = @import("../gemm/grid.zig");
const pack = @import("../gemm/pack.zig");
const runtime = @import("../runtime.zig");
const simd = @import("../simd.zig");
const tile = @import("../gemm/tile.zig");
const at = tile.at;

/// Their scores are 32 KB of float32: with the keys' and values' blocks they stay in L2.
pub const query_block = 64;
pub const key_block = 128;

/// Rows and columns any distance apart.
pub fn Matrix(comptime T: type) type {
    return struct {
        p: [*]const T,
        row: isize,
        column: isize = 1,

        pub fn from(m: @This(), row: usize) @This() {
            return .{ .p = at(m.p, row, m.row), .row = m.row, .column = m.column };
        }

        pub fn turned(m: @This()) @This() {
            return .{ .p = m.p, .row = m.column, .column = m.row };
        }
    };
}

/// What both directions know: the operands, and how to compute a block of scores.
pub fn Problem(comptime T: type) type {
    return struct {
        const Self = @This();
        pub const N = simd.lanes(T);
        pub const V = simd.Vector(T);
        pub const width = tile.Limits(T).width;
        pub const lowest = -std.math.inf(T);

        queries: usize,
        keys: usize,
        depth: usize,
        width_v: usize,
        heads: usize,
        nest: geometry.Nest(4) = .{},
        matrices: [3]Matrix(T),
        mask: enum { none, kept, added } = .none,
        mask_at: usize = 0,
        mask_row: isize = 0,
        mask_column: isize = 0,
        scale: T,
        is_causal: bool,

        pub fn init(call: *const abi.Call, first: usize) Self {
            const axis = call.input(first).dims() - 2;
            var problem: Self = .{
                .queries = call.input(first).extent(axis),
                .keys = call.input(first + 1).extent(axis),
                .depth = call.input(first).extent(axis + 1),
                .width_v = call.input(first + 2).extent(axis + 1),
                .heads = 1,
                .matrices = undefined,
                .scale = @floatCast(call.attribute(0)),
                .is_causal = call.attribute(1) != 0,
            };
            for (&problem.matrices, first..) |*matrix, i| {
                const view = call.input(i);
                matrix.* = .{
                    .p = view.pointer(T),
                    .row = view.stride(axis),
                    .column = view.stride(axis + 1),
                };
            }
            const has_mask = abi.toUsize(call.input_count) > first + 3;
            if (has_mask) {
                const view = call.input(first + 3);
                problem.mask = if (view.kind() == .bool) .kept else .added;
                problem.mask_at = abi.toUsize(view.data);
                problem.mask_row = view.stride(axis);
                problem.mask_column = view.stride(axis + 1);
            }
            for (0..axis) |i| {
                var strides: [4]isize = @splat(0);
                for (0..if (has_mask) 4 else 3) |k| strides[k] = call.input(first + k).stride(i);
                problem.nest.push(call.input(first).extent(i), strides);
                problem.heads *= call.input(first).extent(i);
            }
            return problem;
        }

        pub const Head = struct { q: Matrix(T), k: Matrix(T), v: Matrix(T), mask: isize };

        pub fn head(problem: *const Self, index: usize) Head {
            const offsets = problem.nest.at(index).offsets;
            var own = problem.matrices;
            for (&own, offsets[0..3]) |*matrix, offset| matrix.p = geometry.shift(matrix.p, offset);
            return .{ .q = own[0], .k = own[1], .v = own[2], .mask = offsets[3] };
        }

        /// Nanoseconds on one thread, roughly, of so many times both products.
        pub fn cost(problem: *const Self, times: f64) f64 {
            const scores: f64 = @floatFromInt(problem.heads * problem.queries * problem.keys);
            const each: f64 = @floatFromInt(problem.depth + problem.width_v);
            const seen_share: f64 = if (problem.is_causal) 0.5 else 1;
            return times * scores * each * seen_share * @sizeOf(T) / (2.5 * simd.vector_bytes);
        }

        /// Keys of the block from `key` on that the queries up to `stop` see.
        pub fn seen(problem: *const Self, key: usize, stop: usize) usize {
            const rest = @min(key_block, problem.keys - key);
            return if (problem.is_causal) @min(rest, stop -| key) else rest;
        }

        /// Elements of a block of `lines` rows of m^T in strips.
        pub fn stripElements(lines: usize, depth: usize) usize {
            return (lines + width - 1) / width * width * depth;
        }

        /// Rows of m as columns, in strips.
        pub fn packTurned(m: Matrix(T), rows: usize, depth: usize, target: [*]T) void {
            var j: usize = 0;
            while (j < rows) : (j += width) {
                const count = @min(width, rows - j);
                const strip = target + j * depth;
                pack.packStrip(T, width, depth, count, at(m.p, j, m.row), m.column, m.row, strip);
            }
        }

        /// rows x columns of `out`, key_block apart: a times what packTurned made.
        pub fn multiplyPacked(
            a: Matrix(T),
            strips: [*]const T,
            rows: usize,
            columns: usize,
            depth: usize,
            alpha: T,
            out: [*]T,
        ) void {
            const block: tile.Block(T) = .{
                .depth = depth,
                .a_row = a.row,
                .a_step = a.column,
                .b_step = width,
                .c_row = key_block,
                .alpha = alpha,
            };
            tile.sweep(T, &block, rows, columns, a.p, strips, width * depth, out, out);
        }

        pub const Size = struct { rows: usize, columns: usize, depth: usize };

        /// c (+)= a b, with b read in place where the micro-kernels can.
        pub fn multiply(
            size: Size,
            a: Matrix(T),
            b: Matrix(T),
            c: [*]T,
            accumulate: bool,
            strip: [*]T,
        ) void {
            const columns = size.columns;
            var block: tile.Block(T) = .{
                .depth = size.depth,
                .a_row = a.row,
                .a_step = a.column,
                .b_step = b.row,
                .c_row = columns,
                .accumulate = accumulate,
            };
            const is_readable = b.column == 1 and (tile.has_masks or columns % N == 0);
            if (is_readable and !grid.collides(T, b.row, size.depth))
                return tile.sweep(T, &block, size.rows, columns, a.p, b.p, width, c, c);
            block.b_step = width;
            var j: usize = 0;
            while (j < columns) : (j += width) {
                const count = @min(width, columns - j);
                const source = at(b.p, j, b.column);
                pack.packStrip(T, width, size.depth, count, source, b.row, b.column, strip);
                tile.sweep(T, &block, size.rows, count, a.p, strip, width, c + j, c + j);
            }
        }

        /// A block of m where its rows do not fall into the same cache sets.
        pub fn spread(m: Matrix(T), rows: usize, columns: usize, copy: [*]T) Matrix(T) {
            if (m.column == 1 and !grid.collides(T, m.row, rows)) return m;
            const row = pack.copyAlongDepth(T, rows, columns, m.p, m.row, m.column, copy);
            return .{ .p = copy, .row = row };
        }

        /// Scores of queries `query`.. and keys `key`.., -inf where a query does not see a key and
        /// from `columns` to the end of the vector.
        pub fn score(
            problem: *const Self,
            own: *const Head,
            q: Matrix(T),
            strips: [*]const T,
            query: usize,
            rows: usize,
            key: usize,
            columns: usize,
            out: [*]T,
        ) void {
            multiplyPacked(q, strips, rows, columns, problem.depth, problem.scale, out);
            for (0..rows) |i| {
                const row = out + i * key_block;
                const until = if (problem.is_causal) (query + i + 1) -| key else columns;
                const visible = @min(columns, until);
                if (problem.mask != .none) problem.applyMask(own, row, query + i, key, visible);
                @memset(row[visible..roundUp(columns)], lowest);
            }
        }

        pub fn roundUp(n: usize) usize {
            return (n + N - 1) / N * N;
        }

        fn applyMask(
            problem: *const Self,
            own: *const Head,
            row: [*]T,
            query: usize,
            key: usize,
            n: usize,
        ) void {
            const step = problem.mask_column;
            const line: isize = @intCast(query);
            const first: isize = @intCast(key);
            const offset = own.mask + line * problem.mask_row + first * step;
            if (problem.mask == .added) {
                const added = geometry.shift(@as([*]const T, @ptrFromInt(problem.mask_at)), offset);
                for (row[0..n], 0..) |*x, j| x.* += at(added, j, step)[0];
                return;
            }
            const kept = geometry.shift(@as([*]const u8, @ptrFromInt(problem.mask_at)), offset);
            var j: usize = 0;
            const Bytes = @Vector(N, u8);
            if (step == 1) while (j + N <= n) : (j += N) {
                const is_kept = @as(Bytes, kept[j..][0..N].*) != @as(Bytes, @splat(0));
                const x: V = row[j..][0..N].*;
                row[j..][0..N].* = @select(T, is_kept, x, @as(V, @splat(lowest)));
            };
            while (j < n) : (j += 1) {
                if (at(kept, j, step)[0] == 0) row[j] = lowest;
            }
        }
    };
}

/// Scratch memory of a job, cut into pieces.
pub fn Pieces(comptime T: type) type {
    return struct {
        p: [*]T,

        pub fn init(counts: anytype) ?@This() {
            var total: usize = 0;
            for (counts) |count| total += rounded(count);
            return .{ .p = runtime.scratch(.chunk, T, total) orelse return null };
        }

        /// The next piece; they are taken in the order of the counts.
        pub fn take(pieces: *@This(), count: usize) [*]T {
            const piece = pieces.p;
            pieces.p += rounded(count);
            return piece;
        }

        fn rounded(count: usize) usize {
            return (count + 15) / 16 * 16;
        }
    };
}
