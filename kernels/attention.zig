//! softmax(scale q k^T + mask) v without the matrix of weights, and its gradient (Rabe and Staats
//! 2021; Dao et al. 2022).
//!
//! Scores are computed for a block of queries and a block of keys at a time, with the micro-kernels
//! of matmul. A query's weights are relative to the largest score so far, and what was added up
//! before is scaled when that grows. Of each query the logarithm of its sum of exponentials is
//! kept, from which backward computes the weights again.
//!
//! attention: out [..., L, V], logarithms [..., L] <- q [..., L, E], k [..., S, E], v [..., S, V][,
//! mask [..., L, S]]. attentionGradient: dq, dk, dv <- grad, out, logarithms, q, k, v[, mask]; the
//! first three are contiguous. Attributes: scale, 1 where query i sees keys 0 to i alone. All inputs
//! have the same leading dims; a stride of 0 repeats. Nothing is empty.
const std = @import("std");
const abi = @import("abi");
const fold = @import("fold.zig");
const geometry = @import("geometry.zig");
const grid = @import("gemm_grid.zig");
const math = @import("math.zig");
const pack = @import("gemm_pack.zig");
const runtime = @import("runtime.zig");
const simd = @import("simd.zig");
const tile = @import("gemm_tile.zig");
const at = tile.at;

pub fn attention(call: *abi.Call) callconv(.c) abi.Status {
    return switch (call.output(0).kind()) {
        .float32 => Forward(f32).run(call),
        .float64 => Forward(f64).run(call),
        else => .bad_dtype,
    };
}

pub fn attentionGradient(call: *abi.Call) callconv(.c) abi.Status {
    return switch (call.output(0).kind()) {
        .float32 => Backward(f32).run(call),
        .float64 => Backward(f64).run(call),
        else => .bad_dtype,
    };
}

/// Their scores are 32 KB of float32: with the keys' and values' blocks they stay in L2.
const query_block = 64;
const key_block = 128;
/// Jobs of the forward pass, of which each packs its keys: no shorter than 128 queries.
const forward_jobs = 64;
const forward_rows = 128;
/// Jobs of backward: where heads are fewer, their keys are divided, and each part has a dq.
const backward_jobs = 16;

fn Matrix(comptime T: type) type {
    return struct {
        p: [*]const T,
        row: isize,
        column: isize = 1,

        fn from(m: @This(), row: usize) @This() {
            return .{ .p = at(m.p, row, m.row), .row = m.row, .column = m.column };
        }

        fn turned(m: @This()) @This() {
            return .{ .p = m.p, .row = m.column, .column = m.row };
        }
    };
}

/// What both directions know: the operands, and how to compute a block of scores.
fn Problem(comptime T: type) type {
    return struct {
        const Self = @This();
        const N = simd.lanes(T);
        const V = simd.Vector(T);
        const width = tile.Limits(T).width;
        const lowest = -std.math.inf(T);

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

        fn init(call: *const abi.Call, first: usize) Self {
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
                matrix.* = .{ .p = view.pointer(T), .row = view.stride(axis), .column = view.stride(axis + 1) };
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

        const Head = struct { q: Matrix(T), k: Matrix(T), v: Matrix(T), mask: isize };

        fn head(problem: *const Self, index: usize) Head {
            const offsets = problem.nest.at(index).offsets;
            var own = problem.matrices;
            for (&own, offsets[0..3]) |*matrix, offset| matrix.p = geometry.shift(matrix.p, offset);
            return .{ .q = own[0], .k = own[1], .v = own[2], .mask = offsets[3] };
        }

        fn flops(problem: *const Self, products: f64) f64 {
            const f = @as(f64, @floatFromInt(problem.queries)) * @as(f64, @floatFromInt(problem.keys));
            const all = f * @as(f64, @floatFromInt((problem.depth + problem.width_v) * problem.heads)) * products;
            return if (problem.is_causal) all / 2 else all;
        }

        /// Keys of the block from `key` on that the queries up to `stop` see.
        fn seen(problem: *const Self, key: usize, stop: usize) usize {
            const rest = @min(key_block, problem.keys - key);
            return if (problem.is_causal) @min(rest, stop -| key) else rest;
        }

        /// Elements of a block of `lines` rows of m^T in strips.
        fn stripElements(lines: usize, depth: usize) usize {
            return (lines + width - 1) / width * width * depth;
        }

        /// Rows of m as columns, in strips.
        fn packTurned(m: Matrix(T), rows: usize, depth: usize, target: [*]T) void {
            var j: usize = 0;
            while (j < rows) : (j += width)
                pack.packStrip(T, width, depth, @min(width, rows - j), at(m.p, j, m.row), m.column, m.row, target + j * depth);
        }

        /// rows x columns of `out`, key_block apart: a times what packTurned made.
        fn multiplyPacked(a: Matrix(T), strips: [*]const T, rows: usize, columns: usize, depth: usize, alpha: T, out: [*]T) void {
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

        /// c (+)= a b, with b read in place where the micro-kernels can.
        fn multiply(a: Matrix(T), b: Matrix(T), rows: usize, columns: usize, depth: usize, c: [*]T, accumulate: bool, strip: [*]T) void {
            var block: tile.Block(T) = .{
                .depth = depth,
                .a_row = a.row,
                .a_step = a.column,
                .b_step = b.row,
                .c_row = columns,
                .accumulate = accumulate,
            };
            const in_place = b.column == 1 and (tile.has_masks or columns % N == 0) and !grid.collides(T, b.row, depth);
            if (in_place) return tile.sweep(T, &block, rows, columns, a.p, b.p, width, c, c);
            block.b_step = width;
            var j: usize = 0;
            while (j < columns) : (j += width) {
                const count = @min(width, columns - j);
                pack.packStrip(T, width, depth, count, at(b.p, j, b.column), b.row, b.column, strip);
                tile.sweep(T, &block, rows, count, a.p, strip, width, c + j, c + j);
            }
        }

        /// A block of m where its rows do not fall into the same cache sets.
        fn spread(m: Matrix(T), rows: usize, columns: usize, copy: [*]T) Matrix(T) {
            if (m.column == 1 and !grid.collides(T, m.row, rows)) return m;
            return .{ .p = copy, .row = pack.copyAlongDepth(T, rows, columns, m.p, m.row, m.column, copy) };
        }

        /// Scores of queries `query`.. and keys `key`.., -inf where a query does not see a key and
        /// from `columns` to the end of the vector.
        fn score(problem: *const Self, own: *const Head, q: Matrix(T), strips: [*]const T, query: usize, rows: usize, key: usize, columns: usize, out: [*]T) void {
            multiplyPacked(q, strips, rows, columns, problem.depth, problem.scale, out);
            for (0..rows) |i| {
                const row = out + i * key_block;
                const visible = if (problem.is_causal) @min(columns, (query + i + 1) -| key) else columns;
                if (problem.mask != .none) problem.applyMask(own, row, query + i, key, visible);
                @memset(row[visible..roundUp(columns)], lowest);
            }
        }

        fn roundUp(n: usize) usize {
            return (n + N - 1) / N * N;
        }

        fn applyMask(problem: *const Self, own: *const Head, row: [*]T, query: usize, key: usize, n: usize) void {
            const step = problem.mask_column;
            const offset = own.mask + @as(isize, @intCast(query)) * problem.mask_row + @as(isize, @intCast(key)) * step;
            if (problem.mask == .added) {
                const added = geometry.shift(@as([*]const T, @ptrFromInt(problem.mask_at)), offset);
                for (row[0..n], 0..) |*x, j| x.* += at(added, j, step)[0];
                return;
            }
            const kept = geometry.shift(@as([*]const u8, @ptrFromInt(problem.mask_at)), offset);
            var j: usize = 0;
            if (step == 1) while (j + N <= n) : (j += N) {
                const bytes: @Vector(N, u8) = kept[j..][0..N].*;
                const x: V = row[j..][0..N].*;
                row[j..][0..N].* = @select(T, bytes != @as(@Vector(N, u8), @splat(0)), x, @as(V, @splat(lowest)));
            };
            while (j < n) : (j += 1) {
                if (at(kept, j, step)[0] == 0) row[j] = lowest;
            }
        }
    };
}

/// Scratch memory of a job, cut into pieces.
fn Pieces(comptime T: type) type {
    return struct {
        p: [*]T,
        fn take(pieces: *@This(), count: usize) [*]T {
            const piece = pieces.p;
            pieces.p += rounded(count);
            return piece;
        }
        fn rounded(count: usize) usize {
            return (count + 15) / 16 * 16;
        }
        fn init(counts: anytype) ?@This() {
            var total: usize = 0;
            for (counts) |count| total += rounded(count);
            return .{ .p = runtime.scratch(.chunk, T, total) orelse return null };
        }
    };
}

fn Forward(comptime T: type) type {
    return struct {
        const Self = @This();
        const Shared = Problem(T);
        const N = Shared.N;
        const V = Shared.V;

        problem: Shared,
        out: [*]T,
        logarithms: [*]T,
        /// Jobs of a head, and queries of each.
        parts: usize,
        rows: usize,
        failed: bool = false,

        fn run(call: *abi.Call) abi.Status {
            const problem: Shared = .init(call, 0);
            const wanted = @min((forward_jobs + problem.heads - 1) / problem.heads, (problem.queries + forward_rows - 1) / forward_rows);
            const rows = ((problem.queries + wanted - 1) / wanted + query_block - 1) / query_block * query_block;
            var job: Self = .{
                .problem = problem,
                .out = call.output(0).pointer(T),
                .logarithms = call.output(1).pointer(T),
                .parts = (problem.queries + rows - 1) / rows,
                .rows = rows,
            };
            runtime.parallelFor(problem.heads * job.parts, cost(T, problem.flops(2)), &job, part);
            return if (@atomicLoad(bool, &job.failed, .monotonic)) .out_of_memory else .ok;
        }

        /// Some queries of a head, block of keys by block of keys.
        fn part(job: *Self, index: usize) void {
            const problem = &job.problem;
            const own = problem.head(index / job.parts);
            const first = index % job.parts * job.rows;
            const stop = @min(first + job.rows, problem.queries);
            const counts = [_]usize{
                Shared.stripElements(key_block, problem.depth),
                query_block * key_block,
                Shared.width * key_block,
                pack.copyElements(query_block, problem.depth),
                job.rows,
                job.rows,
            };
            var pieces = Pieces(T).init(counts) orelse return @atomicStore(bool, &job.failed, true, .monotonic);
            const strips = pieces.take(counts[0]);
            const scores = pieces.take(counts[1]);
            const strip = pieces.take(counts[2]);
            const copy = pieces.take(counts[3]);
            const peaks = pieces.take(counts[4]);
            const totals = pieces.take(counts[5]);
            @memset(peaks[0 .. stop - first], Shared.lowest);
            @memset(totals[0 .. stop - first], 0);
            const out = job.out + index / job.parts * problem.queries * problem.width_v;
            var key: usize = 0;
            while (key < problem.keys) : (key += key_block) {
                const most = problem.seen(key, stop);
                if (most == 0) break;
                Shared.packTurned(own.k.from(key), most, problem.depth, strips);
                var query = first;
                while (query < stop) : (query += query_block) {
                    const rows = @min(query_block, stop - query);
                    const columns = problem.seen(key, query + rows);
                    if (columns == 0) continue;
                    const q = Shared.spread(own.q.from(query), rows, problem.depth, copy);
                    problem.score(&own, q, strips, query, rows, key, columns, scores);
                    for (0..rows) |i| {
                        const place = query - first + i;
                        const correction = soften(scores + i * key_block, Shared.roundUp(columns), &peaks[place], &totals[place]);
                        if (key > 0 and correction != 1) multiplyRow(out + (query + i) * problem.width_v, problem.width_v, correction);
                    }
                    const weights: Matrix(T) = .{ .p = scores, .row = key_block };
                    Shared.multiply(weights, own.v.from(key), rows, problem.width_v, columns, out + query * problem.width_v, key > 0, strip);
                }
            }
            const logarithms = job.logarithms + index / job.parts * problem.queries;
            for (first..stop, peaks, totals) |row, peak, total| {
                const line = out + row * problem.width_v;
                if (total == 0) {
                    // No key at all: zeros, and weights of 0 in backward.
                    @memset(line[0..problem.width_v], 0);
                    logarithms[row] = std.math.inf(T);
                    continue;
                }
                multiplyRow(line, problem.width_v, 1 / total);
                logarithms[row] = (if (peak == Shared.lowest) 0 else peak) + @log(total);
            }
        }

        /// Scores become weights relative to the peak so far. Returns what older weights are to be
        /// multiplied with.
        fn soften(row: [*]T, n: usize, peak: *T, total: *T) T {
            var tops: V = @splat(Shared.lowest);
            var i: usize = 0;
            while (i < n) : (i += N) tops = fold.Peak(T).combine(@as(V, row[i..][0..N].*), tops);
            const old = peak.*;
            const new = @max(old, fold.fold(fold.Peak(T), tops));
            // All -inf, or NaN: weights are then 0, or NaN.
            const base: V = @splat(if (new == Shared.lowest) 0 else new);
            var sums: V = @splat(0);
            i = 0;
            while (i < n) : (i += N) {
                const weights = math.expFast(@as(V, row[i..][0..N].*) - base);
                row[i..][0..N].* = weights;
                sums += weights;
            }
            const correction = if (old == new) 1 else math.expFast(@as(V, @splat(old - new)))[0];
            total.* = total.* * correction + fold.fold(fold.Sum(T), sums);
            peak.* = new;
            return correction;
        }

        fn multiplyRow(row: [*]T, n: usize, factor: T) void {
            const factors: V = @splat(factor);
            var i: usize = 0;
            while (i + N <= n) : (i += N) row[i..][0..N].* = @as(V, row[i..][0..N].*) * factors;
            if (i < n) simd.storePart(T, row + i, simd.loadPart(T, row + i, n - i) * factors, n - i);
        }
    };
}

/// With P the weights and D = sum(grad * out) of each query: dv = P^T grad,
/// dS = P * (grad v^T - D) * scale, dq = dS k, dk = dS^T q.
fn Backward(comptime T: type) type {
    return struct {
        const Self = @This();
        const Shared = Problem(T);
        const N = Shared.N;
        const V = Shared.V;

        problem: Shared,
        grad: [*]const T,
        out: [*]const T,
        logarithms: [*]const T,
        dq: [*]T,
        dk: [*]T,
        dv: [*]T,
        /// Jobs of a head, keys of each, and where their dq go: those of a part one after another.
        parts: usize,
        keys: usize,
        partial: [*]T,
        failed: bool = false,

        fn run(call: *abi.Call) abi.Status {
            const problem: Shared = .init(call, 3);
            const blocks = (problem.keys + key_block - 1) / key_block;
            const wanted = @min((backward_jobs + problem.heads - 1) / problem.heads, blocks);
            const keys = (blocks + wanted - 1) / wanted * key_block;
            var job: Self = .{
                .problem = problem,
                .grad = call.input(0).pointer(T),
                .out = call.input(1).pointer(T),
                .logarithms = call.input(2).pointer(T),
                .dq = call.output(0).pointer(T),
                .dk = call.output(1).pointer(T),
                .dv = call.output(2).pointer(T),
                .parts = (problem.keys + keys - 1) / keys,
                .keys = keys,
                .partial = undefined,
            };
            const size = problem.heads * problem.queries * problem.depth;
            job.partial = job.dq;
            if (job.parts > 1) job.partial = runtime.scratch(.call, T, job.parts * size) orelse return .out_of_memory;
            runtime.parallelFor(problem.heads * job.parts, cost(T, problem.flops(5)), &job, part);
            if (@atomicLoad(bool, &job.failed, .monotonic)) return .out_of_memory;
            if (job.parts > 1) for (0..size) |i| {
                var total: T = 0;
                for (0..job.parts) |k| total += job.partial[k * size + i];
                job.dq[i] = total;
            };
            return .ok;
        }

        /// Some keys of a head, and all queries that see them.
        fn part(job: *Self, index: usize) void {
            const problem = &job.problem;
            const head = index / job.parts;
            const own = problem.head(head);
            const first = index % job.parts * job.keys;
            const stop = @min(first + job.keys, problem.keys);
            const depth = problem.depth;
            const width = problem.width_v;
            const counts = [_]usize{
                Shared.stripElements(key_block, depth),
                Shared.stripElements(key_block, width),
                query_block * key_block,
                query_block * key_block,
                Shared.width * key_block,
                pack.copyElements(query_block, depth),
                problem.queries,
            };
            var pieces = Pieces(T).init(counts) orelse return @atomicStore(bool, &job.failed, true, .monotonic);
            const k_strips = pieces.take(counts[0]);
            const v_strips = pieces.take(counts[1]);
            const weights = pieces.take(counts[2]);
            const slopes = pieces.take(counts[3]);
            const strip = pieces.take(counts[4]);
            const copy = pieces.take(counts[5]);
            const levels = pieces.take(counts[6]);

            const grad = job.grad + head * problem.queries * width;
            const out = job.out + head * problem.queries * width;
            const logarithms = job.logarithms + head * problem.queries;
            for (0..problem.queries) |i| levels[i] = dot(grad + i * width, out + i * width, width);
            const dq = job.partial + (index % job.parts * problem.heads + head) * problem.queries * depth;
            const dk = job.dk + head * problem.keys * depth;
            const dv = job.dv + head * problem.keys * width;
            @memset(dq[0 .. problem.queries * depth], 0);
            @memset(dk[first * depth .. stop * depth], 0);
            @memset(dv[first * width .. stop * width], 0);

            var key = first;
            while (key < stop) : (key += key_block) {
                const most = problem.seen(key, problem.queries);
                if (most == 0) break;
                Shared.packTurned(own.k.from(key), most, depth, k_strips);
                Shared.packTurned(own.v.from(key), most, width, v_strips);
                var query: usize = if (problem.is_causal) key / query_block * query_block else 0;
                while (query < problem.queries) : (query += query_block) {
                    const rows = @min(query_block, problem.queries - query);
                    const columns = problem.seen(key, query + rows);
                    if (columns == 0) continue;
                    const q = Shared.spread(own.q.from(query), rows, depth, copy);
                    const own_grad: Matrix(T) = .{ .p = grad + query * width, .row = @intCast(width) };
                    problem.score(&own, q, k_strips, query, rows, key, columns, weights);
                    Shared.multiplyPacked(own_grad, v_strips, rows, columns, width, 1, slopes);
                    for (0..rows) |i| {
                        const line = i * key_block;
                        differentiate(weights + line, slopes + line, Shared.roundUp(columns), logarithms[query + i], levels[query + i], problem.scale);
                    }
                    const p: Matrix(T) = .{ .p = weights, .row = key_block };
                    const s: Matrix(T) = .{ .p = slopes, .row = key_block };
                    Shared.multiply(p.turned(), own_grad, columns, width, rows, dv + key * width, true, strip);
                    Shared.multiply(s.turned(), q, columns, depth, rows, dk + key * depth, true, strip);
                    Shared.multiply(s, own.k.from(key), rows, depth, columns, dq + query * depth, true, strip);
                }
            }
        }

        /// Scores become weights, their gradients those of the products q k. Lanes behind the
        /// columns are not read by the products.
        fn differentiate(weights: [*]T, slopes: [*]T, n: usize, logarithm: T, level: T, scale: T) void {
            const logarithms: V = @splat(logarithm);
            const levels: V = @splat(level);
            const scales: V = @splat(scale);
            var i: usize = 0;
            while (i < n) : (i += N) {
                const weight = math.expFast(@as(V, weights[i..][0..N].*) - logarithms);
                weights[i..][0..N].* = weight;
                slopes[i..][0..N].* = weight * (@as(V, slopes[i..][0..N].*) - levels) * scales;
            }
        }

        fn dot(x: [*]const T, y: [*]const T, n: usize) T {
            var sums: V = @splat(0);
            var i: usize = 0;
            while (i + N <= n) : (i += N) sums = simd.mulAdd(@as(V, x[i..][0..N].*), @as(V, y[i..][0..N].*), sums);
            if (i < n) sums = simd.mulAdd(simd.loadPart(T, x + i, n - i), simd.loadPart(T, y + i, n - i), sums);
            return fold.fold(fold.Sum(T), sums);
        }
    };
}

/// Nanoseconds on one thread, roughly.
fn cost(comptime T: type, flops: f64) f64 {
    return flops * @sizeOf(T) / (5 * @as(f64, simd.vector_bytes));
}
