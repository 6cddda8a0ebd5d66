//! The gradient of attention. Frame and attributes are told in attention.zig.
const abi = @import("abi");
const fold = @import("../fold.zig");
const math = @import("../math.zig");
const pack = @import("../gemm/pack.zig");
const runtime = @import("../runtime.zig");
const scores_of = @import("scores.zig");
const simd = @import("../simd.zig");
const Matrix = scores_of.Matrix;
const Pieces = scores_of.Pieces;
const Problem = scores_of.Problem;
const key_block = scores_of.key_block;
const query_block = scores_of.query_block;

/// Jobs of backward: where heads are fewer, their keys are divided, and each part has a dq.
const backward_jobs = 16;

/// With P the weights and D = sum(grad * out) of each query: dv = P^T grad,
/// dS = P * (grad v^T - D) * scale, dq = dS k, dk = dS^T q.
pub fn Backward(comptime T: type) type {
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

        pub fn run(call: *abi.Call) abi.Status {
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
            job.partial = if (job.parts == 1)
                job.dq
            else
                runtime.scratch(.call, T, job.parts * size) orelse return .out_of_memory;
            runtime.parallelFor(problem.heads * job.parts, problem.cost(2.5), &job, part);
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
            var pieces = Pieces(T).init(counts) orelse {
                @atomicStore(bool, &job.failed, true, .monotonic);
                return;
            };
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
            const place = index % job.parts * problem.heads + head;
            const dq = job.partial + place * problem.queries * depth;
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
                    const grad_at = grad + query * width;
                    const own_grad: Matrix(T) = .{ .p = grad_at, .row = @intCast(width) };
                    problem.score(&own, q, k_strips, query, rows, key, columns, weights);
                    Shared.multiplyPacked(own_grad, v_strips, rows, columns, width, 1, slopes);
                    for (0..rows) |i| {
                        const line = i * key_block;
                        differentiate(
                            weights + line,
                            slopes + line,
                            Shared.roundUp(columns),
                            logarithms[query + i],
                            levels[query + i],
                            problem.scale,
                        );
                    }
                    const p: Matrix(T) = .{ .p = weights, .row = key_block };
                    const s: Matrix(T) = .{ .p = slopes, .row = key_block };
                    const of_v: Shared.Size = .{ .rows = columns, .columns = width, .depth = rows };
                    const of_k: Shared.Size = .{ .rows = columns, .columns = depth, .depth = rows };
                    const of_q: Shared.Size = .{ .rows = rows, .columns = depth, .depth = columns };
                    Shared.multiply(of_v, p.turned(), own_grad, dv + key * width, true, strip);
                    Shared.multiply(of_k, s.turned(), q, dk + key * depth, true, strip);
                    Shared.multiply(of_q, s, own.k.from(key), dq + query * depth, true, strip);
                }
            }
        }

        /// Scores become weights, their gradients those of the products q k. Lanes behind the
        /// columns are not read by the products.
        fn differentiate(
            weights: [*]T,
            slopes: [*]T,
            n: usize,
            logarithm: T,
            level: T,
            scale: T,
        ) void {
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
            while (i + N <= n) : (i += N)
                sums = simd.mulAdd(simd.load(T, x + i), simd.load(T, y + i), sums);
            if (i == n) return fold.fold(fold.Sum(T), sums);
            const rest = simd.loadPart(T, x + i, n - i) * simd.loadPart(T, y + i, n - i);
            return fold.fold(fold.Sum(T), sums + rest);
        }
    };
}
