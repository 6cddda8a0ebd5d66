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
//! first three are contiguous. Attributes: scale, 1 where query i sees keys 0 to i alone. The
//! inputs have the same leading dims; a stride of 0 repeats. Nothing is empty.
const std = @import("std");
const abi = @import("abi");
const floats = @import("floats.zig");
const fold = @import("fold.zig");
const gradient = @import("attention/gradient.zig");
const math = @import("math.zig");
const pack = @import("gemm/pack.zig");
const runtime = @import("runtime.zig");
const scores_of = @import("attention/scores.zig");
const simd = @import("simd.zig");
const Matrix = scores_of.Matrix;
const Pieces = scores_of.Pieces;
const Problem = scores_of.Problem;
const key_block = scores_of.key_block;
const query_block = scores_of.query_block;

/// Jobs of the forward pass, of which each packs its keys: no shorter than 128 queries.
const forward_jobs = 64;
const forward_rows = 128;

pub const attention = floats.kernel(Forward);

pub const attentionGradient = floats.kernel(gradient.Backward);

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

        pub fn run(call: *abi.Call) abi.Status {
            const problem: Shared = .init(call, 0);
            const wanted = @min(
                (forward_jobs + problem.heads - 1) / problem.heads,
                (problem.queries + forward_rows - 1) / forward_rows,
            );
            const least = (problem.queries + wanted - 1) / wanted;
            const rows = (least + query_block - 1) / query_block * query_block;
            var job: Self = .{
                .problem = problem,
                .out = call.output(0).pointer(T),
                .logarithms = call.output(1).pointer(T),
                .parts = (problem.queries + rows - 1) / rows,
                .rows = rows,
            };
            runtime.parallelFor(problem.heads * job.parts, problem.cost(2), &job, part);
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
            var pieces = Pieces(T).init(counts) orelse {
                @atomicStore(bool, &job.failed, true, .monotonic);
                return;
            };
            const strips = pieces.take(counts[0]);
            const scores = pieces.take(counts[1]);
            const strip = pieces.take(counts[2]);
            const copy = pieces.take(counts[3]);
            const peaks = pieces.take(counts[4]);
            const totals = pieces.take(counts[5]);
            @memset(peaks[0 .. stop - first], Shared.lowest);
            @memset(totals[0 .. stop - first], 0);
            const width = problem.width_v;
            const out = job.out + index / job.parts * problem.queries * width;
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
                        const correction = soften(
                            scores + i * key_block,
                            Shared.roundUp(columns),
                            &peaks[place],
                            &totals[place],
                        );
                        if (key == 0 or correction == 1) continue;
                        multiplyRow(out + (query + i) * width, width, correction);
                    }
                    const weights: Matrix(T) = .{ .p = scores, .row = key_block };
                    const target = out + query * width;
                    const size: Shared.Size = .{ .rows = rows, .columns = width, .depth = columns };
                    Shared.multiply(size, weights, own.v.from(key), target, key > 0, strip);
                }
            }
            const logarithms = job.logarithms + index / job.parts * problem.queries;
            for (first..stop, peaks, totals) |row, peak, total| {
                const line = out + row * width;
                if (total == 0) {
                    // No key at all: zeros, and weights of 0 in backward.
                    @memset(line[0..width], 0);
                    logarithms[row] = std.math.inf(T);
                    continue;
                }
                multiplyRow(line, width, 1 / total);
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
            if (i == n) return;
            simd.storePart(T, row + i, simd.loadPart(T, row + i, n - i) * factors, n - i);
        }
    };
}
